"""Figure 6: the four-point susceptibility of the true and of the predicted propensity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from glasslib.figures.style import NETWORK_COLOURS, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasslib.store import Times

__all__ = ["susceptibility_figure"]


@styled
def susceptibility_figure(
    panels: dict[float, tuple[Times, dict[str, tuple[np.ndarray, np.ndarray]]]],
) -> tuple[Figure, pd.DataFrame]:
    """Draw χ4(t), true, A and B, one panel for each temperature, τ_α marked.

    Parameters
    ----------
    panels : dict
        By temperature: the ensemble's times, and χ4 with its error by "true", "A", "B".

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``curve``, ``t``, ``chi4``, ``chi4_error``.
    """
    n_columns = min(3, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure, axes = plt.subplots(
        n_rows, n_columns, squeeze=False, figsize=(2.6 * n_columns + 0.4, 2.7 * n_rows)
    )
    rows = []
    for axis, (temperature, (times, curves)) in zip(axes.flat, panels.items(), strict=False):
        for shift, (name, (chi4, error)) in enumerate(curves.items()):
            label = "true" if name == "true" else f"network {name}"
            axis.errorbar(
                times.times * 1.04 ** (shift - 1), chi4, yerr=error,
                fmt={"true": "-o", "A": "--s", "B": ":^"}[name], ms=3.5,
                color=NETWORK_COLOURS[name], label=label, lw=1.2,
            )
            rows += [
                (temperature, name, t, c, e)
                for t, c, e in zip(times.times, chi4, error, strict=True)
            ]
        axis.axvline(times.tau_alpha, color="0.6", lw=0.8, ls=":")
        axis.set(xscale="log", title=f"T = {temperature:.2f}", xlabel=r"$t$  ($\tau$)",
                 ylim=(0, None))
    for axis in axes.flat[len(panels):]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$\chi_4(t)$")
    axes.flat[0].legend()
    columns = ["T", "curve", "t", "chi4", "chi4_error"]
    return figure, pd.DataFrame(rows, columns=columns)
