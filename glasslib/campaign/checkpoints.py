"""Checkpoints of unfinished tasks, and how they travel with the data.

A checkpoint of a task lies under ``var/work``, replaced in one step every few minutes. A machine
that is lent for hours does not keep that folder. So :func:`park` puts compressed copies beside the
data, under ``data/unfinished``, and a task goes on from the further of the two. Nothing is lost:
the copy is the checkpoint to the bit.
"""

import io
import lzma
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from glasslib import paths
from glasslib.campaign.plan import Task
from glasslib.errors import DataError, SimulationError
from glasslib.files import write_arrays, write_atomically
from glasslib.parameters import Protocol, get_protocol
from glasslib.simulation.engine import State, chosen

__all__ = ["Checkpoint", "cpu_clock", "park", "protocol_of", "state_of", "unfinished"]


class Checkpoint:
    """Arrays of an unfinished task, replaced on disk in one step.

    Parameters
    ----------
    output : Path
        The data file the task ends with.
    """

    def __init__(self, output: Path):
        place = Path(*output.with_suffix(".npz").parts[-3:])  # profile, temperature, task
        self.output = output
        self.path = paths.work() / place
        self.parked = paths.unfinished() / f"{place}.xz"

    def load(self) -> dict | None:
        """Return what was saved last, here or parked, whichever is further; or None.

        Raises
        ------
        DataError
            A parked checkpoint is damaged.
        """
        found = [place for place in (self.path, self.parked) if place.exists()]
        return _arrays(max(found, key=_cpu_seconds)) if found else None

    def save(self, **arrays) -> None:
        """Replace the checkpoint."""
        write_arrays(self.path, **arrays)

    def remove(self) -> None:
        """Remove the checkpoint, its task being done."""
        self.path.unlink(missing_ok=True)
        self.parked.unlink(missing_ok=True)


def _open(path: Path | io.BytesIO) -> np.lib.npyio.NpzFile:
    if not isinstance(path, Path) or path.suffix != ".xz":
        return np.load(path)
    try:
        return np.load(io.BytesIO(lzma.decompress(path.read_bytes())))
    except lzma.LZMAError as error:
        raise DataError(
            f"{path.parent.name}/{path.name} is damaged ({error}); restore it with 'git checkout"
            " -- data', or delete it and the task starts again"
        ) from None


def _arrays(path: Path) -> dict:
    with _open(path) as saved:
        return dict(saved)


def _cpu_seconds(path: Path | io.BytesIO) -> float:
    with _open(path) as saved:
        return float(saved["cpu"])


def _known(profile: str) -> list[Checkpoint]:
    """Checkpoints of a profile, here or parked, also of tasks that are done."""
    here, parked = paths.work(), paths.unfinished()
    places = {path.relative_to(here) for path in here.glob(f"{profile}/T*/*.npz")}
    places |= {
        path.relative_to(parked).with_suffix("") for path in parked.glob(f"{profile}/T*/*.npz.xz")
    }
    data = paths.registry(profile).parents[1]
    return [Checkpoint(data / place.with_suffix(".nc")) for place in sorted(places)]


def unfinished(profile: str) -> dict[str, float]:
    """Return the seconds of CPU time in each checkpoint, here or parked, of a task not done.

    Parameters
    ----------
    profile : str

    Returns
    -------
    dict of str to float
        By place, such as ``companion/T0.400/run01``.
    """
    found = {}
    for checkpoint in _known(profile):
        if not checkpoint.output.exists():
            name = checkpoint.path.relative_to(paths.work()).with_suffix("").as_posix()
            places = (checkpoint.path, checkpoint.parked)
            found[name] = max(_cpu_seconds(place) for place in places if place.exists())
    return found


def park(
    profile: str, at_least: float = 600.0, report: Callable[[str], None] = print
) -> list[Path]:
    """Put the checkpoints of unfinished tasks beside the data, to be committed with them.

    Parked checkpoints of tasks that are done meanwhile are removed. The campaign may go on while
    this runs.

    Parameters
    ----------
    profile : str
    at_least : float
        Seconds of CPU time below which a checkpoint is not worth its bytes.
    report : callable
        Gets one line about each file written or removed.

    Returns
    -------
    list of Path
        The files written. One that is parked already at least as far is left alone.
    """
    written = []
    for checkpoint in _known(profile):
        name = checkpoint.parked.relative_to(paths.data()).as_posix()
        if checkpoint.output.exists():
            if checkpoint.parked.exists():
                checkpoint.parked.unlink()
                report(f"{name} removed: the task is done")
            continue
        try:
            content = checkpoint.path.read_bytes()
        except FileNotFoundError:  # only parked, or done just now
            continue
        seconds = _cpu_seconds(io.BytesIO(content))
        further = not checkpoint.parked.exists() or seconds > _cpu_seconds(checkpoint.parked)
        if seconds >= at_least and further:
            compressed = lzma.compress(content)
            write_atomically(
                checkpoint.parked, lambda target, bytes_=compressed: target.write_bytes(bytes_)
            )
            written.append(checkpoint.parked)
            report(f"{name}: {seconds / 3600:.2f} core-hours, {len(compressed) / 1e6:.1f} MB")
    return written


def protocol_of(task: Task, saved: dict | None) -> Protocol:
    """Return the protocol of a task with the pair style that serves here.

    A task that has begun keeps the style it has begun with. (Checkpoints that do not name it are
    older than "mixed".)

    Parameters
    ----------
    task : Task
    saved : dict or None
        Its checkpoint, if it has begun.

    Raises
    ------
    SimulationError
        That style does not serve here, or the task was begun on a GPU.
    """
    protocol = get_protocol(task.profile)
    integrator = protocol.integrator
    if saved is not None:
        begun = str(saved.get("pair_style", "glasslib"))
        if begun == "cuda":
            raise SimulationError(
                f"{task} was begun on a GPU; go on with 'glasslib campaign gpu', or delete its"
                f" checkpoint, {Checkpoint(task.output).path}"
            )
        integrator = integrator.model_copy(update={"pair_style": begun})
    served = chosen(protocol.melt, integrator)
    if saved is not None and served.pair_style != begun:
        raise SimulationError(
            f"{task} was begun with pair style {begun!r}, and here it would go on with"
            f" {served.pair_style!r}; go on with the settings and on the kind of machine that it"
            f" was begun with, or delete its checkpoint, {Checkpoint(task.output).path}"
        )
    return protocol.model_copy(update={"integrator": served})


def state_of(saved: dict) -> State:
    """Return the state of a constant-energy trajectory as its checkpoint holds it."""
    energy = float(saved["total_energy"])
    return State(saved["positions"], saved["velocities"], energy if np.isfinite(energy) else None)


def cpu_clock(before: float) -> Callable[[], float]:
    """Return a clock of a task's seconds of CPU time, of which ``before`` were spent before now."""
    begun = time.process_time()
    return lambda: before + time.process_time() - begun
