"""The README opens with the picture and the sentences of the front page, made from the tables."""

import re
from pathlib import Path

import pandas as pd

from glasslib import figures, paths
from glasslib.errors import DataError
from glasslib.files import write_atomically, write_text
from glasslib.results import FRONT_TABLES, in_two_minutes
from glasslib.results.shipped import read_table

__all__ = ["PICTURE", "front_tables", "sync", "with_sentences"]

#: The picture, from the top of the checkout.
PICTURE = Path("book", "assets", "front.png")
_PLACE = re.compile(r"(<!-- in two minutes -->\n).*?(<!-- end -->)", re.DOTALL)


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


def sync() -> list[Path]:
    """Write sentences and picture of the README anew; return the files written."""
    path = paths.root() / "README.md"
    write_text(path, with_sentences(path.read_text(encoding="utf-8")))
    tables = front_tables()
    figure, _ = figures.front_figure(*(tables[name] for name in (
        "accuracy", "ceiling", "inherent", "structure-limit", "without-structure")))
    picture = paths.root() / PICTURE
    write_atomically(picture, lambda target: figure.savefig(target, format="png", dpi=150))
    return [path, picture]
