"""Neighbours within a distance, by a cell list.

Every kernel of :mod:`glasslib.structure` gathers the neighbours of one monomer at a time from
the same cell list (:func:`gather`) and adds them up in a fixed order. So a result has the same
bits whatever the number of threads, and no list of all pairs needs to be stored.
:func:`neighbor_pairs` writes that list for those who want it.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import config, njit

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError

__all__ = [
    "CellList", "Pairs", "buffers", "by_distance", "cell_list", "check_box", "gather",
    "neighbor_pairs", "over_threads",
]  # fmt: skip

_PER_CELL = 3.0  # mean number of particles in a cell: fastest for r = 2.5 to 5.6 at density 1
_COINCIDENT = 1e-6  # closer than this (in σ) is the same place


class CellList(NamedTuple):
    """Particles sorted by cell; what every kernel reads.

    ``x, y, z`` (N,) are wrapped coordinates in cell order, ``order`` (N,) gives the index of
    each in the configuration, ``start`` (cells + 1,) the first particle of each cell,
    ``shape`` (3,) the number of cells along each edge and ``box`` (3,) the edges in σ.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    order: np.ndarray
    start: np.ndarray
    shape: np.ndarray
    box: np.ndarray


class Pairs(NamedTuple):
    """Pairs of particles, each once, with i < j.

    ``i`` and ``j`` (n,) int32; ``vector`` (n, 3) float64 is the minimum image of r_j − r_i and
    ``distance`` (n,) float64 its length, both in σ.
    """

    i: np.ndarray
    j: np.ndarray
    vector: np.ndarray
    distance: np.ndarray


def over_threads(kernel, n: int, *arguments, threads: int | None = None) -> None:
    """Call ``kernel(first, last, *arguments)`` on slices of range(n), on several threads.

    The kernel releases the interpreter's lock and writes rows of its own only, so that slices
    may run in any order. Plain threads compile faster than numba's ``parallel=True`` and
    survive a fork.

    Parameters
    ----------
    kernel : callable
        Compiled with ``njit(nogil=True)``.
    n : int
        Length of the range.
    *arguments
        Passed on.
    threads : int, optional
        Number of threads; ``NUMBA_NUM_THREADS`` or the number of cores if None.
    """
    threads = min(threads or config.NUMBA_NUM_THREADS, max(1, n // 256))
    if threads <= 1:
        kernel(0, n, *arguments)
        return
    cuts = np.linspace(0, n, 4 * threads + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(kernel, int(a), int(b), *arguments)
            for a, b in zip(cuts[:-1], cuts[1:], strict=True)
        ]
        for job in jobs:
            job.result()


@njit(cache=True, nogil=True, error_model="numpy")
def buffers(size):
    """Allocate dx, dy, dz, d2 and index for :func:`gather`, with room for ``size`` candidates."""
    return np.empty(size), np.empty(size), np.empty(size), np.empty(size), np.empty(size, np.int64)


@njit(cache=True, nogil=True, error_model="numpy")
def gather(k, cells, r_max, dx, dy, dz, d2, index):
    """Write the neighbours of particle ``k`` closer than ``r_max``; all images count.

    Fills the buffers (vector, squared distance, place in cell order) and returns how many, or
    −1 if the buffers are too short. ``k`` counts in cell order. If the squared distances are
    enough, give None for the other buffers: the branch is dropped when the caller is compiled,
    and what is left runs on vector instructions.
    """
    x, y, z = cells.x[k], cells.y[k], cells.z[k]
    nx, ny, nz = cells.shape
    lx, ly, lz = cells.box
    wx, wy, wz = lx / nx, ly / ny, lz / nz
    r2 = r_max * r_max
    wide = r_max * (1 + 1e-9)  # rounding at a cell's wall loses no neighbour
    n = np.uint64(0)  # an unsigned index is never tested for counting from the end
    me = np.uint64(k)
    room = np.uint64(len(d2))
    for cx in range(int(np.floor((x - wide) / wx)), int(np.floor((x + wide) / wx)) + 1):
        gap = max(0.0, cx * wx - x, x - (cx + 1) * wx)
        left_x = wide * wide - gap * gap
        if left_x <= 0:
            continue
        image = cx // nx
        shift_x = image * lx - x
        row = (cx - image * nx) * ny
        wide_y = np.sqrt(left_x)
        for cy in range(int(np.floor((y - wide_y) / wy)), int(np.floor((y + wide_y) / wy)) + 1):
            gap = max(0.0, cy * wy - y, y - (cy + 1) * wy)
            left_y = left_x - gap * gap
            if left_y <= 0:
                continue
            image = cy // ny
            shift_y = image * ly - y
            column = (row + cy - image * ny) * nz
            wide_z = np.sqrt(left_y)
            cz = int(np.floor((z - wide_z) / wz))
            last = int(np.floor((z + wide_z) / wz))
            while cz <= last:  # one turn for each image that the column passes through
                image = cz // nz
                end = min(last, (image + 1) * nz - 1)
                a = np.uint64(cells.start[column + cz - image * nz])
                b = np.uint64(cells.start[column + end - image * nz + 1])
                shift_z = image * lz - z
                cz = end + 1
                if n + (b - a) > room:
                    return -1
                if index is None:
                    here = n
                    for j in range(a, b):
                        u = cells.x[j] + shift_x
                        v = cells.y[j] + shift_y
                        w = cells.z[j] + shift_z
                        d2[here + (j - a)] = u * u + v * v + w * w
                    for j in range(here, here + (b - a)):
                        s = d2[j]
                        d2[n] = s
                        n += np.uint64((s < r2) & (s > 1e-20))  # 0 is the particle itself
                else:
                    for j in range(a, b):
                        u = cells.x[j] + shift_x
                        v = cells.y[j] + shift_y
                        w = cells.z[j] + shift_z
                        s = u * u + v * v + w * w
                        dx[n] = u
                        dy[n] = v
                        dz[n] = w
                        d2[n] = s
                        index[n] = j
                        n += np.uint64((s < r2) & ((j != me) | (s > 1e-20)))
    return np.int64(n)


@njit(cache=True, nogil=True, error_model="numpy")
def by_distance(n, distance, longest, bins, index):
    """Write the places 0 … n − 1 to ``index`` so that ``distance[index]`` rises.

    Into equal bins up to ``longest`` first (``bins`` is a buffer of 65 integers), then by
    insertion inside them. Squared distances will do as well.
    """
    scale = 63.0 / longest
    bins[:] = 0
    for j in range(n):
        bins[int(distance[j] * scale) + 1] += 1
    for c in range(64):
        bins[c + 1] += bins[c]
    for j in range(n):
        c = int(distance[j] * scale)
        index[bins[c]] = j
        bins[c] += 1
    for j in range(1, n):
        p = index[j]
        i = j
        while i > 0 and distance[index[i - 1]] > distance[p]:
            index[i] = index[i - 1]
            i -= 1
        index[i] = p


@njit(cache=True, nogil=True, error_model="numpy")
def _coincident(cells, distance):
    dx, dy, dz, d2 = np.empty(64), np.empty(64), np.empty(64), np.empty(64)
    index = np.empty(64, np.int64)
    for k in range(len(cells.x)):
        while True:
            n = gather(k, cells, distance, dx, dy, dz, d2, index)
            if n >= 0:
                break
            dx, dy, dz, d2, index = buffers(2 * len(d2))
        if n:
            return cells.order[k], cells.order[index[0]]
    return -1, -1


def cell_list(configuration: Configuration) -> CellList:
    """Sort the particles of a configuration into cells of about three.

    Parameters
    ----------
    configuration : Configuration
        At least two particles.

    Returns
    -------
    CellList

    Raises
    ------
    ConfigurationError
        A single particle, or two at the same place.

    Examples
    --------
    >>> import numpy as np
    >>> two = Configuration(np.array([[0.5, 0, 0], [9.5, 0, 0]]), np.full(3, 10.0))
    >>> cell_list(two).order.tolist()
    [0, 1]
    """
    n = len(configuration)
    if n < 2:
        raise ConfigurationError(
            "the configuration holds 1 particle; its surroundings need at least 2"
        )
    positions = configuration.wrapped().positions
    box = configuration.box
    width = (_PER_CELL * np.prod(box) / n) ** (1 / 3)
    shape = np.clip(np.floor(box / width), 1, 256).astype(np.int64)
    cell = np.minimum((positions * (shape / box)).astype(np.int64), shape - 1)
    number = (cell[:, 0] * shape[1] + cell[:, 1]) * shape[2] + cell[:, 2]
    order = np.argsort(number, kind="stable")
    start = np.zeros(int(shape.prod()) + 1, dtype=np.int64)
    np.cumsum(np.bincount(number, minlength=len(start) - 1), out=start[1:])
    x, y, z = np.ascontiguousarray(positions[order].T)
    cells = CellList(x, y, z, order, start, shape, box)
    first, second = _coincident(cells, _COINCIDENT)
    if first >= 0:
        raise ConfigurationError(
            f"particles {min(first, second)} and {max(first, second)} lie at the same place"
            f" {configuration.positions[first].round(6).tolist()}; remove one or move it"
        )
    return cells


def check_box(configuration: Configuration, r_max: float) -> None:
    """Refuse a box in which a particle would see two images of another within ``r_max``.

    Parameters
    ----------
    configuration : Configuration
        Its shortest edge is compared with 2 ``r_max``.
    r_max : float
        Longest distance in σ.

    Raises
    ------
    ConfigurationError
        An edge is shorter than 2 ``r_max``; the message says which N or r_max would do.

    Examples
    --------
    >>> import numpy as np
    >>> try:
    ...     check_box(Configuration(np.zeros((1, 3)), np.full(3, 8.0)), 5.0)
    ... except ConfigurationError as error:
    ...     print(str(error)[:39])
    box edge 8 is shorter than 2 r_max = 10
    """
    edge = float(configuration.box.min())
    if not (np.isfinite(r_max) and r_max > 0):
        raise ConfigurationError(f"r_max = {r_max} must be a positive finite distance")
    if edge < 2 * r_max:
        enough = int(np.ceil(len(configuration) * (2 * r_max / edge) ** 3))
        largest = np.floor(edge / 2 * 1e4) / 1e4
        raise ConfigurationError(
            f"box edge {edge:g} is shorter than 2 r_max = {2 * r_max:g}, so the nearest images"
            f" do not suffice; simulate N >= {enough} particles at this density, or choose"
            f" descriptors with r_max <= {largest:g}"
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _count_pairs(first, last, cells, place, r_max, count):
    dx, dy, dz, d2, index = buffers(256)
    for i in range(first, last):
        while True:
            n = gather(place[i], cells, r_max, dx, dy, dz, d2, index)
            if n >= 0:
                break
            dx, dy, dz, d2, index = buffers(2 * len(d2))
        half = 0
        for a in range(n):
            half += cells.order[index[a]] > i
        count[i] = half


@njit(cache=True, nogil=True, error_model="numpy")
def _write_pairs(first, last, cells, place, r_max, begin, out_i, out_j, vector, distance):
    dx, dy, dz, d2, index = buffers(256)
    for i in range(first, last):
        while True:
            n = gather(place[i], cells, r_max, dx, dy, dz, d2, index)
            if n >= 0:
                break
            dx, dy, dz, d2, index = buffers(2 * len(d2))
        p = begin[i]
        for a in range(n):
            j = cells.order[index[a]]
            if j > i:
                out_i[p] = i
                out_j[p] = j
                vector[p, 0] = dx[a]
                vector[p, 1] = dy[a]
                vector[p, 2] = dz[a]
                distance[p] = np.sqrt(d2[a])
                p += 1


def neighbor_pairs(configuration: Configuration, r_max: float, threads: int | None = None) -> Pairs:
    """List every pair of particles closer than ``r_max``, each pair once.

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 particles.
    r_max : float
        Distance in σ; pairs with r < r_max are listed.
    threads : int, optional
        Number of threads; all cores if None. The result does not depend on it.

    Returns
    -------
    Pairs
        ``i``, ``j`` (n,) int32 with i < j and i rising; ``vector`` (n, 3) float64, the minimum
        image of r_j − r_i in σ; ``distance`` (n,) float64 in σ.

    Raises
    ------
    ConfigurationError
        A box edge is shorter than 2 ``r_max``, a single particle, or two at the same place.

    References
    ----------
    M. P. Allen and D. J. Tildesley, *Computer Simulation of Liquids*, 2nd ed., Oxford (2017),
    section 5.3.2 (cell lists).

    Examples
    --------
    >>> import numpy as np
    >>> two = Configuration(np.array([[0.25, 0, 0], [9.75, 0, 0]]), np.full(3, 10.0))
    >>> pairs = neighbor_pairs(two, 2.0)
    >>> pairs.vector.tolist(), pairs.distance.tolist()
    ([[-0.5, 0.0, 0.0]], [0.5])
    """
    check_box(configuration, r_max)
    cells = cell_list(configuration)
    n = len(configuration)
    place = np.empty(n, dtype=np.int64)
    place[cells.order] = np.arange(n)
    count = np.empty(n, dtype=np.int64)
    over_threads(_count_pairs, n, cells, place, float(r_max), count, threads=threads)
    begin = np.concatenate([[0], np.cumsum(count)])
    total = int(begin[-1])
    pairs = Pairs(
        np.empty(total, np.int32),
        np.empty(total, np.int32),
        np.empty((total, 3)),
        np.empty(total),
    )
    over_threads(_write_pairs, n, cells, place, float(r_max), begin, *pairs, threads=threads)
    return pairs
