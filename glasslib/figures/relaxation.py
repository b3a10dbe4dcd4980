"""Figure 1, F_s and the Arrhenius plot of τ_α; and τ_α against the Debye–Waller factor."""


import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.dynamics.relaxation import PUBLISHED_SCALING
from glasslib.figures.style import (
    legend_below,
    letters,
    styled,
    temperature_colour,
    temperature_look,
)
from glasslib.results import Relaxation
from glasslib.results.relaxation import PAPER_A, PAPER_A_TEMPERATURE, relaxation_law
from glasslib.results.scaling import scaling_laws
from glasslib.results.words import bar

__all__ = ["relaxation_figure", "scaling_figure"]


def _marker(temperature: float, runs: int) -> dict:
    """A marker in the temperature's colour, hollow if few runs stand behind it."""
    return temperature_look(temperature, int(runs)) | {"ls": "", "mec": "k", "mew": 0.6}


@styled
def relaxation_figure(curves: list[Relaxation]) -> tuple[Figure, pd.DataFrame]:
    r"""Draw F_s(q, t) with a dot at each τ_α, and τ_α against 1/T with a VFT law.

    Every run has its own mean kinetic temperature; τ_α is drawn and the law is fitted there. The
    mean over fewer than four runs is hollow.

    Parameters
    ----------
    curves : list of Relaxation
        One for each temperature. The law :math:`\tau_\alpha = \tau_0 e^{B/(T - T_0)}` is drawn
        from three temperatures on; with exactly three it passes near them and tests little.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (scattering, arrhenius, run or vft), ``T``, ``x``, ``y``, ``y_error``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    rows = []
    for curve in curves:
        t, colour = curve.temperature, temperature_colour(curve.temperature)
        left.plot(curve.lag, curve.scattering, color=colour, label=f"T = {t:.2f}")
        left.fill_between(
            curve.lag, curve.scattering - curve.scattering_error,
            curve.scattering + curve.scattering_error, color=colour, alpha=0.25, lw=0,
        )
        left.plot(curve.tau_alpha, np.exp(-1), **_marker(t, len(curve.taus)) | {"label": None})
        right.plot(1 / curve.kinetic, curve.taus, ".", color=colour, ms=3, alpha=0.6)
        x = 1 / curve.kinetic.mean()
        right.errorbar(x, curve.tau_alpha, yerr=curve.tau_alpha_error,
                       **_marker(t, len(curve.taus)))
        rows += [
            ("scattering", t, x, f, e)
            for x, f, e in zip(curve.lag, curve.scattering, curve.scattering_error, strict=True)
        ]
        rows.append(("arrhenius", t, x, curve.tau_alpha, curve.tau_alpha_error))
        rows += [
            ("run", t, 1 / kinetic, tau, np.nan)
            for kinetic, tau in zip(curve.kinetic, curve.taus, strict=True)
        ]
    left.axhline(np.exp(-1), color="0.6", lw=0.8, ls=":")
    left.annotate("1/e", (left.get_xlim()[0], np.exp(-1)), xytext=(3, 2),
                  textcoords="offset points", color="0.4", fontsize=10)
    left.set(xscale="log", ylim=(-0.02, 1.02), xlabel=r"$t$  ($\tau$)",
             ylabel=r"$F_s(q_\mathrm{peak}, t)$")
    if len(curves) >= 3:
        law = relaxation_law(curves)
        means = [curve.kinetic.mean() for curve in curves]
        grid = np.linspace(min(means), max(means), 100)
        right.plot(
            1 / grid, law(grid), color="0.5", lw=1, zorder=0,
            label=rf"VFT, $T_0$ = {law.temperature_0:.3f}",
        )
        rows += [("vft", t, 1 / t, tau, np.nan) for t, tau in zip(grid, law(grid), strict=True)]
    right.set(yscale="log", xlabel=r"$1/T$ of the runs  ($k_B/\epsilon$)",
              ylabel=r"$\tau_\alpha$  ($\tau$)")
    letters([left, right])
    legend_below(figure, left, right)
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "y", "y_error"])


@styled
def scaling_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    r"""Draw log τ_α against 1/u² with three parabolas, and a = ⟨\|Δr\|(τ_α)⟩ against T.

    The parabolas are the published one, and those fitted to all temperatures and to all but the
    coldest, from three temperatures with known errors on. Bars are standard errors on the left,
    which the fits use, and 95 % intervals on the right. Means over fewer than four runs are
    hollow. The diamond is the one number that the paper prints.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`glasslib.results.relaxation_table`.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (scaling, published, displacement, paper, or a parabola by the name of
        what it is fitted to), ``T`` (NaN on the parabolas), ``x``, ``x_error``, ``y``, ``y_error``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    rows = []
    for t, row in table.iterrows():
        x, x_error = 1 / row["u2"], row["u2_error"] / row["u2"] ** 2
        y, y_error = row["tau_alpha"], row["tau_alpha_error"]
        left.errorbar(x, y, xerr=x_error, yerr=y_error, **_marker(t, row["runs"]))
        rows.append(("scaling", t, x, x_error, y, y_error))
        if np.isnan(row["a_own"]):
            continue
        right.errorbar(t, row["a_own"], yerr=bar(row["a_own_error"], row["a_runs"]),
                       **_marker(t, row["a_runs"]))
        rows.append(("displacement", t, t, np.nan, row["a_own"], row["a_own_error"]))
    curves = {name: (law, "-") for name, (law, _) in scaling_laws(table).items()}
    if len(curves) == 2:
        name = list(curves)[1]
        curves[name] = (curves[name][0], "--")
    curves["published"] = (PUBLISHED_SCALING, ":")
    grid = np.linspace(1 / table["u2"].max(), 1 / table["u2"].min(), 100)
    for name, (law, style) in curves.items():
        colour = "#009E73" if name == "published" else "0.5"
        left.plot(grid, law(1 / grid), style, color=colour, lw=1, zorder=0, label=name)
        rows += [(name, np.nan, x, np.nan, law(1 / x), np.nan) for x in grid]
    right.plot(PAPER_A_TEMPERATURE, PAPER_A, "D", color="k", mfc="none", label="the paper")
    rows.append(("paper", PAPER_A_TEMPERATURE, PAPER_A_TEMPERATURE, np.nan, PAPER_A, np.nan))
    left.set(yscale="log", xlabel=r"$1/u^2$  ($\sigma^{-2}$)",
             ylabel=r"$\tau_\alpha$  ($\tau$)")
    right.set(xlabel=r"$T$  ($\epsilon/k_B$)", ylabel=r"$a$  ($\sigma$)")
    letters([left, right])
    legend_below(figure, left, right)
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "x_error", "y", "y_error"])
