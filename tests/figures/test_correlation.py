"""ρ(t) and ρ(τ_α), of A and B and of other models."""

import numpy as np

from figures.checks import check
from glasslib import figures


def test_correlation_figure(tables):
    accuracy, ceiling = tables["accuracy"], tables["ceiling"]
    figure, numbers = figures.correlation_figure(accuracy, ceiling)
    columns = ["split", "network", "T", "t", "rho", "rho_error", "ceiling", "at_tau"]
    check(figure, numbers, columns, r"\rho(t)", r"$t$")
    assert len(figure.axes) == 4 and len(numbers) == 2 * 2 * 2 * 10
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
    assert len(alone.axes) == 2  # one run: none to hold out


def test_accuracy_figure(tables):
    figure, numbers = figures.accuracy_figure(tables["accuracy"], tables["ceiling"])
    columns = ["split", "model", "T", "rho", "rho_error", "ceiling"]
    check(figure, numbers, columns, "$T$", r"\rho(t = \tau_\alpha)")
    assert len(figure.axes) == 2 and len(numbers) == 8
    drawn = figure.axes[1].containers[1].lines[0].get_ydata().astype(float)
    wanted = numbers[(numbers["split"] == "run") & (numbers["model"] == "network B")]["rho"]
    np.testing.assert_allclose(drawn, wanted)
    nothing = tables["ceiling"].assign(ceiling=np.nan, ceiling_error=np.nan)
    figures.accuracy_figure(tables["accuracy"], nothing)[0].canvas.draw()


def test_model_figure(tables):
    baselines, ceiling = tables["baselines"], tables["ceiling"]
    models = {"ridge A": "A", "ridge B": "B", "no such model": "none"}
    figure, numbers = figures.model_figure(baselines[baselines["split"] == "run"], models, ceiling)
    check(figure, numbers, ["T", "model", "t", "rho", "rho_error"], r"\rho(t)")
    assert set(numbers["model"]) == {"A", "B"} and len(numbers) == 2 * 2 * 10
