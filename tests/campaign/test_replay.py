"""The first time unit of an ensemble, simulated again."""

import numpy as np
import pytest

from glasslib import store
from glasslib.campaign import replay
from glasslib.errors import DataError
from glasslib.simulation.ensemble import ice_state


def test_moments_are_those_of_the_trajectories_in_the_files(smoke):
    """The mean square is the Debye–Waller factor of the files, which keep ten bits."""
    one = store.load_ensemble(0.8, "smoke")
    for part in (one, one.part(0, 1)):
        found = replay.replay(part)
        np.testing.assert_allclose(found["square"], part.debye_waller, rtol=1e-3)
        assert found["mean"].shape == (*part.debye_waller.shape, 3)
        assert np.abs(found["mean"].mean(axis=1)).max() < 1e-10  # the centre of mass rests
        assert ((found["mean"] ** 2).sum(axis=-1) < found["square"]).all()


def test_other_trajectories_are_refused(smoke, monkeypatch):
    monkeypatch.setattr(replay, "ice_state", lambda *key: ice_state(*key[:-1], key[-1] + 100))
    with pytest.raises(DataError, match="at T = 0.8, .* are not those of the files: .* off by"):
        replay.replay(store.load_ensemble(0.8, "smoke"))
