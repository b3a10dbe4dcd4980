"""Inherent structures and cages of a mixture's configurations, one file for each."""

import json
import platform
from collections.abc import Callable
from time import process_time

import numpy as np

from glasslib import __version__
from glasslib.parameters import Cage
from glasslib.simulation.melt import seed
from glasslib.simulation.mixture import inherent_structure, sample_cages
from glasslib.store.mixture import MIXTURE_CAGE, MixtureSample, load_mixture, mixture_path
from glasslib.store.registry import write
from glasslib.store.schema import as_dataset, round_mantissa
from glasslib.structure.mixture import Mixture

__all__ = ["KOB_ANDERSEN_CAGE", "cages_of", "sample_mixture"]

#: Radius and temperature were chosen on three training configurations, see the data card.
KOB_ANDERSEN_CAGE = Cage(
    radius=0.4, temperature=0.6, replicas=1, warmup=1.0, duration=15.0, interval=0.2, timestep=0.01
)
_PLACES = 16  # mantissa bits of a position that are kept: 1e-4 σ in a box of 15 σ


def cages_of(
    sample: MixtureSample, mixture: Mixture, cage: Cage, name: str
) -> dict[str, np.ndarray]:
    """Return the inherent structure and the cages of a configuration, as its file holds them.

    Parameters
    ----------
    sample : MixtureSample
    mixture : Mixture
        The pair coefficients.
    cage : Cage
        One replica is sampled for each of its halves.
    name : str
        With the label it fixes the random numbers.

    Returns
    -------
    dict of str to array
        By the names of :data:`glasslib.store.mixture.MIXTURE_CAGE`.
    """
    inherent = inherent_structure(sample.configuration, sample.species, mixture)
    use, number = sample.label.split("-")
    halves = [
        sample_cages(sample.configuration, inherent, sample.species, mixture, cage,
                     seed(name, use, int(number), half))
        for half in range(cage.halves)
    ]
    names = [name for name in MIXTURE_CAGE if name != "inherent"]
    return {
        "inherent": round_mantissa(inherent.positions, _PLACES),
        **{name: round_mantissa([getattr(half, name) for half in halves]) for name in names},
    }


def sample_mixture(
    name: str,
    mixture: Mixture | None = None,
    cage: Cage = KOB_ANDERSEN_CAGE,
    report: Callable[[str], None] = print,
) -> int:
    """Sample the cages that a mixture lacks; each configuration is a file, written when done.

    Parameters
    ----------
    name : str
        A folder of ``data/mixtures``.
    mixture : Mixture, optional
        That of Kob and Andersen by default.
    cage : Cage
    report : callable
        Gets a line for each configuration.

    Returns
    -------
    int
        How many were sampled.

    Raises
    ------
    DataError
        There is no such mixture.
    """
    mixture = mixture or Mixture()
    missing = [sample for sample in load_mixture(name) if sample.inherent is None]
    for number, sample in enumerate(missing, start=1):
        begin = process_time()
        values = cages_of(sample, mixture, cage, name)
        attributes = {
            "title": f"Inherent structure and cages of {name}, {sample.label}",
            "units": "reduced Lennard-Jones units: sigma, epsilon, m, tau = sigma sqrt(m/epsilon)",
            "mixture": json.dumps(mixture.model_dump(mode="json")),
            "cage": json.dumps(cage.model_dump(mode="json")),
            "glasslib_version": __version__,
            "numpy_version": np.__version__,
            "machine": platform.machine(),
            "cpu_time_seconds": process_time() - begin,
            "licence": "CC BY 4.0",
        }
        path = mixture_path(name, f"{sample.label}-cage")
        write(as_dataset(MIXTURE_CAGE, values, attributes), path)
        seconds = process_time() - begin
        report(f"[{number}/{len(missing)}] {sample.label}: {seconds:.0f} s of one core")
    return len(missing)
