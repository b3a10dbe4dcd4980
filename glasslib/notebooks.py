"""The notebooks: which there are, their jupytext pairs, and the check of their parameters.

The MyST file ``NN-name.md`` is the source; ``NN-name.ipynb`` beside it is the same notebook,
unexecuted, for those who open it in Jupyter or run it with papermill. Each notebook has a cell
tagged ``parameters`` and, right after it, a cell that calls :func:`start`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.parameters import NOTEBOOKS, PROTOCOLS, CompanionParameters, validate

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from pydantic.fields import FieldInfo

__all__ = [
    "find",
    "generated_tables",
    "listed",
    "names",
    "pair_text",
    "parameter_rows",
    "parameter_table",
    "parameters_of",
    "read",
    "source",
    "start",
    "sync",
    "sync_tables",
    "with_tables",
]


def names(folder: Path | None = None) -> list[str]:
    """Return the stems of the notebooks' MyST files, in reading order.

    Parameters
    ----------
    folder : Path, optional
        Where to look; ``notebooks/`` in the checkout by default.
    """
    folder = paths.notebooks() if folder is None else folder
    return sorted(path.stem for path in folder.glob("[0-9][0-9]-*.md"))


def find(name: str) -> str:
    """Return the stem of the notebook called ``2``, ``02`` or ``02-relaxation``.

    Raises
    ------
    ParameterError
        No notebook has that number or name; the message lists those there are.
    """
    stems = names()
    text = Path(name).stem if name.endswith((".md", ".ipynb")) else name
    if text in stems:
        return text
    number = f"{int(text):02d}" if re.fullmatch("[0-9]+", text) else None
    for stem in stems:
        if number is not None and stem.split("-", 1)[0] == number:
            return stem
    raise ParameterError(f"notebook {name!r} does not exist; choose {', '.join(stems) or 'none'}")


def source(name: str) -> Path:
    """Return the MyST file of the notebook with this number or name."""
    return paths.notebooks() / f"{find(name)}.md"


def read(path: Path) -> NotebookNode:
    """Read a MyST notebook; its cells get lasting ids, so that the same text gives the same node.

    Parameters
    ----------
    path : Path
        A MyST file with a jupytext header.
    """
    import jupytext

    node = jupytext.read(path)
    for number, cell in enumerate(node.cells):
        cell["id"] = f"cell-{number:02d}"
    return node


def pair_text(path: Path) -> str:
    """Return the text that the ``.ipynb`` beside this MyST file must have."""
    import nbformat

    return nbformat.writes(read(path)) + "\n"


def sync(folder: Path | None = None) -> list[Path]:
    """Write the ``.ipynb`` of every notebook whose pair is missing or differs; return those.

    Parameters
    ----------
    folder : Path, optional
        Where the notebooks are; ``notebooks/`` in the checkout by default.
    """
    from glasslib.files import write_text

    folder = paths.notebooks() if folder is None else folder
    written = []
    for stem in names(folder):
        pair = folder / f"{stem}.ipynb"
        text = pair_text(folder / f"{stem}.md")
        if not pair.exists() or pair.read_text(encoding="utf-8") != text:
            write_text(pair, text)
            written.append(pair)
    return written


def parameters_of(name: str) -> type[CompanionParameters]:
    """Return the model of a notebook's parameters.

    Raises
    ------
    ParameterError
        The notebook has no model in :data:`glasslib.parameters.NOTEBOOKS`.
    """
    try:
        return NOTEBOOKS[name]
    except KeyError:
        raise ParameterError(
            f"notebook {name!r} has no parameters; add it to NOTEBOOKS in glasslib/parameters.py"
        ) from None


def _allowed(field: FieldInfo) -> str:
    """Return what a field allows, in words: ``0.3 to 4``, ``smoke | lab``, or its type."""
    if get_origin(field.annotation) is Literal:
        return " | ".join(str(choice) for choice in get_args(field.annotation))
    words = {"ge": "from {:g}", "gt": "above {:g}", "le": "to {:g}", "lt": "below {:g}"}
    limits = [
        text.format(getattr(item, name))
        for name, text in words.items()
        for item in field.metadata
        if getattr(item, name, None) is not None
    ]
    return " ".join(limits) or getattr(field.annotation, "__name__", str(field.annotation))


def parameter_rows() -> list[tuple[str, ...]]:
    """Return a row for each parameter of the notebooks, the first the names of the columns.

    Name, default, allowed values, unit, the numbers of the notebooks that take it, its meaning.
    """
    rows: dict[tuple[str, ...], list[str]] = {}
    for stem in names():
        for name, field in parameters_of(stem).model_fields.items():
            unit = (field.json_schema_extra or {}).get("unit", "–")
            row = (name, str(field.default), _allowed(field), unit, field.description or "")
            rows.setdefault(row, []).append(stem.split("-", 1)[0])
    table = [("name", "default", "allowed", "unit", "notebooks", "meaning")]
    for (*row, meaning), numbers in rows.items():
        where = "all" if len(numbers) == len(names()) else ", ".join(numbers)
        table.append((*row, where, meaning))
    return table


def parameter_table() -> list[str]:
    """Return the lines of :func:`parameter_rows` in columns, to be read in a terminal."""
    table = parameter_rows()
    widths = [max(len(row[column]) for row in table) for column in range(5)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]])
        for row in table
    ]


def _markdown(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table in Markdown; a bar in a cell is escaped."""
    rows = list(rows)
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def generated_tables() -> dict[str, list[str]]:
    """Return the tables that prose pages hold but the models decide, by name, as Markdown."""
    profiles = [("profile", "monomers", "runs", "trajectories each", "cooled step by step through")]
    for name, one in PROTOCOLS.items():
        steps = ", ".join(f"{t:.2f}" for t in one.cascade) or "–"
        counts = (f"{one.melt.n_monomers:,}", str(one.runs), str(one.trajectories))
        profiles.append((f"`{name}`", *counts, steps))
    first, *rest = parameter_rows()
    rest = [(f"`{name}`", f"`{default}`", *row) for name, default, *row in rest]
    from glasslib.lab import course

    rows = {"parameters": [first, *rest], "profiles": profiles, **course.instructor_tables()}
    return {name: _markdown(table) for name, table in rows.items()}


def with_tables(text: str) -> str:
    """Return a prose page with its generated tables written anew.

    Each stands between the lines ``% table: name`` and ``% end of table``, which do not show.

    Raises
    ------
    ParameterError
        The page asks for a table that there is not.
    """
    tables = generated_tables()

    def fill(match: re.Match) -> str:
        if match["name"] not in tables:
            raise ParameterError(
                f"table {match['name']!r} does not exist; choose {', '.join(tables)}"
            )
        return "\n".join([match["head"], "", *tables[match["name"]], "", "% end of table"])

    return re.sub(
        r"(?P<head>^% table: (?P<name>\S+)$).*?^% end of table$", fill, text,
        flags=re.MULTILINE | re.DOTALL,
    )


def sync_tables() -> list[Path]:
    """Write the prose pages whose generated tables differ from the models; return those."""
    from glasslib.files import write_text

    written = []
    for path in sorted((paths.root() / "book").rglob("*.md")):
        old = path.read_text(encoding="utf-8")
        new = with_tables(old)
        if new != old:
            write_text(path, new)
            written.append(path)
    return written


def listed(value: Any) -> Any:
    """Return the list that a text holds, as it comes from a command line; other values as they are.

    Examples
    --------
    >>> listed("[0.5, 0.6]"), listed("0.5,0.6"), listed("lab"), listed(0.5)
    (['0.5', '0.6'], ['0.5', '0.6'], 'lab', 0.5)
    """
    if not isinstance(value, str):
        return value
    inner = re.fullmatch(r"\s*\[(.*)\]\s*", value)
    if inner is None and "," not in value:
        return value
    return [part.strip() for part in (inner[1] if inner else value).split(",")]


def _injected(history: list[str]) -> list[str]:
    """Return the names that papermill assigned in the cell it injects, which starts so."""
    found = []
    for cell in history:
        if cell.startswith("# Parameters\n"):
            for statement in ast.parse(cell).body:
                targets = getattr(statement, "targets", None) or [statement.target]
                found += [target.id for target in targets if isinstance(target, ast.Name)]
    return found


def start(name: str, namespace: Mapping[str, Any]) -> CompanionParameters:
    """Check the parameters of a notebook and return them as one frozen object.

    papermill accepts any name and runs on the defaults when it is misspelt. This call is the
    notebook's first cell after ``parameters``: it reads what papermill wrote into the session's
    history and refuses every name that the notebook's model does not know. A list may be text,
    since ``papermill -p`` hands it over as that (see :func:`listed`). It also has tables
    show their texts whole, and progress bars be text without a warning.

    Parameters
    ----------
    name : str
        The notebook's stem, such as ``"02-relaxation"``.
    namespace : mapping
        The notebook's variables: ``globals()``.

    Returns
    -------
    CompanionParameters
        The validated model of this notebook.

    Raises
    ------
    ParameterError
        A parameter is unknown, missing, of the wrong kind or out of range. In Jupyter the error
        shows as one line.

    Examples
    --------
    >>> start("99-none", {"temperature": 0.55})
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: notebook '99-none' has no parameters; add it to NOTEBOOKS in \
glasslib/parameters.py
    """
    import pandas

    try:
        model = parameters_of(name)
        fields = list(model.model_fields)
        missing = [field for field in fields if field not in namespace]
        if missing:
            raise ParameterError(
                f"{name}: parameter '{missing[0]}' has no value; set it in the cell tagged"
                " parameters and run that cell"
            )
        values = {field: listed(namespace[field]) for field in fields}
        for extra in _injected(list(namespace.get("_ih", []))):
            values.setdefault(extra, namespace.get(extra))
        page = validate(model, **values)
    except ParameterError as error:
        line = f"ParameterError: {error}"
        error._render_traceback_ = lambda: [line]  # IPython prints this instead of the frames
        raise
    pandas.set_option("display.max_colwidth", None)
    # MDAnalysis's progress bars are text where ipywidgets is not installed; they say so each time.
    warnings.filterwarnings("ignore", message="IProgress not found")
    return page
