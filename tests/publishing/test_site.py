"""What makes a page run again, and what Sphinx gets to see."""

import json
import shutil
import subprocess
import sys
import urllib.request
import zipfile

import pytest

from glasslib import paths
from glasslib.errors import PublishError
from glasslib.publishing import archive, execute, notebooks, site

HEAD = "---\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n# Page\n\n"
CELL = "```{{code-cell}} ipython3\n{}\n```\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of its own: a library file, a lock, data and two notebooks."""
    root = tmp_path / "checkout"
    for folder in ("glasslib/figures", "notebooks", "data/ensembles/companion/T0.500", "book"):
        (root / folder).mkdir(parents=True)
    (root / "glasslib" / "a.py").write_text("x = 1\n")
    (root / "glasslib" / "figures" / "companion.mplstyle").write_text("font.size: 9\n")
    (root / "requirements.lock").write_text("a==1\n")
    (root / "data" / "ensembles" / "companion" / "registry.txt").write_text("")
    (root / "data" / "ensembles" / "companion" / "T0.500" / "run00.nc").write_bytes(b"data")
    for name in ("01-a", "02-b"):
        (root / "notebooks" / f"{name}.md").write_text(HEAD + CELL.format("print(1)"))
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n  - caption: c\n    chapters:\n"
        "      - file: notebooks/01-a\n        sections:\n        - file: notebooks/02-b\n"
    )
    monkeypatch.setattr(paths, "root", lambda: root)
    monkeypatch.setenv("GLASSLIB_DATA", str(root / "data"))
    return root


def executed(root, **options):
    lines = []
    done = execute.execute_pages(report=lines.append, **options)
    assert len(lines) == len(done)
    return [page.name for page in done if page.executed]


def test_contents_give_the_notebooks_in_order(checkout):
    assert notebooks.contents() == ["01-a", "02-b"]


def test_only_what_changed_runs_again(checkout):
    assert executed(checkout) == ["01-a", "02-b"]
    assert executed(checkout) == []
    source = checkout / "notebooks" / "02-b.md"
    source.write_text(HEAD + CELL.format("print(2)"))
    assert executed(checkout) == ["02-b"]
    record = json.loads((checkout / "_build" / "executed" / "02-b.json").read_text())
    assert record["key"] == execute.notebook_key(source, {}) and record["seconds"] > 0
    assert "print(2)" in (checkout / "_build" / "executed" / "02-b.ipynb").read_text()
    (checkout / "_build" / "executed" / "01-a.json").write_text("{")  # damaged: not trusted
    assert executed(checkout) == ["01-a"]


def test_a_page_that_stops_is_not_kept(checkout):
    source = checkout / "notebooks" / "02-b.md"
    assert executed(checkout) == ["01-a", "02-b"]
    source.write_text(HEAD + CELL.format("1 / 0"))
    with pytest.raises(PublishError, match=r"02-b stopped in cell \[1\]: ZeroDivision"):
        execute.execute_pages(report=lambda line: None)
    source.unlink()
    with pytest.raises(PublishError, match="_toc.yml names notebook '02-b', but"):
        execute.execute_pages(report=lambda line: None)


def test_key_ignores_data_that_the_book_does_not_show(checkout):
    source = checkout / "notebooks" / "01-a.md"
    before = execute.notebook_key(source, {})
    other = checkout / "data" / "ensembles" / "lab" / "T0.550"
    other.mkdir(parents=True)
    (other / "run00.nc").write_text("data")
    assert execute.notebook_key(source, {}) == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("notebooks/01-a.md", "x"),
        ("glasslib/a.py", "x = 2\n"),
        ("glasslib/b.py", ""),
        ("glasslib/figures/companion.mplstyle", "font.size: 10\n"),
        ("requirements.lock", "a==2\n"),
        ("data/ensembles/companion/registry.txt", "sum  T0.500/run00.nc\n"),
        ("data/ensembles/companion/T0.500/run00.nc", "atad"),
        ("data/ensembles/companion/T0.500/run01.nc", ""),
    ],
)
def test_key_changes_with(checkout, path, text):
    source = checkout / "notebooks" / "01-a.md"
    before = execute.notebook_key(source, {})
    assert execute.notebook_key(source, {}) == before
    assert execute.notebook_key(source, {"temperature": 0.5}) != before
    (checkout / path).write_text(text)
    assert execute.notebook_key(source, {}) != before


@pytest.mark.parametrize(
    "path", ["notebooks/02-b.md", "data/ensembles/companion/.run.nc.x.tmp", "data/ensembles/a.lock"]
)
def test_key_does_not_change_with(checkout, path):
    source = checkout / "notebooks" / "01-a.md"
    before = execute.notebook_key(source, {})
    (checkout / path).write_text("other")
    assert execute.notebook_key(source, {}) == before


def test_staging_holds_no_pair_and_no_leftover(checkout, tmp_path):
    (checkout / "_config.yml").write_text("title: t\n")
    (checkout / "book" / "index.md").write_text("# t\n")
    executed = execute.execute_pages(["01-a"], folder=tmp_path, report=lambda line: None)
    target = tmp_path / "source"
    target.mkdir()
    (target / "old.md").write_text("# gone\n")
    site.stage(target, executed)
    files = sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())
    assert files == ["_config.yml", "_toc.yml", "book/index.md", "notebooks/01-a.ipynb"]


def test_the_whole_book_is_built_once(checkout):
    shutil.copy(paths.__file__, checkout / "glasslib" / "paths.py")
    (checkout / "_config.yml").write_text(
        'title: t\nexecute: {execute_notebooks: "off"}\nonly_build_toc_files: true\n'
    )
    (checkout / "book" / "index.md").write_text(
        "(data-card)=\n# Title\n\n[](../notebooks/01-a.ipynb)\n"
    )
    lines = []
    index = site.build_book(report=lines.append)
    assert index == checkout / "_build" / "html" / "index.html" and index.exists()
    assert lines[-1].startswith("pages built")
    stamp = index.stat().st_mtime_ns
    assert site.build_book(report=lines.append) == index
    assert lines[-3].endswith("unchanged") and lines[-1] == "pages unchanged"
    assert index.stat().st_mtime_ns == stamp
    (checkout / "book" / "index.md").write_text("(data-card)=\n# Other title\n")
    site.build_book(report=lines.append)
    assert "Other title" in (checkout / "_build" / "html" / "book" / "index.html").read_text()
    with zipfile.ZipFile(checkout / "_build" / "html" / archive.NAME) as data:
        assert "glasslib-data/data/ensembles/companion/registry.txt" in data.namelist()


def test_serve_is_on_loopback_and_says_where(tmp_path):
    with pytest.raises(PublishError, match="there is no book .* 'make book'"):
        site.serve(0, tmp_path)
    (tmp_path / "index.html").write_text("the book")
    program = "import sys, pathlib; from glasslib.publishing import site\n"
    program += "site.serve(0, pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[0]
            assert address.startswith("http://127.0.0.1:")
            assert urllib.request.urlopen(address, timeout=30).read() == b"the book"
            taken = int(address.rstrip("/").rsplit(":", 1)[1])
            with pytest.raises(PublishError, match=f"port {taken} cannot be used"):
                site.serve(taken, tmp_path)
        finally:
            server.terminate()
