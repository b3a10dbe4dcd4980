r"""Cage sampling: where each monomer may be while no monomer leaves its cage.

From one configuration, the canonical distribution of

.. math:: U(\mathbf r) + \sum_i \begin{cases} 0 & |\mathbf r_i - \mathbf r_i^\mathrm{IS}| < R \\
          \infty & \text{else} \end{cases}

is sampled, where :math:`\mathbf r^\mathrm{IS}` is the inherent structure below the configuration.
The walls forbid rearrangement, so averages are a property of the configuration: a restricted
equilibrium, not dynamics. Therefore the bath may be hotter than the liquid, and with
:math:`T' = 0.8` the averages converge within some 10 τ. (Where an average depends on how long a
replica runs, it is short dynamics with a wall. That is so for larger R, or hotter liquids.)

**How.** Langevin dynamics: the r-RESPA step of the library; every few steps the velocities are
mixed with those of the bath (the exact solution of friction and noise); a monomer that is beyond
its wall and moves outwards is reflected. The centre of mass rests: to move all cages together is no
motion within them. Some monomers of a hot liquid begin beyond their wall; they come in and stay.

References
----------
.. [1] R. Alkemade, F. Smallenburg and L. Filion, J. Chem. Phys. 158, 134512 (2023): cage states
   of atomic liquids, by Monte Carlo.
.. [2] G. Bussi and M. Parrinello, Phys. Rev. E 75, 056707 (2007), for Langevin dynamics around
   velocity Verlet.
"""

from collections.abc import Mapping

import numpy as np
from numba import njit

from glasslib.configuration import Configuration
from glasslib.errors import SimulationError
from glasslib.parameters import Cage, Integrator, Melt
from glasslib.simulation.engine import State, chosen, steps_of
from glasslib.simulation.melt import maxwell_boltzmann
from glasslib.simulation.mixed_forces import MixedPairForces, aligned
from glasslib.simulation.pair_forces import PairForces
from glasslib.simulation.step import bond_forces, kick, kick_and_drift
from glasslib.structure.cage import CageMoments
from glasslib.structure.neighbors import neighbor_pairs

__all__ = ["moments", "reflect", "sample_replica", "thermalise"]

_NEIGHBOURS = ("energy", "coordination", "contact")


def reflect(x: np.ndarray, v: np.ndarray, centres: np.ndarray, radius: float) -> np.ndarray:
    r"""Turn back, in place, what is beyond its wall and moves outwards.

    .. math:: \mathbf v \leftarrow \mathbf v - 2 (\mathbf v \cdot \mathbf n) \mathbf n, \qquad
              \mathbf n = (\mathbf r - \mathbf c) / |\mathbf r - \mathbf c|

    Parameters
    ----------
    x, v : (3, N) float64
        Positions in σ; velocities in σ/τ, which are changed.
    centres : (3, N) float64
        Middle of each monomer's sphere in σ.
    radius : float
        Of the spheres, in σ.

    Returns
    -------
    (N,) bool
        Which were reflected.

    Examples
    --------
    >>> v = np.array([[1.0], [2.0], [0.0]])
    >>> reflect(np.array([[0.6], [0.0], [0.0]]), v, np.zeros((3, 1)), 0.5), v[:, 0].tolist()
    (array([ True]), [-1.0, 2.0, 0.0])
    """
    way = x - centres
    square, outwards = (way**2).sum(axis=0), (way * v).sum(axis=0)
    hit = (square > radius**2) & (outwards > 0)
    v[:, hit] -= 2 * way[:, hit] * (outwards[hit] / square[hit])
    return hit


def thermalise(
    v: np.ndarray, temperature: float, friction: float, time: float, random: np.random.Generator
) -> None:
    r"""Mix velocities, in place, with those of the bath: friction and noise over ``time``.

    .. math:: \mathbf v \leftarrow c \mathbf v + \sqrt{(1 - c^2) T} \, \boldsymbol \xi, \qquad
              c = e^{-\gamma t}

    Parameters
    ----------
    v : (3, N) float64
        Velocities in σ/τ; the mass is 1.
    temperature : float
        Of the bath in ε/k_B.
    friction : float
        γ in 1/τ.
    time : float
        In τ.
    random : numpy.random.Generator
        Gives the normal numbers ξ.
    """
    kept = np.exp(-friction * time)
    v *= kept
    v += np.sqrt((1 - kept**2) * temperature) * random.standard_normal(v.shape)


def _centres(way: np.ndarray, melt: Melt) -> np.ndarray:
    """Return the mean over each chain, (n_chains, 3)."""
    return way.reshape(melt.n_chains, melt.chain_length, 3).mean(axis=1)


def _products(way: np.ndarray) -> np.ndarray:
    """Return xx, yy, zz, xy, xz, yz of vectors, (n, 6)."""
    return way[:, [0, 1, 2, 0, 0, 1]] * way[:, [0, 1, 2, 1, 2, 2]]


class _Walled:
    """A melt behind walls, stepped as everywhere in the library."""

    def __init__(self, melt, integrator, configuration, centres, cage, key):
        n = melt.n_monomers
        integrator = integrator.model_copy(update={"timestep": cage.timestep})
        self.melt, self.cage, self.integrator = melt, cage, chosen(melt, integrator)
        mixed = self.integrator.pair_style == "mixed"
        self._forces = MixedPairForces(melt) if mixed else PairForces(melt, integrator.skin)
        self.x, self.v, self.pairs, self.bonds = (aligned((3, n), np.float64) for _ in range(4))
        self._shift, self._found = aligned((3, n + 8), np.float64), np.empty((n, 3))
        self._stiffness = np.zeros(n)
        self._stiffness[melt.bonds[:, 0]] = 2 * melt.bond_stiffness
        self.centres = np.ascontiguousarray(centres.T)
        self.hits = np.zeros(n)
        self.x[:] = configuration.T
        self.random = np.random.default_rng(key)
        self.v[:] = maxwell_boltzmann(n, cage.temperature, key.spawn(1)[0]).T
        self._bond_forces()
        self._pair_forces()

    def _bond_forces(self):
        bond_forces(self.x, self._stiffness, self.melt.bond_length, self.bonds, self._shift)

    def _pair_forces(self):
        self._forces.forces(np.ascontiguousarray(self.x.T), self._found)
        self.pairs[:] = self._found.T

    def advance(self, steps: int):
        """Take so many steps, the bath after every so many of them."""
        step, substeps, cage = self.integrator.timestep, self.integrator.bond_substeps, self.cage
        inner, every = step / substeps, steps_of(cage.bath_interval, step)
        for number in range(1, steps + 1):
            for k in range(substeps):
                pairs = 0.5 * step if k == 0 else 0.0
                kick_and_drift(self.x, self.v, self.pairs, self.bonds, pairs, inner / 2, inner)
                self._bond_forces()
                if k + 1 < substeps:
                    kick(self.v, self.pairs, self.bonds, 0.0, inner / 2)
            self._pair_forces()
            kick(self.v, self.pairs, self.bonds, 0.5 * step, inner / 2)
            if number % every == 0:
                thermalise(self.v, cage.temperature, cage.friction, every * step, self.random)
            self.hits += reflect(self.x, self.v, self.centres, cage.radius)
            self.v -= self.v.mean(axis=1, keepdims=True)
        if not np.isfinite(self.x).all():
            raise SimulationError("a monomer has left its cage; use a smaller timestep")


def sample_replica(
    melt: Melt,
    integrator: Integrator,
    configuration: np.ndarray,
    inherent: np.ndarray,
    cage: Cage,
    key: np.random.SeedSequence,
) -> dict[str, np.ndarray]:
    """Sample one replica: from the configuration, with velocities of its own.

    Parameters
    ----------
    melt, integrator
        The liquid, and where its forces come from; the step is that of ``cage``.
    configuration : (N, 3) float64
        Unwrapped positions r₀ in σ.
    inherent : (N, 3) float64
        Unwrapped positions of its inherent structure in σ. Its centre of mass is moved to that of
        the configuration.
    cage : Cage
        Radius, bath and lengths.
    key : numpy.random.SeedSequence
        Fixes all random numbers of the replica.

    Returns
    -------
    dict of str to array
        Sums over ``cage.duration / cage.interval`` samples, for :func:`moments`; sums of replicas
        add up, name by name.

    Raises
    ------
    SimulationError
        The two do not belong to the melt, or a monomer leaves.

    Examples
    --------
    >>> from glasslib.simulation.melt import seed, snake_positions
    >>> melt = Melt(n_monomers=500)
    >>> x = snake_positions(melt)
    >>> quick = Cage(warmup=0.1, duration=0.3)
    >>> sums = sample_replica(melt, Integrator(), x, x, quick, seed("cage"))
    >>> bool((np.linalg.norm(moments(sums, melt).offset, axis=1) < quick.radius + 0.1).all())
    True
    """
    for positions in (configuration, inherent):
        State(positions, positions).check(melt)
    centres = inherent + (configuration - inherent).mean(axis=0)
    walled = _Walled(melt, integrator, configuration, centres, cage, key)
    sample = _Sampler(melt, configuration, centres, cage)
    walled.advance(steps_of(cage.warmup, cage.timestep))
    walled.hits[:] = 0
    for _ in range(steps_of(cage.duration, cage.interval)):
        walled.advance(steps_of(cage.interval, cage.timestep))
        sample.add(np.ascontiguousarray(walled.x.T))
    return sample.sums | {"hits": walled.hits, "time": np.float64(cage.duration)}


class _Sampler:
    """Adds samples up."""

    def __init__(self, melt, configuration, centres, cage):
        self.melt, self.cage, self.start, self.centres = melt, cage, configuration, centres
        self.sums = {}
        # In the inherent structure: pairs near each other, not bonded; and which are contacts.
        n = melt.n_monomers
        near = neighbor_pairs(Configuration(centres, np.full(3, melt.box_length)), cage.pair_reach)
        bonded = np.isin(near.i.astype(np.int64) * n + near.j, melt.bonds @ np.array([n, 1]))
        self.i, self.j = near.i[~bonded], near.j[~bonded]
        self.touching = near.distance[~bonded] < cage.contact_reach
        touched = np.concatenate([self.i[self.touching], self.j[self.touching]])
        self.contacts = np.maximum(np.bincount(touched, minlength=n), 1)
        self.bond = self._bonds(configuration)

    def _bonds(self, x):
        return x[self.melt.bonds[:, 1]] - x[self.melt.bonds[:, 0]]

    def add(self, x: np.ndarray) -> None:
        """Add a sample of unwrapped positions, (N, 3) float64."""
        melt = self.melt
        way, bond = x - self.centres, self._bonds(x)
        length = np.linalg.norm(bond, axis=1)
        cosine = (bond * self.bond).sum(axis=1) / length / np.linalg.norm(self.bond, axis=1)
        energy, coordination, contact = _neighbourhood(
            x, melt.box_length, self.i, self.j, self.touching, melt.cutoff, self.cage.contact
        )
        stretch = melt.bond_stiffness * (length - melt.bond_length) ** 2
        for end in melt.bonds.T:
            energy[end] += stretch  # a monomer occurs once in each column
        contact /= self.contacts
        sample = {
            "samples": np.float64(1.0),
            "offset": way,
            "offset_products": _products(way),
            "displacement": np.linalg.norm(x - self.start, axis=1),
            "chain_squared": (_centres(way, melt) ** 2).sum(axis=1),
            "bond": bond,
            "bond_squared": length**2,
            "cosine": cosine,
            "cosine_squared": cosine**2,
        }
        for name, values in zip(_NEIGHBOURS, (energy, coordination, contact), strict=True):
            sample |= {name: values, f"{name}_squared": values**2}
        for name, values in sample.items():
            self.sums[name] = self.sums.get(name, 0.0) + values


@njit(cache=True, nogil=True, error_model="numpy")
def _neighbourhood(x, box, first, second, touching, cutoff, close):
    """Pair energy of each monomer, how many are close, and its summed distance to contacts."""
    n = len(x)
    energy, coordination, contact = np.zeros(n), np.zeros(n), np.zeros(n)
    cut = 4.0 * (cutoff**-12 - cutoff**-6)
    for k in range(len(first)):
        i, j = first[k], second[k]
        r2 = 0.0
        for d in range(3):
            way = x[i, d] - x[j, d]
            way -= box * np.rint(way / box)
            r2 += way * way
        if r2 < cutoff * cutoff:
            u3 = 1.0 / (r2 * r2 * r2)
            u = 4.0 * u3 * (u3 - 1.0) - cut
            energy[i] += u
            energy[j] += u
        if r2 < close * close:
            coordination[i] += 1.0
            coordination[j] += 1.0
        if touching[k]:
            r = np.sqrt(r2)
            contact[i] += r
            contact[j] += r
    return energy, coordination, contact


def moments(sums: Mapping[str, np.ndarray], melt: Melt) -> CageMoments:
    """Return averages, and variances about them, from the sums of one replica or of several.

    Parameters
    ----------
    sums : mapping of str to array
        From :func:`sample_replica`, added name by name.
    melt : Melt
    """
    mean = {name: values / sums["samples"] for name, values in sums.items()}
    squared_centre = (_centres(mean["offset"], melt) ** 2).sum(axis=1)
    return CageMoments(
        offset=mean["offset"],
        covariance=mean["offset_products"] - _products(mean["offset"]),
        displacement=mean["displacement"],
        hit_rate=sums["hits"] / sums["time"],
        chain_variance=mean["chain_squared"] - squared_centre,
        bond_variance=mean["bond_squared"] - (mean["bond"] ** 2).sum(axis=1),
        p1_loss=1 - mean["cosine"],
        p2_loss=1.5 * (1 - mean["cosine_squared"]),
        **{name: mean[name] for name in _NEIGHBOURS},
        **{f"{n}_variance": mean[f"{n}_squared"] - mean[n] ** 2 for n in _NEIGHBOURS},
    )
