"""What is refused before anything starts, with a line that names the value and what is allowed."""

import json

import pytest

from glasslib import paths, store
from glasslib.errors import ParameterError
from glasslib.parameters import (
    PROTOCOLS,
    CompanionParameters,
    checked_temperature,
    get_protocol,
    own_protocol,
    validate,
)
from glasslib.results import announcement, shipped_profile


def test_a_list_of_temperatures_is_one_parameter():
    several = validate(CompanionParameters, temperature=[0.47, 0.55, 0.47])
    assert several.temperature == 0.47 and several.temperatures == (0.47, 0.55)
    assert several.model_dump(mode="json") == {"temperature": [0.47, 0.55], "profile": "lab"}
    assert validate(CompanionParameters, **several.model_dump()).temperatures == (0.47, 0.55)
    assert validate(CompanionParameters).temperatures == (0.5,)
    with pytest.raises(ParameterError, match=r"temperature = \[\]: give at least one"):
        validate(CompanionParameters, temperature=[])
    with pytest.raises(ParameterError, match="temperature = 0.4715 has more than three decimals"):
        validate(CompanionParameters, temperature=[0.5, 0.4715])
    with pytest.raises(ParameterError, match="temperature = 'cold': input should be a valid num"):
        validate(CompanionParameters, temperature=[0.5, "cold"])


def test_text_of_a_list_is_a_list():
    for text in ("0.8, 0.7", "[0.8,0.7]", ["0.8", 0.7]):
        assert validate(CompanionParameters, temperature=text).given == {"temperature": [0.8, 0.7]}
    assert validate(CompanionParameters, temperature="0.8").given == {"temperature": 0.8}
    assert validate(CompanionParameters).given == {}
    with pytest.raises(ParameterError, match="unknown parameter 'temperatur'; did you mean"):
        validate(CompanionParameters, temperatur=0.8)
    with pytest.raises(ParameterError, match="temperature = -1.*from 0.3 to 0.9"):
        validate(CompanionParameters, temperature=[0.8, -1])
    with pytest.raises(ParameterError, match="temperature = '': input should be a valid number"):
        validate(CompanionParameters, temperature="[]")
    with pytest.raises(ParameterError, match="profile = 'lab,smoke' does not exist; choose"):
        validate(CompanionParameters, profile="lab,smoke")


def test_one_temperature_is_checked():
    assert checked_temperature("0.45") == checked_temperature(0.45) == 0.45
    with pytest.raises(ParameterError, match="temperature = 0.95.*from 0.3 to 0.9"):
        checked_temperature(0.95)
    with pytest.raises(ParameterError, match="has more than three decimals.*; give 0.471"):
        checked_temperature(0.4715)


@pytest.fixture
def toml(tmp_path, monkeypatch):
    """Write a protocol to a file; data and work go to folders of the test."""
    monkeypatch.setenv("GLASSLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path / "var"))

    def write(text, name="mine.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


def test_a_protocol_of_ones_own_is_a_profile(toml):
    path = toml('name = "mine"\nruns = 2\n[melt]\nchain_length = 10\nn_monomers = 2000\n')
    page = validate(CompanionParameters, profile=path)
    assert page.profile == "mine" and page.given == {"profile": "mine"}
    protocol, lab = get_protocol("mine"), get_protocol("lab")
    assert (protocol.runs, protocol.melt.chain_length, protocol.trajectories) == (2, 10, 10)
    assert protocol.melt_time == lab.melt_time and protocol.digest != lab.digest
    assert "mine" not in PROTOCOLS and shipped_profile(page) == "mine"
    kept = json.loads((paths.ensembles("mine") / "protocol.json").read_text())
    assert kept == protocol.model_dump(mode="json")
    assert validate(CompanionParameters, profile="mine").profile == "mine"
    assert store.profile_with(0.5, "mine") is None  # not the pentamers that ship
    assert "2 runs of 2,000 monomers" in announcement(0.8, "mine")


def test_the_example_that_ships_is_good(toml):
    protocol = own_protocol(paths.root() / "data" / "protocols" / "decamers.toml")
    assert protocol.melt.chain_length == 10 and protocol.blocks == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("runs = 2", "name = None; give it one of small letters"),
        ('name = "lab"', "name = 'lab'; give it one.*that is not smoke, lab"),
        ('name = "a/../b"', "name = 'a/../b'; give it one"),
        ('name = "mine"\nruns = ', "no TOML"),
        ('name = "mine"\nrunz = 2', "unknown parameter 'runz'; did you mean 'runs'"),
        ('name = "mine"\nruns = 0', "runs = 0: input should be greater than or equal to 1"),
        ('name = "mine"\ntrajectories = 7', "7 is not a multiple of block_size = 5"),
        ('name = "mine"\nbase = "labb"', "profile = 'labb' does not exist"),
        ('name = "mine"\n[melt]\ndensty = 1', "Melt: unknown parameter 'densty'; did you mean"),
        ('name = "mine"\n[melt]\nchain_length = 7', "1500 is not a multiple of chain_length = 7"),
        ('name = "mine"\nmelt = 3', "melt = 3: input should be"),
    ],
)
def test_a_bad_protocol_is_refused(text, words, toml):
    with pytest.raises(ParameterError, match=words):
        own_protocol(toml(text))
    assert not paths.ensembles().exists()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ParameterError, match="nowhere.toml': No such file"):
        own_protocol(tmp_path / "nowhere.toml")


def test_a_protocol_may_not_change_under_its_data(toml):
    path = toml('name = "mine"\nruns = 2\n')
    first = own_protocol(path)
    toml('name = "mine"\nruns = 3\n')
    assert own_protocol(path).runs == 3  # nothing stands on it yet
    data = paths.ensembles("mine", 0.5)
    data.mkdir()
    (data / "run00.nc").touch()
    assert own_protocol(path).runs == 3
    toml('name = "mine"\nruns = 2\n[melt]\ndensity = 1.0\n')
    with pytest.raises(ParameterError, match="melt, runs differ from what made the data 'mine'"):
        own_protocol(path)
    assert get_protocol("mine").runs == 3 and first.digest != get_protocol("mine").digest
    begun = paths.work() / "begun" / "T0.500"
    begun.mkdir(parents=True)
    own_protocol(toml('name = "begun"\n'))
    (begun / "run00.npz").touch()
    with pytest.raises(ParameterError, match="runs differ"):
        own_protocol(toml('name = "begun"\nruns = 7\n'))


def test_a_box_too_small_for_the_descriptors_is_refused_before_it_is_simulated(toml):
    own_protocol(toml('name = "tiny"\n[melt]\nn_monomers = 500\n'))
    with pytest.raises(ParameterError, match="n_monomers = 500.*take 1,434 monomers or more"):
        announcement(0.8, "tiny")
