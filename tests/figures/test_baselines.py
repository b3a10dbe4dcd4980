"""Simpler means beside the networks."""

import pandas as pd

from figures.checks import check
from glasslib import figures


def test_baseline_figure(tables):
    baselines, ceiling = tables["baselines"], tables["ceiling"]
    shown_models = ["energy alone", "Debye–Waller alone", "ridge B", "trees A", "network A"]
    both = pd.concat([baselines, tables["accuracy"]])
    figure, numbers = figures.baseline_figure(both, shown_models, ceiling)
    check(figure, numbers, ["split", "T", "model", "rho", "rho_error"], r"\rho(\tau_\alpha)")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == shown_models
    assert len(numbers) == 2 * (5 + 4)  # trees hold out runs only
