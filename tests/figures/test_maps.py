"""Maps of the propensity."""

import numpy as np
import pytest

from figures.checks import check
from glasslib import figures, results
from glasslib.configuration import Configuration
from glasslib.figures.maps import slice_map


def test_maps_figure(shown, predictions):
    columns = results.map_columns(shown, predictions)
    figure, numbers = figures.maps_figure(columns, runs={0.8: 2, 0.7: 10})
    check(figure, numbers, ["T", "field", "x", "y", "propensity"], "$x$", "$y$", "network A",
          "B, never seen")
    assert list(dict.fromkeys(numbers["field"])) == ["true", "A", "B", "A, new", "B, new"]
    assert len(numbers) == 2 * 5 * 120 * 120
    assert figure.axes[0].get_title(loc="left") == "T = 0.80 (2 runs)"
    rho = np.corrcoef(columns[0][2]["true"], columns[0][2]["A"])[0, 1]
    assert figure.axes[2].get_title(loc="right") == rf"$\rho$ = {rho:.2f}"
    alone = [(t, melt, {name: fields[name] for name in ("true", "A", "B")})
             for t, melt, fields in columns]
    assert len(figures.maps_figure(alone)[1]) == 2 * 3 * 120 * 120
    assert numbers["propensity"].notna().all()
    one = shown[0.8]
    true = numbers[(numbers["T"] == 0.8) & (numbers["field"] == "true")]["propensity"]
    values = one.propensity[0, :, one.times.tau_index]
    assert values.min() < true.min() < true.mean() < true.max() < values.max()
    assert true.mean() == pytest.approx(values.mean(), rel=0.1)


def test_slice_map_is_periodic_linear_and_where_it_says():
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 13, (4000, 3))  # out of the box on both sides
    here = Configuration(x, np.full(3, 10.0))
    wave = np.cos(2 * np.pi * x[:, 0] / 10) + 10 * (here.wrapped().positions[:, 2] > 6)
    grid, field = slice_map(here, wave, z=2.0, points=21)
    assert field.shape == (21, 21) and np.isfinite(field).all()
    np.testing.assert_allclose(grid, np.linspace(0, 10, 21))
    expected = np.broadcast_to(np.cos(2 * np.pi * grid / 10), (21, 21))  # x along the second axis
    np.testing.assert_allclose(field, expected, atol=0.12)
    np.testing.assert_allclose(field[:, 0], field[:, -1], atol=1e-9)
    np.testing.assert_allclose(field[0], field[-1], atol=1e-9)
    across = slice_map(here, here.wrapped().positions[:, 2], z=0.0, points=9)[1]
    assert (across.min() < 0.5) and (across.max() > 9.5)  # a slice at the edge takes both sides
