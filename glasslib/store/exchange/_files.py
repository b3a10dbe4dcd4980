"""What every reader needs: text that may be packed, numbers, boxes, and what one file tells."""

import bz2
import gzip
import io
import lzma
import re
from dataclasses import dataclass, field

import numpy as np

from glasslib.errors import ConfigurationError, DataError, ParameterError

_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_UNREADABLE = {b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"\x1f\x9d": "compress"}
_DATA_LINE = re.compile(r"\s*[-+.\deE]+\s.*?(atoms|atom types|xlo xhi|avec)\s*(#.*)?")


@dataclass(eq=False)
class Frame:
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


def open_text(path):
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


def kind_of(path):
    """Say what a file is by its first lines: "data", "dump", "xyz" or None."""
    with open_text(path) as stream:
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


def numbers(words, kind, what):
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


def labels(words):
    """Return types as integers if they are, else as text."""
    try:
        return np.array(words, dtype=np.int64)
    except ValueError:
        return np.array(words, dtype=str)


def orthorhombic(name, vectors, origin, positions):
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


def check_periodic(name, flags):
    if not all(flag in ("p", "pp", "T", "1", "True") for flag in flags):
        raise ConfigurationError(
            f"the box of {name} is not periodic on all sides ({' '.join(flags)}); only periodic"
            " boxes are supported"
        )


def check_frame(name, frame, frames):
    if not -frames <= frame < frames:
        raise ParameterError(f"frame = {frame}: {name} has frames 0 to {frames - 1}")


def check_ids(where, ids):
    values, counts = np.unique(ids, return_counts=True)
    if counts.max() > 1:
        raise DataError(f"{where} has the particle {values[counts > 1][0]} twice")


def unfinished(name, line):
    if line.endswith("\n"):
        return []
    return [f"{name} does not end with a line end: its last line may be cut short"]


def note_unit(read, unit):
    if unit != "lj":
        read.unit = {"real": "Å", "metal": "Å", "nano": "nm", "micro": "μm"}.get(unit, unit)
        read.remarks.append(f"{read.name} is in LAMMPS's units '{unit}', not in reduced ones")


def note_charges(read, charges, radii):
    if charges is not None and np.any(charges):
        read.doubts.append("particles carry charges")
    if radii is not None and np.ptp(radii) > 0:
        read.doubts.append("diameters differ")
