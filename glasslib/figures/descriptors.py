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
    """Draw the spread of radial and angular descriptors over monomers, relative to their mean.

    Columns whose mean is below a thousandth of the family's largest are left out.

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
            filled = mean > 1e-3 * mean.max()
            r, mean, deviation = r[filled], mean[filled], deviation[filled]
            axis.plot(r, deviation / mean, color=colours[generation % len(colours)],
                      label=f"generation {generation}")
            rows += [
                (family, generation, *row) for row in zip(r, mean, deviation, strict=True)
            ]
        axis.set(xlabel=r"$r$  ($\sigma$)", yscale="log")
    axes[0].set(title=r"radial, $G_i(r, \delta)$", ylabel="standard deviation / mean")
    axes[1].set(title=rf"angular, $q_i(r, \delta, l = {order})$")
    axes[0].legend()
    return figure, pd.DataFrame(rows, columns=["family", "generation", "r", "mean", "deviation"])
