"""Inherent structures and cages of a mixture's configurations, one file for each."""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Callable
from pathlib import Path
from time import monotonic, process_time
from typing import TYPE_CHECKING

import numpy as np

from glasslib import __version__
from glasslib.campaign.scan import LENGTHS
from glasslib.errors import ConfigurationError, DataWarning, ParameterError
from glasslib.learning.ceiling import spearman_brown
from glasslib.learning.correlation import pearson
from glasslib.parameters import Cage
from glasslib.simulation.melt import seed
from glasslib.simulation.mixture import inherent_structure, sample_cages
from glasslib.store.exchange.descriptors import check_place, told_species, write_table
from glasslib.store.exchange.reading import read_configuration
from glasslib.store.mixture import (
    MIXTURE_CAGE,
    MIXTURE_SCAN,
    MixtureSample,
    load_mixture,
    mixture_path,
    mixture_scan_path,
)
from glasslib.store.registry import write
from glasslib.store.schema import as_dataset, round_mantissa
from glasslib.structure.cage import CageMoments
from glasslib.structure.mixture import Mixture, mixture_cage_descriptors

if TYPE_CHECKING:
    import xarray

__all__ = [
    "KOB_ANDERSEN_CAGE", "cages_of", "describe_cages", "sample_lengths", "sample_mixture",
]  # fmt: skip

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
        Its replicas are sampled for each of its halves.
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
        title = f"Inherent structure and cages of {name}, {sample.label}"
        attributes = _provenance(title, mixture, cage, process_time() - begin)
        path = mixture_path(name, f"{sample.label}-cage")
        write(as_dataset(MIXTURE_CAGE, values, attributes), path)
        seconds = process_time() - begin
        report(f"[{number}/{len(missing)}] {sample.label}: {seconds:.0f} s of one core")
    return len(missing)


def _provenance(title: str, mixture: Mixture, cage: Cage, seconds: float) -> dict:
    """What a file of ours says of itself."""
    return {
        "title": title,
        "units": "reduced Lennard-Jones units: sigma, epsilon, m, tau = sigma sqrt(m/epsilon)",
        "mixture": json.dumps(mixture.model_dump(mode="json")),
        "cage": json.dumps(cage.model_dump(mode="json")),
        "glasslib_version": __version__,
        "numpy_version": np.__version__,
        "machine": platform.machine(),
        "cpu_time_seconds": seconds,
        "licence": "CC BY 4.0",
    }


def sample_lengths(
    name: str,
    number: int = 3,
    mixture: Mixture | None = None,
    cage: Cage = KOB_ANDERSEN_CAGE,
    report: Callable[[str], None] = print,
) -> int:
    """Sample the cages of training configurations with replicas of other lengths.

    What depends on the length is short dynamics behind a wall, not structure.

    Parameters
    ----------
    name : str
        A folder of ``data/mixtures``.
    number : int
        So many training configurations, the first; those that have their file are passed over.
    mixture, cage, report
        As for :func:`sample_mixture`. The time of a replica is that of ``cage`` times each of
        :data:`glasslib.campaign.scan.LENGTHS`.

    Returns
    -------
    int
        How many were sampled.

    Raises
    ------
    DataError
        There is no such mixture.
    """
    mixture, done = mixture or Mixture(), 0
    chosen = [one for one in load_mixture(name) if one.label.startswith("train")][:number]
    tried = [
        cage.model_copy(update={"replicas": replicas, "duration": length * cage.duration})
        for replicas, length in LENGTHS
    ]
    for sample in chosen:
        path = mixture_scan_path(name, sample.label)
        if path.exists():
            continue
        minimum = sample.inherent or inherent_structure(
            sample.configuration, sample.species, mixture
        )
        start = sample.configuration.positions - minimum.positions
        start -= start.mean(axis=0)
        values = {
            "replicas": [one.replicas for one in tried], "duration": [one.duration for one in tried]
        }
        for one in tried:
            begin = process_time()
            halves = [
                sample_cages(sample.configuration, minimum, sample.species, mixture, one,
                             seed(name, sample.label, "lengths", one.duration, half))
                for half in range(one.halves)
            ]
            squares = [h.variance + ((start - h.offset) ** 2).sum(axis=1) for h in halves]
            for key, value in (
                ("square", round_mantissa(squares)),
                ("variance", round_mantissa([h.variance for h in halves])),
                ("seconds", process_time() - begin),
            ):
                values.setdefault(key, []).append(value)
        title = f"Cages of {name}, {sample.label}, with replicas of several lengths"
        attributes = _provenance(title, mixture, cage, sum(values["seconds"]))
        write(as_dataset(MIXTURE_SCAN, values, attributes), path)
        done += 1
        report(f"[{done}] {sample.label}: {sum(values['seconds']):.0f} s of one core")
    return done


def describe_cages(
    file: Path,
    out: Path,
    mixture: Mixture,
    cage: Cage = KOB_ANDERSEN_CAGE,
    *,
    trajectory: Path | None = None,
    frame: int = -1,
    atom_style: str | None = None,
    sigma: float = 1.0,
    report: Callable[[str], None] = lambda line: None,
    overwrite: bool = False,
) -> xarray.DataArray:
    """Sample the cages of a file's mixture and write their descriptors, in one step, to ``out``.

    Parameters
    ----------
    file, trajectory, frame, atom_style, sigma
        See :func:`glasslib.store.exchange.reading.read_configuration`.
    out : Path
        Ends in ``.nc`` or ``.csv``; there whole or not at all. Both tell each row's id and type.
    mixture : Mixture
        A row for each type of the file, in rising order of the types.
    cage : Cage
        Wall and bath in σ and ε of ``mixture``, and lengths. The same file and choices give the
        same numbers.
    report : callable
        Gets lines of progress.
    overwrite : bool
        Replace ``out`` if it exists.

    Returns
    -------
    xarray.DataArray
        See :func:`glasslib.structure.mixture.mixture_cage_descriptors`; with ``id`` and ``type``
        along ``monomer``. Attributes: ``agreement``, the correlation of log u² between the halves
        of the sampling, and ``reliability`` of their mean (Spearman and Brown); ``species``.

    Warns
    -----
    DataWarning
        What a reader should know: a density that is no liquid's, another potential in the file, ….

    Raises
    ------
    ParameterError
        ``out`` has another ending, or the coefficients are not those of as many types.
    DataError
        ``file`` cannot be read, ``out`` exists, or its folder is missing.
    ConfigurationError
        The particles are bonded, a type has a single particle, or the box is too small.
    SimulationError
        There is no inherent structure, or a particle leaves its sphere.
    """
    check_place("out", Path(out), (".nc", ".csv"), overwrite)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        read = read_configuration(file, trajectory, frame, atom_style, sigma, species=True)
    source, here = Path(trajectory or file).name, read.configuration
    if len(here.bonds):
        raise ConfigurationError(
            f"{source} has {len(here.bonds)} bonds, and these are the cages of particles without"
            " any; for a melt of pentamers: glasslib predict melt.data --model D"
        )
    kinds = np.unique(read.types)
    if len(kinds) != len(mixture.sigma):
        raise ParameterError(
            f"{source} has {len(kinds)} types ({', '.join(map(str, kinds[:9]))}), the pair"
            f" coefficients are those of {len(mixture.sigma)}; give one row for each type, in"
            " rising order"
        )
    doubts = [doubt for doubt in read.doubts if doubt != "the particles are of several types"]
    remarks = [*read.remarks, *(
        f"the pair coefficients are those given, although in {source} {doubt}" for doubt in doubts
    )]
    for remark in remarks:
        warnings.warn(remark, DataWarning, stacklevel=2)
    begun = monotonic()
    inherent = inherent_structure(here, read.species, mixture)
    report(f"inherent structure: {monotonic() - begun:.0f} s")
    halves = [
        sample_cages(here, inherent, read.species, mixture, cage, seed("cages", half),
                     _progress(report, f"cages, half {half + 1} of {cage.halves}"))
        for half in range(cage.halves)
    ]
    agreement = pearson(*(np.log(half.variance) for half in halves[:2]))
    about = {
        "species": told_species(read),
        "agreement": float(agreement),
        "reliability": float(spearman_brown(agreement, cage.halves)),
        "mixture": json.dumps(mixture.model_dump(mode="json")),
        "cage": json.dumps(cage.model_dump(mode="json")),
    }
    table = mixture_cage_descriptors(CageMoments.mean(halves), here, inherent, read.species)
    return write_table(table, read, Path(out), source, sigma, remarks, about)


def _progress(report: Callable[[str], None], what: str) -> Callable[[float], None]:
    """Report the part that is done every five seconds, with the time that is left."""
    begun = last = monotonic()

    def told(part: float) -> None:
        nonlocal last
        now = monotonic()
        if part == 1 or now - last > 5:
            last, left = now, (now - begun) * (1 - part) / part
            report(f"{what}: {part:.0%}, {left:.0f} s left" if part < 1 else
                   f"{what}: {now - begun:.0f} s")

    return told
