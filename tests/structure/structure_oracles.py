"""Plain numpy and scipy twins of every kernel: slow, short, written from the formulas."""

import numpy as np
from scipy.special import sph_harm_y

from glasslib.configuration import Configuration
from glasslib.structure.angular import angular_centres
from glasslib.structure.radial import shell_centres


def all_pairs(configuration, r_max):
    """Directed pairs by brute force: i, j, vector, distance."""
    positions, box = configuration.positions, configuration.box
    vector = positions[None] - positions[:, None]
    vector -= box * np.round(vector / box)
    distance = np.sqrt((vector**2).sum(-1))
    np.fill_diagonal(distance, np.inf)
    i, j = np.nonzero(distance < r_max)
    return i, j, vector[i, j], distance[i, j]


def radial(configuration, spec, tail=None):
    """Eq. 2, every Gaussian cut at exactly ``tail`` widths (np.inf: not at all)."""
    tail = spec.tail if tail is None else tail
    centres, widths = shell_centres(spec)
    i, _, _, r = all_pairs(configuration, configuration.box.min() / 2)
    out = np.zeros((len(configuration), len(centres)))
    for s, (centre, width) in enumerate(zip(centres, widths, strict=True)):
        weight = np.exp(-((r - centre) ** 2) / (2 * width**2))
        weight[np.abs(r - centre) > tail * width] = 0
        out[:, s] = np.bincount(i, weight, len(configuration))
    return out


def angular(configuration, spec, tail=None, rows=None):
    """Eqs. 3 and 4 with scipy's spherical harmonics, for some rows; the others are zero."""
    tail = spec.tail if tail is None else tail
    n = len(configuration)
    centres, width = angular_centres(spec), spec.angular_width
    r_max = min(configuration.box.min() / 2, centres[-1] + 1.5 * tail * width)
    i, _, vector, r = all_pairs(configuration, r_max)
    if rows is not None:
        keep = np.isin(i, rows)
        i, vector, r = i[keep], vector[keep], r[keep]
    theta, phi = np.arccos(vector[:, 2] / r), np.arctan2(vector[:, 1], vector[:, 0])
    out = np.zeros((n, len(centres), spec.max_order))
    weights = []
    for centre in centres:
        gap = np.abs(r - centre)
        nearest = np.full(n, np.inf)
        np.minimum.at(nearest, i, gap)
        weight = np.exp((nearest[i] ** 2 - gap**2) / (2 * width**2))
        weight[gap**2 > nearest[i] ** 2 + (tail * width) ** 2] = 0
        weight[nearest[i] > tail * width] = 0
        weights.append((weight, nearest))
    for order in range(1, spec.max_order + 1):
        harmonics = [sph_harm_y(order, m, theta, phi) for m in range(-order, order + 1)]
        for s, (weight, nearest) in enumerate(weights):
            square = np.zeros(n)
            for y in harmonics:
                square += np.bincount(i, weight * y.real, n) ** 2
                square += np.bincount(i, weight * y.imag, n) ** 2
            q = np.sqrt(4 * np.pi / (2 * order + 1) * square)
            if spec.angular_normalisation == "weights":
                z = np.bincount(i, weight, n)
                q = np.divide(q, z, out=np.zeros(n), where=z > 0)
            else:
                q = np.where(nearest < np.inf, q * np.exp(-(nearest**2) / (2 * width**2)), 0)
            out[:, s, order - 1] = q
    return out.reshape(n, -1)


def coarse_grain(values, configuration, r_c, include_self):
    """Eq. 5 as a dense matrix product."""
    n = len(configuration)
    i, j, _, r = all_pairs(configuration, r_c)
    weight = np.zeros((n, n))
    weight[i, j] = np.exp(-r / r_c)
    if include_self:
        np.fill_diagonal(weight, 1.0)
    return weight @ values / weight.sum(1)[:, None]


def energy(configuration, melt, include_bonds):
    """Lennard-Jones pairs that are not bonded, and harmonic bonds."""
    n = len(configuration)
    i, j, _, r = all_pairs(configuration, melt.cutoff)
    bonded = {tuple(sorted(bond)) for bond in configuration.bonds.tolist()}
    free = np.array([tuple(sorted(pair)) not in bonded for pair in zip(i, j, strict=True)])
    u = 4 * (r**-12 - r**-6) - 4 * (melt.cutoff**-12 - melt.cutoff**-6)
    out = np.bincount(i, np.where(free, u, 0) / 2, n)
    if include_bonds:
        i, j, _, r = all_pairs(configuration, configuration.box.min() / 2)
        for a, b, d in zip(i, j, r, strict=True):
            if tuple(sorted((a, b))) in bonded:
                out[a] += melt.bond_stiffness * (d - melt.bond_length) ** 2 / 2
    return out


def lattice(name: str, cells: int = 4, spacing: float = 1.0) -> Configuration:
    """A perfect lattice whose nearest neighbours are ``spacing`` apart."""
    basis, cell = {
        "sc": ([[0, 0, 0]], np.ones(3)),
        "bcc": ([[0, 0, 0], [0.5, 0.5, 0.5]], np.full(3, 2 / np.sqrt(3))),
        "fcc": (
            [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
            np.full(3, np.sqrt(2)),
        ),
        "hcp": (
            [[0, 0, 0], [0.5, 0.5, 0], [0.5, 5 / 6, 0.5], [0, 1 / 3, 0.5]],
            np.array([1, np.sqrt(3), np.sqrt(8 / 3)]),
        ),
    }[name]
    cell = cell * spacing
    corners = np.stack(np.meshgrid(*3 * [np.arange(cells)], indexing="ij"), -1).reshape(-1, 1, 3)
    positions = ((corners + np.array(basis)) * cell).reshape(-1, 3)
    return Configuration(positions, cells * cell)
