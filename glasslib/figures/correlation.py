"""Figures 4 and 5: the Pearson correlation against time and temperature; and of other models."""

import re
from collections.abc import Iterable

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    NETWORK_COLOURS,
    SPLIT_NAMES,
    ceiling_line,
    legend_below,
    letters,
    mark_tau,
    network_look,
    runs_of,
    split_label,
    styled,
    tau_handle,
    temperature_axis,
    temperature_colour,
    temperature_look,
    time_panels,
    trend,
)
from glasslib.results.ceiling import own_ceiling

__all__ = ["accuracy_figure", "correlation_figure", "model_figure"]

#: Colours of models that are none of the networks.
_OTHERS = ("#8C6BB1", "#5A5A5A", "#B8860B", "#000000")
_MARKERS = "os^Dv<>"


def _looks(labels: Iterable[str]) -> list[dict[str, str]]:
    """Return colour, line and marker of each model.

    What begins with A, B, C or D has that network's colour, dashed from the second on.

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
    splits = [split for split in SPLIT_NAMES if (accuracy["split"] == split).any()]
    figure, axes = plt.subplots(
        len(splits), 2, sharex=True, sharey=True, squeeze=False,
        figsize=(8.2, 2.9 * len(splits) + 0.4),
    )
    runs = runs_of(accuracy)
    top = own_ceiling(ceiling).set_index(["T", "t"])["ceiling"]
    rows = []
    for line, split in zip(axes, splits, strict=True):
        for axis, network in zip(line, ("A", "B"), strict=True):
            chosen = accuracy[
                (accuracy["split"] == split) & (accuracy["model"] == f"network {network}")
            ]
            for temperature, curve in chosen.groupby("T", sort=False):
                axis.errorbar(curve["t"], curve["rho"], yerr=curve["rho_error"], elinewidth=1,
                              **temperature_look(temperature, runs.get(temperature)))
                limit = [top.get((temperature, t), float("nan")) for t in curve["t"]]
                ceiling_line(axis, curve["t"], limit)
                mark = curve[curve["at_tau"]]
                mark_tau(axis, mark["t"], mark["rho"], temperature_colour(temperature))
                rows.append(curve.assign(split=split, network=network, ceiling=limit))
            axis.axvline(1, color="0.5", lw=0.7, ls=":", zorder=0)
            axis.set(xscale="log", title=f"network {network}")
        line[0].set(ylim=(0, 1.02), ylabel=split_label(split, r"$\rho(t)$"))
    for axis in axes[-1]:
        axis.set_xlabel(r"$t$  ($\tau$)")
    axes[0, 1].annotate("grey: noise ceilings", (0.98, 0.84), xycoords="axes fraction",
                        ha="right", va="top", color="0.4", fontsize=10)
    letters(axes)
    legend_below(figure, axes[0, 0], more=tau_handle())
    columns = ["split", "network", "T", "t", "rho", "rho_error", "ceiling", "at_tau"]
    return figure, pd.concat(rows, ignore_index=True)[columns]


@styled
def accuracy_figure(
    accuracy: pd.DataFrame, ceiling: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of A and B against temperature, rows at random beside whole runs held out.

    Bars are 95 % intervals.

    Parameters
    ----------
    accuracy, ceiling : pandas.DataFrame
        The result tables ``accuracy`` and ``ceiling``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``model``, ``T``, ``rho``, ``rho_error``, ``ceiling``.
    """
    here = accuracy[accuracy["at_tau"]]
    splits = [split for split in SPLIT_NAMES if (here["split"] == split).any()]
    figure, axes = plt.subplots(1, len(splits), sharey=True, squeeze=False,
                                figsize=(4.1 * len(splits), 3.7))
    runs = runs_of(accuracy)
    limit = own_ceiling(ceiling)
    limit = limit[limit["at_tau"]].sort_values("T")
    rows = []
    for axis, split in zip(axes[0], splits, strict=True):
        for network in ("A", "B"):
            line = here[(here["split"] == split) & (here["model"] == f"network {network}")]
            trend(axis, line["T"], line["rho"], line["rho_error"], line["T"].map(runs.get),
                  network_look(network) | {"label": f"network {network}"})
            rows.append(line)
        ceiling_line(axis, limit["T"], limit["ceiling"], "noise ceiling")
        axis.set_title(SPLIT_NAMES[split])
        temperature_axis(axis)
    axes[0, 0].set(ylabel=r"$\rho(t = \tau_\alpha)$", ylim=(0, 1.02))
    letters(axes)
    legend_below(figure, axes[0, 0])
    numbers = pd.concat(rows, ignore_index=True)
    numbers["ceiling"] = numbers["T"].map(limit.set_index("T")["ceiling"])
    return figure, numbers[["split", "model", "T", "rho", "rho_error", "ceiling"]]


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
    drawn = []

    def curves(axis, temperature, here):
        for (model, label), look in zip(models.items(), _looks(models.values()), strict=True):
            line = here[here[column] == model]
            if not len(line):
                continue
            axis.errorbar(
                line["t"], line["rho"], yerr=line["rho_error"], ms=4.5, lw=1.3, elinewidth=1,
                label=label, **look,
            )
            drawn.append(line.assign(model=label))
        if ceiling is not None:
            top = own_ceiling(ceiling[ceiling["T"] == temperature])
            ceiling_line(axis, top["t"], top["ceiling"])

    figure = time_panels(table, curves, r"$\rho(t)$", sharey=True)
    columns = ["T", "model", "t", "rho", "rho_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]
