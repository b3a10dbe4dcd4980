"""The times of a temperature's ensembles: τ_α and multiples of it, fixed once, on whole steps."""

import numpy as np

from glasslib import paths, store
from glasslib.dynamics.relaxation import decay_time, propensity_times
from glasslib.dynamics.scattering import at_wavenumber
from glasslib.files import lease
from glasslib.parameters import get_protocol

__all__ = ["fix_times", "on_steps", "tau_alpha_at"]


def on_steps(times: np.ndarray, step: float) -> np.ndarray:
    """Round times to whole steps (at least one), each once.

    Parameters
    ----------
    times : (n,) array
        In τ.
    step : float
        In τ.

    Examples
    --------
    >>> on_steps([0.001, 0.012, 0.014, 1.0], 0.01).tolist()
    [0.01, 1.0]
    """
    return np.round(np.unique(np.maximum(np.round(np.asarray(times) / step), 1)) * step, 6)


def tau_alpha_at(
    lags: np.ndarray, scattering: np.ndarray, wavenumbers: np.ndarray, q: float
) -> float:
    """Return τ_α: the time at which F_s at wave number ``q`` has fallen to 1/e.

    Parameters
    ----------
    lags : (n_lags,) float64
        In τ.
    scattering : (n_lags, n_q) array
        F_s at ``wavenumbers``.
    wavenumbers : (n_q,) array
        In σ⁻¹.
    q : float
        In σ⁻¹, within ``wavenumbers``.
    """
    return decay_time(lags, at_wavenumber(scattering, wavenumbers, q))


def fix_times(temperature: float, profile: str) -> store.Times:
    """Return the times of a temperature's ensembles; fix them now if they are not yet.

    τ_α is the mean over the first few production runs (``Protocol.runs_that_time``). Each is read
    off F_s at their mean first peak of S(q).

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str

    Raises
    ------
    DataError
        One of these runs is missing or damaged.
    ParameterError
        τ_α is so short that the times would not rise from 1 to it.
    """
    path = store.times_path(temperature, profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lease(paths.work() / profile / f"T{temperature:.3f}" / "times.lease"):
        if not path.exists():
            store.write_times(temperature, profile, _measured_times(temperature, profile))
        return store.read_times(temperature, profile)


def _measured_times(temperature: float, profile: str) -> store.Times:
    """The times that follow from the runs."""
    protocol = get_protocol(profile)
    step, numbers = protocol.integrator.timestep, protocol.runs_that_time(temperature)
    runs = [store.read(store.run_path(temperature, profile, run)) for run in numbers]
    q = float(np.mean([run.attrs["q_peak"] for run in runs]))
    taus = np.array([
        tau_alpha_at(run["lag"], run["scattering"], run["wavenumber"], q) for run in runs
    ])
    tau = float(on_steps([taus.mean()], step)[0])
    error = float(taus.std(ddof=1) / np.sqrt(len(taus))) if len(taus) > 1 else float("nan")
    longest = float(on_steps([protocol.longest_time_multiple * tau], step)[0])
    times = propensity_times(tau, longest, protocol.n_times, step)
    fine = on_steps(np.geomspace(step, longest, protocol.n_fine_times), step)
    return store.Times(tau, error, tuple(numbers), q, times, np.union1d(fine, times))
