"""Figure 1, F_s and the Arrhenius plot of τ_α; and τ_α against the Debye–Waller factor."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.dynamics.relaxation import fit_vft, fit_vibrational_scaling
from glasslib.figures.style import styled, temperature_colour
from glasslib.results import Relaxation

__all__ = ["relaxation_figure", "scaling_figure"]


@styled
def relaxation_figure(curves: list[Relaxation]) -> tuple[Figure, pd.DataFrame]:
    r"""Draw F_s(q, t) with a dot at each τ_α, and τ_α against 1/T with a VFT law.

    Parameters
    ----------
    curves : list of Relaxation
        One for each temperature. The law :math:`\tau_\alpha = \tau_0 e^{B/(T - T_0)}` is drawn
        from three temperatures on; with exactly three it passes through them and tests nothing.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (scattering or arrhenius), ``T``, ``x``, ``y``, ``y_error``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    rows = []
    for curve in curves:
        colour = temperature_colour(curve.temperature)
        left.plot(curve.lag, curve.scattering, color=colour, label=f"T = {curve.temperature:.2f}")
        left.fill_between(
            curve.lag, curve.scattering - curve.scattering_error,
            curve.scattering + curve.scattering_error, color=colour, alpha=0.25, lw=0,
        )
        left.plot(curve.tau_alpha, np.exp(-1), "o", color=colour, mec="k", mew=0.6)
        right.errorbar(
            1 / curve.temperature, curve.tau_alpha, yerr=curve.tau_alpha_error, fmt="o",
            color=colour, mec="k", mew=0.6,
        )
        rows += [
            ("scattering", curve.temperature, t, f, e)
            for t, f, e in zip(curve.lag, curve.scattering, curve.scattering_error, strict=True)
        ]
        rows.append(
            ("arrhenius", curve.temperature, 1 / curve.temperature, curve.tau_alpha,
             curve.tau_alpha_error)
        )
    left.axhline(np.exp(-1), color="0.6", lw=0.8, ls=":")
    left.annotate("1/e", (left.get_xlim()[0], np.exp(-1)), xytext=(3, 2),
                  textcoords="offset points", color="0.4", fontsize=8)
    left.set(xscale="log", ylim=(-0.02, 1.02), xlabel=r"$t$  ($\tau$)",
             ylabel=r"$F_s(q_\mathrm{peak}, t)$")
    left.legend()
    temperatures = np.array([curve.temperature for curve in curves])
    if len(curves) >= 3:
        taus = np.array([curve.tau_alpha for curve in curves])
        errors = np.array([curve.tau_alpha_error for curve in curves]) / taus
        errors = np.where(np.isfinite(errors) & (errors > 0), errors, 0.05)
        law = fit_vft(temperatures, taus, errors)
        grid = np.linspace(temperatures.min(), temperatures.max(), 100)
        right.plot(
            1 / grid, law(grid), color="0.5", lw=1, zorder=0,
            label=rf"VFT, $T_0$ = {law.temperature_0:.3f}",
        )
        rows += [("vft", t, 1 / t, tau, np.nan) for t, tau in zip(grid, law(grid), strict=True)]
        right.legend()
    right.set(yscale="log", xlabel=r"$1/T$  ($k_B/\epsilon$)", ylabel=r"$\tau_\alpha$  ($\tau$)")
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "y", "y_error"])


@styled
def scaling_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    r"""Draw log τ_α against 1/u² with a parabola, and a = ⟨|Δr|(τ_α)⟩ against T.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`glasslib.results.relaxation_table`. The parabola is drawn from three
        temperatures with known errors on; with exactly three it passes through them.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (scaling, parabola or displacement), ``T`` (NaN on the parabola), ``x``,
        ``x_error``, ``y``, ``y_error``.
    """
    figure, (left, right) = plt.subplots(1, 2)
    rows = []
    for t, row in table.iterrows():
        colour = temperature_colour(t)
        x, x_error = 1 / row["u2"], row["u2_error"] / row["u2"] ** 2
        y, y_error = row["tau_alpha"], row["tau_alpha_error"]
        left.errorbar(x, y, xerr=x_error, yerr=y_error, fmt="o", color=colour, mec="k", mew=0.6)
        rows.append(("scaling", t, x, x_error, y, y_error))
        if np.isnan(row["a"]):
            continue
        right.errorbar(
            t, row["a"], yerr=row["a_error"], fmt="o", color=colour, mec="k", mew=0.6,
            label=f"T = {t:.2f}",
        )
        rows.append(("displacement", t, t, np.nan, row["a"], row["a_error"]))
    known = table[(table[["u2_error", "tau_alpha_error"]] > 0).all(axis=1)]
    if len(known) >= 3:
        law = fit_vibrational_scaling(
            known["u2"], known["u2_error"], known["tau_alpha"], known["tau_alpha_error"]
        )
        grid = np.linspace(1 / known["u2"].max(), 1 / known["u2"].min(), 100)
        left.plot(grid, law(1 / grid), color="0.5", lw=1, zorder=0, label="parabola")
        left.legend()
        rows += [("parabola", np.nan, x, np.nan, law(1 / x), np.nan) for x in grid]
    left.set(yscale="log", xlabel=r"$1/u^2$  ($\sigma^{-2}$)", ylabel=r"$\tau_\alpha$  ($\tau$)")
    right.set(xlabel=r"$T$  ($\epsilon/k_B$)", ylabel=r"$a$  ($\sigma$)")
    right.legend()
    return figure, pd.DataFrame(rows, columns=["panel", "T", "x", "x_error", "y", "y_error"])
