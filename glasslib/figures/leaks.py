"""Four leaks, how much each adds; and the first, seen: its reach, and what needs no structure."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    NETWORK_COLOURS,
    SPLIT_NAMES,
    legend_below,
    letters,
    name_of,
    network_look,
    runs_of,
    styled,
    temperature_axis,
    temperature_look,
    trend,
)
from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.words import bars

__all__ = ["leak_figure", "leak_sizes_figure"]


@styled
def leak_sizes_figure(
    sizes: pd.DataFrame, runs: dict[float, int]
) -> tuple[Figure, pd.DataFrame]:
    """Draw what each of four leaks adds, as bars: a panel for each leak, temperatures across.

    Parameters
    ----------
    sizes : pandas.DataFrame
        From :func:`glasslib.results.leak_sizes`.
    runs : dict of float to int
        Number of runs at each temperature; with few, bars are hollow.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``leak``, ``model``, ``when``, ``T``, ``added``, ``added_error``.
    """
    figure, axes = plt.subplots(2, 2, figsize=(8.2, 5.4), sharex=True)
    leaks, temperatures = list(dict.fromkeys(sizes["leak"])), sorted(runs, reverse=True)
    for leak, axis in zip(leaks, axes.flat, strict=False):
        cases = list(sizes[sizes["leak"] == leak].groupby(["model", "when"], sort=False))
        for number, ((model, when), line) in enumerate(cases):
            colour = NETWORK_COLOURS.get(model[-1], "0.45")
            place = line["T"].map(temperatures.index) + 0.8 * ((number + 0.5) / len(cases) - 0.5)
            name = f"{model.replace('network ', '').replace('ridge ', '')}, at {when}"
            drawn = axis.bar(
                place, line["added"], 0.72 / len(cases), color=colour, edgecolor=colour,
                yerr=bars(line["added_error"], line["T"].map(runs.get)),
                lw=1.2, alpha=1 if when == "τ_α" else 0.45,
                error_kw={"elinewidth": 1, "ecolor": "0.15"},
                label=name.replace("τ_α", r"$\tau_\alpha$"),
            )
            for bar, temperature in zip(drawn, line["T"], strict=True):
                if runs[temperature] < COMPARED_RUNS:
                    bar.set_facecolor("white")
        axis.axhline(0, color="0.3", lw=0.8)
        axis.set_title(leak.replace("χ4", r"$\chi_4$"))
    low, high = zip(*(axis.get_ylim() for axis in axes.flat[:3]), strict=True)
    for axis in axes.flat[:3]:
        axis.set(ylim=(min(low), max(high)), ylabel=r"added to $\rho$")
    axes[1, 1].set_ylabel(r"added to ratio to true $\chi_4$")
    names = [name_of(t, runs[t]).removeprefix("T = ").replace(" (", "\n(") for t in temperatures]
    for axis in axes[1]:
        axis.set_xticks(range(len(names)), names)
        axis.set_xlabel(r"temperature $T$  ($\epsilon/k_B$)")
    letters(axes)
    legend_below(figure, *axes.flat)
    return figure, sizes


@styled
def leak_figure(
    reach: pd.DataFrame, without: pd.DataFrame, accuracy: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against the radius of the hole, and beside it what needs no structure.

    Bars are 95 % intervals.

    Parameters
    ----------
    reach, without, accuracy : pandas.DataFrame
        The result tables ``leak-reach``, ``without-structure`` and ``accuracy``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``radius`` (NaN for the random split), ``rho``, ``rho_error``.
    """
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(8.2, 4.0))
    runs = {**runs_of(reach), **runs_of(accuracy)}
    finite = reach["radius"][np.isfinite(reach["radius"])]
    far = 1.3 * finite.max()
    for temperature, line in reach.groupby("T", sort=False):
        radius = line["radius"].where(np.isfinite(line["radius"]), far)
        reach_of_bars = bars(line["rho_error"], line["T"].map(runs.get))
        look = temperature_look(temperature, runs.get(temperature))
        pale = 0.25 if runs.get(temperature, COMPARED_RUNS) < COMPARED_RUNS else 1.0
        left.errorbar(radius, line["rho"], yerr=reach_of_bars, elinewidth=1,
                      ecolor=(look["color"], pale), **look)
    ticks = sorted(set(finite))
    left.set_xticks([*ticks, far], [*(f"{r:g}" for r in ticks), "new"])
    left.set(xlabel=r"no training monomer within  ($\sigma$)", ylabel=r"$\rho(\tau_\alpha)$",
             ylim=(0, 1.02), title="ridge B on balls of monomers")
    rows = accuracy[(accuracy["split"] == "row") & accuracy["at_tau"]]
    drawn = [reach.assign(model="ridge B")]
    for network, label, line in (
        ("A", "network A", rows[rows["model"] == "network A"]),
        ("B", "network B", rows[rows["model"] == "network B"]),
        ("neighbours", "no structure: mean of neighbours", without[without["at_tau"]]),
    ):
        trend(right, line["T"], line["rho"], line["rho_error"], line["T"].map(runs.get),
              network_look(network) | {"label": label})
        drawn.append(line)
    right.set_title(SPLIT_NAMES["row"])
    temperature_axis(right)
    letters([left, right])
    legend_below(figure, left, right)
    numbers = pd.concat(drawn, ignore_index=True)
    return figure, numbers[["T", "model", "radius", "rho", "rho_error"]]
