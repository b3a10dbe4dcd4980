"""Tables of leaks, each measured by turning it off.

The leak through the division of rows is in the tables of networks and baselines, which give every
number split by row and by run; that of χ4 over training rows in the table of susceptibilities.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from glasslib.learning.baselines import out_of_sample
from glasslib.learning.correlation import correlation_rows, is_difference
from glasslib.learning.dataset import Dataset, run_folds, split
from glasslib.learning.leaks import interpolated, recognised_runs, with_holes
from glasslib.learning.training import standardise
from glasslib.parameters import DescriptorSpec, NetworkSettings
from glasslib.results.baselines import ridge_of, ridge_predictions, splits_of
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.store import Ensemble
from glasslib.structure.descriptors import descriptor_labels

__all__ = ["divided", "halves_of_blocks", "leak_sizes", "leaks_in_networks",
           "leaks_in_ridge", "reach_of_leak", "runs_recognised", "without_structure"]  # fmt: skip

#: The predictor that knows no structure.
NO_STRUCTURE = "neighbours' propensity"
#: The leak that is not one of ρ.
OF_CHI4 = "χ4 over training monomers"
#: Divisions of rows at random, those of the networks.
SEEDS = 3
#: Radii around a test ball within which no monomer of its run trains, σ; at last the whole run.
HOLES = (1.2, 1.7, 2.5, 3.5, 5.0, np.inf)
#: Test balls in each run.
BALLS = 12


def halves_of_blocks(ensemble: Ensemble, data: Dataset) -> tuple[Dataset, Dataset] | None:
    """Return data sets of two disjoint halves of the blocks, on runs with two blocks or more.

    Parameters
    ----------
    ensemble : Ensemble
    data : Dataset
        Of all its blocks.

    Returns
    -------
    (Dataset, Dataset) or None
        None if fewer than two runs have two blocks.
    """
    usable = ensemble.only(ensemble.part(1).runs)
    if len(usable.runs) < 2:
        return None
    half = min(map(len, usable.blocks.values())) // 2
    own = data.subset(np.isin(data.runs, list(usable.runs)))
    return tuple(
        replace(
            own,
            targets=part.propensity.reshape(own.targets.shape),
            debye_waller=part.debye_waller.ravel(),
        )
        for part in (usable.part(0, half), usable.part(half, 2 * half))
    )


def _sets(halves: tuple[Dataset, Dataset]) -> dict[str, list[Dataset]]:
    """Data sets whose DW and target share their trajectories, and whose do not; both ways."""
    first, second = halves
    return {
        "shared": [first, second],
        "crossed": [
            replace(first, debye_waller=second.debye_waller),
            replace(second, debye_waller=first.debye_waller),
        ],
    }


def _averaged(predicted: dict[str, list[np.ndarray]], sets: list[Dataset], **columns):
    """Rows of each variant and of their difference, averaged over the two ways."""
    tables = []
    for k, data in enumerate(sets):
        each = {name: values[k] for name, values in predicted.items()}
        tables.append(correlation_rows(data, each, [tuple(each)], **columns))
    table = tables[0].copy()
    for name in ("rho", "rho_error", "within", "within_error"):
        table[name] = np.mean([each[name] for each in tables], axis=0)
    return table


def leaks_in_ridge(ensemble: Ensemble) -> pd.DataFrame:
    """Return what two leaks add to ρ(t), with ridge regression.

    ``shared noise``: the Debye–Waller factor from the trajectories of the target itself, or from
    the other half of the blocks; both from half of the trajectories, runs held out, and both
    ways averaged. ``standardisation``: statistics of Eq. 6 from all rows, or from training rows.
    The row called "difference" is resampled as one quantity.

    Returns
    -------
    pandas.DataFrame
        ``leak`` (shared noise, standardisation), ``model``, ``split``, ``variant`` (shared,
        crossed; all rows, training rows; difference), and the other columns of
        :func:`~glasslib.learning.correlation.correlation_rows`.
    """
    data = dataset(ensemble)
    tables = []
    halves = halves_of_blocks(ensemble, data)
    if halves is not None:
        sets = _sets(halves)
        for model in ("Debye–Waller alone", "ridge A"):
            predicted = {
                name: [_model(each, model) for each in both] for name, both in sets.items()
            }
            table = _averaged(predicted, sets["shared"], split="run")
            tables.append(_labelled(table, "shared noise", model))
    for division, (folds, groups) in splits_of(data).items():
        for network in NETWORKS:
            inputs, _ = data.inputs(network)
            deviation = inputs.std(axis=0, dtype=np.float64)
            everything = standardise(
                inputs, inputs.mean(axis=0, dtype=np.float64), np.where(deviation, deviation, 1)
            )
            leaky = out_of_sample(
                partial(_cut_and_regress, network), everything, data.targets, folds, groups
            )
            predicted = {
                "all rows": leaky,
                "training rows": ridge_predictions(data, network, division),
            }
            table = correlation_rows(data, predicted, [tuple(predicted)], split=division)
            tables.append(_labelled(table, "standardisation", f"ridge {network}"))
    return pd.concat(tables, ignore_index=True)


def _labelled(table: pd.DataFrame, leak: str, model: str) -> pd.DataFrame:
    table = table.rename(columns={"model": "variant"})
    table["variant"] = table["variant"].where(~is_difference(table["variant"]), "difference")
    return table.assign(leak=leak, model=model)


def _cut_and_regress(network: str) -> Pipeline:
    return Pipeline(ridge_of(network)().steps[1:])


def _model(data: Dataset, model: str) -> np.ndarray:
    if model == "ridge A":
        return ridge_predictions(data, "A", "run")
    return np.repeat(data.debye_waller[:, None], len(data.times), axis=1)


def leaks_in_networks(ensemble: Ensemble, settings: dict) -> pd.DataFrame:
    """Return the same leaks in networks: shared noise one way, one seed for Eq. 6.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`leaks_in_ridge`.
    """
    data = dataset(ensemble)
    tables = []
    halves = halves_of_blocks(ensemble, data)
    if halves is not None:
        first, second = halves
        sets = {"shared": second, "crossed": replace(second, debye_waller=first.debye_waller)}
        folds = run_folds(second.runs)
        predicted = {
            name: held_out(each, "A", settings["run"]["A"], folds)[0]
            for name, each in sets.items()
        }
        table = correlation_rows(second, predicted, [tuple(predicted)], split="run")
        tables.append(_labelled(table, "shared noise", "network A"))
    for network in NETWORKS:
        own = settings["row"][network].model_copy(update={"seed": 0})
        parts = split(data.runs, own)
        predicted = {}
        for name, rows in (("all rows", "all"), ("training rows", "training")):
            trained_network = trained(data, network, own, parts, standardise_on=rows)
            predicted[name] = np.full(data.targets.shape, np.nan)
            predicted[name][parts.test] = trained_network.predict(data.subset(parts.test))
        table = correlation_rows(data, predicted, [tuple(predicted)], split="row")
        tables.append(_labelled(table, "standardisation", f"network {network}"))
    return pd.concat(tables, ignore_index=True)


def without_structure(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ(t) of the Gaussian mean of the training monomers' propensities around each.

    It reads no descriptor. The rows are divided at random as those of the networks are, with
    their three seeds; what stops a network is known here too, as it is in the paper's 80 %.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`~glasslib.learning.correlation.correlation_rows`; ``model`` is
        "neighbours' propensity" and ``split`` "row".
    """
    data = dataset(ensemble)
    seeds = []
    for seed in range(SEEDS):
        parts = split(data.runs, NetworkSettings(seed=seed))
        known = np.ones(len(data), dtype=bool)
        known[parts.test] = False
        predicted = np.full(data.targets.shape, np.nan)
        for run in ensemble.blocks:
            rows = data.runs == run
            predicted[rows] = interpolated(
                ensemble.configuration(run), data.targets[rows], known[rows]
            )
        predicted[known] = np.nan
        seeds.append(predicted)
    return correlation_rows(data, {NO_STRUCTURE: seeds}, split="row")


def reach_of_leak(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ(τ_α) of ridge B on balls of monomers, against how far around them none has trained.

    Returns
    -------
    pandas.DataFrame
        ``radius`` in σ, infinite where the whole run is left out, and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows` at t = τ_α. Empty with a single run.
    """
    data = dataset(ensemble)
    if data.n_runs < 2:
        return pd.DataFrame(columns=["radius", "model", "t", "at_tau", "rho", "rho_error"])
    k = data.tau_index
    predicted = with_holes(
        data.inputs("B")[0], data.targets[:, k], data.runs,
        {run: ensemble.configuration(run) for run in ensemble.blocks}, HOLES, balls=BALLS,
    )
    return pd.concat(
        [
            correlation_rows(
                data, {"ridge B": np.repeat(column[:, None], len(data.times), axis=1)}, times=[k],
                radius=radius,
            )
            for radius, column in zip(HOLES, predicted.T, strict=True)
        ],
        ignore_index=True,
    )


def runs_recognised(ensemble: Ensemble) -> pd.DataFrame:
    """Return how many test rows a linear classifier of descriptors gives to the right run.

    Returns
    -------
    pandas.DataFrame
        ``generation`` of the descriptors (0 is the monomer's own), ``recognised``, the part of the
        test rows whose run is found, and ``chance``. Empty with a single run.
    """
    data = dataset(ensemble)
    if data.n_runs < 2:
        return pd.DataFrame(columns=["generation", "recognised", "chance"])
    labels = descriptor_labels(DescriptorSpec())
    local = np.isin(labels["family"], ["radial", "angular"])
    parts = split(data.runs, NetworkSettings())
    rows = []
    for generation in np.unique(labels["generation"]):
        columns = data.features[:, local & (labels["generation"] == generation)]
        part = recognised_runs(columns, data.runs, parts.train, parts.test)
        rows.append({
            "generation": generation, "recognised": part, "chance": 1 / data.n_runs,
        })
    return pd.DataFrame(rows)


def divided(
    ensemble: Ensemble, divide_by: str = "monomer", neighbour_width: float = 0.5
) -> pd.DataFrame:
    """Return ρ(τ_α) of the mean of the neighbours and of ridge, a fifth of the melt held out.

    Parameters
    ----------
    ensemble : Ensemble
    divide_by : {"monomer", "chain"}
        What is dealt out at random to training and test: single monomers, or whole chains.
    neighbour_width : float
        Width of the Gaussian that weights the neighbours, in σ.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`~glasslib.learning.correlation.correlation_rows` at t = τ_α;
        ``model`` is "neighbours' propensity", "ridge A" or "ridge B". One division, seed 0.
    """
    data = dataset(ensemble)
    parts = split(data.runs, NetworkSettings())
    if divide_by == "chain":
        chains = [run["chain"] + 1_000_000 * k for k, run in enumerate(ensemble.runs.values())]
        parts = split(np.concatenate(chains), NetworkSettings(split="run"))
    known = ~np.isin(np.arange(len(data)), parts.test)
    near = np.full(data.targets.shape, np.nan)
    for run in ensemble.blocks:
        rows = data.runs == run
        near[rows] = interpolated(
            ensemble.configuration(run), data.targets[rows], known[rows], neighbour_width
        )
    near[known] = np.nan
    ridge = {
        f"ridge {network}": out_of_sample(
            ridge_of(network), data.inputs(network)[0], data.targets, [parts])
        for network in NETWORKS
    }
    return correlation_rows(data, {NO_STRUCTURE: near} | ridge, times=[data.tau_index],
                            split=divide_by)


def leak_sizes(
    accuracy: pd.DataFrame, leaks: pd.DataFrame, susceptibility: pd.DataFrame
) -> pd.DataFrame:
    """Return what each of four leaks adds.

    Parameters
    ----------
    accuracy : pandas.DataFrame
        The result table ``accuracy``, with the ρ that counts.
    leaks, susceptibility : pandas.DataFrame
        The result tables ``leaks`` and ``susceptibility``.

    Returns
    -------
    pandas.DataFrame
        ``leak`` (neighbours in training, shared noise, standardisation, χ4 over training monomers),
        ``model``, ``when`` (τ_α, or t = 1), ``T``, ``added`` and ``added_error``: to ρ by the first
        three, to predicted over true χ4 by the last. The first and the last are differences of two
        tests; their errors are added as if they were independent, which makes bars too long rather
        than too short.

    Examples
    --------
    >>> accuracy = pd.DataFrame({"T": 0.6, "model": "network A", "at_tau": True,
    ...     "split": ["row", "run"], "rho": [0.77, 0.70], "rho_error": [0.03, 0.04]})
    >>> none = pd.DataFrame(columns=["T", "leak", "variant", "model", "split", "t", "at_tau", "rho",
    ...     "rho_error", "curve", "ratio", "ratio_error"])
    >>> leak_sizes(accuracy, none, none)[["added", "added_error"]].to_numpy().tolist()
    [[0.07, 0.05]]
    """
    def apart(table, label, value):
        known = table[label].isin(["network A", "network B"]) & table["at_tau"].astype(bool)
        both = table[known].set_index(["T", label])
        row, run = (both[both["split"] == way] for way in ("row", "run"))
        error = np.hypot(row[f"{value}_error"], run[f"{value}_error"].reindex(row.index))
        added = (row[value] - run[value].reindex(row.index)).rename("added")
        return added.to_frame().assign(added_error=error).reset_index(names=["T", "model"])

    resampled = leaks[leaks["variant"] == "difference"].rename(
        columns={"rho": "added", "rho_error": "added_error"})
    noise = resampled[resampled["leak"] == "shared noise"]
    standard = resampled[(resampled["leak"] == "standardisation") & (resampled["split"] == "row")]
    parts = [
        apart(accuracy, "model", "rho").assign(leak="neighbours in training", when="τ_α"),
        noise[noise["at_tau"].astype(bool)].assign(when="τ_α"),
        noise[noise["t"] == 1.0].assign(when="t = 1"),
        standard[standard["at_tau"].astype(bool)].assign(when="τ_α"),
        apart(susceptibility, "curve", "ratio").assign(leak=OF_CHI4, when="τ_α"),
    ]
    columns = ["leak", "model", "when", "T", "added", "added_error"]
    whole = pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)
    known = whole["added"].notna() & ((whole["leak"] != OF_CHI4) | whole["added_error"].notna())
    return whole[known].round(12).reset_index(drop=True)
