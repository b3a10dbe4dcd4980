"""One block of an isoconfigurational ensemble: trajectories from one configuration."""

from __future__ import annotations

import time

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint, protocol_of, state_of
from glasslib.campaign.plan import Task
from glasslib.campaign.times import fix_times
from glasslib.dynamics.displacement import (
    bond_reorientation,
    centre_of_mass_drift,
    displacement_moments,
)
from glasslib.dynamics.scattering import self_intermediate_scattering
from glasslib.simulation.ensemble import constant_energy, ice_state
from glasslib.store.schema import PROBE_LENGTHS, block_dataset

__all__ = ["make_block"]


def make_block(task: Task, checkpoint: Checkpoint) -> str:
    """Compute one block of an isoconfigurational ensemble; write its file."""
    saved = checkpoint.load()
    protocol = protocol_of(task, saved)
    melt, integrator, size = protocol.melt, protocol.integrator, protocol.block_size
    times = fix_times(task.temperature, task.profile)
    start = store.read(store.run_path(task.temperature, task.profile, task.run))
    initial, bonds = start["positions"], melt.bonds
    n_times, n_fine = len(times.times), len(times.fine_times)
    column = {k: int(j) for j, k in enumerate(np.searchsorted(times.fine_times, times.times))}
    saved = saved or {
        "pair_style": integrator.pair_style, "trajectory": 0, "now": 0.0, "cpu": 0.0,
        "positions": initial, "velocities": np.zeros_like(initial),
        "displacement": np.zeros((n_times, melt.n_monomers)),
        "squared_displacement": np.zeros((n_times, melt.n_monomers)),
        "p1_loss": np.zeros((n_times, len(bonds))),
        "p2_loss": np.zeros((n_times, len(bonds))),
        "exceeding": np.zeros((size, n_times, len(PROBE_LENGTHS)), dtype=np.int32),
        "scattering": np.zeros((size, n_fine)), "msd": np.zeros((size, n_fine)),
        "energy": np.zeros((size, n_fine)), "kinetic": np.zeros((size, n_fine)),
        "drift": np.zeros(size),
    }
    begun, cpu = time.process_time(), float(saved["cpu"])
    for k in range(int(saved["trajectory"]), size):
        since = float(saved["now"])
        if since == 0.0:
            number = task.block * size + k
            state = ice_state(initial, task.temperature, task.run, number)
        else:
            state = state_of(saved)
        for sample in constant_energy(melt, integrator, state, times.fine_times, since=since):
            if sample.index is not None:
                _accumulate(saved, k, sample, column, initial, bonds, times.q_peak)
            if sample.state is not None:
                saved |= {
                    "trajectory": k, "now": sample.time,
                    "positions": sample.state.positions, "velocities": sample.state.velocities,
                    "total_energy": sample.state.energy, "cpu": cpu + time.process_time() - begun,
                }
                checkpoint.save(**saved)
        saved |= {
            "trajectory": k + 1, "now": 0.0, "cpu": cpu + time.process_time() - begun,
        }
        checkpoint.save(**saved)
    store.write(
        block_dataset(task.temperature, protocol, task.run, task.block, times, saved), task.output
    )
    return f"{size} trajectories of {times.times[-1]:g} τ, {float(saved['cpu']):.0f} s"


def _accumulate(saved, k, sample, column, initial, bonds, q):
    """Add one sample of trajectory ``k`` to the block's sums."""
    n = len(initial)
    distance, square = displacement_moments(initial, sample.positions)
    saved["scattering"][k, sample.index] = self_intermediate_scattering(
        initial, sample.positions, q
    )
    saved["msd"][k, sample.index] = square.mean()
    saved["energy"][k, sample.index] = (sample.potential + sample.kinetic) / n
    saved["kinetic"][k, sample.index] = 2 * sample.kinetic / (3 * (n - 1))
    saved["drift"][k] = max(saved["drift"][k], centre_of_mass_drift(initial, sample.positions))
    j = column.get(sample.index)
    if j is not None:
        p1, p2 = bond_reorientation(initial, sample.positions, bonds)
        saved["displacement"][j] += distance
        saved["squared_displacement"][j] += square
        saved["p1_loss"][j] += 1 - p1
        saved["p2_loss"][j] += 1 - p2
        saved["exceeding"][k, j] = n - np.searchsorted(np.sort(distance), PROBE_LENGTHS, "right")
