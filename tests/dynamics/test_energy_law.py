"""The energy law, against exact points and repeated noisy ones."""

import numpy as np
import pytest

from glasslib.dynamics.energy import fit_energy_law
from glasslib.errors import ParameterError


def test_the_error_of_the_law_is_the_spread_of_repeated_fits():
    t = np.repeat([0.6, 0.5, 0.45], 10)
    random, at, errors = np.random.default_rng(0), [], []
    for _ in range(300):
        law = fit_energy_law(t, -7 + 2.3 * t**0.6 + 0.004 * random.normal(size=30))
        at.append(law(0.4))
        errors.append(law.error(0.4))
    assert np.mean(at) == pytest.approx(-7 + 2.3 * 0.4**0.6, abs=3e-4)
    assert np.std(at) == pytest.approx(np.mean(errors), rel=0.1)


def test_slope_is_the_derivative():
    t = np.array([0.6, 0.5, 0.45])
    law = fit_energy_law(t, -7 + 2.3 * t**0.5, exponent=0.5)
    step = 1e-5
    assert law.slope(0.42) == pytest.approx((law(0.42 + step) - law(0.42 - step)) / (2 * step))


def test_too_little_is_refused():
    with pytest.raises(ParameterError, match="2 runs at 2 temperatures"):
        fit_energy_law([0.5, 0.6], [1.0, 2.0])
    with pytest.raises(ParameterError, match="3 runs at 1 temperatures"):
        fit_energy_law([0.5] * 3, [1.0, 2.0, 3.0])
