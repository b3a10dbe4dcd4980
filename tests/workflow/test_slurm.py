"""A real Slurm runs a small plan from the melt to the book, and is disturbed in the middle.

Started by ``make test-slurm`` only: it needs root, Slurm and 20 to 45 minutes of two cores.
"""

import os
import re
import subprocess
import time

import pytest
from places import ROOT, Place, assert_same_bits
from slurm_cluster import Cluster, available

pytestmark = pytest.mark.skipif(
    os.environ.get("GLASSLIB_TEST_SLURM") != "1", reason="run it with 'make test-slurm'"
)
#: A run takes about two minutes here, and the wall time of a job is one.
PROFILE, TEMPERATURE = "lab", "0.48"


@pytest.fixture
def place(tmp_path):
    """Make places by name."""
    return lambda name: Place(tmp_path / name)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    assert available() is None, available()
    with Cluster(tmp_path_factory.mktemp("slurm")) as one:
        yield one


def wait_for(condition, seconds, process):
    """Wait until the condition holds, while the process runs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"the workflow ended early: {process.returncode}"
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.5)


def test_shards_of_an_array_job_do_it_all(place, cluster):
    """The door without Snakemake."""
    here = place("array")
    job = cluster.ask(
        "env", *(f"{name}={here.environment[name]}" for name in ("GLASSLIB_DATA", "GLASSLIB_VAR")),
        "sbatch", "--parsable", "--wait", "--array=0-1", f"--output={here.folder}/%a.log",
        "--export=ALL", "--wrap",
        f"{ROOT}/.venv/bin/glasslib campaign run --profile smoke -t 0.85"
        " --shard $SLURM_ARRAY_TASK_ID/2",
        timeout=900,
    )
    assert job.strip().isdigit()
    logs = [(here.folder / f"{k}.log").read_text() for k in range(2)]
    assert all("Traceback" not in log for log in logs), logs
    names = [name for name in here.files("smoke") if name.endswith(".nc")]
    assert len(names) == 2 * (1 + 2)
    # Each file was made by one of the two.
    assert sum(len(re.findall(r": (?:τ_α|2 traj)", log)) for log in logs) == len(names)


def test_srun_starts_it_once_or_is_told_how(place, cluster):
    """Workers of one rank start clean; of two ranks neither computes anything."""
    here = place("srun")

    def srun(*arguments):
        return subprocess.run(
            ["srun", *arguments, f"{ROOT}/.venv/bin/glasslib", "simulate", "0.85", "--profile",
             "smoke", "--workers", "2"],
            env=cluster.environment | here.environment, capture_output=True, text=True,
            timeout=900,
        )

    refused = srun("-n", "2")
    assert refused.returncode != 0 and not here.files("smoke")
    assert "started this 2 times (SLURM_STEP_NUM_TASKS)" in refused.stderr
    assert "start it once, with -w 2" in refused.stderr and "Traceback" not in refused.stderr
    alone = srun("-n", "1", "-c", "2")
    assert alone.returncode == 0, alone.stderr[-2000:]
    assert len([name for name in here.files("smoke") if name.endswith(".nc")]) == 2 * (1 + 2)


def test_a_disturbed_plan_ends_with_the_same_bits(place, cluster):
    here = place("slurm")
    log = (here.folder / "workflow.log").open("w")
    flow = here.snakemake(
        "slurm", "--jobs", "2", "--slurm-status-command", "squeue", "--latency-wait", "5",
        "--slurm-init-seconds-before-status-checks", "5", "--slurm-no-account",
        "--default-resources", "runtime=1", "mem_mb=2000", "cpus_per_task=1",
        "--set-resources", "train:runtime=60", "book:runtime=60", "descriptors:runtime=60",
        "--config", f"profile={PROFILE}", f"temperatures={TEMPERATURE}",
        environment=cluster.environment | here.environment, stdout=log, stderr=subprocess.STDOUT,
    )
    try:
        checkpoints = here.folder / "var" / "work" / PROFILE
        wait_for(lambda: list(checkpoints.rglob("run0*.npz")), 300, flow)
        # One: a job is cancelled.
        (victim, *_) = cluster.jobs()
        cluster.ask("scancel", victim)
        wait_for(lambda: victim not in cluster.jobs(), 60, flow)
        # Two: the node's daemon is killed, and started again.
        wait_for(cluster.jobs, 120, flow)
        cluster.kill_node()
        time.sleep(5)
        cluster.start_node()
        # Three: jobs hit their wall time of a minute, by themselves. What is there stays there.
        seen, deadline = set(), time.monotonic() + 3000
        while flow.poll() is None and time.monotonic() < deadline:
            there = set(here.files(PROFILE))
            assert seen <= there, f"gone: {seen - there}"
            seen = there
            time.sleep(1)
        assert flow.poll() == 0, (here.folder / "workflow.log").read_text()[-4000:]
    finally:
        if flow.poll() is None:
            flow.terminate()
            flow.wait(60)
        log.close()
    ends = (cluster.folder / "slurmctld.log").read_text()
    assert re.search(r"REQUEST_KILL_JOB|job_signal|_slurm_rpc_kill_job", ends)
    assert re.search(r"[Tt]ime limit exhausted", ends), "no job hit its wall time"
    assert list((here.folder / "var" / "work" / PROFILE / "done").glob("*/book"))
    alone = place("alone")
    subprocess.run(
        ["glasslib", "campaign", "run", "--profile", PROFILE, "-t", TEMPERATURE, "-w", "2"],
        env=alone.environment, check=True, timeout=3000,
    )
    made = {  # the pages of the book have sampled cages besides
        name: path for name, path in here.files(PROFILE).items() if "-cage" not in name
    }
    assert_same_bits(alone.files(PROFILE), made)
