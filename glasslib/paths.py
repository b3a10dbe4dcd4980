"""Every path of the project; nothing else in the library spells one.

The root is found from the package (a checkout, installed in editable mode). Data may live
elsewhere: set ``GLASSLIB_DATA``. Caches and unfinished work live under ``var/`` or
``GLASSLIB_VAR``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = [
    "book", "cache", "data", "empty_var", "ensembles", "figures", "notebooks", "registry",
    "results", "root", "unfinished", "work",
]


def root() -> Path:
    """Return the top of the checkout."""
    return Path(__file__).resolve().parents[1]


def data() -> Path:
    """Return the folder of data files: ``GLASSLIB_DATA``, or ``data/`` in the checkout."""
    return Path(os.environ.get("GLASSLIB_DATA") or root() / "data").resolve()


def ensembles(profile: str, temperature: float) -> Path:
    """Return the folder of one profile and temperature, ``data/ensembles/companion/T0.500``."""
    return data() / "ensembles" / profile / f"T{temperature:.3f}"


def registry(profile: str) -> Path:
    """Return the list of SHA-256 sums of one profile's data."""
    return data() / "ensembles" / profile / "registry.txt"


def results() -> Path:
    """Return the folder of the result tables that ship, ``data/results``."""
    return data() / "results"


def unfinished() -> Path:
    """Return the folder of checkpoints that travel with the data, ``data/unfinished``."""
    return data() / "unfinished"


def _var() -> Path:
    return Path(os.environ.get("GLASSLIB_VAR") or root() / "var").resolve()


@contextmanager
def empty_var() -> Iterator[None]:
    """Let ``GLASSLIB_VAR`` be an empty folder for a while, here and in processes started then."""
    before = os.environ.get("GLASSLIB_VAR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GLASSLIB_VAR"] = folder
        try:
            yield
        finally:
            del os.environ["GLASSLIB_VAR"]
            if before is not None:
                os.environ["GLASSLIB_VAR"] = before


def work() -> Path:
    """Return the folder of unfinished simulations (checkpoints)."""
    return _var() / "work"


def cache() -> Path:
    """Return the folder of results that can be computed again: descriptors, predictions."""
    return _var() / "cache"


def figures() -> Path:
    """Return the folder where notebooks save each figure's picture and numbers."""
    return Path(os.environ.get("GLASSLIB_FIGURES") or _var() / "figures").resolve()


def notebooks() -> Path:
    """Return the folder of the notebooks' sources."""
    return root() / "notebooks"


def book() -> Path:
    """Return the folder into which the book is built."""
    return root() / "_build"
