"""Isoconfigurational ensembles as the data files hold them, and the times they share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from glasslib.configuration import Configuration
from glasslib.errors import DataError
from glasslib.parameters import PROTOCOLS, Melt
from glasslib.store.registry import (
    DataFile,
    add,
    available,
    block_paths,
    equilibrated,
    find_temperature,
    read,
    run_path,
    times_path,
    verify,
)

__all__ = ["Ensemble", "Times", "load_ensemble", "load_runs", "read_times", "write_times"]


# ------------------------------------------------------------------------------- fixed times
@dataclass(frozen=True)
class Times:
    """Times of an ensemble, fixed once per temperature.

    Parameters
    ----------
    tau_alpha, tau_alpha_error : float
        Mean over the timing runs and its standard error, in τ; ``tau_alpha`` is a sampled time.
    runs : tuple of int
        The timing runs.
    q_peak : float
        First peak of S(q) in σ⁻¹, mean over the timing runs.
    times : (n_times,) float64
        In τ.
    fine_times : (n_fine,) float64
        In τ; contains ``times``.
    """

    tau_alpha: float
    tau_alpha_error: float
    runs: tuple[int, ...]
    q_peak: float
    times: np.ndarray
    fine_times: np.ndarray

    @property
    def tau_index(self) -> int:
        """Column of τ_α among ``times``."""
        return int(np.flatnonzero(self.times == self.tau_alpha)[0])

    @property
    def debye_waller_index(self) -> int:
        """Column of t = 1 among ``times``."""
        return int(np.flatnonzero(self.times == 1.0)[0])


def write_times(temperature: float, profile: str, times: Times) -> None:
    """Write ``times.json`` once and register it.

    Raises
    ------
    DataError
        The file exists: the times stay fixed.
    """
    path = times_path(temperature, profile)
    if path.exists():
        raise DataError(f"{path.parent.name}/times.json exists; the times stay fixed")
    content = {
        "tau_alpha": times.tau_alpha,
        "tau_alpha_error": times.tau_alpha_error,
        "runs": list(times.runs),
        "q_peak": times.q_peak,
        "times": times.times.tolist(),
        "fine_times": times.fine_times.tolist(),
        "units": "time: sigma sqrt(m/epsilon); q_peak: 1/sigma",
    }
    text = json.dumps(content, indent=1) + "\n"
    add(path, lambda temporary: temporary.write_text(text))


def read_times(temperature: float, profile: str) -> Times:
    """Read and verify the fixed times of a temperature.

    Raises
    ------
    DataError
        They are not fixed yet, or the file is damaged.
    """
    path = times_path(temperature, profile)
    verify(path)
    content = json.loads(path.read_text())
    return Times(
        content["tau_alpha"], content["tau_alpha_error"], tuple(content["runs"]),
        content["q_peak"], np.array(content["times"]), np.array(content["fine_times"]),
    )


# ---------------------------------------------------------------------------------- ensemble
@dataclass(frozen=True, eq=False)
class Ensemble:
    """All isoconfigurational ensembles of one temperature.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    times : Times or None
        None before they are fixed (from :func:`load_runs` alone).
    runs : dict of int to DataFile
        The run files, by run number.
    blocks : dict of int to list of DataFile
        The block files of each run; a run without any has no entry (from :func:`load_runs` alone).
    """

    temperature: float
    profile: str
    times: Times | None
    runs: dict[int, DataFile]
    blocks: dict[int, list[DataFile]]

    @property
    def n_trajectories(self) -> dict[int, int]:
        """Trajectories in each run's ensemble."""
        return {
            run: sum(block.n_trajectories for block in self.blocks.get(run, ()))
            for run in self.runs
        }

    @property
    def melt(self) -> Melt:
        """The melt's parameters."""
        return PROTOCOLS[self.profile].melt

    def mean(self, name: str) -> np.ndarray:
        """Average a block variable over each run's trajectories.

        Parameters
        ----------
        name : str
            ``displacement``, ``squared_displacement``, ``p1_loss`` or ``p2_loss``.

        Returns
        -------
        (n_runs, n, n_times) float64
            n monomers or bonds.
        """
        out = []
        for blocks in self.blocks.values():
            weights = [block.n_trajectories for block in blocks]
            values = [block[name].astype(np.float64) for block in blocks]
            out.append(np.average(values, axis=0, weights=weights).T)
        return np.array(out)

    @cached_property
    def propensity(self) -> np.ndarray:
        """⟨|Δr_i|⟩ in σ, (n_runs, N, n_times) float64."""
        return self.mean("displacement")

    @cached_property
    def debye_waller(self) -> np.ndarray:
        """⟨Δr_i²(t = 1)⟩ in σ², (n_runs, N) float64."""
        return self.mean("squared_displacement")[..., self.times.debye_waller_index]

    def only(self, runs: Iterable[int]) -> Ensemble:
        """Return the same ensemble with some of its runs alone."""
        runs = list(runs)
        return replace(
            self,
            runs={run: self.runs[run] for run in runs},
            blocks={run: self.blocks[run] for run in runs},
        )

    def part(self, first: int, last: int | None = None) -> Ensemble:
        """Return the same ensemble with some blocks of each run alone.

        Parameters
        ----------
        first, last : int
            Blocks from ``first`` up to, not including, ``last``, as a slice counts them; up to the
            end by default.

        Returns
        -------
        Ensemble
            Runs that have none of these blocks are left out. So ``part(0, n)`` and
            ``part(n, 2 * n)`` share no trajectory, and ``part(1)`` has the runs with two blocks or
            more.
        """
        blocks = {run: blocks[first:last] for run, blocks in self.blocks.items()}
        return replace(self, blocks=blocks).only(run for run, some in blocks.items() if some)

    def configuration(self, run: int) -> Configuration:
        """Return the initial configuration of a run's ensemble."""
        data = self.runs[run]
        return Configuration(data["positions"], data["box"], data["bonds"])

    def describe(self) -> str:
        """Say in one sentence what the ensemble holds."""
        counts = sorted(set(self.n_trajectories.values()))
        each = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        each = f"{each} trajectories each" if counts[-1] else "no trajectories"
        return (
            f"T = {self.temperature:.2f}: {len(self.runs)} runs of"
            f" {self.melt.n_monomers:,} monomers, {each} ({self.profile} profile)"
        )


def load_ensemble(temperature: float, profile: str) -> Ensemble:
    """Load every run of a temperature that has at least one block, verified.

    Parameters
    ----------
    temperature : float
        In ε/k_B, to three decimals.
    profile : str
        ``companion`` and so on.

    Raises
    ------
    DataError
        No data at this temperature in this profile; the message lists what there is.
    """
    return _load(temperature, profile, available(profile))


def load_runs(temperature: float, profile: str) -> Ensemble:
    """Load every equilibrated run of a temperature, with the blocks it has so far, verified.

    What runs alone can tell (structure, relaxation) needs no isoconfigurational ensemble.

    Parameters
    ----------
    temperature : float
        In ε/k_B, to three decimals.
    profile : str
        ``companion`` and so on.

    Raises
    ------
    DataError
        No run at this temperature in this profile; the message lists what there is.
    """
    return _load(temperature, profile, equilibrated(profile))


def _load(temperature: float, profile: str, present: dict[float, list[int]]) -> Ensemble:
    found = find_temperature(temperature, present)
    if found is None:
        listed = ", ".join(f"{t:g}" for t in present) or "none"
        raise DataError(
            f"no data at temperature {temperature:g} in profile {profile} (there: {listed});"
            f" make them with 'glasslib simulate {temperature:g} --profile {profile}'"
        )
    runs = {run: read(run_path(found, profile, run)) for run in present[found]}
    files = {run: block_paths(found, profile, run).values() for run in runs}
    blocks = {run: [read(path) for path in some] for run, some in files.items() if some}
    times = read_times(found, profile) if times_path(found, profile).exists() else None
    return Ensemble(found, profile, times, runs, blocks)
