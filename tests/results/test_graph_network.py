"""Graph networks in a table: which runs train, which are asked, and what is said."""

import numpy as np

from glasslib import figures, results
from glasslib.results import graph_network


def test_runs_that_are_asked_train_nothing(one, monkeypatch):
    """The network is left out here: what each training is given, and what becomes of its answer."""
    seen = []

    def answers(graphs, targets, asked, settings):
        seen.append(([id(g) for g in graphs], [id(g) for g in asked], [len(y) for y in targets]))
        return [graph.nodes.sum(axis=1).astype(float) for graph in asked]

    monkeypatch.setattr(graph_network, "fit_and_predict", answers)
    table = graph_network.graph_networks(one)
    assert len(seen) == 2 * 2 and all(not set(known) & set(asked) for known, asked, _ in seen)
    assert all(sizes == [one.melt.n_monomers] for _, _, sizes in seen)
    assert (table["training"] == 1).all() and table["at_tau"].all()
    models = table.set_index("model")
    place = np.concatenate([run["chain_position"] for run in one.runs.values()])
    y = one.propensity.reshape(len(place), -1)[:, one.times.tau_index]
    expected = np.corrcoef(place < 2, y)[0, 1]  # the sum of the two columns of place
    assert abs(models.loc["graph network, positions", "rho"] - expected) < 1e-6
    figure, numbers = figures.graph_network_figure(table.assign(T=0.8))
    assert len(numbers) == 3 and "Trained on 1 runs" in results.graph_sentence(table)
    assert graph_network.graph_networks(one.only([0])).empty


def test_each_temperature_trains_on_all_other_runs(one, monkeypatch):
    """The same rows as those of the learning curve with the most runs; one run gives none."""
    def answers(graphs, targets, asked, settings):
        return [graph.nodes[:, 0].astype(float) for graph in asked]

    monkeypatch.setattr(graph_network, "fit_and_predict", answers)
    assert graph_network.graph_temperatures(one.only([0])).empty
    table = graph_network.graph_temperatures(one).set_index("model")
    whole = graph_network.graph_networks(one).set_index("model").loc[table.index]
    assert "graph network, positions" not in table.index and len(table) == 3
    np.testing.assert_array_equal(table["rho"], whole["rho"])
    assert table["training"].tolist() == whole["training"].tolist() == [1, 1, 1]
