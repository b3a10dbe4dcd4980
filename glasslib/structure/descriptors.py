"""All structural descriptors of a configuration in one labelled table.

Section 2.2.1 of the paper: 100 radial and 192 angular descriptors, each in its own value and in
two generations of coarse-graining (876 columns), the volume, surface and asphericity of the
Voronoi cell (3), and the potential energy (1): 880 columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glasslib.configuration import Configuration
from glasslib.parameters import DescriptorSpec, Melt
from glasslib.structure.angular import angular_centres, angular_descriptors, angular_reach
from glasslib.structure.coarse_graining import coarse_grain
from glasslib.structure.energy import potential_energy
from glasslib.structure.neighbors import cell_list, check_box
from glasslib.structure.radial import radial_descriptors, radial_reach, shell_centres
from glasslib.structure.voronoi import voronoi_shape

if TYPE_CHECKING:
    import pandas
    import xarray

__all__ = [
    "column_summary", "descriptor_labels", "descriptor_names", "descriptor_reach",
    "structural_descriptors",
]  # fmt: skip


def _numbers(values):
    """Write numbers with two decimals, or with as many as tell them apart."""
    for decimals in range(2, 12):
        texts = [f"{value:.{decimals}f}" for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(float(value)) for value in values]


def descriptor_labels(spec: DescriptorSpec | None = None) -> dict[str, np.ndarray]:
    """Return what each column of the table is.

    Parameters
    ----------
    spec : DescriptorSpec, optional
        The choice of descriptors.

    Returns
    -------
    dict of (n_descriptors,) arrays
        ``descriptor`` the name, ``family`` (radial, angular, voronoi, energy), ``r`` the centre
        of the shell in σ (NaN where there is none), ``l`` the order (0 where there is none) and
        ``generation`` of coarse-graining.

    Examples
    --------
    >>> labels = descriptor_labels()
    >>> [int((labels["family"] == f).sum()) for f in ("radial", "angular", "voronoi", "energy")]
    [300, 576, 3, 1]
    """
    spec = spec or DescriptorSpec()
    rows = []
    radial, _ = shell_centres(spec)
    angular = angular_centres(spec)
    for generation in range(spec.generations + 1):
        suffix = f" g={generation}" if generation else ""
        for r, text in zip(radial, _numbers(radial), strict=True):
            rows.append((f"radial r={text}{suffix}", "radial", r, 0, generation))
        for r, text in zip(angular, _numbers(angular), strict=True):
            for order in range(1, spec.max_order + 1):
                name = f"angular r={text} l={order}{suffix}"
                rows.append((name, "angular", r, order, generation))
    if spec.voronoi:
        for name in ("volume", "surface", "asphericity"):
            rows.append((f"voronoi {name}", "voronoi", np.nan, 0, 0))
    if spec.energy:
        rows.append(("energy", "energy", np.nan, 0, 0))
    names, families, centres, orders, generations = zip(*rows, strict=True)
    return {
        "descriptor": np.array(names),
        "family": np.array(families),
        "r": np.array(centres),
        "l": np.array(orders),
        "generation": np.array(generations),
    }


def descriptor_names(spec: DescriptorSpec | None = None) -> list[str]:
    """Return the readable, unique names of the descriptors, in the order of the columns.

    Generation 0 is not spelt out; coarse-grained columns end in ``g=1``, ``g=2``.

    Examples
    --------
    >>> names = descriptor_names()
    >>> len(names), names[0], names[60], names[-1]
    (880, 'radial r=0.50', 'radial r=2.05', 'energy')
    >>> "angular r=1.30 l=6 g=1" in names
    True
    """
    return descriptor_labels(spec)["descriptor"].tolist()


def descriptor_reach(spec: DescriptorSpec | None = None, melt: Melt | None = None) -> float:
    """Return the longest distance in σ that a descriptor looks at; the box must be twice that.

    Examples
    --------
    >>> round(descriptor_reach(DescriptorSpec(tail=6)), 6)
    5.6
    """
    spec, melt = spec or DescriptorSpec(), melt or Melt()
    reaches = [radial_reach(spec), angular_reach(spec)]
    if spec.generations:
        reaches.append(spec.coarse_radius)
    if spec.energy:
        reaches.append(melt.cutoff)
    return max(reaches)


def structural_descriptors(
    configuration: Configuration,
    spec: DescriptorSpec | None = None,
    melt: Melt | None = None,
    *,
    threads: int | None = None,
) -> xarray.DataArray:
    """Compute all structural descriptors of Section 2.2.1 (Eqs. 2–5), 880 by default.

    Parameters
    ----------
    configuration : Configuration
        N ≥ 2 monomers with their bonds, in a box whose edges are at least twice
        :func:`descriptor_reach` (N ≥ 1,434 at density 1.02 for the default descriptors).
    spec : DescriptorSpec, optional
        Which descriptors, and every choice that the paper leaves open.
    melt : Melt, optional
        The potential, for the energy.
    threads : int, optional
        Number of threads; all cores if None. The result has the same bits for any number.

    Returns
    -------
    xarray.DataArray, dims (monomer, descriptor), float32
        Coordinates along ``descriptor``: the name, ``family``, ``r``, ``l``, ``generation``
        (see :func:`descriptor_labels`). Numbers of neighbours and order parameters have no
        unit; volume in σ³, surface in σ², energy in ε.

    Raises
    ------
    ConfigurationError
        The box is too small, a single particle, or two at the same place.

    References
    ----------
    A. Tripodo et al., Int. J. Mol. Sci. 23, 9322 (2022), Section 2.2.1.
    E. Boattini, F. Smallenburg and L. Filion, Phys. Rev. Lett. 127, 088007 (2021).

    Examples
    --------
    Pick columns by name, or by shell, order and generation:

    >>> gas = Configuration(np.random.default_rng(0).uniform(0, 12, (400, 3)), np.full(3, 12.0))
    >>> table = structural_descriptors(gas)
    >>> table.shape, str(table.dtype)
    ((400, 880), 'float32')
    >>> table.sel(descriptor="voronoi volume").sum().round(1).item()
    1728.0
    >>> table[:, (table.family == "angular") & (table.l == 6) & (table.generation == 1)].shape
    (400, 16)
    """
    import xarray

    spec, melt = spec or DescriptorSpec(), melt or Melt()
    check_box(configuration, descriptor_reach(spec, melt))
    cells = cell_list(configuration)
    shared = {"cells": cells, "threads": threads}
    labels = descriptor_labels(spec)
    table = np.empty((len(configuration), len(labels["descriptor"])), dtype=np.float32)
    local = np.concatenate(
        [
            radial_descriptors(configuration, spec, **shared),
            angular_descriptors(configuration, spec, **shared),
        ],
        axis=1,
    )
    width = local.shape[1]
    table[:, :width] = local
    for generation in range(1, spec.generations + 1):
        local = coarse_grain(local, configuration, spec.coarse_radius, spec.include_self, **shared)
        table[:, generation * width : (generation + 1) * width] = local
    column = width * (spec.generations + 1)
    if spec.voronoi:
        table[:, column : column + 3] = voronoi_shape(configuration, **shared)
        column += 3
    if spec.energy:
        table[:, column] = potential_energy(configuration, melt, spec.energy_bonds, **shared)
    return xarray.DataArray(
        table,
        dims=("monomer", "descriptor"),
        coords={
            "descriptor": labels["descriptor"],
            **{
                name: ("descriptor", values)
                for name, values in labels.items()
                if name != "descriptor"
            },
        },
        name="structural_descriptors",
    )


def column_summary(table: xarray.DataArray, alike: float = 0.95) -> pandas.DataFrame:
    r"""Count the columns of each family and generation: all, constant, and redundant ones.

    Two columns are alike if their Pearson correlation over monomers, in absolute value, is above
    ``alike``. The number of principal components says the same about all columns together: how
    many directions carry 99 % of the variance of the standardised columns,
    :math:`\min \{k : \sum_{c \le k} \lambda_c \ge 0.99 \sum_c \lambda_c\}` with λ the falling
    eigenvalues of their correlation matrix.

    Parameters
    ----------
    table : xarray.DataArray
        From :func:`structural_descriptors`.
    alike : float
        The limit of the correlation.

    Returns
    -------
    pandas.DataFrame
        By family and generation: number of ``columns``; number that are ``constant`` over the
        monomers; ``spread``, the median of deviation over mean; number of ``redundant`` ones,
        alike to a column before them in the same group; and of principal ``components``.

    Examples
    --------
    >>> gas = Configuration(np.random.default_rng(0).uniform(0, 12, (400, 3)), np.full(3, 12.0))
    >>> int(column_summary(structural_descriptors(gas))["columns"].sum())
    880
    """
    import pandas

    values = table.values.astype(np.float64)
    mean, deviation = np.abs(values.mean(axis=0)), values.std(axis=0)
    frame = pandas.DataFrame({
        "family": table["family"].values,
        "generation": table["generation"].values,
        "constant": deviation <= 1e-12 * np.maximum(mean, 1),
        "relative": np.divide(deviation, mean, out=np.full(len(mean), np.nan), where=mean > 0),
    })
    summary = frame.groupby(["family", "generation"], sort=False).agg(
        columns=("constant", "size"),
        constant=("constant", "sum"),
        spread=("relative", "median"),
    )
    redundant, components = [], []
    for family, generation in summary.index:
        group = (frame["family"] == family) & (frame["generation"] == generation)
        own = np.flatnonzero(group & ~frame["constant"])
        if len(own) == 0:
            redundant.append(0)
            components.append(0)
            continue
        correlation = np.corrcoef(values[:, own], rowvar=False).reshape(len(own), len(own))
        redundant.append(int((np.abs(np.tril(correlation, -1)) > alike).any(axis=1).sum()))
        share = np.cumsum(np.linalg.eigvalsh(correlation)[::-1]) / len(own)
        components.append(int((share < 0.99 - 1e-12).sum()) + 1)
    return summary.assign(redundant=redundant, components=components)
