"""Data folders that a test may fill or damage."""

import shutil
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A data folder without data."""
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    return tmp_path / "data" / "ensembles" / "lab"


@pytest.fixture
def copy(empty):
    """A copy of the fixed ensemble that a test may damage."""
    target = empty.parent / "smoke"
    shutil.copytree(DATA / "ensembles" / "smoke", target)
    return target
