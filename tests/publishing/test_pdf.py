"""The book on paper: what Chromium prints of a page that lies on disk."""

import re
import shutil
import zlib

import pytest

from glasslib import paths
from glasslib.errors import PublishError
from glasslib.publishing import pdf

needs_chromium = pytest.mark.skipif(
    not any(shutil.which(name) for name in pdf.PROGRAMS), reason="there is no Chromium here"
)


def test_missing_browser_is_named(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(PublishError, match="CHROMIUM = '/no/such/browser' is no"):
        pdf.chromium()
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(PublishError, match="Chromium was not found; install it"):
        pdf.build_pdf()


def test_a_browser_that_fails_leaves_the_old_pdf(tmp_path, monkeypatch):
    target = tmp_path / "book.pdf"
    target.write_text("old")
    monkeypatch.setenv("CHROMIUM", shutil.which("false"))
    with pytest.raises(PublishError, match="did not print page.html: it said nothing"):
        pdf.print_page(tmp_path / "page.html", target)
    assert target.read_text() == "old"


@needs_chromium
@pytest.mark.slow
def test_formulas_and_style_of_paper_are_printed(tmp_path):
    """Two chapters, the second on a page of its own; formulas set by the MathJax of the book."""
    assets = paths.pages() / "assets"
    page = tmp_path / "page.html"
    page.write_text(
        f'<link rel="stylesheet" href="{(assets / "companion.css").as_uri()}">'
        "<script>window.MathJax = {options: {enableMenu: false}}</script>"
        f'<script src="{(assets / "mathjax" / "tex-chtml.js").as_uri()}"></script>'
        "<h1>One</h1><p>\\(\\tau_\\alpha = \\sqrt{2}\\)</p><div class='glass-explorer'>hidden</div>"
        '<span id="document-two"></span><section><h2>Two</h2></section>'
        '<span id="document-book/api/ground"></span><section><h2>Not on paper</h2></section>'
    )
    assert pdf.print_page(page, tmp_path / "out" / "book.pdf") == 2
    content = (tmp_path / "out" / "book.pdf").read_bytes()
    assert content.startswith(b"%PDF") and content.rstrip().endswith(b"%%EOF")
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12]", content)  # A4
    plain = content + b"".join(
        zlib.decompressobj().decompress(part)
        for part in re.findall(rb"stream\r?\n(x[\x01\x5e\x9c\xda].*?)endstream", content, re.DOTALL)
    )
    assert b"MJX" in plain or b"MathJax" in plain  # its fonts are in it: the formula was set
    assert re.search(rb"/Outlines", plain)
