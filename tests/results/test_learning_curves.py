"""ρ against runs and trajectories."""

import numpy as np

from glasslib.results import baselines, learning_curves
from results.examples import of_small


def test_learning_curves_rise_and_test_the_same_rows(small, monkeypatch):
    table = learning_curves.learning_runs(of_small(small, monkeypatch, learning_curves))
    assert sorted(table["training_runs"].unique()) == [1, 2, 3]
    assert table[table["model"] == "ridge A"]["rows"].unique().tolist() == [1200]
    folds = baselines.splits_of(small)["run"][0]
    for n in (1, 2):
        for parts, less in zip(folds, learning_curves._fewer(folds, small.runs, n), strict=True):
            np.testing.assert_array_equal(parts.test, less.test)
            seen = np.unique(small.runs[np.concatenate([less.train, less.validation])])
            assert len(seen) == n and not set(seen) & set(small.runs[parts.test])


def test_trajectories_raise_the_ceiling(one):
    table = learning_curves.learning_trajectories(one)
    here = table[table["at_tau"] & (table["model"] == "ridge A")].set_index("trajectories")
    assert here.index.tolist() == [2, 4] and here.loc[4, "ceiling"] > here.loc[2, "ceiling"]
