"""Structural relaxation of each temperature: F_s, τ_α, τ_ee, u² and a, with errors over runs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from glasslib import store
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.dynamics.relaxation import decay_time, fit_vibrational_scaling
from glasslib.dynamics.scattering import at_wavenumber
from glasslib.results.words import bar, format_error, judge
from glasslib.store import DataFile, Ensemble

__all__ = [
    "Relaxation", "averages_table", "mean_displacement_check", "production_averages",
    "relaxation_curve", "relaxation_table", "scaling_table",
]  # fmt: skip


def _mean_error(values) -> tuple[float, float]:
    """Mean and standard error of the values that are known."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return float("nan"), float("nan")
    return float(values.mean()), float(standard_error(values))


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


def relaxation_curve(ensemble: Ensemble) -> Relaxation:
    """Return F_s(q_peak, t) and the relaxation times of a temperature, with errors over runs.

    Parameters
    ----------
    ensemble : Ensemble
    """
    runs = list(ensemble.runs.values())
    q = float(np.mean([run.attrs["q_peak"] for run in runs]))
    curves = [
        (run["lag"], at_wavenumber(run["scattering"], run["wavenumber"], q))
        for run in runs
    ]
    low, high = max(lag[0] for lag, _ in curves), min(lag[-1] for lag, _ in curves)
    grid = np.geomspace(low, high, 60)
    values = np.array([np.interp(np.log(grid), np.log(lag), f) for lag, f in curves])
    return Relaxation(
        ensemble.temperature, q, grid, values.mean(axis=0), standard_error(values),
        *_mean_error([decay_time(lag, f) for lag, f in curves]),
        *_mean_error([run.attrs["tau_ee"] for run in runs]),
    )


def _ensemble_averages(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return u² and a of each run that has an ensemble."""
    far = ensemble.propensity[..., ensemble.times.tau_index]
    return ensemble.debye_waller.mean(axis=1), far.mean(axis=1)


def _ensemble_tau_alpha(ensemble: Ensemble) -> list[float]:
    """Return where F_s, averaged over each run's trajectories, falls to 1/e."""
    return [
        decay_time(
            ensemble.times.fine_times,
            np.concatenate([block["scattering"] for block in blocks]).mean(axis=0),
        )
        for blocks in ensemble.blocks.values()
    ]


def production_averages(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return u² = ⟨Δr²(1)⟩ and a = ⟨|Δr|(τ_α)⟩ of each production run, over its time origins.

    The ensembles' averages of the same name stand on one configuration a run and many velocities;
    these stand on many instants of one trajectory.

    Parameters
    ----------
    ensemble : Ensemble
        Its fixed τ_α is taken, or else the mean over the runs.

    Returns
    -------
    (n_runs,) float64, (n_runs,) float64
        In σ² and σ. ``a`` is NaN in files made before the mean displacement was stored.
    """
    tau = ensemble.times.tau_alpha if ensemble.times else relaxation_curve(ensemble).tau_alpha
    runs = ensemble.runs.values()
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


def relaxation_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Return τ_α, τ_ee, u² = ⟨Δr²(1)⟩ and a = ⟨|Δr|(τ_α)⟩ by temperature, with errors over runs.

    τ_α, τ_ee and u² come from production runs, which average over many instants. ``a`` is the mean
    displacement at the sampled τ_α, of the isoconfigurational ensembles or, where there are none
    yet, of production runs that kept it. The paper prints 0.4286 at T = 0.40.
    :func:`averages_table` sets both sources beside each other.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``q_peak`` (σ⁻¹), ``tau_alpha``, ``tau_alpha_error``, ``tau_alpha_sampled``,
        ``tau_ee``, ``tau_ee_error`` (τ), ``u2``, ``u2_error`` (σ²), ``a``, ``a_error`` (σ), and
        ``a_runs``, from how many runs.
    """
    rows = []
    for t, ensemble in ensembles.items():
        r = relaxation_curve(ensemble)
        u2, of_runs = production_averages(ensemble)
        if ensemble.blocks:
            _, of_runs = _ensemble_averages(ensemble)
        (u2, u2_error), (a, a_error) = map(_mean_error, (u2, of_runs))
        rows.append({
            "T": t, "q_peak": r.q_peak,
            "tau_alpha": r.tau_alpha, "tau_alpha_error": r.tau_alpha_error,
            "tau_alpha_sampled": ensemble.times.tau_alpha if ensemble.times else np.nan,
            "tau_ee": r.tau_ee, "tau_ee_error": r.tau_ee_error,
            "u2": u2, "u2_error": u2_error, "a": a, "a_error": a_error,
            "a_runs": np.isfinite(of_runs).sum(),
        })
    return pd.DataFrame(rows).set_index("T")


def averages_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Return τ_α, u² and a by temperature, from ensembles and from production runs.

    The two stand on different trajectories and instants, and should agree.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``T`` and ``from`` (ensembles, production): ``τ_α``, ``u²``, ``a`` as text with errors
        over runs. One row for a temperature without ensembles.
    """
    rows = []
    for t, ensemble in ensembles.items():
        r, each = relaxation_curve(ensemble), map(_mean_error, production_averages(ensemble))
        sources = {"production": ((r.tau_alpha, r.tau_alpha_error), *each)}
        if ensemble.blocks:
            each = map(_mean_error, (_ensemble_tau_alpha(ensemble), *_ensemble_averages(ensemble)))
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
        One row: ``α``, ``β (σ²)``, ``γ (σ⁴)``, ``χ²`` and ``degrees of freedom``, the number of
        temperatures beyond three. Empty with fewer than three temperatures.
    """
    known = table[(table[["u2_error", "tau_alpha_error"]] > 0).all(axis=1)]
    names = ["α", "β (σ²)", "γ (σ⁴)", "χ²", "degrees of freedom"]
    if len(known) < 3:
        return pd.DataFrame(columns=names)
    law = fit_vibrational_scaling(
        *(known[name] for name in ("u2", "u2_error", "tau_alpha", "tau_alpha_error"))
    )
    errors = np.sqrt(np.diag(law.covariance))
    words = [format_error(*pair) for pair in zip(law.coefficients, errors, strict=True)]
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
        By ``T``, one row: ``paper``, ``ours`` with its standard error over runs, ``runs`` (how
        many), ``95 % interval`` (:func:`~glasslib.results.words.bar`), and ``verdict``, whether
        the paper's number lies in it.
    """
    known = store.find_temperature(PAPER_A_TEMPERATURE, table.index)
    row = {"T": PAPER_A_TEMPERATURE, "paper": PAPER_A, "ours": "no data yet", "runs": 0,
           "95 % interval": "–", "verdict": "cannot tell"}
    if known is not None:
        a, error, runs = table.loc[known, ["a", "a_error", "a_runs"]]
        reach = bar(error, int(runs))
        row |= {"ours": format_error(a, error), "runs": int(runs),
                "verdict": judge(
                    a - PAPER_A, error, "within the interval", "outside it", int(runs)
                )}
        if np.isfinite(reach):
            row["95 % interval"] = f"{a - reach:.2f} to {a + reach:.2f}"
    return pd.DataFrame([row]).set_index("T")
