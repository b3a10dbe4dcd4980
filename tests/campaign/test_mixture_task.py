"""Cages of a mixture as files: written once, registered, read again."""

import numpy as np
import pytest

from glasslib import store
from glasslib.campaign.mixture import cages_of, sample_mixture
from glasslib.errors import DataError
from glasslib.parameters import Cage
from glasslib.store.mixture import MIXTURE, mixture_path
from glasslib.store.schema import as_dataset
from glasslib.structure.mixture import Mixture

QUICK = Cage(radius=0.4, temperature=0.6, warmup=0.1, duration=0.4, interval=0.2, timestep=0.01)


@pytest.fixture
def mixture(tmp_path, monkeypatch):
    """Two configurations of 343 atoms in a folder of data."""
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    (tmp_path / "mixtures").mkdir()
    for number in (1, 2):
        random = np.random.default_rng(number)
        places = np.stack(np.meshgrid(*3 * [np.arange(7.0)]), -1).reshape(-1, 3)
        values = {
            "positions": places + random.normal(0, 0.03, places.shape),
            "species": random.integers(0, 2, 343).astype(np.int8), "box": np.full(3, 7.0),
            "propensity": random.uniform(1, 2, (2, 343)),
        }
        path = mixture_path("mine", f"train-{number:03d}")
        store.write(as_dataset(MIXTURE, values, {"title": "mine"}), path)
    return "mine"


def test_each_configuration_has_its_file_and_none_is_made_twice(mixture):
    lines = []
    assert all(one.inherent is None and not one.halves for one in store.load_mixture(mixture))
    before = store.mixture_digest(mixture)
    assert sample_mixture(mixture, cage=QUICK, report=lines.append) == 2
    assert sample_mixture(mixture, cage=QUICK) == 0
    assert "[2/2] train-002" in lines[1] and store.mixture_digest(mixture) != before
    one, other = store.load_mixture(mixture)
    expected = cages_of(one, Mixture(), QUICK, mixture)
    np.testing.assert_array_equal(one.halves[1].offset, expected["offset"][1])
    np.testing.assert_array_equal(one.inherent.positions, expected["inherent"])
    assert (one.halves[0].offset != one.halves[1].offset).any()
    assert len(one.halves) == len(other.halves) == 2


def test_a_damaged_file_is_refused(mixture):
    path = mixture_path(mixture, "train-002")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="train-002.nc is damaged"):
        store.load_mixture(mixture)
