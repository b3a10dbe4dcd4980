"""What a correlation is worth: ceilings, leaks, baselines, learning curves, importance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from glasslib.figures.style import NETWORK_COLOURS, styled, temperature_colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "baseline_figure",
    "ceiling_figure",
    "importance_figure",
    "learning_figure",
    "model_figure",
    "reorientation_figure",
]

#: Okabe–Ito colours of models that read something else than A and B.
_OTHERS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = "os^Dv<>"


def _truth(column: pd.Series) -> pd.Series:
    return column.astype(str) == "True"


def _looks(labels: Iterable[str]) -> list[dict[str, str]]:
    """Return colour, line and marker of each model.

    What begins with A or B has that network's colour, dashed from the second on.

    Examples
    --------
    >>> [look["color"] for look in _looks(["A, row", "C", "A, run"])]
    ['#0072B2', '#009E73', '#0072B2']
    >>> [look["ls"] for look in _looks(["A, row", "C", "A, run"])]
    ['-', '-', '--']
    """
    looks, seen, others = [], set(), iter(_OTHERS * 10)
    for marker, label in zip(_MARKERS * 10, labels, strict=False):
        network = re.split("[, ]", label)[0]
        colour = NETWORK_COLOURS.get(network) or next(others)
        looks.append({"color": colour, "ls": "--" if colour in seen else "-", "marker": marker})
        if network in NETWORK_COLOURS:
            seen.add(colour)
    return looks


@styled
def ceiling_figure(ceiling: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw the noise ceiling against time, and the reliability at τ_α against trajectories.

    Parameters
    ----------
    ceiling : pandas.DataFrame
        The result table ``ceiling``. Open symbols on the right are what two disjoint groups of
        trajectories give directly; the line is Spearman and Brown's formula.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel``, ``T``, ``x``, ``y``, ``y_error``, ``direct``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    pooled = ceiling[ceiling["kind"] == "pooled"]
    rows = []
    for temperature, table in pooled.groupby("T", sort=False):
        colour = temperature_colour(temperature)
        own = table[_truth(table["own"])]
        if own["ceiling"].isna().all():
            continue  # a single block of trajectories has no halves
        label = f"T = {temperature:.2f}, M = {own['trajectories'].iloc[0]:.3g}"
        left.errorbar(own["t"], own["ceiling"], yerr=own["ceiling_error"], fmt="-o", ms=3.5,
                      color=colour, label=label)
        amounts = table[_truth(table["at_tau"])].sort_values("trajectories")
        right.plot(amounts["trajectories"], amounts["reliability"], "-", color=colour)
        right.plot(amounts["trajectories"], amounts["direct"], "o", mfc="none", color=colour)
        rows += [
            ("time", temperature, a, b, c, np.nan)
            for a, b, c in zip(own["t"], own["ceiling"], own["ceiling_error"], strict=True)
        ]
        rows += [
            ("trajectories", temperature, a, b, np.nan, c)
            for a, b, c in zip(amounts["trajectories"], amounts["reliability"],
                               amounts["direct"], strict=True)
        ]
    left.set(xscale="log", xlabel=r"$t$  ($\tau$)", ylabel=r"highest $\rho$ there can be",
             ylim=(0, 1.02))
    if left.get_legend_handles_labels()[0]:
        left.legend(loc="lower right")
    right.set(xlabel="trajectories in an ensemble, $M$", ylabel=r"reliability at $\tau_\alpha$",
              ylim=(0, 1.02))
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "y", "y_error", "direct"])


@styled
def model_figure(
    table: pd.DataFrame,
    models: dict[str, str],
    ceiling: pd.DataFrame | None = None,
    column: str = "model",
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(t) of some models, one panel for each temperature.

    Parameters
    ----------
    table : pandas.DataFrame
        A result table with ``T``, ``t``, ``rho``, ``rho_error`` and a column of models; one row
        for each temperature, model and time.
    models : dict
        Model by name in the table, and what to call it.
    ceiling : pandas.DataFrame, optional
        The result table ``ceiling``, drawn dotted.
    column : str
        The column of models.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``t``, ``rho``, ``rho_error``.
    """
    temperatures = list(dict.fromkeys(table["T"]))
    n_columns = min(3, len(temperatures))
    n_rows = -(-len(temperatures) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, squeeze=False, sharey=True,
                                figsize=(2.6 * n_columns + 0.6, 2.6 * n_rows))
    drawn = []
    for axis, temperature in zip(axes.flat, temperatures, strict=False):
        here = table[table["T"] == temperature]
        for (model, label), look in zip(models.items(), _looks(models.values()), strict=True):
            line = here[here[column] == model]
            if not len(line):
                continue
            axis.errorbar(
                line["t"], line["rho"], yerr=line["rho_error"], ms=3, lw=1.1, label=label, **look
            )
            drawn.append(line.assign(model=label))
        if ceiling is not None:
            top = ceiling[(ceiling["T"] == temperature) & (ceiling["kind"] == "pooled")
                          & _truth(ceiling["own"])]
            axis.plot(top["t"], top["ceiling"], ":", color="0.4", lw=1)
        tau = here.loc[_truth(here["at_tau"]), "t"]
        if len(tau):
            axis.axvline(tau.iloc[0], color="0.6", lw=0.8, ls=":")
        axis.axhline(0, color="0.8", lw=0.6)
        axis.set(xscale="log", title=f"T = {temperature:.2f}", xlabel=r"$t$  ($\tau$)")
    for axis in axes.flat[len(temperatures):]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$\rho(t)$")
    axes.flat[0].legend(fontsize=6)
    columns = ["T", "model", "t", "rho", "rho_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]


@styled
def baseline_figure(
    table: pd.DataFrame, models: list[str], ceiling: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of many models as dots, one line a model, rows at random beside runs held out.

    Parameters
    ----------
    table : pandas.DataFrame
        Result tables ``baselines`` and ``accuracy`` together.
    models : list of str
        From top to bottom.
    ceiling : pandas.DataFrame
        The result table ``ceiling``, drawn as a dotted line of the temperature's colour.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``T``, ``model``, ``rho``, ``rho_error``.
    """
    here = table[_truth(table["at_tau"]) & table["model"].isin(models)]
    splits = [by for by in ("row", "run") if (here["split"] == by).any()]
    figure, axes = plt.subplots(1, len(splits), sharey=True, squeeze=False,
                                figsize=(3.9 * len(splits), 0.28 * len(models) + 1.2))
    temperatures = list(dict.fromkeys(here["T"]))
    lowest = min(-0.15, (here["rho"] - here["rho_error"].fillna(0)).min() - 0.03)
    for axis, by in zip(axes[0], splits, strict=True):
        for number, temperature in enumerate(temperatures):
            colour = temperature_colour(temperature)
            line = here[(here["split"] == by) & (here["T"] == temperature)]
            place = line["model"].map(models.index) + 0.12 * (number - len(temperatures) / 2)
            axis.errorbar(line["rho"], place, xerr=line["rho_error"], fmt="o", ms=3.5,
                          color=colour, label=f"T = {temperature:.2f}")
            top = ceiling[(ceiling["T"] == temperature) & (ceiling["kind"] == "pooled")
                          & _truth(ceiling["own"]) & _truth(ceiling["at_tau"])]["ceiling"]
            for value in top.dropna():
                axis.axvline(value, color=colour, ls=":", lw=1)
        axis.set(xlabel=r"$\rho(\tau_\alpha)$", xlim=(lowest, 1),
                 title={"row": "rows at random", "run": "whole runs held out"}[by])
        axis.axvline(0, color="0.8", lw=0.6)
        axis.grid(axis="x", lw=0.3)
    axes[0, 0].set_yticks(range(len(models)), models)
    axes[0, 0].invert_yaxis()
    axes[0, -1].legend(fontsize=6)
    columns = ["split", "T", "model", "rho", "rho_error"]
    return figure, here[columns].reset_index(drop=True)


@styled
def importance_figure(table: pd.DataFrame, models: list[str]) -> tuple[Figure, pd.DataFrame]:
    """Draw by how much ρ(τ_α) falls when a group of descriptors is shuffled.

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
    here = table[_truth(table["at_tau"]) & table["model"].isin(models)]
    groups = list(dict.fromkeys(here["group"]))
    figure, axes = plt.subplots(1, len(models), sharex=True, sharey=True, squeeze=False,
                                figsize=(3.7 * len(models), 0.3 * len(groups) + 1.2))
    for axis, model in zip(axes[0], models, strict=True):
        chosen = here[here["model"] == model]
        lines = list(chosen.groupby("T", sort=False))
        for number, (temperature, line) in enumerate(lines):
            place = line["group"].map(groups.index) + 0.12 * (number - (len(lines) - 1) / 2)
            axis.errorbar(line["drop"], place, xerr=line["drop_error"], fmt="o", ms=3.5,
                          color=temperature_colour(temperature), label=f"T = {temperature:.2f}")
        axis.axvline(0, color="0.8", lw=0.6)
        axis.set(title=model, xlabel=r"fall of $\rho(\tau_\alpha)$")
    axes[0, 0].set_yticks(range(len(groups)), groups)
    axes[0, 0].invert_yaxis()
    axes[0, 0].legend(fontsize=6)
    columns = ["model", "group", "T", "drop", "drop_error"]
    return figure, here[columns].reset_index(drop=True)


@styled
def learning_figure(
    runs: pd.DataFrame, trajectories: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against training runs (left) and against trajectories (right).

    Parameters
    ----------
    runs, trajectories : pandas.DataFrame
        Result tables ``learning-runs`` (or ``learning-networks``, or both together) and
        ``learning-trajectories``. A's curves are full, B's dashed; dotted is the ceiling.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel``, ``T``, ``model``, ``x``, ``rho``, ``rho_error``.
    """
    figure, axes = plt.subplots(1, 2, sharey=True)
    rows = []
    cases = zip(axes, ("runs", "trajectories"), (runs, trajectories),
                ("training_runs", "trajectories"), strict=True)
    for axis, panel, table, x in cases:
        here = table[_truth(table["at_tau"]) & ~table["model"].str.contains(" − ")]
        for (temperature, model), line in here.groupby(["T", "model"], sort=False):
            style = "-o" if model.endswith("A") else "--s"
            label = f"{model}, T = {temperature:.2f}"
            network = model.startswith("network")
            axis.errorbar(line[x], line["rho"], yerr=line["rho_error"], fmt=style, ms=3.5,
                          color=temperature_colour(temperature), label=label,
                          mfc="none" if network else None, lw=0.8 if network else 1.3)
            rows.append(line.assign(panel=panel, x=line[x]))
            if "ceiling" in line and model.endswith("A"):
                axis.plot(line[x], line["ceiling"], ":", color=temperature_colour(temperature))
        axis.set(xlabel={"runs": "runs that train", "trajectories": "trajectories, $M$"}[panel])
    axes[0].set(ylabel=r"$\rho(\tau_\alpha)$, runs held out", ylim=(-0.1, 1))
    axes[0].legend(fontsize=6)
    columns = ["panel", "T", "model", "x", "rho", "rho_error"]
    return figure, pd.concat(rows, ignore_index=True)[columns]


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
                                figsize=(7.0, 5.2))
    for axis, pair in zip(axes.flat, pairs, strict=False):
        for temperature, line in here[here["pair"] == pair].groupby("T", sort=False):
            axis.errorbar(line["t"], line["rho"], yerr=line["rho_error"], fmt="-o", ms=3,
                          color=temperature_colour(temperature), label=f"T = {temperature:.2f}")
        axis.set(xscale="log", title=pair)
        axis.title.set_fontsize(8)
        axis.axhline(0, color="0.8", lw=0.6)
    for axis in axes[-1]:
        axis.set_xlabel(r"$t$  ($\tau$)")
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$\rho(t)$")
    axes.flat[0].legend(fontsize=6)
    return figure, here[["pair", "T", "t", "rho", "rho_error"]].reset_index(drop=True)
