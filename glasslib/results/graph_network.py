"""A graph network beside ridge regression, whole runs held out.

On positions alone it reads the inherent structure and the place in the chain; on the inputs of
network D it has these at its nodes. Ridge D reads the same columns and is trained on the same runs.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from glasslib.configuration import Configuration
from glasslib.learning.baselines import out_of_sample, ridge_pipeline
from glasslib.learning.correlation import correlation_rows, is_difference
from glasslib.learning.dataset import Dataset, Split, run_folds
from glasslib.learning.graph_network import GraphSettings, fit_and_predict, melt_graph
from glasslib.results.cage import cage_dataset
from glasslib.results.words import bracketed
from glasslib.store import Ensemble

__all__ = ["graph_networks", "graph_sentence", "graph_temperatures"]

#: One setting for both inputs and every number of runs. Steps and learning rate were set in a few
#: trials at the reference temperature, trained on runs 0 to 5 and asked about 6 and 7: what these
#: two runs add to a table is that much too good.
SETTINGS = GraphSettings()
FOLDS = 5
#: Training runs of the learning curves; each is tested on the first two folds.
FEWER = (1, 3)
_NOTHING = ["training", "model", "t", "at_tau", "rho", "rho_error"]


def graph_networks(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) of graph networks and of ridge D, against the number of training runs.

    Returns
    -------
    pandas.DataFrame
        ``training``, the number of runs that train; then the columns of
        :func:`glasslib.learning.correlation.correlation_rows` at t = τ_α. ``model``: ``graph
        network, positions``, ``graph network, D``, ``ridge D``, and the difference of the last two.
        Five folds test every run once, with the largest number of training runs; fewer runs are
        tested on the runs of two folds. Empty with a single run.
    """
    data = cage_dataset(ensemble)
    if data.n_runs < 2:
        return pd.DataFrame(columns=_NOTHING)
    folds = run_folds(data.runs, FOLDS)
    place = np.stack([data.chain_position == k for k in (0, 1)], axis=1)
    inputs = {"graph network, positions": place, "graph network, D": data.features}
    most, tables = _most(data, folds), []
    for training in (*(number for number in FEWER if number < most), most):
        parts = [_part(data, fold, training) for fold in folds[: 2 if training < most else None]]
        tables.append(_rows(ensemble, data, inputs, parts, training))
    return pd.concat(tables, ignore_index=True)


def graph_temperatures(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) of a graph network on the inputs of D, and of ridge D, trained on all other runs.

    The settings are those of the reference temperature.

    Returns
    -------
    pandas.DataFrame
        As :func:`graph_networks`, for the largest number of training runs, without ``graph
        network, positions``. Of two runs, each is predicted by a network of the other alone. Empty
        with a single run.
    """
    data = cage_dataset(ensemble)
    if data.n_runs < 2:
        return pd.DataFrame(columns=_NOTHING)
    folds = run_folds(data.runs, FOLDS)
    training = _most(data, folds)
    parts = [_part(data, fold, training) for fold in folds]
    return _rows(ensemble, data, {"graph network, D": data.features}, parts, training)


def _most(data: Dataset, folds: Sequence[Split]) -> int:
    """How many runs train where the most are left out."""
    return data.n_runs - max(len(np.unique(data.runs[fold.test])) for fold in folds)


def _rows(
    ensemble: Ensemble, data: Dataset, inputs: dict[str, np.ndarray], parts: Sequence[Split],
    training: int,
) -> pd.DataFrame:
    """ρ(τ_α) of graph networks on each of the inputs, of ridge D, and the difference on D's."""
    predicted = {model: _predicted(ensemble, data, x, parts) for model, x in inputs.items()}
    y = data.targets[:, [data.tau_index]]
    predicted["ridge D"] = out_of_sample(ridge_pipeline, data.features, y, parts, data.runs)
    whole = {name: np.repeat(p, len(data.times), axis=1) for name, p in predicted.items()}
    rows = correlation_rows(data, whole, [("graph network, D", "ridge D")], times=[data.tau_index])
    rows.insert(0, "training", training)
    return rows


def _part(data: Dataset, fold: Split, training: int) -> Split:
    """The rows of so many runs that a fold does not test, and of those that it does."""
    left = np.setdiff1d(data.runs, data.runs[fold.test])
    rows = np.flatnonzero(np.isin(data.runs, left[:training]))
    return Split(rows[1:], rows[:1], fold.test)


def _predicted(
    ensemble: Ensemble, data: Dataset, nodes: np.ndarray, parts: Sequence[Split]
) -> np.ndarray:
    """Out-of-sample predictions of a graph network at τ_α, (n_rows, 1); NaN where none is asked."""
    graphs = {}
    for run in np.unique(data.runs):
        here = ensemble.configuration(run)
        inherent = Configuration(ensemble.runs[run]["inherent_positions"], here.box, here.bonds)
        graphs[run] = melt_graph(inherent, nodes[data.runs == run], SETTINGS)
    y, out = data.targets[:, data.tau_index], np.full((len(data), 1), np.nan)
    for part in parts:
        known, asked = (np.unique(data.runs[rows]) for rows in (part.train, part.test))
        found = fit_and_predict(
            [graphs[run] for run in known], [y[data.runs == run] for run in known],
            [graphs[run] for run in asked], SETTINGS,
        )
        for run, values in zip(asked, found, strict=True):
            out[data.runs == run, 0] = values
    return out


def graph_sentence(table: pd.DataFrame) -> str:
    """Say how the graph network does beside ridge regression on the same inputs.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``graph-network``.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "training": 8, "model": ["graph network, positions", "graph network, D", "ridge D",
    ...     "graph network, D − ridge D"], "rho": [0.4, 0.75, 0.78, -0.03],
    ...     "rho_error": [0.01, 0.01, 0.01, 0.004]})
    >>> print(graph_sentence(table))
    Trained on 8 runs, the graph network reaches ρ(τ_α) = 0.400(10) from positions alone and \
0.750(10) from the inputs of D, ridge regression 0.780(10). On the same inputs the graph \
network loses: the difference is −0.030(4).
    """
    if not len(table):
        return "A single run cannot be held out, so nothing is said of the graph network."
    here = table[table["training"] == table["training"].max()].set_index("model")
    text = {name: bracketed(row["rho"], row["rho_error"]) for name, row in here.iterrows()}
    (name,) = here.index[is_difference(here.index.to_series())]
    rho, error = here.loc[name, ["rho", "rho_error"]]
    verdict = "neither wins" if not abs(rho) > 2 * error else "wins" if rho > 0 else "loses"
    who = "" if verdict == "neither wins" else "the graph network "
    return (
        f"Trained on {table['training'].max()} runs, the graph network reaches ρ(τ_α) ="
        f" {text['graph network, positions']} from positions alone and {text['graph network, D']}"
        f" from the inputs of D, ridge regression {text['ridge D']}. On the same inputs"
        f" {who}{verdict}: the difference is {text[name].replace('-', '−')}."
    )
