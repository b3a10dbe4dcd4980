"""The workflow on one machine: its plan, and that after a kill only what is missing runs."""

import os
import re
import signal
import subprocess
import time

import pytest
from places import BIN, Place, assert_same_bits

pytestmark = pytest.mark.skipif(
    not (BIN / "snakemake").exists(), reason="needs the extra 'cluster' (make env-cluster)"
)


@pytest.fixture
def place(tmp_path):
    """Make places by name."""
    return lambda name: Place(tmp_path / name)


def counts(text):
    """Read Snakemake's table of jobs."""
    return {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("profile", ["local", "slurm"])
def test_the_papers_plan(place, profile):
    """2,000 trajectories in blocks of ten, fifty runs, and the rest; a dry run in seconds."""
    begun = time.perf_counter()
    dry = place("paper").snakemake(
        profile, "--dry-run", "--quiet", "rules", "--config", "profile=paper",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    text = dry.communicate(timeout=100)[0]
    assert dry.returncode == 0, text
    print(f"dry run of the paper's plan: {time.perf_counter() - begun:.1f} s")
    assert counts(text) == {
        "run": 50, "times": 5, "block": 200, "verify": 1, "descriptors": 5, "train": 1,
        "book": 1, "all": 1, "total": 264,
    }


def test_a_wrong_setting_is_refused(place):
    dry = place("wrong").snakemake(
        "local", "-n", "--config", "profile=huge", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    text = dry.communicate(timeout=100)[0]
    assert dry.returncode != 0 and "profile = 'huge' does not exist; choose smoke" in text


@pytest.mark.slow
def test_killed_and_started_again_only_what_is_missing_runs(place):
    config = ["--cores", "2", "--config", "profile=smoke", "temperatures=0.9", "book=true"]
    killed = place("killed")
    first = killed.snakemake("local", *config, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 300
    while not any("run0" in name for name in killed.files("smoke")):
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    before = {n: p.stat().st_mtime_ns for n, p in killed.files("smoke").items() if "run0" in n}
    assert 1 <= len(before) < 6
    unlock = killed.snakemake("local", "--unlock", *config)
    assert unlock.wait(60) == 0
    second = killed.snakemake("local", *config, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = second.communicate(timeout=500)[0]
    assert second.returncode == 0, text
    after = killed.files("smoke")
    done = counts(text)
    there = {"run": 2, "block": 4}
    for rule, number in there.items():
        finished = sum(("block" in name) == (rule == "block") for name in before)
        assert done.get(rule, 0) == number - finished, (rule, text)
    for name, written in before.items():
        assert after[name].stat().st_mtime_ns == written
    third = killed.snakemake("local", *config, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert "Nothing to be done" in third.communicate(timeout=100)[0]
    # The same as glasslib alone makes.
    alone = place("alone")
    command = ["glasslib", "campaign", "run", "--profile", "smoke", "-t", "0.9", "--workers", "2"]
    subprocess.run(command, env=alone.environment, check=True, timeout=500)
    assert_same_bits(alone.files("smoke"), after)
