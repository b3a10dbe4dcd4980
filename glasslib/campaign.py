"""The campaign: equilibrate, produce, fix the times, and fill the ensembles; stop and resume.

Work is cut into tasks. A task ends with one file that the store writes once; until then it keeps
a checkpoint under ``var/work``, replaced in one step every few minutes, and may be killed at any
moment. A task is a function of (profile, temperature, run, block) alone: its result depends
neither on the order of tasks, nor on the number of processes, nor on interruptions.

This module stands to the right of simulation, store, structure and dynamics: it measures what
LAMMPS yields and decides whether that is enough.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

import numpy as np
from filelock import Timeout
from threadpoolctl import threadpool_limits

from glasslib import __version__, paths, store
from glasslib.checkpoints import Checkpoint
from glasslib.configuration import Configuration
from glasslib.dynamics.displacement import (
    bond_reorientation,
    centre_of_mass_drift,
    displacement_moments,
)
from glasslib.dynamics.relaxation import (
    decay_time,
    end_to_end_correlation,
    end_to_end_vectors,
    extrapolated_decay_time,
    propensity_times,
)
from glasslib.dynamics.scattering import (
    at_wavenumber,
    self_correlations,
    self_intermediate_scattering,
)
from glasslib.errors import DataError, ParameterError, SimulationError
from glasslib.files import lease
from glasslib.parameters import Goal, Protocol, get_protocol
from glasslib.simulation.engine import (
    Engine,
    State,
    chosen,
    lammps_arguments,
    lammps_version,
)
from glasslib.simulation.ensemble import constant_energy, ice_state
from glasslib.simulation.melt import (
    cool,
    lammps_seed,
    maxwell_boltzmann,
    melt_hot,
    seed,
    set_energy,
    thermostatted_segment,
)
from glasslib.structure.static import structure_factor, structure_factor_peak

__all__ = ["Task", "fix_times", "perform", "run", "simulate", "spent_seconds", "tasks"]

#: Displacements at which each trajectory's mobile monomers are counted, σ (for χ4 at any a).
PROBE_LENGTHS = np.round(np.arange(0.10, 1.5001, 0.02), 2)
#: Frames kept of an equilibration; beyond, every other is dropped and the interval doubles.
MAX_FRAMES = 1024
#: Their positions are rounded to this, σ: it changes F_s(q = 7.2) by 2e-5 and halves the bytes of a
#: parked checkpoint.
FRAME_QUANTUM = 2.0**-9
#: Frames of a production run, and every how many of them a short-time origin stands.
PRODUCTION_FRAMES, ORIGIN_EVERY = 100, 10
#: Wave numbers of S(q), 1/σ.
STRUCTURE_WAVENUMBERS = np.round(np.arange(0.5, 12.01, 0.1), 1)


# ------------------------------------------------------------------------------------- tasks
@dataclass(frozen=True)
class Task:
    """One file to be made: a run (``block`` None) or a block of its ensemble."""

    profile: str
    temperature: float
    run: int
    block: int | None = None

    @property
    def name(self) -> str:
        """Return the stem of the task's file."""
        return self.output.stem

    @property
    def output(self) -> Path:
        """Return the file the task ends with."""
        if self.block is None:
            return store.run_path(self.profile, self.temperature, self.run)
        return store.block_path(self.profile, self.temperature, self.run, self.block)

    def done(self) -> bool:
        """Tell whether the file is there."""
        return self.output.exists()

    def ready(self) -> bool:
        """Tell whether everything the task needs is there."""
        protocol = get_protocol(self.profile)
        if self.block is None:
            source = protocol.source(self.temperature)
            return source is None or store.run_path(self.profile, source, self.run).exists()
        needed = {self.run, *protocol.runs_that_time(self.temperature)}
        return all(
            store.run_path(self.profile, self.temperature, run).exists() for run in needed
        )

    def __str__(self):
        what = "run" if self.block is None else f"block {self.block} of run"
        return f"{self.profile} T = {self.temperature:.3f}, {what} {self.run}"


def tasks(goals: Iterable[Goal]) -> list[Task]:
    """List the tasks of the goals in order, each once; runs of a goal before its blocks.

    Examples
    --------
    >>> goal = Goal(profile="lab", temperature=0.55, runs=1, blocks=2)
    >>> [str(task) for task in tasks([goal])][:3:2]
    ['lab T = 0.550, run 0', 'lab T = 0.550, run 2']
    """
    listed: dict[Task, None] = {}

    def add_run(goal: Goal, temperature: float, run: int):
        source = get_protocol(goal.profile).source(temperature)
        if source is not None:
            add_run(goal, source, run)
        listed.setdefault(Task(goal.profile, temperature, run))

    for goal in goals:
        protocol = get_protocol(goal.profile)
        timing = protocol.runs_that_time(goal.temperature)
        for number in range(max(goal.runs, len(timing))):
            add_run(goal, goal.temperature, number)
        for block in range(goal.blocks):
            for number in range(goal.runs):
                listed.setdefault(Task(goal.profile, goal.temperature, number, block))
    return list(listed)


#: A process on another machine that has been killed holds its task for a minute.
LONGER_THAN_A_LEASE = 75.0


def perform(task: Task, patience: float = 0.0) -> str:
    """Do one task to its end; return one line that says what came out, or why it was left.

    Another process that holds the task keeps it, on this machine or another that shares the
    folders, until it ends or has been silent for a minute.

    Parameters
    ----------
    task : Task
    patience : float
        Seconds to wait for another process before this returns "busy".
    """
    _one_thread()
    checkpoint = Checkpoint(task.output)
    paths.check_writable(checkpoint.path.parent, task.output.parent)
    try:
        with lease(checkpoint.path.with_suffix(".lease"), timeout=patience):
            if task.done():
                return "was there"
            if not task.ready():
                raise DataError(
                    f"{task} needs runs that are not there yet; 'glasslib campaign run' does them"
                    " in order"
                )
            line = _run(task, checkpoint) if task.block is None else _block(task, checkpoint)
            checkpoint.remove()
            return line
    except Timeout:
        return "busy"


def protocol_of(task: Task, saved: dict | None) -> Protocol:
    """Return the protocol of a task with the pair style that serves here.

    A task that has begun keeps the style it has begun with. (Checkpoints that do not name it are
    older than "mixed".)

    Raises
    ------
    SimulationError
        That style does not serve here.
    """
    protocol = get_protocol(task.profile)
    integrator = protocol.integrator
    if saved is not None:
        begun = str(saved.get("pair_style", "glasslib"))
        integrator = integrator.model_copy(update={"pair_style": begun})
    served = chosen(protocol.melt, integrator)
    if saved is not None and served.pair_style != begun:
        raise SimulationError(
            f"{task} was begun with pair style {begun!r}, and here it would go on with"
            f" {served.pair_style!r}; go on with the settings and on the kind of machine that it"
            f" was begun with, or delete its checkpoint, {Checkpoint(task.output).path}"
        )
    return protocol.model_copy(update={"integrator": served})


# ------------------------------------------------------------------- equilibration, production
def _equilibrate(protocol: Protocol, task: Task, checkpoint: Checkpoint) -> dict:
    """Run at constant temperature until long enough; return the frames and the final state."""
    temperature, melt = task.temperature, protocol.melt
    saved = checkpoint.load()
    if saved is None or str(saved["stage"]) == "hot":
        begun, cpu = time.process_time(), 0.0 if saved is None else float(saved["cpu"])
        source = protocol.source(temperature)
        if source is not None:
            above = store.read(store.run_path(task.profile, source, task.run))
            state = State(above["positions"], above["velocities"])
        elif saved is None:
            state = melt_hot(protocol, temperature, task.run)
            cpu, begun = cpu + time.process_time() - begun, time.process_time()
            checkpoint.save(
                stage="hot", positions=state.positions, velocities=state.velocities, cpu=cpu,
                pair_style=protocol.integrator.pair_style,
            )
        else:
            state = State(saved["positions"], saved["velocities"])
        if source is None:
            state = cool(protocol, temperature, task.run, state)
        saved = {
            "stage": "equilibration", "pair_style": protocol.integrator.pair_style,
            "segment": 0, "elapsed": 0.0, "interval": 0.5,
            "cpu": cpu + time.process_time() - begun,
            "positions": state.positions, "velocities": state.velocities,
            "times": np.empty(0), "frames": np.empty((0, melt.n_monomers, 3), np.float32),
            "potential": np.empty(0), "kinetic": np.empty(0), "pressure": np.empty(0),
        }
        checkpoint.save(**saved)
    while str(saved["stage"]) == "equilibration":
        begun = time.process_time()
        elapsed, interval = float(saved["elapsed"]), float(saved["interval"])
        length = min(max(8.0, elapsed), protocol.integrator.segment)
        state, frames = thermostatted_segment(
            melt, protocol.integrator, State(saved["positions"], saved["velocities"]),
            temperature, protocol.thermostat_time,
            lammps_seed(temperature, task.run, "bath", int(saved["segment"])),
            np.arange(1, round(length / interval) + 1) * interval,
        )
        saved |= {
            "segment": int(saved["segment"]) + 1, "elapsed": elapsed + length,
            "positions": state.positions, "velocities": state.velocities,
            "times": np.concatenate([saved["times"], elapsed + frames.times]),
            "frames": np.concatenate([saved["frames"], _rounded(frames.positions)]),
        }
        for name in ("potential", "kinetic", "pressure"):
            saved[name] = np.concatenate([saved[name], getattr(frames, name)])
        if len(saved["times"]) > MAX_FRAMES and 2 * interval <= protocol.integrator.segment:
            for name in ("times", "frames", "potential", "kinetic", "pressure"):
                saved[name] = saved[name][1::2]
            saved["interval"] = 2 * interval
        if float(saved["elapsed"]) >= protocol.equilibration_time(temperature):
            saved["stage"] = "production"
        saved["cpu"] = float(saved["cpu"]) + time.process_time() - begun
        checkpoint.save(**saved)
    return saved


def _rounded(positions: np.ndarray) -> np.ndarray:
    return (np.round(positions / FRAME_QUANTUM) * FRAME_QUANTUM).astype(np.float32)


def _end_to_end(saved: dict, chain_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Lags in τ and C_ee at them, from all frames but the first tenth."""
    frames = saved["frames"][len(saved["times"]) // 10 :]
    lags = np.unique(np.geomspace(1, max(2, 0.8 * len(frames)), 40).astype(int))
    lags = lags[lags < len(frames)]
    values = end_to_end_correlation(end_to_end_vectors(frames, chain_length), lags)
    return lags * float(saved["interval"]), values


def _windows(saved: dict, q: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F_s at lags from two disjoint windows of the equilibration (after its first fifth)."""
    n = len(saved["times"])
    middle = n // 5 + (n - n // 5) // 2
    lags = np.unique(np.geomspace(1, max(2, 0.6 * (n - middle)), 24).astype(int))
    lags = lags * float(saved["interval"])
    curves = [
        self_correlations(saved["times"][part], saved["frames"][part], np.array([q]), lags)
        for part in (slice(n // 5, middle), slice(middle, n))
    ]
    return lags, *(curve.scattering[:, 0] for curve in curves)


def _squared_end_to_end(frames: np.ndarray, chain_length: int) -> np.ndarray:
    """Mean over chains of R² in each frame, σ²."""
    return (end_to_end_vectors(frames, chain_length).astype(float) ** 2).sum(axis=-1).mean(axis=-1)


def _some(frames: np.ndarray, box: np.ndarray) -> list[Configuration]:
    """At most five of the frames, evenly spread, to average S(q) over."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, 5).astype(int))
    return [Configuration(frames[k], box) for k in chosen]


def _on_steps(times: np.ndarray, step: float) -> np.ndarray:
    """Round times to whole steps (at least one), each once."""
    return np.round(np.unique(np.maximum(np.round(np.asarray(times) / step), 1)) * step, 6)


def _production_times(duration: float, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times of all samples of a production run, the regular ones, and the lags to correlate."""
    spacing = max(1, round(duration / PRODUCTION_FRAMES / step)) * step
    short = _on_steps(np.geomspace(step, spacing, 16), step)[:-1]
    regular = np.round(np.arange(PRODUCTION_FRAMES + 1) * spacing, 6)
    origins = regular[:-1:ORIGIN_EVERY]
    times = np.union1d(regular, np.round(np.add.outer(origins, short), 6))
    counts = np.unique(np.geomspace(1, 0.8 * PRODUCTION_FRAMES, 30).astype(int))
    lags = np.round(np.concatenate([short, counts * spacing]), 6)
    before = regular[regular <= regular[-1] - 1.0]
    if len(before) >= ORIGIN_EVERY:  # u² is read at t = 1
        origins = before[:: len(before) // ORIGIN_EVERY]
        times, lags = np.union1d(times, np.round(origins + 1.0, 6)), np.union1d(lags, 1.0)
    return times, regular, lags


def _checkpointed(saved: dict) -> State:
    """Return the state of a constant-energy trajectory as its checkpoint holds it."""
    energy = float(saved["total_energy"])
    return State(saved["positions"], saved["velocities"], energy if np.isfinite(energy) else None)


def _tau_alpha(lags: np.ndarray, scattering: np.ndarray, grid, q: float) -> float:
    return decay_time(lags, at_wavenumber(scattering, np.array(grid), q))


def _run(task: Task, checkpoint: Checkpoint) -> str:
    """Equilibrate and produce; write the run's file."""
    protocol = protocol_of(task, checkpoint.load())
    melt, integrator = protocol.melt, protocol.integrator
    box = np.full(3, melt.box_length)
    saved = _equilibrate(protocol, task, checkpoint)
    ee_times, ee_values = _end_to_end(saved, melt.chain_length)
    tau_ee = decay_time(ee_times, ee_values)
    extrapolated = not np.isfinite(tau_ee)
    if extrapolated:
        tau_ee = extrapolated_decay_time(ee_times, ee_values)
    half = len(saved["times"]) // 2
    q_equilibration = structure_factor_peak(_some(saved["frames"][half:], box))
    window_lags, first, second = _windows(saved, q_equilibration)
    tau_estimate = np.nanmean([decay_time(window_lags, first), decay_time(window_lags, second)])
    if not np.isfinite(tau_estimate):
        raise SimulationError(
            f"{task}: F_s did not fall to 1/e within the {float(saved['elapsed']):g} τ of"
            " equilibration; raise equilibration_alpha_multiple or equilibration_limit"
        )
    times, regular, lags = _production_times(
        protocol.production_multiple * float(tau_estimate), integrator.timestep
    )

    if "produced" not in saved:
        energy = float((saved["potential"] + saved["kinetic"])[half:].mean())
        state = State(saved["positions"], saved["velocities"])
        state = set_energy(melt, integrator, state, energy)
        saved |= {
            "produced": np.zeros((len(times), melt.n_monomers, 3)), "now": 0.0,
            "energies": np.zeros((len(times), 2)),
            "positions": state.positions, "velocities": state.velocities, "total_energy": np.nan,
        }
    begun, cpu = time.process_time(), float(saved["cpu"])
    for sample in constant_energy(
        melt, integrator, _checkpointed(saved), times, since=float(saved["now"])
    ):
        if sample.index is not None:
            saved["produced"][sample.index] = sample.positions
            saved["energies"][sample.index] = sample.potential, sample.kinetic
        if sample.state is not None:
            saved |= {
                "positions": sample.state.positions, "velocities": sample.state.velocities,
                "total_energy": sample.state.energy, "now": sample.time,
                "cpu": cpu + time.process_time() - begun,
            }
            checkpoint.save(**saved)
    # The last sample is the initial configuration of the ensemble. A colder run starts from it
    # with velocities drawn afresh.
    velocities = maxwell_boltzmann(
        melt.n_monomers, task.temperature, seed(task.temperature, task.run, "cascade")
    )
    final = State(saved["produced"][-1], velocities)
    with Engine(melt, integrator, final) as engine:
        commands = engine.commands
        engine.evaluate()
        potential = engine.potential_energy
        engine.minimise()
        inherent, inherent_energy = engine.positions(), engine.potential_energy
    averages = self_correlations(
        times, saved["produced"], np.array(protocol.wavenumbers), lags, max_origins=128
    )
    halves = [
        self_correlations(
            times[part], saved["produced"][part], np.array(protocol.wavenumbers), lags
        ).scattering
        for part in (times <= times[-1] / 2, times > times[-1] / 2)
    ]
    configurations = _some(saved["produced"][np.isin(times, regular)], box)
    s_of_q = structure_factor(configurations, STRUCTURE_WAVENUMBERS)
    third = len(saved["times"]) // 3
    s_of_q_thirds = [
        structure_factor(_some(saved["frames"][part], box), STRUCTURE_WAVENUMBERS)
        for part in (slice(third, 2 * third), slice(2 * third, None))
    ]
    q_peak = structure_factor_peak(configurations)
    tau = _tau_alpha(lags, averages.scattering, protocol.wavenumbers, q_peak)
    cpu += time.process_time() - begun
    dataset = _run_dataset(
        protocol, task, box, final, inherent,
        equilibration={
            "time": saved["times"], "potential": saved["potential"] / melt.n_monomers,
            "kinetic": saved["kinetic"] / melt.n_monomers, "pressure": saved["pressure"],
            "end_to_end_squared": _squared_end_to_end(saved["frames"], melt.chain_length),
        },
        end_to_end={"lag": ee_times, "value": ee_values},
        windows={"lag": window_lags, "first": first, "second": second},
        static={"q": STRUCTURE_WAVENUMBERS, "s": s_of_q, "thirds": np.array(s_of_q_thirds)},
        production={
            "lag": lags, **averages._asdict(), "halves": np.array(halves),
            "time": times, "energies": saved["energies"] / melt.n_monomers,
        },
    )
    kinetic = saved["energies"][:, 1].mean()
    total = saved["energies"].sum(axis=1) / melt.n_monomers
    drift = np.polyfit(times, total, 1)[0] * times[-1]
    source = protocol.source(task.temperature)
    dataset.attrs |= {
        "procedure": (
            f"from run {task.run} at T = {source}" if source else
            f"chains on a snake path, minimize, temp/csvr at {protocol.melt_temperature:g} and"
            f" down to {task.temperature:g}, {protocol.melt_time:g} tau each, timestep 0.004"
        ) + f"; equilibration: fix temp/csvr {task.temperature:g} {task.temperature:g}"
        f" {protocol.thermostat_time:g}, a fresh LAMMPS at 8, 16, 32, ... tau and every"
        f" {integrator.segment:g} tau; velocities scaled to its mean total energy; production: "
        + ("glasslib.simulation.step" if integrator.pair_style == "mixed" else "fix nve"),
        "equilibration_time": float(saved["elapsed"]),
        "tau_ee": tau_ee,
        "tau_ee_extrapolated": int(extrapolated),
        "equilibration_in_tau_ee": float(saved["elapsed"]) / tau_ee,
        "equilibration_in_tau_alpha": float(saved["elapsed"]) / tau,
        "tau_alpha": tau,
        "q_peak": q_peak,
        "production_time": float(times[-1]),
        "mean_kinetic_temperature": 2 * kinetic / (3 * (melt.n_monomers - 1)),
        "energy_drift_per_monomer": float(drift),
        "centre_of_mass_drift": centre_of_mass_drift(saved["produced"][0], saved["produced"][-1]),
        "potential_energy": potential,
        "inherent_structure_energy": inherent_energy,
        "lammps_commands": "\n".join(commands),
        "cpu_time_seconds": cpu,
    }
    store.write(dataset, task.output)
    return (
        f"τ_α = {tau:.4g}, equilibrated for {float(saved['elapsed']) / tau_ee:.1f} τ_ee,"
        f" {cpu:.0f} s"
    )


def _attributes(protocol: Protocol, task: Task) -> dict:
    return {
        "title": "Bead-spring pentamer melt near its glass transition",
        "units": "reduced Lennard-Jones units: sigma, epsilon, m, tau = sigma sqrt(m/epsilon)",
        "profile": task.profile,
        "temperature": task.temperature,
        "run": task.run,
        "protocol": json.dumps(protocol.model_dump(mode="json")),
        "seeds": "numpy SeedSequence of (20220818, temperature 1e6, run, stage, number);"
        " see glasslib.simulation.melt.seed",
        "glasslib_version": __version__,
        "lammps_version": lammps_version(),
        "lammps_arguments": " ".join(lammps_arguments()),
        "numpy_version": np.__version__,
        "machine": platform.machine(),
        "licence": "CC BY 4.0",
    }


def _run_dataset(protocol, task, box, final, inherent, *, equilibration, end_to_end, windows,
                 static, production):
    import xarray as xr

    melt = protocol.melt

    def f32(values):
        return np.asarray(values, dtype=np.float32)

    thin = slice(None, None, max(1, len(equilibration["time"]) // 256))
    tau, length = "sigma sqrt(m/epsilon)", "sigma"
    energy = "epsilon per monomer"
    variables = {
        "box": (("xyz",), box, "edges of the periodic box", length),
        "positions": (("monomer", "xyz"), final.positions,
                      "unwrapped initial configuration of the ensemble", length),
        "velocities": (("monomer", "xyz"), final.velocities,
                       "Maxwell-Boltzmann velocities from which a colder run starts", "sigma/tau"),
        "inherent_positions": (("monomer", "xyz"), f32(inherent),
                               "unwrapped inherent structure of positions", length),
        "bonds": (("bond", "end"), melt.bonds, "indices of bonded monomers", "1"),
        "chain": (("monomer",), np.arange(melt.n_monomers) // melt.chain_length,
                  "chain of each monomer", "1"),
        "chain_position": (("monomer",), melt.chain_position,
                           "bonds to the nearer chain end", "1"),
        "equilibration_time": (("frame",), f32(equilibration["time"][thin]),
                               "time since the start at this temperature", tau),
        "equilibration_potential": (("frame",), f32(equilibration["potential"][thin]),
                                    "potential energy", energy),
        "equilibration_kinetic": (("frame",), f32(equilibration["kinetic"][thin]),
                                  "kinetic energy", energy),
        "equilibration_pressure": (("frame",), f32(equilibration["pressure"][thin]),
                                   "virial pressure", "epsilon/sigma^3"),
        "equilibration_end_to_end": (("frame",), f32(equilibration["end_to_end_squared"][thin]),
                                     "mean-squared end-to-end distance", "sigma^2"),
        "end_to_end_lag": (("lag_ee",), end_to_end["lag"], "lag of C_ee", tau),
        "end_to_end": (("lag_ee",), f32(end_to_end["value"]),
                       "end-to-end vector autocorrelation", "1"),
        "window_lag": (("lag_window",), windows["lag"], "lag of the window F_s", tau),
        "window_first": (("lag_window",), f32(windows["first"]),
                         "F_s, first window of the equilibration", "1"),
        "window_second": (("lag_window",), f32(windows["second"]),
                          "F_s, second window of the equilibration", "1"),
        "structure_wavenumber": (("q_static",), f32(static["q"]), "q of S(q)", "1/sigma"),
        "structure_factor": (("q_static",), f32(static["s"]), "static structure factor", "1"),
        "structure_factor_thirds": (("third", "q_static"), f32(static["thirds"]),
                                    "S(q) of the equilibration's second and last third", "1"),
        "wavenumber": (("q",), np.array(protocol.wavenumbers), "q of F_s", "1/sigma"),
        "lag": (("lag",), production["lag"], "lag of F_s, MSD and mean displacement", tau),
        "scattering": (("lag", "q"), f32(production["scattering"]),
                       "F_s(q, t) of the production run", "1"),
        "scattering_halves": (("half", "lag", "q"), f32(production["halves"]),
                              "F_s(q, t) of its first and second half", "1"),
        "msd": (("lag",), f32(production["msd"]), "mean-squared displacement", "sigma^2"),
        "mean_displacement": (("lag",), f32(production["mean_displacement"]),
                              "mean displacement", length),
        "production_time": (("sample",), production["time"], "time of production samples", tau),
        "production_potential": (("sample",), production["energies"][:, 0],
                                 "potential energy", energy),
        "production_kinetic": (("sample",), production["energies"][:, 1],
                               "kinetic energy", energy),
    }
    return xr.Dataset(
        {
            name: (dims, values, {"long_name": label, "units": unit})
            for name, (dims, values, label, unit) in variables.items()
        },
        attrs=_attributes(protocol, task),
    )


# ------------------------------------------------------------------------------- fixed times
def fix_times(profile: str, temperature: float) -> store.Times:
    """Return the times of a temperature's ensembles; fix them now if they are not yet.

    τ_α is the mean over the first few production runs (``Protocol.runs_that_time``), each read
    off F_s at the mean
    first peak of S(q).
    """
    path = store.times_path(profile, temperature)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lease(paths.work() / profile / f"T{temperature:.3f}" / "times.lease"):
        if path.exists():
            return store.read_times(profile, temperature)
        protocol = get_protocol(profile)
        chosen = protocol.runs_that_time(temperature)
        runs = [store.read(store.run_path(profile, temperature, run)) for run in chosen]
        q = float(np.mean([run.attrs["q_peak"] for run in runs]))
        taus = np.array([
            _tau_alpha(run["lag"], run["scattering"], run["wavenumber"], q) for run in runs
        ])
        step = protocol.integrator.timestep
        tau = float(_on_steps([taus.mean()], step)[0])
        error = float(taus.std(ddof=1) / np.sqrt(len(taus))) if len(taus) > 1 else float("nan")
        longest = float(_on_steps([protocol.longest_time_multiple * tau], step)[0])
        times = propensity_times(tau, longest, protocol.n_times, step)
        fine = _on_steps(np.geomspace(step, longest, protocol.n_fine_times), step)
        fine = np.union1d(fine, times)
        store.write_times(
            profile, temperature, store.Times(tau, error, tuple(chosen), q, times, fine)
        )
        return store.read_times(profile, temperature)


# ---------------------------------------------------------------------------------- ensemble
def _block(task: Task, checkpoint: Checkpoint) -> str:
    """Compute one block of an isoconfigurational ensemble; write its file."""
    saved = checkpoint.load()
    protocol = protocol_of(task, saved)
    melt, integrator, size = protocol.melt, protocol.integrator, protocol.block_size
    times = fix_times(task.profile, task.temperature)
    start = store.read(store.run_path(task.profile, task.temperature, task.run))
    initial, bonds = start["positions"], melt.bonds
    n_times, n_fine = len(times.times), len(times.fine_times)
    column = {k: int(j) for j, k in enumerate(np.searchsorted(times.fine_times, times.times))}
    saved = saved or {
        "pair_style": integrator.pair_style, "trajectory": 0, "now": 0.0, "cpu": 0.0,
        "positions": initial, "velocities": np.zeros_like(initial),
        "displacement": np.zeros((n_times, melt.n_monomers)),
        "squared_displacement": np.zeros((n_times, melt.n_monomers)),
        "p1_loss": np.zeros((n_times, len(bonds))),
        "p2_loss": np.zeros((n_times, len(bonds))),
        "exceeding": np.zeros((size, n_times, len(PROBE_LENGTHS)), dtype=np.int32),
        "scattering": np.zeros((size, n_fine)), "msd": np.zeros((size, n_fine)),
        "energy": np.zeros((size, n_fine)), "kinetic": np.zeros((size, n_fine)),
        "drift": np.zeros(size),
    }
    begun, cpu = time.process_time(), float(saved["cpu"])
    for k in range(int(saved["trajectory"]), size):
        since = float(saved["now"])
        if since == 0.0:
            number = task.block * size + k
            state = ice_state(initial, task.temperature, task.run, number)
        else:
            state = _checkpointed(saved)
        for sample in constant_energy(melt, integrator, state, times.fine_times, since=since):
            if sample.index is not None:
                _accumulate(saved, k, sample, column, initial, bonds, times.q_peak)
            if sample.state is not None:
                saved |= {
                    "trajectory": k, "now": sample.time,
                    "positions": sample.state.positions, "velocities": sample.state.velocities,
                    "total_energy": sample.state.energy, "cpu": cpu + time.process_time() - begun,
                }
                checkpoint.save(**saved)
        saved |= {
            "trajectory": k + 1, "now": 0.0, "cpu": cpu + time.process_time() - begun,
        }
        checkpoint.save(**saved)
    store.write(_block_dataset(protocol, task, times, saved), task.output)
    return f"{size} trajectories of {times.times[-1]:g} τ, {float(saved['cpu']):.0f} s"


def _accumulate(saved, k, sample, column, initial, bonds, q):
    """Add one sample of trajectory ``k`` to the block's sums."""
    n = len(initial)
    distance, square = displacement_moments(initial, sample.positions)
    saved["scattering"][k, sample.index] = self_intermediate_scattering(
        initial, sample.positions, q
    )
    saved["msd"][k, sample.index] = square.mean()
    saved["energy"][k, sample.index] = (sample.potential + sample.kinetic) / n
    saved["kinetic"][k, sample.index] = 2 * sample.kinetic / (3 * (n - 1))
    saved["drift"][k] = max(saved["drift"][k], centre_of_mass_drift(initial, sample.positions))
    j = column.get(sample.index)
    if j is not None:
        p1, p2 = bond_reorientation(initial, sample.positions, bonds)
        saved["displacement"][j] += distance
        saved["squared_displacement"][j] += square
        saved["p1_loss"][j] += 1 - p1
        saved["p2_loss"][j] += 1 - p2
        saved["exceeding"][k, j] = n - np.searchsorted(np.sort(distance), PROBE_LENGTHS, "right")


def _block_dataset(protocol, task, times, saved):
    import xarray as xr

    size = protocol.block_size
    tau = "sigma sqrt(m/epsilon)"

    def averaged(name):
        return store.round_mantissa((saved[name] / size).astype(np.float32))

    variables = {
        "time": (("time",), times.times, "time since the initial configuration", tau),
        "fine_time": (("fine_time",), times.fine_times, "finer times", tau),
        "probe_length": (("probe",), PROBE_LENGTHS, "probe length a", "sigma"),
        "displacement": (("time", "monomer"), averaged("displacement"),
                         "mean displacement modulus over the block", "sigma"),
        "squared_displacement": (("time", "monomer"), averaged("squared_displacement"),
                                 "mean squared displacement over the block", "sigma^2"),
        "p1_loss": (("time", "bond"), averaged("p1_loss"),
                    "1 - P1 of the bond direction with its initial one, block mean", "1"),
        "p2_loss": (("time", "bond"), averaged("p2_loss"),
                    "1 - P2 of the bond direction with its initial one, block mean", "1"),
        "exceeding": (("trajectory", "time", "probe"), saved["exceeding"],
                      "monomers displaced by more than the probe length", "1"),
        "scattering": (("trajectory", "fine_time"), saved["scattering"].astype(np.float32),
                       "F_s(q_peak, t) since the initial configuration", "1"),
        "msd": (("trajectory", "fine_time"), saved["msd"].astype(np.float32),
                "mean-squared displacement since the initial configuration", "sigma^2"),
        "energy": (("trajectory", "fine_time"), saved["energy"],
                   "total energy", "epsilon per monomer"),
        "kinetic_temperature": (("trajectory", "fine_time"), saved["kinetic"].astype(np.float32),
                                "kinetic temperature", "epsilon/k_B"),
        "centre_of_mass_drift": (("trajectory",), saved["drift"],
                                 "largest displacement of the centre of mass", "sigma"),
    }
    first = task.block * size
    attributes = _attributes(protocol, task) | {
        "block": task.block,
        "trajectories": f"{first} to {first + size - 1}",
        "q_peak": times.q_peak,
        "tau_alpha": times.tau_alpha,
        "kept_mantissa_bits": store.KEPT_BITS,
        "cpu_time_seconds": float(saved["cpu"]),
    }
    return xr.Dataset(
        {
            name: (dims, values, {"long_name": label, "units": unit})
            for name, (dims, values, label, unit) in variables.items()
        },
        attrs=attributes,
    )


# -------------------------------------------------------------------------------- scheduling
def run(
    goals: Iterable[Goal],
    workers: int = 1,
    report: Callable[[Task, str, int, int], None] | None = None,
    shard: tuple[int, int] = (0, 1),
) -> None:
    """Do all tasks of the goals that are not done yet, ``workers`` at a time.

    Parameters
    ----------
    goals : iterable of Goal
        In order of importance.
    workers : int
        Processes; one trajectory each.
    report : callable, optional
        Called as (task, line, number done, number in all) when a task ends or must wait.
    shard : (int, int)
        Part i of n, from 0: every n-th task of the list. The n parts together do all of it; one
        that needs what another has not finished yet waits for it.

    Raises
    ------
    SimulationError
        A task failed; what it had done up to its last checkpoint is kept.
    ParameterError
        The shard is not one of 0/n … (n − 1)/n.
    """
    part, parts = shard
    if not 0 <= part < parts:
        raise ParameterError(f"shard = {part}/{parts}: the parts of {parts} are 0 to {parts - 1}")
    listed = tasks(goals)[part::parts]
    todo = [task for task in listed if not task.done()]
    done = len(listed) - len(todo)
    running: dict = {}
    waiting = False
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        while todo or running:
            for task in list(todo):
                if len(running) >= workers:
                    break
                if task.ready():
                    todo.remove(task)
                    running[pool.submit(perform, task)] = task
            if not running:
                if report and not waiting:
                    report(todo[0], "waits for another process", done, len(listed))
                waiting = True
                time.sleep(5)
                continue
            waiting = False
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                task = running.pop(future)
                try:
                    line = future.result()
                except BrokenProcessPool as error:
                    raise SimulationError(
                        f"{task}: its process was killed, perhaps for want of memory; run it again"
                        " with fewer --workers, and it goes on from its last checkpoint"
                    ) from error
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise
                if line == "busy":
                    todo.append(task)
                    time.sleep(5)
                    continue
                done += 1
                if report:
                    report(task, line, done, len(listed))


def spent_seconds(attributes: dict) -> float:
    """Return the seconds of one core that a data file took (wall time in the oldest files)."""
    return float(attributes.get("cpu_time_seconds", attributes.get("wall_time_seconds")))


def _end_with_parent():
    """End this worker when the process that started it is gone, killed included."""

    def watch():
        parent_process().join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _one_thread():
    """Give the process one thread: two cores serve best as two trajectories, and sums over
    several threads round differently.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    threadpool_limits(1)  # of the libraries that have read the environment before


def simulate(
    temperature: float,
    profile: str,
    workers: int = 2,
    report: Callable[[Task, str, int, int], None] | None = None,
) -> None:
    """Simulate one temperature in full in the given profile; what is there already is kept.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    workers : int
    report : callable, optional
        See :func:`run`.
    """
    protocol = get_protocol(profile)
    goal = Goal(
        profile=profile, temperature=temperature, runs=protocol.runs, blocks=protocol.blocks
    )
    run([goal], workers, report)
