"""ρ(τ_α) against runs that train, and against trajectories."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import styled, temperature_colour
from glasslib.learning.correlation import is_difference

__all__ = ["learning_figure"]


@styled
def learning_figure(
    runs: pd.DataFrame, trajectories: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against training runs (left) and against trajectories (right).

    Parameters
    ----------
    runs, trajectories : pandas.DataFrame
        Result tables ``learning-runs`` (or ``learning-networks``, or both together) and
        ``learning-trajectories``. A's curves are full, B's dashed; dotted is the ceiling.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel``, ``T``, ``model``, ``x``, ``rho``, ``rho_error``.
    """
    figure, axes = plt.subplots(1, 2, sharey=True)
    rows = []
    cases = zip(axes, ("runs", "trajectories"), (runs, trajectories),
                ("training_runs", "trajectories"), strict=True)
    for axis, panel, table, x in cases:
        here = table[table["at_tau"] & ~is_difference(table["model"])]
        for (temperature, model), line in here.groupby(["T", "model"], sort=False):
            style = "-o" if model.endswith("A") else "--s"
            label = f"{model}, T = {temperature:.2f}"
            network = model.startswith("network")
            axis.errorbar(line[x], line["rho"], yerr=line["rho_error"], fmt=style, ms=3.5,
                          color=temperature_colour(temperature), label=label,
                          mfc="none" if network else None, lw=0.8 if network else 1.3)
            rows.append(line.assign(panel=panel, x=line[x]))
            if "ceiling" in line and model.endswith("A"):
                axis.plot(line[x], line["ceiling"], ":", color=temperature_colour(temperature))
        axis.set(xlabel={"runs": "runs that train", "trajectories": "trajectories, $M$"}[panel])
    axes[0].set(ylabel=r"$\rho(\tau_\alpha)$, runs held out", ylim=(-0.1, 1))
    axes[0].legend(fontsize=6)
    columns = ["panel", "T", "model", "x", "rho", "rho_error"]
    return figure, pd.concat(rows, ignore_index=True)[columns]
