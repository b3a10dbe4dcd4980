"""Two sizes of the melt: the same data under two names must not differ."""

import shutil

import numpy as np
import pytest

from glasslib import figures, store
from glasslib.parameters import PROTOCOLS, get_protocol
from glasslib.results import size


@pytest.fixture(scope="module")
def table(tmp_path_factory, smoke_var, request):
    """The fixed ensemble as the small melt and, copied, as the large one."""
    data = tmp_path_factory.mktemp("data")
    here = request.path.parents[1] / "data" / "ensembles" / "smoke"
    shutil.copytree(here, data / "ensembles" / "smoke")
    shutil.copytree(here / "T0.800", data / "ensembles" / "again" / "T0.800")
    shutil.copy(here / "registry.txt", data / "ensembles" / "again")
    large = get_protocol("smoke").model_copy(update={"name": "again"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSLIB_DATA", str(data))
        patch.setenv("GLASSLIB_VAR", str(smoke_var))
        patch.setitem(PROTOCOLS, "again", large)
        patch.setattr(size, "SMALL", "smoke")
        patch.setattr(size, "LARGE", "again")
        assert list(size._pairs()) == [0.8]
        known = size.size_digest()
        (data / "ensembles" / "again" / "T0.800" / "run01-block01.nc").unlink()
        assert size._pairs() == {} and size.size_digest() != known  # one whole run alone
        shutil.copytree(here / "T0.800", data / "ensembles" / "again" / "T0.800",
                        dirs_exist_ok=True)
        assert size.size_digest() == known
        yield size.melt_size()


def test_the_same_data_do_not_differ(table):
    assert set(table["equal"]) == {"runs", "monomers"} and set(table["size"]) == set(size.SIZES)
    assert (table["runs"] == 2).all() and (table["T"] == 0.8).all()
    changes = size.size_changes(table).set_index(["quantity", "case"])
    assert (changes["change"].abs() < 1e-9).all() and len(changes) > 20
    assert set(changes.index.get_level_values(0)) == {
        *size.BULK, *size.SPLITS, "spread", "ceiling", "hole", "recognised"
    }
    assert changes.loc[("rho, row", size.NO_STRUCTURE), "small"].item() > 0
    assert set(changes.loc["rho, row"].index) == set(size.MODELS)
    assert set(changes.loc["rho, run"].index) == set(size.MODELS) - {size.NO_STRUCTURE}


def test_what_the_page_shows(table):
    assert list(size.size_table(table).index) == list(size.BULK.values())
    assert "ridge C" in size.size_monomers_table(table).index
    assert list(size.size_recognised_table(table).index)[0] == "generation 0"
    said = size.size_sentence(table)
    assert said.startswith("From 1,500 to 1,500 monomers, with equal numbers of runs, too few runs")
    figure, numbers = figures.size_figure(table)
    assert len(figure.axes) == 3 and set(numbers["size"]) == set(size.SIZES)


def test_without_the_large_melt_nothing_is_said(smoke):
    assert store.available("paper") == {}
    assert size.melt_size().empty
    table = size.melt_size()
    for said in (size.size_sentence(table), size.rows_sentence(table)):
        assert said == "No temperature has both sizes yet."
    assert len(figures.size_figure(table)[0].axes) == 3
    for shown in (size.size_table, size.size_monomers_table, size.size_recognised_table,
                  size.size_rho_table):
        assert shown(table).empty


def test_relaxation_is_compared_at_equal_kinetic_temperature(monkeypatch):
    """τ_α falls as T^-10; the large melt is a tenth faster, and 1 % colder than it should be."""
    def logs(profile):
        colder, faster = (0.01, 0.1) if profile == size.LARGE else (0.0, 0.0)
        scatter = 0.001 * np.array([-1.0, 0.0, 1.0])
        return {
            t: np.stack([np.log(t) - colder + scatter,
                         -10 * (np.log(t) - colder + scatter) - faster], axis=1)
            for t in ((0.6, 0.5) if colder else (0.6, 0.5, 0.45))
        }

    monkeypatch.setattr(size, "_logs", logs)
    changes = size.relaxation_changes()
    np.testing.assert_allclose(changes["slope"], -10)
    np.testing.assert_allclose(changes["change"], -0.1)
    assert changes["runs"].tolist() == [3, 3] and (changes["error"] > 0).all()
    assert "−9.5(" in size.relaxation_sentence(changes)
