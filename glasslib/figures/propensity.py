"""Figure 2: the mean propensity against time, its distribution at τ_α, and the width of that."""


import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.errors import ParameterError
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
    ensembles: list[Ensemble], bins: int = 50, position: int | None = None
) -> tuple[Figure, pd.DataFrame]:
    """Draw ⟨Δr(t)⟩ over all monomers and ensembles, and distribution and width of Δr_i(τ_α).

    Parameters
    ----------
    ensembles : list of Ensemble
        One for each temperature.
    bins : int
        Bins of the distribution. Bars are standard errors over runs, in all panels.
    position : int, optional
        Draw the distribution and its width of the monomers that are this many bonds from the
        nearer end of their chain; by default of all.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (mean, distribution or width), ``T``, ``x``, ``y``, ``y_error``. The
        width is the standard deviation over the monomers of a run, in σ; its x is T.

    Raises
    ------
    ParameterError
        No monomer has this position.
    """
    figure, (left, right, small) = plt.subplots(1, 3, figsize=(8.2, 3.5), width_ratios=(3, 3, 2))
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
        if position is not None:
            places = np.array([run["chain_position"] for run in ensemble.runs.values()])
            if not (places == position).any():
                raise ParameterError(f"position = {position}: monomers lie at most"
                                     f" {places.max()} bonds from an end; give 0 to {places.max()}")
            values = values[:, places[0] == position]
        edges = np.linspace(0, np.quantile(values, 0.9995), bins + 1)
        densities = np.array([np.histogram(run, edges, density=True)[0] for run in values])
        centres = (edges[1:] + edges[:-1]) / 2
        density, density_error = densities.mean(axis=0), standard_error(densities)
        right.stairs(density, edges, color=colour, ls=look["ls"], lw=look["lw"])
        right.fill_between(centres, density - density_error, density + density_error,
                           color=colour, alpha=0.25, lw=0, step="mid")
        widths = values.std(axis=1)
        width, width_error = widths.mean(), standard_error(widths)
        small.errorbar(t, width, yerr=width_error, elinewidth=1, **look)
        rows.append(("width", t, t, width, width_error))
        rows += [("mean", t, *row) for row in zip(ensemble.times.times, mean, error, strict=True)]
        rows += [
            ("distribution", t, *row) for row in zip(centres, density, density_error, strict=True)
        ]
    left.set(xscale="log", yscale="log", xlabel=r"$t$  ($\tau$)",
             ylabel=r"$\langle \Delta r(t) \rangle_{ic}$  ($\sigma$)")
    right.set(xlabel=r"$\Delta r_i(\tau_\alpha)$  ($\sigma$)",
              ylabel=r"probability density  ($\sigma^{-1}$)", xlim=(0, None), ylim=(0, None))
    small.xaxis.set_major_locator(MultipleLocator(0.1))
    small.set(xlabel=r"$T$  ($\epsilon/k_B$)", ylabel=r"width  ($\sigma$)", ylim=(0, None))
    small.margins(x=0.15)
    letters([left, right, small])
    legend_below(figure, left, more=tau_handle())
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "y", "y_error"])
