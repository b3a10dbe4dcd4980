"""Result tables on the fixed ensemble: what they hold, when they are trusted, how checked."""

import json
from dataclasses import replace
from functools import wraps

import numpy as np
import pandas as pd
import pytest

from glasslib import paths
from glasslib.errors import DataError, ParameterError
from glasslib.learning.correlation import Resampled, pearson, pearson_within_runs
from glasslib.learning.dataset import run_folds, split
from glasslib.parameters import NetworkSettings
from glasslib.results import (
    heldout,
    leakage,
    minima,
    networks,
    noise,
    simple,
    storage,
    tables,
    vibrations,
)

FAST = NetworkSettings(epochs=2)
SETTINGS = {"row": dict.fromkeys("AB", FAST), "run": dict.fromkeys("AB", FAST)}
N = 1500


@pytest.fixture
def one(smoke, shown):
    return shown[0.8]


@pytest.fixture
def folder(smoke, tmp_path, monkeypatch):
    """Ship tables to a folder of the test; data stay where they are."""
    monkeypatch.setattr(paths, "results", lambda: tmp_path / "results")
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    return tmp_path / "results"


def single_run(of):
    """The same ensemble with its first run alone."""
    return of.only([min(of.runs)])


def single_block(of):
    return replace(of, blocks={run: blocks[:1] for run, blocks in of.blocks.items()})


# ------------------------------------------------------------------------------------ storage
def test_a_part_is_found_under_its_key_alone(folder):
    frame = pd.DataFrame({"model": ["A", "B"], "rho": [0.5, np.nan], "n": [1, 2]})
    storage.ship("t", "T0.800", "k1", frame, 3.21)
    storage.ship("t", "T0.700", "k2", frame.iloc[:1], 1.0)
    pd.testing.assert_frame_equal(storage.look_up("t", "T0.800", "k1"), frame)
    assert storage.look_up("t", "T0.800", "k2") is None
    assert storage.look_up("t", "T0.700", "k2")["rho"].tolist() == [0.5]
    assert storage.parts_of("t")["T0.800"] == {"key": "k1", "seconds": 3.2, "rows": 2}
    storage.ship("t", "T0.700", "k3", frame, 1.0)  # new data at one temperature
    assert storage.look_up("t", "T0.700", "k2") is None
    assert len(storage.look_up("t", "T0.800", "k1")) == 2
    assert storage.read_table("t")["part"].tolist() == ["T0.800"] * 2 + ["T0.700"] * 2
    storage.drop("t", {"T0.800"})
    assert list(storage.parts_of("t")) == ["T0.700"]
    assert [path.name for path in folder.iterdir()] == ["t.csv"]


def test_a_number_typed_by_hand_is_not_believed(folder):
    storage.ship("t", "T0.800", "k1", pd.DataFrame({"rho": [0.512]}), 1.0)
    path = folder / "t.csv"
    text = path.read_text()
    path.write_text(text.replace("0.512", "0.912"))
    assert storage.look_up("t", "T0.800", "k1") is None
    path.write_text(text)
    assert storage.look_up("t", "T0.800", "k1") is not None
    for damage in ("", "{", "no comment\n1,2\n", text[: len(text) // 2]):
        path.write_text(damage)
        assert storage.look_up("t", "T0.800", "k1") is None


def test_the_cache_is_asked_where_nothing_ships(folder):
    kept = storage.keep("t", "all", "k", pd.DataFrame({"x": [1 / 3], "y": ["−"]}))
    again = storage.look_up("t", "all", "k")
    pd.testing.assert_frame_equal(kept, again)
    assert again["x"][0] == pytest.approx(1 / 3, rel=1e-6)


# ------------------------------------------------------------------------------------- tables
def test_every_table_is_named_and_made_of_parts():
    for name, table in tables.TABLES.items():
        assert name == table.name and table.about and table.parts in ("each", "reference", "all")
    assert list(tables._parts(tables.TABLES["transfer"], {0.6: 0, 0.5: 0})) == ["all"]
    assert list(tables._parts(tables.TABLES["ceiling"], {0.6: 0, 0.5: 0})) == ["T0.600", "T0.500"]
    assert list(tables._parts(tables.TABLES["learning-networks"], {0.6: 0, 0.5: 0})) == ["T0.500"]


def test_tables_are_computed_once_and_again_when_something_changes(folder, shown, monkeypatch):
    lines, calls = [], []
    original = noise.ceilings


    @wraps(original)
    def counted(of):
        calls.append(of.temperature)
        return original(of)

    counting = replace(tables.TABLES["ceiling"], function=counted)
    monkeypatch.setitem(tables.TABLES, "ceiling", counting)
    assert tables.compute(["ceiling"], shown, lines.append) == 2
    assert calls == [0.8, 0.7] and "[2/2] ceiling T0.700" in "\n".join(lines)
    assert tables.compute(["ceiling"], shown, lines.append) == 0
    pd.testing.assert_frame_equal(
        tables.table("ceiling", shown),
        storage.read_table("ceiling").drop(columns="part").reset_index(drop=True),
    )
    assert calls == [0.8, 0.7]
    less = {0.8: shown[0.8], 0.7: single_block(shown[0.7])}  # other data at one temperature
    frame = tables.table("ceiling", less)
    assert calls == [0.8, 0.7, 0.7]
    assert frame[frame["T"] == 0.7]["ceiling"].isna().all()
    assert frame[frame["T"] == 0.8]["ceiling"].notna().any()
    assert tables.compute(["ceiling"], {0.8: shown[0.8]}, lines.append) == 0
    assert list(storage.parts_of("ceiling")) == ["T0.800"]  # a temperature that is no more
    with pytest.raises(ParameterError, match="result table 'rho' does not exist; choose ceiling"):
        tables.table("rho", shown)


def test_check_finds_a_number_that_does_not_come_out(folder, shown):
    tables.compute(["ceiling", "reorientation"], shown, lambda line: None)
    assert tables.check(9, ["ceiling", "reorientation"], shown, report=lambda line: None) == []
    parts = storage.parts_of("ceiling")
    frame = storage.look_up("ceiling", "T0.800", parts["T0.800"]["key"])
    frame.loc[7, "ceiling"] += 0.1
    storage.ship("ceiling", "T0.800", parts["T0.800"]["key"], frame, 1.0)
    lines = []
    (wrong,) = tables.check(9, ["ceiling"], shown, report=lines.append)
    assert (wrong.part, wrong.column, wrong.row) == ("T0.800", "ceiling", 7)
    assert wrong.shipped - wrong.computed == pytest.approx(0.1)
    less = {0.8: single_block(shown[0.8]), 0.7: shown[0.7]}
    assert tables.check(9, ["ceiling"], less, report=lines.append) == []
    with pytest.raises(DataError, match="no part that ships is up to date"):
        tables.check(9, ["ceiling"], {0.8: less[0.8]}, report=lines.append)
    assert "ceiling T0.800 is stale; not compared" in lines


def test_what_trains_every_network_is_checked_only_when_named(folder, shown):
    tables.compute(["ceiling"], shown, lambda line: None)
    storage.ship("transfer", "all", "of old", pd.DataFrame({"rho": [0.5]}), 1.0)
    lines = []
    assert tables.check(9, None, shown, report=lines.append) == []
    assert {line.split()[0] for line in lines} == {"ceiling"}
    with pytest.raises(DataError, match="no part that ships is up to date"):
        tables.check(9, ["transfer"], shown, report=lines.append)
    assert lines[-1].startswith("transfer all is stale")


def test_status_computes_nothing(folder, shown):
    tables.compute(["ceiling"], {0.8: shown[0.8]}, lambda line: None)
    table = tables.status(shown).set_index("table")
    assert table.loc["ceiling", "up to date"] == "1 of 2"
    assert table.loc["baselines", "up to date"] == "0 of 2"
    assert table.loc["accuracy", "up to date"] == "settings first"


def test_settings_are_chosen_once_and_ship(folder, shown, monkeypatch):
    calls = []

    def quick(data, which, grid, settings):
        calls.append((which, settings.split))
        frame = pd.DataFrame([dict(zip(grid, (v[0] for v in grid.values()), strict=True))])
        return settings, frame.assign(validation_loss=0.5, validation_rho=0.4, best_epoch=3,
                                      epochs=9, chosen=True)

    monkeypatch.setattr(networks, "choose_settings", quick)
    work = tables._Work(shown)
    assert not work.settings_known()
    tables._compute_settings(work, lambda line: None, False)
    assert sorted(calls) == [("A", "row"), ("A", "run"), ("B", "row"), ("B", "run")]
    assert work.settings_known() and sorted(storage.parts_of("settings")) == ["row", "run"]
    assert work.settings["run"]["A"].split == "run" and work.settings["row"]["B"].l2 == 1e-3
    assert len(calls) == 4
    (best, tried) = networks.chosen_settings(shown)["A"]
    assert best == work.settings["row"]["A"] and tried["validation_loss"].tolist() == [0.5]


# ---------------------------------------------------------------------------------- networks
def test_accuracy_is_the_correlation_on_tested_rows(one):
    table = heldout.accuracy(one, SETTINGS)
    data = networks.dataset(one)
    values = []
    for seed in range(heldout.SEEDS):
        own = FAST.model_copy(update={"seed": seed})
        parts = split(data.runs, own)
        network = networks.trained(data, "A", own, parts)
        predicted = network.predict(data.subset(parts.test))
        values.append(pearson(data.targets[parts.test], predicted))
    rows = table[(table["split"] == "row") & (table["model"] == "network A")]
    np.testing.assert_allclose(rows["rho"], np.mean(values, axis=0), atol=1e-9)
    np.testing.assert_allclose(rows["seed_deviation"], np.std(values, axis=0, ddof=1))
    assert (rows["rho_error"] >= rows["seed_deviation"] / np.sqrt(3) - 1e-12).all()
    held = networks.held_out(data, "B", FAST)[0]
    rows = table[(table["split"] == "run") & (table["model"] == "network B")]
    np.testing.assert_allclose(rows["rho"], pearson(data.targets, held), atol=1e-9)
    np.testing.assert_allclose(
        rows["within"], pearson_within_runs(data.targets, held, data.runs), atol=1e-9
    )
    a, b, ab = (
        table[(table["split"] == "run") & (table["model"] == model)]["rho"].to_numpy()
        for model in ("network A", "network B", "network A − network B")
    )
    np.testing.assert_allclose(ab, a - b)
    assert rows["at_tau"].sum() == 1 and rows["rows"].unique().tolist() == [2 * N]


def test_shape_is_positive_if_the_statement_is_true():
    times = np.array([0.01, 0.1, 0.3, 1.0, 4.0, 20.0, 100.0])
    features = heldout._features(times, 5)
    like_b = np.array([0.1, 0.4, 0.35, 0.3, 0.4, 0.6, 0.2])
    like_a = np.array([0.1, 0.4, 0.6, 0.9, 0.7, 0.7, 0.3])
    b = {name: float(function(like_b)) for name, function in features.items()}
    a = {name: float(function(like_a)) for name, function in features.items()}
    assert b == pytest.approx({
        "dip near t = 1": 0.1, "highest near τ_α": 0.2, "highest at t = 1": -0.3,
        "falls after τ_α": 0.4,
    })  # fmt: skip
    assert a["dip near t = 1"] < 0 and a["highest at t = 1"] == pytest.approx(0.2)
    early = np.array([0.6, 0.2, 0.3, 0.35, 0.5, 0.6, 0.2])  # a minimum, but at t = 0.1
    assert features["dip near t = 1"](early) == pytest.approx(-0.1)
    several = np.stack([like_b, like_a])  # resamples along the first axis
    for function in features.values():
        np.testing.assert_allclose(function(several), [function(like_b), function(like_a)])


def test_susceptibilities_by_hand(one):
    table = heldout.susceptibilities(one, SETTINGS)
    a = one.propensity[..., one.times.tau_index].mean()
    mobile = (one.propensity > a).sum(axis=1)
    true = table[table["curve"] == "true"]["chi4"]
    np.testing.assert_allclose(true, mobile.var(axis=0) / N)
    assert set(zip(table["split"], table["curve"], strict=True)) >= {
        ("row", "network A"), ("run", "network A"), ("run", "network B"),
        ("trajectory", "trajectories"),
    }  # fmt: skip
    counts = [np.concatenate([b["exceeding"] for b in bs]) for bs in one.blocks.values()]
    probe = np.abs(one.blocks[0][0]["probe_length"] - a).argmin()
    inside = np.mean([run[..., probe].var(axis=0, ddof=1) for run in counts], axis=0) / N
    rows = table[table["curve"] == "within configurations"]
    np.testing.assert_allclose(rows["chi4"], inside)
    assert heldout.susceptibilities(single_run(one), SETTINGS).empty


def test_error_of_a_ratio_of_susceptibilities_is_not_too_small():
    """Many sets of four configurations: the truth lies within the error bar about as it should."""
    from glasslib.results import bar

    random, hits, smallest = np.random.default_rng(0), 0, np.inf
    for _ in range(100):
        mobile = random.binomial(400, 0.4 + 0.1 * random.normal(size=(4, 1)).clip(-3, 3))
        order = np.arange(400)
        true = (order < mobile).astype(float)[..., None]
        other = random.binomial(400, 0.4 + 0.1 * random.normal(size=(4, 1)).clip(-3, 3))
        predicted = (order < other).astype(float)[..., None]
        ratio, error = heldout._ratio(true, predicted, 0.5)
        smallest = min(smallest, (error / ratio)[0])
        hits += abs(ratio[0] - 1) < bar(error[0], 4)
    assert hits >= 80 and smallest > 0.01
    same, error = heldout._ratio(true, true, 0.5)
    assert same[0] == 1 and error[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(heldout._ratio(true[:2], predicted[:2], 0.5)[1]).all()


def test_equal_runs_of_few_runs_are_all_runs(one):
    table = heldout.accuracy_from_equal_runs(one, SETTINGS)
    assert (table.pop("group") == 2).all() and (table.pop("runs") == 2).all()
    pd.testing.assert_frame_equal(table, heldout.accuracy(one, SETTINGS))


def test_equal_runs_are_groups_each_as_if_it_were_all_there_is(one, monkeypatch):
    monkeypatch.setattr(heldout, "COMPARED_RUNS", 1)
    table = heldout.accuracy_from_equal_runs(one, SETTINGS)
    assert (table["group"] == 1).all() and (table["runs"] == 2).all()
    assert set(table["split"]) == {"row"}  # a group of one run has none to hold out
    expected = []
    for seed in range(heldout.SEEDS):
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
    assert [list(group.runs) for group in heldout._groups(many, 4)] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [list(group.runs) for group in heldout._groups(one, 2)] == [[0, 1]]


def test_temperatures_of_training_are_compared_on_equal_runs(smoke, shown, monkeypatch):
    asked = []
    original = heldout._transferred_pairs

    def watched(data, settings, by):
        asked.append([one.n_runs for one in data.values()])
        return original(data, settings, by)

    monkeypatch.setattr(heldout, "_transferred_pairs", watched)
    monkeypatch.setattr(heldout, "COMPARED_RUNS", 2)
    unequal = {0.8: shown[0.8], 0.7: single_run(shown[0.7])}
    table = heldout.transfers(unequal, SETTINGS)
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
    monkeypatch.setattr(heldout, "COMPARED_RUNS", 2)
    two = {0.8: shown[0.8], 0.7: shown[0.7], 0.75: shown[0.7]}
    few = two | {0.65: single_run(shown[0.7])}
    contrasts = [
        table[table["kind"] != "pair"].query("split == 'row'").reset_index(drop=True)
        for table in (heldout.transfers(two, SETTINGS), heldout.transfers(few, SETTINGS))
    ]
    pd.testing.assert_frame_equal(*contrasts)
    assert len(contrasts[0]) == 3


def test_the_contrasts_of_transfer():
    def exactly(value):
        return Resampled(np.array([value]), np.full((8, 1), value), 4)

    temperatures = (0.6, 0.5, 0.45)
    skill = {0.6: 0.3, 0.5: 0.7, 0.45: 0.5}
    pairs = {
        (which, trained, applied): exactly(skill[trained] - 0.1 * (which == "B") + applied)
        for which in "AB" for trained in temperatures for applied in temperatures
    }
    found = heldout._intermediate_less_outermost(pairs)
    # Applied at 0.6: 0.7 − 0.5; at 0.45: 0.7 − 0.3; at 0.5 there is no inner one but its own.
    for which in "AB":
        assert found[which] == (pytest.approx(0.3), pytest.approx(0.0))
    assert heldout._a_less_b(pairs)["A − B"] == (pytest.approx(0.1), pytest.approx(0.0))
    two = {key: pair for key, pair in pairs.items() if 0.5 not in key}
    assert heldout._intermediate_less_outermost(two) == {}
    assert heldout._a_less_b({key: pair for key, pair in two.items() if 0.6 not in key}) == {}


def test_transfer_pairs_and_contrasts(smoke, shown):
    table = heldout.transfers(shown, SETTINGS)
    assert len(table[table["kind"] == "pair"]) == 16
    assert set(table["kind"]) == {"pair", "A − B"} and set(table["split"]) == {"row", "run"}
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
        away = pairs[pairs["trained"] != pairs["applied"]].groupby("network")["rho"].mean()
        contrast = table[(table["kind"] == "A − B") & (table["split"] == by)]["rho"].item()
        assert contrast == pytest.approx(away["A"] - away["B"])


def test_transfer_of_runs_at_their_own_temperature_is_held_out(smoke, shown):
    table = heldout.transfers(shown, SETTINGS).query("split == 'run' and kind == 'pair'")
    accuracy = heldout.accuracy(shown[0.8], SETTINGS)
    own = table.query("network == 'A' and trained == 0.8 and applied == 0.8")["rho"].item()
    there = accuracy[accuracy["at_tau"] & (accuracy["split"] == "run")
                     & (accuracy["model"] == "network A")]
    assert own == pytest.approx(there["rho"].item())


# ------------------------------------------------------------------------------------- noise
def test_ceilings_of_the_ensemble(one):
    table = noise.ceilings(one)
    own = table[table["own"] & (table["kind"] == "pooled")]
    blocks = noise.block_propensities(one)
    halves = np.concatenate(blocks, axis=1)
    r = pearson(halves[0], halves[1])
    np.testing.assert_allclose(own["reliability"], np.maximum(2 * r / (1 + r), 0))
    np.testing.assert_allclose(own["ceiling"] ** 2, own["reliability"])
    assert own["trajectories"].unique().tolist() == [4.0]
    single = table[(table["trajectories"] == 2) & (table["kind"] == "pooled")]
    np.testing.assert_allclose(single["direct"], r)
    np.testing.assert_allclose(single["reliability"], np.maximum(r, 0), atol=1e-12)
    assert noise.ceilings(single_block(one))["ceiling"].isna().all()


def test_ceilings_of_runs_with_unequal_numbers_of_blocks(one):
    """What a run has beyond the others, while a campaign goes on, changes no error."""
    run, *_ = one.blocks
    more = replace(one, blocks=one.blocks | {run: one.blocks[run] * 2})
    columns = ["kind", "t", "reliability", "ceiling", "ceiling_error"]
    equal, unequal = (
        table.query("trajectories == 2")[columns].reset_index(drop=True)
        for table in (noise.ceilings(one), noise.ceilings(more))
    )
    pd.testing.assert_frame_equal(equal, unequal)


# ------------------------------------------------------------------------------ simpler means
@pytest.fixture(scope="module")
def small():
    """A data set whose columns have the names of the real ones and whose truth is known."""
    from glasslib.learning.dataset import Dataset

    random = np.random.default_rng(0)
    n, runs = 1200, np.repeat(np.arange(4), 300)
    place = np.arange(n) % 5
    place = np.minimum(place, 4 - place)
    names = ("radial r=1.00", "angular r=1.00 l=6 g=1", "voronoi volume", "energy")
    x = random.normal(size=(n, 4))
    vibration = random.normal(size=n)
    y = x[:, 3] + vibration + 0.5 * random.normal(size=n)
    targets = np.stack([vibration + 0.1 * random.normal(size=n), y], axis=1)
    return Dataset(
        temperature=0.5, features=x, feature_names=names, debye_waller=1 + 0.1 * vibration,
        targets=targets, times=[1.0, 30.0], tau_index=1, runs=runs, chain_position=place,
    )


def of_small(small, monkeypatch, *modules):
    """Let tables be computed from the small data set."""
    for module in modules:
        monkeypatch.setattr(module, "dataset", lambda of: small)
    from types import SimpleNamespace

    return SimpleNamespace(
        times=SimpleNamespace(debye_waller_index=0, tau_index=1, times=small.times)
    )


def test_baselines_on_a_known_data_set(small, monkeypatch):
    table = simple.baselines(of_small(small, monkeypatch, simple))
    here = table[table["at_tau"] & (table["split"] == "run")].set_index("model")
    root = np.sqrt(2.25)
    assert here.loc["Debye–Waller alone", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert here.loc["energy alone", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert here.loc["best descriptor", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert abs(here.loc["Voronoi volume alone", "rho"]) < 0.1
    assert abs(here.loc["chain position alone", "rho"]) < 0.15
    assert here.loc["ridge B", "rho"] == pytest.approx(1 / root, abs=0.04)
    assert here.loc["ridge A", "rho"] == pytest.approx(np.sqrt(2) / root, abs=0.03)
    difference = here.loc["ridge A − ridge B"]
    assert difference["rho"] > 2 * difference["rho_error"] > 0
    assert here.loc["trees A", "rho"] > here.loc["trees B", "rho"]
    rows = table[(table["split"] == "row") & (table["model"] == "ridge A")]
    assert rows["rows"].unique().tolist() == [240]


def test_importance_finds_what_is_used(small, monkeypatch):
    of = of_small(small, monkeypatch, vibrations)
    monkeypatch.setattr(vibrations, "held_out", lambda data, which, settings: (
        None, [_Copy(data, which)] * 4
    ))
    table = vibrations.importance(of, SETTINGS)
    here = table[table["at_tau"]].set_index(["model", "group"])["drop"]
    for model in ("ridge A", "network A"):
        assert here[model, "Debye–Waller"] > 0.2 and here[model, "energy"] > 0.2
        assert abs(here[model, "radial"]) < 0.03
    assert ("ridge B", "Debye–Waller") not in here.index


class _Copy:
    """A network that knows the truth: energy plus Debye–Waller factor."""

    def __init__(self, data, which):
        self.with_dw = which == "A"

    def predict(self, inputs):
        value = inputs[:, 3] + (10 * (inputs[:, -1] - 1) if self.with_dw else 0)
        return np.stack([value, value], axis=1)


def test_learning_curves_rise_and_test_the_same_rows(small, monkeypatch):
    table = simple.learning_runs(of_small(small, monkeypatch, simple))
    assert sorted(table["training_runs"].unique()) == [1, 2, 3]
    assert table[table["model"] == "ridge A"]["rows"].unique().tolist() == [1200]
    folds = simple.splits_of(small)["run"][0]
    for n in (1, 2):
        for parts, less in zip(folds, simple._fewer(folds, small.runs, n), strict=True):
            np.testing.assert_array_equal(parts.test, less.test)
            seen = np.unique(small.runs[np.concatenate([less.train, less.validation])])
            assert len(seen) == n and not set(seen) & set(small.runs[parts.test])


def test_trajectories_raise_the_ceiling(one):
    table = simple.learning_trajectories(one)
    here = table[table["at_tau"] & (table["model"] == "ridge A")].set_index("trajectories")
    assert here.index.tolist() == [2, 4] and here.loc[4, "ceiling"] > here.loc[2, "ceiling"]


# -------------------------------------------------------------------------------------- leaks
def test_crossing_takes_away_shared_noise_and_nothing_else(small, monkeypatch):
    """Two halves with equal signal: DW correlates with its own half through noise alone."""
    random = np.random.default_rng(1)
    signal = random.normal(size=len(small))
    halves = []
    for _ in range(2):
        chance = random.normal(size=len(small))
        halves.append(replace(
            small, debye_waller=signal + chance, targets=np.stack([signal + chance] * 2, 1)
        ))
    monkeypatch.setattr(leakage, "_halves", lambda of, data: tuple(halves))
    table = leakage.leaks(of_small(small, monkeypatch, leakage, simple))
    here = table[table["at_tau"] & (table["leak"] == "shared noise")]
    alone = here[here["model"] == "Debye–Waller alone"].set_index("variant")["rho"]
    assert alone["shared"] == pytest.approx(1) and alone["crossed"] == pytest.approx(0.5, abs=0.04)
    assert alone["difference"] == pytest.approx(alone["shared"] - alone["crossed"])
    standard = table[(table["leak"] == "standardisation") & (table["variant"] == "difference")]
    assert len(standard) == 8 and (standard["rho"].abs() < 0.02).all()


def test_halves_of_the_blocks_are_disjoint(one):
    data = networks.dataset(one)
    first, second = leakage._halves(one, data)
    place = one.times.debye_waller_index
    for half, number in ((first, 0), (second, 1)):
        expected = [blocks[number]["displacement"].T for blocks in one.blocks.values()]
        np.testing.assert_allclose(half.targets, np.concatenate(expected), rtol=1e-6)
        squares = [b[number]["squared_displacement"][place] for b in one.blocks.values()]
        np.testing.assert_allclose(half.debye_waller, np.concatenate(squares), rtol=1e-6)
    assert leakage._halves(single_block(one), data) is None
    assert leakage._halves(single_run(one), data) is None


# ------------------------------------------------------------- reorientation, inherent structure
def test_reorientation_of_a_monomer_is_the_mean_over_its_bonds(one):
    turn = vibrations.reorientation_propensity(one)
    loss = one.mean("p2_loss")[0]
    bonds = one.runs[0]["bonds"]
    for monomer in (0, 1, 7):
        own = (bonds == monomer).any(axis=1)
        assert own.sum() == (1 if monomer % 5 in (0, 4) else 2)
        np.testing.assert_allclose(turn[monomer], loss[own].mean(axis=0))
    assert turn.shape == (2 * N, 10)


def test_reorientation_table_holds_position_apart(one):
    table = vibrations.reorientation(one)
    assert len(table) == 4 * 5 * 10
    here = table[(table["pair"] == "DW and propensity(t)") & (table["position"] == "middle")]
    data = networks.dataset(one)
    rows = data.chain_position == 2
    expected = pearson(data.targets[rows], np.repeat(data.debye_waller[rows, None], 10, axis=1))
    np.testing.assert_allclose(here["rho"], expected, atol=1e-9)


def test_inherent_descriptors_are_those_of_the_minimum(one):
    data = minima.inherent_dataset(one)
    assert data.features.shape == (2 * N, 1761)
    energy = data.features[:N, data.feature_names.index("inherent energy")]
    attrs = one.runs[0].attrs
    assert energy.sum() == pytest.approx(attrs["inherent_structure_energy"], rel=1e-3)
    assert energy.sum() < attrs["potential_energy"]
    distance = data.features[:, data.feature_names.index("distance to inherent structure")]
    assert 0 < distance.min() and 0.05 < np.median(distance) < 0.5 and distance.max() < 2


def test_one_run_or_one_block_is_said_not_guessed(one):
    alone = single_run(one)
    for function in (simple.learning_runs, simple.learning_trajectories,
                     vibrations.reorientation_models):
        assert function(alone).empty
    for function in (simple.positions, simple.learning_in_networks, vibrations.importance,
                     minima.inherent_structure_in_networks):
        assert function(alone, SETTINGS).empty
    table = heldout.accuracy(alone, SETTINGS)
    assert set(table["split"]) == {"row"} and table["rho_error"].isna().all()


def test_headers_of_what_ships_are_in_order():
    """Whatever ships can be read, and says itself under which keys it was computed."""
    folder = paths.root() / "data" / "results"
    for path in folder.glob("*.csv"):
        assert path.stem in {*tables.TABLES, "settings"}
        head = json.loads(path.read_text().split("\n", 1)[0].removeprefix("# "))
        assert set(head) == {"sha256", "parts"} and head["parts"]
        parts, frame = storage._read(path)
        assert parts, f"{path.name} was changed by hand; run 'make results'"
        assert {name: about["rows"] for name, about in parts.items()} == (
            frame.groupby("part").size().to_dict()
        )


# ------------------------------------------------------------------------------------ command
def test_the_command_knows_its_tables(smoke):
    import subprocess
    import sys
    from pathlib import Path

    program = Path(sys.executable).with_name("glasslib")

    def run(*arguments):
        return subprocess.run([program, "results", *arguments], capture_output=True, text=True)

    done = run("--help")
    assert done.returncode == 0
    for command in ("compute", "status", "check"):
        assert command in done.stdout
    done = run("compute", "no-such-table")  # the fixed data hold no companion profile
    assert done.returncode == 1
    assert done.stderr.startswith("glasslib: error: no ensemble ships; simulate them with")
    assert run("check", "--sample", "0").returncode == 2
