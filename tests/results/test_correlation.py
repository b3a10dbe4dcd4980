"""ρ(t) of A and B, from equal runs too, and its shape."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from learning.correlation_oracles import pearson_within_runs

from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import split
from glasslib.results import correlation, networks
from results.examples import FAST, SETTINGS, N

FALLS = correlation.FALLS


def test_accuracy_is_the_correlation_on_tested_rows(one):
    table = correlation.accuracy(one, SETTINGS)
    data = networks.dataset(one)
    values = []
    for seed in range(correlation.SEEDS):
        own = FAST.model_copy(update={"seed": seed})
        parts = split(data.runs, own)
        network = networks.trained(data, "A", own, parts)
        predicted = network.predict(data.subset(parts.test))
        values.append(pearson(data.targets[parts.test], predicted))
    rows = table[(table["split"] == "row") & (table["model"] == "network A")]
    np.testing.assert_allclose(rows["rho"], np.mean(values, axis=0), atol=1e-9)
    np.testing.assert_allclose(rows["seed_deviation"], np.std(values, axis=0, ddof=1))
    assert (rows["rho_error"] >= rows["seed_deviation"] / np.sqrt(3) - 1e-12).all()
    drawn = [networks.held_out(data, "B", *correlation.folds_of_seed(data, FAST, seed))
             for seed in range(correlation.SEEDS)]
    seeds = [[network.settings.seed for network in fold] for _, fold in drawn]
    assert seeds == [[0, 1], [2, 3], [4, 5]]  # no two networks share their first weights
    rows = table[(table["split"] == "run") & (table["model"] == "network B")]
    pooled = [pearson(data.targets, held) for held, _ in drawn]
    within = [pearson_within_runs(data.targets, held, data.runs) for held, _ in drawn]
    np.testing.assert_allclose(rows["rho"], np.mean(pooled, axis=0), atol=1e-9)
    np.testing.assert_allclose(rows["within"], np.mean(within, axis=0), atol=1e-9)
    scatter = np.std(within, axis=0, ddof=1) / np.sqrt(3)
    assert (rows["within_error"] >= scatter - 1e-12).all() and scatter.max() > 0
    a, b, ab = (
        table[(table["split"] == "run") & (table["model"] == model)]["rho"].to_numpy()
        for model in ("network A", "network B", "network A − network B")
    )
    np.testing.assert_allclose(ab, a - b)
    assert rows["at_tau"].sum() == 1 and rows["rows"].unique().tolist() == [2 * N]


def test_shape_is_positive_if_the_statement_is_true():
    times = np.array([0.01, 0.1, 0.3, 1.0, 4.0, 20.0, 100.0])
    features = correlation.shape_features(times, 5)
    like_b = np.array([0.1, 0.4, 0.35, 0.3, 0.4, 0.6, 0.2])
    like_a = np.array([0.1, 0.4, 0.6, 0.9, 0.7, 0.7, 0.3])
    b = {name: float(function(like_b)) for name, function in features.items()}
    a = {name: float(function(like_a)) for name, function in features.items()}
    assert b == pytest.approx({
        "dip near t = 1": 0.1, "highest near τ_α": 0.2, "highest at t = 1": -0.3,
        "falls after τ_α": 0.4,
    })  # fmt: skip
    assert a["dip near t = 1"] < 0 and a["highest at t = 1"] == pytest.approx(0.2)
    earlier = correlation.shape_features(times, 6)["change from t = 10 to τ_α"]
    assert earlier(like_a) == pytest.approx(0.3 - 0.7)  # from t = 20 to 100
    early = np.array([0.6, 0.2, 0.3, 0.35, 0.5, 0.6, 0.2])  # a minimum, but at t = 0.1
    assert features["dip near t = 1"](early) == pytest.approx(-0.1)
    several = np.stack([like_b, like_a])  # resamples along the first axis
    for function in features.values():
        np.testing.assert_allclose(function(several), [function(like_b), function(like_a)])


def test_every_seed_draws_other_folds_of_many_runs(small):
    folds = [correlation.folds_of_seed(small, FAST, seed)[1] for seed in range(2)]
    stopping = [[np.unique(small.runs[fold.validation]).tolist() for fold in draw]
                for draw in folds]
    tested = [sorted(fold.test[0] for fold in draw) for draw in folds]
    assert stopping[0] != stopping[1] and tested[0] == tested[1]


def test_with_runs_held_out_shape_is_that_within_configurations(one):
    table = correlation.shape(one, SETTINGS).query("model == 'network A' and feature == @FALLS")
    accuracy = correlation.accuracy(one, SETTINGS).query("model == 'network A'")
    for division, value in (("row", "rho"), ("run", "within")):
        rho = accuracy[accuracy["split"] == division]
        fall = rho.loc[rho["at_tau"], value].iloc[0] - rho[value].iloc[-1]
        assert table.set_index("split").loc[division, "value"] == pytest.approx(fall)


def test_equal_runs_of_few_runs_are_all_runs(one):
    table = correlation.accuracy_from_equal_runs(one, SETTINGS)
    assert (table.pop("group") == 2).all() and (table.pop("runs") == 2).all()
    pd.testing.assert_frame_equal(table, correlation.accuracy(one, SETTINGS))


def test_equal_runs_are_groups_each_as_if_it_were_all_there_is(one, monkeypatch):
    monkeypatch.setattr(correlation, "COMPARED_RUNS", 1)
    table = correlation.accuracy_from_equal_runs(one, SETTINGS)
    assert (table["group"] == 1).all() and (table["runs"] == 2).all()
    assert set(table["split"]) == {"row"}  # a group of one run has none to hold out
    expected = []
    for seed in range(correlation.SEEDS):
        true, predicted = [], []
        for run in one.runs:
            data = networks.dataset(one.only([run]))
            own = FAST.model_copy(update={"seed": seed})
            parts = split(data.runs, own)
            assert set(data.runs) == {run}
            true.append(data.targets[parts.test])
            network = networks.trained(data, "A", own, parts)
            predicted.append(network.predict(data.subset(parts.test)))
        expected.append(pearson(np.concatenate(true), np.concatenate(predicted)))
    rows = table[table["model"] == "network A"]
    np.testing.assert_allclose(rows["rho"], np.mean(expected, axis=0), atol=1e-9)
    assert rows["rows"].unique().tolist() == [2 * round(0.2 * N)]


def test_runs_that_fill_no_group_stay_out(one):
    many = replace(one, runs=dict.fromkeys(range(10), one.runs[0]),
                   blocks=dict.fromkeys(range(10), one.blocks[0]))
    groups = correlation.groups_of_runs(many, 4)
    assert [list(group.runs) for group in groups] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [list(group.runs) for group in correlation.groups_of_runs(one, 2)] == [[0, 1]]
