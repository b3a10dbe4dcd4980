"""What every notebook of the project must be, and that its .ipynb says the same."""

import ast

import pytest
import yaml

from glasslib import paths, results
from glasslib.errors import ParameterError
from glasslib.parameters import CompanionParameters
from glasslib.publishing import notebooks

STEMS = notebooks.names()


def code_cells(stem):
    return [c for c in notebooks.read(notebooks.source(stem)).cells if c.cell_type == "code"]


def test_every_page_of_the_contents_exists_once():
    pages = notebooks.contents()
    assert set(pages) <= set(STEMS)
    assert len(set(pages)) == len(pages)
    assert pages == sorted(pages), "the numbers are the reading order"


@pytest.mark.parametrize("stem", STEMS)
def test_pair_is_in_step(stem):
    pair = paths.notebooks() / f"{stem}.ipynb"
    assert pair.exists(), f"{pair.name} is missing; run 'make notebooks'"
    same = pair.read_text(encoding="utf-8") == notebooks.pair_text(notebooks.source(stem))
    assert same, f"{pair.name} differs from {stem}.md; edit the .md and run 'make notebooks'"


def test_no_notebook_is_without_its_source():
    assert sorted(p.stem for p in paths.notebooks().glob("*.ipynb")) == STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_parameters_cell_is_the_model(stem):
    (cell,) = [c for c in code_cells(stem) if "parameters" in c.metadata.get("tags", [])]
    values = {}
    for statement in ast.parse(cell.source).body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        values[target.id] = ast.literal_eval(statement.value)
    assert list(values) == list(CompanionParameters.model_fields)
    assert CompanionParameters(**values) == CompanionParameters()


@pytest.mark.parametrize("stem", STEMS)
def test_parameters_are_checked_right_behind_their_cell(stem):
    cells = code_cells(stem)
    place = [i for i, c in enumerate(cells) if "parameters" in c.metadata.get("tags", [])][0]
    assert "page = results.start(globals())" in cells[place + 1].source
    for cell in cells[:place]:
        assert not cell.source.strip(), "no code before the parameters"


@pytest.mark.parametrize("stem", STEMS)
def test_header_keeps_tags_and_names_the_kernel(stem):
    head = notebooks.source(stem).read_text(encoding="utf-8").split("---\n")[1]
    header = yaml.safe_load(head)
    assert header["kernelspec"]["name"] == "python3"
    assert header["jupytext"]["formats"] == "ipynb,md:myst"
    assert "cell_metadata_filter" not in header["jupytext"]


def test_sync_mends_a_pair_and_leaves_the_others(tmp_path):
    text = notebooks.source(STEMS[0]).read_text(encoding="utf-8")
    for stem in ("01-a", "02-b"):
        (tmp_path / f"{stem}.md").write_text(text, encoding="utf-8")
    assert [path.name for path in notebooks.sync(tmp_path)] == ["01-a.ipynb", "02-b.ipynb"]
    (tmp_path / "02-b.ipynb").write_text("{}")
    assert [path.name for path in notebooks.sync(tmp_path)] == ["02-b.ipynb"]
    assert notebooks.sync(tmp_path) == []
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".ipynb", ".ipynb", ".md", ".md"]


def test_find_takes_numbers_and_names():
    stem = STEMS[0]
    number = stem.split("-")[0]
    for name in (stem, number, str(int(number)), f"notebooks/{stem}.ipynb", f"{stem}.md"):
        assert notebooks.find(name) == stem
    for name in ("98", "relaxations", "", "-1"):
        with pytest.raises(ParameterError, match="does not exist; choose .*" + stem):
            notebooks.find(name)


def test_notebooks_are_chosen_by_number_name_and_range():
    stems = notebooks.names()
    assert notebooks.chosen([], everything=True) == stems
    assert notebooks.chosen(["2-4"]) == notebooks.chosen(["4-2"]) == stems[1:4]
    assert notebooks.chosen(["3", stems[0], "3"]) == [stems[0], stems[2]]
    with pytest.raises(ParameterError, match="give notebooks, such as 2 or 2-8, or --all"):
        notebooks.chosen([])
    with pytest.raises(ParameterError, match="leave out '2', or --all"):
        notebooks.chosen(["2"], everything=True)
    with pytest.raises(ParameterError, match="notebook '98' does not exist; choose 01-"):
        notebooks.chosen(["2-98"])


def test_calls_of_a_notebook_are_found(tmp_path):
    source = notebooks.source(STEMS[0]).read_text(encoding="utf-8")
    cell = "```{code-cell} ipython3\nresults.table('a', x)\nlook(results.b(c), other.d(1))\n```\n"
    (tmp_path / "01-a.md").write_text(source.split("# ", 1)[0] + f"# Title\n\n{cell}")
    assert notebooks.calls(tmp_path / "01-a.md", "results") == [("table", "a"), ("b", None)]
    for stem in STEMS:
        assert ("start", None) in notebooks.calls(notebooks.source(stem), "results")


def test_start_refuses_what_was_never_set():
    with pytest.raises(ParameterError, match="parameter 'temperature' has no value; set it in"):
        results.start({"profile": "lab"})


def test_start_reads_only_the_cell_that_papermill_wrote():
    fields = CompanionParameters().model_dump()
    own = {**fields, "_ih": ["", "temperature = 0.5\nscratch = 3"], "scratch": 3}
    assert results.start(own).temperature == fields["temperature"]
    injected = {**own, "_ih": ["", "# Parameters\nscratch = 3\n"]}
    with pytest.raises(ParameterError, match="unknown parameter 'scratch'; allowed: temperature"):
        results.start(injected)
