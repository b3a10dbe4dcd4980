"""What the propensity stands on: how far from diffusion the last of its times is."""

import numpy as np
import pandas as pd

from glasslib.dynamics.relaxation import logarithmic_slope
from glasslib.store import Ensemble

__all__ = ["slope_table"]


def slope_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Return the slope d ln⟨Δr²⟩ / d ln t of the ensembles: 2 ballistic, 1 diffusive.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature; those without trajectories are left out.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``least`` slope and ``at t (τ)``, where; ``at τ_α``; ``last time / τ_α`` and
        ``at the last time``.
    """
    rows = []
    for t, ensemble in ensembles.items():
        if not ensemble.blocks:
            continue
        fine, tau = ensemble.times.fine_times, ensemble.times.tau_alpha
        every = [block for blocks in ensemble.blocks.values() for block in blocks]
        slope = logarithmic_slope(fine, np.concatenate([b["msd"] for b in every]).mean(axis=0))
        least = slope.argmin()
        rows.append({
            "T": f"{t:.2f}", "least": f"{slope[least]:.2f}", "at t (τ)": f"{fine[least]:.3g}",
            "at τ_α": f"{slope[np.searchsorted(fine, tau)]:.2f}",
            "last time / τ_α": f"{fine[-1] / tau:.3g}", "at the last time": f"{slope[-1]:.2f}",
        })
    return pd.DataFrame(rows).set_index("T") if rows else pd.DataFrame()
