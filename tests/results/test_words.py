"""Values with errors in words, and verdicts."""

import numpy as np
import pandas as pd
import pytest

from glasslib import results


def test_with_errors():
    table = pd.DataFrame(
        {"rho": [0.6123, 0.5], "rho_error": [0.0213, np.nan], "n": [3, 4]}, index=[0.8, 0.7]
    )
    joined = results.with_errors(table)
    assert list(joined.columns) == ["rho", "n"]
    assert joined["rho"].tolist() == ["0.612 ± 0.021", "0.5 ± ?"]
    assert joined["n"].tolist() == [3, 4] and list(joined.index) == [0.8, 0.7]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.43123, 0.0123, "0.431 ± 0.012"),
        (152.3, 41, "152 ± 41"),
        (1234.5, 150, "1234 ± 150"),
        (-0.0301, 0.004, "-0.0301 ± 0.0040"),
        (0.5, 0.0, "0.5 ± ?"),
        (1e-5, np.inf, "1e-05 ± ?"),
    ],
)
def test_format_error(value, error, text):
    assert results.format_error(value, error) == text


@pytest.mark.parametrize(
    ("difference", "error", "verdict"),
    [
        (0.1, 0.04, "different"),
        (-0.1, 0.04, "different"),
        (0.1, 0.06, "same"),
        (0.0, 0.1, "same"),
        (0.1, 0.05, "same"),
        (0.1, np.nan, "cannot tell"),
        (0.1, 0.0, "cannot tell"),
    ],
)
def test_judge(difference, error, verdict):
    assert results.judge(difference, error, "same", "different") == verdict
