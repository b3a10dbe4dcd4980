"""The look that all figures share, and how they are saved with their numbers."""

from collections.abc import Callable
from functools import wraps
from importlib.resources import as_file, files

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasslib import paths
from glasslib.files import write_atomically

__all__ = [
    "NETWORK_COLOURS", "SPLIT_NAMES", "legend_below", "save", "styled", "temperature_colour",
    "time_panels",
]  # fmt: skip

#: Okabe–Ito colours, told apart with any colour vision: truth, network A, network B.
NETWORK_COLOURS = {"true": "#000000", "A": "#0072B2", "B": "#D55E00"}
#: How a division of rows is called in titles.
SPLIT_NAMES = {"row": "rows at random", "run": "whole runs held out"}
_COLD, _HOT = 0.385, 0.8


def temperature_colour(temperature: float) -> tuple[float, float, float, float]:
    """Return the colour of a temperature, the same on every page: dark violet is cold.

    The map is matplotlib's plasma without its palest end, even in 1/T from T = 0.385 to 0.8.

    Examples
    --------
    >>> temperature_colour(0.50) == temperature_colour(0.50)
    True
    >>> temperature_colour(0.40) == temperature_colour(0.60)
    False
    """
    place = np.clip((1 / _COLD - 1 / temperature) / (1 / _COLD - 1 / _HOT), 0, 1)
    return mpl.colormaps["plasma"](0.85 * place)


def styled(function: Callable) -> Callable:
    """Draw a figure function's figure in the book's style, whatever the user's own settings."""

    @wraps(function)
    def wrapper(*args, **kwargs):
        with as_file(files("glasslib.figures") / "companion.mplstyle") as style:
            with mpl.style.context(["default", str(style)]):
                result = function(*args, **kwargs)
                interactive = mpl.is_interactive()
        # The first figure loads a notebook's backend, which switches this on: leave it on.
        mpl.interactive(interactive)
        return result

    return wrapper


def legend_below(figure: Figure, axis: Axes) -> None:
    """Put the legend of one axis below all of them, where it hides no curve."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(labels)))


def time_panels(
    table: pd.DataFrame,
    draw: Callable[[Axes, float, pd.DataFrame], None],
    ylabel: str,
    sharey: bool = False,
) -> Figure:
    """Draw curves against time, one panel for each temperature, with a line at its τ_α.

    Parameters
    ----------
    table : pandas.DataFrame
        With columns ``T``, ``t`` and ``at_tau``.
    draw : callable
        Draws the curves of one panel, from its axes, the temperature and the table's rows of it.
    ylabel : str
    sharey : bool
        All panels have the same scale.
    """
    temperatures = list(dict.fromkeys(table["T"]))
    n_columns = min(3, len(temperatures))
    n_rows = -(-len(temperatures) // n_columns)
    figure, axes = plt.subplots(
        n_rows, n_columns, squeeze=False, sharey=sharey,
        figsize=(2.6 * n_columns + 0.5, 2.7 * n_rows),
    )
    for axis, temperature in zip(axes.flat, temperatures, strict=False):
        here = table[table["T"] == temperature]
        draw(axis, temperature, here)
        for tau in here.loc[here["at_tau"], "t"].unique():
            axis.axvline(tau, color="0.6", lw=0.8, ls=":")
        axis.axhline(0, color="0.8", lw=0.6)
        axis.set(xscale="log", title=f"T = {temperature:.2f}", xlabel=r"$t$  ($\tau$)")
    for axis in axes.flat[len(temperatures):]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel(ylabel)
    axes.flat[0].legend(fontsize=6)
    return figure


def save(name: str, figure: Figure, numbers: pd.DataFrame) -> None:
    """Save a figure as PNG and the numbers in it as CSV, in :func:`glasslib.paths.figures`.

    Parameters
    ----------
    name : str
        Stem of both files, such as ``"figure-1"``.
    figure : matplotlib.figure.Figure
    numbers : pandas.DataFrame
    """
    folder = paths.figures()
    write_atomically(folder / f"{name}.png", lambda target: figure.savefig(target, format="png"))
    write_atomically(
        folder / f"{name}.csv", lambda target: numbers.to_csv(target, index=False)
    )
