"""Descriptors of a mixture: naive twins, one species, and what must not change them."""

import numpy as np
import pytest
import structure_oracles as oracles
from test_cage_descriptors import some_moments

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import DescriptorSpec
from glasslib.structure.angular import angular_descriptors
from glasslib.structure.cage import cage_scalars
from glasslib.structure.mixture import (
    Mixture,
    check_species,
    mixture_cage_descriptors,
    species_cells,
    species_descriptors,
)
from glasslib.structure.neighbors import cell_list
from glasslib.structure.radial import radial_descriptors

SPEC = DescriptorSpec(
    radial_shells=((0.5, 2.0, 10, 0.1),), angular_shells=4, max_order=4, coarse_radius=2.0
)


def gas(n=150, edge=8.0, seed=0):
    random = np.random.default_rng(seed)
    configuration = Configuration(random.uniform(0, edge, (n, 3)), np.full(3, edge))
    return configuration, random.integers(0, 2, n)


def without(configuration, species, kind, keep):
    """One particle and all those of a species: the naive way to see only that species."""
    among = species == kind
    among[keep] = True
    place = int(np.flatnonzero(among).tolist().index(keep))
    return Configuration(configuration.positions[among], configuration.box), place


def test_each_family_is_that_of_the_neighbours_of_one_species():
    configuration, species = gas()
    table = species_descriptors(configuration, species, SPEC)
    for kind in (0, 1):
        here = table[:, (table.species == kind) & (table.generation == 0)]
        for i in (0, 7, 80, 149):
            alone, place = without(configuration, species, kind, i)
            np.testing.assert_allclose(
                here[i, here.family.values == "radial"], oracles.radial(alone, SPEC)[place],
                rtol=1e-6, atol=1e-7,
            )
            np.testing.assert_allclose(
                here[i, here.family.values == "angular"],
                oracles.angular(alone, SPEC, rows=[place])[place].ravel(), rtol=1e-5, atol=1e-6,
            )


def test_passes_of_eq_5_average_over_all_particles():
    configuration, species = gas()
    table = species_descriptors(configuration, species, SPEC)
    first = table[:, table.generation == 0].values.astype(float)
    i, j, _, r = oracles.all_pairs(configuration, SPEC.coarse_radius)
    weight = np.zeros((150, 150))
    weight[i, j] = np.exp(-r / SPEC.coarse_radius)
    weight += np.eye(150)
    expected = weight @ first / weight.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(table[:, table.generation == 1], expected, rtol=1e-5, atol=1e-6)


def test_one_species_is_the_atomic_case_bit_for_bit():
    configuration, _ = gas()
    nobody = np.zeros(len(configuration), dtype=int)
    cells, every = species_cells(configuration, nobody, 0), cell_list(configuration)
    for one, other in zip(cells, every, strict=True):
        np.testing.assert_array_equal(one, other)
    table = species_descriptors(configuration, nobody, SPEC)
    first = table[:, table.generation == 0].values
    expected = np.concatenate(
        [radial_descriptors(configuration, SPEC), angular_descriptors(configuration, SPEC)], axis=1
    )
    np.testing.assert_array_equal(first, expected.astype(np.float32))


def test_radial_columns_of_the_species_add_up():
    configuration, species = gas()
    table = species_descriptors(configuration, species, SPEC)
    radial = table[:, (table.family == "radial") & (table.generation == 0)]
    total = sum(radial[:, radial.species == kind].values for kind in (0, 1))
    np.testing.assert_allclose(total, radial_descriptors(configuration, SPEC), rtol=1e-5, atol=1e-6)


def test_numbers_of_the_species_are_labels():
    configuration, species = gas()
    table = species_descriptors(configuration, species, SPEC)
    other = species_descriptors(configuration, 1 - species, SPEC)
    for kind in (0, 1):
        np.testing.assert_array_equal(
            table[:, table.species == kind].values, other[:, other.species == 1 - kind].values
        )
    names = table.descriptor.values
    assert len(set(names)) == len(names) == table.shape[1] == 2 * 26 * 3
    assert "radial r=0.50 species=1 g=2" in names


def test_cage_columns_average_over_one_species_and_leave_the_particle_out():
    configuration, species = gas()
    moments = some_moments(n=150, bonds=0)
    table = mixture_cage_descriptors(moments, configuration, configuration, species, r_c=2.0)
    own = np.stack(list(cage_scalars(moments, configuration, configuration).values()), axis=1)
    assert table.shape == (150, 13 * 7)
    np.testing.assert_allclose(table[:, table.surroundings == "own"], own, rtol=1e-5, atol=1e-6)
    i, j, _, r = oracles.all_pairs(configuration, 2.0)
    for kind in (0, 1):
        weight = np.zeros((150, 150))
        weight[i, j] = np.exp(-r / 2.0) * (species[j] == kind)
        alone = weight.sum(axis=1) == 0
        weight[alone, alone] = 1.0
        weight /= weight.sum(axis=1, keepdims=True)
        for name, power in (("once", 1), ("twice", 2), ("four times", 4)):
            here = table[:, (table.surroundings == name) & (table.species == kind)]
            expected = np.linalg.matrix_power(weight, power) @ own
            np.testing.assert_allclose(here, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("species", "words"),
    [
        (np.zeros(149, int), "149"),
        (np.zeros(150), "float64"),
        (np.full(150, -1), "negative"),
        (np.r_[0, np.ones(149, int)], "species 0 has 1 particles"),
    ],
)
def test_what_is_no_species_is_refused(species, words):
    configuration, _ = gas()
    with pytest.raises(ConfigurationError, match=words):
        species_descriptors(configuration, species, SPEC)


def test_a_species_needs_coefficients():
    with pytest.raises(ConfigurationError, match="species 2 has no pair coefficients"):
        check_species(np.array([0, 1, 2]), 3, Mixture())
