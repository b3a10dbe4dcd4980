"""Executed notebooks: run by papermill, scrubbed, and kept as long as their key holds.

A key sums up what the outputs of a notebook depend on: its text, its parameters, the library, the
environment and the data. It is stored beside the executed copy.
"""

import json
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

from nbformat import NotebookNode
from tqdm import tqdm

from glasslib import paths
from glasslib.errors import ParameterError, PublishError
from glasslib.files import hashes, key_of, sha256, write_text
from glasslib.parameters import CompanionParameters, validate
from glasslib.publishing import notebooks
from glasslib.results.chain_length import CHAINS
from glasslib.results.page_parameters import given_for, page_model
from glasslib.store import SHIPPED

__all__ = [
    "Page", "execute_notebook", "execute_pages", "kernel_manager", "library",
    "notebook_key", "read_record", "run", "scrub", "shared_inputs",
]


# --- keys -----------------------------------------------------------------------------------


def library() -> dict[str, str]:
    """Return the SHA-256 of each file of the library and of the environment's lock, by name."""
    lock = paths.root() / "requirements.lock"
    return {**hashes(paths.root() / "glasslib", "*.py", "*.mplstyle"), lock.name: sha256(lock)}


def shared_inputs() -> str:
    """Return a key for what all notebooks depend on: library, environment, data that ship."""
    return key_of(library(), *(hashes(paths.ensembles(name)) for name in (*SHIPPED, *CHAINS)))


def _own_data(parameters: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the hashes of the data at the temperatures that a page is run for."""
    asked = parameters.get("temperature", ())
    profile = parameters.get("profile", CompanionParameters().profile)
    return [
        hashes(paths.ensembles(profile, temperature), "*.nc", "*.json")
        for temperature in (asked if isinstance(asked, list | tuple) else (asked,))
    ]


def notebook_key(source: Path, parameters: Mapping[str, Any], shared: str | None = None) -> str:
    """Return the key of an executed notebook: another one whenever its outputs may change.

    Parameters
    ----------
    source : Path
        The MyST file.
    parameters : mapping
        Values given to the notebook; must be JSON.
    shared : str, optional
        From :func:`shared_inputs`, which reads all data: once is enough for many notebooks.
    """
    shared = shared_inputs() if shared is None else shared
    return key_of(sha256(source), dict(parameters), shared, _own_data(parameters))


# --- execution ------------------------------------------------------------------------------
#: Managers of the kernels that this process has started.
_KERNELS: WeakSet = WeakSet()


def _stop_kernels() -> None:
    """End every kernel, so that the threads that wait for one end too."""
    for provisioner in [manager.provisioner for manager in list(_KERNELS)]:
        if provisioner is not None and provisioner.has_process:
            os.kill(provisioner.pid, signal.SIGKILL)


def kernel_manager(
    figures: Path | None = None, workers: int | None = None, folder: Path | None = None
) -> type:
    """Return a kernel manager that starts this interpreter, whatever kernels are installed.

    Parameters
    ----------
    figures : Path, optional
        Where the notebook saves its figures.
    workers : int, optional
        Processes that simulate what the notebook lacks.
    folder : Path, optional
        Working directory of the kernel. papermill would change that of this process, which
        its threads share.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisInterpreter(AsyncKernelManager):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            _KERNELS.add(self)

        async def start_kernel(self, **options):
            if folder is not None:
                options["cwd"] = str(folder)
            return await super().start_kernel(**options)

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


def execute_notebook(
    node: NotebookNode,
    parameters: Mapping[str, Any] | None = None,
    *,
    name: str = "notebook",
    folder: Path | None = None,
    figures: Path | None = None,
    workers: int | None = None,
    echo: bool = True,
) -> NotebookNode:
    """Run a notebook in a new kernel of this interpreter and return it, scrubbed.

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
    import papermill
    from nbclient.exceptions import DeadKernelError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        executed = papermill.execute_notebook(
            deepcopy(node),
            None,
            dict(parameters or {}),
            progress_bar={"desc": name, "unit": "cell", "leave": False},
            kernel_manager_class=kernel_manager(figures, workers, folder),
            stdout_file=_Echo() if echo else None,
            stderr_file=_Echo() if echo else None,
        )
    except papermill.PapermillExecutionError as error:
        lines = [line for line in str(error.evalue).splitlines() if line.strip()]
        reason = f"{error.ename}: {lines[-1].strip()}" if lines else error.ename
        raise PublishError(f"{name} stopped in cell [{error.exec_count}]: {reason}") from None
    except DeadKernelError:
        raise PublishError(
            f"{name}: its kernel died; the machine may be short of memory: try one page at a time"
            " (-w 1) or a smaller profile"
        ) from None
    return scrub(executed)


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
    values = validate(page_model(stem), **(parameters or {})).given
    path = paths.build() / "runs" / f"{stem}.ipynb" if output is None else Path(output)
    if path.suffix != ".ipynb" or path.is_dir():
        raise ParameterError(f"output = '{path}' is not a notebook file; end its name in .ipynb")
    if output is not None and not path.absolute().parent.is_dir():
        raise ParameterError(f"output = '{path}': the folder does not exist; create it first")
    paths.check_writable(path.absolute().parent, setting="--output")
    node = notebooks.read(notebooks.source(stem))
    node = execute_notebook(node, values, name=stem, workers=workers)
    write_text(path, notebooks.text_of(node))
    return path


# --- pages ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """One executed notebook of the book.

    Parameters
    ----------
    name : str
        The notebook's stem.
    path : Path
        The executed copy.
    seconds : float
        How long it ran.
    executed : bool
        It ran now; otherwise the copy was up to date.
    figures : tuple of str
        Files that it saved, in the folder ``figures`` beside the copy.
    """

    name: str
    path: Path
    seconds: float
    executed: bool
    figures: tuple[str, ...] = ()


def read_record(path: Path) -> dict[str, Any]:
    """Return a JSON record; an empty one when it is missing or damaged.

    Examples
    --------
    >>> read_record(Path("no-such-file.json"))
    {}
    """
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
    parameters: Mapping[str, Any] | None = None,
    force: bool = False,
    report: Callable[[str], None] = print,
    workers: int = 1,
) -> list[Page]:
    """Execute the notebooks whose key has changed, some at a time.

    What two of them need and nobody has computed yet, one computes while the other waits.

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
        Values that every notebook is given that has such a parameter; none by default.
    force : bool
        Execute all of them.
    report : callable
        Gets one line about each notebook, when it has ended.
    workers : int
        Notebooks at a time.

    Returns
    -------
    list of Page
        In the order of ``stems``.

    Raises
    ------
    PublishError
        A notebook stopped, or does not exist. Copies made before stay, others that run are ended
        first, and no more are begun.
    """
    folder = paths.build() / "executed" if folder is None else folder
    sources = paths.notebooks() if sources is None else sources
    stems = list(notebooks.contents() if stems is None else stems)
    given, shared = given_for(stems, dict(parameters or {})), shared_inputs()

    def page(stem: str) -> Page:
        values = given[stem]
        source = sources / f"{stem}.md"
        if not source.exists():
            raise PublishError(f"_toc.yml names notebook '{stem}', but {source.name} is missing")
        key = notebook_key(source, values, shared)
        path, record_path = folder / f"{stem}.ipynb", folder / f"{stem}.json"
        record = read_record(record_path)
        outdated = force or not path.exists() or record.get("key") != key
        if outdated:
            seconds, figures = _execute_page(source, values, path)
            record = {"key": key, "seconds": seconds, "figures": figures}
            write_text(record_path, json.dumps(record, indent=1) + "\n")
        report(f"{stem:<32} {record['seconds']:7.1f} s  {'executed' if outdated else 'unchanged'}")
        return Page(stem, path, record["seconds"], outdated, tuple(record["figures"]))

    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(page, stem) for stem in stems]
        try:
            for each in wait(running, return_when=FIRST_EXCEPTION).done:
                each.result()
            return [each.result() for each in running]
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):  # Ctrl-C, which threads do not see
                _stop_kernels()
            raise


def _execute_page(source: Path, values: Mapping[str, Any], path: Path) -> tuple[float, list[str]]:
    """Write an executed copy and its figures; return its run time and their names."""
    begin = time.monotonic()
    figures, temporary = path.parent / "figures", path.parent / f".{path.stem}-figures"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    node = execute_notebook(
        notebooks.read(source), values, name=path.stem, folder=paths.root(), figures=temporary
    )
    seconds = round(time.monotonic() - begin, 1)
    path.with_suffix(".json").unlink(missing_ok=True)  # no old key beside a new copy, ever
    figures.mkdir(exist_ok=True)
    saved = sorted(file.name for file in temporary.iterdir())
    for name in saved:
        os.replace(temporary / name, figures / name)
    temporary.rmdir()
    write_text(path, notebooks.text_of(node))
    return seconds, saved
