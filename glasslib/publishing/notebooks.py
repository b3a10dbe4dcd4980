"""The notebooks: find and read them, and write their jupytext pairs.

The MyST file ``NN-name.md`` is the source; ``NN-name.ipynb`` beside it is the same notebook,
unexecuted, for those who open it in Jupyter or run it with papermill. Each notebook has a cell
tagged ``parameters`` and, right after it, a cell that calls :func:`glasslib.results.start`.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.files import write_text

__all__ = [
    "calls", "chosen", "contents", "find", "names", "pair_text", "read", "source", "sync",
    "text_of",
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


def chosen(asked: Iterable[str], everything: bool = False) -> list[str]:
    """Return the stems of the notebooks named by number, name or range, in reading order.

    Parameters
    ----------
    asked : iterable of str
        Such as ``2``, ``02-relaxation`` or ``2-8``.
    everything : bool
        All notebooks of the book; then no name may be given.

    Raises
    ------
    ParameterError
        A notebook does not exist, or names come with ``everything``, or neither.

    Examples
    --------
    >>> chosen(["3", "1-2"])
    ['01-the-melt', '02-relaxation', '03-propensity']
    """
    asked = list(asked)
    if everything == bool(asked):
        raise ParameterError("give notebooks, such as 2 or 2-8, or --all" if not asked else
                             f"--all stands for every notebook; leave out '{asked[0]}', or --all")
    if everything:
        return names()
    found = set()
    for name in asked:
        ends = re.fullmatch(r"(\d+)-(\d+)", name)
        if ends:
            first, last = sorted(find(end) for end in ends.groups())
            found |= {stem for stem in names() if first <= stem <= last}
        else:
            found.add(find(name))
    return sorted(found)


def source(name: str) -> Path:
    """Return the MyST file of the notebook with this number or name."""
    return paths.notebooks() / f"{find(name)}.md"


def read(path: Path) -> nbformat.NotebookNode:
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


def text_of(node: nbformat.NotebookNode) -> str:
    """Return a notebook as the text of an ``.ipynb`` file."""
    return nbformat.writes(node) + "\n"


def pair_text(path: Path) -> str:
    """Return the text that the ``.ipynb`` beside this MyST file must have."""
    return text_of(read(path))


def sync(folder: Path | None = None) -> list[Path]:
    """Write the ``.ipynb`` of every notebook whose pair is missing or differs; return those.

    Parameters
    ----------
    folder : Path, optional
        Where the notebooks are; ``notebooks/`` in the checkout by default.
    """
    folder = paths.notebooks() if folder is None else folder
    written = []
    for stem in names(folder):
        pair = folder / f"{stem}.ipynb"
        text = pair_text(folder / f"{stem}.md")
        if not pair.exists() or pair.read_text(encoding="utf-8") != text:
            write_text(pair, text)
            written.append(pair)
    return written


def calls(path: Path, module: str) -> list[tuple[str, object]]:
    """Return the calls of a module's functions in a notebook, as ``module.function(argument)``.

    Parameters
    ----------
    path : Path
        The MyST file.
    module : str
        The module's name in the notebook.

    Returns
    -------
    list of (str, object)
        Name of each function, and its first argument if that is a literal, else None.
    """
    found = []
    for cell in read(path).cells:
        for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
            function = getattr(node, "func", None)
            if isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == module:
                first = node.args[0] if node.args else None
                found.append((function.attr, getattr(first, "value", None)))
    return found


def contents(toc: Path | None = None) -> list[str]:
    """Return the stems of the notebooks that the table of contents names, by their numbers.

    They run in this order: a page finds what those before it computed.

    Parameters
    ----------
    toc : Path, optional
        ``_toc.yml`` at the top of the checkout by default.
    """
    import yaml

    toc = paths.root() / "_toc.yml" if toc is None else toc

    def walk(item):
        if isinstance(item, dict):
            for key, value in item.items():
                if key in ("file", "root") and str(value).startswith("notebooks/"):
                    yield Path(value).name.removesuffix(".ipynb").removesuffix(".md")
                else:
                    yield from walk(value)
        elif isinstance(item, list):
            for value in item:
                yield from walk(value)

    return sorted(walk(yaml.safe_load(toc.read_text(encoding="utf-8"))))
