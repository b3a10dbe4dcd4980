"""What the pages ask for: ensembles, descriptors, trained networks and curves, cached on disk.

This module joins store, structure, dynamics and learning, and adds no physics of its own. What
takes more than a moment is kept under ``var/cache`` by the hash of everything it depends on: the
data files, the parameters and the source of the modules that compute it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from glasslib import campaign, paths, store
from glasslib.configuration import Configuration
from glasslib.dynamics.relaxation import decay_time
from glasslib.dynamics.scattering import at_wavenumber
from glasslib.dynamics.susceptibility import (
    four_point_susceptibility,
    four_point_susceptibility_error,
)
from glasslib.errors import DataError
from glasslib.learning.dataset import Dataset, split
from glasslib.learning.evaluation import Estimate, bootstrap_runs, pearson
from glasslib.learning.training import TrainedNetwork, choose_settings, train
from glasslib.parameters import CompanionParameters, DescriptorSpec, NetworkSettings, get_protocol
from glasslib.store import Ensemble, Times
from glasslib.structure.descriptors import structural_descriptors

__all__ = [
    "Prediction",
    "Relaxation",
    "accuracy_sentence",
    "announcement",
    "checks",
    "chosen_settings",
    "correlation",
    "correlation_shape",
    "correlation_table",
    "data_table",
    "dataset",
    "ensemble",
    "ensembles",
    "equilibration_table",
    "format_error",
    "judge",
    "map_columns",
    "map_table",
    "mean_displacement_check",
    "predict",
    "predictions",
    "relaxation",
    "relaxation_table",
    "settings_table",
    "susceptibility",
    "susceptibility_panels",
    "susceptibility_table",
    "transfer",
    "transfer_table",
    "with_errors",
]

#: Where the settings that the paper leaves open are chosen, if its data are there.
SETTINGS_TEMPERATURE = 0.50
NETWORKS = ("A", "B")


# ------------------------------------------------------------------------------------- cache
@lru_cache
def _code(*packages: str) -> str:
    """Hash of the source of the named parts of the library."""
    digest = hashlib.sha256()
    top = Path(__file__).parent
    for package in packages:
        target = top / package
        for path in sorted(target.rglob("*.py")) if target.is_dir() else [target]:
            digest.update(path.relative_to(top).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _key(*parts) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:24]


def _cached(name: str, key: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict:
    path = paths.cache() / f"{name}-{key}.npz"
    if path.exists():
        with np.load(path) as saved:
            return dict(saved)
    arrays = compute()

    def save(target: Path):
        with target.open("wb") as file:
            np.savez(file, **arrays)

    store.write_atomically(path, save)
    return arrays


def _digest(of: Ensemble) -> str:
    """Hash of everything an ensemble was read from, as the registry knows it."""
    entries = store.read_registry(paths.registry(of.profile))
    folder = f"T{of.temperature:.3f}/"
    return _key({name: sha for name, sha in entries.items() if name.startswith(folder)})


# --------------------------------------------------------------------------------- ensembles
def ensemble(temperature: float, profile: str = "lab", *, quiet: bool = False) -> Ensemble:
    """Load a temperature's ensemble; simulate it in ``profile`` first if there is none.

    Data that ship (profile ``companion``) are preferred. Before simulating, the time it will take
    is estimated and said; afterwards the data are cached as files like those that ship.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
        In which to simulate what is missing.
    quiet : bool
        Say nothing while simulating.

    Raises
    ------
    ParameterError, SimulationError, DataError
        See :mod:`glasslib.parameters`, :mod:`glasslib.campaign` and :mod:`glasslib.store`.
    """
    found = store.profile_with(temperature, profile)
    if found is None or not _whole(temperature, found):
        found = profile
        _simulate(temperature, profile, quiet)
    return store.load_ensemble(temperature, found)


def _whole(temperature: float, profile: str) -> bool:
    """Tell whether the ensemble is all there; what ships counts as it is."""
    if profile == "companion":
        return True
    protocol = get_protocol(profile)
    return all(
        store.block_path(profile, temperature, run, block).exists()
        for run in range(protocol.runs)
        for block in range(protocol.blocks)
    )


def announcement(temperature: float, profile: str, workers: int = 2) -> str:
    """Say what simulating a temperature means and about how long it will take."""
    protocol = get_protocol(profile)
    minutes = campaign.estimate(temperature, profile, workers) / 60
    return (
        f"T = {temperature:g}, profile {profile}: {protocol.runs} runs of"
        f" {protocol.melt.n_monomers:,} monomers, {protocol.trajectories} trajectories each;"
        f" about {max(minutes, 1):.0f} min with {workers} processes, give or take a factor of two"
    )


def _simulate(temperature: float, profile: str, quiet: bool) -> None:
    from tqdm import tqdm

    protocol = get_protocol(profile)
    if not quiet:
        print(f"simulating {announcement(temperature, profile)}", file=sys.stderr, flush=True)
    total = protocol.runs * (1 + protocol.blocks)
    with tqdm(total=total, disable=quiet, desc=f"T = {temperature:g}", unit="task") as bar:

        def report(task, line, done, of):
            bar.n = done
            bar.refresh()

        campaign.simulate(temperature, profile, report=report)


def ensembles(page: CompanionParameters) -> dict[float, Ensemble]:
    """Load what a page shows: all temperatures that ship, and the page's own; falling.

    If nothing ships, all temperatures of the page's profile are taken instead.
    """
    own = ensemble(page.temperature, page.profile)
    profile = "companion" if store.available("companion") else page.profile
    loaded = {t: store.load_ensemble(t, profile) for t in store.available(profile)}
    loaded[own.temperature] = own
    return dict(sorted(loaded.items(), reverse=True))


def data_table(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """Say which data a page stands on: runs, monomers, trajectories and times by temperature."""
    rows = [
        {
            "T": f"{t:.2f}",
            "profile": e.profile,
            "runs": len(e.runs),
            "monomers": e.melt.n_monomers,
            "trajectories": sum(e.n_trajectories.values()),
            "per run": "–".join(str(n) for n in sorted(set(e.n_trajectories.values()))),
            "longest time (τ)": f"{e.times.times[-1]:.4g}",
        }
        for t, e in shown.items()
    ]
    return pd.DataFrame(rows).set_index("T")


# ------------------------------------------------------------------------- checks, relaxation
def _mean_error(values) -> tuple[float, float]:
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return float("nan"), float("nan")
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    return float(values.mean()), float(error)


def _drift_z(values: np.ndarray) -> float:
    """Difference of the last two thirds' means in their standard errors (five blocks each)."""
    n = len(values)
    second, third = values[n // 3 : 2 * n // 3], values[2 * n // 3 :]

    def block_error(part):
        size = max(1, len(part) // 5)
        means = part[: size * 5].reshape(-1, size).mean(axis=1) if len(part) >= 5 else part
        return means.std(ddof=1) / np.sqrt(len(means))

    return float((third.mean() - second.mean()) / np.hypot(block_error(second), block_error(third)))


def equilibration_table(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """What each run's equilibration reached, and whether it had become stationary.

    Returns
    -------
    pandas.DataFrame
        One row per temperature and run: time in τ, in τ_ee and in τ_α; change of potential energy
        and pressure between the second and the last third, in their standard errors; τ_α in two
        disjoint windows.
    """
    rows = []
    for t, e in shown.items():
        for run, data in e.runs.items():
            attrs = data.attrs
            lag = data["window_lag"].values
            rows.append({
                "T": f"{t:.2f}",
                "run": run,
                "time (τ)": float(attrs["equilibration_time"]),
                "τ_ee": float(attrs["tau_ee"]),
                "in τ_ee": float(attrs["equilibration_in_tau_ee"]),
                "in τ_α": float(attrs["equilibration_in_tau_alpha"]),
                "Δ energy (σ)": _drift_z(data["equilibration_potential"].values),
                "Δ pressure (σ)": _drift_z(data["equilibration_pressure"].values),
                "τ_α, window 1": decay_time(lag, data["window_first"].values),
                "τ_α, window 2": decay_time(lag, data["window_second"].values),
            })
    return pd.DataFrame(rows).set_index(["T", "run"])


def checks(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """Physical checks of the ensembles' trajectories, the worst of each temperature.

    Returns
    -------
    pandas.DataFrame
        Largest displacement of the centre of mass (σ); change of the total energy over a trajectory
        (mean of the last five samples less that of 0.3 < t < 2, ε per monomer), mean over
        trajectories and worst; mean kinetic temperature for t > 0.5 τ relative to nominal, mean
        over runs and the run farthest off.
    """
    rows = []
    for t, e in shown.items():
        drift, energy, temperature = [], [], []
        for blocks in e.blocks.values():
            kinetic = []
            for block in blocks:
                time = block["fine_time"].values
                late = time > 0.5
                drift.append(block["centre_of_mass_drift"].values.max())
                total = block["energy"].values
                first = total[:, (time > 0.3) & (time < 2)].mean(axis=1)
                energy.append(total[:, -5:].mean(axis=1) - first)
                kinetic.append(block["kinetic_temperature"].values[:, late].mean())
            temperature.append(np.mean(kinetic) / t - 1)
        temperature, energy = np.array(temperature), np.concatenate(energy)
        rows.append({
            "T": f"{t:.2f}",
            "centre of mass (σ)": f"{max(drift):.1e}",
            "energy drift, mean (ε)": f"{energy.mean():+.1e}",
            "energy drift, worst (ε)": f"{np.abs(energy).max():.1e}",
            "temperature, mean": f"{temperature.mean():+.2%}",
            "temperature, worst run": f"{temperature[np.abs(temperature).argmax()]:+.2%}",
        })
    return pd.DataFrame(rows).set_index("T")


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Structural relaxation of one temperature, from its production runs.

    Parameters
    ----------
    temperature : float
    q_peak : float
        First peak of S(q), mean over runs, σ⁻¹.
    lag : (n,) float64
        In τ, on a common grid.
    scattering, scattering_error : (n,) float64
        F_s(q_peak, t), mean over runs and its standard error.
    tau_alpha, tau_alpha_error : float
        Mean over runs and its standard error, in τ.
    tau_ee, tau_ee_error : float
        The same for the end-to-end vector.
    """

    temperature: float
    q_peak: float
    lag: np.ndarray
    scattering: np.ndarray
    scattering_error: np.ndarray
    tau_alpha: float
    tau_alpha_error: float
    tau_ee: float
    tau_ee_error: float


def relaxation(of: Ensemble) -> Relaxation:
    """Return F_s(q_peak, t) and the relaxation times of a temperature, with errors over runs."""
    runs = list(of.runs.values())
    q = float(np.mean([run.attrs["q_peak"] for run in runs]))
    curves = [
        (run["lag"].values, at_wavenumber(run["scattering"].values, run["wavenumber"].values, q))
        for run in runs
    ]
    low, high = max(lag[0] for lag, _ in curves), min(lag[-1] for lag, _ in curves)
    grid = np.geomspace(low, high, 60)
    values = np.array([np.interp(np.log(grid), np.log(lag), f) for lag, f in curves])
    spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(len(grid), np.nan)
    return Relaxation(
        of.temperature, q, grid, values.mean(axis=0), spread / np.sqrt(len(values)),
        *_mean_error([decay_time(lag, f) for lag, f in curves]),
        *_mean_error([run.attrs["tau_ee"] for run in runs]),
    )


def relaxation_table(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """τ_α, τ_ee, u² = ⟨Δr²(1)⟩ and a = ⟨|Δr|(τ_α)⟩ by temperature, each with its error over runs.

    Returns
    -------
    pandas.DataFrame
        ``a`` is the mean displacement at the sampled τ_α: the paper prints 0.4286 at T = 0.40.
    """
    rows = []
    for t, e in shown.items():
        r = relaxation(e)
        u2, u2_error = _mean_error(e.debye_waller.mean(axis=1))
        a, a_error = _mean_error(e.propensity[..., e.times.tau_index].mean(axis=1))
        rows.append({
            "T": t, "q_peak": r.q_peak,
            "tau_alpha": r.tau_alpha, "tau_alpha_error": r.tau_alpha_error,
            "tau_alpha_sampled": e.times.tau_alpha,
            "tau_ee": r.tau_ee, "tau_ee_error": r.tau_ee_error,
            "u2": u2, "u2_error": u2_error, "a": a, "a_error": a_error,
        })
    return pd.DataFrame(rows).set_index("T")


#: The one number the paper prints: mean displacement at τ_α in σ, at T = 0.40 (Section 2.5).
PAPER_A, PAPER_A_TEMPERATURE = 0.4286, 0.40


def mean_displacement_check(table: pd.DataFrame) -> pd.DataFrame:
    """Set our a = ⟨|Δr|(τ_α)⟩ at T = 0.40 beside the paper's 0.4286, if that temperature is there.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`relaxation_table`.
    """
    near = [t for t in table.index if abs(t - PAPER_A_TEMPERATURE) < 5e-4]
    ours, verdict = "no data yet", "cannot tell"
    if near:
        a, error = table.loc[near[0], ["a", "a_error"]]
        ours, verdict = format_error(a, error), judge(a - PAPER_A, error, "agree", "differ")
    rows = [{"T": PAPER_A_TEMPERATURE, "paper": PAPER_A, "ours": ours, "verdict": verdict}]
    return pd.DataFrame(rows).set_index("T")


def format_error(value: float, error: float) -> str:
    """Write a value with its error, the error to two figures.

    Examples
    --------
    >>> format_error(0.43123, 0.0123), format_error(152.3, 4.1), format_error(0.5, float("nan"))
    ('0.431 ± 0.012', '152.3 ± 4.1', '0.5 ± ?')
    """
    if not np.isfinite(error) or error <= 0:
        return f"{value:.3g} ± ?"
    decimals = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def with_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Join every column ``x`` and its ``x_error`` into one of text, ``value ± error``.

    Examples
    --------
    >>> with_errors(pd.DataFrame({"rho": [0.612], "rho_error": [0.021]}))["rho"][0]
    '0.612 ± 0.021'
    """
    out = {}
    for name in table.columns:
        if name.endswith("_error"):
            continue
        if f"{name}_error" in table:
            pairs = zip(table[name], table[f"{name}_error"], strict=True)
            out[name] = [format_error(value, error) for value, error in pairs]
        elif table[name].dtype.kind == "f":
            out[name] = [f"{value:.4g}" for value in table[name]]
        else:
            out[name] = table[name]
    return pd.DataFrame(out, index=table.index)


def judge(difference: float, error: float, zero: str, other: str) -> str:
    """Say ``other`` when a difference exceeds two standard errors, ``zero`` when it does not.

    Without an error the answer is "cannot tell".

    Examples
    --------
    >>> judge(0.1, 0.02, "same", "different"), judge(0.1, float("nan"), "same", "different")
    ('different', 'cannot tell')
    """
    if not np.isfinite(error) or error <= 0:
        return "cannot tell"
    return other if abs(difference) > 2 * error else zero


# ---------------------------------------------------------------------------------- learning
def dataset(of: Ensemble, spec: DescriptorSpec | None = None) -> Dataset:
    """Assemble descriptors, Debye–Waller factor and propensity of all monomers of all runs.

    Parameters
    ----------
    of : Ensemble
    spec : DescriptorSpec, optional

    Raises
    ------
    ConfigurationError
        The box is too small for the longest descriptor.
    """
    spec = spec or DescriptorSpec()
    key = _key(_digest(of), spec.model_dump(), _code("structure"))

    def compute():
        tables = [
            structural_descriptors(of.configuration(run), spec, of.melt) for run in of.runs
        ]
        return {
            "features": np.concatenate([table.values for table in tables]),
            "names": np.array(tables[0]["descriptor"].values, dtype=str),
        }

    table = _cached(f"descriptors-T{of.temperature:.3f}", key, compute)
    n = of.melt.n_monomers
    return Dataset(
        temperature=of.temperature,
        features=table["features"],
        feature_names=tuple(str(name) for name in table["names"]),
        debye_waller=of.debye_waller.ravel(),
        targets=of.propensity.reshape(len(of.runs) * n, -1),
        times=of.times.times,
        tau_index=of.times.tau_index,
        runs=np.repeat(list(of.runs), n),
        chain_position=np.concatenate([run["chain_position"].values for run in of.runs.values()]),
    )


def chosen_settings(
    shown: dict[float, Ensemble], settings: NetworkSettings | None = None
) -> dict[str, tuple[NetworkSettings, pd.DataFrame]]:
    """Choose what the paper leaves open, for A and for B, on validation rows at one temperature.

    The temperature is 0.50 where its data are there, else the middle one shown. Test rows take no
    part. The same settings then serve all temperatures.

    Returns
    -------
    dict
        By network: the settings, and a table of all that was tried.
    """
    settings = settings or NetworkSettings()
    near = [t for t in shown if abs(t - SETTINGS_TEMPERATURE) < 5e-4]
    reference = shown[near[0] if near else sorted(shown)[len(shown) // 2]]
    out = {}
    for which in NETWORKS:
        key = _key(_digest(reference), which, settings.model_dump(), _code("learning", "structure"))

        def compute(which=which):
            best, table = choose_settings(dataset(reference), which, settings=settings)
            return {"best": np.array(best.model_dump_json()), "table": np.array(table.to_json())}

        saved = _cached(f"settings-{which}", key, compute)
        best = NetworkSettings.model_validate_json(str(saved["best"]))
        from io import StringIO

        out[which] = best, pd.read_json(StringIO(str(saved["table"])))
    return out


@dataclass(frozen=True, eq=False)
class Prediction:
    """What networks A and B, trained at one temperature, predict there.

    Parameters
    ----------
    data : Dataset
    networks : dict
        The trained networks by name.
    predicted : dict of str to (n_rows, n_times) float64
        Propensity of every row, training rows included, in σ.
    test : (n_test,) int64
        Rows that took no part in the training.
    """

    data: Dataset
    networks: dict[str, TrainedNetwork]
    predicted: dict[str, np.ndarray]
    test: np.ndarray


def predict(of: Ensemble, settings: dict[str, NetworkSettings]) -> Prediction:
    """Train A and B at a temperature, on one split, and predict every row there.

    Parameters
    ----------
    of : Ensemble
    settings : dict
        By network; both must split alike.
    """
    data = dataset(of)
    parts = split(data.runs, settings["A"])
    networks = {}
    for which in NETWORKS:
        key = _key(
            _digest(of), which, settings[which].model_dump(), _code("learning", "structure")
        )
        folder = paths.cache() / f"network-{which}-T{of.temperature:.3f}-{key}"
        if folder.exists():
            networks[which] = TrainedNetwork.load(folder)
        else:
            networks[which] = train(data, which, settings[which], parts)
            networks[which].save(folder)
    predicted = {which: network.predict(data) for which, network in networks.items()}
    return Prediction(data, networks, predicted, parts.test)


def predictions(
    shown: dict[float, Ensemble], settings: NetworkSettings | None = None
) -> dict[float, Prediction]:
    """Choose the open settings, then train A and B at every temperature shown.

    Parameters
    ----------
    shown : dict of float to Ensemble
        By temperature.
    settings : NetworkSettings, optional
        What the choice starts from; ``NetworkSettings(split="run")`` holds out whole runs.
    """
    chosen = {which: best for which, (best, _) in chosen_settings(shown, settings).items()}
    return {t: predict(one, chosen) for t, one in shown.items()}


def settings_table(settings: dict[str, NetworkSettings]) -> pd.DataFrame:
    """Return the settings of both networks side by side, one row each, with their meaning."""
    fields = NetworkSettings.model_fields
    rows = {
        name: {
            **{f"network {which}": str(getattr(one, name)) for which, one in settings.items()},
            "meaning": field.description,
        }
        for name, field in fields.items()
    }
    return pd.DataFrame(rows).T.rename_axis("setting")


def _middle(temperatures: list[float], number: int = 3) -> list[float]:
    """At most ``number`` of the temperatures, evenly spread, ends included."""
    places = np.linspace(0, len(temperatures) - 1, min(number, len(temperatures)))
    return [temperatures[int(round(place))] for place in places]


def map_columns(
    shown: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> list[tuple[float, Configuration, dict[str, np.ndarray]]]:
    """Return what :func:`glasslib.figures.maps_figure` draws: three temperatures, first run."""
    columns = []
    for t in _middle(list(shown)):
        one, prediction = shown[t], predictions[t]
        k, n = one.times.tau_index, one.melt.n_monomers
        fields = {"true": one.propensity[0, :, k]}
        fields |= {which: values[:n, k] for which, values in prediction.predicted.items()}
        columns.append((t, one.configuration(min(one.runs)), fields))
    return columns


def map_table(
    shown: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> pd.DataFrame:
    """ρ(τ_α) within the first run, over all its monomers and over its test rows alone."""
    rows = []
    for t in _middle(list(shown)):
        one, p = shown[t], predictions[t]
        k, n = one.times.tau_index, one.melt.n_monomers
        test = p.test[p.test < n]
        row = {"T": t}
        for which, values in p.predicted.items():
            row[f"{which}, all monomers"] = float(pearson(p.data.targets[:n, k], values[:n, k]))
            row[f"{which}, test rows"] = float(pearson(p.data.targets[test, k], values[test, k]))
        rows.append(row)
    return pd.DataFrame(rows).set_index("T")


def correlation(of: Prediction, n_resamples: int = 200) -> dict[str, Estimate]:
    """ρ(t) of Eq. 7 on the test rows, with its error by bootstrap over runs, for A and B."""
    rows = of.test
    return {
        which: bootstrap_runs(
            pearson, of.data.runs[rows], of.data.targets[rows], predicted[rows],
            n_resamples=n_resamples,
        )
        for which, predicted in of.predicted.items()
    }


def correlation_shape(
    curves: dict[float, tuple[Prediction, dict[str, Estimate]]],
) -> pd.DataFrame:
    """Where ρ(t) has its extremes, and where A is higher than B; times in units of τ and of τ_α.

    Parameters
    ----------
    curves : dict
        By temperature: the prediction, and ρ(t) by network from :func:`correlation`.

    Returns
    -------
    pandas.DataFrame
        By temperature. Only times t ≥ 0.1 count for the extremes; "A above B" counts the times
        from 0.1 to τ_α at which the difference exceeds two standard errors, bootstrapped as one
        quantity.
    """
    rows = []
    for t, (p, rho) in curves.items():
        times, k, test = p.data.times, p.data.tau_index, p.test
        late = np.flatnonzero(times >= 0.1 - 1e-9)

        def at(which, best, times=times, late=late, rho=rho, k=k):
            j = late[best(rho[which].value[late])]
            value = format_error(rho[which].value[j], rho[which].error[j])
            return f"{times[j]:.3g} τ ({times[j] / times[k]:.2g} τ_α): {value}"

        difference, error = bootstrap_runs(
            lambda true, a, b: pearson(true, a) - pearson(true, b),
            p.data.runs[test], p.data.targets[test], p.predicted["A"][test], p.predicted["B"][test],
        )
        window = late[late <= k]
        above = (difference[window] > 2 * error[window]).sum()
        rows.append({
            "T": t,
            "B highest at": at("B", np.argmax), "B lowest at": at("B", np.argmin),
            "A highest at": at("A", np.argmax), "A above B": f"{above} of {len(window)} times",
        })
    return pd.DataFrame(rows).set_index("T")


def correlation_table(predictions: dict[float, Prediction]) -> pd.DataFrame:
    """ρ(τ_α) of A and B on test rows by temperature, each with its error, and their difference.

    The difference is resampled as one quantity: A and B are tested on the same rows.
    """
    rows = []
    for t, p in predictions.items():
        k, test = p.data.tau_index, p.test

        def statistic(true, a, b):
            rho_a, rho_b = pearson(true, a), pearson(true, b)
            return np.array([rho_a, rho_b, rho_a - rho_b])

        value, error = bootstrap_runs(
            statistic, p.data.runs[test], p.data.targets[test, k],
            p.predicted["A"][test, k], p.predicted["B"][test, k],
        )
        rows.append({
            "T": t, "rho_A": value[0], "rho_A_error": error[0], "rho_B": value[1],
            "rho_B_error": error[1], "difference": value[2], "difference_error": error[2],
            "test_rows": len(test),
            "verdict": judge(
                value[2], error[2], "within two errors", "A higher" if value[2] > 0 else "B higher"
            ),
        })
    return pd.DataFrame(rows).set_index("T")


def accuracy_sentence(table: pd.DataFrame) -> str:
    """Say in two sentences what :func:`correlation_table` found.

    Examples
    --------
    >>> accuracy_sentence(pd.DataFrame(
    ...     {"rho_A": [0.7], "rho_A_error": [0.01], "rho_B": [0.6], "rho_B_error": [0.02],
    ...      "verdict": ["A higher"]}, index=[0.5]))
    'ρ(τ_α) of A and B is 0.700 ± 0.010 and 0.600 ± 0.020 at T = 0.50. A is higher by more than \
two standard errors at 1 of 1 temperature.'
    """
    each = "; ".join(
        f"{format_error(row['rho_A'], row['rho_A_error'])} and"
        f" {format_error(row['rho_B'], row['rho_B_error'])} at T = {t:.2f}"
        for t, row in table.iterrows()
    )
    n = len(table)
    return (
        f"ρ(τ_α) of A and B is {each}. A is higher by more than two standard errors at"
        f" {(table['verdict'] == 'A higher').sum()} of {n} temperature{'s' * (n > 1)}."
    )


def susceptibility(of: Prediction, ensemble: Ensemble) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """χ4(t) of Eq. 8 from the true propensity and from the predictions of A and B.

    All monomers of all configurations count, training rows included, as Eq. 8 asks for whole
    configurations. ``a`` is the mean displacement at τ_α of the true propensity.

    Returns
    -------
    dict
        By "true", "A", "B": χ4(t) and its jackknife error.
    """
    shape = ensemble.propensity.shape
    if shape[0] < 2:
        raise DataError(
            f"χ4 at T = {ensemble.temperature:g} needs two configurations; there is {shape[0]}"
        )
    fields = {"true": ensemble.propensity}
    fields |= {which: values.reshape(shape) for which, values in of.predicted.items()}
    a = float(ensemble.propensity[..., ensemble.times.tau_index].mean())
    return {
        name: (four_point_susceptibility(field, a), four_point_susceptibility_error(field, a))
        for name, field in fields.items()
    }


def susceptibility_panels(
    shown: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> dict[float, tuple[Times, dict[str, tuple[np.ndarray, np.ndarray]]]]:
    """Return χ4 by temperature, for those that have at least two configurations."""
    return {
        t: (one.times, susceptibility(predictions[t], one))
        for t, one in shown.items()
        if len(one.runs) > 1
    }


def susceptibility_table(
    panels: dict[float, tuple[Times, dict[str, tuple[np.ndarray, np.ndarray]]]],
) -> pd.DataFrame:
    """χ4(τ_α) of truth, A and B with errors, and where the true χ4(t) is largest.

    Parameters
    ----------
    panels : dict
        From :func:`susceptibility_panels`.
    """
    rows = []
    for t, (times, curves) in panels.items():
        k = times.tau_index
        row = {"T": t}
        for name, (chi4, error) in curves.items():
            row[name] = format_error(chi4[k], error[k])
        place = times.times[int(np.argmax(curves["true"][0]))]
        row["true is largest at"] = f"{place:.3g} τ ({place / times.tau_alpha:.2g} τ_α)"
        rows.append(row)
    return pd.DataFrame(rows).set_index("T")


def transfer(predictions: dict[float, Prediction]) -> pd.DataFrame:
    """ρ(τ_α) of networks trained at one temperature and applied at every other.

    Both time axes have τ_α among their ten times; the output for τ_α of the training temperature
    is compared with the propensity at τ_α of the other. Inputs are standardised with the
    statistics of the temperature they come from, as the paper standardises each temperature's
    data set. At the training temperature itself only test rows count.

    Returns
    -------
    pandas.DataFrame
        Columns network, trained, applied, rho, error.
    """
    rows = []
    for trained, source in predictions.items():
        for applied, target in predictions.items():
            for which, network in source.networks.items():
                same = trained == applied
                predicted = (
                    source.predicted[which] if same else network.predict(target.data, "own")
                )[:, source.data.tau_index]
                chosen = target.test if same else np.arange(len(target.data))
                value, error = bootstrap_runs(
                    pearson, target.data.runs[chosen],
                    target.data.targets[chosen, target.data.tau_index], predicted[chosen],
                )
                rows.append({
                    "network": which, "trained": trained, "applied": applied,
                    "rho": float(value), "error": float(error),
                })
    return pd.DataFrame(rows)


def transfer_table(table: pd.DataFrame) -> pd.DataFrame:
    """Mean ρ(τ_α) at all other temperatures, by training temperature and network.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`transfer`. Errors of the temperatures are combined as independent.
    """
    away = table[table["trained"] != table["applied"]]
    rows = []
    for trained, lines in away.groupby("trained", sort=False):
        row = {"trained at": trained}
        for which, chosen in lines.groupby("network"):
            error = np.sqrt((chosen["error"] ** 2).sum()) / len(chosen)
            row[f"network {which}"] = format_error(chosen["rho"].mean(), error)
        rows.append(row)
    if not rows:
        return pd.DataFrame({"note": ["one temperature alone: nothing to transfer to"]})
    return pd.DataFrame(rows).set_index("trained at")
