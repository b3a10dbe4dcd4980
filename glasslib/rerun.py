"""Many notebooks at new temperatures in one go: how long it will take, then do it, resumably.

First what is missing is simulated, so that every page finds it; then the pages run one after the
other. What one page computes (descriptors, trained networks, result tables) is kept under
``var/cache`` and serves the next. Each executed page has a record of what it depends on, so a
second call goes on where the first one was stopped.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasslib import notebooks, paths, publish
from glasslib.errors import GlasslibError, ParameterError
from glasslib.parameters import PROTOCOLS, CompanionParameters, get_protocol, validate

__all__ = [
    "Estimate", "TimeLeft", "build_book", "chosen", "comparison", "duration", "estimate", "folder",
    "given_to", "run", "shared", "simulate_missing",
]

#: Seconds of a page whose networks and tables are there: start of Python, TensorFlow, figures.
PAGE_SECONDS = 15.0
#: Seconds to describe one monomer and to train A and B on it, epochs and all.
ROW_SECONDS = 0.006


# ---------------------------------------------------------------------------- what was asked for
def chosen(names: Iterable[str], everything: bool = False) -> list[str]:
    """Return the stems of the notebooks named by number, name or range, in reading order.

    Parameters
    ----------
    names : iterable of str
        Such as ``2``, ``02-relaxation`` or ``2-8``.
    everything : bool
        All notebooks of the book; then no name may be given.

    Raises
    ------
    ParameterError
        A notebook does not exist, or names come with ``everything``, or neither.

    Examples
    --------
    >>> chosen(["3", "1-2"])
    ['01-the-melt', '02-relaxation', '03-propensity']
    """
    names = list(names)
    if everything == bool(names):
        raise ParameterError("give notebooks, such as 2 or 2-8, or --all" if not names else
                             f"--all stands for every notebook; leave out '{names[0]}', or --all")
    if everything:
        return notebooks.names()
    found = set()
    for name in names:
        ends = re.fullmatch(r"(\d+)-(\d+)", name)
        if ends:
            first, last = sorted(int(end) for end in ends.groups())
            notebooks.find(str(first)), notebooks.find(str(last))
            found |= {s for s in notebooks.names() if first <= int(s.split("-")[0]) <= last}
        else:
            found.add(notebooks.find(name))
    return sorted(found)


def given_to(stems: Sequence[str], values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Check the values and return, for each notebook, those that it takes, as JSON.

    A notebook gets what its model knows; what none of them knows is an error. Temperatures may be
    a list, or text such as ``0.47,0.55`` or ``[0.47, 0.55]``.

    Raises
    ------
    ParameterError
        A name that no notebook takes, or a value out of range.

    Examples
    --------
    >>> given_to(["01-the-melt"], {"temperature": "0.47,0.55"})
    {'01-the-melt': {'temperature': [0.47, 0.55]}}
    """
    values = {name: notebooks.listed(value) for name, value in values.items()}
    models = {stem: notebooks.parameters_of(stem) for stem in stems}
    known = {name for model in models.values() for name in model.model_fields}
    if not set(values) <= known:
        first = next(iter(models.values()))
        wrong = {k: v for k, v in values.items() if k not in known or k in first.model_fields}
        validate(first, **wrong)  # says which, and what is allowed
    out = {}
    for stem, model in models.items():
        own = {name: value for name, value in values.items() if name in model.model_fields}
        page = validate(model, **own).model_dump(mode="json")
        out[stem] = {name: page[name] for name in own}
    return out


def folder(page: CompanionParameters) -> Path:
    """Return where the pages of these temperatures go, ``_build/runs/T0.470-lab``.

    Parameters
    ----------
    page : CompanionParameters
    """
    return paths.book() / "runs" / _label(page)


def _label(page: CompanionParameters) -> str:
    return "-".join([*(f"T{t:.3f}" for t in page.temperatures), page.profile])


# ----------------------------------------------------------------------------------- estimates
def duration(seconds: float) -> str:
    """Say a time in words as exact as an estimate is.

    Examples
    --------
    >>> duration(20), duration(400), duration(9000)
    ('20 s', '7 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@dataclass(frozen=True)
class Estimate:
    """Seconds that a run will take: to simulate, to train and to compute tables, and per page."""

    simulation: float
    training: float
    pages: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.simulation + self.training + self.pages

    def __str__(self):
        return (
            f"about {duration(self.total)}: simulation {duration(self.simulation)}, networks and"
            f" tables {duration(self.training)}, pages {duration(self.pages)}; give or take a"
            " factor of two"
        )


def _missing(page: CompanionParameters) -> dict[float, str]:
    """Temperatures that have no data, or not all of them; by temperature the profile to make."""
    from glasslib import planning, store
    from glasslib.campaign import tasks

    out = {}
    for t in page.temperatures:
        if store.profile_with(t, "companion") == "companion":
            continue
        if not all(task.done() for task in tasks([planning.whole(page.profile, t)])):
            out[t] = page.profile
    return out


def _rows(page: CompanionParameters) -> dict[float, int]:
    """Monomers in all runs, by temperature, of all that the pages will show."""
    from glasslib import store

    protocol = get_protocol(page.profile)
    rows = dict.fromkeys(page.temperatures, protocol.runs * protocol.melt.n_monomers)
    ships = "companion" if store.available("companion") else page.profile
    for t, runs in store.available(ships).items():
        rows[t] = len(runs) * get_protocol(ships).melt.n_monomers
    return rows


def _computing(stems: Sequence[str], page: CompanionParameters) -> dict[str, float]:
    """Seconds to describe and train what is not cached, and to compute tables that do not ship.

    By notebook: what two of them need counts for the first.
    """
    from glasslib.results.tables import TABLES

    rows, seen, out = _rows(page), set(), {}
    own = sum(rows[t] for t in page.temperatures)
    for stem in stems:
        text = notebooks.source(stem).read_text(encoding="utf-8")
        needed = set(re.findall(r'results\.table\("([\w-]+)"', text)) & set(TABLES)
        needed |= set(re.findall(r"results\.predictions\(", text))
        out[stem] = 0.0
        for name in needed - seen:
            if name in TABLES:
                number = own if TABLES[name].parts == "each" else sum(rows.values())
                out[stem] += TABLES[name].cost * number / 8000
            else:
                out[stem] += ROW_SECONDS * sum(
                    number for t, number in rows.items()
                    if not list(paths.cache().glob(f"network-?-T{t:.3f}-*"))
                ) + _choosing(rows, page.profile)
        seen |= needed
    return out


def _choosing(rows: Mapping[float, int], profile: str) -> float:
    """Seconds to choose what the paper leaves open, if no choice ships or is cached."""
    from math import prod

    from glasslib import store
    from glasslib.learning.training import DEFAULT_GRID
    from glasslib.parameters import NetworkSettings
    from glasslib.results import networks, shipped

    t = networks.reference_temperature(rows)
    there = store.profile_with(t, profile)
    if there is not None:
        key = networks.settings_key(store.load_ensemble(t, there), NetworkSettings())
        if shipped.find("settings", "row", key) is not None:
            return 0.0
    return ROW_SECONDS * rows[t] * prod(len(values) for values in DEFAULT_GRID.values())


def estimate(
    stems: Sequence[str], page: CompanionParameters, workers: int = 2
) -> Estimate:
    """Estimate how long the notebooks will take at these temperatures.

    The speed of the simulation is measured now, for some seconds; τ_α may be extrapolated.

    Parameters
    ----------
    stems : sequence of str
        Notebooks.
    page : CompanionParameters
        Temperatures and profile.
    workers : int
        Processes that simulate.
    """
    from glasslib import planning

    simulation = sum(
        planning.simulation_seconds(t, profile, workers) for t, profile in _missing(page).items()
    )
    computing = sum(_computing(stems, page).values())
    return Estimate(simulation, computing, PAGE_SECONDS * len(stems))


def comparison(temperature: float, workers: int = 2):
    r"""Set the profiles side by side at a new temperature: what they cost and what error they give.

    The time is that of one speed measured now, which falls as 1/N, and of an extrapolated τ_α. A
    profile that cools step by step counts the runs at the temperatures above.
    The error of a mean over R runs falls as :math:`1/\sqrt{R}`; where monomers count, as
    :math:`1/\sqrt{R N}`. Errors are relative to profile ``lab``.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    workers : int
        Processes.

    Returns
    -------
    pandas.DataFrame
        By profile: runs, monomers, trajectories, time to simulate, both errors.
    """
    import numpy as np
    import pandas as pd

    from glasslib import planning

    lab, rows = get_protocol("lab"), []
    speed = planning.measured_speed(lab, 2.0) * lab.melt.n_monomers
    for name, protocol in PROTOCOLS.items():
        chain = [t for t in protocol.cascade if t > temperature + 1e-9] + [temperature]
        simulated = 0.0
        for t in chain:
            own = planning.simulated_time(protocol, t, protocol.expected_tau_alpha(t))
            blocks = protocol.blocks if t == temperature else 0  # above, the runs alone
            simulated += protocol.runs * (own["run"] + blocks * own["block"])
        seconds = simulated * protocol.melt.n_monomers / speed / workers
        runs, monomers = protocol.runs, protocol.runs * protocol.melt.n_monomers
        rows.append({
            "profile": name, "runs": runs, "monomers": protocol.melt.n_monomers,
            "trajectories": protocol.trajectories,
            "to simulate": duration(seconds),
            "error over runs": f"{np.sqrt(lab.runs / runs):.2f}",
            "error over monomers": f"{np.sqrt(lab.runs * lab.melt.n_monomers / monomers):.2f}",
        })
    return pd.DataFrame(rows)


class TimeLeft:
    """How much time is left of work that ends in large pieces.

    The rate is that of what has ended, tempered by the rate expected beforehand, which counts as
    one piece: the first pieces do not throw the estimate about.

    Parameters
    ----------
    total : float
        Work in all, in any unit.
    seconds : float
        Expected for all of it.
    piece : float
        Work of a typical piece.

    Examples
    --------
    >>> clock = TimeLeft(total=4.0, seconds=400.0, piece=1.0)
    >>> clock.left(50.0)
    350.0
    >>> clock.done(1.0, at=200.0)  # twice as slow as expected
    >>> clock.left(200.0), clock.left(230.0)
    (450.0, 420.0)
    """

    def __init__(self, total: float, seconds: float, piece: float):
        self.total, self.work, self.at = total, 0.0, 0.0
        self.piece = piece
        self.expected = piece * seconds / total if total else 0.0

    def done(self, work: float, at: float) -> None:
        """Count work that ended ``at`` so many seconds after the start."""
        self.work += work
        self.at = at

    def left(self, now: float) -> float:
        """Return the seconds that are left, ``now`` seconds after the start; never below 0."""
        each = (self.at + self.expected) / max(self.work + self.piece, 1e-12)
        return max(0.0, (self.total - self.work) * each - (now - self.at))


@contextmanager
def _bar(title: str, clock: TimeLeft, start: float) -> Iterator[Any]:
    """Show, until the block ends, a bar that moves with the time and says how much is left."""
    from tqdm import tqdm

    shown = sys.stderr.isatty()
    bar = tqdm(
        total=1.0, desc=title, leave=False, disable=not shown, file=sys.stderr,
        bar_format="{desc} {percentage:3.0f}%|{bar}|{postfix}",
    )
    stop = threading.Event()

    def refresh():
        while not stop.wait(1.0):
            now = time.monotonic() - start
            left = clock.left(now)
            bar.n = min(1.0, now / (now + left)) if now + left else 1.0
            bar.set_postfix_str(f"{duration(now)} gone, {duration(left)} left")

    thread = threading.Thread(target=refresh, daemon=True)
    if shown:
        thread.start()
    try:
        yield bar
    finally:
        stop.set()
        if shown:
            thread.join()
        bar.close()


def _say(line: str) -> None:
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)
    sys.stderr.flush()


# --------------------------------------------------------------------------------------- doing
def simulate_missing(page: CompanionParameters, workers: int = 2, seconds: float = 0.0) -> None:
    """Simulate all that these temperatures lack, with a bar and the time left.

    Parameters
    ----------
    page : CompanionParameters
    workers : int
        Processes.
    seconds : float
        Expected for all of it, see :func:`estimate`.

    Raises
    ------
    SimulationError
        A task failed; what it had done is kept.
    """
    from glasslib import campaign, planning

    goals = [planning.whole(profile, t) for t, profile in _missing(page).items()]
    todo = [task for task in campaign.tasks(goals) if not task.done()]
    if not todo:
        return
    work = {task: planning.task_time(task) for task in todo}
    clock = TimeLeft(sum(work.values()), seconds, max(work.values()))
    start = time.monotonic()
    with _bar("simulating", clock, start):

        def report(task, line, done, total):
            now = time.monotonic() - start
            clock.done(work.get(task, 0.0), now)
            _say(f"[{done}/{total}] {task}: {line}; {duration(clock.left(now))} left")

        campaign.run(goals, workers, report)


def run(
    stems: Sequence[str],
    values: Mapping[str, Any],
    target: Path | None = None,
    *,
    workers: int = 2,
    force: bool = False,
) -> Path:
    """Execute notebooks at the temperatures asked for; simulate first what is missing.

    Parameters
    ----------
    stems : sequence of str
        Notebooks, see :func:`chosen`.
    values : mapping
        Parameters by name, see :func:`given_to`.
    target : Path, optional
        Folder of the executed notebooks; :func:`folder` by default. The figures and the numbers
        behind them go to ``figures`` in it.
    workers : int
        Processes that simulate.
    force : bool
        Execute also pages that are up to date.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ParameterError
        A value is out of range; nothing has been started.
    PublishError, SimulationError
        A page or a simulation stopped; what was done before stays, and a second call goes on.
    """
    given = given_to(stems, values)
    page = shared(given)
    target = folder(page) if target is None else Path(target)
    if target.is_file() or target.suffix == ".ipynb":
        raise ParameterError(
            f"'{target}' is one notebook, and {len(stems)} are to be written; name a folder"
        )
    paths.check_writable(target, setting="--output")
    _prepare(stems, page, workers)
    with _executing(stems, page) as report:
        publish.execute_pages(
            stems, folder=target, parameters=given, force=force, report=report
        )
    return target


def build_book(values: Mapping[str, Any], *, workers: int = 2, force: bool = False) -> Path:
    """Build a book that shows these temperatures beside those that ship; return its first page.

    It stands in a folder of its own, so that the book without them stays as it is.

    Parameters
    ----------
    values : mapping
        Parameters by name, see :func:`given_to`.
    workers : int
        Processes that simulate.
    force : bool
        Execute and build everything.

    Raises
    ------
    ParameterError, PublishError, SimulationError
        As for :func:`run`, or a page gave a warning.
    """
    stems = publish.pages()
    given = given_to(stems, values)
    page = shared(given)
    build = paths.book() / "books" / _label(page)
    paths.check_writable(build)
    _prepare(stems, page, workers)
    with _executing(stems, page) as report:
        return publish.build_book(force=force, report=report, parameters=given, build=build)


def _prepare(stems: Sequence[str], page: CompanionParameters, workers: int) -> None:
    """Say how long it will take at most, then simulate what is missing."""
    if not stems:
        raise GlasslibError("there is no notebook to run")
    expected = estimate(stems, page, workers)
    shown = ", ".join(f"{t:g}" for t in page.temperatures)
    _say(f"{len(stems)} pages at T = {shown}, profile {page.profile}: {expected}")
    simulate_missing(page, workers, expected.simulation)


@contextmanager
def _executing(
    stems: Sequence[str], page: CompanionParameters
) -> Iterator[Callable[[str], None]]:
    """Show a bar while pages run; yield what takes a line about each page, in order."""
    weights = {stem: PAGE_SECONDS + more for stem, more in _computing(stems, page).items()}
    clock = TimeLeft(sum(weights.values()), sum(weights.values()), PAGE_SECONDS)
    start = time.monotonic()

    def report(line: str) -> None:
        now, weight = time.monotonic() - start, weights.get(line.split(" ", 1)[0])
        if weight is None:
            _say(line)
            return
        if line.endswith("unchanged"):
            clock.total -= weight
        else:
            clock.done(weight, now)
        _say(f"{line}; {duration(clock.left(now))} left")

    with _bar("pages", clock, start):
        yield report


def shared(given: Mapping[str, Mapping[str, Any]]) -> CompanionParameters:
    """Return the parameters that every page shares: temperatures and profile.

    Parameters
    ----------
    given : mapping
        From :func:`given_to`.
    """
    fields = CompanionParameters.model_fields
    first = next(iter(given.values()))
    return validate(CompanionParameters, **{k: v for k, v in first.items() if k in fields})
