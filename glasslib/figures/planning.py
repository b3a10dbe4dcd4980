"""What a plan costs: equilibration and ensembles against the relaxation time."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import legend_below, styled

__all__ = ["cost_of_plan_figure"]


@styled
def cost_of_plan_figure(found: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw core-hours of the runs and of the blocks of trajectories against τ_α.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`glasslib.campaign.planning.costs`.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``tau_alpha``, ``runs``, ``blocks`` (core-hours).
    """
    figure, axis = plt.subplots(figsize=(8.2, 3.7))
    names = {"blocks": ("trajectories", "o", "#0072B2"),
             "runs": ("runs: equilibration and production", "s", "#E69F00")}
    for column, (label, marker, colour) in names.items():
        axis.loglog(found["tau_alpha"], found[column], marker=marker, color=colour, label=label)
    highest = found[["runs", "blocks"]].max(axis=1)
    for t, tau, hours in zip(found["T"], found["tau_alpha"], highest, strict=True):
        axis.annotate(f"T = {t:.2f}", (tau, hours), xytext=(0, 8), textcoords="offset points",
                      ha="center")
    axis.margins(x=0.08, y=0.2)
    axis.set(xlabel=r"$\tau_\alpha$  ($\tau$)", ylabel="core-hours, all runs")
    legend_below(figure, axis)
    return figure, found[["T", "tau_alpha", "runs", "blocks"]]
