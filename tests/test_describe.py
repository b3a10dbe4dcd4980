"""Descriptors of users' own files: what is read, what is written, and each error."""

import subprocess
import sys
from pathlib import Path

import MDAnalysis
import numpy as np
import pandas as pd
import pytest
import xarray

from glasslib.configuration import Configuration
from glasslib.describe import describe, read_configuration
from glasslib.errors import ConfigurationError, DataError, ParameterError
from glasslib.parameters import DescriptorSpec, Melt
from glasslib.structure.descriptors import select_descriptors, structural_descriptors

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
    """125 monomers on a shaken lattice, bonded in fives."""
    sites = np.stack(np.meshgrid(*3 * [np.arange(5.0)], indexing="ij"), -1).reshape(-1, 3) * 1.2
    # on a grid of 2^-16, which single precision holds exactly
    noise = np.random.default_rng(5).integers(-6000, 6000, sites.shape) / 2**16
    sites = np.round((sites + 0.5) * 2**10) / 2**10
    return Configuration(sites + noise, np.full(3, 6.0), Melt(n_monomers=125).bonds)


def data_text(configuration, tilt=""):
    edges = zip(configuration.box, "xyz", strict=True)
    box = "".join(f"0 {edge} {a}lo {a}hi\n" for edge, a in edges)
    atoms = "".join(
        f"{i + 1} {i // 5 + 1} 1 {x:.10f} {y:.10f} {z:.10f}\n"
        for i, (x, y, z) in enumerate(configuration.positions)
    )
    bonds = "".join(f"{k + 1} 1 {i + 1} {j + 1}\n" for k, (i, j) in enumerate(configuration.bonds))
    return (
        f"a melt\n\n{len(configuration)} atoms\n{len(configuration.bonds)} bonds\n1 atom types\n"
        f"1 bond types\n\n{box}{tilt}\nMasses\n\n1 1.0\n\nAtoms # bond\n\n{atoms}\nBonds\n\n{bonds}"
    )


def dump_text(*configurations):
    text = ""
    for step, one in enumerate(configurations):
        text += f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(one)}\n"
        text += "ITEM: BOX BOUNDS pp pp pp\n" + "".join(f"0 {edge}\n" for edge in one.box)
        text += "ITEM: ATOMS id type x y z\n"
        text += "".join(
            f"{i + 1} 1 {x:.10f} {y:.10f} {z:.10f}\n" for i, (x, y, z) in enumerate(one.positions)
        )
    return text


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
    np.testing.assert_array_equal(written.values, expected.values)  # single precision was exact
    read = xarray.open_dataarray(out, engine="h5netcdf")
    xarray.testing.assert_equal(read, expected)
    assert read.dtype == np.float32 and read.attrs["source"] == "melt.data"
    assert DescriptorSpec.model_validate_json(read.attrs["spec"]) == spec
    assert str(tmp_path) not in str(read.attrs)
    assert select_descriptors(read, name="energy").shape == (125, 1)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_csv(melt_data, tmp_path):
    out = tmp_path / "features.csv"
    written = describe(melt_data, out, DescriptorSpec(**SMALL))
    read = pd.read_csv(out, index_col="monomer")
    assert read.columns.tolist() == written.descriptor.values.tolist()
    np.testing.assert_array_equal(read.values.astype(np.float32), written.values)


@pytest.mark.parametrize("name", ["melt.dump", "melt.lammpstrj", "frames"])
def test_dump_under_any_name_and_its_frames(configuration, melt_data, tmp_path, name):
    moved = Configuration(configuration.positions + 0.25, configuration.box)
    dump = tmp_path / name
    dump.write_text(dump_text(configuration, moved))
    alone = read_configuration(dump, frame=0)
    assert len(alone.bonds) == 0
    np.testing.assert_allclose(alone.positions, configuration.positions, atol=1e-6)
    last = read_configuration(melt_data, dump)
    np.testing.assert_allclose(last.wrapped().positions, moved.wrapped().positions, atol=1e-5)
    np.testing.assert_array_equal(np.sort(last.bonds), np.sort(configuration.bonds))
    with pytest.raises(ParameterError, match=f"frame = 2: .*{name} has frames 0 to 1"):
        read_configuration(melt_data, dump, frame=2)


@pytest.mark.filterwarnings("ignore")
def test_another_format_and_its_unit(configuration, tmp_path):
    universe = MDAnalysis.Universe.empty(125, trajectory=True)
    universe.atoms.positions = configuration.positions * 3.4
    universe.dimensions = [*configuration.box * 3.4, 90, 90, 90]
    universe.atoms.write(tmp_path / "argon.gro")
    read = read_configuration(tmp_path / "argon.gro", sigma=3.4)
    np.testing.assert_allclose(read.box, 6.0, rtol=1e-4)
    np.testing.assert_allclose(read.positions, configuration.positions, atol=0.005)
    for sigma in (0.0, -1.0, np.nan):
        with pytest.raises(ParameterError, match="sigma"):
            read_configuration(tmp_path / "argon.gro", sigma=sigma)


def test_columns_of_a_data_file_can_be_named(configuration, melt_data, tmp_path):
    text = melt_data.read_text().replace("Atoms # bond", "Atoms")
    head, rest = text.split("Atoms\n\n")
    atoms, bonds = rest.split("\nBonds")
    rows = [line.split() for line in atoms.split("\n")[:-1]]
    swapped = [" ".join(row[k] for k in (0, 2, 1, 3, 4, 5)) for row in rows]
    path = tmp_path / "odd.data"
    path.write_text(head + "Atoms\n\n" + "\n".join(swapped) + "\n\nBonds" + bonds)
    read = read_configuration(path, atom_style="id type resid x y z")
    np.testing.assert_allclose(read.positions, configuration.positions, atol=1e-6)


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
    broken.write_text("not a data file\n")
    with pytest.raises(DataError, match="cannot read .*broken.data.*--atom-style"):
        read_configuration(broken)
    tilted = tmp_path / "tilted.data"
    tilted.write_text(data_text(configuration, "1.5 0 0 xy xz yz\n"))
    with pytest.raises(ConfigurationError, match="only orthorhombic"):
        read_configuration(tilted)
    unknown = tmp_path / "melt.abc"
    unknown.write_text("1 2 3\n")
    with pytest.raises(DataError, match="cannot read .*melt.abc"):
        read_configuration(unknown)
    other = tmp_path / "other.dump"
    other.write_text(dump_text(Configuration(configuration.positions[:9], configuration.box)))
    with pytest.raises(DataError, match="cannot read"):
        read_configuration(melt_data, other)
    shifted = configuration.positions.copy()
    shifted[7] = shifted[3] + configuration.box * [1, 0, -1]
    same = tmp_path / "same.data"
    same.write_text(data_text(Configuration(shifted, configuration.box, configuration.bonds)))
    with pytest.raises(ConfigurationError, match="particles 3 and 7 lie at the same place"):
        describe(same, tmp_path / "a.nc", spec)


def test_a_failed_write_leaves_the_old_file(melt_data, tmp_path, monkeypatch):
    spec, out = DescriptorSpec(**SMALL), tmp_path / "features.nc"
    describe(melt_data, out, spec)
    old = out.read_bytes()
    with pytest.raises(DataError, match="exists"):
        describe(melt_data, out, spec)

    def half(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(xarray.Dataset, "to_netcdf", half)
        with pytest.raises(OSError, match="disk full"):
            describe(melt_data, out, spec, overwrite=True)
    assert out.read_bytes() == old and len(list(tmp_path.iterdir())) == 2
    describe(melt_data, out, spec.model_copy(update={"generations": 0}), overwrite=True)
    assert xarray.open_dataarray(out, engine="h5netcdf").shape == (125, 67)


def test_command(melt_data, tmp_path):
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
    assert done.stdout == "wrote features.nc: 125 particles, 256 descriptors\n" and not done.stderr
    assert (tmp_path / "features.nc").is_file()
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
