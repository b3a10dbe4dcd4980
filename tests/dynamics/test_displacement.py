"""Displacements and reorientation against motions known exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from glasslib.dynamics.displacement import (
    bond_reorientation,
    centre_of_mass_drift,
    displacement_moments,
)

PAIRS = np.array([[0, 1], [1, 2], [4, 3]])


def cloud(seed, n=50):
    return np.random.default_rng(seed).normal(size=(n, 3))


def test_ballistic_motion():
    x, v = cloud(0), cloud(1)
    speed = np.array([np.sqrt(sum(c * c for c in row)) for row in v])  # plain loop as oracle
    for t in (0.0, 0.3, 7.0):
        r, r2 = displacement_moments(x, x + t * v)
        np.testing.assert_allclose(r, t * speed, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(r2, (t * speed) ** 2, rtol=1e-12, atol=1e-14)


def test_brownian_motion():
    """|Δr| follows Maxwell's distribution: ⟨|Δr|⟩ = √(16 D t / π), ⟨Δr²⟩ = 6 D t."""
    d, t, n = 0.7, 2.0, 100_000
    step = np.random.default_rng(2).normal(0, np.sqrt(2 * d * t), (n, 3))
    r, r2 = displacement_moments(np.zeros((n, 3)), step)
    assert r.mean() == pytest.approx(np.sqrt(16 * d * t / np.pi), rel=5e-3)
    assert r2.mean() == pytest.approx(6 * d * t, rel=1e-2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_rotation_translation_and_order_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    x, y = cloud(seed), cloud(seed + 1)
    turn, shift, order = (
        Rotation.random(rng=rng).as_matrix(),
        rng.normal(size=3),
        rng.permutation(50),
    )
    r, _ = displacement_moments(x, y)
    turned, _ = displacement_moments(x @ turn.T + shift, y @ turn.T + shift)
    np.testing.assert_allclose(turned, r, rtol=1e-9)
    np.testing.assert_array_equal(displacement_moments(x[order], y[order])[0], r[order])
    before = np.array(bond_reorientation(x, y, PAIRS))
    after = np.array(bond_reorientation(x @ turn.T + shift, y @ turn.T + shift, PAIRS))
    np.testing.assert_allclose(after, before, atol=1e-9)


@pytest.mark.parametrize("degrees", [0, 30, 90, 120, 180])
def test_a_rigid_rotation_turns_bonds_across_the_axis_by_its_angle(degrees):
    flat = cloud(3)
    flat[:, 2] = 0  # all bonds lie across the axis
    angle = np.radians(degrees)
    turned = flat @ Rotation.from_euler("z", angle).as_matrix().T
    p1, p2 = bond_reorientation(flat, turned, PAIRS)
    np.testing.assert_allclose(p1, np.cos(angle), atol=1e-12)
    np.testing.assert_allclose(
        p2, np.polynomial.legendre.legval(np.cos(angle), [0, 0, 1]), atol=1e-12
    )


def test_stretching_and_direction_of_the_pair_do_not_count():
    x, y = cloud(4), cloud(5)
    p = bond_reorientation(x, y, PAIRS)
    np.testing.assert_allclose(bond_reorientation(x, 3 * y, PAIRS), p, rtol=1e-12)
    np.testing.assert_allclose(bond_reorientation(x, y, PAIRS[:, ::-1]), p, rtol=1e-12)


def test_bonds_of_random_direction_have_lost_their_memory():
    x, y = cloud(6, 40_000), cloud(7, 40_000)
    bonds = np.arange(40_000).reshape(-1, 2)
    p1, p2 = bond_reorientation(x, y, bonds)
    assert abs(p1.mean()) < 4 / np.sqrt(3 * 20_000)
    assert abs(p2.mean()) < 4 / np.sqrt(5 * 20_000)


def test_drift_is_that_of_the_centre_alone():
    x, y = cloud(8), cloud(9)
    y += x.mean(axis=0) - y.mean(axis=0)
    assert centre_of_mass_drift(x, y) < 1e-15
    assert centre_of_mass_drift(x, y + [0.3, 0, 0.4]) == pytest.approx(0.5)
