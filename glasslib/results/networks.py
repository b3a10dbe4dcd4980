"""Data sets and networks, kept on disk: what the result tables and the maps are made of."""

from collections.abc import Iterable, Sequence
from functools import partial
from io import StringIO

import numpy as np
import pandas as pd

from glasslib import paths
from glasslib.learning.dataset import Dataset, Split, run_folds
from glasslib.learning.training import (
    DEFAULT_GRID,
    TrainedNetwork,
    choose_settings,
    train,
    unvalidated,
)
from glasslib.parameters import DescriptorSpec, NetworkSettings
from glasslib.results import shipped
from glasslib.results.cache import cached, digest, hash_of, key_of
from glasslib.results.closure import code_of
from glasslib.store import Ensemble, load_ensemble
from glasslib.structure.descriptors import structural_descriptors

__all__ = ["chosen_settings", "dataset", "held_out", "reference_temperature", "settings_table"]

#: Where the settings that the paper leaves open are chosen, if its data are there.
SETTINGS_TEMPERATURE = 0.50
NETWORKS = ("A", "B")


def _descriptors(ensemble: Ensemble, spec: DescriptorSpec) -> dict[str, np.ndarray]:
    tables = [
        structural_descriptors(ensemble.configuration(run), spec, ensemble.melt)
        for run in ensemble.runs
    ]
    return {
        "features": np.concatenate([table.values for table in tables]),
        "names": np.array(tables[0]["descriptor"].values, dtype=str),
    }


def dataset(ensemble: Ensemble, spec: DescriptorSpec | None = None) -> Dataset:
    """Assemble descriptors, Debye–Waller factor and propensity of all monomers of all runs.

    Parameters
    ----------
    ensemble : Ensemble
    spec : DescriptorSpec, optional

    Raises
    ------
    ConfigurationError
        The box is too small for the longest descriptor.
    """
    spec = spec or DescriptorSpec()
    key = key_of(digest(ensemble), spec.model_dump(), code_of(_descriptors, load_ensemble))
    table = cached(
        f"descriptors-T{ensemble.temperature:.3f}", key, lambda: _descriptors(ensemble, spec)
    )
    return assembled(ensemble, table["features"], table["names"])


def assembled(ensemble: Ensemble, features: np.ndarray, names: Sequence[str]) -> Dataset:
    """Put columns beside the targets and Debye–Waller factors of all monomers of all runs.

    Parameters
    ----------
    ensemble : Ensemble
    features : (n_rows, n_columns) float
        Runs in the order of the ensemble, monomers in the order of the run.
    names : sequence of str
        Of the columns.
    """
    n = ensemble.melt.n_monomers
    return Dataset(
        temperature=ensemble.temperature,
        features=features,
        feature_names=tuple(str(name) for name in names),
        debye_waller=ensemble.debye_waller.ravel(),
        targets=ensemble.propensity.reshape(len(ensemble.runs) * n, -1),
        times=ensemble.times.times,
        tau_index=ensemble.times.tau_index,
        runs=np.repeat(list(ensemble.runs), n),
        chain_position=np.concatenate([run["chain_position"] for run in ensemble.runs.values()]),
    )


def reference_temperature(temperatures: Iterable[float]) -> float:
    """Return where settings are chosen: 0.50 where its data are there, else the middle one.

    Examples
    --------
    >>> reference_temperature([0.6, 0.5, 0.45]), reference_temperature([0.8, 0.7, 0.65])
    (0.5, 0.7)
    """
    temperatures = sorted(temperatures)
    near = [t for t in temperatures if abs(t - SETTINGS_TEMPERATURE) < 5e-4]
    return near[0] if near else temperatures[len(temperatures) // 2]


def settings_key(reference: Ensemble, settings: NetworkSettings) -> str:
    """Return the key of the choice of settings, see :func:`chosen_settings`."""
    code = code_of(search_settings, load_ensemble)
    return key_of(digest(reference), settings.model_dump(), _grid(settings), code)


def _grid(settings: NetworkSettings) -> dict[str, tuple]:
    """What is tried: less for whole runs held out, where every training is in a fold again."""
    if settings.split == "row":
        return DEFAULT_GRID
    return {"l2": (1e-2, 3e-2, 1e-1)}


def _tried(data: Dataset, network: str, settings: NetworkSettings) -> dict[str, np.ndarray]:
    _, table = choose_settings(data, network, _grid(settings), settings)
    return {"table": np.array(table.to_json())}


def search_settings(reference: Ensemble, settings: NetworkSettings) -> pd.DataFrame:
    """Try every candidate for A and B at one temperature, on validation rows.

    Returns
    -------
    pandas.DataFrame
        One row for each network and candidate: the grid's columns, ``validation_loss`` and so on
        (see :func:`glasslib.learning.training.choose_settings`), and all ``settings`` as JSON.
    """
    data = dataset(reference)
    tables = []
    for network in NETWORKS:
        key = key_of(data.fingerprint, network, settings.model_dump(), _grid(settings),
                     code_of(_tried))
        saved = cached(f"settings-{network}", key, partial(_tried, data, network, settings))
        table = pd.read_json(StringIO(str(saved["table"])))
        names = list(_grid(settings))
        table["settings"] = [
            settings.model_copy(update=dict(zip(names, row, strict=True))).model_dump_json()
            for row in table[names].itertuples(index=False)
        ]
        tables.append(table.assign(network=network))
    return pd.concat(tables, ignore_index=True)


def chosen_settings(
    ensembles: dict[float, Ensemble], settings: NetworkSettings | None = None
) -> dict[str, tuple[NetworkSettings, pd.DataFrame]]:
    """Choose what the paper leaves open, for A and for B, on validation rows at one temperature.

    The temperature is 0.50 where its data are there, else the middle one shown. Test rows take no
    part. The same settings then serve all temperatures. A choice that ships is used if its key
    matches.

    Returns
    -------
    dict
        By network: the settings, and a table of all that was tried, best first.
    """
    settings = settings or NetworkSettings()
    reference = ensembles[reference_temperature(ensembles)]
    key = settings_key(reference, settings)
    table = shipped.find("settings", settings.split, key)
    if table is None:
        found = search_settings(reference, settings)
        table = shipped.cache("settings", settings.split, key, found)
    out = {}
    for network, tried in table.groupby("network"):
        tried = tried.sort_values("validation_loss")
        best = tried[tried["chosen"]]["settings"].iloc[0]
        columns = tried.drop(columns=["network", "settings"]).reset_index(drop=True)
        out[network] = NetworkSettings.model_validate_json(best), columns
    return out


def trained(
    data: Dataset,
    network: str,
    settings: NetworkSettings,
    parts: Split,
    standardise_on: str = "training",
) -> TrainedNetwork:
    """Train a network, or read it again if the same was trained before on the same numbers.

    Parameters
    ----------
    data : Dataset
    trained_network : {"A", "B"}
    settings : NetworkSettings
    parts : Split
    standardise_on : {"training", "all"}
        See :func:`glasslib.learning.training.train`.
    """
    rows = [hash_of(part) for part in (parts.train, parts.validation, parts.test)]
    key = key_of(
        data.fingerprint, network, settings.model_dump(), rows, standardise_on, code_of(trained)
    )
    folder = paths.cache() / f"network-{network}-T{data.temperature:.3f}-{key}"
    if (folder / "network.npz").exists():
        return TrainedNetwork.load(folder)
    trained_network = train(data, network, settings, parts, standardise_on=standardise_on)
    trained_network.save(folder)
    return trained_network


def held_out(
    data: Dataset,
    network: str,
    settings: NetworkSettings,
    folds: list[Split] | None = None,
) -> tuple[np.ndarray, list[TrainedNetwork]]:
    """Predict every row by a network that has never seen its run.

    Each fold starts from its own seed, so that the scatter of trainings is part of the error.
    Rows of a run that trains decide on nothing
    (:func:`~glasslib.learning.training.unvalidated`).

    Parameters
    ----------
    data, which, settings
        As for :func:`trained`.
    folds : list of Split, optional
        Default :func:`glasslib.learning.dataset.run_folds`.

    Returns
    -------
    (n_rows, n_times) float64, list of TrainedNetwork
        In σ; and the network of each fold.
    """
    folds = run_folds(data.runs) if folds is None else folds
    predicted = np.full(data.targets.shape, np.nan)
    networks = []
    for number, parts in enumerate(folds):
        own = settings.model_copy(update={"seed": settings.seed + number})
        trained_network = trained(data, network, unvalidated(own, data.runs, parts), parts)
        predicted[parts.test] = trained_network.predict(data.subset(parts.test))
        networks.append(trained_network)
    return predicted, networks


def settings_table(settings: dict[str, NetworkSettings]) -> pd.DataFrame:
    """Return the settings of both networks side by side.

    Parameters
    ----------
    settings : dict of str to NetworkSettings
        By network.

    Returns
    -------
    pandas.DataFrame
        By ``setting``: ``network A``, ``network B`` and ``meaning``, as text.
    """
    fields = NetworkSettings.model_fields

    def text(value):
        return f"{value:g}" if isinstance(value, float) else str(value)

    rows = {
        name: {
            **{f"network {network}": text(getattr(s, name)) for network, s in settings.items()},
            "meaning": field.description,
        }
        for name, field in fields.items()
    }
    return pd.DataFrame(rows).T.rename_axis("setting")
