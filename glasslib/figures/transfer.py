"""Figure 7: networks at other temperatures than their own."""

from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import (
    SPLIT_NAMES,
    legend_below,
    letters,
    mark_tau,
    name_of,
    runs_of,
    split_label,
    styled,
    tau_handle,
    temperature_colour,
    temperature_look,
)
from glasslib.results.words import bars

__all__ = ["transfer_figure", "transfer_map_figure"]


@styled
def transfer_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against the temperature a network is applied at, for each training temperature.

    Bars are 95 % intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``transfer``; diamonds mark the training temperature.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``network``, ``trained``, ``applied``, ``rho``, ``rho_error``.
    """
    runs, table = runs_of(table), table[table["kind"] == "pair"]
    splits = [split for split in SPLIT_NAMES if split in set(table["split"])]
    figure, axes = plt.subplots(
        len(splits), 2, sharex=True, sharey=True, squeeze=False,
        figsize=(8.2, 2.9 * len(splits) + 0.5),
    )
    for (split, network), axis in zip(product(splits, ("A", "B")), axes.flat, strict=True):
        chosen = table[(table["network"] == network) & (table["split"] == split)]
        for trained, line in chosen.groupby("trained", sort=False):
            line = line.sort_values("applied")
            look = temperature_look(trained, runs.get(trained))
            look["label"] = look["label"].replace("T =", "trained at")
            axis.errorbar(line["applied"], line["rho"],
                          yerr=bars(line["rho_error"], line["runs"]), elinewidth=1, **look)
            own = line[line["applied"] == trained]
            mark_tau(axis, own["applied"], own["rho"], temperature_colour(trained))
        axis.set_title(f"network {network}")
    for axis in axes[-1]:
        axis.set_xlabel(r"$T$ of application  ($\epsilon/k_B$)")
    for axis, split in zip(axes[:, 0], splits, strict=True):
        axis.set(ylim=(0, 1.02), ylabel=split_label(split, r"$\rho(t = \tau_\alpha)$"))
    letters(axes)
    (handle,) = tau_handle().values()
    legend_below(figure, axes[0, 0], more={"own temperature": handle})
    columns = ["split", "network", "trained", "applied", "rho", "rho_error"]
    return figure, table[columns].reset_index(drop=True)


@styled
def transfer_map_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) within new configurations as a map, with numbers: trained down, applied across.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``transfer``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``network``, ``trained``, ``applied``, ``within``, ``within_error``. Empty with a
        single run.
    """
    runs = runs_of(table)
    here = table[(table["kind"] == "pair") & (table["split"] == "run")]
    places = list(dict.fromkeys(here["trained"]))
    names = [name_of(t, runs.get(t)).removeprefix("T = ").replace(" (", "\n(") for t in places]
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(8.2, 0.5 * len(places) + 1.4))
    for network, axis in zip("AB", axes, strict=True):
        chosen = here[here["network"] == network]
        rho = chosen.pivot(index="trained", columns="applied", values="within")
        axis.imshow(rho.reindex(index=places, columns=places), vmin=0.2, vmax=1, aspect="auto",
                    cmap="Blues")
        for _, row in chosen.iterrows():
            hundredths = max(1, round(100 * row["within_error"]))
            axis.text(places.index(row["applied"]), places.index(row["trained"]),
                      f"{row['within']:.2f}({hundredths})", ha="center", va="center",
                      color="white" if row["within"] > 0.8 else "black", fontsize=10)
        axis.set(title=f"network {network}", xlabel=r"$T$ of application  ($\epsilon/k_B$)")
        axis.set_xticks(range(len(places)), names)
        axis.set_yticks(range(len(places)), names)
        axis.tick_params(length=0)
    axes[0].set_ylabel(r"$T$ of training  ($\epsilon/k_B$)")
    letters(axes)
    columns = ["network", "trained", "applied", "within", "within_error"]
    return figure, here[columns].reset_index(drop=True)
