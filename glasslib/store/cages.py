"""Cages as the data files hold them."""

from dataclasses import fields

import numpy as np

from glasslib.store.ensemble import Ensemble
from glasslib.store.registry import DataFile, cage_path, read, scan_path
from glasslib.structure.cage import CageMoments

__all__ = ["load_cages", "load_scans", "with_cages"]


def with_cages(ensemble: Ensemble) -> list[int]:
    """Return the runs of an ensemble whose cages are there."""
    return [
        run for run in ensemble.blocks
        if cage_path(ensemble.temperature, ensemble.profile, run).exists()
    ]


def load_cages(ensemble: Ensemble) -> dict[int, list[CageMoments]]:
    """Load the cages of every run of an ensemble, verified.

    Parameters
    ----------
    ensemble : Ensemble

    Returns
    -------
    dict of int to list of CageMoments
        By run, the independent halves of its sampling. ``CageMoments.mean`` averages them.

    Raises
    ------
    DataError
        A run has none: 'glasslib campaign task … --cage' makes them.
    """
    found = {}
    for run in ensemble.blocks:
        file = read(cage_path(ensemble.temperature, ensemble.profile, run))
        arrays = {
            field.name: np.asarray(file[field.name], dtype=np.float64)
            for field in fields(CageMoments)
        }
        halves = len(arrays["offset"])
        found[run] = [
            CageMoments(**{name: values[half] for name, values in arrays.items()})
            for half in range(halves)
        ]
    return found


def load_scans(ensemble: Ensemble) -> dict[int, DataFile]:
    """Load the scans of an ensemble's cages, verified; an ensemble without any has none.

    Parameters
    ----------
    ensemble : Ensemble

    Returns
    -------
    dict of int to DataFile
        By run, the variables of :data:`glasslib.store.schema.SCAN`.

    Raises
    ------
    DataError
        A file is unregistered or damaged.
    """
    there = {
        run: scan_path(ensemble.temperature, ensemble.profile, run) for run in ensemble.blocks
    }
    return {run: read(path) for run, path in there.items() if path.exists()}
