"""Cages of a mixture as files: written once, registered, read again."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray
from melt_files import data_text, mixture_xyz, small_melt

from glasslib import store
from glasslib.campaign.mixture import (
    cages_of,
    describe_cages,
    sample_lengths,
    sample_mixture,
)
from glasslib.campaign.scan import LENGTHS
from glasslib.errors import ConfigurationError, DataError, ParameterError
from glasslib.parameters import Cage
from glasslib.store.mixture import MIXTURE, mixture_path, read_pair_coefficients
from glasslib.store.schema import as_dataset
from glasslib.structure.cage import CageMoments
from glasslib.structure.mixture import Mixture, mixture_cage_descriptors

QUICK = Cage(
    radius=0.4, temperature=0.6, replicas=1, warmup=0.1, duration=0.4, interval=0.2, timestep=0.01
)


@pytest.fixture
def mixture(tmp_path, monkeypatch):
    """Two configurations of 343 atoms in a folder of data."""
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))
    (tmp_path / "mixtures").mkdir()
    for number in (1, 2):
        random = np.random.default_rng(number)
        places = np.stack(np.meshgrid(*3 * [np.arange(7.0)]), -1).reshape(-1, 3)
        values = {
            "positions": places + random.normal(0, 0.03, places.shape),
            "species": random.integers(0, 2, 343).astype(np.int8), "box": np.full(3, 7.0),
            "propensity": random.uniform(1, 2, (2, 343)),
        }
        path = mixture_path("mine", f"train-{number:03d}")
        store.write(as_dataset(MIXTURE, values, {"title": "mine"}), path)
    return "mine"


def test_each_configuration_has_its_file_and_none_is_made_twice(mixture):
    lines = []
    assert all(one.inherent is None and not one.halves for one in store.load_mixture(mixture))
    before = store.mixture_digest(mixture)
    assert sample_mixture(mixture, cage=QUICK, report=lines.append) == 2
    assert sample_mixture(mixture, cage=QUICK) == 0
    assert "[2/2] train-002" in lines[1] and store.mixture_digest(mixture) != before
    one, other = store.load_mixture(mixture)
    expected = cages_of(one, Mixture(), QUICK, mixture)
    np.testing.assert_array_equal(one.halves[1].offset, expected["offset"][1])
    np.testing.assert_array_equal(one.inherent.positions, expected["inherent"])
    assert (one.halves[0].offset != one.halves[1].offset).any()
    assert len(one.halves) == len(other.halves) == 2


def test_other_lengths_are_files_of_training_configurations(mixture):
    lines = []
    with pytest.raises(DataError, match="data/scans holds no 'mine'"):
        store.load_mixture_scans(mixture)
    cage = QUICK.model_copy(update={"duration": 2.0})
    assert sample_lengths(mixture, 1, cage=cage, report=lines.append) == 1
    assert sample_lengths(mixture, 1, cage=cage) == 0 and "train-001" in lines[0]
    assert store.load_mixture(mixture)[0].inherent is None  # the data themselves stay
    (file,) = store.load_mixture_scans(mixture).values()
    assert file["square"].shape == (len(LENGTHS), 2, 343)
    np.testing.assert_allclose(file["duration"], [4.0, 0.4])
    assert (file["square"] >= file["variance"] * 0.999).all() and (file["seconds"] > 0).all()
    assert (file["variance"][:, 0] != file["variance"][:, 1]).any()


def test_a_damaged_file_is_refused(mixture):
    path = mixture_path(mixture, "train-002")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="train-002.nc is damaged"):
        store.load_mixture(mixture)


COEFFICIENTS = "epsilon = [[1.0, 1.5], [1.5, 0.5]]\nsigma = [[1.0, 0.8], [0.8, 0.88]]\n"


def test_cages_of_a_file_are_those_of_its_mixture(tmp_path):
    """A configuration that ships, as a file: a short sampling beside the cages that ship."""
    sample = store.load_mixture("kob-andersen-T0.44")[-1]
    file, out, lines = tmp_path / "mine.xyz", tmp_path / "cages.nc", []
    file.write_text(mixture_xyz(sample.configuration, sample.species))
    cage = QUICK.model_copy(update={"warmup": 0.5, "duration": 2.0})
    table = describe_cages(file, out, Mixture(), cage, report=lines.append)
    shipped = mixture_cage_descriptors(
        CageMoments.mean(sample.halves), sample.configuration, sample.inherent, sample.species
    )
    assert table.descriptor.values.tolist() == shipped.descriptor.values.tolist()
    for name, least in (("distance, own", 0.8), ("energy, own", 0.95), ("variance, own", 0.3)):
        column = {"descriptor": name}
        assert np.corrcoef(table.sel(column), shipped.sel(column))[0, 1] > least
    read = xarray.open_dataarray(out, engine="h5netcdf")
    assert read.attrs["species"] == "species 0 is type A (3277), species 1 is type B (819)"
    assert 0 < read.attrs["agreement"] < read.attrs["reliability"] < 1
    assert lines[0].startswith("inherent structure") and lines[-1].startswith("cages, half 2 of 2")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_a_file_whose_cages_are_not_these_is_refused(tmp_path):
    melt, out = tmp_path / "melt.data", tmp_path / "a.nc"
    melt.write_text(data_text(small_melt()))
    with pytest.raises(ConfigurationError, match="100 bonds.*glasslib predict melt.data"):
        describe_cages(melt, out, Mixture())
    melt.write_text(data_text(small_melt(), "atomic"))
    with pytest.raises(ParameterError, match=r"1 types \(1\), .* of 2; give one row for each"):
        describe_cages(melt, out, Mixture())
    for text, words in (
        ("epsilon = [[1.0]]", "no sigma; for two species write sigma"),
        ("epsilon = [[1.0", "no TOML"),
        (COEFFICIENTS + "cutof = 3", "did you mean 'cutoff'"),
        (COEFFICIENTS.replace("0.88", "-0.88"), "not positive"),
    ):
        file = tmp_path / "c.toml"
        file.write_text(text)
        with pytest.raises(ParameterError, match=f"pair coefficients '.*c.toml': .*{words}"):
            read_pair_coefficients(file)
    assert not out.exists()


def test_command_cages(mixture, tmp_path):
    program = Path(sys.executable).with_name("glasslib")
    one = store.load_mixture(mixture)[0]
    (tmp_path / "mine.xyz").write_text(mixture_xyz(one.configuration, one.species))
    (tmp_path / "c.toml").write_text(COEFFICIENTS)

    def run(*arguments):
        return subprocess.run(
            [program, "cages", *arguments], capture_output=True, text=True, cwd=tmp_path
        )

    quick = ["-p", "warmup=0.1", "-p", "duration=0.4", "--pair-coefficients", "c.toml"]
    done = run("mine.xyz", *quick, "-o", "cages.csv")
    assert done.returncode == 0, done.stderr
    assert "91 descriptors of the cages of 343 particles" in done.stdout
    assert "halves of the sampling agree by" in done.stdout and "half 2 of 2" in done.stderr
    table = pd.read_csv(tmp_path / "cages.csv")
    assert table.columns[:3].tolist() == ["id", "type", "chain"] and table.shape == (343, 94)
    again = run("mine.xyz", *quick, "-o", "again.csv")
    assert again.returncode == 0
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "cages.csv").read_bytes()
    for arguments, words in (
        ([*quick, "-o", "cages.csv"], "exists"),
        ([*quick, "-o", "a.nc", "-p", "radius=2"], "radius = 2"),
        (["--pair-coefficients", "no.toml", "-o", "a.nc"], "No such file"),
    ):
        done = run("mine.xyz", *arguments)
        (line,) = done.stderr.splitlines()
        assert done.returncode == 1 and line.startswith("glasslib: error: ") and words in line
