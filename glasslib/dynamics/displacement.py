"""Displacements since the initial configuration: propensity, Debye–Waller factor, reorientation.

Warning
-------
Positions must be unwrapped and the centre of mass must be at rest; :func:`centre_of_mass_drift`
measures the latter.
"""

import numpy as np

__all__ = ["bond_reorientation", "centre_of_mass_drift", "displacement_moments"]


def displacement_moments(initial: np.ndarray, final: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Displacement of each monomer and its square in one trajectory.

    .. math:: |\Delta\mathbf r_i(t)| = |\mathbf r_i(t) - \mathbf r_i(0)|

    The average of the first over an isoconfigurational ensemble is the *propensity*; that of the
    second at t = 1 is the local *Debye–Waller factor* (Section 2.2.2).

    Parameters
    ----------
    initial, final : (N, 3) float64
        Unwrapped positions in σ.

    Returns
    -------
    (N,) float64, (N,) float64
        In σ and σ².

    Examples
    --------
    >>> r, r2 = displacement_moments(np.zeros((1, 3)), np.array([[3.0, 0.0, 4.0]]))
    >>> r.tolist(), r2.tolist()
    ([5.0], [25.0])
    """
    square = ((final - initial) ** 2).sum(axis=-1)
    return np.sqrt(square), square


def bond_reorientation(
    initial: np.ndarray, final: np.ndarray, bonds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""First two Legendre polynomials of each bond's direction with its initial direction.

    .. math:: P_1 = \cos\theta, \qquad P_2 = \tfrac12 (3 \cos^2\theta - 1)

    Parameters
    ----------
    initial, final : (N, 3) float64
        Unwrapped positions in σ.
    bonds : (n_bonds, 2) int64
        Indices of bonded monomers.

    Returns
    -------
    (n_bonds,) float64, (n_bonds,) float64

    Examples
    --------
    >>> start = np.array([[0.0, 0, 0], [1, 0, 0]])
    >>> turned = np.array([[0.0, 0, 0], [0, 1, 0]])
    >>> [float(p[0]) for p in bond_reorientation(start, turned, np.array([[0, 1]]))]
    [0.0, -0.5]
    """
    before = initial[bonds[:, 1]] - initial[bonds[:, 0]]
    after = final[bonds[:, 1]] - final[bonds[:, 0]]
    cosine = (before * after).sum(axis=1) / np.sqrt(
        (before**2).sum(axis=1) * (after**2).sum(axis=1)
    )
    return cosine, 1.5 * cosine**2 - 0.5


def centre_of_mass_drift(initial: np.ndarray, final: np.ndarray) -> float:
    """Distance the centre of mass has moved, in σ; positions (N, 3) unwrapped.

    Examples
    --------
    >>> centre_of_mass_drift(np.zeros((2, 3)), np.array([[1.0, 0, 0], [-1, 0, 0]]))
    0.0
    """
    return float(np.linalg.norm((final - initial).mean(axis=0)))
