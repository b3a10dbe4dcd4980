"""Reorientation, and importance by group."""

import numpy as np

from glasslib.learning.correlation import pearson
from glasslib.results import debye_waller, networks
from results.examples import SETTINGS, N, of_small


def test_importance_finds_what_is_used(small, monkeypatch):
    of = of_small(small, monkeypatch, debye_waller)
    monkeypatch.setattr(debye_waller, "held_out", lambda data, which, settings: (
        None, [_Copy(data, which)] * 4
    ))
    table = debye_waller.importance(of, SETTINGS)
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


def test_reorientation_of_a_monomer_is_the_mean_over_its_bonds(one):
    turn = debye_waller.reorientation_propensity(one)
    loss = one.mean("p2_loss")[0]
    bonds = one.runs[0]["bonds"]
    for monomer in (0, 1, 7):
        own = (bonds == monomer).any(axis=1)
        assert own.sum() == (1 if monomer % 5 in (0, 4) else 2)
        np.testing.assert_allclose(turn[monomer], loss[own].mean(axis=0))
    assert turn.shape == (2 * N, 10)


def test_reorientation_table_holds_position_apart(one):
    table = debye_waller.reorientation(one)
    assert len(table) == 4 * 5 * 10
    here = table[(table["pair"] == "DW and propensity(t)") & (table["position"] == "middle")]
    data = networks.dataset(one)
    rows = data.chain_position == 2
    expected = pearson(data.targets[rows], np.repeat(data.debye_waller[rows, None], 10, axis=1))
    np.testing.assert_allclose(here["rho"], expected, atol=1e-9)
