r"""Coarse-graining: a descriptor averaged over the neighbours.

.. math:: x_i^{(n)} = \frac{\sum_{j: r_{ij} < r_c} x_j^{(n-1)} e^{-r_{ij}/r_c}}
   {\sum_{j: r_{ij} < r_c} e^{-r_{ij}/r_c}} \qquad \text{(Eq. 5)}

The condition r_ij < r_c holds for j = i too, with weight 1: ``include_self`` keeps or drops that
term.
"""

import numpy as np
from numba import njit

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.neighbors import (
    CellList,
    buffers,
    cell_list,
    check_box,
    gather,
    over_threads,
)

__all__ = ["coarse_grain"]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _coarse_grain(first, last, cells, r_c, include_self, values, out):
    dx, dy, dz, d2, index = buffers(256)
    columns = values.shape[1]
    total = np.empty(columns)
    for k in range(first, last):
        while True:
            n = gather(k, cells, r_c, dx, dy, dz, d2, index)
            if n >= 0:
                break
            dx, dy, dz, d2, index = buffers(2 * len(d2))
        row = cells.order[k]
        if n == 0:
            for c in range(columns):
                out[row, c] = values[row, c]
            continue
        norm = 1.0 if include_self else 0.0
        for a in range(n):
            d2[a] = np.exp(-np.sqrt(d2[a]) / r_c)
            norm += d2[a]
            index[a] = cells.order[index[a]]
        own = values[row]
        for c in range(columns):
            total[c] = own[c] if include_self else 0.0
        for a in range(0, n - 3, 4):
            w0, w1, w2, w3 = d2[a], d2[a + 1], d2[a + 2], d2[a + 3]
            v0, v1 = values[index[a]], values[index[a + 1]]
            v2, v3 = values[index[a + 2]], values[index[a + 3]]
            for c in range(columns):
                total[c] += w0 * v0[c] + w1 * v1[c] + w2 * v2[c] + w3 * v3[c]
        for a in range(n - n % 4, n):
            w0, v0 = d2[a], values[index[a]]
            for c in range(columns):
                total[c] += w0 * v0[c]
        for c in range(columns):
            out[row, c] = total[c] / norm


def coarse_grain(
    values: np.ndarray,
    configuration: Configuration,
    r_c: float = 2.5,
    include_self: bool = True,
    *,
    cells: CellList | None = None,
    threads: int | None = None,
) -> np.ndarray:
    r"""Average values over the neighbours within ``r_c``, Eq. 5 of the paper.

    .. math:: x_i' = \sum_{j: r_{ij} < r_c} x_j e^{-r_{ij}/r_c} \Big/
       \sum_{j: r_{ij} < r_c} e^{-r_{ij}/r_c}

    A particle alone within ``r_c`` keeps its value, also when it does not count itself.

    Parameters
    ----------
    values : (N, D) or (N,) float64
        One row for each particle.
    configuration : Configuration
        N ≥ 2 particles in a box whose edges are at least 2 ``r_c``.
    r_c : float
        Radius of coarse-graining in σ.
    include_self : bool
        Whether j = i is a term of both sums, with weight 1.
    cells : CellList, optional
        The configuration's cell list if it is at hand.
    threads : int, optional
        Number of threads; all cores if None. The result does not depend on it.

    Returns
    -------
    same shape as ``values``, float64
        In the unit of ``values``.

    Raises
    ------
    ConfigurationError
        The number of rows is not N, the box is too small, a single particle, or two at the
        same place.

    References
    ----------
    E. Boattini, F. Smallenburg and L. Filion, Phys. Rev. Lett. 127, 088007 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> two = Configuration(np.array([[1.0, 0, 0], [2.0, 0, 0]]), np.full(3, 12.0))
    >>> coarse_grain(np.array([1.0, 0.0]), two, r_c=2.5).round(4).tolist()
    [0.5987, 0.4013]
    """
    rows = np.ascontiguousarray(values, dtype=np.float64)
    if len(rows) != len(configuration):
        raise ConfigurationError(
            f"values has {len(rows)} rows for {len(configuration)} particles; give one row each"
        )
    check_box(configuration, r_c)
    cells = cells or cell_list(configuration)
    flat = rows.reshape(len(rows), -1)
    out = np.empty_like(flat)
    over_threads(
        _coarse_grain, len(flat), cells, float(r_c), bool(include_self), flat, out, threads=threads
    )
    return out.reshape(rows.shape)
