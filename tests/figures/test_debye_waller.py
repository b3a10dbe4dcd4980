"""Reorientation, and importance by group."""

import pandas as pd

from figures.checks import check
from glasslib import figures


def test_importance_and_reorientation_figures(tables):
    figure, numbers = figures.importance_figure(tables["importance"], ["network A", "network B"])
    check(figure, numbers, ["model", "group", "T", "drop", "drop_error"], "fall of")
    assert "Debye–Waller" in {label.get_text() for label in figure.axes[0].get_yticklabels()}
    figure, numbers = figures.reorientation_figure(tables["reorientation"])
    check(figure, numbers, ["pair", "T", "t", "rho", "rho_error"], r"\rho(t)")
    assert len(numbers) == 4 * 2 * 10


def test_gap_figure():
    table = pd.DataFrame([
        {"T": t, "model": model, "target": "propensity", "at_tau": True, "rho": rho,
         "rho_error": 0.01}
        for t in (0.8, 0.7)
        for model, rho in (("ridge A", 0.7), ("ridge B", 0.4), ("B and reorientation", 0.5),
                           ("gap closed", 0.33), ("ridge A − ridge B", 0.3))
    ])
    table.attrs["runs"] = {0.8: 10, 0.7: 2}
    figure, numbers = figures.gap_figure(table)
    check(figure, numbers, ["T", "model", "rho", "rho_error"], r"\rho(\tau_\alpha)")
    bars = figure.axes[1].patches
    assert [bar.get_height() for bar in bars] == [0.33, 0.33]
    assert [bar.get_facecolor()[:3] == (1, 1, 1) for bar in bars] == [False, True]
    assert len(numbers) == 8
