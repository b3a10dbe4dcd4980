"""What the radial and angular descriptors see on real neighbourhoods, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.configuration import Configuration
from glasslib.errors import ParameterError
from glasslib.figures.style import legend_below, letters, styled
from glasslib.structure.neighbors import neighbor_pairs

if TYPE_CHECKING:
    import xarray

__all__ = ["cost_figure", "descriptor_figure", "redundancy_figure", "shells_figure"]

_GENERATIONS = ("#000000", "#009E73", "#CC79A7")
_BONDED, _NEAR, _FAR = "#D55E00", "#0072B2", "#999999"
_FIRST_SHELL = 1.5  # between the first two peaks of g(r), σ


@styled
def shells_figure(
    configuration: Configuration,
    table: xarray.DataArray,
    monomer: int = 0,
    reach: float = 2.6,
    thickness: float = 1.0,
) -> tuple[Figure, pd.DataFrame]:
    """Draw one monomer's neighbours, its radial descriptors and its bond order, beside the mean.

    Left, the neighbours in a slice through the monomer and its bonds, each at its true distance
    in the direction that it has in the plane of the slice, larger in front; grey rings are the
    centres of every second angular shell. Middle, the radial descriptors and, below, the distances
    of all neighbours. Right, the order parameters in the angular shell nearest to the first peak.

    Parameters
    ----------
    configuration : Configuration
    table : xarray.DataArray
        From :func:`glasslib.structure.descriptors.structural_descriptors`.
    monomer : int
        Which monomer.
    reach : float
        How far the first two panels look, σ.
    thickness : float
        Of the slice, σ.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (slice, neighbours, radial, angular), ``x``, ``y``, ``mean`` over
        monomers (NaN in the first two). In ``neighbours`` x is the distance, y is 1 for a bond.

    Raises
    ------
    ParameterError
        There is no such monomer.
    """
    if not 0 <= monomer < len(configuration):
        raise ParameterError(f"monomer = {monomer}; choose 0 to {len(configuration) - 1}")
    pairs = neighbor_pairs(configuration, reach)
    first, second = pairs.i == monomer, pairs.j == monomer
    vector = np.concatenate([pairs.vector[first], -pairs.vector[second]])
    other = np.concatenate([pairs.j[first], pairs.i[second]])
    distance = np.linalg.norm(vector, axis=1)
    bonds = configuration.bonds
    partners = np.concatenate([bonds[bonds[:, 0] == monomer, 1], bonds[bonds[:, 1] == monomer, 0]])
    bonded = np.isin(other, partners)
    colour = np.where(bonded, _BONDED, np.where(distance < _FIRST_SHELL, _NEAR, _FAR))

    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(9.6, 3.9), width_ratios=(1, 1.15, 1)
    )
    own = (table["generation"] == 0).values
    angular = table[:, own & (table["family"] == "angular").values]
    centres = np.unique(angular["r"].values)
    for centre in centres[::2]:
        left.add_patch(plt.Circle((0, 0), centre, fill=False, lw=0.9, color="#DDDDDD", zorder=0))
    # a plane through the first two bonds, if there are any
    axes = np.linalg.qr(np.vstack([vector[bonded][:2], np.eye(3)]).T)[0]
    inside = np.abs(vector @ axes[:, 2]) < thickness / 2
    plane = vector[inside] @ axes[:, :2]
    x, y = (plane / np.linalg.norm(plane, axis=1, keepdims=True) * distance[inside, None]).T
    for a, b in zip(x[bonded[inside]], y[bonded[inside]], strict=True):
        left.plot([0, a], [0, b], color=_BONDED, lw=2.5, zorder=1)
    depth = (vector @ axes[:, 2])[inside]
    front = np.argsort(depth)
    left.scatter(x[front], y[front], s=130 * (1 + depth[front] / thickness),
                 color=colour[inside][front], alpha=0.85, edgecolor="white")
    left.scatter(0, 0, s=130, color="#000000", edgecolor="white", zorder=3)
    left.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title="a slice")
    left.set(xlabel=r"in the slice ($\sigma$)")

    radial = table[:, own & (table["family"] == "radial").values]
    radial = radial[:, radial["r"].values <= reach]
    r, mean = radial["r"].values, radial.values.mean(axis=0)
    middle.plot(r, mean, color=_FAR, label="mean of all monomers")
    middle.plot(r, radial.values[monomer], color="#000000", label="this monomer")
    top = max(radial.values[monomer].max(), mean.max())
    for kind in (_FAR, _NEAR, _BONDED):
        chosen = colour == kind
        middle.vlines(distance[chosen], -0.14 * top, -0.04 * top, color=kind, lw=1.2)
    middle.set(xlabel=r"$r$  ($\sigma$)", title=r"radial, $G_i(r, \delta)$")
    middle.set(xlim=(r[0], reach), ylim=(-0.17 * top, 1.05 * top))

    peak = r[np.argmax(np.where(r < _FIRST_SHELL, mean, 0))]
    near = centres[np.argmin(np.abs(centres - peak))]
    shell = angular[:, angular["r"].values == near]
    order, all_orders = shell["l"].values, shell.values.mean(axis=0)
    right.bar(order, shell.values[monomer], color=_NEAR, width=0.7, label="this monomer")
    right.errorbar(order, all_orders, shell.values.std(axis=0), fmt="o", color="#000000",
                   markersize=4.5, label="mean and spread")
    right.set(xlabel=r"$l$", title=rf"angular, $q_i(r = {near:.2f}, l)$", xticks=order[1::2])
    right.set_ylim(0, 1.05 * max(shell.values[monomer].max(), (all_orders * 1.3).max()))
    letters([left, middle, right])
    legend_below(figure, middle, right)

    nan = np.nan
    rows = [("slice", a, b, nan) for a, b in zip(x, y, strict=True)]
    rows += [("neighbours", d, float(b), nan) for d, b in zip(distance, bonded, strict=True)]
    rows += [("radial", *row) for row in zip(r, radial.values[monomer], mean, strict=True)]
    here = shell.values[monomer]
    rows += [("angular", *row) for row in zip(order, here, all_orders, strict=True)]
    return figure, pd.DataFrame(rows, columns=["panel", "x", "y", "mean"])


@styled
def descriptor_figure(table: xarray.DataArray, order: int = 6) -> tuple[Figure, pd.DataFrame]:
    """Draw the spread of radial and angular descriptors over monomers, relative to their mean.

    Columns whose mean is below a thousandth of the family's largest are left out.

    Parameters
    ----------
    table : xarray.DataArray
        From :func:`glasslib.structure.descriptors.structural_descriptors`.
    order : int
        Spherical-harmonic order l of the angular panel.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``family``, ``generation``, ``r``, ``mean``, ``deviation``.
    """
    figure, axes = plt.subplots(1, 2)
    rows = []
    for axis, family in zip(axes, ("radial", "angular"), strict=True):
        for generation in range(int(np.nanmax(table["generation"])) + 1):
            wanted = (table["family"] == family) & (table["generation"] == generation)
            if family == "angular":
                wanted &= table["l"] == order
            chosen = table[:, wanted.values]
            r = chosen["r"].values
            mean, deviation = chosen.values.mean(axis=0), chosen.values.std(axis=0)
            filled = mean > 1e-3 * mean.max()
            r, mean, deviation = r[filled], mean[filled], deviation[filled]
            axis.plot(r, deviation / mean, color=_GENERATIONS[generation % 3],
                      label=f"generation {generation}")
            rows += [
                (family, generation, *row) for row in zip(r, mean, deviation, strict=True)
            ]
        axis.set(xlabel=r"$r$  ($\sigma$)", yscale="log")
    axes[0].set(title=r"radial, $G_i(r, \delta)$", ylabel="standard deviation / mean")
    axes[1].set(title=rf"angular, $q_i(r, \delta, l = {order})$")
    letters(axes)
    legend_below(figure, axes[0])
    return figure, pd.DataFrame(rows, columns=["family", "generation", "r", "mean", "deviation"])


@styled
def redundancy_figure(table: xarray.DataArray) -> tuple[Figure, pd.DataFrame]:
    """Draw how alike the columns are: correlations of radial shells, and principal components.

    Left, the absolute Pearson correlation over monomers between any two radial columns that
    vary, generation 0 below the diagonal, the last generation above. Right, the share of the
    variance of the standardised columns that their first k principal components carry.

    Parameters
    ----------
    table : xarray.DataArray
        From :func:`glasslib.structure.descriptors.structural_descriptors`.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel`` (``generation 0`` …: x, y are distances r in σ and value is the
        correlation; ``radial 0``, ``angular 0`` …: x is k and value the share, y is NaN).
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.2, 4.3), width_ratios=(1, 1.1))
    last = int(table["generation"].values.max())
    family, generation = table["family"].values, table["generation"].values
    values = table.values.astype(np.float64)
    varies = values.std(axis=0) > 1e-3 * values.mean(axis=0).clip(1e-3)
    radial = [(family == "radial") & (generation == g) for g in (0, last)]
    both = varies[radial[0]] & varies[radial[1]]
    r = table["r"].values[radial[0]][both]
    matrices = [np.abs(np.corrcoef(values[:, group][:, both], rowvar=False)) for group in radial]
    # rows are y: those above the diagonal of the picture are below that of the matrix
    picture = np.where(np.tri(len(r), k=-1) > 0, matrices[1], matrices[0])
    edges = np.concatenate([[r[0]], (r[1:] + r[:-1]) / 2, [r[-1]]])
    mesh = left.pcolormesh(edges, edges, picture, vmin=0, vmax=1, cmap="viridis", rasterized=True)
    left.set(xlabel=r"$r$  ($\sigma$)", ylabel=r"$r'$  ($\sigma$)", aspect="equal")
    left.set_title(f"generation {last} above, 0 below")
    figure.colorbar(mesh, ax=left, label="|correlation|", shrink=0.85)
    rows = []
    for g, matrix in zip((0, last), matrices, strict=True):
        rows += [
            (f"generation {g}", r[a], r[b], matrix[a, b]) for a in range(len(r)) for b in range(a)
        ]
    for kind, style in (("radial", "-"), ("angular", "--")):
        for g in range(last + 1):
            own = values[:, (family == kind) & (generation == g) & varies]
            if own.shape[1] < 2:
                continue
            share = np.linalg.eigvalsh(np.corrcoef(own, rowvar=False))[::-1].cumsum()
            share /= own.shape[1]
            k = np.arange(1, len(share) + 1)
            right.plot(k, share, style, color=_GENERATIONS[g % 3], label=f"{kind}, generation {g}")
            rows += [(f"{kind} {g}", *row) for row in zip(k, np.full(len(k), np.nan), share,
                                                          strict=True)]
    right.axhline(0.99, color=_FAR, lw=0.8)
    right.text(1.1, 0.985, "99 %", va="top", fontsize=10, color="#555555")
    right.set(xscale="log", ylim=(0, 1.03), xlabel="principal components")
    right.set_ylabel("share of the variance")
    letters([left, right])
    legend_below(figure, right)
    return figure, pd.DataFrame(rows, columns=["panel", "x", "y", "value"])


@styled
def cost_figure(frame: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw the time and memory of all descriptors against the number of monomers.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``monomers``, ``threads``, ``cpu`` (s), ``peak`` (MB); as
        ``benchmarks/descriptors.py`` writes.

    Returns
    -------
    Figure, pandas.DataFrame
        The figure, and ``threads`` with the ``exponent`` of a power law through the times of
        10,000 monomers and more.
    """
    figure, (left, right) = plt.subplots(1, 2)
    rows = []
    for (threads, runs), colour in zip(frame.groupby("threads"), (_NEAR, _BONDED), strict=False):
        name = f"{threads} thread{'s' if threads > 1 else ''}"
        left.plot(runs["monomers"], runs["cpu"], "o-", color=colour, label=name)
        right.plot(runs["monomers"], runs["peak"], "o-", color=colour, label=name)
        large = runs[runs["monomers"] >= 10000]
        exponent = np.nan
        if len(large) > 1:
            exponent = np.polyfit(np.log(large["monomers"]), np.log(large["cpu"]), 1)[0]
        rows.append((threads, exponent))
    n = np.array([frame["monomers"].min(), frame["monomers"].max()])
    reference = frame[frame["threads"] == frame["threads"].min()]
    middle = reference.iloc[(reference["monomers"] - 10000).abs().argmin()]
    line = middle["cpu"] * n / middle["monomers"]
    left.plot(n, line, ":", color="#555555", label=r"proportional to $N$")
    left.set(xscale="log", yscale="log", xlabel=r"monomers $N$", ylabel="CPU time (s)")
    right.set(xscale="log", yscale="log", xlabel=r"monomers $N$", ylabel="peak memory (MB)")
    letters([left, right])
    legend_below(figure, left)
    return figure, pd.DataFrame(rows, columns=["threads", "exponent"])
