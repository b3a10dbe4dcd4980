"""The picture of the front page."""

import numpy as np
import pandas as pd

from figures.checks import check
from glasslib import figures
from glasslib.figures.front import _spread


def line(model, split, rho):
    """ρ is drawn of the random split, ρ within configurations of new ones."""
    other = {"row": "within", "run": "rho"}[split]
    values = {"rho": [rho, rho - 0.1], "within": [rho, rho - 0.1]} | {other: [-9.0, -9.0]}
    return pd.DataFrame({"T": [0.6, 0.4], "split": split, "model": model, "t": 1.0, "at_tau": True,
                         "rho_error": 0.01, "within_error": 0.01, **values})


def test_front_figure_draws_what_the_tables_hold(tables):
    accuracy = pd.concat([line(f"network {n}", split, rho) for n, split, rho in (
        ("A", "row", 0.77), ("B", "row", 0.55), ("A", "run", 0.7), ("B", "run", 0.4))])
    accuracy.attrs["runs"] = {0.6: 10, 0.4: 2}
    others = line("ridge C", "run", 0.58), line("ridge D", "run", 0.74)
    without = line("neighbours' propensity", "row", 0.64)
    ceiling = tables["ceiling"].replace({"T": {0.8: 0.6, 0.7: 0.4}})
    figure, numbers = figures.front_figure(accuracy, ceiling, *others, without)
    columns = ["split", "T", "model", "rho", "rho_error", "runs", "ceiling"]
    check(figure, numbers, columns, "temperature", r"\rho(\tau_\alpha)")
    assert numbers.groupby("split")["model"].nunique().to_dict() == {"row": 3, "run": 4}
    hot = numbers[numbers["T"] == 0.6].set_index(["split", "model"])["rho"]
    assert hot["run", "ridge D"] == 0.74 and hot["row", "neighbours' propensity"] == 0.64
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert "hollow: 2 runs" in texts and sum("A: structure" in text for text in texts) == 2
    hollow = [c for axis in figure.axes for c in axis.containers
              if c.lines[0].get_markerfacecolor() == "white"]
    assert len(hollow) == 7 and all(c.lines[0].get_xdata() == [0.4] for c in hollow)
    alone, _ = figures.front_figure(accuracy[accuracy["split"] == "row"], ceiling, *others, without)
    assert len(alone.axes) == 1  # one run: none to hold out


def test_labels_keep_apart():
    for places in ([0.5, 0.5, 0.5], [0.7, 0.74, 0.58, 0.4], [0.9], [0.3, 0.31, 0.29, 0.305]):
        moved = _spread(places, 0.1)
        assert len(moved) < 2 or np.diff(np.sort(moved)).min() > 0.0999
        assert np.isclose(moved.mean(), np.mean(places))
