"""Data of others: configurations of an atomic mixture with propensities, and their cages.

``data/mixtures/<name>/train-001.nc``
    A configuration: positions, species, box, and the propensity at one time as the means of two
    independent halves of the trajectories. ``train`` and ``test`` are the division of its authors.
``data/mixtures/<name>/train-001-cage.nc``
    Its inherent structure and its cages, in two independent halves, sampled here.

``data/scans/<name>/train-001.nc``
    Other samplings of its cages, with replicas of other lengths.

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
from glasslib.store.registry import DataFile, read, read_registry
from glasslib.store.schema import CAGE, SCAN, Variable
from glasslib.structure.cage import CageMoments
from glasslib.structure.mixture import Mixture

__all__ = [
    "MIXTURE", "MIXTURE_CAGE", "MIXTURE_SCAN", "MixtureSample", "load_mixture",
    "load_mixture_scans", "mixture_digest", "mixture_path", "mixture_scan_path",
    "read_pair_coefficients",
]  # fmt: skip

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
#: The variables of other samplings: replicas of each half and their lengths, and what they gave.
MIXTURE_SCAN = {
    **{name: SCAN[name] for name in ("replicas", "duration", "seconds")},
    "square": Variable(("setting", "half", "monomer"), "mean squared distance from the"
                       " configuration", "sigma^2", single=True),
    "variance": Variable(("setting", "half", "monomer"), "variance of the place", "sigma^2",
                         single=True),
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


def mixture_scan_path(name: str, label: str) -> Path:
    """Return the file of other samplings of a configuration; its registry is that of scans."""
    return paths.mixtures().parent / "scans" / name / f"{label}.nc"


def load_mixture_scans(name: str) -> dict[str, DataFile]:
    """Load other samplings of a mixture's cages, verified: :data:`MIXTURE_SCAN` by label.

    Parameters
    ----------
    name : str
        A folder of ``data/scans``.

    Raises
    ------
    DataError
        There is none, or a file is missing, unregistered or damaged.
    """
    folder = mixture_scan_path(name, "").parent
    registered = [
        file.split("/")[1] for file in read_registry(folder.parent / "registry.txt")
        if file.startswith(f"{name}/")
    ]
    if not registered:
        raise DataError(f"data/scans holds no {name!r}")
    return {file.removesuffix(".nc"): read(folder / file) for file in sorted(registered)}


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
