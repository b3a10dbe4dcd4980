"""Mixtures: forces beside LAMMPS, minima, and cages against exact cases."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glasslib.configuration import Configuration
from glasslib.errors import ParameterError, SimulationError
from glasslib.parameters import Cage, validate
from glasslib.simulation.engine import load_lammps
from glasslib.simulation.mixture import energy_and_forces, inherent_structure, sample_cages
from glasslib.structure.mixture import Mixture

FREE = Mixture(epsilon=((1e-9, 1e-9), (1e-9, 1e-9)), sigma=((0.1, 0.1), (0.1, 0.1)))


def liquid(n=500, seed=0, density=1.2):
    """A mixture without overlaps: a lattice with holes, shaken."""
    random = np.random.default_rng(seed)
    edge = (n / density) ** (1 / 3)
    m = int(np.ceil(n ** (1 / 3)))
    places = np.stack(np.meshgrid(*3 * [np.arange(m)]), -1).reshape(-1, 3)
    places = places[np.sort(random.permutation(m**3)[:n])] * edge / m
    positions = places + random.normal(0, 0.03, (n, 3))
    return Configuration(positions, np.full(3, edge)), (random.random(n) < 0.2).astype(int)


def test_energy_and_forces_are_those_of_lammps():
    configuration, species = liquid()
    mixture = Mixture()
    energy, forces = energy_and_forces(configuration, species, mixture)
    lammps = load_lammps().lammps(cmdargs=["-screen", "none", "-log", "none"])
    try:
        edge = configuration.box[0]
        lammps.commands_list([
            "units lj", "atom_modify map yes", f"region box block 0 {edge} 0 {edge} 0 {edge}",
            "create_box 2 box", "mass * 1.0", "pair_style lj/cut 2.5", "pair_modify shift yes",
        ] + [
            f"pair_coeff {a + 1} {b + 1} {mixture.epsilon[a][b]} {mixture.sigma[a][b]}"
            f" {2.5 * mixture.sigma[a][b]}" for a in (0, 1) for b in (a, 1)
        ])
        x = configuration.wrapped().positions.ravel()
        lammps.create_atoms(len(species), None, (species + 1).tolist(), x.tolist())
        lammps.command("run 0")
        assert energy == pytest.approx(lammps.get_thermo("pe") * len(species), rel=1e-12)
        theirs = np.array(lammps.gather_atoms("f", 1, 3)).reshape(-1, 3)
    finally:
        lammps.close()
    np.testing.assert_allclose(forces, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())


def test_the_inherent_structure_is_a_minimum_below():
    configuration, species = liquid(400)
    minimum = inherent_structure(configuration, species, Mixture())
    energy, forces = energy_and_forces(minimum, species, Mixture())
    assert np.abs(forces).max() <= 1e-3
    assert energy < energy_and_forces(configuration, species, Mixture())[0]
    random = np.random.default_rng(1)
    for _ in range(5):
        shaken = Configuration(minimum.positions + random.normal(0, 0.01, (400, 3)), minimum.box)
        assert energy_and_forces(shaken, species, Mixture())[0] > energy
    with pytest.raises(SimulationError, match="tolerance = 1e-14"):
        inherent_structure(minimum, species, Mixture(), 1e-14)


def test_an_ideal_gas_fills_its_spheres():
    """Without forces: a uniform density in each sphere, ⟨d²⟩ = 3 R² / 5, ⟨d⟩ = 3 R / 4."""
    configuration, species = liquid()
    cage = Cage(
        radius=0.4, friction=2.0, temperature=0.7, replicas=2, warmup=1.0, duration=50.0,
        interval=0.5,
    )
    found = sample_cages(
        configuration, configuration, species, FREE, cage, np.random.SeedSequence(0)
    )
    square = found.variance + (found.offset**2).sum(axis=1)
    assert square.mean() == pytest.approx(0.6 * 0.4**2, rel=0.015)  # a step beyond the wall
    assert found.displacement.mean() == pytest.approx(0.75 * 0.4, rel=0.01)
    # Kinetic theory: a gas of density n meets a wall √(T / 2π) n times for unit area and time.
    assert found.hit_rate.mean() == pytest.approx(3 / 0.4 * np.sqrt(0.7 / 2 / np.pi), rel=0.04)


def test_a_pair_is_sampled_by_its_boltzmann_factor():
    """Two particles in touching spheres: moments against a sum over the spheres."""
    radius, temperature, n = 0.25, 0.7, 400
    centres = np.zeros((n, 3))
    centres[:, 0] = 8.0 * (np.arange(n) // 2 % 10) + 1.15 * (np.arange(n) % 2)
    centres[:, 1:] = 8.0 * np.stack(np.divmod(np.arange(n) // 20, 5), axis=1)
    crystal = Configuration(centres, np.array([80.0, 32.0, 40.0]))
    cage = Cage(
        radius=radius, temperature=temperature, friction=2.0, replicas=1, warmup=2.0, duration=100.0
    )
    found = sample_cages(
        crystal, crystal, np.zeros(n, int), Mixture(), cage, np.random.SeedSequence(1)
    )
    random = np.random.default_rng(2)
    d = random.uniform(-radius, radius, (2_000_000, 2, 3))
    d = d[((d**2).sum(axis=2) < radius**2).all(axis=1)]
    s6 = (((d[:, 1] - d[:, 0] + [1.15, 0, 0]) ** 2).sum(axis=1)) ** -3.0
    energy = 4 * (s6 * (s6 - 1) - 2.5**-6 * (2.5**-6 - 1))
    weight = np.exp(-energy / temperature)
    weight /= weight.sum()
    away = weight @ d[:, 1, 0]
    apart = found.offset[1::2, 0] - found.offset[::2, 0]
    assert apart.mean() == pytest.approx(2 * away, abs=4 * apart.std() / np.sqrt(len(apart)))
    assert apart.mean() == pytest.approx(2 * away, rel=0.1)
    assert found.energy.mean() == pytest.approx(weight @ energy, rel=0.01)
    along = weight @ d[:, 1, 0] ** 2 - away**2
    assert found.covariance[:, 0].mean() == pytest.approx(along, rel=0.02)
    across = weight @ d[:, 1, 1] ** 2
    assert found.covariance[:, 1:3].mean() == pytest.approx(across, rel=0.02)


@pytest.fixture(scope="module")
def sampled():
    configuration, species = liquid(400)
    minimum = inherent_structure(configuration, species, Mixture(), 1e-3)
    cage = Cage(radius=0.4, temperature=0.6, replicas=1, warmup=1.0, duration=5.0)
    return configuration, species, minimum, cage, [
        sample_cages(configuration, minimum, species, Mixture(), cage, np.random.SeedSequence(k))
        for k in (0, 0, 1)
    ]


def test_a_seed_fixes_everything_and_another_agrees(sampled):
    one, again, other = sampled[-1]
    np.testing.assert_array_equal(one.offset, again.offset)
    assert (one.offset != other.offset).any()
    for name in ("energy", "contact", "displacement"):
        assert np.corrcoef(getattr(one, name), getattr(other, name))[0, 1] > 0.5


def test_replicas_are_sampled_together(sampled):
    """Averages are those of both replicas; variances are about the common mean."""
    configuration, species, minimum, cage, _ = sampled
    given, done = (configuration, minimum, species, Mixture()), []
    two = cage.model_copy(update={"replicas": 2})
    both = sample_cages(*given, two, np.random.SeedSequence(3), done.append)
    each = [sample_cages(*given, cage, key) for key in np.random.SeedSequence(3).spawn(2)]
    for name in ("offset", "displacement", "energy", "hit_rate"):
        mean = np.mean([getattr(one, name) for one in each], axis=0)
        np.testing.assert_allclose(getattr(both, name), mean, rtol=1e-9, atol=1e-12)
    between = ((each[0].offset - each[1].offset) ** 2).sum(axis=1) / 4
    within = (each[0].variance + each[1].variance) / 2
    np.testing.assert_allclose(both.variance, within + between, rtol=1e-9)
    assert len(done) == 100 and done[-1] == 1 and np.all(np.diff(done) > 0)


def test_no_particle_leaves_its_sphere(sampled):
    found = sampled[-1][0]
    assert np.linalg.norm(found.offset, axis=1).max() < sampled[3].radius + 0.02
    assert (found.variance > 0).all() and (found.energy_variance > 0).all()


def test_a_turned_and_moved_box_has_the_same_cages(sampled):
    """A quarter turn and a shift beyond the box: same energy and sizes, within the noise."""
    configuration, species, minimum, cage, found = sampled
    turn = Rotation.from_euler("z", 90, degrees=True)
    moved = [
        Configuration(turn.apply(c.positions) + [3.0, -40.0, 7.7], c.box)
        for c in (configuration, minimum)
    ]
    other = sample_cages(*moved, species, Mixture(), cage, np.random.SeedSequence(5))
    assert other.energy.mean() == pytest.approx(found[0].energy.mean(), rel=0.005)
    assert other.variance.mean() == pytest.approx(found[0].variance.mean(), rel=0.06)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sigma": ((1.0, 0.8),)}, "one row and one column"),
        ({"sigma": ((1.0, 0.8), (0.7, 0.9))}, "not symmetric"),
        ({"epsilon": ((1.0,),)}, "epsilon"),
        ({"epsilon": ((1.0, -1.0), (-1.0, 0.5))}, "not positive"),
    ],
)
def test_coefficients_that_are_none_are_refused(values, words):
    with pytest.raises(ParameterError, match=words):
        validate(Mixture, **values)
