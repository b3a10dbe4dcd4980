"""Network C: can structure alone replace the Debye–Waller factor?

C reads the descriptors of B, those of the inherent structure (the local minimum of the potential
energy below the configuration, found once by conjugate gradients and stored with each run), and
each monomer's distance to its place in it. No trajectory enters. "A and inherent" reads the
Debye–Waller factor on top.
"""

import numpy as np
import pandas as pd

from glasslib.configuration import Configuration
from glasslib.learning.baselines import out_of_sample
from glasslib.learning.correlation import correlation_rows
from glasslib.learning.dataset import Dataset
from glasslib.parameters import DescriptorSpec
from glasslib.results.baselines import over_draws, ridge_of, ridge_on, ridge_predictions, splits_of
from glasslib.results.cache import cached, digest, key_of
from glasslib.results.closure import code_of
from glasslib.results.networks import dataset, held_out
from glasslib.store import Ensemble, load_ensemble
from glasslib.structure.descriptors import structural_descriptors

__all__ = ["INHERENT_ALONE", "inherent_alone", "inherent_dataset", "with_inherent_structure",
           "with_inherent_structure_in_networks"]  # fmt: skip

#: Inputs by name: the letter of the network whose columns they hold, and whether the inherent
#: structure is added.
MODELS = {"B": ("B", False), "C": ("B", True), "A": ("A", False), "A and inherent": ("A", True)}
DIFFERENCES = [("C", "B"), ("A", "C"), ("A and inherent", "A")]
#: Ridge regression that does not read the configuration itself.
INHERENT_ALONE = "ridge of the inherent structure"


def _inherent_descriptors(ensemble: Ensemble, spec: DescriptorSpec) -> dict[str, np.ndarray]:
    columns = []
    for number, run in ensemble.runs.items():
        here = ensemble.configuration(number)
        minimum = Configuration(run["inherent_positions"], here.box, here.bonds)
        table = structural_descriptors(minimum, spec, ensemble.melt)
        distance = np.linalg.norm(minimum.positions - here.positions, axis=1)
        columns.append(np.concatenate([table.values, distance[:, None]], axis=1))
    names = [f"inherent {name}" for name in table["descriptor"].values]
    return {
        "columns": np.concatenate(columns).astype(np.float32),
        "names": np.array([*names, "distance to inherent structure"]),
    }


def inherent_dataset(ensemble: Ensemble) -> Dataset:
    """Return the data set with the descriptors of the inherent structure and the distance to it.

    A and B of it are "A and inherent" and C. The distance is in σ.
    """
    spec = DescriptorSpec()
    key = key_of(digest(ensemble), spec.model_dump(), code_of(_inherent_descriptors, load_ensemble))
    table = cached(
        f"inherent-T{ensemble.temperature:.3f}", key, lambda: _inherent_descriptors(ensemble, spec)
    )
    return dataset(ensemble).extended([str(name) for name in table["names"]], table["columns"])


def _named(models: dict[str, np.ndarray], kind: str) -> tuple[dict, list]:
    named = {f"{kind} {name}": values for name, values in models.items()}
    return named, [(f"{kind} {a}", f"{kind} {b}") for a, b in DIFFERENCES]


def with_inherent_structure(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ(t) of ridge regression on the inputs of B, C, A, and A with the inherent structure.

    Returns
    -------
    pandas.DataFrame
        ``split`` (row, run) and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`; ``model`` is "ridge" and one of
        :data:`MODELS`, or a difference of :data:`DIFFERENCES`.
    """
    plain, more = dataset(ensemble), inherent_dataset(ensemble)
    tables = []
    for division in splits_of(plain):
        models = over_draws(plain, division, lambda *folds: {
            name: ridge_on(more if added else plain, network, *folds)
            for name, (network, added) in MODELS.items()
        })
        named, differences = _named(models, "ridge")
        if division == "run":
            distance = more.features[:, [-1]].astype(np.float64)
            named["distance to inherent structure alone"] = np.repeat(
                distance, len(plain.times), axis=1
            )
        tables.append(correlation_rows(plain, named, differences, split=division))
    return pd.concat(tables, ignore_index=True)


def with_inherent_structure_in_networks(ensemble: Ensemble, settings: dict) -> pd.DataFrame:
    """Return the same for networks, runs held out, with the settings of A and B.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`with_inherent_structure`. Empty with a single run.
    """
    plain, more = dataset(ensemble), inherent_dataset(ensemble)
    if plain.n_runs < 2:
        return pd.DataFrame(columns=["split", "model", "t", "at_tau", "rho", "rho_error"])
    models = {}
    for name, (network, added) in MODELS.items():
        models[name] = held_out(more if added else plain, network, settings["run"][network])[0]
    named, differences = _named(models, "network")
    return correlation_rows(plain, named, differences, split="run")


def inherent_alone(ensemble: Ensemble, inherent: str = "instead") -> pd.DataFrame:
    """Return ρ(t) of ridge regression on the inherent structure instead of the configuration.

    It reads the descriptors of the inherent structure, and not the distance to it.

    Parameters
    ----------
    ensemble : Ensemble
    inherent : {"instead"}
        What the page asks.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`with_inherent_structure`; ``model`` is :data:`INHERENT_ALONE`, or its
        difference from ridge C.
    """
    plain, more = dataset(ensemble), inherent_dataset(ensemble)
    inputs, tables = more.features[:, plain.features.shape[1] : -1], []
    for division, (folds, groups) in splits_of(plain).items():
        predicted = {
            INHERENT_ALONE: out_of_sample(ridge_of("B"), inputs, plain.targets, folds, groups),
            "ridge C": ridge_predictions(more, "B", division),
        }
        table = correlation_rows(plain, predicted, [(INHERENT_ALONE, "ridge C")], split=division)
        tables.append(table[table["model"] != "ridge C"])
    return pd.concat(tables, ignore_index=True)
