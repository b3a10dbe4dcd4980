"""Cage descriptors: exact cases, a naive twin, and what must not change them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.cage import (
    SURROUNDINGS,
    CageMoments,
    cage_descriptors,
    cage_scalars,
    chain_correlations,
    surroundings,
)

N, EDGE = 120, 12.0


def melt(seed=0) -> tuple[Configuration, Configuration]:
    """Twenty-four pentamers that wander through a box, and a configuration beside them."""
    random = np.random.default_rng(seed)
    steps = random.normal(size=(N, 3))
    steps *= 0.97 / np.linalg.norm(steps, axis=1, keepdims=True)
    steps[::5] = random.uniform(-EDGE, EDGE, (N // 5, 3))
    positions = np.concatenate([np.cumsum(chain, axis=0) for chain in steps.reshape(-1, 5, 3)])
    first = np.arange(N).reshape(-1, 5)[:, :-1].ravel()
    bonds, box = np.stack([first, first + 1], axis=1), np.full(3, EDGE)
    inherent = Configuration(positions, box, bonds)
    return Configuration(positions + random.normal(0, 0.1, (N, 3)), box, bonds), inherent


def some_moments(seed=0, n=N, bonds=N * 4 // 5) -> CageMoments:
    random = np.random.default_rng(seed)
    root = random.normal(0, 0.1, (n, 3, 3))
    tensor = root @ root.transpose(0, 2, 1)
    chain = n - bonds
    shapes = {"chain_variance": chain, "bond_variance": bonds, "p1_loss": bonds, "p2_loss": bonds}
    others = [field.name for field in fields(CageMoments)][2:]
    return CageMoments(
        offset=random.normal(0, 0.05, (n, 3)),
        covariance=tensor[:, [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]],
        **{name: random.uniform(0.1, 1.0, shapes.get(name, n)) for name in others},
    )


def test_monomers_that_move_together_or_apart():
    """Displacements drawn at random: as one in a chain, each alone, and half and half."""
    configuration, _ = melt()
    random = np.random.default_rng(0)
    whole = np.repeat(random.normal(0, 0.1, (4000, N // 5, 3)), 5, axis=1)
    alone = random.normal(0, 0.1, (4000, N, 3)) * np.linspace(1, 2, N)[:, None]
    for way, bonded, share in ((whole, 1, 1), (alone, 0, 0.2), (whole + alone, None, None)):
        i, j = configuration.bonds.T
        centre = way.reshape(4000, -1, 5, 3).mean(axis=2)
        moments = replace(
            some_moments(), covariance=np.pad(way.var(axis=0), ((0, 0), (0, 3))),
            bond_variance=(way[:, j] - way[:, i]).var(axis=0).sum(axis=1),
            chain_variance=centre.var(axis=0).sum(axis=1),
        )
        found = chain_correlations(moments, configuration)
        if bonded is not None:
            np.testing.assert_allclose(found["correlation of bonded"], bonded, atol=0.03)
            np.testing.assert_allclose(found["share of the chain"], share, atol=0.03)
        away, u = way - way.mean(axis=0), np.sqrt(moments.variance)  # a naive twin
        direct = [(away[:, a] * away[:, b]).sum(axis=1).mean() / u[a] / u[b] for a, b in ((0, 1),
                                                                                      (1, 2))]
        assert found["correlation of bonded"][1] == pytest.approx(np.mean(direct))
        assert found["correlation of bonded"][0] == pytest.approx(direct[0])


def test_an_einstein_crystal():
    """Independent isotropic oscillators at rest in their middles: every number is known."""
    configuration, _ = melt()
    moments = replace(
        some_moments(), offset=np.zeros((N, 3)),
        covariance=np.tile([0.02, 0.02, 0.02, 0, 0, 0], (N, 1)),
    )
    found = cage_scalars(moments, configuration, configuration)
    np.testing.assert_allclose(found["variance"], np.log(0.06))
    np.testing.assert_allclose(found["largest"], np.log(0.02))
    np.testing.assert_allclose(found["smallest"], np.log(0.02))
    np.testing.assert_allclose(found["squared displacement"], np.log(0.06))
    assert len(found) == 18


def test_the_debye_waller_factor_is_offset_and_cage():
    """⟨|r − r₀|²⟩ = |r₀ − ⟨r⟩|² + u², from samples drawn from the moments themselves."""
    configuration, inherent = melt()
    moments = some_moments()
    xx, yy, zz, xy, xz, yz = moments.covariance[7]
    tensor = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]
    random = np.random.default_rng(0)
    start = configuration.positions - inherent.positions
    start = (start - start.mean(axis=0))[7]
    samples = random.multivariate_normal(moments.offset[7], tensor, 200_000)
    exact = ((samples - start) ** 2).sum(axis=1).mean()
    found = cage_scalars(moments, configuration, inherent)["squared displacement"][7]
    assert np.exp(found) == pytest.approx(exact, rel=0.01)


def test_surroundings_are_those_of_a_naive_twin():
    _, inherent = melt()
    values = np.random.default_rng(3).normal(size=(N, 2))
    way = inherent.positions[:, None] - inherent.positions[None]
    r = np.sqrt(((way - EDGE * np.rint(way / EDGE)) ** 2).sum(axis=2))
    weights = np.where(r < 2.5, np.exp(-r / 2.5), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    bonded = np.zeros((N, N), bool)
    for i, j in inherent.bonds:
        bonded[i, j] = bonded[j, i] = True
    chain = np.arange(N) // 5
    found = surroundings(values, inherent)
    assert found.shape == (N, len(SURROUNDINGS), 2)
    for i in range(N):
        touching = (r[i] < 1.45) & (np.arange(N) != i)
        expected = [
            values[i],
            values[bonded[i]].mean(axis=0),
            values[chain == chain[i]].mean(axis=0),
            values[touching].mean(axis=0) if touching.any() else values[i],
            weights[i] @ values,
            weights[i] @ weights @ values,
            weights[i] @ weights @ weights @ weights @ values,
        ]
        np.testing.assert_allclose(found[i], expected, atol=1e-12)


def test_rotation_translation_and_images_change_nothing():
    configuration, inherent = melt()
    moments = some_moments()
    table = cage_descriptors(moments, configuration, inherent)
    # A rotation by a right angle keeps the box.
    turn = Rotation.from_euler("z", 90, degrees=True).as_matrix()
    xx, yy, zz, xy, xz, yz = moments.covariance.T
    tensor = np.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz], axis=1).reshape(-1, 3, 3)
    turned = replace(
        moments, offset=moments.offset @ turn.T,
        covariance=(turn @ tensor @ turn.T)[:, [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]],
    )

    def moved(one, shift):
        return Configuration(one.positions @ turn.T + shift, one.box, one.bonds)

    other = cage_descriptors(turned, moved(configuration, 3.3), moved(inherent, 3.3))
    np.testing.assert_allclose(other, table, rtol=2e-5, atol=2e-5)


def test_permuted_chains_give_permuted_rows():
    configuration, inherent = melt()
    moments = some_moments()
    order = np.random.default_rng(2).permutation(N // 5)
    rows = (order[:, None] * 5 + np.arange(5)).ravel()
    bonds = (order[:, None] * 4 + np.arange(4)).ravel()
    which = {N: rows, N // 5: order, N * 4 // 5: bonds}
    permuted = CageMoments(
        **{f.name: getattr(moments, f.name)[which[len(getattr(moments, f.name))]]
           for f in fields(CageMoments)}
    )
    both = [
        Configuration(melt.positions[rows], melt.box, melt.bonds)
        for melt in (configuration, inherent)
    ]
    np.testing.assert_allclose(
        cage_descriptors(permuted, *both),
        cage_descriptors(moments, configuration, inherent)[rows], rtol=1e-5, atol=1e-5,
    )


def test_columns_have_names():
    configuration, inherent = melt()
    table = cage_descriptors(some_moments(), configuration, inherent)
    assert table.shape == (N, 128) and len(set(table.descriptor.values)) == 128
    own = cage_scalars(some_moments(), configuration, inherent)
    np.testing.assert_allclose(table.sel(descriptor="energy, own"), own["energy"], rtol=1e-6)
    assert table.sel(descriptor="end of chain, own").sum() == 2 * N / 5
    assert table.sel(descriptor="next to an end, own").sum() == 2 * N / 5


def test_a_liquid_without_bonds_has_fewer_columns():
    configuration, inherent = (
        Configuration(one.positions, one.box) for one in melt()
    )
    table = cage_descriptors(some_moments(bonds=0), configuration, inherent)
    assert table.shape == (N, 65) and np.isfinite(table).all()


def test_the_mean_of_two_samplings_and_what_is_refused():
    first, second = some_moments(0), some_moments(1)
    mean = CageMoments.mean([first, second])
    np.testing.assert_allclose(mean.energy, (first.energy + second.energy) / 2)
    configuration, inherent = melt()
    with pytest.raises(ConfigurationError, match="moments of 60 monomers, a configuration of 120"):
        cage_scalars(some_moments(n=60, bonds=48), configuration, inherent)
    with pytest.raises(ConfigurationError, match="values has 3 rows for 120 particles"):
        surroundings(np.zeros((3, 1)), inherent)
