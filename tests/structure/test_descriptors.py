import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import DescriptorSpec, Melt
from glasslib.structure.angular import angular_descriptors
from glasslib.structure.coarse_graining import coarse_grain
from glasslib.structure.descriptors import (
    descriptor_names,
    descriptor_reach,
    structural_descriptors,
)
from glasslib.structure.energy import potential_energy
from glasslib.structure.radial import radial_descriptors
from glasslib.structure.voronoi import voronoi_shape

BOX = np.array([7.0, 7.5, 8.0])


@pytest.fixture(scope="module")
def small():
    """100 particles on a shaken lattice with bonds, for the property tests."""
    rng = np.random.default_rng(11)
    sites = np.stack(np.meshgrid(np.arange(5), np.arange(5), np.arange(4)), -1).reshape(-1, 3)
    positions = (sites + 0.5) / [5, 5, 4] * BOX + rng.normal(0, 0.15, (100, 3))
    return Configuration(positions, BOX, Melt(n_monomers=100).bonds)


def everything(configuration, spec):
    """All descriptors in double precision: energies and Voronoi cells included."""
    local = np.hstack(
        [radial_descriptors(configuration, spec), angular_descriptors(configuration, spec)]
    )
    first = coarse_grain(local, configuration, spec.coarse_radius)
    return np.hstack(
        [
            local,
            first,
            coarse_grain(first, configuration, spec.coarse_radius),
            voronoi_shape(configuration),
            potential_energy(configuration)[:, None],
        ]
    )


def same(a, b):
    """Equal to rounding; energies of near pairs are large, so relative to the column."""
    scale = np.maximum(1, np.abs(a).max(axis=0))
    return (np.abs(a - b) / scale).max() < 1e-9


@settings(max_examples=15, deadline=None)
@given(shift=st.tuples(*3 * [st.floats(-50, 50)]))
def test_translation(small, spec, shift):
    moved = Configuration(small.positions + shift, small.box, small.bonds)
    assert same(everything(small, spec), everything(moved, spec))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_images(small, spec, seed):
    images = np.random.default_rng(seed).integers(-3, 4, small.positions.shape)
    moved = Configuration(small.positions + images * small.box, small.box, small.bonds)
    assert same(everything(small, spec), everything(moved, spec))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_permutation(small, spec, seed):
    order = np.random.default_rng(seed).permutation(len(small))
    inverse = np.argsort(order)
    moved = Configuration(small.positions[order], small.box, inverse[small.bonds])
    assert same(everything(small, spec)[order], everything(moved, spec))


@settings(max_examples=10, deadline=None)
@given(axes=st.permutations([0, 1, 2]), signs=st.tuples(*3 * [st.sampled_from([-1, 1])]))
def test_rotations_and_reflections_of_the_box(small, spec, axes, signs):
    moved = Configuration(
        small.positions[:, axes] * np.array(signs), small.box[list(axes)], small.bonds
    )
    assert same(everything(small, spec), everything(moved, spec))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), mirror=st.booleans())
def test_any_rotation_of_a_cluster(small, spec, seed, mirror):
    rotation = special_ortho_group.rvs(3, random_state=seed) * (-1 if mirror else 1)
    box = np.full(3, 60.0)
    cluster = Configuration(small.positions, box, small.bonds)
    turned = Configuration(small.positions @ rotation.T, box, small.bonds)
    keep = np.r_[: 3 * (27 + 36), -1]  # the cells at the rim of a cluster feel the box
    assert same(everything(cluster, spec)[:, keep], everything(turned, spec)[:, keep])


def test_default_table(liquid):
    table = structural_descriptors(liquid)
    assert table.dims == ("monomer", "descriptor") and table.shape == (1500, 880)
    assert table.dtype == np.float32 and bool(np.isfinite(table).all())
    assert table.descriptor.values.tolist() == descriptor_names()
    spec = DescriptorSpec()
    exact = everything(liquid, spec)
    assert (table.values == exact.astype(np.float32)).all()
    families, counts = np.unique(table.family, return_counts=True)
    assert dict(zip(families.tolist(), counts.tolist(), strict=True)) == {
        "radial": 300, "angular": 576, "voronoi": 3, "energy": 1,
    }  # fmt: skip
    by_name = table.sel(descriptor="angular r=1.30 l=6 g=1").values
    by_label = table[:, (np.abs(table.r - 1.3) < 1e-9) & (table.l == 6) & (table.generation == 1)]
    assert (by_name == by_label.values[:, 0]).all()


def test_names_are_unique_for_any_spec():
    fine = DescriptorSpec(radial_shells=((1.0, 1.01, 7, 0.1),), angular_range=(1, 1.001))
    for spec in (DescriptorSpec(), DescriptorSpec(shell_centres="middles"), fine):
        names = descriptor_names(spec)
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("generations", [0, 1, 3])
@pytest.mark.parametrize("extra", [True, False])
def test_options_change_the_columns(small, spec, generations, extra):
    spec = spec.model_copy(update={"generations": generations, "voronoi": extra, "energy": extra})
    table = structural_descriptors(small, spec)
    assert table.shape == (100, 63 * (generations + 1) + 4 * extra)
    assert table.descriptor.values.tolist() == descriptor_names(spec)


def test_energy_option(small, spec):
    with_bonds = structural_descriptors(small, spec).sel(descriptor="energy")
    without = structural_descriptors(small, spec.model_copy(update={"energy_bonds": False}))
    bonds = potential_energy(small) - potential_energy(small, include_bonds=False)
    difference = with_bonds - without.sel(descriptor="energy")
    assert np.allclose(difference, bonds, rtol=1e-4, atol=1e-3) and bonds.max() > 1


def test_self_option(small, spec):
    other = spec.model_copy(update={"include_self": False})
    one, two = structural_descriptors(small, spec), structural_descriptors(small, other)
    same_columns = (one == two).all("monomer")
    assert bool(same_columns[one.generation == 0].all())
    assert not bool(same_columns[(one.generation == 1) & (one.family == "radial")].all())


def test_same_bits_for_any_number_of_threads(liquid):
    one = structural_descriptors(liquid, threads=1).values
    assert one.tobytes() == structural_descriptors(liquid, threads=3).values.tobytes()


def test_smallest_box():
    assert descriptor_reach() == pytest.approx(5.6)
    gas = np.random.default_rng(0).uniform(0, 1, (1433, 3))
    edge = (1433 / 1.02) ** (1 / 3)
    with pytest.raises(ConfigurationError, match="N >= 1434 particles at this density"):
        structural_descriptors(Configuration(gas * edge, np.full(3, edge)))
    assert structural_descriptors(Configuration(gas * 11.2, np.full(3, 11.2))).shape[0] == 1433


def test_nothing_near_gives_no_nan():
    far = Configuration([[0, 0, 0], [10, 10, 10], [10, 10, 11.1]], np.full(3, 40.0))
    assert bool(np.isfinite(structural_descriptors(far)).all())
    alone = structural_descriptors(far, DescriptorSpec(include_self=False))
    assert bool(np.isfinite(alone).all())
