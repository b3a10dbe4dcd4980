"""The second part of a run: constant energy, the initial configuration, and the run's file."""

from __future__ import annotations

import time

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint, protocol_of, state_of
from glasslib.campaign.equilibration import end_to_end, equilibrate, squared_end_to_end, windows
from glasslib.campaign.plan import Task
from glasslib.campaign.times import on_steps, tau_alpha_of
from glasslib.configuration import Configuration
from glasslib.dynamics.displacement import centre_of_mass_drift
from glasslib.dynamics.relaxation import decay_time, extrapolated_decay_time
from glasslib.dynamics.scattering import self_correlations
from glasslib.errors import SimulationError
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.ensemble import constant_energy
from glasslib.simulation.melt import maxwell_boltzmann, seed, set_energy
from glasslib.store.schema import run_dataset
from glasslib.structure.static import structure_factor, structure_factor_peak

__all__ = ["make_run", "production_times"]

#: Frames of a production run, and every how many of them a short-time origin stands.
PRODUCTION_FRAMES, ORIGIN_EVERY = 100, 10
#: Wave numbers of S(q), 1/σ.
STRUCTURE_WAVENUMBERS = np.round(np.arange(0.5, 12.01, 0.1), 1)


def make_run(task: Task, checkpoint: Checkpoint) -> str:
    """Equilibrate and produce; write the run's file."""
    protocol = protocol_of(task, checkpoint.load())
    melt, integrator = protocol.melt, protocol.integrator
    box = np.full(3, melt.box_length)
    saved = equilibrate(protocol, task, checkpoint)
    ee_times, ee_values = end_to_end(saved, melt.chain_length)
    tau_ee = decay_time(ee_times, ee_values)
    extrapolated = not np.isfinite(tau_ee)
    if extrapolated:
        tau_ee = extrapolated_decay_time(ee_times, ee_values)
    half = len(saved["times"]) // 2
    q_equilibration = structure_factor_peak(some_of(saved["frames"][half:], box))
    window_lags, first, second = windows(saved, q_equilibration)
    tau_estimate = np.nanmean([decay_time(window_lags, first), decay_time(window_lags, second)])
    if not np.isfinite(tau_estimate):
        raise SimulationError(
            f"{task}: F_s did not fall to 1/e within the {float(saved['elapsed']):g} τ of"
            " equilibration; raise equilibration_alpha_multiple or equilibration_limit"
        )
    times, regular, lags = production_times(
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
        melt, integrator, state_of(saved), times, since=float(saved["now"])
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
    configurations = some_of(saved["produced"][np.isin(times, regular)], box)
    s_of_q = structure_factor(configurations, STRUCTURE_WAVENUMBERS)
    third = len(saved["times"]) // 3
    s_of_q_thirds = [
        structure_factor(some_of(saved["frames"][part], box), STRUCTURE_WAVENUMBERS)
        for part in (slice(third, 2 * third), slice(2 * third, None))
    ]
    q_peak = structure_factor_peak(configurations)
    tau = tau_alpha_of(lags, averages.scattering, protocol.wavenumbers, q_peak)
    cpu += time.process_time() - begun
    dataset = run_dataset(
        task.temperature, protocol, task.run, box, final, inherent,
        equilibration={
            "time": saved["times"], "potential": saved["potential"] / melt.n_monomers,
            "kinetic": saved["kinetic"] / melt.n_monomers, "pressure": saved["pressure"],
            "end_to_end_squared": squared_end_to_end(saved["frames"], melt.chain_length),
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


def some_of(frames: np.ndarray, box: np.ndarray) -> list[Configuration]:
    """At most five of the frames, evenly spread, to average S(q) over."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, 5).astype(int))
    return [Configuration(frames[k], box) for k in chosen]


def production_times(duration: float, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times of all samples of a production run, the regular ones, and the lags to correlate."""
    spacing = max(1, round(duration / PRODUCTION_FRAMES / step)) * step
    short = on_steps(np.geomspace(step, spacing, 16), step)[:-1]
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
