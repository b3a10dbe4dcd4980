"""Cages: what a Debye–Waller factor is made of, and network D, which reads cages alone.

The cages of a configuration are sampled without any trajectory at its temperature
(:mod:`glasslib.simulation.cage`). Network D is ridge regression on their 128 descriptors; A′ reads
the Debye–Waller factor too. Every prediction here is for runs that took no part in training, nor in
the choice of the ridge's strength.
"""

import sys
from functools import partial

import numpy as np
import pandas as pd

from glasslib import campaign, paths, store
from glasslib.configuration import Configuration
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.learning.baselines import out_of_sample, ridge_pipeline
from glasslib.learning.correlation import correlation_rows, is_difference, pearson
from glasslib.learning.dataset import Dataset, run_folds
from glasslib.results.baselines import ridge_predictions
from glasslib.results.cache import cached, digest, key_of
from glasslib.results.ceiling import own_ceiling
from glasslib.results.closure import code_of
from glasslib.results.correlation import comparable
from glasslib.results.networks import assembled, dataset
from glasslib.results.words import bracketed, pivot_errors
from glasslib.store import Ensemble, load_cages, load_ensemble
from glasslib.structure.cage import CageMoments, cage_descriptors
from glasslib.structure.harmonic import harmonic_covariance

__all__ = ["cage_dataset", "cage_parts", "cage_transfer", "configurations", "debye_waller_parts",
           "limit_sentence", "limit_table", "moments_of", "parts_sentence", "sample_cages",
           "structure_limit", "transferred"]  # fmt: skip

#: Largest melt whose Hessian is inverted: some 10 s and 0.3 GB for 2,000 monomers, as N³ and N².
HARMONIC_LIMIT = 3000


def sample_cages(ensembles: dict[float, Ensemble], workers: int = 2) -> None:
    """Sample the cages that are not there yet: about a quarter of a minute of one core for a run.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    workers : int
        Processes.
    """
    missing = [
        campaign.Task(ensemble.temperature, ensemble.profile, run, "cage")
        for ensemble in ensembles.values()
        for run in sorted(set(ensemble.blocks) - set(store.with_cages(ensemble)))
    ]
    if missing:
        print(f"sampling the cages of {len(missing)} runs", file=sys.stderr, flush=True)

        def report(task, line, done, total):
            print(f"[{done}/{total}] {task}: {line}", file=sys.stderr, flush=True)

        campaign.run_tasks(missing, workers, report)


def cages_digest(ensemble: Ensemble) -> str:
    """Hash of the files that the cages of an ensemble are read from, as the registry knows them."""
    entries = store.read_registry(paths.registry(ensemble.profile))
    folder = f"T{ensemble.temperature:.3f}"
    return key_of([entries.get(f"{folder}/run{run:02d}-cage.nc") for run in ensemble.blocks])


def configurations(ensemble: Ensemble, run: int) -> tuple[Configuration, Configuration]:
    """Return the configuration of a run, and its inherent structure."""
    here = ensemble.configuration(run)
    minimum = ensemble.runs[run]["inherent_positions"]
    return here, Configuration(minimum, here.box, here.bonds)


def moments_of(ensemble: Ensemble, half: int | None) -> dict[int, CageMoments]:
    """Return cages by run: one half of the sampling, or the mean of all."""
    return {
        run: CageMoments.mean(halves) if half is None else halves[half]
        for run, halves in load_cages(ensemble).items()
    }


def _cage_columns(ensemble: Ensemble, half: int | None) -> dict[str, np.ndarray]:
    tables = [
        cage_descriptors(moments, *configurations(ensemble, run))
        for run, moments in moments_of(ensemble, half).items()
    ]
    return {
        "columns": np.concatenate([table.values for table in tables]),
        "names": np.array(tables[0]["descriptor"].values, dtype=str),
    }


def cage_dataset(ensemble: Ensemble, half: int | None = None) -> Dataset:
    """Return the data set of network D: 128 descriptors of the cage in place of those of B.

    Parameters
    ----------
    ensemble : Ensemble
        With the cages of every run.
    half : int, optional
        One of the independent halves of the sampling; the mean of all by default.

    Raises
    ------
    DataError
        The cages of a run are not there.
    """
    key = key_of(
        digest(ensemble), cages_digest(ensemble), half,
        code_of(_cage_columns, load_ensemble, load_cages),
    )
    table = cached(f"cages-T{ensemble.temperature:.3f}", key, lambda: _cage_columns(ensemble, half))
    return assembled(ensemble, table["columns"], table["names"])


def cage_parts(ensemble: Ensemble, half: int | None = None) -> dict[str, np.ndarray]:
    r"""Return what a Debye–Waller factor is made of, for every monomer of every run.

    .. math:: \langle \Delta r_i^2(1) \rangle \approx |\mathbf r_i(0) - \bar{\mathbf r}_i|^2 + u_i^2

    Parameters
    ----------
    ensemble : Ensemble
    half : int, optional
        As for :func:`cage_dataset`.

    Returns
    -------
    dict of str to (n_runs, N) float64
        In σ²: ``Debye–Waller factor``; ``offset``, the squared distance from the middle of the
        cage; ``cage``, its size u²; ``offset and cage``, their sum; ``harmonic``, the factor of
        the inherent structure in the harmonic liquid at this temperature (NaN if N is above
        :data:`HARMONIC_LIMIT`).
    """
    offsets, sizes = [], []
    for run, moments in moments_of(ensemble, half).items():
        here, minimum = configurations(ensemble, run)
        start = here.positions - minimum.positions
        away = start - start.mean(axis=0) - moments.offset
        offsets.append((away**2).sum(axis=1))
        sizes.append(moments.variance)
    offset, cage = np.array(offsets), np.array(sizes)
    return {
        "Debye–Waller factor": ensemble.debye_waller,
        "offset": offset,
        "cage": cage,
        "offset and cage": offset + cage,
        "harmonic": _harmonic(ensemble),
    }


def _harmonic_traces(ensemble: Ensemble) -> dict[str, np.ndarray]:
    traces = [
        np.trace(
            harmonic_covariance(configurations(ensemble, run)[1], ensemble.melt), axis1=1, axis2=2
        )
        for run in ensemble.blocks
    ]
    return {"traces": np.array(traces)}


def _harmonic(ensemble: Ensemble) -> np.ndarray:
    """Harmonic Debye–Waller factors in σ², (n_runs, N)."""
    n = ensemble.melt.n_monomers
    if n > HARMONIC_LIMIT:
        return np.full((len(ensemble.blocks), n), np.nan)
    key = key_of(digest(ensemble), code_of(_harmonic_traces, load_ensemble))
    name = f"harmonic-T{ensemble.temperature:.3f}"
    return ensemble.temperature * cached(name, key, lambda: _harmonic_traces(ensemble))["traces"]


def _with_error(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(standard_error(np.array(values)))


def debye_waller_parts(ensemble: Ensemble) -> pd.DataFrame:
    """Set the Debye–Waller factor beside its parts.

    Returns
    -------
    pandas.DataFrame
        One row for each key of :func:`cage_parts`: ``quantity``; ``mean`` in σ² with
        ``mean_error``; ``rho_dw``, its correlation with the Debye–Waller factor within
        configurations, with error; ``agreement``, its correlation between the two halves of the
        sampling, with error (NaN where nothing is sampled). Errors are standard errors over runs.
        A part that is not known, as the harmonic one of a large melt, has no row.
    """
    whole, first, second = (cage_parts(ensemble, half) for half in (None, 0, 1))
    rows = []
    for name, values in whole.items():
        if not np.isfinite(values).all():
            continue
        with_dw = [pearson(v, w) for v, w in zip(values, whole["Debye–Waller factor"], strict=True)]
        row = {"quantity": name}
        row["mean"], row["mean_error"] = _with_error([v.mean() for v in values])
        row["rho_dw"], row["rho_dw_error"] = _with_error(with_dw)
        agree = [np.nan] * len(values)
        if name in ("offset", "cage", "offset and cage"):
            agree = [pearson(v, w) for v, w in zip(first[name], second[name], strict=True)]
        row["agreement"], row["agreement_error"] = _with_error(agree)
        rows.append(row)
    return pd.DataFrame(rows)


def _alone(values: np.ndarray, data: Dataset) -> np.ndarray:
    return np.repeat(np.log(values).reshape(-1, 1), len(data.times), axis=1)


def structure_limit(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(t) with whole runs held out: from the parts of a Debye–Waller factor to networks D and A′.

    Returns
    -------
    pandas.DataFrame
        Columns of :func:`glasslib.learning.correlation.correlation_rows`. ``model``: the logarithm
        of each of :func:`cage_parts` "alone"; ``ridge A``, ``ridge B``; ``ridge D``; ``ridge D,
        one half`` and ``other half``, from independent halves of the sampling; ``ridge A′``, D
        and the Debye–Waller factor; and differences. Empty with a single run.
    """
    data, plain = cage_dataset(ensemble), dataset(ensemble)
    if data.n_runs < 2:
        return pd.DataFrame(columns=["model", "t", "at_tau", "rho", "rho_error"])
    folds = run_folds(data.runs)
    half = cage_dataset(ensemble, 0)

    def predicted(inputs, make=ridge_pipeline):
        return out_of_sample(make, inputs, data.targets, folds, data.runs)

    parts = {name: values for name, values in cage_parts(ensemble).items()
             if np.isfinite(values).all()}
    models = {f"{name} alone": _alone(values, data) for name, values in parts.items()}
    models |= {f"ridge {network}": ridge_predictions(plain, network, "run") for network in "AB"}
    with_dw = np.concatenate(
        [data.features, np.log(data.debye_waller)[:, None].astype(np.float32)], axis=1
    )
    models |= {
        "ridge D": predicted(data.features),
        "ridge D, one half": predicted(half.features),
        "ridge D, other half": predicted(cage_dataset(ensemble, 1).features),
        "ridge A′": predicted(with_dw, partial(ridge_pipeline, light=1)),
    }
    differences = [
        ("ridge D", "ridge A"), ("ridge D", "ridge B"), ("ridge A′", "ridge D"),
        ("cage alone", "Debye–Waller factor alone"), ("ridge D, one half", "ridge D, other half"),
    ]
    return correlation_rows(data, models, differences, split="run")


def cage_transfer(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """ρ(τ_α) of network D trained at one temperature, or at all, and asked at another.

    Columns are standardised at each temperature, which reads no target. A run is predicted without
    the runs of its number at any temperature: they share chains.

    Returns
    -------
    pandas.DataFrame
        ``trained``, a temperature as text or "all"; ``T``, where it is asked; and the columns of
        :func:`glasslib.learning.correlation.correlation_rows` at t = τ_α.
    """
    sets = {t: cage_dataset(ensemble) for t, ensemble in ensembles.items()}
    trained = {f"{t:.2f}": [t] for t in sets} | ({"all": list(sets)} if len(sets) > 1 else {})
    tables = []
    for name, sources in trained.items():
        for t, predicted in transferred(sets, sources).items():
            if np.isfinite(predicted).any():
                target = sets[t]
                whole = np.repeat(predicted[:, None], len(target.times), axis=1)
                rows = correlation_rows(target, {"ridge D": whole}, times=[target.tau_index])
                tables.append(rows.assign(trained=name, T=t))
    return pd.concat(tables, ignore_index=True)


def transferred(sets: dict[float, Dataset], sources: list[float]) -> dict[float, np.ndarray]:
    """Predict the propensity at τ_α at every temperature from runs of others at ``sources``.

    The target is standardised with the training rows of each temperature. A prediction has the
    mean and deviation of its own temperature if that is among the sources, else of the first.

    Parameters
    ----------
    sets : dict of float to Dataset
        By temperature.
    sources : list of float
        Whose runs train, but for those of the number that is asked.

    Returns
    -------
    dict of float to (n_rows,) float64
        In σ; NaN for a run whose number is that of all training runs.
    """
    columns = {t: _standardised(data) for t, data in sets.items()}
    out = {t: np.full(len(data), np.nan) for t, data in sets.items()}
    for run in np.unique(np.concatenate([data.runs for data in sets.values()])):
        scale, x, y, groups = {}, [], [], []
        for t in sources:
            left = sets[t].runs != run
            if left.any():
                target = sets[t].targets[left, sets[t].tau_index]
                scale[t] = target.mean(), target.std()
                x.append(columns[t][left])
                y.append((target - scale[t][0]) / scale[t][1])
                groups.append(sets[t].runs[left])
        if not x:
            continue
        model = ridge_pipeline()
        model.fit(np.concatenate(x), np.concatenate(y), regress__groups=np.concatenate(groups))
        for t, data in sets.items():
            mean, deviation = scale.get(t, next(iter(scale.values())))
            rows = data.runs == run
            if rows.any():
                out[t][rows] = model.predict(columns[t][rows]) * deviation + mean
    return out


def _standardised(data: Dataset) -> np.ndarray:
    mean = data.features.mean(axis=0, dtype=np.float64)
    deviation = data.features.std(axis=0, dtype=np.float64)
    return ((data.features - mean) / np.where(deviation > 0, deviation, 1)).astype(np.float32)


def parts_sentence(parts: pd.DataFrame, limit: pd.DataFrame) -> str:
    """Say what a Debye–Waller factor is made of, where four runs or more tell it.

    Parameters
    ----------
    parts, limit : pandas.DataFrame
        The result tables ``debye-waller-parts`` and ``structure-limit``.

    Examples
    --------
    >>> parts = pd.DataFrame({"T": 0.45, "quantity": ["offset", "cage"], "mean": [0.02, 0.04],
    ...                       "rho_dw": [0.74, 0.37], "rho_dw_error": [0.02, 0.01]})
    >>> limit = pd.DataFrame({"T": 0.45, "at_tau": True, "rho": [0.45, 0.63],
    ...     "rho_error": [0.01, 0.01],
    ...     "model": ["Debye–Waller factor alone", "cage alone"]})
    >>> print(parts_sentence(parts, limit))
    T = 0.45: the Debye–Waller factor follows the offset (0.740(20)) more than the size of the \
cage (0.370(10)). Alone, it predicts τ_α with ρ = 0.450(10), the size of the cage with \
0.630(10).
    """
    lines = []
    for temperature, here in parts.groupby("T", sort=False):
        with_dw = here.set_index("quantity")
        alone = limit[limit["at_tau"] & (limit["T"] == temperature)].set_index("model")
        if "Debye–Waller factor alone" not in alone.index:
            continue
        texts = {
            name: bracketed(with_dw["rho_dw"][name], with_dw["rho_dw_error"][name])
            for name in ("offset", "cage")
        }
        more = "more" if with_dw["rho_dw"]["offset"] > with_dw["rho_dw"]["cage"] else "less"
        rho = [
            bracketed(alone["rho"][f"{name} alone"], alone["rho_error"][f"{name} alone"])
            for name in ("Debye–Waller factor", "cage")
        ]
        lines.append(
            f"T = {temperature:.2f}: the Debye–Waller factor follows the offset"
            f" ({texts['offset']}) {more} than the size of the cage ({texts['cage']}). Alone, it"
            f" predicts τ_α with ρ = {rho[0]}, the size of the cage with {rho[1]}."
        )
    return "\n".join(lines)


def limit_table(limit: pd.DataFrame, ceiling: pd.DataFrame) -> pd.DataFrame:
    """Return ρ(τ_α) over the noise ceiling, by model and temperature, whole runs held out.

    Parameters
    ----------
    limit, ceiling : pandas.DataFrame
        The result tables ``structure-limit`` and ``ceiling``.

    Returns
    -------
    pandas.DataFrame
        Index: model, differences left out; columns: temperature. Text, with the errors of ρ alone.
    """
    top = own_ceiling(ceiling)
    top = top[top["at_tau"]].set_index("T")["ceiling"]
    here = limit[limit["at_tau"] & ~is_difference(limit["model"])].copy()
    scale = here["T"].map(top)
    here["of_ceiling"], here["of_ceiling_error"] = here["rho"] / scale, here["rho_error"] / scale
    return pivot_errors(here, "model", "T", value="of_ceiling")


def limit_sentence(limit: pd.DataFrame, ceiling: pd.DataFrame, runs: dict[float, int]) -> str:
    """Say how far network D goes, beside A, where four runs or more tell it.

    Parameters
    ----------
    limit, ceiling : pandas.DataFrame
        The result tables ``structure-limit`` and ``ceiling``.
    runs : dict of float to int
        Number of runs at each temperature.

    Examples
    --------
    >>> limit = pd.DataFrame({"T": 0.5, "at_tau": True, "rho": [0.787, 0.569],
    ...     "rho_error": [0.008, 0.011], "model": ["ridge D", "ridge A"]})
    >>> top = pd.DataFrame({"T": [0.5], "at_tau": True, "kind": "pooled", "own": True,
    ...     "ceiling": 0.93})
    >>> print(limit_sentence(limit, top, {0.5: 10}))
    ρ(τ_α) of D and A is 0.787(8) and 0.569(11) at T = 0.50 (0.85 and 0.61 of the \
noise ceiling).
    """
    top = own_ceiling(ceiling)
    top = top[top["at_tau"]].set_index("T")["ceiling"]
    here = limit[limit["at_tau"]].set_index(["T", "model"])
    each = []
    for t in comparable(runs, at_least=1):
        if (t, "ridge D") not in here.index:
            continue
        values = [here.loc[(t, f"ridge {network}")] for network in "DA"]
        texts = [bracketed(value["rho"], value["rho_error"]) for value in values]
        parts = [f"{value['rho'] / top[t]:.2f}" for value in values]
        each.append(
            f"{texts[0]} and {texts[1]} at T = {t:.2f} ({parts[0]} and {parts[1]} of the noise"
            " ceiling)"
        )
    return f"ρ(τ_α) of D and A is {'; '.join(each)}." if each else "No temperature has four runs."
