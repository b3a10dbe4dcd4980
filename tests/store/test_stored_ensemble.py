"""Ensembles and their times as the store loads them: which runs, means, parts and consistency."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glasslib import store
from glasslib.configuration import Configuration
from glasslib.errors import DataError
from glasslib.parameters import get_protocol
from glasslib.structure.energy import potential_energy

N = 1500


# ------------------------------------------------------------------------------------- times
def some_times():
    return store.Times(
        3.2, 0.1, (0, 1), 7.15, np.array([0.01, 1.0, 3.2, 9.6]), np.array([0.01, 0.5, 1, 3.2, 9.6])
    )


def test_times_are_written_once_and_read_exactly(empty):
    store.write_times(0.5, "lab", some_times())
    there = store.read_times(0.5, "lab")
    for name in ("tau_alpha", "tau_alpha_error", "runs", "q_peak"):
        assert getattr(there, name) == getattr(some_times(), name)
    np.testing.assert_array_equal(there.times, some_times().times)
    np.testing.assert_array_equal(there.fine_times, some_times().fine_times)
    assert (there.tau_index, there.debye_waller_index) == (2, 1)
    with pytest.raises(DataError, match="T0.500/times.json exists; the times stay fixed"):
        store.write_times(0.5, "lab", replace(some_times(), tau_alpha=5.0))
    content = json.loads((empty / "T0.500" / "times.json").read_text())
    assert content["tau_alpha"] == 3.2 and "units" in content


def test_times_of_the_fixed_ensemble_match_its_blocks(shown):
    for one in shown.values():
        assert {1.0, one.times.tau_alpha} <= set(one.times.times)
        assert set(one.times.times) <= set(one.times.fine_times)
        for blocks in one.blocks.values():
            for block in blocks:
                np.testing.assert_array_equal(block["time"], one.times.times)
                np.testing.assert_array_equal(block["fine_time"], one.times.fine_times)


# ---------------------------------------------------------------------------- which runs count
def test_a_temperature_counts_from_its_first_block_and_its_times_on(copy):
    for path in copy.glob("T0.800/run00-block*"):
        path.unlink()
    assert store.available("smoke") == {0.8: [1], 0.7: [0, 1]}
    (copy / "T0.700" / "times.json").unlink()
    assert store.available("smoke") == {0.8: [1]}
    one = store.load_ensemble(0.8, "smoke")
    assert list(one.runs) == [1] and one.propensity.shape == (1, N, 10)


def test_runs_count_before_their_blocks_and_times(copy):
    for path in [*copy.glob("T0.800/run00-block*"), *copy.glob("T0.700/run*-block*")]:
        path.unlink()
    (copy / "T0.700" / "times.json").unlink()
    assert store.equilibrated("smoke") == {0.8: [0, 1], 0.7: [0, 1]}
    some = store.load_runs(0.8, "smoke")
    assert list(some.runs) == [0, 1] and some.n_trajectories == {0: 0, 1: 4}
    assert some.propensity.shape == (1, N, 10)
    none = store.load_runs(0.7, "smoke")
    assert list(none.runs) == [0, 1] and none.blocks == {} and none.times is None
    assert none.describe() == (
        "T = 0.70: 2 runs of 1,500 monomers, no trajectories (smoke profile)"
    )
    with pytest.raises(DataError, match=r"no data at temperature 0.55 in profile smoke \(there: 0"):
        store.load_runs(0.55, "smoke")


def test_temperature_without_data_lists_those_with(smoke):
    with pytest.raises(DataError) as caught:
        store.load_ensemble(0.55, "smoke")
    assert str(caught.value) == (
        "no data at temperature 0.55 in profile smoke (there: 0.8, 0.7); make them with"
        " 'glasslib simulate 0.55 --profile smoke'"
    )
    with pytest.raises(DataError, match=r"profile lab \(there: none\)"):
        store.load_ensemble(0.55, "lab")


# ------------------------------------------------------------------------------ means and parts
def test_means_over_blocks_of_unequal_size_weigh_trajectories(shown):
    one = shown[0.8]
    first, second = one.blocks[0]
    three = np.repeat(second["exceeding"][:1], 3, axis=0)
    second = replace(second, arrays=second.arrays | {"exceeding": three})
    uneven = replace(one, blocks={0: [first, second]})
    assert uneven.n_trajectories == {0: 5, 1: 0}
    a, b = (block["displacement"].astype(float).T for block in (first, second))
    np.testing.assert_allclose(uneven.propensity[0], (2 * a + 3 * b) / 5, rtol=1e-12)


def test_parts_of_an_ensemble_are_means_over_their_blocks(shown):
    one = shown[0.8]
    first, second = one.part(0, 1), one.part(1)
    assert first.n_trajectories == second.n_trajectories == {0: 2, 1: 2}
    for part, place in ((first, 0), (second, 1)):
        blocks = [one.blocks[run][place] for run in one.runs]
        for name in ("displacement", "p2_loss"):
            expected = [block[name].astype(float).T for block in blocks]
            np.testing.assert_array_equal(part.mean(name), expected)
        square = [block["squared_displacement"][one.times.debye_waller_index] for block in blocks]
        np.testing.assert_array_equal(part.debye_waller, square)
    both = (first.propensity + second.propensity) / 2
    np.testing.assert_array_equal(both, one.propensity)
    np.testing.assert_array_equal(one.part(0).propensity, one.propensity)
    np.testing.assert_array_equal(one.part(-1).propensity, second.propensity)


def test_a_part_leaves_out_runs_without_its_blocks(shown):
    one = shown[0.8]
    uneven = replace(one, blocks={0: one.blocks[0][:1], 1: one.blocks[1]})
    second = uneven.part(1, 2)
    assert list(second.runs) == list(second.blocks) == [1]
    np.testing.assert_array_equal(second.propensity[0], one.part(1).propensity[1])
    assert uneven.part(2).runs == {} and uneven.n_trajectories == {0: 2, 1: 4}


def test_ensemble_in_shapes_and_words(shown):
    one = shown[0.7]
    assert one.propensity.shape == (2, N, 10) and one.debye_waller.shape == (2, N)
    assert one.n_trajectories == {0: 4, 1: 4}
    assert one.mean("p1_loss").shape == (2, N * 4 // 5, 10)
    assert one.describe() == (
        "T = 0.70: 2 runs of 1,500 monomers, 4 trajectories each (smoke profile)"
    )
    assert one.melt == get_protocol("smoke").melt


def test_stored_averages_are_consistent(shown):
    for one in shown.values():
        times = one.times
        places = np.searchsorted(times.fine_times, times.times)
        for run, blocks in one.blocks.items():
            for block in blocks:
                r2 = block["squared_displacement"].mean(axis=1)
                msd = block["msd"][:, places].mean(axis=0)
                np.testing.assert_allclose(r2, msd, rtol=2.0**-11)
                r = block["displacement"]
                bits = 1 + 2.0**-9
                assert (r**2 <= block["squared_displacement"] * bits + 1e-12).all()
                count = block["exceeding"]
                assert (np.diff(count, axis=2) <= 0).all() and count.max() <= N
                assert np.abs(block["energy"] - block["energy"][:, :1]).max() < 0.02
                assert block["centre_of_mass_drift"].max() < 1e-9
                assert block.attrs["tau_alpha"] == times.tau_alpha
            assert one.runs[run].attrs["temperature"] == one.temperature


def test_stored_energies_are_those_of_the_stored_configurations(shown):
    for one in shown.values():
        for run, data in one.runs.items():
            u = potential_energy(one.configuration(run), one.melt).sum()
            assert u == pytest.approx(data.attrs["potential_energy"], rel=1e-6)
            box, bonds = data["box"], data["bonds"]
            below = Configuration(data["inherent_positions"], box, bonds)
            inherent = potential_energy(below, one.melt).sum()
            assert inherent == pytest.approx(data.attrs["inherent_structure_energy"], rel=1e-5)
            assert inherent < u - N
            assert one.configuration(run).density == pytest.approx(1.02, rel=1e-9)
