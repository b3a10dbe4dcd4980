import numpy as np
import pytest
import structure_oracles as oracles

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import DescriptorSpec
from glasslib.structure.radial import radial_descriptors, radial_reach, shell_centres


def test_default_shells_follow_the_brackets_of_the_paper():
    centres, widths = shell_centres(DescriptorSpec())
    assert len(centres) == 100 and len(np.unique(centres)) == 100
    assert np.allclose(centres[:60], np.linspace(0.5, 2, 60))
    assert np.allclose(centres[60:80], np.arange(1, 21) * 0.05 + 2)
    assert np.allclose(centres[80:], np.arange(1, 21) * 0.1 + 3)
    assert (widths == np.repeat([0.025, 0.05, 0.1], [60, 20, 20])).all()


def test_middles_of_bins():
    centres, _ = shell_centres(DescriptorSpec(shell_centres="middles"))
    assert np.allclose(centres[[0, 59, 60, 99]], [0.5125, 1.9875, 2.025, 4.95])


@pytest.mark.parametrize("tail", [3.0, 4.7, 6.0])
@pytest.mark.parametrize("centres", ["edges", "middles"])
def test_equals_twin(gas, spec, tail, centres):
    spec = spec.model_copy(update={"tail": tail, "shell_centres": centres})
    assert np.abs(radial_descriptors(gas, spec) - oracles.radial(gas, spec)).max() < 1e-10


def test_equals_twin_with_coarse_and_fine_shells(gas):
    groups = ((0.0, 1.0, 5, 0.02), (1.0, 1.2, 30, 0.05), (1.5, 3.0, 2, 0.1), (3.1, 3.7, 2, 0.01))
    spec = DescriptorSpec(radial_shells=groups)
    assert np.abs(radial_descriptors(gas, spec) - oracles.radial(gas, spec)).max() < 1e-10


def test_default_descriptors_equal_twin_and_tails_do_not_matter(liquid):
    spec = DescriptorSpec()
    ours = radial_descriptors(liquid, spec)
    assert np.abs(ours - oracles.radial(liquid, spec)).max() < 1e-10
    whole = oracles.radial(liquid, spec, tail=np.inf)
    inside = shell_centres(spec)[0] < 4.9  # the twin sees half the box, 5.68: 7.8 widths
    assert np.abs(ours - whole)[:, inside].max() < 1e-6


def test_two_particles_by_hand():
    pair = Configuration([[0.1, 0, 0], [-1.0, 0, 0]], np.full(3, 12.0))
    spec = DescriptorSpec(radial_shells=((1.0, 2.0, 11, 0.1),), tail=6.5)
    expected = np.exp(-((np.arange(11) - 1) ** 2) / 2)
    expected[8:] = 0  # 7 widths away and more
    assert np.allclose(radial_descriptors(pair, spec), [expected, expected], atol=1e-12)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 1.09, 1.1, 3.0, 11.0, 14.0])
def test_one_and_two_neighbours_by_hand_at_any_spacing_of_the_shells(ratio):
    """Shells ``ratio`` widths apart: both ways of taking the exponential, and one shell or none."""
    width = 0.05
    stop = 1.0 + 8 * ratio * width
    positions = [[0, 0, 0], [1.03, 0, 0], [0, -1.21, 0]]
    three = Configuration(positions, np.full(3, 2 * stop + 2))
    spec = DescriptorSpec(radial_shells=((1.0, stop, 9, width),))
    r = np.array([[1.03, 1.21], [1.03, np.hypot(1.03, 1.21)], [1.21, np.hypot(1.03, 1.21)]])
    gap = np.abs(r[:, :, None] - shell_centres(spec)[0])
    expected = np.where(gap <= 6 * width, np.exp(-((gap / width) ** 2) / 2), 0).sum(1)
    assert np.abs(radial_descriptors(three, spec) - expected).max() < 1e-13
    one = Configuration(positions[:2], three.box)
    expected = np.where(gap <= 6 * width, np.exp(-((gap / width) ** 2) / 2), 0)[:2, 0]
    assert np.abs(radial_descriptors(one, spec) - expected).max() < 1e-13


def test_a_shell_at_zero_does_not_count_the_particle_itself():
    pair = Configuration([[0, 0, 0], [0.1, 0, 0]], np.full(3, 12.0))
    spec = DescriptorSpec(radial_shells=((0.0, 0.2, 3, 0.05),))
    expected = np.exp([-2.0, 0.0, -2.0])
    assert np.allclose(radial_descriptors(pair, spec), [expected, expected], atol=1e-14)


def test_many_neighbours_outgrow_the_buffers():
    rng = np.random.default_rng(4)
    dense = Configuration(rng.uniform(0, 4.4, (4000, 3)), np.full(3, 4.4))
    spec = DescriptorSpec(radial_shells=((1.0, 2.0, 3, 0.03),))
    rows = radial_descriptors(dense, spec)
    assert rows.sum(1).mean() > 300
    assert np.abs(rows - oracles.radial(dense, spec)).max() < 1e-10


def test_ideal_gas_has_the_mean_density():
    rng = np.random.default_rng(0)
    gas = Configuration(rng.uniform(0, 12, (2500, 3)), np.full(3, 12.0))
    spec = DescriptorSpec()
    centres, widths = shell_centres(spec)
    # ∫ 4π r² exp(−(r − c)²/2δ²) dr = 4π √(2π) δ (c² + δ²)
    expected = 2499 / 12**3 * 4 * np.pi * np.sqrt(2 * np.pi) * widths * (centres**2 + widths**2)
    mean = radial_descriptors(gas, spec).mean(axis=0)
    error = np.sqrt(expected / 2500)  # at least; neighbours are counted twice
    assert (np.abs(mean - expected) < 5 * error)[centres > 0.6].all()
    assert abs(mean.sum() / expected.sum() - 1) < 0.01


def test_isolated_particles_give_zeros(spec):
    far = Configuration([[0, 0, 0], [10, 10, 10], [10, 10, 11.1]], np.full(3, 40.0))
    table = radial_descriptors(far, spec)
    assert (table[0] == 0).all() and table[1].max() > 0.1 and np.isfinite(table).all()


def test_same_bits_for_any_number_of_threads(liquid):
    spec = DescriptorSpec()
    one = radial_descriptors(liquid, spec, threads=1)
    assert one.tobytes() == radial_descriptors(liquid, spec, threads=4).tobytes()


def test_box_too_small(gas):
    with pytest.raises(ConfigurationError, match=r"2 r_max = 11.2"):
        radial_descriptors(gas, DescriptorSpec())
    assert radial_reach(DescriptorSpec()) == pytest.approx(5.6)
