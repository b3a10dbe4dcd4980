"""Three measurements of the leak, on fields whose range is known and on none at all."""

import numpy as np
import pytest

from glasslib.configuration import Configuration
from glasslib.errors import ParameterError
from glasslib.learning.leaks import interpolated, recognised_runs, with_holes

N, EDGE = 1000, 10.0


def liquid(seed):
    random = np.random.default_rng(seed)
    lattice = np.stack(np.meshgrid(*[np.arange(10.0)] * 3), axis=-1).reshape(-1, 3)
    return Configuration(lattice + random.uniform(-0.3, 0.3, (N, 3)), np.full(3, EDGE))


def smooth(configuration, random):
    """A periodic field of some long waves, and a little noise."""
    field = np.zeros(N)
    for k in ([1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]):
        phase = random.uniform(0, 2 * np.pi)
        field += np.cos(2 * np.pi / EDGE * configuration.positions @ k + phase)
    return field + random.normal(0, 0.2, N)


def rho(a, b):
    return np.corrcoef(a, b)[0, 1]


def test_interpolation_is_the_gaussian_mean_of_a_naive_twin():
    configuration, random = liquid(0), np.random.default_rng(1)
    values, known = random.normal(size=(N, 3)), random.random(N) < 0.8
    way = configuration.positions[:, None] - configuration.positions[None]
    r = np.sqrt(((way - EDGE * np.rint(way / EDGE)) ** 2).sum(axis=2))
    weight = np.where((r < 2.5) & known, np.exp(-(r**2) / (2 * 0.5**2)), 0.0)
    np.fill_diagonal(weight, 0.0)
    exact = weight @ values / weight.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(interpolated(configuration, values, known), exact)


def test_interpolation_finds_a_smooth_field_and_nothing_in_shuffled_ones():
    configuration, random = liquid(0), np.random.default_rng(2)
    field, known = smooth(configuration, random), random.random(N) < 0.8
    shuffled = random.permutation(field)
    assert rho(interpolated(configuration, field[:, None], known)[~known, 0], field[~known]) > 0.8
    found = interpolated(configuration, shuffled[:, None], known)[~known, 0]
    assert abs(rho(found, shuffled[~known])) < 4 / np.sqrt((~known).sum())


def test_unknown_values_are_not_read():
    configuration, random = liquid(0), np.random.default_rng(3)
    values, known = random.normal(size=(N, 1)), random.random(N) < 0.5
    spoilt = np.where(known[:, None], values, np.nan)
    np.testing.assert_array_equal(
        interpolated(configuration, spoilt, known), interpolated(configuration, values, known)
    )
    with pytest.raises(ParameterError, match="no monomer is known"):
        interpolated(configuration, values, np.zeros(N, bool))


def test_a_run_is_recognised_by_what_its_monomers_share():
    random = np.random.default_rng(4)
    runs = np.repeat(np.arange(4), 300)
    own = random.normal(size=(1200, 20)).astype(np.float32)
    order = random.permutation(1200)
    train, test = order[:900], order[900:]
    assert recognised_runs(own, runs, train, test) < 0.25 + 4 * np.sqrt(0.25 * 0.75 / 300)
    shared = own + 3 * random.normal(size=(4, 20))[runs]
    assert recognised_runs(shared, runs, train, test) > 0.99


def test_a_hole_ends_the_leak_of_a_field_and_changes_nothing_without_one():
    """Descriptors that say where a monomer is; a field of its run's own beside a true signal."""
    random = np.random.default_rng(5)
    configurations = {run: liquid(run) for run in range(4)}
    runs = np.repeat(np.arange(4), N)
    place = np.concatenate([c.positions for c in configurations.values()])
    angle = 2 * np.pi / EDGE * place
    centres = random.uniform(0, EDGE, (60, 3))
    way = place[:, None] - centres
    bumps = np.exp(-((way - EDGE * np.rint(way / EDGE)) ** 2).sum(axis=2) / (2 * 1.5**2))
    each = np.concatenate([bumps * (runs == run)[:, None] for run in range(4)], axis=1)
    structure = np.sin(angle)
    inputs = np.concatenate([structure, each], axis=1).astype(np.float32)
    fields = np.concatenate(
        [each[runs == run] @ random.normal(size=each.shape[1]) for run in range(4)]
    )
    signal = structure.sum(axis=1)
    radii = [1.2, 3.0, np.inf]

    def curve(inputs, target):
        predicted = with_holes(inputs, target, runs, configurations, radii, balls=12, alpha=1e-3)
        tested = np.isfinite(predicted[:, 0])
        assert (np.isfinite(predicted) == tested[:, None]).all() and tested.sum() > 150
        return [rho(predicted[tested, k], target[tested]) for k in range(len(radii))]

    leak = curve(inputs, signal + 2 * fields)
    assert leak[0] > leak[1] > leak[2] and leak[0] - leak[2] > 0.2
    alone = structure.astype(np.float32)
    flat = curve(alone, signal + random.normal(0, 1, len(signal)))
    assert max(flat) - min(flat) < 0.02


def test_a_hole_smaller_than_the_ball_is_refused():
    with pytest.raises(ParameterError, match="radius 1 is shorter than the ball of 1.2"):
        with_holes(np.zeros((3, 1), np.float32), np.zeros(3), np.zeros(3), {}, [1.0])
