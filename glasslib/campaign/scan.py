"""A scan of cage sampling: the same run with other walls, other baths and other lengths.

What it shows is where structure ends. An average that is the same however long a replica runs is
one of a restricted equilibrium; one that is not is short dynamics with a wall.
"""

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

RADII = (0.33, 0.42, 0.6, 0.8)
BATHS = (1.2,)
#: Replicas in a half, and the time of each over that of ``cage``: one long and many short.
LENGTHS = ((1, 2.0), (10, 0.2))
#: Radius whose lengths are compared too, where walls hold little.
WIDE = 0.8
#: Other inputs of a run whose time is measured.
INPUTS = ("descriptors", "inherent structure", "harmonic")
#: Powers of two to which scalars are rounded, far below their scatter: 6 % of what is a logarithm.
_STEPS = {"energy": 2**-3, "coordination": 2**-3, "contact": 2**-9}
_STEP = 2**-4


def settings(cage: Cage, temperature: float) -> list[Cage]:
    """Return what is tried, one replica of each half: the wall and bath of ``cage``, then others.

    Parameters
    ----------
    cage : Cage
        Its radius and bath are kept where the other one varies.
    temperature : float
        Of the liquid, one of the baths.

    Examples
    --------
    >>> tried = settings(Cage(), 0.45)
    >>> len(tried), [c.radius for c in tried[:5]], [c.temperature for c in tried[5:7]]
    (11, [0.52, 0.33, 0.42, 0.6, 0.8], [0.45, 1.2])
    """
    one = {"replicas": 1}
    changes = [one] + [one | {"radius": radius} for radius in RADII]
    changes += [one | {"temperature": bath} for bath in (temperature, *BATHS)]
    for radius in (cage.radius, WIDE):
        changes += [
            {"radius": radius, "replicas": number, "duration": length * cage.duration}
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
    saved = saved or {"pair_style": protocol.integrator.pair_style, "cpu": 0.0}
    seconds = cpu_clock(float(saved["cpu"]))
    if "seconds_of_inputs" not in saved:  # of one run, which tells of all
        measured = task.run == 0
        saved["seconds_of_inputs"] = (
            _seconds_of_inputs(here, minimum, protocol) if measured else [np.nan] * len(INPUTS)
        )
    names = [f"{c.radius:g} {c.temperature:g} {c.replicas} {c.duration:g}" for c in tried]
    for name, cage in zip(names, tried, strict=True):
        if f"scalars {name}" in saved:
            continue
        begun = time.process_time()
        halves = [_half(task, protocol, cage, here, minimum, half) for half in range(cage.halves)]
        scalars = cage_scalars(CageMoments.mean(halves), here, minimum)
        spent = time.process_time() - begun
        saved |= {
            f"scalars {name}": _rounded(scalars), "names": ", ".join(scalars),
            f"variance {name}": _rounded({k: np.log(h.variance) for k, h in enumerate(halves)}),
            f"seconds {name}": spent, "cpu": seconds(),
        }
        checkpoint.save(**saved)
    values = {
        "radius": [cage.radius for cage in tried],
        "bath": [cage.temperature for cage in tried],
        "replicas": [cage.replicas for cage in tried],
        "duration": [cage.duration for cage in tried],
        "seconds_of_inputs": saved["seconds_of_inputs"],
    }
    for kind in ("seconds", "scalars", "variance"):
        values[kind] = [saved[f"{kind} {name}"] for name in names]
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
