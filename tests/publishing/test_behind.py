"""What is behind a page: the functions that it calls, and where they are defined."""

import importlib

import nbformat
import pytest

from glasslib.publishing import behind
from glasslib.publishing.execute import Page


@pytest.mark.parametrize(("code", "found"), [
    ("import numpy as np\nnp.mean(1)", {}),
    ("from glasslib.structure.descriptors import structural_descriptors as d\nd()",
     {"d": "glasslib.structure.descriptors.structural_descriptors"}),
    ("from glasslib import structure\nstructure.descriptors.structural_descriptors()",
     {"structure.descriptors.structural_descriptors":
      "glasslib.structure.descriptors.structural_descriptors"}),
    ("from glasslib import figures\nfigures.save('a', b, c)",
     {"figures.save": "glasslib.figures.style.save"}),
    ("from glasslib import results\nresults.no_such_thing(1)", {}),
])
def test_calls(code, found):
    assert behind.calls(code) == found


def test_page_gets_its_line_and_links_below_shown_figures(tmp_path):
    def code(text, *tags):
        return nbformat.v4.new_code_cell(text, metadata={"tags": list(tags)})

    node = nbformat.v4.new_notebook(cells=[
        code("from glasslib import figures, results\nshown = results.ensembles(page)"),
        code('figures.save("figure-a", figure, numbers)'),
        nbformat.v4.new_markdown_cell("## Exercises"),
        code('figures.save("figure-hidden", figure, numbers)', "remove-cell"),
    ])
    page = Page("07-x", tmp_path / "07-x.ipynb", 0.2, False,
                ("figure-a.csv", "figure-a.png", "figure-hidden.csv"))
    cells = behind.with_behind(node, page).cells
    nbformat.validate(node)
    assert len(cells) == 6 and cells[2].source.count("figure-a.csv") == 1
    line = cells[-1].source
    assert line.startswith(":::{dropdown} Used here") and "`glasslib run 7 -p" in line
    assert "{py:obj}`results.ensembles <glasslib.results.page.ensembles>`" in line
    assert "figure-hidden.csv" in line and "figure-a.png" not in line and "ran in 1 s" in line


def test_where_a_function_is_said_to_be_it_is():
    places = behind.calls("from glasslib import figures\nfigures.correlation_figure(1)").values()
    for place in places:
        module, _, name = place.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))
    assert places
