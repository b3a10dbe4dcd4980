"""Cages: the parts of a Debye–Waller factor, and how far structure alone goes."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasslib.figures.style import (
    NETWORK_COLOURS,
    legend_below,
    letters,
    runs_of,
    styled,
    temperature_axis,
)
from glasslib.results.ceiling import own_ceiling
from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.words import bars

__all__ = ["cage_parts_figure", "structure_limit_figure"]

_PARTS = {
    "Debye–Waller factor": {"color": "#000000", "marker": "o", "ls": "-"},
    "offset": {"color": "#E69F00", "marker": "s", "ls": "--"},
    "cage": {"color": "#009E73", "marker": "^", "ls": "-"},
    "harmonic": {"color": "#CC79A7", "marker": "v", "ls": ":"},
}
_MODELS = {
    "ridge A′": ("A′: D and Debye–Waller", NETWORK_COLOURS["D"], "*", "--"),
    "ridge D": ("D: cages", NETWORK_COLOURS["D"], "P", "-"),
    "ridge A": ("A", NETWORK_COLOURS["A"], "o", "-"),
    "ridge C": ("C: inherent structure", NETWORK_COLOURS["C"], "^", "-"),
    "ridge B": ("B", NETWORK_COLOURS["B"], "s", "-"),
    "cage alone": ("size of the cage alone", "#8C6BB1", "v", ":"),
    "Debye–Waller factor alone": ("Debye–Waller factor alone", "#000000", ".", ":"),
}


def _line(axis: Axes, table: pd.DataFrame, value: str, runs: Mapping[float, int], **look) -> None:
    """Draw a column over temperature with 95 % intervals, hollow where runs are few."""
    number = table["T"].map(runs.get)
    axis.errorbar(table["T"], table[value], yerr=bars(table[f"{value}_error"], number), **look)
    few = table[number < COMPARED_RUNS]
    axis.plot(few["T"], few[value], ls="", color=look["color"], marker=look["marker"], mfc="white",
              ms=look.get("ms"), zorder=3)


@styled
def cage_parts_figure(parts: pd.DataFrame, limit: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw the mean of each part of the Debye–Waller factor, and ρ(τ_α) of each alone.

    Bars are 95 % intervals.

    Parameters
    ----------
    parts, limit : pandas.DataFrame
        The result tables ``debye-waller-parts`` and ``structure-limit``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``quantity``, ``mean``, ``mean_error``, ``rho_dw``, ``rho_dw_error``,
        ``rho``, ``rho_error``.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.9))
    alone, runs = limit[limit["at_tau"]], runs_of(limit)
    drawn = []
    for name, look in _PARTS.items():
        here = parts[parts["quantity"] == name]
        rho = alone[alone["model"] == f"{name} alone"]
        _line(left, here, "mean", runs, ms=4, label=name, **look)
        _line(right, rho, "rho", runs, ms=4, **look)
        drawn.append(here.merge(rho[["T", "rho", "rho_error"]], on="T", how="left"))
    left.set(xlabel=r"$T$  ($\epsilon/k_B$)", ylabel=r"mean  ($\sigma^2$)", ylim=(0, None))
    right.set(xlabel=r"$T$  ($\epsilon/k_B$)", ylabel=r"$\rho(\tau_\alpha)$ of it alone",
              ylim=(0, 1))
    letters([left, right])
    legend_below(figure, left)
    columns = ["T", "quantity", "mean", "mean_error", "rho_dw", "rho_dw_error", "rho", "rho_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]


@styled
def structure_limit_figure(
    limit: pd.DataFrame, ceiling: pd.DataFrame, inherent: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of predictors against temperature, whole runs held out, below the ceiling.

    Bars are 95 % intervals.

    Parameters
    ----------
    limit, ceiling, inherent : pandas.DataFrame
        The result tables ``structure-limit``, ``ceiling`` and ``inherent`` (for C).

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``rho``, ``rho_error``, ``ceiling``.
    """
    figure, axis = plt.subplots(figsize=(8.2, 4.6))
    runs = runs_of(limit)
    c = inherent[(inherent["split"] == "run") & (inherent["model"] == "ridge C")]
    table = pd.concat([limit, c], ignore_index=True)
    table = table[table["at_tau"]]
    top = own_ceiling(ceiling)
    top = top[top["at_tau"]].sort_values("T")
    axis.errorbar(top["T"], top["ceiling"], fmt="-", color="0.62", lw=1, label="noise ceiling",
                  yerr=bars(top["ceiling_error"], top["T"].map(runs.get)))
    drawn = []
    for model, (label, colour, marker, line) in _MODELS.items():
        here = table[table["model"] == model].sort_values("T")
        _line(axis, here, "rho", runs, color=colour, marker=marker, ls=line, label=label)
        drawn.append(here.assign(model=label))
    axis.set(ylabel=r"$\rho(\tau_\alpha)$, new configurations", ylim=(0, 1.02))
    temperature_axis(axis)
    legend_below(figure, axis)
    numbers = pd.concat(drawn, ignore_index=True)
    numbers["ceiling"] = numbers["T"].map(top.set_index("T")["ceiling"])
    return figure, numbers[["T", "model", "rho", "rho_error", "ceiling"]]
