r"""Radial descriptors: how many neighbours sit near each distance.

.. math:: G_i^{(0)}(r, \delta) = \sum_{j \ne i} e^{-(r_{ij} - r)^2 / 2 \delta^2}
   \qquad \text{(Eq. 2)}

The Gaussian is cut at ``spec.tail`` widths δ. Shells of one group are equally spaced, so that
from one shell to the next the weight changes by a factor which itself changes by a constant:
two exponentials serve all shells that a pair touches.
"""

import numpy as np
from numba import njit

from glasslib.configuration import Configuration
from glasslib.parameters import DescriptorSpec
from glasslib.structure.neighbors import (
    CellList,
    buffers,
    cell_list,
    check_box,
    gather,
    over_threads,
)

__all__ = ["radial_descriptors", "radial_reach", "shell_centres"]


def shell_centres(spec: DescriptorSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return the centre and the width δ of each radial shell.

    With ``spec.shell_centres = "edges"`` the brackets of the paper are kept: the first interval
    [0.5, 2] is closed, so both of its ends are centres; an interval that begins where the one
    before it ends is open there, (2, 3] and (3, 5], so no centre comes twice. With
    ``"middles"`` each interval is cut into equal bins whose middles are the centres.

    Parameters
    ----------
    spec : DescriptorSpec
        The groups ``radial_shells`` and the rule ``shell_centres``.

    Returns
    -------
    centres, widths : (n_shells,) float64
        In σ.

    Examples
    --------
    >>> centres, widths = shell_centres(DescriptorSpec())
    >>> centres[[0, 59, 60, 79, 80, 99]].round(3).tolist()
    [0.5, 2.0, 2.05, 3.0, 3.1, 5.0]
    """
    first, step, width, number = _groups(spec)
    centres = [a + h * np.arange(n) for a, h, n in zip(first, step, number, strict=True)]
    return np.concatenate(centres), np.repeat(width, number)


def radial_reach(spec: DescriptorSpec) -> float:
    """Return the longest distance in σ that touches a radial shell.

    Examples
    --------
    >>> round(radial_reach(DescriptorSpec(tail=6)), 6)
    5.6
    """
    centres, widths = shell_centres(spec)
    return float((centres + spec.tail * widths).max())


def _groups(spec):
    first, step = [], []
    before = None
    for start, stop, number, _ in spec.radial_shells:
        if spec.shell_centres == "middles":
            step.append((stop - start) / number)
            first.append(start + step[-1] / 2)
        elif start == before:
            step.append((stop - start) / number)
            first.append(start + step[-1])
        else:
            step.append((stop - start) / (number - 1))
            first.append(start)
        before = stop
    width = np.array([group[3] for group in spec.radial_shells])
    number = np.array([group[2] for group in spec.radial_shells])
    return np.array(first), np.array(step), width, number


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _exponential(n, x, out, small):
    """out = exp(x); a polynomial that runs on vector instructions if |x| <= 0.6 (``small``)."""
    if not small:
        for a in range(n):
            out[a] = np.exp(x[a])
        return
    for a in range(n):  # Taylor to x^14 / 14!: the rest is below 4e-16
        u = x[a]
        total = 1.0 + u * (1.0 / 14)
        total = 1.0 + u * (1.0 / 13) * total
        total = 1.0 + u * (1.0 / 12) * total
        total = 1.0 + u * (1.0 / 11) * total
        total = 1.0 + u * (1.0 / 10) * total
        total = 1.0 + u * (1.0 / 9) * total
        total = 1.0 + u * (1.0 / 8) * total
        total = 1.0 + u * (1.0 / 7) * total
        total = 1.0 + u * (1.0 / 6) * total
        total = 1.0 + u * (1.0 / 5) * total
        total = 1.0 + u * (1.0 / 4) * total
        total = 1.0 + u * (1.0 / 3) * total
        total = 1.0 + u * (1.0 / 2) * total
        out[a] = 1.0 + u * total


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _radial(start, stop, cells, r_max, first, step, width, number, tail, out):
    distance, part, weight, up, middle = buffers(1536)
    down, above, below, _, _ = buffers(1536)
    groups = len(first)
    steps = np.empty(groups, np.int64)  # shells on either side that a neighbour can touch
    margin, longest = 0, 0
    for group in range(groups):
        steps[group] = int(np.floor(tail * width[group] / step[group] + 0.5))
        margin = max(margin, 2 * steps[group] + 2)  # imagined shells at both ends
        longest = max(longest, number[group])
    g = np.zeros(longest + 2 * margin)
    for k in range(start, stop):
        while True:
            found = gather(k, cells, r_max, None, None, None, distance, None)
            if found >= 0:
                break
            distance, part, weight, up, middle = buffers(2 * len(distance))
            down, above, below, _, _ = buffers(len(distance))
        for a in range(found):
            distance[a] = np.sqrt(distance[a])
        offset = 0
        row = out[cells.order[k]]
        for group in range(groups):
            c, m, wide = first[group], number[group], steps[group]
            ratio = step[group] / width[group]
            reach = tail / ratio
            scale = 1.0 / step[group]
            drop = np.exp(-ratio * ratio)
            half = np.exp(-0.5 * ratio * ratio)
            # the neighbours that touch this group, in steps from its first shell
            n = np.uint64(0)
            for a in range(found):
                t = (distance[a] - c) * scale
                part[n] = t
                n += np.uint64((t >= -reach) & (t <= m - 1 + reach))
            for a in range(n):
                near = np.floor(part[a] + 0.5)
                middle[a] = int(near) + margin
                part[a] -= near
                above[a] = -0.5 * (part[a] * ratio) ** 2
                below[a] = part[a] * ratio * ratio
            small = 0.5 * ratio * ratio <= 0.6
            _exponential(n, above, weight, small)
            if wide == 0:  # shells far apart: a neighbour touches one or none
                for a in range(n):
                    if abs(part[a]) <= reach:
                        g[np.uint64(middle[a])] += weight[a]
            else:
                # exp(-(u - p ratio)^2 / 2) for p = 0, ±1, ±2, …; the last is beyond the tail or not
                _exponential(n, below, up, small)
                for a in range(n):
                    down[a] = half / up[a]
                    up[a] *= half
                    above[a] = below[a] = weight[a]
                    g[np.uint64(middle[a])] += weight[a]
                for p in range(np.uint64(1), np.uint64(wide)):
                    for a in range(n):
                        above[a] *= up[a]
                        below[a] *= down[a]
                        up[a] *= drop
                        down[a] *= drop
                    for a in range(n):
                        g[np.uint64(middle[a]) + p] += above[a]
                        g[np.uint64(middle[a]) - p] += below[a]
                p = np.uint64(wide)
                for a in range(n):  # without a branch: it would be taken at random
                    above[a] *= up[a] * (wide - part[a] <= reach)
                    below[a] *= down[a] * (wide + part[a] <= reach)
                for a in range(n):
                    g[np.uint64(middle[a]) + p] += above[a]
                    g[np.uint64(middle[a]) - p] += below[a]
            for p in range(m):
                row[offset + p] = g[margin + p]
            for p in range(m + 2 * margin):
                g[p] = 0.0
            offset += m


def radial_descriptors(
    configuration: Configuration,
    spec: DescriptorSpec | None = None,
    *,
    cells: CellList | None = None,
    threads: int | None = None,
) -> np.ndarray:
    r"""Count neighbours in Gaussian shells, Eq. 2 of the paper.

    .. math:: G_i^{(0)}(r, \delta) = \sum_{j \ne i} e^{-(r_{ij} - r)^2 / 2 \delta^2}

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 particles in a box whose edges are at least twice :func:`radial_reach`.
    spec : DescriptorSpec, optional
        Shells, and the number of widths ``tail`` at which the Gaussian is cut. At the default
        of 6 and density 1 no descriptor moves by more than 1e-6.
    cells : CellList, optional
        The configuration's cell list if it is at hand.
    threads : int, optional
        Number of threads; all cores if None. The result does not depend on it.

    Returns
    -------
    (N, n_shells) float64
        Weighted numbers of neighbours, no unit; columns in the order of :func:`shell_centres`.

    Raises
    ------
    ConfigurationError
        The box is too small, a single particle, or two at the same place.

    References
    ----------
    E. Boattini, F. Smallenburg and L. Filion, Phys. Rev. Lett. 127, 088007 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> two = Configuration(np.array([[1.0, 0, 0], [2.0, 0, 0]]), np.full(3, 12.0))
    >>> spec = DescriptorSpec(radial_shells=((1.0, 1.1, 2, 0.1),))
    >>> radial_descriptors(two, spec).round(4).tolist()
    [[1.0, 0.6065], [1.0, 0.6065]]
    """
    spec = spec or DescriptorSpec()
    reach = radial_reach(spec)
    check_box(configuration, reach)
    cells = cells or cell_list(configuration)
    out = np.empty((len(configuration), len(shell_centres(spec)[0])))
    over_threads(
        _radial, len(out), cells, reach, *_groups(spec), float(spec.tail), out, threads=threads
    )
    return out
