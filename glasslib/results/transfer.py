"""ρ(τ_α) of networks at other temperatures than their own, and what compares them."""

import numpy as np
import pandas as pd

from glasslib.learning.correlation import Resampled, correlate_runs, difference_name
from glasslib.learning.dataset import Dataset, run_folds, split
from glasslib.results.correlation import COMPARED_RUNS, Settings, comparable, groups_of_runs
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.store import Ensemble

__all__ = ["A_LESS_B", "INNER_LESS_OUTER", "transfers"]

#: What contrasts are called in the table.
INNER_LESS_OUTER = difference_name("intermediate", "outermost")
A_LESS_B = difference_name("A", "B")


def _transferred(
    data: Dataset, target: Dataset, network: str, settings: Settings, division: str
) -> tuple[np.ndarray, np.ndarray]:
    """Predict at another temperature than that of training, or at the same; rows and predictions.

    Split by run, a run is predicted by the network that has not seen the run of the same number,
    from which it descends or which descends from it.
    """
    same = target is data
    statistics = "training" if same else "own"
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


def transfers(ensembles: dict[float, Ensemble], settings: Settings) -> pd.DataFrame:
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
    :data:`A_LESS_B` that of A less that of B, from all runs.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    settings : dict of dict of NetworkSettings
        By division of rows and network.

    Returns
    -------
    pandas.DataFrame
        ``split``, ``kind`` (pair or a contrast), ``network``, ``trained`` and ``applied``
        (temperatures; NaN of a contrast), ``rho``, ``rho_error``, and ``runs``: those that are
        predicted, or as many as the error of a contrast is worth.
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
        pairs = _transferred_pairs(data, settings, division)
        rows += [
            (division, "pair", *key, pair.value[0], pair.error[0], data[key[-1]].n_runs)
            for key, pair in pairs.items()
        ]
        equal = _intermediate_less_outermost(_transferred_pairs(alike, settings, division))
        among = {key: pair for key, pair in pairs.items() if {*key[1:]} <= {*compared}}
        for kind, contrasts, used in (
            (INNER_LESS_OUTER, equal, alike), (A_LESS_B, _a_less_b(among), rest)
        ):
            # The error is worth so many runs: degrees of freedom add.
            runs = 1 + sum(one.n_runs - 1 for one in used.values())
            rows += [
                (division, kind, network, np.nan, np.nan, *averaged, runs)
                for network, averaged in contrasts.items()
            ]
    columns = ["split", "kind", "network", "trained", "applied", "rho", "rho_error", "runs"]
    return pd.DataFrame(rows, columns=columns)


Pairs = dict[tuple[str, float, float], Resampled]


def _transferred_pairs(data: dict[float, Dataset], settings: Settings, division: str) -> Pairs:
    """ρ(τ_α) by network, temperature of training and temperature of application."""
    pairs = {}
    for trained_at in data:
        for network in NETWORKS:
            for applied, target in data.items():
                chosen, predicted = _transferred(
                    data[trained_at], target, network, settings, division
                )
                given = target.subset(chosen)
                pairs[network, trained_at, applied], _ = correlate_runs(
                    given.targets[:, [target.tau_index]],
                    predicted[:, [data[trained_at].tau_index]], given.runs,
                )
    return pairs


def _mean_over(
    pairs: Pairs, network: str, applied: float, trained_at: list[float]
) -> Resampled | None:
    chosen = [pairs[network, t, applied] for t in trained_at if t != applied]
    return Resampled.mean(chosen) if chosen else None


def _averaged(differences: list[Resampled]) -> tuple[float, float]:
    """Mean over temperatures of application, whose errors are independent."""
    error = np.sqrt(np.sum([one.error[0] ** 2 for one in differences])) / len(differences)
    return np.mean([one.value[0] for one in differences]), error


def _intermediate_less_outermost(pairs: Pairs) -> dict[str, tuple[float, float]]:
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


def _a_less_b(pairs: Pairs) -> dict[str, tuple[float, float]]:
    falling = sorted({applied for *_, applied in pairs}, reverse=True)
    if len(falling) < 2:
        return {}
    return {
        A_LESS_B: _averaged([
            _mean_over(pairs, "A", applied, falling) - _mean_over(pairs, "B", applied, falling)
            for applied in falling
        ])
    }
