r"""Potential energy of each particle, as LAMMPS counts it.

Monomers that are not directly bonded interact by the Lennard-Jones potential, truncated at r_cut
and shifted to zero there,

.. math:: U(r) = 4 \left(r^{-12} - r^{-6}\right) - 4 \left(r_{cut}^{-12} - r_{cut}^{-6}\right),

bonded ones by U_b(r) = k (r − r0)² alone (``special_bonds lj 0 1 1``). Each partner gets half of
the energy of a pair or bond, so that the sum over particles is the potential energy.
"""

import numpy as np
from numba import njit

from glasslib.configuration import Configuration
from glasslib.parameters import Melt
from glasslib.structure.neighbors import (
    CellList,
    buffers,
    cell_list,
    check_box,
    gather,
    over_threads,
)

__all__ = ["potential_energy"]


@njit(cache=True, nogil=True, error_model="numpy")
def _pair_energy(first, last, cells, cutoff, begin, partner, out):
    dx, dy, dz, d2, index = buffers(256)
    inverse = 1.0 / cutoff**6
    shift = 4.0 * inverse * (inverse - 1.0)
    for k in range(first, last):
        while True:
            n = gather(k, cells, cutoff, dx, dy, dz, d2, index)
            if n >= 0:
                break
            dx, dy, dz, d2, index = buffers(2 * len(d2))
        i = cells.order[k]
        energy = 0.0
        for a in range(n):
            j = cells.order[index[a]]
            bonded = False
            for b in range(begin[i], begin[i + 1]):
                bonded |= partner[b] == j
            if not bonded:
                inverse = 1.0 / (d2[a] * d2[a] * d2[a])
                energy += 4.0 * inverse * (inverse - 1.0) - shift
        out[i] = 0.5 * energy


def potential_energy(
    configuration: Configuration,
    melt: Melt | None = None,
    include_bonds: bool = True,
    *,
    cells: CellList | None = None,
    threads: int | None = None,
) -> np.ndarray:
    r"""Potential energy of each particle (Section 2.2.1, ii).

    .. math:: u_i = \tfrac12 \sum_{j \text{ not bonded to } i} U(r_{ij})
       + \tfrac12 \sum_{j \text{ bonded to } i} k (r_{ij} - r_0)^2

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 particles with their bonds, in a box whose edges are at least twice the cut-off.
    melt : Melt, optional
        Cut-off, bond stiffness and bond length.
    include_bonds : bool
        Without bonds only the first sum counts. Bonded pairs feel no Lennard-Jones force in
        either case.
    cells : CellList, optional
        The configuration's cell list if it is at hand.
    threads : int, optional
        Number of threads; all cores if None. The result does not depend on it.

    Returns
    -------
    (N,) float64
        In ε; with bonds the sum is the potential energy of the configuration.

    Raises
    ------
    ConfigurationError
        The box is too small, a single particle, or two at the same place.

    References
    ----------
    A. P. Thompson et al., Comput. Phys. Commun. 271, 108171 (2022), for LAMMPS.

    Examples
    --------
    Two monomers at the minimum of the potential share its depth, less the shift of 0.0163:

    >>> import numpy as np
    >>> pair = np.array([[1.0, 0, 0], [1.0 + 2 ** (1 / 6), 0, 0]])
    >>> potential_energy(Configuration(pair, np.full(3, 12.0))).round(4).tolist()
    [-0.4918, -0.4918]
    >>> potential_energy(Configuration(pair, np.full(3, 12.0), [[0, 1]])).round(4).tolist()
    [6.4562, 6.4562]
    """
    melt = melt or Melt()
    check_box(configuration, melt.cutoff)
    cells = cells or cell_list(configuration)
    n = len(configuration)
    bonds = np.unique(np.sort(configuration.bonds, axis=1), axis=0)
    ends = bonds.ravel()
    order = np.argsort(ends, kind="stable")
    partner = bonds[:, ::-1].ravel()[order]
    begin = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))]).astype(np.int64)
    out = np.empty(n)
    over_threads(_pair_energy, n, cells, float(melt.cutoff), begin, partner, out, threads=threads)
    if include_bonds and len(bonds):
        vector = configuration.positions[bonds[:, 1]] - configuration.positions[bonds[:, 0]]
        vector -= configuration.box * np.round(vector / configuration.box)
        stretch = np.sqrt((vector**2).sum(axis=1)) - melt.bond_length
        half = 0.5 * melt.bond_stiffness * stretch**2
        out += np.bincount(bonds.ravel(), weights=np.repeat(half, 2), minlength=n)
    return out
