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


def test_transfer_map_figure(tables):
    figure, numbers = figures.transfer_map_figure(tables["transfer"])
    columns = ["network", "trained", "applied", "within", "within_error"]
    check(figure, numbers, columns, "of training", "of application")
    assert len(numbers) == 8  # two networks, two temperatures
    for axis, network in zip(figure.axes, "AB", strict=True):
        image = np.asarray(axis.images[0].get_array())
        wanted = numbers[numbers["network"] == network].pivot(
            index="trained", columns="applied", values="within")
        np.testing.assert_allclose(image, wanted.loc[[0.8, 0.7], [0.8, 0.7]])
        at = {text.get_position(): float(text.get_text().split("(")[0]) for text in axis.texts}
        assert len(at) == 4  # trained at 0.8, applied at 0.7: second column of the first line
        assert abs(at[1, 0] - wanted.loc[0.8, 0.7]) < 0.06
