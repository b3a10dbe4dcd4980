"""What is kept on disk and under which key: the hash of everything it depends on.

The part of a key that stands for code is taken from the syntax tree of the modules involved,
without documentation: a comment, a docstring or a line break changes no key.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from glasslib import paths, store
from glasslib.store import Ensemble

__all__ = ["cached", "code_hash", "digest", "hash_of", "key_of"]

_TOP = Path(__file__).resolve().parents[1]


def _without_documentation(source: str) -> str:
    """Return the syntax tree of a module as text, docstrings taken out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and body:
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                if isinstance(first.value.value, str):
                    node.body = body[1:]
    return ast.dump(tree)


@lru_cache
def code_hash(*parts: str) -> str:
    """Hash the code of the named parts of the library.

    Parameters
    ----------
    *parts : str
        Files or folders below ``glasslib``, such as ``"structure"`` or ``"learning/dataset.py"``.

    Examples
    --------
    >>> code_hash("structure") == code_hash("structure") != code_hash("learning")
    True
    """
    total = hashlib.sha256()
    for part in parts:
        target = _TOP / part
        files = sorted(target.rglob("*.py")) if target.is_dir() else [target]
        for path in files:
            text = _without_documentation(path.read_text(encoding="utf-8"))
            total.update(f"{path.relative_to(_TOP).as_posix()}\0{text}\0".encode())
    return total.hexdigest()


def key_of(*parts) -> str:
    """Return a key for anything that JSON can write.

    Examples
    --------
    >>> key_of("a", {"x": 1}) == key_of("a", {"x": 1}) != key_of("a", {"x": 2})
    True
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:24]


def hash_of(array: np.ndarray) -> str:
    """Hash the bytes of an array.

    Examples
    --------
    >>> hash_of(np.arange(3)) == hash_of(np.arange(3)) != hash_of(np.arange(4))
    True
    """
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:24]


def digest(of: Ensemble) -> str:
    """Hash of everything an ensemble was read from, as the registry knows it.

    The runs and blocks that were loaded count, not those that have come since.
    """
    entries = store.read_registry(paths.registry(of.profile))
    folder = f"T{of.temperature:.3f}"
    names = [f"{folder}/times.json"]
    for run, blocks in of.blocks.items():
        numbers = [int(block.attrs["block"]) for block in blocks]
        names += [f"{folder}/run{run:02d}.nc"]
        names += [f"{folder}/run{run:02d}-block{number:02d}.nc" for number in numbers]
    return key_of({name: entries[name] for name in names})


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
    if path.exists():
        with np.load(path) as saved:
            return dict(saved)
    arrays = compute()

    def save(target: Path):
        with target.open("wb") as file:
            np.savez(file, **arrays)

    store.write_atomically(path, save)
    return arrays
