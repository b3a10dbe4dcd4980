"""Leaks, each measured by turning it off."""

from dataclasses import replace

import numpy as np
import pytest

from glasslib.results import baselines, leaks, networks
from results.examples import of_small, single_block, single_run


def test_crossing_takes_away_shared_noise_and_nothing_else(small, monkeypatch):
    """Two halves with equal signal: DW correlates with its own half through noise alone."""
    random = np.random.default_rng(1)
    signal = random.normal(size=len(small))
    halves = []
    for _ in range(2):
        chance = random.normal(size=len(small))
        halves.append(replace(
            small, debye_waller=signal + chance, targets=np.stack([signal + chance] * 2, 1)
        ))
    monkeypatch.setattr(leaks, "halves_of_blocks", lambda of, data: tuple(halves))
    table = leaks.leaks_in_ridge(of_small(small, monkeypatch, leaks, baselines))
    here = table[table["at_tau"] & (table["leak"] == "shared noise")]
    alone = here[here["model"] == "Debye–Waller alone"].set_index("variant")["rho"]
    assert alone["shared"] == pytest.approx(1) and alone["crossed"] == pytest.approx(0.5, abs=0.04)
    assert alone["difference"] == pytest.approx(alone["shared"] - alone["crossed"])
    standard = table[(table["leak"] == "standardisation") & (table["variant"] == "difference")]
    assert len(standard) == 8 and (standard["rho"].abs() < 0.02).all()


def test_halves_of_the_blocks_are_disjoint(one):
    data = networks.dataset(one)
    first, second = leaks.halves_of_blocks(one, data)
    place = one.times.debye_waller_index
    for half, number in ((first, 0), (second, 1)):
        expected = [blocks[number]["displacement"].T for blocks in one.blocks.values()]
        np.testing.assert_allclose(half.targets, np.concatenate(expected), rtol=1e-6)
        squares = [b[number]["squared_displacement"][place] for b in one.blocks.values()]
        np.testing.assert_allclose(half.debye_waller, np.concatenate(squares), rtol=1e-6)
    assert leaks.halves_of_blocks(single_block(one), data) is None
    assert leaks.halves_of_blocks(single_run(one), data) is None


def test_what_knows_no_structure_reads_the_training_rows_alone(one, monkeypatch):
    """Each seed predicts its test rows, and their own propensities are never read."""
    seen = []
    interpolated = leaks.interpolated

    def spy(configuration, values, known):
        seen.append(known)
        return interpolated(configuration, np.where(known[:, None], values, np.nan), known)

    monkeypatch.setattr(leaks, "interpolated", spy)
    table = leaks.without_structure(one)
    assert set(table["model"]) == {leaks.NO_STRUCTURE} and (table["seeds"] == 3).all()
    assert len(seen) == 3 * 2 and all(0.7 < known.mean() < 0.9 for known in seen)
    at_tau = table[table["at_tau"]].iloc[0]
    assert at_tau["rho"] > 3 * at_tau["rho_error"] > 0


def test_the_reach_of_the_leak_ends_with_the_whole_run(one):
    table = leaks.reach_of_leak(one)
    assert table["radius"].tolist() == list(leaks.HOLES)
    assert table["rho"].iloc[0] > table["rho"].iloc[-1]
    assert leaks.reach_of_leak(single_run(one)).empty


def test_second_generation_names_the_run(one):
    table = leaks.runs_recognised(one)
    assert table["generation"].tolist() == [0, 1, 2] and (table["chance"] == 0.5).all()
    assert table["recognised"].is_monotonic_increasing and table["recognised"].iloc[-1] > 0.95
    assert leaks.runs_recognised(single_run(one)).empty
