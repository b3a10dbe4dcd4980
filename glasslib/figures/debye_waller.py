"""Why the Debye–Waller factor helps: reorientation, and importance by group."""

import textwrap

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    legend_below,
    letters,
    name_of,
    network_look,
    runs_of,
    styled,
    temperature_axis,
    temperature_colour,
    temperature_look,
    trend,
)
from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.words import bar, bars

__all__ = ["gap_figure", "importance_figure", "reorientation_figure"]


@styled
def gap_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of ridge B, of B with early reorientation and of ridge A; and the gap closed.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``reorientation-models``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``rho``, ``rho_error``.
    """
    here = table[table["at_tau"] & (table["target"] == "propensity")]
    runs = runs_of(table)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.7))
    looks = {
        "ridge A": network_look("A"), "ridge B": network_look("B"),
        "B and reorientation": network_look("B") | {"color": "#8C6BB1", "marker": "D"},
    }
    for model, look in looks.items():
        line = here[here["model"] == model]
        trend(left, line["T"], line["rho"], line["rho_error"], line["T"].map(runs.get),
              look | {"label": model})
    left.set(ylim=(0, 1.02), ylabel="$\\rho(\\tau_\\alpha)$, new configurations",
             title="ridge regression")
    temperature_axis(left)
    gap = here[here["model"] == "gap closed"]
    for place, (_, row) in enumerate(gap.iterrows()):
        number, colour = runs.get(row["T"]), temperature_colour(row["T"])
        few = number is not None and number < COMPARED_RUNS
        right.bar(place, row["rho"], 0.6, yerr=bar(row["rho_error"], number), edgecolor=colour,
                  lw=1.7, color="white" if few else colour, error_kw={"elinewidth": 1})
    names = [name_of(t, runs.get(t)).removeprefix("T = ").replace(" (", "\n(") for t in gap["T"]]
    right.set_xticks(range(len(names)), names)
    right.set(ylim=(0, 1.02), xlabel=r"temperature $T$  ($\epsilon/k_B$)",
              title="part of the gap A − B closed")
    letters([left, right])
    legend_below(figure, left)
    known = here["model"].isin([*looks, "gap closed"])
    return figure, here[known][["T", "model", "rho", "rho_error"]].reset_index(drop=True)


@styled
def importance_figure(table: pd.DataFrame, models: list[str]) -> tuple[Figure, pd.DataFrame]:
    """Draw by how much ρ(τ_α) falls when a group of descriptors is shuffled.

    Bars are 95 % intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``importance``.
    models : list of str
        One panel each, such as ``["network A", "network B"]``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``model``, ``group``, ``T``, ``drop``, ``drop_error``.
    """
    here = table[table["at_tau"] & table["model"].isin(models)]
    groups = list(dict.fromkeys(here["group"]))
    figure, axes = plt.subplots(1, len(models), sharex=True, sharey=True, squeeze=False,
                                figsize=(8.2, 0.36 * len(groups) + 1.6))
    runs = runs_of(table)
    for axis, model in zip(axes[0], models, strict=True):
        chosen = here[here["model"] == model]
        lines = list(chosen.groupby("T", sort=False))
        for number, (temperature, line) in enumerate(lines):
            place = line["group"].map(groups.index) + 0.12 * (number - (len(lines) - 1) / 2)
            axis.errorbar(line["drop"], place, elinewidth=1,
                          xerr=bars(line["drop_error"], line["T"].map(runs.get)),
                          **temperature_look(temperature, runs.get(temperature)) | {"ls": ""})
        axis.axvline(0, color="0.8", lw=0.6)
        axis.set(title=model, xlabel=r"fall of $\rho(\tau_\alpha)$")
    axes[0, 0].set_yticks(range(len(groups)), groups)
    axes[0, 0].invert_yaxis()
    letters(axes)
    legend_below(figure, axes[0, 0])
    columns = ["model", "group", "T", "drop", "drop_error"]
    return figure, here[columns].reset_index(drop=True)


@styled
def reorientation_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw correlations of DW, propensity and reorientation, place in the chain removed.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``reorientation``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``pair``, ``T``, ``t``, ``rho``, ``rho_error``.
    """
    here = table[table["position"] == "position removed"]
    pairs = list(dict.fromkeys(here["pair"]))
    figure, axes = plt.subplots(2, -(-len(pairs) // 2), sharex=True, sharey=True, squeeze=False,
                                figsize=(8.2, 6.4))
    runs = runs_of(table)
    for axis, pair in zip(axes.flat, pairs, strict=False):
        for temperature, line in here[here["pair"] == pair].groupby("T", sort=False):
            axis.errorbar(line["t"], line["rho"], yerr=line["rho_error"], elinewidth=1,
                          **temperature_look(temperature, runs.get(temperature)))
        axis.set(xscale="log", title=textwrap.fill(pair, 34))
        axis.axhline(0, color="0.8", lw=0.6)
    for axis in axes[-1]:
        axis.set_xlabel(r"$t$  ($\tau$)")
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$\rho(t)$")
    letters(axes)
    legend_below(figure, *axes.flat)
    return figure, here[["pair", "T", "t", "rho", "rho_error"]].reset_index(drop=True)
