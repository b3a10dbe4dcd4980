"""What the whole book found, in five sentences made from its tables: the front page."""

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
    accuracy = tables["accuracy"]

    def between(first, second, table, split, one, other):
        rows = chosen(table, runs, split=split, model=difference_name(one, other))
        return contest(first, second, rows, runs, brief=True)

    in_split, on_new = (
        between("A", "B", accuracy, way, "network A", "network B") for way in TESTS
    )
    of_b, of_a = (
        without_contest(tables["without-structure"], accuracy, network, runs, brief=True)
        for network in "BA"
    )
    equal = tables["accuracy-equal-runs"]
    a, b = (
        on_cooling(network, chosen(equal, runs, split="run", model=f"network {network}"), runs)
        for network in "AB"
    )
    c = between("A", "C", tables["inherent"], "run", "ridge A", "ridge C")
    d = between("D", "A", tables["structure-limit"], "run", "ridge D", "ridge A")
    return [
        f"In the random split (the paper's test), {in_split}.",
        f"There, without any descriptor, {of_b}; {of_a}.",
        f"On new configurations, {on_new}. On equal numbers of runs, {a}; {b}.",
        f"Without a trajectory, from the energy minimum alone (C), {c}. From the cage of each"
        f" monomer, sampled at fixed structure (D), {d}.",
        transfer_finding(tables["transfer"], runs),
    ]
