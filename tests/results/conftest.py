"""What the tests of result tables share: one temperature, and a data set whose truth is known."""

import numpy as np
import pytest

from glasslib import paths
from glasslib.learning.dataset import Dataset


@pytest.fixture
def one(smoke, shown):
    return shown[0.8]


@pytest.fixture
def folder(smoke, tmp_path, monkeypatch):
    """Ship tables to a folder of the test; data stay where they are."""
    monkeypatch.setattr(paths, "results", lambda: tmp_path / "results")
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    return tmp_path / "results"


@pytest.fixture(scope="session")
def small():
    """A data set whose columns have the names of the real ones and whose truth is known."""
    random = np.random.default_rng(0)
    n, runs = 1200, np.repeat(np.arange(4), 300)
    place = np.arange(n) % 5
    place = np.minimum(place, 4 - place)
    names = ("radial r=1.00", "angular r=1.00 l=6 g=1", "voronoi volume", "energy")
    x = random.normal(size=(n, 4))
    vibration = random.normal(size=n)
    y = x[:, 3] + vibration + 0.5 * random.normal(size=n)
    targets = np.stack([vibration + 0.1 * random.normal(size=n), y], axis=1)
    return Dataset(
        temperature=0.5, features=x, feature_names=names, debye_waller=1 + 0.1 * vibration,
        targets=targets, times=[1.0, 30.0], tau_index=1, runs=runs, chain_position=place,
    )
