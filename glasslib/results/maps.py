"""Networks A and B at each temperature on one split, and the maps of what they predict.

What the interactive view of the melt shows is here too: propensities at all times, true and
predicted (:class:`MeltView`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from glasslib.configuration import Configuration
from glasslib.errors import ParameterError
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import Dataset, split
from glasslib.learning.training import TrainedNetwork
from glasslib.parameters import CompanionParameters, DescriptorSpec, NetworkSettings
from glasslib.results.networks import NETWORKS, chosen_settings, dataset, trained
from glasslib.results.page_parameters import descriptor_spec, own_settings
from glasslib.store import Ensemble

__all__ = [
    "MeltView", "Prediction", "map_columns", "map_table", "melt_views", "predict", "predictions",
]  # fmt: skip

#: Shares of the true propensity between which the colours of a map change.
COLOURED = (0.02, 0.98)


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


def predict(
    ensemble: Ensemble, settings: dict[str, NetworkSettings], spec: DescriptorSpec | None = None,
    standardise_on: str = "training",
) -> Prediction:
    """Train A and B at a temperature, on one split, and predict every row there.

    Parameters
    ----------
    ensemble : Ensemble
    settings : dict
        By network; both must split alike.
    spec : DescriptorSpec, optional
        The descriptors.
    standardise_on : {"training", "all"}
        See :func:`glasslib.learning.training.train`.
    """
    data = dataset(ensemble, spec)
    parts = split(data.runs, settings["A"])
    networks = {
        name: trained(data, name, settings[name], parts, standardise_on) for name in NETWORKS
    }
    predicted = {name: network.predict(data) for name, network in networks.items()}
    return Prediction(data, networks, predicted, parts.test)


def predictions(
    ensembles: dict[float, Ensemble], settings: NetworkSettings | None = None,
    page: CompanionParameters | None = None,
) -> dict[float, Prediction]:
    """Choose the open settings, then train A and B at every temperature shown.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    settings : NetworkSettings, optional
        What the choice starts from; ``NetworkSettings(split="run")`` holds out whole runs.
    page : CompanionParameters, optional
        What a page asks for in place of what was chosen.
    """
    chosen = {
        network: own_settings(page, best)
        for network, (best, _) in chosen_settings(ensembles, settings).items()
    }
    spec, rows = descriptor_spec(page), getattr(page, "standardise_on", "training")
    return {t: predict(ensemble, chosen, spec, rows) for t, ensemble in ensembles.items()}


def _middle(temperatures: list[float], number: int = 3) -> list[float]:
    """At most ``number`` of the temperatures, evenly spread, ends included."""
    places = np.linspace(0, len(temperatures) - 1, min(number, len(temperatures)))
    return [temperatures[int(round(place))] for place in places]


def map_columns(
    ensembles: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> list[tuple[float, Configuration, dict[str, np.ndarray]]]:
    """Return what :func:`glasslib.figures.maps_figure` draws: three temperatures, first run.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    predictions : dict of float to Prediction
        From :func:`predictions`.

    Returns
    -------
    list of (float, Configuration, dict of str to (N,) float64)
        Temperature, configuration, and the propensity at τ_α in σ: "true", "A" and "B".
    """
    columns = []
    for t in _middle(list(ensembles)):
        ensemble, prediction = ensembles[t], predictions[t]
        k, n = ensemble.times.tau_index, ensemble.melt.n_monomers
        fields = {"true": ensemble.propensity[0, :, k]}
        fields |= {network: values[:n, k] for network, values in prediction.predicted.items()}
        columns.append((t, ensemble.configuration(min(ensemble.runs)), fields))
    return columns


def map_table(
    ensembles: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> pd.DataFrame:
    """Return ρ(τ_α) within the first run, over all its monomers and over its test rows alone.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    predictions : dict of float to Prediction
        From :func:`predictions`.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``A, all monomers``, ``A, test rows``, ``B, all monomers``, ``B, test rows``.
    """
    rows = []
    for t in _middle(list(ensembles)):
        ensemble, p = ensembles[t], predictions[t]
        k, n = ensemble.times.tau_index, ensemble.melt.n_monomers
        test = p.test[p.test < n]
        row = {"T": t}
        for network, values in p.predicted.items():
            row[f"{network}, all monomers"] = float(pearson(p.data.targets[:n, k], values[:n, k]))
            row[f"{network}, test rows"] = float(pearson(p.data.targets[test, k], values[test, k]))
        rows.append(row)
    return pd.DataFrame(rows).set_index("T")


@dataclass(frozen=True, eq=False)
class MeltView:
    """One configuration of the melt and its propensities, true and predicted, or predicted alone.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    configuration : Configuration
    times : (n_times,) float64
        In τ.
    tau_index : int
        Which of them is τ_α.
    fields : dict of str to (N, n_times) float64
        Propensities in σ: "true" where it is known, and predictions by the letter of the model.
        The first bounds the colours.

    Raises
    ------
    ParameterError
        There is no field, or one has another shape than (N, n_times).
    """

    temperature: float
    configuration: Configuration
    times: np.ndarray
    tau_index: int
    fields: dict[str, np.ndarray]

    def __post_init__(self):
        expected = (len(self.configuration), len(self.times))
        if not self.fields:
            raise ParameterError("fields = {}: nothing to show; give at least one")
        for name, values in self.fields.items():
            shape = np.shape(values)
            if shape != expected:
                raise ParameterError(
                    f"field '{name}' has shape {shape}; give one propensity for each monomer and"
                    f" time, shape {expected}"
                )

    def bounds(self, time: int, shares: tuple[float, float] = COLOURED) -> tuple[float, float]:
        """Quantiles of the first field at a time, in σ, between which colours change."""
        low, high = np.quantile(next(iter(self.fields.values()))[:, time], shares)
        return float(low), float(high) if high > low else float(low) + 1e-9

    def correlation(self, network: str, time: int) -> float:
        """Pearson's ρ of truth and prediction over all monomers, training rows included."""
        return float(np.corrcoef(self.fields["true"][:, time], self.fields[network][:, time])[0, 1])


def melt_views(
    ensembles: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> list[MeltView]:
    """Return the configurations of Figure 3 with their propensities at every time.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    predictions : dict of float to Prediction
        From :func:`glasslib.results.predictions`.

    Returns
    -------
    list of MeltView
        Three temperatures, first run; training rows are among the monomers.
    """
    views = []
    for t, configuration, _ in map_columns(ensembles, predictions):
        ensemble, n = ensembles[t], len(configuration)
        fields = {"true": ensemble.propensity[0]}
        fields |= {network: values[:n] for network, values in predictions[t].predicted.items()}
        times = ensemble.times
        views.append(MeltView(t, configuration, times.times, times.tau_index, fields))
    return views
