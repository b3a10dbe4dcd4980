"""Shift and fluctuation of a Debye–Waller factor."""

import pytest

from glasslib import figures, results
from glasslib.results import short_time
from results.examples import single_run


def test_shift_and_fluctuation_beside_the_cage(one):
    parts = short_time.short_time_parts(one).set_index("quantity")
    assert parts["share"].sum() == pytest.approx(1, abs=1e-3)
    assert (parts[["rho_dw", "rho_cage"]] > 0.08).all(axis=None)  # four trajectories, hot


def test_models_are_told_apart(one):
    table = short_time.short_time(one)
    rho = table.set_index("model")["rho"]
    assert len(table) == 12 and rho["Debye–Waller factor alone"] > rho["shift alone"] > 0.2
    gain = rho["ridge A, shift and fluctuation, surroundings − ridge A"]
    assert gain == pytest.approx(rho["ridge A, shift and fluctuation, surroundings"]
                                 - rho["ridge A"])
    figure, numbers = figures.short_time_figure(table.assign(T=0.8))
    assert len(numbers) == 6 and len(figure.axes) == 1
    sentence = results.short_time_sentence(short_time.short_time_parts(one).assign(T=0.8),
                                           table.assign(T=0.8))
    assert sentence.startswith("T = 0.80: the shift is 0.")
    assert short_time.short_time(single_run(one)).empty
