"""Propensity: its mean and its distribution."""

import numpy as np
import pytest

from figures.checks import check
from glasslib import figures
from glasslib.errors import ParameterError


def test_propensity_figure(shown):
    figure, numbers = figures.propensity_figure(list(shown.values()))
    check(figure, numbers, ["panel", "T", "x", "y", "y_error"], r"\Delta r", "probability density")
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"
    mean = numbers[numbers["panel"] == "mean"].set_index(["T", "x"])
    assert mean.loc[(0.8, 1.93), "y"] == pytest.approx(0.3250896505, rel=1e-6)
    assert mean.loc[(0.7, 3.2), "y"] == pytest.approx(0.3343941447, rel=1e-6)
    assert mean.loc[(0.7, 3.2), "y_error"] == pytest.approx(0.003581787109, rel=1e-6)
    assert mean.loc[(0.8, 1.0), "y"] == pytest.approx(0.27933339945, rel=1e-6)
    for t, one in numbers[numbers["panel"] == "distribution"].groupby("T"):
        width = np.diff(one["x"]).mean()
        assert len(one) == 50 and one["y"].sum() * width == pytest.approx(1, abs=1e-6)
        first_moment = (one["x"] * one["y"]).sum() * width
        assert first_moment == pytest.approx({0.8: 0.32509, 0.7: 0.33439}[t], rel=0.01)
    width = numbers[numbers["panel"] == "width"].set_index("T")
    values = shown[0.8].propensity[..., shown[0.8].times.tau_index]
    assert width.loc[0.8, "y"] == pytest.approx(values.std(axis=1).mean())
    assert width.loc[0.8, "y_error"] == pytest.approx(abs(np.diff(values.std(axis=1))[0]) / 2)


def test_ends_of_chains_move_farther_than_middles(shown):
    means = []
    for position in range(3):
        numbers = figures.propensity_figure([shown[0.8]], position=position)[1]
        one = numbers[numbers["panel"] == "distribution"]
        means.append((one["x"] * one["y"]).sum() / one["y"].sum())
    assert means[0] > means[1] and means[0] > means[2]
    with pytest.raises(ParameterError, match="position = 3: .*give 0 to 2"):
        figures.propensity_figure([shown[0.8]], position=3)
