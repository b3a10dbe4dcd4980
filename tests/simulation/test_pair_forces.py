"""Our pair forces: those of the formula, those of LAMMPS, whatever has happened to the list."""

import itertools

import numpy as np
import pytest

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.pair_forces import PairForces

LAMMPS = Integrator(pair_style="lj/cut/opt")
OURS = Integrator(pair_style="glasslib")


def by_hand(x, melt):
    """Forces, energy and virial from every image of every pair that is not bonded."""
    box, n = melt.box_length, len(x)
    bonded = np.zeros((n, n), bool)
    bonded[melt.bonds[:, 0], melt.bonds[:, 1]] = bonded[melt.bonds[:, 1], melt.bonds[:, 0]] = True
    way = x[:, None] - x[None]
    way -= box * np.rint(way / box)
    forces, energy, virial = np.zeros((n, 3)), 0.0, 0.0
    at_cutoff = 4 * (melt.cutoff**-12 - melt.cutoff**-6)
    for image in itertools.product((-1, 0, 1), repeat=3):
        d = way + box * np.array(image)
        r2 = (d**2).sum(axis=-1)
        if image == (0, 0, 0):
            r2[bonded] = r2[np.diag_indices(n)] = np.inf
        w = np.where(r2 < melt.cutoff**2, r2, np.inf) ** -3
        forces += (((48 * w * w - 24 * w) / r2)[:, :, None] * d).sum(axis=1)
        energy += (4 * (w * w - w) - at_cutoff * (w > 0)).sum() / 2
        virial += (48 * w * w - 24 * w).sum() / 2
    return forces, energy, virial


def check(pairs, x, melt):
    forces, energy, virial = by_hand(x, melt)
    found = np.empty_like(x)
    pairs.forces(x, found)
    scale = max(np.abs(forces).max(), 1.0)
    np.testing.assert_allclose(found, forces, rtol=0, atol=1e-12 * scale)
    pairs.forces(x, found, 2.0)
    np.testing.assert_allclose(found, 2 * forces, rtol=0, atol=2e-12 * scale)
    assert pairs.energy_and_virial(x) == pytest.approx((energy, virial), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("skin", [0.05, 0.4, 1.0])
def test_a_liquid_is_as_by_hand(melt, liquid, skin):
    check(PairForces(melt, skin), liquid.positions, melt)


@pytest.mark.parametrize(
    ("n", "density"), [(3, 0.01), (7, 0.1), (8, 0.1), (9, 0.1), (60, 1.0), (61, 0.9), (130, 0.3)]
)
def test_few_monomers_many_images(n, density):
    """Boxes little longer than the cutoff, in which one pair meets in several images."""
    melt = Melt(n_monomers=n, chain_length=1, density=density)
    rng = np.random.default_rng(n)
    side = int(np.ceil(n ** (1 / 3)))
    sites = np.array(list(itertools.product(range(side), repeat=3)))[:n]
    x = (sites + 0.5 + rng.uniform(-0.1, 0.1, (n, 3))) * melt.box_length / side
    check(PairForces(melt, 0.3), x, melt)


def test_a_list_serves_until_it_must_be_made_anew(melt, liquid):
    """Small steps of everybody, leaps of one, passages through the boundary, whole boxes away."""
    rng = np.random.default_rng(3)
    pairs, x = PairForces(melt, 0.4), liquid.positions.copy()
    made, reference = [], pairs._reference
    for k in range(40):
        x += rng.normal(0, 0.02, x.shape)
        if k % 10 == 9:
            x[rng.integers(len(x))] += rng.normal(0, 0.15, 3)
        if k % 7 == 6:
            x[rng.integers(len(x), size=50)] += melt.box_length * rng.integers(-2, 3, (50, 3))
        before = reference.copy()
        check(pairs, x, melt)
        made.append(not np.array_equal(before, reference, equal_nan=True))
    assert 3 < sum(made) < 30  # it is kept for a while, and not for ever


def test_two_that_approach_from_afar_are_seen():
    """Each moves by just less than the skin: the list must be made anew for the sum of both."""
    melt = Melt(n_monomers=2, chain_length=1, density=2e-3)
    pairs, f = PairForces(melt, 0.4), np.empty((2, 3))
    for gap in np.arange(3.1, 1.0, -0.013):
        x = np.array([[5 - gap / 2, 5, 5], [5 + gap / 2, 5, 5]])
        pairs.forces(x, f)
        expected = (gap < 2.5) * (48 * gap**-13 - 24 * gap**-7)
        assert f[1, 0] == pytest.approx(expected, rel=1e-12, abs=1e-15)
        assert f[0, 0] == -f[1, 0]


# ---------------------------------------------------------------------------- beside LAMMPS
@pytest.mark.parametrize("substeps", [1, 2, 3])
def test_a_trajectory_is_that_of_lammps(melt, liquid, substeps):
    """r-RESPA written as kicks is r-RESPA: positions, velocities, energies, pressure."""
    ends = []
    for style in ("glasslib", "lj/cut/opt"):
        integrator = Integrator(pair_style=style, bond_substeps=substeps, timestep=0.005)
        with Engine(melt, integrator, liquid) as engine:
            engine.advance(0.5)
            ends.append((
                engine.positions(), engine.velocities(), engine.potential_energy,
                engine.kinetic_energy, engine.pressure,
            ))
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def test_a_heat_bath_is_the_same_in_the_mean(melt, liquid):
    """The bath acts at every inner step here and at every outer one there."""
    energies = []
    for integrator in (OURS, LAMMPS):
        with Engine(melt, integrator, liquid) as engine:
            engine.thermostat(1.0, 0.5, 4711)
            engine.advance(5.0)
            sampled = []
            for _ in range(60):
                engine.advance(0.5)
                sampled.append(engine.potential_energy / melt.n_monomers)
        energies.append((np.mean(sampled), np.std(sampled) / np.sqrt(15)))
    (ours, error), (theirs, other) = energies
    assert abs(ours - theirs) < 4 * np.hypot(error, other)


def test_inherent_structures_are_the_same(melt, liquid):
    found = []
    for integrator in (OURS, LAMMPS):
        with Engine(melt, integrator, liquid) as engine:
            engine.evaluate()
            engine.minimise()
            found.append(engine.potential_energy)
    assert found[0] == pytest.approx(found[1], rel=1e-9)


# ------------------------------------------------------------------------------------ errors
def test_a_box_too_small_is_refused():
    melt = Melt(n_monomers=20, chain_length=1)
    with pytest.raises(SimulationError, match=r"a box of 2.7 σ .* 2.5 \+ 0.3; take more monomers"):
        PairForces(melt, 0.3)


def test_a_place_that_is_none_is_refused(melt, liquid):
    pairs = PairForces(melt, 0.3)
    x = liquid.positions.copy()
    pairs.forces(x, np.empty_like(x))
    x[7, 1] = np.nan
    with pytest.raises(SimulationError, match="a monomer has no place any more"):
        pairs.forces(x, np.empty_like(x))


def test_a_crowd_is_refused_and_forgotten():
    melt = Melt(n_monomers=2000, chain_length=1)
    pairs, f = PairForces(melt, 0.3), np.empty((2000, 3))
    crowd = np.random.default_rng(0).uniform(0, 2, (2000, 3))
    for _ in range(2):  # the second time too: no list half made is left behind
        with pytest.raises(SimulationError, match=r"in reach of 8 neighbours, \d+ at most"):
            pairs.forces(crowd, f)


def test_an_error_in_the_forces_ends_the_run(melt, liquid):
    """It cannot pass through LAMMPS; it is raised when LAMMPS returns."""
    squeezed = State(0.2 * liquid.positions, liquid.velocities)
    with Engine(melt, OURS, squeezed) as engine:
        with pytest.raises(SimulationError):
            engine.advance(0.1)


def test_no_error_in_the_forces_is_swallowed(melt, liquid, monkeypatch):
    """Of whatever kind: ctypes would print it and go on without forces."""
    with Engine(melt, OURS, liquid) as engine:
        engine.advance(0.1)
        monkeypatch.setattr(PairForces, "forces", lambda *args: 1 / 0)
        with pytest.raises(SimulationError, match="division by zero"):
            engine.advance(0.1)
