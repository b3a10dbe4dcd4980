"""ρ(t) and ρ(τ_α), of A and B and of other models."""

import numpy as np
import pandas as pd

from figures.checks import check
from glasslib import figures


def test_correlation_figure(tables):
    accuracy, ceiling = tables["accuracy"], tables["ceiling"]
    figure, numbers = figures.correlation_figure(accuracy, ceiling)
    columns = ["split", "network", "T", "t", "rho", "rho_error", "ceiling", "at_tau"]
    check(figure, numbers, columns, r"\rho(t)", r"$t$")
    assert len(figure.axes) == 6 and len(numbers) == 2 * 3 * 2 * 10
    own = ceiling[(ceiling["kind"] == "pooled") & ceiling["own"] & (ceiling["T"] == 0.8)]
    here = numbers[(numbers["T"] == 0.8) & (numbers["network"] == "A")]
    for by in ("row", "run"):
        line = here[here["split"] == by]
        np.testing.assert_allclose(line["ceiling"], own["ceiling"])
        wanted = accuracy.query("T == 0.8 and split == @by and model == 'network A'")
        np.testing.assert_allclose(line["rho"], wanted["rho"])
    drawn = figure.axes[2].containers[0].lines[0].get_ydata().astype(float)
    np.testing.assert_allclose(drawn, here[here["split"] == "run"]["rho"])
    alone, _ = figures.correlation_figure(accuracy[accuracy["split"] == "row"], ceiling)
    assert sum(axis.get_visible() for axis in alone.axes) == 3  # one run: none to hold out
    difference = numbers[(numbers["network"] == "A − B") & (numbers["split"] == "run")]
    wanted = accuracy.query("split == 'run' and model == 'network A − network B'")
    np.testing.assert_allclose(difference["rho"], wanted["rho"])
    drawn = figure.axes[5].containers[0].lines[0].get_ydata().astype(float)
    np.testing.assert_allclose(drawn, difference[difference["T"] == 0.8]["rho"])


def test_accuracy_figure(tables):
    figure, numbers = figures.accuracy_figure(tables["accuracy"], tables["ceiling"])
    columns = ["split", "model", "T", "rho", "rho_error", "ceiling"]
    check(figure, numbers, columns, "$T$", r"\rho(t = \tau_\alpha)")
    assert len(figure.axes) == 2 and len(numbers) == 8
    drawn = figure.axes[1].containers[1].lines[0].get_ydata().astype(float)
    wanted = numbers[(numbers["split"] == "run") & (numbers["model"] == "network B")]["rho"]
    np.testing.assert_allclose(drawn, wanted)
    shifted = tables["accuracy"].assign(rho=tables["accuracy"]["rho"] + 0.1)
    figure, numbers = figures.accuracy_figure(tables["accuracy"], tables["ceiling"], shifted)
    assert len(figure.axes) == 3 and numbers["split"].value_counts()["equal"] == 4
    by_split = numbers.groupby("split")["rho"].mean()
    assert np.isclose(by_split["equal"], by_split["run"] + 0.1)
    nothing = tables["ceiling"].assign(ceiling=np.nan, ceiling_error=np.nan)
    figures.accuracy_figure(tables["accuracy"], nothing)[0].canvas.draw()


def test_shape_figure():
    at = {"split": ["row", "row", "run"], "T": [0.8, 0.7, 0.8], "model": "network B"}
    shape = pd.DataFrame(at | {"feature": "dip near t = 1", "value": [0.1, -0.2, 0.3],
                               "value_error": 0.02})
    shape = pd.concat([shape, shape.assign(model="network A", feature="highest near τ_α")])
    figure, numbers = figures.shape_figure(shape)
    check(figure, numbers, ["split", "case", "T", "value", "value_error"], "difference")
    left, right = figure.axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["B: dip near t = 1", r"A: highest near $\tau_\alpha$"]  # A above
    points = right.containers[0].lines[0].get_xydata()  # T = 0.80; none at 0.70
    assert points[:, 0].tolist() == [0.3, 0.3] and points[:, 1].round().tolist() == [0, 1]


def test_model_figure(tables):
    baselines, ceiling = tables["baselines"], tables["ceiling"]
    models = {"ridge A": "A", "ridge B": "B", "no such model": "none"}
    figure, numbers = figures.model_figure(baselines[baselines["split"] == "run"], models, ceiling)
    check(figure, numbers, ["T", "model", "t", "rho", "rho_error"], r"\rho(t)")
    assert set(numbers["model"]) == {"A", "B"} and len(numbers) == 2 * 2 * 10
