import freud
import numpy as np
import pytest
import structure_oracles as oracles
from hypothesis import given, settings
from hypothesis import strategies as st

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.neighbors import neighbor_pairs


def _as_matrix(pairs, n):
    matrix = np.zeros((n, n))
    matrix[pairs.i, pairs.j] = pairs.distance
    return matrix


@pytest.mark.parametrize("r_max", [0.3, 1.0, 2.5, 3.9])
def test_pairs_equal_brute_force(gas, r_max):
    pairs = neighbor_pairs(gas, r_max)
    i, j, vector, distance = oracles.all_pairs(gas, r_max)
    half = i < j
    ours = np.lexsort((pairs.j, pairs.i))
    assert (pairs.i[ours] == i[half]).all() and (pairs.j[ours] == j[half]).all()
    assert np.allclose(pairs.vector[ours], vector[half], atol=1e-12)
    assert np.allclose(pairs.distance[ours], distance[half], atol=1e-12)
    assert (pairs.i < pairs.j).all() and (np.diff(pairs.i) >= 0).all()


def test_pairs_equal_freud(liquid):
    box = freud.box.Box(*liquid.box)
    # freud works in single precision: a cut-off in a gap of the distances
    every = np.sort(neighbor_pairs(liquid, 5.6).distance)
    gap = np.argmax(np.diff(every)[len(every) // 2 :]) + len(every) // 2
    r_max = (every[gap] + every[gap + 1]) / 2
    pairs = neighbor_pairs(liquid, r_max)
    query = freud.locality.AABBQuery(box, box.wrap(liquid.positions)).query(
        box.wrap(liquid.positions), {"r_max": r_max, "exclude_ii": True}
    )
    theirs = np.array(query.toNeighborList()[:])
    theirs = {tuple(pair) for pair in theirs if pair[0] < pair[1]}
    assert set(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True)) == theirs


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 40),
    edges=st.tuples(*3 * [st.floats(2.0, 30.0)]),
    part=st.floats(0.05, 1.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_pairs_in_any_box(n, edges, part, seed):
    box = np.array(edges)
    positions = np.random.default_rng(seed).uniform(-2, 2, (n, 3)) * box
    configuration = Configuration(positions, box)
    r_max = part * box.min() / 2
    found = _as_matrix(neighbor_pairs(configuration, r_max), n)
    i, j, _, distance = oracles.all_pairs(configuration, r_max)
    expected = np.zeros((n, n))
    expected[i[i < j], j[i < j]] = distance[i < j]
    assert np.allclose(found, expected, atol=1e-10)


def test_same_bits_for_any_number_of_threads(liquid):
    one, three = neighbor_pairs(liquid, 2.5, threads=1), neighbor_pairs(liquid, 2.5, threads=3)
    for a, b in zip(one, three, strict=True):
        assert a.tobytes() == b.tobytes()


def test_no_pair():
    pairs = neighbor_pairs(Configuration([[0, 0, 0], [5.0, 5, 5]], np.full(3, 10.0)), 1.0)
    assert len(pairs.i) == 0 and pairs.vector.shape == (0, 3)


def test_box_too_small_says_what_would_do(gas):
    with pytest.raises(ConfigurationError, match=r"2 r_max = 10.*N >= 1172 .* r_max <= 4$"):
        neighbor_pairs(gas, 5.0)
    enough = np.full(3, 10.0)
    neighbor_pairs(Configuration(gas.positions, enough), 5.0)


@pytest.mark.parametrize("r_max", [0.0, -1.0, np.nan, np.inf])
def test_distance_must_make_sense(gas, r_max):
    with pytest.raises(ConfigurationError, match="r_max"):
        neighbor_pairs(gas, r_max)


def test_single_particle():
    with pytest.raises(ConfigurationError, match="1 particle"):
        neighbor_pairs(Configuration([[0.0, 0, 0]], np.full(3, 10.0)), 1.0)


@pytest.mark.parametrize("shift", [0.0, 10.0, 1e-9])
def test_coincident_particles_are_named(shift):
    positions = [[1.0, 1, 1], [2.0, 9.9999999999, 3], [2.0 + shift, 0 - 1e-10, 3]]
    with pytest.raises(ConfigurationError, match="particles 1 and 2 lie at the same place"):
        neighbor_pairs(Configuration(positions, np.full(3, 10.0)), 1.0)


def test_no_particle_and_nan():
    with pytest.raises(ConfigurationError):
        neighbor_pairs(Configuration(np.empty((0, 3)), np.full(3, 10.0)), 1.0)
    with pytest.raises(ConfigurationError):
        neighbor_pairs(Configuration([[0, 0, np.nan], [1, 1, 1]], np.full(3, 10.0)), 1.0)
