"""Figures 4, 5 and 7: the Pearson correlation against time and temperature, and transfer."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd

from glasslib.figures.style import NETWORK_COLOURS, styled, temperature_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["accuracy_figure", "correlation_figure", "transfer_figure"]

#: How a division of rows is called in titles.
SPLIT_NAMES = {"row": "rows at random", "run": "whole runs held out"}


def _own_ceiling(ceiling: pd.DataFrame) -> pd.DataFrame:
    """Ceiling of ρ over all rows for the target as it is."""
    return ceiling[(ceiling["kind"] == "pooled") & ceiling["own"].astype(bool)]


def _legend_below(figure: Figure, axis: Axes) -> None:
    """Put the legend of one axis below all of them, where it hides no curve."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(labels)))


@styled
def correlation_figure(
    accuracy: pd.DataFrame, ceiling: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(t) of A (left) and B (right), rows at random above whole runs held out.

    Parameters
    ----------
    accuracy, ceiling : pandas.DataFrame
        The result tables ``accuracy`` and ``ceiling``. Dotted lines are the noise ceiling, where
        there are two blocks to tell it from; diamonds mark τ_α.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``network``, ``T``, ``t``, ``rho``, ``rho_error``, ``ceiling``,
        ``at_tau``.
    """
    splits = [by for by in SPLIT_NAMES if (accuracy["split"] == by).any()]
    figure, axes = plt.subplots(
        len(splits), 2, sharex=True, sharey=True, squeeze=False, figsize=(7.2, 2.9 * len(splits))
    )
    top = _own_ceiling(ceiling).set_index(["T", "t"])["ceiling"]
    rows = []
    for line, by in zip(axes, splits, strict=True):
        for axis, which in zip(line, ("A", "B"), strict=True):
            chosen = accuracy[
                (accuracy["split"] == by) & (accuracy["model"] == f"network {which}")
            ]
            for temperature, curve in chosen.groupby("T", sort=False):
                colour = temperature_colour(temperature)
                axis.errorbar(curve["t"], curve["rho"], yerr=curve["rho_error"], fmt="-o", ms=3.5,
                              color=colour, label=f"T = {temperature:.2f}")
                limit = [top.get((temperature, t), float("nan")) for t in curve["t"]]
                axis.plot(curve["t"], limit, ":", color=colour, lw=1)
                mark = curve[curve["at_tau"].astype(bool)]
                axis.plot(mark["t"], mark["rho"], "D", color="0.6", mec="k", ms=6, zorder=3)
                rows.append(curve.assign(split=by, network=which, ceiling=limit))
            axis.set(xscale="log", title=f"network {which}, {SPLIT_NAMES[by]}")
        line[0].set(ylim=(-0.05, 1), ylabel=r"Pearson correlation $\rho(t)$")
    for axis in axes[-1]:
        axis.set_xlabel(r"$t$  ($\tau$)")
    _legend_below(figure, axes[0, 0])
    columns = ["split", "network", "T", "t", "rho", "rho_error", "ceiling", "at_tau"]
    return figure, pd.concat(rows, ignore_index=True)[columns]


@styled
def accuracy_figure(
    accuracy: pd.DataFrame, ceiling: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of A and B against temperature, rows at random beside whole runs held out.

    Parameters
    ----------
    accuracy, ceiling : pandas.DataFrame
        The result tables ``accuracy`` and ``ceiling``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``model``, ``T``, ``rho``, ``rho_error``, ``ceiling``.
    """
    here = accuracy[accuracy["at_tau"].astype(bool)]
    splits = [by for by in SPLIT_NAMES if (here["split"] == by).any()]
    figure, axes = plt.subplots(1, len(splits), sharey=True, squeeze=False,
                                figsize=(3.6 * len(splits), 3.2))
    limit = _own_ceiling(ceiling)
    limit = limit[limit["at_tau"].astype(bool)].sort_values("T")
    rows = []
    for axis, by in zip(axes[0], splits, strict=True):
        for which, marker in (("A", "o"), ("B", "s")):
            line = here[(here["split"] == by) & (here["model"] == f"network {which}")]
            axis.errorbar(line["T"], line["rho"], yerr=line["rho_error"], fmt=f"-{marker}",
                          color=NETWORK_COLOURS[which], label=f"network {which}")
            rows.append(line)
        axis.errorbar(limit["T"], limit["ceiling"], yerr=limit["ceiling_error"], fmt=":^",
                      color="0.5", ms=3.5, label="noise ceiling")
        axis.set(xlabel=r"$T$  ($\epsilon/k_B$)", title=SPLIT_NAMES[by])
    axes[0, 0].set(ylabel=r"$\rho(t = \tau_\alpha)$", ylim=(0, 1))
    axes[0, 0].legend()
    numbers = pd.concat(rows, ignore_index=True)
    numbers["ceiling"] = numbers["T"].map(limit.set_index("T")["ceiling"])
    return figure, numbers[["split", "model", "T", "rho", "rho_error", "ceiling"]]


@styled
def transfer_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against the temperature a network is applied at, for each training temperature.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``transfer``; black diamonds mark the training temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``network``, ``trained``, ``applied``, ``rho``, ``rho_error``.
    """
    table = table[table["kind"] == "pair"]
    splits = [by for by in SPLIT_NAMES if by in set(table["split"])]
    figure, axes = plt.subplots(
        len(splits), 2, sharex=True, sharey=True, squeeze=False, figsize=(6.0, 2.6 * len(splits))
    )
    for (by, which), axis in zip(product(splits, ("A", "B")), axes.flat, strict=True):
        chosen = table[(table["network"] == which) & (table["split"] == by)]
        for trained, line in chosen.groupby("trained", sort=False):
            line = line.sort_values("applied")
            axis.errorbar(line["applied"], line["rho"], yerr=line["rho_error"], fmt="-o", ms=3.5,
                          color=temperature_colour(trained), label=f"trained at {trained:.2f}")
            own = line[line["applied"] == trained]
            axis.plot(own["applied"], own["rho"], "kD", ms=6, zorder=3)
        axis.set_title(f"network {which}, {SPLIT_NAMES[by]}")
    for axis in axes[-1]:
        axis.set_xlabel(r"$T$ of application  ($\epsilon/k_B$)")
    for axis in axes[:, 0]:
        axis.set(ylim=(0, 1), ylabel=r"$\rho(t = \tau_\alpha)$")
    _legend_below(figure, axes[0, 0])
    columns = ["split", "network", "trained", "applied", "rho", "rho_error"]
    return figure, table[columns].reset_index(drop=True)
