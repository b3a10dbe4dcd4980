import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from glasslib.errors import ParameterError
from glasslib.learning.baselines import (
    ALONE,
    ValidatedRidge,
    best_column,
    out_of_sample,
    position_pipeline,
    ridge_pipeline,
    tree_pipeline,
)
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import Split, run_folds


@pytest.mark.parametrize("alpha", [1e-3, 0.1, 10.0])
def test_ridge_of_one_strength_is_scikit_learns(alpha):
    random = np.random.default_rng(0)
    x = random.normal(3.0, [1, 5, 0.1], size=(700, 3)).astype(np.float32)
    y = x @ random.normal(size=(3, 2)) + random.normal(size=(700, 2)) * [0.1, 20.0]
    ours = ValidatedRidge([alpha]).fit(x, y)
    theirs = Ridge(alpha=alpha * len(x)).fit(x.astype(float), y)
    np.testing.assert_allclose(ours.coef_.T, theirs.coef_, rtol=2e-3, atol=1e-3 * y.std())
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), atol=2e-3 * y.std())
    one = ValidatedRidge([alpha]).fit(x, y[:, 0])
    assert one.predict(x).shape == (700,)
    np.testing.assert_allclose(one.predict(x), ours.predict(x)[:, 0], atol=1e-3 * y.std())


def test_ridge_chooses_a_strength_for_each_target():
    random = np.random.default_rng(1)
    x = random.normal(size=(300, 150)).astype(np.float32)
    signal = x @ random.normal(size=150) / np.sqrt(150)
    y = np.stack([signal + 0.01 * random.normal(size=300), signal + 5 * random.normal(size=300)], 1)
    ridge = ValidatedRidge().fit(x, y)
    assert ridge.alpha_[0] < ridge.alpha_[1]
    fresh = random.normal(size=(2000, 150)).astype(np.float32)
    assert np.isfinite(ridge.predict(fresh)).all()


def test_a_whole_run_chooses_the_strength():
    """Columns tell the runs apart: that helps for rows of known runs, and misleads for others."""
    random = np.random.default_rng(2)
    runs = np.repeat(np.arange(8), 100)
    x = random.normal(size=(8, 40))[runs] + 0.5 * random.normal(size=(800, 40))
    y = (3 * random.normal(size=8)[runs] + 0.1 * random.normal(size=800))[:, None]
    x = x.astype(np.float32)
    by_row, by_run = ValidatedRidge().fit(x, y), ValidatedRidge().fit(x, y, groups=runs)
    assert by_run.alpha_[0] > 10 * by_row.alpha_[0]


def test_a_single_run_cannot_choose():
    """Its rows would choose what suits their neighbours: the strength is fixed instead."""
    random = np.random.default_rng(3)
    x = random.normal(size=(300, 20)).astype(np.float32)
    y = x[:, :1] + random.normal(size=(300, 1))
    assert ValidatedRidge().fit(x, y, groups=np.zeros(300, int)).alpha_.tolist() == [ALONE]
    assert ValidatedRidge([0.3]).fit(x, y, groups=np.zeros(300, int)).alpha_.tolist() == [0.3]


def test_a_light_column_is_not_shrunk_with_the_others():
    """One column that matters behind 400 that do not: no worse than that column alone."""
    random = np.random.default_rng(4)
    runs = np.repeat(np.arange(5), 200)
    signal = random.normal(size=1000)
    x = np.concatenate([random.normal(size=(1000, 400)), signal[:, None]], axis=1)
    y = (signal + random.normal(size=1000))[:, None]
    folds = run_folds(runs)

    def rho(light):
        predicted = out_of_sample(
            lambda: ridge_pipeline(light=light), x.astype(np.float32), y, folds, runs
        )
        return pearson(y, predicted)[0]

    alone = pearson(y, signal[:, None])[0]
    assert rho(1) > alone - 0.02 and rho(1) > rho(0) + 0.03


def test_ridge_rejects_what_it_cannot_use():
    with pytest.raises(ParameterError, match="equally many"):
        ValidatedRidge().fit(np.ones((4, 1)), np.ones((5, 1)))
    with pytest.raises(ParameterError, match="0 strengths"):
        ValidatedRidge([]).fit(np.ones((4, 1)), np.ones((4, 1)))


def test_pipeline_cuts_what_lies_far_outside():
    random = np.random.default_rng(3)
    x = random.normal(size=(500, 2))
    y = x[:, :1] + 0.3 * random.normal(size=(500, 1))
    far = np.array([[0.0, 0.0], [1e6, 0.0]])
    predicted = ridge_pipeline(limit=4.0).fit(x, y).predict(far)
    assert predicted[1, 0] - predicted[0, 0] < 5
    assert ridge_pipeline(limit=1e9).fit(x, y).predict(far)[1, 0] > 1e5


def test_pipeline_learns_its_statistics_from_training_rows_alone(linear_data):
    folds = run_folds(linear_data.runs, 3)
    rows = np.sort(np.concatenate([folds[0].train, folds[0].validation]))
    model = ridge_pipeline()
    model.fit(linear_data.features[rows], linear_data.targets[rows])
    expected = StandardScaler().fit(linear_data.features[rows].astype(float))
    np.testing.assert_allclose(model["standardise"].mean_, expected.mean_, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", [ridge_pipeline, tree_pipeline])
def test_out_of_sample_never_sees_what_it_predicts(linear_data, make):
    data, folds = linear_data, run_folds(linear_data.runs, 3)
    target = data.targets[:, 2] if make is tree_pipeline else data.targets
    groups = data.runs
    predicted = out_of_sample(make, data.features, target, folds, groups)
    assert np.isfinite(predicted).all() and predicted.shape == target.shape
    changed = target.copy()
    changed[folds[0].test] += 1e3  # what is tested may be anything
    again = out_of_sample(make, data.features, changed, folds[:1], groups)
    np.testing.assert_allclose(again[folds[0].test], predicted[folds[0].test], atol=1e-9)
    assert np.isnan(again[folds[0].train]).all()
    rho = pearson(np.atleast_2d(target.T).T, np.atleast_2d(predicted.T).T)[-1]
    assert rho > (0.99 if make is ridge_pipeline else 0.7)
    with pytest.raises(ParameterError, match="test a row twice"):
        out_of_sample(make, data.features, target, [folds[0], folds[0]])


def test_position_is_the_mean_over_each_place():
    random = np.random.default_rng(4)
    place = random.integers(3, size=300)
    y = np.stack([place + random.normal(size=300), -place + random.normal(size=300)], axis=1)
    predicted = position_pipeline().fit(place[:, None], y).predict([[0], [1], [2]])
    for k in range(3):
        np.testing.assert_allclose(predicted[k], y[place == k].mean(axis=0), atol=1e-9)


def test_best_column_of_each_time():
    random = np.random.default_rng(5)
    x = random.normal(size=(400, 6))
    x[:, 5] = 1.0
    y = np.stack([-x[:, 4] + 0.1 * random.normal(size=400), x[:, 1]], axis=1)
    column, sign = best_column(y, x)
    assert column.tolist() == [4, 1] and sign.tolist() == [-1, 1]
    same = out_of_sample(
        ridge_pipeline, x[:, [1]], y[:, [1]], [Split(range(200), range(200, 300), range(300, 400))]
    )
    assert pearson(y[300:, [1]], same[300:])[0] == pytest.approx(1, abs=1e-5)
