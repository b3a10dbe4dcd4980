"""ρ(τ_α) of simpler methods beside the networks."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    SPLIT_NAMES,
    legend_below,
    letters,
    name_of,
    runs_of,
    styled,
)
from glasslib.results.ceiling import own_ceiling
from glasslib.results.correlation import COMPARED_RUNS, comparable
from glasslib.results.words import bars

__all__ = ["baseline_figure"]

_LOOKS = {"row": {"color": "0.55", "marker": "d"}, "run": {"color": "#000000", "marker": "o"}}


@styled
def baseline_figure(
    table: pd.DataFrame, models: list[str], ceiling: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of many models as dots, one panel for each temperature, one line for each model.

    The models are sorted by their mean on new configurations.

    Bars are 95 % intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        Result tables ``baselines`` and ``accuracy`` together.
    models : list of str
    ceiling : pandas.DataFrame
        The result table ``ceiling``, drawn as thin grey lines.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``T``, ``model``, ``rho``, ``rho_error``.
    """
    here = table[table["at_tau"] & table["model"].isin(models)]
    runs, temperatures = runs_of(table), list(dict.fromkeys(here["T"]))
    judged = here["T"].isin(comparable({t: runs.get(t, 0) for t in temperatures}, at_least=1))
    known = here["split"] == ("run" if (here["split"] == "run").any() else "row")
    means = here[judged & known].groupby("model")["rho"].mean()
    models = list(means.sort_values(ascending=False).index)
    n_columns = min(3, len(temperatures))
    n_lines = -(-len(temperatures) // n_columns)
    figure, axes = plt.subplots(
        n_lines, n_columns, sharey=True, sharex=True, squeeze=False,
        figsize=(8.2, n_lines * (0.27 * len(models) + 0.6) + 0.5),
    )
    limit = own_ceiling(ceiling)
    limit = limit[limit["at_tau"]]
    lowest = min(-0.15, (here["rho"] - here["rho_error"].fillna(0)).min() - 0.03)
    for axis, temperature in zip(axes.flat, temperatures, strict=False):
        for split, look in _LOOKS.items():
            line = here[(here["split"] == split) & (here["T"] == temperature)]
            line = line[line["model"].isin(models)]
            few = runs.get(temperature, COMPARED_RUNS) < COMPARED_RUNS
            axis.errorbar(line["rho"], line["model"].map(models.index), elinewidth=1, ls="",
                          xerr=bars(line["rho_error"], line["T"].map(runs.get)),
                          mfc="white" if few else look["color"], label=SPLIT_NAMES[split], **look)
        for value in limit[limit["T"] == temperature]["ceiling"].dropna():
            axis.axvline(value, color="0.62", lw=0.8, zorder=0)
        axis.set(xlim=(lowest, 1), title=name_of(temperature, runs.get(temperature)))
        axis.axvline(0, color="0.8", lw=0.6)
        axis.grid(lw=0.3)
        axis.xaxis.set_tick_params(labelbottom=True)
        axis.set_xlabel(r"$\rho(\tau_\alpha)$")
    for axis in axes.flat[len(temperatures):]:
        axis.set_visible(False)
    axes[0, 0].set_yticks(range(len(models)), models)
    axes[0, 0].invert_yaxis()
    letters(axes.flat[: len(temperatures)])
    legend_below(figure, axes[0, 0])
    columns = ["split", "T", "model", "rho", "rho_error"]
    return figure, here[columns].reset_index(drop=True)
