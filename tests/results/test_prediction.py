"""From somebody's file to a prediction: the models that ship, whose row is which, what is said."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from melt_files import data_text
from typer.testing import CliRunner

from glasslib import paths
from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError, DataError, ParameterError
from glasslib.figures.viewer import standalone_page
from glasslib.learning.baselines import ridge_pipeline
from glasslib.learning.dataset import run_folds
from glasslib.learning.prediction import whole_runs_split
from glasslib.parameters import Cage, NetworkSettings
from glasslib.results import models as shipped_models
from glasslib.results import prediction
from glasslib.results.inherent_structure import inherent_dataset
from glasslib.results.networks import dataset, trained
from glasslib.store.exchange import read_configuration

SETTINGS = dict.fromkeys("AB", NetworkSettings(epochs=2))
QUICK = Cage(replicas=1, warmup=0.1, duration=0.5)


@pytest.fixture
def place(smoke, tmp_path, monkeypatch):
    """Models ship to a folder of the test."""
    monkeypatch.setattr(paths, "models", lambda: tmp_path / "models")
    monkeypatch.setattr(prediction, "staleness", lambda models: None)  # nothing ships of "smoke"
    return tmp_path


@pytest.fixture(scope="session")
def models(shown, smoke_var):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSLIB_VAR", str(smoke_var))
        patch.setenv("GLASSLIB_DATA", str(paths.root() / "tests" / "data"))
        return shipped_models.train_models(shown[0.8], SETTINGS)


@pytest.fixture
def here(shown):
    return shown[0.8].configuration(0)


def read(text, folder, name="melt.data"):
    (folder / name).write_text(text)
    return read_configuration(folder / name)


def test_models_predict_what_trained_them(models, one, smoke):
    data, more = dataset(one), inherent_dataset(one)
    assert list(models.models) == ["A", "B", "C", "D"]
    for which in "AB":
        network = trained(data, which, SETTINGS[which], whole_runs_split(data.runs))
        values = data.inputs(which)[0]
        np.testing.assert_array_equal(models.models[which].predict(values), network.predict(data))
        np.testing.assert_array_equal(
            models.models[which].predict(values, "own"), network.predict(data, "own")
        )
        assert (models.models[which].beyond(values) == 0).all()
        assert (models.models[which].beyond(values + 1e6) == 1).all()
    ridge = ridge_pipeline().fit(more.features, more.targets, regress__groups=more.runs)
    np.testing.assert_allclose(
        models.models["C"].predict(more.features), ridge.predict(more.features), atol=1e-4
    )


def test_range_of_a_run_left_out_is_the_reference(models):
    assert set(models.left_out) == {
        "radial", "angular", "voronoi", "energy", "inherent", "cage", "debye_waller"
    }
    assert all(0 <= share < 0.1 for share in models.left_out.values())
    assert max(models.left_out.values()) > 0


def test_files_come_back_and_know_when_they_are_stale(place, shown, models):
    both = {0.8: shown[0.8]}
    assert shipped_models.publish_models(both, SETTINGS, report=lambda line: None) == 1
    back = shipped_models.load_models(0.8)
    assert back.keys == models.keys and back.left_out == models.left_out
    x = np.random.default_rng(0).normal(size=(5, len(models.models["C"].inputs)))
    for letter, model in models.models.items():
        values = x[:, : len(model.inputs)] * model.deviation[: x.shape[1]] + model.mean
        np.testing.assert_allclose(
            back.models[letter].predict(values), model.predict(values), atol=1e-4
        )
    assert shipped_models.publish_models(both, SETTINGS, report=lambda line: None) == 0
    others = dict.fromkeys("AB", NetworkSettings(epochs=1))
    assert shipped_models.keys_of(shown[0.8], others)["code"] != back.keys["code"]
    fewer = shipped_models.keys_of(shown[0.8].only([0]), SETTINGS)
    assert fewer["data"] != back.keys["data"] and fewer["code"] == back.keys["code"]
    with pytest.raises(DataError, match=r"T = 0.75 \(there: 0.8\).*--trained-at 0.8"):
        shipped_models.load_models(0.75)
    path = shipped_models.model_path(0.8)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match="T0.800.npz is damaged"):
        shipped_models.load_models(0.8)


def test_rows_follow_their_particles(models, here, one, smoke, tmp_path):
    """A file whose ids are shuffled gives each particle what it has in the training data."""
    ids = np.random.default_rng(3).permutation(len(here)) + 1
    snapshot = read(data_text(here, ids=ids), tmp_path)
    result = prediction.predict_snapshot(snapshot, models, 0.8, ["B", "C", "D"], cage=QUICK)
    table = result.table().set_index("id").loc[ids]
    data, more = dataset(one), inherent_dataset(one)
    n, k = len(here), models.tau_index
    column = f"t={models.times[k]:g}"
    for letter, values in (("B", data.features), ("C", more.features)):
        expected = models.models[letter].predict(values[:n])[:, k]
        close = np.isclose(table[f"{letter} {column}"], expected, atol=2e-3)
        assert close.mean() > 0.99, letter  # the minimiser may find another minimum for a few
    cages = models.models["D"].predict(shipped_models.cage_dataset(one).features[:n])[:, k]
    assert np.corrcoef(table[f"D {column}"], cages)[0, 1] > 0.5  # a much shorter sampling
    assert table["chain"].nunique() == 300 and list(table.columns[:2]) == ["type", "chain"]


def test_foreign_configurations_are_told(models, here, smoke, tmp_path):
    same = prediction.predict_snapshot(read(data_text(here), tmp_path), models, 0.8, ["B"])
    assert same.remarks == () and max(same.beyond.values()) < 1e-3
    loose = Configuration(here.positions * 1.03, here.box * 1.03, here.bonds)
    far = prediction.predict_snapshot(read(data_text(loose), tmp_path), models, 0.75, ["B"])
    words = "\n".join(far.remarks)
    assert "trained at T = 0.8, not 0.75" in words and "density 0.93" in words
    assert "beyond the range of training" in words and "radial" in words
    assert far.beyond["radial"] > 0.05 > same.beyond["radial"]
    double = Configuration(
        np.concatenate([here.positions, here.positions + [here.box[0], 0, 0]]),
        here.box * [2, 1, 1], np.concatenate([here.bonds, here.bonds + len(here)]),
    )
    large = prediction.predict_snapshot(read(data_text(double), tmp_path), models, 0.8)
    assert list(large.predicted) == ["B"]
    assert any("C is left out: the box has edges" in remark for remark in large.remarks)
    assert any("3,000 particles; the models were trained on 1,500" in r for r in large.remarks)
    half = len(here)
    np.testing.assert_allclose(
        large.predicted["B"][:half], large.predicted["B"][half:], atol=1e-4
    )


def test_what_the_models_cannot_know_is_refused(models, here, smoke, tmp_path):
    gas = read(data_text(here, style="atomic"), tmp_path)
    with pytest.raises(ConfigurationError, match="--assume-potential"):
        prediction.predict_snapshot(gas, models, 0.8)
    melt = read(data_text(here), tmp_path)
    for letters, words in ((["A"], "--debye-waller"), (["E"], "choose A, B, C, D")):
        with pytest.raises(ParameterError, match=words):
            prediction.predict_snapshot(melt, models, 0.8, letters)
    with pytest.raises(ParameterError, match="no model reads it"):
        prediction.predict_snapshot(melt, models, 0.8, ["B"], debye_waller=np.ones(len(here)))


def test_debye_waller_factors_are_matched_by_id(tmp_path):
    ids, path = np.array([7, 3, 5]), tmp_path / "dw.csv"
    pd.DataFrame({"id": [3, 5, 7], "u2": [0.3, 0.5, 0.7]}).to_csv(path)
    assert prediction.read_debye_waller(f"{path}:u2", ids).tolist() == [0.7, 0.3, 0.5]
    for column, values, words in (
        ("id,debye_waller", "3,1\n5,1", "not name the same particles: id 7"),
        ("id,debye_waller", "3,1\n5,1\n7,1\n7,1", "an id that comes twice"),
        ("id,debye_waller", "3,1\n5,-1\n7,1", "debye_waller = -1 of id 5"),
        ("id,debye_waller", "3,1\n5,x\n7,1", "debye_waller = x of id 5"),
        ("id,u2", "3,1\n5,1\n7,1", "no column 'debye_waller'.*FILE:COLUMN"),
    ):
        path.write_text(f"{column}\n{values}\n")
        with pytest.raises(DataError, match=words):
            prediction.read_debye_waller(str(path), ids)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        prediction.read_debye_waller("nowhere.csv", ids)


def test_the_page_loads_nothing(models, here, smoke, tmp_path):
    snapshot = read(data_text(here), tmp_path)
    view = prediction.predict_snapshot(snapshot, models, 0.8, ["B"]).view()
    text = standalone_page(view, "melt <1>", "words")
    soup = BeautifulSoup(text, "html.parser")
    assert not soup.find_all(["link", "iframe"]) and not soup.find_all("script", src=True)
    assert soup.find("img")["src"].startswith("data:image/png;base64,")
    data = json.loads(soup.find("script", class_="glass-data").string)
    assert data["names"] == ["B"] and data["picture"] == soup.find("figure")["id"]
    assert data["views"][0]["times"][0]["rho"] == {} and soup.find("h1").string == "melt <1>"


def test_command_writes_a_table_and_a_page(place, shown, here, monkeypatch):
    from glasslib.cli import app

    shipped_models.publish_models({0.8: shown[0.8]}, SETTINGS, report=lambda line: None)
    (place / "melt.data").write_text(data_text(here))
    dw = pd.DataFrame({"id": np.arange(1, 1501), "debye_waller": shown[0.8].debye_waller[0]})
    dw.to_csv(place / "dw.csv", index=False)
    monkeypatch.chdir(place)
    line = "predict melt.data -T 0.8 -o out.csv --debye-waller dw.csv --model A --model B"
    done = CliRunner().invoke(app, [*line.split(), "--view", "out.html"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(place / "out.csv")
    assert len(table) == 1500 and len(table.columns) == 3 + 2 * 10
    expected = trained(dataset(shown[0.8]), "A", SETTINGS["A"],
                       whole_runs_split(dataset(shown[0.8]).runs)).predict(dataset(shown[0.8]))
    np.testing.assert_allclose(table.filter(regex="^A "), expected[:1500], rtol=2e-3, atol=1e-4)
    assert (place / "out.html").stat().st_size > 600_000
    assert re.search(r"density +1.02 +1.02", done.output)
    assert "A: what it is worth at T = 0.8 is in no table" in done.output
    with pytest.raises(DataError, match="out.csv exists"):
        CliRunner().invoke(app, line.split(), catch_exceptions=False)


def test_worth_is_read_from_the_tables(monkeypatch):
    tables = {
        "accuracy": pd.DataFrame({
            "T": [0.5, 0.5], "split": ["row", "run"], "model": "network B", "t": 30.0,
            "at_tau": True, "within": [0.9, 0.44], "within_error": 0.02, "rho": 0.1,
        }),
        "transfer": pd.DataFrame({
            "kind": "pair", "split": "run", "network": "B", "trained": 0.5,
            "applied": [0.5, 0.6, 0.45], "rho": [0.44, 0.31, 0.39],
        }),
    }
    monkeypatch.setattr(
        "glasslib.results.shipped.read_table", lambda name: tables.get(name, pd.DataFrame())
    )
    assert prediction.worth("B", 0.5, 0.5).startswith("B: ρ = 0.440 ± 0.020 at t = τ_α = 30")
    line = prediction.worth("B", 0.5, 0.47)
    assert "from 0.31 to 0.39 at T = 0.6, 0.45" in line
    assert "in no table" in prediction.worth("C", 0.5, 0.5)
    assert "not measured" in prediction.worth("D", 0.5, 0.47)


def test_the_split_of_whole_runs_holds_out_none():
    runs = np.repeat(np.arange(10), 4)
    parts = whole_runs_split(runs)
    assert len(parts.test) == 0 and len(parts) == len(runs)
    assert np.unique(runs[parts.validation]).tolist() == [9]
    assert len(run_folds(runs)[0].test) > 0  # as where the tables say what a model is worth
    assert 0 < len(whole_runs_split(np.zeros(30, int)).validation) < 30
