"""What each page found, in one to three sentences made from its tables.

A sentence says what holds beyond the error bar, where it holds, and where nothing can be told. The
temperatures judged are those with four runs or more; only if there are fewer than that do others
enter, marked "(2 runs)". Two tests have one name each everywhere: the *random split (the paper's
test)* and *new configurations*. :mod:`glasslib.results.opening` shows it below the title.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from glasslib.errors import ParameterError
from glasslib.learning.correlation import difference_name
from glasslib.parameters import DescriptorSpec
from glasslib.results import claims
from glasslib.results.ceiling import own_ceiling
from glasslib.results.claims import MARGIN_CHI4
from glasslib.results.correlation import DIP, PEAK_AT_ONE, PEAK_AT_TAU, comparable, counted
from glasslib.results.melt import equilibration_table
from glasslib.results.mixture import another_sentence
from glasslib.results.relaxation import PAPER_A, PAPER_A_TEMPERATURE, relaxation_table
from glasslib.results.sentences import Runs, at, contest, joined, on_cooling, values
from glasslib.results.size import size_sentence
from glasslib.results.susceptibility import skill_sentence
from glasslib.results.tables import table
from glasslib.results.transfer import A_LESS_B, OWN_LESS_ELSEWHERE
from glasslib.results.verdicts import CANNOT_TELL, CONFIRMED, NOT_CONFIRMED, above, near
from glasslib.results.words import bar, bracketed
from glasslib.store import Ensemble

__all__ = ["FINDINGS", "TESTS", "chosen", "finding"]

#: The two tests, as sentences name them.
TESTS = {"row": "In the random split (the paper's test)", "run": "On new configurations"}
#: |z| of a change between two thirds of an equilibration that counts as a drift.
DRIFT = 3.0


def chosen(frame: pd.DataFrame, runs: Runs, **wanted) -> pd.DataFrame:
    """Return the rows at τ_α, if the table has times, at the temperatures that are judged.

    ``rho`` is the ρ that counts (:func:`~glasslib.results.correlation.counted`).
    """
    if {"split", "within"} <= set(frame):
        frame = counted(frame)
    for name, value in {"at_tau": True, **wanted}.items():
        if name in frame:
            frame = frame[frame[name] == value]
    return frame[frame["T"].isin(comparable(dict(runs), at_least=1))] if "T" in frame else frame


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


# ------------------------------------------------------------------------ one page after another
def melt_finding(equilibration: pd.DataFrame, monomers: Iterable[int]) -> str:
    """Page 1, from :func:`~glasslib.results.equilibration_table` and the sizes of the melts.

    Examples
    --------
    >>> table = pd.DataFrame({"Δ energy (σ)": [0.5, 3.4], "Δ pressure (σ)": [0.1, 0.2]},
    ...     index=pd.MultiIndex.from_tuples([("0.60", 0), ("0.45", 3)], names=["T", "run"]))
    >>> melt_finding(table, [2000])
    'Each melt has 2,000 monomers (the paper: 10,000). 1 of 2 equilibrations shows no drift of \
energy or pressure beyond 3 standard errors. Run 3 at T = 0.45 drifts.'
    >>> melt_finding(table[:1], [1500, 2000])
    'Each melt has 1,500 or 2,000 monomers (the paper: 10,000). 1 of 1 equilibrations shows no \
drift of energy or pressure beyond 3 standard errors.'
    """
    drifts = equilibration[["Δ energy (σ)", "Δ pressure (σ)"]].abs().max(axis=1) > DRIFT
    failed = [f"run {run} at T = {t}" for t, run in drifts.index[drifts]]
    good, sizes = int((~drifts).sum()), " or ".join(f"{n:,}" for n in sorted(set(monomers)))
    told = _sentence(f"{joined(failed)} drift{'s' * (len(failed) == 1)}") if failed else ""
    return (f"Each melt has {sizes} monomers (the paper: 10,000). {good} of {len(drifts)}"
            f" equilibrations show{'s' * (good == 1)} no drift of energy or pressure beyond"
            f" {DRIFT:g} standard errors. {told}").strip()


def relaxation_finding(relaxation: pd.DataFrame) -> str:
    """Page 2, from :func:`~glasslib.results.relaxation_table`.

    Examples
    --------
    >>> table = pd.DataFrame({"tau_alpha": [7.2, 2050.0], "a_own": [0.33, 0.44],
    ...                       "a_own_error": [0.001, 0.02], "a_runs": [10, 2]}, index=[0.6, 0.4])
    >>> relaxation_finding(table)
    'From T = 0.60 to 0.40, τ_α grows 285-fold. At T = 0.40 (2 runs), a at the τ_α of each run is \
0.440(20) σ; the paper has 0.4286.'
    >>> relaxation_finding(table[:1])
    'At T = 0.60, τ_α is 7.2 τ.'
    """
    hot, cold = max(relaxation.index), min(relaxation.index)
    tau = relaxation["tau_alpha"]
    text = f"From T = {hot:.2f} to {cold:.2f}, τ_α grows {tau[cold] / tau[hot]:.0f}-fold."
    if hot == cold:
        text = f"At T = {hot:.2f}, τ_α is {tau[hot]:.3g} τ."
    here = [t for t in relaxation.index if abs(t - PAPER_A_TEMPERATURE) < 1e-9]
    if here and np.isfinite(relaxation.loc[here[0], "a_own"]):
        row = relaxation.loc[here[0]]
        where = at(here, {here[0]: int(row["a_runs"])}).replace("at", "At", 1)
        text += (f" {where}, a at the τ_α of each run is"
                 f" {bracketed(row['a_own'], row['a_own_error'])} σ; the paper has {PAPER_A:g}.")
    return text


def propensity_finding(moments: pd.DataFrame, ceiling: pd.DataFrame, runs: Runs) -> str:
    """Page 3, from mean and spread over monomers of the propensity at τ_α, and ``ceiling``.

    Examples
    --------
    >>> moments = pd.DataFrame({"T": [0.6, 0.45], "mean": [0.34, 0.36], "spread": [0.08, 0.11]})
    >>> ceiling = pd.DataFrame({"T": [0.6, 0.45], "kind": "pooled", "own": True, "at_tau": True,
    ...                         "reliability": [0.87, 0.9]})
    >>> propensity_finding(moments, ceiling, {0.6: 10, 0.45: 10})
    'At τ_α the mean propensity is 0.34 and 0.36 σ at T = 0.60 and 0.45. Its spread over monomers \
grows from 0.08 to 0.11 σ on cooling. Noise is 13 % and 10 % of the variance.'
    >>> propensity_finding(moments[:1], ceiling[:0], {0.6: 10})
    'At τ_α the mean propensity is 0.34 σ at T = 0.60. Its spread over monomers is 0.08 σ.'
    """
    here = chosen(moments, runs).sort_values("T", ascending=False)
    text = f"At τ_α the mean propensity is {values(here['mean'])} σ {at(here['T'], runs)}."
    hot, cold = here["spread"].iloc[0], here["spread"].iloc[-1]
    verb = f"{'grows' if cold > hot else 'shrinks'} from {hot:.2f} to {cold:.2f} σ on cooling"
    text += f" Its spread over monomers {verb if len(here) > 1 else f'is {hot:.2f} σ'}."
    noise = chosen(own_ceiling(ceiling), runs).dropna(subset="reliability")
    if len(noise):
        shares = joined(f"{100 * (1 - value):.0f} %" for value in noise["reliability"])
        text += f" Noise is {shares} of the variance."
    return text


def descriptors_finding(columns: int, components: int, half_box: float) -> str:
    """Page 4: columns, principal components that carry 99 % of the variance, half the box (σ).

    Examples
    --------
    >>> descriptors_finding(880, 120, 6.3)
    'Each monomer has 880 numbers, of which 120 principal components carry 99 % of the variance. \
The last generation of averages reaches 10.6 σ, more than half the box (6.3 σ): it describes the \
configuration, not the monomer.'
    >>> descriptors_finding(880, 120, 11.0).endswith("which half the box (11.0 σ) holds.")
    True
    """
    spec = DescriptorSpec()
    _, end, _, width = spec.radial_shells[-1]
    reach = end + spec.tail * width + spec.generations * spec.coarse_radius
    told = (f"more than half the box ({half_box:.1f} σ): it describes the configuration, not the"
            " monomer" if reach > half_box else f"which half the box ({half_box:.1f} σ) holds")
    return (f"Each monomer has {columns} numbers, of which {components} principal components carry"
            f" 99 % of the variance. The last generation of averages reaches {reach:.1f} σ,"
            f" {told}.")


def networks_finding(accuracy: pd.DataFrame, runs: Runs) -> str:
    """Page 5, from ``accuracy``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.6, "split": ["row", "row", "run", "run"], "at_tau": True,
    ...     "model": ["network A", "network B"] * 2, "rho": [0.77, 0.55, 0.7, 0.41]})
    >>> networks_finding(table, {0.6: 10})
    "At T = 0.60, ρ(τ_α) of A is 0.77 in the random split (the paper's test) and 0.70 on new \
configurations; that of B is 0.55 and 0.41."
    >>> networks_finding(table[:2], {0.6: 1})
    "At T = 0.60 (1 run), ρ(τ_α) of A is 0.77 in the random split (the paper's test); that of B is \
0.55."
    """
    here = chosen(accuracy, runs)
    ways = [way for way in TESTS if (here["split"] == way).any()]
    names = {way: text[0].lower() + text[1:] for way, text in TESTS.items()}

    def both(network, named):
        texts = []
        for way in ways:
            rows = here[(here["split"] == way) & (here["model"] == f"network {network}")]
            texts.append(values(rows["rho"]) + (f" {names[way]}" if named else ""))
        several = here["T"].nunique() > 1
        return ("; " if several else " and ").join(texts)

    where = at(dict.fromkeys(here["T"]), runs).replace("at", "At", 1)
    return f"{where}, ρ(τ_α) of A is {both('A', True)}; that of B is {both('B', False)}."


def correlation_finding(shape: pd.DataFrame, runs: Runs) -> str:
    """Page 6, from ``shape``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.6, "split": "row", "model": ["network A"] + ["network B"] * 2,
    ...     "feature": ["highest at t = 1", "dip near t = 1", "highest near τ_α"],
    ...     "value": [0.1, 0.05, -0.2], "value_error": 0.01})
    >>> correlation_finding(table, {0.6: 10})
    "In the random split (the paper's test), A is highest at t = 1 at T = 0.60; B has a dip near \
t = 1 at T = 0.60, and is highest near τ_α at no temperature."
    """
    texts = []
    for way, name in TESTS.items():
        here = chosen(shape, runs, split=way)
        if not len(here):
            continue

        def where(network, feature, here=here):
            rows = here[(here["model"] == f"network {network}") & (here["feature"] == feature)]
            told = [row["T"] for _, row in rows.iterrows()
                    if above(row["value"], row["value_error"], runs[row["T"]]) == CONFIRMED]
            return at(told, runs)

        texts.append(
            f"{name}, A is highest at t = 1 {where('A', PEAK_AT_ONE)}; B has a dip near t = 1"
            f" {where('B', DIP)}, and is highest near τ_α {where('B', PEAK_AT_TAU)}."
        )
    return " ".join(texts)


def accuracy_finding(accuracy: pd.DataFrame, equal: pd.DataFrame, runs: Runs) -> str:
    """Page 7, from ``accuracy`` and ``accuracy-equal-runs``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.6, "split": "run", "at_tau": True, "rho_error": 0.01,
    ...     "model": ["network A", "network B", "network A − network B"], "rho": [0.7, 0.4, 0.3]})
    >>> accuracy_finding(table, table, {0.6: 10})
    'On new configurations, A beats B by 0.30 at T = 0.60. Trained on equal numbers of runs and \
asked for new configurations, A is 0.70 at T = 0.60, and B is 0.40 at T = 0.60.'
    """
    texts = []
    for way, name in TESTS.items():
        rows = chosen(accuracy, runs, split=way, model=difference_name("network A", "network B"))
        if len(rows):
            texts.append(f"{name}, {contest('A', 'B', rows, runs)}.")
    lines = [chosen(equal, runs, split="run", model=f"network {network}") for network in "AB"]
    if all(len(line) for line in lines):
        trends = [on_cooling(n, line, runs) for n, line in zip("AB", lines, strict=True)]
        texts.append("Trained on equal numbers of runs and asked for new configurations,"
                     f" {trends[0]}, and {trends[1]}.")
    return " ".join(texts)


def heterogeneity_finding(
    susceptibility: pd.DataFrame, mobile: pd.DataFrame, runs: Runs
) -> str:
    """Page 8, from ``susceptibility`` and ``mobile-number``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.6, "split": ["all", "row", "row"], "at_tau": True,
    ...     "curve": ["true", "network A", "network B"], "chi4": [10.0, 10.5, 20.0],
    ...     "chi4_error": [3.0, 1, 1], "ratio": [np.nan, 1.05, 2.0],
    ...     "ratio_error": [np.nan, 0.01, 0.9]})
    >>> heterogeneity_finding(table, pd.DataFrame(columns=["T", "split", "predictor"]), {0.6: 10})
    'At τ_α the true χ4 has an error of 30 % at T = 0.60: of 2 predictions of it, 1 lies within \
25 %, 0 lie farther off, and 1 cannot be told. No temperature has four runs, and fewer do not tell \
a correlation.'
    """
    here = chosen(susceptibility, runs)
    true = here[(here["split"] == "all") & here["chi4_error"].notna()]
    if not len(true):
        return "Too few configurations give χ4 an error."
    errors = joined(f"{100 * row['chi4_error'] / row['chi4']:.0f} %" for _, row in true.iterrows())
    told = [near(row["ratio"] - 1, row["ratio_error"], MARGIN_CHI4, runs[row["T"]])
            for _, row in here[here["curve"].str.startswith("network")].iterrows()]
    good, bad = told.count(CONFIRMED), told.count(NOT_CONFIRMED)
    return (f"At τ_α the true χ4 has an error of {errors} {at(true['T'], runs)}: of {len(told)}"
            f" predictions of it, {good} lie{'s' * (good == 1)} within {100 * MARGIN_CHI4:.0f} %,"
            f" {bad} lie{'s' * (bad == 1)} farther off, and {told.count(CANNOT_TELL)} cannot be"
            f" told. {skill_sentence(mobile)}")


def transfer_finding(transfer: pd.DataFrame, runs: Runs) -> str:
    """Page 9, from ``transfer``.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["own − elsewhere", "A − B"], "split": "row",
    ...     "network": ["A", "A − B"], "rho": [0.2, 0.09], "rho_error": 0.01, "runs": 31})
    >>> transfer_finding(table, {0.6: 10, 0.5: 10})
    "In the random split (the paper's test), training at another temperature changes ρ(τ_α) by \
−0.20 (A) on average. There, A beats B by 0.09."
    >>> transfer_finding(table[:0], {0.6: 10})
    'One temperature alone: nothing can be transferred.'
    """
    transfer, texts = chosen(transfer, runs), []
    for way, name in TESTS.items():
        here = transfer[transfer["split"] == way]
        losses = [
            f"{-row['rho']:+.2f} ({row['network']})".replace("-", "−")
            for _, row in here[here["kind"] == OWN_LESS_ELSEWHERE].iterrows()
        ]
        if not losses:
            continue
        text = (f"{name}, training at another temperature changes ρ(τ_α) by {joined(losses)} on"
                " average.")
        for _, row in here[here["kind"] == A_LESS_B].iterrows():
            if abs(row["rho"]) > bar(row["rho_error"], int(row["runs"])):
                winner = "A beats B" if row["rho"] > 0 else "B beats A"
                text += f" There, {winner} by {abs(row['rho']):.2f}."
            else:
                text += " There, A and B cannot be told apart."
        texts.append(text)
    return " ".join(texts) or "One temperature alone: nothing can be transferred."


def ceiling_finding(ceiling: pd.DataFrame, accuracy: pd.DataFrame, runs: Runs) -> str:
    """Page 10, from ``ceiling`` and ``accuracy``.

    Examples
    --------
    >>> top = pd.DataFrame({"T": [0.6, 0.5], "kind": "pooled", "own": True, "at_tau": True,
    ...                     "ceiling": [0.93, 0.95]})
    >>> table = pd.DataFrame({"T": [0.6, 0.6], "split": "run", "at_tau": True,
    ...     "model": ["network A", "network B"], "rho": [0.7, 0.41]})
    >>> ceiling_finding(top, table, {0.6: 10, 0.5: 10})
    'No prediction can correlate with these noisy propensities by more than 0.93 and 0.95 at \
T = 0.60 and 0.50. On new configurations A reaches 75 % of that at T = 0.60, B 44 %: noise does \
not explain what is missing.'
    >>> ceiling_finding(top.assign(ceiling=np.nan), table, {0.6: 10})
    'One block of trajectories gives no noise ceiling.'
    """
    top = chosen(own_ceiling(ceiling), runs).dropna(subset="ceiling")
    if not len(top):
        return "One block of trajectories gives no noise ceiling."
    limit = top.set_index("T")["ceiling"]
    text = ("No prediction can correlate with these noisy propensities by more than"
            f" {values(limit)} {at(limit.index, runs)}.")
    here = chosen(accuracy, runs, split="run")
    here = here[here["T"].isin(limit.index)]
    shares = {n: here[here["model"] == f"network {n}"].set_index("T")["rho"] for n in "AB"}
    if not len(here):
        return text
    parts = {n: (rho / limit[rho.index]).map("{:.0%}".format).str.replace("%", " %")
             for n, rho in shares.items()}
    most = max((rho / limit[rho.index]).max() for rho in shares.values())
    told = "noise explains" if most > 0.95 else "noise does not explain"
    return (f"{text} On new configurations A reaches {joined(parts['A'])} of that"
            f" {at(parts['A'].index, runs)}, B {joined(parts['B'])}: {told} what is missing.")


def without_contest(
    without: pd.DataFrame, accuracy: pd.DataFrame, network: str, runs: Runs, brief: bool = False
) -> str:
    """Set the mean of the neighbours beside a network in the random split.

    Errors of the two are combined as if they were independent, which makes the bar too long
    rather than too short.

    Examples
    --------
    >>> one = pd.DataFrame({"T": [0.6], "split": "row", "at_tau": True, "rho_error": 0.01})
    >>> mean = one.assign(model="neighbours' propensity", rho=0.64)
    >>> without_contest(mean, one.assign(model="network B", rho=0.55), "B", {0.6: 10})
    'the mean of the neighbours beats B by 0.09 at T = 0.60'
    """
    mean = chosen(without, runs, split="row").set_index("T")
    rows = chosen(accuracy, runs, split="row", model=f"network {network}").set_index("T")
    both = mean.index.intersection(rows.index, sort=False)
    difference = pd.DataFrame({
        "T": both, "rho": (mean["rho"] - rows["rho"])[both].values,
        "rho_error": np.hypot(mean["rho_error"][both], rows["rho_error"][both]).values,
    })
    return contest("the mean of the neighbours", network, difference, runs, brief)


def leaks_finding(
    without: pd.DataFrame, accuracy: pd.DataFrame, reach: pd.DataFrame, runs: Runs
) -> str:
    """Page 11, from ``without-structure``, ``accuracy`` and ``leak-reach``.

    Examples
    --------
    >>> one = pd.DataFrame({"T": [0.6], "split": "row", "at_tau": True, "rho_error": 0.01})
    >>> mean = one.assign(model="neighbours' propensity", rho=0.64)
    >>> table = pd.concat([one.assign(model="network A", rho=0.77),
    ...                    one.assign(model="network B", rho=0.55)])
    >>> holes = pd.DataFrame({"T": 0.6, "radius": [1.2, np.inf], "at_tau": True,
    ...                       "rho": [0.61, 0.51]})
    >>> leaks_finding(mean, table, holes, {0.6: 10})
    "In the random split (the paper's test), without any descriptor, the mean of the neighbours \
beats B by 0.09 at T = 0.60; A beats the mean of the neighbours by 0.13 at T = 0.60. Ridge B \
falls from 0.61 to 0.51 at T = 0.60 when the neighbours of its test monomers leave the training \
set."
    """
    text = (f"{TESTS['row']}, without any descriptor,"
            f" {without_contest(without, accuracy, 'B', runs, brief=True)};"
            f" {without_contest(without, accuracy, 'A', runs, brief=True)}.")
    holes = []
    for t, line in chosen(reach, runs).groupby("T", sort=False):
        line = line.sort_values("radius")["rho"]
        holes.append(f"from {line.iloc[0]:.2f} to {line.iloc[-1]:.2f} {at([t], runs)}")
    if holes:
        text += (f" Ridge B falls {joined(holes)} when the neighbours of its test monomers leave"
                 " the training set.")
    return text


def baselines_finding(baselines: pd.DataFrame, accuracy: pd.DataFrame, runs: Runs) -> str:
    """Page 12, from ``baselines`` and ``accuracy``.

    Examples
    --------
    >>> one = pd.DataFrame({"T": [0.6], "split": "run", "at_tau": True, "rho_error": 0.01})
    >>> rows = [one.assign(model=name, rho=rho) for name, rho in (
    ...     ("ridge A", 0.72), ("ridge B", 0.44), ("Debye–Waller alone", 0.71))]
    >>> nets = [one.assign(model=f"network {n}", rho=rho) for n, rho in (("A", 0.7), ("B", 0.41))]
    >>> baselines_finding(pd.concat(rows), pd.concat(nets), {0.6: 10})
    'On new configurations, ρ(τ_α) is 0.70 with network A, 0.72 with ridge A and 0.71 with the \
Debye–Waller factor alone at T = 0.60; it is 0.41 with network B and 0.44 with ridge B.'
    """
    both = pd.concat([chosen(baselines, runs, split="run"), chosen(accuracy, runs, split="run")])
    if not len(both):
        return "One run alone: none can be held out."

    def of(model):
        return values(both[both["model"] == model]["rho"])

    where = at(dict.fromkeys(both["T"]), runs)
    return (f"On new configurations, ρ(τ_α) is {of('network A')} with network A,"
            f" {of('ridge A')} with ridge A and {of('Debye–Waller alone')} with the Debye–Waller"
            f" factor alone {where}; it is {of('network B')} with network B and {of('ridge B')}"
            " with ridge B.")


def debye_waller_finding(models: pd.DataFrame, importance: pd.DataFrame, runs: Runs) -> str:
    """Page 13, from ``reorientation-models`` and ``importance``.

    Examples
    --------
    >>> gap = pd.DataFrame({"T": [0.6], "target": "propensity", "model": "gap closed",
    ...                     "at_tau": True, "rho": 0.35, "rho_error": 0.01})
    >>> drop = pd.DataFrame({"T": [0.6], "model": "network A", "group": "Debye–Waller",
    ...                      "at_tau": True, "drop": 0.57, "drop_error": 0.01})
    >>> debye_waller_finding(gap, drop, {0.6: 10})
    'Early reorientation of the bonds closes 35 % of the gap between B and A at T = 0.60. The \
importance of the Debye–Waller factor in A is 0.57 at T = 0.60.'
    """
    gap = chosen(models, runs, target="propensity", model="gap closed")
    parts = joined(f"{100 * value:.0f} %" for value in gap["rho"])
    text = (f"Early reorientation of the bonds closes {parts} of the gap between B and A"
            f" {at(gap['T'], runs)}.")
    drop = chosen(importance, runs, model="network A", group="Debye–Waller")
    if len(drop):
        line = drop.rename(columns={"drop": "rho", "drop_error": "rho_error"})
        trend = on_cooling("the importance of the Debye–Waller factor in A", line, runs)
        text += f" {_sentence(trend)}"
    return text


def inherent_finding(inherent: pd.DataFrame, runs: Runs) -> str:
    """Page 14, from ``inherent``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": [0.6], "split": "run", "at_tau": True, "rho_error": 0.01,
    ...                       "model": "ridge A − ridge C", "rho": 0.14})
    >>> inherent_finding(table, {0.6: 10})
    'On new configurations, with the energy minimum under the configuration and no trajectory (C), \
A beats C by 0.14 at T = 0.60.'
    """
    rows = chosen(inherent, runs, split="run", model=difference_name("ridge A", "ridge C"))
    text = (f"{TESTS['run']}, with the energy minimum under the configuration and no trajectory"
            f" (C), {contest('A', 'C', rows, runs)}.")
    both = difference_name("ridge A and inherent", "ridge A")
    gain = chosen(inherent, runs, split="run", model=both)
    if len(gain):
        text += f" A that sees both gains {values(gain['rho'])} {at(gain['T'], runs)}."
    return text


def claims_finding(judged: list) -> str:
    """Page 15, from :func:`~glasslib.results.judged`.

    Examples
    --------
    >>> from glasslib.results.claims import Claim, Finding
    >>> yes, open_ = Finding("x", "confirmed"), Finding("y", "cannot tell")
    >>> claims_finding([Claim("a", "1", yes, open_), Claim("b", "2", yes)])
    "Of 2 claims in the paper's test, 2 are confirmed, 0 are not and 0 cannot be told. Of 1 on new \
configurations, 0 are confirmed, 0 are not and 1 cannot be told."
    """
    texts = []
    tests = {"by_row": "claims in the paper's test", "by_run": "on new configurations"}
    for way, name in tests.items():
        told = [found.verdict for claim in judged if (found := getattr(claim, way))]
        yes, no = told.count(CONFIRMED), told.count(NOT_CONFIRMED)
        texts.append(f"Of {len(told)} {name}, {yes} {'is' if yes == 1 else 'are'} confirmed,"
                     f" {no} {'is' if no == 1 else 'are'} not and {told.count(CANNOT_TELL)} cannot"
                     " be told.")
    return " ".join(texts)


def cage_finding(limit: pd.DataFrame, runs: Runs) -> str:
    """Page 18, from ``structure-limit``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": [0.5], "split": "run", "at_tau": True, "rho_error": 0.01,
    ...     "model": "cage alone − Debye–Waller factor alone", "rho": 0.09})
    >>> cage_finding(table, {0.5: 10})
    'As single predictors of the propensity at τ_α, the size of the cage beats the Debye–Waller \
factor by 0.09 at T = 0.50.'
    """
    rows = chosen(limit, runs, model=difference_name("cage alone", "Debye–Waller factor alone"))
    told = contest("the size of the cage", "the Debye–Waller factor", rows, runs)
    return f"As single predictors of the propensity at τ_α, {told}."


def structure_finding(limit: pd.DataFrame, ceiling: pd.DataFrame, runs: Runs) -> str:
    """Page 19, from ``structure-limit`` and ``ceiling``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.5, "split": "run", "at_tau": True, "rho_error": 0.01,
    ...     "model": ["ridge D", "ridge D − ridge A"], "rho": [0.79, 0.21]})
    >>> top = pd.DataFrame({"T": [0.5], "kind": "pooled", "own": True, "at_tau": True,
    ...                     "ceiling": 0.93})
    >>> structure_finding(table, top, {0.5: 10})
    'On new configurations, structure alone, asked for the cage of each monomer (D), reaches \
ρ(τ_α) = 0.79 at T = 0.50, of 0.93 that noise allows: D beats A by 0.21 at T = 0.50.'
    """
    pooled = limit.drop(columns="within", errors="ignore")  # as the ceiling
    rows = chosen(pooled, runs, model="ridge D")
    top = chosen(own_ceiling(ceiling), runs).set_index("T")["ceiling"].reindex(rows["T"])
    difference = chosen(pooled, runs, model=difference_name("ridge D", "ridge A"))
    told = contest("D", "A", difference, runs)
    allowed = f", of {values(top)} that noise allows" if top.notna().all() else ""
    return (f"{TESTS['run']}, structure alone, asked for the cage of each monomer (D), reaches"
            f" ρ(τ_α) = {values(rows['rho'])} {at(rows['T'], runs)}{allowed}: {told}.")


# ---------------------------------------------------------------------------------- the pages
def _moments(shown: Mapping[float, Ensemble]) -> pd.DataFrame:
    rows = []
    for t, ensemble in shown.items():
        values_at_tau = ensemble.propensity[..., ensemble.times.tau_index]
        rows.append({"T": t, "mean": values_at_tau.mean(), "spread": values_at_tau.std()})
    return pd.DataFrame(rows)


def _descriptors(shown: Mapping[float, Ensemble]) -> str:
    from glasslib.results.networks import dataset

    ensemble = next(iter(shown.values()))
    features = dataset(ensemble).features
    features = features[:, features.std(axis=0) > 0].astype(float)
    share = np.linalg.eigvalsh(np.corrcoef(features, rowvar=False))[::-1].cumsum()
    components = int(np.searchsorted(share / share[-1], 0.99)) + 1
    half_box = float(ensemble.configuration(next(iter(ensemble.runs))).box.min()) / 2
    return descriptors_finding(dataset(ensemble).features.shape[1], components, half_box)


def _of(function: Callable[..., str], *names: str) -> Callable[[Mapping[float, Ensemble]], str]:
    """Turn a function of tables and runs into one of the ensembles shown."""
    def of_ensembles(shown):
        runs = {t: len(ensemble.runs) for t, ensemble in shown.items()}
        return function(*(table(name, shown) for name in names), runs)

    return of_ensembles


#: What each page finds, from the ensembles it shows.
FINDINGS: dict[str, Callable[[Mapping[float, Ensemble]], str]] = {
    "melt": lambda shown: melt_finding(
        equilibration_table(shown), [e.melt.n_monomers for e in shown.values()]),
    "relaxation": lambda shown: relaxation_finding(relaxation_table(shown)),
    "propensity": lambda shown: propensity_finding(
        _moments(shown), table("ceiling", shown), {t: len(e.runs) for t, e in shown.items()}),
    "descriptors": _descriptors,
    "networks": _of(networks_finding, "accuracy"),
    "correlation": _of(correlation_finding, "shape"),
    "accuracy": _of(accuracy_finding, "accuracy", "accuracy-equal-runs"),
    "heterogeneity": _of(heterogeneity_finding, "susceptibility", "mobile-number"),
    "transfer": _of(transfer_finding, "transfer"),
    "ceiling": _of(ceiling_finding, "ceiling", "accuracy"),
    "leaks": _of(leaks_finding, "without-structure", "accuracy", "leak-reach"),
    "baselines": _of(baselines_finding, "baselines", "accuracy"),
    "debye-waller": _of(debye_waller_finding, "reorientation-models", "importance"),
    "inherent": _of(inherent_finding, "inherent"),
    "claims": lambda shown: claims_finding(claims.judged(shown, shown)),
    "cage": _of(cage_finding, "structure-limit"),
    "structure": _of(structure_finding, "structure-limit", "ceiling"),
    "mixture": lambda shown: another_sentence(table("mixture", {})),
    "size": lambda shown: size_sentence(table("melt-size", {})),
}


def finding(page: str, shown: Mapping[float, Ensemble]) -> str:
    """Return what a page found.

    Parameters
    ----------
    page : str
        One of :data:`FINDINGS`.
    shown : mapping of float to Ensemble
        By temperature.

    Raises
    ------
    ParameterError
        There is no such page.
    """
    if page not in FINDINGS:
        raise ParameterError(f"page = '{page}' has no finding; choose {', '.join(FINDINGS)}")
    return FINDINGS[page](shown)
