"""Our choices where the paper leaves one, or is read otherwise: what each does to ρ.

At the reference temperature, on its first four runs, so that the cost stays small. Networks for
what concerns their training; ridge regression for what concerns the descriptors. One choice at a
time differs from ours, but for the paper's letter: "ReLU for all the nodes", and targets as they
are.
"""

import numpy as np
import pandas as pd

from glasslib.learning.baselines import out_of_sample
from glasslib.learning.correlation import correlation_rows
from glasslib.learning.dataset import Dataset
from glasslib.parameters import DescriptorSpec
from glasslib.results.baselines import ridge_of, splits_of
from glasslib.results.correlation import COMPARED_RUNS, Settings
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.store import Ensemble

__all__ = ["choices_in_networks", "choices_of_descriptors"]

OURS = "ours"
#: Choices of a network by name: what differs from the settings chosen. Without an early stop all
#: epochs are trained.
IN_NETWORKS = {
    OURS: {},
    "the paper's letter: ReLU output, targets as they are": {
        "output": "relu", "target_scaling": "none"
    },
    "targets as they are": {"target_scaling": "none"},
    "no early stop": {"patience": None},
    "inputs not cut": {"input_limit": None},
}
#: Choices of the descriptors by name.
OF_DESCRIPTORS = {
    OURS: {},
    "r_c = 2": {"coarse_radius": 2.0},
    "r_c = 3": {"coarse_radius": 3.0},
    "angular shells from 1": {"angular_range": (1.0, 2.5)},
    "Z = 1": {"angular_normalisation": "none"},
    "not in its own average": {"include_self": False},
}
#: Times in τ at which choices are compared; the nearest there is, and τ_α.
_TIMES = (0.1, 1.0)


def _times(data: Dataset) -> list[int]:
    nearest = {int(np.abs(np.log(data.times / t)).argmin()) for t in _TIMES}
    return sorted(nearest | {data.tau_index})


def _few(ensemble: Ensemble) -> Ensemble:
    return ensemble.only(list(ensemble.runs)[:COMPARED_RUNS])


def choices_in_networks(ensemble: Ensemble, settings: Settings) -> pd.DataFrame:
    """Return ρ of networks A and B for each of :data:`IN_NETWORKS`, at t ≈ 0.1, 1 and τ_α.

    Returns
    -------
    pandas.DataFrame
        ``choice``, ``split`` (row, run) and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`; differences are of a choice and
        ours.
    """
    data = dataset(_few(ensemble))
    tables = []
    for division, (folds, _) in splits_of(data).items():
        for network in NETWORKS:
            predicted = {}
            for name, choice in IN_NETWORKS.items():
                own = settings[division][network].model_copy(update=choice)
                if division == "run":
                    predicted[name] = held_out(data, network, own, folds)[0]
                else:
                    (parts,) = folds
                    one = trained(data, network, own, parts)
                    predicted[name] = np.full(data.targets.shape, np.nan)
                    predicted[name][parts.test] = one.predict(data.subset(parts.test))
            tables.append(_rows(data, predicted, f"network {network}", division))
    return pd.concat(tables, ignore_index=True)


def choices_of_descriptors(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ of ridge regression for each of :data:`OF_DESCRIPTORS`, at t ≈ 0.1, 1 and τ_α.

    Returns
    -------
    pandas.DataFrame
        As :func:`choices_in_networks`.
    """
    few = _few(ensemble)
    sets = {name: dataset(few, DescriptorSpec(**choice)) for name, choice in OF_DESCRIPTORS.items()}
    tables = []
    for division, (folds, groups) in splits_of(sets[OURS]).items():
        for network in NETWORKS:
            predicted = {
                name: out_of_sample(
                    ridge_of(network), data.inputs(network)[0], data.targets, folds, groups
                )
                for name, data in sets.items()
            }
            tables.append(_rows(sets[OURS], predicted, f"ridge {network}", division))
    return pd.concat(tables, ignore_index=True)


def _rows(data: Dataset, predicted: dict, model: str, division: str) -> pd.DataFrame:
    table = correlation_rows(
        data, predicted, [(name, OURS) for name in predicted if name != OURS],
        times=_times(data), split=division,
    )
    return table.rename(columns={"model": "choice"}).assign(model=model)
