"""τ_α against 1/u², and a against T: what is drawn is what the table says."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from glasslib import figures, results

TABLE = pd.DataFrame(
    {
        "u2": [0.063, 0.049, 0.042, 0.036], "u2_error": [0.001, 0.001, 0.001, 0.001],
        "tau_alpha": [7.4, 35.7, 158.0, 700.0], "tau_alpha_error": [0.3, 2.0, 15.0, 80.0],
        "a": [0.33, 0.35, 0.36, 0.39], "a_error": [0.01, 0.01, 0.02, 0.02],
    },
    index=pd.Index([0.6, 0.5, 0.45, 0.42], name="T"),
)


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def test_points_and_parabola():
    figure, numbers = figures.scaling_figure(TABLE)
    left, right = figure.axes
    assert left.get_yscale() == "log" and "1/u^2" in left.get_xlabel()
    points = numbers[numbers["panel"] == "scaling"]
    np.testing.assert_allclose(points["x"], 1 / TABLE["u2"])
    np.testing.assert_allclose(points["x_error"], TABLE["u2_error"] / TABLE["u2"] ** 2)
    np.testing.assert_allclose(points["y"], TABLE["tau_alpha"])
    curve = numbers[numbers["panel"] == "parabola"]
    assert len(curve) == 100
    near = np.interp(points["x"], curve["x"], curve["y"])
    np.testing.assert_allclose(near, points["y"], rtol=0.3)
    a = numbers[numbers["panel"] == "displacement"]
    np.testing.assert_allclose(a["y"], TABLE["a"])
    figure.canvas.draw()


@pytest.mark.parametrize("table", [TABLE.iloc[:2], TABLE.assign(u2_error=np.nan)])
def test_without_three_known_points_there_is_no_parabola(table):
    _, numbers = figures.scaling_figure(table)
    assert set(numbers["panel"]) == {"scaling", "displacement"}


def test_an_unknown_mean_displacement_is_not_drawn():
    figure, numbers = figures.scaling_figure(TABLE.assign(a=[0.33, 0.35, 0.36, np.nan]))
    assert len(numbers[numbers["panel"] == "scaling"]) == 4
    assert len(numbers[numbers["panel"] == "displacement"]) == 3
    words = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert words == ["T = 0.60", "T = 0.50", "T = 0.45"]


def test_on_data(shown):
    _, numbers = figures.scaling_figure(results.relaxation_table(shown))
    assert list(numbers[numbers["panel"] == "scaling"]["T"]) == [0.8, 0.7]
