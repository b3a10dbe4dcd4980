"""What a plan costs, drawn."""

from figures.checks import check
from glasslib import figures
from glasslib.campaign import planning


def test_costs_of_a_plan_are_drawn(smoke):
    found = planning.costs((0.6, 0.5, 0.4), "paper", speed=1.0)
    figure, numbers = figures.cost_of_plan_figure(found)
    check(figure, numbers, ["T", "tau_alpha", "runs", "blocks"], "core-hours", r"\tau_\alpha")
    assert len(figure.axes[0].texts) == len(numbers) == 3
