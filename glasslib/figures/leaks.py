"""The leak, seen: how far it reaches, and what a predictor without structure reaches."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    NETWORK_COLOURS,
    legend_below,
    styled,
    temperature_colour,
)

__all__ = ["leak_figure"]


@styled
def leak_figure(
    reach: pd.DataFrame, without: pd.DataFrame, accuracy: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against the radius of the hole, and beside it what needs no structure.

    Parameters
    ----------
    reach, without, accuracy : pandas.DataFrame
        The result tables ``leak-reach``, ``without-structure`` and ``accuracy``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``model``, ``radius`` (NaN for rows at random), ``rho``, ``rho_error``.
    """
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.4))
    finite = reach["radius"][np.isfinite(reach["radius"])]
    far = 1.3 * finite.max()
    for temperature, line in reach.groupby("T", sort=False):
        radius = line["radius"].where(np.isfinite(line["radius"]), far)
        left.errorbar(radius, line["rho"], yerr=line["rho_error"], fmt="-o", ms=3.5,
                      color=temperature_colour(temperature), label=f"T = {temperature:.2f}")
    ticks = sorted(set(finite))
    left.set_xticks([*ticks, far], [*(f"{r:g}" for r in ticks), "run\nleft out"], fontsize=7)
    left.set(xlabel=r"no training monomer within  ($\sigma$)", ylabel=r"$\rho(\tau_\alpha)$",
             ylim=(0, 1), title="ridge B on balls of monomers")
    rows = accuracy[(accuracy["split"] == "row") & accuracy["at_tau"]]
    drawn = [reach.assign(model="ridge B")]
    for model, colour, marker in (
        ("network A", NETWORK_COLOURS["A"], "o"), ("network B", NETWORK_COLOURS["B"], "s"),
    ):
        line = rows[rows["model"] == model]
        right.errorbar(line["T"], line["rho"], yerr=line["rho_error"], fmt=f"-{marker}",
                       color=colour, label=model)
        drawn.append(line)
    line = without[without["at_tau"]]
    right.errorbar(line["T"], line["rho"], yerr=line["rho_error"], fmt="--D", color="#000000",
                   label="no structure: mean of neighbours")
    drawn.append(line)
    right.set(xlabel=r"$T$  ($\epsilon/k_B$)", title="rows at random")
    right.legend(fontsize=6)
    legend_below(figure, left)
    numbers = pd.concat(drawn, ignore_index=True)
    return figure, numbers[["T", "model", "radius", "rho", "rho_error"]]
