"""What each of our choices does."""

import numpy as np
import pytest
from learning.correlation_oracles import pearson_within_runs

from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import run_folds, split
from glasslib.parameters import DescriptorSpec
from glasslib.results import baselines, choices, networks
from results.examples import FAST, SETTINGS


def test_networks_differ_from_ours_in_one_choice(one):
    table = choices.choices_in_networks(one, SETTINGS)
    data = networks.dataset(one)
    name = "the paper's letter: ReLU output, targets as they are"
    letter = FAST.model_copy(update={"output": "relu", "target_scaling": "none"})
    parts = split(data.runs)
    predicted = networks.trained(data, "B", letter, parts).predict(data)[parts.test]
    held, (trained, *_) = networks.held_out(data, "B", letter, run_folds(data.runs))
    assert trained.settings.output == "relu" and trained.target_deviation.tolist() == [1.0] * 10
    here = table[(table["choice"] == name) & (table["model"] == "network B")].set_index("split")
    times = [int(np.flatnonzero(data.times == t)[0]) for t in here.loc["row", "t"]]
    assert [data.times[k] for k in times] == pytest.approx([0.1, 1.0, 1.93], rel=0.3)
    np.testing.assert_allclose(
        here.loc["row", "rho"], pearson(data.targets[parts.test], predicted)[times], atol=1e-9
    )
    np.testing.assert_allclose(
        here.loc["run", "within"],
        pearson_within_runs(data.targets, held, data.runs)[times], atol=1e-9,
    )
    assert set(table["model"]) == {"network A", "network B"}
    ours = set(table["choice"]) - {f"{name} − ours" for name in choices.IN_NETWORKS}
    assert ours == set(choices.IN_NETWORKS)


def test_descriptors_differ_from_ours_in_one_choice(one, monkeypatch):
    monkeypatch.setattr(choices, "OF_DESCRIPTORS", {"ours": {}, "r_c = 2": {"coarse_radius": 2.0}})
    table = choices.choices_of_descriptors(one).query("model == 'ridge B' and split == 'run'")
    changed = networks.dataset(one, DescriptorSpec(coarse_radius=2.0))
    for name, data in (("ours", networks.dataset(one)), ("r_c = 2", changed)):
        expected = pearson_within_runs(
            data.targets, baselines.ridge_predictions(data, "B", "run"), data.runs
        )
        found = table[table["choice"] == name].set_index("t")["within"]
        for t, value in found.items():
            assert value == pytest.approx(expected[np.flatnonzero(data.times == t)[0]], abs=1e-9)
    rho = table.set_index(["choice", "t"])["rho"]
    np.testing.assert_allclose(
        rho["r_c = 2 − ours"], rho["r_c = 2"] - rho["ours"], atol=1e-12
    )
    assert np.abs(rho["r_c = 2 − ours"]).max() > 1e-4  # the descriptors did change


@pytest.mark.parametrize("name", choices.OF_DESCRIPTORS)
def test_each_choice_is_a_setting_and_no_default(name):
    spec = DescriptorSpec(**choices.OF_DESCRIPTORS[name])
    assert (spec == DescriptorSpec()) == (name == "ours")
