r"""Cage descriptors: where a monomer may be in its cage, and how its surroundings may.

The moments come from cage sampling (:mod:`glasslib.simulation.cage`): canonical averages in which
no monomer leaves its cage. They make eighteen numbers for each monomer, :func:`cage_scalars`; each
is taken as it is and averaged over six kinds of surroundings, :func:`surroundings`; with the place
in the chain that gives 128 columns, :func:`cage_descriptors`. They are the inputs of network D.

The first of them answers what a Debye–Waller factor is made of. At a time t at which the monomer
rattles in its cage,

.. math:: \langle |\mathbf r_i(t) - \mathbf r_i(0)|^2 \rangle \approx
          |\mathbf r_i(0) - \bar{\mathbf r}_i|^2 + u_i^2, \qquad
          u_i^2 = \langle |\mathbf r_i - \bar{\mathbf r}_i|^2 \rangle ,

the squared distance from the middle of the cage, an accident of the instant, and the size of the
cage.

References
----------
.. [1] R. Alkemade, F. Smallenburg and L. Filion, J. Chem. Phys. 158, 134512 (2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.coarse_graining import coarse_grain
from glasslib.structure.neighbors import neighbor_pairs

if TYPE_CHECKING:
    import xarray

__all__ = [
    "SURROUNDINGS", "CageMoments", "cage_descriptors", "cage_scalars", "chain_correlations",
    "scalar_descriptors", "surroundings",
]  # fmt: skip

#: Over what a number is averaged; the last three are passes of Eq. 5.
SURROUNDINGS = ("own", "bonded", "chain", "contacts", "once", "twice", "four times")
#: Added to what stands in a logarithm: below what a sampling of some 100 τ can tell.
_FLOORS = {"hit_rate": 3e-3, "coordination_variance": 1e-2, "contact_variance": 1e-6}


@dataclass(frozen=True, eq=False)
class CageMoments:
    """Averages over the sampling of one configuration's cages.

    Parameters
    ----------
    offset : (N, 3) float
        ⟨r − c⟩ in σ, where c is the middle of the wall: the place in the inherent structure, its
        centre of mass moved to that of the configuration.
    covariance : (N, 6) float
        Covariance xx, yy, zz, xy, xz, yz of the position in σ².
    displacement : (N,) float
        ⟨|r − r₀|⟩ from the configuration, in σ.
    hit_rate : (N,) float
        Reflections at the wall in 1/τ.
    chain_variance : (n_chains,) float
        Variance of the place of the chain's centre in σ², the three directions summed.
    bond_variance : (n_bonds,) float
        Variance of the bond vector in σ², the three directions summed.
    p1_loss, p2_loss : (n_bonds,) float
        1 − ⟨P₁⟩ and 1 − ⟨P₂⟩ of the cosine between bond and bond of the configuration.
    energy, energy_variance : (N,) float
        Mean and variance of the monomer's own energy in ε and ε².
    coordination, coordination_variance : (N,) float
        Of the number of close neighbours.
    contact, contact_variance : (N,) float
        Of the mean distance to the contacts of the inherent structure, in σ and σ².
    """

    offset: np.ndarray
    covariance: np.ndarray
    displacement: np.ndarray
    hit_rate: np.ndarray
    chain_variance: np.ndarray
    bond_variance: np.ndarray
    p1_loss: np.ndarray
    p2_loss: np.ndarray
    energy: np.ndarray
    energy_variance: np.ndarray
    coordination: np.ndarray
    coordination_variance: np.ndarray
    contact: np.ndarray
    contact_variance: np.ndarray

    @property
    def variance(self) -> np.ndarray:
        """Size of the cage u², (N,) float, in σ²."""
        return self.covariance[:, :3].sum(axis=1)

    @classmethod
    def mean(cls, parts: Sequence[CageMoments]) -> CageMoments:
        """Average equally long samplings of one configuration.

        Each part has its own means, and variances about them; what its means differ by from those
        of the others is left out: that is noise of the sampling.

        Parameters
        ----------
        parts : sequence of CageMoments
        """
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.mean([getattr(p, name) for p in parts], axis=0) for name in names})


def _averaging(pairs: np.ndarray, n: int) -> csr_array:
    """Return the matrix that averages over partners; (N, N), a row without any is zero."""
    i, j = np.concatenate([pairs, pairs[:, ::-1]]).T
    weight = 1.0 / np.maximum(np.bincount(i, minlength=n), 1)
    return csr_array(coo_array((weight[i], (i, j)), shape=(n, n)))


def _chains(configuration: Configuration) -> np.ndarray:
    """Return the number of each monomer's chain, (N,) int64."""
    from scipy.sparse.csgraph import connected_components

    n = len(configuration)
    bonds = configuration.bonds
    graph = coo_array((np.ones(len(bonds)), tuple(bonds.T)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def surroundings(
    values: np.ndarray, inherent: Configuration, contact_reach: float = 1.45, r_c: float = 2.5
) -> np.ndarray:
    """Average numbers over the surroundings of each monomer.

    Parameters
    ----------
    values : (N, D) float64
        One row for each monomer.
    inherent : Configuration
        The inherent structure, with its bonds.
    contact_reach : float
        Two monomers closer than this are in contact, σ.
    r_c : float
        Radius of Eq. 5 in σ.

    Returns
    -------
    (N, 7, D) float64
        In the order of :data:`SURROUNDINGS`: own value; mean of the monomers bonded to it; mean of
        its chain, itself included; mean of its contacts; Eq. 5 once, twice and four times. A
        monomer without bonds or contacts has its own value there.

    Raises
    ------
    ConfigurationError
        The number of rows is not N, or the box is too small.

    References
    ----------
    A. Tripodo et al., Int. J. Mol. Sci. 23, 9322 (2022), Eq. 5.

    Examples
    --------
    >>> x = np.array([[0.0, 0, 0], [0.97, 0, 0], [4.0, 0, 0]])
    >>> three = Configuration(x, np.full(3, 12.0), [[0, 1]])
    >>> surroundings(np.array([[1.0], [3.0], [5.0]]), three)[:, :4, 0].tolist()
    [[1.0, 3.0, 2.0, 3.0], [3.0, 1.0, 2.0, 1.0], [5.0, 5.0, 5.0, 5.0]]
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(inherent)
    if len(values) != n:
        raise ConfigurationError(
            f"values has {len(values)} rows for {n} particles; give one row each"
        )
    found = [values]
    near = neighbor_pairs(inherent, contact_reach)
    chain = _chains(inherent)
    for pairs in (inherent.bonds, None, np.stack([near.i, near.j], axis=1)):
        if pairs is None:
            sums = np.zeros((chain.max() + 1, values.shape[1]))
            np.add.at(sums, chain, values)
            found.append((sums / np.bincount(chain)[:, None])[chain])
        else:
            matrix = _averaging(pairs.astype(np.int64), n)
            alone = np.diff(matrix.indptr) == 0
            found.append(np.where(alone[:, None], values, matrix @ values))
    local = values
    for number in range(1, 5):
        local = coarse_grain(local, inherent, r_c)
        if number in (1, 2, 4):
            found.append(local)
    return np.stack(found, axis=1)


def _of_monomers(values: np.ndarray, bonds: np.ndarray, n: int) -> np.ndarray:
    """Average numbers of bonds over the bonds of each monomer; (N,), 0 without any."""
    total = np.zeros(n)
    np.add.at(total, bonds.ravel(), np.repeat(values, 2))
    return total / np.maximum(np.bincount(bonds.ravel(), minlength=n), 1)


def cage_scalars(
    moments: CageMoments, configuration: Configuration, inherent: Configuration
) -> dict[str, np.ndarray]:
    r"""Return the eighteen numbers of each monomer's cage; twelve of motion, six of neighbours.

    Parameters
    ----------
    moments : CageMoments
        Of this configuration.
    configuration, inherent : Configuration
        Unwrapped, with the same bonds: r₀ and the middles of the walls.

    Returns
    -------
    dict of str to (N,) float64
        Natural logarithms, in units of σ, τ and ε, of: ``variance`` u²; ``largest`` and
        ``smallest`` principal value of the covariance; ``displacement``
        :math:`\langle |r - r_0| \rangle`; ``squared displacement``
        :math:`\langle |r - r_0|^2 \rangle`; ``distance`` :math:`|r_0 - \langle r \rangle|`;
        ``chain variance`` and squared ``chain distance`` of the centre of the chain; ``p1 loss``,
        ``p2 loss`` and ``bond variance``, means over the monomer's bonds; ``hit rate``. Then
        ``energy``, ``coordination`` and ``contact``, each as it is, and ``… variance`` as a
        logarithm. A liquid without bonds has none of chains and bonds, thirteen in all.

    Raises
    ------
    ConfigurationError
        The moments are those of another number of monomers.
    """
    n, bonds = len(configuration), configuration.bonds
    if len(moments.offset) != n or len(inherent) != n:
        raise ConfigurationError(
            f"moments of {len(moments.offset)} monomers, a configuration of {n} and an inherent"
            f" structure of {len(inherent)}; all must be of the same melt"
        )
    start = configuration.positions - inherent.positions
    start = start - start.mean(axis=0)
    away = start - moments.offset
    variance = np.asarray(moments.variance, dtype=np.float64)
    xx, yy, zz, xy, xz, yz = np.asarray(moments.covariance, dtype=np.float64).T
    tensor = np.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz], axis=1).reshape(-1, 3, 3)
    principal = np.linalg.eigvalsh(tensor)
    square = (away**2).sum(axis=1)
    logarithms = {
        "variance": variance,
        "largest": principal[:, 2],
        "smallest": principal[:, 0],
        "displacement": moments.displacement,
        "squared displacement": variance + square,
        "distance": np.sqrt(square),
        "hit rate": moments.hit_rate + _FLOORS["hit_rate"],
    }
    if len(bonds):
        chain = _chains(configuration)
        size = np.bincount(chain)
        centre = np.stack([np.bincount(chain, a) for a in away.T], axis=1) / size[:, None]
        logarithms |= {
            "chain variance": moments.chain_variance[chain],
            "chain distance": (centre**2).sum(axis=1)[chain],
            "p1 loss": _of_monomers(moments.p1_loss, bonds, n),
            "p2 loss": _of_monomers(moments.p2_loss, bonds, n),
            "bond variance": _of_monomers(moments.bond_variance, bonds, n),
        }
    scalars = {name: np.log(np.maximum(values, 1e-12)) for name, values in logarithms.items()}
    for name in ("energy", "coordination", "contact"):
        spread = getattr(moments, f"{name}_variance") + _FLOORS.get(f"{name}_variance", 0.0)
        scalars[name] = np.asarray(getattr(moments, name), dtype=np.float64)
        scalars[f"{name} variance"] = np.log(np.maximum(spread, 1e-12))
    return scalars


def chain_correlations(moments: CageMoments, configuration: Configuration) -> dict[str, np.ndarray]:
    r"""Return how much bonded monomers, and a whole chain, move together in their cages.

    With the displacement :math:`\mathbf d_i` from the mean place, the bond vector
    :math:`\mathbf b` and the centre of a chain of n monomers,

    .. math:: c_{ij} = \frac{\langle \mathbf d_i \cdot \mathbf d_j \rangle}{u_i u_j}
              = \frac{u_i^2 + u_j^2 - \mathrm{var}(\mathbf b)}{2 u_i u_j}, \qquad
              s = \frac{\mathrm{var}(\text{centre})}{\frac{1}{n} \sum_i u_i^2} .

    Parameters
    ----------
    moments : CageMoments
        Of this configuration, a melt.
    configuration : Configuration
        With its bonds.

    Returns
    -------
    dict of str to (N,) float64
        ``correlation of bonded``, the mean of c over the monomer's bonds, from −1 to 1; ``share of
        the chain``, s of its chain: 1 if it moves as a whole, 1/n if its monomers know nothing of
        each other.
    """
    bonds, chain = configuration.bonds, _chains(configuration)
    ends = np.asarray(moments.variance, dtype=np.float64)[bonds]
    together = (ends.sum(axis=1) - moments.bond_variance) / 2 / np.sqrt(ends.prod(axis=1))
    own = np.bincount(chain, moments.variance) / np.bincount(chain)
    return {
        "correlation of bonded": _of_monomers(together, bonds, len(configuration)),
        "share of the chain": (moments.chain_variance / own)[chain],
    }


def cage_descriptors(
    moments: CageMoments, configuration: Configuration, inherent: Configuration
) -> xarray.DataArray:
    """Return the inputs of network D: cage scalars with their surroundings, and place in the chain.

    Parameters
    ----------
    moments : CageMoments
        Of this configuration.
    configuration, inherent : Configuration
        Unwrapped, with the same bonds.

    Returns
    -------
    xarray.DataArray, dims (monomer, descriptor), float32
        128 columns for a melt: 18 scalars × 7 surroundings, named "variance, own" and so on, and
        whether the monomer is an end of its chain, and next to an end. Coordinates along
        ``descriptor``: the name, ``scalar`` and ``surroundings``. A liquid without bonds has
        13 × 5 = 65: none of bonds and chains.

    Raises
    ------
    ConfigurationError
        As :func:`cage_scalars` and :func:`surroundings`.
    """
    return scalar_descriptors(
        cage_scalars(moments, configuration, inherent), configuration, inherent
    )


def scalar_descriptors(
    scalars: Mapping[str, np.ndarray], configuration: Configuration, inherent: Configuration
) -> xarray.DataArray:
    """Return numbers of each monomer with their surroundings, and the place in the chain.

    Parameters
    ----------
    scalars : mapping of str to (N,) float64
        Such as those of :func:`cage_scalars`.
    configuration, inherent : Configuration
        Unwrapped, with the same bonds.

    Returns
    -------
    xarray.DataArray, dims (monomer, descriptor), float32
        As :func:`cage_descriptors`.

    Raises
    ------
    ConfigurationError
        As :func:`surroundings`.
    """
    import xarray

    melt = len(configuration.bonds) > 0
    kept = [k for k, name in enumerate(SURROUNDINGS) if melt or name not in ("bonded", "chain")]
    bonded = Configuration(inherent.positions, inherent.box, configuration.bonds)
    table = surroundings(np.stack(list(scalars.values()), axis=1), bonded)[:, kept]
    columns = list(table.transpose(1, 2, 0).reshape(-1, len(configuration)))
    labels = [(scalar, SURROUNDINGS[k]) for k in kept for scalar in scalars]
    if melt:
        place = _from_end(configuration)
        columns += [(place == k).astype(np.float64) for k in (0, 1)]
        labels += [("end of chain", "own"), ("next to an end", "own")]
    scalar, around = zip(*labels, strict=True)
    return xarray.DataArray(
        np.stack(columns, axis=1).astype(np.float32),
        dims=("monomer", "descriptor"),
        coords={
            "descriptor": [f"{name}, {where}" for name, where in labels],
            "scalar": ("descriptor", list(scalar)),
            "surroundings": ("descriptor", list(around)),
        },
        name="cage_descriptors",
    )


def _from_end(configuration: Configuration) -> np.ndarray:
    """Return the number of bonds between a monomer and the nearer end of its chain; (N,) int64."""
    n, bonds = len(configuration), configuration.bonds
    place = np.where(np.bincount(bonds.ravel(), minlength=n) < 2, 0, n)
    for _ in range(n):
        one, other = place[bonds[:, 0]], place[bonds[:, 1]]
        nearer = place.copy()
        np.minimum.at(nearer, bonds[:, 0], other + 1)
        np.minimum.at(nearer, bonds[:, 1], one + 1)
        if (nearer == place).all():
            break
        place = nearer
    return place
