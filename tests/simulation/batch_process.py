"""Follows a batch of two small melts in numba's simulator of CUDA, and LAMMPS beside it.

    NUMBA_ENABLE_CUDASIM=1 python batch_process.py

test_batch.py runs this as a script, since numba reads the variable when it is imported. What
happened is printed as JSON. The simulator is Python, so the skins are short and the steps few.
"""

import json

import numpy as np

from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt, Protocol
from glasslib.simulation import batch
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.melt import start_melt
from glasslib.simulation.pair_forces import PairForces

MELT, STEP, N = Melt(n_monomers=250), Integrator(timestep=0.01, pair_style="glasslib"), 250
PROTOCOL = Protocol(
    name="small", melt=MELT, runs=1, trajectories=1, block_size=1, melt_time=2.0,
    thermostat_time=0.2,
)


def main():
    batch.THREADS, batch.PARTS, batch.OUTER, batch.INNER = 16, 4, 0.35, 0.1
    state = start_melt(PROTOCOL, 0.8, run=0)
    lists = {"first": 0, "second": 0}

    def counted(name, function):
        def made(*arguments):
            if batch.cuda.threadIdx.x == 0:
                lists[name] += 1
            return function(*arguments)

        return made

    both = State(
        np.stack([state.positions, state.positions + 7.0]),
        np.stack([state.velocities, -state.velocities]),
    )
    batch._make_outer = counted("first", batch._make_outer)
    batch._make_inner = counted("second", batch._make_inner)
    ours = batch.Batch(MELT, STEP, both)
    exact, pairs = np.empty((N, 3)), ours.pair_forces()
    PairForces(MELT, STEP.skin).forces(state.positions, exact)
    said = {
        "force error": np.abs(pairs - exact).max() / exact.std(),
        "net force": np.abs(pairs.sum(axis=1)).max(),
        "lists at first": dict(lists),
    }
    with Engine(MELT, STEP, state) as theirs:
        theirs.evaluate()
        said["energy at first"] = (ours.potential_energy - theirs.potential_energy).tolist()
        for duration in (0.03, 0.03):
            ours.advance(duration)
            theirs.advance(duration)
        theirs.evaluate()
        said |= {
            "lists": dict(lists),
            "position": np.abs(ours.positions()[0] - theirs.positions()).max(),
            "velocity": np.abs(ours.velocities()[0] - theirs.velocities()).max(),
            "momentum": np.abs(ours.velocities().sum(axis=1)).max(),
            "potential": ours.potential_energy[0] - theirs.potential_energy,
            "kinetic": ours.kinetic_energy[0] - theirs.kinetic_energy,
            "moved": np.abs(theirs.positions() - state.positions).max(),
        }
    there = ours.state()
    back = batch.Batch(MELT, STEP, State(there.positions[1:], -there.velocities[1:]))
    back.advance(0.06)
    said["way back"] = np.abs(back.positions() - both.positions[1:]).max()
    batch.INNER_WORDS = 2
    batch._kernel.cache_clear()
    try:
        batch.Batch(MELT, STEP, State(both.positions[:1], both.velocities[:1])).advance(0.01)
    except SimulationError as error:
        said["full"] = str(error)
    try:
        batch.Batch(Melt(n_monomers=150), STEP, both)
    except SimulationError as error:
        said["small"] = str(error)
    try:
        batch.Batch(Melt(n_monomers=300), STEP, both)
    except SimulationError as error:
        said["other"] = str(error)
    print(json.dumps({name: value for name, value in said.items()}, default=float))


if __name__ == "__main__":
    main()
