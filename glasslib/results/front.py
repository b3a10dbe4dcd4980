"""What the whole book found, in five sentences made from its tables: the front page."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from glasslib.learning.correlation import difference_name
from glasslib.results.findings import TESTS, chosen, transfer_finding, without_contest
from glasslib.results.sentences import Runs, contest, on_cooling

__all__ = ["FRONT_TABLES", "in_two_minutes"]

#: The result tables of the sentences and of the figure.
FRONT_TABLES = (
    "accuracy", "accuracy-equal-runs", "ceiling", "inherent", "structure-limit", "transfer",
    "without-structure",
)


def in_two_minutes(tables: Mapping[str, pd.DataFrame], runs: Runs) -> list[str]:
    """Say in five sentences what the whole book found.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The result tables of :data:`FRONT_TABLES`, but for ``ceiling``.
    runs : mapping of float to int
        Number of runs at each temperature.
    """
    accuracy, limit = tables["accuracy"], tables["structure-limit"]
    difference = difference_name("network A", "network B")
    parts = {way: contest("A", "B", chosen(accuracy, runs, split=way, model=difference), runs)
             for way in TESTS}
    mean = [without_contest(tables["without-structure"], accuracy, n, runs) for n in "BA"]
    trends = [
        on_cooling(n, chosen(tables["accuracy-equal-runs"], runs, split="run",
                              model=f"network {n}"), runs) for n in "AB"
    ]
    c = chosen(tables["inherent"], runs, split="run",
                model=difference_name("ridge A", "ridge C"))
    d = chosen(limit, runs, model=difference_name("ridge D", "ridge A"))
    return [
        f"In the random split (the paper's test), {parts['row']}.",
        f"There, without any descriptor, {mean[0]}; {mean[1]}.",
        f"On new configurations, {parts['run']}. On equal numbers of runs {trends[0]};"
        f" {trends[1]}.",
        "Without a trajectory, from the energy minimum alone (C),"
        f" {contest('A', 'C', c, runs)}. From the cage of each monomer, sampled at fixed structure"
        f" (D), {contest('D', 'A', d, runs)}.",
        f"At other temperatures. {transfer_finding(tables['transfer'], runs)}",
    ]
