"""The leak, seen."""

import pandas as pd

from figures.checks import check
from glasslib import figures
from glasslib.results import leaks


def test_leak_figure(smoke, tables, shown):
    reach, without = (
        pd.concat([function(one).assign(T=t) for t, one in shown.items()], ignore_index=True)
        for function in (leaks.reach_of_leak, leaks.without_structure)
    )
    figure, numbers = figures.leak_figure(reach, without, tables["accuracy"])
    check(figure, numbers, ["T", "model", "radius", "rho", "rho_error"], r"\sigma", r"\rho(\tau")
    assert numbers["radius"].notna().sum() == 2 * len(leaks.HOLES)
    assert set(numbers["model"]) == {"ridge B", "network A", "network B", leaks.NO_STRUCTURE}
