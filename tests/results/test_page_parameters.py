"""What a page lets a reader change: checked with its range, and handed to what it computes."""

import numpy as np
import pytest

from glasslib import results
from glasslib.errors import ParameterError
from glasslib.parameters import DescriptorSpec, NetworkSettings, validate
from glasslib.results import tables
from glasslib.results.page_parameters import (
    descriptor_spec,
    given_for,
    own_settings,
    page_model,
    table_options,
    used_part,
)

CORRELATION = page_model("06-correlation")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"dropout": 1.0}, "dropout = 1.0: input should be less than 1"),
        ({"l2": -1}, "l2 = -1: input should be greater than or equal to 0"),
        ({"generations": 6}, "generations = 6: input should be less than or equal to 5"),
        ({"include_self": "perhaps"}, "include_self = 'perhaps'"),
        ({"angular_normalisation": "half"}, "input should be 'weights' or 'none'"),
        ({"hidden": "wide"}, "hidden"),
        ({"runs": 1}, "runs = 1: input should be greater than or equal to 2"),
        ({"droput": 0}, "unknown parameter 'droput'; did you mean 'dropout'"),
        ({"probe_length": 0.3}, "unknown parameter 'probe_length'"),
    ],
)
def test_a_bad_value_is_refused_with_name_and_range(values, words):
    with pytest.raises(ParameterError, match=words):
        validate(CORRELATION, **values)


@pytest.mark.parametrize(
    ("stem", "values", "words"),
    [
        ("01-the-melt", {"exponent": 2}, "exponent = 2: input should be less than or equal to 1"),
        ("01-the-melt", {"law_from": 0.1}, "law_from = 0.1: input should be greater than or equal"),
        ("02-relaxation", {"wavenumber": 0.5}, "greater than or equal to 0.94"),
        ("03-propensity", {"position": -1}, "position = -1: input should be greater than or equal"),
        ("06-correlation", {"pooled": "half"}, "pooled = 'half': input should be a valid boolean"),
    ],
)
def test_pages_refuse_what_they_cannot_show(stem, values, words):
    with pytest.raises(ParameterError, match=words):
        validate(page_model(stem), **values)


def test_another_law_of_the_energy_changes_the_melt_page(shown):
    ours, _ = results.energies(shown)
    page = validate(page_model("01-the-melt"), exponent=1.0)
    other, law = results.energies(shown, page.exponent, page.law_from)
    assert law.exponent == 1 and not np.allclose(ours["residual"], other["residual"])
    warm = results.energy_table(shown, law_from=0.75)
    assert warm["verdict"].tolist() == ["no law to compare with"] * 2  # one temperature is left


def test_another_wave_number_changes_the_relaxation_page(shown):
    page = validate(page_model("02-relaxation"), wavenumber=0.95)
    ours, longer = results.relaxation_table(shown), results.relaxation_table(shown, page.wavenumber)
    assert (longer["tau_alpha"] > 1.05 * ours["tau_alpha"]).all()
    assert longer["a_own"].isna().all()  # these runs did not keep the mean displacement
    assert (longer["u2"] == ours["u2"]).all()
    curve = results.relaxation_curve(shown[0.8], page.wavenumber)
    assert curve.tau_alpha == longer.loc[0.8, "tau_alpha"]


@pytest.mark.parametrize("text", ["32,16", "[32, 16]", "(32, 16)", [32, 16], (32, 16)])
def test_layers_are_read_as_papermill_hands_them_over(text):
    assert validate(CORRELATION, hidden=text).hidden == (32, 16)


def test_the_defaults_ask_for_nothing():
    for stem in ("04-descriptors", "06-correlation", "08-heterogeneity", "09-transfer"):
        page, settings = page_model(stem)(), NetworkSettings(dropout=0.3, l2=0.03)
        assert descriptor_spec(page) is None and page.given == {}
        assert own_settings(page, settings) == settings
        assert table_options(page, ("spec", "probe_length", "statistics")) == {}
    fields = page_model("06-correlation").model_fields
    for model in (DescriptorSpec, NetworkSettings):
        for name in set(fields) & set(model.model_fields) - {"dropout", "l2"}:
            assert fields[name].default == model.model_fields[name].default, name


def test_what_is_asked_reaches_descriptors_and_networks():
    page = validate(CORRELATION, coarse_radius="3.0", dropout=0, hidden=8)
    assert descriptor_spec(page) == DescriptorSpec(coarse_radius=3.0)
    own = own_settings(page, NetworkSettings(l2=0.03))
    assert (own.dropout, own.hidden, own.dropout_after, own.l2) == (0, (8,), 1, 0.03)


def test_each_page_gets_what_it_has():
    given = given_for(["01-the-melt", "06-correlation"], {"temperature": 0.6, "dropout": 0})
    assert given == {
        "01-the-melt": {"temperature": 0.6}, "06-correlation": {"temperature": 0.6, "dropout": 0.0}
    }
    with pytest.raises(ParameterError, match="'dropout' is one of 05-networks, 06-correlation"):
        given_for(["01-the-melt"], {"dropout": 0})
    with pytest.raises(ParameterError, match="unknown parameter 'droput'; did you mean 'dropout'"):
        given_for(["01-the-melt", "06-correlation"], {"droput": 0})
    with pytest.raises(ParameterError, match="seed = -1"):
        given_for(["06-correlation"], {"seed": -1})


def test_tables_with_other_values_have_other_keys(one, shown):
    entry, settings = tables.TABLES["accuracy"], NetworkSettings()

    def key(**values):
        work = tables.Work({0.8: one}, validate(CORRELATION, **values) if values else None)
        page = work.page
        work._settings = {
            d: dict.fromkeys("AB", own_settings(page, settings)) for d in ("row", "run")
        }
        return work.key(entry, 0.8)

    assert key(temperature=0.8) == key()
    others = [key(coarse_radius=3.0), key(coarse_radius=2.9), key(dropout=0.3), key(seed=1)]
    assert len({key(), *others}) == 5


def test_probe_length_is_used(smoke, shown):
    page = page_model("08-heterogeneity")
    table = tables.TABLES["susceptibility"]
    settings = {d: dict.fromkeys("AB", NetworkSettings(epochs=1)) for d in ("row", "run")}

    def chi4(**values):
        work = tables.Work({0.8: shown[0.8]}, page(**values))
        work._settings = settings
        return work.frame(table, 0.8).query("curve == 'true'")["chi4"].to_numpy()

    own = float(shown[0.8].propensity[..., shown[0.8].times.tau_index].mean())
    np.testing.assert_array_equal(chi4(), chi4(probe_length=own))
    assert (chi4(probe_length=own + 0.1) != chi4()).any()


def test_fewer_runs_and_trajectories_are_used(smoke, one):
    model = page_model("10-what-a-correlation-is-worth")
    assert used_part(one, model()) is one
    size = one.blocks[0][0].n_trajectories
    part = used_part(one, model(trajectories=size))
    assert set(part.n_trajectories.values()) == {size} and len(part.runs) == len(one.runs)
    assert results.cache.digest(part) != results.cache.digest(one)
    with pytest.raises(ParameterError, match=f"trajectories = {size + 1}.*in blocks of {size}"):
        used_part(one, model(trajectories=size + 1))


@pytest.mark.parametrize(
    ("stem", "values", "words"),
    [
        ("15-claims", {"margin_factor": 0}, "margin_factor = 0: input should be greater than 0"),
        ("16-your-own-melt", {"stretch": 1.2}, "stretch = 1.2: input should be less than or equal"),
        ("17-past-one-machine", {"n_monomers": 1502}, "n_monomers = 1502.* multiple of 5"),
        ("18-what-is-a-debye-waller-factor", {"runs": 1}, "runs = 1: input should be greater"),
        ("19-how-far-does-structure-go", {"surroundings": "far"}, "should be 'own', 'bonded'"),
        ("19-how-far-does-structure-go", {"surroundings": ""}, "at least 1 item"),
        ("20-another-glass", {"particles": "C"}, "particles = 'C': input should be 'A' or 'B'"),
        ("20-another-glass", {"alike": "perhaps"}, "alike = 'perhaps'"),
    ],
)
def test_pages_after_the_paper_refuse_what_their_exercises_do_not_ask(stem, values, words):
    with pytest.raises(ParameterError, match=words):
        validate(page_model(stem), **values)


@pytest.mark.parametrize("text", ["own,four times", "[own, 'four times']", ["own", "four times"]])
def test_names_are_read_as_papermill_hands_them_over(text):
    page = validate(page_model("19-how-far-does-structure-go"), surroundings=text)
    assert page.surroundings == ("own", "four times")
