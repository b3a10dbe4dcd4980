"""Networks A and B on one random split, and with the run held out: maps of what they predict.

What the interactive view of the melt shows is here too: propensities at all times, true and
predicted (:class:`MeltView`).
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from glasslib import store
from glasslib.configuration import Configuration
from glasslib.errors import ParameterError
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import Dataset, split
from glasslib.learning.training import TrainedNetwork, unvalidated
from glasslib.parameters import CompanionParameters, DescriptorSpec, NetworkSettings
from glasslib.results.correlation import folds_of_seed
from glasslib.results.networks import (
    NETWORKS,
    chosen_settings,
    dataset,
    reference_temperature,
    trained,
)
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
    unseen : dict of str to (N, n_times) float64
        Propensity of the monomers of the first run, in σ, by networks that trained on other runs;
        empty if there is one run alone.
    """

    data: Dataset
    networks: dict[str, TrainedNetwork]
    predicted: dict[str, np.ndarray]
    test: np.ndarray
    unseen: dict[str, np.ndarray] = field(default_factory=dict)


def predict(
    ensemble: Ensemble, settings: dict[str, NetworkSettings], spec: DescriptorSpec | None = None,
    standardise_on: str = "training", held_out: dict[str, NetworkSettings] | None = None,
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
    held_out : dict, optional
        Settings, by network, of those that predict the first run and have never seen it. They are
        the networks of the first seed of the result table ``accuracy``.
    """
    data = dataset(ensemble, spec)
    parts = split(data.runs, settings["A"])
    networks = {
        name: trained(data, name, settings[name], parts, standardise_on) for name in NETWORKS
    }
    predicted = {name: network.predict(data) for name, network in networks.items()}
    unseen = {}
    if held_out and data.n_runs > 1:
        unseen = {name: _unseen(data, name, held_out[name], standardise_on) for name in NETWORKS}
    return Prediction(data, networks, predicted, parts.test, unseen)


def _unseen(
    data: Dataset, network: str, settings: NetworkSettings, standardise_on: str
) -> np.ndarray:
    """Predict the first run by the network of the fold that holds it out."""
    first = data.runs == data.runs[0]
    own, folds = folds_of_seed(data, settings, 0)
    number = next(k for k, parts in enumerate(folds) if first[parts.test].any())
    own = own.model_copy(update={"seed": own.seed + number})
    own = unvalidated(own, data.runs, folds[number])
    blind = trained(data, network, own, folds[number], standardise_on)
    return blind.predict(data.subset(np.flatnonzero(first)))


def predictions(
    ensembles: dict[float, Ensemble], settings: NetworkSettings | None = None,
    page: CompanionParameters | None = None,
) -> dict[float, Prediction]:
    """Choose the open settings, then train A and B at three temperatures that maps show.

    These are the highest, the lowest, and the page's own or else the one in the middle.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    settings : NetworkSettings, optional
        What the choice starts from; ``NetworkSettings(split="run")`` holds out whole runs.
    page : CompanionParameters, optional
        What a page asks for in place of what was chosen.

    Returns
    -------
    dict of float to Prediction
        By temperature, in the order of ``ensembles``.
    """
    def chosen(start):
        return {network: own_settings(page, best)
                for network, (best, _) in chosen_settings(ensembles, start).items()}

    reference = ensembles[reference_temperature(ensembles)]
    held_out = chosen(NetworkSettings(split="run")) if len(reference.runs) > 1 else None
    spec, rows = descriptor_spec(page), getattr(page, "standardise_on", "training")
    own = None if page is None else store.find_temperature(page.temperature, ensembles)
    return {
        t: predict(ensembles[t], chosen(settings), spec, rows, held_out)
        for t in _drawn(list(ensembles), own)
    }


def _drawn(temperatures: list[float], own: float | None = None) -> list[float]:
    """At most three of the temperatures: both ends, and a given one between them or the middle."""
    ends = temperatures[0], temperatures[-1]
    middle = temperatures[len(temperatures) // 2] if own in (None, *ends) else own
    return [t for t in temperatures if t in (*ends, middle)]


def map_columns(
    ensembles: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> list[tuple[float, Configuration, dict[str, np.ndarray]]]:
    """Return what :func:`glasslib.figures.maps_figure` draws: the first run at each temperature.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    predictions : dict of float to Prediction
        From :func:`predictions`.

    Returns
    -------
    list of (float, Configuration, dict of str to (N,) float64)
        Temperature, configuration, and the propensity at τ_α in σ: "true"; "A" and "B", of the
        random split; "A, new" and "B, new", of networks that have never seen the configuration.
    """
    columns = []
    for t, prediction in predictions.items():
        ensemble = ensembles[t]
        k, n = ensemble.times.tau_index, ensemble.melt.n_monomers
        fields = {"true": ensemble.propensity[0, :, k]}
        fields |= {network: values[:n, k] for network, values in prediction.predicted.items()}
        fields |= {f"{network}, new": blind[:, k] for network, blind in prediction.unseen.items()}
        columns.append((t, ensemble.configuration(min(ensemble.runs)), fields))
    return columns


def map_table(
    ensembles: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> pd.DataFrame:
    """Return ρ(τ_α) within the first run: of all monomers, of those not trained on, and unseen.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    predictions : dict of float to Prediction
        From :func:`predictions`.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``A, all monomers``, ``A, test monomers`` and, if there are two runs or more,
        ``A, never seen`` (by a network that trained on other runs); the same of B.
    """
    rows = []
    for t, p in predictions.items():
        k, n = ensembles[t].times.tau_index, ensembles[t].melt.n_monomers
        test = p.test[p.test < n]
        row = {"T": t}
        for network, values in p.predicted.items():
            row[f"{network}, all monomers"] = float(pearson(p.data.targets[:n, k], values[:n, k]))
            row[f"{network}, test monomers"] = float(
                pearson(p.data.targets[test, k], values[test, k])
            )
            if network in p.unseen:
                row[f"{network}, never seen"] = float(
                    pearson(p.data.targets[:n, k], p.unseen[network][:, k])
                )
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
        First run at each temperature; training rows are among the monomers.
    """
    views = []
    for t, configuration, _ in map_columns(ensembles, predictions):
        ensemble, n = ensembles[t], len(configuration)
        fields = {"true": ensemble.propensity[0]}
        fields |= {network: values[:n] for network, values in predictions[t].predicted.items()}
        times = ensemble.times
        views.append(MeltView(t, configuration, times.times, times.tau_index, fields))
    return views
