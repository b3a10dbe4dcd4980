"""From notebooks to the book: run them with papermill, build the pages with jupyter-book.

The book is built in steps, each done only when something it depends on has changed::

    notebooks/NN-name.md ── papermill ──▶ _build/executed/NN-name.ipynb
    _config.yml, _toc.yml, book/, executed notebooks ── copy ──▶ _build/source/
    _build/source/ ── jupyter-book -W ──▶ _build/html/

What a step depends on is summed up in one SHA-256, its key, stored beside the result. Sphinx
never sees ``notebooks/``, where a notebook and its pair share a name, and never runs a cell.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasslib import notebooks, paths
from glasslib.errors import GlasslibError, ParameterError
from glasslib.files import write_text
from glasslib.parameters import CompanionParameters, validate

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "PublishError",
    "build_book",
    "build_html",
    "execute",
    "execute_pages",
    "notebook_key",
    "pages",
    "run",
    "scrub",
    "serve",
    "stage",
]


class PublishError(GlasslibError, RuntimeError):
    """A notebook stopped, or the book could not be built."""


# --- keys -----------------------------------------------------------------------------------


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    """Return one SHA-256 over labelled pieces; a piece cannot run into the next."""
    total = hashlib.sha256()
    for label, content in parts:
        total.update(f"{label}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _tree(folder: Path, *patterns: str) -> list[tuple[str, bytes]]:
    """Return (relative path, content) of the files in a folder, sorted; caches left out."""
    files = {path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()}
    return [
        (path.relative_to(folder).as_posix(), path.read_bytes())
        for path in sorted(files)
        if "__pycache__" not in path.parts
    ]


def _library() -> list[tuple[str, bytes]]:
    lock = paths.root() / "requirements.lock"
    return [*_tree(paths.root() / "glasslib", "*.py", "*.mplstyle"), (lock.name, lock.read_bytes())]


def _data() -> list[tuple[str, bytes]]:
    """Return the name of each data file that ships and the hash of what it holds."""
    folder = paths.data() / "ensembles" / "companion"
    parts = []
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.suffix in (".tmp", ".lock") or not path.is_file():
            continue
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        parts.append((path.relative_to(folder).as_posix(), content))
    return parts


def _own_data(parameters: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """Return the same of the data at the temperatures that a page is run for."""
    asked = parameters.get("temperature", ())
    profile = parameters.get("profile", CompanionParameters().profile)
    return [
        (f"{profile}/T{t:.3f}/{path.name}", hashlib.sha256(path.read_bytes()).digest())
        for t in (asked if isinstance(asked, list | tuple) else (asked,))
        for path in sorted(paths.ensembles(profile, t).glob("*"))
        if path.suffix in (".nc", ".json") and not path.name.startswith(".")
    ]


def notebook_key(source: Path, parameters: Mapping[str, Any]) -> str:
    """Return the key of an executed notebook: what its outputs depend on, as one SHA-256.

    Its source text, its parameters, every ``.py`` and ``.mplstyle`` of the library, the lock of
    the environment, and the data: a change in any of them gives another key.

    Parameters
    ----------
    source : Path
        The MyST file.
    parameters : mapping
        Values given to the notebook; must be JSON.
    """
    return _digest(
        [
            ("source", source.read_bytes()),
            ("parameters", json.dumps(dict(parameters), sort_keys=True).encode()),
            *_library(),
            *_data(),
            *_own_data(parameters),
        ]
    )


# --- execution ------------------------------------------------------------------------------


def _kernel_manager(figures: Path | None = None, workers: int | None = None) -> type:
    """Return a kernel manager that starts this interpreter, whatever kernels are installed.

    With ``figures``, that is where the notebook saves its figures; with so many ``workers`` it
    simulates what it lacks.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisInterpreter(AsyncKernelManager):
        kernel_spec = KernelSpec(
            argv=[
                *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
                "--IPKernelApp.log_level=ERROR",
            ],
            env={
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                "TF_CPP_MIN_LOG_LEVEL": "2",
                **({"GLASSLIB_WORKERS": str(workers)} if workers else {}),
                **({"GLASSLIB_FIGURES": str(figures.resolve())} if figures else {}),
            },
            display_name="Python 3",
            language="python",
        )

    return ThisInterpreter


class _Echo:
    """A file that shows what a notebook prints above the progress bar, as it comes."""

    def write(self, text: str) -> None:
        from tqdm import tqdm

        if text.strip():
            tqdm.write(text.rstrip("\n"), file=sys.stderr)

    def flush(self) -> None:
        sys.stderr.flush()


def scrub(node: NotebookNode) -> NotebookNode:
    """Take out of an executed notebook what differs between machines and times; return it.

    Goes: papermill's metadata (it holds the whole input), time stamps, what was printed to
    stderr (progress, warnings: shown while the notebook ran), and the checkout's folder in
    front of printed paths. Stays: parameters, outputs, the numbers of the cells.

    Parameters
    ----------
    node : NotebookNode
        An executed notebook; changed in place.
    """
    node.metadata.pop("papermill", None)
    root = f"{paths.root()}{os.sep}"

    def relative(value):
        if isinstance(value, str):
            return value.replace(root, "")
        if isinstance(value, list):
            return [relative(item) for item in value]
        if isinstance(value, dict):
            return type(value)((key, relative(item)) for key, item in value.items())
        return value

    for cell in node.cells:
        for name in ("papermill", "execution", "ExecuteTime"):
            cell.metadata.pop(name, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"  # papermill draws one at random
        if cell.cell_type != "code":
            continue
        kept = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in kept:
            for part in ("text", "data"):
                if part in output:
                    output[part] = relative(output[part])
        cell.outputs = kept
    return node


def execute(
    node: NotebookNode,
    parameters: Mapping[str, Any] | None = None,
    *,
    name: str = "notebook",
    folder: Path | None = None,
    figures: Path | None = None,
    workers: int | None = None,
    echo: bool = True,
) -> NotebookNode:
    """Run a notebook in a fresh kernel of this interpreter and return it, scrubbed.

    Parameters
    ----------
    node : NotebookNode
        The notebook; left as it is.
    parameters : mapping, optional
        Values that papermill writes behind the cell tagged ``parameters``.
    name : str
        Name in the progress bar and in messages.
    folder : Path, optional
        Working directory of the notebook; the present one by default.
    figures : Path, optional
        Where it saves its figures; :func:`glasslib.paths.figures` by default.
    workers : int, optional
        Processes that simulate what it lacks, see :func:`run`.
    echo : bool
        Show what the notebook prints while it runs.

    Raises
    ------
    PublishError
        A cell raised an error (the message ends with it), or the kernel died.
    """
    import logging
    from copy import deepcopy

    import papermill
    from nbclient.exceptions import DeadKernelError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        executed = papermill.execute_notebook(
            deepcopy(node),
            None,
            dict(parameters or {}),
            progress_bar={"desc": name, "unit": "cell", "leave": False},
            cwd=folder,
            kernel_manager_class=_kernel_manager(figures, workers),
            stdout_file=_Echo() if echo else None,
            stderr_file=_Echo() if echo else None,
        )
    except papermill.PapermillExecutionError as error:
        lines = [line for line in str(error.evalue).splitlines() if line.strip()]
        reason = f"{error.ename}: {lines[-1].strip()}" if lines else error.ename
        raise PublishError(f"{name} stopped in cell [{error.exec_count}]: {reason}") from None
    except DeadKernelError:
        raise PublishError(
            f"{name}: its kernel died; the machine may be short of memory, try a smaller profile"
        ) from None
    return scrub(executed)


def _write(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    write_text(path, text)


def _notebook_text(node: NotebookNode) -> str:
    import nbformat

    return nbformat.writes(node) + "\n"


def run(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    output: Path | None = None,
    *,
    workers: int | None = None,
) -> Path:
    """Run one notebook with other parameters and write the executed copy.

    The parameters are checked before anything starts, and the output is written whole, at the
    end, or not at all.

    Parameters
    ----------
    name : str
        Number or name of the notebook: ``2``, ``02``, ``02-relaxation``.
    parameters : mapping, optional
        Values by name; the others keep their defaults.
    output : Path, optional
        The ``.ipynb`` to write; ``_build/runs/NN-name.ipynb`` by default.
    workers : int, optional
        Processes that simulate what the notebook lacks; ``GLASSLIB_WORKERS``, or two, by default.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ParameterError
        The notebook or a parameter does not exist, a value is out of range, or the output
        cannot be written there.
    PublishError
        The notebook stopped.
    """
    stem = notebooks.find(name)
    given = dict(parameters or {})
    model = validate(notebooks.parameters_of(stem), **given)
    values = {key: value for key, value in model.model_dump(mode="json").items() if key in given}
    path = paths.book() / "runs" / f"{stem}.ipynb" if output is None else Path(output)
    if path.suffix != ".ipynb" or path.is_dir():
        raise ParameterError(f"output = '{path}' is not a notebook file; end its name in .ipynb")
    if output is not None and not path.absolute().parent.is_dir():
        raise ParameterError(f"output = '{path}': the folder does not exist; create it first")
    paths.check_writable(path.absolute().parent, setting="--output")
    node = execute(notebooks.read(notebooks.source(stem)), values, name=stem, workers=workers)
    _write(path, _notebook_text(node))
    return path


# --- the book -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """One executed notebook of the book; ``figures`` are files in the folder of that name."""

    name: str
    path: Path
    seconds: float
    fresh: bool
    figures: tuple[str, ...] = ()


def pages(toc: Path | None = None) -> list[str]:
    """Return the stems of the notebooks that the table of contents names, in its order.

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

    return list(walk(yaml.safe_load(toc.read_text(encoding="utf-8"))))


def _stored(path: Path) -> dict[str, Any]:
    """Return a JSON record, or an empty one when it is missing or damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def execute_pages(
    stems: Iterable[str] | None = None,
    *,
    folder: Path | None = None,
    sources: Path | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    force: bool = False,
    report: Callable[[str], None] = print,
) -> list[Page]:
    """Execute, one after the other, the notebooks whose key has changed.

    Beside each executed copy stands ``NN-name.json`` with its key, its run time and the names of
    the figures it saved, which are in ``figures/`` there, with their numbers.

    Parameters
    ----------
    stems : iterable of str, optional
        Which notebooks; those of ``_toc.yml`` by default.
    folder : Path, optional
        Where the executed copies are kept; ``_build/executed`` by default.
    sources : Path, optional
        Where the MyST files are; ``notebooks/`` by default.
    parameters : mapping, optional
        By notebook, the values it is given; none by default.
    force : bool
        Execute all of them.
    report : callable
        Gets one line about each notebook.

    Raises
    ------
    PublishError
        A notebook stopped, or does not exist. Copies made before stay.
    """
    stems = list(pages() if stems is None else stems)
    folder = paths.book() / "executed" if folder is None else folder
    sources = paths.notebooks() if sources is None else sources
    done = []
    for stem in stems:
        source = sources / f"{stem}.md"
        if not source.exists():
            raise PublishError(f"_toc.yml names notebook '{stem}', but {source.name} is missing")
        values = (parameters or {}).get(stem, {})
        key = notebook_key(source, values)
        path, record_path = folder / f"{stem}.ipynb", folder / f"{stem}.json"
        record = _stored(record_path)
        fresh = force or not path.exists() or record.get("key") != key
        if fresh:
            begin = time.monotonic()
            aside = folder / f".{stem}-figures"
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            node = execute(
                notebooks.read(source), values, name=stem, folder=paths.root(), figures=aside
            )
            seconds = round(time.monotonic() - begin, 1)
            record_path.unlink(missing_ok=True)  # no old key beside a new copy, ever
            (folder / "figures").mkdir(exist_ok=True)
            saved = sorted(file.name for file in aside.iterdir())
            for name in saved:
                os.replace(aside / name, folder / "figures" / name)
            aside.rmdir()
            record = {"key": key, "seconds": seconds, "figures": saved}
            _write(path, _notebook_text(node))
            _write(record_path, json.dumps(record, indent=1) + "\n")
        report(f"{stem:<32} {record['seconds']:7.1f} s  {'executed' if fresh else 'unchanged'}")
        done.append(Page(stem, path, record["seconds"], fresh, tuple(record["figures"])))
    return done


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


def _behind(page: Page) -> str:
    """Return the section of a page that says what it took and where its numbers are."""
    number = int(page.name.split("-", 1)[0])
    tables = [name for name in page.figures if name.endswith(".csv")]
    links = ", ".join(f"{{download}}`{name} <../figures/{name}>`" for name in tables)
    took = f"This page ran in {max(page.seconds, 1):.0f} s, with what earlier pages had computed."
    again = f"Again, at another temperature: `glasslib run {number} -p temperature=0.55`."
    numbers = f"The numbers in its figures: {links}." if links else ""
    return f"## Behind this page\n\n{numbers}\n{took}\n{again}\n"


def _with_behind(node: NotebookNode, behind: str) -> NotebookNode:
    """Put that section before the exercises, or at the end of a page without any."""
    import nbformat

    heading = "## Exercises"
    for cell in node.cells:
        if cell.cell_type == "markdown" and f"\n{heading}" in f"\n{cell.source}":
            before, after = f"\n{cell.source}".split(f"\n{heading}", 1)
            cell.source = f"{before}\n{behind}\n{heading}{after}".lstrip("\n")
            return node
    node.cells.append(nbformat.v4.new_markdown_cell(behind, id="behind"))
    return node


def stage(
    target: Path,
    executed: Iterable[Page],
    *,
    root: Path | None = None,
    toc: Path | None = None,
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
    toc : Path, optional
        Another table of contents.
    """
    import nbformat

    root = paths.root() if root is None else root
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _stage_configuration(root / "_config.yml", target / "_config.yml")
    shutil.copy2(root / "_toc.yml" if toc is None else toc, target / "_toc.yml")
    hidden = shutil.ignore_patterns(".*", "__pycache__", "*.tmp")
    shutil.copytree(root / "book", target / "book", ignore=hidden)
    (target / "data").mkdir()
    if (root / "data" / "README.md").exists():  # the data card, which a page includes
        shutil.copy2(root / "data" / "README.md", target / "data" / "README.md")
    (target / "notebooks").mkdir()
    (target / "figures").mkdir()
    for page in executed:
        for name in page.figures:
            shutil.copy2(page.path.parent / "figures" / name, target / "figures" / name)
        node = _with_behind(nbformat.read(page.path, as_version=4), _behind(page))
        _write(target / "notebooks" / page.path.name, _notebook_text(node))


def build_html(source: Path, target: Path, builder: str = "html") -> None:
    """Build the pages with jupyter-book; a warning is an error.

    The pages are built aside and put in place when all went well, so a failed build leaves the
    book that was there.

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
    aside = target.with_name(f".{target.name}-next")
    shutil.rmtree(aside, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(source.resolve())]
    command += ["--path-output", str(aside.resolve()), "-W", "--keep-going", "--all"]
    if builder != "html":
        command += ["--builder", "custom", "--custom-builder", builder]
    result = subprocess.run(
        command, cwd=source, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    try:
        if result.returncode:
            lines = re.sub(r"\x1b\[[0-9;]*m", "", result.stderr).splitlines()
            told = [line for line in lines if re.search("WARNING|ERROR|rror:", line)] or lines[-20:]
            for line in told:
                for folder in (source.resolve(), paths.root()):
                    line = line.replace(f"{folder}{os.sep}", "")
                print(line, file=sys.stderr)
            raise PublishError(
                f"the book was not built: jupyter-book gave {len(told)} warnings or errors, above;"
                " mend the pages they name"
            )
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside / "_build" / builder, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sources_key(source: Path) -> str:
    return _digest([*_tree(source, "*"), *_library()])


def build_book(
    *,
    force: bool = False,
    report: Callable[[str], None] = print,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    build: Path | None = None,
) -> Path:
    """Execute what changed, build the pages if anything did, and return the page to open.

    Parameters
    ----------
    force : bool
        Do everything again.
    report : callable
        Gets one line about each step.
    parameters : mapping, optional
        By notebook, the values it is given, see :func:`glasslib.rerun.given_to`.
    build : Path, optional
        Folder of this book, ``_build`` by default; ``html/index.html`` in it is returned.

    Returns
    -------
    Path
        ``_build/html/index.html``.

    Raises
    ------
    PublishError
        A notebook stopped or a page gave a warning.
    """
    build = paths.book() if build is None else build
    paths.check_writable(build)
    begin = time.monotonic()
    done = execute_pages(
        folder=build / "executed", parameters=parameters, force=force, report=report
    )
    stage(build / "source", done)
    key = _sources_key(build / "source")
    html, record = build / "html", build / "html.json"
    index = html / "index.html"
    if force or not index.exists() or _stored(record).get("key") != key:
        record.unlink(missing_ok=True)
        build_html(build / "source", html)
        _write(record, json.dumps({"key": key}) + "\n")
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

    folder = paths.book() / "html" if folder is None else folder
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
