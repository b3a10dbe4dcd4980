"""Read one frame of a file, with or without another that tells who its particles are."""

import lzma
import warnings
import zlib
from collections import Counter, deque
from dataclasses import dataclass
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
from glasslib.store.exchange._files import (
    Frame,
    check_frame,
    check_ids,
    kind_of,
    labels,
    open_text,
    unfinished,
)
from glasslib.store.exchange._frames import FORMATS, read_frames
from glasslib.store.exchange._lammps_data import read_data

__all__ = ["Snapshot", "read_configuration"]


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

    @property
    def species(self) -> np.ndarray:
        """Number of each particle's type, (N,) int64: types in rising order, counted from 0."""
        return np.unique(self.types, return_inverse=True)[1].astype(np.int64)


def read_configuration(
    file: Path,
    trajectory: Path | None = None,
    frame: int = -1,
    atom_style: str | None = None,
    sigma: float = 1.0,
    species: bool = False,
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
    species : bool
        Types will be told apart: no remark says that all count alike.

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
    >>> import tempfile
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
        if atom_style is not None and kind_of(file) != "data":
            raise ParameterError(f"atom_style = '{atom_style}': {file} is no LAMMPS data file")
        if trajectory is None:
            read = _read(file, frame, atom_style)
        elif kind_of(file) is None and kind_of(trajectory) is None:
            read = _read_mdanalysis(file, trajectory, frame)
        else:
            read = _join(_read(file, -1, atom_style, frames=False), trajectory, frame)
    except (OSError, EOFError, UnicodeError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{trajectory or file} cannot be read: {reason}") from None
    snapshot = _snapshot(read, sigma, species)
    for remark in snapshot.remarks:
        warnings.warn(remark, DataWarning, stacklevel=2)
    return snapshot


def _read(path, frame, atom_style=None, frames=True):
    """Read one frame of one file; ``frames`` is False where only its particles are wanted."""
    kind = kind_of(path)
    if kind is None:
        return _read_mdanalysis(path, None, frame, particles=not frames)
    with open_text(path) as stream:
        if kind == "data":
            read = read_data(path.name, stream.readlines(), atom_style)
            check_frame(path.name, frame, 1)
        else:
            read = read_frames(path.name, stream, frame, FORMATS[kind])
    return read


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
                check_frame(name, frame, frames)
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
        read = Frame(name, np.array(atoms.positions, dtype=np.float64) if placed else None)
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
            read.types = labels([str(one) for one in atoms.types])
        if len(getattr(universe, "bonds", ())):
            read.bonds = read.ids[universe.bonds.indices]
        elif len(universe.residues) > 1:
            once = len(universe.segments) == 1 and len(universe.residues) < 99_999
            names = atoms.resids if once else atoms.resindices + 1  # five digits at most in .gro
            read.molecules = np.array(names, dtype=np.int64)
        if Path(file).suffix and not _is_binary(file):
            with open_text(Path(file)) as stream:
                last = deque(stream, maxlen=1)
            read.remarks += unfinished(Path(file).name, last[0] if last else "\n")
    return read


def _is_binary(path):
    with Path(path).open("rb") as file:
        return b"\0" in file.read(1 << 14)


def _join(particles, trajectory, frame):
    """Place the particles of one file as a frame of another does."""
    kind = kind_of(trajectory)
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
    check_ids(particles.name, ids)
    if read.ids is None:
        read.ids = np.sort(ids)
        read.remarks.append(
            f"{read.name} has no ids: its particles are taken in the order of the ids of"
            f" {particles.name}"
        )
    check_ids(where, read.ids)
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


def _snapshot(read, sigma, species=False):
    """Make a snapshot of what was read: rows by id, bonds by row, lengths in σ."""
    if read.box is None:
        raise ConfigurationError(
            f"{read.name} names no periodic box; give a file with the box first, and this one as"
            f" its trajectory: glasslib describe melt.data -t {read.name}"
        )
    n = len(read)
    if read.ids is None:
        read.ids = np.arange(1, n + 1)
    check_ids(read.name, read.ids)
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
        if not species:
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
