"""The look of all figures, and how they are saved."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from nbformat.v4 import new_code_cell, new_notebook

from glasslib import figures
from glasslib.figures.style import styled, temperature_colour
from glasslib.publishing.execute import execute_notebook


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


def test_the_users_own_style_changes_nothing_and_is_left_alone(shown):
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30}):
        figure, _ = figures.propensity_figure(list(shown.values()))
        assert mpl.rcParams["font.size"] == 30
    plain, _ = figures.propensity_figure(list(shown.values()))
    one, other = figure.axes[0], plain.axes[0]
    assert one.get_facecolor() == other.get_facecolor() != (1, 0, 0, 1)
    assert one.xaxis.label.get_size() == other.xaxis.label.get_size() < 15


def test_a_temperature_has_one_colour_and_neighbours_differ():
    colours = [temperature_colour(t) for t in (0.40, 0.42, 0.45, 0.50, 0.60)]
    gaps = [np.abs(np.subtract(a, b)).max() for a, b in zip(colours, colours[1:], strict=False)]
    assert min(gaps) > 0.05
    brightness = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b, _ in colours]
    assert brightness == sorted(brightness)  # cold is dark


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
            assert styled(lambda: mpl.rcParams["font.size"])() == 10
            assert mpl.rcParams["font.size"] == 7.5 and mpl.is_interactive() is interactive
    mpl.interactive(False)
    assert figures.save  # the module under test is the one the pages import
