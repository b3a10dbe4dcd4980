"""Figures of the descriptors: what is drawn is what the table and the configuration say."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.spatial import cKDTree

from figures.checks import N, check
from glasslib import figures
from glasslib.figures.descriptors import cost_figure, redundancy_figure, shells_figure
from glasslib.structure.descriptors import structural_descriptors
from glasslib.structure.neighbors import neighbor_pairs


@pytest.fixture(scope="module")
def melt(shown):
    one = shown[0.8]
    configuration = one.configuration(0)
    return configuration, structural_descriptors(configuration, melt=one.melt)


def test_descriptor_figure(shown):
    one = shown[0.8]
    table = structural_descriptors(one.configuration(0), melt=one.melt)
    figure, numbers = figures.descriptor_figure(table)
    columns = ["family", "generation", "r", "mean", "deviation"]
    check(figure, numbers, columns, "$r$", "standard deviation / mean")
    titles = [axis.get_title("left") for axis in figure.axes]
    assert "G_i" in titles[0] and "q_i" in titles[1] and "l = 6" in titles[1]
    families = numbers.set_index(["family", "generation"])
    spread = [families.loc[("angular", k), "deviation"].mean() for k in range(3)]
    assert spread[0] > spread[1] > spread[2]  # coarse-graining smooths
    radial = families.loc[("radial", 0)]
    here = one.configuration(0).wrapped()
    pairs = cKDTree(here.positions, boxsize=here.box).query_pairs(1.6, output_type="ndarray")
    apart = here.positions[pairs[:, 0]] - here.positions[pairs[:, 1]]
    apart = np.linalg.norm(apart - here.box * np.round(apart / here.box), axis=1)
    for k in np.searchsorted(radial["r"], [0.95, 1.0, 1.1, 1.3]):  # the bond and the first shell
        r, mean = radial["r"].values[k], radial["mean"].values[k]
        expected = 2 * np.exp(-((apart - r) ** 2) / (2 * 0.025**2)).sum() / N
        assert mean == pytest.approx(expected, rel=1e-5)
    column = table[:, (table["family"] == "radial").values & (table["generation"] == 0).values]
    mean = column.values.mean(axis=0)
    filled = mean > 1e-3 * mean.max()
    assert 0 < filled.sum() < 100  # shells nearer than any neighbour are left out
    np.testing.assert_allclose(radial["mean"], mean[filled], rtol=1e-12)
    np.testing.assert_allclose(radial["r"], column["r"].values[filled])


@pytest.mark.parametrize(("monomer", "bonds"), [(2, 2), (0, 1)])
def test_shells_figure(melt, monomer, bonds):
    configuration, table = melt
    figure, numbers = shells_figure(configuration, table, monomer)
    assert isinstance(figure, Figure)
    assert numbers.columns.tolist() == ["panel", "x", "y", "mean"]
    panels = {name: one.reset_index() for name, one in numbers.groupby("panel")}
    near = panels["neighbours"]
    pairs = neighbor_pairs(configuration, 2.6)
    expected = pairs.distance[(pairs.i == monomer) | (pairs.j == monomer)]
    np.testing.assert_allclose(np.sort(near["x"]), np.sort(expected))
    assert near["y"].sum() == bonds and near.loc[near["y"] == 1, "x"].between(0.8, 1.2).all()
    # the slice passes through the bonds and keeps the distances
    sliced = np.hypot(panels["slice"]["x"], panels["slice"]["y"])
    assert np.isin(sliced.round(9), near["x"].round(9)).all() and len(sliced) < len(near)
    assert np.isin(near.loc[near["y"] == 1, "x"].round(9), sliced.round(9)).all()
    radial = table[monomer, :72]  # 60 shells to 2, 12 more to 2.6
    np.testing.assert_array_equal(panels["radial"]["y"].astype(np.float32), radial.values)
    mean = table[:, :72].values.mean(axis=0)
    np.testing.assert_allclose(panels["radial"]["mean"], mean, rtol=1e-4)
    title = figure.axes[2].get_title("left")
    (r,) = [r for r in ("1.03", "1.17") if r in title]  # beside the first peak
    shell = table.sel(descriptor=[f"angular r={r} l={order}" for order in range(1, 13)])
    np.testing.assert_array_equal(panels["angular"]["y"].astype(np.float32), shell[monomer].values)
    text = " ".join(axis.get_title("left") + axis.get_xlabel() for axis in figure.axes)
    assert r"\sigma" in text and "$l$" in text
    figure.canvas.draw()


def test_redundancy_figure(melt):
    _, table = melt
    figure, numbers = redundancy_figure(table)
    assert numbers.columns.tolist() == ["panel", "x", "y", "value"]
    name = ["radial r=1.59", "radial r=1.62"]
    pair = table.sel(descriptor=name)
    expected = abs(np.corrcoef(pair.values.astype(float), rowvar=False)[0, 1])
    first = numbers[numbers["panel"] == "generation 0"]
    row = first[np.isclose(first["y"], pair.r.values[0]) & np.isclose(first["x"], pair.r.values[1])]
    assert row["value"].item() == pytest.approx(expected, rel=1e-9) and expected > 0.3
    # the picture: generation 0 below its diagonal, the last above
    mesh = figure.axes[0].collections[0]
    picture = mesh.get_array().reshape(mesh.get_coordinates().shape[0] - 1, -1)
    below = picture[np.triu_indices_from(picture, 1)]  # row is y: below the diagonal of the picture
    assert below.mean() == pytest.approx(first["value"].mean(), rel=1e-6)
    last = numbers[numbers["panel"] == "generation 2"]
    assert last["value"].mean() > 2 * first["value"].mean()
    shares = numbers[numbers["panel"].str.match("radial|angular")].groupby("panel")
    assert len(shares) == 6
    for _, one in shares:
        assert one["value"].iloc[-1] == pytest.approx(1) and (np.diff(one["value"]) > -1e-12).all()
    need = {panel: (one["value"] < 0.99).sum() for panel, one in shares}
    assert need["angular 0"] > need["angular 1"] > need["angular 2"]
    figure.canvas.draw()


def test_cost_figure():
    n = np.array([1500, 10000, 40000, 200000])
    frame = pd.concat([
        pd.DataFrame({"monomers": n, "threads": threads, "cpu": 5e-5 * n**power * threads,
                      "peak": 200 + 0.01 * n})
        for threads, power in ((1, 1.0), (2, 1.1))
    ])
    figure, numbers = cost_figure(frame)
    assert numbers["threads"].tolist() == [1, 2]
    np.testing.assert_allclose(numbers["exponent"], [1.0, 1.1])
    left, right = figure.axes
    assert left.get_xscale() == left.get_yscale() == right.get_yscale() == "log"
    assert "time (s)" in left.get_ylabel() and "(MB)" in right.get_ylabel()
    reference = left.lines[-1]
    np.testing.assert_allclose(reference.get_ydata() / reference.get_xdata(), 5e-5)
