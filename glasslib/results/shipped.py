"""Result tables on disk: small CSV files under ``data/results`` that ship, and their cache.

A table is made of parts, one for each temperature or of another kind. The first line of its file
is a comment that says, for each part, the key under which it was computed (the hash of data, code
and parameters), and the hash of the lines that follow: a file changed by hand is not trusted.
"""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from glasslib import paths
from glasslib.files import write_text
from glasslib.results.cache import alone

__all__ = ["cache", "find", "found_or", "parts_of", "publish", "read_table", "remove"]

_DIGITS = "%.7g"
#: Columns of text, and of true and false, wherever they occur.
_TYPES = {"part": str} | dict.fromkeys(("at_tau", "own", "chosen"), bool)


def _path(table: str) -> Path:
    return paths.results() / f"{table}.csv"


def _text(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, float_format=_DIGITS, lineterminator="\n")


def _read(path: Path) -> tuple[dict, pd.DataFrame]:
    """Read a table's file; an empty one when it is missing, damaged or changed by hand."""
    try:
        head, body = path.read_text(encoding="utf-8").split("\n", 1)
        about = json.loads(head.removeprefix("# "))
        if about["sha256"] != hashlib.sha256(body.encode()).hexdigest():
            return {}, pd.DataFrame()
        return about["parts"], _parse(body)
    except (FileNotFoundError, ValueError, KeyError):
        return {}, pd.DataFrame()


def _parse(body: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(body), dtype=_TYPES, keep_default_na=False,
                       na_values=["", "nan"])


def read_table(table: str) -> pd.DataFrame:
    """Return the whole table that ships, whatever its keys; empty when there is none.

    Examples
    --------
    >>> read_table("no-such-table").empty
    True
    """
    return _read(_path(table))[1]


def parts_of(table: str) -> dict[str, dict]:
    """Return what the file that ships says of its parts: key, seconds and rows, by name.

    Examples
    --------
    >>> parts_of("no-such-table")
    {}
    """
    return _read(_path(table))[0]


def _cache_path(table: str, part: str, key: str) -> Path:
    return paths.cache() / "tables" / f"{table}-{part}-{key}.csv"


def find(table: str, part: str, key: str) -> pd.DataFrame | None:
    """Return a part of a table if it is there under this key, shipped or cached; else None.

    Parameters
    ----------
    table, part, key : str

    Examples
    --------
    >>> find("no-such-table", "T0.500", "key") is None
    True
    """
    parts, frame = _read(_path(table))
    if parts.get(part, {}).get("key") == key:
        return frame[frame["part"] == part].drop(columns="part").reset_index(drop=True)
    cached = _cache_path(table, part, key)
    if cached.exists():
        return _parse(cached.read_text(encoding="utf-8"))
    return None


def cache(table: str, part: str, key: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Keep a part under ``var/cache``, and return it as it will be read again."""
    text = _text(frame)
    write_text(_cache_path(table, part, key), text)
    return _parse(text)


def found_or(
    table: str, part: str, key: str, compute: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """Return a part of a table as :func:`find` does, or compute it and keep it.

    Parameters
    ----------
    table, part, key : str
    compute : callable
        Gives the part; one process computes it while others that want it wait.
    """
    frame = find(table, part, key)
    if frame is None:
        with alone(_cache_path(table, part, key)):
            frame = find(table, part, key)
            if frame is None:
                frame = cache(table, part, key, compute())
    return frame


def _write(table: str, parts: dict[str, dict], whole: pd.DataFrame) -> None:
    order = sorted(parts, reverse=True)
    whole = whole.sort_values("part", key=lambda names: names.map(order.index), kind="stable")
    body = _text(whole)
    about = {
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
        "parts": {name: parts[name] for name in order},
    }
    text = f"# {json.dumps(about)}\n{body}"
    write_text(_path(table), text)


def publish(table: str, part: str, key: str, frame: pd.DataFrame, seconds: float) -> None:
    """Write a part into the table's file under ``data/results``, whole or not at all.

    Parameters
    ----------
    table, part, key : str
    frame : pandas.DataFrame
        Without rows, it is the key that says that nothing can be told of this part.
    seconds : float
        Processor time that it took, to say later how long the next takes.
    """
    parts, old = _read(_path(table))
    new = frame.assign(part=part)
    new = new[["part", *(name for name in new if name != "part")]]
    frames = [old[old["part"] != part] if len(old) else old, new]
    whole = pd.concat([each for each in frames if len(each)] or [new], ignore_index=True)
    parts[part] = {"key": key, "seconds": round(seconds, 1), "rows": len(new)}
    _write(table, parts, whole)


def remove(table: str, names: set[str]) -> None:
    """Take parts out of a table's file: those of temperatures that are no more."""
    parts, whole = _read(_path(table))
    if names & set(parts):
        kept = {name: about for name, about in parts.items() if name not in names}
        _write(table, kept, whole[~whole["part"].isin(names)])
