"""Predictions on one split, and the maps made of them."""

import numpy as np
import pytest

from glasslib import results
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import split
from glasslib.parameters import NetworkSettings
from glasslib.results import correlation, maps
from glasslib.results.networks import held_out
from results.examples import N

SETTINGS = dict.fromkeys("AB", NetworkSettings(epochs=2))


def test_predictions_cover_every_row_and_tests_are_kept_apart(predictions):
    for p in predictions.values():
        parts = split(p.data.runs, SETTINGS["A"])
        np.testing.assert_array_equal(p.test, parts.test)
        assert len(p.test) == 600
        for which in "AB":
            assert p.predicted[which].shape == (2 * N, 10)
            assert np.isfinite(p.predicted[which]).all()
        assert (p.predicted["A"] != p.predicted["B"]).any()


def test_networks_learn_something_even_in_two_epochs(predictions):
    for p in predictions.values():
        k = p.data.tau_index
        for which in "AB":
            assert pearson(p.data.targets[p.test, k], p.predicted[which][p.test, k]) > 0


def test_map_columns_and_table(shown, predictions):
    columns = results.map_columns(shown, predictions)
    assert [t for t, _, _ in columns] == [0.8, 0.7]
    t, configuration, fields = columns[1]
    assert len(configuration) == N
    assert list(fields) == ["true", "A", "B", "A, new", "B, new"]
    np.testing.assert_array_equal(fields["true"], shown[0.7].propensity[0, :, 7])
    table = results.map_table(shown, predictions)
    p = predictions[0.8]
    test = p.test[p.test < N]
    k = p.data.tau_index
    expected = np.corrcoef(p.data.targets[test, k], p.predicted["B"][test, k])[0, 1]
    assert table.loc[0.8, "B, test monomers"] == pytest.approx(expected)
    blind = np.corrcoef(fields["true"], fields["B, new"])[0, 1]
    assert table.loc[0.7, "B, never seen"] == pytest.approx(blind)


def test_a_configuration_never_seen_is_predicted_as_in_the_table_of_accuracies(
    smoke, shown, predictions
):
    for network in "AB":
        p = predictions[0.8]
        own, folds = correlation.folds_of_seed(p.data, SETTINGS[network], 0)
        predicted, networks = held_out(p.data, network, own, folds)
        np.testing.assert_array_equal(p.unseen[network], predicted[:N])
        (blind,) = [one for one in networks if 0 in one.split.test]
        seen = np.concatenate([blind.split.train, blind.split.validation])
        assert set(p.data.runs[seen]) == {1}


@pytest.mark.parametrize(("own", "drawn"), [
    (None, [5, 3, 1]), (4, [5, 4, 1]), (5, [5, 3, 1]), (1, [5, 3, 1]),
])
def test_maps_show_both_ends_and_the_temperature_of_the_page(own, drawn):
    assert maps._drawn([5, 4, 3, 2, 1], own) == drawn and maps._drawn([5]) == [5]
