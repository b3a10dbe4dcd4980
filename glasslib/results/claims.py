r"""What the paper claims, what our tables say of it, and a verdict that an error bar allows.

Every number and every verdict is made from result tables (:mod:`glasslib.results.tables`); none
is typed. Two kinds of claim, each with its rule, where *bar* is two standard errors, and more when
the error itself comes from few runs (Student's t at 95 %: 3.2 errors for four runs, 12.7 for two):

- *x is above 0* (A better than B, a minimum, a peak): **confirmed** if x − bar > 0,
  **not confirmed** if x + bar < 0, else **cannot tell**.
- *x is nearly 0* (independent of temperature, no winner): a margin is named beforehand;
  **confirmed** if \|x\| + bar < margin, **not confirmed** if \|x\| − bar > margin, else
  **cannot tell**.

A claim about several times or temperatures is confirmed if every one is, not confirmed if any one
is not. Temperatures are compared with each other on equal numbers of runs, because a network that
knows more runs does better. One that has too few runs is not judged, so that a first look at a
colder liquid takes no verdict away (:func:`~glasslib.results.correlation.comparable`; :func:`scope`
says which). Without an error nothing can be told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from glasslib import store
from glasslib.results import transfer
from glasslib.results.ceiling import own_ceiling
from glasslib.results.correlation import (
    A_LESS_B,
    COMPARED_RUNS,
    DIP,
    FALLS,
    PEAK_AT_ONE,
    PEAK_AT_TAU,
    comparable,
)
from glasslib.results.relaxation import PAPER_A, PAPER_A_TEMPERATURE, relaxation_table
from glasslib.results.tables import table
from glasslib.results.words import bar, format_error
from glasslib.store import Ensemble

__all__ = [
    "Finding", "above", "claims_table", "combine", "details", "evidence", "judged", "near", "scope",
]  # fmt: skip

CONFIRMED, NOT_CONFIRMED, CANNOT_TELL = "confirmed", "not confirmed", "cannot tell"

#: The result tables on which the claims are judged.
EVIDENCE = ("accuracy", "accuracy-equal-runs", "ceiling", "shape", "susceptibility", "transfer")

#: Margins of the claims that something is nearly 0.
MARGIN_TEMPERATURE = 0.1  # of ρ over the range of temperatures
MARGIN_TRANSFER = 0.02  # of mean ρ between A and B
MARGIN_CHI4 = 0.25  # of predicted over true χ4, less 1
MARGIN_A = 0.03  # of a = 0.4286, relative


def above(value: float, error: float, runs: int | None = None) -> str:
    """Judge the claim that a quantity is above 0.

    Examples
    --------
    >>> above(0.3, 0.1), above(-0.3, 0.1), above(0.15, 0.1), above(0.3, float("nan"))
    ('confirmed', 'not confirmed', 'cannot tell', 'cannot tell')
    >>> above(0.3, 0.1, runs=4)
    'cannot tell'
    """
    if not (np.isfinite(value) and np.isfinite(error) and error > 0):
        return CANNOT_TELL
    if value - bar(error, runs) > 0:
        return CONFIRMED
    return NOT_CONFIRMED if value + bar(error, runs) < 0 else CANNOT_TELL


def near(value: float, error: float, margin: float, runs: int | None = None) -> str:
    """Judge the claim that a quantity is 0 to within a margin.

    Examples
    --------
    >>> near(0.02, 0.01, 0.1), near(0.3, 0.01, 0.1), near(0.09, 0.01, 0.1)
    ('confirmed', 'not confirmed', 'cannot tell')
    """
    if not (np.isfinite(value) and np.isfinite(error) and error > 0):
        return CANNOT_TELL
    if abs(value) + bar(error, runs) < margin:
        return CONFIRMED
    return NOT_CONFIRMED if abs(value) - bar(error, runs) > margin else CANNOT_TELL


def combine(verdicts: Iterable[str]) -> str:
    """Judge a claim about all of several cases.

    Examples
    --------
    >>> combine(["confirmed", "confirmed"]), combine(["confirmed", "cannot tell"]), combine([])
    ('confirmed', 'cannot tell', 'cannot tell')
    """
    verdicts = list(verdicts)
    if NOT_CONFIRMED in verdicts:
        return NOT_CONFIRMED
    if verdicts and all(verdict == CONFIRMED for verdict in verdicts):
        return CONFIRMED
    return CANNOT_TELL


@dataclass(frozen=True)
class Finding:
    """What we measure about a claim, and the verdict.

    Parameters
    ----------
    measured : str
    verdict : str
    takes : str
        What it would take to tell, if we cannot.
    """

    measured: str
    verdict: str
    takes: str = ""


@dataclass
class _Cases:
    """Cases of one claim, each with value, error, verdict and the error it would take."""

    margin: float | None = None
    rows: list[tuple] = field(default_factory=list)

    def add(self, where: str, value: float, error: float, runs: int) -> None:
        if self.margin is None:
            verdict = above(value, error, runs)
            room = abs(value)
        else:
            verdict = near(value, error, self.margin, runs)
            room = abs(self.margin - abs(value))
        self.rows.append((where, value, error, runs, verdict, room))

    def finding(self, measured: str) -> Finding:
        verdict = combine(row[4] for row in self.rows)
        return Finding(measured, verdict, self.takes() if verdict == CANNOT_TELL else "")

    def takes(self) -> str:
        """Say what the least certain case needs: errors fall as one over the root of the runs."""
        if not self.rows:
            return "data at more temperatures"
        unknown = [row for row in self.rows if not np.isfinite(row[2])]
        if unknown:
            return f"three runs or more, and two blocks of each, at {unknown[0][0]}"
        undecided = [row for row in self.rows if row[4] == CANNOT_TELL]
        where, _, error, runs, _, room = max(undecided, key=lambda row: row[2] / max(row[5], 1e-9))
        for more in (*range(runs + 1, 20), *range(20, 50 * runs, 5)):
            if bar(error * np.sqrt(runs / more), more) < room:
                if not where.startswith("T ="):  # of all temperatures: runs are degrees of freedom
                    network = f" ({where})" if where.startswith("network") else ""
                    return f"about {more / runs:.1f} times the runs{network}, if the value stays"
                return f"about {more} runs instead of {runs} at {where}, if the value stays"
        return f"more than 50 times the runs at {where}: the value lies on the line"

    def each(self) -> str:
        return "; ".join(f"{where}: {format_error(v, e)}" for where, v, e, *_ in self.rows)


def _at(temperature: float) -> str:
    return f"T = {temperature:.2f}"


# ------------------------------------------------------------------------------- the claims
def _better(tables, split, runs, only_tau):
    table = tables["accuracy"]
    chosen = table[(table["split"] == split) & (table["model"] == A_LESS_B)]
    cases = _Cases()
    for temperature, rows in chosen.groupby("T", sort=False):
        tau = rows.loc[rows["at_tau"], "t"].iloc[0]
        rows = rows[rows["at_tau"]] if only_tau else rows[(rows["t"] >= 0.0999)
                                                         & (rows["t"] <= tau)]
        for _, row in rows.iterrows():
            where = _at(temperature) if only_tau else f"{_at(temperature)}, t = {row['t']:.3g}"
            cases.add(where, row["rho"], row["rho_error"], runs[temperature])
    if only_tau:
        return cases.finding("ρ of A less that of B: " + cases.each())
    higher = sum(row[4] == CONFIRMED for row in cases.rows)
    lower = sum(row[4] == NOT_CONFIRMED for row in cases.rows)
    return cases.finding(
        f"A is higher beyond the error bar at {higher} of {len(cases.rows)} times and"
        f" temperatures, lower at {lower}"
    )


@dataclass(frozen=True)
class _Trend:
    """Change of a quantity on cooling; NaN, and the reason, where it cannot be given."""

    what: str
    change: float = float("nan")
    error: float = float("nan")
    temperatures: int = 0
    runs: int = 2
    trouble: str = ""
    takes: str = ""

    def finding(self, cases: _Cases, measured: str) -> Finding:
        """Judge it as the one case of a claim; ``measured`` leaves a gap for the number."""
        if self.trouble:
            return Finding(self.trouble, CANNOT_TELL, self.takes)
        cases.add("all temperatures", self.change, self.error, self.runs)
        return cases.finding(measured.format(format_error(self.change, self.error)))


def _trend(tables, split, model) -> _Trend:
    """Change of ρ(τ_α) from the highest to the lowest temperature, by a weighted straight line.

    The networks compared know equal numbers of runs. Where ensembles differ in their number of
    trajectories, ρ over the ceiling is compared.
    """
    table = tables["accuracy-equal-runs"]
    rows = table[(table["split"] == split) & (table["model"] == model) & table["at_tau"]]
    if rows["group"].nunique() > 1:
        fewest, most = rows["group"].min(), rows["group"].max()
        return _Trend(
            "ρ", trouble=f"networks know {fewest} runs at one temperature and {most} at another",
            takes=f"{most} runs at every temperature",
        )
    ceiling = own_ceiling(tables["ceiling"])
    ceiling = ceiling[ceiling["at_tau"]].set_index("T")
    numbers = ceiling["trajectories"].reindex(rows["T"])
    value, error = rows["rho"].to_numpy(float), rows["rho_error"].to_numpy(float)
    what = "ρ"
    if numbers.max() - numbers.min() > 0.01:
        top = ceiling["ceiling"].reindex(rows["T"]).to_numpy(float)
        top_error = ceiling["ceiling_error"].reindex(rows["T"]).to_numpy(float)
        error = np.hypot(error / top, value * np.nan_to_num(top_error) / top**2)
        value, what = value / top, "ρ/ceiling"
    temperatures = rows["T"].to_numpy(float)
    known = np.isfinite(value) & np.isfinite(error) & (error > 0)
    if known.sum() < 2 or not known.all():
        return _Trend(
            what, trouble="fewer than two temperatures with an error, or ensembles differ in"
            " their number of trajectories and some have no ceiling",
            takes="equal numbers of trajectories at all temperatures, or two blocks of every run",
        )
    weight = 1 / error**2
    centre = np.average(temperatures, weights=weight)
    spread = (weight * (temperatures - centre) ** 2).sum()
    slope = (weight * (temperatures - centre) * value).sum() / spread
    length = temperatures.max() - temperatures.min()
    misfit = (weight * (value - np.average(value, weights=weight)
                        - slope * (temperatures - centre)) ** 2).sum()
    inflate = np.sqrt(max(1.0, misfit / max(1, len(value) - 2)))
    return _Trend(
        what, -slope * length, inflate * length / np.sqrt(spread), len(value),
        1 + int((rows["runs"] - 1).sum()),  # degrees of freedom add
    )


def _independent(tables, split):
    trend = _trend(tables, split, "network A")
    return trend.finding(
        _Cases(MARGIN_TEMPERATURE),
        f"{trend.what} of A changes by {{}} from the highest to the lowest of"
        f" {trend.temperatures} temperatures, on equal numbers of runs (margin"
        f" {MARGIN_TEMPERATURE:g})",
    )


def _cooling(tables, split):
    trend = _trend(tables, split, "network B")
    return trend.finding(
        _Cases(), f"{trend.what} of B changes by {{}} on cooling over {trend.temperatures}"
        " temperatures, on equal numbers of runs",
    )


def _feature(tables, split, runs, models, feature):
    table = tables["shape"]
    chosen = table[(table["split"] == split) & table["model"].isin(models)
                   & (table["feature"] == feature)]
    cases = _Cases()
    for _, row in chosen.iterrows():
        where = _at(row["T"]) + (f" {row['model'][-1]}" if len(models) > 1 else "")
        cases.add(where, row["value"], row["value_error"], runs[row["T"]])
    return cases.finding("difference of ρ that is positive if true: " + cases.each())


def _chi4(tables, split, runs):
    table = tables["susceptibility"]
    chosen = table[(table["split"] == split) & table["at_tau"]
                   & table["curve"].isin(["network A", "network B"])]
    cases = _Cases(MARGIN_CHI4)
    for _, row in chosen.iterrows():
        cases.add(f"{_at(row['T'])} {row['curve'][-1]}", row["ratio"] - 1, row["ratio_error"],
                  runs[row["T"]])
    return cases.finding(
        f"χ4 predicted over true, less 1 (margin {MARGIN_CHI4:g}): " + cases.each()
    )


def _intermediate(tables, split):
    table = tables["transfer"]
    table = table[table["split"] == split]
    cases = _Cases()
    for _, row in table[table["kind"] == transfer.INNER_LESS_OUTER].iterrows():
        cases.add(f"network {row['network']}", row["rho"], row["rho_error"], row["runs"])
    if not cases.rows:
        each = " with two runs or more" if split == "run" else ""
        return Finding(f"fewer than three temperatures{each}", CANNOT_TELL,
                       f"a third temperature{each}")
    return cases.finding("mean ρ elsewhere, trained at inner less outermost temperatures, on equal"
                         " numbers of runs: " + cases.each())


def _no_winner(tables, split):
    table = tables["transfer"]
    table = table[table["split"] == split]
    cases = _Cases(MARGIN_TRANSFER)
    for _, row in table[table["kind"] == transfer.A_LESS_B].iterrows():
        cases.add("all pairs", row["rho"], row["rho_error"], row["runs"])
    if not cases.rows:
        each = " with two runs or more" if split == "run" else ""
        return Finding(f"one temperature alone{each}", CANNOT_TELL, f"a second temperature{each}")
    return cases.finding(f"mean ρ elsewhere, A less B (margin {MARGIN_TRANSFER:g}): "
                         + cases.each())


def _mean_displacement(relaxation):
    known = store.find_temperature(PAPER_A_TEMPERATURE, relaxation.index)
    if known is None:
        return Finding(f"no runs at T = {PAPER_A_TEMPERATURE:.2f}", CANNOT_TELL,
                       f"runs at T = {PAPER_A_TEMPERATURE:.2f}")
    a, error, runs = relaxation.loc[known, ["a", "a_error", "a_runs"]]
    cases = _Cases(MARGIN_A)
    cases.add(_at(known), a / PAPER_A - 1, error / PAPER_A, int(runs))
    return cases.finding(f"a = {format_error(a, error)}, relative margin {MARGIN_A:g}")


def evidence(
    tables: dict[str, pd.DataFrame], relaxation: pd.DataFrame, runs: dict[float, int]
) -> list[tuple[str, str, Finding | None, Finding | None]]:
    """Judge every claim.

    Parameters
    ----------
    tables : dict
        ``accuracy``, ``accuracy-equal-runs``, ``ceiling``, ``shape``, ``susceptibility`` and
        ``transfer``, see :data:`glasslib.results.tables.TABLES`.
    relaxation : pandas.DataFrame
        From :func:`glasslib.results.relaxation_table`.
    runs : dict of float to int
        Number of runs at each temperature; those with too few are left out (:func:`scope`). For
        the one number that the paper prints, ``relaxation`` says from how many runs it is.

    Returns
    -------
    list of (claim, where in the paper, finding, finding)
        With the rows split at random as in the paper, and with whole runs held out; the second is
        None where the division of rows plays no part.
    """
    chosen = comparable(runs)
    tables = {
        name: table[table["T"].isin(chosen)] if "T" in table else table
        for name, table in tables.items()
    }
    both = [
        ("A is more accurate than B from t ≈ 0.1 to τ_α", "Conclusions",
         lambda split: _better(tables, split, runs, False)),
        ("At τ_α, A is more accurate than B at every temperature", "2.4, Figure 5",
         lambda split: _better(tables, split, runs, True)),
        ("At τ_α, the accuracy of A is nearly independent of temperature",
         "2.4, Figure 5", lambda split: _independent(tables, split)),
        ("At τ_α, B is more accurate at lower temperature", "2.4, Figure 4",
         lambda split: _cooling(tables, split)),
        ("ρ(t) of B has a minimum near t = 1", "2.4, Figure 4",
         lambda split: _feature(tables, split, runs, ["network B"], DIP)),
        ("ρ(t) of B is highest near τ_α", "2.4, Figure 4",
         lambda split: _feature(tables, split, runs, ["network B"], PEAK_AT_TAU)),
        ("ρ(t) of A is highest at t = 1", "2.4, Figure 4",
         lambda split: _feature(tables, split, runs, ["network A"], PEAK_AT_ONE)),
        ("Beyond τ_α both decay", "2.4, Figure 4",
         lambda split: _feature(tables, split, runs, ["network A", "network B"], FALLS)),
        ("A and B both predict χ4(τ_α) rather accurately", "2.5, Figure 6",
         lambda split: _chi4(tables, split, runs)),
        ("Training at intermediate temperatures transfers best", "2.6, Figure 7",
         lambda split: _intermediate(tables, split)),
        ("No clear winner of A and B in transfer", "2.6, Figure 7",
         lambda split: _no_winner(tables, split)),
    ]
    out = [(claim, where, judge("row"), judge("run")) for claim, where, judge in both]
    out.append((f"a = {PAPER_A:g} at T = {PAPER_A_TEMPERATURE:.2f}", "2.5",
                _mean_displacement(relaxation), None))
    return out


def judged(ensembles: dict[float, Ensemble], melts: dict[float, Ensemble]) -> list:
    """Judge the paper's claims on the result tables of the ensembles shown.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        From :func:`~glasslib.results.ensembles`.
    melts : dict of float to Ensemble
        From :func:`~glasslib.results.melts`; the mean displacement at τ_α needs no ensemble.
    """
    return evidence(
        {name: table(name, ensembles) for name in EVIDENCE}, relaxation_table(melts),
        {t: len(ensemble.runs) for t, ensemble in ensembles.items()},
    )


def scope(runs: dict[float, int]) -> str:
    """Say which temperatures are judged, and which are not.

    Parameters
    ----------
    runs : dict of float to int
        Number of runs at each temperature.

    Examples
    --------
    >>> scope({0.6: 10, 0.5: 4})
    'Judged at T = 0.60, 0.50.'
    >>> scope({0.6: 10, 0.5: 4, 0.42: 2})
    'Judged at T = 0.60, 0.50; not at T = 0.42 (2 runs), for want of 4 runs.'
    """
    chosen = comparable(runs)
    text = "Judged at T = " + ", ".join(f"{t:.2f}" for t in chosen)
    few = [f"{t:.2f} ({runs[t]} runs)" for t in runs if t not in chosen]
    if few:
        text += f"; not at T = {', '.join(few)}, for want of {COMPARED_RUNS} runs"
    return text + "."


def claims_table(judged: list[tuple[str, str, Finding | None, Finding | None]]) -> pd.DataFrame:
    """Return the claims table: what is claimed, and both verdicts with what it would take.

    Parameters
    ----------
    judged : list
        From :func:`evidence`.

    Returns
    -------
    pandas.DataFrame
        By ``the paper says``: ``section``, ``rows at random, as the paper``, ``whole runs held
        out`` (verdicts), and ``to tell, it would take``.
    """
    rows = []
    for claim, where, by_row, by_run in judged:
        takes = [finding.takes for finding in (by_row, by_run) if finding and finding.takes]
        rows.append({
            "the paper says": claim, "section": where,
            "rows at random, as the paper": by_row.verdict,
            "whole runs held out": by_run.verdict if by_run else "–",
            "to tell, it would take": "; ".join(dict.fromkeys(takes)) or "–",
        })
    return pd.DataFrame(rows).set_index("the paper says")


def details(judged: list[tuple[str, str, Finding | None, Finding | None]]) -> pd.DataFrame:
    """Return what was measured for each claim, for both ways to divide the rows.

    Parameters
    ----------
    judged : list
        From :func:`evidence`.

    Returns
    -------
    pandas.DataFrame
        By ``the paper says``: ``rows at random`` and ``whole runs held out``, as text.
    """
    rows = []
    for claim, _, by_row, by_run in judged:
        rows.append({
            "the paper says": claim, "rows at random": by_row.measured,
            "whole runs held out": by_run.measured if by_run else "–",
        })
    return pd.DataFrame(rows).set_index("the paper says")
