import numpy as np
import pytest
from scipy import stats

from glasslib.dynamics.errors_over_runs import jackknife, standard_error


@pytest.mark.parametrize("shape", [(5,), (4, 3), (2, 3, 2)])
def test_standard_error_is_scipys(shape):
    values = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_allclose(standard_error(values), stats.sem(values))


def test_a_single_run_has_no_error():
    assert np.isnan(standard_error(np.ones((1, 3)))).all()
    assert np.isnan(standard_error(np.ones(1)))


def test_jackknife_of_a_mean_is_its_standard_error_and_of_two_runs_unknown():
    values = np.random.default_rng(0).normal(size=(7, 2))
    error = jackknife(lambda runs: values[runs].mean(axis=0), 7)
    np.testing.assert_allclose(error, standard_error(values))
    assert np.isnan(jackknife(lambda runs: values[runs].mean(axis=0), 2)).tolist() == [True, True]
