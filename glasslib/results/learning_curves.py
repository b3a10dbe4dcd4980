"""ρ against amounts of data: runs that train, and trajectories in an ensemble."""

from dataclasses import replace

import numpy as np
import pandas as pd

from glasslib.learning.baselines import out_of_sample
from glasslib.learning.ceiling import ceiling_of_runs
from glasslib.learning.correlation import correlation_rows, difference_name
from glasslib.learning.dataset import Split, run_folds
from glasslib.results.baselines import ridge_of, ridges
from glasslib.results.ceiling import block_propensities
from glasslib.results.correlation import comparable
from glasslib.results.networks import NETWORKS, dataset, held_out
from glasslib.results.sentences import Runs, on_cooling
from glasslib.store import Ensemble

__all__ = ["learning_in_networks", "learning_runs", "learning_trajectories", "one_run_sentence"]


#: Draws of the runs that train, of which ridge regression gets the mean.
DRAWS = 3


def _fewer(folds: list[Split], runs: np.ndarray, n: int, draw: int = 0) -> list[Split]:
    """Folds with the same test rows and n training runs, rows of which also validate."""
    random = np.random.default_rng([n, draw])
    out = []
    for parts in folds:
        left = np.setdiff1d(np.unique(runs), np.unique(runs[parts.test]))
        chosen = random.permutation(left)[:n]
        rows = random.permutation(np.flatnonzero(np.isin(runs, chosen)))
        if n >= 3:
            held = np.isin(runs[rows], chosen[:1])
        else:
            held = np.arange(len(rows)) < max(1, len(rows) // 10)
        out.append(Split(rows[~held], rows[held], parts.test))
    return out


def _numbers(folds: list[Split], runs: np.ndarray) -> list[int]:
    """Numbers of training runs to try: 1, 2, 3, 5, 8 and all there are in every fold."""
    most = min(len(np.unique(runs)) - len(np.unique(runs[parts.test])) for parts in folds)
    return sorted({n for n in (1, 2, 3, 5, 8) if n < most} | {most})


def learning_runs(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ of ridge regression against the number of runs that train it; tested rows stay.

    Where there are more runs than train, the mean over :data:`DRAWS` draws of them; their scatter
    is in the error. With as many training runs, one or two, temperatures are on equal footing.

    Returns
    -------
    pandas.DataFrame
        ``training_runs`` and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`, at t = 1 and τ_α. Empty with a
        single run.
    """
    data = dataset(ensemble)
    columns = ["training_runs", "model", "t", "at_tau", "rho", "rho_error"]
    if data.n_runs < 2:
        return pd.DataFrame(columns=columns)
    folds = run_folds(data.runs)
    k = sorted({ensemble.times.debye_waller_index, data.tau_index})
    tables = []
    numbers = _numbers(folds, data.runs)
    for n in numbers:
        draws = [_fewer(folds, data.runs, n, d) for d in range(DRAWS if n < numbers[-1] else 1)]
        predicted = {
            f"ridge {network}": [
                out_of_sample(
                    ridge_of(network), data.inputs(network)[0], data.targets, fewer, data.runs
                )
                for fewer in draws
            ]
            for network in NETWORKS
        }
        tables.append(correlation_rows(
            data, predicted, [("ridge A", "ridge B")], times=k, training_runs=n
        ))
    return pd.concat(tables, ignore_index=True)


def learning_in_networks(ensemble: Ensemble, settings: dict) -> pd.DataFrame:
    """Return ρ of networks A and B against the number of runs that train them.

    Returns
    -------
    pandas.DataFrame
        As :func:`learning_runs`.
    """
    data = dataset(ensemble)
    columns = ["training_runs", "model", "t", "at_tau", "rho", "rho_error"]
    if data.n_runs < 2:
        return pd.DataFrame(columns=columns)
    folds = run_folds(data.runs)
    numbers = _numbers(folds, data.runs)
    tables = []
    for n in sorted({1, numbers[len(numbers) // 2]} - {numbers[-1]}) + [None]:
        used = folds if n is None else _fewer(folds, data.runs, n)
        predicted = {
            f"network {network}": held_out(data, network, settings["run"][network], folds=used)[0]
            for network in NETWORKS
        }
        tables.append(correlation_rows(
            data, predicted, [("network A", "network B")],
            times=sorted({ensemble.times.debye_waller_index, data.tau_index}),
            training_runs=numbers[-1] if n is None else n,
        ))
    return pd.concat(tables, ignore_index=True)


def learning_trajectories(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ of ridge regression against the number M of trajectories in every run's ensemble.

    Target and Debye–Waller factor of training and test alike come from the first M trajectories.

    Returns
    -------
    pandas.DataFrame
        ``trajectories`` (M), the columns of
        :func:`~glasslib.learning.correlation.correlation_rows` at t = 1 and τ_α, and ``ceiling``,
        that of the same M. Empty with a single run.
    """
    data = dataset(ensemble)
    columns = ["trajectories", "model", "t", "at_tau", "rho", "rho_error", "ceiling"]
    if data.n_runs < 2:
        return pd.DataFrame(columns=columns)
    blocks = block_propensities(ensemble)
    size = next(iter(ensemble.blocks.values()))[0].n_trajectories
    most = min(len(run) for run in blocks)
    times = sorted({ensemble.times.debye_waller_index, data.tau_index})
    tables = []
    for m in range(1, most + 1):
        part = ensemble.part(0, m)
        own = replace(
            data,
            targets=part.propensity.reshape(data.targets.shape),
            debye_waller=part.debye_waller.ravel(),
        )
        table = correlation_rows(
            own, ridges(own), [("ridge A", "ridge B")], times=times, trajectories=m * size
        )
        ceiling = ceiling_of_runs(blocks, m).ceiling
        table["ceiling"] = table["t"].map(dict(zip(data.times, ceiling, strict=True)))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def one_run_sentence(learning: pd.DataFrame, runs: Runs) -> str:
    """Say how A, B and what A gains change on cooling where a single run trains.

    Parameters
    ----------
    learning : pandas.DataFrame
        The table ``learning-runs``.
    runs : mapping of float to int
        Number of runs at each temperature.

    Examples
    --------
    >>> both = {"T": [0.6, 0.45], "training_runs": 1, "at_tau": True, "within_error": 0.02}
    >>> rho = {"ridge A": [0.7, 0.5], "ridge B": 0.4, "ridge A − ridge B": [0.3, 0.1]}
    >>> rows = [pd.DataFrame(both | {"model": m, "within": rho[m]}) for m in rho]
    >>> one_run_sentence(pd.concat(rows), {0.6: 10, 0.45: 10})
    'From one training run, within configurations, A falls on cooling, from 0.70 to 0.50; B does \
not change on cooling beyond the error bar (0.40 and 0.40); what the Debye–Waller factor adds \
falls on cooling, from 0.30 to 0.10.'
    """
    a, b = "ridge A", "ridge B"
    names = {a: "A", b: "B", difference_name(a, b): "what the Debye–Waller factor adds"}
    one = learning[learning["at_tau"] & (learning["training_runs"] == 1)]
    one = one[one["T"].isin(comparable(dict(runs), at_least=1))]
    one = one.assign(rho=one["within"], rho_error=one["within_error"])
    parts = [on_cooling(says, one[one["model"] == model], runs) for model, says in names.items()]
    return f"From one training run, within configurations, {'; '.join(parts)}."
