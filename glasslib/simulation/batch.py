r"""Many melts at constant energy, stepped together on a GPU: the steps of ``simulation.step``.

An isoconfigurational ensemble is forty trajectories that know nothing of each other, and the runs
of a temperature have one each. Here each trajectory has a block of threads of its own, which takes
thousands of steps in one launch: the GPU is full, and waits for nobody. (CUDA's name for such
threads is a block too. A block of an ensemble, in this project, is ten trajectories.)

The integrator is that of :mod:`glasslib.simulation.step`, in double precision. Pair forces are in
single precision from coordinates that are whole numbers, as in
:mod:`glasslib.simulation.mixed_forces`. The lists are simpler: each monomer has a list of all
monomers within cutoff and a long skin, made by looking at every monomer, and out of it, every few
steps, one with a short skin. Four monomers of a list make one word, so that a thread asks the slow
memory for four at a time. Lists are in the order of the monomers and sums in a fixed order, so the
same start gives the same bits on the same kind of GPU.

This module needs numba's CUDA target: the package ``numba-cuda`` and an NVIDIA GPU, or
``NUMBA_ENABLE_CUDASIM=1`` to follow a few steps in Python, as the tests do.
"""

import math
from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from numba import config, cuda, float32, float64, int32

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import State, steps_of

__all__ = ["LARGEST", "Batch", "device_name"]

# A single block of trajectories does not fill a GPU, and need not.
config.CUDA_LOW_OCCUPANCY_WARNINGS = 0

#: Threads of one trajectory, and parts in which their sums are added up.
THREADS, PARTS = 1024, 32
#: So many registers for each thread is what a multiprocessor has for 1,024 of them.
_OPTIONS = {"fastmath": True} | ({} if config.ENABLE_CUDASIM else {"max_registers": 64})
#: Skins of the first and of the second list, σ. The second serves until a monomer has moved by half
#: of its skin, the first until one has moved by half of the difference.
OUTER, INNER = 1.8, 0.3
#: Words of four monomers in the longest lists. At density 1.02 a monomer has some 340 and 94.
OUTER_WORDS, INNER_WORDS = 112, 36
#: Monomers whose numbers fit the lists, and whose coordinates fit the memory that threads share.
LARGEST, SHARED = 65_535, 3000


def device_name() -> str:
    """Return the name of the GPU.

    Raises
    ------
    SimulationError
        There is none that numba can use.
    """
    if not cuda.is_available():
        raise SimulationError(
            "pair_style 'cuda' needs an NVIDIA GPU, its driver and the package numba-cuda (pip"
            " install 'numba-cuda[cu13]'), and numba finds none; use 'mixed', or check"
            " 'python -m numba -s'"
        )
    if config.ENABLE_CUDASIM:
        return "simulator of numba"
    name = cuda.get_current_device().name
    return name.decode() if isinstance(name, bytes) else name


class Batch(AbstractContextManager):
    """Many states of one melt at constant energy on a GPU; the interface of ``Step``.

    Parameters
    ----------
    melt : Melt
        Number of monomers, density and potentials.
    integrator : Integrator
        Step and bond substeps; its pair style is "cuda".
    state : State
        Where to begin: positions and velocities (B, N, 3) of B trajectories.

    Raises
    ------
    SimulationError
        There is no GPU, the states do not belong to this melt, or the melt is too small or large.

    References
    ----------
    M. Tuckerman, B. J. Berne and G. J. Martyna, J. Chem. Phys. 97, 1990 (1992).
    """

    def __init__(self, melt: Melt, integrator: Integrator, state: State):
        n, reach = melt.n_monomers, melt.cutoff + OUTER
        device_name()
        if n > LARGEST or melt.box_length < 2 * reach:
            raise SimulationError(
                f"pair_style 'cuda' takes melts of at most {LARGEST} monomers in a box of at least"
                f" {2 * reach:g} σ; this one has {n} in {melt.box_length:.3g} σ"
            )
        for positions, velocities in zip(state.positions, state.velocities, strict=True):
            State(positions, velocities).check(melt)
        self.melt, self.integrator = melt, integrator
        many = len(state.positions)
        self._x, self._v = (
            cuda.to_device(np.array(values, dtype=float).reshape(many, 3 * n))
            for values in (state.positions, state.velocities)
        )
        self._stiffness = cuda.to_device(_stiffness(melt))
        self._forces = tuple(cuda.to_device(np.zeros((many, 3 * n))) for _ in range(2))
        whole = [cuda.to_device(np.zeros((many, 3 * n), np.int32)) for _ in range(3)]
        lists = [
            cuda.device_array((many, (words + 1) * n), np.uint64)
            for words in (OUTER_WORDS, INNER_WORDS)
        ]
        lengths = [cuda.to_device(np.zeros((many, n), np.int32)) for _ in range(2)]
        self._lists = (*whole, *lists, *lengths)
        self._fits = cuda.to_device(np.ones(many, np.int32))
        self._energies = cuda.to_device(np.zeros((many, 2)))
        self._launch(1, 0.0, new=True)

    def _launch(self, steps: int, timestep: float, new: bool = False):
        """Take so many steps; a step of no length with new lists tells the forces of the start."""
        n, melt = self.melt.n_monomers, self.melt
        shared = n <= SHARED
        kernel = _kernel("advance", shared)[len(self._x), THREADS, 0, 12 * n if shared else 0]
        kernel(
            self._x, self._v, *self._forces, self._stiffness, *self._lists, self._fits, new, steps,
            timestep, self.integrator.bond_substeps, melt.box_length, melt.cutoff, melt.bond_length,
        )
        self._known = False

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Do nothing: the memory of the GPU is freed with the last reference."""

    def evaluate(self):
        """Do nothing: forces are known at any time, and energies when they are asked for."""

    def advance(self, duration: float):
        """Integrate for ``duration`` (τ), a whole number of steps.

        Raises
        ------
        SimulationError
            The duration is not a multiple of the timestep, or a melt has burst.
        """
        step = self.integrator.timestep
        self._launch(steps_of(duration, step), step)
        if not (self._fits.copy_to_host().all() and np.isfinite(self.velocities()).all()):
            raise SimulationError(
                "too many monomers are near one, or a monomer has left the melt; use a smaller"
                " timestep"
            )

    def positions(self) -> np.ndarray:
        """Unwrapped positions in σ, (B, N, 3) float64, in the order of the melt."""
        return self._to_host(self._x)

    def velocities(self) -> np.ndarray:
        """Velocities in σ/τ, (B, N, 3) float64."""
        return self._to_host(self._v)

    def _to_host(self, values) -> np.ndarray:
        return values.copy_to_host().reshape(len(values), -1, 3)

    def state(self) -> State:
        """Where the trajectories stand, to be continued by another batch."""
        return State(self.positions(), self.velocities())

    def pair_forces(self) -> np.ndarray:
        """Forces in ε/σ of pairs that are not bonded, (B, N, 3) float64, at present positions."""
        return self._to_host(self._forces[0])

    @property
    def potential_energy(self) -> np.ndarray:
        """Total potential energy in ε, (B,) float64, in double precision."""
        return self._sums()[:, 0]

    @property
    def kinetic_energy(self) -> np.ndarray:
        """Total kinetic energy in ε, (B,) float64."""
        return self._sums()[:, 1]

    def _sums(self) -> np.ndarray:
        if not self._known:
            _kernel("energies", False)[len(self._x), THREADS](
                self._x, self._v, self._stiffness, self._lists[4], self._lists[6],
                self.melt.box_length, self.melt.cutoff, self.melt.bond_length, self._energies,
            )
            self._known = True
        return self._energies.copy_to_host()


def _stiffness(melt: Melt) -> np.ndarray:
    """2 k of the bond between each monomer and the next one, 0 where there is none, (N,)."""
    stiffness = np.zeros(melt.n_monomers)
    stiffness[melt.bonds[:, 0]] = 2 * melt.bond_stiffness
    return stiffness


# ---------------------------------------------------------------------------------- on the GPU
@cuda.jit(device=True)
def _added_up(mine, room, parts):
    """Add up a number of every thread, in a fixed order."""
    thread = cuda.threadIdx.x
    room[thread] = mine
    cuda.syncthreads()
    for part in range(thread, PARTS, THREADS):
        total = 0.0
        for k in range(part, THREADS, PARTS):
            total += room[k]
        parts[part] = total
    cuda.syncthreads()
    total = 0.0
    for part in range(PARTS):
        total += parts[part]
    return total


@cuda.jit(device=True)
def _bond_forces(x, n, stiffness, length, out):
    """Harmonic bonds along the chains."""
    for i in range(cuda.threadIdx.x, n, THREADS):
        fx = fy = fz = 0.0
        for j in range(max(i - 1, 0), min(i + 1, n - 1)):  # the bonds (i - 1, i) and (i, i + 1)
            if stiffness[j] != 0.0:
                dx, dy, dz = (x[3 * j + 3] - x[3 * j], x[3 * j + 4] - x[3 * j + 1],
                              x[3 * j + 5] - x[3 * j + 2])
                s = stiffness[j] * (1.0 - length / math.sqrt(dx * dx + dy * dy + dz * dz))
                s = s if j == i else -s
                fx, fy, fz = fx + s * dx, fy + s * dy, fz + s * dz
        out[3 * i], out[3 * i + 1], out[3 * i + 2] = fx, fy, fz


@cuda.jit(device=True)
def _drift(x, v, pairs, mean, bonds, n, a, b, h):
    """Kick with the pair forces, their mean taken out, and with the bonds; and move."""
    for i in range(cuda.threadIdx.x, n, THREADS):
        k = 3 * i
        vx = v[k] + a * (pairs[k] - mean[0]) + b * bonds[k]
        vy = v[k + 1] + a * (pairs[k + 1] - mean[1]) + b * bonds[k + 1]
        vz = v[k + 2] + a * (pairs[k + 2] - mean[2]) + b * bonds[k + 2]
        px, py, pz = x[k] + h * vx, x[k + 1] + h * vy, x[k + 2] + h * vz
        v[k], v[k + 1], v[k + 2] = vx, vy, vz
        x[k], x[k + 1], x[k + 2] = px, py, pz


@cuda.jit(device=True)
def _square(x, y, z, q, j):
    """Squared distance of a place from monomer j in whole numbers, by the shortest way."""
    dx, dy, dz = (float32(int32(x - q[3 * j])), float32(int32(y - q[3 * j + 1])),
                  float32(int32(z - q[3 * j + 2])))
    return dx * dx + dy * dy + dz * dz


@cuda.jit(device=True)
def _whole(value, scale):
    return int32(np.int64(math.floor(value * scale + 0.5)))


@cuda.jit(device=True)
def _quantise(x, scale, n, q, reference, limit):
    """Coordinates as whole numbers; tell whether a monomer of this thread has moved too far."""
    far = False
    for i in range(cuda.threadIdx.x, n, THREADS):
        a, b, c = x[3 * i], x[3 * i + 1], x[3 * i + 2]
        a, b, c = _whole(a, scale), _whole(b, scale), _whole(c, scale)
        q[3 * i], q[3 * i + 1], q[3 * i + 2] = a, b, c
        far |= _square(a, b, c, reference, i) > limit
    return far


@cuda.jit(device=True)
def _moved(q, n, reference, limit):
    """Tell whether a monomer of this thread has moved farther, squared, than the limit."""
    far = False
    for i in range(cuda.threadIdx.x, n, THREADS):
        far |= _square(q[3 * i], q[3 * i + 1], q[3 * i + 2], reference, i) > limit
    return far


@cuda.jit(device=True)
def _filled(word, filling, i):
    """Fill a word of a list up with the monomer whose list it is."""
    while filling < np.uint64(64):
        word |= np.uint64(i) << filling
        filling += np.uint64(16)
    return word


@cuda.jit(device=True)
def _make_outer(q, n, reach, stiffness, outer, words, reference):
    """First lists of this thread's monomers, bonded pairs left out; tell whether they fit.

    Four monomers make a word of 64 bits. The monomer itself fills up the last one.
    """
    fit, zero = True, np.uint64(0)
    for i in range(cuda.threadIdx.x, n, THREADS):
        x, y, z = q[3 * i], q[3 * i + 1], q[3 * i + 2]
        reference[3 * i], reference[3 * i + 1], reference[3 * i + 2] = x, y, z
        count, word, filling = 0, zero, zero
        for j in range(n):
            r2 = _square(x, y, z, q, j)
            if r2 < reach and r2 > float32(0.0):
                if abs(i - j) > 1 or stiffness[min(i, j)] == 0.0:
                    word |= np.uint64(j) << filling
                    filling += np.uint64(16)
                    if filling == np.uint64(64):
                        outer[min(count, OUTER_WORDS) * n + i] = word
                        count, word, filling = count + 1, zero, zero
        if filling > zero:
            outer[min(count, OUTER_WORDS) * n + i] = _filled(word, filling, i)
            count += 1
        words[i] = min(count, OUTER_WORDS)
        fit &= count <= OUTER_WORDS
    return fit


@cuda.jit(device=True)
def _make_inner(q, n, reach, outer, outer_words, inner, words, reference):
    """Second lists out of the first; tell whether they fit."""
    fit, low, zero = True, np.uint64(65535), np.uint64(0)
    for i in range(cuda.threadIdx.x, n, THREADS):
        x, y, z = q[3 * i], q[3 * i + 1], q[3 * i + 2]
        reference[3 * i], reference[3 * i + 1], reference[3 * i + 2] = x, y, z
        count, word, filling = 0, zero, zero
        entry, row = np.uint64(i), np.uint64(n)
        following = outer[entry]
        for _ in range(outer_words[i]):
            four = following
            entry += row
            following = outer[entry]  # asked for long before it is needed
            for m in range(4):
                j = np.int64((four >> np.uint64(16 * m)) & low)
                r2 = _square(x, y, z, q, j)
                if r2 < reach and r2 > float32(0.0):
                    word |= np.uint64(j) << filling
                    filling += np.uint64(16)
                    if filling == np.uint64(64):
                        inner[min(count, INNER_WORDS) * n + i] = word
                        count, word, filling = count + 1, zero, zero
        if filling > zero:
            inner[min(count, INNER_WORDS) * n + i] = _filled(word, filling, i)
            count += 1
        words[i] = min(count, INNER_WORDS)
        fit &= count <= INNER_WORDS
    return fit


@cuda.jit(device=True)
def _sum_pairs(q, n, scale, cutoff, inner, words, out, mine):
    """Pair forces of this thread's monomers in ε/σ, and their sum."""
    unit, factor, half = float32(scale * scale), 48.0 / scale, float32(0.5)
    limit, low = float32(cutoff * cutoff) * unit, np.uint64(65535)
    mine[0] = mine[1] = mine[2] = 0.0
    for i in range(cuda.threadIdx.x, n, THREADS):
        x, y, z = q[3 * i], q[3 * i + 1], q[3 * i + 2]
        fx, fy, fz = float32(0.0), float32(0.0), float32(0.0)
        entry, row = np.uint64(i), np.uint64(n)
        following = inner[entry]
        for _ in range(words[i]):
            four = following
            entry += row
            following = inner[entry]
            for m in range(4):
                j = np.int64((four >> np.uint64(16 * m)) & low)
                dx, dy, dz = (float32(int32(x - q[3 * j])), float32(int32(y - q[3 * j + 1])),
                              float32(int32(z - q[3 * j + 2])))
                r2 = dx * dx + dy * dy + dz * dz
                if r2 < limit and r2 > float32(0.0):
                    u = unit / r2
                    u3 = u * u * u
                    s = u3 * u * (u3 - half)
                    fx += s * dx
                    fy += s * dy
                    fz += s * dz
        out[3 * i], out[3 * i + 1], out[3 * i + 2] = factor * fx, factor * fy, factor * fz
        for d in range(3):
            mine[d] += out[3 * i + d]


@cache
def _kernel(name: str, shared: bool):
    """Compile a kernel; with ``shared`` the whole coordinates lie in the memory threads share."""

    @cuda.jit(**_OPTIONS)
    def advance(
        xs, vs, pair_forces, bonded_forces, stiffness, wholes, outer_references, inner_references,
        outers, inners, outer_words, inner_words, fits, new, steps, timestep, substeps, box, cutoff,
        bond_length,
    ):
        me, thread, n = cuda.blockIdx.x, cuda.threadIdx.x, stiffness.size
        room = cuda.shared.array(THREADS, float64)
        parts = cuda.shared.array(PARTS, float64)
        q = cuda.shared.array(0, int32) if shared else wholes[me]
        mine = cuda.local.array(3, float64)
        mean = cuda.local.array(3, float64)
        x, v, pairs, bonds = xs[me], vs[me], pair_forces[me], bonded_forces[me]
        scale, h = 4294967296.0 / box, timestep / substeps
        unit = float32(scale * scale)
        outer_reach = float32((cutoff + OUTER) * (cutoff + OUTER)) * unit
        inner_reach = float32((cutoff + INNER) * (cutoff + INNER)) * unit
        outer_way = float32(0.25 * (OUTER - INNER) * (OUTER - INNER)) * unit
        inner_way = float32(0.25 * INNER * INNER) * unit
        share = 0.5
        mean[0] = mean[1] = mean[2] = 0.0
        for _ in range(steps):
            for inner in range(substeps):
                a = share * timestep if inner == 0 else 0.0
                b = share * h if inner == 0 else h
                _drift(x, v, pairs, mean, bonds, n, a, b, h)
                cuda.syncthreads()
                _bond_forces(x, n, stiffness, bond_length, bonds)
                cuda.syncthreads()
            moved = _quantise(x, scale, n, q, inner_references[me], inner_way) or new
            if cuda.syncthreads_or(int32(moved)):
                fit = True
                moved = _moved(q, n, outer_references[me], outer_way) or new
                if cuda.syncthreads_or(int32(moved)):
                    fit = _make_outer(
                        q, n, outer_reach, stiffness, outers[me], outer_words[me],
                        outer_references[me],
                    )
                fit &= _make_inner(
                    q, n, inner_reach, outers[me], outer_words[me], inners[me], inner_words[me],
                    inner_references[me],
                )
                if cuda.syncthreads_or(int32(not fit)):
                    fits[me] = 0
                    return
            _sum_pairs(q, n, scale, cutoff, inners[me], inner_words[me], pairs, mine)
            for d in range(3):
                mean[d] = _added_up(mine[d], room, parts) / n
            share = 1.0
        for i in range(thread, n, THREADS):
            for d in range(3):
                k = 3 * i + d
                pairs[k] -= mean[d]
                v[k] += 0.5 * timestep * pairs[k] + 0.5 * h * bonds[k]

    @cuda.jit(**_OPTIONS)
    def energies(xs, vs, stiffness, inners, inner_words, box, cutoff, bond_length, out):
        me, thread, n = cuda.blockIdx.x, cuda.threadIdx.x, stiffness.size
        room = cuda.shared.array(THREADS, float64)
        parts = cuda.shared.array(PARTS, float64)
        x, v, inner, words = xs[me], vs[me], inners[me], inner_words[me]
        cut, potential, kinetic = 1.0 / cutoff**6, 0.0, 0.0
        for i in range(thread, n, THREADS):
            for k in range(4 * words[i]):
                word = inner[k // 4 * n + i]
                j, r2 = np.int64((word >> np.uint64(k % 4 * 16)) & np.uint64(65535)), 0.0
                for d in range(3):
                    way = x[3 * i + d] - x[3 * j + d]
                    way -= box * math.floor(way / box + 0.5)
                    r2 += way * way
                if j != i and r2 < cutoff * cutoff:
                    u3 = 1.0 / (r2 * r2 * r2)
                    potential += 0.5 * (4.0 * u3 * (u3 - 1.0) - 4.0 * cut * (cut - 1.0))
            if stiffness[i] != 0.0:
                r2 = 0.0
                for d in range(3):
                    r2 += (x[3 * i + 3 + d] - x[3 * i + d]) ** 2
                potential += 0.5 * stiffness[i] * (math.sqrt(r2) - bond_length) ** 2
            for d in range(3):
                kinetic += 0.5 * v[3 * i + d] * v[3 * i + d]
        potential, kinetic = _added_up(potential, room, parts), _added_up(kinetic, room, parts)
        if thread == 0:
            out[me, 0], out[me, 1] = potential, kinetic

    return {"advance": advance, "energies": energies}[name]
