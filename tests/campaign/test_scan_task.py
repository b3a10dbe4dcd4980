"""A scan of cages as a task of the campaign: one file, resumed to the bit, like the cages."""

import shutil

import numpy as np
import pytest

from glasslib import campaign, store
from glasslib.campaign import scan
from glasslib.campaign.checkpoints import Checkpoint
from glasslib.parameters import Cage
from glasslib.structure.cage import CageMoments, cage_scalars

TASK = campaign.Task(0.8, "smoke", 1, "scan")


@pytest.fixture
def own(smoke, tmp_path, monkeypatch):
    """A copy of the fixed ensemble without scans, and two settings that take a moment."""
    shutil.copytree(smoke.parents[1], tmp_path / "data", ignore=shutil.ignore_patterns("scans"))
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    short = Cage(replicas=1, warmup=0.1, duration=0.2)
    tried = [short, short.model_copy(update={"radius": 0.4})]
    monkeypatch.setattr(scan, "settings", lambda cage, temperature: tried)
    return tried


def test_an_interrupted_scan_goes_on_where_it_was(own, monkeypatch):
    half, done = scan._half, []

    def stops(*arguments):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(1)
        return half(*arguments)

    monkeypatch.setattr(scan, "_half", stops)
    with pytest.raises(KeyboardInterrupt):
        campaign.perform(TASK)
    saved = Checkpoint(TASK.output).load()
    assert not TASK.done() and sum(name.startswith("scalars") for name in saved) == 1
    monkeypatch.setattr(scan, "_half", half)
    assert campaign.perform(TASK).startswith("2 settings, ")
    assert not Checkpoint(TASK.output).path.exists() and campaign.perform(TASK) == "was there"
    file = store.load_scans(store.load_ensemble(0.8, "smoke"))[1]
    assert file["radius"].tolist() == [0.52, 0.4] and "variance" in file.attrs["scalars"]
    # The file holds what the same sampling gives, to its rounding.
    start = store.read(store.run_path(0.8, "smoke", 1))
    here = scan.Configuration(start["positions"], start["box"], start["bonds"])
    minimum = scan.Configuration(start["inherent_positions"], here.box, here.bonds)
    protocol = scan.protocol_of(TASK, None)
    halves = [half(TASK, protocol, own[1], here, minimum, k) for k in range(2)]
    scalars = cage_scalars(CageMoments.mean(halves), here, minimum)
    for name, row in zip(file.attrs["scalars"].split(", "), file["scalars"][1], strict=True):
        np.testing.assert_allclose(row, scalars[name], atol=0.51 * scan._STEPS.get(name, 2**-4))
    np.testing.assert_allclose(file["variance"][1, 0], np.log(halves[0].variance), atol=0.033)


def test_settings_vary_one_thing_at_a_time_from_that_of_the_book():
    tried = scan.settings(Cage(), 0.45)
    first = tried[0]
    assert (first.radius, first.temperature) == (Cage().radius, Cage().temperature)
    for other in tried[1:]:
        changed = [name for name in ("radius", "temperature", "duration")
                   if getattr(other, name) != getattr(first, name)]
        assert changed in (["radius"], ["temperature"], ["duration"], ["radius", "duration"])
    totals = {c.replicas * c.duration for c in tried if c.duration != first.duration}
    assert len(totals) == 1, "lengths are compared at equal totals"
    assert len(scan.settings(Cage(), Cage().temperature)) == len(tried) - 1
