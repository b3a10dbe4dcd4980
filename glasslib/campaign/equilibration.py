"""The first part of a run: a heat bath at constant temperature, and what its frames tell."""

from typing import NamedTuple

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint, cpu_clock
from glasslib.campaign.plan import Task
from glasslib.configuration import Configuration
from glasslib.dynamics.relaxation import (
    decay_time,
    end_to_end_correlation,
    end_to_end_vectors,
    extrapolated_decay_time,
)
from glasslib.dynamics.scattering import self_correlations
from glasslib.errors import SimulationError
from glasslib.parameters import Protocol
from glasslib.simulation.engine import State
from glasslib.simulation.melt import cool, lammps_seed, melt_hot, thermostatted_segment
from glasslib.structure.static import structure_factor, structure_factor_peak

__all__ = [
    "Equilibration", "analyse", "equilibrate", "few_frames", "round_frames", "structure_of_thirds",
]  # fmt: skip

#: Frames kept of an equilibration; beyond, every other is dropped and the interval doubles.
MAX_FRAMES = 1024
#: Frames kept in the file of a run, about.
FILE_FRAMES = 256
#: Positions of frames are rounded to this, σ: it changes F_s(q = 7.2) by 2e-5 and halves the bytes
#: of a parked checkpoint.
FRAME_QUANTUM = 2.0**-9
#: Wave numbers of S(q), 1/σ.
STRUCTURE_WAVENUMBERS = np.round(np.arange(0.5, 12.01, 0.1), 1)


class Equilibration(NamedTuple):
    """What the frames of an equilibration tell.

    Parameters
    ----------
    values : dict of str to ndarray
        By name of the variable in the run's file.
    tau_ee : float
        Relaxation time of the end-to-end vectors, τ.
    extrapolated : bool
        Whether C_ee did not fall to 1/e, so that ``tau_ee`` is extrapolated.
    tau_alpha : float
        An estimate of τ_α, by which the production run is planned.
    energy : float
        Mean total energy over the second half, ε.
    """

    values: dict[str, np.ndarray]
    tau_ee: float
    extrapolated: bool
    tau_alpha: float
    energy: float


# ------------------------------------------------------------------------------- simulation
def equilibrate(protocol: Protocol, task: Task, checkpoint: Checkpoint) -> dict:
    """Run at constant temperature until long enough.

    Returns
    -------
    dict
        As the checkpoint holds it: the final ``positions`` and ``velocities``, and the ``times``,
        ``frames`` (positions), ``potential``, ``kinetic`` and ``pressure`` of the frames, every
        ``interval`` of the ``elapsed`` time.
    """
    saved = checkpoint.load()
    if saved is None or str(saved["stage"]) == "hot":
        saved = _begin(protocol, task, checkpoint, saved)
        checkpoint.save(**saved)
    while str(saved["stage"]) == "equilibration":
        saved = _go_on(protocol, task, saved)
        checkpoint.save(**saved)
    return saved


def _begin(protocol: Protocol, task: Task, checkpoint: Checkpoint, hot: dict | None) -> dict:
    """Find the state to start from: of the run above, or of a hot melt that is cooled."""
    melt, pair_style = protocol.melt, protocol.integrator.pair_style
    seconds = cpu_clock(0.0 if hot is None else float(hot["cpu"]))
    source = protocol.source(task.temperature)
    if source is not None:
        above = store.read(store.run_path(source, task.profile, task.run))
        state = State(above["positions"], above["velocities"])
    else:
        if hot is not None:
            state = State(hot["positions"], hot["velocities"])
        else:
            state = melt_hot(protocol, task.temperature, task.run)
            checkpoint.save(
                stage="hot", positions=state.positions, velocities=state.velocities,
                cpu=seconds(), pair_style=pair_style,
            )
        state = cool(protocol, task.temperature, task.run, state)
    return {
        "stage": "equilibration", "pair_style": pair_style,
        "segment": 0, "elapsed": 0.0, "interval": 0.5, "cpu": seconds(),
        "positions": state.positions, "velocities": state.velocities,
        "times": np.empty(0), "frames": np.empty((0, melt.n_monomers, 3), np.float32),
        "potential": np.empty(0), "kinetic": np.empty(0), "pressure": np.empty(0),
    }


def _go_on(protocol: Protocol, task: Task, saved: dict) -> dict:
    """Simulate one segment more and add its frames; after the last one, production is next."""
    integrator, seconds = protocol.integrator, cpu_clock(float(saved["cpu"]))
    segment, elapsed = int(saved["segment"]), float(saved["elapsed"])
    interval = float(saved["interval"])
    length = min(max(8.0, elapsed), integrator.segment)
    state, frames = thermostatted_segment(
        protocol.melt, integrator, State(saved["positions"], saved["velocities"]),
        task.temperature, protocol.thermostat_time,
        lammps_seed(task.temperature, task.run, "bath", segment),
        np.arange(1, round(length / interval) + 1) * interval,
    )
    new = {
        "times": elapsed + frames.times, "frames": round_frames(frames.positions),
        "potential": frames.potential, "kinetic": frames.kinetic, "pressure": frames.pressure,
    }
    series = {name: np.concatenate([saved[name], values]) for name, values in new.items()}
    if len(series["times"]) > MAX_FRAMES and 2 * interval <= integrator.segment:
        series = {name: values[1::2] for name, values in series.items()}
        interval = 2 * interval
    elapsed += length
    ended = elapsed >= protocol.equilibration_time(task.temperature)
    return saved | series | {
        "stage": "production" if ended else "equilibration",
        "segment": segment + 1, "elapsed": elapsed, "interval": interval, "cpu": seconds(),
        "positions": state.positions, "velocities": state.velocities,
    }


def round_frames(positions: np.ndarray) -> np.ndarray:
    """Round positions to :data:`FRAME_QUANTUM`, float32."""
    return (np.round(positions / FRAME_QUANTUM) * FRAME_QUANTUM).astype(np.float32)


# --------------------------------------------------------------------------------- analysis
def analyse(protocol: Protocol, task: Task, saved: dict) -> Equilibration:
    """Return what the frames of an equilibration tell.

    Parameters
    ----------
    protocol : Protocol
    task : Task
    saved : dict
        From :func:`equilibrate`.

    Raises
    ------
    SimulationError
        F_s did not fall to 1/e, so that the production run cannot be planned.
    """
    melt, frames, times = protocol.melt, saved["frames"], saved["times"]
    box, interval = np.full(3, melt.box_length), float(saved["interval"])
    half = len(times) // 2
    vectors = end_to_end_vectors(frames, melt.chain_length)
    lags, correlation = _end_to_end(vectors, interval)
    tau_ee = decay_time(lags, correlation)
    extrapolated = not np.isfinite(tau_ee)
    if extrapolated:
        tau_ee = extrapolated_decay_time(lags, correlation)
    q = structure_factor_peak(few_frames(frames[half:], box))
    window_lags, *windows = _windows(times, frames, interval, q)
    tau_alpha = float(np.nanmean([decay_time(window_lags, window) for window in windows]))
    if not np.isfinite(tau_alpha):
        raise SimulationError(
            f"{task}: F_s did not fall to 1/e within the {float(saved['elapsed']):g} τ of"
            " equilibration; raise equilibration_alpha_multiple or equilibration_limit"
        )
    thin = slice(None, None, max(1, len(times) // FILE_FRAMES))
    values = {
        "equilibration_time": times[thin],
        "equilibration_potential": saved["potential"][thin] / melt.n_monomers,
        "equilibration_kinetic": saved["kinetic"][thin] / melt.n_monomers,
        "equilibration_pressure": saved["pressure"][thin],
        "equilibration_end_to_end": (vectors[thin].astype(float) ** 2).sum(axis=-1).mean(axis=-1),
        "end_to_end_lag": lags,
        "end_to_end": correlation,
        "window_lag": window_lags,
        "window_first": windows[0],
        "window_second": windows[1],
    }
    energy = float((saved["potential"] + saved["kinetic"])[half:].mean())
    return Equilibration(values, tau_ee, extrapolated, tau_alpha, energy)


def _end_to_end(vectors: np.ndarray, interval: float) -> tuple[np.ndarray, np.ndarray]:
    """Lags in τ and C_ee at them, from all frames but the first tenth."""
    vectors = vectors[len(vectors) // 10 :]
    lags = np.unique(np.geomspace(1, max(2, 0.8 * len(vectors)), 40).astype(int))
    lags = lags[lags < len(vectors)]
    return lags * interval, end_to_end_correlation(vectors, lags)


def _windows(
    times: np.ndarray, frames: np.ndarray, interval: float, q: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lags, and F_s at them from two disjoint windows of the frames after their first fifth."""
    n = len(times)
    middle = n // 5 + (n - n // 5) // 2
    lags = np.unique(np.geomspace(1, max(2, 0.6 * (n - middle)), 24).astype(int)) * interval
    curves = [
        self_correlations(times[part], frames[part], np.array([q]), lags)
        for part in (slice(n // 5, middle), slice(middle, n))
    ]
    return lags, *(curve.scattering[:, 0] for curve in curves)


def structure_of_thirds(protocol: Protocol, saved: dict) -> np.ndarray:
    """Return S(q) of the second and of the last third of an equilibration, (2, n_q) float64."""
    frames, box = saved["frames"], np.full(3, protocol.melt.box_length)
    third = len(frames) // 3
    return np.array([
        structure_factor(few_frames(part, box), STRUCTURE_WAVENUMBERS)
        for part in (frames[third : 2 * third], frames[2 * third :])
    ])


def few_frames(frames: np.ndarray, box: np.ndarray) -> list[Configuration]:
    """Return at most five of the frames, evenly spread, to average S(q) over."""
    numbers = np.unique(np.linspace(0, len(frames) - 1, 5).astype(int))
    return [Configuration(frames[k], box) for k in numbers]
