"""The data files: where they are, how they are written, and that they are what they were.

One profile and temperature has one folder, ``data/ensembles/companion/T0.500/``:

``run03.nc``
    Run 3: equilibration record, production curves, the initial configuration of its ensemble,
    the inherent structure below it, and the chains.
``run03-block01.nc``
    Block 1 of its isoconfigurational ensemble: averages over the block's trajectories.
``times.json``
    τ_α, the wave number and the times of the ensemble, fixed before its first block.

Every file is written once, whole or not at all, and never rewritten; more runs, blocks and
temperatures are more files. ``registry.txt`` beside the temperature folders lists the SHA-256 of
each, and reading verifies it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from glasslib import paths
from glasslib.configuration import Configuration
from glasslib.errors import DataError
from glasslib.files import lease, sha256, write_atomically, write_text
from glasslib.parameters import PROTOCOLS

if TYPE_CHECKING:
    import xarray as xr
    from MDAnalysis import Universe

__all__ = [
    "DataFile",
    "Ensemble",
    "Times",
    "available",
    "block_path",
    "block_paths",
    "equilibrated",
    "load_ensemble",
    "load_runs",
    "merge",
    "profile_with",
    "read",
    "read_times",
    "round_mantissa",
    "run_path",
    "run_paths",
    "times_path",
    "universe",
    "verify_all",
    "write",
    "write_times",
]

#: Mantissa bits kept of block averages: 2⁻¹¹ ≈ 0.05 % rounding, where ten trajectories give 10 %.
KEPT_BITS = 10
#: How NetCDF-4 marks an HDF5 data set that is a dimension without values.
_ONLY_A_DIMENSION = b"This is a netCDF dimension but not a netCDF variable"


# ------------------------------------------------------------------------------------- paths
def run_path(profile: str, temperature: float, run: int) -> Path:
    """Return the file of one run."""
    return paths.ensembles(profile, temperature) / f"run{run:02d}.nc"


def block_path(profile: str, temperature: float, run: int, block: int) -> Path:
    """Return the file of one block of a run's ensemble."""
    return paths.ensembles(profile, temperature) / f"run{run:02d}-block{block:02d}.nc"


def times_path(profile: str, temperature: float) -> Path:
    """Return the file of the ensemble's fixed times."""
    return paths.ensembles(profile, temperature) / "times.json"


def run_paths(profile: str, temperature: float) -> dict[int, Path]:
    """Return the files of all runs there are, by run number."""
    found = paths.ensembles(profile, temperature).glob("run??.nc")
    return {int(path.stem[3:]): path for path in sorted(found)}


def block_paths(profile: str, temperature: float, run: int) -> dict[int, Path]:
    """Return the files of all blocks of a run there are, by block number."""
    found = paths.ensembles(profile, temperature).glob(f"run{run:02d}-block??.nc")
    return {int(path.stem[-2:]): path for path in sorted(found)}


def available(profile: str) -> dict[float, list[int]]:
    """Return temperatures (falling) with the runs that have at least one block.

    Parameters
    ----------
    profile : str
        ``companion`` and so on.
    """
    found = {}
    for temperature, equilibrated_runs in equilibrated(profile).items():
        runs = [r for r in equilibrated_runs if block_paths(profile, temperature, r)]
        if runs and times_path(profile, temperature).exists():
            found[temperature] = runs
    return found


def equilibrated(profile: str) -> dict[float, list[int]]:
    """Return temperatures (falling) with the runs there are, whether they have blocks or not.

    Parameters
    ----------
    profile : str
        ``companion`` and so on.
    """
    folder = paths.data() / "ensembles" / profile
    temperatures = sorted((float(path.name[1:]) for path in folder.glob("T?.???")), reverse=True)
    found = {temperature: list(run_paths(profile, temperature)) for temperature in temperatures}
    return {temperature: runs for temperature, runs in found.items() if runs}


def profile_with(temperature: float, preferred: str) -> str | None:
    """Return the profile whose data hold ``temperature``: companion first, then ``preferred``."""
    for profile in dict.fromkeys(("companion", preferred)):
        if any(abs(t - temperature) < 5e-4 for t in available(profile)):
            return profile
    return None


# ----------------------------------------------------------------------------------- writing
def round_mantissa(values: np.ndarray, bits: int = KEPT_BITS) -> np.ndarray:
    """Round float32 values to ``bits`` explicit mantissa bits, to nearest, so they compress well.

    The relative error is at most 2^−(bits + 1).

    Examples
    --------
    >>> x = np.array([0.123456789], dtype=np.float32)
    >>> bool(abs(round_mantissa(x)[0] / x[0] - 1) < 2**-11)
    True
    """
    drop = 23 - bits
    raw = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).astype(np.uint64)
    raw = (raw + (1 << (drop - 1)) - 1 + ((raw >> drop) & 1)) >> drop << drop
    return raw.astype(np.uint32).view(np.float32).reshape(np.shape(values))


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a NetCDF-4 file once, compressed, and enter it in the registry.

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

    def save(target: Path):
        dataset.to_netcdf(target, engine="h5netcdf", encoding=encoding)
        register(path, target)

    write_atomically(path, save)


def _registry_of(path: Path) -> Path:
    return path.parent.parent / "registry.txt"


def read_registry(registry: Path) -> dict[str, str]:
    """Return SHA-256 by file name relative to the registry's folder."""
    if not registry.exists():
        return {}
    lines = (line.split("  ", 1) for line in registry.read_text().splitlines() if line)
    return {name: digest for digest, name in lines}


def register(path: Path, content: Path | None = None) -> None:
    """Enter a file in the registry of its profile.

    ``content`` is the file before it is moved to ``path``: a process killed between the two steps
    then leaves an entry without a file, which the next attempt replaces, and never a file without
    an entry, which nobody could read.
    """
    registry = _registry_of(path)
    with lease(paths.work() / registry.parent.name / "registry.lease"):
        entries = read_registry(registry)
        entries[path.relative_to(registry.parent).as_posix()] = sha256(content or path)
        text = "".join(f"{entries[name]}  {name}\n" for name in sorted(entries))
        write_text(registry, text)


# ----------------------------------------------------------------------------------- reading
def _verify(path: Path) -> None:
    """Compare a file with the registry."""
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

    Raises
    ------
    DataError
        The file is missing, unregistered, changed or not readable; the message names it.
    """
    _verify(path)
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
    """Verify every registered file of a profile and that no other lies there; return how many.

    Raises
    ------
    DataError
        The first file that is missing, changed or unregistered.
    """
    folder = paths.data() / "ensembles" / profile
    registered = read_registry(folder / "registry.txt")
    there = {
        p.relative_to(folder).as_posix() for p in folder.glob("T*/*") if not p.name.startswith(".")
    }
    for name in sorted(set(registered) | there):
        _verify(folder / name)
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
    source = next(
        (
            place
            for place in (folder / "ensembles" / profile, folder / profile, folder)
            if (place / "registry.txt").exists()
        ),
        None,
    )
    if source is None:
        raise DataError(
            f"{folder} holds no data of profile {profile}: there is no registry.txt in it, nor in"
            f" ensembles/{profile} below it"
        )
    here = paths.registry(profile).parent
    ours, theirs = read_registry(here / "registry.txt"), read_registry(source / "registry.txt")
    wanted = []
    # Runs and times come before the blocks that stand on them, should this be interrupted.
    for name in sorted(theirs, key=lambda name: ("-block" in name, name)):
        path = source / name
        if not path.exists():
            raise DataError(f"{path} is in the registry there but missing; copy it again")
        if sha256(path) != theirs[name]:
            raise DataError(f"{path} is damaged: its SHA-256 is not the registry's; copy it again")
        if name in ours and (here / name).exists():
            if ours[name] != theirs[name]:
                raise DataError(
                    f"{name} is here with another content than in {source}: both were simulated"
                    " apart. Nothing was taken; keep one of the two, with the blocks made from it"
                )
            continue
        wanted.append(name)
    for name in wanted:

        def save(target: Path, name=name):
            target.write_bytes((source / name).read_bytes())
            register(here / name, target)

        write_atomically(here / name, save)
    return wanted


# ------------------------------------------------------------------------------- fixed times
@dataclass(frozen=True)
class Times:
    """Times of an ensemble, fixed once per temperature.

    Parameters
    ----------
    tau_alpha, tau_alpha_error : float
        Mean over the timing runs and its standard error, in τ; ``tau_alpha`` is a sampled time.
    runs : tuple of int
        The timing runs.
    q_peak : float
        First peak of S(q) in σ⁻¹, mean over the timing runs.
    times : (n_times,) float64
        In τ.
    fine_times : (n_fine,) float64
        In τ; contains ``times``.
    """

    tau_alpha: float
    tau_alpha_error: float
    runs: tuple[int, ...]
    q_peak: float
    times: np.ndarray
    fine_times: np.ndarray

    @property
    def tau_index(self) -> int:
        """Column of τ_α among ``times``."""
        return int(np.flatnonzero(self.times == self.tau_alpha)[0])

    @property
    def debye_waller_index(self) -> int:
        """Column of t = 1 among ``times``."""
        return int(np.flatnonzero(self.times == 1.0)[0])


def write_times(profile: str, temperature: float, times: Times) -> None:
    """Write ``times.json`` once and register it."""
    path = times_path(profile, temperature)
    if path.exists():
        raise DataError(f"{path.parent.name}/times.json exists; the times stay fixed")
    content = {
        "tau_alpha": times.tau_alpha,
        "tau_alpha_error": times.tau_alpha_error,
        "runs": list(times.runs),
        "q_peak": times.q_peak,
        "times": times.times.tolist(),
        "fine_times": times.fine_times.tolist(),
        "units": "time: sigma sqrt(m/epsilon); q_peak: 1/sigma",
    }
    text = json.dumps(content, indent=1) + "\n"

    def save(target: Path):
        target.write_text(text)
        register(path, target)

    write_atomically(path, save)


def read_times(profile: str, temperature: float) -> Times:
    """Read and verify the fixed times of a temperature."""
    path = times_path(profile, temperature)
    _verify(path)
    content = json.loads(path.read_text())
    return Times(
        content["tau_alpha"], content["tau_alpha_error"], tuple(content["runs"]),
        content["q_peak"], np.array(content["times"]), np.array(content["fine_times"]),
    )


# ---------------------------------------------------------------------------------- ensemble
@dataclass(frozen=True, eq=False)
class Ensemble:
    """All isoconfigurational ensembles of one temperature.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    times : Times or None
        None before they are fixed (from :func:`load_runs` alone).
    runs : dict of int to DataFile
        The run files, by run number.
    blocks : dict of int to list of DataFile
        The block files of each run; a run without any has no entry (from :func:`load_runs` alone).
    """

    temperature: float
    profile: str
    times: Times | None
    runs: dict[int, DataFile]
    blocks: dict[int, list[DataFile]]

    @property
    def n_trajectories(self) -> dict[int, int]:
        """Trajectories in each run's ensemble."""
        return {
            run: sum(block.n_trajectories for block in self.blocks.get(run, ()))
            for run in self.runs
        }

    @property
    def melt(self):
        """The melt's parameters."""
        return PROTOCOLS[self.profile].melt

    def mean(self, name: str) -> np.ndarray:
        """Average a block variable over each run's trajectories.

        Parameters
        ----------
        name : str
            ``displacement``, ``squared_displacement``, ``p1_loss`` or ``p2_loss``.

        Returns
        -------
        (n_runs, n, n_times) float64
            n monomers or bonds.
        """
        out = []
        for blocks in self.blocks.values():
            weights = [block.n_trajectories for block in blocks]
            values = [block[name].astype(np.float64) for block in blocks]
            out.append(np.average(values, axis=0, weights=weights).T)
        return np.array(out)

    @cached_property
    def propensity(self) -> np.ndarray:
        """⟨|Δr_i|⟩ in σ, (n_runs, N, n_times) float64."""
        return self.mean("displacement")

    @cached_property
    def debye_waller(self) -> np.ndarray:
        """⟨Δr_i²(t = 1)⟩ in σ², (n_runs, N) float64."""
        return self.mean("squared_displacement")[..., self.times.debye_waller_index]

    def only(self, runs: Iterable[int]) -> Ensemble:
        """Return the same ensemble with some of its runs alone."""
        runs = list(runs)
        return replace(
            self,
            runs={run: self.runs[run] for run in runs},
            blocks={run: self.blocks[run] for run in runs},
        )

    def configuration(self, run: int) -> Configuration:
        """Return the initial configuration of a run's ensemble."""
        return _configuration(self.runs[run], "positions")

    def describe(self) -> str:
        """Say in one sentence what the ensemble holds."""
        counts = sorted(set(self.n_trajectories.values()))
        each = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        each = f"{each} trajectories each" if counts[-1] else "no trajectories"
        return (
            f"T = {self.temperature:.2f}: {len(self.runs)} runs of"
            f" {self.melt.n_monomers:,} monomers, {each} ({self.profile} profile)"
        )


def _configuration(run: DataFile, name: str) -> Configuration:
    return Configuration(run[name], run["box"], run["bonds"])


def load_ensemble(temperature: float, profile: str) -> Ensemble:
    """Load every run of a temperature that has at least one block, verified.

    Raises
    ------
    DataError
        No data at this temperature in this profile; the message lists what there is.
    """
    return _load(temperature, profile, available(profile))


def load_runs(temperature: float, profile: str) -> Ensemble:
    """Load every equilibrated run of a temperature, with the blocks it has so far, verified.

    What runs alone can tell (structure, relaxation) needs no isoconfigurational ensemble.

    Raises
    ------
    DataError
        No run at this temperature in this profile; the message lists what there is.
    """
    return _load(temperature, profile, equilibrated(profile))


def _load(temperature: float, profile: str, have: dict[float, list[int]]) -> Ensemble:
    near = [t for t in have if abs(t - temperature) < 5e-4]
    if not near:
        listed = ", ".join(f"{t:g}" for t in have) or "none"
        raise DataError(
            f"no data at temperature {temperature:g} in profile {profile} (there: {listed});"
            f" make them with 'glasslib simulate {temperature:g} --profile {profile}'"
        )
    temperature = near[0]
    runs = {run: read(run_path(profile, temperature, run)) for run in have[temperature]}
    there = {run: block_paths(profile, temperature, run).values() for run in runs}
    blocks = {run: [read(path) for path in files] for run, files in there.items() if files}
    fixed = times_path(profile, temperature).exists()
    times = read_times(profile, temperature) if fixed else None
    return Ensemble(temperature, profile, times, runs, blocks)


def universe(temperature: float, run: int, profile: str = "companion") -> Universe:
    """Open a run's initial configuration as an MDAnalysis universe, with bonds and chains.

    Parameters
    ----------
    temperature : float
    run : int
    profile : str

    Returns
    -------
    MDAnalysis.Universe
        One frame; lengths are in σ whatever MDAnalysis calls them. Each chain is a residue.

    References
    ----------
    R. J. Gowers et al., Proc. 15th Python in Science Conf., 98 (2016).
    """
    import MDAnalysis

    data = read(run_path(profile, temperature, run))
    n = len(data["positions"])
    chain = data["chain"]
    u = MDAnalysis.Universe.empty(
        n, n_residues=int(chain.max()) + 1, atom_resindex=chain, trajectory=True
    )
    u.add_TopologyAttr("types", ["1"] * n)
    u.add_TopologyAttr("masses", np.ones(n))
    for kind in ("bonds", "angles", "dihedrals", "impropers"):  # MDAnalysis's writers ask for all
        u.add_TopologyAttr(kind, [])
    bonds = [tuple(int(end) for end in bond) for bond in data["bonds"]]
    u.add_bonds(bonds, types=["1"] * len(bonds))
    u.atoms.positions = data["positions"]
    u.dimensions = [*data["box"], 90, 90, 90]
    return u


