"""Seeing the glass: the melt in three dimensions, and its maps, moved by hand in the browser.

A page gets a plain picture (:func:`glass_figure`), which also serves paper, notebooks and readers
without scripts, and one block of data (:func:`explorer`), from which ``book/assets/glass/glass.js``
draws in the browser: the melt in three dimensions, truth and predictions side by side under one
camera, and the maps of Figure 3 for any slice and any time. Nothing is asked of a server.

The block holds, for each temperature, positions in steps of 1/65535 of their range and
propensities in 256 steps, which is finer than the eye and a fraction of the sampling error. The
browser interpolates as :func:`glasslib.figures.maps.slice_map` does: linearly on the Delaunay
triangulation of the slice and its periodic images.
"""

import base64
import html
import io
import json

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from glasslib import paths
from glasslib.configuration import Configuration
from glasslib.errors import ParameterError
from glasslib.figures.style import styled
from glasslib.results.maps import MeltView

__all__ = ["Explorer", "explorer", "glass_figure", "standalone_page", "whole_chains"]

#: What a view may show and how it is called in captions.
TITLES = {"true": "true", "A": "network A", "B": "network B", "C": "ridge C", "D": "ridge D"}
#: Radius of a drawn monomer in σ, and half the width of a drawn bond.
_RADIUS, _BOND = 0.32, 0.09
#: Shares of the true propensity that bound the numbers kept in a block of data.
_KEPT = (0.005, 0.995)


def whole_chains(configuration: Configuration) -> np.ndarray:
    """Return positions in which no chain is cut: each lies around its middle, which is in the box.

    Bonds are taken to be shorter than half the box. Monomers without a bond are wrapped.

    Returns
    -------
    (N, 3) float64
        In σ, equal to the given positions up to whole box edges.

    Examples
    --------
    >>> from glasslib.configuration import Configuration
    >>> pair = Configuration([[0.25, 1, 1], [3.5, 1, 1]], [4, 4, 4], [[0, 1]])
    >>> whole_chains(pair)[:, 0].tolist()
    [4.25, 3.5]
    """
    box, bonds = configuration.box, configuration.bonds
    positions = configuration.positions.copy()
    n = len(positions)
    graph = coo_array((np.ones(len(bonds)), (bonds[:, 0], bonds[:, 1])), shape=(n, n))
    count, chain = connected_components(graph, directed=False)
    placed = np.zeros(n, dtype=bool)
    placed[np.unique(chain, return_index=True)[1]] = True  # one monomer of each chain to start at
    both = np.concatenate([bonds, bonds[:, ::-1]])
    while not placed.all():
        near, far = both[placed[both[:, 0]] & ~placed[both[:, 1]]].T
        step = positions[far] - positions[near]
        positions[far] = positions[near] + step - box * np.round(step / box)
        placed[far] = True
    middle = np.zeros((count, 3))
    np.add.at(middle, chain, positions)
    middle /= np.bincount(chain, minlength=count)[:, None]
    return positions - (box * np.floor(middle / box))[chain]


def _camera(turn: float, tilt: float) -> np.ndarray:
    """Rotation whose rows are right, up and towards the eye, for a box with z upwards."""
    a, b = np.deg2rad([turn, tilt])
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    upright = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return about_x @ upright @ about_z


def _draw_melt(axis, positions, bonds, box, colours, camera):
    """Paint spheres and bonds from the far side to the near one."""
    seen = (positions - box / 2) @ camera.T
    order = np.argsort(seen[:, 2])
    layer = np.empty(len(seen), dtype=int)
    layer[order] = np.arange(len(seen)) * 40 // len(seen)
    bond_layer = layer[bonds].min(axis=1) if len(bonds) else np.empty(0, dtype=int)
    near = (seen[:, 2] - seen[:, 2].min()) / max(np.ptp(seen[:, 2]), 1e-9)
    fog = (0.6 + 0.4 * near)[:, None]
    shades = colours[:, :3] * fog + (1 - fog)
    for level in range(40):
        lines = seen[bonds[bond_layer == level]][:, :, :2]
        axis.add_collection(LineCollection(lines, colors="0.35", linewidths=1.1, zorder=2 * level))
        here = order[layer[order] == level]
        discs = EllipseCollection(
            *np.full((2, len(here)), 2 * _RADIUS), np.zeros(len(here)), units="xy",
            offsets=seen[here, :2], offset_transform=axis.transData, facecolors=shades[here],
            edgecolors="0.25", linewidths=0.25, zorder=2 * level + 1,
        )
        axis.add_collection(discs)
    corners = np.array([(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]) - 0.5
    edges = [
        (corners[i] * box @ camera.T, corners[j] * box @ camera.T)
        for i in range(8) for j in range(i) if np.abs(corners[i] - corners[j]).sum() == 1
    ]
    frame = LineCollection([(a[:2], b[:2]) for a, b in edges], colors="0.2", linewidths=0.7)
    frame.set_zorder(100)
    axis.add_collection(frame)
    reach = np.abs(seen[:, :2]).max() + 0.5
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


@styled
def glass_figure(
    view: MeltView, time: int | None = None, turn: float = 30.0, tilt: float = 20.0
) -> tuple[Figure, pd.DataFrame]:
    """Draw the melt from outside, chains whole, coloured by propensity, a panel for each field.

    Parameters
    ----------
    view : MeltView
    time : int, optional
        Index of the time; τ_α by default.
    turn, tilt : float
        Of the box about z and towards the eye, in degrees.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``t``, ``monomer``, ``x``, ``y``, ``z`` (chains whole) and the
        propensities by name of the field, such as ``true``, ``A``, ``B``, in σ.
    """
    time = view.tau_index if time is None else time
    positions = whole_chains(view.configuration)
    camera = _camera(turn, tilt)
    scale = ScalarMappable(Normalize(*view.bounds(time)), mpl.rcParams["image.cmap"])
    width = 3.0 * len(view.fields)
    figure, axes = plt.subplots(1, len(view.fields), figsize=(width, 3.7), squeeze=False)
    for axis, name in zip(axes[0], view.fields, strict=True):
        colours = scale.to_rgba(view.fields[name][:, time])
        _draw_melt(
            axis, positions, view.configuration.bonds, view.configuration.box, colours, camera
        )
        axis.set_title(TITLES[name])
    at = r"\tau_\alpha" if time == view.tau_index else f"{view.times[time]:.3g}"
    figure.colorbar(scale, ax=axes, location="bottom", shrink=0.4, aspect=30, extend="both",
                    label=rf"$\Delta r_i({at})$  ($\sigma$) at $T = {view.temperature:.2f}$")
    numbers = pd.DataFrame({
        "T": view.temperature, "t": view.times[time], "monomer": np.arange(len(positions)),
        **{name: positions[:, k].round(4) for k, name in enumerate("xyz")},
        **{name: view.fields[name][:, time].round(5) for name in view.fields},
    })
    return figure, numbers


# ------------------------------------------------------------------------------- the browser
def _packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _time_label(time: float, index: int, tau_index: int) -> str:
    return f"{time:.3g}{' = τ_α' if index == tau_index else ''}"


def _view_data(view: MeltView) -> dict:
    """One temperature as JSON: what ``glass.js`` reads."""
    positions = whole_chains(view.configuration)
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    times = []
    predicted = [name for name in view.fields if name != "true"] if "true" in view.fields else []
    values = np.empty((len(view.fields), len(view.times), len(positions)), dtype=np.uint8)
    for k, time in enumerate(view.times):
        kept_low, kept_high = view.bounds(k, _KEPT)
        times.append({
            "label": _time_label(time, k, view.tau_index),
            "kept": [kept_low, kept_high],
            "colours": view.bounds(k),
            "rho": {name: round(view.correlation(name, k), 3) for name in predicted},
        })
        for row, name in enumerate(view.fields):
            scaled = (view.fields[name][:, k] - kept_low) / (kept_high - kept_low)
            values[row, k] = np.round(255 * np.clip(scaled, 0, 1))
    return {
        "temperature": f"{view.temperature:.2f}",
        "box": view.configuration.box.tolist(),
        "low": low.tolist(),
        "span": span.tolist(),
        "positions": _packed(np.round(65535 * (positions - low) / span).astype("<u2")),
        "bonds": _packed(view.configuration.bonds.astype("<u2")),
        "values": _packed(values),
        "times": times,
        "tau": view.tau_index,
    }


class Explorer:
    """What a notebook shows for :func:`explorer`: a block of HTML with the data in it.

    Parameters
    ----------
    data : dict
        JSON for ``glass.js``.
    """

    def __init__(self, data: dict):
        self.data = data

    def _repr_html_(self) -> str:
        text = json.dumps(self.data, separators=(",", ":"), allow_nan=False)
        text = text.replace("<", "\\u003c")  # nothing in it may end the script element
        return (
            '<div class="glass-explorer"><p class="glass-fallback">Sliders over the slice and the'
            " time, and a view in three dimensions, appear here in the built book when scripts are"
            " on. The pictures show the slice in the middle of the box and the melt from"
            " outside.</p>"
            f'<script type="application/json" class="glass-data">{text}</script></div>'
        )

    def __repr__(self) -> str:
        names = ", ".join(view["temperature"] for view in self.data["views"])
        return f"Explorer(T = {names})"


def explorer(
    views: list[MeltView], picture: str = "fig-glass", show: int = -1, height: float = 1.0
) -> Explorer:
    """Return the block from which the browser draws the melt and its maps.

    Parameters
    ----------
    views : list of MeltView
        One for each temperature that can be chosen; at most 65,536 monomers each.
    picture : str
        Name of the figure whose plain picture the view in three dimensions takes the place of.
    show : int
        Index of the view shown first.
    height : float
        Thickness of the slices in σ.

    Raises
    ------
    ParameterError
        There is no view, one has too many monomers, or they have different fields.

    Examples
    --------
    >>> from glasslib.configuration import Configuration
    >>> from glasslib.results import MeltView
    >>> melt = Configuration(np.random.default_rng(0).uniform(0, 5, (50, 3)), np.full(3, 5.0))
    >>> field = np.linspace(0, 1, 100).reshape(50, 2)
    >>> fields = {"true": field, "A": field, "B": field}
    >>> view = MeltView(0.5, melt, np.array([1.0, 9.0]), 1, fields)
    >>> explorer([view])
    Explorer(T = 0.50)
    """
    if not views:
        raise ParameterError("views = []: nothing to show; give at least one MeltView")
    largest = max(len(view.configuration) for view in views)
    if largest > 65536:
        raise ParameterError(f"a view holds {largest:,} monomers; at most 65,536 can be shown")
    names = list(views[0].fields)
    if any(list(view.fields) != names for view in views):
        raise ParameterError("the views have different fields; give the same ones, in one order")
    colours = mpl.colormaps[mpl.rcParams["image.cmap"]](np.arange(256))[:, :3]
    return Explorer({
        "picture": html.escape(picture),
        "show": show % len(views),
        "height": height,
        "names": names,
        "titles": [TITLES[name] for name in names],
        "radius": _RADIUS,
        "bond": _BOND,
        "colours": np.round(255 * colours).astype(np.uint8).tobytes().hex(),
        "views": [_view_data(view) for view in views],
    })


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>:root {{ --pst-color-primary: #0b6b8a; --pst-color-background: #fff;
--pst-color-border: #ccc; --pst-color-text-base: #222; --pst-color-text-muted: #555; }}
body {{ font-family: sans-serif; max-width: 72rem; margin: 1rem auto; padding: 0 1rem; }}
figure {{ margin: 0; }} figure img {{ max-width: 100%; }}
{style}
.glass-panels {{ grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); }}
</style></head><body><h1>{title}</h1>
<p>{words}</p>
<figure id="fig-glass"><img alt="{title}" src="data:image/png;base64,{picture}"></figure>
{block}
{scripts}</body></html>
"""


def standalone_page(view: MeltView, title: str, words: str) -> str:
    """Return a page of its own with the view in three dimensions and the maps; it loads nothing.

    Parameters
    ----------
    view : MeltView
    title, words : str
        Heading, and a paragraph below it.
    """
    assets = paths.pages() / "assets"
    figure, _ = glass_figure(view)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150)
    plt.close(figure)
    libraries = ("3Dmol-min.js", "delaunator.min.js")
    given = ", ".join(f'"{name}": Promise.resolve()' for name in libraries)
    sources = [(assets / "glass" / name).read_text(encoding="utf-8") for name in libraries]
    sources += [f"window.glassLibraries = {{{given}}};",
                (assets / "glass" / "glass.js").read_text(encoding="utf-8")]
    return _PAGE.format(
        title=html.escape(title), words=html.escape(words),
        style=(assets / "companion.css").read_text(encoding="utf-8"),
        picture=base64.b64encode(stream.getvalue()).decode("ascii"),
        block=explorer([view])._repr_html_(),
        scripts="\n".join(f"<script>{source}</script>" for source in sources),
    )
