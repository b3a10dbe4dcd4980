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
        "chi4_error": 0.1, "runs": 4,
    })
    figure, numbers = figures.susceptibility_figure(table)
    marks = [axis.lines[-2].get_xdata()[0] for axis in figure.axes]
    assert marks == [2.0, 7.0] and set(numbers["T"]) == {0.8}


def test_temperatures_with_few_runs_are_left_out(tables):
    table = tables["susceptibility"]
    more = table["runs"].where(table["T"] == 0.8, 2).where(table["T"] != 0.8, 4)
    for draw in (figures.susceptibility_figure, figures.trajectory_figure):
        figure, numbers = draw(table)  # all have two runs: hollow
        faces = {line.get_markerfacecolor() for line in figure.axes[0].lines
                 if line.get_marker() in ("o", "s", "^", "D")}
        assert faces == {"white"}
        figure, numbers = draw(table.assign(runs=more))
        assert set(numbers["T"]) == {0.8} and len(figure.axes) == 1


def test_mobile_figure(tables):
    table = tables["mobile-number"]
    columns = ["T", "split", "predictor", "run", "predicted", "true"]
    figure, numbers = figures.mobile_figure(table)
    check(figure, numbers, columns, "mobile monomers", "inherent-structure energy")
    assert len(figure.axes) == 4 and len(numbers) == 2 * 3 * 2
    four = pd.concat([table, table[table["T"] == 0.8].assign(run=table["run"] + 2)])
    figure, numbers = figures.mobile_figure(four)
    assert set(numbers["T"]) == {0.8} and len(figure.axes) == 2
    points = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(
        points[0].get_xydata(),
        numbers[numbers["predictor"] == "inherent-structure energy"][["true", "predicted"]],
    )


def test_skill_gain_and_lengths(tables):
    """From tables of two runs that are said to be of four, and of none."""
    mobile, table = tables["mobile-number"], tables["susceptibility"]
    for draw, few in ((figures.skill_figure, mobile), (figures.gain_figure, table)):
        figure, numbers = draw(few)
        assert numbers.empty and "no temperature" in figure.axes[0].texts[0].get_text()
    four = pd.concat([mobile, mobile.assign(run=mobile["run"] + 2, true=mobile["true"] + 3)])
    figure, numbers = figures.skill_figure(four)
    check(figure, numbers, ["T", "split", "predictor", "runs", "r", "r_error", "low", "high",
                            "left"], "over runs")
    assert len(figure.axes[0].get_yticklabels()) == 10 and len(numbers) == 20
    figure, numbers = figures.gain_figure(table.assign(runs=4))
    check(figure, numbers, ["split", "T", "t", "curve", "ratio", "ratio_error"], r"\tau_\alpha")
    lengths = pd.DataFrame([
        {"T": 0.8, "split": split, "curve": f"network {network}", "a": a, "t": t, "at_tau": t < 9,
         "chi4": 1.0, "chi4_error": 0.1, "ratio": ratio, "ratio_error": 0.1, "r": 0.5}
        for split in ("row", "run") for network in "AB" for a in (0.4, 0.5)
        for t, ratio in ((8.0, 0.2), (16.0, 1.2))
    ])
    figure, numbers = figures.length_figure(lengths)
    check(figure, numbers, ["split", "curve", "T", "a", "t", "chi4", "chi4_error", "ratio",
                            "ratio_error", "r"], "probe length")
    assert set(numbers["ratio"]) == {1.2} and len(numbers) == 8  # where χ4 is largest
