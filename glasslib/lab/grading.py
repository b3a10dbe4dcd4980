"""Grading: a student's notebook is run, and its checks say which exercises are right."""

import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from glasslib.errors import GlasslibError, ParameterError
from glasslib.lab.course import read, session_of
from glasslib.parameters import CompanionParameters, validate
from glasslib.publishing.execute import kernel_manager

__all__ = ["CELL_SECONDS", "Verdict", "grade", "grade_all"]

#: Longest time of one cell of a student's notebook, s; training takes a minute or two.
CELL_SECONDS = 1800


@dataclass(frozen=True)
class Verdict:
    """What became of one exercise.

    Parameters
    ----------
    number : str
        Of the exercise, such as ``"1.4"``.
    verdict : str
        "right", "wrong" or "gap".
    message : str
        What the check said.
    """

    number: str
    verdict: str
    message: str = ""

    def __str__(self):
        return f"{self.number}  {self.verdict:<6} {self.message}".rstrip()


def grade(path: Path, parameters: Mapping[str, Any] | None = None) -> list[Verdict]:
    """Run a student's notebook and say of each exercise whether it is right.

    The cells that check are taken from the source, whatever the student has made of them. The
    notebook runs as it is: run only notebooks that you trust. A cell that takes longer than
    :data:`CELL_SECONDS` is interrupted.

    Parameters
    ----------
    path : Path
        The notebook. Its name holds that of its session, see
        :func:`~glasslib.lab.course.session_of`.
    parameters : mapping, optional
        Other values for its parameters, such as a temperature.

    Raises
    ------
    ParameterError
        The file is not there or not a notebook, its name is not that of a session, or a parameter
        does not exist or is out of range.
    """
    path = Path(path)
    session = read(session_of(path.name))
    parameters = dict(parameters or {})
    validate(CompanionParameters, **{k: v for k, v in parameters.items() if k != "epochs"})
    checks = {cell.id: cell for cell in session.cells if "check" in cell.metadata.get("tags", [])}
    node = _with_checks(_read(path), checks)
    executed = _run(node, parameters, path.resolve().parent)
    outputs = {cell.get("id"): cell.outputs for cell in executed.cells if cell.cell_type == "code"}
    return [
        _verdict(number, outputs[key])
        for key, cell in checks.items()
        for number in re.findall(r'check\("(\d\.\d)"', cell.source)
    ]


def _read(path: Path) -> NotebookNode:
    if not path.exists():
        raise ParameterError(f"'{path}' does not exist; name a student's notebook")
    try:
        return nbformat.read(path, 4)
    except (ValueError, AttributeError, KeyError) as error:
        raise ParameterError(f"'{path}' is not a notebook; save it again as .ipynb") from error


def _with_checks(node: NotebookNode, checks: Mapping[str, NotebookNode]) -> NotebookNode:
    """Put the session's checks in the place of the student's; those that are missing at the end."""
    for cell in node.cells:
        if cell.get("id") in checks:
            cell.source = checks[cell.id].source
    present = {cell.get("id") for cell in node.cells}
    node.cells += [cell for key, cell in checks.items() if key not in present]
    return node


def _run(node: NotebookNode, parameters: Mapping[str, Any], folder: Path) -> NotebookNode:
    """Run every cell, also after one that raised; return the notebook with its outputs."""
    from nbclient import NotebookClient

    node = deepcopy(node)
    tags = [cell.metadata.get("tags", []) for cell in node.cells]
    place = next((n for n, found in enumerate(tags) if "parameters" in found), -1) + 1
    lines = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    node.cells.insert(place, nbformat.v4.new_code_cell(lines))
    NotebookClient(
        node, allow_errors=True, timeout=CELL_SECONDS, interrupt_on_timeout=True,
        kernel_manager_class=kernel_manager(), resources={"metadata": {"path": str(folder)}},
    ).execute()
    return node


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


def grade_all(
    files: Iterable[Path], parameters: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = print,
) -> int:
    """Grade students' notebooks and return how many could not be graded.

    Parameters
    ----------
    files : iterable of Path
        Notebooks, see :func:`grade`.
    parameters : mapping, optional
        Other values for their parameters.
    report : callable
        Gets a line about each notebook and each exercise.
    """
    failed = 0
    for path in files:
        try:
            verdicts = grade(path, parameters)
        except GlasslibError as error:
            failed += 1
            report(f"{path}: not graded: {error}")
            continue
        right = sum(verdict.verdict == "right" for verdict in verdicts)
        report(f"{path}: {right} of {len(verdicts)} right")
        for verdict in verdicts:
            report(f"  {verdict}")
    return failed
