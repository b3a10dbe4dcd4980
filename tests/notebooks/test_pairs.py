"""What every notebook of the project must be, and that its .ipynb says the same."""

import ast
from pathlib import Path

import pytest
import yaml

from glasslib import paths
from glasslib.publishing import notebooks
from glasslib.results.page_parameters import PAGES, page_model

STEMS = notebooks.names()


def code_cells(stem):
    return [c for c in notebooks.read(notebooks.source(stem)).cells if c.cell_type == "code"]


def test_every_page_of_the_contents_exists_once():
    pages = notebooks.contents()
    assert set(pages) <= set(STEMS)
    assert len(set(pages)) == len(pages)
    parts = {
        part["caption"]: [Path(chapter["file"]).name for chapter in part["chapters"]]
        for part in yaml.safe_load((paths.root() / "_toc.yml").read_text())["parts"]
    }
    assert parts["The paper's figures"] == STEMS[:9]  # the numbers are the reading order


@pytest.mark.parametrize("stem", STEMS)
def test_pair_is_in_step(stem):
    pair = paths.notebooks() / f"{stem}.ipynb"
    assert pair.exists(), f"{pair.name} is missing; run 'make notebooks'"
    same = pair.read_text(encoding="utf-8") == notebooks.pair_text(notebooks.source(stem))
    assert same, f"{pair.name} differs from {stem}.md; edit the .md and run 'make notebooks'"


def test_no_notebook_is_without_its_source():
    assert sorted(p.stem for p in paths.notebooks().glob("*.ipynb")) == STEMS


def test_every_page_with_parameters_of_its_own_exists():
    assert set(PAGES) <= set(STEMS)


@pytest.mark.parametrize("stem", STEMS)
def test_parameters_cell_is_the_model(stem):
    (cell,) = [c for c in code_cells(stem) if "parameters" in c.metadata.get("tags", [])]
    values = {}
    for statement in ast.parse(cell.source).body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        values[target.id] = ast.literal_eval(statement.value)
    model = page_model(stem)
    assert list(values) == list(model.model_fields)
    assert model(**values) == model()


@pytest.mark.parametrize("stem", STEMS)
def test_parameters_are_checked_right_behind_their_cell(stem):
    cells = code_cells(stem)
    place = [i for i, c in enumerate(cells) if "parameters" in c.metadata.get("tags", [])][0]
    named = f', "{stem}"' if stem in PAGES else ""
    assert f"page = results.start(globals(){named})" in cells[place + 1].source
    for cell in cells[:place]:
        assert not cell.source.strip(), "no code before the parameters"


@pytest.mark.parametrize("stem", STEMS)
def test_header_keeps_tags_and_names_the_kernel(stem):
    head = notebooks.source(stem).read_text(encoding="utf-8").split("---\n")[1]
    header = yaml.safe_load(head)
    assert header["kernelspec"]["name"] == "python3"
    assert header["jupytext"]["formats"] == "ipynb,md:myst"
    assert "cell_metadata_filter" not in header["jupytext"]
