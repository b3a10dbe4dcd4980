"""Blocks of one temperature made together on a GPU, all their trajectories at the same time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glasslib import store
from glasslib.campaign.block import add_sample, begin, write_block
from glasslib.campaign.checkpoints import Checkpoint
from glasslib.campaign.plan import Task
from glasslib.campaign.times import fix_times
from glasslib.errors import SimulationError
from glasslib.parameters import Protocol, get_protocol
from glasslib.simulation.engine import State
from glasslib.simulation.ensemble import constant_energy, ice_state
from glasslib.store import Times

__all__ = ["SAVED_EVERY", "make_blocks"]

#: Seconds between checkpoints.
SAVED_EVERY = 60.0


@dataclass(frozen=True, eq=False)
class _Begun:
    """A block that is being made, with all that its checkpoint holds."""

    task: Task
    checkpoint: Checkpoint
    initial: np.ndarray
    lammps: int
    saved: dict


def make_blocks(
    tasks: Sequence[Task], report: Callable[[str], None] = lambda line: None
) -> list[str]:
    """Make the files of blocks together on a GPU; return one line about each.

    A process that ends before they are done leaves checkpoints, and the next one goes on from them.

    Parameters
    ----------
    tasks : sequence of Task
        Blocks of one profile and temperature, whose runs exist.
    report : callable
        Gets a line about what is done, at most every few seconds.

    Raises
    ------
    DataError
        A run is missing.
    SimulationError
        There is no GPU, a trajectory has burst, or a block was begun on a processor.
    """
    from glasslib.simulation.batch import device_name

    device, temperature, profile = device_name(), tasks[0].temperature, tasks[0].profile
    protocol = get_protocol(profile)
    integrator = protocol.integrator.model_copy(update={"pair_style": "cuda"})
    protocol = protocol.model_copy(update={"integrator": integrator})
    times = fix_times(temperature, profile)
    blocks = [_begun(task, protocol, times) for task in tasks]
    # All stand at one time, unless a process ended while it saved them.
    for now in sorted({float(block.saved["now"]) for block in blocks}):
        alike = [block for block in blocks if block.saved["now"] == now]
        _follow(alike, now, protocol, times, report)
        for block in alike:
            seconds = float(block.saved["device_seconds"])
            write_block(
                block.task, protocol, block.saved, times, block.lammps, device=device,
                device_time_seconds=seconds,
            )
            block.checkpoint.remove()
    return [
        f"{protocol.block_size} trajectories of {times.times[-1]:g} τ,"
        f" {float(block.saved['device_seconds']):.0f} s of {device}" for block in blocks
    ]


def _begun(task: Task, protocol: Protocol, times: Times) -> _Begun:
    """Return a block as its checkpoint holds it, or with no step done."""
    started = store.read(store.run_path(task.temperature, task.profile, task.run))
    initial = started["positions"]
    checkpoint, size = Checkpoint(task.output), protocol.block_size
    saved = checkpoint.load()
    if saved is None:
        starts = [
            ice_state(initial, task.temperature, task.run, task.block * size + k)
            for k in range(size)
        ]
        saved = begin(protocol, initial, times) | {
            "positions": np.stack([start.positions for start in starts]),
            "velocities": np.stack([start.velocities for start in starts]),
            "total_energy": np.full(size, np.nan), "device_seconds": 0.0,
        }
    elif saved["pair_style"] != "cuda":
        raise SimulationError(
            f"{task} was begun on a processor; go on there with 'glasslib campaign task', or"
            f" delete its checkpoint, {checkpoint.path}"
        )
    return _Begun(task, checkpoint, initial, int(started.attrs["lammps_version"]), saved)


def _follow(
    blocks: list[_Begun], now: float, protocol: Protocol, times: Times,
    report: Callable[[str], None],
) -> None:
    """Follow the trajectories of blocks from one time to the end."""
    size, bonds = protocol.block_size, protocol.melt.bonds
    positions, velocities, energy = (
        np.concatenate([block.saved[name] for block in blocks])
        for name in ("positions", "velocities", "total_energy")
    )
    state = State(positions, velocities, energy if np.isfinite(energy).all() else None)
    spent = [_clock(block.saved, len(blocks)) for block in blocks]
    said = kept = time.monotonic()
    for sample in constant_energy(
        protocol.melt, protocol.integrator, state, times.fine_times, since=now
    ):
        for number, block in enumerate(blocks if sample.index is not None else ()):
            for k in range(size):
                b = number * size + k
                one = replace(
                    sample, positions=sample.positions[b], potential=float(sample.potential[b]),
                    kinetic=float(sample.kinetic[b]),
                )
                add_sample(block.saved, k, one, block.initial, bonds, times)
        if sample.state is not None and time.monotonic() - kept >= SAVED_EVERY:
            kept = time.monotonic()
            for number, block in enumerate(blocks):
                mine = slice(number * size, (number + 1) * size)
                block.saved.update(
                    spent[number](), now=sample.time, positions=sample.state.positions[mine],
                    velocities=sample.state.velocities[mine],
                )
                if sample.state.energy is not None:
                    block.saved["total_energy"] = sample.state.energy[mine]
                block.checkpoint.save(**block.saved)
        if time.monotonic() - said >= 5:
            said = time.monotonic()
            report(f"{len(positions)} trajectories at {sample.time:g} of {times.times[-1]:g} τ")
    for block, seconds in zip(blocks, spent, strict=True):
        block.saved.update(seconds())


def _clock(saved: dict, many: int) -> Callable[[], dict[str, float]]:
    """Return a clock of the time that a block has taken, one of many that share a GPU."""
    cpu, device = float(saved["cpu"]), float(saved["device_seconds"])
    processor, begun = time.process_time(), time.monotonic()
    return lambda: {
        "cpu": cpu + (time.process_time() - processor) / many,
        "device_seconds": device + (time.monotonic() - begun) / many,
    }
