"""The compiled step beside LAMMPS, its energy and momentum, its bits, its errors."""

import subprocess
import sys

import numpy as np
import pytest

from glasslib import store
from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State, chosen
from glasslib.simulation.ensemble import constant_energy, ice_state, stepper
from glasslib.simulation.step import Step

SHORT = Integrator(segment=0.5)


@pytest.fixture(scope="module")
def melt():
    return Melt()


@pytest.fixture(scope="module")
def start():
    """An equilibrated configuration of the data that ship, T = 0.50, with fresh velocities."""
    run = store.read(store.run_path(0.5, "companion", 0))
    return ice_state(run["positions"], 0.5, 0, 9999)


@pytest.mark.parametrize("substeps", [1, 2, 3])
def test_a_trajectory_is_that_of_lammps(melt, start, substeps):
    """r-RESPA as LAMMPS does it; the mixed precision shows in the seventh digit."""
    integrator = Integrator(timestep=0.005, bond_substeps=substeps)
    lammps = integrator.model_copy(update={"pair_style": "lj/cut/opt"})
    with Step(melt, integrator, start) as ours, Engine(melt, lammps, start) as theirs:
        theirs.evaluate()
        assert ours.potential_energy == pytest.approx(theirs.potential_energy, rel=1e-9)
        ours.advance(0.5)
        theirs.advance(0.5)
        np.testing.assert_allclose(ours.positions(), theirs.positions(), rtol=0, atol=1e-5)
        np.testing.assert_allclose(ours.velocities(), theirs.velocities(), rtol=0, atol=1e-3)
        for name in ("potential_energy", "kinetic_energy"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-6)


def test_the_step_is_of_second_order(melt, start):
    """Half the step, a quarter of the energy's ripple."""
    ripple = []
    for timestep in (0.01, 0.005):
        with Step(melt, Integrator(timestep=timestep), start) as step:
            energies = []
            for _ in range(20):
                step.advance(0.05)
                energies.append(step.potential_energy + step.kinetic_energy)
        ripple.append(np.std(energies) / melt.n_monomers)
    assert 2.5 < ripple[0] / ripple[1] < 6
    assert ripple[0] < 5e-4


def test_momentum_stays_zero(melt, start):
    with Step(melt, Integrator(), start) as step:
        step.advance(5.0)
        assert np.abs(step.velocities().sum(axis=0)).max() < 1e-10
        centre = (step.positions() - start.positions).mean(axis=0)
    assert np.abs(centre).max() < 1e-12


def test_round_off_does_no_work_to_speak_of(melt, start):
    """The work of (ours − double precision) · v along a trajectory, beside the energy's ripple."""
    from glasslib.simulation.pair_forces import PairForces

    exact, forces, work = PairForces(melt, 0.4), np.empty((2000, 3)), 0.0
    with Step(melt, Integrator(), start) as step:
        energies = []
        for k in range(200):
            step.advance(0.01)
            exact.forces(step.positions(), forces)
            work += ((step.pair_forces() - forces) * step.velocities()).sum() * 0.01
            if k % 10 == 0:
                energies.append(step.potential_energy + step.kinetic_energy)
    assert abs(work) < 0.02 * np.std(energies)


def test_backwards_it_returns(melt, start):
    """Velocities turned round, the melt goes back where it came from."""
    with Step(melt, Integrator(), start) as there:
        there.advance(0.3)
        turned = State(there.positions(), -there.velocities())
    with Step(melt, Integrator(), turned) as back:
        back.advance(0.3)
        np.testing.assert_allclose(back.positions(), start.positions, rtol=0, atol=1e-4)


# --------------------------------------------------------------------------------------- same bits
def test_another_process_gives_the_same_bits(melt, start, tmp_path):
    """Two at once, here and elsewhere."""
    np.savez(tmp_path / "in.npz", x=start.positions, v=start.velocities)
    script = f"""
import sys
import numpy as np
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import State
from glasslib.simulation.step import Step
saved = np.load({str(tmp_path / "in.npz")!r})
with Step(Melt(), Integrator(), State(saved["x"], saved["v"])) as step:
    step.advance(2.0)
    np.savez(sys.argv[1], x=step.positions(), v=step.velocities())
"""
    outs = [tmp_path / f"out{k}.npz" for k in range(2)]
    processes = [subprocess.Popen([sys.executable, "-c", script, str(out)]) for out in outs]
    with Step(melt, Integrator(), start) as step:
        step.advance(2.0)
        here = step.positions().tobytes(), step.velocities().tobytes()
    for process, out in zip(processes, outs, strict=True):
        assert process.wait(timeout=200) == 0
        with np.load(out) as saved:
            assert (saved["x"].tobytes(), saved["v"].tobytes()) == here


def test_resuming_from_a_checkpoint_gives_the_same_bits(melt, start):
    times = np.array([0.01, 0.3, 0.5, 0.77, 1.0, 1.6])
    whole = list(constant_energy(melt, SHORT, start, times))
    assert [s.time for s in whole if s.state is not None] == [0.5, 1.0, 1.5]
    for place, checkpoint in enumerate(whole):
        if checkpoint.state is None:
            continue
        rest = list(constant_energy(melt, SHORT, checkpoint.state, times, since=checkpoint.time))
        for one, other in zip(whole[place + 1 :], rest, strict=True):
            assert (one.time, one.index, one.kinetic) == (other.time, other.index, other.kinetic)
            assert one.positions.tobytes() == other.positions.tobytes()


# ------------------------------------------------------------------------------------- which style
def test_which_style_serves(melt, monkeypatch):
    small = Melt(n_monomers=500)
    assert chosen(melt, Integrator()).pair_style == "mixed"
    assert chosen(small, Integrator()).pair_style == "glasslib"
    assert chosen(melt, Integrator(pair_style="glasslib")).pair_style == "glasslib"
    monkeypatch.setenv("GLASSLIB_PAIR_STYLE", "lj/cut/opt")
    assert chosen(melt, Integrator()).pair_style == "lj/cut/opt"
    monkeypatch.setenv("GLASSLIB_LAMMPS_ARGUMENTS", "-sf opt")
    assert chosen(melt, Integrator()).pair_style == "lj/cut"
    monkeypatch.delenv("GLASSLIB_LAMMPS_ARGUMENTS")
    monkeypatch.setenv("GLASSLIB_PAIR_STYLE", "lj/cutt")
    with pytest.raises(SimulationError, match="GLASSLIB_PAIR_STYLE = 'lj/cutt' does not exist; ch"):
        chosen(melt, Integrator())


def test_on_another_processor_double_precision_serves(melt, monkeypatch):
    import platform

    monkeypatch.setattr(platform, "machine", lambda: "s390x")
    assert chosen(melt, Integrator()).pair_style == "glasslib"


def test_one_setting_leaves_everything_to_lammps(melt, start, monkeypatch):
    with stepper(melt, Integrator(), start) as ours:
        assert isinstance(ours, Step)
    monkeypatch.setenv("GLASSLIB_PAIR_STYLE", "lj/cut/opt")
    with stepper(melt, Integrator(), start) as theirs:
        assert "pair_style lj/cut/opt 2.5" in theirs.commands


# ------------------------------------------------------------------------------------------ errors
def test_a_duration_off_the_steps_is_refused(melt, start):
    with Step(melt, Integrator(), start) as step:
        with pytest.raises(SimulationError, match="0.015 is no multiple of .* 0.01; round"):
            step.advance(0.015)
        step.advance(0.01)  # and it still serves


def test_a_state_of_the_wrong_shape_is_refused(melt):
    with pytest.raises(SimulationError, match=r"positions \(1999, 3\) .* needs \(2000, 3\)"):
        Step(melt, Integrator(), State(np.zeros((1999, 3)), np.zeros((2000, 3))))


@pytest.mark.parametrize("factor", [30.0, 1e6, 1e200])
def test_a_melt_that_bursts_is_an_error(melt, start, factor):
    with Step(melt, Integrator(), State(start.positions, factor * start.velocities)) as step:
        with pytest.raises(SimulationError, match="use a smaller timestep"):
            for _ in range(20):
                step.advance(1.0)


def test_a_monomer_without_a_place_is_an_error(melt, start):
    lost = start.velocities.copy()
    lost[3] = np.nan
    with pytest.raises(SimulationError, match="use a smaller timestep"):
        Step(melt, Integrator(), State(start.positions, lost))
    with Step(melt, Integrator(), start) as step:
        step._v[0, 3] = np.nan
        with pytest.raises(SimulationError, match="use a smaller timestep"):
            step.advance(1.0)
