"""Notebooks are found by number and name, their pairs written, their calls read."""

import pytest

from glasslib.errors import ParameterError
from glasslib.publishing import notebooks

STEMS = notebooks.names()


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
