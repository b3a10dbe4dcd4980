"""The README says what the front page says, and cites the same version."""

import re

import pytest
import yaml

import glasslib
from glasslib import paths
from glasslib.errors import DataError
from glasslib.publishing import readme


def test_readme_is_in_step_with_the_tables():
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    assert readme.with_sentences(text) == text, "run 'make results'"
    assert str(readme.PICTURE) in text and (paths.root() / readme.PICTURE).exists()
    old = re.sub(r"- In the random split.*", "- Nothing.", text)
    assert old != text and readme.with_sentences(old) == text


def test_data_card_counts_the_files():
    text = (paths.root() / "data" / "README.md").read_text(encoding="utf-8")
    assert readme.with_amount(text) == text, "run 'make results'"
    assert re.search(r"\d+ runs? × \d+ trajectories at T = 0.60", text)
    with pytest.raises(DataError, match="data/README.md lacks the marks"):
        readme.with_amount("# Data card")


def test_a_readme_without_marks_and_a_missing_table_are_refused(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="lacks the marks"):
        readme.with_sentences("# glasslib")
    monkeypatch.setattr(paths, "results", lambda: tmp_path)
    with pytest.raises(DataError, match="accuracy.csv is missing or damaged; run 'make results'"):
        readme.front_tables()


def test_versions_agree():
    citation = yaml.safe_load((paths.root() / "CITATION.cff").read_text(encoding="utf-8"))
    front = (paths.pages() / "index.md").read_text(encoding="utf-8")
    (version,) = re.findall(r"version = \{(.*?)\}", front)
    assert version == str(citation["version"]) == glasslib.__version__
    (paper,) = citation["references"]
    assert paper["doi"] in front and paper["title"] in front and citation["title"] in front
