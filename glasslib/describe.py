"""Descriptors of users' own files: read a configuration, write the table.

``glasslib describe melt.data --out features.nc`` is :func:`describe`. Reading is MDAnalysis's,
which keeps coordinates in single precision: the descriptors of a file differ from those of the
running simulation by about 1e-6 of the box, the energy of a stiff bond by more.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from glasslib import __version__
from glasslib.configuration import Configuration
from glasslib.errors import DataError, ParameterError
from glasslib.parameters import DescriptorSpec

if TYPE_CHECKING:
    import xarray

__all__ = ["describe", "read_configuration"]

_SUFFIXES = (".nc", ".csv")


def read_configuration(
    file: Path,
    trajectory: Path | None = None,
    frame: int = -1,
    atom_style: str | None = None,
    sigma: float = 1.0,
) -> Configuration:
    """Read one frame of any file that MDAnalysis opens.

    A LAMMPS dump is recognised by its first line, whatever its name.

    Parameters
    ----------
    file : Path
        A file with coordinates and box (LAMMPS data or dump, GROMACS gro, …); with
        ``trajectory`` a topology is enough.
    trajectory : Path, optional
        Frames for the particles of ``file``; bonds come from ``file``.
    frame : int
        Which frame; −1 is the last.
    atom_style : str, optional
        Columns of a LAMMPS data file, such as ``"id mol type x y z"``, if MDAnalysis cannot
        guess them.
    sigma : float
        Diameter of a particle in the file's unit of length, by which all lengths are divided:
        1 for files in reduced units. MDAnalysis gives formats with units in Å.

    Raises
    ------
    DataError
        No such file, or MDAnalysis cannot read it; the message gives its reason.
    ParameterError
        There is no such frame, or sigma is not a positive number.
    ConfigurationError
        No box, a triclinic box, or a coordinate that is not finite.

    Examples
    --------
    >>> read_configuration(Path("nowhere.data"))
    Traceback (most recent call last):
    ...
    glasslib.errors.DataError: there is no file nowhere.data
    """
    if not 0 < sigma < float("inf"):
        raise ParameterError(f"sigma = {sigma} must be a positive length")
    for path in (file, trajectory):
        if path is not None and not Path(path).is_file():
            raise DataError(f"there is no file {path}")
    import MDAnalysis

    more = {"atom_style": atom_style} if atom_style else {}
    if _is_dump(file):
        more["topology_format"] = "LAMMPSDUMP"
        if trajectory is None:
            more["format"] = "LAMMPSDUMP"
    if trajectory is not None and _is_dump(trajectory):
        more["format"] = "LAMMPSDUMP"
    files = [str(path) for path in (file, trajectory) if path is not None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            universe = MDAnalysis.Universe(*files, **more)
        except Exception as error:  # the parsers raise what they happen to meet
            reason = " ".join(str(error).split()) or type(error).__name__
            hint = "" if atom_style else "; name the columns of a LAMMPS data file (--atom-style)"
            raise DataError(f"MDAnalysis cannot read {file}: {reason[:300]}{hint}") from None
        if not hasattr(universe, "trajectory"):
            raise DataError(f"{file} holds no coordinates; name a trajectory too")
        frames = len(universe.trajectory)
        if not -frames <= frame < frames:
            raise ParameterError(f"frame = {frame}: {files[-1]} has frames 0 to {frames - 1}")
        try:
            universe.trajectory[frame]
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise DataError(
                f"MDAnalysis cannot read frame {frame} of {files[-1]}: {reason[:300]}"
            ) from None
        read = Configuration.from_mdanalysis(universe)
    if sigma == 1:
        return read
    return Configuration(read.positions / sigma, read.box / sigma, read.bonds)


def _is_dump(path):
    """Say whether a file begins like a LAMMPS text dump."""
    with Path(path).open("rb") as file:
        return file.read(5) == b"ITEM:"


def describe(
    file: Path,
    out: Path,
    spec: DescriptorSpec | None = None,
    *,
    trajectory: Path | None = None,
    frame: int = -1,
    atom_style: str | None = None,
    sigma: float = 1.0,
    threads: int | None = None,
    overwrite: bool = False,
) -> xarray.DataArray:
    """Compute the structural descriptors of a file and write them, in one step, to ``out``.

    Parameters
    ----------
    file, trajectory, frame, atom_style, sigma
        See :func:`read_configuration`.
    out : Path
        Ends in ``.nc`` (NetCDF-4: names, shells, orders, generations, units, the choice of
        descriptors and the source) or ``.csv`` (names and numbers). Written to a temporary file
        and moved, so that it is there whole or not at all.
    spec : DescriptorSpec, optional
        Which descriptors. The energy assumes the melt's own potential (``spec.energy=False``
        leaves it out).
    threads : int, optional
        Number of threads; all cores if None.
    overwrite : bool
        Replace ``out`` if it exists.

    Returns
    -------
    xarray.DataArray
        What was written, see :func:`glasslib.structure.descriptors.structural_descriptors`.

    Raises
    ------
    ParameterError
        ``out`` has another ending, there is no such frame, or sigma is not positive.
    DataError
        ``file`` cannot be read, ``out`` exists, or its folder is missing.
    ConfigurationError
        The box is missing, triclinic or too small, or particles lie at the same place.

    Examples
    --------
    >>> describe(Path("melt.data"), Path("features.txt"))
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: out = features.txt must end in .nc or .csv
    """
    out = Path(out)
    if out.suffix not in _SUFFIXES:
        raise ParameterError(f"out = {out} must end in {' or '.join(_SUFFIXES)}")
    if out.exists() and not overwrite:
        raise DataError(f"{out} exists; choose another name, or say --overwrite")
    if not out.absolute().parent.is_dir():
        raise DataError(f"there is no folder {out.parent} to write {out.name} to")
    spec = spec or DescriptorSpec()
    configuration = read_configuration(file, trajectory, frame, atom_style, sigma)
    from glasslib.store import write_atomically
    from glasslib.structure.descriptors import structural_descriptors

    table = structural_descriptors(configuration, spec, threads=threads)
    table.attrs = {
        "source": Path(trajectory or file).name,
        "frame": frame,
        "box": configuration.box,
        "sigma": sigma,
        "spec": spec.model_dump_json(),
        "glasslib": __version__,
        "units": "reduced: r in sigma, volume sigma^3, surface sigma^2, energy epsilon",
    }
    if out.suffix == ".csv":
        columns = table.to_pandas()
        write_atomically(out, lambda fresh: columns.to_csv(fresh, float_format="%.9g"))
    else:
        dataset = table.to_dataset(name=table.name)
        encoding = {table.name: {"zlib": True, "complevel": 4, "shuffle": True}}
        write_atomically(
            out, lambda fresh: dataset.to_netcdf(fresh, engine="h5netcdf", encoding=encoding)
        )
    return table
