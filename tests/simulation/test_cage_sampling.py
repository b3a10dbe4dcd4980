"""Cage sampling: walls, bath and moments, against cases that are known exactly."""

import numpy as np
import pytest

from glasslib.errors import SimulationError
from glasslib.parameters import Cage, Melt
from glasslib.simulation.cage import moments, reflect, sample_replica, thermalise
from glasslib.simulation.engine import Engine
from glasslib.simulation.melt import seed

QUICK = Cage(warmup=0.5, duration=2.0)


@pytest.fixture(scope="module")
def cages(melt, integrator, liquid):
    """Configuration, inherent structure, and the sums of one replica."""
    with Engine(melt, integrator, liquid) as engine:
        engine.minimise()
        inherent = engine.positions()
    sums = sample_replica(melt, integrator, liquid.positions, inherent, QUICK, seed("cage", 0))
    return liquid.positions, inherent, sums


def test_an_ideal_gas_fills_its_spheres():
    """Free flight, walls and bath alone: a uniform density, ⟨d²⟩ = 3 R² / 5, and ⟨v²⟩ = 3 T."""
    random = np.random.default_rng(0)
    centres = random.uniform(0, 9, (3, 4000))
    x, v = centres.copy(), random.standard_normal((3, 4000))
    squares, speeds = [], []
    for step in range(3000):
        x += 0.002 * v
        reflect(x, v, centres, 0.5)
        if step % 10 == 0:
            thermalise(v, 0.7, 2.0, 0.02, random)
        if step > 1000 and step % 20 == 0:
            squares.append(((x - centres) ** 2).sum(axis=0).mean())
            speeds.append((v**2).sum(axis=0).mean())
    assert np.mean(squares) == pytest.approx(0.6 * 0.5**2, rel=0.015)  # a step beyond the wall
    assert np.mean(speeds) == pytest.approx(3 * 0.7, rel=0.01)


def test_reflection_keeps_the_speed_and_touches_nobody_within():
    random = np.random.default_rng(1)
    x, v = random.normal(size=(3, 300)), random.normal(size=(3, 300))
    before = v.copy()
    hit = reflect(x, v, np.zeros((3, 300)), 1.0)
    np.testing.assert_allclose((v**2).sum(axis=0), (before**2).sum(axis=0))
    np.testing.assert_array_equal(v[:, ~hit], before[:, ~hit])
    beyond, outwards = (x**2).sum(axis=0) > 1, (x * before).sum(axis=0) > 0
    np.testing.assert_array_equal(hit, beyond & outwards)
    assert ((x * v).sum(axis=0)[beyond] <= 0).all()


def test_no_monomer_leaves_and_the_centre_of_mass_rests(melt, cages):
    configuration, inherent, sums = cages
    found = moments(sums, melt)
    assert np.linalg.norm(found.offset, axis=1).max() < QUICK.radius + 0.02
    assert np.abs(found.offset.mean(axis=0)).max() < 1e-12
    assert (found.variance > 0).all() and found.variance.mean() < QUICK.radius**2
    assert found.hit_rate.mean() > 0


def test_moments_are_those_of_the_samples(melt, integrator, cages):
    """The same replica as a list of positions, averaged by numpy."""
    configuration, inherent, _ = cages
    seen = []
    cage = Cage(warmup=0.1, duration=0.5)
    import glasslib.simulation.cage as module

    class Keeps(module._Sampler):
        def add(self, x):
            seen.append(x.copy())
            super().add(x)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_Sampler", Keeps)
        sums = sample_replica(melt, integrator, configuration, inherent, cage, seed("cage", 1))
    found, frames = moments(sums, melt), np.array(seen)
    assert len(frames) == sums["samples"] == 5
    centres = inherent + (configuration - inherent).mean(axis=0)
    way = frames - centres
    np.testing.assert_allclose(found.offset, way.mean(axis=0), atol=1e-12)
    covariance = np.array([np.cov(way[:, k].T, bias=True) for k in range(melt.n_monomers)])
    np.testing.assert_allclose(
        found.covariance, covariance[:, [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]], atol=1e-12
    )
    away = np.linalg.norm(frames - configuration, axis=2)
    np.testing.assert_allclose(found.displacement, away.mean(axis=0))
    centre = way.reshape(5, melt.n_chains, melt.chain_length, 3).mean(axis=2)
    np.testing.assert_allclose(found.chain_variance, centre.var(axis=0).sum(axis=1), atol=1e-12)
    bond = frames[:, melt.bonds[:, 1]] - frames[:, melt.bonds[:, 0]]
    np.testing.assert_allclose(found.bond_variance, bond.var(axis=0).sum(axis=1), atol=1e-12)
    first = configuration[melt.bonds[:, 1]] - configuration[melt.bonds[:, 0]]
    cosine = (bond * first).sum(axis=2)
    cosine /= np.linalg.norm(bond, axis=2) * np.linalg.norm(first, axis=1)
    np.testing.assert_allclose(found.p1_loss, 1 - cosine.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(
        found.p2_loss, 1 - (1.5 * cosine**2 - 0.5).mean(axis=0), atol=1e-12
    )
    # Neighbours: every pair that is near in the inherent structure and not bonded.
    n, box = melt.n_monomers, melt.box_length

    def distances(x):
        way = x[:, None] - x[None]
        return np.sqrt(((way - box * np.rint(way / box)) ** 2).sum(axis=2))

    free = ~np.eye(n, dtype=bool)
    free[tuple(melt.bonds.T)] = free[tuple(melt.bonds.T[::-1])] = False
    near = (distances(centres) < cage.pair_reach) & free
    touching = near & (distances(centres) < cage.contact_reach)
    coordination, contact, energy = [], [], []
    for x in frames:
        r = distances(x) + np.eye(n)
        coordination.append((near & (r < cage.contact)).sum(axis=1))
        contact.append((r * touching).sum(axis=1) / np.maximum(touching.sum(axis=1), 1))
        u = 4 * (r**-12 - r**-6) - 4 * (melt.cutoff**-12 - melt.cutoff**-6)
        stretch = np.zeros(n)
        length = np.linalg.norm(x[melt.bonds[:, 1]] - x[melt.bonds[:, 0]], axis=1)
        for end in melt.bonds.T:
            np.add.at(stretch, end, melt.bond_stiffness * (length - melt.bond_length) ** 2)
        energy.append((u * (near & (r < melt.cutoff))).sum(axis=1) + stretch)
    for name, values in (("coordination", coordination), ("contact", contact), ("energy", energy)):
        np.testing.assert_allclose(getattr(found, name), np.mean(values, axis=0), rtol=1e-9)
        np.testing.assert_allclose(
            getattr(found, f"{name}_variance"), np.var(values, axis=0), rtol=1e-6, atol=1e-9
        )


def test_stiff_bonds_feel_the_bath(melt, cages):
    """Equipartition of the bonds: k ⟨(b − b₀)²⟩ is near T' / 2, pair forces pressing a little."""
    configuration, inherent, sums = cages
    length = np.sqrt(sums["bond_squared"] / sums["samples"])
    assert length.mean() == pytest.approx(melt.bond_length, abs=0.02)
    variance = moments(sums, melt).bond_variance.mean()
    assert variance > QUICK.temperature / (2 * melt.bond_stiffness)


def test_a_seed_gives_the_same_bits_and_another_one_others(melt, integrator, cages):
    configuration, inherent, _ = cages
    quick = Cage(warmup=0.1, duration=0.2)
    first, again, other = (
        sample_replica(melt, integrator, configuration, inherent, quick, seed("cage", k))
        for k in (3, 3, 4)
    )
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    assert (first["offset"] != other["offset"]).all()


def test_mixed_forces_and_double_precision_sample_the_same(integrator):
    """1,500 monomers on a lattice: both kinds of forces give the same replica for some steps."""
    from glasslib.simulation.melt import snake_positions

    melt = Melt(n_monomers=1500)
    x = snake_positions(melt)
    quick = Cage(warmup=0.05, duration=0.1)
    found = []
    for style in ("mixed", "glasslib"):
        chosen = integrator.model_copy(update={"pair_style": style})
        found.append(sample_replica(melt, chosen, x, x, quick, seed("cage")))
    np.testing.assert_allclose(found[0]["offset"], found[1]["offset"], atol=1e-4)


def test_a_configuration_of_another_melt_is_refused(melt, integrator):
    few = np.zeros((10, 3))
    with pytest.raises(SimulationError, match=r"the state has positions \(10, 3\)"):
        sample_replica(melt, integrator, few, few, QUICK, seed("cage"))

