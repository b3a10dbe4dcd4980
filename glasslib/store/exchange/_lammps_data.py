"""LAMMPS data files: held against their own header, then read by LAMMPS itself."""

import re
import tempfile
from pathlib import Path

import numpy as np

from glasslib.errors import DataError, ParameterError
from glasslib.parameters import Melt
from glasslib.store.exchange._files import (
    Frame,
    note_charges,
    note_unit,
    numbers,
    orthorhombic,
    unfinished,
)

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
_TOO_FAR = 1e6  # LAMMPS folds a particle back one box at a time


def read_data(name, lines, atom_style):
    """Read a data file with LAMMPS, after its header was held against its lines."""
    remarks = unfinished(name, lines[-1])
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
    note_unit(read, said[1] if said else "lj")
    read.doubts += _other_potential(header, sections)
    return read


def _count(name, header, word):
    """Return the number that the header says of something; 0 if nothing."""
    said = header.get(word, ["0"])
    if len(said) != 1:
        raise DataError(f"{name}: the line '{' '.join([*said, word])}' should hold one number")
    return int(numbers(said[0], int, f"{name}, {word}"))


def _number(word):
    try:
        return float(word)
    except ValueError:
        return 0.0  # LAMMPS says what it thinks of it


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
    positions, box = orthorhombic(name, vectors, np.array(low), atoms["x"])
    read = Frame(name, positions, box, atoms["id"], atoms["type"], atoms["molecule"])
    read.bonds = bonds[:, 1:] if len(bonds) else bonds
    if len(set(bonds[:, 0].tolist())) > 1 and len(bonds):
        read.doubts.append("the bonds are of several types")
    note_charges(read, atoms["q"], atoms["radius"])
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
