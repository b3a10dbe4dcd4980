import numpy as np
import pytest

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError, ParameterError
from glasslib.structure.static import radial_distribution, structure_factor, structure_factor_peak


def test_structure_factor_equals_direct_sum(gas):
    """Over every wave vector of the box but zero."""
    q = np.arange(3.0, 5.0, 0.25)
    k = np.stack(np.meshgrid(*3 * [np.arange(-8, 9)], indexing="ij"), -1).reshape(-1, 3)
    k = k * (2 * np.pi / gas.box)
    s = np.abs(np.exp(-1j * k @ gas.positions.T).sum(1)) ** 2 / 600
    near = np.floor((np.sqrt((k**2).sum(1)) - 2.875) / 0.25).astype(int)
    expected = [s[near == b].mean() for b in range(8)]
    np.testing.assert_allclose(structure_factor(gas, q), expected, rtol=1e-9)
    turned = Configuration(gas.positions[:, [1, 2, 0]], gas.box)
    both = (structure_factor(gas, q) + structure_factor(turned, q)) / 2
    np.testing.assert_allclose(structure_factor([gas, turned], q), both)


def test_ideal_gas_scatters_evenly(gas):
    assert structure_factor(gas, np.arange(4.0, 8.0, 0.5)).mean() == pytest.approx(1, abs=0.03)


def test_no_wave_vector_in_a_bin_gives_nan(gas):
    s = structure_factor(gas, np.array([0.1, 0.3, 0.5, 0.7, 0.9]))  # 2π / edge: 0.70, 0.79, 0.74
    assert np.isnan(s).tolist() == [True, True, True, False, True]


def test_peak_of_a_known_liquid():
    """Scatterers on a shaken lattice of pitch 0.88: the peak is near 2π/0.88, moved by noise."""
    rng = np.random.default_rng(2)
    sites = np.stack(np.meshgrid(*3 * [np.arange(11)]), -1).reshape(-1, 3) * 0.88
    shaken = [
        Configuration(sites + rng.normal(0, 0.09, sites.shape), np.full(3, 9.68)) for _ in range(3)
    ]
    q = structure_factor_peak(shaken)
    assert abs(q - 2 * np.pi / 0.88) < 0.1
    # the unit of length is free: q scales with 1/σ
    larger = [Configuration(c.positions * 1.05, c.box * 1.05) for c in shaken]
    assert structure_factor_peak(larger) == pytest.approx(q / 1.05, abs=0.05)


@pytest.mark.parametrize("q", [[7.0], [7.0, 6.0], [5.0, 6.0, 8.0], [0.1, 1.1], [1.0, np.nan]])
def test_bad_wave_numbers(gas, q):
    with pytest.raises(ParameterError, match="q "):
        structure_factor(gas, np.array(q))


def test_errors(gas):
    with pytest.raises(ConfigurationError, match="no configuration"):
        structure_factor([], np.array([6.0, 7.0]))
    with pytest.raises(ConfigurationError, match="longer than 2 r_max = 10"):
        radial_distribution(gas, 5.0)
    with pytest.raises(ParameterError, match="no peak"):
        structure_factor_peak(gas, q_range=(0.9, 1.3), q_step=0.4)


def test_radial_distribution_equals_a_count(liquid):
    r, g = radial_distribution(liquid, 5.0, 50)
    way = liquid.positions[:, None] - liquid.positions
    way -= liquid.box * np.rint(way / liquid.box)
    count = np.histogram(np.linalg.norm(way, axis=-1)[np.triu_indices(1500, 1)], 50, (0, 5))[0]
    edges = np.linspace(0, 5, 51)
    shell = 4 / 3 * np.pi * np.diff(edges**3)
    assert np.allclose(r, edges[:-1] + 0.05)
    expected = 2 * np.prod(liquid.box) * count / (shell * 1500 * 1499)
    assert np.allclose(g, expected, rtol=2e-3, atol=2e-3)


def test_radial_distribution_by_hand_and_average():
    pair = Configuration([[0, 0, 0], [1.5, 0, 0]], np.full(3, 10.0))
    apart = Configuration([[0, 0, 0], [4.5, 0, 0]], np.full(3, 10.0))
    r, g = radial_distribution(pair, 2.0, 2)
    assert r.tolist() == [0.5, 1.5]
    assert np.allclose(g, [0, 1000 / (4 / 3 * np.pi * 7)])
    assert np.allclose(radial_distribution([pair, apart], 2.0, 2)[1], g / 2)
