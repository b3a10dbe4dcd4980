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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from glasslib.errors import ParameterError

__all__ = [
    "Ceiling",
    "Estimate",
    "Resampled",
    "bootstrap_runs",
    "ceiling_of_runs",
    "correlate_runs",
    "halves_of_runs",
    "pearson",
    "pearson_of_columns",
    "pearson_within_runs",
    "resample_runs",
    "spearman_brown",
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


@dataclass(frozen=True, eq=False)
class Resampled:
    """A quantity and its values on resamples of whole runs; differences keep what is common.

    Parameters
    ----------
    value : (…) float64
        On the data as they are.
    resamples : (n_resamples, …) float64
        On resamples, drawn alike for all quantities of one data set; empty with a single run.
    n_runs : int
        Number of runs.

    Examples
    --------
    >>> import numpy as np
    >>> one = Resampled(np.array(2.0), np.array([1.0, 2.0, 3.0]), 4)
    >>> float((one - one).value), float((one - one).error), round(float(one.error), 3)
    (0.0, 0.0, 1.155)
    """

    value: np.ndarray
    resamples: np.ndarray
    n_runs: int

    @property
    def error(self) -> np.ndarray:
        r"""Standard error, corrected by :math:`\sqrt{R/(R-1)}`; NaN with a single run."""
        if self.n_runs < 2 or len(self.resamples) < 2:
            return np.full(np.shape(self.value), np.nan)
        return _spread(self.resamples) * np.sqrt(self.n_runs / (self.n_runs - 1))

    def apply(self, function: Callable[[np.ndarray], np.ndarray]) -> Resampled:
        """Return a function of the quantity; it must act on the last axes alone."""
        return Resampled(
            np.asarray(function(self.value)), np.asarray(function(self.resamples)), self.n_runs
        )

    def __sub__(self, other: Resampled) -> Resampled:
        return Resampled(
            self.value - other.value, self.resamples - other.resamples, self.n_runs
        )

    def __truediv__(self, other: Resampled) -> Resampled:
        with np.errstate(divide="ignore", invalid="ignore"):
            return Resampled(
                self.value / other.value, self.resamples / other.resamples, self.n_runs
            )

    @staticmethod
    def mean(parts: Sequence[Resampled]) -> Resampled:
        """Return the mean of several, such as several seeds, of one data set."""
        return Resampled(
            np.mean([part.value for part in parts], axis=0),
            np.mean([part.resamples for part in parts], axis=0),
            parts[0].n_runs,
        )


def correlate_runs(
    true: np.ndarray,
    predicted: np.ndarray,
    runs: np.ndarray,
    n_resamples: int = 400,
    seed: int = 0,
) -> tuple[Resampled, Resampled]:
    r"""Return ρ over all rows (Eq. 7) and ρ averaged within runs, both resampled over whole runs.

    The same numbers as :func:`bootstrap_runs` gives with :func:`pearson` and with
    :func:`pearson_within_runs`, from six sums for each run, so that a resample costs nothing.

    Parameters
    ----------
    true, predicted : (n_rows, n_times) float64
        Propensity and its prediction, in σ; a row whose prediction is NaN was not tested and is
        left out.
    runs : (n_rows,) int64
        Run of each row.
    n_resamples, seed
        As for :func:`bootstrap_runs`.

    Returns
    -------
    pooled, within : Resampled
        Each (n_times,).

    Raises
    ------
    ParameterError
        Shapes differ, or no row was tested.

    Examples
    --------
    >>> import numpy as np
    >>> true = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> pooled, within = correlate_runs(true, true - [[0], [0], [9], [9]], [0, 0, 1, 1])
    >>> pooled.value.round(2).tolist(), within.value.tolist()
    ([-0.82], [1.0])
    """
    true, predicted = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    runs = np.asarray(runs)
    if true.ndim != 2 or true.shape != predicted.shape or len(runs) != len(true):
        raise ParameterError(
            f"true has shape {true.shape}, predicted {predicted.shape} and runs {runs.shape};"
            " give two equal tables and the run of each row"
        )
    tested = np.isfinite(predicted).all(axis=1)
    if not tested.any():
        raise ParameterError("no row was tested; every prediction is NaN")
    true, predicted, groups = true[tested], predicted[tested], _rows_of_runs(runs[tested])
    sums = []
    scales = []
    for table in (true, predicted):  # to unit variance about the mean: sums keep their digits
        shifted = table - table.mean(axis=0)
        scale = np.sqrt((shifted**2).mean(axis=0))
        size = np.abs(table).max(axis=0)
        flat = scale <= 4 * np.finfo(float).eps * np.where(size > 0, size, 1)
        scales.append(shifted / np.where(flat, np.nan, scale))
    v, w = scales
    for rows in groups:
        a, b = v[rows], w[rows]
        ones = np.full(a.shape[1], float(len(rows)))
        sums.append([ones, a.sum(0), b.sum(0), (a**2).sum(0), (b**2).sum(0), (a * b).sum(0)])
    sums = np.array(sums)

    def rho(total):
        n, a, b, aa, bb, ab = np.moveaxis(total, -2, 0)
        variances = (aa - a**2 / n) * (bb - b**2 / n)
        safe = np.where(variances > 1e-20 * n**2, variances, np.nan)
        return np.clip((ab - a * b / n) / np.sqrt(safe), -1, 1)

    def averaged(each):
        known = np.isfinite(each)
        count = known.sum(axis=-2)
        total = np.where(known, each, 0).sum(axis=-2)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    n_runs = len(groups)
    each = rho(sums)
    draws = np.random.default_rng(seed).integers(n_runs, size=(n_resamples, n_runs))
    if n_runs == 1:
        draws = draws[:0]
    return (
        Resampled(rho(sums.sum(axis=0)), rho(sums[draws].sum(axis=1)), n_runs),
        Resampled(averaged(each), averaged(each[draws]), n_runs),
    )


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
    value, resamples = resample_runs(
        statistic, runs, *arrays, n_resamples=n_resamples, seed=seed, pass_runs=pass_runs
    )
    n_runs = len(_rows_of_runs(runs))
    if n_runs == 1:
        return Estimate(value, np.full(value.shape, np.nan))
    return Estimate(value, _spread(resamples) * np.sqrt(n_runs / (n_runs - 1)))


def resample_runs(
    statistic: Callable[..., np.ndarray],
    runs: np.ndarray,
    *arrays: np.ndarray,
    n_resamples: int = 200,
    seed: int = 0,
    pass_runs: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a statistic and its values on resamples of whole runs, see :func:`bootstrap_runs`.

    The same seed and number of runs draw the same runs, so that resamples of several statistics
    on the same data may be combined one by one.

    Parameters
    ----------
    statistic, runs, *arrays, n_resamples, seed, pass_runs
        As for :func:`bootstrap_runs`.

    Returns
    -------
    value : (…) float64
        On the rows as they are.
    resamples : (n_resamples, …) float64
        On each resample; their spread is not yet corrected by :math:`\\sqrt{R/(R-1)}`. Without a
        row, (0, …), when there is a single run.

    Raises
    ------
    ParameterError
        As for :func:`bootstrap_runs`.

    Examples
    --------
    >>> value, again = resample_runs(np.mean, [0, 0, 1, 1], [1.0, 1.0, 3.0, 3.0], n_resamples=50)
    >>> float(value), np.unique(again).tolist()
    (2.0, [1.0, 2.0, 3.0])
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
        return value, np.empty((0, *value.shape))
    draws = np.random.default_rng(seed).integers(n_runs, size=(n_resamples, n_runs))
    return value, np.stack([evaluate(chosen) for chosen in draws])


def _spread(resamples: np.ndarray) -> np.ndarray:
    """Standard deviation over the first axis; what is NaN is left out."""
    known = np.isfinite(resamples)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, resamples, 0).sum(axis=0) / count
    square = np.where(known, (resamples - mean) ** 2, 0).sum(axis=0)
    return np.sqrt(np.where(count > 1, square / np.maximum(count - 1, 1), np.nan))


def pearson_of_columns(true: np.ndarray, columns: np.ndarray) -> np.ndarray:
    r"""Return ρ of every column of a table with the propensity at every time.

    Parameters
    ----------
    true : (n_rows, n_times) float64
        Propensity in σ.
    columns : (n_rows, n_columns) float
        Descriptors, each in its own unit.

    Returns
    -------
    (n_columns, n_times) float64
        Eq. 7 with the descriptor itself in place of a prediction; NaN where a column is constant.

    Raises
    ------
    ParameterError
        The numbers of rows differ, or a value is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    >>> pearson_of_columns(-x[:, :1], x).ravel()
    array([-1., nan])
    """
    true, columns = np.asarray(true, np.float64), np.asarray(columns)
    if true.ndim != 2 or columns.ndim != 2 or len(true) != len(columns) or not len(true):
        raise ParameterError(
            f"true has shape {true.shape} and columns {columns.shape}; give two tables with the"
            " same rows"
        )
    if not (np.isfinite(true).all() and np.isfinite(columns).all()):
        raise ParameterError("a value is not finite; remove its row first")
    parts = []
    for table in (true, columns):
        table = table.astype(np.float64)
        table /= np.maximum(np.abs(table).max(axis=0), np.finfo(float).tiny)
        table -= table.mean(axis=0)
        norm = np.sqrt((table**2).sum(axis=0))
        rounding = 4 * np.finfo(float).eps * np.sqrt(len(table))
        parts += [table, np.where(norm > rounding, norm, np.nan)]
    v, sigma_v, w, sigma_w = parts
    return np.clip(w.T @ v / sigma_w[:, None] / sigma_v, -1, 1)


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
    n_half, r = _half_correlation(blocks)
    reliability = spearman_brown(r, len(blocks) / n_half)
    return Ceiling(reliability, np.sqrt(reliability))


def _half_correlation(blocks: np.ndarray) -> tuple[int, np.ndarray]:
    """Blocks in a half, and the mean correlation of two halves over all divisions."""
    halves = _halves(len(blocks))
    each = [
        _correlation(blocks[list(one)].mean(axis=0), blocks[list(other)].mean(axis=0), 0)
        for one, other in halves
    ]
    return len(halves[0][0]), np.mean(each, axis=0)


def spearman_brown(r: np.ndarray, factor: float) -> np.ndarray:
    r"""Return the reliability of a measurement ``factor`` times as long as one of reliability r.

    .. math:: R = \frac{k \, r}{1 + (k - 1) \, r}

    Parameters
    ----------
    r : (…) float64
        Correlation of two equal, independent measurements; a negative one counts as 0.
    factor : float
        k > 0; below 1 for a shorter measurement.

    Raises
    ------
    ParameterError
        ``factor`` is not positive.

    References
    ----------
    .. [1] C. Spearman, Br. J. Psychol. 3, 271 (1910); W. Brown, ibid. 3, 296 (1910).

    Examples
    --------
    >>> float(spearman_brown(0.5, 4)), round(float(spearman_brown(0.8, 0.25)), 9)
    (0.8, 0.5)
    """
    if not factor > 0:
        raise ParameterError(f"factor = {factor}; the length of a measurement is positive")
    r = np.maximum(np.asarray(r, dtype=np.float64), 0)  # NaN stays
    return factor * r / (1 + (factor - 1) * r)


def ceiling_of_runs(
    blocks: Sequence[np.ndarray], factor: float | None = None, within: bool = False
) -> Ceiling:
    r"""Return the noise ceiling of a propensity whose runs may have unequal numbers of blocks.

    The correlation of halves is taken over the runs that have two blocks or more, with as many
    blocks of each as the shortest of those has. :func:`spearman_brown` carries it to the number
    of blocks of the target: noise variances average over the runs, so an uneven target counts as
    one with the harmonic mean of the numbers of blocks, over **all** runs.

    Parameters
    ----------
    blocks : sequence of (n_blocks, N, n_times) float64
        For each run the propensity from each block of trajectories alone, in σ.
    factor : float, optional
        Number of blocks of the target, instead of the runs' own.
    within : bool
        The ceiling of ρ within configurations (:func:`pearson_within_runs`), averaged over runs,
        instead of that of ρ over all rows (Eq. 7).

    Returns
    -------
    Ceiling
        NaN when no run has two blocks: nothing can be said then.

    Raises
    ------
    ParameterError
        No run, or a wrong shape.

    See Also
    --------
    split_half_ceiling : The estimator, its assumptions and its references.

    Examples
    --------
    Signal and noise of a block of equal variance; two runs with four blocks, one with two:

    >>> import numpy as np
    >>> random = np.random.default_rng(0)
    >>> runs = [random.normal(size=(1, 9000, 1)) + random.normal(size=(n, 9000, 1))
    ...         for n in (4, 4, 2)]
    >>> ceiling_of_runs(runs).reliability.round(2)  # k = 3: 3/4
    array([0.75])
    >>> bool(np.isnan(ceiling_of_runs([run[:1] for run in runs]).ceiling[0]))
    True
    """
    blocks = [np.asarray(run, dtype=np.float64) for run in blocks]
    n_half, r = halves_of_runs(blocks, within)
    if factor is None:
        factor = len(blocks) / sum(1 / len(run) for run in blocks)
    reliability = spearman_brown(r, factor / n_half)
    return Ceiling(reliability, np.sqrt(reliability))


def halves_of_runs(
    blocks: Sequence[np.ndarray], within: bool = False
) -> tuple[int, np.ndarray]:
    """Return the size of a half, in blocks, and the mean correlation of two halves.

    Parameters
    ----------
    blocks : sequence of (n_blocks, N, n_times) float64
        For each run the propensity from each block of trajectories alone, in σ. Runs with a
        single block are left out; of the others the first blocks count, as many as all have.
    within : bool
        Correlate within each run and average, instead of over the rows of all runs.

    Returns
    -------
    int, (n_times,) float64
        1 and NaN when no run has two blocks.

    Raises
    ------
    ParameterError
        No run, or a wrong shape.

    Examples
    --------
    >>> size, r = halves_of_runs([np.arange(8.0).reshape(2, 4, 1), np.ones((1, 4, 1))])
    >>> size, r.round(6).tolist()
    (1, [1.0])
    """
    if not len(blocks) or any(np.ndim(run) != 3 or len(run) < 1 for run in blocks):
        raise ParameterError(
            f"blocks have shapes {[np.shape(run) for run in blocks]}; give (n_blocks, N, n_times)"
            " for each run"
        )
    usable = [np.asarray(run, dtype=np.float64) for run in blocks if len(run) > 1]
    if not usable:
        return 1, np.full(np.shape(blocks[0])[2], np.nan)
    n_blocks = min(len(run) for run in usable)
    usable = [run[:n_blocks] for run in usable]
    if not within:
        return _half_correlation(np.concatenate(usable, axis=1))
    each = [_half_correlation(run) for run in usable]
    return each[0][0], np.mean([r for _, r in each], axis=0)


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
