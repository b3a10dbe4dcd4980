"""Configurations in the files of other programs: read right, or refused with a reason.

- **LAMMPS data files** are read by LAMMPS itself (``read_data``), with the atom style that the
  file names. Before, the numbers in its header are compared with the lines of its sections.
- **LAMMPS dumps** and **(extended) XYZ files** are read here, and nothing is guessed: a line that
  is missing, doubled or broken is an error. Particles of a dump are known by their id.
- **Other formats** are read by MDAnalysis, which keeps coordinates in single precision.

What a file is stands in its first lines; its name does not matter, and it may be packed (gzip,
bzip2, xz). Everything of ours is double precision: the origin of the box is subtracted and
particles are folded back into it before anything is rounded.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tempfile
import warnings
import zlib
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from glasslib.configuration import Configuration
from glasslib.errors import (
    ConfigurationError,
    DataError,
    DataWarning,
    GlasslibError,
    ParameterError,
)
from glasslib.parameters import Melt

__all__ = ["Snapshot", "read_configuration"]

_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_UNREADABLE = {b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"\x1f\x9d": "compress"}
_DATA_LINE = re.compile(r"\s*[-+.\deE]+\s.*?(atoms|atom types|xlo xhi|avec)\s*(#.*)?")
_SECTION = re.compile(r"[A-Z][A-Za-z/]*( [A-Za-z/]+)*")
#: Sections of a data file, and the word of the header that counts their lines.
_COUNTED = {
    "Atoms": "atoms", "Velocities": "atoms", "Bonds": "bonds", "Angles": "angles",
    "Dihedrals": "dihedrals", "Impropers": "impropers", "Masses": "atom types",
}  # fmt: skip
#: LAMMPS styles by number of columns, where a data file with bonds, or without, names none.
_GUESSES = {
    True: {6: "molecular", 9: "molecular", 7: "full", 10: "full"},
    False: {5: "atomic", 8: "atomic"},
}
#: The columns that place a particle: unscaled or in edges of the box.
_PLACES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
_TOO_FAR = 1e6  # LAMMPS folds a particle back one box at a time


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One frame of a file: the configuration, who is who in it, and what to know about it.

    Rows are in the order of the ids where the file is LAMMPS's, else in the order of the file.

    Parameters
    ----------
    configuration : Configuration
        Positions folded into the box, box and bonds, in σ.
    ids : (N,) int64
        The particles' ids in the file; where it has none, their places, from 1.
    types : (N,) int64 or str
        Their types; 0 where the file tells none.
    chains : (N,) int64
        The molecule as the file says it, else as the bonds join them; 0 where neither is there.
    bonds_told : bool
        Whether the file tells which particles are bonded; a dump, for one, does not.
    frame, frames : int
        Number of the frame, from 0, and how many the file has.
    step : int or None
        Time step of the frame, if the file tells it.
    unit : str
        Unit of length of the file; empty if it is σ or unknown.
    remarks : tuple of str
        What a reader should know.
    doubts : tuple of str
        Why the melt's own potential is not the one of this file.
    """

    configuration: Configuration
    ids: np.ndarray
    types: np.ndarray
    chains: np.ndarray
    bonds_told: bool = True
    frame: int = 0
    frames: int = 1
    step: int | None = None
    unit: str = ""
    remarks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(eq=False)
class _Frame:
    """What one file tells; ``bonds`` are pairs of ids, None if the format tells nothing."""

    name: str
    positions: np.ndarray | None
    box: np.ndarray | None = None
    ids: np.ndarray | None = None
    types: np.ndarray | None = None
    molecules: np.ndarray | None = None
    bonds: np.ndarray | None = None
    frame: int = 0
    frames: int = 1
    step: int | None = None
    unit: str = ""
    remarks: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def __len__(self):
        return len(self.positions if self.ids is None else self.ids)


def read_configuration(
    file: Path,
    trajectory: Path | None = None,
    frame: int = -1,
    atom_style: str | None = None,
    sigma: float = 1.0,
) -> Snapshot:
    """Read one frame of a LAMMPS data file or dump, an XYZ file, or what MDAnalysis opens.

    Parameters
    ----------
    file : Path
        A file with coordinates and box; with ``trajectory`` it tells the bonds, the molecules
        and, where the trajectory has no box, the box.
    trajectory : Path, optional
        Frames for the particles of ``file``. A dump is matched by id. Formats without ids are
        taken in the order of the ids, as LAMMPS sorts them, which is said.
    frame : int
        Which frame; −1 is the last.
    atom_style : str, optional
        LAMMPS's atom style of a data file that names none, such as ``"bond"``; or its columns,
        such as ``"id mol type x y z"``.
    sigma : float
        Diameter of a particle in the file's unit of length, by which all lengths are divided:
        1 for files in reduced units. MDAnalysis gives formats with units in Å.

    Returns
    -------
    Snapshot

    Warns
    -----
    DataWarning
        Once for each of the snapshot's remarks.

    Raises
    ------
    DataError
        No such file, or it is broken or not understood; the message says where.
    ParameterError
        There is no such frame, sigma is not a positive number, or the atom style lacks a column.
    ConfigurationError
        No box, a triclinic box, a side that is not periodic, two dimensions, or a coordinate
        that is not finite.

    References
    ----------
    A. P. Thompson et al., Comput. Phys. Commun. 271, 108171 (2022), for LAMMPS.
    R. J. Gowers et al., Proc. 15th Python in Science Conf., 98 (2016), for MDAnalysis.

    Examples
    --------
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name, "two.xyz")
    >>> _ = file.write_text('2\\nLattice="2 0 0 0 1 0 0 0 1"\\nA 0.5 0 0\\nB 9.5 0 0\\n')
    >>> with warnings.catch_warnings(record=True):
    ...     read = read_configuration(file)
    >>> read.configuration.positions[:, 0].tolist(), read.types.tolist(), read.bonds_told
    ([0.5, 1.5], ['A', 'B'], False)
    >>> read.remarks[0]
    'two.xyz holds particles of 2 types (1 of type A, 1 of type B): all count alike'
    """
    if not 0 < sigma < float("inf"):
        raise ParameterError(f"sigma = {sigma} must be a positive length")
    file, trajectory = Path(file), None if trajectory is None else Path(trajectory)
    for path in filter(None, (file, trajectory)):
        if not path.is_file():
            raise DataError(f"there is no file {path}")
    try:
        if atom_style is not None and _kind(file) != "data":
            raise ParameterError(f"atom_style = '{atom_style}': {file} is no LAMMPS data file")
        if trajectory is None:
            read = _read(file, frame, atom_style)
        elif _kind(file) is None and _kind(trajectory) is None:
            read = _read_mdanalysis(file, trajectory, frame)
        else:
            read = _join(_read(file, -1, atom_style, frames=False), trajectory, frame)
    except (OSError, EOFError, UnicodeError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{trajectory or file} cannot be read: {reason}") from None
    snapshot = _snapshot(read, sigma)
    for remark in snapshot.remarks:
        warnings.warn(remark, DataWarning, stacklevel=2)
    return snapshot


# ------------------------------------------------------------------------------ files as text
def _open(path):
    """Open a text file that may be packed, in the encoding that its first bytes tell."""
    with path.open("rb") as file:
        magic = file.read(8)
    for mark, program in _UNREADABLE.items():
        if magic.startswith(mark):
            raise DataError(f"{path.name} is packed with {program}; unpack it first")
    opener = next((one for mark, one in _PACKED.items() if magic.startswith(mark)), open)
    stream = io.BufferedReader(opener(path, "rb"))
    start = stream.peek(4)[:4]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:  # titles and comments may hold any byte; numbers and words are ASCII
        encoding = "utf-8-sig" if start.startswith(b"\xef\xbb\xbf") else "latin-1"
    return io.TextIOWrapper(stream, encoding=encoding)


def _kind(path):
    """Say what a file is by its first lines: "data", "dump", "xyz" or None."""
    with _open(path) as stream:
        try:
            lines = stream.read(1 << 14).split("\n")
        except UnicodeError:
            return None
    if any("\0" in line for line in lines):
        return None
    if any(line.startswith("ITEM:") for line in lines[:30]):
        return "dump"
    if {".xyz", ".extxyz"} & {suffix.lower() for suffix in path.suffixes[-2:]}:
        return "xyz"
    if any(_DATA_LINE.fullmatch(line) for line in lines[1:]):
        return "data"
    return "xyz" if "Lattice=" in "".join(lines[:2]) else None


def _read(path, frame, atom_style=None, frames=True):
    """Read one frame of one file; ``frames`` is False where only its particles are wanted."""
    kind = _kind(path)
    if kind is None:
        return _read_mdanalysis(path, None, frame, particles=not frames)
    with _open(path) as stream:
        if kind == "data":
            read = _read_data(path.name, stream.readlines(), atom_style)
            _check_frame(path.name, frame, 1)
        else:
            read = _read_frames(path.name, stream, frame, _FORMATS[kind])
    return read


def _check_frame(name, frame, frames):
    if not -frames <= frame < frames:
        raise ParameterError(f"frame = {frame}: {name} has frames 0 to {frames - 1}")


def _numbers(words, kind, what):
    """Turn words into an array of numbers, or name the word that is none."""
    try:
        values = np.array(words, dtype=kind)
    except (ValueError, OverflowError):
        values = None
    if values is not None and np.isfinite(values).all():
        return values
    for word in np.ravel(words):
        try:
            bad = not np.isfinite(kind(word))
        except (ValueError, OverflowError):
            bad = True
        if bad:
            break
    raise DataError(f"{what}: '{word}' is not a finite {'number' if kind is float else 'integer'}")


def _orthorhombic(name, vectors, origin, positions):
    """Return positions along the edges of a box from its corner on, and the edges."""
    edges = np.linalg.norm(vectors, axis=1)
    if np.linalg.det(vectors) <= 0:
        raise ConfigurationError(
            f"the edges of the box of {name} are not right-handed: {vectors.tolist()}"
        )
    directions = vectors / edges[:, None]
    if np.abs(directions @ directions.T - np.eye(3)).max() > 1e-6:
        raise ConfigurationError(
            f"the box of {name} is triclinic: {vectors.tolist()}; only orthorhombic boxes are"
            " supported"
        )
    along = np.array_equal(directions, np.eye(3))
    return (positions - origin if along else (positions - origin) @ directions.T), edges


def _check_periodic(name, flags):
    if not all(flag in ("p", "pp", "T", "1", "True") for flag in flags):
        raise ConfigurationError(
            f"the box of {name} is not periodic on all sides ({' '.join(flags)}); only periodic"
            " boxes are supported"
        )


# --------------------------------------------------------------------------- LAMMPS data files
def _read_data(name, lines, atom_style):
    """Read a data file with LAMMPS, after its header was held against its lines."""
    remarks = _unfinished(name, lines[-1])
    lines = [line.rstrip() for line in lines]
    header, sections = _split(name, lines)
    if "Atoms" not in sections or "atoms" not in header:
        raise DataError(f"{name}: the line '… atoms' or the section Atoms is missing")
    for section, word in _COUNTED.items():
        said = _count(name, header, word)
        there = len(sections[section][1]) if section in sections else None
        optional = section in ("Masses", "Velocities")
        if there != said and not (there is None and (optional or said == 0)):
            raise DataError(
                f"{name}: the header says {said} {word}, the section {section}"
                + (" is missing" if there is None else f" has {there} lines")
            )
    edges = {"xlo xhi", "ylo yhi", "zlo zhi"}, {"avec", "bvec", "cvec"}
    if not any(words <= header.keys() for words in edges):
        raise DataError(f"{name}: the header does not give all three edges of the box")
    style, rows = sections["Atoms"]
    if not rows:
        raise DataError(f"{name} holds no atoms")
    for row in rows:
        for word in row[1:]:
            if not word.isdigit() and abs(_number(word)) > _TOO_FAR:
                raise DataError(f"{name}: {word} in the line '{' '.join(row)}' is too far away")
    if atom_style is None and not style:
        style = _GUESSES["bonds" in header and "Bonds" in sections].get(len(rows[0]))
        if style is None:
            raise DataError(
                f"{name}: the section Atoms names no atom style; name it (--atom-style bond), or"
                " its columns (--atom-style 'id mol type x y z')"
            )
        remarks.append(
            f"{name}: the section Atoms names no atom style; its lines are taken for"
            f" '{style}' (--atom-style names another)"
        )
    style = atom_style or style
    if style == "hybrid":  # as LAMMPS's write_data puts it; its columns begin as in every hybrid
        remarks.append(
            f"{name}: the style 'hybrid' does not say of what; id, type and position of the"
            " particles are read, and the bonds"
        )
        style = "id type x y z"
    if {"x", "y", "z"} <= set(style.split()):
        lines = _rearranged(name, lines[0], header, sections, style.split())
        style = "molecular"
    elif not re.fullmatch(r"[\w/ .-]+", style):
        raise DataError(f"{name}: '{style}' is no atom style; --atom-style names another")
    read = _lammps(name, lines, style)
    read.remarks += remarks
    said = re.search(r"timestep = (\d+)", lines[0])
    read.step = int(said[1]) if said else None
    said = re.search(r"units = (\w+)", lines[0])
    _note_unit(read, said[1] if said else "lj")
    read.doubts += _other_potential(header, sections)
    return read


def _count(name, header, word):
    """Return the number that the header says of something; 0 if nothing."""
    said = header.get(word, ["0"])
    if len(said) != 1:
        raise DataError(f"{name}: the line '{' '.join([*said, word])}' should hold one number")
    return int(_numbers(said[0], int, f"{name}, {word}"))


def _number(word):
    try:
        return float(word)
    except ValueError:
        return 0.0  # LAMMPS says what it thinks of it


def _unfinished(name, line):
    if line.endswith("\n"):
        return []
    return [f"{name} does not end with a line end: its last line may be cut short"]


def _split(name, lines):
    """Split a data file: header word → numbers before it; section → comment and rows."""
    header, sections, rows = {}, {}, None
    for line in lines[1:]:
        text, _, comment = line.partition("#")
        text = " ".join(text.split())
        if _SECTION.fullmatch(text):
            if text in sections:
                raise DataError(f"{name}: the section {text} comes twice")
            rows = []
            sections[text] = comment.strip(), rows
        elif text and rows is not None:
            rows.append(text.split())
        elif text:
            words = text.split()
            first = next((k for k, word in enumerate(words) if word[0].isalpha()), len(words))
            word = " ".join(words[first:])
            if word in header:
                raise DataError(f"{name}: the header has two lines '… {word}'")
            header[word] = words[:first]
    return header, sections


def _rearranged(name, title, header, sections, columns):
    """Write a data file anew: Atoms from the user's columns to those of "molecular", and Bonds.

    What stands behind the named columns is left away, image flags too: positions are periodic.
    """
    wanted = []
    for names in (("id",), ("mol", "molecule", "resid"), ("type",), ("x",), ("y",), ("z",)):
        place = [columns.index(one) for one in names if one in columns]
        if not place and names[0] != "mol":
            raise ParameterError(
                f"atom_style = '{' '.join(columns)}' has no column {names[0]}; name all, such as"
                " 'id mol type x y z'"
            )
        wanted.append(place[0] if place else None)
    atoms = sections["Atoms"][1]
    for row in atoms:
        if len(row) < len(columns) or len(row) != len(atoms[0]):
            raise DataError(
                f"{name}: the line '{' '.join(row)}' has {len(row)} columns; the first of Atoms"
                f" has {len(atoms[0])}, atom_style = '{' '.join(columns)}' names {len(columns)}"
            )
    atoms = [["0" if c is None else row[c] for c in wanted] for row in atoms]
    other = {"angles", "dihedrals", "impropers", "ellipsoids", "lines", "triangles", "bodies"}
    lines = [title, *(" ".join([*said, word]) for word, said in header.items()
                     if word not in other)]  # fmt: skip
    for section in ("Atom Type Labels", "Bond Type Labels", "Atoms", "Bonds"):
        if section in sections:
            rows = atoms if section == "Atoms" else sections[section][1]
            lines += ["", section, "", *(" ".join(row) for row in rows)]
    return lines


def _lammps(name, lines, style):
    """Let LAMMPS read a data file; ids, types, molecules and bonds come in its own words."""
    from glasslib.simulation.engine import load_lammps

    lmp = load_lammps().lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            # a copy: without packing, title and comments, and with a name that no command minds
            text = "\n".join(["", *(line.partition("#")[0] for line in lines[1:]), ""])
            Path(folder, "data").write_text(text, encoding="ascii", errors="replace")
            lmp.command(f"atom_style {style}")
            lmp.command("atom_modify map yes")
            lmp.command(f'read_data "{folder}/data" nocoeff')
        atoms = {
            key: None if values is None else np.array(values)
            for key, values in (
                (key, lmp.numpy.extract_atom(key))
                for key in ("id", "type", "molecule", "x", "q", "radius")
            )
        }
        bonds = np.empty((0, 2), dtype=np.int64)
        if lmp.extract_global("nbonds"):
            bonds = np.array(lmp.numpy.gather_bonds(), dtype=np.int64)
        low, high, *tilt = lmp.extract_box()[:5]
    except Exception as error:
        reason = re.sub(r"\(src/\S*\)|^ERROR: |For more information.*|Last input line.*", "",
                        str(error), flags=re.MULTILINE)  # fmt: skip
        reason = " ".join(reason.split("-->")[0].split())[:300]
        if "Bonds section" not in reason:
            reason += "; --atom-style names another style, or the columns of the section Atoms"
        raise DataError(f"LAMMPS cannot read {name} as atom style '{style}': {reason}") from None
    finally:
        lmp.close()
    vectors = np.diag(np.subtract(high, low))
    vectors[[1, 2, 2], [0, 1, 0]] = tilt
    positions, box = _orthorhombic(name, vectors, np.array(low), atoms["x"])
    read = _Frame(name, positions, box, atoms["id"], atoms["type"], atoms["molecule"])
    read.bonds = bonds[:, 1:] if len(bonds) else bonds
    if len(set(bonds[:, 0].tolist())) > 1 and len(bonds):
        read.doubts.append("the bonds are of several types")
    _note_charges(read, atoms["q"], atoms["radius"])
    return read


def _other_potential(header, sections):
    """Say what in a data file belongs to another potential than the melt's."""
    melt, found = Melt(), []
    own = {
        "Bond Coeffs": (1, ("harmonic",), [melt.bond_stiffness, melt.bond_length]),
        "Pair Coeffs": (1, ("lj/cut", "lj/cut/opt", "lj/cut/omp"), [1, 1, melt.cutoff]),
        "PairIJ Coeffs": (2, ("lj/cut", "lj/cut/opt", "lj/cut/omp"), [1, 1, melt.cutoff]),
    }
    for section, (labels, styles, values) in own.items():
        comment, rows = sections.get(section, ("", []))
        for row in rows:
            given = [_number(word) for word in row[labels:]]
            few = 2 if section != "Bond Coeffs" else len(values)
            if (comment and comment not in styles) or not (
                few <= len(given) <= len(values) and given == values[: len(given)]
            ):
                found.append(f"{section} are '{' '.join([*row[labels:], comment]).strip()}', not"
                             f" {styles[0]} {' '.join(f'{v:g}' for v in values)}")  # fmt: skip
                break
    for word in ("angles", "dihedrals", "impropers"):
        if header.get(word, ["0"]) != ["0"]:
            found.append(f"the chains have {word}")
    return found


def _note_unit(read, unit):
    if unit != "lj":
        read.unit = {"real": "Å", "metal": "Å", "nano": "nm", "micro": "μm"}.get(unit, unit)
        read.remarks.append(f"{read.name} is in LAMMPS's units '{unit}', not in reduced ones")


def _note_charges(read, charges, radii):
    if charges is not None and np.any(charges):
        read.doubts.append("particles carry charges")
    if radii is not None and np.ptp(radii) > 0:
        read.doubts.append("diameters differ")


# -------------------------------------------------------------- frames: LAMMPS dumps and XYZ
def _read_frames(name, stream, frame, form):
    """Read frame ``frame`` of a file; every other one is held against what it says, too.

    ``form`` is a pair: a function that reads a frame's head (None at the end of the file), and
    one that makes a :class:`_Frame` of head and lines.
    """
    head_of, frame_of = form
    kept = deque(maxlen=max(1, -frame))
    counts, steps, remarks = [], [], []
    line = "\n"
    while True:
        where = f"frame {len(counts)} of {name}"
        try:
            head = head_of(stream, where)
            if head is None:
                break
            if head["n"] < 1:
                raise DataError(f"{where} says {head['n']} particles")
            rows = list(islice(stream, head["n"]))
            line = rows[-1] if rows else ""
            if len(rows) < head["n"]:
                raise _BreaksOff(f"it says {head['n']} particles, {len(rows)} are there")
        except _BreaksOff as reason:
            message, line = f"{where} breaks off: {reason}", "\n"
            if frame < 0 or frame == len(counts) or not counts:
                whole = f"; --frame {len(counts) - 1} takes the last whole one" if counts else ""
                raise DataError(message + whole) from None
            remarks.append(message)
            break
        if frame < 0 or frame == len(counts):
            kept.append((len(counts), head, rows))
        counts.append(head["n"])
        steps.append(head["step"])
    if not counts:
        raise DataError(f"{name} holds no frame")
    _check_frame(name, frame, len(counts))
    number, head, rows = kept[0]
    read = frame_of(f"{name}", f"frame {number} of {name}", head, rows)
    read.frame, read.frames, read.step = number, len(counts), head["step"]
    changed = next((k for k in range(1, len(counts)) if counts[k] != counts[k - 1]), None)
    if changed:
        remarks.append(
            f"the number of particles in {name} changes: {counts[changed - 1]} in frame"
            f" {changed - 1}, {counts[changed]} in frame {changed}"
            + ("" if steps[changed] is None else f" (step {steps[changed]})")
        )
    known = [step for step in steps if step is not None]
    back = next((k for k in range(1, len(known)) if known[k] <= known[k - 1]), None)
    if back:
        remarks.append(f"the steps in {name} do not rise: {known[back]} after {known[back - 1]}")
    read.remarks += remarks + (_unfinished(name, line) if number == len(counts) - 1 else [])
    return read


class _BreaksOff(Exception):
    """A file ends in the middle of a frame."""


def _line(stream):
    """Return the next line, which must be whole."""
    line = stream.readline()
    if not line.endswith("\n"):
        raise _BreaksOff(f"its last line is '{line}'")
    return line.strip()


def _at_end(stream, where, line):
    """Say whether a file ends here; empty lines may stand at its end only."""
    if line.strip():
        return False
    if any(rest.strip() for rest in stream):
        raise DataError(f"{where}: an empty line where it should begin")
    return True


def _table(where, rows, columns, exact=True):
    """Split lines in words; each must have as many as there are columns."""
    table = [row.split() for row in rows]
    for row in table:
        if len(row) != len(columns) and (exact or len(row) < len(columns)):
            raise DataError(
                f"{where}: the line '{' '.join(row)}' has {len(row)} columns; there should be"
                f" {len(columns)} ({' '.join(columns)})"
            )
    return {name: [row[k] for row in table] for k, name in enumerate(columns)}


def _one(stream, where, what):
    """Return the next line, which holds one integer."""
    return int(_numbers(_line(stream), int, f"{where}, {what}"))


def _dump_head(stream, where):
    """Read the items of a dump's frame up to its lines."""
    head = {"units": "lj", "step": None, "n": None, "columns": None}
    items = set()
    line = stream.readline()
    if _at_end(stream, where, line):
        return None
    while head["columns"] is None:
        line = _line(stream) if items else line.strip()
        if not line.startswith("ITEM: "):
            raise DataError(f"{where}: '{line[:60]}' where 'ITEM:' should be")
        item, words = line[6:], line[6:].split()
        key = words[0] if words[:1] in (["BOX"], ["ATOMS"], ["NUMBER"]) else item
        if key in items:
            raise DataError(f"{where}: 'ITEM: {item}' comes twice")
        items.add(key)
        if item == "UNITS":
            head["units"] = _line(stream)
            if not head["units"].isalpha():
                raise DataError(f"{where}: 'ITEM: UNITS' is followed by '{head['units']}'")
        elif item == "TIME":
            _numbers(_line(stream), float, f"{where}, ITEM: TIME")
        elif item == "TIMESTEP":
            head["step"] = _one(stream, where, "ITEM: TIMESTEP")
        elif item == "NUMBER OF ATOMS":
            head["n"] = _one(stream, where, "ITEM: NUMBER OF ATOMS")
        elif words[:2] == ["BOX", "BOUNDS"]:
            head["words"] = words[2:]
            head["bounds"] = [_line(stream).split() for _ in range(3)]
        elif words[:1] == ["ATOMS"]:
            head["columns"] = words[1:]
        else:
            raise DataError(f"{where}: 'ITEM: {item}' is not understood")
    missing = {"TIMESTEP", "NUMBER", "BOX"} - items
    if missing:
        words = {"NUMBER": "NUMBER OF ATOMS", "BOX": "BOX BOUNDS"}
        missing = ", ".join(f"'ITEM: {words.get(one, one)}'" for one in sorted(missing))
        raise DataError(f"{where} lacks {missing}")
    return head


def _dump_frame(name, where, head, rows):
    """Make a frame of a dump's head and lines."""
    columns = head["columns"]
    if len(set(columns)) != len(columns):
        raise DataError(f"{where} has a column twice: {' '.join(columns)}")
    places = next((names for names in _PLACES if set(names) <= set(columns)), None)
    if places is None or "id" not in columns:
        lacking = "id" if places else "x y z"
        raise DataError(
            f"{where} has no column {lacking} (its columns: {' '.join(columns)}); write it with"
            " 'dump custom … id mol type x y z'"
        )
    table = _table(where, rows, columns)
    positions = np.stack([_numbers(table[one], float, where) for one in places], axis=1)
    words, bounds = head["words"], head["bounds"]
    general = words[:2] == ["abc", "origin"]
    tilted = words[:3] == ["xy", "xz", "yz"]
    flags = words[2:] if general else words[3:] if tilted else words
    if len(flags) not in (0, 3) or [len(row) for row in bounds] != 3 * [4 if general else 2 + tilted]:
        raise DataError(f"{where}: 'ITEM: BOX BOUNDS {' '.join(words)}' is not understood, or its"
                        f" lines are not whole: {bounds}")  # fmt: skip
    _check_periodic(where, flags)
    bounds = _numbers(bounds, float, f"{where}, ITEM: BOX BOUNDS")
    if general:
        vectors, origin = bounds[:, :3], bounds[:, 3]
    else:
        vectors, origin = np.diag(bounds[:, 1] - bounds[:, 0]), bounds[:, 0]
        if (np.diag(vectors) <= 0).any():
            raise ConfigurationError(f"the box of {where} has the bounds {bounds.tolist()}")
        if tilted:
            vectors[[1, 2, 2], [0, 0, 1]] = bounds[:, 2]
    if places[0].startswith("xs"):
        positions = origin + positions @ vectors
    positions, box = _orthorhombic(where, vectors, origin, positions)
    read = _Frame(name, positions, box, _numbers(table["id"], int, where))
    if not flags:  # dumps of old
        read.remarks.append(f"{where} does not say whether its box is periodic; it is taken so")
    if "type" in columns:
        read.types = _labels(table["type"])
    elif "element" in columns:
        read.types = _labels(table["element"])
    if "mol" in columns:
        read.molecules = _numbers(table["mol"], int, where)
    extra = {k: _numbers(table[k], float, where) for k in ("q", "radius", "diameter")
             if k in columns}  # fmt: skip
    _note_charges(read, extra.get("q"), extra.get("radius", extra.get("diameter")))
    _note_unit(read, head["units"])
    return read


def _labels(words):
    """Return types as integers if they are, else as text."""
    try:
        return np.array(words, dtype=np.int64)
    except ValueError:
        return np.array(words, dtype=str)


def _xyz_head(stream, where):
    """Read the two lines above an XYZ frame."""
    line = stream.readline()
    if _at_end(stream, where, line):
        return None
    n = int(_numbers(line.strip(), int, f"{where}, number of particles"))
    comment = _line(stream)
    step = re.search(r"\b(?:time)?step\s*[:=]\s*(\d+)", comment, re.IGNORECASE)
    return {"n": n, "comment": comment, "step": int(step[1]) if step else None}


def _xyz_frame(name, where, head, rows):
    """Make a frame of an XYZ file; what its second line says stands for its columns and box."""
    said = {
        key.lower(): quoted or bare
        for key, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|(\S+))', head["comment"])
    }
    columns = ["species", "x", "y", "z"]
    if "properties" in said:
        parts = said["properties"].split(":")
        columns = []
        for key, width in zip(parts[::3], parts[2::3], strict=False):
            count = int(_numbers(width, int, f"{where}, Properties"))
            columns += [key] if count == 1 else [f"{key}{k}" for k in range(count)]
        columns = [dict(pos0="x", pos1="y", pos2="z").get(key, key) for key in columns]
    table = _table(where, rows, columns, exact="properties" in said)
    if not {"x", "y", "z"} <= set(columns):
        raise DataError(f"{where}: Properties names no 'pos:R:3'")
    positions = np.stack([_numbers(table[k], float, where) for k in "xyz"], axis=1)
    read = _Frame(name, positions)
    if "lattice" in said:
        numbers = _numbers(said["lattice"].split(), float, f"{where}, Lattice")
        if len(numbers) != 9:
            raise DataError(f"{where}: Lattice has {len(numbers)} numbers instead of 9")
        _check_periodic(where, said.get("pbc", "T T T").replace(",", " ").split())
        origin = _numbers(said.get("origin", "0 0 0").split(), float, f"{where}, Origin")
        read.positions, read.box = _orthorhombic(where, numbers.reshape(3, 3), origin, positions)
    if "id" in columns:
        read.ids = _numbers(table["id"], int, where)
    species = next((key for key in ("species", "type", "element") if key in columns), None)
    if species:
        read.types = _labels(table[species])
    molecule = next((key for key in ("mol", "molecule") if key in columns), None)
    if molecule:
        read.molecules = _numbers(table[molecule], int, where)
    return read


_FORMATS = {"dump": (_dump_head, _dump_frame), "xyz": (_xyz_head, _xyz_frame)}


# ------------------------------------------------------------------------------- other formats
def _read_mdanalysis(file, trajectory, frame, n=None, particles=False):
    """Read a frame with MDAnalysis; with ``n`` the trajectory alone, for so many particles."""
    import MDAnalysis

    name = (trajectory or file).name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if n is None:
                files = [str(path) for path in (file, trajectory) if path is not None]
                universe = MDAnalysis.Universe(*files)
            else:
                universe = MDAnalysis.Universe.empty(n)
                universe.load_new(str(trajectory))
            placed = hasattr(universe, "trajectory")
            if placed:
                frames = len(universe.trajectory)
                _check_frame(name, frame, frames)
                universe.trajectory[frame]
        except GlasslibError:
            raise
        except Exception as error:  # the parsers raise what they happen to meet
            reason = " ".join(str(error).split()) or type(error).__name__
            raise DataError(
                f"{name} is neither a LAMMPS data file (a line '… atoms'), nor a LAMMPS dump"
                f" ('ITEM: TIMESTEP'), nor XYZ, and MDAnalysis cannot read it: {reason[:300]}"
            ) from None
        if not placed and not particles:
            raise DataError(f"{name} holds no coordinates; name a trajectory too (--trajectory)")
        atoms = universe.atoms
        read = _Frame(name, np.array(atoms.positions, dtype=np.float64) if placed else None)
        read.unit = "Å"
        if placed:
            here = universe.trajectory.ts
            read.frame, read.frames = here.frame, frames
            step = here.data.get("step")
            read.step = None if step is None else int(step)
            if here.dimensions is not None:
                read.box = Configuration.from_mdanalysis(universe).box
            far = float(np.abs(read.positions).max()) * np.finfo(np.float32).eps
            if far > 1e-4:
                read.remarks.append(
                    f"MDAnalysis reads {name} in single precision: coordinates are good to"
                    f" {far:.1g} {read.unit} only"
                )
        if n is not None:
            return read
        ids = atoms.ids if hasattr(atoms, "ids") else np.arange(1, len(atoms) + 1)
        unique = len(np.unique(ids)) == len(ids)
        read.ids = np.array(ids if unique else np.arange(1, len(ids) + 1), dtype=np.int64)
        if hasattr(atoms, "types"):
            read.types = _labels([str(one) for one in atoms.types])
        if len(getattr(universe, "bonds", ())):
            read.bonds = read.ids[universe.bonds.indices]
        elif len(universe.residues) > 1:
            once = len(universe.segments) == 1 and len(universe.residues) < 99_999
            names = atoms.resids if once else atoms.resindices + 1  # five digits at most in .gro
            read.molecules = np.array(names, dtype=np.int64)
        if Path(file).suffix and not _is_binary(file):
            with _open(Path(file)) as stream:
                last = deque(stream, maxlen=1)
            read.remarks += _unfinished(Path(file).name, last[0] if last else "\n")
    return read


def _is_binary(path):
    with Path(path).open("rb") as file:
        return b"\0" in file.read(1 << 14)


# ------------------------------------------------------------------------------ the whole of it
def _join(particles, trajectory, frame):
    """Place the particles of one file as a frame of another does."""
    kind = _kind(trajectory)
    if kind is None:
        read = _read_mdanalysis(None, trajectory, frame, n=len(particles))
    else:
        read = _read(trajectory, frame)
    where = f"frame {read.frame} of {read.name}"
    if len(read) != len(particles):
        raise DataError(
            f"{where} has {len(read)} particles, {particles.name} has {len(particles)}: they do"
            " not belong together"
        )
    ids = np.arange(1, len(particles) + 1) if particles.ids is None else particles.ids
    _check_ids(particles.name, ids)
    if read.ids is None:
        read.ids = np.sort(ids)
        read.remarks.append(
            f"{read.name} has no ids: its particles are taken in the order of the ids of"
            f" {particles.name}"
        )
    _check_ids(where, read.ids)
    strangers = np.setdiff1d(ids, read.ids)
    if len(strangers):
        raise DataError(f"{where} has no particle {strangers[0]}, {particles.name} has one")
    place = np.argsort(ids)[np.searchsorted(np.sort(ids), read.ids)]
    for key in ("types", "molecules"):
        theirs, ours = getattr(particles, key), getattr(read, key)
        if theirs is not None:
            if ours is None or ours.dtype.kind != theirs.dtype.kind:  # names of elements, say
                setattr(read, key, theirs[place])
            elif np.any(theirs[place] != ours):
                read.remarks.append(f"the {key} in {read.name} are not those of {particles.name}")
    if read.box is None and particles.box is not None:
        read.box = particles.box
        read.remarks.append(f"{read.name} names no box: that of {particles.name} is taken")
    read.bonds = particles.bonds if read.bonds is None else read.bonds
    read.doubts = particles.doubts + read.doubts
    read.remarks = particles.remarks + read.remarks
    return read


def _check_ids(where, ids):
    values, counts = np.unique(ids, return_counts=True)
    if counts.max() > 1:
        raise DataError(f"{where} has the particle {values[counts > 1][0]} twice")


def _snapshot(read, sigma):
    """Make a snapshot of what was read: rows by id, bonds by row, lengths in σ."""
    if read.box is None:
        raise ConfigurationError(
            f"{read.name} names no periodic box; give a file with the box first, and this one as"
            f" its trajectory: glasslib describe melt.data -t {read.name}"
        )
    n = len(read)
    if read.ids is None:
        read.ids = np.arange(1, n + 1)
    _check_ids(read.name, read.ids)
    order = np.argsort(read.ids)
    ids = np.asarray(read.ids, dtype=np.int64)[order]
    types = np.zeros(n, dtype=np.int64) if read.types is None else read.types[order]
    pairs = np.empty((0, 2), np.int64) if read.bonds is None else np.asarray(read.bonds, np.int64)
    bonds = np.searchsorted(ids, pairs)
    if np.any(ids[np.minimum(bonds, n - 1)] != pairs):
        raise DataError(f"{read.name}: a bond names a particle that is not there")
    doubled = len(bonds) - len(np.unique(np.sort(bonds, axis=1), axis=0))
    if doubled:
        raise DataError(f"{read.name}: {doubled} of the bonds come twice")
    configuration = Configuration(read.positions[order] / sigma, read.box / sigma, bonds).wrapped()
    flat = next((k for k in range(3) if np.ptp(configuration.positions[:, k]) == 0), None)
    if flat is not None and n > 2:
        raise ConfigurationError(
            f"{read.name} is two-dimensional: {'xyz'[flat]} is the same for all particles; the"
            " descriptors are those of three dimensions"
        )
    remarks, doubts = list(read.remarks), list(read.doubts)
    kinds = Counter(types.tolist())
    if len(kinds) > 1:
        told = ", ".join(f"{count} of type {kind}" for kind, count in sorted(kinds.items())[:5])
        remarks.insert(0, f"{read.name} holds particles of {len(kinds)} types ({told}): all"
                          " count alike")  # fmt: skip
        doubts.append("the particles are of several types")
    molecules = None if read.molecules is None else read.molecules[order]
    if molecules is not None and not np.any(molecules > 0):
        molecules = None
    chained = molecules is not None and 1 < Counter(molecules[molecules > 0]).most_common(1)[0][1]
    if len(bonds) == 0 and chained and len(np.unique(molecules)) > 1:
        doubts.append("there are molecules, but no bonds")
    told = read.bonds is not None
    return Snapshot(
        configuration, ids, types, _chains(n, bonds, molecules, told), told,
        read.frame, read.frames, read.step, read.unit,
        tuple(remarks + _odd(read, configuration, ids, sigma)), tuple(dict.fromkeys(doubts)),
    )  # fmt: skip


def _chains(n, bonds, molecules, told):
    """Number the molecules: as the file does, else as the bonds join them."""
    if molecules is not None:
        return np.asarray(molecules, dtype=np.int64)
    if not told:
        return np.zeros(n, dtype=np.int64)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(bonds)), tuple(bonds.T)), shape=(n, n))
    label = connected_components(links, directed=False)[1]
    return np.unique(label, return_inverse=True)[1].astype(np.int64) + 1


def _odd(read, configuration, ids, sigma):
    """Say what no melt in σ has: a density far from a liquid's, a long bond."""
    found, density = [], configuration.density
    if not 0.3 <= density <= 1.5:
        best = sigma * density ** (-1 / 3)
        found.append(
            f"the density is {density:.3g} per sigma^3, which is no liquid's (0.3 to 1.5): give the"
            f" diameter in the file's unit{read.unit and f' ({read.unit})'} with --sigma;"
            f" --sigma {best:.4g} would make it 1"
        )
    if len(configuration.bonds):
        ends = configuration.positions[configuration.bonds]
        apart = ends[:, 1] - ends[:, 0]
        apart -= configuration.box * np.round(apart / configuration.box)
        length = np.linalg.norm(apart, axis=1)
        worst = int(length.argmax())
        if length[worst] > 1.5:
            one, other = ids[configuration.bonds[worst]]
            found.append(f"the bond between {one} and {other} is {length[worst]:.3g} sigma long")
    return found
