"""Figure 6: the four-point susceptibility, true and predicted, and of single trajectories."""


import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import NETWORK_COLOURS, styled, temperature_colour, time_panels
from glasslib.results.correlation import COMPARED_RUNS

__all__ = ["mobile_figure", "susceptibility_figure", "trajectory_figure"]

_CURVES = [
    ("all", "true", "true", "true", "-o"),
    ("row", "network A", "A", "A, random split", "--o"),
    ("row", "network B", "B", "B, random split", "--s"),
    ("run", "network A", "A", "A, new configurations", ":o"),
    ("run", "network B", "B", "B, new configurations", ":s"),
]
_PARTS = [
    ("trajectory", "trajectories", "#000000", "single trajectories", "-o"),
    ("trajectory", "within configurations", "#009E73", "within configurations", "--s"),
    ("trajectory", "between configurations", "#CC79A7", "between configurations", ":^"),
    ("all", "true", "#E69F00", "Eq. 8, of the propensity", "-D"),
]


def _panels(table: pd.DataFrame, curves) -> tuple[Figure, pd.DataFrame]:
    drawn, enough = [], table["runs"] >= COMPARED_RUNS
    table = table[enough] if enough.any() else table  # a variance of so few runs says nothing

    def draw(axis, temperature, here):
        for number, (split, curve, colour, label, style) in enumerate(curves):
            line = here[(here["split"] == split) & (here["curve"] == curve)]
            if not len(line):
                continue
            axis.errorbar(
                line["t"] * 1.04 ** (number - len(curves) / 2), line["chi4"],
                yerr=line["chi4_error"], fmt=style, ms=4.5, lw=1.3, elinewidth=1,
                color=NETWORK_COLOURS.get(colour, colour), label=label,
                mfc=None if enough.any() else "white",
            )
            drawn.append(line)

    figure = time_panels(table, draw, r"$\chi_4(t)$")
    columns = ["T", "split", "curve", "t", "chi4", "chi4_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]


@styled
def susceptibility_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw χ4(t) of Eq. 8, true and predicted, one panel for each temperature, τ_α marked.

    Temperatures with fewer than four runs are left out; if there are no others, symbols are hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``susceptibility``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``split``, ``curve``, ``t``, ``chi4``, ``chi4_error``.
    """
    return _panels(table, _CURVES)


@styled
def trajectory_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw χ4(t) of single trajectories and its two parts beside Eq. 8.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``susceptibility``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers as for :func:`susceptibility_figure`.
    """
    return _panels(table, _PARTS)


@styled
def mobile_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw predicted against true number of mobile monomers, one point for each run.

    Above, the networks with runs held out, and the line of equal numbers; below, the
    inherent-structure energy of the start. Temperatures with fewer than four runs are left out; if
    there are no others, symbols are hollow.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mobile-number``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``split``, ``predictor``, ``run``, ``predicted``, ``true``.
    """
    runs = table.groupby("T")["run"].transform("nunique")
    few = not (runs >= COMPARED_RUNS).any()
    table = table if few else table[runs >= COMPARED_RUNS]
    temperatures = list(dict.fromkeys(table["T"]))
    figure, axes = plt.subplots(
        2, len(temperatures), squeeze=False, figsize=(2.4 * len(temperatures) + 0.5, 5)
    )
    drawn = []
    for (above, below), t in zip(axes.T, temperatures, strict=True):
        here = table[table["T"] == t]
        for network, marker in (("A", "s"), ("B", "^")):
            one = here[(here["split"] == "run") & (here["predictor"] == f"network {network}")]
            colour = NETWORK_COLOURS[network]
            above.plot(one["true"], one["predicted"], marker, ls="none", ms=4, color=colour,
                       mfc="white" if few else colour, label=network)
            drawn.append(one)
        above.axline((one["true"].mean(), one["true"].mean()), slope=1, color="0.6", lw=0.8)
        one = here[here["predictor"] == "inherent-structure energy"]
        colour = temperature_colour(t)
        below.plot(one["true"], one["predicted"], "o", ms=4, color=colour,
                   mfc="white" if few else colour)
        drawn.append(one)
        above.set_title(f"T = {t:.2f}")
        below.set_xlabel("mobile monomers, true")
    axes[0, 0].set_ylabel("predicted")
    axes[1, 0].set_ylabel(r"inherent-structure energy  ($\epsilon$)")
    axes[0, 0].legend()
    columns = ["T", "split", "predictor", "run", "predicted", "true"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]
