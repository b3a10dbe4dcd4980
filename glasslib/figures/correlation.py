"""Figures 4 and 5: ρ against time and temperature, its shape as numbers, and other models."""

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
from glasslib.results.correlation import A_LESS_B
from glasslib.results.words import bars

__all__ = ["accuracy_figure", "correlation_figure", "model_figure", "shape_figure"]

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
    """Draw ρ(t) of A (left) and B (right): random split, new configurations, and A − B of both.

    Parameters
    ----------
    accuracy, ceiling : pandas.DataFrame
        The result tables ``accuracy`` and ``ceiling``. Grey lines are the noise ceiling, where
        there are two blocks to tell it from; diamonds mark τ_α.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``network`` (A, B or A − B), ``T``, ``t``, ``rho``, ``rho_error``,
        ``ceiling`` (NaN for A − B), ``at_tau``.
    """
    splits = [split for split in SPLIT_NAMES if (accuracy["split"] == split).any()]
    figure, axes = plt.subplots(
        len(splits) + 1, 2, sharex=True, sharey="row", squeeze=False,
        figsize=(8.2, 2.9 * len(splits) + 3),
    )
    runs = runs_of(accuracy)
    top = own_ceiling(ceiling).set_index(["T", "t"])["ceiling"]
    rows = []
    for line, split in zip(axes, splits, strict=False):
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
    for axis, split in zip(axes[-1], splits, strict=False):
        chosen = accuracy[(accuracy["split"] == split) & (accuracy["model"] == A_LESS_B)]
        for temperature, curve in chosen.groupby("T", sort=False):
            axis.errorbar(curve["t"], curve["rho"], yerr=curve["rho_error"], elinewidth=1,
                          **temperature_look(temperature, runs.get(temperature)))
            mark = curve[curve["at_tau"]]
            mark_tau(axis, mark["t"], mark["rho"], temperature_colour(temperature))
            rows.append(curve.assign(network="A − B", ceiling=float("nan")))
        axis.axhline(0, color="0.6", lw=0.8, zorder=0)
        axis.axvline(1, color="0.5", lw=0.7, ls=":", zorder=0)
        axis.set_title(SPLIT_NAMES[split])
    axes[-1, 0].set_ylabel(r"A − B, $\rho(t)$")
    axes[-1, 1].set_visible(len(splits) > 1)
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
    accuracy: pd.DataFrame, ceiling: pd.DataFrame, equal: pd.DataFrame | None = None
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of A and B against temperature: random split, new configurations, equal runs.

    Bars are 95 % intervals.

    Parameters
    ----------
    accuracy, ceiling : pandas.DataFrame
        The result tables ``accuracy`` and ``ceiling``.
    equal : pandas.DataFrame, optional
        The result table ``accuracy-equal-runs``: a third panel, on new configurations.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split`` (row, run, equal), ``model``, ``T``, ``rho``, ``rho_error``,
        ``ceiling``.
    """
    here = accuracy[accuracy["at_tau"]]
    titles = {split: name.replace(" (", "\n(") for split, name in SPLIT_NAMES.items()}
    if equal is not None:
        same = equal[equal["at_tau"] & (equal["split"] == "run")]
        here = pd.concat([here, same.assign(split="equal")], ignore_index=True)
        titles["equal"] = "new configurations,\nequal numbers of runs"
    splits = [split for split in titles if (here["split"] == split).any()]
    figure, axes = plt.subplots(1, len(splits), sharey=True, squeeze=False, figsize=(8.2, 3.7))
    runs = runs_of(accuracy)
    limit = own_ceiling(ceiling)
    limit = limit[limit["at_tau"]].sort_values("T")
    rows = []
    for axis, split in zip(axes[0], splits, strict=True):
        for network in ("A", "B"):
            line = here[(here["split"] == split) & (here["model"] == f"network {network}")]
            look = network_look(network)
            trend(axis, line["T"], line["rho"], line["rho_error"], line["T"].map(runs.get), look)
            hot = line.loc[line["T"].idxmax()]
            axis.annotate(network, (hot["T"], hot["rho"]), xytext=(7, 0), va="center",
                          textcoords="offset points", color=look["color"])
            rows.append(line)
        ceiling_line(axis, limit["T"], limit["ceiling"], "noise ceiling")
        axis.set_title(titles[split])
        temperature_axis(axis)
        axis.margins(x=0.12)
    axes[0, 0].set(ylabel=r"$\rho(t = \tau_\alpha)$", ylim=(0, 1.02))
    letters(axes)
    numbers = pd.concat(rows, ignore_index=True)
    numbers["ceiling"] = numbers["T"].map(limit.set_index("T")["ceiling"])
    return figure, numbers[["split", "model", "T", "rho", "rho_error", "ceiling"]]


@styled
def shape_figure(shape: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw the differences of ρ that decide on the shape of ρ(t), one line for each statement.

    Bars are 95 % intervals.

    Parameters
    ----------
    shape : pandas.DataFrame
        The result table ``shape``. A statement holds where its difference is above 0.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``case`` (network and statement), ``T``, ``value``, ``value_error``.
    """
    shape = shape.assign(case=shape["model"].str[-1] + ": " + shape["feature"])
    cases = sorted(dict.fromkeys(shape["case"]), reverse=True)
    splits = [split for split in SPLIT_NAMES if (shape["split"] == split).any()]
    temperatures, runs = list(dict.fromkeys(shape["T"])), runs_of(shape)
    figure, axes = plt.subplots(1, len(splits), sharex=True, sharey=True, squeeze=False,
                                figsize=(8.2, 0.5 * len(cases) + 1.2))
    for axis, split in zip(axes[0], splits, strict=True):
        for place, temperature in enumerate(temperatures):
            one = shape[(shape["split"] == split) & (shape["T"] == temperature)]
            shift = 0.3 - 0.6 * (place + 0.5) / len(temperatures)
            y = [cases.index(case) + shift for case in one["case"]]
            axis.errorbar(one["value"], y, elinewidth=1,
                          xerr=bars(one["value_error"], one["T"].map(runs.get)),
                          **temperature_look(temperature, runs.get(temperature)) | {"ls": ""})
        for line in range(1, len(cases)):
            axis.axhline(line - 0.5, color="0.88", lw=0.6, zorder=0)
        axis.axvline(0, color="0.4", lw=0.8, zorder=0)
        axis.set(xlabel=r"difference of $\rho$", title=SPLIT_NAMES[split].replace(" (", "\n("))
        axis.set_yticks(range(len(cases)),
                        [case.replace("τ_α", r"$\tau_\alpha$") for case in cases])
    letters(axes)
    legend_below(figure, axes[0, 0])
    return figure, shape[["split", "case", "T", "value", "value_error"]]


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
