"""Ensembles as the pages ask for them, what they hold, their checks and their relaxation."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glasslib import campaign, store
from glasslib.campaign import planning
from glasslib.dynamics.relaxation import decay_time, fit_vibrational_scaling
from glasslib.dynamics.scattering import at_wavenumber
from glasslib.errors import ParameterError
from glasslib.parameters import CompanionParameters, get_protocol
from glasslib.results.words import bar, format_error, judge
from glasslib.store import DataFile, Ensemble

__all__ = [
    "Relaxation",
    "announcement",
    "averages_table",
    "checks",
    "data_table",
    "ensemble",
    "ensembles",
    "equilibration_table",
    "mean_displacement_check",
    "melts",
    "production_averages",
    "relaxation",
    "relaxation_table",
    "scaling_table",
]


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
        store.block_path(temperature, profile, run, block).exists()
        for run in range(protocol.runs)
        for block in range(protocol.blocks)
    )


def announcement(temperature: float, profile: str, workers: int = 2) -> str:
    """Say what simulating a temperature means and about how long it will take."""
    protocol = get_protocol(profile)
    minutes = planning.simulation_seconds(temperature, profile, workers) / 60
    return (
        f"T = {temperature:g}, profile {profile}: {protocol.runs} runs of"
        f" {protocol.melt.n_monomers:,} monomers, {protocol.trajectories} trajectories each;"
        f" about {max(minutes, 1):.0f} min with {workers} processes, give or take a factor of two"
    )


def _simulate(temperature: float, profile: str, quiet: bool) -> None:
    from tqdm import tqdm

    protocol, workers = get_protocol(profile), _workers()
    if not quiet:
        words = announcement(temperature, profile, workers)
        print(f"simulating {words}", file=sys.stderr, flush=True)
    total = protocol.runs * (1 + protocol.blocks)
    with tqdm(total=total, disable=quiet, desc=f"T = {temperature:g}", unit="task") as bar:

        def report(task, line, done, of):
            bar.n = done
            bar.refresh()

        campaign.simulate(temperature, profile, workers, report)


def _workers() -> int:
    """Return how many processes simulate what a page lacks: ``GLASSLIB_WORKERS``, or two."""
    given = os.environ.get("GLASSLIB_WORKERS") or "2"
    if not given.isdecimal() or int(given) < 1:
        raise ParameterError(
            f"GLASSLIB_WORKERS = '{given}' is no number of processes; give 1 or more, one a core"
        )
    return int(given)


def ensembles(page: CompanionParameters) -> dict[float, Ensemble]:
    """Load what a page shows: all temperatures that ship, and those asked for; falling.

    If nothing ships, all temperatures of the page's profile are taken instead.
    """
    profile = _shipped(page)
    loaded = {t: store.load_ensemble(t, profile) for t in store.available(profile)}
    for temperature in page.temperatures:
        if not any(abs(temperature - t) < 5e-4 for t in loaded):
            own = ensemble(temperature, page.profile)
            loaded[own.temperature] = own
    return dict(sorted(loaded.items(), reverse=True))


def _shipped(page: CompanionParameters) -> str:
    return "companion" if store.available("companion") else page.profile


def melts(page: CompanionParameters) -> dict[float, Ensemble]:
    """Load what :func:`ensembles` does, and every equilibrated run without an ensemble yet.

    For pages on what the runs alone tell: structure, equilibration and relaxation.
    """
    loaded, profile = ensembles(page), _shipped(page)
    for temperature in store.equilibrated(profile):
        if temperature not in loaded or loaded[temperature].profile == profile:
            loaded[temperature] = store.load_runs(temperature, profile)
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
            "longest time (τ)": f"{e.times.times[-1]:.4g}" if e.blocks else "–",
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


def _end_to_end_ratio(run: DataFile) -> float:
    """⟨R²⟩ of the equilibration's last third over its second."""
    if "equilibration_end_to_end" not in run:
        return float("nan")
    second, last = np.array_split(run["equilibration_end_to_end"], 3)[1:]
    return float(last.mean() / second.mean())


def _peak_ratio(run: DataFile) -> float:
    """Height of the first peak of S(q) in the equilibration's last third over its second."""
    if "structure_factor_thirds" not in run:
        return float("nan")
    q = run["structure_wavenumber"]
    second, last = run["structure_factor_thirds"][:, (q > 6) & (q < 8.5)].max(axis=1)
    return float(last / second)


def equilibration_table(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """What each run's equilibration reached, and whether it had become stationary.

    Returns
    -------
    pandas.DataFrame
        One row per temperature and run: time in τ, in τ_ee and in τ_α; change of potential energy
        and pressure between the second and the last third, in their standard errors; the mean
        squared end-to-end distance and the height of the first peak of S(q), last third over
        second (NaN in files made before these were stored); τ_α in two disjoint windows.
    """
    rows = []
    for t, e in shown.items():
        for run, data in e.runs.items():
            attrs = data.attrs
            lag = data["window_lag"]
            rows.append({
                "T": f"{t:.2f}",
                "run": run,
                "time (τ)": float(attrs["equilibration_time"]),
                "τ_ee": float(attrs["tau_ee"]),
                "in τ_ee": float(attrs["equilibration_in_tau_ee"]),
                "in τ_α": float(attrs["equilibration_in_tau_alpha"]),
                "Δ energy (σ)": _drift_z(data["equilibration_potential"]),
                "Δ pressure (σ)": _drift_z(data["equilibration_pressure"]),
                "R², ratio": _end_to_end_ratio(data),
                "S(q) peak, ratio": _peak_ratio(data),
                "τ_α, window 1": decay_time(lag, data["window_first"]),
                "τ_α, window 2": decay_time(lag, data["window_second"]),
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
        over runs and the run farthest off. Temperatures without trajectories are left out.
    """
    rows = []
    for t, e in shown.items():
        if not e.blocks:
            continue
        drift, energy, temperature = [], [], []
        for blocks in e.blocks.values():
            kinetic = []
            for block in blocks:
                time = block["fine_time"]
                late = time > 0.5
                drift.append(block["centre_of_mass_drift"].max())
                total = block["energy"]
                first = total[:, (time > 0.3) & (time < 2)].mean(axis=1)
                energy.append(total[:, -5:].mean(axis=1) - first)
                kinetic.append(block["kinetic_temperature"][:, late].mean())
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
    return pd.DataFrame(rows).set_index("T") if rows else pd.DataFrame()


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
        (run["lag"], at_wavenumber(run["scattering"], run["wavenumber"], q))
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


def _ensemble_averages(of: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return u² and a of each run that has an ensemble."""
    return of.debye_waller.mean(axis=1), of.propensity[..., of.times.tau_index].mean(axis=1)


def _ensemble_tau_alpha(of: Ensemble) -> list[float]:
    """Return where F_s, averaged over each run's trajectories, falls to 1/e."""
    return [
        decay_time(
            of.times.fine_times,
            np.concatenate([block["scattering"] for block in blocks]).mean(axis=0),
        )
        for blocks in of.blocks.values()
    ]


def production_averages(of: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return u² = ⟨Δr²(1)⟩ and a = ⟨|Δr|(τ_α)⟩ of each production run, over its time origins.

    The ensembles' averages of the same name stand on one configuration a run and many velocities;
    these stand on many instants of one trajectory.

    Parameters
    ----------
    of : Ensemble
        Its fixed τ_α is taken, or else the mean over the runs.

    Returns
    -------
    (n_runs,) float64, (n_runs,) float64
        In σ² and σ. ``a`` is NaN in files made before the mean displacement was stored.
    """
    tau = of.times.tau_alpha if of.times else relaxation(of).tau_alpha
    runs = of.runs.values()
    return (
        np.array([_at_lag(run, "msd", 1.0) for run in runs]),
        np.array([_at_lag(run, "mean_displacement", tau) for run in runs]),
    )


def _at_lag(run: DataFile, name: str, time: float) -> float:
    """Interpolate a production curve between its lags, log against log; NaN beyond or if absent."""
    from scipy.interpolate import PchipInterpolator

    if name not in run:
        return float("nan")
    lag, values = run["lag"], run[name]
    known = np.isfinite(values)
    curve = PchipInterpolator(np.log(lag[known]), np.log(values[known]), extrapolate=False)
    return float(np.exp(curve(np.log(time))))


def relaxation_table(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """τ_α, τ_ee, u² = ⟨Δr²(1)⟩ and a = ⟨|Δr|(τ_α)⟩ by temperature, each with its error over runs.

    Returns
    -------
    pandas.DataFrame
        τ_α, τ_ee and u² come from production runs, which average over many instants. ``a`` is the
        mean displacement at the sampled τ_α, of the isoconfigurational ensembles or, where there
        are none yet, of production runs that kept it; ``a_runs`` is from how many runs. The paper
        prints 0.4286 at T = 0.40. :func:`averages_table` sets both sources beside each other.
    """
    rows = []
    for t, e in shown.items():
        r = relaxation(e)
        u2, of_runs = production_averages(e)
        if e.blocks:
            _, of_runs = _ensemble_averages(e)
        (u2, u2_error), (a, a_error) = map(_mean_error, (u2, of_runs))
        rows.append({
            "T": t, "q_peak": r.q_peak,
            "tau_alpha": r.tau_alpha, "tau_alpha_error": r.tau_alpha_error,
            "tau_alpha_sampled": e.times.tau_alpha if e.times else np.nan,
            "tau_ee": r.tau_ee, "tau_ee_error": r.tau_ee_error,
            "u2": u2, "u2_error": u2_error, "a": a, "a_error": a_error,
            "a_runs": np.isfinite(of_runs).sum(),
        })
    return pd.DataFrame(rows).set_index("T")


def averages_table(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """τ_α, u² and a by temperature, from ensembles and from production runs; errors over runs.

    The two stand on different trajectories and instants, and should agree. Two rows for each
    temperature, or one if it has no ensembles.
    """
    rows = []
    for t, e in shown.items():
        r, each = relaxation(e), map(_mean_error, production_averages(e))
        sources = {"production": ((r.tau_alpha, r.tau_alpha_error), *each)}
        if e.blocks:
            each = map(_mean_error, (_ensemble_tau_alpha(e), *_ensemble_averages(e)))
            sources = {"ensembles": tuple(each)} | sources
        for source, (tau, u2, a) in sources.items():
            words = {"τ_α": format_error(*tau), "u²": format_error(*u2), "a": format_error(*a)}
            rows.append({"T": f"{t:.2f}", "from": source} | words)
    return pd.DataFrame(rows).set_index(["T", "from"])


def scaling_table(table: pd.DataFrame) -> pd.DataFrame:
    """Coefficients of the parabola of log τ_α in 1/u², with errors, and how well it fits.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`relaxation_table`; temperatures without errors are left out.

    Returns
    -------
    pandas.DataFrame
        One row: α, β (σ²), γ (σ⁴), χ² and the number of temperatures beyond three. Empty with
        fewer than three temperatures.
    """
    known = table[(table[["u2_error", "tau_alpha_error"]] > 0).all(axis=1)]
    names = ["α", "β (σ²)", "γ (σ⁴)", "χ²", "degrees of freedom"]
    if len(known) < 3:
        return pd.DataFrame(columns=names)
    law = fit_vibrational_scaling(
        *(known[name] for name in ("u2", "u2_error", "tau_alpha", "tau_alpha_error"))
    )
    errors = np.sqrt(np.diag(law.covariance))
    words = [format_error(v, e) for v, e in zip(law.coefficients, errors, strict=True)]
    return pd.DataFrame([[*words, f"{law.chi2:.2g}", law.degrees_of_freedom]], columns=names)


#: The one number the paper prints: mean displacement at τ_α in σ, at T = 0.40 (Section 2.5).
PAPER_A, PAPER_A_TEMPERATURE = 0.4286, 0.40


def mean_displacement_check(table: pd.DataFrame) -> pd.DataFrame:
    """Set our a = ⟨|Δr|(τ_α)⟩ at T = 0.40 beside the paper's 0.4286, if that temperature is there.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`relaxation_table`.

    Returns
    -------
    pandas.DataFrame
        One row: the paper's number, ours with its standard error over runs, from how many runs,
        its 95 % interval (:func:`~glasslib.results.bar`), and whether the paper's lies in it.
    """
    near = [t for t in table.index if abs(t - PAPER_A_TEMPERATURE) < 5e-4]
    row = {"T": PAPER_A_TEMPERATURE, "paper": PAPER_A, "ours": "no data yet", "runs": 0,
           "95 % interval": "–", "verdict": "cannot tell"}
    if near:
        a, error, runs = table.loc[near[0], ["a", "a_error", "a_runs"]]
        reach = bar(error, int(runs))
        row |= {"ours": format_error(a, error), "runs": int(runs),
                "verdict": judge(
                    a - PAPER_A, error, "within the interval", "outside it", int(runs)
                )}
        if np.isfinite(reach):
            row["95 % interval"] = f"{a - reach:.2f} to {a + reach:.2f}"
    return pd.DataFrame([row]).set_index("T")
