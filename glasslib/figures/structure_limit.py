"""How far structure goes: which inputs, how many runs it takes, and what is missing."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    legend_below,
    name_of,
    network_look,
    runs_of,
    styled,
    temperature_colour,
    temperature_look,
)
from glasslib.learning.correlation import is_difference

__all__ = ["cage_choice_figure", "cage_gap_figure", "cage_learning_figure"]


@styled
def cage_choice_figure(choice: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of each set of inputs, a point a temperature.

    Parameters
    ----------
    choice : pandas.DataFrame
        The result table ``cage-choice``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``rho``, ``rho_error``.
    """
    here = choice[~is_difference(choice["model"])]
    names = list(here.groupby("model")["rho"].mean().sort_values().index)
    figure, axis = plt.subplots(figsize=(8.2, 0.27 * len(names) + 1.2))
    runs = runs_of(choice)
    for number, (t, rows) in enumerate(here.groupby("T", sort=False)):
        look = temperature_look(t, runs.get(t)) | {"ls": ""}
        places = [names.index(name) + 0.12 * (number - 2) for name in rows["model"]]
        axis.errorbar(rows["rho"], places, xerr=rows["rho_error"], elinewidth=1, **look)
    labels = {"size": "size of the cage", "nested": "the set that training runs choose"}
    axis.set_yticks(range(len(names)), [labels.get(name, name) for name in names])
    axis.grid(axis="y", color="0.9", lw=0.6)
    axis.set(xlabel=r"$\rho(\tau_\alpha)$, new configurations")
    legend_below(figure, axis)
    return figure, here[["T", "model", "rho", "rho_error"]].reset_index(drop=True)


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
    figure, axes = plt.subplots(1, 2, figsize=(8.2, 3.7), sharey=True)
    runs = runs_of(gap)
    pairs = gap[gap["kind"] != "variance"]
    for axis, kind in zip(axes, ("other chain", "same chain"), strict=True):
        here = pairs[pairs["kind"] == kind]
        for (t, quantity), line in here.groupby(["T", "quantity"], sort=False):
            axis.errorbar(line["distance"], line["value"], yerr=line["value_error"], ms=3.5,
                          fmt="-o" if quantity == "residual" else ":s",
                          color=temperature_colour(t),
                          label=f"{quantity}, {name_of(t, runs.get(t))}")
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
    figure, axis = plt.subplots(figsize=(5.6, 3.7))
    drawn = []
    for network in "DCB":
        model = f"ridge {network}"
        line = learning[learning["model"] == model]
        axis.errorbar(line["training_runs"], line["rho"], yerr=line["rho_error"], label=model,
                      elinewidth=1, **network_look(network))
        drawn.append(line)
    axis.set(xlabel="training runs", ylabel=r"$\rho(\tau_\alpha)$", ylim=(0, 1))
    legend_below(figure, axis)
    columns = ["T", "model", "training_runs", "rho", "rho_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]
