"""F_s, τ_α, and τ_α against 1/u²: what is drawn is what the table says."""

import numpy as np
import pandas as pd
import pytest

from figures.checks import check
from glasslib import figures, results
from glasslib.dynamics.relaxation import PUBLISHED_SCALING, decay_time

TABLE = pd.DataFrame(
    {
        "u2": [0.063, 0.049, 0.042, 0.036], "u2_error": [0.001, 0.001, 0.001, 0.001],
        "tau_alpha": [7.4, 35.7, 158.0, 700.0], "tau_alpha_error": [0.3, 2.0, 15.0, 80.0],
        "a_own": [0.33, 0.35, 0.36, 0.39], "a_own_error": [0.01, 0.01, 0.02, 0.02],
        "runs": [10, 10, 10, 2], "a_runs": [10, 10, 10, 2],
    },
    index=pd.Index([0.6, 0.5, 0.45, 0.42], name="T"),
)


def test_relaxation_figure(shown):
    curves = [results.relaxation_curve(one) for one in shown.values()]
    figure, numbers = figures.relaxation_figure(curves)
    check(figure, numbers, ["panel", "T", "x", "y", "y_error"], "F_s", "1/T", r"\tau_\alpha")
    left, right = figure.axes
    assert left.get_xscale() == "log" and right.get_yscale() == "log"
    arrhenius = numbers[numbers["panel"] == "arrhenius"]
    kinetic = [curve.kinetic.mean() for curve in curves]
    np.testing.assert_allclose(arrhenius["x"], 1 / np.array(kinetic))
    np.testing.assert_allclose(kinetic, [0.8, 0.7], rtol=0.02)
    assert len(numbers[numbers["panel"] == "run"]) == 4
    faces = [line.get_markerfacecolor() for line in right.lines if line.get_marker() == "X"]
    assert faces == ["white", "white"]  # two runs each
    np.testing.assert_allclose(arrhenius["y"], [1.930464215, 3.203596049], rtol=1e-6)
    np.testing.assert_allclose(arrhenius["y_error"], [0.1333061193, 0.1009443278], rtol=1e-6)
    for t, one in numbers[numbers["panel"] == "scattering"].groupby("T"):
        assert one["y"].max() <= 1 and (np.diff(one["x"]) > 0).all()
        tau = decay_time(one["x"].values, one["y"].values)
        assert tau == pytest.approx(shown[t].times.tau_alpha, rel=0.05)
    assert "vft" not in set(numbers["panel"])  # two temperatures give no law


def test_relaxation_figure_draws_a_law_through_three(shown):
    from dataclasses import replace

    one = results.relaxation_curve(shown[0.8])
    law = {0.6: 9.0, 0.5: 30.0, 0.45: 90.0}
    curves = [
        replace(one, temperature=t + 0.02, tau_alpha=tau, kinetic=np.array([t, t]),
                taus=np.array([tau, tau])) for t, tau in law.items()
    ]
    figure, numbers = figures.relaxation_figure(curves)
    drawn = numbers[numbers["panel"] == "vft"].sort_values("T")
    for t, tau in law.items():
        assert np.exp(np.interp(t, drawn["T"], np.log(drawn["y"]))) == pytest.approx(tau, rel=0.01)
    assert any("VFT" in text.get_text() for text in figure.legends[0].get_texts())


def test_scaling_points_and_parabola():
    figure, numbers = figures.scaling_figure(TABLE)
    left, right = figure.axes
    assert left.get_yscale() == "log" and "1/u^2" in left.get_xlabel()
    points = numbers[numbers["panel"] == "scaling"]
    np.testing.assert_allclose(points["x"], 1 / TABLE["u2"])
    np.testing.assert_allclose(points["x_error"], TABLE["u2_error"] / TABLE["u2"] ** 2)
    np.testing.assert_allclose(points["y"], TABLE["tau_alpha"])
    for name in ("all temperatures", "without T = 0.42"):
        assert len(numbers[numbers["panel"] == name]) == 100
    curve = numbers[numbers["panel"] == "all temperatures"]
    near = np.interp(points["x"], curve["x"], curve["y"])
    np.testing.assert_allclose(near, points["y"], rtol=0.3)
    a = numbers[numbers["panel"] == "displacement"]
    np.testing.assert_allclose(a["y"], TABLE["a_own"])
    published = numbers[numbers["panel"] == "published"]
    np.testing.assert_allclose(published["y"], PUBLISHED_SCALING(1 / published["x"]))
    assert numbers[numbers["panel"] == "paper"]["y"].tolist() == [0.4286]
    faces = [str(line.get_markerfacecolor()) for line in left.lines
             if line.get_marker() in ("o", "s", "^", "v")]
    assert [face == "white" for face in faces] == [False, False, False, True]
    figure.canvas.draw()


@pytest.mark.parametrize("table", [TABLE.iloc[:2], TABLE.assign(u2_error=np.nan)])
def test_without_three_known_points_there_is_no_parabola_of_ours(table):
    _, numbers = figures.scaling_figure(table)
    assert set(numbers["panel"]) == {"scaling", "displacement", "published", "paper"}


def test_an_unknown_mean_displacement_is_not_drawn():
    figure, numbers = figures.scaling_figure(TABLE.assign(a_own=[0.33, 0.35, 0.36, np.nan]))
    assert len(numbers[numbers["panel"] == "scaling"]) == 4
    assert len(numbers[numbers["panel"] == "displacement"]) == 3
    assert len(figure.axes[1].containers) == 3


def test_scaling_figure_on_data(shown):
    _, numbers = figures.scaling_figure(results.relaxation_table(shown))
    assert list(numbers[numbers["panel"] == "scaling"]["T"]) == [0.8, 0.7]
