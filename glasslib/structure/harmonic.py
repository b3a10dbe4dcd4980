r"""Harmonic vibrations about an inherent structure.

With the Hessian :math:`H` of the potential energy in a minimum, the harmonic Debye–Waller factor
of a monomer is

.. math:: u_i^2 = T \, \mathrm{tr} \left[ (H + z)^{-1} \right]_{ii} ,

where the 3 × 3 block belongs to the monomer. The inverse without :math:`z` is dominated by the
softest modes, which are not harmonic at any temperature of interest; a spring of stiffness
:math:`z` on each monomer leaves them out.
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.sparse import coo_array, csr_array

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import Melt
from glasslib.structure.neighbors import neighbor_pairs

__all__ = ["harmonic_covariance", "hessian"]


def _blocks(vector: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Second derivatives of u(r) by one end, (n, 3, 3), from u' and u'' at distance |vector|."""
    r = np.linalg.norm(vector, axis=1)
    n = vector / r[:, None]
    along = n[:, :, None] * n[:, None, :]
    across = np.eye(3) - along
    return second[:, None, None] * along + (first / r)[:, None, None] * across


def hessian(configuration: Configuration, melt: Melt | None = None) -> csr_array:
    r"""Return the matrix of second derivatives of the potential energy.

    .. math:: H_{i \alpha, j \beta} = \frac{\partial^2 U}{\partial r_{i \alpha}
              \partial r_{j \beta}}

    Truncated Lennard-Jones between all pairs that are not bonded, harmonic bonds; nothing comes
    from the jump of the force at the cutoff.

    Parameters
    ----------
    configuration : Configuration
        N monomers with their bonds; an inherent structure, if vibrations are asked for.
    melt : Melt, optional
        Cutoff and bonds.

    Returns
    -------
    scipy.sparse.csr_array, (3 N, 3 N) float64
        In ε/σ²; symmetric, each row of blocks sums to zero.

    Raises
    ------
    ConfigurationError
        The box is too small for the cutoff, or two monomers are at the same place.

    Examples
    --------
    >>> x = np.array([[0.0, 0, 0], [0.97, 0, 0]])
    >>> pair = Configuration(x, np.full(3, 12.0), [[0, 1]])
    >>> np.linalg.eigvalsh(hessian(pair).toarray()).round(6).tolist()[-1]  # 2 · 2 k
    2222.0
    """
    melt = melt or Melt()
    n, bonds = len(configuration), configuration.bonds
    pairs = neighbor_pairs(configuration, melt.cutoff)
    key = np.sort(bonds, axis=1) @ np.array([n, 1])
    free = ~np.isin(pairs.i.astype(np.int64) * n + pairs.j, key)
    i, j, vector = pairs.i[free], pairs.j[free], pairs.vector[free]
    r = pairs.distance[free]
    first = -48 * r**-13 + 24 * r**-7
    second = 624 * r**-14 - 168 * r**-8
    if len(bonds):
        way = configuration.positions[bonds[:, 1]] - configuration.positions[bonds[:, 0]]
        way -= configuration.box * np.rint(way / configuration.box)
        stretch = np.linalg.norm(way, axis=1) - melt.bond_length
        i, j = np.concatenate([i, bonds[:, 0]]), np.concatenate([j, bonds[:, 1]])
        vector = np.concatenate([vector, way])
        first = np.concatenate([first, 2 * melt.bond_stiffness * stretch])
        second = np.concatenate([second, np.full(len(bonds), 2 * melt.bond_stiffness)])
    blocks = _blocks(vector, first, second)
    rows = np.concatenate([i, j, i, j]).astype(np.int64)
    columns = np.concatenate([i, j, j, i]).astype(np.int64)
    values = np.concatenate([blocks, blocks, -blocks, -blocks])
    xyz = np.arange(3)
    return csr_array(
        coo_array(
            (
                values.ravel(),
                (
                    np.repeat(3 * rows[:, None] + xyz, 3, axis=1).ravel(),
                    np.tile(3 * columns[:, None] + xyz, (1, 3)).ravel(),
                ),
            ),
            shape=(3 * n, 3 * n),
        )
    )


def harmonic_covariance(
    configuration: Configuration, melt: Melt | None = None, stiffness: float = 1.0
) -> np.ndarray:
    r"""Return the covariance of each monomer's place at temperature 1, in the harmonic liquid.

    .. math:: C_i = \left[ (H + z)^{-1} \right]_{ii}

    Multiply by the temperature. The trace is the harmonic Debye–Waller factor. The matrix is
    inverted densely (Cholesky): some seconds and 0.3 GB for N = 2,000, a thousand times more work
    for ten times the monomers.

    Parameters
    ----------
    configuration : Configuration
        An inherent structure.
    melt : Melt, optional
        Cutoff and bonds.
    stiffness : float
        z in ε/σ².

    Returns
    -------
    (N, 3, 3) float64
        In σ²/ε.

    Raises
    ------
    ConfigurationError
        The energy is no minimum within z: minimise first, or take a larger z.

    References
    ----------
    A. Widmer-Cooper, H. Perry, P. Harrowell and D. R. Reichman, Nat. Phys. 4, 711 (2008): soft
    modes and irreversible motion.

    Examples
    --------
    >>> alone = Configuration(np.array([[1.0, 1, 1], [6.0, 6, 6]]), np.full(3, 12.0))
    >>> harmonic_covariance(alone, stiffness=4.0)[0].diagonal().tolist()  # springs alone
    [0.25, 0.25, 0.25]
    """
    matrix = hessian(configuration, melt).toarray(order="F")
    matrix[np.diag_indices_from(matrix)] += stiffness
    factor, failed = dpotrf(matrix, lower=1, overwrite_a=1)
    if failed:
        raise ConfigurationError(
            f"the configuration is no minimum of the energy: a mode is softer than -{stiffness:g};"
            " give an inherent structure, or a larger stiffness"
        )
    inverse, _ = dpotri(factor, lower=1, overwrite_c=1)
    n = len(configuration)
    lower = np.array([inverse[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] for k in range(n)])
    lower = np.tril(lower)
    return lower + np.tril(lower, -1).transpose(0, 2, 1)
