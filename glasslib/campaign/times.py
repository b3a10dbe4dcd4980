"""Relaxation time and times of an ensemble: fixed once per temperature, on whole steps."""

from __future__ import annotations

import numpy as np

from glasslib import paths, store
from glasslib.dynamics.relaxation import decay_time, propensity_times
from glasslib.dynamics.scattering import at_wavenumber
from glasslib.files import lease
from glasslib.parameters import get_protocol

__all__ = ["fix_times", "on_steps", "tau_alpha_of"]


def on_steps(times: np.ndarray, step: float) -> np.ndarray:
    """Round times to whole steps (at least one), each once."""
    return np.round(np.unique(np.maximum(np.round(np.asarray(times) / step), 1)) * step, 6)


def tau_alpha_of(lags: np.ndarray, scattering: np.ndarray, grid, q: float) -> float:
    """Return τ_α, where F_s at wave number q falls to 1/e."""
    return decay_time(lags, at_wavenumber(scattering, np.array(grid), q))


def fix_times(temperature: float, profile: str) -> store.Times:
    """Return the times of a temperature's ensembles; fix them now if they are not yet.

    τ_α is the mean over the first few production runs (``Protocol.runs_that_time``), each read
    off F_s at the mean
    first peak of S(q).
    """
    path = store.times_path(temperature, profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lease(paths.work() / profile / f"T{temperature:.3f}" / "times.lease"):
        if path.exists():
            return store.read_times(temperature, profile)
        protocol = get_protocol(profile)
        chosen = protocol.runs_that_time(temperature)
        runs = [store.read(store.run_path(temperature, profile, run)) for run in chosen]
        q = float(np.mean([run.attrs["q_peak"] for run in runs]))
        taus = np.array([
            tau_alpha_of(run["lag"], run["scattering"], run["wavenumber"], q) for run in runs
        ])
        step = protocol.integrator.timestep
        tau = float(on_steps([taus.mean()], step)[0])
        error = float(taus.std(ddof=1) / np.sqrt(len(taus))) if len(taus) > 1 else float("nan")
        longest = float(on_steps([protocol.longest_time_multiple * tau], step)[0])
        times = propensity_times(tau, longest, protocol.n_times, step)
        fine = on_steps(np.geomspace(step, longest, protocol.n_fine_times), step)
        fine = np.union1d(fine, times)
        store.write_times(
            temperature, profile, store.Times(tau, error, tuple(chosen), q, times, fine)
        )
        return store.read_times(temperature, profile)
