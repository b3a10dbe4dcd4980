"""Result tables of the fixed ensemble, for the figures that draw them."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from glasslib.parameters import NetworkSettings
from glasslib.results import (
    baselines,
    ceiling,
    correlation,
    debye_waller,
    learning_curves,
    susceptibility,
    transfer,
)


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def tables(shown, smoke_var):
    """Result tables of the warmer ensemble, networks of two epochs; the colder one repeats them."""
    quick = dict.fromkeys("AB", NetworkSettings(epochs=2))
    settings, of = {"row": quick, "run": quick}, shown[0.8]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSLIB_DATA", str(Path(__file__).resolve().parents[1] / "data"))
        patch.setenv("GLASSLIB_VAR", str(smoke_var))
        out = {
            "accuracy": correlation.accuracy(of, settings),
            "susceptibility": susceptibility.susceptibilities(of, settings),
            "mobile-number": susceptibility.mobile_numbers(of, settings),
            "ceiling": ceiling.ceilings(of),
            "baselines": baselines.baseline_correlations(of),
            "importance": debye_waller.importance(of, settings),
            "reorientation": debye_waller.reorientation(of),
            "learning-runs": learning_curves.learning_runs(of),
            "learning-trajectories": learning_curves.learning_trajectories(of),
        }
        out = {
            name: pd.concat([table.assign(T=0.8), table.assign(T=0.7)], ignore_index=True)
            for name, table in out.items()
        }
        out["transfer"] = transfer.transfers(shown, settings)
    return out
