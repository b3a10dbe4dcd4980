"""Tasks, done one by one or several at a time, also by processes that only share the folders."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from multiprocessing import get_context, parent_process
from threading import Thread

from filelock import Timeout
from threadpoolctl import threadpool_limits

from glasslib import paths
from glasslib.campaign.block import make_block
from glasslib.campaign.cage import make_cage
from glasslib.campaign.checkpoints import Checkpoint
from glasslib.campaign.plan import Goal, Task, tasks, whole
from glasslib.campaign.production import make_run
from glasslib.campaign.scan import make_scan
from glasslib.campaign.together import make_blocks
from glasslib.errors import DataError, ParameterError, SimulationError
from glasslib.files import lease
from glasslib.parameters import get_protocol

__all__ = [
    "LONGER_THAN_A_LEASE", "one_thread", "perform", "perform_together", "run", "run_tasks",
    "simulate",
]  # fmt: skip

#: A process on another machine that has been killed holds its task for a minute.
LONGER_THAN_A_LEASE = 75.0


def perform(task: Task, patience: float = 0.0) -> str:
    """Do one task to its end; return one line that says what came out, or why it was left.

    Another process that holds the task keeps it, on this machine or another that shares the
    folders, until it ends or has been silent for a minute.

    Parameters
    ----------
    task : Task
    patience : float
        Seconds to wait for another process before this returns "busy".

    Raises
    ------
    DataError
        A run that the task needs does not exist yet, or a parked checkpoint is damaged.
    SimulationError
        The simulation failed; what was done up to the last checkpoint is kept.
    PlaceError
        A folder cannot be written.
    """
    one_thread()
    checkpoint = Checkpoint(task.output)
    paths.check_writable(checkpoint.path.parent, task.output.parent)
    try:
        with lease(checkpoint.path.with_suffix(".lease"), timeout=patience):
            if task.done():
                return "was there"
            if not task.ready():
                raise DataError(
                    f"{task} needs runs that are not there yet; 'glasslib campaign run' does them"
                    " in order"
                )
            make = {None: make_run, "cage": make_cage, "scan": make_scan}.get(
                task.block, make_block
            )
            line = make(task, checkpoint)
            checkpoint.remove()
            return line
    except Timeout:
        return "busy"


def perform_together(
    temperature: float,
    profile: str,
    runs: Sequence[int] = (),
    at_once: int = 16,
    report: Callable[[str], None] = print,
) -> None:
    """Make the blocks of a temperature on a GPU, many at once, all their trajectories together.

    Blocks that exist, and those that another process works at, are left.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    runs : sequence of int
        Of these runs; none is all runs that exist.
    at_once : int
        Blocks; a large GPU is full with some hundred trajectories.
    report : callable
        Gets one line at a time.

    Raises
    ------
    DataError
        A run that a block needs does not exist yet.
    SimulationError
        There is no GPU, a trajectory has burst, or a block was begun on a processor.
    """
    protocol = get_protocol(profile)
    every = range(protocol.runs)
    wanted = runs or [run for run in every if Task(temperature, profile, run).done()]
    listed = [
        Task(temperature, profile, run, block) for run in wanted for block in range(protocol.blocks)
    ]
    missing = [task for task in listed if not task.ready()]
    if missing or not listed:
        raise DataError(
            f"{missing[0] if missing else f'{profile} T = {temperature:.3f}'} needs runs that are"
            " not there yet; 'glasslib campaign task' makes one, 'glasslib campaign run' all"
        )
    todo = [task for task in listed if not task.done()]
    for first in range(0, len(todo), at_once):
        with ExitStack() as held:
            mine = []
            for task in todo[first : first + at_once]:
                lock = Checkpoint(task.output).path.with_suffix(".lease")
                paths.check_writable(lock.parent, task.output.parent)
                try:
                    held.enter_context(lease(lock, timeout=0.0))
                except Timeout:
                    report(f"{task}: busy")
                else:
                    mine.append(task)
            mine = [task for task in mine if not task.done()]
            for task, line in zip(mine, make_blocks(mine, report) if mine else (), strict=True):
                report(f"{task}: {line}")
    report(f"{len(listed)} blocks, of which {len(listed) - len(todo)} were there")


def run(
    goals: Iterable[Goal],
    workers: int = 1,
    report: Callable[[Task, str, int, int], None] | None = None,
    shard: tuple[int, int] = (0, 1),
) -> None:
    """Do all tasks of the goals that are not done yet, ``workers`` at a time.

    Parameters
    ----------
    goals : iterable of Goal
        In order of importance.
    workers : int
        Processes; one trajectory each.
    report : callable, optional
        Called as (task, line, number done, number in all) when a task ends or must wait.
    shard : (int, int)
        Part i of n, from 0: every n-th task of the list. The n parts together do all of it; one
        that needs what another has not finished yet waits for it.

    Raises
    ------
    SimulationError
        A task failed; what it had done up to its last checkpoint is kept.
    ParameterError
        The shard is not one of 0/n … (n − 1)/n.
    """
    part, parts = shard
    if not 0 <= part < parts:
        raise ParameterError(f"shard = {part}/{parts}: the parts of {parts} are 0 to {parts - 1}")
    run_tasks(tasks(goals)[part::parts], workers, report)


def run_tasks(
    listed: Sequence[Task],
    workers: int = 1,
    report: Callable[[Task, str, int, int], None] | None = None,
) -> None:
    """Do tasks that are not done yet; arguments and errors are those of :func:`run`."""
    todo = [task for task in listed if not task.done()]
    done = len(listed) - len(todo)
    running: dict[Future, Task] = {}
    waiting = False
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        while todo or running:
            for task in list(todo):
                if len(running) >= workers:
                    break
                if task.ready():
                    todo.remove(task)
                    running[pool.submit(perform, task)] = task
            if not running:
                if report and not waiting:
                    report(todo[0], "waits for another process", done, len(listed))
                waiting = True
                time.sleep(5)
                continue
            waiting = False
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                task = running.pop(future)
                line = _result(task, future, pool)
                if line == "busy":
                    todo.append(task)
                    time.sleep(5)
                    continue
                done += 1
                if report:
                    report(task, line, done, len(listed))


def _result(task: Task, future: Future, pool: ProcessPoolExecutor) -> str:
    """Line about a task that has ended; its error stops the tasks that wait."""
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise SimulationError(
            f"{task}: its process was killed, perhaps for want of memory; run it again with fewer"
            " --workers, and it goes on from its last checkpoint"
        ) from error
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone, killed included."""

    def watch():
        parent_process().join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def one_thread() -> None:
    """Give the process one thread.

    Two cores serve best as two trajectories, and sums over several threads round differently.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    threadpool_limits(1)  # of the libraries that have read the environment before


def simulate(
    temperature: float,
    profile: str,
    workers: int = 2,
    report: Callable[[Task, str, int, int], None] | None = None,
) -> None:
    """Simulate one temperature in full in the given profile; files that exist are kept.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    workers : int
    report : callable, optional
        See :func:`run`.
    """
    run([whole(temperature, profile)], workers, report)
