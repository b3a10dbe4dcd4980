"""Propensity: its mean and its distribution."""

import numpy as np
import pytest

from figures.checks import check
from glasslib import figures


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
