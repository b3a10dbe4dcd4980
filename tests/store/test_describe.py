"""Descriptors of users' own files: what is read, what is written, and each error."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray
from melt_files import data_text, dump_text, lammps_energies, mixture_xyz, small_melt

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError, DataError, DataWarning, ParameterError
from glasslib.parameters import DescriptorSpec
from glasslib.store.exchange import describe
from glasslib.store.mixture import load_mixture
from glasslib.structure.descriptors import structural_descriptors
from glasslib.structure.mixture import species_descriptors

PROGRAM = Path(sys.executable).with_name("glasslib")
#: nothing looks farther than 2.9: a small box will do
SMALL = {
    "radial_shells": ((0.5, 1.5, 20, 0.05), (1.5, 2.2, 7, 0.1)),
    "angular_range": (0.6, 2.0),
    "angular_shells": 6,
    "max_order": 6,
    "coarse_radius": 2.0,
}


@pytest.fixture(scope="module")
def configuration():
    return small_melt()


@pytest.fixture
def melt_data(configuration, tmp_path):
    path = tmp_path / "melt.data"
    path.write_text(data_text(configuration))
    return path


def test_data_file_gives_the_table_of_its_configuration(configuration, melt_data, tmp_path):
    spec = DescriptorSpec(**SMALL)
    out = tmp_path / "features.nc"
    written = describe(melt_data, out, spec)
    expected = structural_descriptors(configuration, spec)
    np.testing.assert_allclose(written.values, expected.values, rtol=1e-6, atol=1e-6)
    read = xarray.open_dataarray(out, engine="h5netcdf")
    xarray.testing.assert_equal(read, written)
    assert read.dtype == np.float32 and read.attrs["source"] == "melt.data"
    assert DescriptorSpec.model_validate_json(read.attrs["spec"]) == spec
    assert str(tmp_path) not in str(read.attrs)
    assert read.sel(descriptor=["energy"]).shape == (125, 1)
    np.testing.assert_array_equal(read["id"], np.arange(1, 126))
    np.testing.assert_array_equal(read["chain"], np.arange(125) // 5 + 1)
    assert read["type"].values.tolist() == 125 * [1]
    assert (read.attrs["bonds"], read.attrs["frame"], "step" in read.attrs) == (100, 0, False)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_csv_and_whose_row_is_which(configuration, tmp_path):
    ids = np.array([*range(1, 51), *range(101, 176)])
    data, dump = tmp_path / "melt.data", tmp_path / "melt.dump"
    data.write_text(data_text(configuration, ids=ids))
    dump.write_text(dump_text(configuration, configuration, ids=ids, seed=7))
    out, nc = tmp_path / "features.csv", tmp_path / "features.nc"
    for trajectory in (None, dump):
        written = describe(
            data, out, DescriptorSpec(**SMALL), trajectory=trajectory, overwrite=True
        )
        read = pd.read_csv(out)
        assert read.columns.tolist() == ["id", "type", "chain", *written.descriptor.values]
        np.testing.assert_allclose(read.values[:, 3:], written.values, rtol=1e-6)
        np.testing.assert_array_equal(read["id"], ids)
        np.testing.assert_allclose(read["energy"], lammps_energies(data), rtol=1e-6, atol=1e-6)
    describe(data, nc, DescriptorSpec(**SMALL), trajectory=dump)
    table = xarray.open_dataarray(nc, engine="h5netcdf")
    assert (table.attrs["frame"], table.attrs["step"], table.attrs["bonds"]) == (1, 100, 100)
    assert table.swap_dims(monomer="id").sel(id=101, descriptor="energy") == table[50, -1]


def test_energy_of_another_potential_is_left_out(configuration, tmp_path):
    dump, out = tmp_path / "melt.dump", tmp_path / "features.csv"
    dump.write_text(dump_text(configuration, columns="id mol type x y z"))
    with pytest.warns(DataWarning, match="left out: there are molecules, but no bonds .*-p energy"):
        table = describe(dump, out, DescriptorSpec(**SMALL))
    assert "energy" not in table.descriptor and "energy" not in pd.read_csv(out)
    assert not DescriptorSpec.model_validate_json(table.attrs["spec"]).energy
    assert "left out" in table.attrs["remarks"]
    with (
        pytest.warns(DataWarning, match="melt's own potential, although there are molecules"),
        pytest.warns(DataWarning, match="tells no bonds"),
    ):
        table = describe(dump, out, DescriptorSpec(**SMALL, energy=True), overwrite=True)
    assert table.descriptor[-1] == "energy"
    dump.write_text(dump_text(configuration))
    with pytest.warns(DataWarning, match="tells no bonds: .* every pair counts"):
        table = describe(dump, out, DescriptorSpec(**SMALL), overwrite=True)
    data = tmp_path / "melt.data"
    data.write_text(data_text(configuration, "atomic"))
    np.testing.assert_allclose(
        table.sel(descriptor="energy"), lammps_energies(data, "atomic", bonded=False), rtol=1e-6
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        describe(dump, out, DescriptorSpec(**SMALL, energy=False), overwrite=True)
        describe(data, out, DescriptorSpec(**SMALL), overwrite=True)


def test_errors_name_the_file_and_leave_nothing(configuration, melt_data, tmp_path):
    spec = DescriptorSpec(**SMALL)
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(ConfigurationError, match="2 r_max"):
        describe(melt_data, tmp_path / "a.nc")  # the default shells need a larger box
    with pytest.raises(DataError, match="no folder"):
        describe(melt_data, tmp_path / "nowhere" / "a.nc", spec)
    with pytest.raises(ParameterError, match=r"\.nc or \.csv"):
        describe(melt_data, tmp_path / "a.txt", spec)
    assert {path.name for path in tmp_path.iterdir()} == before
    broken = tmp_path / "broken.data"
    broken.write_text(melt_data.read_text()[:2000])
    with pytest.raises(DataError, match="broken.data: the header says 125 atoms"):
        describe(broken, tmp_path / "a.nc", spec)
    shifted = configuration.positions.copy()
    shifted[7] = shifted[3] + configuration.box * [1, 0, -1]
    same = tmp_path / "same.data"
    same.write_text(data_text(Configuration(shifted, configuration.box, configuration.bonds)))
    with (
        pytest.warns(DataWarning, match="sigma long"),
        pytest.raises(ConfigurationError, match="particles 3 and 7 lie at the same place"),
    ):
        describe(same, tmp_path / "a.nc", spec)


def test_a_failed_write_leaves_the_old_file(melt_data, tmp_path, monkeypatch):
    spec, out = DescriptorSpec(**SMALL), tmp_path / "features.nc"
    describe(melt_data, out, spec)
    old = out.read_bytes()
    with pytest.raises(DataError, match="exists"):
        describe(melt_data, out, spec)

    def half(self, content):
        self.write_text("half")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half)
        with pytest.raises(OSError, match="disk full"):
            describe(melt_data, out, spec, overwrite=True)
    assert out.read_bytes() == old and len(list(tmp_path.iterdir())) == 2
    describe(melt_data, out, spec.model_copy(update={"generations": 0}), overwrite=True)
    assert xarray.open_dataarray(out, engine="h5netcdf").shape == (125, 67)


def test_each_type_is_counted_apart(tmp_path):
    """A configuration of the mixture that ships, as a file; and what a mixture has not."""
    sample = load_mixture("kob-andersen-T0.44")[-1]
    spec = DescriptorSpec(angular_shells=2, angular_range=(0.6, 1.5), max_order=2, generations=1)
    file, out = tmp_path / "mixture.xyz", tmp_path / "features.nc"
    file.write_text(mixture_xyz(sample.configuration, sample.species))
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        table = describe(file, out, spec, species=True)
    expected = species_descriptors(sample.configuration, sample.species, spec)
    np.testing.assert_allclose(table.values, expected.values, rtol=1e-5, atol=1e-6)
    read = xarray.open_dataarray(out, engine="h5netcdf")
    assert read.attrs["species"] == "species 0 is type A (3277), species 1 is type B (819)"
    assert read["type"].values[0] in ("A", "B") and set(read["species"].values) == {0, 1}
    assert not DescriptorSpec.model_validate_json(read.attrs["spec"]).voronoi
    with pytest.raises(ParameterError, match="voronoi = True: .* leave it out"):
        describe(file, tmp_path / "a.nc", DescriptorSpec(voronoi=True), species=True)
    one = sample.species.copy()
    one[one == 0], one[0] = 1, 0
    file.write_text(mixture_xyz(sample.configuration, one))
    with pytest.raises(ConfigurationError, match="species 0 has 1 particles"):
        describe(file, tmp_path / "a.nc", spec, species=True)
    assert not (tmp_path / "a.nc").exists()


def test_command(configuration, melt_data, tmp_path):
    def run(*arguments):
        return subprocess.run(
            [PROGRAM, "describe", *arguments],
            capture_output=True, text=True, timeout=300, cwd=tmp_path,
        )  # fmt: skip

    assert "glasslib describe melt.data --out features.nc" in run("--help").stdout
    small = ["-p", "radial_shells=[[0.5, 1.5, 20, 0.05]]", "-p", "angular_range=[0.6, 2.0]"]
    small += ["-p", "max_order=4", "-p", "coarse_radius=2"]
    done = run("melt.data", "--out", "features.nc", *small)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "wrote features.nc: 256 descriptors of 125 particles, 100 bonds, density 0.5787 per"
        " sigma^3 (sigma = 1), frame 0, step unknown\n"
    )
    assert not done.stderr
    (tmp_path / "large.dump").write_text(
        dump_text(Configuration(configuration.positions * 3, configuration.box * 3))
    )
    done = run("melt.data", "-t", "large.dump", "-o", "b.csv", *small)
    assert done.returncode == 0 and done.stdout.endswith("frame 0, step 0\n")
    lines = done.stderr.splitlines()
    assert len(lines) == 2 and "the density is 0.0214" in lines[0] and "--sigma 3.6" in lines[0]
    assert all(line.startswith("glasslib: warning: ") for line in lines)
    done = run("melt.data", "-t", "large.dump", "-o", "c.csv", "--sigma", "3", *small)
    assert not done.stderr and "density 0.5787 per sigma^3 (sigma = 3)" in done.stdout
    assert (tmp_path / "features.nc").is_file()
    done = run("melt.data", "--species", "-o", "d.nc", *small)
    assert "\nspecies 0 is type 1 (125)\n" in done.stdout and not done.stderr
    for arguments, words in (
        (["melt.data", "-o", "features.nc"], "exists"),
        (["none.data", "-o", "a.nc"], "there is no file none.data"),
        (["melt.data", "-o", "a.nc", "-p", "max_ordre=4"], "did you mean 'max_order'"),
        (["melt.data", "-o", "a.nc"], "2 r_max"),
    ):
        done = run(*arguments)
        assert done.returncode == 1 and done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("glasslib: error: ") and words in line
    assert run("melt.data").returncode == 2
