"""The data files: written once and whole, verified when read, taken over from elsewhere."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from glasslib import paths, store
from glasslib.errors import DataError

DATA = Path(__file__).resolve().parents[1] / "data"
#: Files that are compared with xarray's reading: all of the fixed ensemble, some of the book's.
SHIPPED = [
    *sorted(DATA.glob("ensembles/smoke/T*/*.nc")),
    *sorted(paths.root().glob("data/ensembles/companion/T*/run00*00.nc")),
]


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
    store.add(path, lambda target: target.write_text("not what it says"))
    with pytest.raises(DataError, match="T0.500/run00.nc cannot be read"):
        store.read(path)


def test_what_a_killed_process_leaves_is_not_taken_for_data(copy):
    (copy / "T0.800" / ".run02.nc.abc.tmp").write_text("half a file")
    assert store.verify_all("smoke") == 18
    assert list(store.run_paths(0.8, "smoke")) == [0, 1]


# --------------------------------------------------------------------------- data from elsewhere
@pytest.mark.parametrize("inside", ["", "smoke", "ensembles/smoke"])
def test_data_made_elsewhere_are_taken_over(empty, tmp_path, inside):
    """Whether the data folder, or the profile's own, is named; a second time takes nothing."""
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(DATA / "ensembles" / "smoke", elsewhere / inside)
    taken = store.merge(elsewhere, "smoke")
    assert len(taken) == len(store.read_registry(DATA / "ensembles" / "smoke" / "registry.txt"))
    kinds = ["-" in name for name in taken]
    assert kinds == sorted(kinds)  # runs and times before blocks and cages
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


# ------------------------------------------------------------------------------ what is present
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
    assert store.profile_with(0.8, "paper") is None  # another size: nothing stands in for it
    shutil.copytree(copy, copy.parent / "paper")
    assert store.profile_with(0.8, "paper") == "paper"
    assert store.profile_with(0.8, "lab") == "companion"
