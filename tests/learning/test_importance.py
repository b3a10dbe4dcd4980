import numpy as np
import pytest

from glasslib.errors import ParameterError
from glasslib.learning.correlation import pearson
from glasslib.learning.importance import descriptor_groups, shuffled_prediction
from glasslib.structure.descriptors import descriptor_names


def test_groups_of_the_881_inputs():
    names = [*descriptor_names(), "debye_waller", "inherent energy", "reorientation"]
    groups = descriptor_groups(names)
    sizes = {name: len(columns) for name, columns in groups.items()}
    assert sizes == {
        "radial": 300, "angular": 576, "Voronoi": 3, "energy": 1, "Debye–Waller": 1,
        "generation 0": 292, "generation 1": 292, "generation 2": 292,
    }  # fmt: skip
    by_kind = np.concatenate([groups[k] for k in ("radial", "angular", "Voronoi", "energy")])
    assert sorted(by_kind) == list(range(880))
    by_generation = np.concatenate([groups[f"generation {g}"] for g in range(3)])
    assert sorted(by_generation) == list(range(876))


def test_only_the_group_that_is_used_loses_anything():
    random = np.random.default_rng(0)
    x = random.normal(size=(3000, 4))
    runs = np.repeat([3, 1, 2], 1000)

    def predict(inputs):
        return inputs[:, [0]] + inputs[:, [1]]

    true = predict(x)
    groups = ([0], [2, 3], [0, 1])
    rho = [pearson(true, shuffled_prediction(predict, x, c, runs))[0] for c in groups]
    assert rho[0] == pytest.approx(0.5, abs=0.05)
    assert rho[1] == 1.0
    assert abs(rho[2]) < 0.06


def test_columns_move_together_and_stay_in_their_run():
    random = np.random.default_rng(1)
    runs = np.repeat([0, 1], 50)
    x = np.concatenate([random.normal(size=(100, 1)), runs[:, None]], axis=1)
    x = np.concatenate([x, 2 * x[:, :1]], axis=1)
    before = x.copy()
    out = shuffled_prediction(lambda v: v, x, [0, 1, 2], runs, seed=4)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(out[:, 2], 2 * out[:, 0])
    np.testing.assert_array_equal(out[:, 1], runs)
    assert (out[:, 0] != x[:, 0]).mean() > 0.9
    np.testing.assert_allclose(np.sort(out[:50, 0]), np.sort(x[:50, 0]))


def test_wrong_columns_and_runs_are_refused():
    with pytest.raises(ParameterError, match="columns name 7"):
        shuffled_prediction(lambda v: v, np.ones((3, 2)), [7], [0, 0, 0])
    with pytest.raises(ParameterError, match="runs names 2 rows"):
        shuffled_prediction(lambda v: v, np.ones((3, 2)), [1], [0, 0])
