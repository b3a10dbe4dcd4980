"""The data files: written once and whole, verified when read, and what they hold is consistent."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glasslib import files, paths, store
from glasslib.configuration import Configuration
from glasslib.errors import DataError
from glasslib.parameters import get_protocol
from glasslib.store.schema import spent_seconds
from glasslib.structure.energy import potential_energy

N = 1500
DATA = Path(__file__).resolve().parents[1] / "data"
#: Files that are compared with xarray's reading: all of the fixed ensemble, some of the book's.
SHIPPED = [
    *sorted(DATA.glob("ensembles/smoke/T*/*.nc")),
    *sorted(paths.root().glob("data/ensembles/companion/T*/run00*00.nc")),
]


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A data folder without data."""
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    return tmp_path / "data" / "ensembles" / "lab"


@pytest.fixture
def copy(empty):
    """A copy of the fixed ensemble that a test may damage."""
    target = empty.parent / "smoke"
    shutil.copytree(DATA / "ensembles" / "smoke", target)
    return target


def small(value=1.0):
    return xr.Dataset({"x": (("n",), np.arange(5) * value), "s": ((), 2)}, attrs={"a": "b"})


# ----------------------------------------------------------------------------------- writing
def test_what_is_written_is_read(empty):
    path = store.run_path(0.5, "lab", 3)
    store.write(small(), path)
    assert path == empty / "T0.500" / "run03.nc"
    there = store.read(path)
    assert set(there.arrays) == {"x", "s"} and there.attrs == {"a": "b"}
    np.testing.assert_array_equal(there["x"], np.arange(5.0))
    assert there["s"] == 2 and "y" not in there
    assert path.stat().st_mode & 0o777 == 0o644
    assert store.verify_all("lab") == 1


def test_a_file_is_never_rewritten(empty):
    path = store.block_path(0.5, "lab", 0, 1)
    store.write(small(), path)
    before = path.read_bytes(), (empty / "registry.txt").read_text()
    with pytest.raises(DataError, match="run00-block01.nc exists; data files are written once"):
        store.write(small(2.0), path)
    assert (path.read_bytes(), (empty / "registry.txt").read_text()) == before


def test_an_error_while_saving_leaves_nothing(tmp_path):
    def save(target):
        target.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        files.write_atomically(tmp_path / "new" / "file.nc", save)
    assert list((tmp_path / "new").iterdir()) == []
    whole = tmp_path / "whole.txt"
    whole.write_text("whole")
    with pytest.raises(OSError, match="disk full"):
        files.write_atomically(whole, save)
    assert [p.read_text() for p in tmp_path.glob("*.txt")] == ["whole"]
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_dataset_that_cannot_be_written_leaves_nothing(empty):
    bad = xr.Dataset({"x": (("n",), np.array([object(), object()], dtype=object))})
    with pytest.raises((TypeError, ValueError)):
        store.write(bad, store.run_path(0.5, "lab", 0))
    assert list((empty / "T0.500").iterdir()) == []
    assert store.read_registry(empty / "registry.txt") == {}


def test_registry_is_sorted_and_holds_every_file_once(empty):
    for run in (2, 0, 1):
        store.write(small(run), store.run_path(0.5, "lab", run))
    lines = (empty / "registry.txt").read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == [f"T0.500/run0{k}.nc" for k in range(3)]
    assert all(len(line.split("  ")[0]) == 64 for line in lines)


@settings(max_examples=200, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.integers(1, 20),
        elements=st.floats(2.0**-100, 2.0**100, width=32) | st.just(0.0),
    ),
    st.integers(1, 22),
    st.sampled_from([1, -1]),
)
def test_rounding_of_the_mantissa(values, bits, sign):
    values = values * np.float32(sign)
    rounded = store.round_mantissa(values, bits)
    assert rounded.dtype == np.float32 and rounded.shape == values.shape
    exact = values.astype(np.float64)
    assert (np.abs(rounded - exact) <= np.abs(exact) * 2.0 ** -(bits + 1) * (1 + 1e-12)).all()
    np.testing.assert_array_equal(store.round_mantissa(rounded, bits), rounded)
    dropped = rounded.view(np.uint32) & np.uint32((1 << (23 - bits)) - 1)
    assert (dropped == 0).all()


def test_rounding_has_no_bias():
    x = np.random.default_rng(0).uniform(1, 2, (400, 500)).astype(np.float32)
    error = store.round_mantissa(x).astype(float) / x - 1
    assert error.shape == x.shape
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(x.size)


# ----------------------------------------------------------------------------------- damage
@pytest.mark.parametrize("name", ["run01.nc", "run00-block01.nc", "times.json"])
def test_one_changed_byte_anywhere_is_noticed(copy, name):
    path = copy / "T0.700" / name
    good = path.read_bytes()
    places = np.random.default_rng(len(name)).integers(len(good), size=8)
    for place in [0, len(good) - 1, *places.tolist()]:
        bad = bytearray(good)
        bad[place] ^= 1 << (place % 8)
        path.write_bytes(bad)
        with pytest.raises(DataError, match=f"T0.700/{name} is damaged: its SHA-256"):
            store.read_times(0.7, "smoke") if name == "times.json" else store.read(path)
    for reading in (lambda: store.load_ensemble(0.7, "smoke"), lambda: store.verify_all("smoke")):
        with pytest.raises(DataError, match=f"T0.700/{name} is damaged: its SHA-256"):
            reading()
    path.write_bytes(good)
    assert store.verify_all("smoke") == 18
    assert set(store.load_ensemble(0.7, "smoke").runs) == {0, 1}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_reading_gives_what_xarray_reads(path):
    """Every array to the bit and of the same type, every attribute; and each array has its unit."""
    there, expected = store.read(path), xr.load_dataset(path, engine="h5netcdf")
    assert set(there.arrays) == set(expected.variables) and len(there.arrays) > 10
    for name, variable in expected.variables.items():
        array = there[name]
        assert array.dtype == variable.dtype and array.shape == variable.shape, name
        assert array.tobytes() == variable.values.tobytes(), name
        assert "units" in variable.attrs, name
    assert there.attrs == expected.attrs
    assert [type(value) for value in there.attrs.values()] == [
        type(value) for value in expected.attrs.values()
    ]


def test_a_second_reading_is_verified_as_well(copy):
    path = copy / "T0.700" / "run01-block01.nc"
    store.read(path)["displacement"][:] = 0.0  # what a reader does to its own harms no other
    assert store.read(path)["displacement"].any()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="T0.700/run01-block01.nc is damaged"):
        store.read(path)


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b""])
def test_a_file_cut_or_grown_is_noticed(copy, change):
    path = copy / "T0.800" / "run00.nc"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match="T0.800/run00.nc is damaged"):
        store.read(path)


def test_a_missing_file_is_named(copy):
    (copy / "T0.800" / "run00.nc").unlink()
    with pytest.raises(DataError, match="data file run00.nc is missing from T0.800; restore it"):
        store.verify_all("smoke")
    with pytest.raises(DataError, match="run07.nc is missing"):
        store.read(store.run_path(0.8, "smoke", 7))


def test_a_file_nobody_registered_is_named(copy):
    stranger = copy / "T0.800" / "run05.nc"
    shutil.copy(copy / "T0.800" / "run01.nc", stranger)
    for reading in (lambda: store.read(stranger), lambda: store.verify_all("smoke")):
        with pytest.raises(DataError, match="T0.800/run05.nc is not in the registry"):
            reading()


def test_a_registered_file_that_is_no_netcdf_is_named(empty):
    path = store.run_path(0.5, "lab", 0)
    path.parent.mkdir(parents=True)
    path.write_text("not what it says")
    store.register(path)
    with pytest.raises(DataError, match="T0.500/run00.nc cannot be read"):
        store.read(path)


def test_what_a_killed_process_leaves_is_not_taken_for_data(copy):
    (copy / "T0.800" / ".run02.nc.abc.tmp").write_text("half a file")
    assert store.verify_all("smoke") == 18
    assert list(store.run_paths(0.8, "smoke")) == [0, 1]


# ------------------------------------------------------------------------------------- times
def some_times():
    return store.Times(
        3.2, 0.1, (0, 1), 7.15, np.array([0.01, 1.0, 3.2, 9.6]), np.array([0.01, 0.5, 1, 3.2, 9.6])
    )


@pytest.mark.parametrize("inside", ["", "smoke", "ensembles/smoke"])
def test_data_made_elsewhere_are_taken_over(empty, tmp_path, inside):
    """Whether the data folder, or the profile's own, is named; a second time takes nothing."""
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(DATA / "ensembles" / "smoke", elsewhere / inside)
    taken = store.merge(elsewhere, "smoke")
    assert len(taken) == len(store.read_registry(DATA / "ensembles" / "smoke" / "registry.txt"))
    kinds = ["-block" in name for name in taken]
    assert kinds == sorted(kinds)  # runs and times before blocks
    assert store.verify_all("smoke") == len(taken)
    assert store.available("smoke") == {0.8: [0, 1], 0.7: [0, 1]}
    assert store.merge(elsewhere, "smoke") == []


def test_missing_blocks_alone_are_taken(copy):
    name = "T0.800/run01-block01.nc"
    (copy / name).unlink()
    registry = copy / "registry.txt"
    lines = [line for line in registry.read_text().splitlines(True) if name not in line]
    registry.write_text("".join(lines))
    assert store.merge(DATA, "smoke") == [name]
    assert store.verify_all("smoke") == len(lines) + 1


def test_damaged_data_are_not_taken(empty, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(DATA / "ensembles" / "smoke", elsewhere)
    victim = elsewhere / "T0.700" / "run01-block01.nc"
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    with pytest.raises(DataError, match="run01-block01.nc is damaged"):
        store.merge(elsewhere, "smoke")
    victim.unlink()
    with pytest.raises(DataError, match="run01-block01.nc is in the registry there but missing"):
        store.merge(elsewhere, "smoke")
    assert store.available("smoke") == {}


def test_the_same_run_simulated_apart_is_refused(copy, tmp_path):
    """Blocks belong to the very run they were made from."""
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(DATA / "ensembles" / "smoke", elsewhere)
    name = "T0.700/run01.nc"
    (copy / name).unlink()
    store.write(small(3.0), copy / name)
    with pytest.raises(DataError, match="is here with another content"):
        store.merge(elsewhere, "smoke")


def test_a_folder_without_data_is_refused(empty, tmp_path):
    with pytest.raises(DataError, match="there is no registry.txt in it"):
        store.merge(tmp_path / "nowhere", "smoke")


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


# ------------------------------------------------------------------------------ what there is
def test_a_temperature_is_found_to_three_decimals():
    assert store.find_temperature(0.4500000001, {0.5: [], 0.45: []}) == 0.45
    assert store.find_temperature(0.451, [0.5, 0.45]) is None is store.find_temperature(0.5, [])


def test_available_and_profile_with(smoke):
    assert store.available("smoke") == {0.8: [0, 1], 0.7: [0, 1]}
    assert list(store.available("smoke")) == [0.8, 0.7]
    assert store.available("companion") == {} == store.available("none")
    assert store.profile_with(0.8, "smoke") == "smoke"
    assert store.profile_with(0.8 + 1e-4, "smoke") == "smoke"
    assert store.profile_with(0.8, "lab") is None
    assert store.profile_with(0.75, "smoke") is None


def test_companion_comes_first(copy):
    shutil.copytree(copy, copy.parent / "companion")
    assert store.profile_with(0.8, "smoke") == "companion"


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


# -------------------------------------------------------------------------------- what it says
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


def test_provenance_is_in_each_file(shown):
    for one in shown.values():
        for data in (*one.runs.values(), *(b for blocks in one.blocks.values() for b in blocks)):
            for name in (
                "profile",
                "temperature",
                "run",
                "protocol",
                "seeds",
                "glasslib_version",
                "lammps_version",
                "units",
                "licence",
            ):
                assert name in data.attrs
            assert spent_seconds(data.attrs) > 0
            assert json.loads(data.attrs["protocol"])["melt"]["n_monomers"] == N


# ---------------------------------------------------------------------------------- universe
def test_universe(smoke, shown):
    u = store.universe(0.8, "smoke", 1)
    data, melt = shown[0.8].runs[1], shown[0.8].melt
    assert len(u.atoms) == N and len(u.residues) == N // 5 and len(u.trajectory) == 1
    np.testing.assert_array_equal(u.bonds.indices, melt.bonds)
    np.testing.assert_allclose(u.atoms.positions, data["positions"], atol=1e-5)
    np.testing.assert_allclose(u.dimensions, [*[melt.box_length] * 3, 90, 90, 90], rtol=1e-6)
    assert {len(fragment) for fragment in u.atoms.fragments} == {5}
    np.testing.assert_allclose(u.atoms.bonds.values().mean(), 0.97, atol=0.02)
    again = Configuration.from_mdanalysis(u)
    u_here = potential_energy(again, melt).sum()
    assert u_here == pytest.approx(data.attrs["potential_energy"], rel=1e-4)  # single precision
    with pytest.raises(DataError, match="run04.nc is missing"):
        store.universe(0.8, "smoke", 4)
