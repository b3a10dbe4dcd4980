import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from glasslib.errors import ParameterError
from glasslib.learning.evaluation import (
    bootstrap_runs,
    ceiling_of_runs,
    correlate_runs,
    halves_of_runs,
    pearson,
    pearson_of_columns,
    pearson_within_runs,
    resample_runs,
    spearman_brown,
    split_half_ceiling,
)


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
    with pytest.raises(ParameterError, match="runs names 3 rows"):
        pearson_within_runs(true, predicted, [0, 0, 1])


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
    with pytest.raises(ParameterError, match="runs names 40 rows"):
        bootstrap_runs(np.mean, runs, values[:-1])
    with pytest.raises(ParameterError, match="n_resamples = 1"):
        bootstrap_runs(np.mean, runs, values, n_resamples=1)


@pytest.mark.parametrize("n_blocks", [2, 3, 4, 5, 10, 14])
def test_the_ceiling_of_a_synthetic_ensemble(n_blocks):
    """Signal of variance 1 and noise of variance s² in each block: R = 1 / (1 + s²/n)."""
    random = np.random.default_rng(n_blocks)
    noise = np.array([0.0, 0.5, 1.0, 3.0])
    signal = random.normal(size=(1, 20000, 4))
    blocks = signal + noise * random.normal(size=(n_blocks, 20000, 4))
    result = split_half_ceiling(blocks)
    expected = 1 / (1 + noise**2 / n_blocks)
    np.testing.assert_allclose(result.reliability, expected, atol=0.02)
    np.testing.assert_allclose(result.ceiling, np.sqrt(expected), atol=0.02)
    # What the best predictor, the signal itself, reaches against the measured mean.
    reached = pearson(blocks.mean(axis=0), signal[0])
    np.testing.assert_allclose(result.ceiling, reached, atol=0.02)


def test_a_ceiling_of_nothing_is_zero_and_of_a_constant_not_defined():
    random = np.random.default_rng(0)
    blocks = random.normal(size=(4, 5000, 2))
    blocks[:, :, 1] = 0.3
    result = split_half_ceiling(blocks)
    assert 0 <= result.reliability[0] < 0.06 and np.isnan(result.reliability[1])
    opposite = np.stack([blocks[0, :, :1], -blocks[0, :, :1]])
    assert split_half_ceiling(opposite).ceiling[0] == 0


def test_the_ceiling_does_not_depend_on_the_order_of_blocks():
    random = np.random.default_rng(0)
    blocks = random.normal(size=(1, 300, 2)) + random.normal(size=(5, 300, 2))
    np.testing.assert_allclose(
        split_half_ceiling(blocks).ceiling, split_half_ceiling(blocks[::-1]).ceiling, atol=1e-12
    )


def test_the_ceiling_rejects_what_it_cannot_use():
    with pytest.raises(ParameterError, match="at least two blocks"):
        split_half_ceiling(np.zeros((1, 30, 2)))
    with pytest.raises(ParameterError, match="not finite"):
        split_half_ceiling(np.full((2, 30, 2), np.nan))


# ----------------------------------------------------------------------- runs of unequal length
def test_spearman_brown_and_back():
    r = np.array([0.0, 0.3, 0.9, np.nan, -0.2])
    long = spearman_brown(r, 4.0)
    np.testing.assert_allclose(long[:3], [0, 1.2 / 1.9, 3.6 / 3.7])
    np.testing.assert_allclose(spearman_brown(long, 0.25)[:3], r[:3], atol=1e-12)
    assert np.isnan(long[3]) and long[4] == 0
    with pytest.raises(ParameterError, match="factor = 0"):
        spearman_brown(r, 0)


def noisy(numbers, noise=1.0, n=4000, level=0.0, seed=0):
    """Runs with so many blocks; signal of variance 1, noise² in a block, a level of each run."""
    random = np.random.default_rng(seed)
    return [
        random.normal(size=(1, n, 1))
        + level * random.normal()
        + noise * random.normal(size=(number, n, 1))
        for number in numbers
    ]


@pytest.mark.parametrize("numbers", [(4, 4, 4), (2, 2), (4, 2, 2, 1), (3, 1, 1)])
def test_ceiling_of_uneven_runs_is_what_the_signal_reaches(numbers):
    runs = noisy(numbers)
    result = ceiling_of_runs(runs)
    expected = 1 / (1 + np.mean([1 / number for number in numbers]))
    assert result.reliability[0] == pytest.approx(expected, abs=0.03)
    random = np.random.default_rng(0)
    signal, measured = [], []
    for number in numbers:  # the same draws again
        one = random.normal(size=(1, 4000, 1))
        random.normal()
        signal.append(one[0])
        measured.append((one + random.normal(size=(number, 4000, 1))).mean(axis=0))
    reached = pearson(np.concatenate(measured), np.concatenate(signal))
    assert result.ceiling[0] == pytest.approx(reached[0], abs=0.02)


def test_ceiling_for_another_number_of_blocks():
    runs = noisy((4, 4), n=20000)
    for blocks in (1, 2, 4, 16):
        expected = blocks / (blocks + 1)
        assert ceiling_of_runs(runs, blocks).reliability[0] == pytest.approx(expected, abs=0.015)


def test_the_ceiling_within_runs_does_not_see_their_levels():
    runs = noisy((2,) * 30, n=300, level=3.0)
    pooled, within = ceiling_of_runs(runs), ceiling_of_runs(runs, within=True)
    assert within.reliability[0] == pytest.approx(2 / 3, abs=0.03)
    assert pooled.reliability[0] > 0.93


def test_a_ceiling_needs_two_blocks():
    assert np.isnan(ceiling_of_runs(noisy((1, 1))).ceiling).all()
    with pytest.raises(ParameterError, match="for each run"):
        ceiling_of_runs([])
    with pytest.raises(ParameterError, match=r"shapes \[\(3, 2\)\]"):
        ceiling_of_runs([np.ones((3, 2))])


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


def test_halves_use_what_all_runs_with_two_blocks_have():
    runs = noisy((5, 3, 1))
    size, r = halves_of_runs(runs)
    assert size == 1
    expected = halves_of_runs([run[:3] for run in runs[:2]])[1]
    np.testing.assert_array_equal(r, expected)
