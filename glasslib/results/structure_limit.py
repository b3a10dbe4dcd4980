"""How far structure goes: what may be asked of network D once its ρ is known.

Which walls, baths and lengths (:func:`cage_scan`); which inputs, chosen by training runs alone, and
the price of the choice (:func:`cage_choice`); how many runs (:func:`cage_learning`); the paper's
network as a second head (:func:`cage_networks`); what is missing, and where it is
(:func:`cage_gap`); how well the cages are known (:func:`cage_reliability`), and what they cost
(:func:`cage_cost`). Every prediction is for runs that took no part in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from glasslib import paths, store
from glasslib.configuration import Configuration
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.learning.baselines import out_of_sample, ridge_pipeline
from glasslib.learning.ceiling import ceiling_of_runs, spearman_brown
from glasslib.learning.correlation import correlate_runs, correlation_rows, pearson
from glasslib.learning.dataset import Dataset, Split, run_folds
from glasslib.learning.nested import nested_ridge
from glasslib.learning.training import choose_settings
from glasslib.parameters import NetworkSettings
from glasslib.results.cache import cached, digest, key_of
from glasslib.results.cage import cage_dataset, cage_parts, cages_digest, configurations, moments_of
from glasslib.results.ceiling import block_propensities
from glasslib.results.closure import code_of
from glasslib.results.inherent_structure import inherent_dataset
from glasslib.results.networks import dataset, held_out
from glasslib.store import Ensemble, load_cages, load_ensemble, load_scans
from glasslib.store.schema import spent_seconds
from glasslib.structure.cage import CageMoments, cage_scalars, scalar_descriptors, surroundings
from glasslib.structure.descriptors import structural_descriptors
from glasslib.structure.neighbors import neighbor_pairs

__all__ = [
    "cage_choice", "cage_cost", "cage_gap", "cage_learning", "cage_networks", "cage_reliability",
    "cage_scan",
]  # fmt: skip

#: Scalars of a cage that are of motion; the others are of its neighbours.
_NEIGHBOURS = ("energy", "coordination", "contact")
#: Distances between pairs whose residuals are correlated, in σ; the last bin is far away.
_EDGES = (0.8, 1.25, 1.75, 2.25, 2.75, 3.5, 4.5)
_NO_RHO = ["model", "t", "at_tau", "rho", "rho_error"]


def scan_digest(ensemble: Ensemble) -> str:
    """Hash of the files of an ensemble's scans, as their registry knows them."""
    folder = paths.scans(ensemble.profile, ensemble.temperature)
    entries = store.read_registry(folder.parent / "registry.txt")
    return key_of([entries.get(f"{folder.name}/run{run:02d}-scan.nc") for run in ensemble.blocks])


def _at_tau(data: Dataset) -> Dataset:
    """The same data with the target at τ_α alone."""
    k = data.tau_index
    return replace(data, targets=data.targets[:, [k]], times=data.times[[k]], tau_index=0)


def _rho(data: Dataset, predicted: Mapping[str, np.ndarray], differences=()) -> pd.DataFrame:
    """Rows of ρ(τ_α) of predictions, (n_rows,) each."""
    columns = {name: values.reshape(-1, 1) for name, values in predicted.items()}
    return correlation_rows(data, columns, differences)


def _ridge(data: Dataset, columns: np.ndarray) -> np.ndarray:
    """Network D's regression on other columns, runs held out; (n_rows,)."""
    folds = run_folds(data.runs)
    return out_of_sample(ridge_pipeline, columns, data.targets, folds, data.runs)[:, 0]


# ------------------------------------------------------------------------------------- the scan
def _scanned(ensemble: Ensemble, scans: Mapping) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Settings of a scan with what they gave, and the descriptors of each for all its runs."""
    first = next(iter(scans.values()))
    names = first.attrs["scalars"].split(", ")
    settings = pd.DataFrame({k: first[k] for k in ("radius", "bath", "replicas", "duration")})
    tables = []
    for k in range(len(settings)):
        columns, squares, agree = [], [], []
        for run, file in scans.items():
            scalars = dict(zip(names, file["scalars"][k].astype(np.float64), strict=True))
            described = scalar_descriptors(scalars, *configurations(ensemble, run))
            columns.append(described.values)
            squares.append(np.exp(scalars["squared displacement"]).mean())
            agree.append(pearson(*file["variance"][k, :2].astype(np.float64)))
        settings.loc[k, "square"] = np.mean(squares)
        settings.loc[k, "square_error"] = standard_error(np.array(squares))
        settings.loc[k, "agreement"] = np.mean(agree)
        settings.loc[k, "reliability"] = spearman_brown(np.mean(agree), 2)
        settings.loc[k, "seconds"] = np.mean([file["seconds"][k] for file in scans.values()])
        tables.append(np.concatenate(columns))
    return settings, tables


def cage_scan(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) of network D with other walls, baths and lengths, on the runs that were scanned.

    Returns
    -------
    pandas.DataFrame
        One row for each setting and ``model`` ("ridge D", "cage alone"): ``radius`` in σ, ``bath``
        in ε/k_B, ``replicas`` of each half and their ``duration`` in τ; ``rho``, ``rho_error``,
        ``within``, ``within_error``; ``gain``, its difference from the first setting, with error;
        ``square``, mean ⟨|r − r₀|²⟩ in σ², with error over runs; ``agreement`` of log u² between
        the halves and ``reliability`` of their mean; ``seconds`` of CPU time for a run; ``runs``.
        Then rows without a setting: "chosen by training runs" among those of the first length,
        and its ``gain`` over the best of them; network D of the shipped cages on these runs, and
        with the columns of another wall beside. Empty without two scanned runs.
    """
    scans = load_scans(ensemble)
    if len(scans) < 2:
        return pd.DataFrame(columns=["radius", "model", "rho", "rho_error"])
    part = ensemble.only(scans)
    shipped = _at_tau(cage_dataset(part))
    settings, tables = _scanned(part, scans)
    predicted = {}
    for k, columns in enumerate(tables):
        predicted[f"ridge D {k}"] = _ridge(shipped, columns)
        predicted[f"cage alone {k}"] = columns[:, 0]  # log u², own
    models = [name.rpartition(" ")[0] for name in predicted]
    gains = [(name, f"{model} 0") for name, model in zip(predicted, models, strict=True)]
    table = _rho(shipped, predicted, gains)
    rows = _with_gains(table, gains).assign(
        model=models, **settings.loc[[int(name.split()[-1]) for name in predicted]].reset_index(
            drop=True
        )
    )
    alike = settings.index[settings["duration"] == settings["duration"][0]]
    others = _chosen_setting(shipped, {str(k): tables[k] for k in alike}, settings)
    wide = settings.index[(settings["radius"] == 0.6) & (settings["duration"] == 25)]
    others.append(_second_radius(shipped, {"the same wall": tables[0]} | {
        f"R = {settings['radius'][k]:.2f}": tables[k] for k in wide
    }))
    return pd.concat([rows, *others], ignore_index=True).assign(runs=len(scans))


def _with_gains(table: pd.DataFrame, gains: list[tuple[str, str]]) -> pd.DataFrame:
    """Rows of models, with the difference from another as ``gain``."""
    found = table.set_index("model")
    rows = found.loc[[name for name, _ in gains]].reset_index()
    differences = found.loc[[f"{name} − {other}" for name, other in gains]]
    rows["gain"], rows["gain_error"] = differences["rho"].values, differences["rho_error"].values
    return rows[["model", "rho", "rho_error", "within", "within_error", "gain", "gain_error"]]


def _chosen_setting(data: Dataset, tables: dict, settings: pd.DataFrame) -> list[pd.DataFrame]:
    """Wall and bath chosen by training runs, beside the best."""
    found = nested_ridge(tables, data.targets[:, 0], run_folds(data.runs), data.runs)
    rho = {
        name: correlate_runs(data.targets, values[:, None], data.runs)[0].value[0]
        for name, values in found.predicted.items()
    }
    best = max(rho, key=rho.get)
    table = _rho(data, {"nested": found.nested, "best": found.predicted[best]},
                 [("nested", "best"), ("best", "best")])
    rows = _with_gains(table, [("nested", "best"), ("best", "best")])
    taken = pd.Series(found.chosen).value_counts()
    text = [f"R = {settings['radius'][int(k)]:.2f}, T′ = {settings['bath'][int(k)]:.2f} ({n})"
            for k, n in taken.items()]
    where = settings.loc[int(best)]
    rows["choice"] = [", ".join(text), f"R = {where['radius']:.2f}, T′ = {where['bath']:.2f}"]
    rows["model"] = ["chosen by training runs", "best of the test runs"]
    return [rows]


def _second_radius(data: Dataset, added: dict[str, np.ndarray]) -> pd.DataFrame:
    """D of the shipped cages on these runs, and with the columns of another sampling beside."""
    predicted = {"shipped D": _ridge(data, data.features)}
    for name, columns in added.items():
        predicted[f"shipped D and {name}"] = _ridge(
            data, np.concatenate([data.features, columns], axis=1)
        )
    gains = [(name, "shipped D") for name in predicted]
    return _with_gains(_rho(data, predicted, gains), gains)


# ------------------------------------------------------------------------------------- the choice
def _mean_positions(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """Descriptors of the mean positions in the cages."""
    tables = []
    for run, moments in moments_of(ensemble, None).items():
        here, minimum = configurations(ensemble, run)
        shift = (here.positions - minimum.positions).mean(axis=0)
        mean = Configuration(minimum.positions + shift + moments.offset, here.box, here.bonds)
        tables.append(structural_descriptors(mean, melt=ensemble.melt).values)
    return {"columns": np.concatenate(tables)}


def _around(ensemble: Ensemble, values: np.ndarray) -> np.ndarray:
    """Logarithms of a number of each monomer, (n_runs, N), with their surroundings."""
    found = []
    for run, row in zip(ensemble.blocks, values, strict=True):
        minimum = configurations(ensemble, run)[1]
        found.append(surroundings(np.log(row)[:, None], minimum)[:, :, 0])
    return np.concatenate(found).astype(np.float32)


def choices(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """Sets of inputs that training runs may choose from, by name; the first is the smallest."""
    data = cage_dataset(ensemble)
    scalar = np.array([name.split(",")[0] for name in data.feature_names])
    place = np.isin(scalar, ("end of chain", "next to an end"))
    motion = ~np.isin(np.array([name.split(" ")[0] for name in scalar]), _NEIGHBOURS)
    out = {
        "size": data.features[:, [data.feature_names.index("variance, own")]],
        "size and surroundings": data.features[:, (scalar == "variance") | place],
        "motion": data.features[:, motion],
        "D: motion and neighbours": data.features,
    }
    harmonic = cage_parts(ensemble)["harmonic"]
    if np.isfinite(harmonic).all():
        around = _around(ensemble, harmonic)
        out["D and harmonic"] = np.concatenate([data.features, around], axis=1)
    key = key_of(digest(ensemble), cages_digest(ensemble),
                 code_of(_mean_positions, load_ensemble, load_cages))
    name = f"cage-means-T{ensemble.temperature:.3f}"
    means = cached(name, key, lambda: _mean_positions(ensemble))["columns"]
    out["D and mean positions"] = np.concatenate([data.features, means], axis=1)
    return out


def cage_choice(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) of sets of inputs, and of the set that training runs choose.

    Returns
    -------
    pandas.DataFrame
        ``model``: each set of inputs, its strength chosen by leaving out training runs; "nested",
        the set chosen so too; "nested − best", the price of not knowing the best set, with error;
        "place in the chain", and "cages of another run", D on exchanged files; "A′", D and the
        Debye–Waller factor with its surroundings, which sees dynamics. ``inputs``: columns;
        ``folds``: in how many of them the set was chosen; ``strength``: for "nested", the median;
        ``rho``, ``rho_error``, ``within``, ``within_error``. Empty with a single run.
    """
    data = _at_tau(cage_dataset(ensemble))
    if data.n_runs < 2:
        return pd.DataFrame(columns=_NO_RHO)
    folds, target, sets = run_folds(data.runs), data.targets[:, 0], choices(ensemble)
    found = nested_ridge(sets, target, folds, data.runs)
    rho = {
        name: correlate_runs(data.targets, values[:, None], data.runs)[0].value[0]
        for name, values in found.predicted.items()
    }
    best = max(rho, key=rho.get)
    n = len(data) // data.n_runs
    controls = {
        "place in the chain": data.features[:, -2:],
        "cages of another run": np.roll(data.features, n, axis=0),
        "A′": np.concatenate(
            [data.features, _around(ensemble, ensemble.debye_waller)], axis=1
        ),
    }
    others = {
        name: nested_ridge({name: x}, target, folds, data.runs).predicted[name]
        for name, x in controls.items()
    }
    predicted = found.predicted | {"nested": found.nested, "best": found.predicted[best]} | others
    table = _rho(data, predicted, [("nested", "best"), ("A′", "D: motion and neighbours")])
    table = table[table["model"] != "best"]
    taken = pd.Series(found.chosen).value_counts()
    columns = {name: x.shape[1] for name, x in (sets | controls).items()}
    return table.assign(
        inputs=table["model"].map(columns),
        folds=table["model"].map(taken).fillna(0).where(table["model"].isin(list(sets))),
        strength=np.where(table["model"] == "nested", np.median(found.strengths), np.nan),
    )


# ------------------------------------------------------------------------------- runs and networks
def _fewer(fold: Split, runs: np.ndarray, n: int) -> Split:
    """The same test rows, and n training runs."""
    left = np.setdiff1d(np.unique(runs), runs[fold.test])
    chosen = np.random.default_rng(n).permutation(left)[:n]
    rows = np.flatnonzero(np.isin(runs, chosen))
    return Split(rows[1:], rows[:1], fold.test)


def cage_learning(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) of ridge regression on the inputs of B, C and D against the number of training runs.

    Every run is left out once, so that up to all others train.

    Returns
    -------
    pandas.DataFrame
        ``training_runs`` and the columns of
        :func:`glasslib.learning.correlation.correlation_rows`. Empty with a single run.
    """
    data = _at_tau(cage_dataset(ensemble))
    if data.n_runs < 2:
        return pd.DataFrame(columns=["training_runs", *_NO_RHO])
    folds = run_folds(data.runs, data.n_runs)
    inputs = {"ridge B": dataset(ensemble).features, "ridge C": inherent_dataset(ensemble).features,
              "ridge D": data.features}
    tables = []
    for n in sorted({n for n in (1, 2, 3, 5) if n < data.n_runs - 1} | {data.n_runs - 1}):
        parts = [_fewer(fold, data.runs, n) for fold in folds]
        predicted = {
            name: out_of_sample(ridge_pipeline, x, data.targets, parts, data.runs)
            for name, x in inputs.items()
        }
        tables.append(correlation_rows(
            data, predicted, [("ridge D", "ridge C")], training_runs=n
        ))
    return pd.concat(tables, ignore_index=True)


def cage_networks(ensemble: Ensemble, settings: dict) -> pd.DataFrame:
    """ρ(t) of the paper's network on the inputs of D, beside the ridge, on the same folds.

    Its penalty is chosen for these inputs, on validation rows, as those of A and B are.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`glasslib.learning.correlation.correlation_rows`; ``l2``, the penalty.
        Empty with a single run.
    """
    data = cage_dataset(ensemble)
    if data.n_runs < 2:
        return pd.DataFrame(columns=_NO_RHO)
    base = settings["run"]["B"]
    own, _ = choose_settings(data, "B", {"l2": (1e-3, 1e-2, 3e-2)},
                             NetworkSettings(**base.model_dump() | {"split": "run"}))
    models = {
        "network D": held_out(data, "B", own)[0],
        "ridge D": out_of_sample(
            ridge_pipeline, data.features, data.targets, run_folds(data.runs), data.runs
        ),
    }
    return correlation_rows(data, models, [("network D", "ridge D")]).assign(l2=own.l2)


# ------------------------------------------------------------------------------------- the gap
def _pairs(minimum: Configuration, length: int) -> dict[tuple[str, float], np.ndarray]:
    """Pairs of monomers, (n, 2), by kind and distance: in σ if apart, in bonds in a chain."""
    near = neighbor_pairs(minimum, _EDGES[-1])
    same = near.i // length == near.j // length
    out = {}
    for low, high in zip(_EDGES, _EDGES[1:], strict=False):
        inside = (near.distance >= low) & (near.distance < high) & ~same
        out["other chain", (low + high) / 2] = np.stack([near.i[inside], near.j[inside]], axis=1)
    number = np.arange(len(minimum))
    for bonds in range(1, length):
        first = number[number % length < length - bonds]
        out["same chain", float(bonds)] = np.stack([first, first + bonds], axis=1)
    return out


def correlation_of_pairs(one: np.ndarray, other: np.ndarray, pairs: np.ndarray) -> float:
    r"""Correlation of two monomers, noise removed by independent halves.

    .. math:: C = \frac{\langle e_i e'_j \rangle_\mathrm{pairs}}{\langle e_i e'_i \rangle}

    Parameters
    ----------
    one, other : (N,) float64
        The same quantity from two disjoint halves of the trajectories; means are taken off.
    pairs : (n, 2) int64

    Examples
    --------
    >>> x = np.array([1.0, 1.0, -1.0, -1.0])
    >>> correlation_of_pairs(x, x, np.array([[0, 1], [2, 3]]))
    1.0
    """
    one, other = one - one.mean(), other - other.mean()
    i, j = pairs.T
    return float((one[i] * other[j] + one[j] * other[i]).mean() / 2 / (one * other).mean())


def cage_gap(ensemble: Ensemble) -> pd.DataFrame:
    """What of the variance of the propensity at τ_α network D explains, and where the rest is.

    Returns
    -------
    pandas.DataFrame
        ``quantity``: the parts of the variance, "explained" (ρ²), "noise" of the finite number of
        trajectories and "missing"; then, for pairs, the correlation of the "propensity" and of the
        "residual" between two monomers, noise removed by disjoint halves of the trajectories.
        ``kind``: "variance", "other chain" or "same chain"; ``distance`` in σ, or in bonds within
        a chain; ``value`` and ``value_error`` over runs. Pairs need two blocks of trajectories in
        two runs. Empty with a single run.
    """
    data = _at_tau(cage_dataset(ensemble))
    columns = ["quantity", "kind", "distance", "value", "value_error"]
    if data.n_runs < 2:
        return pd.DataFrame(columns=columns)
    predicted = _ridge(data, data.features)
    pooled = correlate_runs(data.targets, predicted[:, None], data.runs)[0]
    explained = pooled.apply(np.square)
    k = ensemble.times.tau_index
    blocks = block_propensities(ensemble)
    reliability = ceiling_of_runs(blocks).reliability[k]
    value, error = float(explained.value[0]), float(explained.error[0])
    rows = [
        ("explained", "variance", np.nan, value, error),
        ("noise", "variance", np.nan, 1 - reliability, np.nan),
        ("missing", "variance", np.nan, reliability - value, error),
    ]
    found = {}
    each = zip(ensemble.blocks, blocks, predicted.reshape(data.n_runs, -1), strict=True)
    for run, measured, ours in each:
        if len(measured) < 2:
            continue
        halves = [measured[start::2, :, k].mean(axis=0) for start in (0, 1)]
        for (kind, distance), pairs in _pairs(
            configurations(ensemble, run)[1], ensemble.melt.chain_length
        ).items():
            for name, shift in (("propensity", 0.0), ("residual", ours)):
                c = correlation_of_pairs(halves[0] - shift, halves[1] - shift, pairs)
                found.setdefault((name, kind, distance), []).append(c)
    rows += [(*key, np.mean(c), standard_error(np.array(c))) for key, c in found.items()]
    return pd.DataFrame(rows, columns=columns)


# ------------------------------------------------------------------------------ noise, and cost
def cage_reliability(ensemble: Ensemble) -> pd.DataFrame:
    """How well each scalar of the cages is known.

    Returns
    -------
    pandas.DataFrame
        ``scalar``; ``agreement`` of the two halves over the monomers of a configuration, with
        error over runs; ``reliability`` of their mean (Spearman and Brown); ``other_seed``, the
        correlation of that mean with the independent, shorter sampling of the scan, where there
        is one.
    """
    halves = {
        run: [cage_scalars(half, *configurations(ensemble, run)) for half in pair]
        for run, pair in load_cages(ensemble).items()
    }
    means = {
        run: cage_scalars(CageMoments.mean(pair), *configurations(ensemble, run))
        for run, pair in load_cages(ensemble).items()
    }
    scans = load_scans(ensemble)
    rows = []
    for number, name in enumerate(next(iter(means.values()))):
        agree = np.array([pearson(pair[0][name], pair[1][name]) for pair in halves.values()])
        seeds = [pearson(means[run][name], file["scalars"][0, number].astype(np.float64))
                 for run, file in scans.items()]
        rows.append({
            "scalar": name, "agreement": agree.mean(), "agreement_error": standard_error(agree),
            "reliability": spearman_brown(agree.mean(), 2),
            "other_seed": np.mean(seeds) if seeds else np.nan,
        })
    return pd.DataFrame(rows)


def cage_cost(ensemble: Ensemble) -> pd.DataFrame:
    """CPU time of each input of a prediction for one run, as the data files tell it.

    Returns
    -------
    pandas.DataFrame
        ``input``; ``seconds`` of one core for a run, with error over runs. Trajectories count as
        many as the ensemble has, up to t = 1 or τ_α. Descriptors, inherent structure and harmonic
        factor are there if a scan measured them.
    """
    spent = {"cages": [], "trajectories to t = 1": [], "trajectories to τ_α": []}
    for run, blocks in ensemble.blocks.items():
        file = store.read(store.cage_path(ensemble.temperature, ensemble.profile, run))
        spent["cages"].append(spent_seconds(file.attrs))
        each = sum(spent_seconds(block.attrs) for block in blocks) / ensemble.times.times[-1]
        spent["trajectories to t = 1"].append(each)
        spent["trajectories to τ_α"].append(each * ensemble.times.tau_alpha)
    for file in load_scans(ensemble).values():
        for name, seconds in zip(
            file.attrs["inputs"].split(", "), file["seconds_of_inputs"], strict=True
        ):
            if np.isfinite(seconds):
                spent.setdefault(name, []).append(float(seconds))
    return pd.DataFrame([
        {"input": name, "seconds": np.mean(values),
         "seconds_error": standard_error(np.array(values))}
        for name, values in spent.items()
    ])
