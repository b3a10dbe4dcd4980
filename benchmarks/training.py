"""Seconds of an epoch: a compiled epoch of our own beside ``Model.fit`` of Keras, in turn.

    python benchmarks/training.py [ROWS …]

The data are random: what an epoch takes does not depend on what is learnt.
"""

import sys
import time

import numpy as np
import pandas as pd

from glasslib.learning.networks import build_network, load_keras
from glasslib.learning.training import _epochs
from glasslib.parameters import NetworkSettings

EPOCHS, REPEATS = 30, 3


def fit(network, settings, training, validation):
    """Train with ``Model.fit``."""
    network.fit(
        *training, batch_size=settings.batch_size, epochs=settings.epochs, verbose=0,
        validation_data=validation, validation_batch_size=16384,
    )


def ours(network, settings, training, validation):
    """Train as the library does."""
    for _ in _epochs(network, settings, training, validation):
        pass


def seconds(way, rows):
    """CPU seconds of an epoch, compilation included."""
    random = np.random.default_rng(0)
    settings = NetworkSettings(epochs=EPOCHS, patience=EPOCHS)
    sets = [
        (random.normal(size=(n, 881)).astype("f"), random.normal(size=(n, 10)).astype("f"))
        for n in (rows, rows // 5)
    ]
    load_keras().utils.set_random_seed(0)
    network = build_network(881, 10, settings)
    begun = time.process_time()
    way(network, settings, *sets)
    return (time.process_time() - begun) / EPOCHS


def main():
    """Measure each number of rows, both ways in turn."""
    table = []
    for rows in map(int, sys.argv[1:] or ("4300", "15000")):
        times = np.array([[seconds(way, rows) for way in (fit, ours)] for _ in range(REPEATS)])
        ratio = times[:, 0] / times[:, 1]
        table.append({
            "rows": f"{rows:,}",
            "Model.fit (s)": f"{np.median(times[:, 0]):.3f}",
            "ours (s)": f"{np.median(times[:, 1]):.3f}",
            "times": f"{np.median(ratio):.1f} ({ratio.min():.1f}–{ratio.max():.1f})",
        })
    print(pd.DataFrame(table).to_markdown(index=False))


if __name__ == "__main__":
    main()
