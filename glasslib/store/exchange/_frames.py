"""Files of many frames: LAMMPS dumps and (extended) XYZ, read line by line and strictly."""

import re
from collections import deque
from itertools import islice

import numpy as np

from glasslib.errors import ConfigurationError, DataError
from glasslib.store.exchange._files import (
    Frame,
    check_frame,
    check_periodic,
    labels,
    note_charges,
    note_unit,
    numbers,
    orthorhombic,
    unfinished,
)

#: The columns that place a particle: unscaled or in edges of the box.
_PLACES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))


class _BreaksOff(Exception):
    """A file ends in the middle of a frame."""


def read_frames(name, stream, frame, form):
    """Read frame ``frame`` of a file; every other one is held against what it says, too.

    ``form`` is a pair: a function that reads a frame's head (None at the end of the file), and
    one that makes a :class:`Frame` of head and lines.
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
    check_frame(name, frame, len(counts))
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
    read.remarks += remarks + (unfinished(name, line) if number == len(counts) - 1 else [])
    return read


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
    return int(numbers(_line(stream), int, f"{where}, {what}"))


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
            numbers(_line(stream), float, f"{where}, ITEM: TIME")
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
    positions = np.stack([numbers(table[one], float, where) for one in places], axis=1)
    words, bounds = head["words"], head["bounds"]
    general = words[:2] == ["abc", "origin"]
    tilted = words[:3] == ["xy", "xz", "yz"]
    flags = words[2:] if general else words[3:] if tilted else words
    width = 4 if general else 2 + tilted
    if len(flags) not in (0, 3) or [len(row) for row in bounds] != [width] * 3:
        raise DataError(f"{where}: 'ITEM: BOX BOUNDS {' '.join(words)}' is not understood, or its"
                        f" lines are not whole: {bounds}")  # fmt: skip
    check_periodic(where, flags)
    bounds = numbers(bounds, float, f"{where}, ITEM: BOX BOUNDS")
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
    positions, box = orthorhombic(where, vectors, origin, positions)
    read = Frame(name, positions, box, numbers(table["id"], int, where))
    if not flags:  # dumps of old
        read.remarks.append(f"{where} does not say whether its box is periodic; it is taken so")
    if "type" in columns:
        read.types = labels(table["type"])
    elif "element" in columns:
        read.types = labels(table["element"])
    if "mol" in columns:
        read.molecules = numbers(table["mol"], int, where)
    extra = {k: numbers(table[k], float, where) for k in ("q", "radius", "diameter")
             if k in columns}  # fmt: skip
    note_charges(read, extra.get("q"), extra.get("radius", extra.get("diameter")))
    note_unit(read, head["units"])
    return read


def _xyz_head(stream, where):
    """Read the two lines above an XYZ frame."""
    line = stream.readline()
    if _at_end(stream, where, line):
        return None
    n = int(numbers(line.strip(), int, f"{where}, number of particles"))
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
            count = int(numbers(width, int, f"{where}, Properties"))
            columns += [key] if count == 1 else [f"{key}{k}" for k in range(count)]
        columns = [dict(pos0="x", pos1="y", pos2="z").get(key, key) for key in columns]
    table = _table(where, rows, columns, exact="properties" in said)
    if not {"x", "y", "z"} <= set(columns):
        raise DataError(f"{where}: Properties names no 'pos:R:3'")
    positions = np.stack([numbers(table[k], float, where) for k in "xyz"], axis=1)
    read = Frame(name, positions)
    if "lattice" in said:
        edges = numbers(said["lattice"].split(), float, f"{where}, Lattice")
        if len(edges) != 9:
            raise DataError(f"{where}: Lattice has {len(edges)} numbers instead of 9")
        check_periodic(where, said.get("pbc", "T T T").replace(",", " ").split())
        origin = numbers(said.get("origin", "0 0 0").split(), float, f"{where}, Origin")
        read.positions, read.box = orthorhombic(where, edges.reshape(3, 3), origin, positions)
    if "id" in columns:
        read.ids = numbers(table["id"], int, where)
    species = next((key for key in ("species", "type", "element") if key in columns), None)
    if species:
        read.types = labels(table[species])
    molecule = next((key for key in ("mol", "molecule") if key in columns), None)
    if molecule:
        read.molecules = numbers(table[molecule], int, where)
    return read


FORMATS = {"dump": (_dump_head, _dump_frame), "xyz": (_xyz_head, _xyz_frame)}
