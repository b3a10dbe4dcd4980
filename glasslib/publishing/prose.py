"""Tables in prose pages that the library decides: parameters, profiles, and what a caller adds."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.files import write_text
from glasslib.parameters import PROTOCOLS, CompanionParameters
from glasslib.results.page_parameters import PAGES, limits, page_model

__all__ = ["parameter_rows", "parameter_table", "sync", "tables", "with_tables"]

#: Rows of tables by name, the first row the names of the columns.
Tables = Mapping[str, Sequence[Sequence[str]]]


def _allowed(field: FieldInfo) -> str:
    """Return what a field allows, in words: ``0.3 to 4``, ``smoke | lab``, or its type."""
    if told := (field.json_schema_extra or {}).get("allowed"):
        return told
    if get_origin(field.annotation) is Literal:
        return " | ".join(str(choice) for choice in get_args(field.annotation))
    if field.annotation is bool:
        return "True | False"
    named = getattr(field.annotation, "__name__", str(field.annotation))
    return limits(field.annotation, field.metadata) or named


def parameter_rows() -> list[tuple[str, ...]]:
    """Return a row for each parameter of the notebooks, the first the names of the columns.

    Name, pages that have it, default, allowed values, unit, meaning.
    """
    rows = [("name", "pages", "default", "allowed", "unit", "meaning")]
    fields = dict(CompanionParameters.model_fields)
    for stem in PAGES:
        fields |= page_model(stem).model_fields
    for name, field in fields.items():
        unit = (field.json_schema_extra or {}).get("unit", "–")
        pages = [stem[:2] for stem, own in PAGES.items() if name in own]
        where = ", ".join(str(int(page)) for page in pages) or "all"
        default = str(field.default)
        rows.append((name, where, default, _allowed(field), unit, field.description or ""))
    return rows


def parameter_table() -> list[str]:
    """Return the lines of :func:`parameter_rows` in columns, to be read in a terminal."""
    rows = parameter_rows()
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _markdown(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table in Markdown; a bar in a cell is escaped."""
    rows = list(rows)
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def tables() -> dict[str, list[tuple[str, ...]]]:
    """Return the tables of parameters and profiles, the first row the names of the columns."""
    profiles = [("profile", "monomers", "runs", "trajectories each", "cooled step by step through")]
    for name, protocol in PROTOCOLS.items():
        steps = ", ".join(f"{t:.2f}" for t in protocol.cascade) or "–"
        counts = tuple(
            f"{n:,}" for n in (protocol.melt.n_monomers, protocol.runs, protocol.trajectories)
        )
        profiles.append((f"`{name}`", *counts, steps))
    first, *rest = parameter_rows()
    rest = [(f"`{name}`", pages, f"`{default}`", *row) for name, pages, default, *row in rest]
    return {"parameters": [first, *rest], "profiles": profiles}


def with_tables(text: str, tables: Tables) -> str:
    """Return a prose page with its generated tables written anew.

    Each stands between the lines ``% table: name`` and ``% end of table``, which do not show.

    Parameters
    ----------
    text : str
        The page in MyST.
    tables : mapping
        By name, the rows of each table.

    Raises
    ------
    ParameterError
        The page asks for a table that there is not.
    """

    def fill(match: re.Match) -> str:
        if match["name"] not in tables:
            raise ParameterError(
                f"table {match['name']!r} does not exist; choose {', '.join(tables)}"
            )
        lines = _markdown(tables[match["name"]])
        return "\n".join([match["head"], "", *lines, "", "% end of table"])

    return re.sub(
        r"(?P<head>^% table: (?P<name>\S+)$).*?^% end of table$", fill, text,
        flags=re.MULTILINE | re.DOTALL,
    )


def sync(tables: Tables) -> list[Path]:
    """Write the prose pages whose generated tables differ from these; return those pages.

    Parameters
    ----------
    tables : mapping
        By name, the rows of each table that a page asks for.

    Raises
    ------
    ParameterError
        A page asks for a table that there is not.
    """
    written = []
    for path in sorted(paths.pages().rglob("*.md")):
        old = path.read_text(encoding="utf-8")
        new = with_tables(old, tables)
        if new != old:
            write_text(path, new)
            written.append(path)
    return written
