"""What the notebooks of the lab course start from: an ensemble, its halves, a short simulation."""

import json
import sys
from dataclasses import dataclass

import numpy as np

from glasslib import results, store
from glasslib.campaign import Goal
from glasslib.errors import DataError
from glasslib.lab.checking import printed
from glasslib.parameters import CompanionParameters, get_protocol, validate
from glasslib.store import Ensemble

__all__ = ["Short", "ensemble", "ensembles", "halves", "report", "short_simulation", "trajectories"]


def ensemble(temperature: float, profile: str = "lab") -> Ensemble:
    """Load the ensemble of one temperature; simulate it first if there is none.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
        In which to simulate what is missing.

    Raises
    ------
    ParameterError
        The temperature is out of range, or there is no such profile.
    """
    page = validate(CompanionParameters, temperature=temperature, profile=profile)
    return results.ensemble(page.temperature, page.profile)


def ensembles(temperature: float, profile: str = "lab") -> dict[float, Ensemble]:
    """Load all ensembles that ship and the one of this temperature, falling.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
        In which to simulate what is missing; if nothing ships, whose data are shown.

    Raises
    ------
    ParameterError
        The temperature is out of range, or there is no such profile.
    """
    return results.ensembles(
        validate(CompanionParameters, temperature=temperature, profile=profile)
    )


@dataclass(frozen=True, eq=False)
class Short:
    """A short simulation.

    Parameters
    ----------
    times : (n_frames,) float64
        In τ.
    positions : (n_frames, N, 3) float64
        Unwrapped, in σ.
    box : (3,) float64
        Edges of the periodic box in σ.
    bonds : (n_bonds, 2) int64
        Indices of bonded monomers.
    """

    times: np.ndarray
    positions: np.ndarray
    box: np.ndarray
    bonds: np.ndarray


def short_simulation(
    temperature: float = 1.0, duration: float = 10.0, n_frames: int = 101
) -> Short:
    """Melt 1,500 monomers and follow them for a moment, to see a simulation run; takes seconds.

    The melt is not equilibrated: use it for practice, not for results.

    Parameters
    ----------
    temperature : float
        In ε/k_B, 0.3 to 1.
    duration : float
        In τ.
    n_frames : int
        Frames, evenly spaced, the first at 0.
    """
    from glasslib.simulation.melt import lammps_seed, start_melt, thermostatted_segment

    goal = validate(Goal, profile="smoke", temperature=temperature, runs=1, blocks=1)
    protocol = get_protocol("smoke").model_copy(update={"melt_time": 4.0})
    state = start_melt(protocol, goal.temperature, run=0)
    step = protocol.integrator.timestep
    spacing = max(1, round(duration / (n_frames - 1) / step)) * step
    times = np.arange(1, n_frames) * spacing
    _, frames = thermostatted_segment(
        protocol.melt, protocol.integrator, state, goal.temperature, protocol.thermostat_time,
        lammps_seed(goal.temperature, 0, "bath", 0), times,
    )
    positions = np.concatenate([state.positions[None], frames.positions]).astype(np.float64)
    melt = protocol.melt
    return Short(np.append(0.0, times), positions, np.full(3, melt.box_length), melt.bonds)


def halves(
    ensemble: Ensemble, name: str = "displacement"
) -> tuple[np.ndarray, np.ndarray]:
    """Average a quantity over the first and over the second half of each run's trajectories.

    Parameters
    ----------
    ensemble : Ensemble
        Each run needs two blocks or more; an odd one is left out.
    name : str
        ``displacement`` (the propensity) or ``squared_displacement``.

    Returns
    -------
    two (n_runs, N, n_times) float64

    Raises
    ------
    DataError
        A run has a single block.
    """
    first, second = [], []
    for run, blocks in ensemble.blocks.items():
        half = len(blocks) // 2
        if not half:
            raise DataError(
                f"run {run} at T = {ensemble.temperature:g} has one block of trajectories, which"
                " cannot be halved; choose another temperature"
                f" ({_with_two_blocks(ensemble.profile)})"
            )
        own = ensemble.only([run])
        first.append(own.part(0, half).mean(name))
        second.append(own.part(half, 2 * half).mean(name))
    return np.concatenate(first), np.concatenate(second)


def _with_two_blocks(profile: str) -> str:
    good = [
        f"{t:g}"
        for t, runs in store.available(profile).items()
        if all(len(store.block_paths(t, profile, run)) > 1 for run in runs)
    ]
    return ", ".join(good) or "none has two yet"


def report() -> None:
    """Print as JSON what :func:`show` has printed, processor seconds and peak memory in MB."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime
    megabytes = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"values": printed(), "seconds": round(seconds, 1), "peak": round(megabytes)}))


def trajectories(ensemble: Ensemble, n: int = 6, run: int | None = None) -> np.ndarray:
    """Simulate an isoconfigurational ensemble of a few trajectories, one τ_α long.

    Parameters
    ----------
    ensemble : Ensemble
        Its configuration, melt and τ_α are taken.
    n : int
        Trajectories.
    run : int, optional
        Whose initial configuration; the first by default.

    Returns
    -------
    (n, N, 3) float64
        Displacements in σ. The velocities are other ones than those of the stored ensemble.
    """
    from glasslib.simulation.engine import Engine, State
    from glasslib.simulation.melt import maxwell_boltzmann, seed

    run = min(ensemble.runs) if run is None else run
    positions, melt = ensemble.configuration(run).positions, ensemble.melt
    integrator = get_protocol(ensemble.profile).integrator
    displacements = []
    for number in range(n):
        velocities = maxwell_boltzmann(
            melt.n_monomers, ensemble.temperature,
            seed(ensemble.temperature, run, "lab course", number),
        )
        with Engine(melt, integrator, State(positions, velocities)) as engine:
            engine.advance(ensemble.times.tau_alpha)
            displacements.append(engine.positions() - positions)
    return np.array(displacements)
