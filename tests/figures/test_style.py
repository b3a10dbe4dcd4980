"""The look of all figures, and how they are saved."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from nbformat.v4 import new_code_cell, new_notebook

from glasslib import figures
from glasslib.figures import style
from glasslib.figures.style import styled, temperature_colour
from glasslib.publishing.execute import execute_notebook

#: What linear sRGB becomes in the eye (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def least_distance(colours, sight):
    """Of any two, in OKLab, times 100; OKLab by its own formulas, not those under test."""
    m1 = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
          [0.0883024619, 0.2817188376, 0.6299787005]]
    m2 = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
          [0.0259040371, 0.7827717662, -0.8086757660]]
    seen = [np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1) for colour in colours]
    labs = [np.array(m2) @ np.cbrt(np.array(m1) @ rgb) for rgb in seen]
    return 100 * min(np.linalg.norm(a - b) for a, b in itertools.combinations(labs, 2))


def contrast(colour, ground):
    """Of WCAG 2."""
    low, high = sorted(float(np.dot([0.2126, 0.7152, 0.0722], linear(c))) for c in (colour, ground))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_are_told_apart_with_any_sight(sight):
    temperatures = [colour for colour, _ in style.TEMPERATURES.values()]
    assert least_distance(temperatures, sight) > 15.5
    assert least_distance(style.NETWORK_COLOURS.values(), sight) > 7.5
    plasma = [mpl.colormaps["plasma"](x) for x in (0.0, 0.06, 0.16, 0.3, 0.5)]
    assert least_distance(plasma, sight) < 12  # neighbours of a colour map are not


def test_colours_stand_out_on_white_and_on_the_dark_page():
    for ground in ("#FFFFFF", "#121212"):
        for colour, _ in style.TEMPERATURES.values():
            assert contrast(colour, ground) > 2.95
        for temperature in np.arange(0.30, 0.901, 0.01):
            assert contrast(temperature_colour(temperature), ground) > 2.5
    for colour in style.NETWORK_COLOURS.values():
        assert contrast(colour, "#FFFFFF") > 3


def test_markers_differ_and_follow_the_temperature():
    assert len({marker for _, marker in style.TEMPERATURES.values()}) == len(style.TEMPERATURES)
    assert len(set(style.NETWORK_MARKERS.values())) == len(style.NETWORK_COLOURS)
    own = style.temperature_look(0.55, runs=4)
    assert own["marker"] == "X" and own["mfc"] == own["color"] and own["ls"] == "-"
    assert own["color"] not in {colour for colour, _ in style.TEMPERATURES.values()}


def test_a_temperature_of_the_readers_own_lies_between_its_neighbours():
    def lab(temperature):
        return style._oklab(temperature_colour(temperature))

    for cold, own, hot in ((0.50, 0.55, 0.60), (0.45, 0.47, 0.50), (0.40, 0.41, 0.42)):
        whole = np.linalg.norm(lab(cold) - lab(hot))
        parts = np.linalg.norm(lab(cold) - lab(own)) + np.linalg.norm(lab(own) - lab(hot))
        assert parts == pytest.approx(whole, rel=0.02) and parts > 0
    assert temperature_colour(0.8) != temperature_colour(0.7)


def test_few_runs_are_hollow_dashed_and_said():
    for look in (style.temperature_look, style.network_look):
        what = 0.42 if look is style.temperature_look else "A"
        few, enough = look(what, runs=3), look(what, runs=4)
        assert few["mfc"] == "white" and few["ls"] != "-" and few["lw"] < enough["lw"]
        assert enough["mfc"] == enough["color"] and enough["ls"] == "-"
    assert style.name_of(0.42, 3) == "T = 0.42 (3 runs)"
    assert style.name_of(0.42, 1) == "T = 0.42 (1 run)"


def test_trend_joins_few_runs_by_a_dashed_line():
    figure, axis = plt.subplots()
    style.trend(axis, [0.4, 0.45, 0.5], [0.1, 0.2, 0.3], [0.01] * 3, [2, 10, 10],
                style.network_look("A") | {"label": "A"})
    first, second = axis.lines[:2]
    assert first.get_linestyle() == "--" and second.get_linestyle() == "-"
    full, hollow = axis.containers
    assert full.lines[0].get_xdata().tolist() == [0.45, 0.5]
    assert hollow.lines[0].get_xdata().tolist() == [0.4]
    assert hollow.lines[0].get_markerfacecolor() == "white"
    assert axis.get_legend_handles_labels()[1] == ["A"]


def test_bars_of_a_trend_are_95_percent_intervals_by_the_number_of_runs():
    figure, axis = plt.subplots()
    style.trend(axis, [0.4, 0.45, 0.5], [0.1, 0.2, 0.3], [0.01] * 3, [2, 4, 10],
                style.network_look("A"))
    halves = [(part[1, 1] - part[0, 1]) / 2 for container in axis.containers
              for part in container.lines[2][0].get_segments()]
    t = [scipy.stats.t.ppf(0.975, n - 1) for n in (4, 10, 2)]
    assert halves == pytest.approx([0.01 * one for one in t])


def drawn(figure):
    """Texts of a figure that are seen."""
    return [
        text for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text.axes is None
        or text.axes is not None and text.axes.get_visible() and text.get_text().strip()
    ]


@pytest.fixture(scope="module")
def several(tables, shown):
    accuracy, ceiling = tables["accuracy"].copy(), tables["ceiling"]
    accuracy.attrs["runs"] = {0.8: 10, 0.7: 2}
    out = {
        "correlation": figures.correlation_figure(accuracy, ceiling)[0],
        "accuracy": figures.accuracy_figure(accuracy, ceiling)[0],
        "ceiling": figures.ceiling_figure(ceiling)[0],
        "transfer": figures.transfer_figure(tables["transfer"])[0],
        "susceptibility": figures.susceptibility_figure(tables["susceptibility"])[0],
        "learning": figures.learning_figure(tables["learning-runs"],
                                            tables["learning-trajectories"])[0],
        "importance": figures.importance_figure(tables["importance"], ["network A"])[0],
        "reorientation": figures.reorientation_figure(tables["reorientation"])[0],
        "propensity": figures.propensity_figure(list(shown.values()))[0],
        "baselines": figures.baseline_figure(pd.concat([tables["baselines"], accuracy]),
                                             ["ridge A", "network B"], ceiling)[0],
        "transfer map": figures.transfer_map_figure(tables["transfer"])[0],
        "gain": figures.gain_figure(tables["susceptibility"].assign(runs=4))[0],
        "mobile": figures.mobile_figure(tables["mobile-number"])[0],
    }
    for figure in out.values():
        figure.canvas.draw()
    return out


def test_texts_are_large_enough(several):
    """On a page 772 pixels wide a point is 1.3 pixels; on a phone, 620 wide, 1.05."""
    for name, figure in several.items():
        sizes = {text.get_text(): text.get_fontsize() for text in drawn(figure)}
        assert min(sizes.values()) >= 9.5 * 0.7, name  # exponents of ticks are 0.7 of their size
        assert min(size for text, size in sizes.items() if "^" not in text) >= 9.5, name
        assert figure.get_figwidth() <= 9.6, name


def test_no_legend_lies_on_the_data(several):
    for name, figure in several.items():
        assert not any(axis.get_legend() for axis in figure.axes), name
        for legend in figure.legends:
            box = legend.get_window_extent()
            for axis in figure.axes:
                if axis.get_visible():
                    assert not box.overlaps(axis.get_tightbbox()), name
            assert 0 <= box.x0 and box.x1 <= figure.bbox.width, name


def test_save_writes_picture_and_numbers(shown, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_FIGURES", str(tmp_path / "figures"))
    figure, numbers = figures.propensity_figure(list(shown.values()))
    figures.save("figure-2", figure, numbers)
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == ["figure-2.csv", "figure-2.png"]
    picture = plt.imread(tmp_path / "figures" / "figure-2.png")
    assert min(picture.shape[:2]) > 200 and np.ptp(picture) > 0.5
    read = pd.read_csv(tmp_path / "figures" / "figure-2.csv")
    pd.testing.assert_frame_equal(read, numbers)
    figures.save("figure-2", figure, numbers)  # again is no error
    figures.save("all", None, numbers)
    new = {path.name for path in (tmp_path / "figures").iterdir()} - set(names)
    assert new == {"all.csv"}


def test_the_users_own_style_changes_nothing_and_is_left_alone(shown):
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30}):
        figure, _ = figures.propensity_figure(list(shown.values()))
        assert mpl.rcParams["font.size"] == 30
    plain, _ = figures.propensity_figure(list(shown.values()))
    one, other = figure.axes[0], plain.axes[0]
    assert one.get_facecolor() == other.get_facecolor() != (1, 0, 0, 1)
    assert one.xaxis.label.get_size() == other.xaxis.label.get_size() < 15


def test_every_figure_of_a_page_is_shown(tmp_path):
    """The first figure loads matplotlib's backend inside the style; the second counts too."""
    draw = (
        "from glasslib.figures.style import styled\nimport matplotlib.pyplot as plt\n"
        "figure = styled(lambda: plt.subplots(figsize=(1, 1))[0])()"
    )
    metadata = {"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}}
    node = new_notebook(cells=[new_code_cell(draw), new_code_cell(draw)], metadata=metadata)
    executed = execute_notebook(node, folder=tmp_path, echo=False)
    for cell in executed.cells:
        assert [list(output.data) for output in cell.outputs] == [["text/plain", "image/png"]]


def test_style_leaves_the_users_settings(monkeypatch):
    for interactive in (False, True):
        with mpl.rc_context({"font.size": 7.5}):
            mpl.interactive(interactive)
            assert styled(lambda: mpl.rcParams["font.size"])() == 11
            assert mpl.rcParams["font.size"] == 7.5 and mpl.is_interactive() is interactive
    mpl.interactive(False)
    assert figures.save  # the module under test is the one the pages import
