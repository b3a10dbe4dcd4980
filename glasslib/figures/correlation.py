"""Figures 4, 5 and 7: the Pearson correlation against time and temperature, and transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd

from glasslib.figures.style import NETWORK_COLOURS, styled, temperature_colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasslib.learning.evaluation import Estimate
    from glasslib.results import Prediction

__all__ = ["accuracy_figure", "correlation_figure", "transfer_figure"]


@styled
def correlation_figure(
    curves: dict[float, tuple[Prediction, dict[str, Estimate]]],
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(t) of A (left) and B (right) for each temperature, with diamonds at τ_α.

    Parameters
    ----------
    curves : dict
        By temperature: the prediction, and ρ(t) of each network with its error.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``network``, ``T``, ``t``, ``rho``, ``rho_error``, ``at_tau_alpha``.
    """
    figure, axes = plt.subplots(1, 2, sharey=True)
    rows = []
    for axis, which in zip(axes, ("A", "B"), strict=True):
        for temperature, (prediction, estimates) in curves.items():
            times, k = prediction.data.times, prediction.data.tau_index
            rho, error = estimates[which]
            axis.errorbar(times, rho, yerr=error, fmt="-o", ms=3.5,
                          color=temperature_colour(temperature), label=f"T = {temperature:.2f}")
            axis.plot(times[k], rho[k], "D", color="0.6", mec="k", ms=6, zorder=3)
            rows += [
                (which, temperature, t, r, e, j == k)
                for j, (t, r, e) in enumerate(zip(times, rho, error, strict=True))
            ]
        axis.set(xscale="log", xlabel=r"$t$  ($\tau$)", title=f"network {which}")
    axes[0].set(ylim=(0, 1), ylabel=r"Pearson correlation $\rho(t)$")
    axes[0].legend(loc="upper left")
    columns = ["network", "T", "t", "rho", "rho_error", "at_tau_alpha"]
    return figure, pd.DataFrame(rows, columns=columns)


@styled
def accuracy_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of A and B against temperature.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`glasslib.results.correlation_table`.

    Returns
    -------
    Figure, pandas.DataFrame
        The table itself, temperatures in a column.
    """
    figure, axis = plt.subplots(figsize=(4.6, 3.4))
    for which, marker in (("A", "o"), ("B", "s")):
        axis.errorbar(table.index, table[f"rho_{which}"], yerr=table[f"rho_{which}_error"],
                      fmt=f"-{marker}", color=NETWORK_COLOURS[which], label=f"network {which}")
    axis.set(xlabel=r"$T$  ($\epsilon/k_B$)", ylabel=r"$\rho(t = \tau_\alpha)$", ylim=(0, 1))
    axis.legend()
    return figure, table.reset_index()


@styled
def transfer_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against the temperature a network is applied at, for each training temperature.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`glasslib.results.transfer`; black diamonds mark the training temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        The table itself.
    """
    figure, axes = plt.subplots(1, 2, sharey=True)
    for axis, which in zip(axes, ("A", "B"), strict=True):
        chosen = table[table["network"] == which]
        for trained, line in chosen.groupby("trained", sort=False):
            line = line.sort_values("applied")
            axis.errorbar(line["applied"], line["rho"], yerr=line["error"], fmt="-o", ms=3.5,
                          color=temperature_colour(trained), label=f"trained at {trained:.2f}")
            own = line[line["applied"] == trained]
            axis.plot(own["applied"], own["rho"], "kD", ms=6, zorder=3)
        axis.set(xlabel=r"$T$ of application  ($\epsilon/k_B$)", title=f"network {which}")
    axes[0].set(ylim=(0, 1), ylabel=r"$\rho(t = \tau_\alpha)$")
    axes[0].legend(loc="lower right")
    return figure, table
