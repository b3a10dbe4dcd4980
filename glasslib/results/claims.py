"""What the paper claims, what our tables say of it, and a verdict that an error bar allows.

Every number and every verdict is made from result tables (:mod:`glasslib.results.tables`); none
is typed. The rules are in :mod:`glasslib.results.verdicts`. With rows at random ρ is that of all
test rows (Eq. 7); with whole runs held out it is the mean of ρ within each configuration
(:data:`~glasslib.results.correlation.JUDGED`), and the pooled one is given beside it.

Each verdict with rows at random stands beside that of a *predictor without structure*, the mean of
the training monomers' propensities around the monomer, put in the place of the network that the
claim is about. A claim that it passes as well says nothing about structure.

Temperatures are compared with each other on equal numbers of runs, because a network that
knows more runs does better. One that has too few runs is not judged, so that a first look at a
colder liquid takes no verdict away (:func:`~glasslib.results.correlation.comparable`; :func:`scope`
says which).
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from glasslib.results import transfer
from glasslib.results.ceiling import own_ceiling
from glasslib.results.chain_length import length_cases
from glasslib.results.correlation import (
    A_LESS_B,
    COMPARED_RUNS,
    DIP,
    FALLS,
    JUDGED,
    PEAK_AT_ONE,
    PEAK_AT_TAU,
    PLATEAU,
    comparable,
    shape_features,
)
from glasslib.results.relaxation import PAPER_A, PAPER_A_TEMPERATURE, displacement_rows
from glasslib.results.susceptibility import gain_rows, largest_rows
from glasslib.results.tables import table
from glasslib.results.verdicts import (
    CANNOT_TELL,
    CONFIRMED,
    NOT_CONFIRMED,
    Cases,
    Finding,
    difference,
)
from glasslib.results.words import format_error
from glasslib.store import Ensemble

__all__ = ["Claim", "claims_table", "details", "evidence", "judged", "scope", "without_structure"]

#: The result tables on which the claims are judged.
EVIDENCE = (
    "accuracy", "accuracy-equal-runs", "ceiling", "chain-length", "shape", "susceptibility",
    "transfer", "without-structure",
)

#: Margins of the claims that something is nearly 0.
MARGIN_TEMPERATURE = 0.1  # of ρ between any two temperatures, or two times
MARGIN_SMALL = 0.3  # of a ρ that is small: less than a tenth of the variance
MARGIN_TRANSFER = 0.02  # of mean ρ between A and B
MARGIN_CHI4 = 0.25  # of predicted over true χ4, minus 1
MARGIN_A = 0.03  # of a = 0.4286, relative
MARGIN_LENGTH = 0.25  # of ln τ_α between chain lengths: 3 % of T change it as much

Tables = dict[str, pd.DataFrame]
#: Where, value, error, and the runs that it comes from.
Case = tuple[str, float, float, int]


@dataclass(frozen=True)
class Claim:
    """A claim of the paper and what we find of it.

    Parameters
    ----------
    text, where : str
        What is claimed, and where in the paper.
    by_row : Finding
        With the rows divided at random, as in the paper.
    by_run : Finding, optional
        With whole runs held out; None where the division of rows plays no part.
    without : Finding, optional
        Of the predictor without structure, random split; None where it cannot be asked.
    """

    text: str
    where: str
    by_row: Finding
    by_run: Finding | None = None
    without: Finding | None = None


def at(temperature: float) -> str:
    """Return the name of a case at one temperature."""
    return f"T = {temperature:.2f}"


# ------------------------------------------------------------------------------- the claims
def _add(cases: Cases, where: str, row: pd.Series, runs: float) -> None:
    """Add ρ of a row of a table: the ρ that counts, and the pooled one where that is another."""
    name = JUDGED[row["split"]]
    pooled = "" if name == "rho" else f"pooled {format_error(row['rho'], row['rho_error'])}"
    cases.add(where, row[name], row[f"{name}_error"], runs, pooled)


def _better(tables: Tables, split: str, runs, only_tau: bool) -> Finding:
    table = tables["accuracy"]
    chosen = table[(table["split"] == split) & (table["model"] == A_LESS_B)]
    cases = Cases()
    for temperature, rows in chosen.groupby("T", sort=False):
        tau = rows.loc[rows["at_tau"], "t"].iloc[0]
        rows = rows[rows["at_tau"]] if only_tau else rows[(rows["t"] >= 0.0999)
                                                         & (rows["t"] <= tau)]
        for _, row in rows.iterrows():
            where = at(temperature) if only_tau else f"{at(temperature)}, t = {row['t']:.3g}"
            _add(cases, where, row, runs[temperature])
    if only_tau:
        return cases.finding("ρ of A minus that of B: " + cases.each())
    return cases.finding(
        f"A is higher beyond the error bar at {cases.count(CONFIRMED)} of {len(cases.rows)} times"
        f" and temperatures, lower at {cases.count(NOT_CONFIRMED)}"
    )


def _small(tables: Tables, split: str, runs) -> Finding:
    table = tables["accuracy"]
    chosen = table[(table["split"] == split) & (table["model"] == "network B")]
    cases = Cases(MARGIN_SMALL)
    for temperature, rows in chosen.groupby("T", sort=False):
        row = rows.loc[np.log(rows["t"] / 0.1).abs().idxmin()]
        _add(cases, f"{at(temperature)}, t = {row['t']:.2g}", row, runs[temperature])
    return cases.finding(f"ρ of B (small if below {MARGIN_SMALL:g}): " + cases.each())


def _compared(tables: Tables, split: str, model: str) -> tuple[str, pd.DataFrame] | Finding:
    """ρ(τ_α) from equal numbers of runs: what it is called, and value, error and runs by T.

    Where ensembles differ in their number of trajectories, ρ over the ceiling is compared.
    """
    table = tables["accuracy-equal-runs"]
    rows = table[(table["split"] == split) & (table["model"] == model) & table["at_tau"]]
    rows = rows.set_index("T").sort_index(ascending=False)
    if rows["group"].nunique() > 1:
        fewest, most = rows["group"].min(), rows["group"].max()
        return Finding(f"networks know {fewest} runs at one temperature and {most} at another",
                       CANNOT_TELL, f"{most} runs at every temperature")
    name = JUDGED[split]
    found = pd.DataFrame({"value": rows[name], "error": rows[f"{name}_error"],
                          "runs": rows["runs"]}).astype(float)
    ceiling = own_ceiling(tables["ceiling"])
    ceiling = ceiling[ceiling["at_tau"]].set_index("T").reindex(rows.index)
    what = "ρ"
    if ceiling["trajectories"].max() - ceiling["trajectories"].min() > 0.01:
        top, top_error = ceiling["ceiling"], ceiling["ceiling_error"].fillna(0)
        found["error"] = np.hypot(found["error"] / top, found["value"] * top_error / top**2)
        found["value"], what = found["value"] / top, "ρ/ceiling"
    if len(found) < 2 or not np.isfinite(found).all(axis=None) or (found["error"] <= 0).any():
        return Finding(
            "fewer than two temperatures with an error, or ensembles differ in their number of"
            " trajectories and some have no ceiling", CANNOT_TELL,
            "equal numbers of trajectories at all temperatures, or two blocks of every run",
        )
    return what, found


def _changes(found: pd.DataFrame, pairs, margin: float | None = None) -> Cases:
    """Cases of the change from one temperature to a colder one, for each pair."""
    return Cases.of(
        ((f"from {hot:.2f} to {cold:.2f}", *difference(found.loc[cold], found.loc[hot]))
         for hot, cold in pairs), margin,
    )


def _independent(tables: Tables, split: str) -> Finding:
    found = _compared(tables, split, "network A")
    if isinstance(found, Finding):
        return found
    what, numbers = found
    cases = _changes(numbers, combinations(numbers.index, 2), MARGIN_TEMPERATURE)
    return cases.finding(f"change of {what} of A between any two temperatures, on equal numbers of"
                         f" runs (margin {MARGIN_TEMPERATURE:g}): {cases.each()}")


def _cooling(tables: Tables, split: str) -> Finding:
    found = _compared(tables, split, "network B")
    if isinstance(found, Finding):
        return found
    what, numbers = found
    falling = list(numbers.index)
    cases = _changes(numbers, [(falling[0], falling[-1])])
    text = f"change of {what} of B on cooling, on equal numbers of runs: {cases.each()}"
    if len(falling) > 2:
        steps = _changes(numbers, zip(falling[:-1], falling[1:], strict=True))
        text += f"; step by step {steps.each()}"
    return cases.finding(text)


def _feature(tables: Tables, split: str, runs, models, feature, margin=None) -> Finding:
    table = tables["shape"]
    chosen = table[(table["split"] == split) & table["model"].isin(models)
                   & (table["feature"] == feature)]
    cases = Cases(margin)
    for _, row in chosen.iterrows():
        where = at(row["T"]) + (f" {row['model'][-1]}" if len(models) > 1 else "")
        cases.add(where, row["value"], row["value_error"], runs[row["T"]])
    what = "difference of ρ that is positive if true: "
    if margin is not None:
        what = f"change of ρ (margin {margin:g}): "
    if not cases.rows:
        return Finding("no temperature has such times", CANNOT_TELL, "a lower temperature")
    return cases.finding(what + cases.each())


def _chi4(tables: Tables, split: str, runs) -> Finding:
    table = tables["susceptibility"]
    chosen = table[(table["split"] == split) & table["at_tau"]
                   & table["curve"].isin(["network A", "network B"])]
    cases = Cases.of(
        ((f"{at(row['T'])} {row['curve'][-1]}", row["ratio"] - 1, row["ratio_error"],
          runs[row["T"]]) for _, row in chosen.iterrows()), MARGIN_CHI4,
    )
    return cases.finding(
        f"χ4 predicted over true, minus 1 (margin {MARGIN_CHI4:g}): " + cases.each()
    )


def _chi4_gain(tables: Tables, split: str) -> Finding:
    """Is χ4 of A closer to the truth than that of B, from t = 1 to before τ_α?"""
    cases = Cases.of(gain_rows(tables["susceptibility"], split))
    return cases.finding(
        f"χ4 of A is closer to the truth beyond the error bar at {cases.count(CONFIRMED)} of"
        f" {len(cases.rows)} times and temperatures, χ4 of B at {cases.count(NOT_CONFIRMED)}"
    )


def _chi4_peak(rows: list[Case]) -> Finding:
    cases = Cases.of(rows)
    return cases.finding(
        "χ4 at τ_α minus the highest at another time, over the former: " + cases.each()
    )


def _intermediate(tables: Tables, split: str) -> Finding:
    table = tables["transfer"]
    table = table[table["split"] == split]
    cases = Cases()
    for _, row in table[table["kind"] == transfer.INNER_LESS_OUTER].iterrows():
        _add(cases, f"network {row['network']}", row, row["runs"])
    if not cases.rows:
        each = " with two runs or more" if split == "run" else ""
        return Finding(f"fewer than three temperatures{each}", CANNOT_TELL,
                       f"a third temperature{each}")
    return cases.finding("mean ρ elsewhere, trained at inner less outermost temperatures, on equal"
                         " numbers of runs: " + cases.each())


def _no_winner(tables: Tables, split: str) -> Finding:
    table = tables["transfer"]
    table = table[table["split"] == split]
    cases = Cases(MARGIN_TRANSFER)
    for _, row in table[table["kind"] == transfer.A_LESS_B].iterrows():
        _add(cases, "all pairs", row, row["runs"])
    if not cases.rows:
        each = " with two runs or more" if split == "run" else ""
        return Finding(f"one temperature alone{each}", CANNOT_TELL, f"a second temperature{each}")
    return cases.finding(f"mean ρ elsewhere, A minus B (margin {MARGIN_TRANSFER:g}): "
                         + cases.each())


def _mean_displacement(rows: list[Case]) -> Finding:
    if not rows:
        where = at(PAPER_A_TEMPERATURE)
        return Finding(f"no runs at {where}", CANNOT_TELL, f"runs at {where}")
    cases = Cases.of(rows, MARGIN_A)
    return cases.finding(f"a at τ_α of each run over {PAPER_A:g}, minus 1 (margin {MARGIN_A:g}): "
                         + cases.each())


def _chain_length(tables: Tables) -> Finding:
    cases = Cases.of(length_cases(tables["chain-length"]), MARGIN_LENGTH)
    if not cases.rows:
        return Finding("melts of one chain length", CANNOT_TELL, "melts of other chain lengths")
    return cases.finding(f"change of ln τ_α with chain length, at one temperature and density"
                         f" (margin {MARGIN_LENGTH:g}): {cases.each()}")


# ---------------------------------------------------------------- the predictor without structure
def _propagated(function, values: pd.Series, errors: pd.Series) -> tuple[float, float]:
    """Value of a function of a curve, and its error as if those of the points were independent."""
    values, errors = values.to_numpy(float), errors.to_numpy(float)
    value = float(function(values))
    moved = values + np.diag(errors)
    return value, float(np.sqrt(((function(moved) - value) ** 2).sum()))


def without_structure(tables: Tables) -> Tables:
    """Put the predictor without structure in the place of network A, and of network B.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        ``accuracy`` and ``without-structure``.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``accuracy``, ``accuracy-equal-runs`` and ``shape`` with rows at random, as if the
        predictor were network A and were network B; "A less B" is the predictor minus network B.
        It needs one configuration alone, so that every number of runs is equal to it. Errors of
        differences are those of independent numbers, which is too large rather than too small.
    """
    known = tables["without-structure"]
    accuracy = tables["accuracy"]
    b = accuracy[(accuracy["split"] == "row") & (accuracy["model"] == "network B")]
    both = known.merge(b[["T", "t", "rho", "rho_error"]], on=["T", "t"], suffixes=("", "_b"))
    less = both.assign(
        rho=both["rho"] - both["rho_b"], rho_error=np.hypot(both["rho_error"], both["rho_error_b"])
    )
    rows = pd.concat(
        [known.assign(model="network A"), known.assign(model="network B"),
         less.assign(model=A_LESS_B)], ignore_index=True,
    )
    features = []
    for temperature, curve in known.groupby("T", sort=False):
        curve = curve.sort_values("t")
        named = shape_features(curve["t"].to_numpy(float), int(curve["at_tau"].argmax()))
        for feature, function in named.items():
            value, error = _propagated(function, curve["rho"], curve["rho_error"])
            features += [{
                "T": temperature, "split": "row", "model": f"network {network}",
                "feature": feature, "value": value, "value_error": error,
            } for network in "AB"]
    equal = tables["accuracy-equal-runs"]
    runs = equal.groupby("T")["runs"].first()
    return tables | {
        "accuracy": rows, "shape": pd.DataFrame(features),
        "accuracy-equal-runs": rows.assign(group=COMPARED_RUNS, runs=rows["T"].map(runs)),
    }


# ------------------------------------------------------------------------------------- all together
def evidence(
    tables: Tables, displacements: list[Case], largest: list[Case], runs: dict[float, int]
) -> list[Claim]:
    """Judge every claim of the paper.

    Parameters
    ----------
    tables : dict
        The tables of :data:`EVIDENCE`, see :data:`glasslib.results.tables.TABLES`.
    displacements, largest : list of (where, value, error, runs)
        From :func:`~glasslib.results.relaxation.displacement_rows` and
        :func:`~glasslib.results.susceptibility.largest_rows`.
    runs : dict of float to int
        Number of runs at each temperature; those with too few are left out (:func:`scope`),
        but for the one number that the paper prints.

    Returns
    -------
    list of Claim
    """
    chosen = comparable(runs)
    tables = {
        name: table[table["T"].isin(chosen)] if "T" in table else table
        for name, table in tables.items()
    }
    a, b = ["network A"], ["network B"]
    # Claim, section, judgement of tables and division, and whether structure may be asked for.
    both = [
        ("A is more accurate than B from t ≈ 0.1 to τ_α", "Conclusions",
         lambda *of: _better(*of, runs, False), True),
        ("At τ_α, A is more accurate than B at every temperature", "2.4, Figure 5",
         lambda *of: _better(*of, runs, True), True),
        ("At τ_α, the accuracy of A is nearly independent of temperature", "2.4, Figure 5",
         _independent, True),
        ("At τ_α, B is more accurate at lower temperature", "2.4, Figure 4", _cooling, True),
        ("ρ of B is rather small at t ≈ 0.1", "2.4, Figure 4",
         lambda *of: _small(*of, runs), True),
        ("ρ(t) of B has a minimum near t = 1", "2.4, Figure 4",
         lambda *of: _feature(*of, runs, b, DIP), True),
        ("ρ(t) of B is highest near τ_α", "2.4, Figure 4",
         lambda *of: _feature(*of, runs, b, PEAK_AT_TAU), True),
        ("ρ(t) of A is highest at t = 1", "2.4, Figure 4",
         lambda *of: _feature(*of, runs, a, PEAK_AT_ONE), True),
        ("Beyond t = 10, ρ(t) of A has a plateau up to τ_α", "2.4, Figure 4",
         lambda *of: _feature(*of, runs, a, PLATEAU, MARGIN_TEMPERATURE), True),
        ("Beyond τ_α both decay", "2.4, Figure 4",
         lambda *of: _feature(*of, runs, a + b, FALLS), True),
        ("A and B both predict χ4(τ_α) rather accurately", "2.5, Figure 6",
         lambda *of: _chi4(*of, runs), False),
        ("The Debye–Waller factor improves χ4 from t = 1 to τ_α", "2.5, Figure 6",
         _chi4_gain, False),
        ("Training at intermediate temperatures transfers best", "2.6, Figure 7",
         _intermediate, False),
        ("No clear winner of A and B in transfer", "2.6, Figure 7", _no_winner, False),
    ]
    blind = without_structure(tables)
    out = [
        Claim(text, where, judge(tables, "row"), judge(tables, "run"),
              judge(blind, "row") if structural else None)
        for text, where, judge, structural in both
    ]
    out.append(Claim("χ4 is highest near τ_α", "2.5, Figure 6", _chi4_peak(largest)))
    out.append(Claim(f"a = {PAPER_A:g} at T = {PAPER_A_TEMPERATURE:.2f}", "2.5",
                     _mean_displacement(displacements)))
    out.append(Claim("Structural relaxation does not depend on the length of the chains", "1",
                     _chain_length(tables)))
    return out


def judged(ensembles: dict[float, Ensemble], melts: dict[float, Ensemble]) -> list[Claim]:
    """Judge the paper's claims on the result tables of the ensembles shown.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        From :func:`~glasslib.results.ensembles`.
    melts : dict of float to Ensemble
        From :func:`~glasslib.results.melts`; the mean displacement at τ_α needs no ensemble.
    """
    return evidence(
        {name: table(name, ensembles) for name in EVIDENCE}, displacement_rows(melts),
        largest_rows(ensembles), {t: len(ensemble.runs) for t, ensemble in ensembles.items()},
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
    'Judged at T = 0.60, 0.50; not at T = 0.42 (2 runs), because four runs are needed.'
    """
    chosen = comparable(runs)
    text = "Judged at T = " + ", ".join(f"{t:.2f}" for t in chosen)
    few = [f"{t:.2f} ({runs[t]} runs)" for t in runs if t not in chosen]
    if few:
        text += f"; not at T = {', '.join(few)}, because four runs are needed"
    return text + "."


def claims_table(judged: list[Claim]) -> pd.DataFrame:
    """Return the claims table: what is claimed, and all verdicts with what it would take.

    Parameters
    ----------
    judged : list of Claim
        From :func:`evidence`.

    Returns
    -------
    pandas.DataFrame
        By ``the paper says``: ``section``, ``random split, the paper's test``, ``new
        configurations``, ``without structure, random split`` (verdicts), and ``to tell, it would
        take``.
    """
    rows = []
    for claim in judged:
        both = [finding for finding in (claim.by_row, claim.by_run) if finding]
        without = claim.without.verdict if claim.without else "–"
        if claim.by_row.verdict == without == CONFIRMED:
            without += " as well: says nothing about structure"
        rows.append({
            "the paper says": claim.text, "section": claim.where,
            "random split, the paper's test": claim.by_row.verdict,
            "new configurations": claim.by_run.verdict if claim.by_run else "–",
            "without structure, random split": without,
            "to tell, it would take":
                "; ".join(dict.fromkeys(one.takes for one in both if one.takes)) or "–",
        })
    return pd.DataFrame(rows).set_index("the paper says")


def other_margins(judged: list[Claim], factor: float) -> pd.DataFrame:
    """Return the verdicts that other margins would change.

    Parameters
    ----------
    judged : list of Claim
        From :func:`evidence`.
    factor : float
        Of every margin within which two things count as nearly equal.

    Returns
    -------
    pandas.DataFrame
        By ``the paper says``: ``test``, ``verdict`` and ``with other margins``. Empty if none
        changes.
    """
    rows = []
    for claim in judged:
        tests = {"random split": claim.by_row, "new configurations": claim.by_run,
                 "without structure, random split": claim.without}
        for test, found in tests.items():
            if found is None or found.cases is None or found.cases.margin is None:
                continue
            other = Cases(found.cases.margin * factor)
            for where, value, error, runs, *_ in found.cases.rows:
                other.add(where, value, error, runs)
            if (verdict := other.finding("").verdict) != found.verdict:
                rows.append([claim.text, test, found.verdict, verdict])
    columns = ["the paper says", "test", "verdict", "with other margins"]
    return pd.DataFrame(rows, columns=columns).set_index(columns[0])


def details(judged: list[Claim]) -> pd.DataFrame:
    """Return what was measured for each claim, for both ways to divide the rows.

    Parameters
    ----------
    judged : list of Claim
        From :func:`evidence`.

    Returns
    -------
    pandas.DataFrame
        By ``the paper says``: ``random split``, ``new configurations`` and ``without structure,
        random split``, as text.
    """
    return pd.DataFrame([
        {
            "the paper says": claim.text, "random split": claim.by_row.measured,
            "new configurations": claim.by_run.measured if claim.by_run else "–",
            "without structure, random split": claim.without.measured if claim.without else "–",
        }
        for claim in judged
    ]).set_index("the paper says")
