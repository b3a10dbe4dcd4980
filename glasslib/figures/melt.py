"""The melt before any ensemble: structure factor, memory of the chains, equilibration, energy."""


import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.figures.style import (
    legend_below,
    letters,
    styled,
    temperature_colour,
    temperature_look,
)
from glasslib.results.melt import LAW_TEMPERATURE, energies, equilibration_table
from glasslib.store import Ensemble

__all__ = ["energy_figure", "equilibration_figure", "melt_figure"]

#: Change between two thirds of an equilibration, in standard errors, that counts as a drift.
_DRIFT = 3


@styled
def melt_figure(ensembles: list[Ensemble]) -> tuple[Figure, pd.DataFrame]:
    """Draw S(q) of the production runs, and C_ee(t) of the equilibrations, means over runs.

    Parameters
    ----------
    ensembles : list of Ensemble
        One for each temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (structure or end_to_end), ``T``, ``run`` (−1 for the mean over runs),
        ``x``, ``y``. The band about the mean of C_ee is its standard error over runs.
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
        curves = {n: (run["end_to_end_lag"], run["end_to_end"]) for n, run in ensemble.runs.items()}
        lag = np.geomspace(max(x[x > 0][0] for x, _ in curves.values()),
                           min(x[-1] for x, _ in curves.values()), 60)
        every = np.array([np.interp(np.log(lag), np.log(x[x > 0]), y[x > 0])
                          for x, y in curves.values()])
        mean, error = every.mean(axis=0), standard_error(every)
        right.plot(lag, mean, **temperature_look(t, len(runs)) | {"marker": ""})
        right.fill_between(lag, mean - error, mean + error, color=colour, alpha=0.25, lw=0)
        for number, (x, y) in {-1: (lag, mean), **curves}.items():
            rows += [("end_to_end", t, number, *pair) for pair in zip(x, y, strict=True)]
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
def equilibration_figure(ensembles: dict[float, Ensemble]) -> tuple[Figure, pd.DataFrame]:
    """Draw how far energy and pressure of each equilibration drifted, and how long it lasted.

    A dot is a run; the runs of a temperature stand beside each other. Runs beyond three standard
    errors are named.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: those of :func:`glasslib.results.equilibration_table`, with ``T`` and ``run``.
    """
    numbers = equilibration_table(ensembles).reset_index()
    figure, axes = plt.subplots(1, 3, figsize=(8.2, 3.2))
    panels = ("Δ energy (σ)", "Δ pressure (σ)", "in τ_α")
    for place, (t, ensemble) in enumerate(ensembles.items()):
        here = numbers[numbers["T"] == f"{t:.2f}"]
        x = place + np.linspace(-0.3, 0.3, len(here) + 2)[1:-1]
        look = temperature_look(t, len(ensemble.runs)) | {"ls": "", "label": None}
        for axis, column in zip(axes, panels, strict=True):
            axis.plot(x, here[column], **look)
            if column == panels[2]:
                continue
            for where, run, value in zip(x, here["run"], here[column], strict=True):
                if abs(value) > _DRIFT:
                    axis.annotate(str(run), (where, value), xytext=(0, 4 * np.sign(value)),
                                  textcoords="offset points", fontsize=10, ha="center",
                                  va="bottom" if value > 0 else "top")
    for axis, title in zip(axes, ("energy", "pressure", "length"), strict=True):
        axis.set_xticks(range(len(ensembles)), [f"{t:.2f}" for t in ensembles])
        axis.set(title=title, xlabel=r"$T$  ($\epsilon/k_B$)", xlim=(-0.5, len(ensembles) - 0.5))
    for axis in axes[:2]:
        axis.axhspan(-_DRIFT, _DRIFT, color="0.5", alpha=0.15, lw=0)
        axis.margins(y=0.15)
    axes[0].set_ylabel("change / standard error")
    axes[2].set(yscale="log", ylabel=r"equilibration time / $\tau_\alpha$")
    axes[2].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes[2].yaxis.set_major_formatter("{x:g}")
    axes[2].yaxis.set_minor_formatter(NullFormatter())
    letters(axes)
    return figure, numbers


@styled
def energy_figure(
    ensembles: dict[float, Ensemble], exponent: float = 0.6, law_from: float = LAW_TEMPERATURE
) -> tuple[Figure, pd.DataFrame]:
    """Draw the potential energy of each production run minus the law a + b T^p.

    Parameters
    ----------
    ensembles, exponent, law_from
        As for :func:`glasslib.results.energies`.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: those of :func:`glasslib.results.energies`.
    """
    numbers, law = energies(ensembles, exponent, law_from)
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
             ylabel=rf"$U - (a + b\,T^{{{exponent:g}}})$  ($\epsilon$)")
    legend_below(figure, axis)
    return figure, numbers
