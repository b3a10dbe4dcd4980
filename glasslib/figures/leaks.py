"""The leak, seen: how far it reaches, and what a predictor without structure reaches."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    SPLIT_NAMES,
    legend_below,
    letters,
    network_look,
    runs_of,
    styled,
    temperature_axis,
    temperature_look,
    trend,
)
from glasslib.results.words import bars

__all__ = ["leak_figure"]


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
        left.errorbar(radius, line["rho"], yerr=reach_of_bars, elinewidth=1,
                      **temperature_look(temperature, runs.get(temperature)))
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
