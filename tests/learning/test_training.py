import os
import random

import numpy as np
import pytest

from glasslib.errors import DataError, DivergedError, ParameterError
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import Dataset, Split, split
from glasslib.learning.training import (
    TrainedNetwork,
    choose_settings,
    standardise,
    train,
    unvalidated,
)
from glasslib.parameters import NetworkSettings


def test_a_linear_target_is_learnt(linear_data, network_a, network_b):
    test = network_b.split.test
    rho_b = pearson(linear_data.targets[test], network_b.predict(linear_data)[test])
    rho_a = pearson(linear_data.targets[test], network_a.predict(linear_data)[test])
    assert rho_b[2] > 0.98
    assert rho_a.min() > 0.97
    # The first target is nearly all vibration: only A can know it.
    assert rho_b[0] < 0.6


def test_prediction_is_in_the_unit_of_the_target(linear_data, network_a):
    test = network_a.split.test
    true, predicted = linear_data.targets[test], network_a.predict(linear_data)[test]
    error = np.sqrt(((true - predicted) ** 2).mean(axis=0))
    assert (error < 0.3 * true.std(axis=0)).all()
    np.testing.assert_allclose(predicted.mean(axis=0), true.mean(axis=0), atol=0.02)


def test_pure_noise_gives_no_correlation_on_test_rows(make_dataset, fast):
    data = make_dataset(n_rows=3000, signal=0.0, noise=1.0)
    network = train(data, "A", fast)
    test = network.split.test
    rho = pearson(data.targets[test], network.predict(data)[test])
    # standard error of ρ = 0 from 600 rows: 0.041
    assert np.nanmax(np.abs(rho), initial=0) < 0.17
    # Early stopping: nothing to learn, so a constant guess (error 1) is not beaten.
    assert network.history["validation"].min() > 0.93


def test_statistics_come_from_training_rows_alone(linear_data, make_dataset, short):
    rows = split(linear_data.runs, short)
    features = linear_data.features.copy()
    targets = linear_data.targets.copy()
    features[rows.test] = 1e6
    targets[rows.test] = -1e6
    spoilt = make_dataset(features=features, targets=targets)
    honest, other = train(linear_data, "B", short), train(spoilt, "B", short)
    for (kernel, bias), (kernel_other, bias_other) in zip(
        honest.weights, other.weights, strict=True
    ):
        np.testing.assert_array_equal(kernel, kernel_other)
        np.testing.assert_array_equal(bias, bias_other)
    train_rows = linear_data.features[rows.train].astype(np.float64)
    np.testing.assert_allclose(honest.input_mean, train_rows.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(honest.input_deviation[:-1], train_rows.std(axis=0)[:-1], rtol=1e-9)
    np.testing.assert_allclose(
        honest.target_mean, linear_data.targets[rows.train].mean(axis=0), rtol=1e-12
    )
    # Validation rows do not enter either.
    both = np.concatenate([rows.train, rows.validation])
    assert not np.allclose(
        honest.input_mean, linear_data.features[both].mean(axis=0, dtype=float), rtol=1e-6, atol=0
    )


def test_a_constant_column_gives_zero(linear_data, network_b):
    values = standardise(
        linear_data.features, network_b.input_mean, network_b.input_deviation, None
    )
    assert network_b.input_deviation[-1] == 1.0
    np.testing.assert_allclose(values[:, -1], 0, atol=1e-6)
    np.testing.assert_allclose(values[network_b.split.train, :-1].std(axis=0), 1, rtol=1e-4)


def test_a_constant_target_is_predicted_and_not_nan(linear_data, make_dataset, short):
    targets = linear_data.targets.copy()
    targets[:, 0] = 0.25
    network = train(make_dataset(targets=targets), "B", short)
    assert np.isfinite(network.predict(linear_data)).all()
    assert network.target_deviation[0] == 1.0


def test_standardise_is_eq_6_in_any_number_of_pieces():
    random = np.random.default_rng(3)
    values = random.normal(1e4, 1e-2, size=(40000, 2))  # single precision would lose this
    result = standardise(values, values.mean(axis=0), values.std(axis=0))
    expected = (values - values.mean(axis=0)) / values.std(axis=0)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    cut = standardise(values, values.mean(axis=0), values.std(axis=0), 1.5)
    np.testing.assert_allclose(cut, np.clip(expected, -1.5, 1.5), atol=1e-5)


def test_a_rare_spike_cannot_spoil_the_prediction(linear_data, network_b):
    """A shell that is empty in training: its standardised value would be in the thousands."""
    inputs = linear_data.features[:2].copy()
    inputs[0, -1] += 1e5
    limit = network_b.settings.input_limit
    assert np.isfinite(network_b.predict(inputs)).all()
    at_limit = linear_data.features[:1].copy()
    at_limit[0, -1] = network_b.input_mean[-1] + limit
    np.testing.assert_allclose(network_b.predict(inputs)[0], network_b.predict(at_limit)[0], 1e-6)


def test_numpy_prediction_equals_keras(linear_data, network_a):
    inputs = linear_data.inputs("A")[0][:500]
    scaled = standardise(
        inputs, network_a.input_mean, network_a.input_deviation, network_a.settings.input_limit
    )
    by_keras = network_a.to_keras().predict(scaled, verbose=0)
    by_keras = by_keras * network_a.target_deviation + network_a.target_mean
    np.testing.assert_allclose(network_a.predict(inputs), by_keras, rtol=1e-5, atol=1e-6)


def test_the_best_epoch_is_kept(linear_data, network_b):
    rows = network_b.split.validation
    predicted, true = network_b.predict(linear_data)[rows], linear_data.targets[rows]
    error = np.mean(((predicted - true) / network_b.target_deviation) ** 2)
    assert error == pytest.approx(network_b.history["validation"].min(), rel=1e-4)
    assert network_b.history["validation"][network_b.best_epoch] == min(
        network_b.history["validation"]
    )
    assert len(network_b.history["train"]) == len(network_b.history["validation"])


def test_without_patience_every_epoch_is_trained_and_the_last_is_kept(make_dataset, fast):
    noise = make_dataset(n_rows=600, signal=0.0, noise=1.0)
    stopped = train(noise, "B", fast)
    settings = fast.model_copy(update={"patience": None})
    network = train(noise, "B", settings, stopped.split)
    assert network.best_epoch == len(network.history["validation"]) - 1 == fast.epochs - 1
    assert len(stopped.history["validation"]) < fast.epochs  # else the test would say nothing
    rows = network.split.validation
    error = np.mean(((network.predict(noise) - noise.targets)[rows] / network.target_deviation)**2)
    assert error == pytest.approx(network.history["validation"][-1], rel=1e-4)


def test_rows_of_a_run_that_trains_do_not_stop_a_network_that_other_runs_test(fast):
    runs = np.repeat(np.arange(4), 25)
    by_row = split(runs, fast)
    whole_runs = Split(np.arange(50), np.arange(50, 75), np.arange(75, 100))
    untested = Split(np.arange(50), np.arange(50, 75), [])
    for division in (by_row, whole_runs, untested):
        assert unvalidated(fast, runs, division) == fast
    same_run = Split(np.arange(40), np.arange(40, 50), np.arange(50, 100))
    found = unvalidated(fast, runs, same_run)
    assert found == fast.model_copy(update={"l2": 0.03, "patience": None})
    many = fast.model_copy(update={"epochs": 500})
    assert unvalidated(many, runs, same_run).epochs == 60


def test_an_output_layer_of_relu_predicts_nothing_below_zero(linear_data, short):
    """The paper's letter: ReLU for all the nodes, targets as they are."""
    letter = short.model_copy(update={"output": "relu", "target_scaling": "none"})
    network = train(linear_data, "A", letter)
    inputs = linear_data.inputs("A")[0]
    scaled = standardise(
        inputs, network.input_mean, network.input_deviation, letter.input_limit
    )
    ours = network.predict(inputs)
    np.testing.assert_allclose(
        ours, network.to_keras().predict(scaled, verbose=0), rtol=1e-5, atol=1e-6
    )
    linear = train(linear_data, "A", letter.model_copy(update={"output": "linear"}))
    assert ours.min() >= 0 > linear.predict(inputs).min()


def test_same_seed_same_network_and_nothing_else_is_disturbed(linear_data, network_b, short):
    np.random.seed(7)  # noqa: NPY002
    random.seed(7)
    before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    first, second = (train(linear_data, "B", short) for _ in range(2))
    other = train(linear_data, "B", short.model_copy(update={"seed": 1}), first.split)
    np.testing.assert_array_equal(first.predict(linear_data), second.predict(linear_data))
    np.testing.assert_array_equal(first.history["train"], second.history["train"])
    assert not np.allclose(first.predict(linear_data), other.predict(linear_data))
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert random.getstate() == before[1]


def test_a_and_b_share_their_rows(network_a, network_b):
    for part in ("train", "validation", "test"):
        np.testing.assert_array_equal(
            getattr(network_a.split, part), getattr(network_b.split, part)
        )


def test_save_and_load(tmp_path, linear_data, network_a):
    path = network_a.save(tmp_path / "deep" / "A")
    network_a.save(tmp_path / "deep" / "A")  # a second time replaces
    assert os.listdir(path.parent) == ["network.npz"]
    loaded = TrainedNetwork.load(path.parent)
    np.testing.assert_array_equal(loaded.predict(linear_data), network_a.predict(linear_data))
    assert loaded.settings == network_a.settings
    assert loaded.feature_names == network_a.feature_names
    assert (loaded.which, loaded.temperature, loaded.tau_index) == ("A", 0.5, 2)
    np.testing.assert_array_equal(loaded.history["validation"], network_a.history["validation"])
    np.testing.assert_array_equal(loaded.split.test, network_a.split.test)
    np.testing.assert_array_equal(loaded.times, network_a.times)


def test_missing_and_damaged_files(tmp_path, network_b):
    with pytest.raises(DataError, match="is not there; train the network"):
        TrainedNetwork.load(tmp_path)
    path = network_b.save(tmp_path)
    whole = path.read_bytes()
    for damaged in (b"", b"no network", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged .* delete it and train again"):
            TrainedNetwork.load(tmp_path)


def test_a_failed_save_leaves_nothing_half_written(tmp_path, network_b):
    (tmp_path / "network.npz" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError):
        network_b.save(tmp_path)
    assert os.listdir(tmp_path) == ["network.npz"]
    assert os.listdir(tmp_path / "network.npz") == ["in the way"]


def test_inputs_of_a_prediction_are_checked(linear_data, network_a, network_b, make_dataset):
    with pytest.raises(ParameterError, match=r"the network reads \(n_rows, 13\)"):
        network_a.predict(linear_data.features)
    renamed = make_dataset(feature_names=tuple(f"y{column}" for column in range(12)))
    with pytest.raises(DataError, match="same DescriptorSpec"):
        network_b.predict(renamed)
    bad = linear_data.features[:3].copy()
    bad[1, 1] = np.nan
    with pytest.raises(DataError, match="not finite"):
        network_b.predict(bad)
    with pytest.raises(ParameterError, match="statistics = 'theirs'"):
        network_b.predict(linear_data, statistics="theirs")


def test_own_statistics_undo_a_shift_and_a_scale(linear_data, network_b):
    """Another temperature whose descriptors are shifted and stretched."""
    own = network_b.predict(linear_data, statistics="own")
    shifted = network_b.predict(linear_data.features.astype(float) * 3 + 5, statistics="own")
    np.testing.assert_allclose(own, shifted, rtol=1e-3, atol=1e-4)
    assert not np.allclose(network_b.predict(linear_data.features * 3 + 5), own, atol=1e-2)


def test_a_split_given_by_hand_is_used(linear_data, short):
    rows = Split(np.arange(300), np.arange(300, 400), np.arange(2000, 2400))
    network = train(linear_data, "B", short, rows)
    assert network.split is rows
    np.testing.assert_allclose(
        network.input_mean, linear_data.features[:300].mean(axis=0, dtype=float), rtol=1e-9
    )
    with pytest.raises(ParameterError, match="row 2400, but there are 2400 rows"):
        train(linear_data, "B", short, Split([0], [1], [2400]))


def test_a_loss_that_is_not_a_number_is_an_error(linear_data, short):
    with pytest.raises(DivergedError, match="loss stopped being a number.*smaller"):
        train(linear_data, "B", short.model_copy(update={"learning_rate": 1e30}))


def test_settings_are_chosen_on_validation_rows_alone(linear_data, make_dataset, short):
    grid = {"learning_rate": [1e-6, 1e-2, 1e30], "target_scaling": ["standardise"]}
    best, table = choose_settings(linear_data, "B", grid, short)
    assert best == short.model_copy(update={"learning_rate": 1e-2})
    assert table["chosen"].tolist() == [False, True, False]
    # A rate that does nothing leaves a guess no better than the mean; one too high diverges.
    assert table["validation_loss"][0] > 0.9
    assert np.isinf(table["validation_loss"][2])
    rows = split(linear_data.runs, short)
    network = train(linear_data, "B", best)
    true = linear_data.targets[rows.validation]
    variance = linear_data.targets[rows.train].var(axis=0)
    loss = ((network.predict(linear_data)[rows.validation] - true) ** 2 / variance).mean()
    assert table["validation_loss"][1] == pytest.approx(loss, rel=1e-6)
    # Spoilt test rows change nothing.
    features = linear_data.features.copy()
    features[rows.test] = -1e6
    spoilt = make_dataset(features=features)
    _, again = choose_settings(spoilt, "B", {"learning_rate": [1e-2]}, short)
    assert again["validation_loss"][0] == table["validation_loss"][1]
    assert again["validation_rho"][0] == table["validation_rho"][1]


def test_a_bad_grid_is_an_error(linear_data):
    for grid, message in (
        ({}, "at least one field"),
        ({"l2": []}, "at least one value|one field"),
        ({"seed": [1, 2]}, "would change the rows"),
        ({"droput": [0.1]}, "did you mean 'dropout'"),
        ({"dropout": [1.5]}, "dropout = 1.5"),
    ):
        with pytest.raises(ParameterError, match=message):
            choose_settings(linear_data, "B", grid)


def test_one_row_of_validation_is_enough():
    random = np.random.default_rng(0)
    data = Dataset(
        temperature=0.5,
        features=random.normal(size=(5, 2)),
        feature_names=("a", "b"),
        debye_waller=np.ones(5),
        targets=random.normal(size=(5, 1)),
        times=[1.0],
        tau_index=0,
        runs=np.zeros(5, int),
        chain_position=np.zeros(5, int),
    )
    network = train(data, "A", NetworkSettings(epochs=2))
    assert network.predict(data).shape == (5, 1)


def test_standardising_on_all_rows_lets_the_test_rows_in(make_dataset, short):
    data = make_dataset()
    parts = split(data.runs, short)
    honest = train(data, "B", short, parts)
    leaky = train(data, "B", short, parts, standardise_on="all")
    np.testing.assert_allclose(honest.input_mean, data.features[parts.train].mean(0), rtol=1e-3)
    np.testing.assert_allclose(leaky.input_mean, data.features.mean(0), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(leaky.target_mean, data.targets.mean(0))
    assert (honest.input_mean != leaky.input_mean).any()
    with pytest.raises(ParameterError, match="standardise_on = 'test'"):
        train(data, "B", short, parts, standardise_on="test")
