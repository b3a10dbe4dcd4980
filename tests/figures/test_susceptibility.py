"""χ4 in panels."""

import numpy as np
import pandas as pd

from figures.checks import check
from glasslib import figures


def test_susceptibility_figures(tables):
    table = tables["susceptibility"]
    columns = ["T", "split", "curve", "t", "chi4", "chi4_error"]
    figure, numbers = figures.susceptibility_figure(table)
    check(figure, numbers, columns, r"\chi_4(t)", r"$t$")
    assert len(numbers) == 2 * 5 * 10
    four = pd.concat([table, table.assign(T=table["T"] - 0.2)])
    grid, _ = figures.susceptibility_figure(four)
    assert [axis.get_visible() for axis in grid.axes] == [True] * 4 + [False] * 2
    figure, numbers = figures.trajectory_figure(table)
    check(figure, numbers, columns, r"\chi_4(t)")
    by_curve = numbers[numbers["T"] == 0.8].pivot(index="t", columns="curve", values="chi4")
    np.testing.assert_allclose(
        by_curve["trajectories"],
        by_curve["within configurations"] + by_curve["between configurations"],
    )


def test_a_panel_marks_the_tau_alpha_of_its_own_temperature():
    """Also where there is no curve to draw."""
    table = pd.DataFrame({
        "T": [0.8, 0.8, 0.7, 0.7], "split": ["all", "all", "other", "other"], "curve": "true",
        "t": [1.0, 2.0, 1.0, 7.0], "at_tau": [False, True, False, True], "chi4": 0.2,
        "chi4_error": 0.1,
    })
    figure, numbers = figures.susceptibility_figure(table)
    marks = [axis.lines[-2].get_xdata()[0] for axis in figure.axes]
    assert marks == [2.0, 7.0] and set(numbers["T"]) == {0.8}
