"""Reorientation, and importance by group."""

from figures.checks import check
from glasslib import figures


def test_importance_and_reorientation_figures(tables):
    figure, numbers = figures.importance_figure(tables["importance"], ["network A", "network B"])
    check(figure, numbers, ["model", "group", "T", "drop", "drop_error"], "fall of")
    assert "Debye–Waller" in {label.get_text() for label in figure.axes[0].get_yticklabels()}
    figure, numbers = figures.reorientation_figure(tables["reorientation"])
    check(figure, numbers, ["pair", "T", "t", "rho", "rho_error"], r"\rho(t)")
    assert len(numbers) == 4 * 2 * 10
