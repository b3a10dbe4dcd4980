"""ρ(t) of networks A and B: rows split at random beside whole runs held out.

Design, chosen to stay cheap: three seeds, each of which divides the rows or the runs anew and
starts from other weights. Rows at random as in the paper; whole runs held out in at most four
folds, so that every configuration is predicted once for each seed by a network that has never
seen it.

With rows at random ρ is that of all test rows (Eq. 7). With runs held out each fold has a network
of its own, with an offset of its own, and the offsets spoil a ρ over all folds: there the mean of
ρ within each configuration counts (``within``). :data:`JUDGED` says so once for all.

More runs train better networks, so temperatures are compared on equal numbers of them
(:data:`COMPARED_RUNS`), whatever else there is, and those that have fewer are left out
(:func:`comparable`).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from glasslib.learning.correlation import (
    Resampled,
    correlation_rows,
    difference_name,
    resample_all,
)
from glasslib.learning.dataset import Dataset, Split, run_folds, split
from glasslib.parameters import DescriptorSpec, NetworkSettings
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.results.words import format_error
from glasslib.store import Ensemble

__all__ = [
    "JUDGED", "accuracy", "accuracy_from_equal_runs", "comparable", "counted",
    "deepest_minima", "folds_of_seed", "groups_of_runs", "seeds_sentence", "shape",
    "shape_features",
]  # fmt: skip

SEEDS = 3
#: Which ρ counts, by division of the rows; its error is in the column ``…_error``.
JUDGED = {"row": "rho", "run": "within"}
#: The models whose difference is taken, and its name in tables.
DIFFERENCE = ("network A", "network B")
A_LESS_B = difference_name(*DIFFERENCE)
#: What the paper says about the shape of ρ(t), as the table of shapes names it.
DIP, PEAK_AT_TAU = "dip near t = 1", "highest near τ_α"
PEAK_AT_ONE, FALLS = "highest at t = 1", "falls after τ_α"
PLATEAU = "change from t = 10 to τ_α"
#: Runs that train and test together where temperatures are compared, and the fewest on which a
#: claim is judged or a curve drawn filled: the error from two or three tells hardly anything
#: (Student's t: 12.7 and 4.3).
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
    by_row: dict[str, list[np.ndarray]] = {network: [] for network in NETWORKS}
    for number in range(SEEDS):
        for network in NETWORKS:
            own = settings["row"][network]
            own = own.model_copy(update={"seed": own.seed + number})
            parts = split(data.runs, own)
            trained_network = trained(data, network, own, parts)
            predicted = np.full(data.targets.shape, np.nan)
            predicted[parts.test] = trained_network.predict(data.subset(parts.test))
            by_row[network].append(predicted)
    out = {"row": by_row}
    if data.n_runs > 1:
        out["run"] = {
            network: [
                held_out(data, network, *folds_of_seed(data, settings["run"][network], seed))[0]
                for seed in range(SEEDS)
            ]
            for network in NETWORKS
        }
    return out


def folds_of_seed(
    data: Dataset, settings: NetworkSettings, seed: int
) -> tuple[NetworkSettings, list[Split]]:
    """Return settings and folds of a seed: another draw of folds, and other weights in each."""
    folds = run_folds(data.runs, settings=settings.model_copy(update={"seed": seed}))
    return settings.model_copy(update={"seed": seed * len(folds)}), folds


def _accuracy_rows(data: Dataset, predicted: dict[str, dict]) -> pd.DataFrame:
    return pd.concat(
        [
            correlation_rows(data, {f"network {w}": p for w, p in models.items()},
                             [DIFFERENCE], split=division)
            for division, models in predicted.items()
        ],
        ignore_index=True,
    )


def accuracy(
    ensemble: Ensemble, settings: Settings, spec: DescriptorSpec | None = None
) -> pd.DataFrame:
    """Return ρ(t) of networks A and B and of their difference, split by row and by run.

    Parameters
    ----------
    ensemble : Ensemble
    settings : dict of dict of NetworkSettings
        By division of rows and network.
    spec : DescriptorSpec, optional
        The descriptors.

    Returns
    -------
    pandas.DataFrame
        ``split`` (row, run) and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`; ``model`` is "network A", "network
        B" or their difference (:data:`A_LESS_B`).
    """
    data = dataset(ensemble, spec)
    return _accuracy_rows(data, _predicted(data, settings))


def accuracy_from_equal_runs(
    ensemble: Ensemble, settings: Settings, spec: DescriptorSpec | None = None
) -> pd.DataFrame:
    """Return ρ(t) of networks that know equal numbers of runs at every temperature.

    The runs are taken in groups of :data:`COMPARED_RUNS`, each as if it were all there is, and ρ
    is that of all groups together; runs that fill no group stay out.

    Parameters
    ----------
    ensemble, settings, spec
        As for :func:`accuracy`.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`accuracy`; ``group``, how many runs a group has, and ``runs``, how
        many there are in all groups.
    """
    data = dataset(ensemble, spec)
    size = min(COMPARED_RUNS, len(ensemble.runs))
    groups = groups_of_runs(ensemble, size)
    predicted: dict[str, dict] = {}
    for group in groups:
        own = dataset(group, spec)
        rows = np.isin(data.runs, list(group.runs))
        for division, models in _predicted(own, settings).items():
            for network, seeds in models.items():
                whole = predicted.setdefault(division, {}).setdefault(
                    network, [np.full(data.targets.shape, np.nan) for _ in seeds]
                )
                for all_rows, tested in zip(whole, seeds, strict=True):
                    all_rows[rows] = tested
    return _accuracy_rows(data, predicted).assign(group=size, runs=size * len(groups))


def groups_of_runs(ensemble: Ensemble, size: int) -> list[Ensemble]:
    """Return ensembles of ``size`` runs each; runs that fill no group stay out."""
    runs = list(ensemble.runs)
    return [ensemble.only(runs[k : k + size]) for k in range(0, len(runs) - size + 1, size)]


def shape_features(times: np.ndarray, k_tau: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return what the paper says about the shape of ρ(t), each as a number, positive if true.

    But for :data:`PLATEAU`, which is 0 if true: ρ(τ_α) minus ρ at the first time from 10 on.

    "Near" is within a factor of some three. A dip near t = 1 is a minimum there that ρ falls into
    from the last time before and rises out of towards τ_α; times below 0.1, where motion is still
    ballistic, count for nothing else.

    Parameters
    ----------
    times : (n_times,) float64
        In τ.
    k_tau : int
        Which of them is τ_α.

    Returns
    -------
    dict of str to callable
        By statement (:data:`DIP` and so on), of those that these times allow: from ρ,
        (…, n_times), to differences of ρ, (…).
    """
    tau = times[k_tau]
    late = times >= 0.1 - 1e-9
    at_one = np.abs(np.log(times)).argmin()
    dip = (times >= 0.3 - 1e-9) & (times <= 3) & (times < tau / 3)
    before = np.flatnonzero(times < 0.3 - 1e-9)[-1:]
    near = late & (times >= tau / 3 - 1e-9) & (times <= 3 * tau + 1e-9)
    elsewhere = late & ~near
    others = late.copy()
    others[at_one] = False
    out = {}
    if dip.any() and len(before):
        out[DIP] = lambda rho: (
            np.minimum(rho[..., before[0]], rho[..., k_tau]) - rho[..., dip].min(-1)
        )
    if elsewhere.any():
        out[PEAK_AT_TAU] = lambda rho: rho[..., near].max(-1) - rho[..., elsewhere].max(-1)
    if others.any():
        out[PEAK_AT_ONE] = lambda rho: rho[..., at_one] - rho[..., others].max(-1)
    if k_tau + 1 < len(times):
        out[FALLS] = lambda rho: rho[..., k_tau] - rho[..., -1]
    from_ten = np.searchsorted(times, 10 * (1 - 1e-9))
    if from_ten < k_tau:
        out[PLATEAU] = lambda rho: rho[..., k_tau] - rho[..., from_ten]
    return out


def shape(
    ensemble: Ensemble, settings: Settings, spec: DescriptorSpec | None = None
) -> pd.DataFrame:
    """Return numbers that decide what the paper says about the shape of ρ(t).

    Parameters
    ----------
    ensemble, settings, spec
        As for :func:`accuracy`.

    Returns
    -------
    pandas.DataFrame
        ``split``, ``model``, ``feature`` (:data:`DIP`, :data:`PEAK_AT_TAU`, :data:`PEAK_AT_ONE`,
        :data:`FALLS`, :data:`PLATEAU`), ``value`` (a difference of the ρ that counts,
        :data:`JUDGED`) and ``value_error``.
    """
    data = dataset(ensemble, spec)
    rows = []
    for division, predicted in _predicted(data, settings).items():
        for network, (pooled, within) in resample_all(data, predicted).items():
            parts = within if JUDGED[division] == "within" else pooled
            for name, function in shape_features(data.times, data.tau_index).items():
                each = [part.apply(function) for part in parts]
                mean = Resampled.mean(each)
                error = mean.error
                if len(each) > 1:
                    error = np.hypot(error, np.std([e.value for e in each], ddof=1)
                                     / np.sqrt(len(each)))
                rows.append({
                    "split": division, "model": f"network {network}", "feature": name,
                    "value": float(mean.value), "value_error": float(error),
                })
    return pd.DataFrame(rows, columns=["split", "model", "feature", "value", "value_error"])


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose column ``rho`` is the ρ that counts (:data:`JUDGED`), as figures show.

    Parameters
    ----------
    table : pandas.DataFrame
        A result table with ``split``, ``rho``, ``within`` and their errors.

    Examples
    --------
    >>> table = pd.DataFrame({"split": ["row", "run"], "rho": 0.5, "rho_error": 0.1,
    ...                       "within": 0.6, "within_error": 0.2})
    >>> counted(table)[["rho", "rho_error"]].to_numpy().tolist()
    [[0.5, 0.1], [0.6, 0.2]]
    """
    judged = table["split"].map(JUDGED)
    return table.assign(**{
        f"rho{end}": np.where(judged == "within", table[f"within{end}"], table[f"rho{end}"])
        for end in ("", "_error")
    })


# ------------------------------------------------------------------------------- in words
def deepest_minima(accuracy: pd.DataFrame, model: str) -> pd.DataFrame:
    """Say where ρ(t) of a model has its deepest minimum up to τ_α, and what stands around it.

    The depth of a time is how far ρ lies there below the highest value before it and the highest
    after it, up to τ_α, whichever is lower.

    Parameters
    ----------
    accuracy : pandas.DataFrame
        The result table ``accuracy``.
    model : str
        Such as ``"network B"``.

    Returns
    -------
    pandas.DataFrame
        For each temperature and division of rows: ρ with its time, highest before, at the
        minimum, and highest after; dashes if ρ nowhere falls and rises again.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.5, "split": "row", "model": "network B", "t": [0.1, 0.3, 10],
    ...     "at_tau": [False, False, True], "rho": [0.5, 0.4, 0.6], "rho_error": 0.01})
    >>> deepest_minima(table, "network B").iloc[0].tolist()
    ['0.500 ± 0.010 at 0.1', '0.400 ± 0.010 at 0.3', '0.600 ± 0.010 at 10']
    """
    rows = {}
    chosen = accuracy[accuracy["model"] == model]
    for (temperature, division), curve in chosen.groupby(["T", "split"], sort=False):
        curve = curve.sort_values("t")
        curve = curve[curve["t"] <= curve.loc[curve["at_tau"], "t"].iloc[0]]
        rho = curve["rho"].to_numpy(float)
        before, after = np.maximum.accumulate(rho), np.maximum.accumulate(rho[::-1])[::-1]
        depth = np.minimum(before, after) - rho
        low = int(depth.argmax())
        places = (int(rho[: low + 1].argmax()), low, low + int(rho[low:].argmax()))
        rows[temperature, division] = [
            f"{format_error(row.rho, row.rho_error)} at {row.t:.3g}" if depth[low] > 0 else "–"
            for row in (curve.iloc[place] for place in places)
        ]
    names = ["highest before", "minimum", "highest after, up to τ_α"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names).set_axis(
        pd.MultiIndex.from_tuples(rows, names=["T", "split"]), axis=0
    )


def seeds_sentence(accuracy: pd.DataFrame) -> str:
    """Say how far seeds scatter, for each test the most over networks and temperatures.

    Parameters
    ----------
    accuracy : pandas.DataFrame
        The result table ``accuracy``.

    Examples
    --------
    >>> table = pd.DataFrame({"split": ["row", "row", "run"], "at_tau": True, "seeds": 3,
    ...     "model": "network A", "seed_deviation": [0.004, 0.011, 0.021]})
    >>> seeds_sentence(table)
    'Over 3 seeds the standard deviation of ρ(τ_α) is at most 0.011 in the random split and 0.021 \
on new configurations.'
    """
    here = accuracy[accuracy["at_tau"] & accuracy["model"].isin(DIFFERENCE)]
    most = here.groupby("split")["seed_deviation"].max()
    names = {"row": "in the random split", "run": "on new configurations"}
    told = " and ".join(f"{most[way]:.3f} {name}" for way, name in names.items() if way in most)
    return (f"Over {here['seeds'].max()} seeds the standard deviation of ρ(τ_α) is at most"
            f" {told}.")
