import freud
import numpy as np
import pytest
import structure_oracles as oracles
from scipy.special import eval_legendre

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import DescriptorSpec
from glasslib.structure.angular import angular_centres, angular_descriptors, angular_reach

# Steinhardt, Nelson and Ronchetti (1983); Mickel et al. (2013): first neighbours alone
PERFECT = {
    "fcc": {4: 0.19094, 6: 0.57452, 8: 0.40391},
    "hcp": {4: 0.09722, 6: 0.48476, 8: 0.31699},
    "sc": {4: 0.76376, 6: 0.35355, 8: 0.71807},
    "bcc": {4: 0.50918, 6: 0.62854, 8: 0.21276},
}


def shell(centre, width=0.05, **more):
    return DescriptorSpec(
        angular_range=(centre, centre + 1), angular_shells=2, angular_width=width, **more
    )


@pytest.mark.parametrize("name", PERFECT)
def test_perfect_lattices(name):
    configuration = oracles.lattice(name, cells=5)
    # narrow enough that the second neighbours, at least 1.1547 away, do not count
    table = angular_descriptors(configuration, shell(1.0, 0.015))
    for order, value in PERFECT[name].items():
        assert np.abs(table[:, order - 1] - value).max() < 6e-6
    odd = table[:, [0, 2, 4, 6]]
    if name != "hcp":  # without inversion symmetry
        assert np.abs(odd).max() < 1e-12


@pytest.mark.parametrize("normalisation", ["weights", "none"])
@pytest.mark.parametrize("centres", ["edges", "middles"])
def test_equals_twin(gas, spec, normalisation, centres):
    spec = spec.model_copy(
        update={"angular_normalisation": normalisation, "shell_centres": centres}
    )
    twin = oracles.angular(gas, spec)
    assert np.abs(angular_descriptors(gas, spec) - twin).max() < 1e-10


@pytest.mark.parametrize("order", [1, 2, 20])
def test_equals_twin_at_other_orders(gas, spec, order):
    spec = spec.model_copy(update={"max_order": order, "angular_shells": 2})
    gas = Configuration(gas.positions[:200], gas.box)
    twin = oracles.angular(gas, spec)
    assert np.abs(angular_descriptors(gas, spec) - twin).max() < 1e-10


def test_default_descriptors_equal_twin_and_tails_do_not_matter(liquid):
    spec = DescriptorSpec()
    ours = angular_descriptors(liquid, spec)
    assert ours.shape == (1500, 192) and ours.any(axis=1).all()
    rows = np.arange(0, 1500, 10)
    ours = ours[rows]
    assert np.abs(ours - oracles.angular(liquid, spec, rows=rows)[rows]).max() < 1e-10
    whole = oracles.angular(liquid, spec, tail=20.0, rows=rows)[rows]
    same = ours > 0  # a shell that nothing reaches within 6 widths is empty by definition
    assert same.mean() > 0.99
    assert np.abs(ours - whole)[same].max() < 1e-6
    assert ours.max() <= 1 + 1e-12


def test_equals_freud_with_weights(liquid):
    spec = shell(1.1, 0.1)
    box = freud.box.Box(*liquid.box)
    i, j, vector, r = oracles.all_pairs(liquid, 1.1 + 0.6)
    weight = np.exp(-((r - 1.1) ** 2) / 0.02)
    list_ = freud.locality.NeighborList.from_arrays(1500, 1500, i, j, vector, weight)
    steinhardt = freud.order.Steinhardt(l=list(range(1, 13)), weighted=True)
    q = steinhardt.compute((box, box.wrap(liquid.positions)), neighbors=list_).particle_order
    difference = np.abs(angular_descriptors(liquid, spec)[:, :12] - q)
    assert np.median(difference) < 1e-6 and difference.max() < 1e-3  # freud: single precision


def test_one_neighbour_is_perfect_order(spec):
    for direction in ([1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0], [0.6, 0.48, 0.64]):
        pair = Configuration([[0, 0, 0], np.array(direction) * 0.9], np.full(3, 12.0))
        table = angular_descriptors(pair, spec).reshape(2, 6, 6)
        near = np.abs(angular_centres(spec) - 0.9) < 0.6
        assert np.allclose(table[:, near], 1, atol=1e-13)
        assert (table[:, ~near] == 0).all()


@pytest.mark.parametrize("angle", [30.0, 90.0, 109.47, 180.0])
def test_two_neighbours_by_hand(angle):
    # by the addition theorem q_l² = (w1² + w2² + 2 w1 w2 P_l(cos)) / (w1 + w2)²
    radians = np.radians(angle)
    positions = [[0, 0, 0], [1.0, 0, 0], [1.1 * np.cos(radians), 1.1 * np.sin(radians), 0]]
    table = angular_descriptors(Configuration(positions, np.full(3, 14.0)), shell(1.0, 0.1))
    w = np.exp(-0.5)
    order = np.arange(1, 13)
    square = 1 + w * w + 2 * w * eval_legendre(order, np.cos(radians))
    assert np.allclose(table[0, :12], np.sqrt(square) / (1 + w), atol=1e-12)
    table = angular_descriptors(
        Configuration(positions, np.full(3, 14.0)), shell(1.0, 0.1, angular_normalisation="none")
    )
    assert np.allclose(table[0, :12], np.sqrt(square), atol=1e-12)


def test_empty_shells_give_zero_never_nan(spec):
    far = Configuration([[0, 0, 0], [10, 10, 10], [10, 10, 11.1]], np.full(3, 40.0))
    table = angular_descriptors(far, spec)
    assert (table[0] == 0).all() and np.isfinite(table).all()
    # the limit is tail widths: 0.599 away the shell is filled, 0.601 away it is empty
    for r, value in ((1.599, 1.0), (1.601, 0.0)):
        pair = Configuration([[0, 0, 0], [r, 0, 0]], np.full(3, 12.0))
        assert np.allclose(angular_descriptors(pair, shell(1.0, 0.1))[:, :12], value)


def test_same_bits_for_any_number_of_threads(liquid):
    spec = DescriptorSpec()
    one = angular_descriptors(liquid, spec, threads=1)
    assert one.tobytes() == angular_descriptors(liquid, spec, threads=4).tobytes()


def test_box_too_small(gas):
    narrow = Configuration(gas.positions, np.full(3, 6.0))
    with pytest.raises(ConfigurationError, match="shorter than 2 r_max"):
        angular_descriptors(narrow, DescriptorSpec())
    assert angular_reach(DescriptorSpec()) == pytest.approx(2.5 + 0.6 * np.sqrt(2))
