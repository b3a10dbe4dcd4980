"""The sessions' sources, the copies that students get, and what comes of them.

A source is a MyST notebook that holds the solutions. What a student has to write stands between
the lines ``# solution 1.2`` and ``# end``, or on one line that ends in ``# solution 1.2``; in the
student's copy it is a gap. Answers to questions of thought stand in admonitions titled "Answer",
which the copy leaves out. Cells with the tag ``check`` call :func:`glasslib.lab.checking.check`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.files import write_text
from glasslib.parameters import CompanionParameters, validate
from glasslib.publishing import execute, notebooks

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "GAP", "Measured", "Verdict", "fill", "gaps", "grade", "instructor_tables", "measure",
    "measured", "read", "session_of", "sessions", "solutions", "source", "student",
    "write_measured", "write_student",
]

GAP = "...  # {number}: your code"

_BLOCK = re.compile(
    r"^(?P<indent> *)# solution (?P<number>\d\.\d)\n(?P<code>.*?)^ *# end$",
    re.MULTILINE | re.DOTALL,
)
_LINE = re.compile(
    r"^(?P<name> *[\w, ]+ = )(?P<code>.*?)  # solution (?P<number>\d\.\d)$", re.MULTILINE
)
_ANSWER = re.compile(r"^:::\{admonition\} Answer\n.*?^:::$", re.MULTILINE | re.DOTALL)
_README = """# Lab course: propensity in a molecular glass-former

Four notebooks, one for each session of about two hours:

{sessions}

Open them in Jupyter with the Python in which glasslib is installed: in the companion's folder,

    .venv/bin/python -m pip install jupyterlab
    .venv/bin/jupyter lab

Where a cell says `...  # 1.2: your code`, write your own. The cell below it checks the answer, says
what is wrong if it is a usual mistake, and may be run as often as you like. Questions marked with a
pen need thought, not code: write into the cell.
"""


def _folder() -> Path:
    return paths.pages() / "lab"


def sessions() -> list[str]:
    """Return the stems of the four sessions, in order."""
    return sorted(path.stem for path in _folder().glob("[0-9]-*.md"))


def source(session: str) -> Path:
    """Return the MyST file of a session, by its number or stem.

    Raises
    ------
    ParameterError
        There is no such session.
    """
    for stem in sessions():
        if session in (stem, stem.split("-")[0]):
            return _folder() / f"{stem}.md"
    raise ParameterError(f"session {session!r} does not exist; choose {', '.join(sessions())}")


def session_of(file: str) -> str:
    """Return the stem of the session that a file's name tells, whatever stands around it.

    Learning platforms put names and numbers before and behind, and so do browsers.

    Raises
    ------
    ParameterError
        The name tells no session, or two.

    Examples
    --------
    >>> session_of("Curie_4711_assignsubmission_file_1-melt-and-relaxation (2).ipynb")
    '1-melt-and-relaxation'
    >>> session_of("Curie_4711_assignsubmission_file_session-1.ipynb")
    '1-melt-and-relaxation'
    """
    stems = sessions()
    found = [stem for stem in stems if stem.split("-", 1)[1] in file.lower()]
    if not found:
        told = re.findall(r"session[-_ ]?(\d)(?!\d)", file.lower()) or re.findall(r"^(\d)-", file)
        found = [stem for stem in stems if stem.split("-")[0] in told]
    if len(found) != 1:
        raise ParameterError(
            f"'{file}' does not say which session it is; let its name hold one of"
            f" {', '.join(stems)}"
        )
    return found[0]


def read(session: str) -> NotebookNode:
    """Read a session with its solutions; its cells have lasting ids."""
    return notebooks.read(source(session))


# --------------------------------------------------------------------------- copies for students
def _gapped(code: str) -> str:
    code = _BLOCK.sub(lambda m: m["indent"] + GAP.format(number=m["number"]), code)
    return _LINE.sub(lambda m: m["name"] + GAP.format(number=m["number"]), code)


def student(session: str) -> NotebookNode:
    """Return the student's copy of a session: gaps for solutions, no answers, no outputs."""
    node = read(session)
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.source = _gapped(cell.source)
            tags = [tag for tag in cell.metadata.get("tags", []) if not tag.startswith("hide-")]
            cell.metadata["tags"] = tags
            if not tags:
                del cell.metadata["tags"]
        else:
            cell.source = _ANSWER.sub("*Your answer:*", cell.source)
    node.metadata.pop("jupytext", None)
    return node


def gaps(node: NotebookNode) -> list[str]:
    """Return the numbers of the exercises that are gaps in a notebook, in order."""
    pattern = re.compile(re.escape(GAP).replace(r"\{number\}", r"(\d\.\d)"))
    return [
        number
        for cell in node.cells
        if cell.cell_type == "code"
        for number in pattern.findall(cell.source)
    ]


def solutions(session: str) -> dict[str, str]:
    """Return the code that fills each gap of a session, by number, as it stands in the source."""
    found = {}
    for cell in read(session).cells:
        if cell.cell_type == "code":
            for match in _BLOCK.finditer(cell.source):
                found[match["number"]] = match["code"].rstrip("\n")
            for match in _LINE.finditer(cell.source):
                found[match["number"]] = match["code"]
    return found


def fill(node: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """Return a student's copy with some of its gaps filled.

    Parameters
    ----------
    node : NotebookNode
        From :func:`student`, or read from a file.
    answers : mapping of str to str
        Code by number, such as :func:`solutions` gives.
    """
    node = deepcopy(node)
    for cell in node.cells:
        if cell.cell_type != "code":
            continue
        for number, code in answers.items():
            gap = GAP.format(number=number)
            cell.source = re.sub(
                rf"^ +{re.escape(gap)}$", lambda _, code=code: code, cell.source,
                flags=re.MULTILINE,
            ).replace(gap, code)
    return node


def write_student(folder: Path, overwrite: bool = False) -> list[Path]:
    """Write the student's copies of all sessions, and a README, into a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    overwrite : bool
        Replace copies that are there, and with them what a student has written.

    Raises
    ------
    ParameterError
        A copy is there already; nothing has been written.
    """
    folder = Path(folder)
    titles = {stem: read(stem).cells[0].source.splitlines()[0].lstrip("# ") for stem in sessions()}
    listed = "\n".join(f"- `{stem}.ipynb`: {title}" for stem, title in titles.items())
    texts = {f"{stem}.ipynb": notebooks.text_of(student(stem)) for stem in sessions()}
    texts["README.md"] = _README.format(sessions=listed)
    there = [name for name in texts if (folder / name).exists()]
    if there and not overwrite:
        raise ParameterError(
            f"{folder / there[0]} exists and may hold a student's work; choose another folder or"
            " give --overwrite"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


# ------------------------------------------------------------------------------------- grading
@dataclass(frozen=True)
class Verdict:
    """What became of one exercise: "right", "wrong" or "gap", and the check's message."""

    number: str
    verdict: str
    message: str = ""


def _run(
    node: NotebookNode, parameters: Mapping[str, Any], folder: Path | None,
    timeout: int | None = None,
) -> NotebookNode:
    """Run every cell, also after one that raised; return the notebook with its outputs.

    A cell that takes longer than ``timeout`` seconds is interrupted.
    """
    import nbformat
    from nbclient import NotebookClient

    node = deepcopy(node)
    tags = [cell.metadata.get("tags", []) for cell in node.cells]
    place = next((n for n, found in enumerate(tags) if "parameters" in found), -1) + 1
    lines = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    node.cells.insert(place, nbformat.v4.new_code_cell(lines))
    client = NotebookClient(
        node, allow_errors=True, timeout=timeout, interrupt_on_timeout=True,
        kernel_manager_class=execute.kernel_manager(),
        resources={"metadata": {"path": str(folder or Path.cwd())}},
    )
    client.execute()
    return node


def _is_check(cell: NotebookNode) -> bool:
    return "check" in cell.metadata.get("tags", [])


#: Longest time of one cell of a student's notebook, s; training takes a minute or two.
CELL_SECONDS = 1800


def grade(path: Path, parameters: Mapping[str, Any] | None = None) -> list[Verdict]:
    """Run a student's notebook and say of each exercise whether it is right.

    The cells that check are taken from the source, whatever the student has made of them. The
    notebook runs as it is: grade only what you are willing to run. A cell that takes longer than
    :data:`CELL_SECONDS` is interrupted.

    Parameters
    ----------
    path : Path
        The notebook. Its name holds that of its session, see :func:`session_of`.
    parameters : mapping, optional
        Other values for its parameters, such as a temperature.

    Raises
    ------
    ParameterError
        The file is not there or not a notebook, its name is not that of a session, or a parameter
        does not exist or is out of range.
    """
    import nbformat

    path = Path(path)
    original = read(session_of(path.name))
    parameters = dict(parameters or {})
    validate(CompanionParameters, **{k: v for k, v in parameters.items() if k != "epochs"})
    if not path.exists():
        raise ParameterError(f"'{path}' does not exist; name a student's notebook")
    try:
        node = nbformat.read(path, 4)
    except (ValueError, AttributeError, KeyError) as error:
        raise ParameterError(f"'{path}' is not a notebook; save it again as .ipynb") from error
    checks = {cell.id: cell for cell in original.cells if _is_check(cell)}
    for cell in node.cells:
        if cell.get("id") in checks:
            cell.source = checks[cell.id].source
    node.cells += [cell for key, cell in checks.items()
                   if key not in {one.get("id") for one in node.cells}]
    done = _run(node, parameters, path.resolve().parent, CELL_SECONDS)
    outputs = {cell.get("id"): cell.outputs for cell in done.cells if cell.cell_type == "code"}
    verdicts = []
    for key, cell in checks.items():
        for exercise in re.findall(r'check\("(\d\.\d)"', cell.source):
            verdicts.append(_verdict(exercise, outputs[key]))
    return verdicts


def _verdict(number: str, outputs: list) -> Verdict:
    for output in outputs:
        if output.output_type == "error":
            verdict = "gap" if output.ename == "NotDone" else "wrong"
            return Verdict(number, verdict, f"{output.evalue}".removeprefix(f"{number}: "))
        if output.output_type == "stream" and re.search(
            rf"^{re.escape(number)} .*: right$", output.text, re.MULTILINE
        ):
            return Verdict(number, "right")
    return Verdict(number, "gap", "was not run")


# ----------------------------------------------------------------------- what it takes and gives
@dataclass(frozen=True)
class Measured:
    """A session run with its solutions.

    Parameters
    ----------
    session : str
        Its stem.
    seconds, wall : float
        Processor time, and time on the clock.
    peak : int
        Largest memory of the process in MB.
    values : dict of str to str
        What it showed, by name.
    """

    session: str
    seconds: float
    wall: float
    peak: int
    values: dict[str, str]


def measure(
    session: str, parameters: Mapping[str, Any] | None = None, node: NotebookNode | None = None
) -> Measured:
    """Run a session with its solutions, in a fresh kernel with empty caches, and measure it.

    Parameters
    ----------
    session : str
        Number or stem.
    parameters : mapping, optional
        Values for its parameters.
    node : NotebookNode, optional
        A copy whose gaps are filled; the source by default.

    Raises
    ------
    PublishError
        A cell raised an error: a solution is wrong, or data are missing.
    """
    import nbformat

    node = deepcopy(read(session) if node is None else node)
    node.cells.append(nbformat.v4.new_code_cell("lab.report()"))
    with paths.empty_var():
        begin = time.monotonic()
        done = execute.execute_notebook(
            node, parameters, name=source(session).stem, folder=paths.root(), echo=False
        )
        wall = round(time.monotonic() - begin, 1)
    found = json.loads(done.cells[-1].outputs[0].text)
    return Measured(
        source(session).stem, found["seconds"], wall, found["peak"], found["values"]
    )


def measured() -> dict[str, Any]:
    """Return what :func:`write_measured` has written: data, machine, and the sessions."""
    path = _folder() / "expected.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"sessions": []}


def write_measured(parameters: Mapping[str, Any] | None = None, report=print) -> Path:
    """Run all sessions with their solutions and write what they show, for the instructor's notes.

    Parameters
    ----------
    parameters : mapping, optional
        Values for the sessions' parameters.
    report : callable
        Gets one line about each session.
    """
    from glasslib.lab.material import ensemble

    found = []
    for session in sessions():
        one = measure(session, parameters)
        report(f"{one.session:<32} {one.seconds:7.1f} s  {one.peak:5d} MB")
        found.append({"session": one.session, "seconds": one.seconds, "peak": one.peak,
                      "values": one.values})
    given = dict(parameters or {})
    data = ensemble(given.get("temperature", 0.6), given.get("profile", "lab")).describe()
    text = json.dumps({"data": data, "sessions": found}, indent=1, ensure_ascii=False) + "\n"
    path = _folder() / "expected.json"
    write_text(path, text)
    return path


def instructor_tables() -> dict[str, list[tuple[str, ...]]]:
    """Return the rows of the tables in the instructor's notes, the first the names of columns.

    ``lab-expected``: what each session shows. ``lab-cost``: time and memory. ``lab-mistakes``: the
    usual mistakes that the checks recognise.
    """
    from glasslib.lab.exercises import EXERCISES

    found = measured()
    known = found["sessions"]
    expected = [("session", "quantity", "value"), ("all", "data", found.get("data", "none yet"))]
    cost = [("session", "processor time (s)", "peak memory (MB)")]
    for one in known:
        number = one["session"].split("-")[0]
        expected += [(number, name, value) for name, value in one["values"].items()]
        cost.append((number, f"{one['seconds']:.0f}", str(one["peak"])))
    mistakes = [("exercise", "asks for", "usual mistakes")]
    for exercise in EXERCISES.values():
        said = "; ".join(hint for hint, _ in exercise.mistakes)
        mistakes.append((exercise.number, exercise.title, said))
    return {"lab-expected": expected, "lab-cost": cost, "lab-mistakes": mistakes}
