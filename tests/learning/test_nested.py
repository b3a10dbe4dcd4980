"""A nested choice sees training runs alone, and agrees with fitting each set by hand."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from glasslib.errors import ParameterError
from glasslib.learning.baselines import ALONE
from glasslib.learning.dataset import run_folds
from glasslib.learning.nested import nested_ridge


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(1)
    runs = np.repeat(np.arange(5), 80)
    signal = random.normal(size=(400, 6)) + 3
    y = signal @ random.normal(size=6) + random.normal(size=400) + 0.3 * runs
    return {"noise": random.normal(size=(400, 3)), "signal": signal}, y, runs


def test_the_choice_is_that_of_a_plain_loop(data):
    candidates, y, runs = data
    strengths = (1e-2, 1.0, 30.0)
    folds = run_folds(runs, 5)
    found = nested_ridge(candidates, y, folds, runs, strengths)
    for number, fold in enumerate(folds):
        rows = np.concatenate([fold.train, fold.validation])
        errors = {}
        for name, x in candidates.items():
            scaler = StandardScaler().fit(x[rows])
            z = scaler.transform(x)
            for alpha in strengths:
                total = 0.0
                for run in np.unique(runs[rows]):
                    inside, out = rows[runs[rows] != run], rows[runs[rows] == run]
                    model = Ridge(alpha=alpha * len(inside)).fit(z[inside], y[inside])
                    total += ((model.predict(z[out]) - y[out]) ** 2).sum()
                errors[name, alpha] = total
        best = min(errors, key=errors.get)
        assert (found.chosen[number], found.strengths[number]) == best
        z = StandardScaler().fit(candidates[best[0]][rows]).transform(candidates[best[0]])
        model = Ridge(alpha=best[1] * len(rows)).fit(z[rows], y[rows])
        np.testing.assert_allclose(found.nested[fold.test], model.predict(z[fold.test]), rtol=1e-4)


def test_targets_of_test_runs_change_nothing(data):
    candidates, y, runs = data
    fold = run_folds(runs, 5)[:1]
    changed = y.copy()
    changed[fold[0].test] = 1e3
    one, other = (nested_ridge(candidates, values, fold, runs) for values in (y, changed))
    np.testing.assert_array_equal(one.nested, other.nested)
    assert one.chosen == other.chosen == ("signal",)
    assert np.isnan(np.delete(one.nested, fold[0].test)).all()


def test_one_training_run_chooses_nothing(data):
    candidates, y, runs = data
    two = runs < 2
    found = nested_ridge(
        {name: x[two] for name, x in candidates.items()}, y[two], run_folds(runs[two]), runs[two]
    )
    assert found.chosen == ("noise", "noise") and found.strengths == (ALONE, ALONE)


@pytest.mark.parametrize("change", [{"candidates": {}}, {"strengths": ()}, {"runs": np.zeros(3)}])
def test_what_cannot_be_chosen_from_is_refused(data, change):
    candidates, y, runs = data
    given = {"candidates": candidates, "target": y, "folds": run_folds(runs), "runs": runs}
    with pytest.raises(ParameterError, match="give at least one set"):
        nested_ridge(**(given | change))
