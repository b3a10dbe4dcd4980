"""ρ(τ_α) of networks at other temperatures than their own, and of one model for all of them."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pandas as pd

from glasslib import store
from glasslib.errors import ParameterError
from glasslib.learning.baselines import out_of_sample
from glasslib.learning.correlation import (
    Resampled,
    correlate_runs,
    correlation_rows,
    difference_name,
)
from glasslib.learning.dataset import Dataset, Split, run_folds, split
from glasslib.results.baselines import ridge_of
from glasslib.results.correlation import COMPARED_RUNS, Settings, comparable, groups_of_runs
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.results.sentences import Runs, contest
from glasslib.store import Ensemble

__all__ = ["A_LESS_B", "INNER_LESS_OUTER", "OWN_LESS_ELSEWHERE", "joint_training",
           "others_sentence", "trained_together", "transfers"]  # fmt: skip

#: What contrasts are called in the table.
INNER_LESS_OUTER = difference_name("intermediate", "outermost")
OWN_LESS_ELSEWHERE = difference_name("own", "elsewhere")
A_LESS_B = difference_name("A", "B")
#: What trains ridge regression in :func:`joint_training`.
OWN_ONLY, OTHERS, ALL_TEMPERATURES = "own temperature", "other temperatures", "all temperatures"


def _transferred(
    data: Dataset, target: Dataset, network: str, settings: Settings, division: str,
    statistics: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Predict at another temperature than that of training, or at the same; rows and predictions.

    Split by run, a run is predicted by the network that has not seen the run of the same number,
    from which it descends or which descends from it.
    """
    same = target is data
    statistics = "training" if same else statistics
    everything = np.arange(len(target))
    if division == "row":
        own = settings["row"][network].model_copy(update={"seed": 0})
        parts = split(data.runs, own)
        rows = parts.test if same else everything
        return rows, trained(data, network, own, parts).predict(target.subset(rows), statistics)
    if same:
        return everything, held_out(data, network, settings["run"][network])[0]
    folds = run_folds(data.runs)
    networks = held_out(data, network, settings["run"][network], folds)[1]
    predicted = networks[0].predict(target, statistics)  # stays for runs that none has seen
    for parts, trained_network in zip(folds[1:], networks[1:], strict=True):
        rows = np.isin(target.runs, data.runs[parts.test])
        predicted[rows] = trained_network.predict(target, statistics)[rows]
    return everything, predicted


def transfers(
    ensembles: dict[float, Ensemble], settings: Settings, statistics: str = "own"
) -> pd.DataFrame:
    """Return ρ(τ_α) of networks at other temperatures than their own, and what compares them.

    ``pair``: a network trained at one temperature and applied at another, standardised with the
    statistics of the data set it is applied to. Rows split at random (first seed): all rows count
    elsewhere, only test rows at its own temperature. Split by run: at every temperature, each run
    is predicted by a network that has not seen the run of that number; temperatures with a single
    run are left out.

    The others are contrasts of :func:`comparable` temperatures (three of them, or all), each first
    taken at one temperature of application, then averaged over those. :data:`INNER_LESS_OUTER`
    is the mean ρ of networks from the inner temperatures less that from the outermost two, all
    from the same number of runs (the first :data:`COMPARED_RUNS`, or fewer where one has fewer);
    :data:`A_LESS_B` that of A less that of B, from all runs. :data:`OWN_LESS_ELSEWHERE` is ρ of
    the network trained at the temperature of application, on its test rows, minus the mean ρ of
    those trained elsewhere: what transfer costs, or what a leak adds at home.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    settings : dict of dict of NetworkSettings
        By division of rows and network.
    statistics : {"own", "training"}
        Whose mean and deviation standardise the inputs at another temperature.

    Returns
    -------
    pandas.DataFrame
        ``split``, ``kind`` (pair or a contrast), ``network``, ``trained`` and ``applied``
        (temperatures; NaN of a contrast), ``rho``, ``rho_error``, ``within`` (averaged within
        configurations), ``within_error``, and ``runs``: those that are predicted, or as many as
        the error of a contrast is worth.
    """
    rows = []
    for division, fewest in (("row", 1), ("run", 2)):
        known = {t: ensemble for t, ensemble in ensembles.items() if len(ensemble.runs) >= fewest}
        if not known:
            continue
        data = {t: dataset(ensemble) for t, ensemble in known.items()}
        compared = comparable({t: len(ensemble.runs) for t, ensemble in known.items()}, at_least=3)
        size = min(COMPARED_RUNS, *(len(known[t].runs) for t in compared))
        alike = {t: dataset(groups_of_runs(known[t], size)[0]) for t in compared}
        rest = {t: data[t] for t in compared}
        pairs = _transferred_pairs(data, settings, division, statistics)
        rows += [
            (division, "pair", *key, *_numbers(pair.value, pair.error), data[key[-1]].n_runs)
            for key, pair in pairs.items()
        ]
        equal = _intermediate_less_outermost(
            _transferred_pairs(alike, settings, division, statistics)
        )
        among = {key: pair for key, pair in pairs.items() if {*key[1:]} <= {*compared}}
        for kind, contrasts, used in (
            (INNER_LESS_OUTER, equal, alike), (A_LESS_B, _a_less_b(among), rest),
            (OWN_LESS_ELSEWHERE, _own_less_elsewhere(among), rest),
        ):
            # The error is worth so many runs: degrees of freedom add.
            runs = 1 + sum(one.n_runs - 1 for one in used.values())
            rows += [
                (division, kind, network, np.nan, np.nan, *_numbers(*averaged), runs)
                for network, averaged in contrasts.items()
            ]
    columns = ["split", "kind", "network", "trained", "applied", "rho", "rho_error", "within",
               "within_error", "runs"]
    return pd.DataFrame(rows, columns=columns)


def _numbers(values: np.ndarray, errors: np.ndarray) -> tuple[float, ...]:
    """ρ, its error, ρ within configurations, its error."""
    return values[0], errors[0], values[1], errors[1]


Pairs = dict[tuple[str, float, float], Resampled]


def _transferred_pairs(
    data: dict[float, Dataset], settings: Settings, division: str, statistics: str
) -> Pairs:
    """ρ(τ_α), pooled and within runs, by network and temperatures of training and application."""
    pairs = {}
    for trained_at in data:
        for network in NETWORKS:
            for applied, target in data.items():
                chosen, predicted = _transferred(
                    data[trained_at], target, network, settings, division, statistics
                )
                given = target.subset(chosen)
                both = correlate_runs(
                    given.targets[:, [target.tau_index]],
                    predicted[:, [data[trained_at].tau_index]], given.runs,
                )
                pairs[network, trained_at, applied] = Resampled(
                    np.concatenate([one.value for one in both]),
                    np.concatenate([one.resamples for one in both], axis=-1), given.n_runs,
                )
    return pairs


def _mean_over(
    pairs: Pairs, network: str, applied: float, trained_at: list[float]
) -> Resampled | None:
    chosen = [pairs[network, t, applied] for t in trained_at if t != applied]
    return Resampled.mean(chosen) if chosen else None


Contrasts = dict[str, tuple[np.ndarray, np.ndarray]]


def _averaged(differences: list[Resampled]) -> tuple[np.ndarray, np.ndarray]:
    """Mean over temperatures of application, whose errors are independent, and its error."""
    error = np.sqrt(np.sum([one.error**2 for one in differences], axis=0)) / len(differences)
    return np.mean([one.value for one in differences], axis=0), error


def _intermediate_less_outermost(pairs: Pairs) -> Contrasts:
    falling = sorted({applied for *_, applied in pairs}, reverse=True)
    contrasts = {}
    for network in NETWORKS:
        both = [
            (_mean_over(pairs, network, applied, falling[1:-1]),
             _mean_over(pairs, network, applied, [falling[0], falling[-1]]))
            for applied in falling
        ]
        differences = [inner - outer for inner, outer in both if inner and outer]
        if differences:
            contrasts[network] = _averaged(differences)
    return contrasts


def _own_less_elsewhere(pairs: Pairs) -> Contrasts:
    falling = sorted({applied for *_, applied in pairs}, reverse=True)
    if len(falling) < 2:
        return {}
    return {
        network: _averaged([
            pairs[network, applied, applied] - _mean_over(pairs, network, applied, falling)
            for applied in falling
        ])
        for network in NETWORKS
    }


def _a_less_b(pairs: Pairs) -> Contrasts:
    falling = sorted({applied for *_, applied in pairs}, reverse=True)
    if len(falling) < 2:
        return {}
    return {
        A_LESS_B: _averaged([
            _mean_over(pairs, "A", applied, falling) - _mean_over(pairs, "B", applied, falling)
            for applied in falling
        ])
    }


def _standardised(values: np.ndarray) -> np.ndarray:
    """Columns about their mean in units of their deviation."""
    mean, deviation = (f(values, axis=0, dtype=np.float64) for f in (np.mean, np.std))
    return ((values - mean) / np.where(deviation > 0, deviation, 1)).astype(np.float32)


def _leave_one_out(runs: np.ndarray) -> list[Split]:
    """One split for each number of a run, which tests; ridge makes its own choices in the rest."""
    out = []
    for run in np.unique(runs):
        train = np.flatnonzero(runs != run)
        out.append(Split(train[1:], train[:1], np.flatnonzero(runs == run)))
    return out


def _trained_elsewhere(
    data: dict[float, Dataset], trained_at: Iterable[float], applied: float, network: str
) -> np.ndarray:
    """Predict τ_α at one temperature by ridge regression trained at others, not at it (rows, 1)."""
    target = data[applied]
    sets = [*(data[t] for t in trained_at if t != applied), target]
    runs = np.concatenate([one.runs for one in sets])
    test = np.arange(len(runs)) >= len(runs) - len(target)
    splits = []
    for run in np.unique(target.runs):
        train = np.flatnonzero(~test & (runs != run))
        splits.append(Split(train[1:], train[:1], np.flatnonzero(test & (runs == run))))
    x = np.concatenate([_standardised(one.inputs(network)[0]) for one in sets])
    y = np.concatenate([_standardised(one.targets[:, [one.tau_index]]) for one in sets])
    return out_of_sample(ridge_of(network), x, y, splits, runs)[test]


def joint_training(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Return ρ(τ_α) of ridge regression trained at all temperatures, at the others, at its own.

    Inputs and targets are standardised at each temperature, which reads one mean and deviation of
    all its runs. Every run is predicted without the runs of its number at any temperature: they
    share chains. Temperatures with a single run are left out. From the others, the highest and the
    lowest temperature are extrapolated and those between them interpolated. Means over a run and
    over a temperature cancel in ρ within configurations, which is the number to read; in the pooled
    one they do not.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        ``T`` and the columns of :func:`~glasslib.learning.correlation.correlation_rows` at t =
        τ_α; ``model`` is "ridge A" or "ridge B" with :data:`OWN_ONLY`, :data:`OTHERS` or
        :data:`ALL_TEMPERATURES` behind a comma, or what one of the latter gains over the first.
        Empty with fewer than two temperatures.
    """
    data = {t: dataset(ensemble) for t, ensemble in ensembles.items() if len(ensemble.runs) > 1}
    if len(data) < 2:
        return pd.DataFrame(columns=["T", "model", "t", "at_tau", "rho", "rho_error"])
    starts = np.cumsum([0, *(len(one) for one in data.values())])
    places = {t: slice(*ends) for t, ends in zip(data, pairwise(starts), strict=True)}
    runs = np.concatenate([one.runs for one in data.values()])
    models = {t: {} for t in data}
    for network in NETWORKS:
        x = np.concatenate([_standardised(one.inputs(network)[0]) for one in data.values()])
        y = np.concatenate([
            _standardised(one.targets[:, [one.tau_index]]) for one in data.values()
        ])
        joint = out_of_sample(ridge_of(network), x, y, _leave_one_out(runs), runs)
        for t, one in data.items():
            here = places[t]
            own = out_of_sample(
                ridge_of(network), x[here], y[here], _leave_one_out(one.runs), one.runs
            )
            predicted = {OWN_ONLY: own, OTHERS: _trained_elsewhere(data, data, t, network),
                         ALL_TEMPERATURES: joint[here]}
            for name, values in predicted.items():
                models[t][f"ridge {network}, {name}"] = np.repeat(values, len(one.times), axis=1)
    differences = [
        (f"ridge {network}, {name}", f"ridge {network}, {OWN_ONLY}")
        for name in (OTHERS, ALL_TEMPERATURES) for network in NETWORKS
    ]
    return pd.concat([
        correlation_rows(one, models[t], differences, times=[one.tau_index]).assign(T=t)
        for t, one in data.items()
    ], ignore_index=True)


def trained_together(ensembles: dict[float, Ensemble], train_at: tuple[float, ...]) -> pd.DataFrame:
    """Return ρ(τ_α) of ridge regression trained at some temperatures together, at each of all.

    At one of the training temperatures the others train. Standardisation, runs left out and
    columns are those of :func:`joint_training`.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    train_at : tuple of float
        Temperatures of training, among those.

    Returns
    -------
    pandas.DataFrame
        ``T`` and the columns of :func:`joint_training`; ``model`` names the temperatures.

    Raises
    ------
    ParameterError
        A temperature has no ensemble of two runs here, or fewer than two are named.
    """
    data = {t: dataset(ensemble) for t, ensemble in ensembles.items() if len(ensemble.runs) > 1}
    named = [store.find_temperature(t, data) for t in train_at]
    if None in named or len(set(named)) < 2:
        raise ParameterError(
            f"train_at = {', '.join(f'{t:g}' for t in train_at)}: name two or more of"
            f" {', '.join(f'{t:g}' for t in data)}"
        )
    label, tables = " and ".join(f"{t:.2f}" for t in named), []
    for t, target in data.items():
        predicted = {
            f"ridge {network}, {label}":
                np.repeat(_trained_elsewhere(data, named, t, network), len(target.times), axis=1)
            for network in NETWORKS
        }
        tables.append(correlation_rows(target, predicted, times=[target.tau_index]).assign(T=t))
    return pd.concat(tables, ignore_index=True)


def others_sentence(joint: pd.DataFrame, runs: Runs) -> str:
    """Say where training at the other temperatures predicts one better than training at its own.

    Parameters
    ----------
    joint : pandas.DataFrame
        From :func:`joint_training`.
    runs : mapping of float to int
        Number of runs at each temperature.

    Examples
    --------
    >>> joint = pd.DataFrame({
    ...     "T": [0.6, 0.5, 0.45], "within": [-0.08, -0.01, 0.05], "within_error": 0.01,
    ...     "model": "ridge A, other temperatures − ridge A, own temperature"})
    >>> others_sentence(joint, {0.6: 10, 0.5: 10, 0.45: 10})
    'For A, training at the others beats training at its own temperature by 0.05 at T = 0.45; \
training at its own temperature beats training at the others by 0.08 at T = 0.60; no difference \
can be told at T = 0.50.'
    >>> others_sentence(pd.DataFrame(columns=["T", "model"]), {0.6: 10})
    'One temperature alone: there are no others to train at.'
    """
    texts = []
    for network in NETWORKS:
        name = difference_name(f"ridge {network}, {OTHERS}", f"ridge {network}, {OWN_ONLY}")
        here = joint[joint["model"] == name].sort_values("T", ascending=False)
        if len(here):
            here = here.assign(rho=here["within"], rho_error=here["within_error"])
            texts.append(f"For {network}, " + contest(
                "training at the others", "training at its own temperature", here, runs) + ".")
    return " ".join(texts) or "One temperature alone: there are no others to train at."
