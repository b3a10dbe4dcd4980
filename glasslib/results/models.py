"""Trained models that ship, under ``data/models``: for configurations that people bring.

For each temperature one file with the networks A and B and, as ridge regressions, C (the inherent
structure) and D (cages). They are trained on all runs of the temperature; what they are worth on
a run that they have not seen is in the result tables, from networks and regressions that held
runs out. A file is numbers and text alone. It says under which keys it was made: one of the data,
one of the code and the settings.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from glasslib import paths, store
from glasslib.errors import DataError
from glasslib.files import write_atomically
from glasslib.learning.baselines import ridge_pipeline
from glasslib.learning.dataset import Dataset
from glasslib.learning.prediction import PropensityModel, share_beyond, whole_runs_split
from glasslib.parameters import NetworkSettings
from glasslib.results import shipped
from glasslib.results.cache import cached, digest, key_of
from glasslib.results.cage import cage_dataset, cages_digest
from glasslib.results.closure import code_of
from glasslib.results.inherent_structure import inherent_dataset
from glasslib.results.networks import (
    NETWORKS,
    chosen_settings,
    dataset,
    reference_temperature,
    trained,
)
from glasslib.store import Ensemble, load_cages, load_ensemble

__all__ = ["ModelSet", "expected_correlation", "load_models", "model_path", "model_temperatures",
           "models_at", "models_of", "publish_models", "train_models"]  # fmt: skip

#: Where the tables say what a model is worth on runs that it has not seen: table and ``model``.
WORTH = {
    "A": ("accuracy", "network A"), "B": ("accuracy", "network B"),
    "C": ("inherent", "ridge C"), "D": ("structure-limit", "ridge D"),
}
_ARRAYS = ("mean", "deviation", "target_mean", "target_deviation", "low", "high")


@dataclass(frozen=True, eq=False)
class ModelSet:
    """The models of one temperature.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    density : float
        Of the melt that trained them, in σ⁻³.
    chain_length : int
        Monomers in its chains.
    monomers, runs : int
        Of each run, and how many runs.
    times : (n_times,) float64
        Times of the predictions in τ.
    tau_index : int
        Which of them is τ_α.
    models : dict of str to PropensityModel
        By letter: A, B, C, and D where the cages of every run are there.
    left_out : dict of str to float
        By family of inputs: the share of values of one run that lie beyond the range of the
        others, the mean over runs. NaN with a single run.
    keys : dict of str to str
        ``data`` and ``code``, under which they were trained.
    """

    temperature: float
    density: float
    chain_length: int
    monomers: int
    runs: int
    times: np.ndarray
    tau_index: int
    models: dict[str, PropensityModel]
    left_out: dict[str, float]
    keys: dict[str, str]


def family(name: str) -> str:
    """Return the family of an input, by its name.

    Examples
    --------
    >>> [family(n) for n in ("radial r=1.00 g=1", "inherent energy", "variance, own", "energy",
    ...                      "distance to inherent structure", "debye_waller")]
    ['radial', 'inherent', 'cage', 'energy', 'inherent', 'debye_waller']
    """
    if "inherent" in name:
        return "inherent"
    first = name.split(" ")[0]
    return first if first in ("radial", "angular", "voronoi", "energy", "debye_waller") else "cage"


def share_by_family(names: Iterable[str], shares: np.ndarray) -> dict[str, float]:
    """Return the mean over the inputs of each family, in order of first appearance."""
    frame = pd.Series(np.asarray(shares), index=[family(name) for name in names])
    return frame.groupby(level=0, sort=False).mean().to_dict()


# ---------------------------------------------------------------------------------- training
def _ridge(data: Dataset) -> PropensityModel:
    pipeline = ridge_pipeline().fit(data.features, data.targets, regress__groups=data.runs)
    return PropensityModel.of_ridge(pipeline, data.feature_names, data.features)


def _beyond_the_others(data: Dataset) -> dict[str, float]:
    """Share of values of a run beyond the range of the other runs, by family; mean over runs."""
    values, names = data.inputs("A")
    if data.n_runs < 2:
        return dict.fromkeys(map(family, names), float("nan"))
    shares = [
        share_beyond(values[own], values[~own].min(axis=0), values[~own].max(axis=0))
        for own in (data.runs == run for run in np.unique(data.runs))
    ]
    return share_by_family(names, np.mean(shares, axis=0))


def train_models(ensemble: Ensemble, settings: dict[str, NetworkSettings]) -> ModelSet:
    """Train A, B, C, and D where cages are there, on all runs of a temperature.

    Parameters
    ----------
    ensemble : Ensemble
    settings : dict of str to NetworkSettings
        Of A and of B, as chosen with whole runs held out.

    Returns
    -------
    ModelSet
    """
    plain, sets = dataset(ensemble), {"C": inherent_dataset(ensemble)}
    if set(store.with_cages(ensemble)) == set(ensemble.blocks):
        sets["D"] = cage_dataset(ensemble)
    models, beyond = {}, {}
    with threadpool_limits(1):
        for network in NETWORKS:
            fit = trained(plain, network, settings[network], whole_runs_split(plain.runs))
            models[network] = PropensityModel.of_network(fit, plain.inputs(network)[0])
        for letter, data in sets.items():
            models[letter] = _ridge(data)
            beyond |= _beyond_the_others(data)
    return ModelSet(
        ensemble.temperature, ensemble.melt.density, ensemble.melt.chain_length,
        ensemble.melt.n_monomers, plain.n_runs, plain.times, plain.tau_index, models, beyond,
        keys_of(ensemble, settings),
    )


def keys_of(ensemble: Ensemble, settings: dict[str, NetworkSettings]) -> dict[str, str]:
    """Return the keys under which the models of an ensemble are trained now."""
    return {
        "data": key_of(digest(ensemble), cages_digest(ensemble)),
        "code": key_of(
            {network: settings[network].model_dump() for network in NETWORKS},
            code_of(train_models, load_ensemble, load_cages),
        ),
    }


# ------------------------------------------------------------------------------------- files
def model_path(temperature: float) -> Path:
    """Return the file of the models of one temperature."""
    return paths.models() / f"T{temperature:.3f}.npz"


def model_temperatures() -> list[float]:
    """Return the temperatures whose models ship, falling."""
    return sorted((float(p.stem[1:]) for p in paths.models().glob("T?.???.npz")), reverse=True)


def _arrays(models: ModelSet) -> dict[str, np.ndarray]:
    """Everything as arrays by name, one of them a text in JSON."""
    about = {
        name: getattr(models, name)
        for name in ("temperature", "density", "chain_length", "monomers", "runs", "tau_index",
                     "left_out", "keys")
    } | {"format": 1, "models": {}}
    arrays = {"times": models.times}
    for letter, model in models.models.items():
        about["models"][letter] = {
            "inputs": model.inputs, "limit": model.limit, "layers": len(model.layers)
        }
        arrays |= {f"{letter}_{name}": getattr(model, name) for name in _ARRAYS}
        for k, (kernel, bias) in enumerate(model.layers):
            arrays |= {f"{letter}_kernel_{k}": kernel.astype(np.float32),
                       f"{letter}_bias_{k}": bias.astype(np.float32)}
    return {"about": np.array(json.dumps(about, ensure_ascii=False)), **arrays}


def _of_arrays(arrays: dict[str, np.ndarray]) -> ModelSet:
    about = json.loads(str(arrays["about"]))
    models = {
        letter: PropensityModel(
            inputs=tuple(one["inputs"]), limit=one["limit"],
            layers=tuple((arrays[f"{letter}_kernel_{k}"], arrays[f"{letter}_bias_{k}"])
                         for k in range(one["layers"])),
            **{name: arrays[f"{letter}_{name}"] for name in _ARRAYS},
        )
        for letter, one in about.pop("models").items()
    }
    about.pop("format")
    return ModelSet(models=models, times=arrays["times"], **about)


def publish_models(
    ensembles: dict[float, Ensemble], settings: dict[str, NetworkSettings],
    report: Callable[[str], None] = print, force: bool = False,
) -> int:
    """Train what is not up to date under ``data/models``, and remove what has no data any more.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    settings : dict of str to NetworkSettings
        As for :func:`train_models`.
    report : callable
        Gets one line about each temperature.
    force : bool
        Train also what is up to date.

    Returns
    -------
    int
        How many files were written.
    """
    for temperature in model_temperatures():
        if store.find_temperature(temperature, ensembles) is None:
            model_path(temperature).unlink()
    written = 0
    for temperature, ensemble in ensembles.items():
        path = model_path(temperature)
        if not force and path.exists() and _read(path).keys == keys_of(ensemble, settings):
            continue
        arrays = _arrays(train_models(ensemble, settings))

        def save(temporary: Path, arrays=arrays) -> None:
            with temporary.open("wb") as file:
                np.savez_compressed(file, **arrays)

        write_atomically(path, save)
        written += 1
        report(f"models T{temperature:.3f}: trained, {path.stat().st_size / 1e3:.0f} kB")
    return written


def _read(path: Path) -> ModelSet:
    try:
        with np.load(path, allow_pickle=False) as file:
            return _of_arrays(dict(file))
    except (BadZipFile, EOFError, KeyError, OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{path.name} is damaged ({type(error).__name__}); train it again with"
            " 'glasslib results compute models --force'"
        ) from None


def load_models(temperature: float) -> ModelSet:
    """Read the models of a temperature that ships, as they are; see :func:`staleness` too.

    Parameters
    ----------
    temperature : float
        In ε/k_B, to three decimals.

    Raises
    ------
    DataError
        No models ship at this temperature (the nearest is named), or the file is damaged.
    """
    there = model_temperatures()
    found = store.find_temperature(temperature, there)
    if found is None:
        if not there:
            raise DataError("no trained model ships; 'glasslib results compute models' makes them")
        near = min(there, key=lambda t: abs(t - temperature))
        raise DataError(
            f"no model was trained at T = {temperature:g} (there: "
            + ", ".join(f"{t:g}" for t in there)
            + f"); --trained-at {near:g} asks the nearest one, which is worth less there"
        )
    return _read(model_path(found))


def models_of(ensemble: Ensemble, settings: dict[str, NetworkSettings]) -> ModelSet:
    """Return the models of an ensemble: those that ship, if up to date, or cached, or trained now.

    Parameters
    ----------
    ensemble : Ensemble
    settings : dict of str to NetworkSettings
        As for :func:`train_models`.
    """
    keys, path = keys_of(ensemble, settings), model_path(ensemble.temperature)
    if path.exists() and (found := _read(path)).keys == keys:
        return found
    name = f"models-T{ensemble.temperature:.3f}"
    return _of_arrays(
        cached(name, key_of(keys), lambda: _arrays(train_models(ensemble, settings)))
    )


def models_at(temperature: float, ensembles: dict[float, Ensemble]) -> ModelSet:
    """Return the models of one temperature that a page shows, as :func:`models_of` finds them.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    ensembles : dict of float to Ensemble
        By temperature; at one of them the settings are chosen.

    Raises
    ------
    DataError
        The page shows no such temperature.
    """
    own = store.find_temperature(temperature, ensembles)
    if own is None:
        raise DataError(f"no ensemble at T = {temperature:g} is shown, so no model is trained")
    reference = ensembles[reference_temperature(ensembles)]
    division = "run" if len(reference.runs) > 1 else "row"
    chosen = chosen_settings(ensembles, NetworkSettings(split=division))
    return models_of(ensembles[own], {network: best for network, (best, _) in chosen.items()})


# ------------------------------------------------------------------------------- their worth
def expected_correlation(letter: str, temperature: float) -> pd.DataFrame:
    """Return ρ of a model within a configuration that it has not seen, from the tables that ship.

    Parameters
    ----------
    letter : {"A", "B", "C", "D"}
    temperature : float
        Of training and of the configuration, in ε/k_B.

    Returns
    -------
    pandas.DataFrame
        ``t`` in τ, ``at_tau``, ``rho`` and ``rho_error`` (averages within configurations, whole
        runs held out); empty where no table tells.
    """
    name, model = WORTH[letter]
    table = shipped.read_table(name)
    if table.empty:
        return pd.DataFrame(columns=["t", "at_tau", "rho", "rho_error"])
    here = table[(table["model"] == model) & (table["split"] == "run")
                 & (abs(table["T"] - temperature) < 5e-4)]
    here = here[["t", "at_tau", "within", "within_error"]].reset_index(drop=True)
    return here.rename(columns={"within": "rho", "within_error": "rho_error"})
