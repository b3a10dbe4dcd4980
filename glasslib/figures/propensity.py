"""Figure 2: the mean propensity against time, and its distribution at τ_α."""


import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.figures.style import (
    legend_below,
    letters,
    mark_tau,
    styled,
    tau_handle,
    temperature_colour,
    temperature_look,
)
from glasslib.store import Ensemble

__all__ = ["propensity_figure"]


@styled
def propensity_figure(
    ensembles: list[Ensemble], bins: int = 50
) -> tuple[Figure, pd.DataFrame]:
    """Draw ⟨Δr(t)⟩ over all monomers and ensembles, and the distribution of Δr_i(τ_α).

    Parameters
    ----------
    ensembles : list of Ensemble
        One for each temperature.
    bins : int
        Bins of the distribution. Bars are standard errors over runs, in both panels.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (mean or distribution), ``T``, ``x``, ``y``, ``y_error``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    rows = []
    for ensemble in ensembles:
        colour, t = temperature_colour(ensemble.temperature), ensemble.temperature
        look = temperature_look(t, len(ensemble.runs))
        by_run = ensemble.propensity.mean(axis=1)
        mean, error = by_run.mean(axis=0), standard_error(by_run)
        left.errorbar(ensemble.times.times, mean, yerr=error, elinewidth=1, **look)
        k = ensemble.times.tau_index
        mark_tau(left, ensemble.times.tau_alpha, mean[k], colour)
        values = ensemble.propensity[..., k]
        edges = np.linspace(0, np.quantile(values, 0.9995), bins + 1)
        densities = np.array([np.histogram(run, edges, density=True)[0] for run in values])
        centres = (edges[1:] + edges[:-1]) / 2
        density, density_error = densities.mean(axis=0), standard_error(densities)
        right.stairs(density, edges, color=colour, ls=look["ls"], lw=look["lw"])
        right.fill_between(centres, density - density_error, density + density_error,
                           color=colour, alpha=0.25, lw=0, step="mid")
        rows += [("mean", t, *row) for row in zip(ensemble.times.times, mean, error, strict=True)]
        rows += [
            ("distribution", t, *row) for row in zip(centres, density, density_error, strict=True)
        ]
    left.set(xscale="log", yscale="log", xlabel=r"$t$  ($\tau$)",
             ylabel=r"$\langle \Delta r(t) \rangle_{ic}$  ($\sigma$)")
    right.set(xlabel=r"$\Delta r_i(\tau_\alpha)$  ($\sigma$)",
              ylabel=r"probability density  ($\sigma^{-1}$)", xlim=(0, None), ylim=(0, None))
    letters([left, right])
    legend_below(figure, left, more=tau_handle())
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "y", "y_error"])
