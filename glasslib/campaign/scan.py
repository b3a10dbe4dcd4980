"""A scan of cage sampling: the same run with other walls, other baths and other lengths.

What it shows is where structure ends. An average that is the same however long a replica runs is
one of a restricted equilibrium; one that is not is short dynamics with a wall.
"""

from __future__ import annotations

import time

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint, cpu_clock, protocol_of
from glasslib.campaign.plan import Task
from glasslib.configuration import Configuration
from glasslib.parameters import Cage, Protocol
from glasslib.simulation.cage import moments, sample_replica
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.melt import seed
from glasslib.store.schema import SCAN, as_dataset, provenance
from glasslib.structure.cage import CageMoments, cage_scalars
from glasslib.structure.descriptors import structural_descriptors
from glasslib.structure.harmonic import harmonic_covariance

__all__ = ["make_scan", "settings"]

RADII = (0.33, 0.42, 0.6, 0.7, 0.8)
BATHS = (0.6, 1.0, 1.2)
#: Replicas in a half and the time of each, at equal totals: one long, many short.
LENGTHS = ((1, 50.0), (10, 5.0))
#: Radius whose lengths are compared too, where walls hold little.
WIDE = 0.8
#: Other inputs of a run whose time is measured.
INPUTS = ("descriptors", "inherent structure", "harmonic")
#: Powers of two to which scalars are rounded, far below their scatter: 3 % of a logarithm.
_STEPS = {"energy": 2**-4, "coordination": 2**-4, "contact": 2**-10}
_STEP = 2**-5


def settings(cage: Cage, temperature: float) -> list[Cage]:
    """Return what is tried: the wall and the bath of ``cage`` first, then others.

    Parameters
    ----------
    cage : Cage
        Its radius and bath are kept where the other one varies.
    temperature : float
        Of the liquid, one of the baths.

    Examples
    --------
    >>> tried = settings(Cage(), 0.45)
    >>> len(tried), [c.radius for c in tried[:6]], [c.temperature for c in tried[6:10]]
    (14, [0.52, 0.33, 0.42, 0.6, 0.7, 0.8], [0.45, 0.6, 1.0, 1.2])
    """
    one = {"replicas": 1, "duration": 25.0}
    changes = [one] + [one | {"radius": radius} for radius in RADII]
    changes += [one | {"temperature": bath} for bath in (temperature, *BATHS)]
    for radius in (cage.radius, WIDE):
        changes += [
            {"radius": radius, "replicas": number, "duration": length}
            for number, length in LENGTHS
        ]
    found = [cage.model_copy(update=change) for change in changes]
    return [one for k, one in enumerate(found) if one not in found[:k]]


def make_scan(task: Task, checkpoint: Checkpoint) -> str:
    """Sample the cages of a run with each setting; write their file."""
    saved = checkpoint.load()
    protocol = protocol_of(task, saved)
    start = store.read(store.run_path(task.temperature, task.profile, task.run))
    here = Configuration(start["positions"], start["box"], start["bonds"])
    minimum = Configuration(start["inherent_positions"], here.box, here.bonds)
    tried = settings(protocol.cage, task.temperature)
    saved = saved or {"pair_style": protocol.integrator.pair_style, "done": 0, "cpu": 0.0}
    seconds = cpu_clock(float(saved["cpu"]))
    if "seconds_of_inputs" not in saved:  # of one run, which tells of all
        measured = task.run == 0
        saved["seconds_of_inputs"] = (
            _seconds_of_inputs(here, minimum, protocol) if measured else [np.nan] * len(INPUTS)
        )
    for number in range(int(saved["done"]), len(tried)):
        cage = tried[number]
        begun = time.process_time()
        halves = [_half(task, protocol, cage, here, minimum, half) for half in range(cage.halves)]
        scalars = cage_scalars(CageMoments.mean(halves), here, minimum)
        spent = time.process_time() - begun
        saved |= {
            f"scalars {number}": _rounded(scalars),
            f"variance {number}": _rounded({k: np.log(h.variance) for k, h in enumerate(halves)}),
            f"seconds {number}": spent, "names": ", ".join(scalars),
            "done": number + 1, "cpu": seconds(),
        }
        checkpoint.save(**saved)
    values = {
        "radius": [cage.radius for cage in tried],
        "bath": [cage.temperature for cage in tried],
        "replicas": [cage.replicas for cage in tried],
        "duration": [cage.duration for cage in tried],
        "seconds_of_inputs": saved["seconds_of_inputs"],
    }
    for name in ("seconds", "scalars", "variance"):
        values[name] = [saved[f"{name} {number}"] for number in range(len(tried))]
    attributes = provenance(task.temperature, protocol, task.run) | {
        "procedure": "canonical sampling with walls around the inherent structure; see"
        " glasslib.campaign.scan",
        "scalars": str(saved["names"]),
        "inputs": ", ".join(INPUTS),
        "cpu_time_seconds": float(saved["cpu"]),
    }
    store.write(as_dataset(SCAN, values, attributes), task.output)
    return f"{len(tried)} settings, {float(saved['cpu']):.0f} s"


def _half(
    task: Task, protocol: Protocol, cage: Cage, here: Configuration, minimum: Configuration,
    half: int,
) -> CageMoments:
    """Averages over the replicas of one half."""
    wall = (cage.radius, cage.temperature, cage.duration)
    sums = {}
    for replica in range(cage.replicas):
        key = seed(task.temperature, task.run, "scan", *wall, half, replica)
        found = sample_replica(
            protocol.melt, protocol.integrator, here.positions, minimum.positions, cage, key
        )
        sums = {name: sums.get(name, 0.0) + values for name, values in found.items()}
    return moments(sums, protocol.melt)


def _rounded(named: dict[str, np.ndarray]) -> np.ndarray:
    """Round to multiples of powers of two, so that files are small; (n_names, N) float32."""
    steps = [_STEPS.get(name, _STEP) for name in named]
    rows = [np.round(row / step) * step for row, step in zip(named.values(), steps, strict=True)]
    return np.array(rows, dtype=np.float32)


def _seconds_of_inputs(
    here: Configuration, minimum: Configuration, protocol: Protocol
) -> np.ndarray:
    """CPU time of :data:`INPUTS`, the second time each, when everything is compiled."""
    state = State(here.positions, np.zeros_like(here.positions))

    def inherent():
        with Engine(protocol.melt, protocol.integrator, state) as engine:
            engine.minimise()

    spent = []
    for make in (
        lambda: structural_descriptors(here, melt=protocol.melt, threads=1),
        inherent,
        lambda: harmonic_covariance(minimum, protocol.melt),
    ):
        for _ in range(2):
            begun = time.process_time()
            make()
        spent.append(time.process_time() - begun)
    return np.array(spent)
