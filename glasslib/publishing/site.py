"""From executed notebooks to the book: lay out what Sphinx reads, build the pages, serve them.

The book is built in steps, each done only when something it depends on has changed::

    notebooks/NN-name.md ── papermill ──▶ _build/executed/NN-name.ipynb
    book/lab/N-name.md ── papermill ──▶ _build/executed/lab/N-name.ipynb
    _config.yml, _toc.yml, book/, executed notebooks ── copy ──▶ _build/source/
    _build/source/ ── jupyter-book -W ──▶ _build/html/

What a step depends on is summed up in one SHA-256, its key, stored beside the result. Sphinx
never sees ``notebooks/``, where a notebook and its pair share a name, and never runs a cell.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from glasslib import paths, store
from glasslib.errors import PublishError
from glasslib.files import hashes, key_of, sha256, write_text
from glasslib.publishing import archive, execute, notebooks, slides
from glasslib.publishing.behind import with_behind
from glasslib.publishing.execute import Page

__all__ = ["build_book", "build_html", "serve", "stage"]


def _stage_configuration(source: Path, target: Path) -> None:
    """Copy ``_config.yml``; add launch buttons if ``GLASSLIB_REPOSITORY`` names a repository.

    The address of the repository is known where the book is published, and nowhere else.
    """
    import yaml

    address = os.environ.get("GLASSLIB_REPOSITORY", "").rstrip("/")
    if not address:
        shutil.copy2(source, target)
        return
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", address):
        raise PublishError(
            f"GLASSLIB_REPOSITORY = '{address}' is no address like https://github.com/owner/name"
        )
    settings = yaml.safe_load(source.read_text(encoding="utf-8"))
    # Straight to the theme: its options in our settings hide what jupyter-book would fill in.
    options = settings.setdefault("sphinx", {}).setdefault("config", {})
    options.setdefault("html_theme_options", {}).update(
        repository_url=address,
        repository_branch="main",
        use_repository_button=True,
        launch_buttons={
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    )
    target.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


def _folded(cell: nbformat.NotebookNode, tag: str, prompt: str) -> None:
    cell.metadata.setdefault("tags", []).append(tag)
    show = {"code_prompt_show": prompt, "code_prompt_hide": prompt}
    cell.metadata["mystnb"] = cell.metadata.get("mystnb", {}) | show


def _solved(node: nbformat.NotebookNode, target: Path) -> nbformat.NotebookNode:
    """Fold solutions and results of a session; put the figure of the cell ``target`` on top.

    Parameters
    ----------
    node : NotebookNode
        An executed session of the lab course; changed in place.
    target : Path
        PNG to write the figure to.
    """
    for cell in node.cells:
        if cell.cell_type != "code":
            continue
        if "hide-cell" in cell.metadata.get("tags", []):
            _folded(cell, "solution", "Solution (look when you have tried)")
        elif not cell.outputs:
            cell.metadata.setdefault("tags", []).append("open")
        else:
            _folded(cell, "hide-output", "Results with the solutions")
        pictures = [out.data["image/png"] for out in cell.outputs
                    if "image/png" in out.get("data", {})]
        if "target" in cell.metadata["tags"] and pictures:
            target.write_bytes(base64.b64decode(pictures[-1]))
            alt = cell.metadata["mystnb"]["image"]["alt"]
            figure = f":::{{figure}} {target.name}\n:alt: {alt}\nThe figure to reach.\n:::"
            title, newline, rest = node.cells[0].source.partition("\n")
            node.cells[0].source = f"{title}\n\n{figure}\n{newline}{rest}"
    return node


def stage(
    target: Path,
    executed: Iterable[Page],
    root: Path | None = None,
    sessions: Iterable[Page] = (),
) -> None:
    """Lay out what Sphinx reads: configuration, contents, prose pages and executed notebooks.

    Paths in ``_toc.yml`` and ``_config.yml`` mean the same here as at the top of the checkout. The
    figures of all pages and their numbers go to ``figures/``, and each page says what it took.

    Parameters
    ----------
    target : Path
        Folder to fill; what was there is removed.
    executed : iterable of Page
        The executed notebooks.
    root : Path, optional
        Where ``_config.yml`` and ``book/`` are; the checkout by default.
    sessions : iterable of Page
        The executed sessions of the lab course, which take the place of their sources.
    """
    root = paths.root() if root is None else root
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _stage_configuration(root / "_config.yml", target / "_config.yml")
    shutil.copy2(root / "_toc.yml", target / "_toc.yml")
    hidden = shutil.ignore_patterns(".*", "__pycache__", "*.tmp")
    shutil.copytree(root / "book", target / "book", ignore=hidden)
    (target / "data").mkdir()
    for name in ("README.md", "protocols/decamers.toml"):  # which pages include
        if (root / "data" / name).exists():
            (target / "data" / name).parent.mkdir(exist_ok=True)
            shutil.copy2(root / "data" / name, target / "data" / name)
    (target / "notebooks").mkdir()
    (target / "figures").mkdir()
    for page in executed:
        for name in page.figures:
            shutil.copy2(page.path.parent / "figures" / name, target / "figures" / name)
        node = with_behind(nbformat.read(page.path, as_version=4), page)
        write_text(target / "notebooks" / page.path.name, notebooks.text_of(node))
    for page in sessions:
        place = target / "book" / "lab" / page.path.name
        place.with_suffix(".md").unlink()
        node = _solved(nbformat.read(page.path, as_version=4), place.with_suffix(".png"))
        write_text(place, notebooks.text_of(node))


def build_html(source: Path, target: Path, builder: str = "html") -> None:
    """Build the pages with jupyter-book; a warning is an error.

    They are put in place when all went well: a build that fails leaves the book that was there.

    Parameters
    ----------
    source : Path
        A folder filled by :func:`stage`.
    target : Path
        The folder of the pages, such as ``_build/html``.
    builder : str
        Of Sphinx: ``html``, or ``singlehtml`` for the whole book as one page.

    Raises
    ------
    PublishError
        jupyter-book failed or warned; its messages have been printed to stderr.
    """
    temporary = target.with_name(f".{target.name}-next")
    shutil.rmtree(temporary, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(source.resolve())]
    command += ["--path-output", str(temporary.resolve()), "-W", "--keep-going", "--all"]
    if builder != "html":
        command += ["--builder", "custom", "--custom-builder", builder]
    result = subprocess.run(
        command, cwd=source, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    try:
        if result.returncode:
            messages = _messages(result.stderr, (source.resolve(), paths.root()))
            print("\n".join(messages), file=sys.stderr)
            raise PublishError(
                f"the book was not built: jupyter-book gave {len(messages)} warnings or errors;"
                " fix the pages named above"
            )
        shutil.rmtree(target, ignore_errors=True)
        os.replace(temporary / "_build" / builder, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _messages(stderr: str, folders: Iterable[Path]) -> list[str]:
    """Return Sphinx's warnings and errors, or else its last lines, without these folders."""
    for folder in folders:
        stderr = stderr.replace(f"{folder}{os.sep}", "")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", stderr).splitlines()
    return [line for line in lines if re.search("WARNING|ERROR|rror:", line)] or lines[-20:]


def _beside(html: Path, pages: Iterable[Page]) -> None:
    """Put beside the pages what they link to: all data as one file, and the slides."""
    archive.write(html / archive.NAME)
    if (paths.pages() / "lecture").exists():
        slides.write(html / "slides", pages)


def build_book(
    *,
    force: bool = False,
    report: Callable[[str], None] = print,
    parameters: Mapping[str, Any] | None = None,
    build: Path | None = None,
    workers: int = 2,
) -> Path:
    """Execute what changed, build the pages if anything did, and return the page to open.

    Beside the pages stand the slides of the lecture and all data as one file.

    Parameters
    ----------
    force : bool
        Do everything again.
    report : callable
        Gets one line about each step.
    parameters : mapping, optional
        Values that every notebook is given; none by default.
    build : Path, optional
        Folder of this book, ``_build`` by default; ``html/index.html`` in it is returned.
    workers : int
        Notebooks at a time.

    Returns
    -------
    Path
        ``_build/html/index.html``.

    Raises
    ------
    PublishError
        A notebook stopped or a page gave a warning.
    """
    build = paths.build() if build is None else build
    paths.check_writable(build)
    begin = time.monotonic()
    lab = paths.pages() / "lab"
    # A session sets several temperatures side by side: it is solved where the data that ship are.
    solvable = sorted(lab.glob("[0-9]-*.md")) if store.available("companion") else []
    options = {"force": force, "report": report, "workers": workers}
    pages = execute.execute_pages(folder=build / "executed", parameters=parameters, **options)
    sessions = execute.execute_pages(
        [path.stem for path in solvable], folder=paths.build() / "executed" / "lab", sources=lab,
        **options,
    )
    stage(build / "source", pages, sessions=sessions)
    data = {name: sha256(path) for name, path in archive.contents().items()}
    key = key_of(hashes(build / "source"), execute.library(), data)
    html, record = build / "html", build / "html.json"
    index = html / "index.html"
    if force or not index.exists() or execute.read_record(record).get("key") != key:
        record.unlink(missing_ok=True)
        build_html(build / "source", html)
        _beside(html, pages)
        write_text(record, json.dumps({"key": key}) + "\n")
        report(f"pages built, {time.monotonic() - begin:.0f} s in all")
    else:
        report("pages unchanged")
    return index


def serve(port: int = 8000, folder: Path | None = None) -> None:
    """Serve the built book on this machine only (127.0.0.1) until interrupted.

    Parameters
    ----------
    port : int
        Port to listen on; 0 takes a free one.
    folder : Path, optional
        The built pages; ``_build/html`` by default.

    Raises
    ------
    PublishError
        There is no built book, or the port is taken.
    """
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    folder = paths.build() / "html" if folder is None else folder
    if not (folder / "index.html").exists():
        raise PublishError("there is no book in _build/html; build it with 'make book'")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise PublishError(
            f"port {port} cannot be used ({error.strerror}); choose another: PORT={port + 1}"
        ) from None
    with server:
        print(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C stops)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
