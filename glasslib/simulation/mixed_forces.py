r"""Lennard-Jones forces in mixed precision: the forces of ``pair_forces`` in a third of the time.

Both modules sum the same formula over the same pairs (see
:mod:`glasslib.simulation.pair_forces`). Here the arithmetic of a pair is in single precision, in
vectors of sixteen (:mod:`glasslib.simulation.vectors`). Differences of positions are as exact as
in double precision, because coordinates are whole numbers, of which 2³² are one box. Forces are
then right to some 2e-6 of their rms. A trajectory integrates them in double precision. What the
round-off does to its energy is far below what the cutoff of the potential does
(``benchmarks/README.md``).

Monomers are sorted along columns of the box and cut into groups of eight. A group has a list of
the later monomers within cutoff and a long skin, and out of it, every few steps, a second list
with a short skin. The second has three parts: near the first four monomers of the group alone, near
both halves, near the last four alone. So each half computes with what is near to it. What is left
of the monomers when groups are paired, at most fifteen, stands in the lists of others and has its
own pairs summed one by one.

Energies and virials, wanted now and then, are summed over the same lists in double precision.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from glasslib.errors import SimulationError
from glasslib.parameters import Melt
from glasslib.simulation.vectors import (
    LANES,
    ROW,
    boxes_in_reach,
    gather,
    pairs_of_groups,
    pairs_of_two,
    scatter,
    sort_near,
    take_near,
)

__all__ = [
    "Liquid", "MixedPairForces", "Work", "aligned", "check", "energy_and_virial", "liquid",
    "serves", "update", "work",
]  # fmt: skip

#: Monomers in a group; the vector words are written for eight.
GROUP = 8
#: Longest list of a group.
LONGEST = ROW - LANES
#: Skins of the first and of the second list, σ.
OUTER, INNER = 1.0, 0.2
#: A box is at least twice the cutoff and this, σ. What fills up the list of a group lies half a box
#: away from it, so it must be beyond the cutoff even of a group that lies in two columns.
ROOM = 3.0

_EXACT = {"error_model": "numpy", "cache": True, "nogil": True}
_FUSED = {"contract", "nsz"}


class Liquid(NamedTuple):
    """What does not change: lengths in σ, columns along an edge, and 1 where a bond begins."""

    box: float
    cutoff: float
    side: int
    bonded: np.ndarray  # (N,): 1 where a monomer is bonded to the next one


class Work(NamedTuple):
    """Lists and forces of one liquid, N monomers in G groups."""

    order: np.ndarray  # (N,) monomers in the order of the lists
    former: np.ndarray  # (N,) room for sorting
    column: np.ndarray  # (side² + 1,) likewise
    key: np.ndarray  # (N,) likewise
    way: np.ndarray  # (N,) squared ways
    outer_reference: np.ndarray  # (3, N) where monomers were when the first list was made
    inner_reference: np.ndarray  # (3, N) and when the second was
    counter: np.ndarray  # (3,) forces summed, first lists made, second lists made
    whole: np.ndarray  # (3, N) int32 coordinates in the order of the chains
    q: np.ndarray  # (N + 16, 4) int32 coordinates in the order of the lists
    f: np.ndarray  # (N + 16, 4) float32 forces on them
    start: np.ndarray  # (G + 1,) where the first list of each group begins
    outer: np.ndarray  # the first lists
    head: np.ndarray  # (G, 4) where the second list begins, and where its three parts end in it
    inner: np.ndarray  # the second lists, no longer than the first but for what fills them up
    spare: np.ndarray  # room for the parts of one list
    candidate: np.ndarray  # monomers of the groups in reach of one group
    hit: np.ndarray  # numbers of those groups
    middle: np.ndarray  # (3, G + 17) middle of each group's bounding box
    half: np.ndarray  # (3, G + 17) float32 half edges of it, σ
    places: np.ndarray  # (3 ROW,) int32 gathered coordinates
    pushes: np.ndarray  # (3 ROW,) float32 forces on the gathered monomers


def serves(melt: Melt) -> bool:
    """Tell whether the box is long enough for these lists.

    Examples
    --------
    >>> serves(Melt(n_monomers=2000)), serves(Melt(n_monomers=500))
    (True, False)
    """
    return melt.box_length >= 2 * (melt.cutoff + ROOM)


def liquid(melt: Melt) -> Liquid:
    """Return what the compiled functions must know of a melt.

    Raises
    ------
    SimulationError
        The box is too short for the lists.
    """
    if not serves(melt):
        raise SimulationError(
            f"a box of {melt.box_length:.3g} σ is shorter than the {2 * (melt.cutoff + ROOM):g} σ"
            " that pair_style 'mixed' needs; take more monomers, or pair_style 'glasslib'"
        )
    bonded = np.zeros(melt.n_monomers)
    bonded[melt.bonds[:, 0]] = 1.0
    # Columns as wide as 8 monomers are high in the densest lists: 7 for N = 2,000.
    side = max(1, round((melt.n_monomers / 5.8) ** (1 / 3)))
    return Liquid(melt.box_length, melt.cutoff, side, bonded)


def aligned(shape, kind) -> np.ndarray:
    """Return an array of zeros that begins where a line of the cache begins."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    raw = np.zeros(size + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + size].view(kind).reshape(shape)


def work(melt: Melt) -> Work:
    """Return the room that the lists of a melt need; no list is made yet."""
    n, side = melt.n_monomers, liquid(melt).side
    groups = n // GROUP + 2
    return Work(
        order=np.arange(n), former=np.zeros(n, np.int64), column=np.zeros(side**2 + 1, np.int64),
        key=np.zeros(n), way=np.zeros(n), outer_reference=aligned((3, n), np.float64),
        inner_reference=aligned((3, n), np.float64), counter=np.zeros(3, np.int64),
        whole=aligned((3, n), np.int32),
        q=aligned((n + LANES, 4), np.int32), f=aligned((n + LANES, 4), np.float32),
        start=np.zeros(groups, np.int64), outer=aligned(400 * groups, np.uint32),
        head=np.zeros((groups, 4), np.int64), inner=aligned(432 * groups, np.uint32),
        spare=aligned(4 * ROW, np.uint32), candidate=aligned(GROUP * groups + LANES, np.uint32),
        hit=aligned(groups + LANES, np.uint32), middle=aligned((3, groups + LANES), np.int32),
        half=aligned((3, groups + LANES), np.float32), places=aligned(3 * ROW, np.int32),
        pushes=aligned(3 * ROW, np.float32),
    )


class MixedPairForces:
    """Truncated Lennard-Jones forces of one melt in mixed precision.

    It has the interface of :class:`~glasslib.simulation.pair_forces.PairForces`. The same positions
    give the same bits as long as the lists have the same history.

    Parameters
    ----------
    melt : Melt
        Number of monomers, box, cutoff and bonds; see :func:`serves`.

    Raises
    ------
    SimulationError
        The box is too short.

    References
    ----------
    S. Páll and B. Hess, Comput. Phys. Commun. 184, 2641 (2013), for lists of groups.

    Examples
    --------
    >>> from glasslib.simulation.melt import snake_positions
    >>> melt = Melt(n_monomers=1500)
    >>> x, ours, exact = snake_positions(melt), np.empty((1500, 3)), np.empty((1500, 3))
    >>> x += np.random.default_rng(0).normal(0, 0.03, x.shape)
    >>> from glasslib.simulation.pair_forces import PairForces
    >>> MixedPairForces(melt).forces(x, ours)
    >>> PairForces(melt, 0.4).forces(x, exact)
    >>> bool((ours - exact).std() < 5e-6 * exact.std())
    True
    """

    def __init__(self, melt: Melt):
        self._liquid, self._work = liquid(melt), work(melt)
        self._positions = aligned((3, melt.n_monomers), np.float64)
        self._found = aligned((3, melt.n_monomers), np.float64)
        self._shift = aligned((3, melt.n_monomers + 8), np.float64)

    def forces(self, positions: np.ndarray, out: np.ndarray, factor: float = 1.0) -> None:
        """Write the force on each monomer, times ``factor``; their sum is zero.

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
        np.multiply(self._found.T, factor, out=out)

    def _update(self, positions: np.ndarray) -> None:
        """Follow the monomers; make the lists, if they are due, and the forces."""
        if not _follow(positions, self._positions, self._liquid, self._work.counter[0] == 0):
            self._work.counter[0] = 0
            raise SimulationError("a position is not finite; use a smaller timestep")
        check(update(self._positions, self._liquid, self._work, self._found, self._shift))

    def energy_and_virial(self, positions: np.ndarray) -> tuple[float, float]:
        r"""Return the energy and :math:`\sum_{i<j} \mathbf{r}_{ij} \cdot \mathbf{f}_{ij}`, in ε.

        Parameters
        ----------
        positions : (N, 3) float64
            In σ. The sums are in double precision.

        Raises
        ------
        SimulationError
            As :meth:`forces`.
        """
        self._update(positions)
        return energy_and_virial(self._positions, self._liquid, self._work)


def check(fits: bool) -> None:
    """Raise an error if the lists do not fit.

    Raises
    ------
    SimulationError
    """
    if not fits:
        raise SimulationError(
            f"more than {LONGEST} monomers in reach of {GROUP} neighbours; the melt has collapsed"
            " or burst: use a smaller timestep"
        )


@njit(**_EXACT)
def _follow(positions, x, about, new):
    """Move the coordinates to the positions by the shortest way, through the boundary or not.

    At first that is the way from the monomer before in the chain, so that chains are whole. Tell
    whether every position is finite.
    """
    total = 0.0
    for i in range(len(positions)):
        for d in range(3):
            if new and (i == 0 or about.bonded[i - 1] == 0.0):
                x[d, i] = positions[i, d]
            else:
                here = x[d, i - 1] if new else x[d, i]
                way = positions[i, d] - here
                x[d, i] = here + (way - about.box * np.rint(way / about.box))
            total += 0.0 * x[d, i]  # NaN if it is not finite
    return total == 0.0


# ------------------------------------------------------------------------------------- lists
@njit(**_EXACT)
def _quantise(x, scale, order, whole, q):
    """Coordinates as whole numbers, in the order of the lists."""
    for d in range(3):
        place, number = x[d], whole[d]
        for i in range(len(number)):
            number[i] = np.int32(np.int64(np.rint(place[i] * scale)))
    for k in range(len(order)):
        i = order[k]
        q[k, 0], q[k, 1], q[k, 2] = whole[0, i], whole[1, i], whole[2, i]


@njit(**_EXACT)
def _sort(x, box, side, order, former, start, key):
    """Order the monomers along columns, up in one and down in the next one beside it."""
    n = len(order)
    start[:] = 0
    for i in range(n):
        a, b, z = x[0, i] / box, x[1, i] / box, x[2, i] / box
        a, b, z = a - np.floor(a), b - np.floor(b), z - np.floor(z)
        row = max(0, min(int(a * side), side - 1))
        place = max(0, min(int(b * side), side - 1))
        column = row * side + (side - 1 - place if row % 2 else place)
        key[i] = column + 0.999999 * (1.0 - z if column % 2 else z)
        start[column + 1] += 1
    for c in range(side * side):
        start[c + 1] += start[c]
    for k in range(n):
        i = order[k]  # in the former order, so that each column is nearly sorted
        c = int(key[i])
        former[start[c]] = i
        start[c] += 1
    for k in range(n):
        i, m = former[k], k
        while m > 0 and key[order[m - 1]] > key[i]:
            order[m] = order[m - 1]
            m -= 1
        order[m] = i


@njit(**_EXACT)
def _bounds(n, unit, q, middle, half):
    """Bounding box of each group, those of the rest included."""
    for g in range(-(-n // GROUP)):
        for d in range(3):
            first, low, high = q[GROUP * g, d], 0, 0
            for k in range(GROUP * g + 1, min(GROUP * g + GROUP, n)):
                way = np.int64(np.int32(q[k, d] - first))
                low, high = min(low, way), max(high, way)
            middle[d, g] = np.int32(first + (low + high) // 2)
            half[d, g] = np.float32(0.5 * (high - low) * unit * 1.00001)


@njit(**_EXACT)
def _make_outer(n, box, cutoff, w):
    """First lists: single monomers of later groups within reach of a group. Tell if they fit."""
    unit, reach = box / 4294967296.0, cutoff + OUTER
    groups, every = n // LANES * 2, -(-n // GROUP)
    square = np.float32((reach / unit) ** 2)
    _bounds(n, unit, w.q, w.middle, w.half)
    total = 0
    for g in range(groups):
        w.start[g] = total
        many = boxes_in_reach(
            w.middle, w.half, g, every, w.middle.shape[1], np.float32(unit), np.float32(reach**2),
            w.hit,
        )
        if total + GROUP * many + LANES > len(w.outer):
            return False
        for m in range(many):
            for k in range(GROUP):
                w.candidate[GROUP * m + k] = GROUP * w.hit[m] + k
        length = GROUP * many
        for k in range(length, length + LANES):
            w.candidate[k] = n
        taken = take_near(w.q, GROUP * g, w.candidate, 0, length, n, square, w.outer, total)
        if taken > LONGEST:
            return False
        total += taken
    for k in range(LANES):
        w.outer[total + k] = n
    w.start[groups] = total
    return True


@njit(**_EXACT)
def _make_inner(n, square, w):
    """Second lists out of the first, each in three parts and filled up to a multiple of 16."""
    total = 0
    for g in range(n // LANES * 2):
        packed = sort_near(w.q, GROUP * g, w.outer, w.start[g], w.start[g + 1], n, square, w.inner,
                           total, w.spare)
        first, both, last = packed & 0xFFFF, packed >> 16 & 0xFFFF, packed >> 32
        middle, length = total + first, first + both + last
        # Slices, for numba makes no vectors of a loop whose index might be negative.
        out, also, rest = w.inner[middle:], w.inner[middle + both :], w.inner[total + length :]
        for k in range(both):
            out[k] = w.spare[k]
        for k in range(last):
            also[k] = w.spare[2 * ROW + k]
        for k in range(LANES):
            rest[k] = n
        filled = (length + LANES - 1) // LANES * LANES
        w.head[g, 0], w.head[g, 1], w.head[g, 2], w.head[g, 3] = total, first, first + both, filled
        total += filled


@njit(error_model="numpy", cache=True, nogil=True, fastmath=True)
def _squared_ways(x, reference, way):
    """Squared way of each monomer; return the longest."""
    x0, x1, x2, r0, r1, r2 = x[0], x[1], x[2], reference[0], reference[1], reference[2]
    longest = 0.0
    for i in range(len(way)):
        a, b, c = x0[i] - r0[i], x1[i] - r1[i], x2[i] - r2[i]
        square = a * a + b * b + c * c
        way[i] = square
        longest = square if square > longest else longest
    return longest


@njit(**_EXACT)
def _closer(x, reference, way, skin):
    """Tell whether two monomers may have come closer by ``skin``: the two longest ways summed."""
    if 2.0 * np.sqrt(_squared_ways(x, reference, way)) <= skin:
        return False
    first = second = 0.0
    for i in range(len(way)):
        if way[i] > second:
            second = min(way[i], first)
            first = max(way[i], first)
    return not np.sqrt(first) + np.sqrt(second) <= skin


# ------------------------------------------------------------------------------------ forces
@njit(**_EXACT)
def _sum_pairs(n, unit, cutoff, w):
    """Forces of all pairs in the lists into ``w.f``, in 48 ε/σ² times the unit of coordinates."""
    w.f[:] = np.float32(0.0)
    groups = n // LANES * 2
    for g in range(groups):
        begin, first, both, length = w.head[g, 0], w.head[g, 1], w.head[g, 2], w.head[g, 3]
        i = GROUP * g
        for d in range(3):  # what fills the list up is half a box away
            w.q[n, d] = np.int32(w.q[i, d] + 2147483648)
        gather(w.q, w.inner, begin, length, w.places, w.pushes)
        both = (both + LANES - 1) // LANES * LANES
        first = first // LANES * LANES
        pairs_of_two(w.q, i, w.places, w.pushes, 0, both, unit, cutoff, w.f)
        pairs_of_two(w.q, i + 2, w.places, w.pushes, 0, both, unit, cutoff, w.f)
        pairs_of_two(w.q, i + 4, w.places, w.pushes, first, length, unit, cutoff, w.f)
        pairs_of_two(w.q, i + 6, w.places, w.pushes, first, length, unit, cutoff, w.f)
        scatter(w.pushes, w.inner, begin, length, w.f)
    for i in range(0, GROUP * groups, LANES):
        pairs_of_groups(w.q, i, unit, cutoff, w.f)
    for i in range(GROUP * groups, n):
        for j in range(i + 1, n):
            _one_pair(i, j, unit, cutoff, w.q, w.f)


@njit(error_model="numpy", cache=True, nogil=True, fastmath=_FUSED)
def _one_pair(i, j, unit, cutoff, q, f):
    """Forces of a single pair, as the vector words compute them."""
    dx, dy, dz = (np.float32(np.int32(q[i, 0] - q[j, 0])),
                  np.float32(np.int32(q[i, 1] - q[j, 1])),
                  np.float32(np.int32(q[i, 2] - q[j, 2])))
    r2 = dx * dx + dy * dy + dz * dz
    if r2 < cutoff:
        u = unit / r2
        s = u * u * u * u * (u * u * u - np.float32(0.5))
        f[i, 0] += s * dx
        f[i, 1] += s * dy
        f[i, 2] += s * dz
        f[j, 0] -= s * dx
        f[j, 1] -= s * dy
        f[j, 2] -= s * dz


@njit(error_model="numpy", cache=True, nogil=True, fastmath=_FUSED)
def _unbonded(x, about, scale, order, f, out, shift):
    """Bring the forces into the order of the chains, and take those of bonded pairs out again.

    ``shift[d, i + 1]`` is the force of the bonded pair (i, i + 1) on i + 1.
    """
    n, square = x.shape[1], about.cutoff**2
    x0, x1, x2, s0, s1, s2 = x[0], x[1], x[2], shift[0], shift[1], shift[2]
    for i in range(n - 1):
        dx, dy, dz = x0[i + 1] - x0[i], x1[i + 1] - x1[i], x2[i + 1] - x2[i]
        r2 = dx * dx + dy * dy + dz * dz
        u = about.bonded[i] / r2
        u3 = u * u * u
        s = u3 * (48.0 * u3 - 24.0) * u
        s = s if r2 < square else 0.0
        s0[i + 1], s1[i + 1], s2[i + 1] = s * dx, s * dy, s * dz
    for k in range(n):
        i = order[k]
        out[0, i], out[1, i], out[2, i] = f[k, 0], f[k, 1], f[k, 2]
    for d in range(3):
        force, pair = out[d], shift[d]
        for i in range(n):
            force[i] = scale * force[i] + (pair[i + 1] - pair[i])


@njit(error_model="numpy", cache=True, nogil=True, fastmath=_FUSED)
def _without_mean(values):
    """Subtract the mean. The sum has eight fixed parts: the same bits on every processor."""
    n = len(values)
    rows = values[: n // 8 * 8].reshape(n // 8, 8)
    a = b = c = d = e = f = g = h = 0.0
    for k in range(len(rows)):
        row = rows[k]
        a, b, c, d = a + row[0], b + row[1], c + row[2], d + row[3]
        e, f, g, h = e + row[4], f + row[5], g + row[6], h + row[7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for k in range(n // 8 * 8, n):
        total += values[k]
    mean = total / n
    for k in range(n):
        values[k] -= mean


@njit(**_EXACT)
def update(x, about, w, out, shift):
    """Make lists where they are due, and write the pair forces; tell whether the lists fit.

    Parameters
    ----------
    x : (3, N) float64
        Coordinates in σ, continuous since the call before. Bonds need no image.
    about : Liquid
    w : Work
    out : (3, N) float64
        Gets the forces in ε/σ, those of bonded pairs left out; their sum is zero.
    shift : (3, N + 8) float64
        Room; zero in column 0 and, from the call of :func:`aligned` on, in column N.
    """
    n, scale = x.shape[1], 4294967296.0 / about.box
    if w.counter[0] == 0 or _closer(x, w.inner_reference, w.way, INNER):
        new = w.counter[0] == 0 or _closer(x, w.outer_reference, w.way, OUTER - INNER)
        if new:
            _sort(x, about.box, about.side, w.order, w.former, w.column, w.key)
        _quantise(x, scale, w.order, w.whole, w.q)
        if new:
            if not _make_outer(n, about.box, about.cutoff, w):
                w.counter[0] = 0
                return False
            w.outer_reference[:] = x
            w.counter[1] += 1
        _make_inner(n, np.float32(((about.cutoff + INNER) * scale) ** 2), w)
        w.inner_reference[:] = x
        w.counter[2] += 1
    else:
        _quantise(x, scale, w.order, w.whole, w.q)
    w.counter[0] += 1
    _sum_pairs(n, np.float32(scale**2), np.float32((about.cutoff * scale) ** 2), w)
    _unbonded(x, about, 48.0 / scale, w.order, w.f, out, shift)
    for d in range(3):
        _without_mean(out[d])
    return True


@njit(**_EXACT)
def energy_and_virial(x, about, w):
    r"""Return the pair energy and :math:`\sum \mathbf{r} \cdot \mathbf{f}`, in double precision.

    Parameters
    ----------
    x : (3, N) float64
        Coordinates in σ, for which :func:`update` was called last.
    about : Liquid
    w : Work

    Returns
    -------
    float, float
        In ε; bonded pairs are left out.
    """
    n, energy, virial = x.shape[1], 0.0, 0.0
    groups = n // LANES * 2
    for g in range(groups):
        begin, end = w.head[g, 0], w.head[g, 0] + w.head[g, 3]
        for k in range(GROUP * g, GROUP * g + GROUP):
            for m in range(k + 1, GROUP * g + GROUP):
                u, v = _pair_energy(x, w.order[k], w.order[m], about)
                energy, virial = energy + u, virial + v
            for m in range(begin, end):
                if w.inner[m] < n:  # what fills the list up is no monomer
                    u, v = _pair_energy(x, w.order[k], w.order[w.inner[m]], about)
                    energy, virial = energy + u, virial + v
    for k in range(GROUP * groups, n):
        for m in range(k + 1, n):
            u, v = _pair_energy(x, w.order[k], w.order[m], about)
            energy, virial = energy + u, virial + v
    for i in range(n - 1):
        if about.bonded[i] != 0.0:
            u, v = _pair_energy(x, i, i + 1, about)
            energy, virial = energy - u, virial - v
    return energy, virial


@njit(**_EXACT)
def _pair_energy(x, i, j, about):
    """Energy above that at the cutoff, and r · f, of one pair; 0 beyond the cutoff."""
    r2 = 0.0
    for d in range(3):
        way = x[d, i] - x[d, j]
        way -= about.box * np.rint(way * (1.0 / about.box))
        r2 += way * way
    if r2 >= about.cutoff**2:
        return 0.0, 0.0
    u3, cut = 1.0 / r2**3, 1.0 / about.cutoff**6
    return 4.0 * u3 * (u3 - 1.0) - 4.0 * cut * (cut - 1.0), u3 * (48.0 * u3 - 24.0)
