"""Where the data files are; how each is written, entered in the registry and verified when read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from glasslib import paths
from glasslib.errors import DataError
from glasslib.files import lease, sha256, write_atomically, write_text

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "SHIPPED", "SMALLER", "DataFile", "add", "available", "block_path", "block_paths",
    "cage_path", "equilibrated", "find_temperature", "merge", "profile_with", "read",
    "read_registry", "run_path", "run_paths", "scan_path", "times_path", "verify", "verify_all",
    "write",
]  # fmt: skip

#: Profiles that stand in for ``companion``: it is shown where it holds the temperature.
SMALLER = ("smoke", "lab")
#: Profiles of which some runs ship: what is there is shown, and not continued by a page.
SHIPPED = ("companion", "paper")
#: How NetCDF-4 marks an HDF5 data set that is a dimension without values.
_ONLY_A_DIMENSION = b"This is a netCDF dimension but not a netCDF variable"


# ------------------------------------------------------------------------------------- paths
def _folder(temperature: float, profile: str) -> Path:
    return paths.ensembles(profile, temperature)


def run_path(temperature: float, profile: str, run: int) -> Path:
    """Return the file of one run."""
    return _folder(temperature, profile) / f"run{run:02d}.nc"


def block_path(temperature: float, profile: str, run: int, block: int) -> Path:
    """Return the file of one block of a run's ensemble."""
    return _folder(temperature, profile) / f"run{run:02d}-block{block:02d}.nc"


def cage_path(temperature: float, profile: str, run: int) -> Path:
    """Return the file of the cages of a run's configuration."""
    return _folder(temperature, profile) / f"run{run:02d}-cage.nc"


def scan_path(temperature: float, profile: str, run: int) -> Path:
    """Return the file of the scan of a run's cages; its registry is one of scans alone."""
    return paths.scans(profile, temperature) / f"run{run:02d}-scan.nc"


def times_path(temperature: float, profile: str) -> Path:
    """Return the file of the ensemble's fixed times."""
    return _folder(temperature, profile) / "times.json"


def run_paths(temperature: float, profile: str) -> dict[int, Path]:
    """Return the files of all runs that are present, by run number."""
    found = _folder(temperature, profile).glob("run??.nc")
    return {int(path.stem[3:]): path for path in sorted(found)}


def block_paths(temperature: float, profile: str, run: int) -> dict[int, Path]:
    """Return the files of all blocks of a run that are present, by block number."""
    found = _folder(temperature, profile).glob(f"run{run:02d}-block??.nc")
    return {int(path.stem[-2:]): path for path in sorted(found)}


def available(profile: str) -> dict[float, list[int]]:
    """Return the temperatures whose times are fixed, with the runs that have at least one block.

    Parameters
    ----------
    profile : str
        ``companion`` and so on.

    Returns
    -------
    dict of float to list of int
        Run numbers by temperature; temperatures fall.
    """
    found = {}
    for temperature, numbers in equilibrated(profile).items():
        runs = [run for run in numbers if block_paths(temperature, profile, run)]
        if runs and times_path(temperature, profile).exists():
            found[temperature] = runs
    return found


def equilibrated(profile: str) -> dict[float, list[int]]:
    """Return all temperatures with the runs that are present, whether they have blocks or not.

    Parameters
    ----------
    profile : str
        ``companion`` and so on.

    Returns
    -------
    dict of float to list of int
        Run numbers by temperature; temperatures fall.
    """
    folder = paths.registry(profile).parent
    temperatures = sorted((float(path.name[1:]) for path in folder.glob("T?.???")), reverse=True)
    found = {temperature: list(run_paths(temperature, profile)) for temperature in temperatures}
    return {temperature: runs for temperature, runs in found.items() if runs}


def find_temperature(temperature: float, temperatures: Iterable[float]) -> float | None:
    """Return which of some temperatures is the given one, to three decimals; None if none is.

    Examples
    --------
    >>> find_temperature(0.4501, [0.5, 0.45]), find_temperature(0.46, [0.5, 0.45])
    (0.45, None)
    """
    return next((t for t in temperatures if abs(t - temperature) < 5e-4), None)


def profile_with(temperature: float, preferred: str) -> str | None:
    """Return the profile whose data hold ``temperature``, if any.

    What ships comes before a smaller simulation of the same melt (:data:`SMALLER`). The paper's
    size, or a protocol of somebody's own, is another melt: there its own data count alone.
    """
    for profile in (*("companion",) * (preferred in SMALLER), preferred):
        if find_temperature(temperature, available(profile)) is not None:
            return profile
    return None


# ----------------------------------------------------------------------------------- writing
def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a NetCDF-4 file once, compressed, and enter it in the registry.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`glasslib.store.schema.as_dataset`.
    path : Path
        From :func:`run_path` or :func:`block_path`.

    Raises
    ------
    DataError
        The file exists: data are written once.
    """
    if path.exists():
        raise DataError(f"{path.name} exists; data files are written once and never rewritten")
    encoding = {
        name: {"zlib": True, "complevel": 9, "shuffle": True}
        for name, variable in dataset.variables.items()
        if variable.ndim > 0 and variable.dtype.kind in "fiu"
    }

    add(path, lambda temporary: dataset.to_netcdf(temporary, engine="h5netcdf", encoding=encoding))


def _registry_of(path: Path) -> Path:
    return path.parent.parent / "registry.txt"


def read_registry(registry: Path) -> dict[str, str]:
    """Return SHA-256 by file name relative to the registry's folder."""
    if not registry.exists():
        return {}
    lines = (line.split("  ", 1) for line in registry.read_text().splitlines() if line)
    return {name: digest for digest, name in lines}


def add(path: Path, save: Callable[[Path], None]) -> None:
    """Write a data file, whole or not at all, and enter it in the registry of its profile.

    It is entered before it is moved to its place. A process killed between the two steps then
    leaves an entry without a file, which the next attempt replaces. It never leaves a file without
    an entry, which nobody could read.

    Parameters
    ----------
    path : Path
        The data file.
    save : callable
        Writes the content to the path that it is given.
    """
    registry = _registry_of(path)

    def save_and_enter(temporary: Path) -> None:
        save(temporary)
        with lease(paths.work() / registry.parent.name / "registry.lease"):
            entries = read_registry(registry)
            entries[path.relative_to(registry.parent).as_posix()] = sha256(temporary)
            text = "".join(f"{entries[name]}  {name}\n" for name in sorted(entries))
            write_text(registry, text)

    write_atomically(path, save_and_enter)


# ----------------------------------------------------------------------------------- reading
def verify(path: Path) -> None:
    """Compare a file with the registry.

    Raises
    ------
    DataError
        The file is missing, unregistered or changed; the message names it.
    """
    if not path.exists():
        raise DataError(
            f"data file {path.name} is missing from {path.parent.name}; restore it with"
            " 'git checkout -- data' or simulate it with 'glasslib simulate'"
        )
    registry = _registry_of(path)
    expected = read_registry(registry).get(path.relative_to(registry.parent).as_posix())
    if expected is None:
        raise DataError(f"{path.parent.name}/{path.name} is not in the registry; delete it"
                        " and run the same simulation again")
    if sha256(path) != expected:
        raise DataError(
            f"{path.parent.name}/{path.name} is damaged: its SHA-256 is not the registry's;"
            " restore it with 'git checkout -- data'"
        )


@dataclass(frozen=True, eq=False)
class DataFile:
    """What a data file holds, read whole.

    Parameters
    ----------
    arrays : dict of str to ndarray
        By name, with the types they have in the file.
    attrs : dict of str to str or numpy number
        What the file says of itself.

    Examples
    --------
    >>> run = DataFile({"lag": np.array([0.1, 1.0])}, {"run": 3})
    >>> run["lag"].tolist(), "msd" in run
    ([0.1, 1.0], False)
    """

    arrays: dict[str, np.ndarray]
    attrs: dict[str, str | np.number]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    @property
    def n_trajectories(self) -> int:
        """Trajectories in a block."""
        return len(self["exceeding"])


def read(path: Path) -> DataFile:
    """Verify a data file against the registry and load it whole.

    Parameters
    ----------
    path : Path
        From :func:`run_path` or :func:`block_path`.

    Raises
    ------
    DataError
        The file is missing, unregistered, changed or not readable; the message names it.
    """
    verify(path)
    try:
        with h5py.File(path) as file:
            arrays = {name: np.asarray(variable[()]) for name, variable in file.items()
                      if not variable.attrs.get("NAME", b"").startswith(_ONLY_A_DIMENSION)}
            attrs = {name: value if isinstance(value, str) else value[0]
                     for name, value in file.attrs.items() if name != "_NCProperties"}
    except (OSError, ValueError) as error:
        raise DataError(f"{path.parent.name}/{path.name} cannot be read: {error}") from None
    return DataFile(arrays, attrs)


def verify_all(profile: str) -> int:
    """Verify every registered file of a profile, and that there is no other; return how many.

    Raises
    ------
    DataError
        The first file that is missing, changed or unregistered.
    """
    folder = paths.registry(profile).parent
    registered = read_registry(folder / "registry.txt")
    files = [path for path in folder.glob("T*/*") if not path.name.startswith(".")]
    for name in sorted(set(registered) | {path.relative_to(folder).as_posix() for path in files}):
        verify(folder / name)
    return len(registered)


def merge(folder: Path, profile: str) -> list[str]:
    """Take over the data files of a profile that were made elsewhere; verify each first.

    Parameters
    ----------
    folder : Path
        A data folder of another checkout or machine (it holds ``ensembles/<profile>``), or that
        profile's own folder with its ``registry.txt``.
    profile : str

    Returns
    -------
    list of str
        What was taken, relative to the profile's folder. Files that are here already, the same to
        the bit, are passed over.

    Raises
    ------
    DataError
        There is no registry; a file differs from its SHA-256 there; or a file of the same name is
        here with another content. Nothing is taken then: blocks belong to the run and the times
        they were made from.
    """
    source = _source(folder, profile)
    target = paths.registry(profile).parent
    ours, theirs = read_registry(target / "registry.txt"), read_registry(source / "registry.txt")
    missing = []
    # Runs and times come before the blocks that stand on them, should this be interrupted.
    for name in sorted(theirs, key=lambda name: ("-" in name, name)):
        path = source / name
        if not path.exists():
            raise DataError(f"{path} is in the registry there but missing; copy it again")
        if sha256(path) != theirs[name]:
            raise DataError(f"{path} is damaged: its SHA-256 is not the registry's; copy it again")
        if name not in ours or not (target / name).exists():
            missing.append(name)
        elif ours[name] != theirs[name]:
            raise DataError(
                f"{name} is here with another content than in {source}: both were simulated"
                " apart. Nothing was taken; keep one of the two, with the blocks made from it"
            )
    for name in missing:
        add(target / name, partial(shutil.copyfile, source / name))
    return missing


def _source(folder: Path, profile: str) -> Path:
    """Find a profile's folder in, or as, one that a user names."""
    for place in (folder / "ensembles" / profile, folder / profile, folder):
        if (place / "registry.txt").exists():
            return place
    raise DataError(
        f"{folder} holds no data of profile {profile}: there is no registry.txt in it, nor in"
        f" ensembles/{profile} below it"
    )
