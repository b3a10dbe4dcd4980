"""The first call of a page refuses parameters that papermill would let through."""

import pytest

from glasslib import results
from glasslib.errors import ParameterError
from glasslib.parameters import CompanionParameters


def test_what_was_never_set_is_refused():
    with pytest.raises(ParameterError, match="parameter 'temperature' has no value; set it in"):
        results.start({"profile": "lab"})


def test_only_the_cell_that_papermill_wrote_is_read():
    fields = CompanionParameters().model_dump()
    own = {**fields, "_ih": ["", "temperature = 0.5\nscratch = 3"], "scratch": 3}
    assert results.start(own).temperature == fields["temperature"]
    injected = {**own, "_ih": ["", "# Parameters\nscratch = 3\n"]}
    with pytest.raises(ParameterError, match="unknown parameter 'scratch'; allowed: temperature"):
        results.start(injected)
