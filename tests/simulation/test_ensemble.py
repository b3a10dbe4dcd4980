"""Constant-energy trajectories: samples where asked for, and resuming gives the same bits."""

import numpy as np
import pytest

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.ensemble import constant_energy, ice_state

SHORT = Integrator(segment=0.5)
TIMES = np.array([0.01, 0.02, 0.3, 0.5, 0.77, 1.0, 1.31, 1.6])


@pytest.fixture(scope="module")
def start(liquid):
    return ice_state(liquid.positions, 0.8, 0, 0)


@pytest.fixture(scope="module")
def whole(melt, start):
    return list(constant_energy(melt, SHORT, start, TIMES))


def same(one, other):
    assert (one.time, one.index) == (other.time, other.index)
    assert (one.potential, one.kinetic) == (other.potential, other.kinetic)
    assert one.positions.tobytes() == other.positions.tobytes()


def test_samples_fall_on_the_times_asked_for(whole):
    asked = [s for s in whole if s.index is not None]
    assert [s.time for s in asked] == TIMES.tolist()
    assert [s.index for s in asked] == list(range(len(TIMES)))
    checkpoints = [s for s in whole if s.state is not None]
    assert [s.time for s in checkpoints] == [0.5, 1.0, 1.5]
    assert [s.index for s in checkpoints] == [3, 5, None]
    assert [s.time for s in whole] == sorted({*TIMES.tolist(), 1.5})


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_resuming_from_a_checkpoint_gives_the_same_bits(melt, whole, cut):
    place = [k for k, s in enumerate(whole) if s.state is not None][cut]
    checkpoint = whole[place]
    rest = list(constant_energy(melt, SHORT, checkpoint.state, TIMES, since=checkpoint.time))
    assert len(rest) == len(whole) - place - 1
    for one, other in zip(whole[place + 1 :], rest, strict=True):
        same(one, other)


def test_a_trajectory_left_in_the_middle_harms_none(melt, start, whole):
    trajectory = constant_energy(melt, SHORT, start, TIMES)
    next(trajectory)
    trajectory.close()
    same(whole[0], next(iter(constant_energy(melt, SHORT, start, TIMES))))


def test_energy_is_constant_across_checkpoints(melt, whole):
    energy = np.array([s.potential + s.kinetic for s in whole]) / melt.n_monomers
    assert np.ptp(energy) < 1e-2  # r-RESPA's own ripple; a wrong restart would leap
    assert np.abs(whole[-1].positions - whole[0].positions).mean() > 0.05


def test_each_checkpoint_has_the_energy_of_the_start(melt, start, whole):
    def total(state):
        with Engine(melt, SHORT, state) as engine:
            engine.evaluate()
            return engine.potential_energy + engine.kinetic_energy

    first = total(start)
    for sample in whole:
        if sample.state is not None:
            assert sample.state.energy == first
            assert total(sample.state) == pytest.approx(first, rel=1e-12)
            # before the velocities were scaled it was not exactly that, but close to it
            assert 1e-9 < abs(sample.potential + sample.kinetic - first) / melt.n_monomers < 1e-2


def test_energy_is_left_alone_where_asked(melt, start, whole):
    free = SHORT.model_copy(update={"energy_kept": False})
    samples = list(constant_energy(melt, free, start, TIMES))
    for one, other in zip(samples[:3], whole[:3], strict=True):  # before the first checkpoint
        np.testing.assert_allclose(one.positions, other.positions, rtol=0, atol=1e-9)
    (checkpoint, *_) = [s for s in samples if s.state is not None]
    assert checkpoint.state.energy is None
    kinetic = (checkpoint.state.velocities**2).sum() / 2
    assert kinetic == pytest.approx(checkpoint.kinetic, rel=1e-12)


def test_a_segment_that_loses_its_energy_is_an_error(melt, start):
    lost = State(start.positions, start.velocities, energy=-20.0 * melt.n_monomers)
    with pytest.raises(SimulationError, match="use a smaller timestep"):
        list(constant_energy(melt, SHORT, lost, TIMES))


def test_time_zero_gives_the_start(melt, start):
    first, second = constant_energy(melt, SHORT, start, np.array([0.0, 0.01]))
    assert (first.time, first.index) == (0.0, 0)
    np.testing.assert_allclose(first.positions, start.positions, rtol=0, atol=1e-13)
    assert first.kinetic == pytest.approx((start.velocities**2).sum() / 2, rel=1e-12)
    assert second.time == 0.01


def test_checkpoints_that_no_binary_number_meets(melt, start):
    """3 × 0.1 is not 0.3 in binary; the checkpoint and the sample there are one all the same."""
    samples = list(constant_energy(melt, Integrator(segment=0.1), start, [0.1, 0.3, 0.35]))
    assert [(s.time, s.index) for s in samples] == [(0.1, 0), (0.2, None), (0.3, 1), (0.35, 2)]
