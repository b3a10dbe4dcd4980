r"""What a prediction is worth: Pearson's ρ (Eq. 7), its error, and the highest ρ there can be.

Monomers of one configuration are not independent of each other, runs are: errors come from
drawing whole runs again. A propensity from M trajectories carries sampling noise that nothing can
predict: its reliability sets a ceiling to ρ.

Warnings
--------
Pooled over all rows, ρ also counts what differs *between* configurations; averaged within
configurations it does not. The two can differ widely at long times.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from glasslib.errors import ParameterError

__all__ = [
    "Ceiling",
    "Estimate",
    "bootstrap_runs",
    "pearson",
    "pearson_within_runs",
    "split_half_ceiling",
]

_MOST_HALVES = 200


class Estimate(NamedTuple):
    """A value and its standard error, of the same shape."""

    value: np.ndarray
    error: np.ndarray


class Ceiling(NamedTuple):
    """Reliability of a measured propensity, and the highest ρ with it, each (n_times,)."""

    reliability: np.ndarray
    ceiling: np.ndarray


def pearson(true: np.ndarray, predicted: np.ndarray, axis: int = 0) -> np.ndarray:
    r"""Return Pearson's correlation coefficient at each time, Eq. 7.

    .. math:: \rho(t) = \frac{\mathrm{Cov}(v(t), w(t))}{\sigma_{v(t)} \, \sigma_{w(t)}}

    Parameters
    ----------
    true, predicted : (n_rows, n_times) float64
        Propensity and its prediction on the test rows; any shape with the rows along ``axis``.
    axis : int
        Axis of the rows.

    Returns
    -------
    (n_times,) float64
        ρ in [−1, 1]. NaN, without a warning, where true or predicted values are constant (to
        rounding) or there is only one row: ρ is not defined there, and a network that predicts a
        constant has not earned a 0.

    Raises
    ------
    ParameterError
        Shapes differ, there is no row, or a value is not finite.

    References
    ----------
    .. [1] A. Tripodo et al., Int. J. Mol. Sci. 23, 9322 (2022), Eq. 7.

    Examples
    --------
    >>> import numpy as np
    >>> true = np.array([[1.0, 1.0], [2.0, 5.0], [3.0, 0.0]])
    >>> pearson(true, np.array([[10.0, 7.0], [20.0, 7.0], [30.0, 7.0]]))
    array([ 1., nan])
    """
    true, predicted = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if true.shape != predicted.shape or true.ndim == 0 or true.shape[axis] == 0:
        raise ParameterError(
            f"true has shape {true.shape} and predicted {predicted.shape}; give two equal shapes"
            " with at least one row"
        )
    if not (np.isfinite(true).all() and np.isfinite(predicted).all()):
        raise ParameterError("a true or predicted value is not finite; remove its row first")
    return _correlation(true, predicted, axis)


def _correlation(v: np.ndarray, w: np.ndarray, axis: int) -> np.ndarray:
    parts = []
    for array in (v, w):
        # A factor common to all rows drops out of ρ; taking it out spares squares of tiny numbers.
        size = np.abs(array).max(axis=axis, keepdims=True)
        array = array / np.where(size > 0, size, 1)
        array = array - array.mean(axis=axis, keepdims=True)
        norm = np.sqrt((array**2).sum(axis=axis))
        rounding = 4 * np.finfo(float).eps * np.sqrt(array.shape[axis])
        parts += [array, np.where(norm > rounding, norm, np.nan)]
    v, sigma_v, w, sigma_w = parts
    return np.clip((v * w).sum(axis=axis) / (sigma_v * sigma_w), -1, 1)


def _rows_of_runs(runs: np.ndarray) -> list[np.ndarray]:
    runs = np.asarray(runs)
    if runs.ndim != 1 or len(runs) == 0:
        raise ParameterError(f"runs has shape {runs.shape}; give the run of each row, (n_rows,)")
    order = np.argsort(runs, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(runs[order])) + 1)


def pearson_within_runs(true: np.ndarray, predicted: np.ndarray, runs: np.ndarray) -> np.ndarray:
    r"""Return ρ(t) within each configuration, averaged over configurations.

    .. math:: \bar\rho(t) = \frac{1}{R} \sum_{k=1}^{R} \rho_k(t)

    with :math:`\rho_k` Eq. 7 over the rows of run k.

    Parameters
    ----------
    true, predicted : (n_rows, n_times) float64
        Propensity and its prediction.
    runs : (n_rows,) int64
        Run of each row.

    Returns
    -------
    (n_times,) float64
        Mean over the runs in which ρ is defined; NaN where it is in none.

    Raises
    ------
    ParameterError
        Shapes differ, there is no row, or a value is not finite.

    Examples
    --------
    Perfect within each run, although runs are shifted against each other:

    >>> import numpy as np
    >>> true = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> pearson_within_runs(true, true - [[0], [0], [9], [9]], [0, 0, 1, 1])
    array([1.])
    """
    true, predicted = np.asarray(true), np.asarray(predicted)
    groups = _rows_of_runs(runs)
    if len(np.asarray(runs)) != len(true):
        raise ParameterError(f"runs names {len(np.asarray(runs))} rows and true has {len(true)}")
    each = np.stack([pearson(true[rows], predicted[rows]) for rows in groups])
    known = np.isfinite(each)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, each, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def bootstrap_runs(
    statistic: Callable[..., np.ndarray],
    runs: np.ndarray,
    *arrays: np.ndarray,
    n_resamples: int = 200,
    seed: int = 0,
    pass_runs: bool = False,
) -> Estimate:
    r"""Estimate a statistic and its standard error by drawing whole runs again.

    A resample draws as many runs as there are, with replacement, and takes all rows of each. With
    R runs the spread of resamples is too small by :math:`\sqrt{(R-1)/R}` (exactly so for a mean);
    the error returned is corrected for that. With R below about 5 it stays rough.

    Parameters
    ----------
    statistic : callable
        From the arrays (rows along the first axis) to a number or an array.
    runs : (n_rows,) int64
        Run of each row.
    *arrays : (n_rows, …)
        What the statistic takes.
    n_resamples : int
        Number of resamples.
    seed : int
        Seed of the draws.
    pass_runs : bool
        Also hand the statistic, as last argument, the run of each row, numbered anew so that a
        run drawn twice counts as two: for :func:`pearson_within_runs`.

    Returns
    -------
    Estimate
        ``value`` on the rows as they are; ``error``, NaN with a single run. Resamples in which the
        statistic is NaN are left out.

    Raises
    ------
    ParameterError
        An array's length differs from that of ``runs``, or there are fewer than two resamples.

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), Chapter 8.

    Examples
    --------
    >>> import numpy as np
    >>> true = np.random.default_rng(0).normal(size=(60, 1))
    >>> rho = bootstrap_runs(pearson, np.repeat(range(6), 10), true, true)
    >>> rho.value, bool(rho.error < 1e-12)
    (array([1.]), True)
    """
    groups = _rows_of_runs(runs)
    arrays = tuple(np.asarray(array) for array in arrays)
    for array in arrays:
        if array.ndim == 0 or len(array) != len(np.asarray(runs)):
            raise ParameterError(
                f"an array has shape {array.shape}, but runs names {len(np.asarray(runs))} rows"
            )
    if n_resamples < 2:
        raise ParameterError(f"n_resamples = {n_resamples}; choose 2 or more")

    def evaluate(chosen):
        rows = np.concatenate([groups[run] for run in chosen])
        given = [array[rows] for array in arrays]
        if pass_runs:
            given.append(np.repeat(np.arange(len(chosen)), [len(groups[run]) for run in chosen]))
        return np.asarray(statistic(*given), dtype=np.float64)

    n_runs = len(groups)
    value = evaluate(range(n_runs))
    if n_runs == 1:
        return Estimate(value, np.full(value.shape, np.nan))
    draws = np.random.default_rng(seed).integers(n_runs, size=(n_resamples, n_runs))
    resamples = np.stack([evaluate(chosen) for chosen in draws])
    known = np.isfinite(resamples)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, resamples, 0).sum(axis=0) / count
    square = np.where(known, (resamples - mean) ** 2, 0).sum(axis=0)
    variance = np.where(count > 1, square / np.maximum(count - 1, 1), np.nan)
    return Estimate(value, np.sqrt(variance * n_runs / (n_runs - 1)))


def split_half_ceiling(blocks: np.ndarray) -> Ceiling:
    r"""Return the reliability of a propensity and the highest ρ any predictor can reach.

    The blocks of trajectories are divided into two halves of m blocks in every way there is (at
    most 200, drawn at random); r is the mean correlation of the halves over the rows. Spearman
    and Brown's formula gives the reliability of the mean over all n blocks,

    .. math:: R(t) = \frac{k \, r(t)}{1 + (k - 1) \, r(t)}, \qquad k = n/m,

    that is :math:`2r/(1+r)` for even n (for odd n each division leaves one block out). R is the
    part of the variance of the measured propensity that a second, endless ensemble from the same
    configuration would repeat. A predictor that knows all about the configuration and nothing
    about the trajectories reaches :math:`\rho = \sqrt{R}`.

    Parameters
    ----------
    blocks : (n_blocks, n_rows, n_times) float64
        Propensity from each block of trajectories alone, in σ; blocks of equal size.

    Returns
    -------
    Ceiling
        ``reliability`` and its root ``ceiling``, each (n_times,). Where noise makes r negative both
        are 0; where the propensity is constant both are NaN.

    Raises
    ------
    ParameterError
        Wrong shape, fewer than two blocks or rows, or a value that is not finite.

    Warnings
    --------
    Network A reads the Debye–Waller factor of the *same* trajectories, so it shares noise with its
    target and may pass this ceiling.

    References
    ----------
    .. [1] C. Spearman, Br. J. Psychol. 3, 271 (1910); W. Brown, ibid. 3, 296 (1910).

    Examples
    --------
    Signal and noise of a block of equal variance: R = 4/5 from four blocks.

    >>> import numpy as np
    >>> random = np.random.default_rng(0)
    >>> blocks = random.normal(size=(1, 20000, 1)) + random.normal(size=(4, 20000, 1))
    >>> split_half_ceiling(blocks).reliability.round(2)
    array([0.8])
    """
    blocks = np.asarray(blocks, dtype=np.float64)
    if blocks.ndim != 3 or len(blocks) < 2 or blocks.shape[1] < 2 or blocks.shape[2] < 1:
        raise ParameterError(
            f"blocks have shape {blocks.shape}; give (n_blocks, n_rows, n_times) with at least two"
            " blocks and two rows"
        )
    if not np.isfinite(blocks).all():
        raise ParameterError("blocks hold a value that is not finite; remove its row first")
    halves = _halves(len(blocks))
    n_half = len(halves[0][0])
    r = np.mean(
        [
            _correlation(blocks[list(one)].mean(axis=0), blocks[list(other)].mean(axis=0), 0)
            for one, other in halves
        ],
        axis=0,
    )
    factor = len(blocks) / n_half
    r = np.maximum(r, 0)  # NaN stays
    reliability = factor * r / (1 + (factor - 1) * r)
    return Ceiling(reliability, np.sqrt(reliability))


def _halves(n_blocks: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Divisions of ``n_blocks`` into two equal halves, all of them or 200 at random."""
    half = n_blocks // 2
    if n_blocks % 2:
        number = n_blocks * comb(n_blocks - 1, half) // 2
    else:
        number = comb(n_blocks, half) // 2
    if number > _MOST_HALVES:
        random = np.random.default_rng(0)
        orders = [random.permutation(n_blocks).tolist() for _ in range(_MOST_HALVES)]
        return [(tuple(order[:half]), tuple(order[half : 2 * half])) for order in orders]
    divisions = []
    for one in combinations(range(n_blocks), half):
        others = [block for block in range(n_blocks) if block not in one]
        divisions += [(one, other) for other in combinations(others, half) if one < other]
    return divisions
