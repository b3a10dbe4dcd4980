"""The noise ceiling against time and number of trajectories."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    legend_below,
    letters,
    runs_of,
    styled,
    temperature_look,
)
from glasslib.results.ceiling import own_ceiling

__all__ = ["ceiling_figure"]


@styled
def ceiling_figure(ceiling: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw the noise ceiling against time, and the reliability at τ_α against trajectories.

    Parameters
    ----------
    ceiling : pandas.DataFrame
        The result table ``ceiling``. Symbols on the right are what two disjoint groups of
        trajectories give directly; the line is Spearman and Brown's formula.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel``, ``T``, ``x``, ``y``, ``y_error``, ``direct``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    runs = runs_of(ceiling)
    pooled = ceiling[ceiling["kind"] == "pooled"]
    rows = []
    for temperature, table in pooled.groupby("T", sort=False):
        look = temperature_look(temperature, runs.get(temperature))
        own = own_ceiling(table)
        if own["ceiling"].isna().all():
            continue  # a single block of trajectories has no halves
        left.errorbar(own["t"], own["ceiling"], yerr=own["ceiling_error"], elinewidth=1, **look)
        amounts = table[table["at_tau"]].sort_values("trajectories")
        right.plot(amounts["trajectories"], amounts["reliability"], **look | {"marker": ""})
        right.plot(amounts["trajectories"], amounts["direct"], **look | {"ls": ""})
        rows += [
            ("time", temperature, a, b, c, np.nan)
            for a, b, c in zip(own["t"], own["ceiling"], own["ceiling_error"], strict=True)
        ]
        rows += [
            ("trajectories", temperature, a, b, np.nan, c)
            for a, b, c in zip(amounts["trajectories"], amounts["reliability"],
                               amounts["direct"], strict=True)
        ]
    left.set(xscale="log", xlabel=r"$t$  ($\tau$)", ylabel=r"highest $\rho$ there can be",
             ylim=(0, 1.02))
    right.set(xlabel="trajectories in an ensemble, $M$", ylabel=r"reliability at $\tau_\alpha$",
              ylim=(0, 1.02))
    letters([left, right])
    legend_below(figure, left)
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "y", "y_error", "direct"])
