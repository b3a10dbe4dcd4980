"""Checkpoints: replaced whole, parked with the data, gone on with from the further of the two."""

import numpy as np
import pytest

from glasslib import paths
from glasslib.campaign import checkpoints, equilibration
from glasslib.campaign.checkpoints import Checkpoint
from glasslib.errors import DataError


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))


@pytest.fixture
def checkpoint():
    return Checkpoint(paths.ensembles("tiny", 0.4) / "run01-block02.nc")


def arrays(seconds):
    rng = np.random.default_rng(3)
    return {"stage": "equilibration", "cpu": seconds, "positions": rng.normal(size=(40, 3))}


def test_where_they_lie(checkpoint, tmp_path):
    assert checkpoint.path == tmp_path / "var" / "work" / "tiny" / "T0.400" / "run01-block02.npz"
    parked = tmp_path / "data" / "unfinished" / "tiny" / "T0.400" / "run01-block02.npz.xz"
    assert checkpoint.parked == parked


def test_nothing_saved_is_none(checkpoint):
    assert checkpoint.load() is None
    assert checkpoints.unfinished("tiny") == {} == checkpoints.unfinished("companion")
    assert checkpoints.park("tiny") == []


def test_a_parked_checkpoint_is_the_checkpoint_to_the_bit(checkpoint):
    checkpoint.save(**arrays(700.0))
    before = checkpoint.load()
    lines = []
    assert checkpoints.park("tiny", report=lines.append) == [checkpoint.parked]
    assert lines[0].startswith("unfinished/tiny/T0.400/run01-block02.npz.xz: 0.19 core-hours, ")
    checkpoint.path.unlink()
    after = checkpoint.load()
    assert list(before) == list(after)
    for name in before:
        assert before[name].dtype == after[name].dtype
        assert before[name].tobytes() == after[name].tobytes()


def test_the_further_of_the_two_counts(checkpoint):
    checkpoint.save(**arrays(700.0))
    checkpoints.park("tiny", report=lambda line: None)
    checkpoint.save(**arrays(900.0))
    assert float(checkpoint.load()["cpu"]) == 900
    checkpoint.save(**arrays(650.0))
    assert float(checkpoint.load()["cpu"]) == 700
    assert checkpoints.unfinished("tiny") == {"tiny/T0.400/run01-block02": 700.0}
    assert checkpoints.park("tiny") == []  # what is parked is further


def test_what_is_parked_follows_what_is_done(checkpoint):
    checkpoint.save(**arrays(700.0))
    checkpoints.park("tiny", report=lambda line: None)
    content = checkpoint.parked.read_bytes()
    assert checkpoints.park("tiny") == [] and checkpoint.parked.read_bytes() == content
    checkpoint.save(**arrays(800.0))
    assert checkpoints.park("tiny", report=lambda line: None) == [checkpoint.parked]
    assert float(checkpoint.load()["cpu"]) == 800


def test_little_work_is_not_parked(checkpoint):
    checkpoint.save(**arrays(599.0))
    assert checkpoints.park("tiny") == [] and not checkpoint.parked.exists()
    assert checkpoints.park("tiny", at_least=0, report=lambda line: None) == [checkpoint.parked]


def test_a_done_task_is_not_parked_any_more(checkpoint):
    checkpoint.save(**arrays(700.0))
    checkpoints.park("tiny", report=lambda line: None)
    checkpoint.output.parent.mkdir(parents=True)
    checkpoint.output.touch()
    assert checkpoints.unfinished("tiny") == {}
    lines = []
    assert checkpoints.park("tiny", report=lines.append) == []
    assert lines == ["unfinished/tiny/T0.400/run01-block02.npz.xz removed: the task is done"]
    assert not checkpoint.parked.exists()


def test_removing_forgets_both(checkpoint):
    checkpoint.save(**arrays(700.0))
    checkpoints.park("tiny", report=lambda line: None)
    checkpoint.remove()
    assert checkpoint.load() is None and not checkpoint.parked.exists()


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:200] + b"?" + b[201:]])
def test_a_damaged_one_is_named(checkpoint, damage):
    checkpoint.save(**arrays(700.0))
    checkpoints.park("tiny", report=lambda line: None)
    checkpoint.path.unlink()
    checkpoint.parked.write_bytes(damage(checkpoint.parked.read_bytes()))
    with pytest.raises(DataError, match=r"T0\.400/run01-block02\.npz\.xz is damaged .*git"):
        checkpoint.load()


def test_frames_are_rounded_to_their_quantum():
    x = np.random.default_rng(1).uniform(-40, 40, (50, 3))
    rounded = equilibration.round_frames(x)
    assert rounded.dtype == np.float32
    assert np.abs(rounded - x).max() <= equilibration.FRAME_QUANTUM / 2
    steps = rounded / equilibration.FRAME_QUANTUM
    assert (steps == np.round(steps)).all()
