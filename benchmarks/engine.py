"""Speed and agreement of the integrator; results and what follows from them are in README.md.

    python benchmarks/engine.py speed [--own FOLDER]
    python benchmarks/engine.py agreement
    python benchmarks/engine.py forces

``speed`` steps the melt of N = 2,000 at T = 0.45 with each setting, every setting in a process of
its own, all of them in turn and that three times over; it prints time units per second of CPU
time, median and range, and the ratio to the stock script within each round. ``agreement``
compares isoconfigurational ensembles stepped by plain velocity Verlet at 0.0025 with those that
ship, which start from the same configurations. ``forces`` compares, among the ensembles that ship,
blocks whose pair forces are LAMMPS's own with blocks of the same runs whose pair forces are ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
DURATION, WARM_UP, ROUNDS = 20.0, 2.0, 3
OMP = "-sf omp -pk omp {}"
CHOSEN = "r-RESPA 0.01/0.005, our pair forces, skin 0.4 (chosen)"

OPT = {"pair_style": "lj/cut/opt", "skin": 0.3}

#: Name, settings of the integrator (None: the stock script), environment, processes at once.
SETTINGS = [
    ("stock script: velocity Verlet 0.005, lj/cut, dump to disk", None, {}, 1),
    ("velocity Verlet 0.005, lj/cut/opt", OPT | {"timestep": 0.005, "bond_substeps": 1}, {}, 1),
    ("r-RESPA 0.01/0.005, lj/cut/opt, skin 0.3 (older data)", OPT, {}, 1),
    ("the same, skin 0.2", OPT | {"skin": 0.2}, {}, 1),
    ("the same, lj/cut/omp, 1 thread", OPT, {"GLASSLIB_LAMMPS_ARGUMENTS": OMP.format(1)}, 1),
    ("velocity Verlet 0.005, our pair forces", {"timestep": 0.005, "bond_substeps": 1}, {}, 1),
    ("r-RESPA 0.01/0.005, our pair forces, skin 0.3", {"skin": 0.3}, {}, 1),
    (CHOSEN, {}, {}, 1),
    ("the same, skin 0.5", {"skin": 0.5}, {}, 1),
    ("the same, skin 0.6", {"skin": 0.6}, {}, 1),
    ("r-RESPA 0.0125/0.0042, our pair forces", {"timestep": 0.0125, "bond_substeps": 3}, {}, 1),
    ("chosen, two processes at once (each)", {}, {}, 2),
]


def start():
    """Return the melt and a state of it at T = 0.45, from the data that ship."""
    from glasslib import store
    from glasslib.parameters import Melt
    from glasslib.simulation.ensemble import ice_state

    run = store.read(store.run_path("companion", 0.45, 0))
    return Melt(), ice_state(run["positions"], 0.45, 0, 9999)


def stock(duration: float) -> tuple[float, list[float]]:
    """Step as a plain serial script would: lj/cut, 0.005, positions dumped twice per time unit."""
    from glasslib.simulation.engine import _data_file, load_lammps

    melt, state = start()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "melt.data"
        data.write_text(_data_file(melt, state))
        lmp = load_lammps().lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
        lmp.commands_list([
            "units lj", "atom_style bond", "special_bonds lj 0 1 1", "neighbor 0.3 bin",
            f"pair_style lj/cut {melt.cutoff}", "bond_style harmonic", f"read_data {data}",
            "pair_modify shift yes", f"pair_coeff 1 1 1.0 1.0 {melt.cutoff}",
            f"bond_coeff 1 {melt.bond_stiffness} {melt.bond_length}", "fix 1 all nve",
            "timestep 0.005", "thermo 1000", "thermo_modify norm no",
            f"dump 1 all custom 100 {folder}/melt.dump id xu yu zu", f"run {WARM_UP / 0.005:.0f}",
        ])
        spent, energies = 0.0, []
        for _ in range(20):
            begun = time.process_time()
            lmp.command(f"run {duration / 20 / 0.005:.0f}")
            spent += time.process_time() - begun
            energies.append((lmp.get_thermo("pe") + lmp.get_thermo("ke")) / melt.n_monomers)
        lmp.close()
    return spent, energies


def step(duration: float, settings: dict) -> tuple[float, list[float]]:
    """Step with the library's engine, reading the positions in memory twice per time unit."""
    from glasslib.parameters import Integrator
    from glasslib.simulation.engine import Engine

    melt, state = start()
    integrator = Integrator(**settings)
    sample = round(duration / 40 / integrator.timestep) * integrator.timestep
    with Engine(melt, integrator, state) as engine:
        engine.advance(round(WARM_UP / integrator.timestep) * integrator.timestep)
        spent, energies = 0.0, []
        for _ in range(40):
            begun = time.process_time()
            engine.advance(sample)
            engine.positions()
            spent += time.process_time() - begun
            energies.append((engine.potential_energy + engine.kinetic_energy) / melt.n_monomers)
    return spent * duration / (40 * sample), energies


def one(number: int) -> None:
    """Measure one setting and print the result as JSON (what each process does)."""
    settings = SETTINGS[number][1]
    spent, energies = stock(DURATION) if settings is None else step(DURATION, settings)
    # A process of two threads spends the time of two cores.
    print(json.dumps([DURATION / spent, float(np.std(energies))]))


def speed(own: str | None) -> pd.DataFrame:
    """Measure every setting in turn, three times over."""
    listed = list(enumerate(SETTINGS))
    if own:
        number = [name for name, *_ in SETTINGS].index(CHOSEN)
        listed.append((number, ("chosen, LAMMPS compiled for this processor", {},
                           {"GLASSLIB_LAMMPS": own}, 1)))
    results: dict[str, list] = {name: [] for _, (name, *_) in listed}
    for _ in range(ROUNDS):
        for number, (name, _, environment, processes) in listed:
            running = [
                subprocess.Popen(
                    [sys.executable, __file__, "one", str(number)], stdout=subprocess.PIPE,
                    env=os.environ | {"OMP_NUM_THREADS": "1"} | environment, text=True,
                )
                for _ in range(processes)
            ]
            values = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
            results[name].append(np.mean(values, axis=0))
            print(f"{name}: {results[name][-1][0]:.2f}", file=sys.stderr, flush=True)
    base = np.array(results[SETTINGS[0][0]])[:, 0]
    rows = []
    for name, values in results.items():
        rate, energy = np.array(values).T
        rows.append({
            "setting": name,
            "τ per CPU second": f"{np.median(rate):.2f} ({rate.min():.2f}–{rate.max():.2f})",
            "ratio to stock": f"{np.median(rate / base):.2f}",
            "energy fluctuation (ε per monomer)": f"{np.median(energy):.1e}",
        })
    return pd.DataFrame(rows)


def agreement(temperature: float = 0.60, trajectories: int = 8) -> pd.DataFrame:
    """Compare the shipped ensembles with plain velocity Verlet from the same configurations."""
    from glasslib import store
    from glasslib.dynamics.displacement import displacement_moments
    from glasslib.dynamics.scattering import self_intermediate_scattering
    from glasslib.parameters import Integrator
    from glasslib.simulation.ensemble import constant_energy, ice_state

    ours = store.load_ensemble(temperature, "companion")
    reference = Integrator(timestep=0.0025, bond_substeps=1, pair_style="lj/cut/opt")
    fine, n = ours.times.fine_times, ours.melt.n_monomers
    rows = []
    for run in sorted(ours.runs)[:4]:
        start = ours.runs[run]["positions"]
        plain = {"scattering": [], "msd": [], "kinetic_temperature": []}
        for k in range(trajectories):
            # Numbers no shipped trajectory has: other velocities, so that both are independent.
            state = ice_state(start, temperature, run, 10_000 + k)
            f, msd, kinetic = [], [], []
            for sample in constant_energy(ours.melt, reference, state, fine):
                if sample.index is None:
                    continue
                f.append(self_intermediate_scattering(start, sample.positions, ours.times.q_peak))
                msd.append(displacement_moments(start, sample.positions)[1].mean())
                kinetic.append(2 * sample.kinetic / (3 * (n - 1)))
            for name, values in zip(plain, (f, msd, kinetic), strict=True):
                plain[name].append(values)
            print(f"run {run}, trajectory {k}", file=sys.stderr, flush=True)
        shipped = _trajectories(ours.blocks[run])
        rows += _compared(ours.times, shipped, {k: np.array(v) for k, v in plain.items()})
    return _table(rows, "chosen", "Verlet 0.0025")


def forces(temperature: float = 0.50) -> pd.DataFrame:
    """Compare shipped blocks with LAMMPS's pair forces and with ours, within each run."""
    from glasslib import store

    ensemble = store.load_ensemble(temperature, "companion")
    rows, counted = [], [0, 0]
    for blocks in ensemble.blocks.values():
        kinds = [json.loads(b.attrs["protocol"])["integrator"]["pair_style"] for b in blocks]
        both = [
            [b for b, kind in zip(blocks, kinds, strict=True) if (kind == "glasslib") == ours]
            for ours in (True, False)
        ]
        if all(both):
            counted = [c + len(part) for c, part in zip(counted, both, strict=True)]
            rows += _compared(ensemble.times, *map(_trajectories, both))
    print(f"T = {temperature:g}: {counted[0]} blocks with our forces, {counted[1]} with LAMMPS's",
          file=sys.stderr)
    return _table(rows, "ours", "LAMMPS's")


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


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown."""
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in table.values]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line and run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["speed", "agreement", "forces", "one"])
    parser.add_argument("number", nargs="?", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--own", help="folder of a LAMMPS of your own, as for GLASSLIB_LAMMPS")
    given = parser.parse_args()
    if given.what == "one":
        one(given.number)
        return
    table = {"speed": lambda: speed(given.own), "agreement": agreement, "forces": forces}[
        given.what
    ]()
    table.to_csv(HERE / f"engine-{given.what}.csv", index=False)
    from glasslib.simulation.engine import lammps_version

    print(f"LAMMPS {lammps_version()}, {platform.machine()}\n\n{markdown(table)}")


if __name__ == "__main__":
    main()
