"""Simpler means on a data set whose truth is known."""

import numpy as np
import pytest

from glasslib.results import baselines
from results.examples import of_small


def test_baselines_on_a_known_data_set(small, monkeypatch):
    table = baselines.baseline_correlations(of_small(small, monkeypatch, baselines))
    here = table[table["at_tau"] & (table["split"] == "run")].set_index("model")
    root = np.sqrt(2.25)
    assert here.loc["Debye–Waller alone", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert here.loc["energy alone", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert here.loc["best descriptor", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert abs(here.loc["Voronoi volume alone", "rho"]) < 0.1
    assert abs(here.loc["chain position alone", "rho"]) < 0.15
    assert here.loc["ridge B", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert here.loc["ridge A", "rho"] == pytest.approx(np.sqrt(2) / root, abs=0.03)
    difference = here.loc["ridge A − ridge B"]
    assert difference["rho"] > 2 * difference["rho_error"] > 0
    assert here.loc["trees A", "rho"] > here.loc["trees B", "rho"]
    rows = table[(table["split"] == "row") & (table["model"] == "ridge A")]
    assert rows["rows"].unique().tolist() == [240]
