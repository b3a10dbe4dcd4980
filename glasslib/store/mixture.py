"""Data of others: configurations of an atomic mixture with propensities, and their cages.

``data/mixtures/<name>/train-001.nc``
    A configuration: positions, species, box, and the propensity at one time as the means of two
    independent halves of the trajectories. ``train`` and ``test`` are the division of its authors.
``data/mixtures/<name>/train-001-cage.nc``
    Its inherent structure and its cages, in two independent halves, sampled here.

They are written once, registered and verified like all data.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from glasslib import paths
from glasslib.configuration import Configuration
from glasslib.errors import DataError, ParameterError
from glasslib.files import key_of
from glasslib.parameters import validate
from glasslib.store.registry import read, read_registry
from glasslib.store.schema import CAGE, Variable
from glasslib.structure.cage import CageMoments
from glasslib.structure.mixture import Mixture

__all__ = ["MIXTURE", "MIXTURE_CAGE", "MixtureSample", "load_mixture", "mixture_digest",
           "mixture_path", "read_pair_coefficients"]  # fmt: skip

_OF_CHAINS = ("chain_variance", "bond_variance", "p1_loss", "p2_loss")
#: The variables of a configuration.
MIXTURE = {
    "positions": Variable(("monomer", "xyz"), "positions", "sigma", single=True),
    "species": Variable(("monomer",), "species, from 0", "1"),
    "box": Variable(("xyz",), "edges of the periodic box", "sigma"),
    "propensity": Variable(("half", "monomer"), "mean displacement", "sigma", single=True),
}
#: The variables of its cages.
MIXTURE_CAGE = {
    "inherent": Variable(("monomer", "xyz"), "positions in the inherent structure", "sigma",
                         single=True),
    **{name: variable for name, variable in CAGE.items() if name not in _OF_CHAINS},
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class MixtureSample:
    """A configuration of a mixture with its propensities, and its cages if they are there.

    Parameters
    ----------
    label : str
        "train-001" and so on; its first word says what it is for.
    configuration : Configuration
    species : (N,) int64
        Counted from 0.
    propensity : (2, N) float64
        ⟨\\|Δr\\|⟩ in σ from either half of the trajectories.
    inherent : Configuration or None
    halves : list of CageMoments
        Independent samplings of the cages.
    """

    label: str
    configuration: Configuration
    species: np.ndarray
    propensity: np.ndarray
    inherent: Configuration | None
    halves: list[CageMoments]


def mixture_path(name: str, label: str) -> Path:
    """Return the file of a configuration, or with "-cage" in the label that of its cages."""
    return paths.mixtures() / name / f"{label}.nc"


def mixture_digest(name: str) -> str:
    """Hash of the files of a mixture, as the registry knows them."""
    entries = read_registry(paths.mixtures() / "registry.txt")
    return key_of({file: sha for file, sha in entries.items() if file.startswith(f"{name}/")})


def load_mixture(name: str) -> list[MixtureSample]:
    """Load the configurations of a mixture, each file verified.

    Parameters
    ----------
    name : str
        A folder of ``data/mixtures``.

    Returns
    -------
    list of MixtureSample
        By label; those to test come first.

    Raises
    ------
    DataError
        There is no such mixture, or a file is missing, unregistered or damaged.

    Examples
    --------
    >>> load_mixture("no-such-glass")
    Traceback (most recent call last):
    ...
    glasslib.errors.DataError: data/mixtures holds no 'no-such-glass'; it holds kob-andersen-T0.44
    """
    registered = read_registry(paths.mixtures() / "registry.txt")
    files = sorted(file.split("/")[1] for file in registered if file.startswith(f"{name}/"))
    if not files:
        held = ", ".join(sorted({file.split("/")[0] for file in registered})) or "nothing"
        raise DataError(f"data/mixtures holds no {name!r}; it holds {held}")
    samples = []
    for file in files:
        label = file.removesuffix(".nc")
        if label.endswith("-cage"):
            continue
        found = read(mixture_path(name, label))
        inherent, halves = None, []
        if f"{label}-cage.nc" in files:
            cages = read(mixture_path(name, f"{label}-cage"))
            inherent = Configuration(cages["inherent"], found["box"])
            arrays = {
                field.name: cages[field.name].astype(np.float64)
                if field.name in cages else np.empty((len(cages["offset"]), 0))
                for field in fields(CageMoments)
            }
            halves = [
                CageMoments(**{key: values[half] for key, values in arrays.items()})
                for half in range(len(cages["offset"]))
            ]
        samples.append(MixtureSample(
            label, Configuration(found["positions"], found["box"]),
            found["species"].astype(np.int64), found["propensity"].astype(np.float64), inherent,
            halves,
        ))
    return samples


def read_pair_coefficients(path: Path) -> Mixture:
    """Read the pair coefficients of a mixture from a TOML file.

    Parameters
    ----------
    path : Path
        With ``epsilon`` and ``sigma``, a row and a column for each species, and at will ``cutoff``.

    Raises
    ------
    ParameterError
        It cannot be read, lacks a table, or holds something else.

    Examples
    --------
    >>> read_pair_coefficients(Path("nowhere.toml"))
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: pair coefficients 'nowhere.toml': No such file or directory
    """
    def refuse(why):
        return ParameterError(f"pair coefficients '{path}': {why}")

    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refuse(getattr(error, "strerror", None) or f"no TOML ({error})") from None
    for name in ("epsilon", "sigma"):
        if name not in values:
            raise refuse(f"no {name}; for two species write {name} = [[1.0, 0.8], [0.8, 0.9]]")
    try:
        return validate(Mixture, **values)
    except ParameterError as error:
        raise refuse(error) from None
