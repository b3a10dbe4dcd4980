"""Constant-energy trajectories sampled in memory: production runs and isoconfigurational ensembles.

An isoconfigurational ensemble (ICE) is a set of trajectories that start from one configuration
with fresh Maxwell–Boltzmann velocities. Each trajectory is a chain of segments no longer than
``Integrator.segment``; between two segments the state passes through a checkpoint into a fresh
engine, whether anybody interrupts or not, so resumed work is bitwise the same work. The engine is
the compiled :class:`~glasslib.simulation.step.Step` with pair style "mixed", else LAMMPS. With
"cuda" many trajectories go on together, :class:`~glasslib.simulation.batch.Batch` on a GPU.

The truncated force jumps at the cutoff, so that with any fixed step the total energy does a slow
random walk. At each checkpoint the velocities are scaled (by some 1e-4) so that the total energy
is again what it was at the start: the walk never gets farther than it does in one segment. (Not if
``Integrator.energy_kept`` is false.)

References
----------
A. Widmer-Cooper, P. Harrowell and H. Fynewever, Phys. Rev. Lett. 93, 135701 (2004).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State, chosen
from glasslib.simulation.melt import maxwell_boltzmann, seed
from glasslib.simulation.step import Step

__all__ = ["Sample", "constant_energy", "ice_state", "stepper"]


@dataclass(frozen=True, eq=False)
class Sample:
    """One instant of a trajectory.

    Parameters
    ----------
    time : float
        In τ since the trajectory began.
    index : int or None
        Position of ``time`` among the times asked for; None at a mere checkpoint.
    state : State or None
        At a checkpoint, what the trajectory continues from.
    positions : (N, 3) float64
        Unwrapped positions in σ; of B trajectories together (B, N, 3).
    potential, kinetic : float
        Total energies in ε; of B trajectories (B,).
    """

    time: float
    index: int | None
    state: State | None
    positions: np.ndarray
    potential: float | np.ndarray
    kinetic: float | np.ndarray


def ice_state(positions: np.ndarray, temperature: float, run: int, trajectory: int) -> State:
    """Start trajectory number ``trajectory`` of the ensemble of ``run``.

    Parameters
    ----------
    positions : (N, 3) float64
        The configuration all trajectories share, in σ.
    temperature : float
        In ε/k_B.
    run, trajectory : int
        Together with the temperature they fix the velocities and nothing else does.
    """
    key = seed(float(temperature), run, "ensemble", trajectory)
    return State(positions, maxwell_boltzmann(len(positions), temperature, key))


def stepper(melt: Melt, integrator: Integrator, state: State):
    """Return what steps a melt at constant energy: ``Step`` with "mixed", else ``Engine``.

    Parameters
    ----------
    melt, integrator
        The liquid and how it is stepped; see :func:`~glasslib.simulation.engine.chosen`. With pair
        style "cuda" a :class:`~glasslib.simulation.batch.Batch` steps many states at once.
    state : State
        Where to begin.
    """
    if integrator.pair_style == "cuda":
        from glasslib.simulation.batch import Batch  # nobody else needs numba's CUDA target

        return Batch(melt, integrator, state)
    integrator = chosen(melt, integrator)
    return (Step if integrator.pair_style == "mixed" else Engine)(melt, integrator, state)


def constant_energy(
    melt: Melt, integrator: Integrator, state: State, times: np.ndarray, *, since: float = 0.0
) -> Iterator[Sample]:
    """Integrate at constant energy and yield a sample at each time, and at each checkpoint.

    Parameters
    ----------
    melt, integrator
        The liquid and how it is stepped.
    state : State
        At time ``since``; when that is a checkpoint, the state that was yielded there.
    times : (n,) float64
        Rising, in τ, counted to 1e-6; 0 is allowed and gives the start itself.
    since : float
        Resume from a checkpoint: samples up to and including this time are not repeated.

    Yields
    ------
    Sample
        ``index`` is set at the times asked for, ``state`` at checkpoints (multiples of
        ``integrator.segment`` before the last time).
    """
    times = np.round(np.asarray(times, dtype=float), 6)
    checkpoints = np.arange(1, int(times[-1] / integrator.segment) + 1) * integrator.segment
    checkpoints = np.round(checkpoints, 6)
    checkpoints = checkpoints[checkpoints < times[-1] - 1e-6]
    marks = np.union1d(times, checkpoints)
    where = {float(time): k for k, time in enumerate(times)}
    stops = set(checkpoints.tolist())
    engine, now = stepper(melt, integrator, state), since
    energy = state.energy
    try:
        if energy is None and integrator.energy_kept:
            engine.evaluate()
            energy = engine.potential_energy + engine.kinetic_energy
        for mark in marks.tolist():
            if mark < since or (mark == since and since > 0):
                continue
            if mark > now:
                engine.advance(mark - now)
            else:
                engine.evaluate()
            now = mark
            state = None
            if mark in stops:
                state = _at_energy(engine, energy) if integrator.energy_kept else engine.state()
            yield Sample(
                mark, where.get(mark), state, engine.positions(),
                engine.potential_energy, engine.kinetic_energy,
            )
            if state is not None:
                engine.close()
                engine = stepper(melt, integrator, state)
    finally:
        engine.close()


def _at_energy(engine, energy: float | np.ndarray) -> State:
    """Return where the engine stands, velocities scaled to the total energy ``energy``."""
    factor = np.asarray((energy - engine.potential_energy) / engine.kinetic_energy)
    if not ((factor > 0.9) & (factor < 1.1)).all():
        raise SimulationError(
            f"the kinetic energy of a trajectory would have to change by the factor"
            f" {factor.flat[np.abs(factor - 1).argmax()]:.3g} to keep the total energy of"
            f" one segment; use a smaller timestep"
        )
    state = engine.state()
    return State(state.positions, state.velocities * np.sqrt(factor)[..., None, None], energy)
