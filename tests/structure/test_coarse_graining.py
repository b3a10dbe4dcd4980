import numpy as np
import pytest
import structure_oracles as oracles

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.coarse_graining import coarse_grain


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("columns", [1, 3, 40])
def test_equals_twin(gas, include_self, columns):
    values = np.random.default_rng(1).normal(size=(600, columns))
    ours = coarse_grain(values, gas, 2.5, include_self)
    twin = oracles.coarse_grain(values, gas, 2.5, include_self)
    assert np.abs(ours - twin).max() < 1e-12


@pytest.mark.parametrize("include_self", [True, False])
def test_constant_stays(gas, include_self):
    assert np.allclose(coarse_grain(np.full(600, 3.7), gas, 2.0, include_self), 3.7, rtol=1e-14)


def test_delta_gives_the_weight():
    positions = [[0, 0, 0], [1.0, 0, 0], [0, 2.0, 0], [8, 8, 8]]
    configuration = Configuration(positions, np.full(3, 20.0))
    ours = coarse_grain(np.array([0, 1.0, 0, 0]), configuration, 2.5, True)
    near, far, diagonal = np.exp(np.array([-1.0, -2.0, -np.sqrt(5)]) / 2.5)
    expected = [near / (1 + near + far), 1 / (1 + near + diagonal), diagonal / (1 + far + diagonal)]
    assert np.allclose(ours, [*expected, 0], atol=1e-15)


def test_alone_keeps_its_value():
    far = Configuration([[0, 0, 0], [5, 5, 5]], np.full(3, 10.0))
    for include_self in (True, False):
        assert coarse_grain(np.array([2.0, 3.0]), far, 2.5, include_self).tolist() == [2, 3]


def test_shape_is_kept_and_input_untouched(gas):
    values = np.random.default_rng(1).normal(size=(600, 2))
    copy = values.copy()
    assert coarse_grain(values, gas, 2.0).shape == (600, 2)
    assert coarse_grain(values[:, 0], gas, 2.0).shape == (600,)
    assert (values == copy).all()


def test_same_bits_for_any_number_of_threads(liquid):
    values = np.random.default_rng(1).normal(size=(1500, 30))
    one = coarse_grain(values, liquid, 2.5, threads=1)
    assert one.tobytes() == coarse_grain(values, liquid, 2.5, threads=4).tobytes()


def test_errors(gas):
    with pytest.raises(ConfigurationError, match="5 rows for 600 particles"):
        coarse_grain(np.zeros(5), gas)
    with pytest.raises(ConfigurationError, match="shorter than 2 r_max"):
        coarse_grain(np.zeros(600), gas, 4.5)
