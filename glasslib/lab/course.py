"""The sessions' sources, and the copies that students get.

A source is a MyST notebook that holds the solutions. What a student has to write stands between
the lines ``# solution 1.2`` and ``# end``, or on one line that ends in ``# solution 1.2``; in the
student's copy it is a gap. Answers to questions of thought stand in admonitions titled "Answer",
which the copy leaves out. Cells with the tag ``check`` call :func:`glasslib.lab.checking.check`.
"""

import re
from pathlib import Path

from nbformat import NotebookNode

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.files import write_text
from glasslib.publishing import notebooks

__all__ = [
    "GAP", "folder", "read", "session_of", "sessions", "source", "student", "write_student",
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


def folder() -> Path:
    """Return the folder of the sessions' sources, ``book/lab``."""
    return paths.pages() / "lab"


def sessions() -> list[str]:
    """Return the stems of the four sessions, in order."""
    return sorted(path.stem for path in folder().glob("[0-9]-*.md"))


def source(session: str) -> Path:
    """Return the MyST file of a session, by its number or stem.

    Raises
    ------
    ParameterError
        There is no such session.
    """
    for stem in sessions():
        if session in (stem, stem.split("-")[0]):
            return folder() / f"{stem}.md"
    raise ParameterError(f"session {session!r} does not exist; choose {', '.join(sessions())}")


def session_of(file: str) -> str:
    """Return the stem of the session that a file's name holds.

    Learning platforms and browsers put names and numbers before and behind it.

    Raises
    ------
    ParameterError
        The name holds no session, or two.

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
        numbers = re.findall(r"session[-_ ]?(\d)(?!\d)", file.lower())
        numbers = numbers or re.findall(r"^(\d)-", file)
        found = [stem for stem in stems if stem.split("-")[0] in numbers]
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


def write_student(target: Path, overwrite: bool = False) -> list[Path]:
    """Write the student's copies of all sessions, and a README, into a folder.

    Parameters
    ----------
    target : Path
        Made if it is not there.
    overwrite : bool
        Replace copies that are there, and with them what a student has written.

    Raises
    ------
    ParameterError
        A copy is there already; nothing has been written.
    """
    target = Path(target)
    titles = {stem: read(stem).cells[0].source.splitlines()[0].lstrip("# ") for stem in sessions()}
    listed = "\n".join(f"- `{stem}.ipynb`: {title}" for stem, title in titles.items())
    texts = {f"{stem}.ipynb": notebooks.text_of(student(stem)) for stem in sessions()}
    texts["README.md"] = _README.format(sessions=listed)
    existing = [name for name in texts if (target / name).exists()]
    if existing and not overwrite:
        raise ParameterError(
            f"{target / existing[0]} exists and may hold a student's work; choose another folder or"
            " give --overwrite"
        )
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_text(target / name, text)
    return [target / name for name in texts]
