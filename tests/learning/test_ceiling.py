import numpy as np
import pytest

from glasslib.errors import ParameterError
from glasslib.learning.ceiling import (
    ceiling_of_runs,
    halves_of_runs,
    spearman_brown,
)
from glasslib.learning.correlation import pearson


@pytest.mark.parametrize("n_blocks", [2, 3, 4, 5, 10, 14])
def test_the_ceiling_of_a_synthetic_ensemble(n_blocks):
    """Signal of variance 1 and noise of variance s² in each block: R = 1 / (1 + s²/n)."""
    random = np.random.default_rng(n_blocks)
    noise = np.array([0.0, 0.5, 1.0, 3.0])
    signal = random.normal(size=(1, 20000, 4))
    blocks = signal + noise * random.normal(size=(n_blocks, 20000, 4))
    result = ceiling_of_runs([blocks])
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
    result = ceiling_of_runs([blocks])
    assert 0 <= result.reliability[0] < 0.06 and np.isnan(result.reliability[1])
    opposite = np.stack([blocks[0, :, :1], -blocks[0, :, :1]])
    assert ceiling_of_runs([opposite]).ceiling[0] == 0


def test_the_ceiling_does_not_depend_on_the_order_of_blocks():
    random = np.random.default_rng(0)
    blocks = random.normal(size=(1, 300, 2)) + random.normal(size=(5, 300, 2))
    np.testing.assert_allclose(
        ceiling_of_runs([blocks]).ceiling, ceiling_of_runs([blocks[::-1]]).ceiling, atol=1e-12
    )


def test_the_ceiling_rejects_what_it_cannot_use():
    with pytest.raises(ParameterError, match="not finite"):
        ceiling_of_runs([np.full((2, 30, 2), np.nan)])


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


def test_halves_use_what_all_runs_with_two_blocks_have():
    runs = noisy((5, 3, 1))
    size, r = halves_of_runs(runs)
    assert size == 1
    expected = halves_of_runs([run[:3] for run in runs[:2]])[1]
    np.testing.assert_array_equal(r, expected)
