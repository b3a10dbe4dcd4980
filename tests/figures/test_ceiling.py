"""The noise ceiling."""

import numpy as np

from figures.checks import check
from glasslib import figures


def test_ceiling_figure(tables):
    figure, numbers = figures.ceiling_figure(tables["ceiling"])
    check(figure, numbers, ["panel", "T", "x", "y", "y_error", "direct"], "trajectories", "highest")
    amounts = numbers[(numbers["panel"] == "trajectories") & (numbers["T"] == 0.8)]
    assert amounts["x"].tolist() == [2, 4] and amounts["y"].is_monotonic_increasing
    assert amounts["direct"].notna().tolist() == [True, False]
    nothing = tables["ceiling"].assign(ceiling=np.nan, reliability=np.nan)
    figure, numbers = figures.ceiling_figure(nothing)  # single blocks everywhere
    assert numbers.empty
    figure.canvas.draw()
