"""How far structure goes: what may be asked of network D once its ρ is known.

Which inputs, chosen by training runs alone, and the price of the choice (:func:`cage_choice`); how
many runs (:func:`cage_learning`); the paper's network as a second head (:func:`cage_networks`);
what is missing, and where it is (:func:`cage_gap`); how well the cages are known
(:func:`cage_reliability`), and what they cost (:func:`cage_cost`). Every prediction
is for runs that took no part in training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from glasslib import store
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
from glasslib.results.ceiling import block_propensities, own_ceiling
from glasslib.results.closure import code_of
from glasslib.results.inherent_structure import inherent_dataset
from glasslib.results.networks import dataset, held_out
from glasslib.results.words import bracketed
from glasslib.store import Ensemble, load_cages, load_ensemble, load_scans
from glasslib.store.schema import spent_seconds
from glasslib.structure.cage import (
    SURROUNDINGS,
    CageMoments,
    cage_scalars,
    chain_correlations,
    scalar_descriptors,
    surroundings,
)
from glasslib.structure.descriptors import structural_descriptors
from glasslib.structure.neighbors import neighbor_pairs

__all__ = [
    "at_tau", "cage_choice", "cage_cost", "cage_gap", "cage_learning", "cage_networks",
    "cage_reliability", "cages_without", "choice_sentence", "cost_sentence", "gap_sentence",
    "goal_cases", "head_sentence", "joint_sentence", "logs_around", "rho_rows", "ridge_d",
]  # fmt: skip

#: Scalars of a cage that are of motion; the others are of its neighbours.
_NEIGHBOURS = ("energy", "coordination", "contact")
#: Columns that say where in its chain a monomer is.
_PLACE = ("end of chain", "next to an end")
#: Distances between pairs whose residuals are correlated, in σ; the last bin is far away.
_EDGES = (0.8, 1.25, 1.75, 2.25, 2.75, 3.5, 4.5)
_NO_RHO = ["model", "t", "at_tau", "rho", "rho_error"]


def at_tau(data: Dataset) -> Dataset:
    """Return the same data with the target at τ_α alone."""
    k = data.tau_index
    return replace(data, targets=data.targets[:, [k]], times=data.times[[k]], tau_index=0)


def rho_rows(data: Dataset, predicted: Mapping[str, np.ndarray], differences=()) -> pd.DataFrame:
    """Return rows of ρ(τ_α) of predictions, (n_rows,) each."""
    columns = {name: values.reshape(-1, 1) for name, values in predicted.items()}
    return correlation_rows(data, columns, differences)


def ridge_d(data: Dataset, columns: np.ndarray) -> np.ndarray:
    """Return what D's regression predicts from any columns, runs held out; (n_rows,)."""
    folds = run_folds(data.runs)
    return out_of_sample(ridge_pipeline, columns, data.targets, folds, data.runs)[:, 0]


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


def logs_around(ensemble: Ensemble, values: np.ndarray) -> np.ndarray:
    """Return the logarithms of a number of each monomer, with their surroundings.

    Parameters
    ----------
    ensemble : Ensemble
    values : (n_runs, N) float64

    Returns
    -------
    (n_runs N, 7) float32
        The number of the monomer itself, then of its :data:`~glasslib.structure.cage.SURROUNDINGS`.
    """
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
    chains = [
        scalar_descriptors(chain_correlations(moments, here), here, minimum)[:, :-2]
        for run, moments in moments_of(ensemble, None).items()
        for here, minimum in [configurations(ensemble, run)]
    ]
    out = {
        "size": data.features[:, [data.feature_names.index("variance, own")]],
        "size and surroundings": data.features[:, (scalar == "variance") | place],
        "motion": data.features[:, motion],
        "D: motion and neighbours": data.features,
        "D and chain correlations": np.concatenate([data.features, np.concatenate(chains)], axis=1),
    }
    harmonic = cage_parts(ensemble)["harmonic"]
    if np.isfinite(harmonic).all():
        around = logs_around(ensemble, harmonic)
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
        Debye–Waller factor with its surroundings, which sees dynamics. Two runs choose nothing:
        "nested" is not there. ``inputs``: columns;
        ``folds``: in how many of them the set was chosen; ``strength``: for "nested", the median;
        ``rho``, ``rho_error``, ``within``, ``within_error``. Empty with a single run.
    """
    data = at_tau(cage_dataset(ensemble))
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
            [data.features, logs_around(ensemble, ensemble.debye_waller)], axis=1
        ),
    }
    others = {
        name: nested_ridge({name: x}, target, folds, data.runs).predicted[name]
        for name, x in controls.items()
    }
    predicted = found.predicted | {"nested": found.nested, "best": found.predicted[best]} | others
    table = rho_rows(data, predicted, [("nested", "best"), ("A′", "D: motion and neighbours")])
    table = table[table["model"] != "best"]
    if data.n_runs < 3:  # one training run chooses nothing
        table = table[~table["model"].isin(["nested", "nested − best"])]
    taken = pd.Series(found.chosen if data.n_runs > 2 else ()).value_counts()
    columns = {name: x.shape[1] for name, x in (sets | controls).items()}
    return table.assign(
        inputs=table["model"].map(columns),
        folds=table["model"].map(taken).fillna(0).where(table["model"].isin(list(sets))),
        strength=np.where(table["model"] == "nested", np.median(found.strengths), np.nan),
    )


def cages_without(ensembles: Mapping[float, Ensemble], kept: Sequence[str]) -> pd.DataFrame:
    """ρ(τ_α) of network D with some of the surroundings of a cage alone, runs held out.

    Parameters
    ----------
    ensembles : mapping of float to Ensemble
        By temperature.
    kept : sequence of str
        Which of :data:`glasslib.structure.cage.SURROUNDINGS` D reads. It always reads the place
        in the chain.

    Returns
    -------
    pandas.DataFrame
        ``T``, ``model``, ``inputs`` (columns), ``rho``, ``rho_error``. Empty if all are kept. A
        temperature with a single run is left out.
    """
    tables = [pd.DataFrame(columns=["T", "model", "inputs", "rho", "rho_error"])]
    for t, ensemble in ensembles.items() if set(kept) != set(SURROUNDINGS) else ():
        data = at_tau(cage_dataset(ensemble))
        if data.n_runs < 2:
            continue
        scalar, _, around = np.array([name.partition(", ") for name in data.feature_names]).T
        chosen = np.isin(around, kept) | np.isin(scalar, _PLACE)
        key = key_of(digest(ensemble), cages_digest(ensemble), sorted(kept),
                     code_of(cages_without, load_ensemble, load_cages))
        found = cached(f"cages-without-T{t:.3f}", key, lambda data=data, chosen=chosen: {
            "predicted": ridge_d(data, data.features[:, chosen])
        })
        rows = rho_rows(data, {f"D from {', '.join(kept)}": found["predicted"]})
        tables.append(rows.assign(T=t, inputs=int(chosen.sum()))[list(tables[0])])
    return pd.concat(tables[1:] or tables, ignore_index=True)


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
    data = at_tau(cage_dataset(ensemble))
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
    data = at_tau(cage_dataset(ensemble))
    columns = ["quantity", "kind", "distance", "value", "value_error"]
    if data.n_runs < 2:
        return pd.DataFrame(columns=columns)
    predicted = ridge_d(data, data.features)
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
        many as the ensemble has, up to t = 1 or τ_α, in runs that a processor made; if there is
        none they are missing. Descriptors, inherent structure and harmonic factor are there if a
        scan measured them.
    """
    spent = {"cages": [], "trajectories to t = 1": [], "trajectories to τ_α": []}
    for run, blocks in ensemble.blocks.items():
        file = store.read(store.cage_path(ensemble.temperature, ensemble.profile, run))
        spent["cages"].append(spent_seconds(file.attrs))
        if not any("device" in block.attrs for block in blocks):
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
        for name, values in spent.items() if values
    ])


# ------------------------------------------------------------------------------------- in words
def _each(cases: list[tuple[float, str]], nothing: str) -> str:
    return "; ".join(f"{text} at T = {t:.2f}" for t, text in cases) if cases else nothing


def choice_sentence(choice: pd.DataFrame) -> str:
    """Say what training runs choose of the inputs, and the price of the choice.

    Parameters
    ----------
    choice : pandas.DataFrame
        The result table ``cage-choice``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.5, "model": ["D", "nested", "nested − best"],
    ...     "folds": [4, 0, 0], "rho": [0.8, 0.8, -0.001], "rho_error": [0.01, 0.01, 0.002]})
    >>> print(choice_sentence(table))
    Training runs choose "D" (4 of 4 folds), ρ = 0.800(10), −0.0010(20) beside the best \
set, at T = 0.50.
    """
    cases = []
    for t, here in choice.groupby("T", sort=False):
        rows = here.set_index("model")
        if "nested" not in rows.index:
            continue
        taken = rows["folds"][rows["folds"] > 0]
        names = ", ".join(f'"{name}" ({int(n)} of {int(taken.sum())} folds)'
                          for name, n in taken.items())
        price = rows.loc["nested − best"]
        text = bracketed(price["rho"], price["rho_error"]).replace("-", "−")
        rho = bracketed(rows.loc["nested", "rho"], rows.loc["nested", "rho_error"])
        cases.append((t, f"{names}, ρ = {rho}, {text} beside the best set,"))
    return f"Training runs choose {_each(cases, 'nothing')}."


def joint_sentence(transfer: pd.DataFrame) -> str:
    """Say what one model for all temperatures gives beside one for each.

    Parameters
    ----------
    transfer : pandas.DataFrame
        The result table ``cage-transfer``.

    Examples
    --------
    >>> table = pd.DataFrame({"trained": ["0.50", "all"], "T": 0.5, "rho": [0.79, 0.78],
    ...                       "rho_error": 0.01})
    >>> joint_sentence(table)
    'One model for all temperatures, and its own: 0.780(10) and 0.790(10) at T = 0.50.'
    """
    rows = transfer.set_index(["trained", "T"])
    cases = []
    for t in transfer["T"].unique():
        both = [rows.loc[key] for key in (("all", t), (f"{t:.2f}", t)) if key in rows.index]
        if len(both) == 2:
            texts = [bracketed(row["rho"], row["rho_error"]) for row in both]
            cases.append((t, " and ".join(texts)))
    return f"One model for all temperatures, and its own: {_each(cases, 'not at one alone')}."


def head_sentence(networks: pd.DataFrame) -> str:
    """Say what the paper's network gives in place of ridge regression, on the inputs of D.

    Parameters
    ----------
    networks : pandas.DataFrame
        The result table ``cage-networks``.

    Examples
    --------
    >>> head_sentence(pd.DataFrame({"T": 0.5, "at_tau": True, "rho": [0.78, 0.79],
    ...     "rho_error": 0.01, "model": ["network D", "ridge D"]}))
    'Network and ridge, on the inputs of D: 0.780(10) and 0.790(10) at T = 0.50.'
    """
    cases = []
    for t, here in networks[networks["at_tau"]].groupby("T"):
        rows = here.set_index("model")
        texts = [bracketed(rows.loc[m, "rho"], rows.loc[m, "rho_error"])
                 for m in ("network D", "ridge D")]
        cases.append((t, " and ".join(texts)))
    return f"Network and ridge, on the inputs of D: {_each(cases, 'not with one run')}."


def cost_sentence(cost: pd.DataFrame) -> str:
    """Say what the inputs of one run cost, at the ends of the range of temperatures.

    Parameters
    ----------
    cost : pandas.DataFrame
        The result table ``cage-cost``.

    Examples
    --------
    >>> cost_sentence(pd.DataFrame({"T": [0.6, 0.5] * 2, "seconds": [13.0, 12.8, 50.0, 3100.0],
    ...     "input": ["cages"] * 2 + ["trajectories to τ_α"] * 2}))
    'One run takes, in seconds of one core: cages 13, trajectories to τ_α 50 (T = 0.60) to 3,100 \
(T = 0.50).'
    """
    texts = []
    for name, here in cost.groupby("input", sort=False):
        here = here.sort_values("T", ascending=False)
        hot, cold = (f"{here['seconds'].iloc[k]:,.2g}" if here["seconds"].iloc[k] < 10
                     else f"{here['seconds'].iloc[k]:,.0f}" for k in (0, -1))
        text = hot if hot == cold else (
            f"{hot} (T = {here['T'].iloc[0]:.2f}) to {cold} (T = {here['T'].iloc[-1]:.2f})")
        texts.append(f"{name} {text}")
    return f"One run takes, in seconds of one core: {', '.join(texts)}."


def gap_sentence(gap: pd.DataFrame) -> str:
    """Say what part of the variance D explains, what is noise, and how far the rest reaches.

    Parameters
    ----------
    gap : pandas.DataFrame
        The result table ``cage-gap``.

    Examples
    --------
    >>> print(gap_sentence(pd.DataFrame({"T": 0.5, "kind": ["variance"] * 3 + ["same chain"],
    ...     "quantity": ["explained", "noise", "missing", "residual"], "distance": [0, 0, 0, 1],
    ...     "value": [0.62, 0.13, 0.25, 0.5], "value_error": [0.01, 0, 0.01, 0.02]})))
    T = 0.50: D explains 0.620(10) of the variance, 0.13 is noise of the trajectories, and \
0.250(10) is missing. What D misses of two bonded monomers is correlated by 0.500(20).
    """
    lines = []
    for t, here in gap.groupby("T", sort=False):
        parts = here[here["kind"] == "variance"].set_index("quantity")
        texts = {n: bracketed(parts.loc[n, "value"], parts.loc[n, "value_error"])
                 for n in ("explained", "missing")}
        text = (f"T = {t:.2f}: D explains {texts['explained']} of the variance,"
                f" {parts.loc['noise', 'value']:.2f} is noise of the trajectories, and"
                f" {texts['missing']} is missing.")
        rest = here[here["quantity"] == "residual"]
        for kind, distance, what in (
            ("same chain", 1.0, "two bonded monomers"),
            ("other chain", (_EDGES[2] + _EDGES[3]) / 2, "two of different chains at 2 σ"),
        ):
            row = rest[(rest["kind"] == kind) & np.isclose(rest["distance"], distance)]
            for _, one in row.iterrows():
                value = bracketed(one["value"], one["value_error"])
                text += f" What D misses of {what} is correlated by {value}."
        lines.append(text)
    return "\n".join(lines)


def goal_cases(
    limit: pd.DataFrame, ceiling: pd.DataFrame, runs: Mapping[float, int], goal: float
) -> list[tuple[str, float, float, int]]:
    """Return by how much ρ(τ_α) of D passes a part of the noise ceiling, at each temperature.

    Parameters
    ----------
    limit, ceiling : pandas.DataFrame
        The result tables ``structure-limit`` and ``ceiling``.
    runs : mapping of float to int
        Number of runs at each temperature that counts.
    goal : float
        The part of the ceiling that D is to reach.

    Returns
    -------
    list of (str, float, float, int)
        Where, the value that is to be above 0, its error, and the runs it comes from.
    """
    top = own_ceiling(ceiling)
    top = top[top["at_tau"]].set_index("T")["ceiling"]
    rows = limit[limit["at_tau"] & (limit["model"] == "ridge D") & limit["T"].isin(list(runs))]
    cases = [
        (f"T = {row['T']:.2f}", row["rho"] / top[row["T"]] - goal, row["rho_error"] / top[row["T"]],
         runs[row["T"]])
        for _, row in rows.sort_values("T", ascending=False).iterrows()
    ]
    return cases
