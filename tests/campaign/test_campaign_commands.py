"""The commands of the campaign, as a user types them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("glasslib")
DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture
def campaign(tmp_path):
    """Run ``glasslib campaign …`` on a data folder of its own."""

    def run(*arguments):
        return subprocess.run(
            [PROGRAM, "campaign", *arguments], capture_output=True, text=True, timeout=120,
            env=os.environ
            | {"GLASSLIB_DATA": str(tmp_path / "data"), "GLASSLIB_VAR": str(tmp_path / "var")},
        )

    return run


def test_status_of_what_ships():
    done = subprocess.run(
        [PROGRAM, "campaign", "status"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    for word in ("profile", "T", "runs", "blocks", "τ_ee", "τ_α", "core-hours", "to go"):
        assert word in header
    assert [row.split()[:2] for row in rows] == [
        ["companion", t] for t in ("0.60", "0.50", "0.45", "0.42", "0.40")
    ] + [["paper", t] for t in ("0.60", "0.50", "0.45")]
    assert {row.split()[-1] for row in rows} == {"0.0"}  # the plan is complete


def test_status_of_nothing(campaign):
    done = campaign("status")
    assert done.returncode == 0 and "0 of 10" in done.stdout and "?" in done.stdout


def test_estimate_measures_and_adds_up(campaign):
    done = campaign("estimate", "--profile", "lab", "-t", "0.5", "-t", "0.45")
    assert done.returncode == 0, done.stderr
    first, header, *rows, last = done.stdout.splitlines()
    assert "τ per second of CPU time, N = 1,500" in first
    assert [row.split()[0] for row in rows] == ["0.50", "0.45", "all"]
    assert "in proportion to N" in last


def test_estimate_of_a_temperature_out_of_range_is_refused(campaign):
    done = campaign("estimate", "-t", "7")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "temperature = 7.0" in line


def test_import_takes_verifies_and_says_so(campaign, tmp_path):
    done = campaign("import", str(DATA), "--profile", "smoke")
    assert done.returncode == 0, done.stderr
    assert "T0.700/run01-block01.nc" in done.stdout
    assert done.stdout.splitlines()[-1] == "18 files taken"
    again = campaign("import", str(DATA), "--profile", "smoke")
    assert again.stdout == "0 files taken\n"


def test_import_of_a_damaged_file_is_one_line_and_takes_nothing(campaign, tmp_path):
    shutil.copytree(DATA, tmp_path / "elsewhere")
    victim = tmp_path / "elsewhere" / "ensembles" / "smoke" / "T0.800" / "run00.nc"
    victim.write_bytes(victim.read_bytes()[:-1])
    done = campaign("import", str(tmp_path / "elsewhere"), "--profile", "smoke")
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "run00.nc is damaged" in line
    assert not (tmp_path / "data").exists()
