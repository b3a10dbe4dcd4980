"""Files written whole or not at all, checksums, and locks between processes."""

import errno
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
from filelock import SoftFileLease, Timeout

from glasslib import paths

__all__ = [
    "hashes", "key_of", "lease", "sha256", "write_arrays", "write_atomically", "write_text",
]


def write_atomically(path: Path, save: Callable[[Path], None]) -> None:
    """Let ``save`` write a temporary file beside ``path``, then move it there in one step.

    Raises
    ------
    PlaceError
        The folder cannot be written, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise paths.refused(error, path.parent) or error from None
    os.close(handle)
    temporary = Path(name)
    try:
        save(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # a full disk is either, says HDF5
        full = OSError(errno.ENOSPC, "") if "No space left on device" in str(error) else None
        raise (full and paths.refused(full, path.parent)) or error from None
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, whole or not at all; raises as :func:`write_atomically`."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays by name (npz), whole or not at all; raises as :func:`write_atomically`."""

    def save(temporary: Path) -> None:
        with temporary.open("wb") as file:  # numpy adds a suffix to a name
            np.savez(file, **arrays)

    write_atomically(path, save)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(folder: Path, *patterns: str) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder, by its path there, in order.

    Left out are hidden files, locks, what is half written, and caches of Python.

    Parameters
    ----------
    folder : Path
        One that does not exist is empty.
    *patterns : str
        Of the names of files; all files by default.
    """
    found = {path for pattern in patterns or ("*",) for path in folder.rglob(pattern)}
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(found)
        if path.is_file() and not path.name.startswith(".")
        and path.suffix not in (".tmp", ".lock") and "__pycache__" not in path.parts
    }


def key_of(*parts) -> str:
    """Return a key for anything that JSON can write: 24 hexadecimal digits of its SHA-256.

    Examples
    --------
    >>> key_of("a", {"x": 1}) == key_of("a", {"x": 1}) != key_of("a", {"x": 2})
    True
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:24]


@contextmanager
def lease(path: Path, timeout: float = -1) -> Iterator[None]:
    """Hold a lock between processes, and between machines that share a file system.

    It is a file that only one can create, refreshed while its holder lives. It needs no locks of
    the operating system, which network file systems often lack. One whose holder has died is
    taken at once on the same machine, and on another when this process has seen it for a minute
    without a sign of life; what a process left that was killed while it wrote one, after seconds.

    Parameters
    ----------
    path : Path
    timeout : float
        Seconds to wait; then ``filelock.Timeout`` is raised. Negative waits for ever. Tries that
        do not wait add up to that minute.
    """
    paths.check_writable(path.parent)
    lock, begun = _lock(path), time.monotonic()
    while True:
        _mark_if_empty(path)
        left = timeout - (time.monotonic() - begun)
        try:
            lock.acquire(timeout=1.0 if timeout < 0 else min(max(left, 0.0), 1.0))
            break
        except Timeout:
            if 0 <= timeout and left <= 1.0:
                raise
    try:
        yield
    finally:
        lock.release()


@cache
def _lock(path: Path) -> SoftFileLease:
    """Return this process's one lock of a name: it remembers since when another has been silent."""
    return SoftFileLease(path, lease_duration=60.0)


def _mark_if_empty(path: Path) -> None:
    """Let an empty lock count as half-written: filelock takes those after a while.

    It leaves an empty one for ever. A holder that is just about to write comes to no harm: it
    writes over the line's end, or has its record end in one more.
    """
    with suppress(OSError), os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "ab", 0) as file:
        if os.fstat(file.fileno()).st_size == 0:
            file.write(b"\n")
