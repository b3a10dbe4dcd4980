"""What is refused before anything starts, with a line that names the value and what is allowed."""

import pytest

from glasslib.errors import ParameterError
from glasslib.parameters import CompanionParameters, checked_temperature, validate


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
