"""A tiny campaign in processes of their own, to be killed; test_campaign.py runs this as a script.

    python campaign_process.py FOLDER SEED N

with N monomers. FOLDER/whole gets a campaign that nobody disturbs, but whose first task two
processes want at once; FOLDER/killed gets the same one, killed again and again, at random moments
and at the worst ones (a large melt less often).
After every other kill it moves to another machine: its checkpoints are parked with the data
and the folder of unfinished work is lost. What happened is printed as JSON.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np

from glasslib import campaign, parameters
from glasslib.campaign import Goal, checkpoints, scheduler
from glasslib.parameters import Integrator, Melt, Protocol
from glasslib.simulation.engine import lammps_version

TINY = Protocol(
    name="tiny",
    melt=Melt(n_monomers=150),  # replaced by the N that is given
    integrator=Integrator(segment=1.0),
    runs=1,
    trajectories=2,
    block_size=2,
    melt_time=1.0,
    equilibration_floor=4.0,
    equilibration_limit=12.0,
    production_multiple=5.0,
    timing_runs=1,
    longest_time_multiple=2.5,
    cascade=(1.0, 0.9),
    # All that structure_factor_peak can find: in so small a melt it varies, and with it the last
    # digit of a force decides.
    wavenumbers=(5.5, 6.2, 6.9, 7.6, 8.3, 9.0),
)
GOAL = Goal(profile="tiny", temperature=0.9, runs=1, blocks=1)
#: How a process ends: at a random moment up to this part of the undisturbed time, or just before
#: a file is moved or removed.
KILLS = (
    *(0.05, 0.12, 0.12, 0.12, "os.rename run00.npz", "os.rename registry.txt", 0.12),
    *("os.rename run00.nc", "os.remove run00.npz", 0.12, 0.12, "os.rename registry.txt"),
    *("os.rename times.json", 0.03, "os.rename run00-block00.npz", 0.03, 0.02),
    *("os.rename run00-block00.nc", "os.remove run00-block00.npz"),
)

FEW_KILLS = (
    *(0.3, "os.rename run00.nc", 0.2, "os.rename run00-block00.nc", 0.02),
    "os.remove run00-block00.npz",
)


def here(folder):
    os.environ["GLASSLIB_DATA"] = f"{folder}/data"
    os.environ["GLASSLIB_VAR"] = f"{folder}/var"


def start(folder, work):
    """Run ``work`` in a process of its own; return its id when LAMMPS is loaded, and its pipe."""
    mine, its = os.pipe()
    child = os.fork()
    if child:
        os.close(its)
        os.read(mine, 1)
        return child, mine
    try:
        here(folder)
        scheduler.one_thread()  # as in the workers of campaign.run: sums in one order
        lammps_version()
        os.write(its, b"!")
        os.write(its, json.dumps(work()).encode())
        os._exit(0)
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def everything(kill=None):
    """Do all tasks; kill this process at the event, such as "os.rename run00.nc"."""
    if kill:
        event, name = kill.split()

        def hook(happens, arguments):
            if happens == event:
                # moved from, moved to; or what is removed
                target = arguments[1] if event == "os.rename" else arguments[0]
                if os.path.basename(os.fspath(target)) == name:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
    return [finish(task) for task in campaign.tasks([GOAL])]


def finish(task):
    """Perform a task as ``campaign.run`` does: one that is busy is tried again.

    A process killed while it wrote its lease leaves one that names nobody; it holds for seconds.
    """
    while (line := campaign.perform(task)) == "busy":
        time.sleep(0.5)
    return line


def end(child, pipe):
    """Wait for a process; return how it ended and what it printed."""
    with os.fdopen(pipe) as file:
        text = file.read()
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status), json.loads(text) if text else None


def cpu_seconds(child):
    """CPU time of a process so far: unlike the clock, it does not depend on the machine's load."""
    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill_after(child, seconds):
    """SIGKILL a process when it has had so much CPU time, if it is still there."""
    begun = cpu_seconds(child)
    while cpu_seconds(child) - begun < seconds:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)


def move(folder):
    """Park the checkpoints and lose the folder they were in; return what is parked."""
    here(folder)
    checkpoints.park("tiny", at_least=0, report=lambda line: None)
    shutil.rmtree(f"{folder}/var", ignore_errors=True)
    return list(checkpoints.unfinished("tiny"))


def main(folder, number, monomers):
    """Do what the module says."""
    melt = Melt(n_monomers=int(monomers))
    parameters.PROTOCOLS["tiny"] = TINY.model_copy(update={"melt": melt})
    rng = np.random.default_rng(int(number))
    first = campaign.tasks([GOAL])[0]
    both = [start(f"{folder}/whole", lambda: campaign.perform(first)) for _ in range(2)]
    report = {"both": [end(*one) for one in both]}
    child, pipe = start(f"{folder}/whole", everything)
    loaded = cpu_seconds(child)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    duration = cpu_seconds(child) - loaded
    report["whole"] = end(child, pipe)
    report["killed"], report["moved"] = [], {}
    for k, kill in enumerate(KILLS if melt.n_monomers < 1000 else FEW_KILLS):
        name = kill if isinstance(kill, str) else None
        child, pipe = start(f"{folder}/killed", lambda name=name: everything(name))
        if name is None:
            kill_after(child, rng.uniform(0, kill * duration))
        report["killed"].append((name, *end(child, pipe)))
        if k % 2:
            report["moved"][kill] = move(f"{folder}/killed")
    report["last"] = end(*start(f"{folder}/killed", everything))
    report["again"] = end(*start(f"{folder}/killed", everything))
    report["moved"]["at the end"] = move(f"{folder}/killed")
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
