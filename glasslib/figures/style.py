"""The look that all figures share, and how they are saved with their numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from glasslib import paths
from glasslib.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "NETWORK_COLOURS",
    "SPLIT_NAMES",
    "legend_below",
    "save",
    "styled",
    "temperature_colour",
    "true_values",
]

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


def true_values(column: pd.Series) -> pd.Series:
    """Tell which values of a column are true, as booleans or as text."""
    return column.astype(str) == "True"


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
