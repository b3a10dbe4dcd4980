"""Data sets and networks of the fixed ensemble, and their caches."""

from dataclasses import replace

import numpy as np
import pytest

from glasslib import paths, results
from glasslib.parameters import DescriptorSpec, NetworkSettings
from glasslib.results import networks
from glasslib.results.cache import digest
from glasslib.structure.descriptors import structural_descriptors
from results.examples import N

SETTINGS = dict.fromkeys("AB", NetworkSettings(epochs=2))


def test_dataset_has_880_features_and_rows_in_order(smoke, shown):
    one = shown[0.8]
    data = results.dataset(one)
    assert data.features.shape == (2 * N, 880) and len(set(data.feature_names)) == 880
    assert data.runs.tolist() == [0] * N + [1] * N
    assert data.chain_position[:6].tolist() == [0, 1, 2, 1, 0, 0]
    assert (data.times[data.tau_index], len(data.times)) == (1.93, 10)
    for run in (0, 1):
        rows = slice(run * N, (run + 1) * N)
        np.testing.assert_array_equal(data.targets[rows], one.propensity[run])
        np.testing.assert_array_equal(data.debye_waller[rows], one.debye_waller[run])
    table = structural_descriptors(one.configuration(1), melt=one.melt)
    np.testing.assert_array_equal(data.features[N:], table.values.astype(np.float32))
    assert data.feature_names == tuple(table["descriptor"].values)
    volume = data.features[:N, data.feature_names.index("voronoi volume")]
    assert volume.sum() == pytest.approx(N / 1.02, rel=1e-4)
    energy = data.features[:N, data.feature_names.index("energy")]
    assert energy.sum() == pytest.approx(one.runs[0].attrs["potential_energy"], rel=1e-4)


def test_second_call_reads_the_cache_and_is_equal(smoke, shown):
    first = results.dataset(shown[0.8])
    found = paths.cache().glob("descriptors-T0.800-*.npz")
    before = {path: path.stat().st_mtime_ns for path in found}
    assert before
    second = results.dataset(shown[0.8])
    found = paths.cache().glob("descriptors-T0.800-*.npz")
    assert {path: path.stat().st_mtime_ns for path in found} == before
    assert first.features.tobytes() == second.features.tobytes()
    assert first.feature_names == second.feature_names


def test_the_cache_depends_on_data_and_parameters(smoke, shown, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path))
    tiny = {
        "radial_shells": ((0.8, 1.6, 4, 0.1),),
        "angular_shells": 2,
        "max_order": 2,
        "generations": 0,
        "voronoi": False,
    }
    for spec in (DescriptorSpec(**tiny), DescriptorSpec(**tiny | {"energy": False})):
        results.dataset(shown[0.8], spec)
        results.dataset(shown[0.7], spec)
        results.dataset(shown[0.7], spec)
    assert len(list(tmp_path.glob("cache/*.npz"))) == 4
    assert digest(shown[0.8]) != digest(shown[0.7])


def test_a_trained_network_is_read_again_not_trained_again(smoke, shown, predictions):
    folders = {p: p.stat().st_mtime_ns for p in paths.cache().glob("network-*")}
    again = results.predict(shown[0.8], SETTINGS)
    assert {p: p.stat().st_mtime_ns for p in paths.cache().glob("network-*")} == folders
    for which in "AB":
        np.testing.assert_array_equal(again.predicted[which], predictions[0.8].predicted[which])


def test_equal_numbers_give_the_same_network_and_others_do_not(smoke, shown, predictions):
    """The cache of trainings goes by the numbers of a data set, not by where they come from."""
    one = predictions[0.8].data
    same = replace(one, features=one.features.copy())
    assert same.fingerprint == one.fingerprint
    for changed in (
        replace(one, targets=one.targets + 1e-9),
        replace(one, debye_waller=one.debye_waller[::-1]),
        one.extended(["x"], np.ones((len(one), 1))),
        one.subset(np.arange(len(one) - 1)),
    ):
        assert changed.fingerprint != one.fingerprint


def test_held_out_runs_are_predicted_by_networks_that_never_saw_them(smoke, shown, predictions):
    one = predictions[0.8].data
    predicted, trained = networks.held_out(one, "B", SETTINGS["B"])
    assert np.isfinite(predicted).all() and len(trained) == 2
    for network in trained:
        seen = one.runs[np.concatenate([network.split.train, network.split.validation])]
        (tested,) = np.unique(one.runs[network.split.test])
        assert tested not in seen
        rows = one.runs == tested
        np.testing.assert_allclose(
            predicted[rows], network.predict(one.features[rows]), rtol=1e-6
        )
    assert [network.settings.seed for network in trained] == [0, 1]
    # One run trains and its rows would have to stop it: it is not stopped.
    assert [network.settings.patience for network in trained] == [None, None]
    assert [network.settings.l2 for network in trained] == [0.03, 0.03]


def test_settings_table_names_every_setting():
    table = results.settings_table(SETTINGS)
    assert list(table.index) == list(NetworkSettings.model_fields)
    assert table.loc["epochs", "network A"] == "2" and table["meaning"].str.len().min() > 10
