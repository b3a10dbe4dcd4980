r"""A melt at constant energy, stepped by one compiled loop: r-RESPA with pair forces in ``mixed``.

The steps are those that LAMMPS takes (:mod:`glasslib.simulation.engine`): around :math:`k` inner
steps of velocity Verlet with the bonds stand half kicks of the pair forces with the outer step,

.. math::

    \mathbf v \mathrel{+}= \tfrac{\Delta t}{2} \mathbf F_\mathrm{pairs}, \qquad
    \left[ \mathbf v \mathrel{+}= \tfrac{h}{2} \mathbf F_\mathrm{bonds}, \;
    \mathbf x \mathrel{+}= h \mathbf v, \;
    \mathbf v \mathrel{+}= \tfrac{h}{2} \mathbf F_\mathrm{bonds} \right]^k, \qquad
    \mathbf v \mathrel{+}= \tfrac{\Delta t}{2} \mathbf F_\mathrm{pairs},

with :math:`h = \Delta t / k` and mass 1; neighbouring half kicks are given as one. The total
momentum is kept: the bonds act in pairs, and the mean is taken out of the pair forces.

Production runs and isoconfigurational trajectories, nine tenths of all simulated time, are stepped
here, at about twice the speed of LAMMPS with the same pair forces. LAMMPS does the rest, and
is what this step is tested against.
"""

from contextlib import AbstractContextManager

import numpy as np
from numba import njit

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import State, steps_of
from glasslib.simulation.mixed_forces import (
    aligned,
    check,
    energy_and_virial,
    liquid,
    update,
    work,
)

__all__ = ["Step"]


class Step(AbstractContextManager):
    """One melt at constant energy; it has the interface of ``Engine``, and needs no LAMMPS.

    Parameters
    ----------
    melt : Melt
        Number of monomers, density and potentials.
    integrator : Integrator
        Step and bond substeps; its pair style is "mixed".
    state : State
        Where to begin; positions (N, 3) in σ and velocities (N, 3) in σ/τ.

    Raises
    ------
    SimulationError
        The state does not belong to this melt, or the box is too short.

    References
    ----------
    M. Tuckerman, B. J. Berne and G. J. Martyna, J. Chem. Phys. 97, 1990 (1992).

    Examples
    --------
    >>> from glasslib.simulation.melt import snake_positions
    >>> melt = Melt(n_monomers=1500)
    >>> start = State(snake_positions(melt), np.zeros((1500, 3)))
    >>> with Step(melt, Integrator(timestep=0.002), start) as step:
    ...     step.advance(0.1)
    ...     momentum = step.velocities().sum(axis=0)
    >>> step.kinetic_energy > 1, bool(abs(momentum).max() < 1e-10)
    (True, True)
    """

    def __init__(self, melt: Melt, integrator: Integrator, state: State):
        n = melt.n_monomers
        state.check(melt)
        self.melt, self.integrator = melt, integrator
        self._liquid, self._work = liquid(melt), work(melt)
        self._x, self._v, self._pairs, self._bonds = (
            aligned((3, n), np.float64) for _ in range(4)
        )
        self._shift = aligned((3, n + 8), np.float64)
        self._x[:], self._v[:] = state.positions.T, state.velocities.T
        self._stiffness = 2 * melt.bond_stiffness * self._liquid.bonded
        self._do(0)

    def _do(self, steps: int):
        check(_advance(
            steps, self.integrator.timestep, self.integrator.bond_substeps, self._x, self._v,
            self._pairs, self._bonds, self._shift, self._stiffness, self.melt.bond_length,
            self._liquid, self._work,
        ))
        if not (np.isfinite(self._x).all() and np.isfinite(self._v).all()):
            raise SimulationError("a monomer has left the melt; use a smaller timestep")

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Do nothing: there is nothing to free."""

    def evaluate(self):
        """Do nothing: forces and energies are known at any time."""

    def advance(self, duration: float):
        """Integrate for ``duration`` (τ), a whole number of steps.

        Raises
        ------
        SimulationError
            The duration is not a multiple of the timestep, or the melt has burst.
        """
        self._do(steps_of(duration, self.integrator.timestep))

    def positions(self) -> np.ndarray:
        """Unwrapped positions in σ, (N, 3) float64, in the order of the melt."""
        return np.ascontiguousarray(self._x.T)

    def velocities(self) -> np.ndarray:
        """Velocities in σ/τ, (N, 3) float64."""
        return np.ascontiguousarray(self._v.T)

    def state(self) -> State:
        """Where the simulation stands, to be continued by another one."""
        return State(self.positions(), self.velocities())

    def pair_forces(self) -> np.ndarray:
        """Forces in ε/σ of pairs that are not bonded, (N, 3) float64, at the present positions."""
        return np.ascontiguousarray(self._pairs.T)

    @property
    def potential_energy(self) -> float:
        """Total potential energy in ε, in double precision."""
        x, bonds = self.positions(), self.melt.bonds
        length = np.linalg.norm(x[bonds[:, 1]] - x[bonds[:, 0]], axis=1)
        stretch = self.melt.bond_stiffness * ((length - self.melt.bond_length) ** 2).sum()
        return float(energy_and_virial(self._x, self._liquid, self._work)[0] + stretch)

    @property
    def kinetic_energy(self) -> float:
        """Total kinetic energy in ε."""
        return float(0.5 * (self._v**2).sum())


_FAST = {"error_model": "numpy", "cache": True, "nogil": True, "fastmath": {"contract", "nsz"}}


@njit(**_FAST)
def bond_forces(x, stiffness, length, out, shift):
    """Harmonic bonds along the chains; ``shift[d, i]`` is the force of bond (i - 1, i) on i - 1."""
    n = x.shape[1]
    x0, x1, x2, s0, s1, s2 = x[0], x[1], x[2], shift[0], shift[1], shift[2]
    for i in range(n - 1):
        dx, dy, dz = x0[i + 1] - x0[i], x1[i + 1] - x1[i], x2[i + 1] - x2[i]
        s = stiffness[i] * (1.0 - length / np.sqrt(dx * dx + dy * dy + dz * dz))
        s0[i + 1], s1[i + 1], s2[i + 1] = s * dx, s * dy, s * dz
    for d in range(3):
        force, bond = out[d], shift[d]
        for i in range(n):
            force[i] = bond[i + 1] - bond[i]


@njit(**_FAST)
def kick(v, pairs, bonds, a, b):
    for d in range(3):
        speed, pair, bond = v[d], pairs[d], bonds[d]
        for i in range(len(speed)):
            speed[i] += a * pair[i] + b * bond[i]


@njit(**_FAST)
def kick_and_drift(x, v, pairs, bonds, a, b, h):
    for d in range(3):
        place, speed, pair, bond = x[d], v[d], pairs[d], bonds[d]
        for i in range(len(place)):
            speed[i] += a * pair[i] + b * bond[i]
            place[i] += h * speed[i]


@njit(error_model="numpy", cache=True, nogil=True)
def _advance(
    steps, timestep, substeps, x, v, pairs, bonds, shift, stiffness, length, about, w
):
    """Take so many outer steps, or with none compute the forces; tell whether the lists fit."""
    h = timestep / substeps
    if steps == 0:
        bond_forces(x, stiffness, length, bonds, shift)
        return update(x, about, w, pairs, shift)
    share = 0.5
    for _ in range(steps):
        for inner in range(substeps):
            if inner == 0:
                kick_and_drift(x, v, pairs, bonds, share * timestep, share * h, h)
            else:
                kick_and_drift(x, v, pairs, bonds, 0.0, h, h)
            bond_forces(x, stiffness, length, bonds, shift)
        if not update(x, about, w, pairs, shift):
            return False
        share = 1.0
    kick(v, pairs, bonds, 0.5 * timestep, 0.5 * h)
    return True
