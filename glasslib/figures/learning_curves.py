"""ρ(τ_α) against runs that train, and against trajectories."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    ceiling_line,
    legend_below,
    letters,
    runs_of,
    styled,
    temperature_look,
)
from glasslib.learning.correlation import is_difference

__all__ = ["learning_figure"]


@styled
def learning_figure(
    runs: pd.DataFrame, trajectories: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against training runs (left) and trajectories (right), A above and B below.

    Parameters
    ----------
    runs, trajectories : pandas.DataFrame
        Result tables ``learning-runs`` (or ``learning-networks``, or both together) and
        ``learning-trajectories``. A above, B below; thin symbols are networks; grey is the ceiling.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel``, ``T``, ``model``, ``x``, ``rho``, ``rho_error``.
    """
    figure, axes = plt.subplots(2, 2, sharex="col", sharey=True, figsize=(8.2, 5.6))
    known, rows = {**runs_of(runs), **runs_of(trajectories)}, []
    cases = zip(axes.T, ("runs", "trajectories"), (runs, trajectories),
                ("training_runs", "trajectories"), strict=True)
    for column, panel, table, x in cases:
        here = table[table["at_tau"] & ~is_difference(table["model"])]
        for (temperature, model), line in here.groupby(["T", "model"], sort=False):
            axis = column["AB".index(model[-1])]
            look = temperature_look(temperature, known.get(temperature))
            if model.startswith("network"):
                look |= {"lw": 0.8, "ms": 9, "mfc": "none", "label": f"network, {look['label']}"}
            axis.errorbar(line[x], line["rho"], yerr=line["rho_error"], elinewidth=1, **look)
            rows.append(line.assign(panel=panel, x=line[x]))
            if "ceiling" in line:
                ceiling_line(axis, line[x], line["ceiling"])
        names = {"runs": "training runs", "trajectories": "trajectories, $M$"}
        column[-1].set(xlabel=names[panel])
    for network, axis in zip("AB", axes[:, 0], strict=True):
        axis.set(ylabel=f"{network}, new configurations\n" + r"$\rho(\tau_\alpha)$",
                 ylim=(min(0, *(line["rho"].min() for line in rows)) - 0.02, 1.02))
    letters(axes)
    legend_below(figure, *axes.flat)
    columns = ["panel", "T", "model", "x", "rho", "rho_error"]
    return figure, pd.concat(rows, ignore_index=True)[columns]
