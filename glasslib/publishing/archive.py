"""All data that ship as one ZIP file, for those who want no checkout.

The file is a function of the data: names in order, no times. Its SHA-256 stands beside it.
"""

import shutil
import zipfile
from pathlib import Path

from glasslib import paths
from glasslib.files import sha256, write_atomically, write_text

__all__ = ["NAME", "contents", "size", "write"]

#: Name of the file beside the pages of the book.
NAME = "glasslib-data.zip"
_FOLDERS = ("ensembles/companion", "mixtures", "models", "protocols", "results", "scans/companion")


def contents() -> dict[str, Path]:
    """Return the files of the archive by their name in it, in order."""
    top = paths.data()
    files = [path for folder in _FOLDERS for path in sorted((top / folder).rglob("*"))
             if path.is_file() and not path.name.startswith(".")
             and path.suffix not in (".tmp", ".lock")]
    found = {f"data/{path.relative_to(top).as_posix()}": path for path in files}
    own = {"LICENSE": "LICENSE", "CITATION.cff": "CITATION.cff", "data/README.md": "data/README.md"}
    found |= {name: paths.root() / place for name, place in own.items()
              if (paths.root() / place).exists()}
    return dict(sorted(found.items()))


def size() -> str:
    """Return about how large the archive is, such as ``"59 MB"``."""
    return f"{sum(path.stat().st_size for path in contents().values()) / 1e6:.0f} MB"


def write(target: Path) -> str:
    """Write the archive, whole or not at all, and its SHA-256 beside it; return that.

    Parameters
    ----------
    target : Path
        The ``.zip`` to write; the sum goes to ``.zip.sha256``, as ``sha256sum -c`` reads it.
    """
    def save(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, path in contents().items():
                entry = zipfile.ZipInfo(f"glasslib-data/{name}")  # of 1980, whatever the file's
                entry.external_attr = 0o644 << 16
                entry.compress_type = (  # arrays are compressed already
                    zipfile.ZIP_STORED if path.suffix in (".nc", ".npz") else zipfile.ZIP_DEFLATED)
                with path.open("rb") as source, archive.open(entry, "w") as place:
                    shutil.copyfileobj(source, place)

    write_atomically(target, save)
    digest = sha256(target)
    write_text(target.with_name(f"{target.name}.sha256"), f"{digest}  {target.name}\n")
    return digest
