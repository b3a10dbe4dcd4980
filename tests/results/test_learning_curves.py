"""ρ against runs and trajectories."""

import numpy as np

from glasslib.results import baselines, learning_curves
from results.examples import of_small


def test_learning_curves_rise_and_test_the_same_rows(small, monkeypatch):
    table = learning_curves.learning_runs(of_small(small, monkeypatch, learning_curves))
    assert sorted(table["training_runs"].unique()) == [1, 2, 3]
    assert table[table["model"] == "ridge A"]["rows"].unique().tolist() == [1200]
    one_trains = table[table["model"] == "ridge A"].set_index(["training_runs", "t"])
    assert one_trains.loc[1, "seeds"].tolist() == one_trains.loc[2, "seeds"].tolist() == [3, 3]
    assert one_trains.loc[3, "seeds"].tolist() == [1, 1]  # all there are: nothing to draw
    assert (one_trains.loc[1, "seed_deviation"] > 0).all()
    folds = baselines.splits_of(small)["run"][0]
    draws = [
        [np.unique(small.runs[parts.train]).tolist()
         for parts in learning_curves._fewer(folds, small.runs, 1, draw)]
        for draw in range(learning_curves.DRAWS)
    ]
    assert len({str(draw) for draw in draws}) == 3
    for n in (1, 2):
        for parts, less in zip(folds, learning_curves._fewer(folds, small.runs, n), strict=True):
            np.testing.assert_array_equal(parts.test, less.test)
            seen = np.unique(small.runs[np.concatenate([less.train, less.validation])])
            assert len(seen) == n and not set(seen) & set(small.runs[parts.test])


def test_trajectories_raise_the_ceiling(one):
    table = learning_curves.learning_trajectories(one)
    here = table[table["at_tau"] & (table["model"] == "ridge A")].set_index("trajectories")
    assert here.index.tolist() == [2, 4] and here.loc[4, "ceiling"] > here.loc[2, "ceiling"]
