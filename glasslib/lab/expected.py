"""What the sessions show with their solutions, and what they take: the instructor's numbers."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from glasslib import paths
from glasslib.files import write_text
from glasslib.lab.course import folder, read, sessions, source
from glasslib.lab.exercises import EXERCISES
from glasslib.lab.material import ensemble
from glasslib.publishing.execute import execute_notebook

__all__ = ["Measured", "instructor_tables", "measure", "recorded", "report_all", "write"]


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


def measure(session: str, parameters: Mapping[str, Any] | None = None) -> Measured:
    """Run a session with its solutions, in a new kernel with empty caches, and measure it.

    Parameters
    ----------
    session : str
        Number or stem.
    parameters : mapping, optional
        Values for its parameters.

    Raises
    ------
    PublishError
        A cell raised an error: a solution is wrong, or data are missing.
    """
    stem = source(session).stem
    node = read(session)
    node.cells.append(nbformat.v4.new_code_cell("lab.report()"))
    with paths.empty_var():
        begin = time.monotonic()
        executed = execute_notebook(node, parameters, name=stem, folder=paths.root(), echo=False)
        wall = round(time.monotonic() - begin, 1)
    found = json.loads(executed.cells[-1].outputs[0].text)
    return Measured(stem, found["seconds"], wall, found["peak"], found["values"])


def report_all(
    parameters: Mapping[str, Any] | None = None, report: Callable[[str], None] = print
) -> None:
    """Run all sessions with their solutions and report what they show, their time and memory.

    Parameters
    ----------
    parameters : mapping, optional
        Values for the sessions' parameters.
    report : callable
        Gets a line about each session and each value.
    """
    for session in sessions():
        found = measure(session, parameters)
        report(
            f"{found.session}: {found.wall:.0f} s ({found.seconds:.0f} s of processor time),"
            f" {found.peak} MB"
        )
        for name, value in found.values.items():
            report(f"  {name} = {value}")


def _path() -> Path:
    return folder() / "expected.json"


def recorded() -> dict[str, Any]:
    """Return what :func:`write` has written: data, and the sessions."""
    return json.loads(_path().read_text(encoding="utf-8")) if _path().exists() else {"sessions": []}


def write(
    parameters: Mapping[str, Any] | None = None, report: Callable[[str], None] = print
) -> Path:
    """Run all sessions with their solutions and write what they show, for the instructor's notes.

    Parameters
    ----------
    parameters : mapping, optional
        Values for the sessions' parameters.
    report : callable
        Gets one line about each session.

    Returns
    -------
    Path
        The file written, ``book/lab/expected.json``.
    """
    found = []
    for session in sessions():
        measured = measure(session, parameters)
        report(f"{measured.session:<32} {measured.seconds:7.1f} s  {measured.peak:5d} MB")
        found.append({"session": measured.session, "seconds": measured.seconds,
                      "peak": measured.peak, "values": measured.values})
    given = dict(parameters or {})
    data = ensemble(given.get("temperature", 0.6), given.get("profile", "lab")).describe()
    text = json.dumps({"data": data, "sessions": found}, indent=1, ensure_ascii=False)
    write_text(_path(), text + "\n")
    return _path()


def instructor_tables() -> dict[str, list[tuple[str, ...]]]:
    """Return the rows of the tables in the instructor's notes, the first the names of columns.

    Returns
    -------
    dict
        ``lab-expected``: what each session shows. ``lab-cost``: time and memory.
        ``lab-mistakes``: the usual mistakes that the checks recognise.
    """
    found = recorded()
    expected = [("session", "quantity", "value"), ("all", "data", found.get("data", "none yet"))]
    cost = [("session", "processor time (s)", "peak memory (MB)")]
    for session in found["sessions"]:
        number = session["session"].split("-")[0]
        expected += [(number, name, value) for name, value in session["values"].items()]
        cost.append((number, f"{session['seconds']:.0f}", str(session["peak"])))
    mistakes = [("exercise", "asks for", "usual mistakes")]
    for exercise in EXERCISES.values():
        hints = "; ".join(hint for hint, _ in exercise.mistakes)
        mistakes.append((exercise.number, exercise.title, hints))
    return {"lab-expected": expected, "lab-cost": cost, "lab-mistakes": mistakes}
