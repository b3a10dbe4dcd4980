"""The melt: S(q) and the memory of its chains."""

import pytest

from figures.checks import check
from glasslib import figures


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


def test_energy_figure(shown):
    figure, numbers = figures.energy_figure(shown)
    check(figure, numbers, ["T", "run", "kinetic", "energy", "residual"], "kinetic", "T^{3/5}")
    assert len(numbers) == 4
