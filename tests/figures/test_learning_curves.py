"""ρ against amounts of data."""

from figures.checks import check
from glasslib import figures


def test_learning_figure(tables):
    figure, numbers = figures.learning_figure(
        tables["learning-runs"], tables["learning-trajectories"]
    )
    check(figure, numbers, ["panel", "T", "model", "x", "rho", "rho_error"], "training runs")
    assert not numbers["model"].str.contains("−").any()
