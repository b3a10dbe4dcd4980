"""Time, memory and arithmetic of the structural descriptors, beside what else there is.

    python benchmarks/descriptors.py all            every part, tables to stdout (10 minutes)
    python benchmarks/descriptors.py peers --soap-python /path/to/python

Times are CPU seconds of the process unless they say wall; the best of several turns. The melts
are simulated once, with LAMMPS, and kept in the cache folder; those above 10,000 monomers are
periodic images of the melt of 10,000. ``--soap-python`` is an interpreter that has dscribe and
ase: they are no dependency of the library.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is loaded

import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent
NUMBERS = (1500, 3000, 10000, 20000, 40000, 80000, 200000)
IMAGES = {20000: (2, 1, 1), 40000: (2, 2, 1), 80000: (2, 2, 2), 200000: (5, 2, 2)}
PACKAGES = ("glasslib", "numpy", "scipy", "numba", "llvmlite", "freud-analysis", "xarray")


def melt(n):
    """Return a melt of n monomers at T = 0.7, density 1.02: 8 τ at T = 2, then 8 τ at 0.7."""
    from glasslib import paths
    from glasslib.configuration import Configuration
    from glasslib.files import write_atomically
    from glasslib.parameters import Integrator, Melt

    if n in IMAGES:
        one = melt(10000)
        times = np.array(IMAGES[n])
        shifts = np.stack(np.meshgrid(*map(np.arange, times), indexing="ij"), -1).reshape(-1, 3)
        positions = one.wrapped().positions[None] + (shifts * one.box)[:, None]
        bonds = one.bonds[None] + len(one) * np.arange(len(shifts))[:, None, None]
        return Configuration(positions.reshape(-1, 3), one.box * times, bonds.reshape(-1, 2))
    parameters = Melt(n_monomers=n)
    path = paths.cache() / "benchmarks" / f"melt-{n}.npy"
    if not path.exists():
        from glasslib.simulation.engine import Engine, State
        from glasslib.simulation.melt import maxwell_boltzmann, seed, snake_positions

        velocities = maxwell_boltzmann(n, 2.0, seed(2.0, 0, "benchmark"))
        start = State(snake_positions(parameters), velocities)
        with Engine(parameters, Integrator(), start) as engine:
            engine.minimise()
            for temperature in (2.0, 0.7):
                engine.thermostat(temperature, 1.0, 17)
                engine.advance(8.0)
            positions = engine.positions()

        def save(target):
            with target.open("wb") as file:
                np.save(file, positions)

        write_atomically(path, save)
    return Configuration(np.load(path), np.full(3, parameters.box_length), parameters.bonds)


def best(call, turns=5):
    """Return (CPU seconds, wall seconds, result), the least of several turns."""
    cpu, wall = [], []
    for _ in range(turns):
        w, c = time.perf_counter(), time.process_time()
        result = call()
        cpu.append(time.process_time() - c)
        wall.append(time.perf_counter() - w)
    return min(cpu), min(wall), result


def peak_memory():
    """Peak resident memory of this process in MB.

    Linux says it in /proc; getrusage would count the parent's, from before the exec.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine():
    """Print processor and versions."""
    name = platform.processor() or platform.machine()
    flags = ""
    if Path("/proc/cpuinfo").exists():
        text = Path("/proc/cpuinfo").read_text()
        field = dict(
            line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line
        )
        field = {key.strip(): value.strip() for key, value in field.items()}
        name = f"{field['model name']}, family {field['cpu family']}, model {field['model']}"
        flags = ", AVX-512" if "avx512f" in field["flags"] else ""
    print(f"{name}{flags}, {os.cpu_count()} cores; load average {os.getloadavg()[0]:.2f}")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()}, {versions}\n")


def kernels():
    """Time each kernel and the whole table, N = 10,000."""
    from glasslib.parameters import DescriptorSpec
    from glasslib.structure.angular import angular_descriptors
    from glasslib.structure.coarse_graining import coarse_grain
    from glasslib.structure.descriptors import structural_descriptors
    from glasslib.structure.energy import potential_energy
    from glasslib.structure.neighbors import cell_list
    from glasslib.structure.radial import radial_descriptors
    from glasslib.structure.voronoi import voronoi_shape

    one, spec = melt(10000), DescriptorSpec()
    cells = cell_list(one)
    own = {"cells": cells, "threads": 1}
    structural_descriptors(one)  # compiled or read from the cache
    local = np.hstack([radial_descriptors(one, spec, **own), angular_descriptors(one, spec, **own)])
    rows = {
        "cell list": lambda: cell_list(one),
        "radial, 100": lambda: radial_descriptors(one, spec, **own),
        "angular, 192": lambda: angular_descriptors(one, spec, **own),
        "coarse-graining, a generation of 292": lambda: coarse_grain(local, one, **own),
        "Voronoi, 3": lambda: voronoi_shape(one, **own),
        "energy, 1": lambda: potential_energy(one, **own),
    }
    print("| N = 10,000, one thread | CPU s |\n| --- | ---: |")
    for name, call in rows.items():
        print(f"| {name} | {best(call)[0]:.3f} |")
    print("\n| all 880 | wall s | CPU s |\n| --- | ---: | ---: |")
    for threads in (1, 2):
        cpu, wall, _ = best(lambda threads=threads: structural_descriptors(one, threads=threads), 9)
        print(f"| {threads} thread{'s'[: threads - 1]} | {wall:.2f} | {cpu:.2f} |")
    print()


def directed_pairs(configuration, r_max):
    """Neighbours by scipy, both directions: i, vector, distance."""
    from scipy.spatial import cKDTree

    positions, box = configuration.wrapped().positions, configuration.box
    half = cKDTree(positions, boxsize=box).query_pairs(r_max, output_type="ndarray")
    i, j = np.concatenate([half, half[:, ::-1]]).T
    vector = positions[j] - positions[i]
    vector -= box * np.round(vector / box)
    return i, j, vector, np.sqrt((vector**2).sum(1))


def plain_radial(configuration, spec):
    """Eq. 2 in plain numpy: sort the pairs by distance, a slice for each shell."""
    from glasslib.structure.radial import radial_reach, shell_centres

    i, _, _, r = directed_pairs(configuration, radial_reach(spec))
    order = np.argsort(r)
    i, r = i[order], r[order]
    columns = []
    for centre, width in zip(*shell_centres(spec), strict=True):
        low, high = np.searchsorted(r, [centre - spec.tail * width, centre + spec.tail * width])
        weight = np.exp(-((r[low:high] - centre) ** 2) / (2 * width**2))
        columns.append(np.bincount(i[low:high], weight, len(configuration)))
    return np.stack(columns, axis=1)


def shell_weights(i, r, n, centre, spec):
    """Weights of the pairs in a shell, as the library defines them; 0 is outside."""
    gap = np.abs(r - centre)
    nearest = np.full(n, np.inf)
    np.minimum.at(nearest, i, gap)
    weight = np.exp((nearest[i] ** 2 - gap**2) / (2 * spec.angular_width**2))
    weight[gap**2 > nearest[i] ** 2 + (spec.tail * spec.angular_width) ** 2] = 0
    weight[nearest[i] > spec.tail * spec.angular_width] = 0
    return weight


def plain_angular(configuration, spec):
    """Eqs. 3 and 4 with scipy's spherical harmonics and bincount."""
    from scipy.special import sph_harm_y

    from glasslib.structure.angular import angular_centres, angular_reach

    n = len(configuration)
    i, _, vector, r = directed_pairs(configuration, angular_reach(spec))
    theta, phi = np.arccos(vector[:, 2] / r), np.arctan2(vector[:, 1], vector[:, 0])
    shells = []
    for centre in angular_centres(spec):
        weight = shell_weights(i, r, n, centre, spec)
        inside = np.flatnonzero(weight)
        total = np.bincount(i[inside], weight[inside], n)
        shells.append((inside, i[inside], weight[inside], np.where(total > 0, total, 1)))
    out = np.zeros((n, len(shells), spec.max_order))
    for order in range(1, spec.max_order + 1):
        for m in range(order + 1):
            y = sph_harm_y(order, m, theta, phi)
            for s, (inside, centre, weight, total) in enumerate(shells):
                re = np.bincount(centre, weight * y.real[inside], n) / total
                im = np.bincount(centre, weight * y.imag[inside], n) / total
                out[:, s, order - 1] += (2 if m else 1) * (re**2 + im**2)
    out *= 4 * np.pi / (2 * np.arange(1, spec.max_order + 1) + 1)
    return np.sqrt(out).reshape(n, -1)


def freud_angular(configuration, spec):
    """Freud's Steinhardt, once for each shell, the Gaussians as weights of the bonds."""
    import freud

    from glasslib.structure.angular import angular_centres, angular_reach

    freud.parallel.set_num_threads(1)
    n = len(configuration)
    box = freud.box.Box(*configuration.box)
    positions = box.wrap(configuration.positions)
    i, j, vector, r = directed_pairs(configuration, angular_reach(spec))
    order = np.argsort(i, kind="stable")
    i, j, vector, r = i[order], j[order], vector[order], r[order]
    steinhardt = freud.order.Steinhardt(l=list(range(1, spec.max_order + 1)), weighted=True)
    shells = []
    for centre in angular_centres(spec):
        weight = shell_weights(i, r, n, centre, spec)
        inside = weight > 0
        pairs = freud.locality.NeighborList.from_arrays(
            n, n, i[inside], j[inside], vector[inside], weight[inside]
        )
        q = steinhardt.compute((box, positions), neighbors=pairs).particle_order
        shells.append(np.nan_to_num(q))
    return np.concatenate(shells, axis=1)


SOAP = """
import json, os, sys, time
import numpy as np
from importlib.metadata import version
from ase import Atoms
from dscribe.descriptors import SOAP
data = np.load(sys.argv[1])
atoms = Atoms("H" * len(data["x"]), positions=data["x"], cell=data["box"], pbc=True)
rows = []
for n_max, l_max in ((8, 6), (8, 12)):
    soap = SOAP(species=["H"], periodic=True, r_cut=3.1, n_max=n_max, l_max=l_max, sigma=0.1)
    times = []
    for _ in range(2):
        start = time.process_time()
        shape = soap.create(atoms, n_jobs=1).shape
        times.append(time.process_time() - start)
    rows.append((n_max, l_max, shape[1], min(times)))
json.dump({"version": version("dscribe"), "rows": rows}, sys.stdout)
"""


def peers(soap_python=None):
    """Time the same work by other means, on the same particles, one thread each."""
    import freud
    from scipy.sparse import csr_array

    from glasslib.parameters import DescriptorSpec
    from glasslib.structure.angular import angular_descriptors
    from glasslib.structure.coarse_graining import coarse_grain
    from glasslib.structure.neighbors import cell_list
    from glasslib.structure.radial import radial_descriptors
    from glasslib.structure.voronoi import voronoi_shape

    one, spec = melt(10000), DescriptorSpec()
    freud.parallel.set_num_threads(1)
    box = freud.box.Box(*one.box)
    wrapped = box.wrap(one.positions)

    def ours(kernel, *arguments, **more):
        kernel(*arguments, threads=1, **more)
        return best(lambda: kernel(*arguments, threads=1, **more))

    def plain_coarse(values):
        i, j, _, r = directed_pairs(one, 2.5)
        weight = csr_array((np.exp(-r / 2.5), (i, j)), shape=(len(one), len(one)))
        return (weight @ values + values) / (weight.sum(axis=1) + 1)[:, None]

    print("| what, N = 10,000 | by | CPU s | times ours | largest difference |")
    print("| --- | --- | ---: | ---: | ---: |")

    def row(what, by, seconds, reference, difference=None):
        gap = "" if difference is None else f"{difference:.1e}"
        print(f"| {what} | {by} | {seconds:.3f} | {seconds / reference:.1f} | {gap} |", flush=True)

    radial = ours(radial_descriptors, one, spec)
    row("100 radial", "glasslib", radial[0], radial[0])
    other = best(lambda: plain_radial(one, spec), 2)
    row("", "numpy + cKDTree", other[0], radial[0], np.abs(other[2] - radial[2]).max())
    angular = ours(angular_descriptors, one, spec)
    row("192 angular", "glasslib", angular[0], angular[0])
    other = best(lambda: plain_angular(one, spec), 1)
    row("", "numpy + scipy sph_harm_y", other[0], angular[0], np.abs(other[2] - angular[2]).max())
    other = best(lambda: freud_angular(one, spec), 1)
    gap = np.abs(other[2] - angular[2]).max()
    row("", "freud Steinhardt, 16 shells", other[0], angular[0], gap)
    if soap_python:
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f"{folder}/melt.npz", x=one.wrapped().positions, box=one.box)
            done = subprocess.run(
                [soap_python, "-c", SOAP, f"{folder}/melt.npz"],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
        answer = json.loads(done.stdout)
        both = radial[0] + angular[0]
        for n_max, l_max, columns, seconds in answer["rows"]:
            name = f"dscribe {answer['version']} SOAP, n = {n_max}, l = {l_max}, r = 3.1"
            row(f"{columns} SOAP, beside 292", name, seconds, both)
    values = np.hstack([radial[2], angular[2]])
    coarse = ours(coarse_grain, values, one)
    row("a generation of 292", "glasslib", coarse[0], coarse[0])
    other = best(lambda: plain_coarse(values), 3)
    row("", "scipy CSR + cKDTree", other[0], coarse[0], np.abs(other[2] - coarse[2]).max())
    cells = ours(voronoi_shape, one)
    row("Voronoi volume, surface", "glasslib", cells[0], cells[0])
    diagram = freud.locality.Voronoi()
    other = best(lambda: diagram.compute((box, wrapped)).volumes, 3)
    row("Voronoi volume", "freud", other[0], cells[0], np.abs(other[2] - cells[2][:, 0]).max())
    own_list = best(lambda: cell_list(one))[0]
    print(f"\nEach of ours includes its cell list, {own_list:.3f} s.\n")


def scaling():
    """Time and memory against N, and the figure; one process for each N and number of threads."""
    import matplotlib

    matplotlib.use("Agg")
    import pandas as pd

    from glasslib.figures.descriptors import cost_figure

    rows = []
    print("| N | wall s, 1 thread | CPU s | µs a monomer | wall s, 2 threads | CPU s | peak MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for n in NUMBERS:
        melt(n)
        two = []
        for threads in (1, 2):
            done = subprocess.run(
                [sys.executable, __file__, "one", str(n), str(threads)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            two.append(json.loads(done.stdout))
            rows.append({"monomers": n, "threads": threads, **two[-1]})
        a, b = two
        print(
            f"| {n:,} | {a['wall']:.2f} | {a['cpu']:.2f} | {a['cpu'] / n * 1e6:.0f} |"
            f" {b['wall']:.2f} | {b['cpu']:.2f} | {max(a['peak'], b['peak']):.0f} |",
            flush=True,
        )
    print()
    frame = pd.DataFrame(rows).round({"cpu": 4, "wall": 4, "peak": 0, "before": 0})
    frame.to_csv(HERE / "descriptors.csv", index=False)
    figure, _ = cost_figure(frame)
    figure.savefig(HERE / "descriptors.png")


def one(n, threads):
    """Time one N in this process, and the memory of its first call; JSON to stdout."""
    from glasslib.structure.descriptors import structural_descriptors

    configuration = melt(n)
    before = peak_memory()
    structural_descriptors(configuration, threads=threads)
    peak = peak_memory()
    turns = 7 if n <= 20000 else 2
    cpu, wall, _ = best(lambda: structural_descriptors(configuration, threads=threads), turns)
    print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak, "before": before}))


def compilation():
    """Time the first call with an empty cache, the second process, and the imports."""
    melt(1500)
    program = (
        "import time; a = time.process_time(); import glasslib; b = time.process_time()\n"
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from glasslib.structure.descriptors import structural_descriptors\n"
        "import descriptors, xarray; c = time.process_time(); here = descriptors.melt(1500)\n"
        "d = time.process_time(); structural_descriptors(here, threads=1)\n"
        "e = time.process_time(); print(b - a, c - b, e - d, 'tensorflow' in sys.modules)"
    )
    print("| | import glasslib | import descriptors | first call, N = 1,500 | TensorFlow |")
    print("| --- | ---: | ---: | ---: | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for state in ("empty cache", "second process"):
            done = subprocess.run(
                [sys.executable, "-c", program, str(HERE)],
                check=True, capture_output=True, text=True,
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
            )  # fmt: skip
            a, b, c, d = done.stdout.split()
            loaded = "imported" if d == "True" else "not imported"
            print(f"| {state} | {float(a):.3f} | {float(b):.2f} | {float(c):.2f} | {loaded} |")
    print()


def arithmetic():
    """Count the operations of the angular kernel and compare with the processor's peak."""
    from glasslib.parameters import DescriptorSpec
    from glasslib.structure.angular import angular_centres, angular_descriptors, angular_reach
    from glasslib.structure.neighbors import cell_list

    one, spec = melt(10000), DescriptorSpec()
    cells, n, order = cell_list(one), len(one), spec.max_order
    i, _, _, r = directed_pairs(one, angular_reach(spec))
    inside = 0
    farthest = np.zeros(n)
    for centre in angular_centres(spec):
        filled = shell_weights(i, r, n, centre, spec) > 0
        inside += filled.sum()
        np.maximum.at(farthest, i[filled], r[filled])
    used = (r <= farthest[i]).sum()
    rows = order * (order + 2)
    # (x + iy)^m: 6; recursion in l: 4; times re and im: 2 for each l >= m >= 1
    each = 6 * order + 4 * (order * (order + 1) // 2) + 2 * (order * (order + 1) // 2)
    harmonics, sums = int(used) * each, int(inside) * 2 * rows
    a = np.random.default_rng(0).normal(size=(1500, 1500))
    peak = 2 * 1500**3 / best(lambda: a @ a, 7)[0]
    angular_descriptors(one, spec, cells=cells, threads=1)
    seconds = best(lambda: angular_descriptors(one, spec, cells=cells, threads=1), 7)[0]
    print(f"neighbours that count {used / n:.1f} a monomer, in shells {inside / n:.1f}")
    print(f"harmonics {harmonics / 1e9:.2f}, sums over shells {sums / 1e9:.2f} GFLOP")
    total = harmonics + sums
    print(
        f"angular kernel {seconds:.3f} s: {total / seconds / 1e9:.1f} GFLOP/s,"
        f" {100 * total / seconds / peak:.0f} % of {peak / 1e9:.1f} (numpy's dgemm, one thread)\n"
    )


def main():
    """Run the part named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = {
        "kernels": kernels, "arithmetic": arithmetic, "compilation": compilation,
        "peers": peers, "scaling": scaling,
    }  # fmt: skip
    parser.add_argument("part", choices=["all", "one", *parts])
    parser.add_argument("arguments", nargs="*", type=int)
    parser.add_argument("--soap-python", help="interpreter that has dscribe and ase")
    options = parser.parse_args()
    if options.part == "one":
        one(*options.arguments)
        return
    machine()
    for name in parts if options.part == "all" else [options.part]:
        print(f"## {name}\n")
        parts[name](options.soap_python) if name == "peers" else parts[name]()


if __name__ == "__main__":
    main()
