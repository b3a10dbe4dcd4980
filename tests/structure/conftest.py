"""Configurations that the tests of the structure share, all seeded."""

import numpy as np
import pytest

from glasslib.configuration import Configuration
from glasslib.parameters import DescriptorSpec, Melt


@pytest.fixture(scope="session")
def spec():
    """Short-sighted descriptors, for small boxes: nothing looks farther than 2.9."""
    return DescriptorSpec(
        radial_shells=((0.5, 1.5, 20, 0.05), (1.5, 2.2, 7, 0.1)),
        angular_range=(0.6, 2.0),
        angular_shells=6,
        max_order=6,
        coarse_radius=2.0,
    )


@pytest.fixture(scope="session")
def gas():
    """600 particles without order, some very near, in a box that is not a cube."""
    box = np.array([9.0, 8.0, 8.5])
    positions = np.random.default_rng(7).uniform(-1.5, 1.5, (600, 3)) * box
    return Configuration(positions, box)


@pytest.fixture(scope="session")
def liquid():
    """1,500 bonded monomers at density 1.02, no two nearer than 0.5: like the melt."""
    melt = Melt(n_monomers=1500)
    rng = np.random.default_rng(3)
    # a snake path, so that neighbours in a chain are neighbours in space
    path = [
        (i, j if i % 2 == 0 else 11 - j, k if (i * 12 + j) % 2 == 0 else 11 - k)
        for i in range(12)
        for j in range(12)
        for k in range(12)
    ]
    sites = np.array(path[:1500], float) * (melt.box_length / 12)
    sites += rng.normal(0, 0.1, sites.shape)
    return Configuration(sites, np.full(3, melt.box_length), melt.bonds)
