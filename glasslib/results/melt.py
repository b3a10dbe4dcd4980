"""What the melt is before any ensemble: equilibration of each run, and checks of trajectories."""

import numpy as np
import pandas as pd

from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.dynamics.relaxation import decay_time
from glasslib.store import DataFile, Ensemble

__all__ = ["checks", "drift", "equilibration_table"]


def drift(values: np.ndarray) -> float:
    """Return the difference of the last two thirds' means in its standard error.

    Parameters
    ----------
    values : (n,) float64
        A time series; the error of each third comes from five blocks.

    Examples
    --------
    >>> bool(drift(np.repeat([5.0, 0.0, 1.0], 50) + np.tile([0.0, 1.0, 2.0], 50)) > 3)
    True
    """
    n = len(values)
    second, third = values[n // 3 : 2 * n // 3], values[2 * n // 3 :]

    def block_error(part):
        size = max(1, len(part) // 5)
        means = part[: size * 5].reshape(-1, size).mean(axis=1) if len(part) >= 5 else part
        return standard_error(means)

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


def equilibration_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Say what each run's equilibration reached, and whether it had become stationary.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``T`` and ``run``: ``time (τ)``, ``τ_ee``, ``in τ_ee``, ``in τ_α``; ``Δ energy (σ)`` and
        ``Δ pressure (σ)``, the change between the second and the last third in its standard
        error; ``R², ratio`` and ``S(q) peak, ratio``, the mean squared end-to-end distance and the
        height of the first peak, last third over second (NaN in files made before these were
        stored); ``τ_α, window 1`` and ``τ_α, window 2``, which are disjoint.
    """
    rows = []
    for t, ensemble in ensembles.items():
        for run, data in ensemble.runs.items():
            attrs = data.attrs
            lag = data["window_lag"]
            rows.append({
                "T": f"{t:.2f}",
                "run": run,
                "time (τ)": float(attrs["equilibration_time"]),
                "τ_ee": float(attrs["tau_ee"]),
                "in τ_ee": float(attrs["equilibration_in_tau_ee"]),
                "in τ_α": float(attrs["equilibration_in_tau_alpha"]),
                "Δ energy (σ)": drift(data["equilibration_potential"]),
                "Δ pressure (σ)": drift(data["equilibration_pressure"]),
                "R², ratio": _end_to_end_ratio(data),
                "S(q) peak, ratio": _peak_ratio(data),
                "τ_α, window 1": decay_time(lag, data["window_first"]),
                "τ_α, window 2": decay_time(lag, data["window_second"]),
            })
    return pd.DataFrame(rows).set_index(["T", "run"])


def checks(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Check the physics of the ensembles' trajectories, the worst of each temperature.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature; those without trajectories are left out.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``centre of mass (σ)``, its largest displacement; ``energy drift, mean (ε)`` and
        ``energy drift, worst (ε)``, the change of the total energy over a trajectory (mean of the
        last five samples less that of 0.3 < t < 2, per monomer), mean over trajectories and worst;
        ``temperature, mean`` and ``temperature, worst run``, the kinetic temperature for t > 0.5 τ
        relative to nominal, mean over runs and of the run farthest off.
    """
    rows = []
    for t, ensemble in ensembles.items():
        if not ensemble.blocks:
            continue
        drift, energy, temperature = [], [], []
        for blocks in ensemble.blocks.values():
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
