r"""Descriptors of a mixture: each family once for each species of neighbour.

The same shells, orders and passes of Eq. 5 as for one species (:mod:`glasslib.structure.radial`,
:mod:`~glasslib.structure.angular`, :mod:`~glasslib.structure.coarse_graining`), by the same
kernels. They sum over the neighbours of species b alone,

.. math:: G_{i,b}^{(0)}(r, \delta) = \sum_{j \ne i,\, s_j = b} e^{-(r_{ij} - r)^2 / 2 \delta^2} ,

and likewise Eqs. 3 and 4. With a single species they are those of an atomic liquid, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import DescriptorSpec, Model
from glasslib.structure.angular import angular_descriptors, angular_reach
from glasslib.structure.cage import CageMoments, cage_scalars
from glasslib.structure.coarse_graining import coarse_grain
from glasslib.structure.descriptors import descriptor_labels
from glasslib.structure.neighbors import CellList, cell_list, check_box
from glasslib.structure.radial import radial_descriptors, radial_reach

if TYPE_CHECKING:
    import xarray

__all__ = [
    "Mixture", "check_species", "mixture_cage_descriptors", "species_cells", "species_descriptors",
]  # fmt: skip


class Mixture(Model):
    """An atomic mixture: Lennard-Jones coefficients for each pair of species."""

    epsilon: tuple[tuple[float, ...], ...] = Field(
        ((1.0, 1.5), (1.5, 0.5)), description="Depth for each pair of species, ε. The default is"
        " that of Kob and Andersen.",
    )
    sigma: tuple[tuple[float, ...], ...] = Field(
        ((1.0, 0.8), (0.8, 0.88)), description="Diameter for each pair of species, σ."
    )
    cutoff: float = Field(
        2.5, gt=1, description="Truncation, in diameters of the pair; the energy is shifted."
    )

    @model_validator(mode="after")
    def _square(self):
        for name in ("epsilon", "sigma"):
            table = getattr(self, name)
            if not table or any(len(row) != len(self.sigma) for row in (*table, table)):
                raise ValueError(f"{name} = {table} is not one row and one column for each species")
            if any(not 0 < value < float("inf") for row in table for value in row):
                raise ValueError(f"{name} = {table} holds a number that is not positive")
            if any(a != b for a, b in zip(table, zip(*table, strict=True), strict=True)):
                raise ValueError(f"{name} = {table} is not symmetric: a with b is b with a")
        return self

    def tables(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Return ε and σ as (n_species, n_species) float64, and the cut-off."""
        return np.array(self.epsilon), np.array(self.sigma), float(self.cutoff)


def check_species(species: np.ndarray, n: int, mixture: Mixture | None = None) -> np.ndarray:
    """Return the species of each particle as (N,) int64, or refuse them.

    Parameters
    ----------
    species : (N,) int
        Counted from 0, each of at least two particles.
    n : int
        Number of particles.
    mixture : Mixture, optional
        Must have coefficients for each.

    Raises
    ------
    ConfigurationError
        Another number of particles, a number that is no species, or one without coefficients.

    Examples
    --------
    >>> check_species([1, 0, 0, 1], 4).tolist()
    [1, 0, 0, 1]
    >>> check_species([1, 2, 2, 1], 4)
    Traceback (most recent call last):
    ...
    glasslib.errors.ConfigurationError: species 0 has 0 particles; number the species 0, 1, … \
without a gap, each with at least two particles
    """
    given = np.asarray(species)
    if given.shape != (n,) or given.dtype.kind not in "iu":
        raise ConfigurationError(
            f"species has shape {given.shape} and type {given.dtype}; give a whole number for each"
            f" of the {n} particles"
        )
    given = given.astype(np.int64)
    if given.min() < 0:
        raise ConfigurationError(f"species {given.min()} is negative; count species from 0")
    if mixture is not None:
        if given.max() >= len(mixture.sigma):
            raise ConfigurationError(
                f"species {given.max()} has no pair coefficients: the mixture has"
                f" {len(mixture.sigma)} species; give coefficients for each"
            )
        return given
    count = np.bincount(given)
    if count.min() < 2:
        raise ConfigurationError(
            f"species {count.argmin()} has {count.min()} particles; number the species 0, 1, …"
            " without a gap, each with at least two particles"
        )
    return given


def species_cells(configuration: Configuration, species: np.ndarray, kind: int) -> CellList:
    """Return a cell list in which only one species can be found, around every particle.

    Parameters
    ----------
    configuration : Configuration
        N particles.
    species : (N,) int
        Species of each.
    kind : int
        The species of the neighbours; at least two particles have it.

    Returns
    -------
    CellList
        For the kernels of this package: its first particles are of that species, in cells; the
        others follow and are in no cell, so they have neighbours and are none.

    Examples
    --------
    >>> three = Configuration(np.eye(3), np.full(3, 9.0))
    >>> species_cells(three, np.array([1, 0, 1]), 1).order.tolist()
    [0, 2, 1]
    """
    among = np.asarray(species) == kind
    cells = cell_list(Configuration(configuration.positions[among], configuration.box))
    others = np.flatnonzero(~among)
    x, y, z = configuration.wrapped().positions[others].T
    order = np.concatenate([np.flatnonzero(among)[cells.order], others])
    return cells._replace(
        x=np.concatenate([cells.x, x]), y=np.concatenate([cells.y, y]),
        z=np.concatenate([cells.z, z]), order=order,
    )


def _table(columns: list[np.ndarray], labels: dict[str, list], name: str) -> xarray.DataArray:
    import xarray

    return xarray.DataArray(
        np.concatenate(columns, axis=1).astype(np.float32),
        dims=("monomer", "descriptor"),
        coords={
            "descriptor": labels.pop("descriptor"),
            **{key: ("descriptor", values) for key, values in labels.items()},
        },
        name=name,
    )


def species_descriptors(
    configuration: Configuration,
    species: np.ndarray,
    spec: DescriptorSpec | None = None,
    *,
    threads: int | None = None,
) -> xarray.DataArray:
    """Compute the radial and angular descriptors of a mixture, with their passes of Eq. 5.

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 particles in a box whose edges are at least twice the longest shell.
    species : (N,) int
        Species of each particle, counted from 0.
    spec : DescriptorSpec, optional
        Shells, orders and passes. Voronoi cells and energies are those of one species: they are
        not among the columns.
    threads : int, optional
        Number of threads; all cores if None. The result has the same bits for any number.

    Returns
    -------
    xarray.DataArray, dims (monomer, descriptor), float32
        292 columns for each species of neighbour and each generation by default. Coordinates along
        ``descriptor``: the name ("radial r=0.50 species=1 g=2"), ``family``, ``r``, ``l``,
        ``generation`` and ``species``, of the neighbours. Eq. 5 averages over all particles.

    Raises
    ------
    ConfigurationError
        See :func:`check_species`; or the box is too small, or two particles at the same place.

    References
    ----------
    E. Boattini, F. Smallenburg and L. Filion, Phys. Rev. Lett. 127, 088007 (2021).

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> gas = Configuration(random.uniform(0, 12, (400, 3)), np.full(3, 12.0))
    >>> table = species_descriptors(gas, random.integers(0, 2, 400))
    >>> table.shape, int((table.species == 1).sum())
    ((400, 1752), 876)
    """
    spec = (spec or DescriptorSpec()).model_copy(update={"voronoi": False, "energy": False})
    species = check_species(species, len(configuration))
    kinds = int(species.max()) + 1
    check_box(configuration, max(radial_reach(spec), angular_reach(spec), spec.coarse_radius))
    everyone = cell_list(configuration)  # refuses particles at the same place
    columns = []
    for kind in range(kinds):
        shared = {"cells": species_cells(configuration, species, kind), "threads": threads}
        columns += [
            radial_descriptors(configuration, spec, **shared),
            angular_descriptors(configuration, spec, **shared),
        ]
    tables = [np.concatenate(columns, axis=1)]
    for _ in range(spec.generations):
        tables.append(coarse_grain(
            tables[-1], configuration, spec.coarse_radius, spec.include_self, cells=everyone,
            threads=threads,
        ))
    labels = {name: [] for name in ("descriptor", "family", "r", "l", "generation", "species")}
    one = descriptor_labels(spec)
    for generation in range(spec.generations + 1):
        here = one["generation"] == generation
        for kind in range(kinds):
            for name, values in one.items():
                labels[name] += values[here].tolist()
            labels["species"] += [kind] * int(here.sum())
    labels["descriptor"] = [
        f"{name.split(' g=')[0]} species={kind}{f' g={g}' if g else ''}"
        for name, kind, g in zip(
            labels["descriptor"], labels["species"], labels["generation"], strict=True
        )
    ]
    return _table(tables, labels, "species_descriptors")


def mixture_cage_descriptors(
    moments: CageMoments,
    configuration: Configuration,
    inherent: Configuration,
    species: np.ndarray,
    r_c: float = 2.5,
) -> xarray.DataArray:
    """Return the inputs of network D for a mixture: cage scalars, and theirs around, by species.

    Parameters
    ----------
    moments : CageMoments
        Of this configuration.
    configuration, inherent : Configuration
        r₀ and the middles of the spheres, without bonds.
    species : (N,) int
        Species of each particle, counted from 0.
    r_c : float
        Radius of Eq. 5 in σ.

    Returns
    -------
    xarray.DataArray, dims (monomer, descriptor), float32
        The thirteen of :func:`~glasslib.structure.cage.cage_scalars` × (own; and for each species
        of neighbour, Eq. 5 over these neighbours alone, the particle itself left out, once, twice
        and four times): 91 columns for two species. Coordinates along ``descriptor``: the name,
        ``scalar``, ``surroundings`` and ``species`` (−1 for own values).

    Raises
    ------
    ConfigurationError
        See :func:`check_species` and :func:`~glasslib.structure.cage.cage_scalars`.
    """
    species = check_species(species, len(configuration))
    scalars = cage_scalars(moments, configuration, inherent)
    values = np.stack(list(scalars.values()), axis=1)
    columns, around = [values], [("own", -1)]
    for kind in range(int(species.max()) + 1):
        cells, local = species_cells(inherent, species, kind), values
        for number in range(1, 5):
            local = coarse_grain(local, inherent, r_c, include_self=False, cells=cells)
            if number in _PASSES:
                columns.append(local)
                around.append((_PASSES[number], kind))
    labels = [(scalar, where, kind) for where, kind in around for scalar in scalars]
    names = [
        f"{scalar}, {where}" + (f", species={kind}" if kind >= 0 else "")
        for scalar, where, kind in labels
    ]
    scalar, where, kind = map(list, zip(*labels, strict=True))
    return _table(
        columns,
        {"descriptor": names, "scalar": scalar, "surroundings": where, "species": kind},
        "mixture_cage_descriptors",
    )


_PASSES = {1: "once", 2: "twice", 4: "four times"}
