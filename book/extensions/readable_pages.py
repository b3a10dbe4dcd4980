"""Pages that a person reads: code folded, the finding first, tables in one style; of Sphinx.

The notebooks stay as they are. While Sphinx reads an executed page,

- every code cell is folded, and the cells that set the parameters, import and load leave the page;
  a cell tagged ``open`` is left alone;
- what :func:`glasslib.results.opening` shows goes below the title, as a box and a line on the data;
- numbers in tables read 0.768(7), a table has one row of heads, and a verdict a sign;
- symbols that code writes as ``τ_α`` or ``χ4`` get their subscripts, in text and in tables.

The foot of every page names the version of the book and its data; ``{{ data_size }}`` in a page is
the size of the file that holds them all.
"""

import json
import re
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes

import glasslib
from glasslib import paths
from glasslib.files import hashes, key_of, sha256
from glasslib.publishing import archive
from glasslib.results.words import bracketed

__all__ = ["compact_table", "imprint", "readable", "setup"]

_OPENING = "**What we find.** "
_DATA = "**Data.** "
_LEAVES = {"parameters", "injected-parameters"}
#: Heading of the section whose cells leave the page; it goes if no text is below it.
_EMPTY_SECTION = re.compile(r"\n+## The data on this page\s*\Z")
_SYMBOL = re.compile(r"\b(τ_α|τ_ee|χ4|F_s|C_ee|E_IS)(?![\w^])")
_VERDICTS = {"confirmed", "not confirmed", "cannot tell"}
_NUMBER = re.compile(r"(?<![\w.])([-−]?\d[\d,]*\.?\d*) ± (\d[\d,]*\.?\d*)(?![\w.])")


def compact_table(html: str) -> str:
    """Write the numbers of a table as 0.768(7), and its heads in one row.

    Examples
    --------
    >>> compact_table("<table><tr><td>0.7681 ± 0.0069</td><td>0.5 ± ?</td></tr></table>")
    '<table><tr><td>0.768(7)</td><td>0.5 ± ?</td></tr></table>'
    """
    def short(match):
        value, error = (float(part.replace(",", "").replace("−", "-")) for part in match.groups())
        return bracketed(value, error)

    soup = BeautifulSoup(_NUMBER.sub(short, html), "html.parser")
    for head in soup.select("table.dataframe thead"):
        rows = head.find_all("tr")
        if len(rows) != 2:
            continue
        texts = [[cell.get_text(strip=True) for cell in row.find_all("th")] for row in rows]
        # pandas writes the names of the index below those of the columns
        if len(texts[0]) == len(texts[1]) and not any(map(all, zip(*texts, strict=True))):
            for upper, lower in zip(rows[0].find_all("th"), texts[1], strict=True):
                if lower:
                    upper.string = lower
            rows[1].decompose()
    for cell in soup.select("table.dataframe td"):
        if (verdict := cell.get_text(strip=True)) in _VERDICTS:
            cell["class"] = ["verdict", verdict.replace(" ", "-")]
    return _SYMBOL.sub(lambda match: "{}<sub>{}</sub>".format(*_parts(match[1])), str(soup))


def _parts(symbol: str) -> tuple[str, str]:
    """Split a symbol into letter and subscript: ``τ_α``, ``χ4``."""
    return symbol[0], symbol[1:].lstrip("_")


def _subscripts(app: Any, doctree: nodes.document, docname: str) -> None:
    """Set the subscripts of symbols in plain text; code and formulas are left alone."""
    left_alone = nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw
    for text in list(doctree.findall(nodes.Text)):
        pieces = _SYMBOL.split(text)
        above = text.parent
        while above is not None and not isinstance(above, left_alone):
            above = above.parent
        if len(pieces) == 1 or above is not None:
            continue
        new = []
        for number, piece in enumerate(pieces):
            letter, below = _parts(piece) if number % 2 else (piece, "")
            new += [nodes.Text(letter)] * bool(letter)
            new += [nodes.subscript("", below)] * bool(below)
        text.parent.replace(text, new)


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _fold(cell: dict[str, Any]) -> None:
    """Give a code cell the tag that folds it or takes it off the page."""
    tags = cell.setdefault("metadata", {}).setdefault("tags", [])
    if any(tag == "open" or tag.startswith(("hide-", "remove-")) for tag in tags):
        return
    loads = bool(_LEAVES & set(tags)) or "results.start(" in _text(cell["source"])
    if not loads:
        tags.append("hide-input")
    else:
        tags.append("remove-input" if cell.get("outputs") else "remove-cell")


def _opening(cell: dict[str, Any]) -> str | None:
    """Take the opening out of a cell's outputs."""
    for output in cell.get("outputs", []):
        text = _text(output.get("data", {}).get("text/markdown", ""))
        if text.startswith(_OPENING):
            cell["outputs"].remove(output)
            return text
    return None


def _box(text: str) -> str:
    found, _, data = text.removeprefix(_OPENING).partition(_DATA)
    return (f"\n:::{{admonition}} What we find\n:class: finding\n{found.strip()}\n:::\n\n"
            f":::{{div}} data-line\nData: {data.strip()} {{ref}}`More <data-card>`\n:::\n")


def readable(node: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook (as JSON) as it is shown in the book; the one given is changed.

    Parameters
    ----------
    node : dict
        An executed notebook.
    """
    opening = None
    for cell in node["cells"]:
        if cell["cell_type"] != "code":
            continue
        opening = opening or _opening(cell)
        _fold(cell)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in [kind for kind in data if kind.endswith("text/html")]:  # glued ones too
                if "dataframe" in (html := _text(data[kind])):
                    data[kind] = compact_table(html)
    first = node["cells"][0]
    if opening and first["cell_type"] == "markdown":
        title, newline, rest = _text(first["source"]).partition("\n")
        first["source"] = _EMPTY_SECTION.sub("\n", title + newline + _box(opening) + rest)
    return node


def imprint() -> str:
    """Return what the foot of a page says of the version and of the data.

    The data are named by the start of the SHA-256 of their registry, the tables by that of theirs.
    """
    tables = key_of(hashes(paths.results(), "*.csv"))
    registry = paths.registry("companion")
    data = sha256(registry)[:8] if registry.exists() else "none"
    return f"Version {glasslib.__version__} · data {data} · tables {tables[:8]}"


def _foot(app: Any, config: Any) -> None:
    options = config.html_theme_options
    options["extra_footer"] = f"{options.get('extra_footer', '')} {imprint()}".strip()
    config.myst_substitutions["data_size"] = archive.size()


def _read(app: Any, docname: str, content: list[str]) -> None:
    if app.env.doc2path(docname).endswith(".ipynb"):
        content[0] = json.dumps(readable(json.loads(content[0])), ensure_ascii=False)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", _read)
    app.connect("config-inited", _foot)
    app.connect("doctree-resolved", _subscripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
