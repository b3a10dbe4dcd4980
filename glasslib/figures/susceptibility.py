"""Figure 6: the four-point susceptibility, true and predicted, and of single trajectories."""

from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasslib.figures.style import (
    NETWORK_COLOURS,
    SPLIT_NAMES,
    legend_below,
    letters,
    split_label,
    styled,
    temperature_colour,
    temperature_look,
    time_panels,
)
from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.susceptibility import GAIN, at_largest, between_one_and_tau, skill

__all__ = ["gain_figure", "length_figure", "mobile_figure", "skill_figure",
           "susceptibility_figure", "trajectory_figure"]  # fmt: skip

_CURVES = [
    ("all", "true", "true", "true", "-o"),
    ("row", "network A", "A", "A, random split", "--o"),
    ("row", "network B", "B", "B, random split", "--s"),
    ("run", "network A", "A", "A, new configurations", ":o"),
    ("run", "network B", "B", "B, new configurations", ":s"),
]
_PARTS = [
    ("trajectory", "trajectories", "#000000", "single trajectories", "-o"),
    ("trajectory", "within configurations", "#009E73", "within configurations", "--s"),
    ("trajectory", "between configurations", "#CC79A7", "between configurations", ":^"),
    ("all", "true", "#E69F00", "Eq. 8, of the propensity", "-D"),
]


def _panels(table: pd.DataFrame, curves) -> tuple[Figure, pd.DataFrame]:
    drawn, enough = [], table["runs"] >= COMPARED_RUNS
    table = table[enough] if enough.any() else table  # a variance of so few runs says nothing

    def draw(axis, temperature, here):
        for number, (split, curve, colour, label, style) in enumerate(curves):
            line = here[(here["split"] == split) & (here["curve"] == curve)]
            if not len(line):
                continue
            axis.errorbar(
                line["t"] * 1.04 ** (number - len(curves) / 2), line["chi4"],
                yerr=line["chi4_error"], fmt=style, ms=4.5, lw=1.3, elinewidth=1,
                color=NETWORK_COLOURS.get(colour, colour), label=label,
                mfc=None if enough.any() else "white",
            )
            drawn.append(line)

    figure = time_panels(table, draw, r"$\chi_4(t)$")
    columns = ["T", "split", "curve", "t", "chi4", "chi4_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]


@styled
def susceptibility_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw χ4(t) of Eq. 8, true and predicted, one panel for each temperature, τ_α marked.

    Temperatures with fewer than four runs are left out; if there are no others, symbols are hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``susceptibility``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``split``, ``curve``, ``t``, ``chi4``, ``chi4_error``.
    """
    return _panels(table, _CURVES)


@styled
def trajectory_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw χ4(t) of single trajectories and its two parts beside Eq. 8.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``susceptibility``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers as for :func:`susceptibility_figure`.
    """
    return _panels(table, _PARTS)


@styled
def mobile_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw predicted against true number of mobile monomers, one point for each run.

    Above, the networks with runs held out, and the line of equal numbers; below, the
    inherent-structure energy of the start. Temperatures with fewer than four runs are left out; if
    there are no others, symbols are hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mobile-number``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``split``, ``predictor``, ``run``, ``predicted``, ``true``.
    """
    runs = table.groupby("T")["run"].transform("nunique")
    few = not (runs >= COMPARED_RUNS).any()
    table = table if few else table[runs >= COMPARED_RUNS]
    temperatures = list(dict.fromkeys(table["T"]))
    figure, axes = plt.subplots(
        2, len(temperatures), squeeze=False, figsize=(2.4 * len(temperatures) + 0.5, 5)
    )
    drawn = []
    for (above, below), t in zip(axes.T, temperatures, strict=True):
        here = table[table["T"] == t]
        for network, marker in (("A", "s"), ("B", "^")):
            one = here[(here["split"] == "run") & (here["predictor"] == f"network {network}")]
            colour = NETWORK_COLOURS[network]
            above.plot(one["true"], one["predicted"], marker, ls="none", ms=4, color=colour,
                       mfc="white" if few else colour, label=network)
            drawn.append(one)
        above.axline((one["true"].mean(), one["true"].mean()), slope=1, color="0.6", lw=0.8)
        one = here[here["predictor"] == "inherent-structure energy"]
        colour = temperature_colour(t)
        below.plot(one["true"], one["predicted"], "o", ms=4, color=colour,
                   mfc="white" if few else colour)
        drawn.append(one)
        above.set_title(f"T = {t:.2f}")
        below.set_xlabel("mobile monomers, true")
    axes[0, 0].set_ylabel("predicted")
    axes[1, 0].set_ylabel(r"inherent-structure energy  ($\epsilon$)")
    legend_below(figure, axes[0, 0])
    columns = ["T", "split", "predictor", "run", "predicted", "true"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]


def _unless_empty(axis: Axes, table: pd.DataFrame) -> None:
    if table.empty:
        axis.text(0.5, 0.5, "no temperature has four runs", ha="center", transform=axis.transAxes)


def _lines(axis: Axes, table: pd.DataFrame, x: str, y: str, ls: str | None = None) -> None:
    """Draw one line a temperature; the lines are shifted slightly, so that bars can be read."""
    for number, (temperature, line) in enumerate(table.groupby("T", sort=False)):
        look = temperature_look(temperature)
        axis.errorbar(line[x] * 1.01**number, line[y], yerr=line[f"{y}_error"], elinewidth=1,
                      **look | ({} if ls is None else {"ls": ls}))


@styled
def skill_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw the correlation over runs of predicted and true number of mobile monomers.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mobile-number``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: those of :func:`glasslib.results.susceptibility.skill`.
    """
    numbers = skill(table)
    names = numbers["predictor"] + ", " + numbers["split"].map(
        {"row": "random split", "run": "new configurations"}).fillna(numbers["split"])
    labels = list(dict.fromkeys(names))
    figure, axis = plt.subplots(figsize=(8.2, 0.36 * max(len(labels), 3) + 1.3))
    for number, (temperature, line) in enumerate(numbers.groupby("T", sort=False)):
        place = names[line.index].map(labels.index) + 0.15 * (number - 1.5)
        axis.errorbar(line["r"], place, xerr=[line["r"] - line["low"], line["high"] - line["r"]],
                      elinewidth=1, **temperature_look(temperature) | {"ls": ""})
    axis.axvline(0, color="0.8", lw=0.6)
    axis.set(xlim=(-1.05, 1.05), xlabel="correlation over runs with the true number, 95 % interval")
    axis.set_yticks(range(len(labels)), labels)
    axis.invert_yaxis()
    _unless_empty(axis, numbers)
    legend_below(figure, axis)
    return figure, numbers


@styled
def gain_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw by how much χ4 of A lies closer to the true one than that of B, from t = 1 to τ_α.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``susceptibility``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``T``, ``t``, ``curve``, ``ratio``, ``ratio_error``.
    """
    numbers = between_one_and_tau(table)
    figure, axes = plt.subplots(1, 2, sharey=True)
    for axis, (split, title) in zip(axes, SPLIT_NAMES.items(), strict=True):
        here = numbers[(numbers["split"] == split) & (numbers["curve"] == GAIN)]
        _lines(axis, here, "part", "ratio")
        axis.axhline(0, color="0.8", lw=0.6)
        axis.set(xscale="log", title=title, xlabel=r"$t / \tau_\alpha$")
        _unless_empty(axis, here)
    axes[0].set_ylabel("A closer to the true $\\chi_4$\nthan B, as part of it")
    letters(axes)
    legend_below(figure, *axes)
    columns = ["split", "T", "t", "curve", "ratio", "ratio_error"]
    return figure, numbers[columns].reset_index(drop=True)


@styled
def length_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw predicted over true χ4 against the probe length, where the true χ4 is largest.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``probe-lengths``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``curve``, ``T``, ``a``, ``t``, ``chi4``, ``chi4_error``, ``ratio``,
        ``ratio_error``, ``r``.
    """
    numbers = at_largest(table)
    figure, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(8.2, 5.8))
    for (split, network), axis in zip(product(SPLIT_NAMES, "AB"), axes.flat, strict=True):
        here = numbers[(numbers["split"] == split) & (numbers["curve"] == f"network {network}")]
        _lines(axis, here, "a", "ratio", ls="")
        axis.axhline(1, color="0.6", lw=0.8)
        axis.set(title=f"network {network}", ylim=(-0.1, 3))
        _unless_empty(axis, here)
    for axis, split in zip(axes[:, 0], SPLIT_NAMES, strict=True):
        axis.set_ylabel(split_label(split, r"predicted / true $\chi_4$"))
    for axis in axes[-1]:
        axis.set_xlabel(r"probe length $a$  ($\sigma$)")
    letters(axes)
    legend_below(figure, *axes.flat)
    columns = ["split", "curve", "T", "a", "t", "chi4", "chi4_error", "ratio", "ratio_error", "r"]
    return figure, numbers[columns].reset_index(drop=True)
