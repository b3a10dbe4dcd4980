"""What a page opens."""

import shutil
import subprocess
import sys

import pytest

from glasslib import figures, results, store
from glasslib.errors import ParameterError
from glasslib.parameters import CompanionParameters
from results.examples import N


def test_ensemble_that_is_there_is_loaded(smoke):
    one = results.ensemble(0.8, "smoke")
    assert (one.temperature, one.profile, list(one.runs)) == (0.8, "smoke", [0, 1])


def test_ensemble_of_no_profile(smoke, capsys):
    before = set(smoke.parent.iterdir())
    with pytest.raises(ParameterError, match="profile = 'nowhere' does not exist; choose smoke"):
        results.ensemble(0.62, "nowhere")
    assert capsys.readouterr().err == ""
    assert set(smoke.parent.iterdir()) == before


def test_ensembles_of_a_page_fall(smoke):
    page = CompanionParameters(temperature=0.7, profile="smoke")
    assert list(results.ensembles(page)) == [0.8, 0.7]


def test_data_table(shown):
    table = results.data_table(shown)
    assert list(table.index) == ["0.80", "0.70"]
    assert table.loc["0.70"].to_dict() == {
        "profile": "smoke",
        "runs": 2,
        "monomers": N,
        "trajectories": 8,
        "per run": "4",
        "longest time (τ)": "9.6",
    }


def test_melts_hold_runs_without_blocks(smoke, tmp_path, monkeypatch):
    shutil.copytree(smoke, tmp_path / "ensembles" / "companion")
    for path in (tmp_path / "ensembles" / "companion" / "T0.700").glob("run*-block*"):
        path.unlink()
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path))
    page = CompanionParameters(temperature=0.8)
    assert list(results.ensembles(page)) == [0.8]
    melts = results.melts(page)
    assert list(melts) == [0.8, 0.7] and sum(melts[0.7].n_trajectories.values()) == 0
    assert len(results.equilibration_table(melts)) == 4
    (tmp_path / "ensembles" / "companion" / "T0.700" / "times.json").unlink()  # not fixed yet
    _, numbers = figures.melt_figure(list(results.melts(page).values()))
    assert set(numbers["T"]) == {0.8, 0.7}
    own = tmp_path / "ensembles" / "smoke" / "T0.700"  # the page's own ensemble stays
    shutil.copytree(smoke / "T0.700", own)
    shutil.copy(smoke / "registry.txt", own.parent)
    page = CompanionParameters(temperature=0.7, profile="smoke")
    assert [one.profile for one in results.melts(page).values()] == ["companion", "smoke"]


def test_nothing_was_written_among_the_fixed_data(smoke):
    assert store.verify_all("smoke") == 18
    assert [p for p in smoke.rglob(".*")] == []


def test_importing_results_leaves_tensorflow_alone():
    code = "import sys, glasslib.results; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
