"""Blocks made together, as on a GPU, are those made one by one."""

import numpy as np
import pytest
import xarray as xr

from glasslib import campaign, parameters
from glasslib.campaign import Task, together
from glasslib.campaign.checkpoints import Checkpoint
from glasslib.errors import DataError, SimulationError
from glasslib.parameters import Integrator, Melt, Protocol
from glasslib.simulation import batch, engine
from glasslib.simulation.engine import State
from glasslib.simulation.step import Step

TINY = Protocol(
    name="tiny", melt=Melt(n_monomers=1500), integrator=Integrator(segment=1.0), runs=2,
    trajectories=4, block_size=2, melt_time=1.0, equilibration_floor=4.0, equilibration_limit=12.0,
    production_multiple=5.0, timing_runs=1, longest_time_multiple=2.5, cascade=(0.8,),
    wavenumbers=(5.5, 6.2, 6.9, 7.6, 8.3, 9.0),
)


class OneByOne:
    """The interface of ``Batch`` on a processor."""

    def __init__(self, melt, integrator, state):
        assert integrator.pair_style == "cuda"
        integrator = integrator.model_copy(update={"pair_style": "mixed"})
        self.steps = [
            Step(melt, integrator, State(x, v))
            for x, v in zip(state.positions, state.velocities, strict=True)
        ]

    def evaluate(self):
        pass

    def close(self):
        pass

    def advance(self, duration):
        for step in self.steps:
            step.advance(duration)

    def positions(self):
        return np.stack([step.positions() for step in self.steps])

    def state(self):
        return State(self.positions(), np.stack([step.velocities() for step in self.steps]))

    @property
    def potential_energy(self):
        return np.array([step.potential_energy for step in self.steps])

    @property
    def kinetic_energy(self):
        return np.array([step.kinetic_energy for step in self.steps])


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A tiny campaign, and a processor in the place of a GPU."""
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    monkeypatch.setitem(parameters.PROTOCOLS, "tiny", TINY)
    monkeypatch.setattr(batch, "Batch", OneByOne)
    monkeypatch.setattr(batch, "device_name", lambda: "a processor")


@pytest.fixture
def runs(tiny):
    """Its runs; returns the tasks of their blocks."""
    for run in (0, 1):
        campaign.perform(Task(0.8, "tiny", run))
    return [Task(0.8, "tiny", run, block) for run in (0, 1) for block in (0, 1)]


def no_lammps(module):
    raise ImportError("a machine with a GPU need not have LAMMPS")


class Killed(Exception):
    """Ends a process where the test wants it."""


def test_together_or_one_by_one_disturbed_or_not(runs, monkeypatch):
    """Another process holds a block; this one ends halfway, and while it saves; it is resumed."""
    said = []
    lammps = engine._open
    monkeypatch.setattr(engine, "_open", no_lammps)
    lock = Checkpoint(runs[3].output).path.with_suffix(".lease")
    lock.write_text("filelock/2\npid=7\nhost=another\nmode=lease\ntoken=5f\nduration=60.0\n")
    campaign.perform_together(0.8, "tiny", at_once=3, report=said.append)
    lock.unlink()
    assert [task.done() for task in runs] == [True, True, True, False]
    assert f"{runs[3]}: busy" in said
    campaign.perform_together(0.8, "tiny", [1], report=said.append)
    assert said[-1] == "2 blocks, of which 1 were there"
    undisturbed = [xr.load_dataset(task.output) for task in runs]
    for task in runs:
        task.output.unlink()

    monkeypatch.setattr(together, "SAVED_EVERY", 0.0)
    times, save = [], Checkpoint.save
    for end_at in (1, 2 * len(runs) + 2):  # after the first, and between two of one time

        def ending(checkpoint, end_at=end_at, **arrays):
            save(checkpoint, **arrays)
            times.append(float(arrays["now"]))
            if len(times) == end_at:
                raise Killed

        monkeypatch.setattr(Checkpoint, "save", ending)
        with pytest.raises(Killed):
            campaign.perform_together(0.8, "tiny", report=said.append)
    assert times[0] == 1.0 and len(set(times)) > 1
    with pytest.raises(SimulationError, match="begun on a GPU.*campaign gpu.*run00-block00.npz"):
        campaign.perform(runs[0])
    monkeypatch.setattr(Checkpoint, "save", save)
    campaign.perform_together(0.8, "tiny", report=said.append)
    assert not any(Checkpoint(task.output).path.exists() for task in runs)
    for task, ours in zip(runs, undisturbed, strict=True):
        xr.testing.assert_identical(
            xr.load_dataset(task.output).drop_attrs(), ours.drop_attrs()
        )
        task.output.unlink()

    monkeypatch.setattr(engine, "_open", lammps)
    for task, ours in zip(runs, undisturbed, strict=True):
        campaign.perform(task)
        one = xr.load_dataset(task.output)
        xr.testing.assert_identical(ours.drop_attrs(), one.drop_attrs())
        assert ours.attrs["device"] == "a processor" and "device" not in one.attrs
        assert ours.attrs["lammps_version"] == one.attrs["lammps_version"]
        assert ours.attrs["trajectories"] == one.attrs["trajectories"]
        assert '"pair_style": "cuda"' in ours.attrs["protocol"]


def test_what_was_begun_on_a_processor_is_left_to_it(runs):
    Checkpoint(runs[1].output).save(pair_style="mixed", cpu=1.0)
    with pytest.raises(SimulationError, match="begun on a processor.*campaign task.*block01.npz"):
        campaign.perform_together(0.8, "tiny")


@pytest.mark.parametrize("named", [[], [1]])
def test_runs_that_are_missing_are_named(tiny, named):
    with pytest.raises(DataError, match="T = 0.800.* needs runs that are not there.*campaign task"):
        campaign.perform_together(0.8, "tiny", named)
