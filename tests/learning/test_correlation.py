import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from glasslib.errors import ParameterError
from glasslib.learning.correlation import correlate_runs, pearson, pearson_of_columns
from learning.correlation_oracles import bootstrap_runs, pearson_within_runs, resample_runs


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(3, 60),
    scale=st.floats(-300, 100),
    shift=st.floats(-50, 50),
)
def test_pearson_is_scipys_and_ignores_shift_and_scale(seed, n_rows, scale, shift):
    random = np.random.default_rng(seed)
    true, predicted = random.normal(size=(2, n_rows, 4))
    expected = [stats.pearsonr(true[:, k], predicted[:, k]).statistic for k in range(4)]
    rho = pearson(true, predicted)
    np.testing.assert_allclose(rho, expected, atol=1e-12)
    np.testing.assert_allclose(pearson(true + shift, 3 * predicted - shift), rho, atol=1e-9)
    np.testing.assert_allclose(pearson(true * 10.0**scale, predicted), rho, atol=1e-9)
    np.testing.assert_allclose(pearson(true.T, predicted.T, axis=1), rho, atol=1e-12)
    np.testing.assert_allclose(pearson(true, -predicted), -rho, atol=1e-12)


def test_pearson_of_itself_is_one_and_of_a_constant_not_defined():
    random = np.random.default_rng(0)
    true = random.normal(5.0, 1e-3, size=(100, 3))
    np.testing.assert_allclose(pearson(true, true), 1)
    predicted = true.copy()
    predicted[:, 1] = 0.1  # 0.1 is not exact in binary: the mean may differ by rounding
    predicted[:, 2] = 0.0
    np.testing.assert_array_equal(np.isnan(pearson(true, predicted)), [False, True, True])
    assert np.isnan(pearson(true[:1], true[:1])).all()


def test_pearson_rejects_what_it_cannot_use():
    with pytest.raises(ParameterError, match="two equal shapes"):
        pearson(np.zeros((3, 2)), np.zeros((3, 1)))
    with pytest.raises(ParameterError, match="not finite"):
        pearson(np.array([[1.0], [np.nan]]), np.ones((2, 1)))
    with pytest.raises(ParameterError, match="at least one row"):
        pearson(np.zeros((0, 2)), np.zeros((0, 2)))


def test_within_runs_is_the_mean_over_runs():
    random = np.random.default_rng(1)
    runs = random.permutation(np.repeat([2, 5, 7], [10, 30, 20]))
    true, predicted = random.normal(size=(2, 60, 3))
    each = [pearson(true[runs == run], predicted[runs == run]) for run in (2, 5, 7)]
    np.testing.assert_allclose(pearson_within_runs(true, predicted, runs), np.mean(each, axis=0))


def test_within_runs_does_not_see_what_differs_between_runs():
    random = np.random.default_rng(2)
    runs = np.repeat(np.arange(20), 200)
    level = 10 * random.normal(size=20)[runs, None]
    true = level + random.normal(size=(4000, 1))
    predicted = level + random.normal(size=(4000, 1))
    assert pearson(true, predicted)[0] > 0.95
    assert abs(pearson_within_runs(true, predicted, runs)[0]) < 0.06


def test_within_runs_leaves_out_a_run_where_it_is_not_defined():
    true = np.array([[1.0], [2.0], [3.0], [4.0]])
    predicted = np.array([[1.0], [2.0], [5.0], [5.0]])
    assert pearson_within_runs(true, predicted, [0, 0, 1, 1])[0] == pytest.approx(1)
    assert np.isnan(pearson_within_runs(true, np.ones((4, 1)), [0, 0, 1, 1])[0])


def test_the_bootstrap_error_of_a_mean_is_the_textbook_one():
    random = np.random.default_rng(3)
    runs = np.repeat(np.arange(5), 40)
    values = random.normal(size=(200, 3)) + random.normal(size=(5, 3))[runs]
    result = bootstrap_runs(lambda x: x.mean(axis=0), runs, values, n_resamples=4000, seed=1)
    means = values.reshape(5, 40, 3).mean(axis=1)
    np.testing.assert_allclose(result.value, values.mean(axis=0))
    np.testing.assert_allclose(result.error, means.std(axis=0, ddof=1) / np.sqrt(5), rtol=0.05)


def test_the_bootstrap_error_covers_the_truth():
    """ρ of runs that share a level: over 60 ensembles about two thirds lie within one error."""
    hits = 0
    rho = 1 / 2  # signal and noise of equal variance, in both true and predicted
    for seed in range(60):
        random = np.random.default_rng(seed)
        runs = np.repeat(np.arange(12), 60)
        common = random.normal(size=(720, 1))
        true, predicted = common + random.normal(size=(2, 720, 1))
        result = bootstrap_runs(pearson, runs, true, predicted, n_resamples=100, seed=seed)
        hits += abs(result.value[0] - rho) < result.error[0]
    assert 27 <= hits <= 53  # 41 expected, standard deviation 3.6


def test_rows_of_a_run_are_not_taken_for_independent():
    random = np.random.default_rng(4)
    runs = np.repeat(np.arange(8), 100)
    values = random.normal(size=8)[runs]  # all rows of a run are equal
    by_run = bootstrap_runs(np.mean, runs, values, n_resamples=1000).error
    by_row = bootstrap_runs(np.mean, np.arange(800), values, n_resamples=200).error
    assert by_run > 5 * by_row


def test_a_run_drawn_twice_counts_twice():
    random = np.random.default_rng(5)
    runs = np.repeat(np.arange(6), 50)
    true, predicted = random.normal(size=(2, 300, 1))
    result = bootstrap_runs(
        lambda v, w, r: pearson_within_runs(v, w, r),
        runs, true, predicted, n_resamples=3000, pass_runs=True,
    )  # fmt: skip
    each = [pearson(true[runs == run], predicted[runs == run])[0] for run in range(6)]
    assert result.value[0] == pytest.approx(np.mean(each))
    assert result.error[0] == pytest.approx(np.std(each, ddof=1) / np.sqrt(6), rel=0.06)


def test_bootstrap_repeats_and_knows_its_limits():
    random = np.random.default_rng(6)
    values, runs = random.normal(size=40), np.repeat(np.arange(4), 10)
    one, two = (bootstrap_runs(np.mean, runs, values, seed=3) for _ in range(2))
    assert one == two
    assert one.error != bootstrap_runs(np.mean, runs, values, seed=4).error
    assert np.isnan(bootstrap_runs(np.mean, np.zeros(40, int), values).error)


def test_columns_against_the_propensity_are_pearson():
    random = np.random.default_rng(0)
    true, columns = random.normal(size=(80, 3)), random.normal(5, 1e-4, size=(80, 4))
    columns[:, 2] = 0.1
    rho = pearson_of_columns(true, columns)
    for k in range(4):
        expected = pearson(true, np.repeat(columns[:, [k]], 3, axis=1))
        np.testing.assert_allclose(rho[k], expected, atol=1e-9)
    with pytest.raises(ParameterError, match="same rows"):
        pearson_of_columns(true, columns[:-1])


def test_resamples_of_one_seed_belong_together():
    random = np.random.default_rng(0)
    runs = np.repeat(np.arange(5), 10)
    one, two = random.normal(size=(2, 50))
    a, again_a = resample_runs(np.mean, runs, one, seed=7)
    b, again_b = resample_runs(np.mean, runs, two, seed=7)
    both, again = resample_runs(lambda x, y: x.mean() - y.mean(), runs, one, two, seed=7)
    assert both == pytest.approx(a - b)
    np.testing.assert_allclose(again, again_a - again_b)
    assert resample_runs(np.mean, np.zeros(50), one)[1].shape == (0,)


def test_correlations_from_sums_are_those_from_rows():
    random = np.random.default_rng(0)
    runs = random.permutation(np.repeat([1, 4, 6, 9], [30, 40, 50, 60]))
    true = 1e3 + 1e-3 * random.normal(size=(180, 3)) + 1e-3 * random.normal(size=10)[runs, None]
    predicted = true + 2e-3 * random.normal(size=(180, 3))
    predicted[:, 2] = 0.1
    pooled, within = correlate_runs(true, predicted, runs, n_resamples=50, seed=3)
    rows = bootstrap_runs(pearson, runs, true, predicted, n_resamples=50, seed=3)
    inside = bootstrap_runs(
        pearson_within_runs, runs, true, predicted, n_resamples=50, seed=3, pass_runs=True
    )
    for ours, theirs in ((pooled, rows), (within, inside)):
        np.testing.assert_allclose(ours.value, theirs.value, atol=1e-7)
        np.testing.assert_allclose(ours.error, theirs.error, rtol=1e-5)
        assert np.isnan(ours.value[2])


def test_rows_that_were_not_tested_do_not_count():
    random = np.random.default_rng(1)
    runs = np.repeat(np.arange(4), 25)
    true, predicted = random.normal(size=(2, 100, 2))
    predicted[::3] = np.nan
    tested = np.isfinite(predicted[:, 0])
    value = correlate_runs(true, predicted, runs)[0].value
    np.testing.assert_allclose(value, pearson(true[tested], predicted[tested]))
    with pytest.raises(ParameterError, match="no row was tested"):
        correlate_runs(true, np.full_like(true, np.nan), runs)
    with pytest.raises(ParameterError, match="give two equal tables"):
        correlate_runs(true, true[:, :1], runs)


def test_a_difference_is_surer_than_its_parts():
    random = np.random.default_rng(2)
    runs = np.repeat(np.arange(8), 50)
    level = random.uniform(0.2, 3, size=8)[runs, None]
    common = level * random.normal(size=(400, 1))
    true = common + random.normal(size=(400, 1))
    one = correlate_runs(true, common + 0.1 * random.normal(size=(400, 1)), runs)[0]
    two = correlate_runs(true, common + 0.1 * random.normal(size=(400, 1)), runs)[0]
    assert (one - two).error[0] < 0.5 * min(one.error[0], two.error[0])
    assert (one / one).value[0] == 1 and (one / one).error[0] == pytest.approx(0, abs=1e-12)
    single = correlate_runs(true, common, np.zeros(400, int))[0]
    assert np.isnan(single.error).all() and np.isfinite(single.value).all()
    assert one.apply(lambda x: 2 * x).error[0] == pytest.approx(2 * one.error[0])
