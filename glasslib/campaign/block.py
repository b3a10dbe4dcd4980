"""One block of an isoconfigurational ensemble: trajectories from one configuration."""

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint, cpu_clock, protocol_of, state_of
from glasslib.campaign.plan import Task
from glasslib.campaign.times import fix_times
from glasslib.dynamics.displacement import (
    bond_reorientation,
    centre_of_mass_drift,
    displacement_moments,
)
from glasslib.dynamics.scattering import self_intermediate_scattering
from glasslib.parameters import Protocol
from glasslib.simulation.ensemble import Sample, constant_energy, ice_state
from glasslib.store import Times
from glasslib.store.schema import BLOCK, KEPT_BITS, PROBE_LENGTHS, as_dataset, provenance

__all__ = ["add_sample", "begin", "make_block", "write_block"]

#: Sums over trajectories, of which the file keeps the averages with :data:`KEPT_BITS`.
_SUMS = ("displacement", "squared_displacement", "p1_loss", "p2_loss")


def make_block(task: Task, checkpoint: Checkpoint) -> str:
    """Make the file of a block; return one line that says what came out."""
    saved = checkpoint.load()
    protocol = protocol_of(task, saved)
    times = fix_times(task.temperature, task.profile)
    run = store.read(store.run_path(task.temperature, task.profile, task.run))
    initial, size = run["positions"], protocol.block_size
    saved = saved or begin(protocol, initial, times)
    seconds = cpu_clock(float(saved["cpu"]))
    for k in range(int(saved["trajectory"]), size):
        since = float(saved["now"])
        if since == 0.0:
            state = ice_state(initial, task.temperature, task.run, task.block * size + k)
        else:
            state = state_of(saved)
        for sample in constant_energy(
            protocol.melt, protocol.integrator, state, times.fine_times, since=since
        ):
            if sample.index is not None:
                add_sample(saved, k, sample, initial, protocol.melt.bonds, times)
            if sample.state is not None:
                saved |= {
                    "trajectory": k, "now": sample.time,
                    "positions": sample.state.positions, "velocities": sample.state.velocities,
                    "total_energy": sample.state.energy, "cpu": seconds(),
                }
                checkpoint.save(**saved)
        saved |= {"trajectory": k + 1, "now": 0.0, "cpu": seconds()}
        checkpoint.save(**saved)
    write_block(task, protocol, saved, times)
    return f"{size} trajectories of {times.times[-1]:g} τ, {float(saved['cpu']):.0f} s"


def write_block(
    task: Task, protocol: Protocol, saved: dict, times: Times, lammps: int | None = None,
    **attributes,
) -> None:
    """Write the file of a finished block.

    Parameters
    ----------
    task : Task
    protocol : Protocol
        With the pair style that served.
    saved : dict
        What :func:`begin` returned, all samples added.
    times : Times
    lammps : int, optional
        See :func:`glasslib.store.schema.provenance`.
    **attributes
        More attributes of the file.
    """
    size = protocol.block_size
    first = task.block * size
    attributes |= provenance(task.temperature, protocol, task.run, lammps) | {
        "block": task.block,
        "trajectories": f"{first} to {first + size - 1}",
        "q_peak": times.q_peak,
        "tau_alpha": times.tau_alpha,
        "kept_mantissa_bits": KEPT_BITS,
        "cpu_time_seconds": float(saved["cpu"]),
    }
    store.write(as_dataset(BLOCK, _values(saved, times, size), attributes), task.output)


def begin(protocol: Protocol, initial: np.ndarray, times: Times) -> dict:
    """Return everything that a checkpoint holds, with no trajectory done.

    Parameters
    ----------
    protocol : Protocol
        With the pair style that serves.
    initial : (N, 3) float64
        The configuration that all trajectories share, in σ.
    times : Times
    """
    size, n, n_bonds = protocol.block_size, len(initial), len(protocol.melt.bonds)
    n_times, n_fine = len(times.times), len(times.fine_times)
    return {
        "pair_style": protocol.integrator.pair_style, "trajectory": 0, "now": 0.0, "cpu": 0.0,
        "positions": initial, "velocities": np.zeros_like(initial),
        "displacement": np.zeros((n_times, n)), "squared_displacement": np.zeros((n_times, n)),
        "p1_loss": np.zeros((n_times, n_bonds)), "p2_loss": np.zeros((n_times, n_bonds)),
        "exceeding": np.zeros((size, n_times, len(PROBE_LENGTHS)), dtype=np.int32),
        "scattering": np.zeros((size, n_fine)), "msd": np.zeros((size, n_fine)),
        "energy": np.zeros((size, n_fine)), "kinetic": np.zeros((size, n_fine)),
        "drift": np.zeros(size),
    }


def add_sample(
    saved: dict, k: int, sample: Sample, initial: np.ndarray, bonds: np.ndarray, times: Times
) -> None:
    """Add one sample of trajectory ``k`` to the sums of the block.

    Parameters
    ----------
    saved : dict
        What :func:`begin` returned.
    k : int
        Number of the trajectory within the block.
    sample : Sample
        At one of the times that are sampled.
    initial : (N, 3) float64
        Where the monomers were at the start, in σ.
    bonds : (n_bonds, 2) int64
    times : Times
    """
    n, fine = len(initial), sample.index
    distance, square = displacement_moments(initial, sample.positions)
    saved["scattering"][k, fine] = self_intermediate_scattering(
        initial, sample.positions, times.q_peak
    )
    saved["msd"][k, fine] = square.mean()
    saved["energy"][k, fine] = (sample.potential + sample.kinetic) / n
    saved["kinetic"][k, fine] = 2 * sample.kinetic / (3 * (n - 1))
    saved["drift"][k] = max(saved["drift"][k], centre_of_mass_drift(initial, sample.positions))
    for j in np.flatnonzero(times.times == times.fine_times[fine]):
        p1, p2 = bond_reorientation(initial, sample.positions, bonds)
        saved["displacement"][j] += distance
        saved["squared_displacement"][j] += square
        saved["p1_loss"][j] += 1 - p1
        saved["p2_loss"][j] += 1 - p2
        saved["exceeding"][k, j] = n - np.searchsorted(np.sort(distance), PROBE_LENGTHS, "right")


def _values(saved: dict, times: Times, size: int) -> dict[str, np.ndarray]:
    """Values of the block's file, by name of the variable."""
    averages = {name: store.round_mantissa(saved[name] / size) for name in _SUMS}
    return averages | {
        "time": times.times,
        "fine_time": times.fine_times,
        "probe_length": PROBE_LENGTHS,
        "exceeding": saved["exceeding"],
        "scattering": saved["scattering"],
        "msd": saved["msd"],
        "energy": saved["energy"],
        "kinetic_temperature": saved["kinetic"],
        "centre_of_mass_drift": saved["drift"],
    }
