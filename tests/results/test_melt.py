"""Equilibration and checks of the fixed ensemble."""

from types import SimpleNamespace

import numpy as np
import pytest

from glasslib import results
from glasslib.results import melt


def test_checks_of_the_trajectories(shown):
    table = results.checks(shown)
    assert (table["centre of mass (σ)"].astype(float) < 1e-9).all()
    assert (table["energy drift, worst (ε)"].astype(float) < 2e-3).all()
    worst = table["temperature, worst run"].str.rstrip("%").astype(float)
    assert worst.tolist() == pytest.approx([-1.33, 1.62])


def test_equilibration_table(shown):
    table = results.equilibration_table(shown)
    assert list(table.index) == [("0.80", 0), ("0.80", 1), ("0.70", 0), ("0.70", 1)]
    assert (table["time (τ)"] == 64).all()
    np.testing.assert_allclose(table["time (τ)"] / table["τ_ee"], table["in τ_ee"])
    np.testing.assert_allclose(
        table["τ_α, window 1"], [1.866165, 1.883027, 3.177274, 3.301119], rtol=1e-6
    )


def test_drift_is_noticed():
    noise = np.random.default_rng(0).normal(size=3000)
    assert abs(melt.drift(noise)) < 3.5
    late = np.arange(3000) >= 2000
    assert melt.drift(noise + late) > 10
    assert melt.drift(noise - late) < -10


def runs_on_the_law(temperature, n, above=0.0, noise=0.001, seed=0):
    """A temperature whose n runs lie on −7 + 2 T^(3/5), each at its own kinetic temperature."""
    random = np.random.default_rng([seed, int(1000 * temperature)])
    runs = {}
    for run in range(n):
        kinetic = temperature + 0.002 * random.normal()
        energy = -7 + 2 * kinetic**0.6 + above + noise * random.normal()
        runs[run] = Run({"production_potential": np.array([energy - 0.1, energy + 0.1])})
        runs[run].attrs = {"mean_kinetic_temperature": kinetic}
    return SimpleNamespace(runs=runs, profile="companion", temperature=temperature)


class Run(dict):
    """Arrays and attributes of a run's file."""


def melts(above, n=10, seed=0):
    numbers = {0.6: 10, 0.5: 10, 0.45: 10, 0.4: n}
    return {
        t: runs_on_the_law(t, number, above if t < 0.45 else 0, seed=seed)
        for t, number in numbers.items()
    }


def test_a_liquid_that_kept_energy_is_off_the_law():
    for above, verdict in ((0.0, "not seen to be off the law"), (0.01, "off the law")):
        table = results.energy_table(melts(above))
        assert table["verdict"].tolist() == ["fixes the law"] * 3 + [verdict]
        value, error = map(float, table.loc["0.40", "δU (ε)"].split(" ± "))
        assert value == pytest.approx(above, abs=3 * error) and 0.0003 < error < 0.001
    # δT = δU / (dU/dT), with dU/dT = 2 · 0.6 · 0.4^−0.4.
    warmer = float(table.loc["0.40", "energy of T +"])
    assert warmer == pytest.approx(value / (1.2 * 0.4**-0.4), abs=2e-4)
    assert "above the law (10 runs), more than the error allows" in results.energy_sentence(
        melts(0.01)
    )
    [(where, value, error, runs)] = results.energy_rows(melts(0.01))
    assert where == "T = 0.40" and runs == 37 and value == pytest.approx(0.01, abs=3 * error)
    assert "no more than" in results.energy_sentence(melts(0.0))


def test_error_of_two_runs_is_not_their_own_scatter():
    """The common scatter covers the truth as it should, that of two runs does not."""
    hits = 0
    for seed in range(200):
        row = results.energy_table(melts(0.0, 2, seed)).loc["0.40"]
        hits += row["verdict"] != "off the law"
    assert 0.90 <= hits / 200 <= 0.99


def test_the_law_needs_two_temperatures(shown):
    alone = melts(0.0)
    assert results.energies({0.4: alone[0.4]})[0]["residual"].isna().all()
    assert "nothing fixes the law" in results.energy_sentence({0.4: alone[0.4]})
    assert results.energy_table({0.4: alone[0.4]})["verdict"].tolist() == ["no law to compare with"]
    table, law = results.energies(shown)
    assert len(table) == 4 and abs(table["residual"].mean()) < 1e-10
    assert law.coefficients[1] > 0


def test_the_worst_of_the_checks_is_said(shown):
    told, table = results.checks_sentence(shown), results.checks(shown)
    worst = table["energy drift, worst (ε)"].astype(float)
    assert f"at most {worst.max():.4f} ε over a trajectory, at T = {worst.idxmax()}" in told
    assert "by +1.62 %, at T = 0.70" in told
    assert results.checks_sentence({}) == "No temperature has trajectories yet."
