r"""Inherent structures and cages of an atomic mixture, by the mixture's own potential.

Particles of species a and b interact by the Lennard-Jones potential, truncated and shifted,

.. math:: U_{ab}(r) = 4 \varepsilon_{ab} \left[ (\sigma_{ab}/r)^{12} - (\sigma_{ab}/r)^6 \right]
          - \text{its value at } r_c \sigma_{ab}, \qquad r < r_c \sigma_{ab} .

The cage is that of :mod:`glasslib.simulation.cage`: canonical averages at a temperature T' in which
each particle stays within R of its place in the inherent structure, by Langevin dynamics with
reflecting walls. As nobody leaves its sphere, the list of neighbours is made once and holds.

References
----------
.. [1] R. Alkemade, F. Smallenburg and L. Filion, J. Chem. Phys. 158, 134512 (2023).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.optimize import minimize

from glasslib.configuration import Configuration
from glasslib.errors import SimulationError
from glasslib.parameters import Cage
from glasslib.simulation.cage import _products, thermalise
from glasslib.simulation.engine import steps_of
from glasslib.simulation.melt import maxwell_boltzmann
from glasslib.structure.cage import CageMoments
from glasslib.structure.mixture import Mixture, check_species
from glasslib.structure.neighbors import neighbor_pairs

__all__ = ["energy_and_forces", "inherent_structure", "sample_cages"]

_STARTS = 20  # of the search for a minimum, each with a fresh list of pairs and at most 500 steps
_SKIN = 0.6  # how much farther than the cut-off pairs are listed while a minimum is sought, σ


@njit(cache=True, nogil=True, error_model="numpy")
def _energy_and_forces(x, box, first, second, species, epsilon, sigma, cutoff, force):
    total = 0.0
    force[:] = 0.0
    last = cutoff**-6
    for k in range(len(first)):
        i, j = first[k], second[k]
        a, b = species[i], species[j]
        dx = x[i, 0] - x[j, 0]
        dy = x[i, 1] - x[j, 1]
        dz = x[i, 2] - x[j, 2]
        dx -= box[0] * np.rint(dx / box[0])
        dy -= box[1] * np.rint(dy / box[1])
        dz -= box[2] * np.rint(dz / box[2])
        square = (dx * dx + dy * dy + dz * dz) / (sigma[a, b] * sigma[a, b])
        if square < cutoff * cutoff:
            s6 = 1.0 / (square * square * square)
            total += 4.0 * epsilon[a, b] * (s6 * (s6 - 1.0) - last * (last - 1.0))
            f = 24.0 * epsilon[a, b] * s6 * (2.0 * s6 - 1.0) / (square * sigma[a, b] ** 2)
            force[i, 0] += f * dx
            force[i, 1] += f * dy
            force[i, 2] += f * dz
            force[j, 0] -= f * dx
            force[j, 1] -= f * dy
            force[j, 2] -= f * dz
    return total


def _reach(mixture: Mixture) -> float:
    return mixture.cutoff * float(np.max(mixture.sigma))


def energy_and_forces(
    configuration: Configuration, species: np.ndarray, mixture: Mixture
) -> tuple[float, np.ndarray]:
    """Return the potential energy of a mixture and the force on each particle.

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 particles in a box whose edges are at least twice the longest cut-off.
    species : (N,) int
        Species of each particle, counted from 0.
    mixture : Mixture
        The pair coefficients.

    Returns
    -------
    float, (N, 3) float64
        In ε and ε/σ.

    Raises
    ------
    ConfigurationError
        A species has no coefficients, the box is too small, or particles lie at one place.

    Examples
    --------
    >>> pair = Configuration(np.array([[1.0, 0, 0], [2.5, 0, 0]]), np.full(3, 12.0))
    >>> energy, forces = energy_and_forces(pair, np.array([0, 1]), Mixture())
    >>> round(energy, 4), forces[:, 0].round(4).tolist()
    (-0.1104, [0.5269, -0.5269])
    """
    species = check_species(species, len(configuration), mixture)
    pairs = neighbor_pairs(configuration, _reach(mixture))
    forces = np.empty_like(configuration.positions)
    energy = _energy_and_forces(
        configuration.positions, configuration.box, pairs.i, pairs.j, species, *mixture.tables(),
        forces,
    )
    return energy, forces


def inherent_structure(
    configuration: Configuration, species: np.ndarray, mixture: Mixture, tolerance: float = 1e-3
) -> Configuration:
    """Return the minimum of the potential energy below a configuration.

    Parameters
    ----------
    configuration, species, mixture
        As for :func:`energy_and_forces`.
    tolerance : float
        Largest component of a force that may be left, in ε/σ. The truncated force jumps at the
        cut-off, so much less than the default cannot always be had.

    Returns
    -------
    Configuration
        Positions that are continuous with those given.

    Raises
    ------
    SimulationError
        No minimum is found.
    ConfigurationError
        As for :func:`energy_and_forces`.

    Examples
    --------
    >>> pair = Configuration(np.array([[1.0, 0, 0], [2.2, 0, 0]]), np.full(3, 12.0))
    >>> minimum = inherent_structure(pair, np.array([0, 0]), Mixture(), 1e-6)
    >>> round(float(np.diff(minimum.positions[:, 0])[0]), 4)  # 2^(1/6)
    1.1225
    """
    species = check_species(species, len(configuration), mixture)
    tables, box = mixture.tables(), configuration.box
    x, force = configuration.positions, np.empty_like(configuration.positions)
    left = np.inf
    for _ in range(_STARTS):
        pairs = neighbor_pairs(Configuration(x, box), _reach(mixture) + _SKIN)

        def function(flat, pairs=pairs):
            energy = _energy_and_forces(
                flat.reshape(-1, 3), box, pairs.i, pairs.j, species, *tables, force
            )
            return energy, -force.ravel()

        found = minimize(
            function, x.ravel(), jac=True, method="L-BFGS-B",
            options={"maxiter": 500, "maxfun": 2000, "gtol": tolerance, "ftol": 0.0, "maxcor": 20},
        )
        moved = np.linalg.norm(found.x.reshape(-1, 3) - x, axis=1).max()
        x, left = found.x.reshape(-1, 3), np.abs(found.jac).max()
        if moved < _SKIN / 2 and left <= tolerance:
            return Configuration(x, box, configuration.bonds)
    raise SimulationError(
        f"no inherent structure within {500 * _STARTS:,} steps: a force of {left:.2g} ε/σ is left,"
        f" more than tolerance = {tolerance:g}; ask for less"
    )


# ----------------------------------------------------------------------------------- cages
class _Neighbours(NamedTuple):
    """Who may ever be in reach: for particle i and species b, ``begin[i, b]`` to its next.

    ``index`` (n,) uint32 the partner, ``x, y, z`` (n,) float32 the vector to its centre from the
    centre of i, minimum image, and ``touching`` (n,) float32 1 for contacts.
    """

    begin: np.ndarray
    index: np.ndarray
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    touching: np.ndarray


def _neighbours(centres, species, mixture, cage) -> _Neighbours:
    n, kinds = len(centres), len(mixture.sigma)
    sigma = np.array(mixture.sigma)
    pairs = neighbor_pairs(centres, _reach(mixture) + 2 * cage.radius)
    i = np.concatenate([pairs.i, pairs.j])
    j = np.concatenate([pairs.j, pairs.i])
    vector = np.concatenate([pairs.vector, -pairs.vector])
    distance = np.concatenate([pairs.distance, pairs.distance])
    own = sigma[species[i], species[j]]
    order = np.lexsort((distance, species[j], i))
    order = order[distance[order] < (mixture.cutoff * own + 2 * cage.radius)[order]]
    row = i[order].astype(np.int64) * kinds + species[j[order]]
    begin = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n * kinds))])
    x, y, z = np.ascontiguousarray(vector[order].T, dtype=np.float32)
    touching = (distance < cage.contact_reach * own)[order].astype(np.float32)
    return _Neighbours(begin, j[order].astype(np.uint32), x, y, z, touching)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=True)
def _force(begin, end, near, dx, dy, dz, x, y, z, sigma, cutoff):
    """Force on a particle at x, y, z from its centre by neighbours of one species, for ε = 1."""
    inverse, cut = np.float32(1.0 / (sigma * sigma)), np.float32(cutoff * cutoff)
    one, two, zero = np.float32(1.0), np.float32(2.0), np.float32(0.0)
    fx, fy, fz = zero, zero, zero
    index, near_x = near.index[begin:end], near.x[begin:end]  # slices: else no vector instructions
    near_y, near_z = near.y[begin:end], near.z[begin:end]
    for k in range(len(index)):
        j = index[k]
        u = near_x[k] + dx[j] - x
        v = near_y[k] + dy[j] - y
        w = near_z[k] + dz[j] - z
        square = (u * u + v * v + w * w) * inverse
        s2 = one / square
        s6 = s2 * s2 * s2
        f = s6 * (one - two * s6) * s2 if square < cut else zero
        fx += f * u
        fy += f * v
        fz += f * w
    scale = 24.0 / (sigma * sigma)
    return scale * fx, scale * fy, scale * fz


@njit(cache=True, nogil=True, error_model="numpy")
def _advance(
    steps, dt, near, species, epsilon, sigma, cutoff, radius, place, v, force, single, hits
):
    """Take so many steps of velocity Verlet; what is beyond its wall is turned back after each."""
    n, kinds = len(species), len(sigma)
    for _ in range(steps):
        v += 0.5 * dt * force
        place += dt * v
        single[:] = place
        dx, dy, dz = single[0], single[1], single[2]
        for i in range(n):
            force[:, i] = 0.0
            for b in range(kinds):
                depth = epsilon[species[i], b]
                fx, fy, fz = _force(
                    near.begin[i * kinds + b], near.begin[i * kinds + b + 1], near, dx, dy, dz,
                    dx[i], dy[i], dz[i], sigma[species[i], b], cutoff,
                )
                force[0, i] += depth * fx
                force[1, i] += depth * fy
                force[2, i] += depth * fz
        v += 0.5 * dt * force
        for i in range(n):
            square = place[0, i] ** 2 + place[1, i] ** 2 + place[2, i] ** 2
            out = place[0, i] * v[0, i] + place[1, i] * v[1, i] + place[2, i] * v[2, i]
            if square > radius * radius and out > 0.0:
                hits[i] += 1.0
                for d in range(3):
                    v[d, i] -= 2.0 * place[d, i] * out / square
        for d in range(3):
            v[d] -= v[d].mean()


@njit(cache=True, nogil=True, error_model="numpy", fastmath=True)
def _around(begin, end, near, dx, dy, dz, x, y, z, sigma, cutoff, close):
    """Energy for ε = 1, number of close neighbours, and summed distance of contacts."""
    inverse, cut = np.float32(1.0 / (sigma * sigma)), np.float32(cutoff * cutoff)
    last, within = np.float32(cutoff**-6 * (cutoff**-6 - 1.0)), np.float32(close * close)
    one, zero = np.float32(1.0), np.float32(0.0)
    energy, count, distance = zero, zero, zero
    index, near_x, touching = near.index[begin:end], near.x[begin:end], near.touching[begin:end]
    near_y, near_z = near.y[begin:end], near.z[begin:end]
    for k in range(len(index)):
        j = index[k]
        u = near_x[k] + dx[j] - x
        v = near_y[k] + dy[j] - y
        w = near_z[k] + dz[j] - z
        r2 = u * u + v * v + w * w
        square = r2 * inverse
        s2 = one / square
        s6 = s2 * s2 * s2
        energy += s6 * (s6 - one) - last if square < cut else zero
        count += one if square < within else zero
        distance += touching[k] * np.sqrt(r2)
    return 4.0 * energy, count, distance


@njit(cache=True, nogil=True, error_model="numpy")
def _neighbourhood(near, species, epsilon, sigma, cutoff, close, dx, dy, dz):
    """Energy of each particle with all others, how many are close, mean distance of contacts."""
    n, kinds = len(species), len(sigma)
    found = np.zeros((3, n))
    for i in range(n):
        for b in range(kinds):
            a = species[i]
            energy, count, distance = _around(
                near.begin[i * kinds + b], near.begin[i * kinds + b + 1], near, dx, dy, dz,
                dx[i], dy[i], dz[i], sigma[a, b], cutoff, close,
            )
            found[0, i] += epsilon[a, b] * energy
            found[1, i] += count
            found[2, i] += distance
        touched = near.touching[near.begin[i * kinds] : near.begin[(i + 1) * kinds]].sum()
        found[2, i] /= max(touched, 1.0)
    return found


def sample_cages(
    configuration: Configuration,
    inherent: Configuration,
    species: np.ndarray,
    mixture: Mixture,
    cage: Cage,
    seed: np.random.SeedSequence,
    report: Callable[[float], None] | None = None,
) -> CageMoments:
    """Sample the cages of a configuration, each replica from its inherent structure on.

    Parameters
    ----------
    configuration, inherent : Configuration
        r₀, and the middles of the spheres; positions of the second continue those of the first.
        Its centre of mass is moved to that of the configuration.
    species : (N,) int
        Species of each particle, counted from 0.
    mixture : Mixture
        The pair coefficients.
    cage : Cage
        Radius, bath and lengths. ``contact`` and ``contact_reach`` count in diameters of the pair;
        ``pair_reach`` is not used, every pair within the cut-off has its energy.
    seed : numpy.random.SeedSequence
        Fixes all random numbers.
    report : callable, optional
        Gets, after each sample, the part of all samples that is done.

    Returns
    -------
    CageMoments
        Averages over the ``cage.duration / cage.interval`` samples of each of ``cage.replicas``
        replicas together; none of chains and bonds.

    Raises
    ------
    ConfigurationError
        A species has no coefficients, the two differ in number, or the box is too small.
    SimulationError
        A particle leaves its sphere.

    Examples
    --------
    >>> lattice = np.stack(np.meshgrid(*3 * [np.arange(8.0)]), -1).reshape(-1, 3) * 1.1
    >>> crystal, species = Configuration(lattice, np.full(3, 8.8)), np.arange(512) % 2
    >>> quick = Cage(radius=0.4, replicas=1, warmup=0.1, duration=0.5)
    >>> found = sample_cages(
    ...     crystal, crystal, species, Mixture(), quick, np.random.SeedSequence(0))
    >>> bool((np.linalg.norm(found.offset, axis=1) < 0.45).all())
    True
    """
    n = len(configuration)
    species = check_species(species, n, mixture)
    check_species(species, len(inherent), mixture)
    start = configuration.positions - inherent.positions
    start -= start.mean(axis=0)
    near, tables = _neighbours(inherent, species, mixture, cage), mixture.tables()
    samples = steps_of(cage.duration, cage.interval) * cage.replicas
    sums, hits, done = {}, np.zeros(n), 0
    for key in [seed] if cage.replicas == 1 else seed.spawn(cage.replicas):
        for here, single in _replica(near, species, tables, cage, key, hits):
            values = _neighbourhood(near, species, *tables, cage.contact, *single)
            sample = {
                "offset": here,
                "products": _products(here),
                "displacement": np.linalg.norm(here - start, axis=1),
                **dict(zip(_NEIGHBOURS, values, strict=True)),
                **{f"{k}_squared": x**2 for k, x in zip(_NEIGHBOURS, values, strict=True)},
            }
            for name, value in sample.items():
                sums[name] = sums.get(name, 0.0) + value
            done += 1
            if report is not None:
                report(done / samples)
    mean, nothing = {name: value / samples for name, value in sums.items()}, np.empty(0)
    return CageMoments(
        offset=mean["offset"],
        covariance=mean["products"] - _products(mean["offset"]),
        displacement=mean["displacement"],
        hit_rate=hits / (cage.duration * cage.replicas),
        chain_variance=nothing, bond_variance=nothing, p1_loss=nothing, p2_loss=nothing,
        **{name: mean[name] for name in _NEIGHBOURS},
        **{f"{k}_variance": mean[f"{k}_squared"] - mean[k] ** 2 for k in _NEIGHBOURS},
    )


def _replica(near, species, tables, cage, seed, hits):
    """Yield the samples of a replica, (N, 3) float64 and (3, N) float32; add up hits of walls."""
    n = len(species)
    random = np.random.default_rng(seed)
    place, force, ours = np.zeros((3, n)), np.zeros((3, n)), np.zeros(n)
    single = np.zeros((3, n), np.float32)
    v = maxwell_boltzmann(n, cage.temperature, seed.spawn(1)[0]).T.copy()
    every = steps_of(cage.bath_interval, cage.timestep)

    def advance(time):
        for _ in range(steps_of(time, cage.bath_interval)):
            _advance(every, cage.timestep, near, species, *tables, cage.radius, place, v, force,
                     single, ours)  # fmt: skip
            thermalise(v, cage.temperature, cage.friction, cage.bath_interval, random)

    advance(cage.warmup)
    ours[:] = 0
    for _ in range(steps_of(cage.duration, cage.interval)):
        advance(cage.interval)
        yield place.T.copy(), single
    if not (np.linalg.norm(place, axis=0) < 1.5 * cage.radius).all():
        raise SimulationError("a particle has left its sphere; use a smaller timestep")
    hits += ours


_NEIGHBOURS = ("energy", "coordination", "contact")
