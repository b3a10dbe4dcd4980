"""Figure 6: the four-point susceptibility, true and predicted, and of single trajectories."""

import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import NETWORK_COLOURS, styled, time_panels

__all__ = ["susceptibility_figure", "trajectory_figure"]

_CURVES = [
    ("all", "true", "true", "true", "-o"),
    ("row", "network A", "A", "A, rows at random", "--s"),
    ("row", "network B", "B", "B, rows at random", "--^"),
    ("run", "network A", "A", "A, runs held out", ":s"),
    ("run", "network B", "B", "B, runs held out", ":^"),
]
_PARTS = [
    ("trajectory", "trajectories", "#000000", "single trajectories", "-o"),
    ("trajectory", "within configurations", "#009E73", "within configurations", "--s"),
    ("trajectory", "between configurations", "#CC79A7", "between configurations", ":^"),
    ("all", "true", "#E69F00", "Eq. 8, of the propensity", "-D"),
]


def _panels(table: pd.DataFrame, curves) -> tuple[Figure, pd.DataFrame]:
    drawn = []

    def draw(axis, temperature, here):
        for number, (split, curve, colour, label, style) in enumerate(curves):
            line = here[(here["split"] == split) & (here["curve"] == curve)]
            if not len(line):
                continue
            axis.errorbar(
                line["t"] * 1.04 ** (number - len(curves) / 2), line["chi4"],
                yerr=line["chi4_error"], fmt=style, ms=3, lw=1.1,
                color=NETWORK_COLOURS.get(colour, colour), label=label,
            )
            drawn.append(line)

    figure = time_panels(table, draw, r"$\chi_4(t)$")
    columns = ["T", "split", "curve", "t", "chi4", "chi4_error"]
    return figure, pd.concat(drawn, ignore_index=True)[columns]


@styled
def susceptibility_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw χ4(t) of Eq. 8, true and predicted, one panel for each temperature, τ_α marked.

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
