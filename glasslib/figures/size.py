"""Two sizes of the melt: what a model reaches, and how far the leak does."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import SPLIT_NAMES, legend_below, letters, styled
from glasslib.results.words import bars

__all__ = ["size_figure"]

_NAMES = {"ridge A": "A", "ridge B": "B", "ridge C": "C", "ridge D": "D",
          "neighbours' propensity": "no\nstructure"}  # fmt: skip
_LOOKS = ({"marker": "o", "color": "#4C8FD0"}, {"marker": "s", "color": "#1F3A5F"})


@styled
def size_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) at two sizes by model and test, and against the hole in the training set.

    A row of panels for each temperature; equal numbers of runs.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``. Where it is empty, so is the figure.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``N``, ``runs``, ``quantity``, ``case``, ``value``, ``error``.
    """
    here = table[table["equal"] == "runs"]
    temperatures = list(dict.fromkeys(here["T"]))
    rows = max(1, len(temperatures))
    figure, axes = plt.subplots(
        rows, 3, figsize=(8.2, 0.8 + 2.7 * rows), sharey=True, squeeze=False
    )
    for row, t in zip(axes, temperatures, strict=bool(temperatures)):
        for shift, size, look in zip((-0.09, 0.09), ("small", "large"), _LOOKS, strict=True):
            lines = here[(here["T"] == t) & (here["size"] == size)]
            n, runs = lines["N"].iloc[0], lines["runs"].iloc[0]
            style = {"ls": "none", "elinewidth": 1, "label": f"N = {n:,}, {runs} runs", **look}
            for axis, split in zip(row, SPLIT_NAMES, strict=False):
                line = lines[lines["quantity"] == f"rho, {split}"].set_index("case")
                names = [name for name in _NAMES if name in line.index]
                axis.errorbar(np.arange(len(names)) + shift, line.loc[names, "value"],
                              yerr=bars(line.loc[names, "error"], [runs] * len(names)), **style)
                axis.set_xticks(range(len(names)), [_NAMES[name] for name in names])
                axis.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, 1.02))
            hole = lines[lines["quantity"] == "hole"]
            row[2].errorbar(np.arange(len(hole)) + shift, hole["value"],
                            yerr=bars(hole["error"], hole["runs"]), **style | {"ls": "-"})
            row[2].set_xticks(range(len(hole)), [*hole["case"].iloc[:-1], "new"])
        row[0].set_ylabel(rf"$\rho(\tau_\alpha)$, T = {t:.2f}")
    for axis, title in zip(axes[0], (*SPLIT_NAMES.values(), "ridge B with a hole"), strict=True):
        axis.set_title(title.replace(" (", "\n("), fontsize=10)
    axes[-1, 2].set_xlabel(r"no training monomer within ($\sigma$)")
    letters(axes.ravel())
    if temperatures:
        legend_below(figure, axes[0, 0])
    return figure, here.drop(columns="equal")
