"""The melt: S(q) and the memory of its chains."""

import pytest

from figures.checks import check
from glasslib import figures, results
from glasslib.figures import melt


def test_melt_figure(shown):
    figure, numbers = figures.melt_figure(list(shown.values()))
    check(figure, numbers, ["panel", "T", "run", "x", "y"], "S(q)", "C_{ee}")
    for t, one in numbers[numbers["panel"] == "structure"].groupby("T"):
        peak = one.loc[one["y"].idxmax()]
        assert peak["x"] == pytest.approx(shown[t].times.q_peak, abs=0.2)  # steps of 0.1, noise
        assert 2 < peak["y"] < 5
    memory = numbers[numbers["panel"] == "end_to_end"]
    assert set(memory["run"]) == {-1, 0, 1} and memory["y"].max() <= 1
    assert memory.groupby(["T", "run"])["y"].first().min() > 0.9


def test_equilibration_figure_names_the_runs_that_drift(shown, monkeypatch):
    figure, numbers = figures.equilibration_figure(shown)
    check(figure, numbers, list(results.equilibration_table(shown).reset_index()), "change /")
    assert len(numbers) == 4 and len(figure.axes) == 3
    most = numbers["Δ energy (σ)"].abs().max()
    monkeypatch.setattr(melt, "_DRIFT", most - 1e-6)
    named = [text.get_text() for text in figures.equilibration_figure(shown)[0].axes[0].texts]
    assert named == [str(numbers.loc[numbers["Δ energy (σ)"].abs().idxmax(), "run"])]


@pytest.mark.parametrize("asked", [{}, {"exponent": 0.9}, {"law_from": 0.7}])
def test_energy_figure(shown, asked):
    figure, numbers = figures.energy_figure(shown, **asked)
    exponent = asked.get("exponent", 0.6)
    check(figure, numbers, ["T", "run", "kinetic", "energy", "residual"], "kinetic",
          f"T^{{{exponent:g}}}")
    assert len(numbers) == 4
