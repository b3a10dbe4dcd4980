r"""Lennard-Jones forces between monomers that are not bonded to each other, for LAMMPS to add.

LAMMPS's own ``lj/cut`` spends its time on branches and on building neighbour lists. Here the
monomers are sorted into compact groups of eight with one list of neighbours a group, in which all
pairs are computed several at a time by the processor's vector instructions. LAMMPS integrates, has
the bonds and the heat bath, and takes these forces through its ``fix external``. They are LAMMPS's
to rounding (``tests/simulation/test_pair_forces.py``), in less than half the time
(``benchmarks/``).

.. math::

    U = \sum_{i<j} \left[u(r_{ij}) - u(r_c)\right]_{r_{ij} < r_c}, \qquad
    u(r) = 4 \left(r^{-12} - r^{-6}\right)

over pairs that are not bonded (Section 3 of the paper).
"""

import numpy as np
from numba import njit

from glasslib.errors import SimulationError
from glasslib.parameters import Melt

__all__ = ["PairForces"]

#: Monomers in a group: fewer make closer lists, more share the work of gathering one.
GROUP = 8
#: Longest list of a group, and the distance between the rows of the buffer it is gathered in, which
#: must not be a multiple of 512 (rows 4096 bytes apart would compete for the same cache lines).
LONGEST, ROW = 1024, 1112
#: Lists are filled up to a multiple of this with neighbours this far away.
LANES, NOWHERE = 8, 1e4
#: An entry of a list is the number of a monomer in list order times 32, plus the code of its image;
#: without sign, for numba looks at every signed index whether it is negative.
BITS, MASK = np.uint32(5), np.uint32(31)

_SUMS = {"contract", "reassoc", "nsz"}


class PairForces:
    """Truncated Lennard-Jones forces and energy of one melt, with a neighbour list of their own.

    The list is made anew when two monomers may have come closer by ``skin`` since it was made. Its
    cost grows as N² (by blocks of 64 pairs), which is little up to N = 20,000.

    Parameters
    ----------
    melt : Melt
        Number of monomers, box, cutoff and bonds.
    skin : float
        In σ.

    Raises
    ------
    SimulationError
        The box is not longer than cutoff and skin together.

    References
    ----------
    S. Páll and B. Hess, Comput. Phys. Commun. 184, 2641 (2013), for lists of groups.

    Examples
    --------
    Two monomers at the distance of the minimum, 2^(1/6), and farther apart.

    >>> pair = PairForces(Melt(n_monomers=2, chain_length=1, density=1e-3), skin=0.3)
    >>> x, f = np.array([[1.0, 1, 1], [1 + 2 ** (1 / 6), 1, 1]]), np.zeros((2, 3))
    >>> pair.forces(x, f)
    >>> bool(abs(f).max() < 1e-13)
    True
    >>> x[1, 0] = 2.5
    >>> pair.forces(x, f)
    >>> print(f[:, 0].round(4))
    [ 1.158 -1.158]
    """

    def __init__(self, melt: Melt, skin: float):
        self._box, self._cutoff, self._skin = melt.box_length, melt.cutoff, skin
        if self._box <= melt.cutoff + skin:
            raise SimulationError(
                f"a box of {self._box:.3g} σ is not longer than cutoff and skin,"
                f" {melt.cutoff:g} + {skin:g}; take more monomers"
            )
        n = melt.n_monomers
        most = n // GROUP + _side(n) ** 2
        self._bonds = melt.bonds
        self._order = np.zeros(n, np.int64)
        self._first = np.zeros(most + 1, np.int64)
        self._start = np.zeros(most + 1, np.int64)
        self._neighbour = np.zeros(most * LONGEST + 1, np.uint32)
        self._groups = 0
        self._reference = np.full((n, 3), np.nan)
        self._home = np.zeros((n, 3))
        self._position = np.zeros((n, 3))
        self._sorted = np.zeros((n, 6))
        self._buffer = np.zeros(6 * ROW)

    def _update(self, positions: np.ndarray) -> None:
        """Follow the monomers, and make the list anew if they have moved too far."""
        moved = _follow(positions, self._reference, self._home, self._box, self._position)
        if moved <= self._skin:
            return
        if not np.isfinite(positions).all():
            raise SimulationError("a monomer has no place any more; use a smaller timestep")
        self._reference[:] = positions
        self._home[:] = positions - np.floor(positions / self._box) * self._box
        self._position[:] = self._home
        self._groups, longest = _make_list(
            self._home, self._box, self._cutoff + self._skin, self._order, self._first, self._start,
            self._neighbour, self._buffer,
        )
        if longest > LONGEST:
            self._reference[:] = np.nan
            raise SimulationError(
                f"{longest} monomers in reach of {GROUP} neighbours, {LONGEST} at most; use a"
                " smaller skin or cutoff"
            )

    def forces(self, positions: np.ndarray, out: np.ndarray, factor: float = 1.0) -> None:
        """Write the force on each monomer, times ``factor``.

        Parameters
        ----------
        positions : (N, 3) float64
            In σ, wrapped into the box or not.
        out : (N, 3) float64
            Gets the forces in ε/σ.
        factor : float

        Raises
        ------
        SimulationError
            A position is not finite, or too many monomers are in reach of each other.
        """
        self._update(positions)
        _forces(
            self._position, self._box, self._cutoff**2, factor, self._groups, self._order,
            self._first, self._start, self._neighbour, self._bonds, self._sorted, self._buffer, out,
        )

    def energy_and_virial(self, positions: np.ndarray) -> tuple[float, float]:
        r"""Return the energy and :math:`\sum_{i<j} \mathbf{r}_{ij} \cdot \mathbf{f}_{ij}`, in ε.

        Parameters
        ----------
        positions : (N, 3) float64
            In σ.

        Raises
        ------
        SimulationError
            As :meth:`forces`.
        """
        self._update(positions)
        return _energy(
            self._position, self._box, self._cutoff**2, self._groups, self._order, self._first,
            self._start, self._neighbour, self._bonds,
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _follow(positions, reference, home, box, position):
    """Set ``position`` to ``home`` plus the way since ``reference``; return the two longest ways.

    They are returned summed: two monomers cannot have come closer than by that. NaN in the
    reference (no list yet) or in the positions counts as infinitely far.
    """
    longest = second = 0.0
    for i in range(len(positions)):
        square = 0.0
        for d in range(3):
            way = positions[i, d] - reference[i, d]
            way -= box * np.rint(way / box)
            position[i, d] = home[i, d] + way
            square += way * way
        if not square <= second:
            if square != square:
                return np.inf
            second = min(square, longest)
            longest = max(square, longest)
    return np.sqrt(longest) + np.sqrt(second)


@njit(cache=True, nogil=True, error_model="numpy")
def _make_groups(home, box, order, first):
    """Sort the monomers along columns of the box and cut each column into groups; count these."""
    n, side = len(home), _side(len(home))
    key = np.empty(n)
    for i in range(n):
        a = min(int(home[i, 0] / box * side), side - 1)
        b = min(int(home[i, 1] / box * side), side - 1)
        key[i] = a * side + b + min(home[i, 2] / box, 0.999999)
    order[:] = np.argsort(key)
    groups, column = 0, -1
    for k in range(n):
        if int(key[order[k]]) != column or k - first[groups - 1] == GROUP:
            column = int(key[order[k]])
            first[groups] = k
            groups += 1
    first[groups] = n
    return groups


@njit(cache=True, nogil=True, error_model="numpy")
def _side(n):
    """Columns along one edge of the box: as wide as a group of neighbours is high."""
    return max(1, int((n / GROUP) ** (1 / 3)))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)
def _nearest(begin, end, place, b, length):
    """Squared distance of each gathered candidate to the nearest monomer of a group."""
    group = np.empty((GROUP, 3))
    for i in range(GROUP):
        for d in range(3):
            group[i, d] = place[d, min(begin + i, end - 1)]
    for k in range(length):
        least = 1e30
        for i in range(GROUP):  # a constant number, so that the loop around it is vectorised
            dx, dy, dz = group[i, 0] - b[k], group[i, 1] - b[ROW + k], group[i, 2] - b[2 * ROW + k]
            d2 = dx * dx + dy * dy + dz * dz
            least = d2 if d2 < least else least
        b[3 * ROW + k] = least


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)
def _gaps(g, groups, middle, half, box, gap):
    """Squared distance of the bounding box of ``g`` to the nearest image of each later one."""
    for h in range(g, groups):
        dx, dy = middle[0, h] - middle[0, g], middle[1, h] - middle[1, g]
        dz = middle[2, h] - middle[2, g]
        dx -= box * np.floor(dx / box + 0.5)
        dy -= box * np.floor(dy / box + 0.5)
        dz -= box * np.floor(dz / box + 0.5)
        dx = (dx if dx > 0.0 else -dx) - half[0, h] - half[0, g]
        dy = (dy if dy > 0.0 else -dy) - half[1, h] - half[1, g]
        dz = (dz if dz > 0.0 else -dz) - half[2, h] - half[2, g]
        dx, dy, dz = dx if dx > 0.0 else 0.0, dy if dy > 0.0 else 0.0, dz if dz > 0.0 else 0.0
        gap[h] = dx * dx + dy * dy + dz * dz


@njit(cache=True, nogil=True, error_model="numpy")
def _images(way, width, reach, box):
    """First and last image of a bounding box that may be in reach along one axis."""
    s = int(np.rint(way / box))
    more = reach + width > 0.5 * box  # then the nearest image may not be the only one
    return max(s - more, -1), min(s + more, 1)


@njit(cache=True, nogil=True, error_model="numpy")
def _make_list(home, box, reach, order, first, start, neighbour, b):
    """List, for each group, the images of later monomers within ``reach`` of one of its own.

    Returns the number of groups, and of candidates of the group that had most; more than LONGEST
    are too many.
    """
    n, square = len(home), reach * reach
    groups = _make_groups(home, box, order, first)
    place = np.zeros((3, n + GROUP))
    middle, half = np.empty((3, groups)), np.empty((3, groups))
    for d in range(3):
        for k in range(n):
            place[d, k] = home[order[k], d]
        for g in range(groups):
            low = high = place[d, first[g]]
            for k in range(first[g] + 1, first[g + 1]):
                low, high = min(low, place[d, k]), max(high, place[d, k])
            middle[d, g], half[d, g] = 0.5 * (high + low), 0.5 * (high - low)
    gap, candidate = np.empty(groups), np.empty(LONGEST + GROUP, np.uint32)
    total = longest = 0
    for g in range(groups):
        start[g] = total
        length = 0
        _gaps(g, groups, middle, half, box, gap)
        for h in range(g, groups):
            if gap[h] >= square:
                continue
            dx, wx = middle[0, h] - middle[0, g], half[0, h] + half[0, g]
            dy, wy = middle[1, h] - middle[1, g], half[1, h] + half[1, g]
            dz, wz = middle[2, h] - middle[2, g], half[2, h] + half[2, g]
            x0, x1 = _images(dx, wx, reach, box)
            y0, y1 = _images(dy, wy, reach, box)
            z0, z1 = _images(dz, wz, reach, box)
            several = x0 != x1 or y0 != y1 or z0 != z1
            for sx in range(x0, x1 + 1):
                for sy in range(y0, y1 + 1):
                    for sz in range(z0, z1 + 1):
                        code = 9 * (sx + 1) + 3 * (sy + 1) + sz + 1
                        if h == g and code <= 13:
                            continue  # the group itself, and the other half of its images
                        if several and (
                            max(abs(dx - box * sx) - wx, 0.0) ** 2
                            + max(abs(dy - box * sy) - wy, 0.0) ** 2
                            + max(abs(dz - box * sz) - wz, 0.0) ** 2
                        ) >= square:
                            continue
                        longest = max(longest, length + first[h + 1] - first[h])
                        if longest > LONGEST:
                            return groups, longest
                        for k in range(GROUP):  # a constant number; what is too many is overwritten
                            b[length + k] = place[0, first[h] + k] - box * sx
                            b[ROW + length + k] = place[1, first[h] + k] - box * sy
                            b[2 * ROW + length + k] = place[2, first[h] + k] - box * sz
                            candidate[length + k] = ((first[h] + k) << BITS) + code
                        length += first[h + 1] - first[h]
        _nearest(first[g], first[g + 1], place, b, length)
        for k in range(length):
            neighbour[total] = candidate[k]
            total += b[3 * ROW + k] < square
    start[groups] = total
    return groups, longest


@njit(cache=True, nogil=True, error_model="numpy")
def _shifts(box):
    """Vector of each image code, (27, 3)."""
    shift = np.empty((27, 3))
    for code in range(27):
        shift[code, 0] = -box * (code // 9 - 1)
        shift[code, 1] = -box * (code // 3 % 3 - 1)
        shift[code, 2] = -box * (code % 3 - 1)
    return shift


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)
def _forces(
    position, box, square, factor, groups, order, first, start, neighbour, bonds, s, b, out
):
    """Sum the forces; ``s`` holds coordinates and forces in list order, ``b`` one gathered list.

    A pair in the list counts for both. The group itself stands behind its list: there each counts
    for one only, and both are computed.
    """
    n = len(position)
    shift = _shifts(box)
    for k in range(n):
        for d in range(3):
            s[k, d] = position[order[k], d]
            s[k, 3 + d] = 0.0
    for g in range(groups):
        begin = start[g]
        length = start[g + 1] - begin
        end = length + first[g + 1] - first[g]
        filled = -(-end // LANES) * LANES
        for k in range(length):
            j, code = neighbour[begin + k] >> BITS, neighbour[begin + k] & MASK
            b[k] = s[j, 0] + shift[code, 0]
            b[ROW + k] = s[j, 1] + shift[code, 1]
            b[2 * ROW + k] = s[j, 2] + shift[code, 2]
        for k in range(length, end):
            j = first[g] + k - length
            b[k], b[ROW + k], b[2 * ROW + k] = s[j, 0], s[j, 1], s[j, 2]
        for k in range(end, filled):
            b[k] = b[ROW + k] = b[2 * ROW + k] = NOWHERE
        for k in range(filled):
            b[3 * ROW + k] = b[4 * ROW + k] = b[5 * ROW + k] = 0.0
        for own in range(length, end):
            i = first[g] + own - length
            x, y, z = s[i, 0], s[i, 1], s[i, 2]
            fx = fy = fz = 0.0
            b[own] = NOWHERE
            for k in range(filled):
                dx, dy, dz = x - b[k], y - b[ROW + k], z - b[2 * ROW + k]
                r2 = dx * dx + dy * dy + dz * dz
                u = 1.0 / r2
                w = u * u * u
                f = w * (48.0 * w - 24.0) * u
                f = f if r2 < square else 0.0
                fx += f * dx
                fy += f * dy
                fz += f * dz
                b[3 * ROW + k] -= f * dx
                b[4 * ROW + k] -= f * dy
                b[5 * ROW + k] -= f * dz
            b[own] = x
            s[i, 3] += fx
            s[i, 4] += fy
            s[i, 5] += fz
        for k in range(length):
            j = neighbour[begin + k] >> BITS
            s[j, 3] += b[3 * ROW + k]
            s[j, 4] += b[4 * ROW + k]
            s[j, 5] += b[5 * ROW + k]
    for k in range(n):
        for d in range(3):
            out[order[k], d] = factor * s[k, 3 + d]
    # Bonded pairs are in the lists too; take them out again.
    for m in range(len(bonds)):
        i, j = bonds[m, 0], bonds[m, 1]
        dx = position[i, 0] - position[j, 0]
        dy = position[i, 1] - position[j, 1]
        dz = position[i, 2] - position[j, 2]
        dx -= box * np.rint(dx / box)
        dy -= box * np.rint(dy / box)
        dz -= box * np.rint(dz / box)
        r2 = dx * dx + dy * dy + dz * dz
        u = 1.0 / r2
        w = u * u * u
        f = factor * w * (48.0 * w - 24.0) * u if r2 < square else 0.0
        out[i, 0] -= f * dx
        out[i, 1] -= f * dy
        out[i, 2] -= f * dz
        out[j, 0] += f * dx
        out[j, 1] += f * dy
        out[j, 2] += f * dz


@njit(cache=True, nogil=True, error_model="numpy")
def _pair(dx, dy, dz, square):
    """Energy above that at the cutoff, and r · f, of one pair."""
    r2 = dx * dx + dy * dy + dz * dz
    if r2 >= square:
        return 0.0, 0.0
    w, cut = 1.0 / (r2 * r2 * r2), 1.0 / (square * square * square)
    return 4.0 * w * (w - 1.0) - 4.0 * cut * (cut - 1.0), w * (48.0 * w - 24.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _energy(position, box, square, groups, order, first, start, neighbour, bonds):
    """Sum energy and virial over the same pairs as :func:`_forces`."""
    shift = _shifts(box)
    energy = virial = 0.0
    for g in range(groups):
        for a in range(first[g], first[g + 1]):
            i = order[a]
            for k in range(a + 1, first[g + 1]):
                j = order[k]
                u, w = _pair(
                    position[i, 0] - position[j, 0], position[i, 1] - position[j, 1],
                    position[i, 2] - position[j, 2], square,
                )
                energy += u
                virial += w
            for k in range(start[g], start[g + 1]):
                j, code = order[neighbour[k] >> BITS], neighbour[k] & MASK
                u, w = _pair(
                    position[i, 0] - position[j, 0] - shift[code, 0],
                    position[i, 1] - position[j, 1] - shift[code, 1],
                    position[i, 2] - position[j, 2] - shift[code, 2], square,
                )
                energy += u
                virial += w
    for m in range(len(bonds)):
        way = position[bonds[m, 0]] - position[bonds[m, 1]]
        way -= box * np.rint(way / box)
        u, w = _pair(way[0], way[1], way[2], square)
        energy -= u
        virial -= w
    return energy, virial
