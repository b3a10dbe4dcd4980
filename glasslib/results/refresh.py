"""``data/results`` brought up to date, its state, and a check of what ships."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glasslib import paths, store
from glasslib.errors import DataError
from glasslib.parameters import NetworkSettings
from glasslib.results import shipped
from glasslib.results.networks import reference_temperature, search_settings, settings_key
from glasslib.results.tables import TABLES, Shown, Table, _named, _parts, _Work

__all__ = ["Difference", "check", "companion", "compute", "status"]


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
            part for part in shipped.parts_of(one.name) if part not in parts
        }
        shipped.drop(one.name, stale)
        for part, temperature in parts.items():
            key = work.key(one, temperature)
            there = shipped.parts_of(one.name).get(part, {}).get("key") == key
            if force or not there:
                todo.append((one, part, temperature, key))
    weights = [_weight(one, shown, temperature) for one, _, temperature, _ in todo]
    report(f"{len(todo)} parts to compute, about {_minutes(sum(weights))} of one core")
    spent, weighed = 0.0, 0.0
    for number, (one, part, temperature, key) in enumerate(todo):
        started = time.process_time()
        frame = None if force else shipped.look_up(one.name, part, key)
        if frame is None:
            frame = work.frame(one, temperature)
        seconds = time.process_time() - started
        if seconds > 0.1 * weights[number]:  # what was found in the cache says nothing of speed
            spent, weighed = spent + seconds, weighed + weights[number]
        if len(frame):
            shipped.ship(one.name, part, key, frame, seconds)
        else:
            shipped.keep(one.name, part, key, frame)
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
        if shipped.parts_of("settings").get(by, {}).get("key") == key and not force:
            continue
        started = time.process_time()
        report(f"choosing the settings of A and B, split by {by}")
        frame = shipped.look_up("settings", by, key)
        frame = search_settings(reference, settings) if frame is None or force else frame
        shipped.ship("settings", by, key, frame, time.process_time() - started)


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
        there = shipped.parts_of(one.name)
        parts = _parts(one, shown)
        good = "settings first"
        if known or not one.trains:
            fresh = sum(
                there.get(part, {}).get("key") == work.key(one, temperature)
                or shipped.look_up(one.name, part, work.key(one, temperature)) is not None
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
        there = shipped.parts_of(one.name)
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
        there = shipped.look_up(one.name, part, work.key(one, temperature))
        with paths.empty_var():
            again = shipped.keep(one.name, part, "check", work.frame(one, temperature))
        wrong = _compare(one, part, there, again)
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
