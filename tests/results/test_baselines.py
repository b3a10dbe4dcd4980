"""Simpler means on a data set whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from glasslib.learning.dataset import split
from glasslib.parameters import NetworkSettings
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


def test_the_error_of_the_random_split_holds_its_draws(small, monkeypatch):
    table = baselines.baseline_correlations(of_small(small, monkeypatch, baselines))
    assert table.groupby("split")["seeds"].unique().str[0].to_dict() == {"row": 3, "run": 1}
    each = []
    for seed in range(3):
        parts = split(small.runs, NetworkSettings(seed=seed))
        predicted = baselines.ridge_on(small, "B", [parts], None)[parts.test, 1]
        each.append(np.corrcoef(small.targets[parts.test, 1], predicted)[0, 1])
    row = table[(table["split"] == "row") & (table["model"] == "ridge B") & table["at_tau"]].iloc[0]
    assert row["rho"] == pytest.approx(np.mean(each))
    assert row["seed_deviation"] == pytest.approx(np.std(each, ddof=1))
    assert row["rho_error"] > np.std(each, ddof=1) / np.sqrt(3)


def test_runs_are_drawn_anew_only_where_that_changes_the_folds(small):
    seen = []

    def predict(folds, groups):
        seen.append([set(small.runs[fold.test]) for fold in folds])
        return {"mean": np.zeros_like(small.targets)}

    assert len(baselines.over_draws(small, "run", predict)["mean"]) == len(seen) == 1
    small = replace(small, runs=np.repeat(np.arange(6), 200))
    assert len(baselines.over_draws(small, "run", predict)["mean"]) == 3
    assert seen[1] != seen[2] and all(sum(map(len, folds)) == 6 for folds in seen[1:])
