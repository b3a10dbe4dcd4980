"""Networks A and B at each temperature on one split, and the maps of what they predict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from glasslib.configuration import Configuration
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import Dataset, split
from glasslib.learning.training import TrainedNetwork
from glasslib.parameters import NetworkSettings
from glasslib.results.networks import NETWORKS, chosen_settings, dataset, trained
from glasslib.store import Ensemble

__all__ = ["Prediction", "map_columns", "map_table", "predict", "predictions"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What networks A and B, trained at one temperature, predict there.

    Parameters
    ----------
    data : Dataset
    networks : dict
        The trained networks by name.
    predicted : dict of str to (n_rows, n_times) float64
        Propensity of every row, training rows included, in σ.
    test : (n_test,) int64
        Rows that took no part in the training.
    """

    data: Dataset
    networks: dict[str, TrainedNetwork]
    predicted: dict[str, np.ndarray]
    test: np.ndarray


def predict(of: Ensemble, settings: dict[str, NetworkSettings]) -> Prediction:
    """Train A and B at a temperature, on one split, and predict every row there.

    Parameters
    ----------
    of : Ensemble
    settings : dict
        By network; both must split alike.
    """
    data = dataset(of)
    parts = split(data.runs, settings["A"])
    networks = {which: trained(data, which, settings[which], parts) for which in NETWORKS}
    predicted = {which: network.predict(data) for which, network in networks.items()}
    return Prediction(data, networks, predicted, parts.test)


def predictions(
    shown: dict[float, Ensemble], settings: NetworkSettings | None = None
) -> dict[float, Prediction]:
    """Choose the open settings, then train A and B at every temperature shown.

    Parameters
    ----------
    shown : dict of float to Ensemble
        By temperature.
    settings : NetworkSettings, optional
        What the choice starts from; ``NetworkSettings(split="run")`` holds out whole runs.
    """
    chosen = {which: best for which, (best, _) in chosen_settings(shown, settings).items()}
    return {t: predict(one, chosen) for t, one in shown.items()}


def _middle(temperatures: list[float], number: int = 3) -> list[float]:
    """At most ``number`` of the temperatures, evenly spread, ends included."""
    places = np.linspace(0, len(temperatures) - 1, min(number, len(temperatures)))
    return [temperatures[int(round(place))] for place in places]


def map_columns(
    shown: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> list[tuple[float, Configuration, dict[str, np.ndarray]]]:
    """Return what :func:`glasslib.figures.maps_figure` draws: three temperatures, first run."""
    columns = []
    for t in _middle(list(shown)):
        one, prediction = shown[t], predictions[t]
        k, n = one.times.tau_index, one.melt.n_monomers
        fields = {"true": one.propensity[0, :, k]}
        fields |= {which: values[:n, k] for which, values in prediction.predicted.items()}
        columns.append((t, one.configuration(min(one.runs)), fields))
    return columns


def map_table(
    shown: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> pd.DataFrame:
    """ρ(τ_α) within the first run, over all its monomers and over its test rows alone."""
    rows = []
    for t in _middle(list(shown)):
        one, p = shown[t], predictions[t]
        k, n = one.times.tau_index, one.melt.n_monomers
        test = p.test[p.test < n]
        row = {"T": t}
        for which, values in p.predicted.items():
            row[f"{which}, all monomers"] = float(pearson(p.data.targets[:n, k], values[:n, k]))
            row[f"{which}, test rows"] = float(pearson(p.data.targets[test, k], values[test, k]))
        rows.append(row)
    return pd.DataFrame(rows).set_index("T")
