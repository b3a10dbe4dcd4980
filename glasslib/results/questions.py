"""What the parameters of a page ask for beyond the tables that ship: computed, and cached.

With its defaults a page shows its tables as they are. With other values the functions named here
compute what an exercise asks, at one temperature after another, and keep it under ``var/cache``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from glasslib import store
from glasslib.parameters import CompanionParameters
from glasslib.results import baselines, debye_waller, inherent_structure, leaks, shipped, transfer
from glasslib.results.cache import digest, key_of
from glasslib.results.closure import code_of
from glasslib.results.page_parameters import table_options
from glasslib.results.tables import part_name
from glasslib.store import Ensemble

__all__ = ["QUESTIONS", "asked"]


@dataclass(frozen=True)
class Question:
    """One thing that a page can be asked.

    Parameters
    ----------
    function : callable
        From an ensemble and the values asked for to the rows of a table.
    options : tuple of str
        The parameters of the page that ask it, as the function calls them.
    replaces : bool
        The rows stand in place of the table that ships, not below it.
    together : bool
        The function takes all ensembles at once.
    """

    function: Callable[..., pd.DataFrame]
    options: tuple[str, ...]
    replaces: bool = False
    together: bool = False


QUESTIONS: dict[str, Question] = {
    "training": Question(transfer.trained_together, ("train_at",), together=True),
    "division": Question(leaks.divided, ("divide_by", "neighbour_width"), replaces=True),
    "squares": Question(baselines.with_squares, ("squares",)),
    "polynomial": Question(debye_waller.reorientation_of, ("polynomial",), replaces=True),
    "shuffled": Question(debye_waller.shuffled_together, ("shuffle_together",)),
    "inherent": Question(inherent_structure.inherent_alone, ("inherent",)),
}


def asked(
    name: str, table: pd.DataFrame, shown: dict[float, Ensemble], page: CompanionParameters
) -> pd.DataFrame:
    """Return a table with what a page asks for: below it, or in its place.

    Parameters
    ----------
    name : str
        One of :data:`QUESTIONS`.
    table : pandas.DataFrame
        What the page shows with its defaults.
    shown : dict of float to Ensemble
        By temperature.
    page : CompanionParameters

    Returns
    -------
    pandas.DataFrame
        The table itself if the page asks for nothing; with the columns of the function if it does.
    """
    question = QUESTIONS[name]
    options = table_options(page, question.options)
    if not options:
        return table
    parts = {"all": shown} if question.together else {part_name(t): e for t, e in shown.items()}
    frames = [] if question.replaces else [table]
    for part, given in tqdm(parts.items(), desc=name, unit="temperature"):
        data = [digest(one) for one in (given.values() if question.together else [given])]
        key = key_of(name, data, {k: str(v) for k, v in options.items()},
                     code_of(question.function, store.load_ensemble))
        answer = partial(_answer, question, given, options)
        frames.append(shipped.found_or(f"asked-{name}", part, key, answer))
    whole = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    whole.attrs["runs"] = {t: len(ensemble.runs) for t, ensemble in shown.items()}
    return whole


def _answer(question: Question, given: Any, options: dict[str, Any]) -> pd.DataFrame:
    with threadpool_limits(1):
        frame = question.function(given, **options)
    return frame if question.together else frame.assign(T=given.temperature)
