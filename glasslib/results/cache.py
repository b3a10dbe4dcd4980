"""What is kept on disk and under which key: the hash of everything it depends on.

A key is made of data (:func:`digest`), values of parameters and code
(:func:`glasslib.results.closure.code_of`).
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from glasslib import paths, store
from glasslib.files import key_of, lease, write_arrays
from glasslib.store import Ensemble

__all__ = ["alone", "cached", "digest", "hash_of"]


def hash_of(array: np.ndarray) -> str:
    """Hash the bytes of an array.

    Examples
    --------
    >>> hash_of(np.arange(3)) == hash_of(np.arange(3)) != hash_of(np.arange(4))
    True
    """
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:24]


def digest(ensemble: Ensemble) -> str:
    """Hash of everything an ensemble was read from, as the registry knows it, and of its melt.

    The runs and blocks that were loaded count, not those that have come since.
    """
    entries = store.read_registry(paths.registry(ensemble.profile))
    folder = f"T{ensemble.temperature:.3f}"
    names = [f"{folder}/times.json"]
    for run, blocks in ensemble.blocks.items():
        numbers = [int(block.attrs["block"]) for block in blocks]
        names += [f"{folder}/run{run:02d}.nc"]
        names += [f"{folder}/run{run:02d}-block{number:02d}.nc" for number in numbers]
    return key_of({name: entries[name] for name in names}, ensemble.melt.model_dump())


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time make what is kept; the others wait, and find it then.

    Parameters
    ----------
    path : Path
        File or folder of the cache.
    """
    with lease(path.with_name(f".{path.name}.lease")):
        yield


def cached(name: str, key: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict:
    """Return arrays from ``var/cache``, or compute and keep them.

    Parameters
    ----------
    name, key : str
        Together the name of the file.
    compute : callable
        Gives the arrays by name.
    """
    path = paths.cache() / f"{name}-{key}.npz"
    if not path.exists():
        with alone(path):
            if not path.exists():
                write_arrays(path, **compute())
    with np.load(path) as saved:
        return dict(saved)
