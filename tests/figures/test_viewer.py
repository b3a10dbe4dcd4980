"""The interactive view: the block holds the melt and its propensities, the picture draws them."""

import base64
import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.collections import EllipseCollection, LineCollection

from glasslib.configuration import Configuration
from glasslib.errors import ParameterError
from glasslib.figures.viewer import explorer, glass_figure, whole_chains
from glasslib.results import MeltView, melt_views


@pytest.fixture
def views(shown, predictions, smoke):
    return melt_views(shown, predictions)


def test_views_are_those_of_the_maps(views, shown, predictions):
    assert [view.temperature for view in views] == [0.8, 0.7]
    for view in views:
        one, n = shown[view.temperature], len(view.configuration)
        np.testing.assert_array_equal(view.fields["true"], one.propensity[0])
        np.testing.assert_array_equal(
            view.fields["A"], predictions[view.temperature].predicted["A"][:n]
        )
        assert view.times[view.tau_index] == one.times.tau_alpha
        k = view.tau_index
        low, high = view.bounds(k)
        inside = (view.fields["true"][:, k] >= low) & (view.fields["true"][:, k] <= high)
        assert inside.mean() == pytest.approx(0.96, abs=0.005)


def test_whole_chains_are_the_same_melt_with_short_bonds(views):
    melt = views[0].configuration
    cut = melt.wrapped()
    lengths = np.linalg.norm(
        cut.positions[cut.bonds[:, 0]] - cut.positions[cut.bonds[:, 1]], axis=1
    )
    assert lengths.max() > melt.box[0] / 2  # wrapping cuts chains
    whole = whole_chains(cut)
    lengths = np.linalg.norm(whole[cut.bonds[:, 0]] - whole[cut.bonds[:, 1]], axis=1)
    assert lengths.max() < 1.3
    shift = (whole - cut.positions) / melt.box
    np.testing.assert_allclose(shift, np.round(shift), atol=1e-9)
    middles = whole.reshape(-1, 5, 3).mean(axis=1)  # chains of five, one after the other
    assert (middles >= 0).all() and (middles < melt.box).all()
    np.testing.assert_allclose(whole_chains(melt), whole, atol=1e-9)


def test_whole_chains_without_bonds_wraps():
    free = Configuration([[-0.25, 5.5, 1.0]], [4.0, 4.0, 4.0])
    np.testing.assert_allclose(whole_chains(free), [[3.75, 1.5, 1.0]])


def decoded(block):
    """What the browser gets: positions, bonds and values, as glass.js reads them."""
    n = len(base64.b64decode(block["positions"])) // 6
    raw = np.frombuffer(base64.b64decode(block["positions"]), "<u2").reshape(n, 3)
    positions = np.array(block["low"]) + np.array(block["span"]) * raw / 65535
    bonds = np.frombuffer(base64.b64decode(block["bonds"]), "<u2").reshape(-1, 2)
    steps = np.frombuffer(base64.b64decode(block["values"]), np.uint8)
    steps = steps.reshape(3, len(block["times"]), n)
    kept = np.array([time["kept"] for time in block["times"]])
    return positions, bonds, kept[:, :1] + (kept[:, 1:] - kept[:, :1]) * steps / 255


def test_block_holds_the_melt(views):
    soup = BeautifulSoup(explorer(views, picture="fig-x")._repr_html_(), "html.parser")
    script = soup.find("script")
    assert script["type"] == "application/json" and script["class"] == ["glass-data"]
    data = json.loads(script.string)
    assert data["picture"] == "fig-x" and data["show"] == 1
    assert data["names"] == ["true", "A", "B"] and len(data["colours"]) == 6 * 256
    assert soup.find(class_="glass-fallback").get_text()
    for view, block in zip(views, data["views"], strict=True):
        positions, bonds, values = decoded(block)
        np.testing.assert_allclose(positions, whole_chains(view.configuration), atol=2e-4)
        np.testing.assert_array_equal(bonds, view.configuration.bonds)
        for row, name in enumerate(data["names"]):
            for k, time in enumerate(block["times"]):
                low, high = time["kept"]
                expected = np.clip(view.fields[name][:, k], low, high)
                np.testing.assert_allclose(values[row, k], expected, atol=0.51 * (high - low) / 255)
                assert low <= time["colours"][0] < time["colours"][1] <= high
                if name != "true":
                    rho = np.corrcoef(view.fields["true"][:, k], view.fields[name][:, k])[0, 1]
                    assert time["rho"][name] == pytest.approx(rho, abs=6e-4)
        labels = [time["label"] for time in block["times"]]
        assert [k for k, label in enumerate(labels) if "τ_α" in label] == [block["tau"]]


def test_block_is_small(views):
    text = explorer(views)._repr_html_()
    n = sum(len(view.configuration) for view in views)
    assert len(text) < 70 * n + 20_000  # bytes a monomer: 3 × 10 propensities, position, bonds
    assert not re.search(r"https?://|<script(?! type=\"application/json\")", text)


def test_glass_figure(views):
    view = views[-1]
    figure, numbers = glass_figure(view)
    columns = ["T", "t", "monomer", "x", "y", "z", "true", "A", "B"]
    assert numbers.columns.tolist() == columns and len(numbers) == 1500
    np.testing.assert_allclose(numbers["true"], view.fields["true"][:, view.tau_index], atol=1e-5)
    *panels, bar = figure.axes
    assert [axis.get_title("left") for axis in panels] == ["true", "network A", "network B"]
    assert r"\Delta r_i(\tau_\alpha)" in bar.get_xlabel()
    for axis in panels:
        discs = [c for c in axis.collections if isinstance(c, EllipseCollection)]
        lines = [c for c in axis.collections if isinstance(c, LineCollection)]
        assert sum(len(disc.get_offsets()) for disc in discs) == 1500
        assert sum(len(line.get_segments()) for line in lines) == 1200 + 12  # bonds, edges
        depth = [disc.get_zorder() for disc in discs]
        assert depth == sorted(depth)
    figure.canvas.draw()


def test_glass_figure_turns_without_distortion(views):
    view = views[0]
    whole = whole_chains(view.configuration) - view.configuration.box / 2

    def seen(turn, tilt):
        figure, _ = glass_figure(view, time=0, turn=turn, tilt=tilt)
        discs = [c for c in figure.axes[0].collections if isinstance(c, EllipseCollection)]
        return np.concatenate([np.asarray(disc.get_offsets()) for disc in discs])

    front = seen(0, 0)  # from the front: x to the right, z upwards
    assert {tuple(p) for p in front.round(6)} == {tuple(p) for p in whole[:, [0, 2]].round(6)}
    above = seen(0, 90)  # from above: x to the right, y upwards
    assert {tuple(p) for p in above.round(6)} == {tuple(p) for p in whole[:, [0, 1]].round(6)}


def test_bad_views_are_refused(views):
    with pytest.raises(ParameterError, match="at least one MeltView"):
        explorer([])
    view = views[0]
    fields = {**view.fields, "B": view.fields["B"][:, :3]}
    with pytest.raises(ParameterError, match=r"field 'B' has shape \(1500, 3\).*\(1500, 10\)"):
        MeltView(0.8, view.configuration, view.times, view.tau_index, fields)
    many = Configuration(np.random.default_rng(0).uniform(0, 50, (65537, 3)), [50.0] * 3)
    field = dict.fromkeys(("true", "A", "B"), np.ones((65537, 1)))
    with pytest.raises(ParameterError, match="65,537 monomers; at most 65,536"):
        explorer([MeltView(0.8, many, np.array([1.0]), 0, field)])
