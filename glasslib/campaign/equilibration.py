"""The first part of a run: heat bath at constant temperature, and what its frames tell."""

from __future__ import annotations

import time

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint
from glasslib.campaign.plan import Task
from glasslib.dynamics.relaxation import end_to_end_correlation, end_to_end_vectors
from glasslib.dynamics.scattering import self_correlations
from glasslib.parameters import Protocol
from glasslib.simulation.engine import State
from glasslib.simulation.melt import cool, lammps_seed, melt_hot, thermostatted_segment

__all__ = ["end_to_end", "equilibrate", "rounded", "squared_end_to_end", "windows"]

#: Frames kept of an equilibration; beyond, every other is dropped and the interval doubles.
MAX_FRAMES = 1024
#: Their positions are rounded to this, σ: it changes F_s(q = 7.2) by 2e-5 and halves the bytes of a
#: parked checkpoint.
FRAME_QUANTUM = 2.0**-9


def equilibrate(protocol: Protocol, task: Task, checkpoint: Checkpoint) -> dict:
    """Run at constant temperature until long enough; return the frames and the final state."""
    temperature, melt = task.temperature, protocol.melt
    saved = checkpoint.load()
    if saved is None or str(saved["stage"]) == "hot":
        begun, cpu = time.process_time(), 0.0 if saved is None else float(saved["cpu"])
        source = protocol.source(temperature)
        if source is not None:
            above = store.read(store.run_path(source, task.profile, task.run))
            state = State(above["positions"], above["velocities"])
        elif saved is None:
            state = melt_hot(protocol, temperature, task.run)
            cpu, begun = cpu + time.process_time() - begun, time.process_time()
            checkpoint.save(
                stage="hot", positions=state.positions, velocities=state.velocities, cpu=cpu,
                pair_style=protocol.integrator.pair_style,
            )
        else:
            state = State(saved["positions"], saved["velocities"])
        if source is None:
            state = cool(protocol, temperature, task.run, state)
        saved = {
            "stage": "equilibration", "pair_style": protocol.integrator.pair_style,
            "segment": 0, "elapsed": 0.0, "interval": 0.5,
            "cpu": cpu + time.process_time() - begun,
            "positions": state.positions, "velocities": state.velocities,
            "times": np.empty(0), "frames": np.empty((0, melt.n_monomers, 3), np.float32),
            "potential": np.empty(0), "kinetic": np.empty(0), "pressure": np.empty(0),
        }
        checkpoint.save(**saved)
    while str(saved["stage"]) == "equilibration":
        begun = time.process_time()
        elapsed, interval = float(saved["elapsed"]), float(saved["interval"])
        length = min(max(8.0, elapsed), protocol.integrator.segment)
        state, frames = thermostatted_segment(
            melt, protocol.integrator, State(saved["positions"], saved["velocities"]),
            temperature, protocol.thermostat_time,
            lammps_seed(temperature, task.run, "bath", int(saved["segment"])),
            np.arange(1, round(length / interval) + 1) * interval,
        )
        saved |= {
            "segment": int(saved["segment"]) + 1, "elapsed": elapsed + length,
            "positions": state.positions, "velocities": state.velocities,
            "times": np.concatenate([saved["times"], elapsed + frames.times]),
            "frames": np.concatenate([saved["frames"], rounded(frames.positions)]),
        }
        for name in ("potential", "kinetic", "pressure"):
            saved[name] = np.concatenate([saved[name], getattr(frames, name)])
        if len(saved["times"]) > MAX_FRAMES and 2 * interval <= protocol.integrator.segment:
            for name in ("times", "frames", "potential", "kinetic", "pressure"):
                saved[name] = saved[name][1::2]
            saved["interval"] = 2 * interval
        if float(saved["elapsed"]) >= protocol.equilibration_time(temperature):
            saved["stage"] = "production"
        saved["cpu"] = float(saved["cpu"]) + time.process_time() - begun
        checkpoint.save(**saved)
    return saved


def rounded(positions: np.ndarray) -> np.ndarray:
    """Round positions to :data:`FRAME_QUANTUM`, float32."""
    return (np.round(positions / FRAME_QUANTUM) * FRAME_QUANTUM).astype(np.float32)


def end_to_end(saved: dict, chain_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Lags in τ and C_ee at them, from all frames but the first tenth."""
    frames = saved["frames"][len(saved["times"]) // 10 :]
    lags = np.unique(np.geomspace(1, max(2, 0.8 * len(frames)), 40).astype(int))
    lags = lags[lags < len(frames)]
    values = end_to_end_correlation(end_to_end_vectors(frames, chain_length), lags)
    return lags * float(saved["interval"]), values


def windows(saved: dict, q: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F_s at lags from two disjoint windows of the equilibration (after its first fifth)."""
    n = len(saved["times"])
    middle = n // 5 + (n - n // 5) // 2
    lags = np.unique(np.geomspace(1, max(2, 0.6 * (n - middle)), 24).astype(int))
    lags = lags * float(saved["interval"])
    curves = [
        self_correlations(saved["times"][part], saved["frames"][part], np.array([q]), lags)
        for part in (slice(n // 5, middle), slice(middle, n))
    ]
    return lags, *(curve.scattering[:, 0] for curve in curves)


def squared_end_to_end(frames: np.ndarray, chain_length: int) -> np.ndarray:
    """Mean over chains of R² in each frame, σ²."""
    return (end_to_end_vectors(frames, chain_length).astype(float) ** 2).sum(axis=-1).mean(axis=-1)
