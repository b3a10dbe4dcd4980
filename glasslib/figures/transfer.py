"""Figure 7: networks at other temperatures than their own."""

from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import SPLIT_NAMES, legend_below, styled, temperature_colour

__all__ = ["transfer_figure"]


@styled
def transfer_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against the temperature a network is applied at, for each training temperature.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``transfer``; black diamonds mark the training temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``network``, ``trained``, ``applied``, ``rho``, ``rho_error``.
    """
    table = table[table["kind"] == "pair"]
    splits = [split for split in SPLIT_NAMES if split in set(table["split"])]
    figure, axes = plt.subplots(
        len(splits), 2, sharex=True, sharey=True, squeeze=False, figsize=(6.0, 2.6 * len(splits))
    )
    for (split, network), axis in zip(product(splits, ("A", "B")), axes.flat, strict=True):
        chosen = table[(table["network"] == network) & (table["split"] == split)]
        for trained, line in chosen.groupby("trained", sort=False):
            line = line.sort_values("applied")
            axis.errorbar(line["applied"], line["rho"], yerr=line["rho_error"], fmt="-o", ms=3.5,
                          color=temperature_colour(trained), label=f"trained at {trained:.2f}")
            own = line[line["applied"] == trained]
            axis.plot(own["applied"], own["rho"], "kD", ms=6, zorder=3)
        axis.set_title(f"network {network}, {SPLIT_NAMES[split]}")
    for axis in axes[-1]:
        axis.set_xlabel(r"$T$ of application  ($\epsilon/k_B$)")
    for axis in axes[:, 0]:
        axis.set(ylim=(0, 1), ylabel=r"$\rho(t = \tau_\alpha)$")
    legend_below(figure, axes[0, 0])
    columns = ["split", "network", "trained", "applied", "rho", "rho_error"]
    return figure, table[columns].reset_index(drop=True)
