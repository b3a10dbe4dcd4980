import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasslib.dynamics.susceptibility import (
    four_point_susceptibility,
    four_point_susceptibility_error,
    nearest_probe,
    trajectory_susceptibility,
    trajectory_susceptibility_error,
)
from glasslib.errors import ParameterError


def by_pairs(propensity, a):
    """Eq. 8 letter by letter: a double sum over monomers, averages over configurations."""
    n_runs, n_monomers, n_times = propensity.shape
    chi4 = np.zeros(n_times)
    for time in range(n_times):
        q = np.where(propensity[:, :, time] > a, 1.0, 0.0)
        pairs = sum(
            np.mean(q[:, i] * q[:, j]) for i in range(n_monomers) for j in range(n_monomers)
        )
        chi4[time] = (pairs - sum(np.mean(q[:, i]) for i in range(n_monomers)) ** 2) / n_monomers
    return chi4


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_runs=st.integers(2, 8),
    n_monomers=st.integers(1, 12),
    a=st.floats(-0.2, 1.2),
)
def test_equals_the_double_sum(seed, n_runs, n_monomers, a):
    random = np.random.default_rng(seed)
    propensity = random.random((n_runs, n_monomers, 3))
    chi4 = four_point_susceptibility(propensity, a)
    np.testing.assert_allclose(chi4, by_pairs(propensity, a), atol=1e-10)
    # The order of runs and of monomers does not matter.
    shuffled = propensity[random.permutation(n_runs)][:, random.permutation(n_monomers)]
    np.testing.assert_allclose(four_point_susceptibility(shuffled, a), chi4, atol=1e-10)


def test_independent_monomers():
    """p (1 − p); the error of a variance of R = 4,000 runs is √(2/R) = 2.2 %."""
    random = np.random.default_rng(0)
    propensity = random.random((4000, 60, 3))
    for p in (0.1, 0.5, 0.9):
        chi4 = four_point_susceptibility(propensity, 1 - p)
        np.testing.assert_allclose(chi4, p * (1 - p), rtol=5 * np.sqrt(2 / 4000))


@pytest.mark.parametrize("n_mobile", [0, 1, 3, 8])
def test_monomers_that_move_together(n_mobile):
    propensity = np.zeros((8, 50, 1))
    propensity[:n_mobile] = 1.0
    p = n_mobile / 8
    assert four_point_susceptibility(propensity, 0.5)[0] == pytest.approx(50 * p * (1 - p))


def test_groups_of_monomers_that_move_together():
    """Independent groups of n monomers give n p (1 − p): χ4 counts how many move together."""
    random = np.random.default_rng(1)
    groups = random.random((6000, 10, 1))
    chi4 = four_point_susceptibility(np.repeat(groups, 7, axis=1), 0.7)
    np.testing.assert_allclose(chi4, 7 * 0.3 * 0.7, rtol=5 * np.sqrt(2 / 6000))


def test_a_monomer_at_a_is_not_mobile():
    propensity = np.full((2, 4, 1), 0.5)
    propensity[1] = 0.6
    assert four_point_susceptibility(propensity, 0.5)[0] == pytest.approx(4 * 0.25)
    assert four_point_susceptibility(propensity, 0.6)[0] == 0


@pytest.mark.parametrize("n_runs", [6, 10, 40])
def test_the_error_is_the_spread_of_repeated_experiments(n_runs):
    random = np.random.default_rng(n_runs)
    values, errors = [], []
    for _ in range(400):
        propensity = random.random((n_runs, 40, 1))
        values.append(four_point_susceptibility(propensity, 0.5)[0])
        errors.append(four_point_susceptibility_error(propensity, 0.5)[0])
    values, errors = np.array(values), np.array(errors)
    # Relative error √(2/(R − 1)) and bias (R − 1)/R, as the module says.
    assert values.mean() == pytest.approx(0.25 * (n_runs - 1) / n_runs, rel=0.1)
    assert values.std() / values.mean() == pytest.approx(np.sqrt(2 / (n_runs - 1)), rel=0.15)
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.25)


def test_the_unbiased_variance_does_not_depend_on_the_number_of_runs():
    random = np.random.default_rng(3)
    for n_runs in (2, 4, 10):
        values = [
            four_point_susceptibility(random.random((n_runs, 40, 1)), 0.5, unbiased=True)[0]
            for _ in range(1500)
        ]
        assert np.mean(values) == pytest.approx(0.25, abs=4 * np.std(values) / 1500**0.5)
    one = random.random((4, 40, 3))
    for function in (four_point_susceptibility, four_point_susceptibility_error):
        biased, unbiased = function(one, 0.5), function(one, 0.5, unbiased=True)
        assert (unbiased > biased).all()
    np.testing.assert_allclose(four_point_susceptibility(one, 0.5, unbiased=True),
                               four_point_susceptibility(one, 0.5) * 4 / 3)


def test_two_runs_have_no_error_and_one_run_no_value():
    random = np.random.default_rng(0)
    assert np.isnan(four_point_susceptibility_error(random.random((2, 9, 3)), 0.5)).all()
    with pytest.raises(ParameterError, match="at least 2"):
        four_point_susceptibility(random.random((1, 9, 3)), 0.5)


def test_bad_input_is_named():
    good = np.zeros((3, 4, 2))
    with pytest.raises(ParameterError, match=r"shape \(3, 4\)"):
        four_point_susceptibility(good[:, :, 0], 0.5)
    for bad in (np.nan, np.inf):
        broken = good.copy()
        broken[1, 2, 0] = bad
        with pytest.raises(ParameterError, match="not finite"):
            four_point_susceptibility(broken, 0.5)
    for a in (np.nan, np.array([0.5, 0.6])):
        with pytest.raises(ParameterError, match="give one length"):
            four_point_susceptibility(good, a)


# ------------------------------------------------------------------- single trajectories
N = 500


def ensembles(n_runs, n_trajectories, spread, seed=0):
    """Configurations of mobility p, monomers independent: every part is known exactly."""
    random = np.random.default_rng(seed)
    p = np.clip(0.4 + spread * random.choice([-1, 1], size=(n_runs, 1, 1)), 0, 1)
    return list(random.binomial(N, p, size=(n_runs, n_trajectories, 1)))


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.1])
def test_parts_of_a_known_ensemble(spread):
    total, inside, between = trajectory_susceptibility(ensembles(400, 20, spread), N)[:, 0]
    expected_inside = 0.24 - spread**2  # mean of p(1 − p)
    assert inside == pytest.approx(expected_inside, rel=0.03)
    assert between == pytest.approx(N * spread**2, rel=0.15, abs=0.01)
    assert total == pytest.approx(inside + between)


def test_total_is_the_variance_over_everything():
    counts = ensembles(300, 10, 0.05, seed=1)
    total = trajectory_susceptibility(counts, N)[0, 0]
    assert total == pytest.approx(np.concatenate(counts).var() / N, rel=0.02)


def test_chance_left_in_the_means_is_taken_out():
    """With two trajectories each the means scatter although configurations are alike."""
    counts = ensembles(2000, 2, 0.0, seed=2)
    between = trajectory_susceptibility(counts, N)[2, 0]
    naive = np.array([run.mean(axis=0) for run in counts]).var(ddof=1) / N
    assert abs(between) < 0.015 and naive > 0.1


def test_the_error_covers_the_truth():
    truth, hits = 0.24 - 0.05**2 + N * 0.05**2, 0
    for seed in range(80):
        counts = ensembles(12, 10, 0.05, seed=100 + seed)
        value = trajectory_susceptibility(counts, N)[0, 0]
        hits += abs(value - truth) < 2 * trajectory_susceptibility_error(counts, N)[0, 0]
    assert hits >= 60


def test_unequal_numbers_and_limits():
    counts = ensembles(3, 10, 0.05)
    counts[1] = counts[1][:4]
    assert np.isfinite(trajectory_susceptibility(counts, N)).all()
    assert np.isfinite(trajectory_susceptibility_error(counts, N)).all()
    assert np.isnan(trajectory_susceptibility_error(counts[:2], N)).all()
    with pytest.raises(ParameterError, match="at least two runs"):
        trajectory_susceptibility(counts[:1], N)
    with pytest.raises(ParameterError, match="two trajectories"):
        trajectory_susceptibility([counts[0], counts[1][:1]], N)


def test_nearest_probe():
    lengths = np.round(np.arange(0.1, 1.5001, 0.02), 2)
    assert lengths[nearest_probe(lengths, 0.4286)] == 0.42
    with pytest.raises(ParameterError, match="a = 2 lies outside"):
        nearest_probe(lengths, 2.0)
