"""A small melt, the files that programs make of it, and what LAMMPS itself says of them."""

import numpy as np

from glasslib.configuration import Configuration
from glasslib.parameters import Melt
from glasslib.simulation.engine import load_lammps


def small_melt():
    """125 monomers on a shaken lattice, bonded in fives along the z direction."""
    sites = np.stack(np.meshgrid(*3 * [np.arange(5.0)], indexing="ij"), -1).reshape(-1, 3) * 1.2
    # on a grid of 2^-16, which single precision holds exactly
    noise = np.random.default_rng(5).integers(-6000, 6000, sites.shape) / 2**16
    sites = np.round((sites + 0.5) * 2**10) / 2**10
    return Configuration(sites + noise, np.full(3, 6.0), Melt(n_monomers=125).bonds)


#: A line of the section Atoms in LAMMPS's styles: i id, m molecule, x the three coordinates.
ROWS = {
    "atomic": "{i} 1 {x}",
    "charge": "{i} 1 0.0 {x}",
    "bond": "{i} {m} 1 {x}",
    "angle": "{i} {m} 1 {x}",
    "molecular": "{i} {m} 1 {x}",
    "full": "{i} {m} 1 0.0 {x}",
    "sphere": "{i} 1 1.0 1.0 {x}",
    "bpm/sphere": "{i} {m} 1 1.0 1.0 {x}",
    "spin": "{i} 1 {x} 0 0 1 1.0",
    "hybrid bond sphere": "{i} 1 {x} {m} 1.0 1.0",
    "hybrid sphere bond": "{i} 1 {x} 1.0 1.0 {m}",
    "hybrid bond charge": "{i} 1 {x} {m} 0.0",
    "hybrid": "{i} 1 {x} {m} 1.0 1.0",
}
BONDED = [style for style in ROWS if "{m}" in ROWS[style]]


def data_text(melt, style="bond", ids=None, flags=False, extra="", name=True, bonds=None, seed=1):
    """Write a LAMMPS data file, its lines in any order; ``extra`` stands above the atoms."""
    n = len(melt)
    ids = np.arange(1, n + 1) if ids is None else ids
    bonds = (melt.bonds if style in BONDED else []) if bonds is None else bonds
    order = np.random.default_rng(seed).permutation(n)
    atoms = [
        ROWS[style].format(
            i=ids[k], m=k // 5 + 1, x=" ".join(f"{x:.10f}" for x in melt.positions[k])
        ) + (f" {k % 3 - 1} 0 2" if flags else "")
        for k in order
    ]  # fmt: skip
    lines = ["a melt", "", f"{n} atoms", f"{len(bonds)} bonds", "1 atom types"]
    lines += ["1 bond types"] if len(bonds) else []
    lines += [""] + [f"0 {edge} {a}lo {a}hi" for edge, a in zip(melt.box, "xyz", strict=True)]
    lines += [extra, f"Atoms # {style}" if name else "Atoms", "", *atoms, ""]
    if len(bonds):
        lines += ["Bonds", ""]
        lines += [f"{k + 1} 1 {ids[i]} {ids[j]}" for k, (i, j) in enumerate(bonds)]
    return "\n".join(lines) + "\n"


def dump_text(*melts, ids=None, columns="id type x y z", bounds="pp pp pp", seed=1):
    """Write a LAMMPS dump with a step of 100 between frames, its lines in any order."""
    text = ""
    rng = np.random.default_rng(seed)
    for frame, melt in enumerate(melts):
        n = len(melt)
        names = np.arange(1, n + 1) if ids is None else ids
        text += f"ITEM: TIMESTEP\n{100 * frame}\nITEM: NUMBER OF ATOMS\n{n}\n"
        text += f"ITEM: BOX BOUNDS {bounds}\n" + "".join(f"0 {edge}\n" for edge in melt.box)
        text += f"ITEM: ATOMS {columns}\n"
        for k in rng.permutation(n):
            values = {"id": names[k], "type": 1, "mol": k // 5 + 1, "q": 0.5, "element": "A"}
            for axis, name in enumerate("xyz"):
                place = melt.positions[k, axis]
                for suffix, value in (("", place), ("u", place), ("s", place / melt.box[axis])):
                    values[name + suffix] = f"{value:.10f}"
            text += " ".join(str(values[name]) for name in columns.split()) + "\n"
    return text


def xyz_text(melt, comment):
    rows = "".join(f"A {x:.10f} {y:.10f} {z:.10f}\n" for x, y, z in melt.positions)
    return f"{len(melt)}\n{comment}\n{rows}"


def lammps_energies(path, style="bond", bonded=True):
    """Return LAMMPS's own energy of each particle of a data file, ordered by id."""
    lmp = load_lammps().lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
    melt = Melt()
    try:
        for line in (
            f"atom_style {style}", f'read_data "{path}" nocoeff', "mass * 1.0",
            f"pair_style lj/cut {melt.cutoff}", "pair_modify shift yes", "pair_coeff * * 1 1",
            "special_bonds lj 0 1 1",
            *(["bond_style harmonic",
               f"bond_coeff * {melt.bond_stiffness} {melt.bond_length}"] if bonded else []),
            "compute e all pe/atom", "thermo_style custom step pe", "run 0",
        ):  # fmt: skip
            lmp.command(line)
        n = lmp.extract_setting("nlocal")  # images of particles follow
        ids = lmp.numpy.extract_atom("id")[:n]
        return np.array(lmp.numpy.extract_compute("e", 1, 1)[:n])[np.argsort(ids)]
    finally:
        lmp.close()


def mixture_xyz(configuration, species, names="AB"):
    """Write an extended XYZ file of particles of several types."""
    lattice = " ".join(f"{x!r}" for x in np.diag(configuration.box).ravel().tolist())
    rows = zip(species, configuration.positions.tolist(), strict=True)
    lines = [f"{names[k]} {x!r} {y!r} {z!r}" for k, (x, y, z) in rows]
    return "\n".join([str(len(lines)), f'Lattice="{lattice}"', *lines, ""])
