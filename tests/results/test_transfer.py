"""Networks at other temperatures than their own."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from learning.correlation_oracles import pearson_within_runs

from glasslib.learning.baselines import out_of_sample
from glasslib.learning.correlation import Resampled
from glasslib.learning.dataset import run_folds, split
from glasslib.results import correlation, networks, transfer
from results.examples import FAST, SETTINGS, single_run


def test_temperatures_of_training_are_compared_on_equal_runs(smoke, shown, monkeypatch):
    asked = []
    original = transfer._transferred_pairs

    def watched(data, settings, by, statistics):
        asked.append([one.n_runs for one in data.values()])
        return original(data, settings, by, statistics)

    monkeypatch.setattr(transfer, "_transferred_pairs", watched)
    for module in (correlation, transfer):
        monkeypatch.setattr(module, "COMPARED_RUNS", 2)
    unequal = {0.8: shown[0.8], 0.7: single_run(shown[0.7])}
    table = transfer.transfers(unequal, SETTINGS)
    # Pairs and A − B from all runs, the other contrast from equal numbers; a single run cannot be
    # held out.
    assert asked == [[2, 1], [1, 1], [2], [2]]
    by_row = table.query("split == 'row'")
    assert by_row[by_row["kind"] == "A − B"]["runs"].tolist() == [1 + 1 + 0]
    assert by_row.query("kind == 'pair' and applied == 0.8")["runs"].unique().tolist() == [2]
    pairs = table.query("kind == 'pair' and network == 'A'").groupby("split")
    assert pairs.size().to_dict() == {"row": 4, "run": 1}
    assert table.query("split == 'run'")["applied"].dropna().unique().tolist() == [0.8]


def test_a_temperature_with_few_runs_stays_out_of_the_contrasts(smoke, shown, monkeypatch):
    for module in (correlation, transfer):
        monkeypatch.setattr(module, "COMPARED_RUNS", 2)
    two = {0.8: shown[0.8], 0.7: shown[0.7], 0.75: shown[0.7]}
    few = two | {0.65: single_run(shown[0.7])}
    contrasts = [
        table[table["kind"] != "pair"].query("split == 'row'").reset_index(drop=True)
        for table in (transfer.transfers(two, SETTINGS), transfer.transfers(few, SETTINGS))
    ]
    pd.testing.assert_frame_equal(*contrasts)
    assert len(contrasts[0]) == 5


def test_the_contrasts_of_transfer():
    def exactly(value):
        return Resampled(np.array([value, 2 * value]), np.full((8, 2), [value, 2 * value]), 4)

    temperatures = (0.6, 0.5, 0.45)
    skill = {0.6: 0.3, 0.5: 0.7, 0.45: 0.5}
    pairs = {
        (which, trained, applied): exactly(skill[trained] - 0.1 * (which == "B") + applied)
        for which in "AB" for trained in temperatures for applied in temperatures
    }
    found = transfer._intermediate_less_outermost(pairs)
    # Applied at 0.6: 0.7 − 0.5; at 0.45: 0.7 − 0.3; at 0.5 there is no inner one but its own.
    for which in "AB":
        assert found[which] == (pytest.approx([0.3, 0.6]), pytest.approx([0.0, 0.0]))
    assert transfer._a_less_b(pairs)["A − B"] == (
        pytest.approx([0.1, 0.2]), pytest.approx([0.0, 0.0])
    )
    # Skill of the own network minus the mean of the other two: −0.3, 0.3 and 0.
    own = transfer._own_less_elsewhere(pairs)
    assert own["A"][0] == pytest.approx([0.0, 0.0]) and own["B"][0] == pytest.approx([0.0, 0.0])
    better = {key: pair.apply(lambda rho, own=key[1] == key[2]: rho + own * 0.2)
              for key, pair in pairs.items()}
    assert transfer._own_less_elsewhere(better)["A"][0] == pytest.approx([0.2, 0.2])
    two = {key: pair for key, pair in pairs.items() if 0.5 not in key}
    assert transfer._intermediate_less_outermost(two) == {}
    single = {key: pair for key, pair in two.items() if 0.6 not in key}
    assert transfer._a_less_b(single) == transfer._own_less_elsewhere(single) == {}


def test_transfer_pairs_and_contrasts(smoke, shown):
    table = transfer.transfers(shown, SETTINGS)
    assert len(table[table["kind"] == "pair"]) == 16
    assert set(table["kind"]) == {"pair", "A − B", "own − elsewhere"}
    assert set(table["split"]) == {"row", "run"}
    source, target = (networks.dataset(shown[t]) for t in (0.8, 0.7))
    network = networks.trained(source, "B", FAST, split(source.runs, FAST))
    folds = run_folds(source.runs)
    blind = networks.held_out(source, "B", FAST, folds)[1]
    unseen = np.full(target.targets.shape, np.nan)
    for parts, one in zip(folds, blind, strict=True):
        held = np.isin(target.runs, source.runs[parts.test])
        assert not np.isin(source.runs[parts.train], np.unique(target.runs[held])).any()
        unseen[held] = one.predict(target, "own")[held]
    for by, predicted in (("row", network.predict(target, "own")), ("run", unseen)):
        pairs = table[(table["kind"] == "pair") & (table["split"] == by)]
        expected = np.corrcoef(
            target.targets[:, target.tau_index], predicted[:, source.tau_index]
        )[0, 1]
        chosen = pairs.query("network == 'B' and trained == 0.8 and applied == 0.7")
        assert chosen["rho"].item() == pytest.approx(expected)
        within = pearson_within_runs(
            target.targets[:, [target.tau_index]], predicted[:, [source.tau_index]], target.runs
        )
        assert chosen["within"].item() == pytest.approx(within.item())
        away = pairs[pairs["trained"] != pairs["applied"]].groupby("network")["rho"].mean()
        contrast = table[(table["kind"] == "A − B") & (table["split"] == by)]["rho"].item()
        assert contrast == pytest.approx(away["A"] - away["B"])


def test_transfer_of_runs_at_their_own_temperature_is_held_out(smoke, shown):
    table = transfer.transfers(shown, SETTINGS).query("split == 'run' and kind == 'pair'")
    own = table.query("network == 'A' and trained == 0.8 and applied == 0.8")["rho"].item()
    data = networks.dataset(shown[0.8])  # the first of the three draws of folds
    held = networks.held_out(data, "A", FAST)[0][:, [data.tau_index]]
    rho = np.corrcoef(data.targets[:, data.tau_index], held[:, 0])[0, 1]
    assert own == pytest.approx(rho)


def test_one_model_of_all_temperatures_knows_no_run_of_the_number_it_predicts(small, monkeypatch):
    """Two temperatures that share chains; the colder one has two runs and the same law."""
    cold = small.subset(small.runs < 2)
    few = SimpleNamespace(runs=dict.fromkeys(range(2)), data=cold)
    many = SimpleNamespace(runs=dict.fromkeys(range(4)), data=small)
    monkeypatch.setattr(transfer, "dataset", lambda of: of.data)
    asked = []

    def watched(make, inputs, targets, splits, groups):
        for parts in splits:
            train = np.concatenate([parts.train, parts.validation])
            asked.append((len(inputs), len(train),
                          not np.isin(groups[parts.test], groups[train]).any()))
        return out_of_sample(make, inputs, targets, splits, groups)

    monkeypatch.setattr(transfer, "out_of_sample", watched)
    table = transfer.joint_training({0.6: many, 0.5: few}).set_index(["T", "model"])
    assert table["rows"][0.6, "ridge B, own temperature"] == 1200
    own, joint = (table["within"][0.5, f"ridge B, {name}"]
                  for name in ("own temperature", "all temperatures"))
    assert joint > own  # three times as many rows of the same law
    difference = "ridge B, all temperatures − ridge B, own temperature"
    assert table["within"][0.5, difference] == pytest.approx(joint - own)
    # For A and B: four numbers of runs in all 1800 rows (two of them in the colder ones as well),
    # then four and two in those of each temperature, and from those of the other alone.
    everything = 2 * [(1800, 1200, True)] + 2 * [(1800, 1500, True)]
    assert asked == 2 * (
        everything
        + 4 * [(1200, 900, True)] + 2 * [(1800, 300, True)] + 2 * [(1800, 600, True)]
        + 2 * [(600, 300, True)] + 2 * [(1800, 900, True)]
    )
    alone = transfer.joint_training({0.6: many, 0.5: SimpleNamespace(runs={0: None}, data=cold)})
    assert alone.empty
