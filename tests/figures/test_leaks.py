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


def test_leak_sizes_figure():
    sizes = pd.DataFrame([
        {"leak": leak, "model": model, "when": "τ_α", "T": t, "added": 0.1, "added_error": 0.01}
        for leak in ("neighbours in training", "shared noise", "standardisation", leaks.OF_CHI4)
        for model in ("network A", "network B") for t in (0.8, 0.7)
    ])
    figure, numbers = figures.leak_sizes_figure(sizes, {0.8: 10, 0.7: 2})
    columns = ["leak", "model", "when", "T", "added", "added_error"]
    check(figure, numbers, columns, r"added to $\rho$")
    faces = [[bar.get_facecolor()[:3] == (1, 1, 1) for bar in axis.patches] for axis in figure.axes]
    assert faces == [[False, True] * 2] * 4  # two runs: hollow
    assert [bar.get_height() for bar in figure.axes[0].patches] == [0.1] * 4
