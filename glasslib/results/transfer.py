"""ρ(τ_α) of networks at other temperatures than their own, and what compares them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glasslib.learning.correlation import Resampled, correlate_runs, difference_name
from glasslib.learning.dataset import Dataset, run_folds, split
from glasslib.results.correlation import COMPARED_RUNS, Settings, _groups, comparable
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.store import Ensemble

__all__ = ["A_LESS_B", "INNER_LESS_OUTER", "transfers"]

#: What contrasts are called in the table.
INNER_LESS_OUTER = difference_name("intermediate", "outermost")
A_LESS_B = difference_name("A", "B")


def _transferred(
    data: Dataset, target: Dataset, which: str, settings: Settings, by: str
) -> tuple[np.ndarray, np.ndarray]:
    """Predict at another temperature than that of training, or at the same; rows and predictions.

    Split by run, a run is predicted by the network that has not seen the run of the same number,
    from which it descends or which descends from it.
    """
    same = target is data
    statistics = "training" if same else "own"
    everything = np.arange(len(target))
    if by == "row":
        own = settings["row"][which].model_copy(update={"seed": 0})
        parts = split(data.runs, own)
        rows = parts.test if same else everything
        return rows, trained(data, which, own, parts).predict(target.subset(rows), statistics)
    if same:
        return everything, held_out(data, which, settings["run"][which])[0]
    folds = run_folds(data.runs)
    networks = held_out(data, which, settings["run"][which], folds)[1]
    predicted = networks[0].predict(target, statistics)  # stays for runs that none has seen
    for parts, network in zip(folds[1:], networks[1:], strict=True):
        rows = np.isin(target.runs, data.runs[parts.test])
        predicted[rows] = network.predict(target, statistics)[rows]
    return everything, predicted


def transfers(shown: dict[float, Ensemble], settings: Settings) -> pd.DataFrame:
    """ρ(τ_α) of networks at other temperatures than their own, and what compares them.

    ``pair``: a network trained at one temperature and applied at another, standardised with the
    statistics of the data set it is applied to. Rows split at random (first seed): all rows count
    elsewhere, only test rows at its own temperature. Split by run: at every temperature, each run
    is predicted by a network that has not seen the run of that number; temperatures with a single
    run are left out.

    The others are contrasts of :func:`comparable` temperatures (three of them, or all), each first
    taken at one temperature of application, then averaged over those. "intermediate − outermost"
    is the mean ρ of networks from the inner temperatures less that from the outermost two, all
    from the same number of runs (the first :data:`COMPARED_RUNS`, or fewer where one has fewer);
    "A − B" that of A less that of B, from all runs.
    """
    rows = []
    for by, fewest in (("row", 1), ("run", 2)):
        known = {t: of for t, of in shown.items() if len(of.runs) >= fewest}
        if not known:
            continue
        data = {t: dataset(of) for t, of in known.items()}
        compared = comparable({t: len(of.runs) for t, of in known.items()}, at_least=3)
        size = min(COMPARED_RUNS, *(len(known[t].runs) for t in compared))
        alike = {t: dataset(_groups(known[t], size)[0]) for t in compared}
        rest = {t: data[t] for t in compared}
        pairs = _transferred_pairs(data, settings, by)
        rows += [
            (by, "pair", *key, pair.value[0], pair.error[0], data[key[-1]].n_runs)
            for key, pair in pairs.items()
        ]
        equal = _intermediate_less_outermost(_transferred_pairs(alike, settings, by))
        among = {key: pair for key, pair in pairs.items() if {*key[1:]} <= {*compared}}
        for kind, contrasts, used in (
            (INNER_LESS_OUTER, equal, alike), (A_LESS_B, _a_less_b(among), rest)
        ):
            # The error is worth so many runs: degrees of freedom add.
            runs = 1 + sum(one.n_runs - 1 for one in used.values())
            rows += [
                (by, kind, which, np.nan, np.nan, *averaged, runs)
                for which, averaged in contrasts.items()
            ]
    columns = ["split", "kind", "network", "trained", "applied", "rho", "rho_error", "runs"]
    return pd.DataFrame(rows, columns=columns)


Pairs = dict[tuple[str, float, float], Resampled]


def _transferred_pairs(data: dict[float, Dataset], settings: Settings, by: str) -> Pairs:
    """ρ(τ_α) by network, temperature of training and temperature of application."""
    pairs = {}
    for trained_at in data:
        for which in NETWORKS:
            for applied, target in data.items():
                chosen, predicted = _transferred(data[trained_at], target, which, settings, by)
                given = target.subset(chosen)
                pairs[which, trained_at, applied], _ = correlate_runs(
                    given.targets[:, [target.tau_index]],
                    predicted[:, [data[trained_at].tau_index]], given.runs,
                )
    return pairs


def _mean_over(
    pairs: Pairs, which: str, applied: float, trained_at: list[float]
) -> Resampled | None:
    chosen = [pairs[which, t, applied] for t in trained_at if t != applied]
    return Resampled.mean(chosen) if chosen else None


def _averaged(differences: list[Resampled]) -> tuple[float, float]:
    """Mean over temperatures of application, whose errors are independent."""
    error = np.sqrt(np.sum([one.error[0] ** 2 for one in differences])) / len(differences)
    return np.mean([one.value[0] for one in differences]), error


def _intermediate_less_outermost(pairs: Pairs) -> dict[str, tuple[float, float]]:
    falling = sorted({applied for *_, applied in pairs}, reverse=True)
    contrasts = {}
    for which in NETWORKS:
        both = [
            (_mean_over(pairs, which, applied, falling[1:-1]),
             _mean_over(pairs, which, applied, [falling[0], falling[-1]]))
            for applied in falling
        ]
        differences = [inner - outer for inner, outer in both if inner and outer]
        if differences:
            contrasts[which] = _averaged(differences)
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
