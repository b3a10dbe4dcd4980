"""Started by mpiexec or srun: one process works as without, more are refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from melt_files import data_text, small_melt

MPIEXEC = Path(sys.executable).with_name("mpiexec")  # of the package mpich
PROGRAM = Path(sys.executable).with_name("glasslib")


def launch(ranks, *arguments, cwd, **environment):
    return subprocess.run(
        [MPIEXEC, "-n", str(ranks), PROGRAM, *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=500, env=os.environ | environment,
    )  # fmt: skip


def test_a_file_is_described_as_without_a_launcher(tmp_path):
    (tmp_path / "melt.data").write_text(data_text(small_melt()))
    choice = ["-p", "radial_shells=[[0.5,1.5,20,0.05]]", "-p", "angular_range=[0.6,2.0]",
              "-p", "coarse_radius=2.0", "-p", "voronoi=false"]  # fmt: skip
    done = launch(1, "describe", "melt.data", "-o", "launched.csv", *choice, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    subprocess.run(
        [PROGRAM, "describe", "melt.data", "-o", "plain.csv", *choice], cwd=tmp_path, check=True
    )
    assert (tmp_path / "launched.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()


@pytest.mark.slow
def test_workers_start_clean_of_the_launcher(tmp_path):
    places = {"GLASSLIB_DATA": str(tmp_path / "data"), "GLASSLIB_VAR": str(tmp_path / "var")}
    simulate = ["simulate", "0.9", "--profile", "smoke", "-w", "1"]
    done = launch(1, *simulate, cwd=tmp_path, **places)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[6/6]" in done.stdout
    assert len(list((tmp_path / "data" / "ensembles" / "smoke" / "T0.900").glob("*.nc"))) == 6


@pytest.mark.parametrize("arguments", [["describe", "a", "-o", "b.nc"], ["campaign", "run"]])
def test_more_ranks_are_refused_with_the_right_command(arguments, tmp_path):
    done = launch(2, *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("glasslib: error: mpiexec or srun started this 2 times") == 2
    assert "-w 2" in done.stderr and "'glasslib campaign task'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["campaign", "run", "--shard", "2/2"], "shard = 2/2"),
        (["campaign", "task", "-t", "7", "--run", "0"], "temperature = 7"),
    ],
)
def test_ranks_that_share_the_work_are_not_refused(arguments, told, tmp_path):
    done = launch(2, *arguments, cwd=tmp_path)  # each stops for another reason
    assert done.stderr.count(told) == 2 and "started this" not in done.stderr


def test_several_tasks_of_srun_are_refused(tmp_path):
    def run(tasks):
        return subprocess.run(
            [PROGRAM, "parameters"], cwd=tmp_path, capture_output=True, text=True,
            env=os.environ | {"SLURM_STEP_NUM_TASKS": tasks},
        )  # fmt: skip

    assert run("1").returncode == 0
    assert "srun started this 4 times" in run("4").stderr
