"""The lecture: slides from ``book/lecture``, with the figures and sentences of executed notebooks.

``lecture.md`` holds the slides, with a line ``---`` between two of them. What follows a line
``Note:`` is for the speaker. ``{finding 02-relaxation}`` stands for what that notebook found,
``{glue 15-claims two-minutes-1}`` for a sentence that it glued, ``![…](figure-1.png)`` for a
figure that a notebook saved. So the slides say what the book says.
"""

import ast
import html
import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat

from glasslib import paths
from glasslib.errors import PublishError
from glasslib.publishing import execute
from glasslib.publishing.execute import Page

__all__ = ["build_slides", "said", "write"]

_PLACE = re.compile(r"\{(?P<kind>finding|glue) (?P<page>[\w-]+)(?: (?P<name>[\w-]+))?\}")
_SUBSCRIPT = re.compile(r"\b(τ|χ)_?(α|4)\b")


def said(page: Page) -> dict[str, str]:
    """Return the sentences that an executed notebook holds: by glued name, ``""`` the finding.

    Parameters
    ----------
    page : Page
    """
    sentences = {}
    for cell in nbformat.read(page.path, as_version=4).cells:
        for output in cell.get("outputs", []):
            data, book = output.get("data", {}), output.get("metadata", {}).get("scrapbook", {})
            if match := re.match(r"\*\*What we find\.\*\* (.*)", data.get("text/markdown", "")):
                sentences[""] = match[1]
            plain = data.get(f"{book.get('mime_prefix')}text/plain", "")
            if plain.startswith(("'", '"')):  # tables are glued, too
                sentences[book["name"]] = ast.literal_eval(plain)
    return sentences


def _with_sentences(text: str, pages: dict[str, Page]) -> str:
    """Put sentences in their places; raise if there is none of that name."""

    def fill(match):
        if match["page"] not in pages:
            raise PublishError(f"lecture.md: {match[0]} names no notebook of _toc.yml")
        sentences = said(pages[match["page"]])
        if (name := match["name"] or "") not in sentences:
            raise PublishError(f"lecture.md: {match[0]}: {match['page']} says nothing of that name")
        box = '<p class="finding">{}</p>' if match["kind"] == "finding" else "{}"
        sentence = html.escape(sentences[name], quote=False)
        return box.format(_SUBSCRIPT.sub(r"\1<sub>\2</sub>", sentence))

    return _PLACE.sub(fill, text)


def _render(text: str) -> str:
    """Turn Markdown with formulas between dollars into HTML for MathJax."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    reader = MarkdownIt("commonmark").enable("table")
    reader.use(dollarmath_plugin, renderer=lambda tex, options: html.escape(rf"\({tex}\)"))
    return reader.render(text)


def _slide(text: str) -> str:
    shown, _, notes = text.partition("\nNote:\n")
    kind = ' class="question"' if re.search(r"^## Question", shown, re.MULTILINE) else ""
    return (f'<section{kind}>\n<div class="slide">\n{_render(shown)}</div>\n'
            f'<aside class="notes">\n{_render(notes)}</aside>\n</section>')


def write(target: Path, executed: Iterable[Page]) -> Path:
    """Write the slides, whole or not at all; return the page to open, which works from disk.

    Parameters
    ----------
    target : Path
        The folder to write; what was there goes.
    executed : iterable of Page
        The executed notebooks.

    Raises
    ------
    PublishError
        A notebook, a sentence, a figure or its text is missing.
    """
    source, pages = paths.pages() / "lecture", {page.name: page for page in executed}
    text = _with_sentences((source / "lecture.md").read_text(encoding="utf-8"), pages)
    saved = {name: page.path.parent / "figures" / name
             for page in pages.values() for name in page.figures}
    figures = re.findall(r"!\[(.*?)\]\((.*?)\)", text, re.DOTALL)
    for alt, name in figures:
        if name not in saved or not saved[name].exists():
            raise PublishError(f"lecture.md: no notebook saved '{name}'; choose another figure")
        if not alt.strip():
            raise PublishError(f"lecture.md: '{name}' has no text for those who cannot see it")
    temporary = target.with_name(f".{target.name}-next")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(source / "reveal", temporary / "reveal")
    shutil.copytree(paths.pages() / "assets" / "mathjax", temporary / "mathjax")
    for _, name in figures:
        shutil.copyfile(saved[name], temporary / name)
    slides = [_slide(part) for part in re.split(r"^---$", text, flags=re.MULTILINE)]
    page = (source / "slides.html").read_text(encoding="utf-8")
    (title,) = re.findall(r"^# (.*)$", text, re.MULTILINE)
    page = page.replace("{title}", html.escape(title)).replace("{slides}", "\n".join(slides))
    (temporary / "index.html").write_text(page, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    os.replace(temporary, target)
    return target / "index.html"


def build_slides(*, report: Callable[[str], None] = print) -> Path:
    """Run the notebooks that changed, write the slides to ``_build/slides``, return their page.

    Raises
    ------
    PublishError
        A notebook stopped, or a slide asks for what no notebook has.
    """
    return write(paths.build() / "slides", execute.execute_pages(report=report))
