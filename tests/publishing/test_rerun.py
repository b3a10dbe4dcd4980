"""Many notebooks in one go: what is asked for, what it will take, and that it goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from glasslib import paths
from glasslib.campaign import planning
from glasslib.errors import ParameterError, PublishError
from glasslib.parameters import CompanionParameters, validate
from glasslib.publishing import execute, notebooks, rerun, site

HEAD = (
    "---\nkernelspec:\n  name: python3\n  display_name: Python 3\n  language: python\n---\n\n"
    "# Page\n\n"
)
CELL = "```{{code-cell}} ipython3\n{}{}\n```\n\n"
TAGS = ":tags: [parameters]\n\n"


def page(body, parameters='temperature = 0.5\nprofile = "lab"'):
    return HEAD + CELL.format(TAGS, parameters) + CELL.format("", body)


@pytest.fixture
def pages(tmp_path, monkeypatch, smoke):
    """Two notebooks of its own, run on the fixed ensemble, in a folder of its own."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "01-a.md").write_text(page("print(temperature)"))
    (folder / "02-b.md").write_text(
        page("from glasslib import paths\nprint(profile)\n"
             "(paths.figures() / 'figure-9.csv').write_text('x')",
             'temperature = 0.5\nprofile = "lab"')
    )

    monkeypatch.setattr(paths, "notebooks", lambda: folder)
    monkeypatch.setattr(paths, "build", lambda: tmp_path / "_build")
    monkeypatch.setattr(planning, "simulation_seconds", lambda *args: 60.0)
    return folder


# ---------------------------------------------------------------------------- what was asked for
def test_pages_show_all_temperatures_of_a_list(smoke):
    from glasslib import results

    asked = validate(CompanionParameters, temperature=[0.7, 0.8], profile="smoke")
    assert list(results.ensembles(asked)) == [0.8, 0.7]


# ----------------------------------------------------------------------------------- estimates
def test_estimate_counts_each_thing_once(pages):
    body = 'results.predictions(shown)\nresults.table("ceiling", shown)'
    for name in ("01-a", "02-b"):
        (pages / f"{name}.md").write_text(page(body))
    asked = validate(CompanionParameters, temperature=0.8, profile="smoke")
    once = rerun.estimate(["01-a"], asked)
    twice = rerun.estimate(["01-a", "02-b"], asked)
    assert once.computing["01-a"] == twice.computing["01-a"] > 0 == twice.computing["02-b"]
    assert twice.simulation == 0  # the fixed ensemble has it
    new = rerun.estimate(["01-a"], validate(CompanionParameters, temperature=0.9, profile="smoke"))
    assert new.simulation == 60 and new.total > 60 and "about" in str(new)


@pytest.mark.parametrize(
    ("body", "computes"),
    [
        ("results.predict(one, settings)", True),
        ('look(results.table("ceiling", shown))', True),
        ("# results.predictions(shown)\nresults.start(globals())", False),
        ('results.table("mixture", {})', False),  # data of its own, whatever the page is asked
        ('results.table("graph-network", shown)', True),  # of the reference, which is asked here
    ],
)
def test_what_a_page_computes_is_read_off_its_calls(body, computes, pages):
    (pages / "01-a.md").write_text(page(body))
    asked = validate(CompanionParameters, temperature=0.8, profile="smoke")
    assert (rerun.estimate(["01-a"], asked).computing["01-a"] > 0) is computes


def test_tables_that_ship_are_not_counted(pages, monkeypatch):
    monkeypatch.delenv("GLASSLIB_DATA", raising=False)  # the data that ship
    calls = ("graph-network", "transfer", "ceiling")
    for name, table in zip(("01-a", "02-b", "03-c"), calls, strict=True):
        (pages / f"{name}.md").write_text(page(f'results.table("{table}", shown)'))

    def seconds(temperature, profile):
        asked = validate(CompanionParameters, temperature=temperature, profile=profile)
        return list(rerun._computing(("01-a", "02-b", "03-c"), asked).values())

    assert seconds(0.5, "lab") == [0, 0, 0]
    reference, every, each = seconds(0.55, "lab")  # the reference is 0.50
    assert reference == 0 < each < every
    assert all(seconds(0.6, "paper"))  # its data ship, and no tables of them


def test_a_page_takes_as_long_as_it_took_in_the_book(pages, tmp_path, smoke):
    record = tmp_path / "_build" / "executed" / "02-b.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"key": "k", "seconds": 33.0, "figures": []}')
    asked = validate(CompanionParameters, temperature=0.8, profile="smoke")
    expected = rerun.estimate(["01-a", "02-b"], asked)
    assert expected.pages == {"01-a": rerun.PAGE_SECONDS / 2, "02-b": 33.0 / 2}  # two at a time
    expected = rerun.estimate(["01-a", "02-b"], asked, workers=1)
    assert expected.pages == {"01-a": rerun.PAGE_SECONDS, "02-b": 33.0}


# --------------------------------------------------------------------------------------- doing
def run(*stems, **values):
    return rerun.run(stems, {"temperature": 0.8, "profile": "smoke", **values})


def test_what_is_done_is_not_done_again(pages, capsys, tmp_path):
    target = run("01-a", "02-b")
    assert target == tmp_path / "_build" / "runs" / "T0.800-smoke"
    said = capsys.readouterr().err
    assert "2 pages at T = 0.8, profile smoke: about" in said and "s left" in said
    texts = [nbformat.read(target / f"{n}.ipynb", 4).cells[-1].outputs[0].text
             for n in ("01-a", "02-b")]
    assert texts == ["0.8\n", "smoke\n"]
    assert [path.name for path in (target / "figures").iterdir()] == ["figure-9.csv"]
    run("01-a", "02-b")
    assert capsys.readouterr().err.count("unchanged") == 2
    run("01-a", "02-b", temperature="0.8")  # the text of the same value
    assert capsys.readouterr().err.count("unchanged") == 2
    (pages / "02-b.md").write_text(page("1 / 0"))
    with pytest.raises(PublishError, match="02-b stopped in cell .*ZeroDivisionError"):
        run("01-a", "02-b", temperature=0.7)
    (pages / "02-b.md").write_text(page("print(2)"))
    capsys.readouterr()
    run("01-a", "02-b", temperature=0.7)
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in said if "unchanged" in line] == ["01-a"]


def test_key_holds_the_data_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path))
    source = notebooks.source("1")

    def key(temperature):
        return execute.notebook_key(source, {"temperature": temperature, "profile": "lab"})

    before = key(0.55), key(0.47), key([0.47, 0.55])
    folder = paths.ensembles("lab", 0.55)
    folder.mkdir(parents=True)
    (folder / "run00.nc").write_bytes(b"data")
    after = key(0.55), key(0.47), key([0.47, 0.55])
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True, False]


def test_nothing_starts_with_a_wrong_value(pages, tmp_path):
    with pytest.raises(ParameterError, match="profile = 'huge'"):
        run("01-a", profile="huge")
    assert not (tmp_path / "_build").exists()


def test_missing_data_are_simulated_before_the_pages(pages, monkeypatch, capsys):
    from glasslib import campaign

    calls = []

    def simulate(goals, workers, report):
        calls.append([(goal.profile, goal.temperature) for goal in goals])
        for number, task in enumerate(campaign.tasks(goals), 1):
            report(task, "made", number, 6)

    monkeypatch.setattr(campaign, "run", simulate)
    run("01-a", temperature="0.8,0.9,0.85")
    assert calls == [[("smoke", 0.9), ("smoke", 0.85)]]
    said = capsys.readouterr().err
    assert said.index("smoke T = 0.850, block 1 of run 1: made; ") < said.index("01-a  ")
    run("01-a")
    assert len(calls) == 1


def test_one_page_simulates_with_the_processes_asked_for(tmp_path, monkeypatch):
    """The page's own process simulates; GLASSLIB_WORKERS tells it, and -w sets that."""
    from glasslib import campaign, results

    asked = []
    monkeypatch.setattr(campaign, "simulate", lambda *given: asked.append(given[2]))
    for given in ("5", "", None):
        if given is None:
            monkeypatch.delenv("GLASSLIB_WORKERS")
        else:
            monkeypatch.setenv("GLASSLIB_WORKERS", given)
        results.page._simulate(0.9, "smoke", quiet=True)
    assert asked == [5, 2, 2]
    for wrong in ("0", "two"):
        monkeypatch.setenv("GLASSLIB_WORKERS", wrong)
        with pytest.raises(ParameterError, match=f"GLASSLIB_WORKERS = '{wrong}'.* give 1 or more"):
            results.page._simulate(0.9, "smoke", quiet=True)
    monkeypatch.setenv("GLASSLIB_WORKERS", "3")
    import nbformat

    cell = nbformat.v4.new_code_cell("import os; print(os.environ['GLASSLIB_WORKERS'])")
    node = nbformat.v4.new_notebook(
        cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    for workers, printed in ((4, "4\n"), (None, "3\n")):
        done = execute.execute_notebook(node, workers=workers, echo=False)
        assert done.cells[0].outputs[0].text == printed

    from typer.testing import CliRunner

    from glasslib.cli import app

    def stop(node, values, *, name, workers):
        raise PublishError(f"{name} with {workers}")

    monkeypatch.setattr(execute, "execute_notebook", stop)
    for given, workers in (((), 3), (("-w", "7"), 7)):
        done = CliRunner().invoke(app, ["run", "2", *given])
        assert str(done.exception) == f"02-relaxation with {workers}"


def test_a_book_of_its_own(pages, monkeypatch, tmp_path):
    built = []
    monkeypatch.setattr(notebooks, "contents", lambda toc=None: ["01-a", "02-b"])
    monkeypatch.setattr(site, "stage", lambda target, *args, **kw: target.mkdir(parents=True))
    monkeypatch.setattr(site, "build_html", lambda source, html: built.append(html))
    monkeypatch.setattr(site, "_beside", lambda html, pages: None)
    index = rerun.build_book({"temperature": "0.8,0.7", "profile": "smoke"})
    assert index == tmp_path / "_build/books/T0.800-T0.700-smoke/html/index.html"
    assert built == [index.parent]
    record = json.loads((index.parents[1] / "executed" / "01-a.json").read_text())
    values = {"temperature": [0.8, 0.7], "profile": "smoke"}
    assert record["key"] == execute.notebook_key(pages / "01-a.md", values)


# ----------------------------------------------------------------------------- from end to end
@pytest.mark.slow
def test_a_new_temperature_through_the_command(tmp_path):
    """Simulated, two pages executed; then the same line again does nothing."""
    command = [
        Path(sys.executable).with_name("glasslib"), "run", "1-2", "-p", "temperature=0.9",
        "-p", "profile=smoke", "-o", "out",
    ]
    own = {"GLASSLIB_DATA": str(tmp_path / "data"), "GLASSLIB_VAR": str(tmp_path / "var")}

    def go():
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900,
                              env=os.environ | own)

    first = go()
    assert first.returncode == 0, first.stderr
    assert first.stdout == "out\n"
    assert "2 pages at T = 0.9, profile smoke: about" in first.stderr
    assert "[6/6]" in first.stderr and "smoke T = 0.900, run 0: τ_α = " in first.stderr
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == ["01-the-melt.ipynb", "01-the-melt.json", "02-relaxation.ipynb",
                    "02-relaxation.json", "figures"]
    assert (tmp_path / "out" / "figures" / "figure-1.csv").exists()
    again = go()
    assert again.returncode == 0 and again.stderr.count("unchanged") == 2
