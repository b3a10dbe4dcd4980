"""What is behind a page: the functions that it calls, the numbers in its figures, its time."""

import ast
import importlib
import inspect
import re

import nbformat
from nbformat import NotebookNode

from glasslib.publishing.execute import Page

__all__ = ["calls", "with_behind"]

_SAVES = re.compile(r"figures\.save\(\s*[\"']([\w-]+)[\"']")


def _resolve(dotted: str, known: dict[str, str]) -> tuple[str, str] | None:
    """Return what a name such as ``results.table`` is, and where it is defined, if of ours."""
    first, *rest = dotted.split(".")
    if first not in known:
        return None
    module, _, name = known[first].rpartition(".")
    try:
        thing = importlib.import_module(known[first])
    except ModuleNotFoundError:
        thing = getattr(importlib.import_module(module), name, None)
    for part in rest:
        thing = getattr(thing, part, None)
    if not (inspect.isfunction(thing) or inspect.isclass(thing)):
        return None
    thing = inspect.unwrap(thing)
    ours = thing.__module__.startswith("glasslib.")
    return (dotted, f"{thing.__module__}.{thing.__qualname__}") if ours else None


def calls(code: str) -> dict[str, str]:
    """Return the functions and classes of the library that code names, and where they are defined.

    Parameters
    ----------
    code : str

    Examples
    --------
    >>> calls("from glasslib import figures, results\\nresults.table('accuracy', {})")
    {'results.table': 'glasslib.results.tables.table'}
    """
    tree, known, found = ast.parse(code), {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("glasslib"):
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and (is_ours := _resolve(
            ast.unparse(node), known
        )):
            found.setdefault(*is_ours)
    return found


def _box(page: Page, node: NotebookNode) -> str:
    """Return the folded line at the end of a page."""
    number = int(page.name.split("-", 1)[0])
    code = "\n".join(cell.source for cell in node.cells if cell.cell_type == "code")
    functions = ", ".join(f"{{py:obj}}`{name} <{place}>`" for name, place in calls(code).items())
    tables = ", ".join(f"{{download}}`{name} <../figures/{name}>`" for name in page.figures
                       if name.endswith(".csv"))
    lines = [
        f"Functions: {functions}." if functions else "",
        f"Numbers in the figures: {tables}." if tables else "",
        "Data: {ref}`the files and how to read them <data-card>`.",
        f"Time: this page ran in {max(page.seconds, 1):.0f} s, using cached results.",
        f"At another temperature: `glasslib run {number} -p temperature=0.55`.",
    ]
    text = "\n".join(f"- {line}" for line in lines if line)
    head = ":::{dropdown} Used here: functions, numbers, data, time\n:class-container: behind"
    return f"{head}\n\n{text}\n:::"


def with_behind(node: NotebookNode, page: Page) -> NotebookNode:
    """Put a link to its numbers below each figure, and the folded line at the end of the page.

    Parameters
    ----------
    node : NotebookNode
        The executed notebook; changed in place.
    page : Page
    """
    cells = []
    for cell in node.cells:
        cells.append(cell)
        hidden = {"remove-cell", "remove-output"} & set(cell.metadata.get("tags", []))
        names = _SAVES.findall(cell.source) if cell.cell_type == "code" and not hidden else []
        links = [f"{{download}}`Numbers of this figure (CSV) <../figures/{name}.csv>`"
                 for name in names if f"{name}.csv" in page.figures]
        if links:
            text = f":::{{div}} figure-data\n{' · '.join(links)}\n:::"
            cells.append(nbformat.v4.new_markdown_cell(text, id=f"numbers-{names[0]}"[:64]))
    cells.append(nbformat.v4.new_markdown_cell(_box(page, node), id="behind"))
    node.cells = cells
    return node
