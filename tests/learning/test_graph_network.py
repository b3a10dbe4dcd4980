"""A graph network: its graph, what must not change a prediction, and what it can learn."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glasslib.configuration import Configuration
from glasslib.errors import DivergedError, ParameterError
from glasslib.learning.graph_network import GraphSettings, fit_and_predict, melt_graph

N, EDGE = 200, 6.0
QUICK = GraphSettings(steps=80, width=16, rounds=2, learning_rate=1e-2)


def melt(seed=0) -> Configuration:
    """Forty pentamers in a box; some neighbours are bonded and some are not."""
    random = np.random.default_rng(seed)
    steps = random.normal(size=(N, 3))
    steps *= 0.97 / np.linalg.norm(steps, axis=1, keepdims=True)
    steps[::5] = random.uniform(-EDGE, EDGE, (N // 5, 3))
    positions = np.concatenate([np.cumsum(chain, axis=0) for chain in steps.reshape(-1, 5, 3)])
    first = np.arange(N).reshape(-1, 5)[:, :-1].ravel()
    return Configuration(positions, np.full(3, EDGE), np.stack([first, first + 1], axis=1))


def test_a_graph_is_that_of_brute_force():
    here = melt()
    graph = melt_graph(here, np.ones((N, 1)))
    vector = here.positions[None] - here.positions[:, None]
    vector -= EDGE * np.round(vector / EDGE)
    distance = np.linalg.norm(vector, axis=2)
    bonded = np.zeros((N, N), bool)
    bonded[tuple(here.bonds.T)] = bonded[tuple(here.bonds[:, ::-1].T)] = True
    near = (distance < GraphSettings().reach) & ~np.eye(N, dtype=bool)
    for k, wanted in enumerate((near & ~bonded, bonded)):
        i, j = np.nonzero(wanted)
        np.testing.assert_array_equal(graph.centre[k], i)
        np.testing.assert_array_equal(graph.partner[k], j)
        middles = np.linspace(0.8, 1.6, 12)
        apart = (distance[i, j, None] - middles) / (middles[1] - middles[0])
        np.testing.assert_allclose(graph.edges[k], np.exp(-0.5 * apart**2), atol=1e-5)


@pytest.fixture(scope="module")
def learnt():
    """Targets that only messages tell: neighbours counted, twice as much along bonds."""
    melts = [melt(seed) for seed in range(3)]
    random = np.random.default_rng(9)
    own = [random.normal(size=(N, 1)) for _ in melts]
    graphs = [melt_graph(here, x, QUICK) for here, x in zip(melts, own, strict=True)]

    def around(graph, x):
        return sum(
            weight * np.bincount(graph.centre[k], x[graph.partner[k], 0], minlength=N)
            for k, weight in enumerate((0.3, 1.0))
        )

    targets = [around(graph, x) for graph, x in zip(graphs, own, strict=True)]
    predicted = fit_and_predict(graphs[:2], targets[:2], graphs[2:], QUICK)
    return melts, own, graphs, targets, predicted[0]


def test_it_learns_what_neighbours_and_bonds_tell_on_a_melt_not_seen(learnt):
    assert np.corrcoef(learnt[-1], learnt[3][2])[0, 1] > 0.9


def test_a_seed_fixes_it_and_a_turned_moved_and_renumbered_melt_has_the_same(learnt):
    melts, own, graphs, targets, predicted = learnt
    order = np.random.default_rng(3).permutation(N // 5)[:, None] * 5 + np.arange(5)
    order = order.ravel()
    turn = Rotation.from_euler("z", 90, degrees=True)
    other = Configuration(
        turn.apply(melts[2].positions[order]) + [1.0, -9.0, 33.3], np.full(3, EDGE), melts[2].bonds
    )
    asked = [graphs[2], melt_graph(other, own[2][order], QUICK)]
    again, turned = fit_and_predict(graphs[:2], targets[:2], asked, QUICK)
    np.testing.assert_array_equal(again, predicted)
    np.testing.assert_allclose(turned, predicted[order], atol=1e-3)


def test_what_makes_no_sense_is_refused(learnt):
    melts, _, graphs, targets, _ = learnt
    with pytest.raises(ParameterError, match="3 rows for 200"):
        melt_graph(melts[0], np.ones((3, 1)))
    with pytest.raises(ParameterError, match="0 graphs"):
        fit_and_predict([], [], graphs, QUICK)
    wild = GraphSettings(steps=10, width=4, rounds=1, learning_rate=1e25)
    with pytest.raises(DivergedError, match="1e\\+25"):
        fit_and_predict(graphs[:1], targets[:1], graphs[1:], wild)
