r"""Volume, surface and asphericity of the Voronoi cells.

The cell of a particle is the part of space nearer to it than to any other, periodic images
included. It is found by cutting a box with the middle planes towards the neighbours, nearest
first, until no further neighbour can reach the cell: those at distances d < 2 R, with R the
distance of the farthest corner. Corners are shared by the faces that meet there, so that each cut
takes the same corners from all of them and volume and surface are exact to rounding. (The face
areas that freud 3.4 gives as neighbour weights were off by 1e-4 in some cells.)

.. math:: A = \frac{S^3}{36 \pi V^2}

is the asphericity used here: 1 for a sphere, 6/π ≈ 1.910 for a cube, 1.350 for a rhombic
dodecahedron.
"""

import numpy as np
from numba import njit

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.neighbors import (
    CellList,
    buffers,
    by_distance,
    cell_list,
    gather,
    over_threads,
)

__all__ = ["voronoi_shape"]

_CORNERS = 192  # room for the corners of a cell; melt cells have about 26
_FACES = 96
_ALONG = 64  # corners of one face


@njit(cache=True, nogil=True, error_model="numpy")
def _clip(u, v, w, half, slack, n_corners, corners, new_corners, side, label, faces, size, n_faces):
    """Cut the cell by the plane (u, v, w)·x = half; see :func:`_cell` for the arrays.

    Returns (corners, faces) of the cut cell, unchanged if the plane misses it, or (−1, −1) if
    the cut does not close.
    """
    touched = False
    for c in range(n_corners):
        side[c] = u * corners[c, 0] + v * corners[c, 1] + w * corners[c, 2] - half
        if side[c] > slack:
            touched = True
    if not touched:
        return n_corners, n_faces
    kept = 0
    for c in range(n_corners):
        if side[c] > slack:
            label[c] = -1
        else:
            label[c] = kept
            for d in range(3):
                new_corners[kept, d] = corners[c, d]
            kept += 1
    first_new = kept
    cut_from = np.empty(_ALONG, np.int64)  # ends of the cut edges: a kept corner, a lost one
    cut_to = np.empty(_ALONG, np.int64)
    after = np.full(_ALONG, -1, np.int64)  # walk around the new face
    n_new = 0
    left = 0
    row = np.empty(_ALONG, np.int64)
    for f in range(n_faces):
        m = size[f]
        lost = 0
        for p in range(m):
            if label[faces[f, p]] < 0:
                lost += 1
        if lost == m:
            continue
        if lost == 0:
            for p in range(m):
                faces[left, p] = label[faces[f, p]]
            size[left] = m
            left += 1
            continue
        # one run of lost corners: the walk leaves the kept part at `leave`, returns at `enter`
        leave, enter, runs = -1, -1, 0
        for p in range(m):
            here = label[faces[f, p]]
            there = label[faces[f, (p + 1) % m]]
            if here >= 0 and there < 0:
                leave = p
                runs += 1
            elif here < 0 and there >= 0:
                enter = (p + 1) % m
        if runs != 1 or m - lost + 2 > _ALONG:
            return -1, -1
        length = 0
        p = enter
        while True:
            row[length] = label[faces[f, p]]
            length += 1
            if p == leave:
                break
            p = (p + 1) % m
        ends = (-1, -1)
        for turn in range(2):
            if turn == 0:
                a, b = faces[f, leave], faces[f, (leave + 1) % m]
            else:
                a, b = faces[f, enter], faces[f, (enter + m - 1) % m]
            found = -1
            for e in range(n_new):
                if cut_from[e] == a and cut_to[e] == b:
                    found = e
            if found < 0:
                if n_new == _ALONG or first_new + n_new == _CORNERS:
                    return -1, -1
                found = n_new
                n_new += 1
                cut_from[found] = a
                cut_to[found] = b
                t = min(1.0, max(0.0, side[a] / (side[a] - side[b])))
                for d in range(3):
                    new_corners[first_new + found, d] = corners[a, d] + t * (
                        corners[b, d] - corners[a, d]
                    )
            row[length] = first_new + found
            length += 1
            ends = (ends[1], found)
        after[ends[1]] = ends[0]
        for p in range(length):
            faces[left, p] = row[p]
        size[left] = length
        left += 1
    # the new face
    if n_new < 3 or left == _FACES:
        return -1, -1
    e = 0
    for p in range(n_new):
        faces[left, p] = first_new + e
        e = after[e]
        if e < 0 or (e == 0) != (p == n_new - 1):
            return -1, -1
    size[left] = n_new
    for c in range(first_new + n_new):
        for d in range(3):
            corners[c, d] = new_corners[c, d]
    return first_new + n_new, left + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _cell(n, dx, dy, dz, d2, index, box, reach, slack, corners, spare, side, label, faces, size):
    """Volume and surface of one cell from its n neighbours, sorted by ``index``.

    Returns (0, 0) if neighbours beyond ``reach`` could matter, (−1, −1) if a cut failed.
    """
    for c in range(8):
        corners[c, 0] = box[0] * (0.5 if c & 1 else -0.5)
        corners[c, 1] = box[1] * (0.5 if c & 2 else -0.5)
        corners[c, 2] = box[2] * (0.5 if c & 4 else -0.5)
    # counter-clockwise seen from outside
    cube = ((0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6))
    for f in range(6):
        size[f] = 4
        for p in range(4):
            faces[f, p] = cube[f][p]
    n_corners, n_faces = np.int64(8), np.int64(6)  # a literal would compile _clip twice
    farthest = 0.25 * (box[0] ** 2 + box[1] ** 2 + box[2] ** 2)
    for a in range(n):
        p = index[a]
        if d2[p] >= 4 * farthest:
            break
        before = n_corners
        n_corners, n_faces = _clip(
            dx[p], dy[p], dz[p], 0.5 * d2[p], slack * d2[p],
            n_corners, corners, spare, side, label, faces, size, n_faces,
        )  # fmt: skip
        if n_corners < 0:
            return -1.0, -1.0
        if before == n_corners and a > 20 and a % 4:
            continue
        farthest = 0.0
        for c in range(n_corners):
            farthest = max(farthest, corners[c, 0] ** 2 + corners[c, 1] ** 2 + corners[c, 2] ** 2)
    if reach * reach < 4 * farthest:
        return 0.0, 0.0
    volume = 0.0
    surface = 0.0
    for f in range(n_faces):
        o = faces[f, 0]
        nx, ny, nz = 0.0, 0.0, 0.0
        for p in range(1, size[f] - 1):
            b, c = faces[f, p], faces[f, p + 1]
            ux, uy, uz = (
                corners[b, 0] - corners[o, 0],
                corners[b, 1] - corners[o, 1],
                corners[b, 2] - corners[o, 2],
            )
            vx, vy, vz = (
                corners[c, 0] - corners[o, 0],
                corners[c, 1] - corners[o, 1],
                corners[c, 2] - corners[o, 2],
            )
            nx += uy * vz - uz * vy
            ny += uz * vx - ux * vz
            nz += ux * vy - uy * vx
        surface += 0.5 * np.sqrt(nx * nx + ny * ny + nz * nz)
        volume += (nx * corners[o, 0] + ny * corners[o, 1] + nz * corners[o, 2]) / 6.0
    return volume, surface


@njit(cache=True, nogil=True, error_model="numpy")
def _voronoi(first, last, cells, r_start, out):
    dx, dy, dz, d2, index = buffers(128)
    bins = np.empty(65, np.int64)
    corners, spare = np.empty((_CORNERS, 3)), np.empty((_CORNERS, 3))
    side, label = np.empty(_CORNERS), np.empty(_CORNERS, np.int64)
    faces, size = np.empty((_FACES, _ALONG), np.int64), np.empty(_FACES, np.int64)
    longest = np.sqrt((cells.box**2).sum()) * 1.000001  # no cell reaches farther than half this
    for k in range(first, last):
        reach = min(r_start, longest)
        slack = 1e-13
        while True:
            while True:
                n = gather(k, cells, reach, dx, dy, dz, d2, index)
                if n >= 0:
                    break
                dx, dy, dz, d2, index = buffers(2 * len(d2))
            by_distance(n, d2, reach * reach, bins, index)
            volume, surface = _cell(
                n, dx, dy, dz, d2, index, cells.box, reach, slack,
                corners, spare, side, label, faces, size,
            )  # fmt: skip
            if volume == 0.0:
                reach = min(1.4 * reach, longest)
            elif volume < 0.0 and slack < 1e-8:
                slack *= 100.0  # planes that meet in one point: take them as meeting there
            else:
                break
        out[cells.order[k], 0] = volume
        out[cells.order[k], 1] = surface
        out[cells.order[k], 2] = surface**3 / (36 * np.pi * volume**2)


def voronoi_shape(
    configuration: Configuration,
    *,
    cells: CellList | None = None,
    threads: int | None = None,
) -> np.ndarray:
    r"""Volume, surface and asphericity of each Voronoi cell (Section 2.2.1, i).

    .. math:: A_i = \frac{S_i^3}{36 \pi V_i^2}

    The asphericity is 1 for a sphere and larger for every other body. The paper names it
    without a formula; this one is the common choice for Voronoi cells of liquids.

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 particles. All periodic images count, so any box will do.
    cells : CellList, optional
        The configuration's cell list if it is at hand.
    threads : int, optional
        Number of threads; all cores if None. The result does not depend on it.

    Returns
    -------
    (N, 3) float64
        Volume in σ³, surface in σ², asphericity without unit. The volumes sum to the box.

    Raises
    ------
    ConfigurationError
        A single particle, two at the same place, or cells that cannot be closed.

    References
    ----------
    G. Ruocco, M. Sampoli and R. Vallauri, J. Chem. Phys. 96, 6167 (1992) (asphericity).
    C. H. Rycroft, Chaos 19, 041111 (2009) (cell by cell, neighbours by distance).

    Examples
    --------
    A simple cubic lattice has cubes for cells:

    >>> import numpy as np
    >>> lattice = np.stack(np.meshgrid(*3 * [np.arange(3.0)]), axis=-1).reshape(-1, 3)
    >>> voronoi_shape(Configuration(lattice, np.full(3, 3.0)))[0].round(6).tolist()
    [1.0, 6.0, 1.909859]
    """
    cells = cells or cell_list(configuration)
    out = np.empty((len(configuration), 3))
    spacing = configuration.density ** (-1 / 3)
    over_threads(_voronoi, len(out), cells, 2.2 * spacing, out, threads=threads)
    if not (out[:, 0] > 0).all():
        bad = int(np.flatnonzero(~(out[:, 0] > 0))[0])
        raise ConfigurationError(
            f"the Voronoi cell of particle {bad} does not close; move the particles off a"
            " perfect lattice by 1e-6"
        )
    return out
