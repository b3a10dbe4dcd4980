"""Equilibration and checks of the fixed ensemble."""

import numpy as np
import pytest

from glasslib import results
from glasslib.results import melt


def test_checks_of_the_trajectories(shown):
    table = results.checks(shown)
    assert (table["centre of mass (σ)"].astype(float) < 1e-9).all()
    assert (table["energy drift, worst (ε)"].astype(float) < 2e-3).all()
    worst = table["temperature, worst run"].str.rstrip("%").astype(float)
    assert worst.tolist() == pytest.approx([-1.33, 1.62])


def test_equilibration_table(shown):
    table = results.equilibration_table(shown)
    assert list(table.index) == [("0.80", 0), ("0.80", 1), ("0.70", 0), ("0.70", 1)]
    assert (table["time (τ)"] == 64).all()
    np.testing.assert_allclose(table["time (τ)"] / table["τ_ee"], table["in τ_ee"])
    np.testing.assert_allclose(
        table["τ_α, window 1"], [1.866165, 1.883027, 3.177274, 3.301119], rtol=1e-6
    )


def test_drift_is_noticed():
    noise = np.random.default_rng(0).normal(size=3000)
    assert abs(melt.drift(noise)) < 3.5
    late = np.arange(3000) >= 2000
    assert melt.drift(noise + late) > 10
    assert melt.drift(noise - late) < -10
