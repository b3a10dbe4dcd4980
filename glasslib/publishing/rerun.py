"""Many notebooks at new temperatures in one go: how long it will take, then do it, resumably.

First what is missing is simulated, so that every page finds it; then the pages run, as many at a
time as there are processes. What one page computes (descriptors, trained networks, result tables)
is kept under ``var/cache`` and serves the others. Each executed page has a record of what it
depends on, so a second call goes on where the first one was stopped.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from tqdm import tqdm

from glasslib import campaign, paths, store
from glasslib.campaign import planning
from glasslib.campaign.planning import TimeLeft, duration
from glasslib.errors import GlasslibError, ParameterError
from glasslib.files import key_of
from glasslib.learning.training import DEFAULT_GRID
from glasslib.parameters import CompanionParameters, NetworkSettings, get_protocol, validate
from glasslib.publishing import execute, notebooks, site
from glasslib.results import networks, shipped, shipped_profile
from glasslib.results.claims import EVIDENCE
from glasslib.results.own_claims import OWN_EVIDENCE
from glasslib.results.page_parameters import given_for
from glasslib.results.tables import TABLES

__all__ = ["Estimate", "build_book", "estimate", "run", "simulate_missing"]

#: Seconds of a page that was never run here: start of Python, loading the library, figures.
PAGE_SECONDS = 15.0
#: Seconds to describe one monomer and to train A and B on it, epochs and all.
ROW_SECONDS = 0.006


def _label(page: CompanionParameters, others: Mapping[str, Any]) -> str:
    """Name a folder by temperatures and profile, and by a digest of the pages' other parameters."""
    return "-".join([*(f"T{t:.3f}" for t in page.temperatures), page.profile,
                     *([key_of(others)[:8]] if others else [])])


def checked(
    stems: Sequence[str], values: Mapping[str, Any]
) -> tuple[CompanionParameters, dict[str, Any]]:
    """Return what all pages share, and the parameters that some of these have of their own."""
    own = {name: value for given in given_for(list(stems), dict(values)).values()
           for name, value in given.items() if name not in CompanionParameters.model_fields}
    shared = {name: value for name, value in values.items()
              if name in CompanionParameters.model_fields}
    return validate(CompanionParameters, **shared), own


# ----------------------------------------------------------------------------------- estimates
@dataclass(frozen=True)
class Estimate:
    """How long a run will take, in seconds.

    Parameters
    ----------
    simulation : float
        To simulate what is missing.
    computing : dict of str to float
        By page, to train networks and compute tables; what two pages need counts for the first.
    pages : dict of str to float
        By page, the rest, divided by the number of pages at a time.
    """

    simulation: float
    computing: dict[str, float]
    pages: dict[str, float]

    @property
    def total(self) -> float:
        """All of it."""
        return self.simulation + sum(self.computing.values()) + sum(self.pages.values())

    def __str__(self):
        computing, pages = sum(self.computing.values()), sum(self.pages.values())
        return (
            f"about {duration(self.total)}: simulation {duration(self.simulation)}, networks and"
            f" tables {duration(computing)}, pages {duration(pages)}; give or take a"
            " factor of two"
        )


def estimate(stems: Sequence[str], page: CompanionParameters, workers: int = 2) -> Estimate:
    """Estimate how long the notebooks will take at these temperatures.

    The speed of the simulation is measured now, for some seconds; τ_α may be extrapolated. A page
    that the book here holds is expected to take as long as it took there.

    Parameters
    ----------
    stems : sequence of str
        Notebooks.
    page : CompanionParameters
        Temperatures and profile.
    workers : int
        Processes that simulate, and pages at a time.
    """
    executed = paths.build() / "executed"
    return Estimate(
        sum(planning.simulation_seconds(t, page.profile, workers) for t in _missing(page)),
        _computing(stems, page),
        {
            stem: execute.read_record(executed / f"{stem}.json").get("seconds", PAGE_SECONDS)
            / min(workers, len(stems))
            for stem in stems
        },
    )


def _missing(page: CompanionParameters) -> list[float]:
    """Return the temperatures that have no data, or not all of them."""
    return [
        t for t in page.temperatures
        if store.profile_with(t, page.profile) not in store.SHIPPED
        and not all(task.done() for task in campaign.tasks([campaign.whole(t, page.profile)]))
    ]


def _computing(stems: Sequence[str], page: CompanionParameters) -> dict[str, float]:
    """Return, by page, the seconds to compute tables and networks that are not there."""
    rows = _rows(page)
    # Tables ship for the data of the companion alone.
    tables = store.available("companion") if shipped_profile(page) == "companion" else {}
    new = [t for t in rows if store.find_temperature(t, tables) is None]
    reference = store.find_temperature(networks.reference_temperature(rows), new)
    grows = {  # data of their own do not grow with those of a page
        "each": sum(rows[t] for t in new), "all": sum(rows.values()) if new else 0, "own": 0,
        "reference": 0 if reference is None else rows[reference],
    }
    counted: set[str] = set()
    seconds = dict.fromkeys(stems, 0.0)
    for stem in stems:
        for name in _needed(stem) - counted:
            counted.add(name)
            if name == "networks":
                seconds[stem] += _training(rows, page.profile)
            else:
                seconds[stem] += TABLES[name].cost * grows[TABLES[name].parts] / 8000
    return seconds


def _needed(stem: str) -> set[str]:
    """Return the names of the tables that a page asks for, and "networks" if it predicts."""
    found = set()
    for name, argument in notebooks.calls(notebooks.source(stem), "results"):
        if name in ("predict", "predictions"):
            found.add("networks")
        elif name == "table" and argument in TABLES:
            found.add(argument)
        elif name == "judged":
            found |= set(EVIDENCE)
        elif name == "own_findings":
            found |= set(OWN_EVIDENCE)
    return found


def _rows(page: CompanionParameters) -> dict[float, int]:
    """Return, by temperature, the monomers in all runs that the pages will show."""
    protocol = get_protocol(page.profile)
    rows = dict.fromkeys(page.temperatures, protocol.runs * protocol.melt.n_monomers)
    ships = shipped_profile(page)
    for t, runs in store.available(ships).items():
        rows[t] = len(runs) * get_protocol(ships).melt.n_monomers
    return rows


def _training(rows: Mapping[float, int], profile: str) -> float:
    """Return the seconds to choose what the paper leaves open and to train A and B."""
    untrained = [t for t in rows if not list(paths.cache().glob(f"network-?-T{t:.3f}-*"))]
    monomers = sum(rows[t] for t in untrained)
    reference = networks.reference_temperature(rows)
    if not _settings_are_known(reference, profile):
        choices = prod(len(values) for values in DEFAULT_GRID.values())
        monomers += choices * rows[reference]
    return ROW_SECONDS * monomers


def _settings_are_known(temperature: float, profile: str) -> bool:
    """Tell whether a choice of the settings ships or is cached."""
    found = store.profile_with(temperature, profile)
    if found is None:
        return False
    key = networks.settings_key(store.load_ensemble(temperature, found), NetworkSettings())
    return shipped.find("settings", "row", key) is not None


# ------------------------------------------------------------------------------------ progress
@contextmanager
def _bar(title: str, clock: TimeLeft, start: float) -> Iterator[None]:
    """Show, until the block ends, a bar that moves with the time and says how much is left."""
    if not sys.stderr.isatty():
        yield
        return
    bar = tqdm(
        total=1.0, desc=title, leave=False, file=sys.stderr,
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
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        bar.close()


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)
    sys.stderr.flush()


# --------------------------------------------------------------------------------------- doing
def simulate_missing(page: CompanionParameters, workers: int = 2, seconds: float = 0.0) -> None:
    """Simulate all that these temperatures lack, with a bar and the time left.

    Parameters
    ----------
    page : CompanionParameters
        Temperatures and profile.
    workers : int
        Processes.
    seconds : float
        Expected for all of it, see :func:`estimate`.

    Raises
    ------
    SimulationError
        A task failed; what it had done is kept.
    """
    goals = [campaign.whole(t, page.profile) for t in _missing(page)]
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
        Notebooks.
    values : mapping
        Parameters by name.
    target : Path, optional
        Folder of the executed notebooks, such as ``_build/runs/T0.470-lab`` by default. The
        figures and the numbers behind them go to ``figures`` in it.
    workers : int
        Processes that simulate, and pages at a time.
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
    page, own = checked(stems, values)
    target = paths.build() / "runs" / _label(page, own) if target is None else Path(target)
    if target.is_file() or target.suffix == ".ipynb":
        raise ParameterError(
            f"'{target}' is one notebook, and {len(stems)} are to be written; name a folder"
        )
    paths.check_writable(target, setting="--output")
    with _executing(_prepare(stems, page, workers)) as report:
        execute.execute_pages(
            stems, folder=target, parameters=page.given | own, force=force, report=report,
            workers=workers,
        )
    return target


def build_book(values: Mapping[str, Any], *, workers: int = 2, force: bool = False) -> Path:
    """Build a book that shows these temperatures beside those that ship; return its first page.

    It stands in a folder of its own, so that the book without them stays as it is.

    Parameters
    ----------
    values : mapping
        Parameters by name.
    workers : int
        Processes that simulate, and pages at a time.
    force : bool
        Execute and build everything.

    Raises
    ------
    ParameterError, PublishError, SimulationError
        As for :func:`run`, or a page gave a warning.
    """
    page, own = checked(notebooks.contents(), values)
    build = paths.build() / "books" / _label(page, own)
    paths.check_writable(build)
    with _executing(_prepare(notebooks.contents(), page, workers)) as report:
        return site.build_book(
            force=force, report=report, parameters=page.given | own, build=build, workers=workers
        )


def _prepare(stems: Sequence[str], page: CompanionParameters, workers: int) -> Estimate:
    """Say how long it will take at most, then simulate what is missing."""
    if not stems:
        raise GlasslibError("there is no notebook to run")
    expected = estimate(stems, page, workers)
    temperatures = ", ".join(f"{t:g}" for t in page.temperatures)
    _say(f"{len(stems)} pages at T = {temperatures}, profile {page.profile}: {expected}")
    simulate_missing(page, workers, expected.simulation)
    return expected


@contextmanager
def _executing(expected: Estimate) -> Iterator[Callable[[str], None]]:
    """Show a bar while pages run; yield what takes a line about each page, in order."""
    weights = {stem: seconds + expected.computing[stem] for stem, seconds in expected.pages.items()}
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
