"""A configuration of the melt: positions, periodic box and chains.

Lengths are in the Lennard-Jones unit σ throughout. A :class:`Configuration` is what the
simulation writes, the store keeps and the descriptors read, so it depends on nothing but numpy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from glasslib.errors import ConfigurationError

if TYPE_CHECKING:
    from MDAnalysis import Universe

__all__ = ["Configuration"]


@dataclass(frozen=True, eq=False)
class Configuration:
    """Positions of N monomers in an orthorhombic periodic box, with their bonds.

    Parameters
    ----------
    positions : (N, 3) float64
        Coordinates in σ; may lie outside the box (unwrapped chains are welcome).
    box : (3,) float64
        Edge lengths of the periodic box in σ.
    bonds : (n_bonds, 2) int64, optional
        Indices of bonded pairs; empty for an atomic liquid.

    Raises
    ------
    ConfigurationError
        No particle, wrong shape, a coordinate that is not finite, a box edge that is not
        positive, or a bond that names a particle that is not there.

    Examples
    --------
    >>> import numpy as np
    >>> pair = Configuration(np.array([[0.1, 0, 0], [9.9, 0, 0]]), np.full(3, 10.0), [[0, 1]])
    >>> len(pair), round(pair.density, 4)
    (2, 0.002)
    >>> pair.wrapped().positions[0].tolist()
    [0.1, 0.0, 0.0]
    """

    positions: np.ndarray
    box: np.ndarray
    bonds: np.ndarray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))

    def __post_init__(self):
        positions = np.ascontiguousarray(self.positions, dtype=np.float64)
        box = np.ascontiguousarray(self.box, dtype=np.float64)
        bonds = np.ascontiguousarray(self.bonds, dtype=np.int64).reshape(-1, 2)
        if positions.ndim != 2 or positions.shape[1] != 3:
            raise ConfigurationError(
                f"positions have shape {positions.shape}; give an array of shape (N, 3)"
            )
        if len(positions) == 0:
            raise ConfigurationError("the configuration holds no particle; give at least one")
        if not np.isfinite(positions).all():
            bad = int(np.flatnonzero(~np.isfinite(positions).all(axis=1))[0])
            raise ConfigurationError(
                f"the position of particle {bad} is {positions[bad]}; every coordinate must be"
                " a finite number"
            )
        if box.shape != (3,) or not np.isfinite(box).all() or (box <= 0).any():
            raise ConfigurationError(
                f"the box is {box.tolist()}; give three positive edge lengths (orthorhombic box)"
            )
        if bonds.size and (bonds.min() < 0 or bonds.max() >= len(positions)):
            raise ConfigurationError(
                f"a bond names particle {int(np.abs(bonds).max())}, but indices run from 0 to"
                f" {len(positions) - 1}"
            )
        for name, array in (("positions", positions), ("box", box), ("bonds", bonds)):
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def density(self) -> float:
        """Number density N / V in σ⁻³."""
        return len(self) / float(np.prod(self.box))

    def wrapped(self) -> Configuration:
        """The same configuration with every coordinate in [0, box)."""
        positions = self.positions % self.box
        positions[positions == self.box] = 0.0  # a tiny negative number rounds up to the edge
        return Configuration(positions, self.box, self.bonds)

    @classmethod
    def from_mdanalysis(cls, universe: Universe) -> Configuration:
        """Read the current frame of an MDAnalysis universe.

        Any format that MDAnalysis opens will do (LAMMPS data and dump files, GROMACS, …), as
        long as its box is orthorhombic. MDAnalysis keeps coordinates in single precision.

        Parameters
        ----------
        universe : MDAnalysis.Universe
            Lengths are taken as they are: load Lennard-Jones data without unit conversion.

        Raises
        ------
        ConfigurationError
            The frame has no box, or the box is triclinic.
        """
        dimensions = universe.dimensions
        if dimensions is None:
            raise ConfigurationError(
                "the file names no periodic box; set universe.dimensions to the three edge"
                " lengths and 90, 90, 90"
            )
        if not np.allclose(dimensions[3:], 90.0):
            raise ConfigurationError(
                f"the box angles are {dimensions[3:].tolist()}; only orthorhombic boxes"
                " (90, 90, 90) are supported"
            )
        bonds = universe.bonds.indices if hasattr(universe, "bonds") else np.empty((0, 2))
        return cls(universe.atoms.positions, dimensions[:3], bonds)
