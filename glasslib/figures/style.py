"""The look that all figures share, and how they are saved with their numbers."""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from importlib.resources import as_file, files
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from glasslib import paths
from glasslib.files import write_atomically
from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.words import bars

__all__ = [
    "NETWORK_COLOURS", "NETWORK_MARKERS", "SPLIT_NAMES", "TEMPERATURES",
    "ceiling_line", "legend_below", "letters", "mark_tau", "name_of", "network_look", "runs_of",
    "save", "split_label", "styled", "tau_handle", "temperature_axis", "temperature_colour",
    "temperature_look", "time_panels", "trend",
]  # fmt: skip

#: Colour and marker of the temperatures that ship: warm is hot. Chosen for the largest least
#: distance of any two with normal sight, protanopia, deuteranopia and tritanopia.
TEMPERATURES = {
    0.60: ("#A73F15", "o"), 0.50: ("#E56C00", "s"), 0.45: ("#3EA39D", "^"),
    0.42: ("#1A6987", "v"), 0.40: ("#B053F4", "p"),
}  # fmt: skip
#: Beyond them, the ends of the range of temperatures that can be asked for.
_ENDS = {0.90: "#B5466B", 0.30: "#D64FB0"}
#: Truth; networks A and B; C (inherent structure) and D (cages); the mean of the neighbours.
NETWORK_COLOURS = {
    "true": "#000000", "A": "#0072B2", "B": "#D55E00", "C": "#009E73", "D": "#CC79A7",
    "neighbours": "#5A5A5A",
}  # fmt: skip
NETWORK_MARKERS = {"true": ".", "A": "o", "B": "s", "C": "^", "D": "P", "neighbours": "D"}
#: The two tests, by the same names everywhere.
SPLIT_NAMES = {"row": "random split (the paper's test)", "run": "new configurations"}

_TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                    [0.2119034982, 0.6806995451, 0.1073969566],
                    [0.0883024619, 0.2817188376, 0.6299787005]])
_TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                    [1.9779984951, -2.4285922050, 0.4505937099],
                    [0.0259040371, 0.7827717662, -0.8086757660]])


# ---------------------------------------------------------------------------------- colours
def _oklab(colour: str) -> np.ndarray:
    """Turn an sRGB colour into OKLab, where distances are what the eye sees."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _TO_LAB @ np.cbrt(_TO_LMS @ linear)


def _from_oklab(lab: np.ndarray) -> str:
    linear = np.clip(np.linalg.solve(_TO_LMS, np.linalg.solve(_TO_LAB, lab) ** 3), 0, 1)
    return to_hex(np.where(linear <= 0.0031308, 12.92 * linear,
                           1.055 * linear ** (1 / 2.4) - 0.055)).upper()


def temperature_colour(temperature: float) -> str:
    """Return the colour of a temperature, the same on every page: warm is hot, violet is cold.

    One that does not ship lies between its neighbours, linearly in 1/T and in OKLab.

    Examples
    --------
    >>> temperature_colour(0.50), temperature_colour(0.55)
    ('#E56C00', '#C35310')
    """
    known = {t: colour for t, (colour, _) in TEMPERATURES.items()} | _ENDS
    if temperature in known:
        return known[temperature]
    places = sorted(known, reverse=True)
    labs = np.array([_oklab(known[t]) for t in places])
    inverse = 1 / np.array(places)
    return _from_oklab(np.array([np.interp(1 / temperature, inverse, lab) for lab in labs.T]))


def runs_of(table: pd.DataFrame) -> Mapping[float, int]:
    """Return the number of runs at each temperature of a result table, if it knows them."""
    return table.attrs.get("runs", {})


def name_of(temperature: float, runs: int | None = None) -> str:
    """Return the label of a temperature, with the number of runs if they are few.

    Examples
    --------
    >>> name_of(0.6, 10), name_of(0.42, 2)
    ('T = 0.60', 'T = 0.42 (2 runs)')
    """
    few = runs is not None and runs < COMPARED_RUNS
    return f"T = {temperature:.2f}" + (f" ({runs} run{'' if runs == 1 else 's'})" if few else "")


def _look(colour: str, marker: str, runs: int | None) -> dict[str, Any]:
    """Keywords of ``errorbar`` and ``plot``: hollow and dashed for few runs."""
    few = runs is not None and runs < COMPARED_RUNS
    return {"color": colour, "marker": marker, "ls": (0, (3, 1.6)) if few else "-",
            "lw": 1.3 if few else 1.7, "mfc": "white" if few else colour}


def temperature_look(temperature: float, runs: int | None = None) -> dict[str, Any]:
    """Return how a curve of one temperature is drawn: keywords of ``errorbar`` and ``plot``.

    Parameters
    ----------
    temperature : float
        In ε/k_B. One that does not ship has the marker X.
    runs : int, optional
        Number of runs behind the curve. With fewer than
        :data:`~glasslib.results.correlation.COMPARED_RUNS` it is hollow and dashed, and its label
        says so.

    Examples
    --------
    >>> look = temperature_look(0.42, runs=2)
    >>> look["marker"], look["mfc"], look["label"]
    ('v', 'white', 'T = 0.42 (2 runs)')
    """
    marker = TEMPERATURES.get(temperature, ("", "X"))[1]
    look = _look(temperature_colour(temperature), marker, runs)
    return {**look, "label": name_of(temperature, runs)}


def network_look(network: str, runs: int | None = None) -> dict[str, Any]:
    """Return how a curve of one network is drawn, as :func:`temperature_look` does.

    Examples
    --------
    >>> network_look("A")["marker"], network_look("B")["color"]
    ('o', '#D55E00')
    """
    return _look(NETWORK_COLOURS[network], NETWORK_MARKERS[network], runs)


# ----------------------------------------------------------------------------------- pieces
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


def legend_below(figure: Figure, *axes: Axes, more: Mapping[str, Any] | None = None) -> None:
    """Put one legend of all axes below them, where it hides no curve; a label counts once.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    *axes : matplotlib.axes.Axes
    more : mapping, optional
        Further handles by label.
    """
    entries: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    entries |= more or {}
    if not entries:
        return
    widths = [len(re.sub(r"\\[a-z]+|[$_ ]+", "x", label)) * 0.085 + 0.5 for label in entries]  # in
    lines = int(np.ceil(sum(widths) / figure.get_figwidth()))
    figure.legend(list(entries.values()), list(entries), loc="outside lower center",
                  ncols=-(-len(entries) // lines))


def letters(axes: Any) -> None:
    """Put (a), (b) … before the titles of the panels."""
    for letter, axis in zip("abcdefghij", np.ravel(axes), strict=False):
        axis.set_title(f"({letter})  {axis.get_title(loc='left')}".rstrip(), loc="left")


def split_label(split: str, quantity: str) -> str:
    """Return the label of the y axis of a row of panels: the test, and below it what is drawn.

    Examples
    --------
    >>> split_label("row", "ρ")
    "random split\\n(the paper's test)\\nρ"
    """
    return f"{SPLIT_NAMES[split]}\n{quantity}".replace(" (", "\n(")


def mark_tau(axis: Axes, time: Any, value: Any, colour: str) -> None:
    """Mark τ_α on a curve: a diamond in the curve's colour with a dark edge."""
    axis.plot(time, value, "D", color=colour, mec="0.1", mew=1.0, ms=8.5, zorder=5)


def tau_handle() -> dict[str, Any]:
    """Return the entry of the legend for :func:`mark_tau`."""
    handle = mpl.lines.Line2D([], [], marker="D", color="0.6", mec="0.1", ms=8.5, ls="")
    return {r"$t = \tau_\alpha$": handle}


def temperature_axis(axis: Axes, label: str = r"temperature $T$  ($\epsilon/k_B$)") -> None:
    """Let an x axis of temperatures have round ticks."""
    axis.xaxis.set_major_locator(MultipleLocator(0.05))
    axis.set_xlabel(label)


def ceiling_line(axis: Axes, x: Any, y: Any, label: str = "") -> None:
    """Draw a noise ceiling: a thin grey line; the label is written above its middle."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    axis.plot(x, y, "-", color="0.62", lw=1.0, zorder=1)
    if label and np.isfinite(y).any():
        place = np.flatnonzero(np.isfinite(y))[np.isfinite(y).sum() // 2]
        axis.annotate(label, (x[place], y[place]), xytext=(0, 5), textcoords="offset points",
                      ha="center", va="bottom", color="0.4", fontsize=10)


def trend(axis: Axes, x: Any, y: Any, error: Any, runs: Any, look: Mapping[str, Any]) -> None:
    """Draw points over temperature, joined: hollow, and dashed towards them, where runs are few.

    Bars are 95 % intervals by the number of runs (:func:`~glasslib.results.words.bars`).

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    x, y, error : (n,) array_like
        ``x`` in order; standard errors.
    runs : sequence of int or None
        Number of runs behind each point.
    look : mapping
        From :func:`network_look` or :func:`temperature_look`; ``label`` goes to the filled points.
    """
    x, y, reach = (np.asarray(part, float) for part in (x, y, bars(error, runs)))
    few = np.array([n is not None and n < COMPARED_RUNS for n in runs], dtype=bool)
    plain = {name: value for name, value in look.items() if name not in ("ls", "lw", "mfc")}
    label = plain.pop("label", None)
    for start in range(len(x) - 1):
        part = slice(start, start + 2)
        dashed = few[part].any()
        axis.plot(x[part], y[part], color=look["color"], marker="", zorder=2,
                  ls=(0, (3, 1.6)) if dashed else "-", lw=1.3 if dashed else 1.7)
    for chosen, face, pale in ((~few, look["color"], 1.0), (few, "white", 0.4)):
        if chosen.any():
            axis.errorbar(x[chosen], y[chosen], yerr=reach[chosen], ls="", elinewidth=1, mfc=face,
                          ecolor=(look["color"], pale), zorder=3, label=label, **plain)
            label = None


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
        n_rows, n_columns, squeeze=False, sharey=sharey, figsize=(8.2, 2.9 * n_rows + 0.3)
    )
    runs = runs_of(table)
    for axis, temperature in zip(axes.flat, temperatures, strict=False):
        here = table[table["T"] == temperature]
        draw(axis, temperature, here)
        for tau in here.loc[here["at_tau"], "t"].unique():
            axis.axvline(tau, color="0.6", lw=0.8, ls=":")
            axis.annotate(r"$\tau_\alpha$", (tau, 1), xycoords=("data", "axes fraction"),
                          xytext=(2, -2), textcoords="offset points", va="top", color="0.35")
        axis.axhline(0, color="0.8", lw=0.6)
        axis.set(xscale="log", title=name_of(temperature, runs.get(temperature)),
                 xlabel=r"$t$  ($\tau$)")
    for axis in axes.flat[len(temperatures):]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel(ylabel)
    legend_below(figure, *axes.flat)
    return figure


def save(name: str, figure: Figure | None, numbers: pd.DataFrame) -> None:
    """Save a figure as PNG and the numbers in it as CSV, in :func:`glasslib.paths.figures`.

    Parameters
    ----------
    name : str
        Stem of both files, such as ``"figure-1"``.
    figure : matplotlib.figure.Figure or None
        None saves the numbers of a table.
    numbers : pandas.DataFrame
    """
    folder = paths.figures()
    if figure is not None:
        write_atomically(
            folder / f"{name}.png", lambda target: figure.savefig(target, format="png")
        )
    write_atomically(
        folder / f"{name}.csv", lambda target: numbers.to_csv(target, index=False)
    )
