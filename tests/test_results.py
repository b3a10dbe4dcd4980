"""What the pages ask for, from the fixed ensemble: numbers, caches and verdicts."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from glasslib import figures, paths, results, store
from glasslib.errors import ParameterError
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import split
from glasslib.parameters import CompanionParameters, NetworkSettings
from glasslib.results import data, maps, networks
from glasslib.results.cache import digest
from glasslib.structure.descriptors import structural_descriptors

N = 1500
SETTINGS = dict.fromkeys("AB", NetworkSettings(epochs=2))


# --------------------------------------------------------------------------------- ensembles
def test_ensemble_that_is_there_is_loaded(smoke):
    one = results.ensemble(0.8, "smoke")
    assert (one.temperature, one.profile, list(one.runs)) == (0.8, "smoke", [0, 1])


def test_ensemble_of_no_profile(smoke, capsys):
    before = set(smoke.parent.iterdir())
    with pytest.raises(ParameterError, match="profile = 'nowhere' does not exist; choose smoke"):
        results.ensemble(0.62, "nowhere")
    assert capsys.readouterr().err == ""
    assert set(smoke.parent.iterdir()) == before


def test_ensembles_of_a_page_fall(smoke):
    page = CompanionParameters(temperature=0.7, profile="smoke")
    assert list(results.ensembles(page)) == [0.8, 0.7]


def test_data_table(shown):
    table = results.data_table(shown)
    assert list(table.index) == ["0.80", "0.70"]
    assert table.loc["0.70"].to_dict() == {
        "profile": "smoke",
        "runs": 2,
        "monomers": N,
        "trajectories": 8,
        "per run": "4",
        "longest time (τ)": "9.6",
    }


# -------------------------------------------------------------------------------- relaxation
def test_relaxation_numbers_stay(shown):
    """Regression: the fixed ensemble gives these numbers."""
    table = results.relaxation_table(shown)
    expected = pd.DataFrame(
        {
            "q_peak": [7.165193791, 7.153534506],
            "tau_alpha": [1.930464215, 3.203596049],
            "tau_alpha_error": [0.1333061193, 0.1009443278],
            "tau_alpha_sampled": [1.93, 3.2],
            "tau_ee": [353.9096794, 929.9789522],
            "u2": [0.09281236730, 0.07819835422],
            "u2_error": [0.001274968943, 5.002010413e-05],
            "a": [0.3250896505, 0.3343941447],
            "a_error": [0.0008831176758, 0.003581787109],
        },
        index=[0.8, 0.7],
    )
    for name in expected:
        np.testing.assert_allclose(table[name], expected[name], rtol=1e-6, err_msg=name)
    one = results.relaxation(shown[0.8])
    np.testing.assert_allclose(
        one.scattering[[10, 30, 50]], [0.97666604, 0.62255659, 0.19261406], rtol=1e-6
    )
    np.testing.assert_allclose(one.lag[[10, 50]], [0.03461749, 4.97138751], rtol=1e-6)


def test_relaxation_is_consistent(shown):
    for t, one in shown.items():
        r = results.relaxation(one)
        assert r.tau_alpha == pytest.approx(one.times.tau_alpha, abs=0.006)
        assert np.interp(np.log(r.tau_alpha), np.log(r.lag), r.scattering) == pytest.approx(
            np.exp(-1), abs=0.02
        )
        # F_s of the ensemble's trajectories, another average, crosses 1/e near there too.
        fine = np.concatenate([b["scattering"] for bs in one.blocks.values() for b in bs]).mean(0)
        place = np.searchsorted(one.times.fine_times, one.times.tau_alpha)
        assert fine[place] == pytest.approx(np.exp(-1), abs=0.06)
        # Ballistic at the first time: ⟨|Δr|⟩ = t √(8 T / π).
        ballistic = 0.01 * np.sqrt(8 * t / np.pi)
        assert one.propensity[..., 0].mean() == pytest.approx(ballistic, rel=0.02)


def test_runs_without_an_ensemble_relax_too(shown):
    """A temperature with runs alone is the same in all but where a comes from."""
    bare = {t: replace(one, blocks={}, times=None) for t, one in shown.items()}
    whole, alone = results.relaxation_table(shown), results.relaxation_table(bare)
    same = ["q_peak", "tau_alpha", "tau_alpha_error", "tau_ee", "tau_ee_error", "u2", "u2_error"]
    pd.testing.assert_frame_equal(alone[same], whole[same])
    of_ensembles = [one.debye_waller.mean() for one in shown.values()]
    np.testing.assert_allclose(whole["u2"], of_ensembles, rtol=0.06)
    assert alone[["a", "tau_alpha_sampled"]].isna().all(axis=None)  # files from before it was kept
    assert results.data_table(bare)["longest time (τ)"].tolist() == ["–", "–"]
    assert results.checks(bare).empty
    both, one = results.averages_table(shown), results.averages_table(bare)
    assert list(one.index) == [("0.80", "production"), ("0.70", "production")]
    production = both.xs("production", level="from")
    ensembles = both.xs("ensembles", level="from")
    assert production[["τ_α", "u²"]].equals(one.droplevel("from")[["τ_α", "u²"]])
    assert (production["a"] == "–").all() and (ensembles["a"] != "–").all()
    for name in ("τ_α", "u²"):
        first, second = (
            one[name].map(lambda text: float(text.split()[0])) for one in (ensembles, production)
        )
        np.testing.assert_allclose(first, second, rtol=0.15)


def test_mean_displacement_of_production_runs(shown):
    """Read off at τ_α; the curve of each run is (τ/50)^½ here."""
    one = shown[0.8]
    runs = {
        number: replace(
            run, arrays=run.arrays | {"mean_displacement": np.sqrt(run["lag"] / 50.0)}
        )
        for number, run in one.runs.items()
    }
    u2, a = results.production_averages(replace(one, runs=runs))
    np.testing.assert_allclose(a, np.sqrt(one.times.tau_alpha / 50), rtol=1e-6)
    np.testing.assert_allclose(u2, one.debye_waller.mean(axis=1), rtol=0.08)
    late = replace(one.times, tau_alpha=1e6)
    assert np.isnan(results.production_averages(replace(one, runs=runs, times=late))[1]).all()


def test_melts_hold_runs_without_blocks(smoke, tmp_path, monkeypatch):
    shutil.copytree(smoke, tmp_path / "ensembles" / "companion")
    for path in (tmp_path / "ensembles" / "companion" / "T0.700").glob("run*-block*"):
        path.unlink()
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path))
    page = CompanionParameters(temperature=0.8)
    assert list(results.ensembles(page)) == [0.8]
    melts = results.melts(page)
    assert list(melts) == [0.8, 0.7] and sum(melts[0.7].n_trajectories.values()) == 0
    assert len(results.equilibration_table(melts)) == 4
    (tmp_path / "ensembles" / "companion" / "T0.700" / "times.json").unlink()  # not fixed yet
    _, numbers = figures.melt_figure(list(results.melts(page).values()))
    assert set(numbers["T"]) == {0.8, 0.7}
    own = tmp_path / "ensembles" / "smoke" / "T0.700"  # the page's own ensemble stays
    shutil.copytree(smoke / "T0.700", own)
    shutil.copy(smoke / "registry.txt", own.parent)
    page = CompanionParameters(temperature=0.7, profile="smoke")
    assert [one.profile for one in results.melts(page).values()] == ["companion", "smoke"]


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
    assert abs(data._drift_z(noise)) < 3.5
    late = np.arange(3000) >= 2000
    assert data._drift_z(noise + late) > 10
    assert data._drift_z(noise - late) < -10


# ------------------------------------------------------------------------------------- words
def test_with_errors():
    table = pd.DataFrame(
        {"rho": [0.6123, 0.5], "rho_error": [0.0213, np.nan], "n": [3, 4]}, index=[0.8, 0.7]
    )
    joined = results.with_errors(table)
    assert list(joined.columns) == ["rho", "n"]
    assert joined["rho"].tolist() == ["0.612 ± 0.021", "0.5 ± ?"]
    assert joined["n"].tolist() == [3, 4] and list(joined.index) == [0.8, 0.7]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.43123, 0.0123, "0.431 ± 0.012"),
        (152.3, 41, "152 ± 41"),
        (1234.5, 150, "1234 ± 150"),
        (-0.0301, 0.004, "-0.0301 ± 0.0040"),
        (0.5, 0.0, "0.5 ± ?"),
        (1e-5, np.inf, "1e-05 ± ?"),
    ],
)
def test_format_error(value, error, text):
    assert results.format_error(value, error) == text


@pytest.mark.parametrize(
    ("difference", "error", "verdict"),
    [
        (0.1, 0.04, "different"),
        (-0.1, 0.04, "different"),
        (0.1, 0.06, "same"),
        (0.0, 0.1, "same"),
        (0.1, 0.05, "same"),
        (0.1, np.nan, "cannot tell"),
        (0.1, 0.0, "cannot tell"),
    ],
)
def test_judge(difference, error, verdict):
    assert results.judge(difference, error, "same", "different") == verdict


def test_the_papers_number_is_compared_only_at_its_temperature(shown):
    table = results.relaxation_table(shown)
    assert results.mean_displacement_check(table).loc[0.4, ["runs", "verdict"]].tolist() == [
        0, "cannot tell"
    ]
    for a, runs, interval, verdict in (
        (0.43, 10, "0.41 to 0.45", "within the interval"),
        (0.50, 10, "0.48 to 0.52", "outside it"),
        (0.50, 2, "0.37 to 0.63", "within the interval"),  # two runs say little
    ):
        own = pd.DataFrame({"a": [a], "a_error": [0.01], "a_runs": [runs]}, index=[0.4])
        row = results.mean_displacement_check(own).loc[0.4]
        assert row[["runs", "95 % interval", "verdict"]].tolist() == [runs, interval, verdict]
    alone = pd.DataFrame({"a": [0.43], "a_error": [np.nan], "a_runs": [1]}, index=[0.4])
    row = results.mean_displacement_check(alone).loc[0.4]
    assert row[["ours", "95 % interval", "verdict"]].tolist() == ["0.43 ± ?", "–", "cannot tell"]


# ----------------------------------------------------------------------------------- data set
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
    from glasslib.parameters import DescriptorSpec

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


# ----------------------------------------------------------------------------------- networks
def test_predictions_cover_every_row_and_tests_are_kept_apart(predictions):
    for p in predictions.values():
        parts = split(p.data.runs, SETTINGS["A"])
        np.testing.assert_array_equal(p.test, parts.test)
        assert len(p.test) == 600
        for which in "AB":
            assert p.predicted[which].shape == (2 * N, 10)
            assert np.isfinite(p.predicted[which]).all()
        assert (p.predicted["A"] != p.predicted["B"]).any()


def test_a_trained_network_is_read_again_not_trained_again(smoke, shown, predictions):
    folders = {p: p.stat().st_mtime_ns for p in paths.cache().glob("network-*")}
    again = results.predict(shown[0.8], SETTINGS)
    assert {p: p.stat().st_mtime_ns for p in paths.cache().glob("network-*")} == folders
    for which in "AB":
        np.testing.assert_array_equal(again.predicted[which], predictions[0.8].predicted[which])


def test_networks_learn_something_even_in_two_epochs(predictions):
    for p in predictions.values():
        k = p.data.tau_index
        for which in "AB":
            assert pearson(p.data.targets[p.test, k], p.predicted[which][p.test, k]) > 0


def test_equal_numbers_give_the_same_network_and_others_do_not(smoke, shown, predictions):
    """The cache of trainings goes by the numbers of a data set, not by where they come from."""
    from dataclasses import replace

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


def test_map_columns_and_table(shown, predictions):
    columns = results.map_columns(shown, predictions)
    assert [t for t, _, _ in columns] == [0.8, 0.7]
    t, configuration, fields = columns[1]
    assert len(configuration) == N and list(fields) == ["true", "A", "B"]
    np.testing.assert_array_equal(fields["true"], shown[0.7].propensity[0, :, 7])
    table = results.map_table(shown, predictions)
    p = predictions[0.8]
    test = p.test[p.test < N]
    k = p.data.tau_index
    expected = np.corrcoef(p.data.targets[test, k], p.predicted["B"][test, k])[0, 1]
    assert table.loc[0.8, "B, test rows"] == pytest.approx(expected)
    assert maps._middle([5, 4, 3, 2, 1]) == [5, 3, 1] and maps._middle([5]) == [5]


def test_settings_table_names_every_setting():
    table = results.settings_table(SETTINGS)
    assert list(table.index) == list(NetworkSettings.model_fields)
    assert table.loc["epochs", "network A"] == "2" and table["meaning"].str.len().min() > 10


# --------------------------------------------------------------------------------- what is read
def test_nothing_was_written_among_the_fixed_data(smoke):
    assert store.verify_all("smoke") == 14
    assert [p for p in smoke.rglob(".*")] == []


def test_importing_results_leaves_tensorflow_alone():
    import subprocess

    code = "import sys, glasslib.results; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
