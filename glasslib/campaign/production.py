"""A whole run: equilibrate, produce at constant energy, quench, measure, and write its file."""

from typing import Any, NamedTuple

import numpy as np

from glasslib import store
from glasslib.campaign.checkpoints import Checkpoint, cpu_clock, protocol_of, state_of
from glasslib.campaign.equilibration import (
    STRUCTURE_WAVENUMBERS,
    Equilibration,
    analyse,
    equilibrate,
    few_frames,
    structure_of_thirds,
)
from glasslib.campaign.plan import Task
from glasslib.campaign.times import on_steps, tau_alpha_at
from glasslib.dynamics.displacement import centre_of_mass_drift
from glasslib.dynamics.scattering import self_correlations
from glasslib.parameters import Protocol
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.ensemble import constant_energy
from glasslib.simulation.melt import maxwell_boltzmann, seed, set_energy
from glasslib.store.schema import RUN, as_dataset, provenance
from glasslib.structure.static import structure_factor, structure_factor_peak

__all__ = ["SampleTimes", "make_run", "sample_times"]

#: Frames of a production run, and every how many of them a short-time origin stands.
PRODUCTION_FRAMES, ORIGIN_EVERY = 100, 10


class SampleTimes(NamedTuple):
    """When a production run is sampled.

    Parameters
    ----------
    times : (n_samples,) float64
        Of all samples, in τ.
    regular : (PRODUCTION_FRAMES + 1,) float64
        Those that are evenly spaced.
    lags : (n_lags,) float64
        Between which samples there are pairs to correlate.
    """

    times: np.ndarray
    regular: np.ndarray
    lags: np.ndarray


def make_run(task: Task, checkpoint: Checkpoint) -> str:
    """Make the file of a run; return one line that says what came out."""
    protocol = protocol_of(task, checkpoint.load())
    saved = equilibrate(protocol, task, checkpoint)
    equilibration = analyse(protocol, task, saved)
    samples = sample_times(
        protocol.production_multiple * equilibration.tau_alpha, protocol.integrator.timestep
    )
    if "produced" not in saved:
        saved |= _begin(protocol, saved, equilibration.energy, len(samples.times))
    seconds = cpu_clock(float(saved["cpu"]))
    for sample in constant_energy(
        protocol.melt, protocol.integrator, state_of(saved), samples.times,
        since=float(saved["now"]),
    ):
        if sample.index is not None:
            saved["produced"][sample.index] = sample.positions
            saved["energies"][sample.index] = sample.potential, sample.kinetic
        if sample.state is not None:
            saved |= {
                "positions": sample.state.positions, "velocities": sample.state.velocities,
                "total_energy": sample.state.energy, "now": sample.time, "cpu": seconds(),
            }
            checkpoint.save(**saved)
    quenched, energies = _quench(protocol, task, saved["produced"][-1])
    produced, q_peak, tau_alpha = _measure(protocol, saved, samples)
    thirds = {"structure_factor_thirds": structure_of_thirds(protocol, saved)}
    attributes = (
        provenance(task.temperature, protocol, task.run)
        | {"procedure": _procedure(protocol, task)}
        | _durations(saved, equilibration, tau_alpha)
        | {"tau_alpha": tau_alpha, "q_peak": q_peak, "production_time": float(samples.times[-1])}
        | _stability(protocol, saved, samples.times)
        | energies
        | {"cpu_time_seconds": seconds()}
    )
    values = equilibration.values | thirds | produced | quenched
    store.write(as_dataset(RUN, values, attributes), task.output)
    return (
        f"τ_α = {tau_alpha:.4g}, equilibrated for {attributes['equilibration_in_tau_ee']:.1f} τ_ee,"
        f" {attributes['cpu_time_seconds']:.0f} s"
    )


def sample_times(duration: float, step: float) -> SampleTimes:
    """Choose the samples of a production run: evenly spaced, and more of them at short lags.

    Parameters
    ----------
    duration : float
        Of the run, in τ.
    step : float
        Time step of the integrator; every time is a whole number of steps.
    """
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
    return SampleTimes(times, regular, lags)


def _begin(protocol: Protocol, saved: dict, energy: float, n_samples: int) -> dict:
    """Give the equilibrated state the mean total energy; nothing is sampled yet."""
    state = State(saved["positions"], saved["velocities"])
    state = set_energy(protocol.melt, protocol.integrator, state, energy)
    return {
        "produced": np.zeros((n_samples, protocol.melt.n_monomers, 3)), "now": 0.0,
        "energies": np.zeros((n_samples, 2)),
        "positions": state.positions, "velocities": state.velocities, "total_energy": np.nan,
    }


def _quench(
    protocol: Protocol, task: Task, positions: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Values and attributes of the last sample, the initial configuration of the ensemble.

    A colder run starts from it with velocities drawn afresh. Its inherent structure is the minimum
    of the energy below it.
    """
    melt = protocol.melt
    velocities = maxwell_boltzmann(
        melt.n_monomers, task.temperature, seed(task.temperature, task.run, "cascade")
    )
    with Engine(melt, protocol.integrator, State(positions, velocities)) as engine:
        commands = engine.commands
        engine.evaluate()
        potential = engine.potential_energy
        engine.minimise()
        inherent, inherent_energy = engine.positions(), engine.potential_energy
    values = {
        "box": np.full(3, melt.box_length),
        "positions": positions,
        "velocities": velocities,
        "inherent_positions": inherent,
        "bonds": melt.bonds,
        "chain": np.arange(melt.n_monomers) // melt.chain_length,
        "chain_position": melt.chain_position,
    }
    return values, {
        "potential_energy": potential,
        "inherent_structure_energy": inherent_energy,
        "lammps_commands": "\n".join(commands),
    }


def _measure(
    protocol: Protocol, saved: dict, samples: SampleTimes
) -> tuple[dict[str, np.ndarray], float, float]:
    """Values of the production run, the first peak of its S(q), and its τ_α there."""
    melt, (times, regular, lags), produced = protocol.melt, samples, saved["produced"]
    wavenumbers = np.array(protocol.wavenumbers)
    averages = self_correlations(times, produced, wavenumbers, lags, max_origins=128)
    first = times <= times[-1] / 2
    configurations = few_frames(produced[np.isin(times, regular)], np.full(3, melt.box_length))
    values = {
        "structure_wavenumber": STRUCTURE_WAVENUMBERS,
        "structure_factor": structure_factor(configurations, STRUCTURE_WAVENUMBERS),
        "wavenumber": wavenumbers,
        "lag": lags,
        **averages._asdict(),
        "scattering_halves": np.array([
            self_correlations(times[half], produced[half], wavenumbers, lags).scattering
            for half in (first, ~first)
        ]),
        "production_time": times,
        "production_potential": saved["energies"][:, 0] / melt.n_monomers,
        "production_kinetic": saved["energies"][:, 1] / melt.n_monomers,
    }
    q_peak = structure_factor_peak(configurations)
    return values, q_peak, tau_alpha_at(lags, averages.scattering, wavenumbers, q_peak)


# ------------------------------------------------------------------------------- attributes
def _procedure(protocol: Protocol, task: Task) -> str:
    """Say in words how the run was made."""
    integrator, source = protocol.integrator, protocol.source(task.temperature)
    return (
        f"from run {task.run} at T = {source}" if source else
        f"chains on a snake path, minimize, temp/csvr at {protocol.melt_temperature:g} and"
        f" down to {task.temperature:g}, {protocol.melt_time:g} tau each, timestep 0.004"
    ) + (
        f"; equilibration: fix temp/csvr {task.temperature:g} {task.temperature:g}"
        f" {protocol.thermostat_time:g}, a fresh LAMMPS at 8, 16, 32, ... tau and every"
        f" {integrator.segment:g} tau; velocities scaled to its mean total energy; production: "
    ) + ("glasslib.simulation.step" if integrator.pair_style == "mixed" else "fix nve")


def _durations(saved: dict, equilibration: Equilibration, tau_alpha: float) -> dict[str, Any]:
    """How long the equilibration was, in τ and in relaxation times."""
    elapsed = float(saved["elapsed"])
    return {
        "equilibration_time": elapsed,
        "tau_ee": equilibration.tau_ee,
        "tau_ee_extrapolated": int(equilibration.extrapolated),
        "equilibration_in_tau_ee": elapsed / equilibration.tau_ee,
        "equilibration_in_tau_alpha": elapsed / tau_alpha,
    }


def _stability(protocol: Protocol, saved: dict, times: np.ndarray) -> dict[str, Any]:
    """How well temperature, energy and momentum were kept."""
    n, energies, produced = protocol.melt.n_monomers, saved["energies"], saved["produced"]
    drift = np.polyfit(times, energies.sum(axis=1) / n, 1)[0] * times[-1]
    return {
        "mean_kinetic_temperature": 2 * energies[:, 1].mean() / (3 * (n - 1)),
        "energy_drift_per_monomer": float(drift),
        "centre_of_mass_drift": centre_of_mass_drift(produced[0], produced[-1]),
    }
