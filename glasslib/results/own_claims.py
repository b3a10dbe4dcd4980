"""What this book finds beyond the paper's claims, judged by the same rules, new configurations.

Every number is ρ within configurations at τ_α, unless the finding is about rows at random. Those
about a course with temperature compare the highest with the lowest of the comparable temperatures.
"""

import pandas as pd

from glasslib.learning.correlation import difference_name
from glasslib.results import transfer
from glasslib.results.claims import MARGIN_TEMPERATURE, Case, Tables, at
from glasslib.results.correlation import JUDGED, comparable
from glasslib.results.melt import energy_rows
from glasslib.results.structure_limit import goal_cases
from glasslib.results.susceptibility import skill_rows
from glasslib.results.tables import table
from glasslib.results.verdicts import CANNOT_TELL, Cases, Finding, difference
from glasslib.store import Ensemble

__all__ = ["findings", "findings_table", "own_findings"]

#: The result tables on which the findings rest.
OWN_EVIDENCE = (
    "accuracy", "ceiling", "inherent", "joint", "learning-runs", "mobile-number", "positions",
    "short-time", "structure-limit", "transfer", "without-structure",
)

#: "As good as" allows for so much less of ρ.
MARGIN_AS_GOOD = 0.03
#: Part of the noise ceiling that D is to reach.
GOAL_D = 0.75
#: Energies lie on a law if they are nearer than this, in ε: τ_α then differs by about a tenth.
MARGIN_ENERGY = 0.004
#: Networks transfer freely if they lose less than this of ρ.
MARGIN_FREE = 0.05

Numbers = dict[float, tuple[float, float, int]]


def _numbers(
    tables: Tables, runs: dict[float, int], name: str, model: str, split: str = "run", **chosen
) -> Numbers:
    """Value, error and runs of a model at τ_α by temperature, from the highest down."""
    rows = tables[name]
    rows = rows[rows["at_tau"] & (rows["model"] == model) & rows["T"].isin(list(runs))]
    for column, wanted in chosen.items():
        rows = rows[rows[column] == wanted]
    if "split" in rows:
        rows = rows[rows["split"] == split]
    value = JUDGED[split]
    rows = rows.sort_values("T", ascending=False)
    return {
        row["T"]: (row[value], row[f"{value}_error"], runs[row["T"]]) for _, row in rows.iterrows()
    }


def _less(one: Numbers, other: Numbers) -> Numbers:
    """Differences at equal temperatures, as if the two were independent: never too sure."""
    both = {t: difference(one[t], other[t]) for t in one if t in other}
    return {t: (value, error, one[t][2]) for t, (value, error, _) in both.items()}


def _rows(numbers: Numbers) -> list[Case]:
    return [(at(t), *number) for t, number in numbers.items()]


def _everywhere(numbers: Numbers, what: str, least: float = 0.0) -> Finding:
    return _all(_rows(numbers), what, least=least)


def _course(numbers: Numbers, what: str, falls: bool) -> Finding:
    """Does it fall from the highest to the lowest temperature, or stay within the margin?"""
    if len(numbers) < 2:
        return Finding("one temperature alone", CANNOT_TELL, "a second temperature")
    hot, cold = max(numbers), min(numbers)
    change = difference(numbers[hot], numbers[cold])
    cases = Cases.of([(f"{hot:.2f} minus {cold:.2f}", *change)],
                     None if falls else MARGIN_TEMPERATURE)
    margin = "" if falls else f" (margin {MARGIN_TEMPERATURE:g})"
    return cases.finding(f"{what}: {Cases.of(_rows(numbers)).each()}; {cases.each()}{margin}")


def _overtakes(numbers: Numbers, what: str) -> Finding:
    """Is it below 0 at the highest temperature and above 0 at the lowest?"""
    if len(numbers) < 2:
        return Finding("one temperature alone", CANNOT_TELL, "a second temperature")
    hot, cold = max(numbers), min(numbers)
    value, *rest = numbers[hot]
    cases = Cases.of([(at(hot), -value, *rest), (at(cold), *numbers[cold])])
    return cases.finding(f"{what}: {Cases.of(_rows(numbers)).each()}")


def _at_home(tables: Tables, split: str) -> Finding:
    """Own minus elsewhere: above 0 in the random split, nearly 0 on new configurations."""
    rows = tables["transfer"]
    rows = rows[(rows["split"] == split) & (rows["kind"] == transfer.OWN_LESS_ELSEWHERE)]
    value = JUDGED[split]
    cases = Cases(MARGIN_FREE if split == "run" else None)
    for _, row in rows.iterrows():
        cases.add(f"network {row['network']}", row[value], row[f"{value}_error"], row["runs"])
    margin = f" (margin {MARGIN_FREE:g})" if split == "run" else ""
    return cases.finding(f"ρ at the temperature of training minus ρ elsewhere{margin}: "
                         + cases.each())


def _all(
    rows: list[Case], what: str, margin: float | None = None, least: float = 0.0
) -> Finding:
    cases = Cases.of(rows, margin, least)
    return cases.finding(f"{what}: {cases.each()}")


def findings(
    tables: Tables, runs: dict[float, int], energies: list[Case]
) -> list[tuple[str, str, Finding]]:
    """Judge what this book finds.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        The tables of :data:`OWN_EVIDENCE`.
    runs : dict of float to int
        Number of runs at each temperature; those with too few are left out.
    energies : list of (where, value, error, runs)
        From :func:`~glasslib.results.melt.energy_rows`.

    Returns
    -------
    list of (finding, result table, Finding)
    """
    runs = {t: runs[t] for t in comparable(runs)}

    def of(name: str, model: str, split: str = "run", **chosen) -> Numbers:
        return _numbers(tables, runs, name, model, split, **chosen)

    def less(name: str, one: str, other: str, **chosen) -> Numbers:
        return of(name, difference_name(one, other), **chosen)

    mobile = tables["mobile-number"]
    from_one = {name: of("learning-runs", name, training_runs=1) for name in ("ridge A", "ridge B")}
    gain = less("learning-runs", "ridge A", "ridge B", training_runs=1)
    c_less_a = {t: (-value, *rest) for t, (value, *rest) in
                less("inherent", "ridge A", "ridge C").items()}
    joint = [f"ridge B, {name}" for name in (transfer.ALL_TEMPERATURES, transfer.OWN_ONLY)]
    gained = less("joint", *joint)
    cage = less("structure-limit", "cage alone", "Debye–Waller factor alone")
    d_less_a = less("structure-limit", "ridge D", "ridge A")
    apart = less("short-time", "ridge A, shift and fluctuation, surroundings", "ridge A")
    interpolated = _less(of("without-structure", "neighbours' propensity", "row"),
                         of("accuracy", "network B", "row"))

    def colder(numbers: Numbers) -> Numbers:
        return {t: number for t, number in numbers.items() if t < max(numbers)}

    def inner(numbers: Numbers) -> Numbers:
        ends = {tables["joint"]["T"].min(), tables["joint"]["T"].max()}
        return {t: number for t, number in numbers.items() if t not in ends}

    def as_good(what: str, networks: dict[str, Numbers]) -> Finding:
        rows = [(f"{at(t)} {network}", *number) for network, numbers in networks.items()
                for t, number in numbers.items()]
        return _all(rows, f"{what} (as good above −{MARGIN_AS_GOOD:g})", least=-MARGIN_AS_GOOD)

    ridge = {network: less("positions", f"ridge {network}", f"network {network}", position="all")
             for network in "AB"}
    between = {
        network: inner(less("joint", f"ridge {network}, {transfer.OTHERS}",
                            f"ridge {network}, {transfer.OWN_ONLY}"))
        for network in "AB"
    }

    return [
        ("In the random split, a predictor without structure is more accurate than B",
         "without-structure", _everywhere(interpolated, "its ρ minus ρ of B")),
        ("In the random split, networks are better at their own temperature than elsewhere",
         "transfer", _at_home(tables, "row")),
        ("On new configurations, networks are as good at other temperatures as at their own",
         "transfer", _at_home(tables, "run")),
        ("From one training run, A falls on cooling", "learning-runs",
         _course(from_one["ridge A"], "ρ of ridge A", True)),
        ("From one training run, B stays on cooling", "learning-runs",
         _course(from_one["ridge B"], "ρ of ridge B", False)),
        ("From one training run, the gain from the Debye–Waller factor shrinks on cooling",
         "learning-runs", _course(gain, "ρ of ridge A minus ridge B", True)),
        ("One model of all temperatures predicts B better at the lowest", "joint",
         _everywhere({t: gained[t] for t in gained if t == min(gained)},
                     "ρ of ridge B from all temperatures minus from its own")),
        ("A temperature between others needs no training of its own", "joint",
         as_good("ρ of ridge from the others minus from its own", between)),
        ("C, structure with its inherent structure, overtakes A on cooling", "inherent",
         _overtakes(c_less_a, "ρ of ridge C minus ridge A")),
        ("Ridge regression is as good as the networks", "positions",
         as_good("ρ of ridge minus ρ of the network", ridge)),
        ("Below the highest temperature, D, which reads the cage alone, is more accurate than A",
         "structure-limit", _everywhere(colder(d_less_a), "ρ of ridge D minus ridge A")),
        (f"D reaches {GOAL_D:g} of the noise ceiling at every temperature", "structure-limit",
         _all(goal_cases(tables["structure-limit"], tables["ceiling"], runs, GOAL_D),
              f"ρ of ridge D, pooled, over the ceiling, minus {GOAL_D:g}")),
        ("Below the highest temperature, the size of the cage alone is as good as the"
         " Debye–Waller factor alone", "structure-limit",
         _everywhere(
             colder(cage), f"ρ of the one minus the other (as good above −{MARGIN_AS_GOOD:g})",
             -MARGIN_AS_GOOD)),
        ("Below the highest temperature, A gains when its Debye–Waller factor is split into shift"
         " and fluctuation, with their surroundings", "short-time",
         _everywhere(colder(apart), "its ρ minus ρ of ridge A")),
        ("The energy of its inherent structure tells which configuration will be mobile",
         "mobile-number",
         _all(skill_rows(mobile[mobile["T"].isin(list(runs))], "start",
                         "inherent-structure energy"),
              "correlation over runs with the number of mobile monomers")),
        ("The coldest melts lie on the energy law of the warmer ones", "no table: production runs",
         _all(energies, f"energy minus a + b T^(3/5) in ε (margin {MARGIN_ENERGY:g})",
              MARGIN_ENERGY)),
    ]


def own_findings(ensembles: dict[float, Ensemble]) -> list[tuple[str, str, Finding]]:
    """Judge what this book finds on the result tables of the ensembles shown.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        From :func:`~glasslib.results.ensembles`.
    """
    return findings(
        {name: table(name, ensembles) for name in OWN_EVIDENCE},
        {t: len(ensemble.runs) for t, ensemble in ensembles.items()}, energy_rows(ensembles),
    )


def findings_table(found: list[tuple[str, str, Finding]]) -> pd.DataFrame:
    """Return what this book finds, with numbers and verdicts.

    Parameters
    ----------
    found : list
        From :func:`findings`.

    Returns
    -------
    pandas.DataFrame
        By ``this book finds``: ``verdict``, ``measured``, ``table`` and ``to tell, it would take``.
    """
    return pd.DataFrame([
        {"this book finds": text, "verdict": finding.verdict, "measured": finding.measured,
         "table": name, "to tell, it would take": finding.takes or "–"}
        for text, name, finding in found
    ]).set_index("this book finds")
