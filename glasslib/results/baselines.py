"""ρ(t) of simpler means on the same splits, and within each place in the chain.

Ridge regression is a closed solution and costs a hundredth of a network, so it stands in wherever
many fits are needed: every temperature, every number of runs and trajectories.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from glasslib.learning.baselines import (
    BestSquares,
    best_column,
    out_of_sample,
    position_pipeline,
    ridge_pipeline,
    tree_pipeline,
)
from glasslib.learning.correlation import correlation_rows
from glasslib.learning.dataset import Dataset, Split, run_folds, split
from glasslib.parameters import NetworkSettings
from glasslib.results.correlation import SEEDS
from glasslib.results.networks import NETWORKS, dataset, held_out
from glasslib.store import Ensemble

__all__ = ["baseline_correlations", "over_draws", "positions", "positions_sentence", "ridge_of",
           "ridge_on", "ridge_predictions", "ridges", "splits_of", "with_squares"]  # fmt: skip

SINGLE = {
    "Debye–Waller alone": "debye_waller",
    "energy alone": "energy",
    "Voronoi volume alone": "voronoi volume",
    "Voronoi surface alone": "voronoi surface",
    "asphericity alone": "voronoi asphericity",
}
POSITIONS = ("end", "next to the end", "middle")


def splits_of(data: Dataset) -> dict[str, tuple[list[Split], np.ndarray | None]]:
    """Return the splits of the networks by name, and the groups that a ridge may hold out.

    By row: the first seed's. By run: the folds, if there are two runs.
    """
    out = {"row": ([split(data.runs, NetworkSettings())], None)}
    if data.n_runs > 1:
        out["run"] = (run_folds(data.runs), data.runs)
    return out


def over_draws(
    data: Dataset,
    division: str,
    predict: Callable[[list[Split], np.ndarray | None], dict[str, np.ndarray]],
) -> dict[str, list[np.ndarray]]:
    """Predict with three draws of the folds, as for the networks: their scatter is in the error.

    A draw of the random split moves ρ(τ_α) of ridge regression by half to four fifths of the error
    over runs, one of new configurations by about half of it. Where each run is a fold of its own,
    the draw of runs changes nothing, and one is enough.

    Parameters
    ----------
    data : Dataset
    division : {"row", "run"}
    predict : callable
        From folds and groups to predictions by model.

    Returns
    -------
    dict of str to list of (n_rows, n_times) float64
        By model, one for each draw.
    """
    settings = [NetworkSettings(seed=seed) for seed in range(SEEDS)]
    if division == "row":
        draws = [([split(data.runs, one)], None) for one in settings]
    else:
        draws = [(run_folds(data.runs, settings=one), data.runs) for one in settings]
        draws = draws[:1] if len(draws[0][0]) == data.n_runs else draws
    each = [predict(*draw) for draw in draws]
    return {model: [one[model] for one in each] for model in each[0]}


def ridge_of(network: str) -> Callable[[], Pipeline]:
    """Return what makes the ridge regression of a network; that of A hardly penalises DW."""
    return partial(ridge_pipeline, light=int(network == "A"))


def ridge_predictions(data: Dataset, network: str, division: str) -> np.ndarray:
    """Predict out of sample with ridge regression on the inputs of network A or B.

    Parameters
    ----------
    data : Dataset
    network : {"A", "B"}
    division : {"row", "run"}

    Returns
    -------
    (n_rows, n_times) float64
        In σ; NaN in rows that are not tested.
    """
    return ridge_on(data, network, *splits_of(data)[division])


def ridge_on(
    data: Dataset, network: str, folds: list[Split], groups: np.ndarray | None
) -> np.ndarray:
    """Predict the test rows of given folds; arguments and result as :func:`ridge_predictions`."""
    return out_of_sample(
        ridge_of(network), data.inputs(network)[0], data.targets, folds, groups
    )


def ridges(data: Dataset, division: str = "run") -> dict[str, np.ndarray]:
    """Predict out of sample with ridge regression on the inputs of A, and of B, by model."""
    return {
        f"ridge {network}": ridge_predictions(data, network, division) for network in NETWORKS
    }


def _with_position(data: Dataset) -> Dataset:
    places = np.unique(data.chain_position)
    columns = data.chain_position[:, None] == places
    return data.extended([f"chain position {place}" for place in places], columns)


def _single(data: Dataset, folds: list[Split]) -> dict[str, np.ndarray]:
    """Each descriptor alone as prediction, its sign from the training rows."""
    inputs, names = data.inputs("A")
    wanted = {model: names.index(name) for model, name in SINGLE.items() if name in names}
    out = {model: np.full(data.targets.shape, np.nan) for model in (*wanted, "best descriptor")}
    n_structural = inputs.shape[1] - 1
    for parts in folds:
        rows = np.concatenate([parts.train, parts.validation])
        true = data.targets[rows]
        for model, column in wanted.items():
            _, sign = best_column(true, inputs[rows][:, [column]])
            out[model][parts.test] = inputs[parts.test, column][:, None] * sign
        best, sign = best_column(true, inputs[rows, :n_structural])
        out["best descriptor"][parts.test] = _standardised(inputs, rows, parts.test, best) * sign
    return out


def _standardised(inputs, rows, test, columns):
    """Columns of test rows in units of the training rows, so that folds may be pooled."""
    mean = inputs[rows][:, columns].mean(axis=0, dtype=np.float64)
    deviation = inputs[rows][:, columns].std(axis=0, dtype=np.float64)
    return (inputs[test][:, columns] - mean) / np.where(deviation > 0, deviation, 1)


def baseline_correlations(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ(t) of simpler means, on the rows that test the networks.

    The mean of the training rows is a constant and has no ρ; it is left out. Trees are trained
    for τ_α and on runs held out alone.

    Returns
    -------
    pandas.DataFrame
        ``split`` (row, run) and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`.
    """
    data = dataset(ensemble)
    placed = _with_position(data)
    tables = []

    def predict(folds, groups):
        predicted = _single(data, folds)
        predicted["chain position alone"] = out_of_sample(
            position_pipeline, data.chain_position[:, None], data.targets, folds
        )
        for network in NETWORKS:
            predicted[f"ridge {network}"] = ridge_on(data, network, folds, groups)
            predicted[f"ridge {network} and chain position"] = ridge_on(
                placed, network, folds, groups
            )
        return predicted

    for division, (folds, _) in splits_of(data).items():
        predicted = over_draws(data, division, predict)
        differences = [
            ("ridge A", "ridge B"),
            ("ridge A", "Debye–Waller alone"),
            ("ridge B and chain position", "ridge B"),
        ]
        tables.append(correlation_rows(data, predicted, differences, split=division))
        if division == "run":
            k = [data.tau_index]
            trees = {}
            for network in NETWORKS:
                with threadpool_limits(1):
                    one = out_of_sample(
                        tree_pipeline, data.inputs(network)[0], data.targets[:, k[0]], folds
                    )
                trees[f"trees {network}"] = np.repeat(one[:, None], len(data.times), axis=1)
            tables.append(correlation_rows(data, trees, times=k, split=division))
    return pd.concat(tables, ignore_index=True)


def with_squares(ensemble: Ensemble, squares: int) -> pd.DataFrame:
    """Return ρ(τ_α) of ridge regression that also reads the squares of the best descriptors.

    Parameters
    ----------
    ensemble : Ensemble
    squares : int
        How many; they are chosen on the rows that train.

    Returns
    -------
    pandas.DataFrame
        ``split`` (row, run) and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows` at t = τ_α; ``model`` is "ridge A
        and squares", "ridge B and squares", and their differences from ridge A and B.
    """
    data, tables = dataset(ensemble), []
    k = data.tau_index
    for division, (folds, groups) in splits_of(data).items():
        predicted = {}
        for network in NETWORKS:
            name, inputs = f"ridge {network}", data.inputs(network)[0]
            predicted[name] = ridge_predictions(data, network, division)
            squared = Pipeline([("squares", BestSquares(squares)), *ridge_of(network)().steps])
            one = out_of_sample(
                partial(clone, squared), inputs, data.targets[:, [k]], folds, groups)
            predicted[f"{name} and squares"] = np.repeat(one, len(data.times), axis=1)
        differences = [(f"ridge {n} and squares", f"ridge {n}") for n in NETWORKS]
        table = correlation_rows(data, predicted, differences, times=[k], split=division)
        tables.append(table[table["model"].str.contains("squares")])
    return pd.concat(tables, ignore_index=True)


def positions(ensemble: Ensemble, settings: dict) -> pd.DataFrame:
    """Return ρ within each place in the chain, runs held out: without "ends move more".

    Returns
    -------
    pandas.DataFrame
        ``position`` (all, or one of :data:`POSITIONS`), the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`, and ``explained``: the part of the
        propensity's variance that the place alone explains. Empty with a single run.
    """
    data = dataset(ensemble)
    if data.n_runs < 2:
        return pd.DataFrame(columns=["position", "model", "t", "at_tau", "rho", "rho_error"])
    predicted = {
        f"network {network}": held_out(data, network, settings["run"][network])[0]
        for network in NETWORKS
    }
    predicted |= ridges(data)
    predicted["Debye–Waller alone"] = np.repeat(data.debye_waller[:, None], len(data.times), axis=1)
    differences = [(f"ridge {network}", f"network {network}") for network in NETWORKS]
    tables = [correlation_rows(data, predicted, differences, position="all", explained=np.nan)]
    variance = data.targets.var(axis=0)
    means = np.zeros_like(data.targets)
    for place in np.unique(data.chain_position):
        rows = data.chain_position == place
        means[rows] = data.targets[rows].mean(axis=0)
        name = POSITIONS[place] if data.chain_position.max() < len(POSITIONS) else str(place)
        inside = {model: values[rows] for model, values in predicted.items()}
        tables.append(correlation_rows(
            data.subset(rows), inside, [("network A", "network B")], position=name
        ))
    explained = dict(zip(data.times, means.var(axis=0) / variance, strict=True))
    tables[0]["explained"] = tables[0]["t"].map(explained)
    return pd.concat(tables, ignore_index=True)


def positions_sentence(table: pd.DataFrame, judged: list[float]) -> str:
    """Say what the place in the chain explains, and whether ends are predicted as well as middles.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``positions``.
    judged : list of float
        The temperatures that count.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.6, "position": ["all", "end"] * 2, "at_tau": True,
    ...     "model": ["network A"] * 2 + ["network B"] * 2, "within": [0.7, 0.68, 0.41, 0.45],
    ...     "explained": [0.12, np.nan] * 2})
    >>> positions_sentence(table, [0.6])
    'The place in the chain explains at most 12 % of the variance of the propensity, at any time. \
Among the monomers of one place alone, ρ(τ_α) differs from that over all by at most 0.02 (A) and \
0.04 (B).'
    """
    here = table[table["T"].isin(judged)]
    if here.empty:
        return "One run alone: none can be held out."
    part = f"{100 * here['explained'].max():.0f} %"
    most = []
    for network in NETWORKS:
        one = here[(here["model"] == f"network {network}") & here["at_tau"]]
        whole = one[one["position"] == "all"].set_index("T")["within"]
        apart = (one["within"] - one["T"].map(whole)).abs().max()
        most.append(f"{apart:.2f} ({network})")
    return (f"The place in the chain explains at most {part} of the variance of the propensity, at"
            " any time. Among the monomers of one place alone, ρ(τ_α) differs from that over all"
            f" by at most {' and '.join(most)}.")
