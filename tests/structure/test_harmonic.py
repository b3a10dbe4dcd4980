"""The Hessian and harmonic covariances: differences of energies, springs, a chain, a crystal."""

import numpy as np
import pytest

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import Melt
from glasslib.structure.energy import potential_energy
from glasslib.structure.harmonic import harmonic_covariance, hessian


def crystal(edge=6, spacing=2 ** (2 / 3) * 1.0):
    """A face-centred cubic crystal near its least energy."""
    corner = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.stack(np.meshgrid(*[np.arange(edge)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    return Configuration((cells + corner).reshape(-1, 3) * spacing, np.full(3, edge * spacing))


def test_second_derivatives_are_differences_of_energies(liquid):
    """Along random directions: U(x + h e) − 2 U(x) + U(x − h e) = h² e·H e."""
    melt, random = Melt(n_monomers=len(liquid)), np.random.default_rng(0)
    matrix = hessian(liquid, melt)

    def energy(positions):
        moved = Configuration(positions, liquid.box, liquid.bonds)
        return potential_energy(moved, melt, True).sum()

    for _ in range(5):
        direction = np.zeros((len(liquid), 3))
        some = random.choice(len(liquid), 20, replace=False)
        direction[some] = random.normal(size=(20, 3))
        h = 1e-4 / np.abs(direction).max()
        x = liquid.positions
        second = (energy(x + h * direction) - 2 * energy(x) + energy(x - h * direction)) / h**2
        assert direction.ravel() @ (matrix @ direction.ravel()) == pytest.approx(second, rel=2e-3)


def test_it_is_symmetric_and_knows_no_translation(liquid):
    matrix = hessian(liquid, Melt(n_monomers=len(liquid)))
    assert abs(matrix - matrix.T).max() < 1e-9 * abs(matrix).max()
    for d in range(3):
        shift = np.zeros((len(liquid), 3))
        shift[:, d] = 1.0
        assert np.abs(matrix @ shift.ravel()).max() < 1e-6 * abs(matrix).max()


def test_two_monomers_on_a_spring_each():
    """A bond at its rest length: along it 1/(z + 4k) for the difference, 1/z for the sum."""
    pair = Configuration(np.array([[1.0, 1, 1], [1.97, 1, 1]]), np.full(3, 12.0), [[0, 1]])
    melt = Melt(n_monomers=2, chain_length=2)
    found = harmonic_covariance(pair, melt, stiffness=2.0)
    along = 0.5 * (1 / 2.0 + 1 / (2.0 + 4 * melt.bond_stiffness))
    np.testing.assert_allclose(found, np.tile(np.diag([along, 0.5, 0.5]), (2, 1, 1)), rtol=1e-9)


def test_a_harmonic_chain():
    """A straight chain of springs: the covariance along it from its known normal modes."""
    n, z, k = 6, 3.0, 2 * 555.5
    x = np.stack([1 + 3.0 * np.arange(n), np.ones(n), np.ones(n)], axis=1)
    bonds = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    chain = Configuration(x, np.full(3, 40.0), bonds)
    melt = Melt(n_monomers=n, chain_length=n, bond_length=3.0)
    modes = np.array(
        [np.cos(np.pi * p * (np.arange(n) + 0.5) / n) for p in range(n)]
    )
    modes /= np.linalg.norm(modes, axis=1, keepdims=True)
    values = z + k * (2 - 2 * np.cos(np.pi * np.arange(n) / n))
    expected = (modes**2 / values[:, None]).sum(axis=0)
    np.testing.assert_allclose(
        harmonic_covariance(chain, melt, stiffness=z)[:, 0, 0], expected, rtol=1e-9
    )


def test_a_crystal_has_one_isotropic_covariance():
    found = harmonic_covariance(crystal(4), Melt(n_monomers=256, chain_length=1, cutoff=2.4), 1.0)
    np.testing.assert_allclose(found, np.tile(np.eye(3) * found[0, 0, 0], (256, 1, 1)), atol=1e-9)
    matrix = hessian(crystal(4), Melt(n_monomers=256, chain_length=1, cutoff=2.4)).toarray()
    exact = np.linalg.inv(matrix + np.eye(768))
    np.testing.assert_allclose(found[7], exact[21:24, 21:24], atol=1e-12)


def test_what_is_no_minimum_is_refused():
    near = Configuration(np.array([[0.0, 0, 0], [1.6, 0, 0]]), np.full(3, 12.0))
    with pytest.raises(ConfigurationError, match="no minimum of the energy: a mode is softer"):
        harmonic_covariance(near, Melt(n_monomers=2, chain_length=1), stiffness=1e-3)
