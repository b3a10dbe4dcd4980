"""Each figure on the fixed ensemble: it can be drawn, says its axes, and returns its numbers."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.spatial import cKDTree

from glasslib import figures, results
from glasslib.configuration import Configuration
from glasslib.dynamics.relaxation import decay_time
from glasslib.figures.maps import slice_map
from glasslib.figures.style import temperature_colour
from glasslib.structure.descriptors import structural_descriptors

N = 1500


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def labels(figure):
    return " | ".join(a.get_xlabel() + " " + a.get_ylabel() for a in figure.axes)


def check(figure, numbers, columns, *words):
    """What holds for every figure."""
    assert isinstance(figure, Figure) and isinstance(numbers, pd.DataFrame)
    assert list(numbers.columns) == columns and len(numbers) > 0
    for word in words:
        assert word in labels(figure)
    figure.canvas.draw()


def test_relaxation_figure(shown):
    curves = [results.relaxation_curve(one) for one in shown.values()]
    figure, numbers = figures.relaxation_figure(curves)
    check(figure, numbers, ["panel", "T", "x", "y", "y_error"], "F_s", "1/T", r"\tau_\alpha")
    left, right = figure.axes
    assert left.get_xscale() == "log" and right.get_yscale() == "log"
    arrhenius = numbers[numbers["panel"] == "arrhenius"]
    np.testing.assert_allclose(arrhenius["x"], [1 / 0.8, 1 / 0.7])
    np.testing.assert_allclose(arrhenius["y"], [1.930464215, 3.203596049], rtol=1e-6)
    np.testing.assert_allclose(arrhenius["y_error"], [0.1333061193, 0.1009443278], rtol=1e-6)
    for t, one in numbers[numbers["panel"] == "scattering"].groupby("T"):
        assert one["y"].max() <= 1 and (np.diff(one["x"]) > 0).all()
        tau = decay_time(one["x"].values, one["y"].values)
        assert tau == pytest.approx(shown[t].times.tau_alpha, rel=0.05)
    assert "vft" not in set(numbers["panel"])  # two temperatures give no law


def test_relaxation_figure_draws_a_law_through_three(shown):
    from dataclasses import replace

    one = results.relaxation_curve(shown[0.8])
    law = {0.6: 9.0, 0.5: 30.0, 0.45: 90.0}
    curves = [replace(one, temperature=t, tau_alpha=tau) for t, tau in law.items()]
    figure, numbers = figures.relaxation_figure(curves)
    drawn = numbers[numbers["panel"] == "vft"].sort_values("T")
    for t, tau in law.items():
        assert np.exp(np.interp(t, drawn["T"], np.log(drawn["y"]))) == pytest.approx(tau, rel=0.01)
    assert "VFT" in figure.axes[1].get_legend().get_texts()[0].get_text()


def test_propensity_figure(shown):
    figure, numbers = figures.propensity_figure(list(shown.values()))
    check(figure, numbers, ["panel", "T", "x", "y", "y_error"], r"\Delta r", "probability density")
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"
    mean = numbers[numbers["panel"] == "mean"].set_index(["T", "x"])
    assert mean.loc[(0.8, 1.93), "y"] == pytest.approx(0.3250896505, rel=1e-6)
    assert mean.loc[(0.7, 3.2), "y"] == pytest.approx(0.3343941447, rel=1e-6)
    assert mean.loc[(0.7, 3.2), "y_error"] == pytest.approx(0.003581787109, rel=1e-6)
    assert mean.loc[(0.8, 1.0), "y"] == pytest.approx(0.27933339945, rel=1e-6)
    for t, one in numbers[numbers["panel"] == "distribution"].groupby("T"):
        width = np.diff(one["x"]).mean()
        assert len(one) == 50 and one["y"].sum() * width == pytest.approx(1, abs=1e-6)
        first_moment = (one["x"] * one["y"]).sum() * width
        assert first_moment == pytest.approx({0.8: 0.32509, 0.7: 0.33439}[t], rel=0.01)


def test_melt_figure(shown):
    figure, numbers = figures.melt_figure(list(shown.values()))
    check(figure, numbers, ["panel", "T", "run", "x", "y"], "S(q)", "C_{ee}")
    for t, one in numbers[numbers["panel"] == "structure"].groupby("T"):
        peak = one.loc[one["y"].idxmax()]
        assert peak["x"] == pytest.approx(shown[t].times.q_peak, abs=0.2)  # steps of 0.1, noise
        assert 2 < peak["y"] < 5
    memory = numbers[numbers["panel"] == "end_to_end"]
    assert set(memory["run"]) == {0, 1} and memory["y"].max() <= 1
    assert memory.groupby(["T", "run"])["y"].first().min() > 0.9


def test_descriptor_figure(shown):
    one = shown[0.8]
    table = structural_descriptors(one.configuration(0), melt=one.melt)
    figure, numbers = figures.descriptor_figure(table)
    columns = ["family", "generation", "r", "mean", "deviation"]
    check(figure, numbers, columns, "$r$", "standard deviation / mean")
    titles = [axis.get_title() for axis in figure.axes]
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


# ------------------------------------------------------------------------------------ networks
def test_maps_figure(shown, predictions):
    figure, numbers = figures.maps_figure(results.map_columns(shown, predictions))
    check(figure, numbers, ["T", "field", "x", "y", "propensity"], "$x$", "$y$", "network A")
    assert len(numbers) == 2 * 3 * 120 * 120
    assert numbers["propensity"].notna().all()
    one = shown[0.8]
    true = numbers[(numbers["T"] == 0.8) & (numbers["field"] == "true")]["propensity"]
    values = one.propensity[0, :, one.times.tau_index]
    assert values.min() < true.min() < true.mean() < true.max() < values.max()
    assert true.mean() == pytest.approx(values.mean(), rel=0.1)


def test_slice_map_is_periodic_linear_and_where_it_says():
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 13, (4000, 3))  # out of the box on both sides
    here = Configuration(x, np.full(3, 10.0))
    wave = np.cos(2 * np.pi * x[:, 0] / 10) + 10 * (here.wrapped().positions[:, 2] > 6)
    grid, field = slice_map(here, wave, z=2.0, points=21)
    assert field.shape == (21, 21) and np.isfinite(field).all()
    np.testing.assert_allclose(grid, np.linspace(0, 10, 21))
    expected = np.broadcast_to(np.cos(2 * np.pi * grid / 10), (21, 21))  # x along the second axis
    np.testing.assert_allclose(field, expected, atol=0.12)
    np.testing.assert_allclose(field[:, 0], field[:, -1], atol=1e-9)
    np.testing.assert_allclose(field[0], field[-1], atol=1e-9)
    across = slice_map(here, here.wrapped().positions[:, 2], z=0.0, points=9)[1]
    assert (across.min() < 0.5) and (across.max() > 9.5)  # a slice at the edge takes both sides


# --------------------------------------------------------------------------- result tables
@pytest.fixture(scope="module")
def tables(shown, smoke_var):
    """Result tables of the warmer ensemble, networks of two epochs; the colder one repeats them."""
    from pathlib import Path

    from glasslib.parameters import NetworkSettings
    from glasslib.results import (
        baselines,
        ceiling,
        correlation,
        debye_waller,
        learning_curves,
        susceptibility,
        transfer,
    )

    quick = dict.fromkeys("AB", NetworkSettings(epochs=2))
    settings, of = {"row": quick, "run": quick}, shown[0.8]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSLIB_DATA", str(Path(__file__).resolve().parents[1] / "data"))
        patch.setenv("GLASSLIB_VAR", str(smoke_var))
        out = {
            "accuracy": correlation.accuracy(of, settings),
            "susceptibility": susceptibility.susceptibilities(of, settings),
            "ceiling": ceiling.ceilings(of),
            "baselines": baselines.baselines(of),
            "importance": debye_waller.importance(of, settings),
            "reorientation": debye_waller.reorientation(of),
            "learning-runs": learning_curves.learning_runs(of),
            "learning-trajectories": learning_curves.learning_trajectories(of),
        }
        out = {
            name: pd.concat([table.assign(T=0.8), table.assign(T=0.7)], ignore_index=True)
            for name, table in out.items()
        }
        out["transfer"] = transfer.transfers(shown, settings)
    return out


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


def test_transfer_figure(tables):
    figure, numbers = figures.transfer_figure(tables["transfer"])
    columns = ["split", "network", "trained", "applied", "rho", "rho_error"]
    check(figure, numbers, columns, "of application", r"\rho(t = \tau_\alpha)")
    assert len(numbers) == 16 and len(figure.axes) == 4
    lines = figure.axes[3].containers  # B, runs held out; one a training temperature
    drawn = [line.lines[0].get_ydata().astype(float) for line in lines]
    wanted = numbers[(numbers["split"] == "run") & (numbers["network"] == "B")]
    for ys, (_, part) in zip(drawn, wanted.groupby("trained", sort=False), strict=True):
        np.testing.assert_allclose(ys, part.sort_values("applied")["rho"])


def test_susceptibility_figures(tables):
    table = tables["susceptibility"]
    columns = ["T", "split", "curve", "t", "chi4", "chi4_error"]
    figure, numbers = figures.susceptibility_figure(table)
    check(figure, numbers, columns, r"\chi_4(t)", r"$t$")
    assert len(numbers) == 2 * 5 * 10
    four = pd.concat([table, table.assign(T=table["T"] - 0.2)])
    grid, _ = figures.susceptibility_figure(four)
    assert [axis.get_visible() for axis in grid.axes] == [True] * 4 + [False] * 2
    figure, numbers = figures.trajectory_figure(table)
    check(figure, numbers, columns, r"\chi_4(t)")
    by_curve = numbers[numbers["T"] == 0.8].pivot(index="t", columns="curve", values="chi4")
    np.testing.assert_allclose(
        by_curve["trajectories"],
        by_curve["within configurations"] + by_curve["between configurations"],
    )


def test_ceiling_figure(tables):
    figure, numbers = figures.ceiling_figure(tables["ceiling"])
    check(figure, numbers, ["panel", "T", "x", "y", "y_error", "direct"], "trajectories", "highest")
    amounts = numbers[(numbers["panel"] == "trajectories") & (numbers["T"] == 0.8)]
    assert amounts["x"].tolist() == [2, 4] and amounts["y"].is_monotonic_increasing
    assert amounts["direct"].notna().tolist() == [True, False]
    nothing = tables["ceiling"].assign(ceiling=np.nan, reliability=np.nan)
    figure, numbers = figures.ceiling_figure(nothing)  # single blocks everywhere
    assert numbers.empty
    figure.canvas.draw()


def test_model_and_baseline_figures(tables):
    baselines, ceiling = tables["baselines"], tables["ceiling"]
    models = {"ridge A": "A", "ridge B": "B", "no such model": "none"}
    figure, numbers = figures.model_figure(baselines[baselines["split"] == "run"], models, ceiling)
    check(figure, numbers, ["T", "model", "t", "rho", "rho_error"], r"\rho(t)")
    assert set(numbers["model"]) == {"A", "B"} and len(numbers) == 2 * 2 * 10
    shown_models = ["energy alone", "Debye–Waller alone", "ridge B", "trees A", "network A"]
    both = pd.concat([baselines, tables["accuracy"]])
    figure, numbers = figures.baseline_figure(both, shown_models, ceiling)
    check(figure, numbers, ["split", "T", "model", "rho", "rho_error"], r"\rho(\tau_\alpha)")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == shown_models
    assert len(numbers) == 2 * (5 + 4)  # trees hold out runs only


def test_importance_learning_and_reorientation_figures(tables):
    figure, numbers = figures.importance_figure(tables["importance"], ["network A", "network B"])
    check(figure, numbers, ["model", "group", "T", "drop", "drop_error"], "fall of")
    assert "Debye–Waller" in {label.get_text() for label in figure.axes[0].get_yticklabels()}
    figure, numbers = figures.learning_figure(
        tables["learning-runs"], tables["learning-trajectories"]
    )
    check(figure, numbers, ["panel", "T", "model", "x", "rho", "rho_error"], "runs that train")
    assert not numbers["model"].str.contains("−").any()
    figure, numbers = figures.reorientation_figure(tables["reorientation"])
    check(figure, numbers, ["pair", "T", "t", "rho", "rho_error"], r"\rho(t)")
    assert len(numbers) == 4 * 2 * 10


# --------------------------------------------------------------------------------------- style
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
