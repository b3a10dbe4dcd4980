import numpy as np
import pytest

from glasslib.dynamics.fluctuations import (
    nearest_probe,
    trajectory_susceptibility,
    trajectory_susceptibility_error,
)
from glasslib.errors import ParameterError

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
