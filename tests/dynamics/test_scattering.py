"""F_s and the mean-squared displacement against motions known exactly, and against MDAnalysis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasslib.dynamics.scattering import (
    at_wavenumber,
    self_correlations,
    self_intermediate_scattering,
)
from glasslib.errors import ParameterError

Q = np.array([0.5, 2.0, 7.1])


def random_walk(n_frames, n_particles, d, dt, seed=0):
    steps = np.random.default_rng(seed).normal(0, np.sqrt(2 * d * dt), (n_frames, n_particles, 3))
    return np.cumsum(steps, axis=0)


def test_average_over_directions_is_the_average_over_directions():
    """The analytic sin(qr)/(qr) against a sum over 40,000 directions, spread evenly."""
    rng = np.random.default_rng(1)
    step = rng.normal(0, 0.3, (20, 3))
    k = np.arange(40_000) + 0.5
    z, phi = 1 - 2 * k / len(k), np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - z**2)
    directions = np.stack([ring * np.cos(phi), ring * np.sin(phi), z], axis=1)
    for q in Q:
        brute = np.exp(-1j * q * directions @ step.T).mean()
        ours = self_intermediate_scattering(np.zeros((20, 3)), step, q)
        assert abs(brute - ours) < 1e-4


@pytest.mark.parametrize("t", [0.0, 0.2, 3.0])
def test_ballistic_motion_at_one_speed(t):
    v = np.random.default_rng(2).normal(size=(30, 3))
    v *= 1.7 / np.linalg.norm(v, axis=1, keepdims=True)
    f = self_intermediate_scattering(np.zeros((30, 3)), t * v, Q)
    expected = [np.sin(q * 1.7 * t) / (q * 1.7 * t) if t else 1.0 for q in Q]
    np.testing.assert_allclose(f, expected, atol=1e-12)


def test_ballistic_motion_of_a_gas():
    """Maxwell–Boltzmann velocities give F_s = exp(−q² T t² / 2)."""
    n, temperature, t = 200_000, 0.5, 0.4
    v = np.random.default_rng(3).normal(0, np.sqrt(temperature), (n, 3))
    f = self_intermediate_scattering(np.zeros((n, 3)), t * v, Q)
    np.testing.assert_allclose(f, np.exp(-(Q**2) * temperature * t**2 / 2), atol=5 / np.sqrt(n))


def test_brownian_motion():
    """F_s = exp(−q² D t), MSD = 6 D t, and |Δr| has the mean of Maxwell's distribution."""
    d, dt, n = 0.05, 0.1, 2000
    x = random_walk(60, n, d, dt, seed=4)
    times = np.arange(60) * dt
    lags = np.array([0.1, 0.5, 2.0])
    f, msd, length = self_correlations(times, x, Q, lags)
    np.testing.assert_allclose(msd, 6 * d * lags, rtol=0.03)
    np.testing.assert_allclose(length, np.sqrt(16 * d * lags / np.pi), rtol=0.015)
    np.testing.assert_allclose(f, np.exp(-np.multiply.outer(lags, Q**2) * d), atol=0.01)


def test_scalar_and_array_of_wavenumbers_agree():
    x, y = np.random.default_rng(5).normal(size=(2, 12, 3))
    many = self_intermediate_scattering(x, y, Q)
    assert many.shape == (3,)
    for q, value in zip(Q, many, strict=True):
        one = self_intermediate_scattering(x, y, float(q))
        assert one.shape == () and one == value


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), q=st.floats(0.01, 50), size=st.floats(0, 100))
def test_bounds(seed, q, size):
    step = np.random.default_rng(seed).normal(size=(10, 3)) * size
    f = float(self_intermediate_scattering(np.zeros((10, 3)), step, q))
    assert -0.2173 < f <= 1.0  # the least value of sin(x)/x is −0.2172


def test_uneven_times_use_exactly_the_pairs_that_fit():
    times = np.array([0.0, 0.01, 0.1, 1.0, 1.01, 1.1, 2.0])
    x = np.random.default_rng(6).normal(size=(7, 5, 3))
    lags = np.array([0.01, 0.1, 1.0, 0.3])
    f, msd, length = self_correlations(times, x, Q, lags)
    for k, lag in enumerate(lags):
        pairs = [
            (i, j) for i in range(7) for j in range(7) if abs(times[j] - times[i] - lag) < 1e-6
        ]
        if not pairs:
            assert np.isnan(msd[k]) and np.isnan(f[k]).all()
            continue
        square = np.array([((x[j] - x[i]) ** 2).sum(axis=1) for i, j in pairs])
        assert msd[k] == pytest.approx(square.mean(), rel=1e-12)
        assert length[k] == pytest.approx(np.sqrt(square).mean(), rel=1e-12)
    assert np.isnan(msd).tolist() == np.isnan(length).tolist() == [False, False, False, True]


def test_few_origins_are_spread_over_the_whole_run():
    times = np.arange(100.0)
    x = np.zeros((100, 1, 3))
    x[50:] = 1e3 * np.arange(50)[:, None, None]  # still in the first half, moving in the second
    everything = self_correlations(times, x, Q, np.array([1.0]), max_origins=1000).msd[0]
    some = self_correlations(times, x, Q, np.array([1.0]), max_origins=11).msd[0]
    assert everything == pytest.approx(3e6 * 49 / 99)
    assert some == pytest.approx(3e6 * 5 / 11, rel=0.21)


def test_single_precision_frames_lose_nothing_but_their_rounding():
    x = random_walk(20, 50, 0.05, 0.1, seed=7)
    args = np.arange(20.0), Q, np.array([1.0, 5.0])
    double = self_correlations(args[0], x, *args[1:])
    single = self_correlations(args[0], x.astype(np.float32), *args[1:])
    np.testing.assert_allclose(single.scattering, double.scattering, atol=1e-5)
    np.testing.assert_allclose(single.msd, double.msd, rtol=1e-5)
    np.testing.assert_allclose(single.mean_displacement, double.mean_displacement, rtol=1e-5)


def test_msd_is_that_of_mdanalysis():
    MDAnalysis = pytest.importorskip("MDAnalysis")
    from MDAnalysis.analysis.msd import EinsteinMSD

    x = random_walk(30, 40, 0.05, 0.1, seed=8)
    u = MDAnalysis.Universe.empty(40, trajectory=True)
    u.load_new(x.astype(np.float32), order="fac")
    theirs = EinsteinMSD(u, select="all", msd_type="xyz", fft=False).run().results.timeseries
    ours = self_correlations(np.arange(30.0), x, Q, np.arange(1, 30.0)).msd
    np.testing.assert_allclose(ours, theirs[1:], rtol=2e-5)


def test_interpolation_in_q():
    grid = np.array([6.6, 6.8, 7.0, 7.2, 7.4, 7.6])
    d_t = np.array([[0.001], [0.01], [0.05]])
    f = np.exp(-(grid**2) * d_t)
    np.testing.assert_allclose(
        at_wavenumber(f, grid, 7.13), np.exp(-(7.13**2) * d_t[:, 0]), rtol=1e-4
    )
    for k, q in enumerate(grid):
        np.testing.assert_allclose(at_wavenumber(f, grid, q), f[:, k], rtol=1e-12)
    for q in (6.59, 7.61, np.nan):
        with pytest.raises(ParameterError, match=f"q = {q}.* outside .* 6.6 to 7.6"):
            at_wavenumber(f, grid, q)
