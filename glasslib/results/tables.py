"""The list of result tables: what each holds, what it depends on, and how it is computed.

A table is a pure function of data, code and parameters. It is made of parts, mostly one for each
temperature, so that new data at one temperature recompute that part alone. :func:`table` gives a
table to a page: from ``data/results`` if the key of a part matches, else from ``var/cache``, else
computed now. :func:`compute` brings ``data/results`` up to date; every trained network is cached
by itself, so a kill loses one training at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from glasslib import paths, store
from glasslib.errors import DataError, ParameterError
from glasslib.parameters import NetworkSettings
from glasslib.results import heldout, leakage, minima, noise, simple, storage, vibrations
from glasslib.results.cache import digest, key_of
from glasslib.results.closure import code_of
from glasslib.results.networks import (
    chosen_settings,
    reference_temperature,
    search_settings,
    settings_key,
)
from glasslib.store import Ensemble

__all__ = ["TABLES", "Difference", "Table", "check", "compute", "judged", "status", "table"]

Shown = dict[float, Ensemble]


@dataclass(frozen=True)
class Table:
    """One result table.

    Parameters
    ----------
    name : str
        File ``data/results/<name>.csv``.
    about : str
        What it holds, in one line.
    function : callable
        From an ensemble (or, for ``parts = "all"``, from all of them) and, if ``trains``, the
        chosen settings, to the rows.
    parts : {"each", "reference", "all"}
        One part for each temperature, for the reference temperature alone, or one in all.
    trains : bool
        Needs networks, and so the choice of settings.
    tolerance : float
        How far a number may lie from that computed elsewhere. A network rounds differently on
        another processor, and training amplifies that; it is then another seed.
    cost : float
        Seconds of one core for 8,000 rows, roughly: to say how much is left.
    """

    name: str
    about: str
    function: Callable[..., pd.DataFrame]
    parts: str = "each"
    trains: bool = False
    tolerance: float = 5e-3
    cost: float = 5.0


TABLES: dict[str, Table] = {
    one.name: one
    for one in (
        Table("ceiling", "noise ceiling of the propensity against t and number of trajectories",
              noise.ceilings, tolerance=1e-4, cost=4),
        Table("accuracy", "ρ(t) of networks A and B, split by row (three seeds) and by run",
              heldout.accuracy, trains=True, tolerance=0.05, cost=90),
        Table("accuracy-equal-runs",
              "ρ(t) of A and B from as many runs at every temperature, to compare temperatures",
              heldout.accuracy_from_equal_runs, trains=True, tolerance=0.05, cost=90),
        Table("shape", "numbers that decide on minima and maxima of ρ(t)",
              heldout.shape, trains=True, tolerance=0.07, cost=3),
        Table("susceptibility", "χ4(t), true, predicted, and of single trajectories",
              heldout.susceptibilities, trains=True, tolerance=2.0, cost=3),
        Table("transfer", "ρ(τ_α) of networks at other temperatures than their own",
              heldout.transfers, parts="all", trains=True, tolerance=0.07, cost=15),
        Table("baselines", "ρ(t) of simpler means on the same splits",
              simple.baselines, cost=35),
        Table("positions", "ρ(t) within each place in the chain, runs held out",
              simple.positions, trains=True, tolerance=0.05, cost=5),
        Table("leaks", "what shared noise and standardisation over all rows add, ridge",
              leakage.leaks, cost=12),
        Table("leaks-networks", "the same leaks in networks, at the reference temperature",
              leakage.leaks_in_networks, parts="reference", trains=True, tolerance=0.05, cost=50),
        Table("reorientation", "DW, propensity and bond reorientation of the same monomer",
              vibrations.reorientation, cost=3),
        Table("reorientation-models", "does reorientation at t = 1 close the gap from B to A?",
              vibrations.reorientation_models, cost=15),
        Table("importance", "fall of ρ(t) when a group of descriptors is shuffled",
              vibrations.importance, trains=True, tolerance=0.05, cost=12),
        Table("learning-runs", "ρ of ridge regression against the number of training runs",
              simple.learning_runs, cost=20),
        Table("learning-trajectories", "ρ of ridge regression against trajectories in an ensemble",
              simple.learning_trajectories, cost=15),
        Table("learning-networks", "ρ of networks against the number of training runs",
              simple.learning_in_networks, parts="reference", trains=True, tolerance=0.05,
              cost=60),
        Table("inherent", "ρ(t) of ridge with the descriptors of the inherent structure",
              minima.inherent_structure, cost=35),
        Table("inherent-networks", "networks with the descriptors of the inherent structure",
              minima.inherent_structure_in_networks, parts="reference", trains=True,
              tolerance=0.05, cost=80),
    )
}


# ------------------------------------------------------------------------------------- keys
def part_name(temperature: float) -> str:
    """Return the name of a temperature's part.

    Examples
    --------
    >>> part_name(0.5)
    'T0.500'
    """
    return f"T{temperature:.3f}"


def _parts(one: Table, shown: Shown) -> dict[str, float | None]:
    """Parts of a table with the temperature of each."""
    if one.parts == "all":
        return {"all": None}
    temperatures = [reference_temperature(shown)] if one.parts == "reference" else list(shown)
    return {part_name(t): t for t in temperatures}


class _Work:
    """What parts share: the ensembles, and the settings once they are chosen."""

    def __init__(self, shown: Shown):
        self.shown = shown
        self._settings: dict | None = None

    @property
    def settings(self) -> dict[str, dict[str, NetworkSettings]]:
        if self._settings is None:
            self._settings = {
                by: {
                    which: best
                    for which, (best, _) in chosen_settings(
                        self.shown, NetworkSettings(split=by)
                    ).items()
                }
                for by in self._splits()
            }
            # One run cannot be held out; whatever asks for it finds the choice made by row.
            self._settings.setdefault("run", self._settings["row"])
        return self._settings

    def _splits(self) -> tuple[str, ...]:
        reference = self.shown[reference_temperature(self.shown)]
        return ("row", "run") if len(reference.runs) > 1 else ("row",)

    def settings_known(self) -> bool:
        """Tell whether the settings are there without training."""
        reference = self.shown[reference_temperature(self.shown)]
        keys = {by: settings_key(reference, NetworkSettings(split=by)) for by in self._splits()}
        return all(
            storage.look_up("settings", by, key) is not None for by, key in keys.items()
        )

    def key(self, one: Table, temperature: float | None) -> str:
        chosen = [self.shown[temperature]] if temperature is not None else self.shown.values()
        settings = None
        if one.trains:
            settings = {
                by: {which: each.model_dump() for which, each in both.items()}
                for by, both in self.settings.items()
            }
        code = code_of(one.function, store.load_ensemble)
        return key_of(one.name, [digest(of) for of in chosen], settings, code)

    def frame(self, one: Table, temperature: float | None) -> pd.DataFrame:
        given = (self.shown if temperature is None else self.shown[temperature],)
        if one.trains:
            given = (*given, self.settings)
        with threadpool_limits(1):  # on a busy machine, two threads are ten times slower than one
            frame = one.function(*given)
        if temperature is not None:
            frame = frame.assign(T=temperature)
            frame = frame[["T", *(name for name in frame if name != "T")]]
        return frame


# ----------------------------------------------------------------------------------- reading
def table(name: str, shown: Shown) -> pd.DataFrame:
    """Return a result table for the ensembles shown; compute what is not there.

    Parameters
    ----------
    name : str
        One of :data:`TABLES`.
    shown : dict of float to Ensemble
        By temperature.

    Raises
    ------
    ParameterError
        There is no such table.
    """
    one = _named(name)
    work = _Work(shown)
    frames = []
    for part, temperature in _parts(one, shown).items():
        key = work.key(one, temperature)
        frame = storage.look_up(name, part, key)
        if frame is None:
            frame = storage.keep(name, part, key, work.frame(one, temperature))
        frames.append(frame)
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(filled, ignore_index=True)


def judged(shown: Shown, melts: Shown) -> list:
    """Judge the paper's claims, see :mod:`glasslib.claims`.

    Parameters
    ----------
    shown : dict of float to Ensemble
        From :func:`~glasslib.results.ensembles`.
    melts : dict of float to Ensemble
        From :func:`~glasslib.results.melts`; the mean displacement at τ_α needs no ensemble.
    """
    from glasslib import claims
    from glasslib.results.data import relaxation_table

    needed = ("accuracy", "accuracy-equal-runs", "ceiling", "shape", "susceptibility", "transfer")
    return claims.evidence(
        {name: table(name, shown) for name in needed}, relaxation_table(melts),
        {t: len(of.runs) for t, of in shown.items()},
    )


def _named(name: str) -> Table:
    try:
        return TABLES[name]
    except KeyError:
        raise ParameterError(
            f"result table {name!r} does not exist; choose {', '.join(TABLES)}"
        ) from None


def companion() -> Shown:
    """Load all ensembles that ship, falling.

    Raises
    ------
    DataError
        None ships.
    """
    shown = {t: store.load_ensemble(t, "companion") for t in store.available("companion")}
    if not shown:
        raise DataError("no ensemble ships; simulate them with 'glasslib campaign run'")
    return shown


# --------------------------------------------------------------------------------- computing
def compute(
    names: Iterable[str] | None = None,
    shown: Shown | None = None,
    report: Callable[[str], None] = print,
    force: bool = False,
) -> int:
    """Bring ``data/results`` up to date and say how far it is; return how many parts were made.

    Parameters
    ----------
    names : iterable of str, optional
        Tables; all by default.
    shown : dict, optional
        Ensembles; all that ship by default.
    report : callable
        Gets one line about each part.
    force : bool
        Compute also what is up to date.
    """
    shown = companion() if shown is None else shown
    work = _Work(shown)
    chosen = [_named(name) for name in (TABLES if names is None else names)]
    begin = time.process_time()
    if any(one.trains for one in chosen):
        _compute_settings(work, report, force)
    todo = []
    for one in chosen:
        parts = _parts(one, shown)
        stale = {
            part for part in storage.parts_of(one.name) if part not in parts
        }
        storage.drop(one.name, stale)
        for part, temperature in parts.items():
            key = work.key(one, temperature)
            there = storage.parts_of(one.name).get(part, {}).get("key") == key
            if force or not there:
                todo.append((one, part, temperature, key))
    weights = [_weight(one, shown, temperature) for one, _, temperature, _ in todo]
    report(f"{len(todo)} parts to compute, about {_minutes(sum(weights))} of one core")
    spent, weighed = 0.0, 0.0
    for number, (one, part, temperature, key) in enumerate(todo):
        started = time.process_time()
        frame = None if force else storage.look_up(one.name, part, key)
        if frame is None:
            frame = work.frame(one, temperature)
        seconds = time.process_time() - started
        if seconds > 0.1 * weights[number]:  # what was found in the cache says nothing of speed
            spent, weighed = spent + seconds, weighed + weights[number]
        if len(frame):
            storage.ship(one.name, part, key, frame, seconds)
        else:
            storage.keep(one.name, part, key, frame)
        # The guess counts as a minute's experience, so that the first parts do not mislead.
        left = sum(weights[number + 1 :]) * (spent + 60) / (weighed + 60)
        report(
            f"[{number + 1}/{len(todo)}] {one.name} {part}: {len(frame)} rows, {seconds:.0f} s;"
            f" about {_minutes(left)} left"
        )
    report(f"results are up to date; {_minutes(time.process_time() - begin)} of processor time")
    return len(todo)


def _weight(one: Table, shown: Shown, temperature: float | None) -> float:
    ensembles = [shown[temperature]] if temperature is not None else list(shown.values())
    rows = np.mean([len(of.runs) * of.melt.n_monomers for of in ensembles])
    return one.cost * rows / 8000


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _compute_settings(work: _Work, report: Callable[[str], None], force: bool) -> None:
    reference = work.shown[reference_temperature(work.shown)]
    for by in work._splits():
        settings = NetworkSettings(split=by)
        key = settings_key(reference, settings)
        if storage.parts_of("settings").get(by, {}).get("key") == key and not force:
            continue
        started = time.process_time()
        report(f"choosing the settings of A and B, split by {by}")
        frame = storage.look_up("settings", by, key)
        frame = search_settings(reference, settings) if frame is None or force else frame
        storage.ship("settings", by, key, frame, time.process_time() - started)


def status(shown: Shown | None = None) -> pd.DataFrame:
    """Say of each table how many parts are up to date, without computing anything.

    Returns
    -------
    pandas.DataFrame
        By table: parts up to date and in all, processor seconds they took, and what it holds.
    """
    shown = companion() if shown is None else shown
    work = _Work(shown)
    known = work.settings_known()
    rows = []
    for one in TABLES.values():
        there = storage.parts_of(one.name)
        parts = _parts(one, shown)
        good = "settings first"
        if known or not one.trains:
            fresh = sum(
                there.get(part, {}).get("key") == work.key(one, temperature)
                or storage.look_up(one.name, part, work.key(one, temperature)) is not None
                for part, temperature in parts.items()
            )
            good = f"{fresh} of {len(parts)}"
        rows.append({
            "table": one.name, "up to date": good,
            "seconds": round(sum(about["seconds"] for about in there.values())),
            "holds": one.about,
        })
    return pd.DataFrame(rows)


# ---------------------------------------------------------------------------------- checking
@dataclass(frozen=True)
class Difference:
    """A number of a shipped table that does not come out again.

    Parameters
    ----------
    table, part, column : str
    row : int
        Row within the part.
    shipped, computed
        The two values.
    """

    table: str
    part: str
    column: str
    row: int
    shipped: object
    computed: object


def check(
    sample: int = 3,
    names: Iterable[str] | None = None,
    shown: Shown | None = None,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> list[Difference]:
    """Compute a sample of shipped parts again, from the data up, and compare them.

    Nothing is read from the cache. Only parts whose key matches are compared: others are stale,
    and are reported so.

    Parameters
    ----------
    sample : int
        How many parts.
    names : iterable of str, optional
        Tables to draw from. By default all whose parts stand on one temperature each: one that
        stands on all (``transfer``) trains every network again, for more than ten minutes.
    shown : dict, optional
        Ensembles; all that ship by default.
    seed : int
        Of the draw.
    report : callable
        Gets one line about each part.

    Returns
    -------
    list of Difference
        Empty when all is well: text is equal, numbers agree to the table's tolerance, and NaN
        stands where NaN stood.

    Raises
    ------
    DataError
        Nothing that ships is up to date, so nothing can be compared.
    """
    shown = companion() if shown is None else shown
    work = _Work(shown)
    if names is None:
        names = [name for name, one in TABLES.items() if one.parts != "all"]
    candidates = []
    for one in map(_named, names):
        there = storage.parts_of(one.name)
        for part, temperature in _parts(one, shown).items():
            if part not in there:
                continue
            if one.trains and not work.settings_known():
                report(f"{one.name} {part} is stale: the choice of settings is; not compared")
            elif there[part]["key"] == work.key(one, temperature):
                candidates.append((one, part, temperature))
            else:
                report(f"{one.name} {part} is stale; not compared")
    if not candidates:
        raise DataError("no part that ships is up to date; run 'glasslib results compute'")
    order = np.random.default_rng(seed).permutation(len(candidates))[:sample]
    found = []
    for one, part, temperature in (candidates[k] for k in order):
        shipped = storage.look_up(one.name, part, work.key(one, temperature))
        with paths.empty_var():
            again = storage.keep(one.name, part, "check", work.frame(one, temperature))
        wrong = _compare(one, part, shipped, again)
        report(f"{one.name} {part}: {len(again)} rows computed again, {len(wrong)} differ")
        found += wrong
    return found


def _compare(one: Table, part: str, shipped: pd.DataFrame, again: pd.DataFrame) -> list[Difference]:
    if list(shipped) != list(again) or len(shipped) != len(again):
        return [Difference(one.name, part, "shape", 0, shipped.shape, again.shape)]
    found = []
    for column in shipped:
        a, b = shipped[column], again[column]
        if a.dtype.kind in "fi" and b.dtype.kind in "fi":
            same = np.isclose(a, b, rtol=1e-3, atol=one.tolerance, equal_nan=True)
        else:
            same = (a.astype(str) == b.astype(str)).to_numpy()
        found += [
            Difference(one.name, part, column, int(row), a[row], b[row])
            for row in np.flatnonzero(~same)
        ]
    return found
