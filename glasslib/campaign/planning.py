"""What a plan has done, what it has cost, and what is to go: core-hours and bytes by temperature.

The cost of a task is the time it simulates, divided by the speed of the machine. The simulated time
follows from the protocol and τ_α. That τ_α is the fixed one where the times of a temperature are
fixed, else the one of the protocol's relaxation law, which plans the equilibration in any case. The
speed is measured by a moment of real simulation, or taken from the finished files of the profile.
"""

import json
import time
from collections.abc import Iterable

import numpy as np
import pandas as pd

from glasslib import store
from glasslib.campaign.plan import CAMPAIGN, Goal, Task, tasks, whole
from glasslib.parameters import PROTOCOLS, Protocol, get_protocol
from glasslib.simulation.engine import State, chosen
from glasslib.simulation.ensemble import stepper
from glasslib.simulation.melt import maxwell_boltzmann, seed, start_melt
from glasslib.store.schema import spent_seconds

__all__ = [
    "TimeLeft", "comparison", "cost_finding", "cost_table", "costs", "duration",
    "estimated_and_spent", "measured_speed", "of_size", "simulated_time", "simulation_seconds",
    "status", "task_time",
]  # fmt: skip

#: What a time unit in the heat bath costs in time units at constant energy: LAMMPS takes longer
#: than the compiled step (``benchmarks/README.md``).
BATH_COST = 1.7
#: A block's and a run's bytes for each monomer, as they lie compressed on disk.
BLOCK_BYTES, RUN_BYTES = 101.0, 117.0


def _tau_alpha(temperature: float, profile: str) -> tuple[float, bool]:
    """τ_α of the temperature's fixed times, or a guess; and whether it is a guess."""
    for name in dict.fromkeys((profile, "companion")):
        if store.times_path(temperature, name).exists():
            return store.read_times(temperature, name).tau_alpha, False
    return get_protocol(profile).expected_tau_alpha(temperature), True


def simulated_time(protocol: Protocol, temperature: float, tau_alpha: float) -> dict[str, float]:
    """Return the time in τ that a run and a block simulate.

    Parameters
    ----------
    protocol : Protocol
    temperature : float
        In ε/k_B.
    tau_alpha : float
        In τ.

    Returns
    -------
    dict
        By "run", "block" and "cage". A time unit in the heat bath counts for ``BATH_COST``; a run
        from a hot melt, and cages, count their shorter steps.

    Examples
    --------
    >>> simulated_time(get_protocol("companion"), 0.5, 40.0)["block"]
    2000.0
    """
    equilibration = 8.0
    while equilibration < protocol.equilibration_time(temperature):
        equilibration += min(equilibration, protocol.integrator.segment)
    hot, cage = 0.0, protocol.cage
    if protocol.source(temperature) is None:
        hot = 2 * protocol.melt_time * protocol.integrator.timestep / 0.004
    return {
        "run": BATH_COST * (hot + equilibration) + protocol.production_multiple * tau_alpha,
        "block": protocol.block_size * protocol.longest_time_multiple * tau_alpha,
        "cage": cage.halves * cage.replicas * (cage.warmup + cage.duration)
        * protocol.integrator.timestep / cage.timestep,
    }


def measured_speed(protocol: Protocol, duration: float = 4.0) -> float:
    """Simulate at constant energy for a moment; return τ per second of CPU time, one process.

    It starts from a run that ships if one has as many monomers, which saves making a melt.

    Parameters
    ----------
    protocol : Protocol
    duration : float
        In τ.
    """
    state = _a_state(protocol)
    with stepper(protocol.melt, protocol.integrator, state) as engine:
        engine.advance(0.5)
        begun = time.process_time()
        engine.advance(duration)
        return duration / (time.process_time() - begun)


def _a_state(protocol: Protocol) -> State:
    """Return a state of the melt at T = 0.60 or so."""
    for profile in store.SHIPPED:
        if get_protocol(profile).melt == protocol.melt:
            for temperature, (run, *_) in store.equilibrated(profile).items():
                positions = store.read(store.run_path(temperature, profile, run))["positions"]
                drawn = seed(temperature, run, "speed")
                velocities = maxwell_boltzmann(protocol.melt.n_monomers, temperature, drawn)
                return State(positions.astype(float), velocities)
    return start_melt(protocol.model_copy(update={"melt_time": 0.5}), 0.6, run=0)


def simulation_seconds(temperature: float, profile: str, workers: int = 2) -> float:
    """Estimate how many seconds it takes to simulate the missing files of one temperature.

    The speed is measured now; τ_α may be a guess, so expect a factor of two either way.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    workers : int
        Processes.
    """
    speed = measured_speed(get_protocol(profile), 2.0)
    missing = [task for task in tasks([whole(temperature, profile)]) if not task.done()]
    return sum(task_time(task) for task in missing) / speed / workers


def task_time(task: Task) -> float:
    """Return the time in τ that a task simulates; τ_α may be a guess.

    Parameters
    ----------
    task : Task
        A run, a block or cages.

    Examples
    --------
    >>> task_time(Task(0.5, "companion", run=0)) > 0
    True
    """
    tau, _ = _tau_alpha(task.temperature, task.profile)
    times = simulated_time(get_protocol(task.profile), task.temperature, tau)
    return times[task.kind]


def _collect(goals: Iterable[Goal]) -> pd.DataFrame:
    """A row for each task: the time it should simulate, and what it did if it is done.

    Times ``planned`` and ``simulated`` are in τ, ``spent`` in s; ``as_now`` tells whether the file
    was made with the settings of today, ``on_gpu`` whether on a GPU.
    """
    rows = []
    for task in tasks(goals):
        row = {
            "profile": task.profile, "T": task.temperature, "kind": task.kind,
            "done": task.done(), "planned": task_time(task), "on_gpu": False,
        }
        if row["done"]:
            attributes = store.read(task.output).attrs
            protocol = get_protocol(task.profile)
            integrator = chosen(protocol.melt, protocol.integrator).model_dump(mode="json")
            made_with = json.loads(attributes["protocol"])["integrator"]
            row |= {
                "spent": spent_seconds(attributes), "simulated": row["planned"],
                "as_now": made_with == integrator, "on_gpu": "device" in attributes,
            }
        if row["done"] and task.kind == "run":
            row |= {
                "simulated": BATH_COST * attributes["equilibration_time"]
                + attributes["production_time"],
                "tau_ee": attributes["equilibration_in_tau_ee"],
                "tau_alpha": attributes["equilibration_in_tau_alpha"],
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=[
        "profile", "T", "kind", "done", "planned", "spent", "simulated", "as_now", "on_gpu",
        "tau_ee", "tau_alpha",
    ])  # fmt: skip


def _speed(done: pd.DataFrame) -> float:
    """Return τ per second of one core of tasks that are done; NaN if there is none."""
    done = done[~done["on_gpu"].astype(bool)]
    return done["simulated"].sum() / done["spent"].sum() if len(done) else float("nan")


def status(goals: Iterable[Goal] = CAMPAIGN) -> pd.DataFrame:
    """Count which files of the goals exist, what they cost, and what is to go.

    Parameters
    ----------
    goals : iterable of Goal

    Returns
    -------
    pandas.DataFrame
        A row for each ``profile`` and temperature ``T``. ``runs``, ``blocks`` and ``cages``: how
        many exist of how many. ``τ_ee ≥`` and ``τ_α ≥``: the least equilibration in these times.
        ``core-hours``: spent on the files that exist. ``to go``: core-hours that the others will
        take, at the speed of the files of the profile, of those made with today's settings if there
        are any ("?" where the profile has no file).
    """
    table = []
    for profile, own in _collect(goals).groupby("profile"):
        done = own[own["done"]]
        speed = _speed(done[done["as_now"].astype(bool)] if done["as_now"].any() else done)
        for temperature, here in own.sort_values("T", ascending=False).groupby("T", sort=False):
            counts = {kind: here["done"][here["kind"] == kind] for kind in ("run", "block", "cage")}
            least = here[["tau_ee", "tau_alpha"]].min()
            to_go = here["planned"][~here["done"]].sum() / speed / 3600
            table.append({
                "profile": profile,
                "T": f"{temperature:.2f}",
                **{f"{kind}s": f"{done.sum()} of {len(done)}" for kind, done in counts.items()},
                "τ_ee ≥": f"{least['tau_ee']:.2g}".replace("nan", "–"),
                "τ_α ≥": f"{least['tau_alpha']:.3g}".replace("nan", "–"),
                "core-hours": f"{here['spent'].sum() / 3600:.2f}",
                "to go": f"{to_go:.1f}".replace("nan", "?"),
            })
    return pd.DataFrame(table)


def of_size(protocol: Protocol, n_monomers: int) -> Protocol:
    """Return a protocol with another number of monomers."""
    melt = protocol.melt.model_copy(update={"n_monomers": n_monomers})
    return protocol.model_copy(update={"melt": melt})


def costs(
    temperatures: Iterable[float], profile: str, speed: float | None = None,
    n_monomers: int | None = None,
) -> pd.DataFrame:
    r"""Estimate core-hours and bytes of whole temperatures, from the measured speed.

    .. math:: t_\mathrm{CPU} = \frac{R \, (t_\mathrm{run} + B \, t_\mathrm{block})}{v}

    with R runs of B blocks. The speed v in τ per second falls as 1/N, so the cost grows in
    proportion to N, to the number of runs, to that of trajectories and to τ_α.

    Parameters
    ----------
    temperatures : iterable of float
        In ε/k_B; sources of the cascade are counted where they are listed only.
    profile : str
    speed : float, optional
        In τ per second of CPU time; measured now if not given.
    n_monomers : int, optional
        In place of that of the profile.

    Returns
    -------
    pandas.DataFrame
        By falling ``T``: ``tau_alpha`` in τ, ``extrapolated`` (it is no measured one), ``jobs``,
        core-hours of one ``run`` and one ``block``, of all ``runs`` and all ``blocks``, and
        ``megabytes``.
    """
    protocol = get_protocol(profile)
    if n_monomers is not None:
        protocol = of_size(protocol, n_monomers)
    speed = speed or measured_speed(protocol)
    runs, blocks, rows = protocol.runs, protocol.blocks, []
    megabytes = runs * protocol.melt.n_monomers * (RUN_BYTES + blocks * BLOCK_BYTES) / 1e6
    for temperature in sorted(temperatures, reverse=True):
        tau, guess = _tau_alpha(temperature, profile)
        times = simulated_time(protocol, temperature, tau)
        run, block = (times[kind] / speed / 3600 for kind in ("run", "block"))
        rows.append({
            "T": temperature, "tau_alpha": tau, "extrapolated": guess, "jobs": runs * (1 + blocks),
            "run": run, "block": block, "runs": runs * run, "blocks": runs * blocks * block,
            "megabytes": megabytes,
        })
    return pd.DataFrame(rows)


def cost_table(
    temperatures: Iterable[float], profile: str, speed: float | None = None,
    n_monomers: int | None = None,
) -> pd.DataFrame:
    """Return :func:`costs` as text, with their sum.

    Parameters
    ----------
    temperatures, profile, speed, n_monomers
        As for :func:`costs`.

    Returns
    -------
    pandas.DataFrame
        A row for each temperature ``T`` and a last one with the sum: ``τ_α (τ)``, with a question
        mark where it is extrapolated; the number of ``jobs``; core-hours of ``one run (core-h)``,
        ``one block (core-h)`` and ``all (core-h)``; and ``data (MB)``.
    """
    found = costs(temperatures, profile, speed, n_monomers)
    hours = found["runs"] + found["blocks"]
    rows = [
        {
            "T": f"{row['T']:.2f}",
            "τ_α (τ)": f"{row['tau_alpha']:.4g}" + "?" * bool(row["extrapolated"]),
            "jobs": row["jobs"],
            "one run (core-h)": f"{row['run']:.2f}",
            "one block (core-h)": f"{row['block']:.2f}",
            "all (core-h)": f"{hours[number]:.1f}",
            "data (MB)": f"{row['megabytes']:.1f}",
        }
        for number, row in found.iterrows()
    ]
    rows.append({
        "T": "all", "jobs": found["jobs"].sum(), "all (core-h)": f"{hours.sum():.1f}",
        "data (MB)": f"{found['megabytes'].sum():.1f}",
    })
    return pd.DataFrame(rows).fillna("")


def cost_finding(found: pd.DataFrame, checked: pd.DataFrame) -> str:
    """Say what a plan costs, and how good the estimate is.

    Parameters
    ----------
    found, checked : pandas.DataFrame
        From :func:`costs` and :func:`estimated_and_spent`.

    Examples
    --------
    >>> found = pd.DataFrame({"T": [0.6, 0.4], "runs": [1.0, 200.0], "blocks": [3.0, 446.0],
    ...                       "megabytes": 130.0})
    >>> cost_finding(found, pd.DataFrame({"ratio": [0.9, 2.5]}))
    'The plan costs about 650 core-hours and 260 MB; 99 % of the hours go to T = 0.40. For the \
data that ship, the same estimate is right within a factor of 2.5 at every temperature.'
    >>> cost_finding(found[:1], pd.DataFrame())
    'The plan costs about 4 core-hours and 130 MB; 100 % of the hours go to T = 0.60.'
    """
    hours = found["runs"] + found["blocks"]
    coldest = found["T"].idxmin()
    text = (f"The plan costs about {hours.sum():,.2g} core-hours" if hours.sum() < 10 else
            f"The plan costs about {float(f'{hours.sum():.2g}'):,.0f} core-hours")
    text += (f" and {found['megabytes'].sum():,.0f} MB; {100 * hours[coldest] / hours.sum():.0f} %"
             f" of the hours go to T = {found['T'][coldest]:.2f}.")
    if len(checked):
        factor = np.exp(np.abs(np.log(checked["ratio"])).max())
        text += (" For the data that ship, the same estimate is right within a factor of"
                 f" {factor:.1f} at every temperature.")
    return text


def estimated_and_spent(profile: str = "companion") -> pd.DataFrame:
    """Set the estimate beside what the files that exist really took.

    Parameters
    ----------
    profile : str

    Returns
    -------
    pandas.DataFrame
        A row for each temperature ``T`` with ``estimated (core-h)`` and ``spent (core-h)`` of the
        tasks that were done on a processor, and their ``ratio``. The speed is the mean one of these
        files, which leaves the simulated times to be tested.
    """
    goals = [whole(temperature, profile) for temperature in store.available(profile)]
    frame = _collect(goals)
    done = frame[frame["done"].astype(bool) & ~frame["on_gpu"].astype(bool)]
    table = []
    for temperature, here in done.sort_values("T", ascending=False).groupby("T", sort=False):
        estimate, spent = here["planned"].sum() / _speed(done) / 3600, here["spent"].sum() / 3600
        table.append({
            "T": f"{temperature:.2f}", "estimated (core-h)": estimate,
            "spent (core-h)": spent, "ratio": estimate / spent,
        })
    return pd.DataFrame(table)


def comparison(temperature: float, workers: int = 2) -> pd.DataFrame:
    r"""Set the profiles side by side at a new temperature: what they cost and what error they give.

    The time is that of one speed measured now, which falls as 1/N, and of an extrapolated τ_α. A
    profile that cools step by step counts the runs at the temperatures above.
    The error of a mean over R runs falls as :math:`1/\sqrt{R}`; where monomers count, as
    :math:`1/\sqrt{R N}`. Errors are relative to profile ``lab``.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    workers : int
        Processes.

    Returns
    -------
    pandas.DataFrame
        One row for each profile: ``profile``, ``runs``, ``monomers``, ``trajectories``,
        ``to simulate`` (a time in words), ``error over runs``, ``error over monomers``.
    """
    lab, rows = get_protocol("lab"), []
    speed = measured_speed(lab, 2.0) * lab.melt.n_monomers
    for name, protocol in PROTOCOLS.items():
        above = [t for t in protocol.cascade if t > temperature + 1e-9]
        simulated = 0.0
        for t in [*above, temperature]:
            times = simulated_time(protocol, t, protocol.expected_tau_alpha(t))
            blocks = protocol.blocks if t == temperature else 0  # above, the runs alone
            simulated += protocol.runs * (times["run"] + blocks * times["block"])
        seconds = simulated * protocol.melt.n_monomers / speed / workers
        runs, monomers = protocol.runs, protocol.runs * protocol.melt.n_monomers
        rows.append({
            "profile": name, "runs": runs, "monomers": protocol.melt.n_monomers,
            "trajectories": protocol.trajectories,
            "to simulate": duration(seconds),
            "error over runs": f"{np.sqrt(lab.runs / runs):.2f}",
            "error over monomers": f"{np.sqrt(lab.runs * lab.melt.n_monomers / monomers):.2f}",
        })
    return pd.DataFrame(rows)


# ------------------------------------------------------------------------------- time in words
def duration(seconds: float) -> str:
    """Say a time in words as exact as an estimate is.

    Examples
    --------
    >>> duration(20), duration(400), duration(9000)
    ('20 s', '7 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class TimeLeft:
    """How much time is left of work that ends in large pieces.

    The rate is that of what has ended. The rate expected beforehand counts as one piece more, so
    that the first pieces do not change the estimate by much.

    Parameters
    ----------
    total : float
        Work in all, in any unit.
    seconds : float
        Expected for all of it.
    piece : float
        Work of a typical piece.

    Examples
    --------
    >>> clock = TimeLeft(total=4.0, seconds=400.0, piece=1.0)
    >>> clock.left(50.0)
    350.0
    >>> clock.done(1.0, at=200.0)  # twice as slow as expected
    >>> clock.left(200.0), clock.left(230.0)
    (450.0, 420.0)
    """

    def __init__(self, total: float, seconds: float, piece: float):
        self.total, self.work, self.at = total, 0.0, 0.0
        self.piece = piece
        self.expected = piece * seconds / total if total else 0.0

    def done(self, work: float, at: float) -> None:
        """Count work that ended ``at`` so many seconds after the start."""
        self.work += work
        self.at = at

    def left(self, now: float) -> float:
        """Return the seconds that are left, ``now`` seconds after the start; never below 0."""
        each = (self.at + self.expected) / max(self.work + self.piece, 1e-12)
        return max(0.0, (self.total - self.work) * each - (now - self.at))
