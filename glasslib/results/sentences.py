"""Parts of the sentences that pages open with: where, which is better, the trend on cooling."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.words import bar
from glasslib.store import Ensemble

__all__ = ["at", "contest", "data_sentence", "joined", "on_cooling", "values"]

Runs = Mapping[float, int]


def joined(parts: Iterable[str]) -> str:
    """Join by commas and "and".

    Examples
    --------
    >>> joined(["a"]), joined(["a", "b"]), joined("abc"), joined([])
    ('a', 'a and b', 'a, b and c', 'none')
    """
    parts = list(parts)
    if not parts:
        return "none"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def at(temperatures: Iterable[float], runs: Runs | None = None) -> str:
    """Say at which temperatures, those with few runs marked.

    Examples
    --------
    >>> at([0.60, 0.50]), at([0.42, 0.40], {0.42: 4, 0.40: 2}), at([])
    ('at T = 0.60 and 0.50', 'at T = 0.42 and 0.40 (2 runs)', 'at no temperature')
    """
    texts = []
    for t in temperatures:
        few = runs is not None and runs[t] < COMPARED_RUNS
        texts.append(f"{t:.2f}" + (f" ({runs[t]} run{'s' * (runs[t] != 1)})" if few else ""))
    return f"at T = {joined(texts)}" if texts else "at no temperature"


def values(numbers: Iterable[float], decimals: int = 2) -> str:
    """Write numbers one after the other.

    Examples
    --------
    >>> values([0.771, 0.698, 0.749])
    '0.77, 0.70 and 0.75'
    """
    return joined(f"{number:.{decimals}f}" for number in numbers)


def contest(
    first: str, second: str, difference: pd.DataFrame, runs: Runs, brief: bool = False
) -> str:
    """Say which of two is better, where, and by how much.

    Parameters
    ----------
    first, second : str
    difference : pandas.DataFrame
        ``T``, ``rho`` (first minus second) and ``rho_error``.
    runs : mapping of float to int
        Number of runs at each temperature.
    brief : bool
        Give the first and the last value if one wins at all of three temperatures or more.

    Examples
    --------
    >>> one = pd.DataFrame({"T": [0.6, 0.5, 0.45], "rho": [0.22, -0.12, 0.01], "rho_error": 0.02})
    >>> contest("A", "B", one, {0.6: 10, 0.5: 10, 0.45: 10})
    'A beats B by 0.22 at T = 0.60; B beats A by 0.12 at T = 0.50; no difference can be told at \
T = 0.45'
    >>> contest("A", "B", one[:1], {0.6: 10}), contest("A", "B", one[2:], {0.45: 10})
    ('A beats B by 0.22 at T = 0.60', 'A and B cannot be told apart at T = 0.45')
    >>> contest("A", "B", one.assign(rho=[0.3, 0.2, 0.1]), dict.fromkeys(one["T"], 10), brief=True)
    'A beats B at all 3 temperatures, by 0.30 (T = 0.60) to 0.10 (T = 0.45)'
    >>> contest("A", "B", one, dict.fromkeys(one["T"], 10), True).count(";")
    2
    """
    wins: dict[str, list] = {first: [], second: []}
    neither = []
    for _, row in difference.iterrows():
        t, value = row["T"], row["rho"]
        if np.isfinite(row["rho_error"]) and abs(value) > bar(row["rho_error"], runs[t]):
            wins[first if value > 0 else second].append((t, abs(value)))
        else:
            neither.append(t)

    def where(temperatures):
        all_alike = brief and len(temperatures) == len(difference) > 2
        return f"at all {len(difference)} temperatures" if all_alike else at(temperatures, runs)

    def told(won):
        temperatures, sizes = zip(*won, strict=True)
        if brief and len(won) == len(difference) > 2:
            ends = [f"{sizes[k]:.2f} (T = {temperatures[k]:.2f})" for k in (0, -1)]
            return f"{where(temperatures)}, by {ends[0]} to {ends[1]}"
        return f"by {values(sizes)} {where(temperatures)}"

    parts = [
        f"{name} beats {second if name == first else first} {told(won)}"
        for name, won in wins.items() if won
    ]
    if neither:
        alone = f"{first} and {second} cannot be told apart"
        parts.append(f"{'no difference can be told' if parts else alone} {where(neither)}")
    return "; ".join(parts)


def on_cooling(what: str, line: pd.DataFrame, runs: Runs) -> str:
    """Say how ρ changes from the highest to the lowest temperature.

    Parameters
    ----------
    what : str
    line : pandas.DataFrame
        ``T``, ``rho``, ``rho_error``.
    runs : mapping of float to int

    Examples
    --------
    >>> line = pd.DataFrame({"T": [0.6, 0.45], "rho": [0.7, 0.5], "rho_error": 0.02})
    >>> runs = {0.6: 10, 0.45: 10}
    >>> on_cooling("A", line, runs), on_cooling("B", line.assign(rho=[0.4, 0.41]), runs)
    ('A falls on cooling, from 0.70 to 0.50', 'B does not change on cooling beyond the error bar \
(0.40 and 0.41)')
    >>> on_cooling("A", line[::-1].assign(rho=[0.7, 0.5]), runs), on_cooling("A", line[:1], runs)
    ('A rises on cooling, from 0.50 to 0.70', 'A is 0.70 at T = 0.60')
    """
    line = line.sort_values("T", ascending=False)
    hot, cold = line.iloc[0], line.iloc[-1]
    if hot["T"] == cold["T"]:
        return f"{what} is {hot['rho']:.2f} {at([hot['T']], runs)}"
    fewest = min(runs[hot["T"]], runs[cold["T"]])
    error = float(np.hypot(hot["rho_error"], cold["rho_error"]))
    change = cold["rho"] - hot["rho"]
    if not np.isfinite(error) or abs(change) <= bar(error, fewest):
        return (f"{what} does not change on cooling beyond the error bar ({hot['rho']:.2f} and"
                f" {cold['rho']:.2f})")
    verb = "rises" if change > 0 else "falls"
    return f"{what} {verb} on cooling, from {hot['rho']:.2f} to {cold['rho']:.2f}"


def data_sentence(shown: Mapping[float, Ensemble]) -> str:
    """Say which data a page stands on, equal ones together."""
    groups: dict[str, list[float]] = {}
    for t, ensemble in shown.items():
        counts = [n for n in ensemble.n_trajectories.values() if n]
        what = f"{len(ensemble.runs)} run{'s' * (len(ensemble.runs) != 1)}"
        if counts:
            what += f", {len(counts)} of them" * (len(counts) < len(ensemble.runs))
            what += f" × {joined(str(n) for n in sorted(set(counts)))} trajectories"
        groups.setdefault(what, []).append(t)
    text = "; ".join(f"{what} {at(group)}" for what, group in groups.items())
    if any(len(ensemble.runs) < COMPARED_RUNS for ensemble in shown.values()):
        text += f". Temperatures with fewer than {COMPARED_RUNS} runs are hollow and not judged"
    return f"{text}."
