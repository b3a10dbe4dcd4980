"""Pair forces in mixed precision: those in double precision, whatever has happened to the lists."""

import itertools

import numpy as np
import pytest

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.melt import maxwell_boltzmann, seed, snake_positions
from glasslib.simulation.mixed_forces import INNER, MixedPairForces, serves
from glasslib.simulation.pair_forces import PairForces


def liquid_like(n, run=0):
    """A disordered start in which no two monomers are close: jittered chains on a lattice."""
    melt = Melt(n_monomers=n)
    rng = np.random.default_rng(n + run)
    return melt, snake_positions(melt) + rng.normal(0, 0.04, (n, 3)) + rng.uniform(-30, 30, 3)


def check(pairs, exact, x, factor=1.0):
    """Forces to 5e-6 of their rms, and each one to a ten-thousandth of the largest."""
    ours, theirs = np.empty_like(x), np.empty_like(x)
    pairs.forces(x, ours, factor)
    exact.forces(x, theirs, factor)
    assert np.sqrt(((ours - theirs) ** 2).mean()) < 5e-6 * np.sqrt((theirs**2).mean())
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()
    assert np.abs(ours.sum(axis=0)).max() < 1e-9 * np.abs(ours).sum()


@pytest.mark.parametrize("n", [1500, 1515, 1800, 2000, 2005, 3200, 10_000])
def test_forces_are_those_in_double_precision(n):
    """N a multiple of sixteen or not; far from the origin, chains through the boundary."""
    melt, x = liquid_like(n)
    check(MixedPairForces(melt), PairForces(melt, 0.4), x)
    check(MixedPairForces(melt), PairForces(melt, 0.4), x, 2.0)


def test_wrapped_positions_are_the_same_liquid():
    """LAMMPS hands its positions wrapped into the box."""
    melt, x = liquid_like(1500)
    wrapped = x % melt.box_length
    one, other = np.empty_like(x), np.empty_like(x)
    MixedPairForces(melt).forces(x, one)
    MixedPairForces(melt).forces(wrapped, other)
    np.testing.assert_allclose(one, other, rtol=0, atol=2e-5 * np.abs(one).max())


@pytest.mark.parametrize(("n", "steps"), [(1500, 60), (2005, 40), (6000, 12)])
def test_no_pair_is_ever_missed(n, steps):
    """Small steps of everybody, leaps of a few, passages through the boundary, whole boxes away."""
    rng = np.random.default_rng(n)
    melt, start = liquid_like(n, run=1)
    pairs, exact, x = MixedPairForces(melt), PairForces(melt, 0.4), start.copy()
    for k in range(steps):
        x += rng.normal(0, 0.01, x.shape) + 0.01
        y = x.copy()
        if k % 10 == 9:
            y[rng.integers(n, size=3)] += rng.normal(0, 0.1, (3, 3))
        if k % 7 == 6:
            x[rng.integers(n, size=50)] += melt.box_length * rng.integers(-2, 3, (50, 3))
        check(pairs, exact, y)
    forces, outer, inner = pairs._work.counter
    assert forces == steps and 1 <= outer < inner < steps


def test_lists_are_kept_while_nobody_moves():
    melt, x = liquid_like(1500)
    pairs, f = MixedPairForces(melt), np.empty((1500, 3))
    for k in range(5):
        pairs.forces(x + 0.1 * INNER * k / 5, f)
    assert pairs._work.counter.tolist() == [5, 1, 1]


def test_two_that_approach_from_afar_are_seen():
    """Each moves by just less than the skins: the lists are made anew for the sum of both."""
    melt = Melt(n_monomers=1500, chain_length=1, density=0.3)
    side = 12
    sites = np.array(list(itertools.product(range(side), repeat=3)))[:1500]
    x = (sites + 0.5) * melt.box_length / side
    i = 700
    j = int(np.argsort(np.linalg.norm(x - x[i], axis=1))[60])
    pairs, exact = MixedPairForces(melt), PairForces(melt, 0.4)
    way = x[j] - x[i]
    for part in np.linspace(0, 0.3, 120):
        y = x.copy()
        y[i] += part * way
        y[j] -= part * way
        check(pairs, exact, y)


def test_single_monomers_have_no_bonds():
    melt = Melt(n_monomers=1500, chain_length=1)
    x = snake_positions(melt) + np.random.default_rng(0).normal(0, 0.05, (1500, 3))
    check(MixedPairForces(melt), PairForces(melt, 0.4), x)


def test_the_same_history_gives_the_same_bits():
    melt, x = liquid_like(1500)
    rng = np.random.default_rng(2)
    ways = [rng.normal(0, 0.03, x.shape) for _ in range(12)]
    found = []
    for _ in range(2):
        pairs, f = MixedPairForces(melt), np.empty_like(x)
        for way in ways:
            pairs.forces(x + way, f)
        found.append(f.tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("n", [1500, 2005, 3200])
def test_energy_and_virial_are_in_double_precision(n):
    """Those of the lists in double precision, while the lists age, and elsewhere at once."""
    melt, x = liquid_like(n)
    pairs, exact = MixedPairForces(melt), PairForces(melt, 0.4)
    rng = np.random.default_rng(n)
    for _ in range(6):
        x += rng.normal(0, 0.02, x.shape)
        assert pairs.energy_and_virial(x) == pytest.approx(exact.energy_and_virial(x), rel=1e-11)


# ------------------------------------------------------------------------------------ beside LAMMPS
def test_forces_are_those_of_lammps():
    """Pairs and bonds: the velocities that one very short step from rest gives."""
    melt, x = liquid_like(1500)
    rest = State(x, np.zeros_like(x))
    forces = []
    for style in ("mixed", "lj/cut"):
        integrator = Integrator(pair_style=style, timestep=1e-6, bond_substeps=1)
        with Engine(melt, integrator, rest) as engine:
            engine.advance(1e-6)
            forces.append(engine.velocities() / 1e-6)
    ours, theirs = forces
    assert np.sqrt(((ours - theirs) ** 2).mean()) < 5e-6 * np.sqrt((theirs**2).mean())


def test_a_heat_bath_is_that_of_lammps():
    """A melt of 1,500 at T = 1: mean energies, and momentum that stays zero."""
    melt, x = liquid_like(1500)
    hot = State(x, maxwell_boltzmann(1500, 1.0, seed(1.0, 0, "velocities", 0)))
    energies = []
    for style in ("mixed", "lj/cut/opt"):
        integrator = Integrator(pair_style=style, timestep=0.005)
        with Engine(melt, integrator, hot) as engine:
            engine.thermostat(1.0, 0.5, 4711)
            engine.advance(8.0)
            sampled = []
            for _ in range(40):
                engine.advance(0.25)
                sampled.append(engine.potential_energy / melt.n_monomers)
            assert np.abs(engine.velocities().sum(axis=0)).max() < 1e-9
        energies.append((np.mean(sampled), np.std(sampled) / np.sqrt(10)))
    (ours, error), (theirs, other) = energies
    assert abs(ours - theirs) < 4 * np.hypot(error, other)


# ------------------------------------------------------------------------------------------ errors
def test_small_boxes_are_left_to_double_precision():
    assert not serves(Melt(n_monomers=1300)) and serves(Melt(n_monomers=1400))
    with pytest.raises(SimulationError, match=r"10.8 σ is shorter than the 11 σ .*'glasslib'"):
        MixedPairForces(Melt(n_monomers=1300))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_position_that_is_not_finite_is_refused(bad):
    melt, x = liquid_like(1500)
    pairs, f = MixedPairForces(melt), np.empty_like(x)
    pairs.forces(x, f)
    x[7, 1] = bad
    with pytest.raises(SimulationError, match="a position is not finite"):
        pairs.forces(x, f)


@pytest.mark.parametrize("edge", [1.0, 2.0, 5.0])
def test_a_crowd_is_refused_and_forgotten(edge):
    melt, x = liquid_like(2000)
    pairs, f = MixedPairForces(melt), np.empty((2000, 3))
    crowd = np.random.default_rng(0).uniform(0, edge, (2000, 3))
    for _ in range(2):  # the second time too: no list half made is left behind
        with pytest.raises(SimulationError, match="collapsed or burst"):
            pairs.forces(crowd, f)
    check(pairs, PairForces(melt, 0.4), x)


@pytest.mark.parametrize("factor", [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6])
def test_a_melt_that_is_squeezed_is_right_or_refused(factor):
    """Lists that grow up to the room they have, and beyond."""
    melt, x = liquid_like(3200)
    pairs, exact = MixedPairForces(melt), PairForces(melt, 0.4)
    try:
        check(pairs, exact, x * factor)
    except SimulationError as error:
        assert factor < 0.8 and "collapsed" in str(error)


def test_columns_that_are_nearly_empty():
    """Eight neighbours may lie farther apart than half the box."""
    melt = Melt(n_monomers=2000)
    side = round(melt.n_monomers ** (1 / 3) + 0.5)
    sites = np.array(list(itertools.product(range(side), repeat=3)))[:2000]
    for shift in (0.0, 0.45, 0.9):  # one or two lines of the lattice in a column
        x = (sites + shift) * melt.box_length / side
        x += np.random.default_rng(1).normal(0, 0.03, x.shape)
        single = Melt(n_monomers=2000, chain_length=1)
        check(MixedPairForces(single), PairForces(single, 0.4), x)
