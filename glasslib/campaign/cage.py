"""The cages of one run's configuration, sampled in independent halves."""

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint, cpu_clock, protocol_of
from glasslib.campaign.plan import Task
from glasslib.simulation.cage import moments, sample_replica
from glasslib.simulation.melt import seed
from glasslib.store.schema import CAGE, KEPT_BITS, as_dataset, provenance, round_mantissa

__all__ = ["make_cage"]


def make_cage(task: Task, checkpoint: Checkpoint) -> str:
    """Sample the cages of a run, replica by replica; write their file."""
    saved = checkpoint.load()
    protocol = protocol_of(task, saved)
    melt, cage = protocol.melt, protocol.cage
    start = store.read(store.run_path(task.temperature, task.profile, task.run))
    saved = saved or {"pair_style": protocol.integrator.pair_style, "replica": 0, "cpu": 0.0}
    seconds = cpu_clock(float(saved["cpu"]))
    for number in range(int(saved["replica"]), cage.halves * cage.replicas):
        half, replica = divmod(number, cage.replicas)
        sums = sample_replica(
            melt, protocol.integrator, start["positions"], start["inherent_positions"], cage,
            seed(task.temperature, task.run, "cage", half, replica),
        )
        for name, values in sums.items():
            saved[f"{half} {name}"] = saved.get(f"{half} {name}", 0.0) + values
        saved |= {"replica": number + 1, "cpu": seconds()}
        checkpoint.save(**saved)
    halves = [
        moments(
            {name[2:]: values for name, values in saved.items() if name.startswith(f"{half} ")},
            melt,
        )
        for half in range(cage.halves)
    ]
    values = {name: round_mantissa([getattr(half, name) for half in halves]) for name in CAGE}
    attributes = provenance(task.temperature, protocol, task.run) | {
        "procedure": "canonical sampling with walls around the inherent structure; see"
        " glasslib.simulation.cage, and 'cage' in the protocol",
        "kept_mantissa_bits": KEPT_BITS,
        "cpu_time_seconds": float(saved["cpu"]),
    }
    store.write(as_dataset(CAGE, values, attributes), task.output)
    variance = np.mean([half.variance.mean() for half in halves])
    return f"cages of u² = {variance:.4f}, {float(saved['cpu']):.0f} s"
