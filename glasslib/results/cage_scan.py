"""Which wall, which bath and how long: where cages stop being structure.

Other samplings of a few runs (:mod:`glasslib.campaign.scan`) say how much ρ(τ_α) of network D owes
to the wall and the bath, and how much the averages owe to the length of a replica. What depends on
that length is short dynamics with a wall.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from glasslib import paths, store
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.learning.ceiling import spearman_brown
from glasslib.learning.correlation import correlate_runs, pearson
from glasslib.learning.dataset import Dataset, run_folds
from glasslib.learning.nested import nested_ridge
from glasslib.results.cache import key_of
from glasslib.results.cage import cage_dataset, configurations
from glasslib.results.ceiling import own_ceiling
from glasslib.results.structure_limit import at_tau, rho_rows, ridge_d
from glasslib.results.words import bracketed, pivot_errors
from glasslib.store import Ensemble, load_scans
from glasslib.structure.cage import scalar_descriptors

__all__ = [
    "cage_scan", "scan_digest", "scan_sentence", "second_wall_sentence", "second_wall_table",
]  # fmt: skip

#: D with the second sampling that training runs choose, if any.
CHOSEN = "shipped D and what training runs choose"


def scan_digest(ensemble: Ensemble) -> str:
    """Return the hash of the files of an ensemble's scans, as their registry knows them."""
    folder = paths.scans(ensemble.profile, ensemble.temperature)
    entries = store.read_registry(folder.parent / "registry.txt")
    return key_of([entries.get(f"{folder.name}/run{run:02d}-scan.nc") for run in ensemble.blocks])


def _scanned(ensemble: Ensemble, scans: Mapping) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Settings of a scan with what they gave, and the descriptors of each for all its runs."""
    first = next(iter(scans.values()))
    names = first.attrs["scalars"].split(", ")
    settings = pd.DataFrame({k: first[k] for k in ("radius", "bath", "replicas", "duration")})
    tables, each = [], []
    for k in range(len(settings)):
        columns, squares, agree = [], [], []
        for run, file in scans.items():
            scalars = dict(zip(names, file["scalars"][k].astype(np.float64), strict=True))
            described = scalar_descriptors(scalars, *configurations(ensemble, run))
            columns.append(described.values)
            squares.append(np.exp(scalars["squared displacement"]).mean())
            agree.append(pearson(*file["variance"][k, :2].astype(np.float64)))
        each.append(np.array(squares))
        settings.loc[k, "square"] = np.mean(squares)
        settings.loc[k, "square_error"] = standard_error(each[k])
        settings.loc[k, "agreement"] = np.mean(agree)
        settings.loc[k, "reliability"] = spearman_brown(np.mean(agree), 2)
        settings.loc[k, "seconds"] = np.mean([file["seconds"][k] for file in scans.values()])
        tables.append(np.concatenate(columns))
    for _, alike in settings.groupby(["radius", "bath"]):
        longest = alike["duration"].idxmax()
        for k in alike.index:
            ratio = each[k] / each[longest]
            settings.loc[k, "ratio"] = np.mean(ratio)
            settings.loc[k, "ratio_error"] = standard_error(ratio)
    return settings, tables


def cage_scan(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) of network D with other walls, baths and lengths, on the runs that were scanned.

    Returns
    -------
    pandas.DataFrame
        One row for each setting and ``model`` ("ridge D", "cage alone"): ``radius`` in σ, ``bath``
        in ε/k_B, ``replicas`` of each half and their ``duration`` in τ; ``rho``, ``rho_error``,
        ``within``, ``within_error``; ``gain``, the difference of ``within`` from the first
        setting, with error; ``square``, mean ⟨|r − r₀|²⟩ in σ², with error over runs, and
        ``ratio``, that over the same of the longest replicas behind the same wall; ``agreement``
        of log u² between the halves and ``reliability`` of their mean; ``seconds`` of CPU time for
        a run; ``runs``.
        Then rows without a setting: with three runs or more, "chosen by training runs" among those
        of the first length, and its ``gain`` over the best of them; network D of the shipped cages
        on these runs, and with the columns of another wall, or of replicas of other lengths,
        beside; with three runs or more, "shipped D and what training runs choose" of these.
        ``choice`` says what was chosen, and in how many folds. Empty without two scanned runs.
    """
    scans = load_scans(ensemble)
    if len(scans) < 2:
        return pd.DataFrame(columns=["radius", "model", "rho", "rho_error"])
    part = ensemble.only(scans)
    shipped = at_tau(cage_dataset(part))
    settings, tables = _scanned(part, scans)
    predicted = {}
    for k, columns in enumerate(tables):
        predicted[f"ridge D {k}"] = ridge_d(shipped, columns)
        predicted[f"cage alone {k}"] = columns[:, 0]  # log u², own
    models = [name.rpartition(" ")[0] for name in predicted]
    gains = [(name, f"{model} 0") for name, model in zip(predicted, models, strict=True)]
    table = rho_rows(shipped, predicted, gains)
    rows = _with_gains(table, gains).assign(
        model=models, **settings.loc[[int(name.split()[-1]) for name in predicted]].reset_index(
            drop=True
        )
    )
    alike = settings.index[settings["duration"] == settings["duration"][0]]
    others = []
    if len(scans) > 2:  # one training run chooses nothing
        others.append(_chosen_setting(shipped, {str(k): tables[k] for k in alike}, settings))
    wide = [k for k in alike if settings["radius"][k] > settings["radius"][0]]
    lengths = settings.index[settings["duration"] != settings["duration"][0]]
    others.append(_second_sampling(shipped, {"the same wall": tables[0]} | {
        f"R = {settings['radius'][k]:.2f}": tables[k] for k in wide
    } | {
        f"R = {settings['radius'][k]:.2f} for {settings['duration'][k]:g} τ": tables[k]
        for k in lengths
    }))
    return pd.concat([rows, *others], ignore_index=True).assign(runs=len(scans))


def _with_gains(table: pd.DataFrame, gains: list[tuple[str, str]]) -> pd.DataFrame:
    """Rows of models, with the difference from another, within runs, as ``gain``."""
    found = table.set_index("model")
    rows = found.loc[[name for name, _ in gains]].reset_index()
    differences = found.loc[[f"{name} − {other}" for name, other in gains]]
    rows["gain"] = differences["within"].values
    rows["gain_error"] = differences["within_error"].values
    return rows[["model", "rho", "rho_error", "within", "within_error", "gain", "gain_error"]]


def _chosen_setting(data: Dataset, tables: dict, settings: pd.DataFrame) -> pd.DataFrame:
    """Wall and bath chosen by training runs, beside the best."""
    found = nested_ridge(tables, data.targets[:, 0], run_folds(data.runs), data.runs)
    rho = {
        name: correlate_runs(data.targets, values[:, None], data.runs)[0].value[0]
        for name, values in found.predicted.items()
    }
    best = max(rho, key=rho.get)
    table = rho_rows(data, {"nested": found.nested, "best": found.predicted[best]},
                 [("nested", "best"), ("best", "best")])
    rows = _with_gains(table, [("nested", "best"), ("best", "best")])
    taken = pd.Series(found.chosen).value_counts()
    text = [f"R = {settings['radius'][int(k)]:.2f}, T′ = {settings['bath'][int(k)]:.2f} ({n})"
            for k, n in taken.items()]
    where = settings.loc[int(best)]
    rows["choice"] = [", ".join(text), f"R = {where['radius']:.2f}, T′ = {where['bath']:.2f}"]
    rows["model"] = ["chosen by training runs", "best of the test runs"]
    return rows


def _second_sampling(data: Dataset, added: dict[str, np.ndarray]) -> pd.DataFrame:
    """D of the shipped cages on these runs, and with the columns of another sampling beside."""
    sets = {"shipped D": data.features} | {
        f"shipped D and {name}": np.concatenate([data.features, columns], axis=1)
        for name, columns in added.items()
    }
    predicted, choice = {name: ridge_d(data, columns) for name, columns in sets.items()}, ""
    if data.n_runs > 2:  # one training run chooses nothing
        found = nested_ridge(sets, data.targets[:, 0], run_folds(data.runs), data.runs)
        predicted[CHOSEN] = found.nested
        taken = pd.Series(found.chosen).value_counts()
        choice = ", ".join(f"{k.removeprefix('shipped D and ')} ({n})" for k, n in taken.items())
    gains = [(name, "shipped D") for name in predicted]
    rows = _with_gains(rho_rows(data, predicted, gains), gains)
    return rows.assign(choice=rows["model"].map({CHOSEN: choice}))


def scan_sentence(scan: pd.DataFrame) -> str:
    """Say where averages depend on the length of a replica, and what training runs choose.

    Parameters
    ----------
    scan : pandas.DataFrame
        The result table ``cage-scan``.

    Examples
    --------
    >>> scan_sentence(pd.DataFrame({"radius": [], "model": []}))
    'No scan was made at these temperatures.'
    """
    lines = []
    for t, here in scan.groupby("T", sort=False) if "T" in scan else ():
        tried = here[(here["model"] == "ridge D") & here["radius"].notna()]
        first = tried.iloc[0]
        short = tried[tried["ratio"].notna() & (tried["duration"] < first["duration"])]
        texts = [
            f"{100 * (row['ratio'] - 1):+.1f} ± {100 * row['ratio_error']:.1f} % behind walls at"
            f" {row['radius']:.2f}" for _, row in short.iterrows()
        ]
        text = (
            f"T = {t:.2f} ({int(first['runs'])} runs): with short replicas in place of long ones"
            f" ⟨|r − r₀|²⟩ changes by {' and '.join(texts)}."
        )
        others = here.set_index("model")
        if "chosen by training runs" in others.index:
            chosen, best = (others.loc[name] for name in
                            ("chosen by training runs", "best of the test runs"))
            text += (
                f" Training runs choose {chosen['choice']},"
                f" ρ = {bracketed(chosen['rho'], chosen['rho_error'])}; the best wall and bath,"
                f" {best['choice']}, would have given"
                f" {bracketed(best['rho'], best['rho_error'])}."
            )
        lines.append(text)
    return "\n".join(lines) or "No scan was made at these temperatures."


def second_wall_sentence(scan: pd.DataFrame, ceiling: pd.DataFrame) -> str:
    """Say how far D goes with the second sampling that training runs choose, and what that is.

    Parameters
    ----------
    scan, ceiling : pandas.DataFrame
        The result tables ``cage-scan`` and ``ceiling``.

    Examples
    --------
    >>> scan = pd.DataFrame({
    ...     "T": 0.5, "model": ["ridge D", "shipped D", CHOSEN], "radius": [0.8, None, None],
    ...     "duration": [5.0, None, None], "ratio": [0.51, None, None],
    ...     "rho": [0.8, 0.782, 0.847], "rho_error": 0.009, "within": 0.8,
    ...     "choice": [None, None, "R = 0.80 for 5 τ (4)"], "runs": 4})
    >>> top = pd.DataFrame({"T": [0.5], "at_tau": True, "kind": "pooled", "own": True,
    ...     "ceiling": 0.93})
    >>> print(second_wall_sentence(scan, top))
    T = 0.50 (4 runs): D alone reaches ρ = 0.782(9), 0.84 of the noise ceiling; with what \
training runs choose, R = 0.80 for 5 τ (4), 0.847(9), 0.91 of it. ⟨|r − r₀|²⟩ of R = 0.80 \
for 5 τ is 0.51 of that in the longest replicas behind the same wall.
    """
    top = own_ceiling(ceiling)
    top = top[top["at_tau"]].set_index("T")["ceiling"]
    lines = []
    for t, here in scan.groupby("T", sort=False) if "T" in scan else ():
        models = here.set_index("model")
        if CHOSEN not in models.index or t not in top:
            continue
        alone, more = models.loc["shipped D"], models.loc[CHOSEN]
        text = (
            f"T = {t:.2f} ({int(more['runs'])} runs): D alone reaches"
            f" ρ = {bracketed(alone['rho'], alone['rho_error'])}, {alone['rho'] / top[t]:.2f} of"
            f" the noise ceiling; with what training runs choose, {more['choice']},"
            f" {bracketed(more['rho'], more['rho_error'])}, {more['rho'] / top[t]:.2f} of it."
        )
        for _, row in here[(here["model"] == "ridge D") & here["ratio"].notna()].iterrows():
            name = f"R = {row['radius']:.2f} for {row['duration']:g} τ"
            if f"{name} (" in more["choice"]:
                text += (f" ⟨|r − r₀|²⟩ of {name} is {row['ratio']:.2f} of that in the longest"
                         " replicas behind the same wall.")
        lines.append(text)
    return "\n".join(lines) or "No temperature has three runs whose cages were sampled otherwise."


def second_wall_table(scan: pd.DataFrame) -> pd.DataFrame:
    """Return what another sampling of the cages adds to ρ(τ_α) of D within runs, by temperature.

    Parameters
    ----------
    scan : pandas.DataFrame
        The result table ``cage-scan``.

    Returns
    -------
    pandas.DataFrame
        Index: what is added; columns: temperature. Text; empty without a scan.
    """
    rows = scan[scan["model"].str.startswith("shipped D and", na=False)]
    return pivot_errors(rows, "model", "T", value="gain") if len(rows) else pd.DataFrame()
