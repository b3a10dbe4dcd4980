"""How far structure goes: the choice of inputs, the gap, and their sentences."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from glasslib import paths, results
from glasslib.errors import ParameterError
from glasslib.results import cage, structure_limit
from glasslib.results.structure_limit import correlation_of_pairs
from glasslib.structure.descriptors import structural_descriptors
from results.examples import SETTINGS, N, single_run


def test_choices_are_told_apart_from_controls(one):
    table = structure_limit.cage_choice(one).set_index("model")
    sets = structure_limit.choices(one)
    assert table.loc[list(sets), "folds"].sum() == 0 and "nested" not in table.index
    assert [x.shape[1] for x in sets.values()] == [1, 9, 86, 128, 142, 135, 1008]
    assert abs(table.loc["cages of another run", "within"]) < 0.2
    assert structure_limit.cage_choice(single_run(one)).empty


def test_mean_positions_of_cages_at_rest_are_the_inherent_structure(one, monkeypatch):
    still = {0: replace(results.cage.load_cages(one)[0][0], offset=np.zeros((N, 3)))}
    monkeypatch.setattr(structure_limit, "moments_of", lambda ensemble, half: still)
    minimum = cage.configurations(one, 0)[1]
    np.testing.assert_allclose(
        structure_limit._mean_positions(one)["columns"],
        structural_descriptors(minimum, melt=one.melt).values, rtol=1e-3, atol=1e-3,
    )


def test_pairs_share_what_they_share_and_no_noise():
    random = np.random.default_rng(0)
    n = 20000
    common = np.repeat(random.normal(size=n // 2), 2)
    signal = common + random.normal(size=n)
    halves = [signal + random.normal(size=n) for _ in range(2)]
    partners = np.arange(n).reshape(-1, 2)
    assert correlation_of_pairs(*halves, partners) == pytest.approx(0.5, abs=0.03)
    strangers = np.stack([np.arange(0, n - 2), np.arange(2, n)], axis=1)
    assert correlation_of_pairs(*halves, strangers) == pytest.approx(0, abs=0.03)


def test_the_parts_of_the_variance_add_up(one):
    gap = structure_limit.cage_gap(one)
    variance = gap[gap["kind"] == "variance"].set_index("quantity")["value"]
    assert variance.sum() == pytest.approx(1) and (variance[["explained", "noise"]] > 0).all()
    chain = gap[(gap["kind"] == "same chain") & (gap["quantity"] == "propensity")]
    assert chain["distance"].tolist() == [1, 2, 3, 4] and chain["value"].iloc[0] > 0.2
    pairs = structure_limit._pairs(cage.configurations(one, 0)[1], 5)
    for (kind, _), rows in pairs.items():
        same = rows[:, 0] // 5 == rows[:, 1] // 5
        assert same.all() if kind == "same chain" else not same.any()


def test_learning_networks_reliability_and_cost(one):
    learning = structure_limit.cage_learning(one)
    assert set(learning["training_runs"]) == {1}
    assert set(learning["model"]) == {"ridge B", "ridge C", "ridge D", "ridge D − ridge C"}
    known = structure_limit.cage_reliability(one).set_index("scalar")
    assert len(known) == 18 and (known["reliability"] > known["agreement"]).all()
    assert known.loc["energy", "other_seed"] > 0.5
    cost = structure_limit.cage_cost(one).set_index("input")["seconds"]
    assert (cost > 0).all() and {"cages", "descriptors", "harmonic"} <= set(cost.index)
    tau = one.times.tau_alpha
    assert cost["trajectories to τ_α"] / cost["trajectories to t = 1"] == pytest.approx(tau)
    head = structure_limit.cage_networks(one, SETTINGS)
    assert {"network D", "ridge D"} < set(head["model"]) and head["l2"].nunique() == 1


def test_what_a_gpu_took_is_not_the_time_of_a_core(one):
    block = one.blocks[1][0]
    on_gpu = {1: [replace(block, attrs=block.attrs | {"device": "a GPU"})]}
    alone, both, neither = (
        structure_limit.cage_cost(replace(one, blocks=blocks)).set_index("input")["seconds"]
        for blocks in ({0: one.blocks[0]}, one.blocks | on_gpu, on_gpu)
    )
    for name in ("trajectories to t = 1", "trajectories to τ_α"):
        assert both[name] == alone[name] > 0 and name not in neither


def test_every_model_stands_beside_its_own_ceiling():
    """From the tables that ship; that of the graph network is one that is made up."""
    names = ("accuracy", "structure-limit", "inherent", "ceiling")
    tables = {n: pd.read_csv(paths.results() / f"{n}.csv", comment="#") for n in names}
    graph = pd.DataFrame({
        "T": 0.5, "at_tau": True, "model": ["graph network, D", "ridge D"], "rho": [0.7, 0.1],
        "rho_error": 0.01, "within": [0.6, 0.1], "within_error": 0.02,
    })
    with pytest.raises(ParameterError, match="tables lacks graph-temperatures; give each of"):
        results.models_table(tables, {0.5: 10})
    found = results.models_table(tables | {"graph-temperatures": graph}, {0.5: 10, 0.42: 4})
    rows = found.set_index(["T", "model"])
    assert rows.index.is_unique and len(found) == 12 + 11  # no graph network at 0.42
    assert rows.loc[(0.42, "ridge D"), "runs"] == 4
    top = tables["ceiling"].query("T == 0.5 and at_tau and own").set_index("kind")["ceiling"]
    one = rows.loc[(0.5, "graph network, D")]
    assert one["rho_of_ceiling"] == pytest.approx(0.7 / top["pooled"])
    assert one["within_of_ceiling_error"] == pytest.approx(0.02 / top["within"])
    held_out = tables["accuracy"].query("T == 0.5 and at_tau and split == 'run'")
    expected = held_out.set_index("model")["within"]["network A"]
    assert rows.loc[(0.5, "network A"), "within"] == expected
    assert rows.loc[(0.5, "noise ceiling"), "rho"] == top["pooled"]
    assert not found.filter(like="rho").drop(columns=["rho_of_ceiling", "rho_of_ceiling_error"]
                                             ).isna().any(axis=None)


def test_no_run_trains_what_predicts_it_at_any_temperature(smoke, shown):
    sets = {t: cage.cage_dataset(ensemble) for t, ensemble in shown.items()}
    before = cage.transferred(sets, list(sets))
    changed = {
        t: replace(data, targets=np.where(data.runs[:, None] == 0, -data.targets, data.targets))
        for t, data in sets.items()
    }
    after = cage.transferred(changed, list(sets))
    for t, data in sets.items():
        first = data.runs == 0
        np.testing.assert_array_equal(before[t][first], after[t][first])
        assert (before[t][~first] != after[t][~first]).all()
