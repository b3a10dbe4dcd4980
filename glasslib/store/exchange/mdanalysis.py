"""Configurations of the data files, for MDAnalysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glasslib.store.registry import read, run_path

if TYPE_CHECKING:
    from MDAnalysis import Universe

__all__ = ["universe"]


def universe(temperature: float, profile: str, run: int) -> Universe:
    """Open a run's initial configuration as an MDAnalysis universe, with bonds and chains.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    run : int

    Returns
    -------
    MDAnalysis.Universe
        One frame; lengths are in σ whatever MDAnalysis calls them. Each chain is a residue.

    References
    ----------
    R. J. Gowers et al., Proc. 15th Python in Science Conf., 98 (2016).
    """
    import MDAnalysis

    data = read(run_path(temperature, profile, run))
    n = len(data["positions"])
    chain = data["chain"]
    u = MDAnalysis.Universe.empty(
        n, n_residues=int(chain.max()) + 1, atom_resindex=chain, trajectory=True
    )
    u.add_TopologyAttr("types", ["1"] * n)
    u.add_TopologyAttr("masses", np.ones(n))
    for kind in ("bonds", "angles", "dihedrals", "impropers"):  # MDAnalysis's writers ask for all
        u.add_TopologyAttr(kind, [])
    bonds = [tuple(int(end) for end in bond) for bond in data["bonds"]]
    u.add_bonds(bonds, types=["1"] * len(bonds))
    u.atoms.positions = data["positions"]
    u.dimensions = [*data["box"], 90, 90, 90]
    return u
