"""Chains are found whatever the order of particles and bonds, and nothing else passes for one."""

import numpy as np
import pytest

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.chains import linear_chains, unwrapped_chains


def melt_of(bonds, n, box=8.0, seed=0):
    positions = np.random.default_rng(seed).uniform(0, box, (n, 3))
    return Configuration(positions, [box] * 3, bonds)


def test_shuffled_chains_are_found_again():
    random = np.random.default_rng(1)
    n, length = 60, 5
    true = random.permutation(n).reshape(-1, length)
    bonds = np.concatenate([true[:, :-1].reshape(-1, 1), true[:, 1:].reshape(-1, 1)], axis=1)
    bonds = random.permutation(bonds)
    flip = random.random(len(bonds)) < 0.5
    bonds[flip] = bonds[flip, ::-1]
    found = linear_chains(melt_of(bonds, n))
    assert (np.diff(found[:, 0]) > 0).all() and (found[:, 0] < found[:, -1]).all()
    whole = {min(tuple(chain), tuple(chain[::-1])) for chain in true.tolist()}
    assert {min(tuple(chain), tuple(chain[::-1])) for chain in found.tolist()} == whole


def test_particles_without_bonds_are_chains_of_one():
    assert linear_chains(melt_of([], 3)).tolist() == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("bonds", "n", "words"),
    [
        ([[0, 1], [0, 2], [0, 3]], 4, "particle 0 .* has 3 bonds"),
        ([[0, 1], [1, 2], [2, 0]], 3, "no linear chains of one length"),
        ([[0, 1], [1, 2], [3, 4]], 5, "no linear chains of one length"),
        ([[0, 1]], 3, "no linear chains of one length"),
        ([[0, 1], [2, 3], [3, 4], [4, 2]], 5, "no linear chains of one length"),
        ([[0, 1], [1, 2], [2, 3], [4, 5]], 6, "no linear chains of one length"),
    ],
)
def test_what_is_no_chain_is_refused(bonds, n, words):
    with pytest.raises(ConfigurationError, match=words):
        linear_chains(melt_of(bonds, n))


def test_unwrapped_chains_have_short_steps_and_the_same_places():
    random = np.random.default_rng(2)
    steps = random.normal(size=(7, 6, 3))
    steps *= 0.97 / np.linalg.norm(steps, axis=-1, keepdims=True)
    true = random.uniform(0, 5, (7, 1, 3)) + np.cumsum(steps, axis=1)
    chains = np.arange(42).reshape(7, 6)
    bonds = np.stack([chains[:, :-1].ravel(), chains[:, 1:].ravel()], axis=1)
    folded = Configuration(true.reshape(-1, 3) % 5.0, [5.0] * 3, bonds)
    found = unwrapped_chains(folded, linear_chains(folded))
    np.testing.assert_allclose(np.diff(found, axis=1), np.diff(true, axis=1), atol=1e-12)
    shift = (found.reshape(-1, 3) - folded.positions) / 5.0
    np.testing.assert_allclose(shift, np.round(shift), atol=1e-12)
