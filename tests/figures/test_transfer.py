"""Networks at other temperatures."""

import numpy as np

from figures.checks import check
from glasslib import figures


def test_transfer_figure(tables):
    figure, numbers = figures.transfer_figure(tables["transfer"])
    columns = ["split", "network", "trained", "applied", "rho", "rho_error"]
    check(figure, numbers, columns, "of application", r"\rho(t = \tau_\alpha)")
    assert len(numbers) == 16 and len(figure.axes) == 4
    lines = figure.axes[3].containers  # B, runs held out; one a training temperature
    drawn = [line.lines[0].get_ydata().astype(float) for line in lines]
    wanted = numbers[(numbers["split"] == "run") & (numbers["network"] == "B")]
    for ys, (_, part) in zip(drawn, wanted.groupby("trained", sort=False), strict=True):
        np.testing.assert_allclose(ys, part.sort_values("applied")["rho"])
