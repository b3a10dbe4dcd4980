"""Relaxation times read off curves whose times are known."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glasslib.dynamics.relaxation import (
    decay_time,
    end_to_end_correlation,
    end_to_end_vectors,
    extrapolated_decay_time,
    fit_vft,
    fit_vibrational_scaling,
    propensity_times,
)
from glasslib.errors import ParameterError


# --------------------------------------------------------------------------------- decay_time
@settings(max_examples=50, deadline=None)
@given(tau=st.floats(0.1, 1000), beta=st.floats(0.4, 1.0))
def test_decay_time_of_a_stretched_exponential(tau, beta):
    t = np.geomspace(1e-3, 1e5, 800)
    assert decay_time(t, np.exp(-((t / tau) ** beta))) == pytest.approx(tau, rel=1e-3)


def test_decay_time_interpolates_in_log_t():
    t, v = np.array([1.0, 100.0]), np.array([1.0, 0.0])
    assert decay_time(t, v, level=0.5) == pytest.approx(10.0)
    assert decay_time(t, v, level=0.25) == pytest.approx(10**1.5)


def test_decay_time_takes_the_first_crossing_and_passes_over_gaps():
    t = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    v = np.array([1.0, 0.9, np.nan, 0.1, 0.8, 0.0])
    expected = np.exp(np.log(3) * (0.9 - np.exp(-1)) / 0.8)
    assert decay_time(t, v) == pytest.approx(expected)


@pytest.mark.parametrize(
    "values",
    [[1, 0.9, 0.8], [0.3, 0.2, 0.1], [np.nan] * 3, []],
    ids=["above", "below", "nan", "no"],
)
def test_decay_time_that_is_not_there_is_nan(values):
    assert np.isnan(decay_time(np.arange(1.0, len(values) + 1), np.array(values, float)))


@settings(max_examples=40, deadline=None)
@given(tau=st.floats(0.5, 500), beta=st.floats(0.4, 1.0), depth=st.floats(0.3, 0.9))
def test_extrapolation_is_exact_for_a_stretched_exponential(tau, beta, depth):
    longest = 2 * tau * (-np.log(depth)) ** (1 / beta)  # half of it is used
    t = np.geomspace(1e-3 * longest, longest, 80)
    found = extrapolated_decay_time(t, np.exp(-((t / tau) ** beta)))
    assert found == pytest.approx(tau, rel=1e-6)


def test_extrapolation_of_noise_or_of_two_points_is_nan():
    assert np.isnan(extrapolated_decay_time(np.arange(1.0, 9), np.ones(8)))
    assert np.isnan(extrapolated_decay_time(np.array([1.0, 2.0]), np.array([0.9, 0.8])))


# ------------------------------------------------------------------------------- end to end
def test_end_to_end_vectors_join_first_and_last():
    x = np.random.default_rng(0).normal(size=(4, 15, 3))
    ours = end_to_end_vectors(x, 5)
    assert ours.shape == (4, 3, 3)
    for frame in range(4):
        for chain in range(3):
            wanted = x[frame, 5 * chain + 4] - x[frame, 5 * chain]
            np.testing.assert_array_equal(ours[frame, chain], wanted)


def test_end_to_end_correlation_of_vectors_that_turn_together():
    angle = 2 * np.pi * np.arange(48) / 24
    turning = np.stack([np.cos(angle), np.sin(angle), np.zeros(48)], axis=1)[:, None, :]
    lags = np.array([0, 6, 12, 24])
    np.testing.assert_allclose(
        end_to_end_correlation(3.3 * turning, lags), [1, 0, -1, 1], atol=1e-12
    )


def test_end_to_end_correlation_of_an_exponential_memory():
    """x(t + 1) = a x(t) + noise has C(t) = a^t."""
    rng, a, n = np.random.default_rng(1), 0.9, 400
    frames = [rng.normal(size=(200, 3))]
    for _ in range(n - 1):
        frames.append(a * frames[-1] + np.sqrt(1 - a * a) * rng.normal(size=(200, 3)))
    lags = np.array([1, 5, 10, 20])
    ours = end_to_end_correlation(np.array(frames), lags)
    np.testing.assert_allclose(ours, a**lags, atol=0.03)


# -------------------------------------------------------------------------- propensity_times
@settings(max_examples=300, deadline=None)
@given(tau=st.integers(120, 2_000_000), ratio=st.floats(1.5, 10), n_times=st.integers(10, 20))
def test_propensity_times(tau, ratio, n_times):
    step = 0.01
    tau, longest = round(tau * step, 6), round(round(tau * ratio) * step, 6)
    assume(longest > tau)
    times = propensity_times(tau, longest, n_times, step)
    assert len(times) == n_times
    assert times[0] == 0.01 and times[-1] == longest
    assert (times == 1.0).sum() == 1 and (times == tau).sum() == 1
    np.testing.assert_allclose(times / step, np.round(times / step), atol=1e-6)
    if n_times == 10:  # the number in all protocols; many more would share 0.01
        assert (np.diff(times) > 0).all()


def test_propensity_times_share_the_intervals_so_that_the_widest_is_narrow():
    tau, longest = 150.0, 750.0
    gaps = np.diff(np.log(propensity_times(tau, longest)))
    lengths = np.diff(np.log([0.01, 1, tau, longest]))
    widest = min(max(lengths / [a, b, 9 - a - b]) for a in range(1, 8) for b in range(1, 9 - a))
    assert gaps.max() == pytest.approx(widest, rel=0.15)  # rounding to 0.01 moves early times


@pytest.mark.parametrize(("tau", "longest"), [(0.9, 5), (1.0, 5), (5, 5), (5, 4), (np.nan, 5)])
def test_propensity_times_out_of_order(tau, longest):
    with pytest.raises(ParameterError, match="tau_alpha = .* must satisfy 1 < tau_alpha < longest"):
        propensity_times(tau, longest)


# --------------------------------------------------------------------------------------- VFT
@settings(max_examples=25, deadline=None)
@given(log_tau_0=st.floats(-3, 1), b=st.floats(0.3, 3), temperature_0=st.floats(0.15, 0.36))
def test_vft_recovers_its_parameters(log_tau_0, b, temperature_0):
    t = np.array([0.65, 0.6, 0.5, 0.45, 0.42, 0.40])
    tau = np.exp(log_tau_0 + b / (t - temperature_0))
    fit = fit_vft(t, tau, np.full(len(t), 0.03))
    assert fit.temperature_0 == pytest.approx(temperature_0, abs=1e-3)
    assert fit.b == pytest.approx(b, rel=1e-2)
    np.testing.assert_allclose(fit(t), tau, rtol=1e-3)


def test_vft_error_is_the_spread_of_repeated_measurements():
    rng = np.random.default_rng(5)
    t = np.array([0.6, 0.5, 0.45, 0.42, 0.40])
    tau = 0.3 * np.exp(0.9 / (t - 0.29))
    fits = [
        fit_vft(t, tau * np.exp(rng.normal(0, 0.02, len(t))), np.full(len(t), 0.02))
        for _ in range(60)
    ]
    found = np.array([fit.temperature_0 for fit in fits])
    errors = np.array([fit.temperature_0_error for fit in fits])
    assert found.std() == pytest.approx(np.median(errors), rel=0.35)
    assert abs(found.mean() - 0.29) < 4 * found.std() / np.sqrt(60) + 1e-3


def test_vft_of_three_has_no_error_and_of_two_no_fit():
    t = np.array([0.6, 0.5, 0.45])
    fit = fit_vft(t, 0.3 * np.exp(0.9 / (t - 0.29)), np.full(3, 0.02))
    assert np.isnan(fit.temperature_0_error)
    assert fit.temperature_0 == pytest.approx(0.29, abs=1e-3)
    with pytest.raises(ParameterError, match="2 temperatures cannot fix"):
        fit_vft(t[:2], np.ones(2), np.ones(2))


# ------------------------------------------------------------------------ vibrational scaling
U2 = np.array([0.063, 0.049, 0.042, 0.036, 0.032])


@settings(max_examples=30, deadline=None)
@given(
    alpha=st.floats(-2, 2), beta=st.floats(-0.1, 0.2), gamma=st.floats(0, 0.01),
    number=st.integers(3, 5),
)
def test_parabola_is_found_exactly(alpha, beta, gamma, number):
    u2 = U2[:number]
    tau = 10 ** (alpha + beta / u2 + gamma / u2**2)
    law = fit_vibrational_scaling(u2, 0.02 * u2, tau, 0.05 * tau)
    assert law.degrees_of_freedom == number - 3
    assert law.chi2 < 1e-9
    np.testing.assert_allclose(law(u2), tau, rtol=1e-6)
    np.testing.assert_allclose(law.coefficients, [alpha, beta, gamma], atol=2e-4)


def test_errors_of_the_parabola_are_those_of_repeated_fits():
    """Both the error of u² and that of τ_α, against the spread of fits to noisy points."""
    truth = np.array([-0.5, 0.02, 0.004])
    tau = 10 ** (truth[0] + truth[1] / U2 + truth[2] / U2**2)
    u2_error, tau_error = 0.01 * U2, 0.04 * tau
    random = np.random.default_rng(0)
    found, pulls = [], []
    for _ in range(400):
        law = fit_vibrational_scaling(
            U2 + u2_error * random.normal(size=5), u2_error,
            tau + tau_error * random.normal(size=5), tau_error,
        )
        found.append(law.coefficients)
        pulls.append(law.chi2)
    spread = np.std(found, axis=0)
    np.testing.assert_allclose(np.sqrt(np.diag(law.covariance)), spread, rtol=0.25)
    assert np.mean(pulls) == pytest.approx(2, rel=0.25)


def test_too_few_temperatures_or_no_error_is_refused():
    tau = np.array([7.0, 36.0, 158.0])
    with pytest.raises(ParameterError, match="2 temperatures cannot fix"):
        fit_vibrational_scaling(U2[:2], 0.01 * U2[:2], tau[:2], tau[:2])
    for bad in (0.0, np.nan):
        with pytest.raises(ParameterError, match="positive, finite"):
            fit_vibrational_scaling(U2[:3], np.array([bad, 0.01, 0.01]), tau, tau)
