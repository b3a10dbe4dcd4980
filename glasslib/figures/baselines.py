"""ρ(τ_α) of simpler methods beside the networks."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    SPLIT_NAMES,
    legend_below,
    letters,
    runs_of,
    styled,
    temperature_look,
)
from glasslib.results.ceiling import own_ceiling
from glasslib.results.words import bars

__all__ = ["baseline_figure"]


@styled
def baseline_figure(
    table: pd.DataFrame, models: list[str], ceiling: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of many models as dots, one line a model, rows at random beside runs held out.

    Bars are 95 % intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        Result tables ``baselines`` and ``accuracy`` together.
    models : list of str
        From top to bottom.
    ceiling : pandas.DataFrame
        The result table ``ceiling``, drawn as thin grey lines.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``T``, ``model``, ``rho``, ``rho_error``.
    """
    here = table[table["at_tau"] & table["model"].isin(models)]
    splits = [split for split in ("row", "run") if (here["split"] == split).any()]
    figure, axes = plt.subplots(1, len(splits), sharey=True, squeeze=False,
                                figsize=(4.1 * len(splits), 0.36 * len(models) + 1.6))
    runs = runs_of(table)
    temperatures = list(dict.fromkeys(here["T"]))
    limit = own_ceiling(ceiling)
    limit = limit[limit["at_tau"]]
    lowest = min(-0.15, (here["rho"] - here["rho_error"].fillna(0)).min() - 0.03)
    for axis, split in zip(axes[0], splits, strict=True):
        for number, temperature in enumerate(temperatures):
            look = temperature_look(temperature, runs.get(temperature))
            line = here[(here["split"] == split) & (here["T"] == temperature)]
            place = line["model"].map(models.index) + 0.12 * (number - len(temperatures) / 2)
            axis.errorbar(line["rho"], place, elinewidth=1, **look | {"ls": ""},
                          xerr=bars(line["rho_error"], line["T"].map(runs.get)))
            top = limit[limit["T"] == temperature]["ceiling"]
            for value in top.dropna():
                axis.axvline(value, color="0.62", lw=0.8, zorder=0)
        axis.set(xlabel=r"$\rho(\tau_\alpha)$", xlim=(lowest, 1),
                 title=SPLIT_NAMES[split])
        axis.axvline(0, color="0.8", lw=0.6)
        axis.grid(axis="x", lw=0.3)
    axes[0, 0].set_yticks(range(len(models)), models)
    axes[0, 0].invert_yaxis()
    letters(axes)
    legend_below(figure, axes[0, 0])
    columns = ["split", "T", "model", "rho", "rho_error"]
    return figure, here[columns].reset_index(drop=True)
