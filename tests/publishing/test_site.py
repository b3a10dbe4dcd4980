"""What makes a page run again, and what Sphinx gets to see."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile

import nbformat
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


MEETING = """
import time
from pathlib import Path
Path("{here}").touch()
while not Path("{there}").exists():
    time.sleep(0.1)
print("{here} met {there}")
"""


def test_pages_run_at_a_time(checkout):
    """Each of two pages ends only if the other has begun."""
    for name, here, there in (("01-a", "one", "other"), ("02-b", "other", "one")):
        body = MEETING.format(here=here, there=there)
        (checkout / "notebooks" / f"{name}.md").write_text(HEAD + CELL.format(body))
    before = os.getcwd()
    assert executed(checkout, workers=2) == ["01-a", "02-b"]
    assert (checkout / "one").exists() and os.getcwd() == before  # pages run at the top


def test_a_page_that_stops_lets_others_end_and_few_begin(checkout):
    """The second stops at once. What takes its place may have begun by then; the fourth has not."""
    slow = "import time\ntime.sleep(4)\nprint(1)"
    names = ["01-a", "02-b", "03-c", "04-d"]
    for name in names:
        body = "1 / 0" if name == "02-b" else slow
        (checkout / "notebooks" / f"{name}.md").write_text(HEAD + CELL.format(body))
    with pytest.raises(PublishError, match="02-b stopped"):
        execute.execute_pages(names, report=lambda line: None, workers=2)
    done = {path.stem for path in (checkout / "_build" / "executed").glob("*.ipynb")}
    assert "01-a" in done and not done & {"02-b", "04-d"}


def test_ctrl_c_ends_the_pages_that_run(tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("01-a", "02-b", "03-c"):
        text = HEAD + CELL.format("import time\nprint('begun')\ntime.sleep(600)")
        (pages / f"{name}.md").write_text(text)
    code = (
        # As on a terminal: a shell lets what it starts in the background ignore the signal.
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path\nfrom glasslib.publishing.execute import execute_pages\n"
        f"execute_pages(['01-a', '02-b', '03-c'], sources=Path({str(pages)!r}),"
        f" folder=Path({str(tmp_path)!r}), workers=2)\n"
    )
    command = [sys.executable, "-u", "-c", code]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        begun, lines = 0, []
        while begun < 2:
            line = process.stderr.readline()
            lines.append(line)
            assert line, "".join(lines)
            begun += "begun" in line
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode != 0 and "KeyboardInterrupt" in said and "begun" not in said
    assert not list(tmp_path.glob("*.ipynb"))


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


def test_a_session_begins_with_its_figure_and_folds_solutions_and_results(tmp_path):
    picture = nbformat.v4.new_output("display_data", {"image/png": "aGVsbG8="})
    words = nbformat.v4.new_output("stream", text="1.1: right")
    cells = [
        nbformat.v4.new_markdown_cell("# Session 1\n\nText."),
        nbformat.v4.new_code_cell("t = 1", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("x = 2", metadata={"tags": ["hide-cell"]}),
        nbformat.v4.new_code_cell("check()", metadata={"tags": ["check"]}, outputs=[words]),
        nbformat.v4.new_code_cell("draw()", outputs=[picture], metadata={
            "tags": ["target"], "mystnb": {"image": {"alt": "A curve."}}}),
    ]
    node = site._solved(nbformat.v4.new_notebook(cells=cells), tmp_path / "1-a.png")
    first, *code = node.cells
    assert first.source.startswith("# Session 1\n\n:::{figure} 1-a.png\n:alt: A curve.\n")
    assert first.source.endswith("Text.") and (tmp_path / "1-a.png").read_bytes() == b"hello"
    tags = [cell.metadata["tags"][-1] for cell in code]
    assert tags == ["open", "solution", "hide-output", "hide-output"]
    assert code[1].metadata["mystnb"]["code_prompt_show"] == "Solution (look when you have tried)"
    assert code[3].metadata["mystnb"]["image"] == {"alt": "A curve."}


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
