"""The whole companion in one picture: the paper's test beside configurations never seen."""


import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from glasslib.figures.style import (
    NETWORK_COLOURS,
    ceiling_line,
    network_look,
    runs_of,
    styled,
    temperature_axis,
    trend,
)
from glasslib.results.ceiling import own_ceiling
from glasslib.results.correlation import COMPARED_RUNS, counted

__all__ = ["front_figure"]

#: What is drawn in each test, from top to bottom of the legend: look, table, model, label.
_LINES = {
    "row": [
        ("A", "accuracy", "network A", "A: structure\nand rattle"),
        ("neighbours", "without", "neighbours' propensity", "no structure: mean\nof neighbours"),
        ("B", "accuracy", "network B", "B: structure"),
    ],
    "run": [
        ("D", "limit", "ridge D", "D: cage of the\nstructure"),
        ("A", "accuracy", "network A", "A: structure\nand rattle"),
        ("C", "inherent", "ridge C", "C: structure\nwithout vibrations"),
        ("B", "accuracy", "network B", "B: structure"),
    ],
}
_TITLES = {
    "row": "Random split (the paper's test):\nneighbours of test monomers train.",
    "run": "New configurations:\nnone of their monomers trains.",
}


def _spread(places: list[float], gap: float) -> np.ndarray:
    """Move labels apart to at least ``gap``, each as little as its crowd allows.

    Examples
    --------
    >>> _spread([0.5, 0.52, 0.9], 0.1).round(2).tolist()
    [0.46, 0.56, 0.9]
    """
    order = np.argsort(places)
    groups = [[float(places[k])] for k in order]  # each a crowd around the mean of its places
    k = 1
    while k < len(groups):
        reach = gap * (len(groups[k - 1]) + len(groups[k])) / 2
        if np.mean(groups[k]) - np.mean(groups[k - 1]) < reach - 1e-12:
            groups[k - 1] += groups.pop(k)
            k = max(1, k - 1)
        else:
            k += 1
    moved = np.empty(len(places))
    moved[order] = np.concatenate([
        np.mean(group) + gap * (np.arange(len(group)) - (len(group) - 1) / 2) for group in groups
    ])
    return moved


def _end_labels(axis: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write at the right end of each line what it is, in its colour."""
    for place, (x, _, label, colour) in zip(_spread([end[1] for end in ends], 0.105), ends,
                                            strict=True):
        axis.annotate(label, (x, place), xytext=(9, 0), textcoords="offset points", va="center",
                      color=[0.75 * part for part in to_rgb(colour)], annotation_clip=False,
                      linespacing=1.05)


@styled
def front_figure(
    accuracy: pd.DataFrame,
    ceiling: pd.DataFrame,
    inherent: pd.DataFrame,
    limit: pd.DataFrame,
    without: pd.DataFrame,
) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) against temperature in the paper's test (left) and on new configurations (right).

    Bars are 95 % intervals.

    Parameters
    ----------
    accuracy, ceiling, inherent, limit, without : pandas.DataFrame
        The result tables ``accuracy``, ``ceiling``, ``inherent``, ``structure-limit`` and
        ``without-structure``. A and B are networks; C and D are ridge regressions.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``split``, ``T``, ``model``, ``rho``, ``rho_error``, ``runs``, ``ceiling``.
    """
    tables = {"accuracy": counted(accuracy), "inherent": counted(inherent),
              "limit": counted(limit), "without": without}
    runs = runs_of(accuracy)
    top = own_ceiling(ceiling)
    top = top[top["at_tau"]].sort_values("T")
    splits = [split for split in _LINES if (accuracy["split"] == split).any()]
    figure, axes = plt.subplots(1, len(splits), sharey=True, squeeze=False,
                                figsize=(4.1 * len(splits) + 1.0, 4.4))
    drawn = []
    for axis, split in zip(axes[0], splits, strict=True):
        ends = []
        for look, name, model, label in _LINES[split]:
            table = tables[name]
            line = table[(table["model"] == model) & (table["split"] == split) & table["at_tau"]]
            line = line.sort_values("T")
            trend(axis, line["T"], line["rho"], line["rho_error"], line["T"].map(runs.get),
                  network_look(look))
            if len(line):
                end = line.iloc[-1]
                ends.append((end["T"], end["rho"], label, NETWORK_COLOURS[look]))
            drawn.append(line.assign(split=split, runs=line["T"].map(runs.get)))
        ceiling_line(axis, top["T"], top["ceiling"], "noise ceiling")
        _end_labels(axis, ends)
        axis.set_title(_TITLES[split])
        temperature_axis(axis)
    axes[0, 0].set(ylabel=r"correlation with the truth, $\rho(\tau_\alpha)$", ylim=(0.2, 1.02))
    numbers = pd.concat(drawn, ignore_index=True)
    numbers["ceiling"] = numbers["T"].map(top.set_index("T")["ceiling"])
    few = numbers[numbers["runs"] < COMPARED_RUNS]
    if len(few):
        axes[0, 0].annotate(f"hollow: {int(few['runs'].min())} runs", (0.02, 0.03),
                            xycoords="axes fraction", color="0.35", fontsize=10)
    columns = ["split", "T", "model", "rho", "rho_error", "runs", "ceiling"]
    return figure, numbers[columns]
