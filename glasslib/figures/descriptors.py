"""What the radial and angular descriptors look like on real neighbourhoods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from glasslib.figures.style import styled

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

__all__ = ["descriptor_figure"]


@styled
def descriptor_figure(table: xarray.DataArray, order: int = 6) -> tuple[Figure, pd.DataFrame]:
    """Draw radial and angular descriptors against r: mean and spread over monomers.

    Parameters
    ----------
    table : xarray.DataArray
        From :func:`glasslib.structure.descriptors.structural_descriptors`.
    order : int
        Spherical-harmonic order l of the angular panel.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``family``, ``generation``, ``r``, ``mean``, ``deviation``.
    """
    figure, axes = plt.subplots(1, 2)
    colours = ("#000000", "#009E73", "#CC79A7")
    rows = []
    for axis, family in zip(axes, ("radial", "angular"), strict=True):
        for generation in range(int(np.nanmax(table["generation"])) + 1):
            wanted = (table["family"] == family) & (table["generation"] == generation)
            if family == "angular":
                wanted &= table["l"] == order
            chosen = table[:, wanted.values]
            r = chosen["r"].values
            mean, deviation = chosen.values.mean(axis=0), chosen.values.std(axis=0)
            colour = colours[generation % len(colours)]
            axis.plot(r, mean, color=colour, label=f"generation {generation}")
            axis.fill_between(r, mean - deviation, mean + deviation, color=colour, alpha=0.2, lw=0)
            rows += [
                (family, generation, *row) for row in zip(r, mean, deviation, strict=True)
            ]
        axis.set_xlabel(r"$r$  ($\sigma$)")
    axes[0].set_ylabel(r"$G_i(r, \delta)$")
    axes[1].set_ylabel(rf"$q_i(r, \delta, l = {order})$")
    axes[0].legend()
    return figure, pd.DataFrame(rows, columns=["family", "generation", "r", "mean", "deviation"])
