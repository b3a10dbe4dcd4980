r"""Angular descriptors: the symmetry of the neighbours in a shell.

.. math::
   q_i(r, \delta, l, m) = \frac{1}{Z} \sum_{j \ne i} e^{-(r_{ij} - r)^2 / 2 \delta^2}
   Y_l^m(\mathbf{r}_{ij}) \qquad \text{(Eq. 3)}

   q_i^{(0)}(r, \delta, l) = \sqrt{\frac{4\pi}{2l+1} \sum_{m=-l}^{l} |q_i(r, \delta, l, m)|^2}
   \qquad \text{(Eq. 4)}

Three choices, where the text leaves one:

- **Z** is the sum of the Gaussian weights (``angular_normalisation = "weights"``: 0 ≤ q ≤ 1) or
  1 (``"none"``).
- **An empty shell gives 0.** A shell is empty when no neighbour lies within ``tail`` widths δ of
  its centre: 0 / 0 is never divided, and no value comes from neighbours far outside.
- **The cut of the tails is relative.** With Z the sum of weights, a sparse shell (at r = 0.5 the
  nearest monomers sit 4 to 5 widths away) is made of tails, and a cut at a fixed distance would
  be visible in it. So in a shell that is not empty every neighbour counts whose weight is at
  least exp(−tail²/2) of the largest weight in the shell. What is left out is then below
  n exp(−tail²/2) of Z in every shell: 1.5e-8 a neighbour at tail = 6.

The kernel has no special functions: with (x, y, z) the unit vector to a neighbour,
√(4π/(2l+1)) Y_l^m = Π_l^m(z) (x + iy)^m, where the polynomials Π obey a three-term recursion in l
and the powers one in m.
"""

import numpy as np
from numba import njit

from glasslib.configuration import Configuration
from glasslib.parameters import DescriptorSpec
from glasslib.structure.neighbors import (
    CellList,
    buffers,
    by_distance,
    cell_list,
    check_box,
    gather,
    over_threads,
)

__all__ = ["angular_centres", "angular_descriptors", "angular_reach"]

_BLOCK = 8  # columns of a work array come in blocks of this many, filled up with zero weight


def angular_centres(spec: DescriptorSpec) -> np.ndarray:
    """Return the centres of the angular shells, (angular_shells,) float64 in σ.

    Examples
    --------
    >>> angular_centres(DescriptorSpec()).round(3)[[0, 1, 15]].tolist()
    [0.5, 0.633, 2.5]
    """
    start, stop = spec.angular_range
    if spec.shell_centres == "middles":
        step = (stop - start) / spec.angular_shells
        return start + step * (np.arange(spec.angular_shells) + 0.5)
    return np.linspace(start, stop, spec.angular_shells)


def angular_reach(spec: DescriptorSpec) -> float:
    """Return the longest distance in σ that can touch an angular shell.

    The nearest neighbour of a shell that is not empty is at most ``tail`` widths away, and
    another counts if its squared distance from the centre is at most (tail δ)² more.

    Examples
    --------
    >>> round(angular_reach(DescriptorSpec(tail=6)), 4)
    3.3485
    """
    return float(angular_centres(spec)[-1] + np.sqrt(2) * spec.tail * spec.angular_width)


def _coefficients(order):
    """Recursion of Π_l^m: start[m], and Π_l = a z Π_{l-1} − b Π_{l-2}."""
    start = np.empty(order + 1)
    a = np.zeros((order + 1, order + 1))
    b = np.zeros((order + 1, order + 1))
    start[0] = 1.0
    for m in range(1, order + 1):
        start[m] = start[m - 1] * np.sqrt((2.0 * m - 1.0) / (2.0 * m))
    for m in range(order + 1):
        for l in range(m + 1, order + 1):  # noqa: E741
            root = np.sqrt(float(l * l - m * m))
            a[l, m] = (2 * l - 1) / root
            b[l, m] = np.sqrt(float((l - 1) * (l - 1) - m * m)) / root
    for m in range(1, order + 1):  # m and −m together count twice in the sum of squares
        start[m] *= np.sqrt(2.0)
    return start, a, b


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _harmonics(n, x, y, z, start, a, b, re, im, one, two, harmonics):
    """Write the real harmonics of n unit vectors, row l² − 1 + (0; 2m − 1, 2m)."""
    order = len(start) - 1
    for j in range(n):
        re[j] = 1.0
        im[j] = 0.0
    for m in range(order + 1):
        if m:
            for j in range(n):
                real = re[j]
                re[j] = x[j] * real - y[j] * im[j]
                im[j] = x[j] * im[j] + y[j] * real
        older, old = one, two
        for j in range(n):
            older[j] = 0.0
            old[j] = start[m]
        for l in range(m, order + 1):  # noqa: E741
            if l > m:
                p, q = a[l, m], b[l, m]
                for j in range(n):
                    older[j] = p * z[j] * old[j] - q * older[j]
                older, old = old, older
            if l == 0:
                continue
            row = l * l - 1
            if m == 0:
                target = harmonics[row]
                for j in range(n):
                    target[j] = old[j]
            else:
                target = harmonics[row + 2 * m - 1]
                other = harmonics[row + 2 * m]
                for j in range(n):
                    target[j] = old[j] * re[j]
                    other[j] = old[j] * im[j]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _weighted_sums(begin, end, weight, harmonics, q):
    """q[s, c] = Σ_j weight[s, j] harmonics[c, j] over begin[s] ≤ j < end[s]; c four at a time.

    The order of the sum is the compiler's, fixed when it vectorises; it depends on begin and end
    alone. Four rows of harmonics and all weights stay in the first-level cache.
    """
    for c in range(0, len(harmonics), 4):
        h0, h1, h2, h3 = harmonics[c], harmonics[c + 1], harmonics[c + 2], harmonics[c + 3]
        for s in range(len(begin)):
            w = weight[s]
            q0 = q1 = q2 = q3 = 0.0
            for j in range(np.uint64(begin[s]), np.uint64(end[s])):
                q0 += w[j] * h0[j]
                q1 += w[j] * h1[j]
                q2 += w[j] * h2[j]
                q3 += w[j] * h3[j]
            q[s, c], q[s, c + 1], q[s, c + 2], q[s, c + 3] = q0, q1, q2, q3


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _angular(
    first, last, cells, r_max, centres, width, tail, order, start, a, b, divide, out
):
    dx, dy, dz, d2, index = buffers(512)
    room = 0
    bins = np.empty(65, np.int64)
    n_rows = (order * (order + 2) + 3) // 4 * 4
    n_shells = len(centres)
    q = np.empty((n_shells, n_rows))
    work = np.empty((8, 0))
    harmonics = np.empty((n_rows, 0))
    weight = np.empty((n_shells, 0))
    total = np.empty(n_shells)  # sum of the weights
    begin, end = np.zeros(n_shells, np.int64), np.zeros(n_shells, np.int64)
    least = np.empty(n_shells)  # squared distance of the shell's nearest neighbour from it
    cut = (tail * width) ** 2
    scale = 0.5 / (width * width)
    for k in range(first, last):
        while True:
            n = gather(k, cells, r_max, dx, dy, dz, d2, index)
            if n >= 0:
                break
            dx, dy, dz, d2, index = buffers(2 * len(d2))
        padded = (n + _BLOCK - 1) // _BLOCK * _BLOCK
        if padded > room:
            room = padded + 64
            work = np.zeros((8, room))
            harmonics = np.zeros((n_rows, room))
            weight = np.zeros((n_shells, room))
        x, y, z, r = work[0], work[1], work[2], work[3]
        for j in range(n):
            d2[j] = np.sqrt(d2[j])
        by_distance(n, d2, r_max, bins, index)
        for j in range(n):
            p = index[j]
            r[j] = d2[p]
            x[j] = dx[p] / d2[p]
            y[j] = dy[p] / d2[p]
            z[j] = dz[p] / d2[p]
        row = cells.order[k]
        near = 0  # first neighbour not closer than the shell's centre
        used = 0
        for s in range(n_shells):
            centre = centres[s]
            while near < n and r[near] < centre:
                near += 1
            smallest = np.inf
            if near < n:
                smallest = r[near] - centre
            if near > 0:
                smallest = min(smallest, centre - r[near - 1])
            if smallest > tail * width:
                begin[s] = end[s] = 0
                continue
            smallest *= smallest
            least[s] = smallest
            low = near
            while low > 0 and (r[low - 1] - centre) ** 2 <= smallest + cut:
                low -= 1
            high = near
            while high < n and (r[high] - centre) ** 2 <= smallest + cut:
                high += 1
            used = max(used, high)
            # whole blocks of neighbours, those outside the shell with weight 0
            begin[s] = low // _BLOCK * _BLOCK
            end[s] = (high + _BLOCK - 1) // _BLOCK * _BLOCK
            w = weight[s]
            w[begin[s] : low] = 0.0
            w[high : end[s]] = 0.0
            total[s] = 0.0
            for j in range(low, high):
                w[j] = np.exp((smallest - (r[j] - centre) ** 2) * scale)
                total[s] += w[j]
        # harmonics of the neighbours that count, then all shells
        padded = (used + _BLOCK - 1) // _BLOCK * _BLOCK
        for j in range(used, padded):
            x[j] = y[j] = z[j] = 0.0
        _harmonics(padded, x, y, z, start, a, b, work[4], work[5], work[6], work[7], harmonics)
        _weighted_sums(begin, end, weight, harmonics, q)
        for s in range(n_shells):
            if end[s] == begin[s]:
                out[row, s * order : (s + 1) * order] = 0.0
                continue
            factor = 1.0 / total[s] if divide else np.exp(-least[s] * scale)
            for l in range(1, order + 1):  # noqa: E741
                square = 0.0
                for c in range(l * l - 1, l * l + 2 * l):
                    square += q[s, c] * q[s, c]
                out[row, s * order + l - 1] = np.sqrt(square) * factor


def angular_descriptors(
    configuration: Configuration,
    spec: DescriptorSpec | None = None,
    *,
    cells: CellList | None = None,
    threads: int | None = None,
) -> np.ndarray:
    r"""Bond-orientational order in Gaussian shells, Eqs. 3 and 4 of the paper.

    .. math::
       q_i^{(0)}(r, \delta, l) = \sqrt{\frac{4\pi}{2l+1} \sum_{m=-l}^{l} \Big| \frac{1}{Z}
       \sum_{j \ne i} e^{-(r_{ij} - r)^2 / 2 \delta^2} Y_l^m(\mathbf{r}_{ij}) \Big|^2}

    A shell without neighbours gives 0 (see the module for this, for Z and for the tails).

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 particles in a box whose edges are at least twice :func:`angular_reach`.
    spec : DescriptorSpec, optional
        Shells, largest order, normalisation and tail.
    cells : CellList, optional
        The configuration's cell list if it is at hand.
    threads : int, optional
        Number of threads; all cores if None. The result does not depend on it.

    Returns
    -------
    (N, angular_shells · max_order) float64
        Shell after shell, in each l = 1 … max_order; no unit.

    Raises
    ------
    ConfigurationError
        The box is too small, a single particle, or two at the same place.

    References
    ----------
    P. J. Steinhardt, D. R. Nelson and M. Ronchetti, Phys. Rev. B 28, 784 (1983).
    E. Boattini, F. Smallenburg and L. Filion, Phys. Rev. Lett. 127, 088007 (2021).

    Examples
    --------
    One neighbour is perfectly ordered at every l:

    >>> import numpy as np
    >>> two = Configuration(np.array([[1.0, 2, 3], [1.6, 2.8, 3]]), np.full(3, 12.0))
    >>> spec = DescriptorSpec(angular_range=(1.0, 2.5), angular_shells=2, max_order=3)
    >>> angular_descriptors(two, spec).round(12).tolist()[0]
    [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    """
    spec = spec or DescriptorSpec()
    reach = angular_reach(spec)
    check_box(configuration, reach)
    cells = cells or cell_list(configuration)
    out = np.empty((len(configuration), spec.angular_shells * spec.max_order))
    over_threads(
        _angular,
        len(out),
        cells,
        reach,
        angular_centres(spec),
        float(spec.angular_width),
        float(spec.tail),
        int(spec.max_order),
        *_coefficients(int(spec.max_order)),
        spec.angular_normalisation == "weights",
        out,
        threads=threads,
    )
    return out
