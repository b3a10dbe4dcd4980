"""The beginning of an ensemble's trajectories, simulated again and compared with the files."""

import numpy as np

from glasslib.errors import DataError
from glasslib.parameters import get_protocol
from glasslib.simulation.ensemble import constant_energy, ice_state
from glasslib.store import Ensemble

__all__ = ["replay"]

#: Files keep some ten bits of a Debye–Waller factor, and another engine rounds otherwise.
_SAME = 0.01


def replay(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """Simulate the first time unit of all trajectories again; return averages over them at t = 1.

    A trajectory is a function of temperature, run and number. This takes a second a run with 2,000
    monomers and 40 trajectories.

    Parameters
    ----------
    ensemble : Ensemble

    Returns
    -------
    dict
        ``mean``: ⟨Δr⟩ in σ, (n_runs, N, 3); ``square``: ⟨|Δr|²⟩ in σ², (n_runs, N).

    Raises
    ------
    DataError
        The second is not the Debye–Waller factor of the files: these are other trajectories.
    """
    integrator, time = get_protocol(ensemble.profile).integrator, [1.0]
    shape = (len(ensemble.blocks), ensemble.melt.n_monomers)
    mean, square = np.zeros((*shape, 3)), np.zeros(shape)
    for n, (run, blocks) in enumerate(ensemble.blocks.items()):
        start = ensemble.runs[run]["positions"]
        bounds = [map(int, block.attrs["trajectories"].split(" to ")) for block in blocks]
        numbers = [k for first, last in bounds for k in range(first, last + 1)]
        for number in numbers:
            state = ice_state(start, ensemble.temperature, run, number)
            for sample in constant_energy(ensemble.melt, integrator, state, time):
                moved = sample.positions - start
                mean[n] += moved / len(numbers)
                square[n] += (moved**2).sum(axis=-1) / len(numbers)
    off = np.abs(square / ensemble.debye_waller - 1).max()
    if not off < _SAME:
        raise DataError(
            f"the trajectories simulated again at T = {ensemble.temperature:g}, profile"
            f" {ensemble.profile}, are not those of the files: a Debye–Waller factor is off by"
            f" {100 * off:.1f} %; files of this library's own seeds and steps are needed"
        )
    return {"mean": mean, "square": square}
