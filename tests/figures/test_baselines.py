"""Simpler methods beside the networks."""

import pandas as pd

from figures.checks import check
from glasslib import figures


def test_baseline_figure(tables):
    baselines, ceiling = tables["baselines"], tables["ceiling"]
    shown_models = ["energy alone", "Debye–Waller alone", "ridge B", "trees A", "network A"]
    both = pd.concat([baselines, tables["accuracy"]])
    figure, numbers = figures.baseline_figure(both, shown_models, ceiling)
    check(figure, numbers, ["split", "T", "model", "rho", "rho_error"], r"\rho(\tau_\alpha)")
    assert len(numbers) == 2 * (5 + 4)  # trees hold out runs only
    means = numbers[numbers["split"] == "run"].groupby("model")["rho"].mean()
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == list(means.sort_values(ascending=False).index) and len(names) == 5
    assert len(figure.axes) == 2  # one panel a temperature
    drawn = figure.axes[1].containers[1].lines[0]  # new configurations
    wanted = numbers[(numbers["split"] == "run") & (numbers["T"] == 0.7)].set_index("model")["rho"]
    for x, y in zip(*drawn.get_data(), strict=True):
        assert abs(x - wanted[names[int(y)]]) < 1e-12
