"""Descriptors of the inherent structure."""

import numpy as np
import pytest

from glasslib.results import inherent_structure
from results.examples import N


def test_inherent_descriptors_are_those_of_the_minimum(one):
    data = inherent_structure.inherent_dataset(one)
    assert data.features.shape == (2 * N, 1761)
    energy = data.features[:N, data.feature_names.index("inherent energy")]
    attrs = one.runs[0].attrs
    assert energy.sum() == pytest.approx(attrs["inherent_structure_energy"], rel=1e-3)
    assert energy.sum() < attrs["potential_energy"]
    distance = data.features[:, data.feature_names.index("distance to inherent structure")]
    assert 0 < distance.min() and 0.05 < np.median(distance) < 0.5 and distance.max() < 2
