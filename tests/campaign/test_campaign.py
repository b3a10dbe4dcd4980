"""The campaign: killed and resumed it gives the same bits; tasks come in order, each once."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from glasslib import campaign, parameters, store
from glasslib.campaign import CAMPAIGN, Goal, Task, checkpoints, production, scheduler, tasks
from glasslib.errors import ParameterError, SimulationError
from glasslib.parameters import get_protocol

SCRIPT = Path(__file__).with_name("campaign_process.py")
FILES = ["T0.900/run00-block00.nc", "T0.900/run00.nc", "T0.900/times.json", "T1.000/run00.nc"]
SEED = 7


# ------------------------------------------------------------------------------------- leases
ELSEWHERE = "filelock/2\npid=7\nhost=another\nmode=lease\ntoken=5f\nduration=60.0\n"


@pytest.mark.parametrize(
    ("left", "holds"), [("", 2.0), ("filelock/2\npid=", 2.0), (ELSEWHERE, 60.0)]
)
def test_a_lock_of_the_dead_is_taken_in_the_end(tmp_path, monkeypatch, left, holds):
    """Killed while writing it, or on another machine: tries that do not wait add up."""
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    task = Task(0.8, "smoke", 0)
    lock = checkpoints.Checkpoint(task.output).path.with_suffix(".lease")
    lock.parent.mkdir(parents=True)
    lock.write_text(left)
    monkeypatch.setattr(scheduler, "make_run", lambda task, checkpoint: "done")
    now, skipped = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now() + skipped[0])
    assert campaign.perform(task) == "busy"
    skipped[0] = holds - 1
    assert campaign.perform(task) == "busy"
    skipped[0] = holds + 0.1
    assert campaign.perform(task) == "done"
    assert not lock.exists()


# ------------------------------------------------------------------------------------- killed
@pytest.fixture(scope="module", params=[150, 1500], ids=["double precision", "mixed precision"])
def killed(request, tmp_path_factory):
    """The folder of both campaigns, and what happened in them."""
    folder = tmp_path_factory.mktemp("campaign")
    done = subprocess.run(
        [sys.executable, SCRIPT, folder, str(SEED), str(request.param)], capture_output=True,
        text=True, timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout), done.stderr


def data(folder, which):
    return folder / which / "data" / "ensembles" / "tiny"


def test_the_processes_were_killed_indeed(killed):
    _, report, errors = killed
    assert "Traceback" not in errors
    ends = [code for _, code, _ in report["killed"]]
    # Half of them at a named moment; one at a random moment may come too late.
    assert ends.count(-signal.SIGKILL) >= 0.8 * len(ends) > 4
    for kill, code, _ in report["killed"]:
        if kill:
            assert code == -signal.SIGKILL, f"{kill} never happened"


def test_killed_and_resumed_gives_the_same_bits(killed):
    folder, report, _ = killed
    assert report["last"][0] == 0
    for name in FILES:
        whole, resumed = (data(folder, which) / name for which in ("whole", "killed"))
        if name.endswith("json"):
            assert whole.read_bytes() == resumed.read_bytes()
            continue
        one, other = xr.load_dataset(whole), xr.load_dataset(resumed)
        assert list(one.variables) == list(other.variables) and len(one.variables) > 10
        for variable in one.variables:
            a, b = one[variable].values, other[variable].values
            assert a.dtype == b.dtype and a.shape == b.shape, variable
            assert a.tobytes() == b.tobytes(), variable
        for attributes in (one.attrs, other.attrs):
            assert attributes.pop("cpu_time_seconds") > 0
        assert one.attrs == other.attrs


def test_it_moved_with_its_checkpoints(killed):
    """The same bits, above, although half of what was unfinished came from parked checkpoints."""
    folder, report, _ = killed
    assert report["moved"]["os.rename run00.nc"][0].endswith("/run00")
    assert report["moved"]["os.rename run00-block00.nc"] == ["tiny/T0.900/run00-block00"]
    assert report["moved"]["at the end"] == []
    assert [p for p in (folder / "killed" / "data" / "unfinished").rglob("*") if p.is_file()] == []


def test_what_is_left_is_whole_registered_and_nothing_else(killed, monkeypatch):
    folder, _, _ = killed
    for which in ("whole", "killed"):
        top = data(folder, which)
        there = [p for p in top.rglob("*") if p.is_file() and not p.name.startswith(".")]
        names = sorted(p.relative_to(top).as_posix() for p in there)
        assert names == [*FILES, "registry.txt"]
        monkeypatch.setenv("GLASSLIB_DATA", str(folder / which / "data"))
        assert store.verify_all("tiny") == 4
        assert store.available("tiny") == {0.9: [0]}


def test_nothing_is_done_twice(killed):
    _, report, _ = killed
    assert report["again"] == [0, ["was there"] * 3]
    assert report["whole"][1][0] == "was there"


def test_two_that_want_the_same_task(killed):
    _, report, _ = killed
    lines = [line for code, line in report["both"] if code == 0]
    assert len(lines) == 2
    worked = [line for line in lines if line.startswith("τ_α = ")]
    assert len(worked) == 1
    assert set(lines) - set(worked) <= {"busy", "was there"}


def test_a_done_task_leaves_no_checkpoint_to_resume_from(killed, monkeypatch):
    """Except the one whose process died between the file and the checkpoint's removal."""
    folder, _, _ = killed
    assert list((folder / "whole" / "var").rglob("*.npz")) == []


def test_the_tiny_campaign_is_physical(killed):
    folder, _, _ = killed
    hot = xr.load_dataset(data(folder, "whole") / "T1.000" / "run00.nc")
    run = xr.load_dataset(data(folder, "whole") / "T0.900" / "run00.nc")
    block = xr.load_dataset(data(folder, "whole") / "T0.900" / "run00-block00.nc")
    assert "from run 0 at T = 1.0" in run.attrs["procedure"]
    assert "snake path" in hot.attrs["procedure"]
    assert run.attrs["mean_kinetic_temperature"] == pytest.approx(0.9, rel=0.15)
    assert abs(run.attrs["energy_drift_per_monomer"]) < 0.02
    for one in (hot, run):
        assert one.attrs["centre_of_mass_drift"] < 1e-9
        assert (np.diff(one["production_time"]) > 0).all()
        # Maxwell–Boltzmann at the first lag: ⟨|Δr|⟩² = (8 / 3π) ⟨Δr²⟩.
        ratio = one["mean_displacement"] / np.sqrt(one["msd"])
        assert ratio[0] == pytest.approx(np.sqrt(8 / (3 * np.pi)), rel=0.02)
    assert block["centre_of_mass_drift"].max() < 1e-9
    # Ballistic at first: ⟨Δr²⟩ = 3 T t².
    assert block["msd"][:, 0].mean() == pytest.approx(3 * 0.9 * 0.01**2, rel=0.2)
    assert (np.diff(block["msd"].mean("trajectory")[::5]) > 0).all()


# -------------------------------------------------------------------------------------- tasks
def test_each_task_once_and_after_what_it_needs():
    listed = tasks(CAMPAIGN)
    assert len(set(listed)) == len(listed)
    assert len({task.output for task in listed}) == len(listed)
    place = {task: k for k, task in enumerate(listed)}
    for task in listed:
        protocol = get_protocol(task.profile)
        if task.block is None:
            source = protocol.source(task.temperature)
            if source is not None:
                assert place[Task(source, task.profile, task.run)] < place[task]
            continue
        for run in {task.run, *protocol.runs_that_time(task.temperature)}:
            assert place[Task(task.temperature, task.profile, run)] < place[task]


def test_the_campaign_ends_with_everything():
    listed = tasks(CAMPAIGN)
    for temperature in get_protocol("companion").cascade:
        own = [t for t in listed if t.profile == "companion" and t.temperature == temperature]
        runs = 6 if temperature == 0.40 else 10
        assert len(own) == runs + runs * 4 + runs  # runs, blocks, cages


def test_a_longer_plan_keeps_the_order_of_a_shorter_one():
    shorter = tasks(CAMPAIGN[:3])
    assert tasks(CAMPAIGN)[: len(shorter)] == shorter


def test_goals_bring_their_sources_and_timing_runs():
    goal = Goal(profile="companion", temperature=0.45, runs=1, blocks=1)
    names = [(task.temperature, task.run, task.block) for task in tasks([goal])]
    assert names[:3] == [(0.6, 0, None), (0.5, 0, None), (0.45, 0, None)]
    assert len(names) == 4 * 3 + 1 and names[-1] == (0.45, 0, 0)


@pytest.mark.parametrize(
    ("temperature", "source"), [(0.6, None), (0.55, 0.6), (0.5, 0.6), (0.41, 0.42), (0.3, 0.4)]
)
def test_source(temperature, source):
    assert get_protocol("companion").source(temperature) == source


def test_ready_means_that_all_it_reads_is_there(smoke, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    folder = tmp_path / "data" / "ensembles"
    block, run = Task(0.8, "smoke", 0, 0), Task(0.8, "smoke", 0)
    assert run.ready() and not run.done() and not block.ready()
    (folder / "smoke").mkdir(parents=True)
    shutil.copytree(smoke / "T0.800", folder / "smoke" / "T0.800")
    assert run.done() and block.ready() and block.done()
    (folder / "smoke" / "T0.800" / "run01.nc").unlink()
    assert not block.ready()  # a timing run is missing
    cold = Task(0.5, "companion", 2)
    assert not cold.ready()
    hot = store.run_path(0.6, "companion", 2)
    hot.parent.mkdir(parents=True)
    hot.touch()
    assert cold.ready()


def test_a_campaign_that_is_done_starts_nothing(smoke):
    reports = []
    goal = Goal(profile="smoke", temperature=0.8, runs=2, blocks=2)
    campaign.run([goal], report=lambda *one: reports.append(one))
    assert reports == []


def test_an_error_in_a_worker_comes_out(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GLASSLIB_LAMMPS", str(tmp_path / "none.so"))
    with pytest.raises(SimulationError, match="GLASSLIB_LAMMPS = .*none.so"):
        campaign.simulate(0.8, "smoke", workers=1)
    assert list((tmp_path).rglob("*.nc")) == []


def test_fixed_times_are_read_not_fixed_anew(smoke):
    times = campaign.fix_times(0.8, "smoke")
    assert times.tau_alpha == store.read_times(0.8, "smoke").tau_alpha == 1.93


def test_too_hot_a_melt_is_refused_in_words(tmp_path, monkeypatch, smoke):
    """τ_α ≤ 1 leaves no room for the ten times."""
    hot = xr.load_dataset(smoke / "T0.800" / "run00.nc")
    hot["lag"] = hot["lag"] / 10
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    for run in range(2):
        store.write(hot, store.run_path(2.0, "smoke", run))
    with pytest.raises(ParameterError, match="1 < tau_alpha < longest; choose a lower temp"):
        campaign.fix_times(2.0, "smoke")
    assert not store.times_path(2.0, "smoke").exists()


# ----------------------------------------------------------------------------------- sampling
@settings(max_examples=100, deadline=None)
@given(st.floats(1.0, 40_000))
def test_production_samples(duration):
    step = 0.01
    times, regular, lags = production.sample_times(duration, step)
    assert (np.diff(times) > 0).all() and (np.diff(lags) > 0).all()
    assert set(regular) <= set(times) and times[0] == 0
    for values in (times, regular, lags):
        np.testing.assert_allclose(values / step, np.round(values / step), atol=1e-4)
    if duration >= 5:
        assert times[-1] == pytest.approx(duration, rel=0.1)
        assert 1.0 in lags
    for lag in lags[:: max(1, len(lags) // 8)]:
        pairs = np.isin(np.round(times + lag, 6), times).sum()
        assert pairs >= production.PRODUCTION_FRAMES // 10


# ------------------------------------------------------------------- pair style, equilibration
def test_a_task_keeps_the_pair_style_it_has_begun_with(tmp_path, monkeypatch):
    """Checkpoints that name none are older than "mixed"."""
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    task = Task(0.8, "smoke", 0, 0)

    def style(saved):
        return checkpoints.protocol_of(task, saved).integrator.pair_style

    assert style(None) == "mixed"
    assert style({"pair_style": np.array("mixed")}) == "mixed"
    assert style({}) == "glasslib"
    monkeypatch.setenv("GLASSLIB_PAIR_STYLE", "lj/cut/opt")
    assert style(None) == style({"pair_style": "lj/cut/opt"}) == "lj/cut/opt"
    with pytest.raises(SimulationError, match="begun with pair style 'mixed', .* 'lj/cut/opt'; go"):
        style({"pair_style": "mixed"})


def test_files_name_the_pair_style_that_made_them(killed):
    folder, _, _ = killed
    for path in (data(folder, "whole") / name for name in FILES if name.endswith("nc")):
        attrs = store.read(path).attrs
        protocol = json.loads(attrs["protocol"])
        mixed = protocol["melt"]["n_monomers"] == 1500
        assert protocol["integrator"]["pair_style"] == ("mixed" if mixed else "glasslib")
        if "procedure" in attrs:
            assert attrs["procedure"].endswith("glasslib.simulation.step" if mixed else "fix nve")


def test_equilibrations_last_as_planned(killed):
    """12 τ, the limit of the tiny protocol: the first end of a segment that reaches it."""
    folder, _, _ = killed
    for name in ("T1.000/run00.nc", "T0.900/run00.nc"):
        assert store.read(data(folder, "whole") / name).attrs["equilibration_time"] == 12.0


@pytest.mark.parametrize(("temperature", "multiple"), [(0.60, 300), (0.50, 30), (0.42, 30)])
def test_equilibration_is_planned_before_it_begins(temperature, multiple):
    companion = get_protocol("companion")
    tau = companion.expected_tau_alpha(temperature)
    assert companion.equilibration_time(temperature) == pytest.approx(multiple * tau)
    assert companion.equilibration_time(0.3) == companion.equilibration_limit
    assert get_protocol("lab").equilibration_time(0.9) == companion.equilibration_floor


def test_the_relaxation_law_is_that_of_the_runs():
    """Within 15 % of the mean over the first runs that shipped, by which it was made."""
    for temperature, runs in {0.60: 10, 0.50: 10, 0.45: 10, 0.42: 4, 0.40: 2}.items():
        taus = [
            store.read(store.run_path(temperature, "companion", run)).attrs["tau_alpha"]
            for run in range(runs)
        ]
        law = get_protocol("companion").expected_tau_alpha(temperature)
        assert law == pytest.approx(np.mean(taus), rel=0.15)


def test_an_unknown_profile_is_refused():
    with pytest.raises(ParameterError, match="profile = 'tiny' does not exist"):
        tasks([Goal(profile="tiny", temperature=0.5, runs=1, blocks=1)])
    assert "tiny" not in parameters.PROTOCOLS
