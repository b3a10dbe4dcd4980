"""The whole book as one PDF, printed by Chromium from the book as one page.

Sphinx's LaTeX route would need a TeX installation of gigabytes and a second look of everything; a
browser prints the pages as they are read, formulas set by the MathJax that the book brings along.
The style of paper is in ``book/assets/companion.css`` under ``@media print``.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from glasslib import paths
from glasslib.errors import PublishError
from glasslib.files import write_atomically
from glasslib.publishing import site

__all__ = ["build_pdf", "chromium", "print_page"]

#: Names of the browser, in the order in which they are looked for.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str:
    """Return the path of Chromium or Chrome: ``CHROMIUM``, or the first that is found.

    Raises
    ------
    PublishError
        There is none.
    """
    given = os.environ.get("CHROMIUM")
    found = [shutil.which(name) for name in ((given,) if given else PROGRAMS)]
    for path in found:
        if path:
            return path
    named = f"CHROMIUM = '{given}' is no program; " if given else "Chromium was not found; "
    raise PublishError(
        f"{named}install it (Debian, Ubuntu: apt-get install chromium) or name it:"
        " CHROMIUM=/path/to/chrome"
    )


def print_page(page: Path, target: Path, seconds: float = 600) -> int:
    """Print an HTML file on A4 and return the number of pages.

    Parameters
    ----------
    page : Path
        The HTML file; what it loads must lie on disk.
    target : Path
        The PDF to write, whole or not at all.
    seconds : float
        How long it may take.

    Raises
    ------
    PublishError
        Chromium is missing, failed, or took too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "book.pdf"
        command = [
            chromium(), "--headless", "--disable-gpu", f"--user-data-dir={folder}/profile",
            "--no-first-run", "--disable-background-networking", "--no-pdf-header-footer",
            "--generate-pdf-document-outline", "--run-all-compositor-stages-before-draw",
            "--virtual-time-budget=300000", f"--print-to-pdf={printed}", page.resolve().as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium's sandbox refuses root
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise PublishError(f"Chromium did not finish {page.name} in {seconds:.0f} s") from None
        if result.returncode or not printed.exists():
            lines = result.stderr.strip().splitlines() or ["it said nothing"]
            raise PublishError(f"Chromium did not print {page.name}: {lines[-1]}")
        pages = len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
        write_atomically(target, lambda temporary: shutil.copyfile(printed, temporary))
    return pages


def build_pdf(*, report: Callable[[str], None] = print) -> Path:
    """Build the book, then the same as one page, and print that.

    Parameters
    ----------
    report : callable
        Gets one line about each step.

    Returns
    -------
    Path
        ``_build/book.pdf``.

    Raises
    ------
    PublishError
        A notebook stopped, a page gave a warning, or Chromium is missing or failed.
    """
    chromium()  # say so before minutes have gone by
    build = paths.build()
    site.build_book(report=report)
    begin = time.monotonic()
    single = build / "singlehtml"
    site.build_html(build / "source", single, "singlehtml")
    # Sphinx leaves the page in the folder of the first document, but addresses from the top.
    (page,) = (path for path in single.glob("*/*.html") if not path.parent.name.startswith("_"))
    whole = single / "whole.html"
    page.replace(whole)
    target = build / "book.pdf"
    pages = print_page(whole, target)
    report(f"{pages} pages printed, {time.monotonic() - begin:.0f} s")
    return target
