"""A Sphinx extension that writes the book's API pages from the library's docstrings.

A page that holds the line ``% glasslib-modules structure dynamics`` gets one section for each
module of these packages, so a new module shows without a change to the book. Docstrings are
written to be read in a terminal; what they contain by nature and reStructuredText would take for
markup (``|Δr|``, ``r_``, numbered references of the same number on one page) is made safe here.
"""

import importlib.util
import pkgutil
import re
from typing import Any

import glasslib

__all__ = ["module_names", "modules_text", "safe_lines", "setup"]

_MARK = re.compile(r"^% glasslib-modules (.+)$", re.MULTILINE)

# Markup that is left alone: literals, roles, links, what is escaped, *emphasis* and **strong**.
_MARKUP = re.compile(
    r"(``.+?``|:[\w:.-]+:`[^`]+`|`[^`]+`_{0,2}|\\."
    r"|(?<![\w*])(?:\*\*(?=\S)[^*]+(?<=\S)\*\*|\*(?=\S)[^*]+(?<=\S)\*)(?![\w*]))"
)


def module_names() -> list[str]:
    """Return the names of the library's modules in reading order; none is imported for that."""
    found = []

    def walk(folder, prefix):
        for module in sorted(pkgutil.iter_modules(folder), key=lambda item: item.name):
            name = f"{prefix}.{module.name}"
            if module.name.startswith("_"):
                continue
            found.append(name)
            if module.ispkg:
                walk(importlib.util.find_spec(name).submodule_search_locations, name)

    walk(glasslib.__path__, "glasslib")
    return sorted(found, key=lambda name: glasslib.READING_ORDER.index(name.split(".")[1]))


def modules_text(packages: str) -> str:
    """Return the sections of an API page: one ``automodule`` for each module of the packages."""
    sections = []
    for name in module_names():
        if name.split(".")[1] not in packages.split():
            continue
        is_package = importlib.util.find_spec(name).submodule_search_locations is not None
        members = "   :no-members:\n" if is_package else ""
        sections.append(f"## {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n{members}```\n")
    return "\n".join(sections)


def _safe(text: str) -> str:
    """Escape, outside literals and roles, the characters that would start other markup."""
    parts = _MARKUP.split(text)
    for place in range(0, len(parts), 2):
        part = parts[place].replace("*", r"\*").replace("|", r"\|")
        parts[place] = re.sub(r"(?<=\w)_(?=\W|$)", r"\\_", part)
    return "".join(parts)


def safe_lines(lines: list[str]) -> list[str]:
    """Return the lines of a docstring with its plain text made safe for reStructuredText.

    Code is left alone: doctests, and the indented blocks of a directive or of ``::``. A reference
    ``.. [1] Text`` becomes a line of a list and ``[1]_`` becomes ``[1]``, because the numbers
    start again in each docstring while a page may hold each only once.

    Parameters
    ----------
    lines : list of str
        A docstring, without its common indentation.

    Examples
    --------
    >>> safe_lines(["The mean |Δr| of [1]_.", "", ".. [1] A paper."])
    ['The mean \\\\|Δr\\\\| of [1].', '', '- [1] A paper.']
    """
    safe = []
    block: int | None = None  # indentation of the line that opened a block of code
    doctest = False
    for line in lines:
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        if text and block is not None and indent <= block:
            block = None
        if block is None:
            doctest = bool(text) and (doctest or text.startswith(">>>"))
        if not text or block is not None or doctest:
            safe.append(line)
        elif reference := re.match(r"\.\. \[(\w+)\] (.*)", text):
            number, rest = reference.groups()
            safe.append(f"{' ' * indent}- [{number}] {_safe(rest)}")
        elif text.startswith(".. ") or text.endswith("::"):
            block = indent
            safe.append(line)
        else:
            safe.append(_safe(re.sub(r"\[(\w+)\]_(?!\w)", r"[\1]", line)))
    return safe


def _parameter_lines(model: Any) -> list[str]:
    """Return a numpydoc section with the fields of a pydantic model."""
    lines = ["", "Parameters", "----------"]
    for name, field in model.model_fields.items():
        default = "" if field.is_required() else f", default {field.default!r}"
        kind = getattr(field.annotation, "__name__", str(field.annotation).replace("typing.", ""))
        lines += [f"{name} : {kind}{default}", f"    {field.description or name}"]
    return lines


def _process(app, what, name, obj, options, lines):
    from pydantic import BaseModel

    if what == "class" and issubclass(obj, BaseModel) and obj.model_fields:
        lines += _parameter_lines(obj)
    lines[:] = safe_lines(list(lines))


def _skip(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples and what scikit-learn and pydantic write by themselves.

    The docstring of the former only counts them; those of the latter, such as
    ``set_score_request``, point to places in their own documentation.
    """
    if name in ("model_config", "model_post_init"):
        return True
    if (getattr(obj, "__doc__", None) or "").startswith("Alias for field number"):
        return True
    return True if re.fullmatch(r"set_\w+_request", name) else None


def _fill(app, docname, content):
    content[0] = _MARK.sub(lambda match: modules_text(match[1]), content[0])


def _without_thebe(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    """Drop the scripts of sphinx-thebe, which jupyter-book always loads.

    They are written twice, which is an error in the browser, and they name another host; live code
    is switched off here.
    """
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in f"{script}{getattr(script, 'attributes', '')}".lower()
    ]


def _with_colab(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    """Lead the Colab button to the notebook that sets up the book's own Python there.

    Colab's Python is not the one that the book is locked to, so the page itself could not run.
    """
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []) if group.get("label") == "launch-buttons" else []:
            if button.get("text") == "Colab":
                button["url"] = re.sub(
                    rf"/{re.escape(page)}\.\w+$", "/launch/colab.ipynb", button["url"]
                )


def setup(app: Any) -> dict[str, bool]:
    """Register the extension with Sphinx; runs before napoleon."""
    app.connect("source-read", _fill)
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-docstring", _process, priority=100)
    app.connect("html-page-context", _without_thebe, priority=900)
    app.connect("html-page-context", _with_colab, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
