"""Cages: the parts of a Debye–Waller factor, and how far structure alone goes."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasslib.figures.style import (
    NETWORK_COLOURS,
    legend_below,
    letters,
    name_of,
    runs_of,
    styled,
    temperature_axis,
    temperature_look,
    trend,
)
from glasslib.learning.correlation import difference_name
from glasslib.results.ceiling import own_ceiling
from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.words import bars

__all__ = [
    "cage_parts_figure", "cage_reliability_figure", "cage_transfer_figure", "short_time_figure",
    "structure_limit_figure",
]  # fmt: skip

_PARTS = {
    "Debye–Waller factor": {"color": "#000000", "marker": "o"},
    "offset": {"color": "#E69F00", "marker": "s"},
    "cage": {"color": NETWORK_COLOURS["D"], "marker": "^"},
    "harmonic": {"color": "#56B4E9", "marker": "v"},
}
_NAMES = {"cage": "size of the cage", "harmonic": "harmonic factor"}
_MODELS = {
    "ridge A′": ("A′: D and Debye–Waller", NETWORK_COLOURS["D"], "*", "--"),
    "ridge D": ("D: cages", NETWORK_COLOURS["D"], "P", "-"),
    "ridge A": ("A", NETWORK_COLOURS["A"], "o", "-"),
    "ridge C": ("C: inherent structure", NETWORK_COLOURS["C"], "^", "-"),
    "ridge B": ("B", NETWORK_COLOURS["B"], "s", "-"),
    "cage alone": ("size of the cage alone", "#8C6BB1", "v", ":"),
    "Debye–Waller factor alone": ("Debye–Waller factor alone", "#000000", ".", ":"),
}
_DIFFERENCES = {
    "D − B": ("ridge D", "ridge B", NETWORK_COLOURS["B"], "s"),
    "D − A": ("ridge D", "ridge A", NETWORK_COLOURS["A"], "o"),
    "A′ − D": ("ridge A′", "ridge D", NETWORK_COLOURS["D"], "*"),
}
_SHORT = {
    "ridge A, shift and fluctuation, surroundings": (
        "A with shift, fluctuation, surroundings", "#56B4E9", "*"),
    "ridge A": ("A", NETWORK_COLOURS["A"], "o"),
    "shift and fluctuation, surroundings": (
        "shift, fluctuation, surroundings: 14 numbers", "#009E73", "D"),
    "fluctuation alone": ("fluctuation alone", "#8C6BB1", "^"),
    "shift alone": ("shift alone", "#E69F00", "s"),
    "Debye–Waller factor alone": ("Debye–Waller factor alone", "#000000", "v"),
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
    """Draw the mean of each part of the Debye–Waller factor, and two correlations of each.

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
    figure, axes = plt.subplots(1, 3, figsize=(8.2, 3.5))
    alone, runs = limit[limit["at_tau"]], runs_of(limit)
    drawn = []
    for name, look in _PARTS.items():
        rho = alone.loc[alone["model"] == f"{name} alone", ["T", "rho", "rho_error"]]
        here = parts[parts["quantity"] == name].merge(rho, on="T", how="left").sort_values("T")
        look = look | {"label": _NAMES.get(name, name)}
        for axis, value in zip(axes, ("mean", "rho_dw", "rho"), strict=True):
            if value != "rho_dw" or name != "Debye–Waller factor":  # 1 with itself
                trend(axis, here["T"], here[value], here[f"{value}_error"],
                      [runs.get(t) for t in here["T"]], look)
        drawn.append(here)
    axes[0].set(ylabel=r"mean  ($\sigma^2$)", ylim=(0, None))
    axes[1].set(ylabel=r"$\rho$ with the Debye–Waller factor", ylim=(0, 1.02))
    axes[2].set(ylabel=r"$\rho(\tau_\alpha)$ of it alone", ylim=(0, 1.02))
    for axis in axes:
        temperature_axis(axis, "$T$")
        axis.tick_params(axis="x", rotation=45)
    letters(axes)
    legend_below(figure, axes[0])
    columns = ["T", "quantity", "mean", "mean_error", "rho_dw", "rho_dw_error", "rho", "rho_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]


@styled
def cage_reliability_figure(known: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw how well each number of a cage is known.

    Parameters
    ----------
    known : pandas.DataFrame
        The result table ``cage-reliability``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``scalar``, ``reliability``.
    """
    names = list(known.groupby("scalar")["reliability"].mean().sort_values().index)
    figure, axis = plt.subplots(figsize=(7.2, 0.24 * len(names) + 1.2))
    runs = runs_of(known)
    for t, here in known.groupby("T", sort=False):
        look = temperature_look(t, runs.get(t)) | {"ls": ""}
        axis.plot(here["reliability"], [names.index(name) for name in here["scalar"]], **look)
    axis.set_yticks(range(len(names)), names)
    axis.grid(axis="y", color="0.9", lw=0.6)
    axis.set(xlabel="reliability", xlim=(min(0.5, known["reliability"].min() - 0.02), 1.005))
    legend_below(figure, axis)
    return figure, known[["T", "scalar", "reliability"]].reset_index(drop=True)


@styled
def structure_limit_figure(
    limit: pd.DataFrame, ceiling: pd.DataFrame, inherent: pd.DataFrame,
    asked: pd.DataFrame | None = None,
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of predictors against temperature, new configurations, and differences.

    Bars are 95 % intervals.

    Parameters
    ----------
    limit, ceiling, inherent : pandas.DataFrame
        The result tables ``structure-limit``, ``ceiling`` and ``inherent`` (for C).
    asked : pandas.DataFrame, optional
        D from fewer inputs, as :func:`~glasslib.results.structure_limit.cages_without` gives it.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``rho``, ``rho_error``, ``ceiling``. The errors of differences
        are those of the difference itself.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.2, 4.6), width_ratios=(2, 1))
    c = inherent[(inherent["split"] == "run") & (inherent["model"] == "ridge C")]
    table = pd.concat([limit, c], ignore_index=True)
    table = table[table["at_tau"]]
    models = dict(_MODELS)
    if asked is not None and len(asked):
        table = pd.concat([table, asked], ignore_index=True)
        models |= {name: (name, "#5A5A5A", "x", "--") for name in asked["model"].unique()}
    top = own_ceiling(ceiling)
    top = top[top["at_tau"]].sort_values("T")
    runs = runs_of(limit)
    left.errorbar(top["T"], top["ceiling"], fmt="-", color="0.62", lw=1, label="noise ceiling",
                  yerr=bars(top["ceiling_error"], top["T"].map(runs.get)))
    drawn = []
    for model, (label, colour, marker, line) in models.items():
        here = table[table["model"] == model].sort_values("T")
        _line(left, here, "rho", runs, color=colour, marker=marker, ls=line, label=label)
        drawn.append(here.assign(model=label))
    for label, (one, other, colour, marker) in _DIFFERENCES.items():
        here = table[table["model"] == difference_name(one, other)].sort_values("T")
        trend(right, here["T"], here["rho"], here["rho_error"], [runs.get(t) for t in here["T"]],
              {"color": colour, "marker": marker})
        for _, row in here.iloc[-2:].iloc[:1].iterrows():
            rises = here["rho"].iloc[-1] > row["rho"]
            right.annotate(label, (row["T"], row["rho"]), xytext=(4, 7), color=colour,
                           textcoords="offset points", ha="right" if rises else "left")
        drawn.append(here.assign(model=label))
    left.set(ylabel=r"$\rho(\tau_\alpha)$, new configurations", ylim=(0, 1.02))
    known = pd.concat(drawn[-len(_DIFFERENCES):])
    judged = known[known["T"].map(runs.get) >= COMPARED_RUNS]
    if len(judged):  # the interval of two runs would hide all others
        reach = bars(judged["rho_error"], judged["T"].map(runs.get))
        right.set_ylim(min(0, (judged["rho"] - reach).min()) - 0.05,
                       (judged["rho"] + reach).max() + 0.08)
    right.axhline(0, color="0.8", lw=0.6)
    right.set(ylabel=r"difference of $\rho(\tau_\alpha)$")
    temperature_axis(left)
    temperature_axis(right, "$T$")
    letters([left, right])
    legend_below(figure, left)
    numbers = pd.concat(drawn, ignore_index=True)
    numbers["ceiling"] = numbers["T"].map(top.set_index("T")["ceiling"])
    return figure, numbers[["T", "model", "rho", "rho_error", "ceiling"]]


@styled
def short_time_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of what the first time unit tells against temperature, new configurations.

    Bars are 95 % intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``short-time``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``rho``, ``rho_error``.
    """
    figure, axis = plt.subplots(figsize=(7.2, 4.2))
    runs, drawn = runs_of(table), []
    for model, (label, colour, marker) in _SHORT.items():
        here = table[table["model"] == model].sort_values("T")
        trend(axis, here["T"], here["rho"], here["rho_error"], [runs.get(t) for t in here["T"]],
              {"color": colour, "marker": marker, "label": label})
        drawn.append(here.assign(model=label))
    axis.set(ylabel=r"$\rho(\tau_\alpha)$, new configurations", ylim=(0, 1.02))
    temperature_axis(axis)
    legend_below(figure, axis)
    return figure, pd.concat(drawn, ignore_index=True)[["T", "model", "rho", "rho_error"]]


@styled
def cage_transfer_figure(transfer: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of D as numbers on a grid: where it was trained, and where it was asked.

    Parameters
    ----------
    transfer : pandas.DataFrame
        The result table ``cage-transfer``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``trained``, ``T``, ``rho``, ``rho_error``.
    """
    runs = runs_of(transfer)
    wide = transfer.pivot_table(index="trained", columns="T", values="rho", sort=False)
    figure, axis = plt.subplots(figsize=(0.95 * wide.shape[1] + 2.2, 0.42 * wide.shape[0] + 1.1))
    least = np.nanmin(wide.to_numpy())
    image = axis.imshow(wide, cmap="Blues", vmin=least - 0.1, vmax=1, aspect="auto")
    for row, column in np.ndindex(wide.shape):
        value = wide.iat[row, column]
        if np.isfinite(value):
            axis.text(column, row, f"{value:.2f}", ha="center", va="center",
                      color="white" if image.norm(value) > 0.55 else "black")
    axis.set_xticks(range(wide.shape[1]), [
        name_of(t, runs.get(t)).removeprefix("T = ").replace(" (", "\n(") for t in wide.columns
    ])
    axis.set_yticks(range(wide.shape[0]), list(wide.index))
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    axis.set(xlabel="$T$ where it is asked", ylabel="$T$ of training")
    return figure, transfer[["trained", "T", "rho", "rho_error"]].reset_index(drop=True)
