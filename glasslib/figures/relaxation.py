"""Figure 1: the self intermediate scattering function and the Arrhenius plot of τ_α."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from glasslib.dynamics.relaxation import fit_vft
from glasslib.figures.style import styled, temperature_colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasslib.results import Relaxation

__all__ = ["relaxation_figure"]


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
