"""The README opens with the picture and the sentences of the front page, made from the tables.

The data card says how many runs and trajectories ship, counted from the files.
"""

import re
from pathlib import Path

import pandas as pd

from glasslib import figures, paths, store
from glasslib.errors import DataError
from glasslib.files import write_atomically, write_text
from glasslib.results import FRONT_TABLES, in_two_minutes
from glasslib.results.sentences import data_sentence
from glasslib.results.shipped import read_table

__all__ = ["PICTURE", "front_tables", "sync", "with_amount", "with_sentences"]

#: The picture, from the top of the checkout.
PICTURE = Path("book", "assets", "front.png")
_PLACE = re.compile(r"(<!-- in two minutes -->\n).*?(<!-- end -->)", re.DOTALL)
_AMOUNT = re.compile(r"(<!-- how much -->\n).*?(<!-- end -->)", re.DOTALL)


def front_tables() -> dict[str, pd.DataFrame]:
    """Return the result tables of the front page as they ship, with the numbers of runs.

    Raises
    ------
    DataError
        A table does not ship.
    """
    root = paths.ensembles("companion")
    runs = {float(folder.name[1:]): len(list(folder.glob("run??-block00.nc")))
            for folder in sorted(root.glob("T*"))}
    tables = {name: read_table(name) for name in FRONT_TABLES}
    for name, table in tables.items():
        if table.empty:
            raise DataError(f"data/results/{name}.csv is missing or damaged; run 'make results'")
        table.attrs["runs"] = runs
    return tables


def with_sentences(text: str) -> str:
    """Return the README with its sentences written anew, between their two marks.

    Raises
    ------
    DataError
        A table or a mark is missing.
    """
    if not _PLACE.search(text):
        raise DataError("README.md lacks the marks '<!-- in two minutes -->' and '<!-- end -->'")
    tables = front_tables()
    sentences = in_two_minutes(tables, tables["accuracy"].attrs["runs"])
    lines = "".join(f"- {sentence}\n" for sentence in sentences)
    return _PLACE.sub(lambda match: f"{match[1]}\n{lines}\n{match[2]}", text)


def with_amount(text: str) -> str:
    """Return the data card with what it says of runs and trajectories written anew.

    Raises
    ------
    DataError
        A mark is missing.
    """
    if not _AMOUNT.search(text):
        raise DataError("data/README.md lacks the marks '<!-- how much -->' and '<!-- end -->'")
    shipped = {t: store.load_ensemble(t, "companion")
               for t in sorted(store.available("companion"), reverse=True)}
    return _AMOUNT.sub(lambda match: f"{match[1]}{data_sentence(shipped)}\n{match[2]}", text)


def sync() -> list[Path]:
    """Write sentences and picture of the README, and the data card, anew; return the files."""
    card = paths.root() / "data" / "README.md"
    write_text(card, with_amount(card.read_text(encoding="utf-8")))
    path = paths.root() / "README.md"
    write_text(path, with_sentences(path.read_text(encoding="utf-8")))
    tables = front_tables()
    figure, _ = figures.front_figure(*(tables[name] for name in (
        "accuracy", "ceiling", "inherent", "structure-limit", "without-structure")))
    picture = paths.root() / PICTURE
    write_atomically(picture, lambda target: figure.savefig(target, format="png", dpi=150))
    return [card, path, picture]
