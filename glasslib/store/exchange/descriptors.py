"""Descriptors of users' own files: read a configuration, write the table.

``glasslib describe melt.data --out features.nc`` is :func:`describe`. What is read, and how
exactly, says :mod:`glasslib.store.exchange`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from glasslib import __version__
from glasslib.errors import DataError, DataWarning, ParameterError
from glasslib.files import write_atomically
from glasslib.parameters import DescriptorSpec
from glasslib.paths import check_writable
from glasslib.store.exchange.reading import Snapshot, read_configuration

if TYPE_CHECKING:
    import xarray

__all__ = ["describe", "told_species", "write_table"]

_SUFFIXES = (".nc", ".csv")


def describe(
    file: Path,
    out: Path,
    spec: DescriptorSpec | None = None,
    *,
    trajectory: Path | None = None,
    frame: int = -1,
    atom_style: str | None = None,
    sigma: float = 1.0,
    species: bool = False,
    threads: int | None = None,
    overwrite: bool = False,
) -> xarray.DataArray:
    """Compute the structural descriptors of a file and write them, in one step, to ``out``.

    Parameters
    ----------
    file, trajectory, frame, atom_style, sigma
        See :func:`glasslib.store.exchange.reading.read_configuration`.
    out : Path
        Ends in ``.nc`` (NetCDF-4: names, shells, orders, generations, units, the choice of
        descriptors, source, frame, step, number of bonds and remarks) or ``.csv`` (names and
        numbers). Both tell each row's id, type and chain. Written to a temporary file and moved,
        so that it is there whole or not at all.
    spec : DescriptorSpec, optional
        Which descriptors. The energy assumes the melt's own potential. It is left out, with a
        warning, where the file tells of another: several types, charges, other coefficients,
        angles, molecules without bonds. ``DescriptorSpec(energy=True)`` asks for it all the same.
    species : bool
        Each family once for each type of neighbour
        (:func:`glasslib.structure.mixture.species_descriptors`), without Voronoi cells and energy.
        ``attrs["species"]`` says which number stands for which type.
    threads : int, optional
        Number of threads; all cores if None.
    overwrite : bool
        Replace ``out`` if it exists.

    Returns
    -------
    xarray.DataArray
        What was written, see :func:`glasslib.structure.descriptors.structural_descriptors`,
        or with ``species`` :func:`~glasslib.structure.mixture.species_descriptors`; with ``id``,
        ``type`` and ``chain`` along ``monomer``.

    Warns
    -----
    DataWarning
        What a reader should know: a density that is no liquid's, an energy left out, ….

    Raises
    ------
    ParameterError
        ``out`` has another ending, there is no such frame, sigma is not positive, or ``species``
        and Voronoi cells or the energy are asked for together.
    DataError
        ``file`` cannot be read, ``out`` exists, or its folder is missing.
    PlaceError
        That folder cannot be written.
    ConfigurationError
        The box is missing, triclinic, not periodic or too small, or particles lie at the same
        place, or with ``species`` a type has a single particle.

    Examples
    --------
    >>> describe(Path("melt.data"), Path("features.txt"))
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: out = features.txt must end in .nc or .csv
    """
    out = Path(out)
    check_place("out", out, _SUFFIXES, overwrite)
    spec = spec or DescriptorSpec()
    if species:
        spec = _of_species(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        read = read_configuration(file, trajectory, frame, atom_style, sigma, species)
    source = Path(trajectory or file).name
    spec, remarks = _energy_or_not(spec, read, source)
    for remark in remarks:
        warnings.warn(remark, DataWarning, stacklevel=2)
    if species:
        from glasslib.structure.mixture import species_descriptors

        table = species_descriptors(read.configuration, read.species, spec, threads=threads)
    else:
        from glasslib.structure.descriptors import structural_descriptors

        table = structural_descriptors(read.configuration, spec, threads=threads)
    about = {"spec": spec.model_dump_json()} | ({"species": told_species(read)} if species else {})
    return write_table(table, read, out, source, sigma, remarks, about)


def write_table(
    table: xarray.DataArray,
    read: Snapshot,
    out: Path,
    source: str,
    sigma: float,
    remarks: Sequence[str] = (),
    about: Mapping[str, str | float] = MappingProxyType({}),
) -> xarray.DataArray:
    """Write a row for each particle of a file, with who it is and where it came from.

    Parameters
    ----------
    table : xarray.DataArray, dims (monomer, descriptor)
        In the order of the particles of ``read``.
    read : Snapshot
    out : Path
        See :func:`describe`.
    source : str
        Name of the file that was read.
    sigma : float
        Diameter by which its lengths were divided.
    remarks : sequence of str
        What a reader should know.
    about : mapping of str to str or float
        More attributes.

    Returns
    -------
    xarray.DataArray
        What was written: with ``id``, ``type`` and ``chain`` along ``monomer``, and attributes.
    """
    rows = {"id": read.ids, "type": read.types, "chain": read.chains}
    table = table.assign_coords({name: ("monomer", values) for name, values in rows.items()})
    table.attrs = {
        "source": source,
        "particles": len(read.ids),
        "bonds": len(read.configuration.bonds),
        "density": read.configuration.density,
        "frame": read.frame,
        **({} if read.step is None else {"step": read.step}),
        "box": read.configuration.box,
        "sigma": sigma,
        "length_unit_of_source": read.unit or "sigma",
        "remarks": "\n".join(remarks),
        "glasslib": __version__,
        "units": "reduced: r in sigma, volume sigma^3, surface sigma^2, energy epsilon",
        **about,
    }
    _write(table, rows, out)
    return table


def told_species(read: Snapshot) -> str:
    """Say which number stands for which type of a file, and how many particles it has.

    Parameters
    ----------
    read : Snapshot
    """
    kinds, counts = np.unique(read.types, return_counts=True)
    return ", ".join(
        f"species {k} is type {kind} ({count})"
        for k, (kind, count) in enumerate(zip(kinds.tolist(), counts.tolist(), strict=True))
    )


def _of_species(spec: DescriptorSpec) -> DescriptorSpec:
    """The families that a mixture has; refuse others that were asked for by name."""
    for name in ("voronoi", "energy"):
        if name in spec.model_fields_set and getattr(spec, name):
            raise ParameterError(
                f"{name} = True: Voronoi cells and energies are those of one species; leave it"
                " out, or do without species"
            )
    return spec.model_copy(update={"voronoi": False, "energy": False})


def check_place(name: str, out: Path, suffixes: tuple[str, ...], overwrite: bool) -> None:
    """Refuse, before anything is computed, a file that could not be written; see :func:`describe`.

    Parameters
    ----------
    name : str
        What the user calls it.
    out : Path
    suffixes : tuple of str
        With which it may end.
    overwrite : bool
        Whether it may be there.
    """
    if out.suffix not in suffixes:
        raise ParameterError(f"{name} = {out} must end in {' or '.join(suffixes)}")
    if out.exists() and not overwrite:
        raise DataError(f"{out} exists; choose another name, or say --overwrite")
    if not out.absolute().parent.is_dir():
        raise DataError(f"there is no folder {out.parent} to write {out.name} to")
    check_writable(out.absolute().parent)


def _energy_or_not(
    spec: DescriptorSpec, read: Snapshot, source: str
) -> tuple[DescriptorSpec, list[str]]:
    """Leave the energy out where the file has another potential and nobody asks; all remarks."""
    remarks = list(read.remarks)
    if read.doubts and spec.energy:
        doubts = "; ".join(read.doubts)
        if "energy" in spec.model_fields_set:
            remarks.append(f"the energy is that of the melt's own potential, although {doubts}")
        else:
            remarks.append(f"the energy is left out: {doubts} (-p energy=true computes it as for"
                           " the melt's own potential)")  # fmt: skip
            spec = spec.model_copy(update={"energy": False})
    if spec.energy and not read.bonds_told:
        remarks.append(f"{source} tells no bonds: in the energy every pair counts as a"
                       " Lennard-Jones pair (with bonds: glasslib describe melt.data"
                       f" -t {source})")  # fmt: skip
    return spec, remarks


def _write(table: xarray.DataArray, rows: dict[str, np.ndarray], out: Path) -> None:
    if out.suffix == ".csv":
        columns = table.to_pandas()
        for place, (name, values) in enumerate(rows.items()):
            columns.insert(place, name, values)
        write_atomically(
            out, lambda temporary: columns.to_csv(temporary, index=False, float_format="%.9g")
        )
    else:
        dataset = table.to_dataset(name=table.name)
        encoding = {table.name: {"zlib": True, "complevel": 4, "shuffle": True}}
        # First in memory: HDF5 crashes where it writes to a disk that is full.
        content = bytes(dataset.to_netcdf(engine="h5netcdf", encoding=encoding))
        write_atomically(out, lambda temporary: temporary.write_bytes(content))
