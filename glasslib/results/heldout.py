"""Tables of networks A and B: rows split at random beside whole runs held out.

Design, chosen to stay cheap: rows at random with three seeds (each seed divides the rows anew and
starts from other weights); whole runs held out in at most four folds, each with its own seed.
Every configuration is then predicted once by a network that has never seen it.

More runs train better networks, so temperatures are compared on equal numbers of them
(:data:`COMPARED_RUNS`), whatever else there is, and those that have fewer are left out
(:func:`comparable`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from glasslib.dynamics.susceptibility import (
    four_point_susceptibility,
    four_point_susceptibility_error,
    nearest_probe,
    trajectory_susceptibility,
    trajectory_susceptibility_error,
)
from glasslib.learning.correlation import (
    Resampled,
    correlate_runs,
    correlation_rows,
    pearson,
    resample_all,
)
from glasslib.learning.dataset import Dataset, run_folds, split
from glasslib.parameters import NetworkSettings
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.store import Ensemble

__all__ = [
    "accuracy", "accuracy_from_equal_runs", "comparable", "shape", "susceptibilities", "transfers",
]

SEEDS = 3
#: Runs that train and test together where temperatures are compared, and the fewest on which a
#: claim is judged: the error from two or three tells hardly anything (Student's t: 12.7 and 4.3).
COMPARED_RUNS = 4

Settings = dict[str, dict[str, NetworkSettings]]


def comparable(runs: dict[float, int], at_least: int = 2) -> list[float]:
    """Return the temperatures that have enough runs to be judged and compared.

    Parameters
    ----------
    runs : dict of float to int
        Number of runs at each temperature.
    at_least : int
        If fewer temperatures than this have :data:`COMPARED_RUNS` runs, all are returned.

    Examples
    --------
    >>> comparable({0.6: 10, 0.5: 4, 0.45: 2})
    [0.6, 0.5]
    >>> comparable({0.6: 10, 0.45: 2})
    [0.6, 0.45]
    """
    enough = [t for t, number in runs.items() if number >= COMPARED_RUNS]
    return enough if len(enough) >= at_least else list(runs)


def _predicted(data: Dataset, settings: Settings) -> dict[str, dict]:
    """Predictions by split and network: one array a seed, NaN where a row was not tested."""
    by_row: dict[str, list[np.ndarray]] = {which: [] for which in NETWORKS}
    for seed in range(SEEDS):
        for which in NETWORKS:
            own = settings["row"][which].model_copy(update={"seed": seed})
            parts = split(data.runs, own)
            network = trained(data, which, own, parts)
            predicted = np.full(data.targets.shape, np.nan)
            predicted[parts.test] = network.predict(data.subset(parts.test))
            by_row[which].append(predicted)
    out = {"row": by_row}
    if data.n_runs > 1:
        out["run"] = {
            which: [held_out(data, which, settings["run"][which])[0]] for which in NETWORKS
        }
    return out


def _accuracy_rows(data: Dataset, predicted: dict[str, dict]) -> pd.DataFrame:
    return pd.concat(
        [
            correlation_rows(data, {f"network {w}": p for w, p in models.items()},
                             [("network A", "network B")], split=by)
            for by, models in predicted.items()
        ],
        ignore_index=True,
    )


def accuracy(of: Ensemble, settings: Settings) -> pd.DataFrame:
    """ρ(t) of networks A and B and of their difference, split by row and by run."""
    data = dataset(of)
    return _accuracy_rows(data, _predicted(data, settings))


def accuracy_from_equal_runs(of: Ensemble, settings: Settings) -> pd.DataFrame:
    """ρ(t) as in :func:`accuracy`, but no network knows more runs than at another temperature.

    The runs are taken in groups of :data:`COMPARED_RUNS`, each as if it were all there is, and ρ
    is that of all groups together; runs that fill no group stay out. ``group`` is how many runs
    one has, and ``runs`` how many there are in all groups.
    """
    data = dataset(of)
    size = min(COMPARED_RUNS, len(of.runs))
    groups = _groups(of, size)
    predicted: dict[str, dict] = {}
    for group in groups:
        own = dataset(group)
        rows = np.isin(data.runs, list(group.runs))
        for by, models in _predicted(own, settings).items():
            for which, seeds in models.items():
                whole = predicted.setdefault(by, {}).setdefault(
                    which, [np.full(data.targets.shape, np.nan) for _ in seeds]
                )
                for all_rows, one in zip(whole, seeds, strict=True):
                    all_rows[rows] = one
    return _accuracy_rows(data, predicted).assign(group=size, runs=size * len(groups))


def _groups(of: Ensemble, size: int) -> list[Ensemble]:
    runs = list(of.runs)
    return [of.only(runs[k : k + size]) for k in range(0, len(runs) - size + 1, size)]


def _features(times: np.ndarray, k_tau: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What the paper says about the shape of ρ(t), each as a number that is positive if true.

    "Near" is within a factor of some three. A dip near t = 1 is a minimum there that ρ falls into
    from the last time before and rises out of towards τ_α; times below 0.1, where motion is still
    ballistic, count for nothing else.
    """
    tau = times[k_tau]
    late = times >= 0.1 - 1e-9
    one = np.abs(np.log(times)).argmin()
    dip = (times >= 0.3 - 1e-9) & (times <= 3) & (times < tau / 3)
    before = np.flatnonzero(times < 0.3 - 1e-9)[-1:]
    near = late & (times >= tau / 3 - 1e-9) & (times <= 3 * tau + 1e-9)
    elsewhere = late & ~near
    others = late.copy()
    others[one] = False
    out = {}
    if dip.any() and len(before):
        out["dip near t = 1"] = lambda rho: (
            np.minimum(rho[..., before[0]], rho[..., k_tau]) - rho[..., dip].min(-1)
        )
    if elsewhere.any():
        out["highest near τ_α"] = lambda rho: rho[..., near].max(-1) - rho[..., elsewhere].max(-1)
    if others.any():
        out["highest at t = 1"] = lambda rho: rho[..., one] - rho[..., others].max(-1)
    if k_tau + 1 < len(times):
        out["falls after τ_α"] = lambda rho: rho[..., k_tau] - rho[..., -1]
    return out


def shape(of: Ensemble, settings: Settings) -> pd.DataFrame:
    """Numbers that decide what the paper says about the shape of ρ(t), each with its error."""
    data = dataset(of)
    rows = []
    for by, predicted in _predicted(data, settings).items():
        for which, (pooled, _) in resample_all(data, predicted).items():
            for name, function in _features(data.times, data.tau_index).items():
                each = [part.apply(function) for part in pooled]
                mean = Resampled.mean(each)
                error = mean.error
                if len(each) > 1:
                    error = np.hypot(error, np.std([e.value for e in each], ddof=1)
                                     / np.sqrt(len(each)))
                rows.append({
                    "split": by, "model": f"network {which}", "feature": name,
                    "value": float(mean.value), "value_error": float(error),
                })
    return pd.DataFrame(rows, columns=["split", "model", "feature", "value", "value_error"])


# ------------------------------------------------------------------------------------- χ4
def _ratio(true: np.ndarray, predicted: np.ndarray, a: float) -> tuple[np.ndarray, np.ndarray]:
    r"""χ4 of a prediction over that of the truth, with its error.

    The error is the larger of the jackknife's and of that of two variances of normal, correlated
    numbers, 2 χ √((1 − r²)/(R − 1)) with χ the ratio and r the correlation of the numbers of
    mobile monomers over the R configurations: with four of them either alone may come out far
    too small by chance.
    """

    def ratio(chosen):
        one = four_point_susceptibility(predicted[chosen], a)
        two = four_point_susceptibility(true[chosen], a)
        return np.where(two > 0, one / np.where(two > 0, two, 1), np.nan)

    n = len(true)
    value = ratio(np.arange(n))
    if n < 3:
        return value, np.full(value.shape, np.nan)
    left_out = np.array([ratio(np.delete(np.arange(n), run)) for run in range(n)])
    jackknife = np.sqrt((n - 1) * left_out.var(axis=0))
    counts = [(field > a).sum(axis=1).astype(float) for field in (true, predicted)]
    r = np.nan_to_num(pearson(*counts))
    return value, np.fmax(jackknife, 2 * value * np.sqrt((1 - r**2) / (n - 1)))


def susceptibilities(of: Ensemble, settings: Settings) -> pd.DataFrame:
    """χ4(t) of Eq. 8: true, and predicted with and without training rows; and by trajectory.

    ``row``: one network trained on four fifths of the monomers of every configuration, as the
    paper does it; ``run``: each configuration predicted by a network that has never seen it.
    The trajectory-level susceptibility (see :mod:`glasslib.dynamics.susceptibility`) stands beside
    it under its own name.
    """
    data = dataset(of)
    true = of.propensity
    columns = ["split", "curve", "t", "at_tau", "chi4", "chi4_error", "ratio", "ratio_error"]
    if len(true) < 2:
        return pd.DataFrame(columns=columns)
    a = float(true[..., of.times.tau_index].mean())
    fields = {("all", "true"): true}
    for which in NETWORKS:
        own = settings["row"][which].model_copy(update={"seed": 0})
        network = trained(data, which, own, split(data.runs, own))
        fields["row", f"network {which}"] = network.predict(data).reshape(true.shape)
        predicted = held_out(data, which, settings["run"][which])[0]
        fields["run", f"network {which}"] = predicted.reshape(true.shape)
    rows = []

    def add(by, curve, chi4, error, ratio=None, ratio_error=None):
        nothing = np.full(len(chi4), np.nan)
        ratio = nothing if ratio is None else ratio
        ratio_error = nothing if ratio_error is None else ratio_error
        rows.extend(
            (by, curve, t, k == of.times.tau_index, chi4[k], error[k], ratio[k], ratio_error[k])
            for k, t in enumerate(of.times.times)
        )

    for (by, curve), field in fields.items():
        add(by, curve, four_point_susceptibility(field, a),
            four_point_susceptibility_error(field, a),
            *(_ratio(true, field, a) if curve != "true" else ()))
    counts = []
    for blocks in of.blocks.values():
        probe = nearest_probe(blocks[0]["probe_length"], a)
        counts.append(np.concatenate([b["exceeding"][..., probe] for b in blocks]))
    if all(len(run) > 1 for run in counts):
        n = of.melt.n_monomers
        values = trajectory_susceptibility(counts, n)
        errors = trajectory_susceptibility_error(counts, n)
        names = ("trajectories", "within configurations", "between configurations")
        for name, value, error in zip(names, values, errors, strict=True):
            add("trajectory", name, value, error)
    return pd.DataFrame(rows, columns=columns)


# -------------------------------------------------------------------------------- transfer
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
            ("intermediate − outermost", equal, alike), ("A − B", _a_less_b(among), rest)
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
        "A − B": _averaged([
            _mean_over(pairs, "A", applied, falling) - _mean_over(pairs, "B", applied, falling)
            for applied in falling
        ])
    }
