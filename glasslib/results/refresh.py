"""``data/results`` brought up to date, its state, and a check of what ships."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glasslib import paths, store
from glasslib.campaign.planning import TimeLeft, duration
from glasslib.errors import DataError
from glasslib.parameters import NetworkSettings
from glasslib.results import shipped
from glasslib.results.models import publish_models
from glasslib.results.networks import reference_temperature, search_settings, settings_key
from glasslib.results.tables import (
    TABLES,
    Ensembles,
    Table,
    Work,
    find_table,
    temperatures_of_parts,
)

__all__ = ["Difference", "check", "companion", "compute", "status"]


def companion() -> Ensembles:
    """Load all ensembles that ship, falling.

    Raises
    ------
    DataError
        None ships.
    """
    ensembles = {t: store.load_ensemble(t, "companion") for t in store.available("companion")}
    if not ensembles:
        raise DataError("no ensemble ships; simulate them with 'glasslib campaign run'")
    return ensembles


# --------------------------------------------------------------------------------- computing
def compute(
    names: Iterable[str] | None = None,
    ensembles: Ensembles | None = None,
    report: Callable[[str], None] = print,
    force: bool = False,
) -> int:
    """Bring ``data/results`` up to date and say how far it is; return how many parts were made.

    Parameters
    ----------
    names : iterable of str, optional
        Tables, and ``"models"`` for the trained models that ship; all tables by default.
    chosen : dict, optional
        Ensembles; all that ship by default.
    report : callable
        Gets one line about each part.
    force : bool
        Compute also what is up to date.
    """
    ensembles = companion() if ensembles is None else ensembles
    work = Work(ensembles)
    names = list(TABLES if names is None else names)
    chosen = [find_table(name) for name in names if name != "models"]
    begin = time.process_time()
    if "models" in names or any(entry.trains for entry in chosen):
        _compute_settings(work, report, force)
    todo = []
    for entry in chosen:
        parts = temperatures_of_parts(entry, ensembles)
        shipped.remove(entry.name, set(shipped.parts_of(entry.name)) - set(parts))
        for part, temperature in parts.items():
            key = work.key(entry, temperature)
            recorded = shipped.parts_of(entry.name).get(part, {}).get("key") == key
            if force or not recorded:
                todo.append((entry, part, temperature, key))
    weights = [_weight(entry, ensembles, temperature) for entry, _, temperature, _ in todo]
    report(f"{len(todo)} parts to compute, about {duration(sum(weights))} of one core")
    clock, spent = TimeLeft(sum(weights), sum(weights), piece=60.0), 0.0
    for number, (entry, part, temperature, key) in enumerate(todo):
        started = time.process_time()
        frame = None if force else shipped.find(entry.name, part, key)
        if frame is None:
            frame = work.frame(entry, temperature)
        seconds = time.process_time() - started
        if seconds > 0.1 * weights[number]:  # what was found in the cache says nothing of speed
            spent += seconds
            clock.done(weights[number], at=spent)
        else:
            clock.total -= weights[number]
        shipped.publish(entry.name, part, key, frame, seconds)
        report(
            f"[{number + 1}/{len(todo)}] {entry.name} {part}: {len(frame)} rows, {seconds:.0f} s;"
            f" about {duration(clock.left(spent))} left"
        )
    made = len(todo)
    if "models" in names:
        made += publish_models(ensembles, work.settings["run"], report, force)
    report(f"results are up to date; {duration(time.process_time() - begin)} of processor time")
    return made


def _weight(entry: Table, ensembles: Ensembles, temperature: float | None) -> float:
    if entry.parts == "own":
        return entry.cost
    chosen = [ensembles[temperature]] if temperature is not None else list(ensembles.values())
    rows = np.mean([len(ensemble.runs) * ensemble.melt.n_monomers for ensemble in chosen])
    return entry.cost * rows / 8000


def _compute_settings(work: Work, report: Callable[[str], None], force: bool) -> None:
    reference = work.ensembles[reference_temperature(work.ensembles)]
    for division in work.divisions():
        settings = NetworkSettings(split=division)
        key = settings_key(reference, settings)
        if shipped.parts_of("settings").get(division, {}).get("key") == key and not force:
            continue
        started = time.process_time()
        report(f"choosing the settings of A and B, split by {division}")
        frame = shipped.find("settings", division, key)
        frame = search_settings(reference, settings) if frame is None or force else frame
        shipped.publish("settings", division, key, frame, time.process_time() - started)


def status(ensembles: Ensembles | None = None) -> pd.DataFrame:
    """Say of each table how many parts are up to date, without computing anything.

    Returns
    -------
    pandas.DataFrame
        ``table``, ``up to date`` (parts that are, of how many), ``seconds`` of processor time that
        they took, and what it ``holds``.
    """
    ensembles = companion() if ensembles is None else ensembles
    work = Work(ensembles)
    known = work.settings_known()
    rows = []
    for entry in TABLES.values():
        recorded = shipped.parts_of(entry.name)
        parts = temperatures_of_parts(entry, ensembles)
        good = "settings first"
        if known or not entry.trains:
            current = sum(
                shipped.find(entry.name, part, work.key(entry, temperature)) is not None
                for part, temperature in parts.items()
            )
            good = f"{current} of {len(parts)}"
        rows.append({
            "table": entry.name, "up to date": good,
            "seconds": round(sum(about["seconds"] for about in recorded.values())),
            "holds": entry.about,
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
    ensembles: Ensembles | None = None,
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
    chosen : dict, optional
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
    ensembles = companion() if ensembles is None else ensembles
    work = Work(ensembles)
    if names is None:
        names = [name for name, entry in TABLES.items() if entry.parts != "all"]
    candidates = []
    for entry in map(find_table, names):
        recorded = shipped.parts_of(entry.name)
        for part, temperature in temperatures_of_parts(entry, ensembles).items():
            if part not in recorded:
                continue
            if entry.trains and not work.settings_known():
                report(f"{entry.name} {part} is stale: the choice of settings is; not compared")
            elif recorded[part]["key"] == work.key(entry, temperature):
                candidates.append((entry, part, temperature))
            else:
                report(f"{entry.name} {part} is stale; not compared")
    if not candidates:
        raise DataError("no part that ships is up to date; run 'glasslib results compute'")
    order = np.random.default_rng(seed).permutation(len(candidates))[:sample]
    found = []
    for entry, part, temperature in (candidates[k] for k in order):
        recorded = shipped.find(entry.name, part, work.key(entry, temperature))
        with paths.empty_var():
            again = shipped.cache(entry.name, part, "check", work.frame(entry, temperature))
        wrong = _compare(entry, part, recorded, again)
        report(f"{entry.name} {part}: {len(again)} rows computed again, {len(wrong)} differ")
        found += wrong
    return found


def _compare(
    entry: Table, part: str, recorded: pd.DataFrame, again: pd.DataFrame
) -> list[Difference]:
    if not len(recorded) and not len(again):
        return []
    if list(recorded) != list(again) or len(recorded) != len(again):
        return [Difference(entry.name, part, "shape", 0, recorded.shape, again.shape)]
    found = []
    for column in recorded:
        a, b = recorded[column], again[column]
        if a.dtype.kind in "fi" and b.dtype.kind in "fi":
            same = np.isclose(a, b, rtol=1e-3, atol=entry.tolerance, equal_nan=True)
        else:
            same = (a.astype(str) == b.astype(str)).to_numpy()
        found += [
            Difference(entry.name, part, column, int(row), a[row], b[row])
            for row in np.flatnonzero(~same)
        ]
    return found
