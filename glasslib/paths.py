"""Every path of the project; nothing else in the library spells one.

The root is found from the package (a checkout, installed in editable mode). What is written by
hand is in ``notebooks/`` and ``book/``. Data are in ``data/`` or ``GLASSLIB_DATA``, caches and
unfinished work in ``var/`` or ``GLASSLIB_VAR``, executed pages and the book in ``_build/`` or
``GLASSLIB_BUILD``.
"""

import atexit
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glasslib.errors import PlaceError

__all__ = [
    "build", "cache", "check_writable", "data", "empty_var", "ensembles", "figures",
    "keep_caches", "mixtures", "models", "notebooks", "pages", "refused", "registry", "results",
    "root", "scans", "unfinished", "work",
]


def root() -> Path:
    """Return the top of the checkout."""
    return Path(__file__).resolve().parents[1]


def data() -> Path:
    """Return the folder of data files: ``GLASSLIB_DATA``, or ``data/`` in the checkout."""
    return Path(os.environ.get("GLASSLIB_DATA") or root() / "data").resolve()


def ensembles(profile: str | None = None, temperature: float | None = None) -> Path:
    """Return the folder of all ensembles, of a profile's, or of one temperature's.

    Examples
    --------
    >>> ensembles("companion", 0.5).relative_to(data()).as_posix()
    'ensembles/companion/T0.500'
    """
    folder = data() / "ensembles"
    if profile is not None:
        folder /= profile
    return folder if temperature is None else folder / f"T{temperature:.3f}"


def registry(profile: str) -> Path:
    """Return the list of SHA-256 sums of one profile's data."""
    return ensembles(profile) / "registry.txt"


def mixtures() -> Path:
    """Return the folder of mixtures: ``mixtures`` in the data, else that of the checkout."""
    own = data() / "mixtures"
    return own if own.exists() else root() / "data" / "mixtures"


def scans(profile: str, temperature: float) -> Path:
    """Return the folder of the scans of cage sampling at one temperature.

    Examples
    --------
    >>> scans("companion", 0.5).relative_to(data()).as_posix()
    'scans/companion/T0.500'
    """
    return data() / "scans" / profile / f"T{temperature:.3f}"


def results() -> Path:
    """Return the folder of the result tables that ship, ``data/results``."""
    return data() / "results"


def models() -> Path:
    """Return the folder of the trained models that ship, ``data/models``."""
    return data() / "models"


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


def pages() -> Path:
    """Return the folder of the book's prose pages, ``book/``."""
    return root() / "book"


def build() -> Path:
    """Return the folder into which the book is built: ``GLASSLIB_BUILD``, or ``_build/``."""
    return Path(os.environ.get("GLASSLIB_BUILD") or root() / "_build").resolve()


# ------------------------------------------------------------------ where one may not write
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_writable(*folders: Path, setting: str | None = None) -> None:
    """Make these folders if they are missing, and see that files can be made in them.

    Parameters
    ----------
    *folders : Path
    setting : str, optional
        What moves them; by default the variable that says where such a folder is.

    Raises
    ------
    PlaceError
        A folder refuses; the message names it and the setting.
    """
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise refused(error, folder, setting) or error from None


def refused(
    error: OSError, folder: Path | None = None, setting: str | None = None
) -> PlaceError | None:
    """Return what a user can do about a file that could not be written; None for other errors.

    Parameters
    ----------
    error : OSError
    folder : Path, optional
        The folder, where the error does not name the file.
    setting : str, optional
        What moves it; by default the variable that says where such a folder is.
    """
    if error.errno not in (*_REFUSED, *_FULL):
        return None
    why, full = os.strerror(error.errno), error.errno in _FULL
    if folder is None and error.filename is None:
        return PlaceError(
            f"{why}; make room, or set GLASSLIB_VAR, GLASSLIB_DATA, NUMBA_CACHE_DIR or TMPDIR to"
            " folders elsewhere"
        ) if full else None
    folder = Path(folder or Path(os.fsdecode(error.filename)).parent).absolute()
    if os.access(folder, os.W_OK) and not full:
        return None  # a file that cannot be read
    if setting is None:
        places = {
            "GLASSLIB_VAR": _var(), "GLASSLIB_DATA": data(), "GLASSLIB_BUILD": build(),
            "NUMBA_CACHE_DIR": root() / "glasslib",
        }
        if os.environ.get("GLASSLIB_FIGURES"):
            places = {"GLASSLIB_FIGURES": figures(), **places}
        setting = next((name for name, place in places.items() if folder.is_relative_to(place)),
                       None)
    remedy = f"{setting} moves it" if setting else "write to another folder"
    return PlaceError(f"cannot write to '{folder}' ({why}); {remedy}")


def keep_caches() -> None:
    """See that numba, matplotlib and IPython find a place for their files; call it before them.

    numba keeps the kernels that it compiles beside the modules or in the user's home folder, the
    others keep what they know there. Where that cannot be written, they get a place among the
    caches of this project, or one that goes away with this process.
    """
    home = os.access(os.path.expanduser("~"), os.W_OK)
    lacking = [] if home else [n for n in ("MPLCONFIGDIR", "IPYTHONDIR") if n not in os.environ]
    own = os.environ.get("NUMBA_CACHE_DIR")
    if not (home or os.access(root() / "glasslib", os.W_OK) or (own and _writable(Path(own)))):
        lacking.append("NUMBA_CACHE_DIR")
    if not lacking:
        return
    folder = cache()
    if not _writable(folder):
        folder = Path(tempfile.mkdtemp(prefix="glasslib-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in lacking:
        os.environ[name] = str(folder / name.lower())
        Path(os.environ[name]).mkdir(exist_ok=True)


def _writable(folder: Path) -> bool:
    try:
        check_writable(folder)
    except (OSError, PlaceError):
        return False
    return True
