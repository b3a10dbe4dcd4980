"""A real Slurm on this machine alone: one node on loopback, started and stopped as root.

Needs Debian's packages slurm-wlm and munge. Everything it writes is in one folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

__all__ = ["Cluster", "available"]

#: Where Slurm looks without SLURM_CONF, as a job of Snakemake does: it takes SLURM_* away.
DEFAULT = Path("/etc/slurm/slurm.conf")

CONFIGURATION = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CryptoType=crypto/munge
SlurmctldPort={port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=5
MinJobAge=600
InactiveLimit=0
SlurmdTimeout=300
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def available() -> str | None:
    """Say why there can be no Slurm here, or return None."""
    for program in ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            return f"{program} is missing; apt-get install --no-install-recommends slurm-wlm munge"
    if DEFAULT.exists():
        return f"{DEFAULT} is there: a Slurm of this machine, or left by a killed test: remove it"
    return None if os.geteuid() == 0 else "slurmd must be started by root"


class Cluster:
    """Slurm's controller and one node; use it as a context manager."""

    def __init__(self, folder: Path, cpus: int = 2):
        self.folder, self.cpus = Path(folder), cpus
        self.configuration = self.folder / "slurm.conf"
        self.environment = os.environ | {
            "SLURM_CONF": str(self.configuration), "PATH": f"{os.environ['PATH']}:/usr/sbin",
        }
        self._processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> Cluster:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 500
        ports = []
        for _ in range(2):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                ports.append(free.getsockname()[1])
        self.configuration.write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], folder=self.folder, cpus=self.cpus,
            memory=memory, port=ports[0], node_port=ports[1],
        ))
        DEFAULT.parent.mkdir(exist_ok=True)
        DEFAULT.unlink(missing_ok=True)  # a dead link that a killed test has left
        DEFAULT.symlink_to(self.configuration)
        try:
            self._munge()
            self._start("slurmctld", "-D", "-f", str(self.configuration))
            self.start_node()
            self._wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        DEFAULT.unlink(missing_ok=True)
        subprocess.run(["scancel", "--user=root"], env=self.environment, capture_output=True)
        for name in ("slurmd", "slurmctld", "munged"):
            process = self._processes.pop(name, None)
            if process is not None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _start(self, name: str, *arguments: str) -> None:
        log = (self.folder / f"{name}.out").open("ab")
        self._processes[name] = subprocess.Popen(
            [name, *arguments], env=self.environment, stdout=log, stderr=log,
            start_new_session=True,
        )

    def _munge(self) -> None:
        """Start munged, unless one answers already."""
        if subprocess.run(["munge", "-n"], capture_output=True).returncode == 0:
            return
        run = Path("/run/munge")
        run.mkdir(exist_ok=True)
        shutil.chown(run, "munge", "munge")
        self._processes["munged"] = subprocess.Popen(
            ["setpriv", "--reuid=munge", "--regid=munge", "--clear-groups", "munged", "-F"],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(50):
            if subprocess.run(["munge", "-n"], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("munged does not answer")

    def start_node(self) -> None:
        """Start slurmd; jobs that went on without it are found again."""
        self._start("slurmd", "-D", "-f", str(self.configuration))

    def kill_node(self) -> None:
        """Kill slurmd as a crash would; its jobs go on."""
        process = self._processes.pop("slurmd")
        process.send_signal(signal.SIGKILL)
        process.wait()

    def ask(self, *command: str, timeout: float = 60) -> str:
        """Run a Slurm command and return what it prints."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True,
            timeout=timeout,
        ).stdout

    def jobs(self, state: str = "RUNNING") -> list[str]:
        """Return the numbers of the jobs in a state."""
        return self.ask("squeue", "-h", "-r", "-t", state, "-o", "%i").split()

    def _wait_until_idle(self) -> None:
        for _ in range(100):
            done = subprocess.run(
                ["sinfo", "-h", "-o", "%t"], env=self.environment, capture_output=True, text=True
            )
            if done.stdout.strip() in ("idle", "mix", "alloc"):
                return
            time.sleep(0.2)
        raise RuntimeError(f"the node does not come up: {done.stdout} {done.stderr}")
