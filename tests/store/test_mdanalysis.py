"""Configurations of the data files, opened by MDAnalysis."""

import numpy as np
import pytest

from glasslib import store
from glasslib.configuration import Configuration
from glasslib.errors import DataError
from glasslib.structure.energy import potential_energy

N = 1500


def test_universe(smoke, shown):
    u = store.universe(0.8, "smoke", 1)
    data, melt = shown[0.8].runs[1], shown[0.8].melt
    assert len(u.atoms) == N and len(u.residues) == N // 5 and len(u.trajectory) == 1
    np.testing.assert_array_equal(u.bonds.indices, melt.bonds)
    np.testing.assert_allclose(u.atoms.positions, data["positions"], atol=1e-5)
    np.testing.assert_allclose(u.dimensions, [*[melt.box_length] * 3, 90, 90, 90], rtol=1e-6)
    assert {len(fragment) for fragment in u.atoms.fragments} == {5}
    np.testing.assert_allclose(u.atoms.bonds.values().mean(), 0.97, atol=0.02)
    again = Configuration.from_mdanalysis(u)
    u_here = potential_energy(again, melt).sum()
    assert u_here == pytest.approx(data.attrs["potential_energy"], rel=1e-4)  # single precision
    with pytest.raises(DataError, match="run04.nc is missing"):
        store.universe(0.8, "smoke", 4)
