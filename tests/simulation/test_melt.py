"""Seeds, velocities, the start without overlaps, and thermostatted segments."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from glasslib.configuration import Configuration
from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.ensemble import ice_state
from glasslib.simulation.melt import (
    lammps_seed,
    maxwell_boltzmann,
    seed,
    set_energy,
    snake_positions,
    thermostatted_segment,
)
from glasslib.structure.energy import potential_energy


# -------------------------------------------------------------------------------------- seeds
def words(*key):
    return tuple(seed(*key).generate_state(4).tolist())


def test_seeds_differ_wherever_their_keys_differ():
    keys = [
        (temperature, run, stage, number)
        for temperature in (0.4, 0.5, 0.500001)
        for run in range(4)
        for stage in ("ensemble", "bath", "hot", "cool", "melt", "cascade")
        for number in range(5)
    ]
    assert len({words(*key) for key in keys}) == len(keys)
    assert len({lammps_seed(*key) for key in keys}) == len(keys)


def test_seeds_do_not_depend_on_order_or_process():
    keys = [(0.5, run, "ensemble", k) for run in range(3) for k in range(3)]
    forward = [words(*key) for key in keys]
    np.random.default_rng(0).random(100)
    assert [words(*key) for key in reversed(keys)] == forward[::-1]
    script = (
        "from glasslib.simulation.melt import seed\n"
        "print(tuple(seed(0.5, 2, 'ensemble', 1).generate_state(4).tolist()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == str(words(0.5, 2, "ensemble", 1))


def test_a_temperature_is_one_however_it_was_computed():
    assert words(0.1 + 0.2, 0) == words(0.3, 0)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_lammps_takes_the_seed(run, number):
    assert 1 <= lammps_seed(0.5, run, "bath", number) <= 900_000_000


# --------------------------------------------------------------------------------- velocities
@pytest.mark.parametrize("temperature", [0.4, 2.0])
def test_maxwell_boltzmann(temperature):
    n = 100_000
    v = maxwell_boltzmann(n, temperature, seed(temperature, 0, "test", 0))
    assert np.abs(v.sum(axis=0)).max() < 1e-8
    assert v.var() == pytest.approx(temperature, rel=5 * np.sqrt(2 / (3 * n)))
    assert (v**4).mean() == pytest.approx(3 * temperature**2, rel=0.05)
    correlation = np.corrcoef(v.T)[np.triu_indices(3, 1)]
    assert np.abs(correlation).max() < 5 / np.sqrt(n)


def test_each_trajectory_of_each_run_has_its_own_velocities_and_the_shared_positions():
    x = np.random.default_rng(0).normal(size=(20, 3))
    states = [ice_state(x, t, run, k) for t in (0.4, 0.5) for run in (0, 1) for k in (0, 1, 2)]
    assert len({state.velocities.tobytes() for state in states}) == 12
    assert all(np.array_equal(state.positions, x) for state in states)
    again = ice_state(x, 0.5, 1, 2)
    assert again.velocities.tobytes() == states[-1].velocities.tobytes()


# -------------------------------------------------------------------------------------- snake
@pytest.mark.parametrize(
    ("n", "length", "density"),
    [(5, 5, 1.02), (130, 5, 1.02), (500, 5, 1.02), (1000, 10, 0.85), (1500, 5, 1.02), (343, 1, 1)],
)
def test_snake_positions(n, length, density):
    melt = Melt(n_monomers=n, chain_length=length, density=density)
    x = snake_positions(melt)
    box = melt.box_length
    assert x.shape == (n, 3) and (x >= 0).all() and (x < box).all()
    assert Configuration(x, np.full(3, box)).density == pytest.approx(density)
    nearest = cKDTree(x, boxsize=box).query(x, k=2)[0][:, 1]
    bond = np.linalg.norm(x[melt.bonds[:, 1]] - x[melt.bonds[:, 0]], axis=1)
    if len(bond):
        assert nearest.min() == pytest.approx(bond[0])
        np.testing.assert_allclose(bond, bond[0], rtol=1e-12)
    assert nearest.min() > 0.84 / density ** (1 / 3)


def test_start_is_a_liquid_at_density_without_drift(melt, liquid):
    bond = liquid.positions[melt.bonds[:, 1]] - liquid.positions[melt.bonds[:, 0]]
    assert np.linalg.norm(bond, axis=1).mean() == pytest.approx(0.97, abs=0.02)
    nearest = cKDTree(liquid.positions % melt.box_length, boxsize=melt.box_length).query(
        liquid.positions % melt.box_length, k=2
    )[0][:, 1]
    assert nearest.min() > 0.75
    assert np.abs(liquid.velocities.sum(axis=0)).max() < 1e-9
    temperature = (liquid.velocities**2).sum() / (3 * (melt.n_monomers - 1))
    assert temperature == pytest.approx(0.8, rel=0.3)  # it lags behind the fast ramp
    moved = liquid.positions - snake_positions(melt)
    assert np.sqrt((moved**2).sum(axis=1)).mean() > 1  # the lattice is forgotten


# ----------------------------------------------------------------------------------- segments
def test_a_chain_of_segments_is_the_same_wherever_it_is_cut(melt, integrator, liquid, tmp_path):
    """Three segments in one go, and with a checkpoint on disk between any two."""

    def segment(state, number):
        return thermostatted_segment(
            melt,
            integrator,
            state,
            0.8,
            1.0,
            lammps_seed(0.8, 0, "bath", number),
            np.array([0.25, 0.5]),
        )

    state, whole = liquid, []
    for number in range(3):
        state, frames = segment(state, number)
        whole.append(frames)
    for cut in (1, 2):
        again, pieces = liquid, []
        for number in range(3):
            if number == cut:
                np.savez(tmp_path / "cut.npz", x=again.positions, v=again.velocities)
                with np.load(tmp_path / "cut.npz") as saved:
                    again = State(saved["x"], saved["v"])
            again, frames = segment(again, number)
            pieces.append(frames)
        assert again.positions.tobytes() == state.positions.tobytes()
        assert again.velocities.tobytes() == state.velocities.tobytes()
        for one, other in zip(whole, pieces, strict=True):
            for name in ("times", "positions", "potential", "kinetic", "pressure"):
                assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_frames_hold_what_they_say(melt, integrator, liquid):
    times = np.array([0.1, 0.3])
    state, frames = thermostatted_segment(melt, integrator, liquid, 0.8, 1.0, 7, times)
    assert frames.positions.shape == (2, 500, 3) and frames.positions.dtype == np.float32
    np.testing.assert_array_equal(frames.times, times)
    np.testing.assert_array_equal(frames.positions[-1], state.positions.astype(np.float32))
    assert frames.kinetic[-1] == pytest.approx((state.velocities**2).sum() / 2, rel=1e-12)
    here = Configuration(state.positions, np.full(3, melt.box_length), melt.bonds)
    assert frames.potential[-1] == pytest.approx(potential_energy(here, melt).sum(), rel=1e-9)
    # The virial of an expansion: p V = (2/3) K + W, W = −dU/d(ln V); bonds and pairs both count.
    h, volume = 1e-5, melt.box_length**3

    def energy(scale):
        box = np.full(3, melt.box_length * scale)
        return potential_energy(Configuration(state.positions * scale, box, melt.bonds), melt).sum()

    slope = (energy(1 + h) - energy(1 - h)) / (2 * h)  # dU / d ln L = 3 dU / d ln V
    expected = (2 * frames.kinetic[-1] - slope) / (3 * volume)
    assert frames.pressure[-1] == pytest.approx(expected, rel=2e-3, abs=0.02)


def test_set_energy(melt, integrator, liquid):
    with Engine(melt, integrator, liquid) as engine:
        engine.evaluate()
        energy = engine.potential_energy + engine.kinetic_energy
    state = set_energy(melt, integrator, liquid, energy + 50)
    with Engine(melt, integrator, state) as engine:
        engine.evaluate()
        assert engine.potential_energy + engine.kinetic_energy == pytest.approx(energy + 50)
    np.testing.assert_array_equal(state.positions, liquid.positions)
    assert np.abs(state.velocities.sum(axis=0)).max() < 1e-9
    with pytest.raises(SimulationError, match="velocities scaled by .* equilibrate for longer"):
        set_energy(melt, Integrator(), liquid, energy + 1e4)
