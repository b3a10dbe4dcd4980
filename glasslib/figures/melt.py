"""The melt before any ensemble: its structure factor and the memory of its chains."""


import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    legend_below,
    letters,
    styled,
    temperature_colour,
    temperature_look,
)
from glasslib.results.melt import energies
from glasslib.store import Ensemble

__all__ = ["energy_figure", "melt_figure"]


@styled
def melt_figure(ensembles: list[Ensemble]) -> tuple[Figure, pd.DataFrame]:
    """Draw S(q) of the production runs, and C_ee(t) of every equilibration.

    Parameters
    ----------
    ensembles : list of Ensemble
        One for each temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (structure or end_to_end), ``T``, ``run`` (−1 for the mean over runs),
        ``x``, ``y``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    rows = []
    for ensemble in ensembles:
        colour, t = temperature_colour(ensemble.temperature), ensemble.temperature
        runs = ensemble.runs.values()
        q = next(iter(runs))["structure_wavenumber"]
        structure = np.mean([run["structure_factor"] for run in runs], axis=0)
        left.plot(q, structure, **temperature_look(t, len(runs)) | {"marker": ""})
        rows += [("structure", t, -1, x, y) for x, y in zip(q, structure, strict=True)]
        for number, run in ensemble.runs.items():
            lag, value = run["end_to_end_lag"], run["end_to_end"]
            right.plot(lag, value, color=colour, lw=1)
            rows += [("end_to_end", t, number, x, y) for x, y in zip(lag, value, strict=True)]
        peak = np.mean([run.attrs["q_peak"] for run in runs])
        left.axvline(peak, color=colour, lw=0.8, ls=":")
    left.set(xlabel=r"$q$  ($\sigma^{-1}$)", ylabel=r"$S(q)$", xlim=(1, 12), ylim=(0, None))
    right.axhline(np.exp(-1), color="0.6", lw=0.8, ls=":")
    right.axhline(0, color="0.8", lw=0.8)
    right.set(xscale="log", xlabel=r"$t$  ($\tau$)", ylabel=r"$C_{ee}(t)$", ylim=(-0.2, 1.02))
    letters([left, right])
    legend_below(figure, left)
    return figure, pd.DataFrame(rows, columns=["panel", "T", "run", "x", "y"])


@styled
def energy_figure(ensembles: dict[float, Ensemble]) -> tuple[Figure, pd.DataFrame]:
    """Draw the potential energy of each production run less the law a + b T^(3/5).

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: those of :func:`glasslib.results.energies`.
    """
    numbers, law = energies(ensembles)
    figure, axis = plt.subplots()
    for t, runs in numbers.groupby("T", sort=False):
        axis.plot(runs["kinetic"], runs["residual"], ".", color=temperature_colour(t), ms=4,
                  alpha=0.6)
        axis.errorbar(
            runs["kinetic"].mean(), runs["residual"].mean(), yerr=runs["residual"].sem(),
            **temperature_look(t, len(runs)) | {"ls": "", "mec": "k", "mew": 0.6},
        )
    grid = np.linspace(numbers["kinetic"].min(), numbers["kinetic"].max(), 100)
    axis.axhline(0, color="0.6", lw=0.8)
    axis.fill_between(grid, -law.error(grid), law.error(grid), color="0.5", alpha=0.2, lw=0)
    axis.set(xlabel=r"kinetic temperature  ($\epsilon/k_B$)",
             ylabel=r"$U - (a + b\,T^{3/5})$  ($\epsilon$)")
    legend_below(figure, axis)
    return figure, numbers
