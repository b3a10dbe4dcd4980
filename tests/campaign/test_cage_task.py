"""Cages as a task of the campaign: one file, resumed to the bit, read back as halves."""

import shutil
from dataclasses import fields

import numpy as np
import pytest

from glasslib import campaign, store
from glasslib.campaign import cage
from glasslib.campaign.checkpoints import Checkpoint
from glasslib.errors import DataError
from glasslib.structure.cage import CageMoments

TASK = campaign.Task(0.8, "smoke", 0, "cage")


@pytest.fixture
def own(smoke, tmp_path, monkeypatch):
    """A copy of the fixed ensemble without cages, which may be written to."""
    shutil.copytree(smoke.parents[1], tmp_path / "data")
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    for path in (tmp_path / "data").rglob("*-cage.nc"):
        path.unlink()
    return tmp_path


def _halves():
    return store.load_cages(store.load_ensemble(0.8, "smoke").only([0]))[0]


def test_an_interrupted_sampling_ends_with_the_same_bits(own, monkeypatch):
    sample, done = cage.sample_replica, []

    def stops(*arguments):
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return sample(*arguments)

    monkeypatch.setattr(cage, "sample_replica", stops)
    with pytest.raises(KeyboardInterrupt):
        campaign.perform(TASK)
    assert not TASK.done() and int(Checkpoint(TASK.output).load()["replica"]) == 1
    monkeypatch.setattr(cage, "sample_replica", sample)
    assert campaign.perform(TASK).startswith("cages of u² = 0.0")
    assert not Checkpoint(TASK.output).path.exists()
    ours = _halves()
    registry = TASK.output.parents[1] / "registry.txt"
    registry.write_text("".join(
        line for line in registry.read_text().splitlines(keepends=True) if "cage" not in line
    ))
    TASK.output.unlink()
    campaign.perform(TASK)
    whole = _halves()
    assert len(ours) == len(whole) == 2
    for one, other in zip(ours, whole, strict=True):
        for field in fields(CageMoments):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def test_the_halves_are_independent_and_agree(shown, smoke):
    for halves in store.load_cages(shown[0.8]).values():
        first, second = (half.offset.ravel() for half in halves)
        assert (first != second).mean() > 0.99 and np.corrcoef(first, second)[0, 1] > 0.5
        small, large = sorted(half.variance.mean() for half in halves)
        assert large < 1.1 * small


def test_cages_that_are_not_there_are_named(own):
    ensemble = store.load_ensemble(0.8, "smoke")
    assert store.with_cages(ensemble) == []
    with pytest.raises(DataError, match="run00-cage.nc is missing"):
        store.load_cages(ensemble)
