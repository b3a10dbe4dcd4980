"""Cages in tables: the parts of a Debye–Waller factor, network D, and what must not leak."""

from functools import wraps

import numpy as np
import pytest

from glasslib import figures, results, store
from glasslib.results import cage
from glasslib.results.tables import TABLES, Work
from results.examples import N


def test_a_row_of_the_data_set_is_a_monomer_of_its_run(one):
    data = cage.cage_dataset(one)
    assert data.features.shape == (2 * N, 128) and data.n_runs == 2
    halves = [cage.cage_dataset(one, half) for half in (0, 1)]
    assert (halves[0].features != halves[1].features).any()
    np.testing.assert_array_equal(data.targets, halves[0].targets)
    # The end of the chain is known twice: from the bonds, and from the file.
    ends = data.features[:, data.feature_names.index("end of chain, own")]
    np.testing.assert_array_equal(ends == 1, data.chain_position == 0)


def test_the_offset_is_the_distance_from_the_middle_of_the_cage(one):
    parts = cage.cage_parts(one)
    run = next(iter(one.blocks))
    moments = [half.offset for half in store.load_cages(one)[run]]
    minimum = one.runs[run]["inherent_positions"].astype(float)
    start = one.configuration(run).positions
    middle = minimum + (start - minimum).mean(axis=0) + np.mean(moments, axis=0)
    square = ((start - middle) ** 2).sum(axis=1)
    np.testing.assert_allclose(parts["offset"][0], square, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts["offset and cage"], parts["offset"] + parts["cage"])
    assert (parts["harmonic"] > 0).all() and parts["harmonic"].mean() < 0.52**2


def test_tables_hold_every_model_and_errors_over_runs(one):
    parts = cage.debye_waller_parts(one).set_index("quantity")
    assert list(parts.index) == [
        "Debye–Waller factor", "offset", "cage", "offset and cage", "harmonic"
    ]
    assert parts.loc["Debye–Waller factor", "rho_dw"] == pytest.approx(1)
    assert parts.loc["offset", "agreement"] > 0.5
    limit = cage.structure_limit(one)
    at_tau = limit[limit["at_tau"]].set_index("model")
    assert {"ridge A", "ridge B", "ridge D", "ridge D, one half", "ridge A′", "cage alone"} <= set(
        at_tau.index
    )
    assert at_tau.loc["ridge D", "rows"] == 2 * N
    assert cage.structure_limit(one.only([0])).empty


def test_a_large_melt_has_no_harmonic_factor_and_is_drawn_without(one, monkeypatch):
    monkeypatch.setattr(cage, "HARMONIC_LIMIT", N - 1)
    parts, limit = cage.debye_waller_parts(one), cage.structure_limit(one)
    assert "harmonic" not in set(parts["quantity"])
    assert not limit["model"].str.contains("harmonic").any()
    _, numbers = figures.cage_parts_figure(parts.assign(T=0.8), limit.assign(T=0.8))
    assert set(numbers["quantity"]) == {"Debye–Waller factor", "offset", "cage"}
    assert results.parts_sentence(parts.assign(T=0.8), limit.assign(T=0.8))


def test_cages_of_another_run_predict_nothing(one, monkeypatch):
    """Exchanged files: what D finds is in the cages of the very configuration."""
    own = cage.structure_limit(one)
    load = store.load_cages

    @wraps(load)
    def exchanged(ensemble):
        return dict(zip(ensemble.blocks, reversed(load(ensemble).values()), strict=True))

    monkeypatch.setattr(cage, "load_cages", exchanged)
    monkeypatch.setattr(cage, "cached", lambda name, key, compute: compute())
    other = cage.structure_limit(one)

    def rho(table):
        return table[table["at_tau"] & (table["model"] == "cage alone")]["within"].iloc[0]

    assert abs(rho(other)) < 4 / np.sqrt(2 * N) < rho(own)


def test_new_cages_make_tables_stale_that_read_them(one, monkeypatch):
    work = Work({0.8: one})
    entry = TABLES["structure-limit"]
    before, other = work.key(entry, 0.8), work.key(TABLES["ceiling"], 0.8)
    registry = store.read_registry

    def changed(path):
        return {
            name: "0" * 64 if name.endswith("-cage.nc") else digest
            for name, digest in registry(path).items()
        }

    monkeypatch.setattr(store, "read_registry", changed)
    assert work.key(entry, 0.8) != before and work.key(TABLES["ceiling"], 0.8) == other
