"""Figure 3: maps of the true propensity and of what A and B predict, in a thin slice."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.tri import LinearTriInterpolator, Triangulation

from glasslib.configuration import Configuration
from glasslib.figures.style import name_of, styled

__all__ = ["maps_figure", "slice_map"]


def slice_map(
    configuration: Configuration,
    values: np.ndarray,
    z: float | None = None,
    height: float = 1.0,
    points: int = 120,
) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate a monomer field linearly in x and y over a slice of the box, periodically.

    Parameters
    ----------
    configuration : Configuration
    values : (N,) float64
        One number for each monomer.
    z : float, optional
        Middle of the slice in σ; the middle of the box by default.
    height : float
        Thickness in σ (1 in the paper).
    points : int
        Grid points along each edge.

    Returns
    -------
    (points,) float64, (points, points) float64
        Grid along an edge in σ, and the field with y along the first axis.

    Examples
    --------
    >>> from glasslib.configuration import Configuration
    >>> x = np.random.default_rng(0).uniform(0, 5, (400, 3))
    >>> grid, field = slice_map(Configuration(x, np.full(3, 5.0)), np.full(400, 0.3), points=8)
    >>> bool(np.allclose(field, 0.3))
    True
    """
    box = configuration.box
    positions = configuration.wrapped().positions
    middle = box[2] / 2 if z is None else z
    offset = positions[:, 2] - middle
    offset -= box[2] * np.round(offset / box[2])
    inside = np.abs(offset) <= height / 2
    flat, field = positions[inside, :2], values[inside]
    shifts = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    images = np.concatenate([flat + box[:2] * shift for shift in shifts])
    fields = np.tile(field, len(shifts))
    near = ((images > -3) & (images < box[:2] + 3)).all(axis=1)
    grid = np.linspace(0, box[0], points)
    x, y = np.meshgrid(grid, np.linspace(0, box[1], points))
    # Not scipy's griddata: its LAPACK call for each triangle waits for threads on a busy machine.
    linear = LinearTriInterpolator(Triangulation(*images[near].T), fields[near])
    return grid, linear(x, y).filled(np.nan)


@styled
def maps_figure(
    columns: list[tuple[float, Configuration, dict[str, np.ndarray]]], height: float = 1.0,
    runs: Mapping[float, int] | None = None,
) -> tuple[Figure, pd.DataFrame]:
    """Draw maps of the propensity at τ_α, true and predicted, one column for each temperature.

    Below the paper's three rows, and a gap, are those of networks that have never seen the
    configuration. Each panel of a network says its ρ over all monomers of the configuration.

    Parameters
    ----------
    columns : list of (temperature, configuration, fields)
        From :func:`glasslib.results.map_columns`. One colour bar serves a column.
    height : float
        Thickness of the slice in σ.
    runs : mapping of float to int, optional
        Number of runs at each temperature; few are said in the titles.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``field``, ``x``, ``y``, ``propensity`` on the grid drawn.
    """
    names = list(columns[0][2])
    gap = [1] * 3 + [0.08] * (len(names) > 3) + [1] * (len(names) - 3)
    figure, axes = plt.subplots(
        len(gap), len(columns), figsize=(2.2 * len(columns) + 0.8, 2.4 * len(names) + 0.7),
        squeeze=False, sharex="col", sharey="col", height_ratios=gap, layout="compressed",
    )
    for axis in axes[3] if len(names) > 3 else ():
        axis.set_visible(False)
    axes = axes[[row for row, size in enumerate(gap) if size == 1]]
    tables = []
    for column, (temperature, configuration, fields) in enumerate(columns):
        same_box = np.allclose(configuration.box, columns[0][1].box)
        maps = {name: slice_map(configuration, fields[name], height=height) for name in names}
        truth = maps["true"][1]
        low, high = np.nanquantile(truth, [0.02, 0.98])
        for row, name in enumerate(names):
            grid, field = maps[name]
            axis = axes[row, column]
            image = axis.pcolormesh(grid, grid, field, vmin=low, vmax=high, shading="nearest",
                                    rasterized=True)
            axis.set_aspect("equal")
            axis.tick_params(labelleft=column == 0 or not same_box)
            if row == 0:
                axis.set_title(name_of(temperature, (runs or {}).get(temperature)))
            else:
                rho = np.corrcoef(fields["true"], fields[name])[0, 1]
                axis.set_title(rf"$\rho$ = {rho:.2f}", loc="right", fontsize=10, pad=3)
            if row == len(names) - 1:
                axis.set_xlabel(r"$x$  ($\sigma$)")
            if column == 0:
                title = name if row == 0 else f"network {name}"
                title = f"{name[0]}, never seen" if name.endswith("new") else title
                axis.set_ylabel(f"{title}\n" + r"$y$  ($\sigma$)")
            x, y = np.meshgrid(grid, grid)
            tables.append(pd.DataFrame({
                "T": temperature, "field": name, "x": x.ravel().round(3),
                "y": y.ravel().round(3), "propensity": field.ravel().round(4),
            }))
        figure.colorbar(image, ax=axes[:, column], location="bottom", shrink=0.9, aspect=25,
                        pad=0.01, label=r"$\Delta r_i(\tau_\alpha)$  ($\sigma$)")
    return figure, pd.concat(tables, ignore_index=True)
