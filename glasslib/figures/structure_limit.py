"""How far structure goes: how many runs it takes, and what is missing."""


import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import NETWORK_COLOURS, legend_below, styled, temperature_colour

__all__ = ["cage_gap_figure", "cage_learning_figure"]

_LEARNERS = {
    "ridge D": ("#009E73", "D"), "ridge C": ("#CC79A7", "v"), "ridge B": (NETWORK_COLOURS["B"], "s")
}


@styled
def cage_gap_figure(gap: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw how far propensity, and what D leaves of it, are correlated in space and in a chain.

    Parameters
    ----------
    gap : pandas.DataFrame
        The result table ``cage-gap``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``kind``, ``quantity``, ``distance``, ``value``, ``value_error``.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.4), sharey=True)
    pairs = gap[gap["kind"] != "variance"]
    for axis, kind in zip(axes, ("other chain", "same chain"), strict=True):
        here = pairs[pairs["kind"] == kind]
        for (t, quantity), line in here.groupby(["T", "quantity"], sort=False):
            axis.errorbar(line["distance"], line["value"], yerr=line["value_error"], ms=3.5,
                          fmt="-o" if quantity == "residual" else ":s",
                          color=temperature_colour(t), label=f"{quantity}, T = {t:.2f}")
        axis.axhline(0, color="0.8", lw=0.6)
        axis.set_title(kind)
    axes[0].set(xlabel=r"distance  ($\sigma$)", ylabel="correlation of two monomers")
    axes[1].set(xlabel="bonds between them")
    legend_below(figure, axes[0])
    columns = ["T", "kind", "quantity", "distance", "value", "value_error"]
    return figure, pairs[columns].reset_index(drop=True)


@styled
def cage_learning_figure(learning: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of B, C and D against the number of training runs.

    Parameters
    ----------
    learning : pandas.DataFrame
        The result table ``cage-learning``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``training_runs``, ``rho``, ``rho_error``.
    """
    figure, axis = plt.subplots(figsize=(4.6, 3.6))
    drawn = []
    for model, (colour, marker) in _LEARNERS.items():
        line = learning[learning["model"] == model]
        axis.errorbar(line["training_runs"], line["rho"], yerr=line["rho_error"], color=colour,
                      marker=marker, ms=4, label=model)
        drawn.append(line)
    axis.set(xlabel="training runs", ylabel=r"$\rho(\tau_\alpha)$", ylim=(0, 1))
    legend_below(figure, axis)
    columns = ["T", "model", "training_runs", "rho", "rho_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]
