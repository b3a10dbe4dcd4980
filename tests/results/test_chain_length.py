"""Melts of several chain lengths: their table, what is said of it, and the data that ship."""

import json

import numpy as np
import pandas as pd
import pytest

from glasslib import paths, store
from glasslib.parameters import own_protocol
from glasslib.results import chain_length, claims
from glasslib.results.tables import TABLES, Work
from glasslib.results.verdicts import CANNOT_TELL, CONFIRMED, NOT_CONFIRMED

QUANTITIES = {"tau_alpha", "tau_ee", "u2", "a", "equilibration", "spread", "ceiling", "ridge B",
              "ridge C", "neighbours' propensity"}


@pytest.fixture
def melts(smoke, shown, monkeypatch):
    """The fixed ensemble at two temperatures in the place of two chain lengths."""
    made = {3: shown[0.8], 10: shown[0.7]}
    monkeypatch.setattr(chain_length, "chain_melts", lambda: made)
    return made


def test_the_table_holds_what_the_ensembles_say(melts):
    table = chain_length.chain_lengths()
    assert set(table["quantity"]) == QUANTITIES and set(table["runs"]) == {2}
    assert len(table) == 2 * (7 + 5) and (table["value_error"] > 0).all()
    for length, ensemble in melts.items():
        here = table[table["chain_length"] == length].set_index(["quantity", "split"])["value"]
        far = ensemble.propensity[..., ensemble.times.tau_index]
        assert here["spread", "none"] == pytest.approx(np.std(far, axis=1).mean())
        assert here["u2", "none"] == pytest.approx(ensemble.debye_waller.mean(), rel=0.1)
        assert here["a", "none"] == pytest.approx(far.mean(), rel=0.15)
        assert abs(here["ridge B", "row"]) < here["ceiling", "none"] <= 1
        assert set(here.index.get_level_values("split")) == {"none", "row", "run"}
    tau = table[table["quantity"] == "tau_alpha"].set_index("chain_length")["value"]
    assert tau[10] > 1.2 * tau[3]  # the colder one
    text = chain_length.chain_sentence(table)
    assert "(chains of 3 and 10)" in text and "ridge C on new configurations" in text
    wide = chain_length.chain_table(table)
    assert list(wide.index) == [3, 10] and wide.shape == (2, 5)
    assert not wide.isin(["–"]).any(axis=None)


def made_up(taus, error=0.2, runs=4):
    return pd.DataFrame([
        {"chain_length": n, "runs": runs, "quantity": "tau_alpha", "split": "none", "value": tau,
         "value_error": error} for n, tau in taus.items()
    ])


@pytest.mark.parametrize(("taus", "error", "verdict"), [
    ({3: 20.0, 5: 20.5, 10: 19.8}, 0.3, CONFIRMED),
    ({3: 20.0, 5: 20.5, 10: 40.0}, 0.3, NOT_CONFIRMED),
    ({3: 20.0, 5: 20.5, 10: 24.0}, 3.0, CANNOT_TELL),
    ({5: 20.0}, 0.3, CANNOT_TELL),
])
def test_the_claim_needs_every_two_lengths_to_agree(taus, error, verdict):
    table = made_up(taus, error)
    cases = chain_length.length_cases(table)
    assert len(cases) == len(taus) * (len(taus) - 1) // 2
    found = claims._chain_length({"chain-length": table})
    assert found.verdict == verdict and (verdict != CANNOT_TELL or found.takes)
    if cases:
        where, value, one, runs = cases[-1]
        assert where == "5 to 10 monomers"
        assert value == pytest.approx(np.log(taus[10] / taus[5]))
        assert one == pytest.approx(np.hypot(error / taus[10], error / taus[5])) and 4 <= runs <= 7


def test_a_sentence_says_a_change_only_beyond_the_error_bar():
    text = chain_length.chain_sentence(made_up({3: 20.0, 5: 25.0, 10: 30.0}))
    assert "one density: τ_α rises from 20.00(20) to 30.00(20) τ." in text
    text = chain_length.chain_sentence(made_up({3: 20.0, 10: 20.3}))
    assert "does not change beyond the error bar (20.00(20) and 20.30(20) τ)" in text
    assert "falls" in chain_length.chain_sentence(made_up({3: 20.0, 10: 10.0}))


def test_without_melts_nothing_is_claimed_and_the_remedy_is_said(smoke):
    assert chain_length.chain_melts() == {}
    table = chain_length.chain_lengths()
    assert table.empty and chain_length.chain_table(table).empty
    assert "glasslib simulate 0.55" in chain_length.chain_sentence(table)
    assert Work({}).key(TABLES["chain-length"], None)


def test_what_ships_was_made_by_the_protocols_that_ship(monkeypatch, tmp_path):
    monkeypatch.delenv("GLASSLIB_DATA", raising=False)
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path))
    melts = chain_length.chain_melts()
    assert list(melts) == [3, 5, 10]
    kept = {name: json.loads((paths.ensembles(name) / "protocol.json").read_text())
            for name in chain_length.CHAINS}
    registries = {name: paths.registry(name).read_bytes() for name in kept}
    for (length, ensemble), name in zip(melts.items(), kept, strict=True):
        protocol = own_protocol(paths.data() / "protocols" / f"{name}.toml")
        assert protocol.name == name and protocol.model_dump(mode="json") == kept[name]
        assert len(ensemble.runs) == protocol.runs == 4
        assert set(ensemble.n_trajectories.values()) == {protocol.trajectories}
        for file in (*ensemble.runs.values(), *sum(ensemble.blocks.values(), [])):
            made = json.loads(file.attrs["protocol"])
            assert made["melt"]["chain_length"] == length and made["name"] == name
        assert all(run.attrs["equilibration_in_tau_alpha"] > 30 for run in ensemble.runs.values())
        assert store.verify_all(name) == 4 * 3 + 1
        assert paths.registry(name).read_bytes() == registries[name]
    differing = {"name", "melt"}
    first, *others = kept.values()
    for other in others:
        assert {key for key in first if first[key] != other[key]} == differing
        assert {key for key in first["melt"] if first["melt"][key] != other["melt"][key]} == {
            "chain_length"
        }
