"""The melt: a start without overlaps, seeds, velocities, heating and cooling, thermostatted runs.

Warning
-------
The centre of mass must not move: a drift makes the mean-squared displacement ballistic and fakes
a short relaxation time. Velocities drawn here have zero total momentum, and the thermostat
(stochastic velocity rescaling) conserves it.
"""

from dataclasses import dataclass

import numpy as np

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt, Protocol
from glasslib.simulation.engine import Engine, State

__all__ = [
    "Frames", "cool", "maxwell_boltzmann", "melt_hot", "seed", "set_energy", "snake_positions",
    "start_melt", "thermostatted_segment",
]  # fmt: skip

#: First word of every seed: another value would give another, equally valid, data set.
ENTROPY = 20220818


def seed(*key: int | float | str) -> np.random.SeedSequence:
    """Return the seed that belongs to ``key``, such as (temperature, run, "velocities", 7).

    Temperatures count to 1e-6; the result depends on nothing else, so the same call gives the
    same random numbers in any process and in any order.

    Examples
    --------
    >>> int(seed(0.5, 0, "velocities", 7).generate_state(1)[0])
    3392004773
    """
    words = [ENTROPY]
    for part in key:
        if isinstance(part, str):
            words.append(int.from_bytes(part.encode()[:8], "little"))
        elif isinstance(part, float):
            words.append(round(part * 1_000_000))
        else:
            words.append(int(part))
    return np.random.SeedSequence(words)


def lammps_seed(*key: int | float | str) -> int:
    """Return a seed for LAMMPS (it takes 1 to 900,000,000) that belongs to ``key``."""
    return int(seed(*key).generate_state(1)[0] % 900_000_000) + 1


def maxwell_boltzmann(
    n_monomers: int, temperature: float, seed_sequence: np.random.SeedSequence
) -> np.ndarray:
    r"""Draw velocities with :math:`p(v) \propto e^{-v^2 / 2T}` and remove the total momentum.

    Parameters
    ----------
    n_monomers : int
    temperature : float
        In ε/k_B; the mass is 1.
    seed_sequence : numpy.random.SeedSequence
        From :func:`seed`.

    Returns
    -------
    (N, 3) float64
        In σ/τ. The kinetic energy fluctuates from draw to draw as it should.

    Examples
    --------
    >>> v = maxwell_boltzmann(1000, 0.5, seed(0.5, 0, "velocities", 0))
    >>> bool(abs(v.sum(axis=0)).max() < 1e-10), round(float((v**2).mean()), 1)
    (True, 0.5)
    """
    velocities = np.random.default_rng(seed_sequence).normal(
        0.0, np.sqrt(temperature), size=(n_monomers, 3)
    )
    return velocities - velocities.mean(axis=0)


def snake_positions(melt: Melt) -> np.ndarray:
    """Lay the chains along a snake path through a simple-cubic lattice at the melt's density.

    Consecutive sites of the path are nearest neighbours, so every bond has the lattice spacing
    and no two monomers overlap. Sites beyond N are left empty, spread evenly between chains.

    Returns
    -------
    (N, 3) float64
        Positions in σ.

    Examples
    --------
    >>> x = snake_positions(Melt(n_monomers=500))
    >>> bond = np.linalg.norm(np.diff(x[:5], axis=0), axis=1)
    >>> bool(np.allclose(bond, bond[0])), bool(bond[0] > 0.9)
    (True, True)
    """
    side = int(np.ceil(melt.n_monomers ** (1 / 3) - 1e-9))
    path = np.array([
        (x, y if x % 2 == 0 else side - 1 - y, z if (x * side + y) % 2 == 0 else side - 1 - z)
        for x in range(side)
        for y in range(side)
        for z in range(side)
    ])
    spare = side**3 - melt.n_monomers
    chain = np.arange(melt.n_monomers) // melt.chain_length
    skipped = (chain * spare) // melt.n_chains
    return (path[np.arange(melt.n_monomers) + skipped] + 0.5) * (melt.box_length / side)


def start_melt(protocol: Protocol, temperature: float, run: int) -> State:
    """Melt the lattice hot, then cool linearly to ``temperature``; both take ``melt_time``.

    The result is not equilibrated at ``temperature`` yet.
    """
    state = melt_hot(protocol, temperature, run)
    return cool(protocol, temperature, run, state)


def melt_hot(protocol: Protocol, temperature: float, run: int) -> State:
    """Lay the chains on a lattice and melt it at ``melt_temperature`` for ``melt_time``.

    ``temperature`` and ``run`` fix the random numbers.
    """
    melt, hot = protocol.melt, protocol.melt_temperature
    velocities = maxwell_boltzmann(melt.n_monomers, hot, seed(temperature, run, "melt"))
    state = State(snake_positions(melt), velocities)
    with Engine(melt, protocol.integrator, state) as engine:
        engine.minimise()
        state = State(engine.positions(), velocities)
    return _carefully(protocol, state, hot, hot, lammps_seed(temperature, run, "hot"))


def cool(protocol: Protocol, temperature: float, run: int, state: State) -> State:
    """Cool a hot melt linearly to ``temperature`` within ``melt_time``."""
    hot = protocol.melt_temperature
    return _carefully(protocol, state, hot, temperature, lammps_seed(temperature, run, "cool"))


def _carefully(protocol: Protocol, state: State, start: float, stop: float, bath: int) -> State:
    """Advance for ``melt_time`` with a short step and a bath from ``start`` to ``stop``."""
    careful = protocol.integrator.model_copy(update={"timestep": 0.004})
    with Engine(protocol.melt, careful, state) as engine:
        engine.thermostat(stop, protocol.thermostat_time, bath, start=start)
        engine.advance(protocol.melt_time)
        return engine.state()


@dataclass(frozen=True, eq=False)
class Frames:
    """What a segment leaves behind.

    Parameters
    ----------
    times : (n,) float64
        Time of each frame in τ since the segment began.
    positions : (n, N, 3) float32
        Unwrapped positions in σ.
    potential, kinetic, pressure : (n,) float64
        Total energies in ε and the virial pressure in ε/σ³.
    """

    times: np.ndarray
    positions: np.ndarray
    potential: np.ndarray
    kinetic: np.ndarray
    pressure: np.ndarray


def record(engine: Engine, times: np.ndarray) -> Frames:
    """Advance through ``times`` (rising, in τ from now) and record a frame at each."""
    positions, thermo, now = [], [], 0.0
    for time in np.asarray(times, dtype=float):
        engine.advance(time - now)
        now = time
        positions.append(engine.positions().astype(np.float32))
        thermo.append(engine.thermodynamics())
    potential, kinetic, pressure = np.array(thermo).T
    return Frames(np.asarray(times, dtype=float), np.array(positions), potential, kinetic, pressure)


def thermostatted_segment(
    melt: Melt,
    integrator: Integrator,
    state: State,
    temperature: float,
    relaxation_time: float,
    bath_seed: int,
    times: np.ndarray,
) -> tuple[State, Frames]:
    """Run in the canonical ensemble from ``state`` through ``times``; return where it ends.

    A function of its arguments alone: equilibration is a chain of such segments, and each is a
    checkpoint.
    """
    with Engine(melt, integrator, state) as engine:
        engine.thermostat(temperature, relaxation_time, bath_seed)
        frames = record(engine, times)
        return engine.state(), frames


def set_energy(melt: Melt, integrator: Integrator, state: State, energy: float) -> State:
    """Scale the velocities so that the total energy is ``energy`` (ε).

    A constant-energy run started at the canonical mean energy has the nominal temperature; one
    started from a random instant of the thermostatted run does not.
    """
    with Engine(melt, integrator, state) as engine:
        engine.evaluate()
        factor = (energy - engine.potential_energy) / engine.kinetic_energy
    if not 0.5 < factor < 2:
        raise SimulationError(
            f"the mean energy {energy:.1f} asks for velocities scaled by {factor:.3f} in square;"
            " equilibrate for longer"
        )
    return State(state.positions, state.velocities * np.sqrt(factor))
