r"""Pearson's ρ of a prediction (Eq. 7), its error over runs, and tables of many of them.

Monomers of one configuration are not independent of each other, runs are: errors come from
drawing whole runs again.

Warnings
--------
Pooled over all rows, ρ also counts what differs *between* configurations; averaged within
configurations it does not. The two can differ widely at long times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glasslib.errors import ParameterError
from glasslib.learning.dataset import Dataset

__all__ = [
    "Resampled", "correlate_runs", "correlation_rows", "difference_name", "is_difference",
    "pearson", "pearson_of_columns", "resample_all",
]  # fmt: skip

#: Between the names of two quantities, in the name of their difference.
_LESS = " − "

Predictions = Mapping[str, np.ndarray | Sequence[np.ndarray]]


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

    A resample draws as many runs as there are, with replacement, and takes all rows of each. ρ
    comes from six sums for each run, so that a resample costs nothing. With R runs the spread of
    resamples is too small by :math:`\sqrt{(R-1)/R}`; :attr:`Resampled.error` corrects for that.
    With R below about 5 it stays rough.

    Parameters
    ----------
    true, predicted : (n_rows, n_times) float64
        Propensity and its prediction, in σ; a row whose prediction is NaN was not tested and is
        left out.
    runs : (n_rows,) int64
        Run of each row.
    n_resamples : int
        Number of resamples.
    seed : int
        Seed of the draws. The same seed and number of runs draw the same runs, so that resamples
        of several quantities on the same data may be combined one by one.

    Returns
    -------
    pooled, within : Resampled
        Each (n_times,).

    Raises
    ------
    ParameterError
        Shapes differ, or no row was tested.

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), Chapter 8.

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
    v, w = _unit_variance(true[tested]), _unit_variance(predicted[tested])
    sums = np.array([
        [np.full(v.shape[1], float(len(rows))), v[rows].sum(0), w[rows].sum(0),
         (v[rows]**2).sum(0), (w[rows]**2).sum(0), (v[rows] * w[rows]).sum(0)]
        for rows in _rows_of_runs(runs[tested])
    ])
    n_runs = len(sums)
    each = _rho_of_sums(sums)
    draws = np.random.default_rng(seed).integers(n_runs, size=(n_resamples, n_runs))
    if n_runs == 1:
        draws = draws[:0]
    return (
        Resampled(_rho_of_sums(sums.sum(axis=0)), _rho_of_sums(sums[draws].sum(axis=1)), n_runs),
        Resampled(_mean_of_known(each, -2), _mean_of_known(each[draws], -2), n_runs),
    )


def _unit_variance(table: np.ndarray) -> np.ndarray:
    """Columns about their mean in units of their deviation, so that sums keep their digits."""
    shifted = table - table.mean(axis=0)
    scale = np.sqrt((shifted**2).mean(axis=0))
    size = np.abs(table).max(axis=0)
    flat = scale <= 4 * np.finfo(float).eps * np.where(size > 0, size, 1)
    return shifted / np.where(flat, np.nan, scale)


def _rho_of_sums(total: np.ndarray) -> np.ndarray:
    """ρ from the sums of 1, v, w, v², w² and v w, (…, 6, n_times)."""
    n, a, b, aa, bb, ab = np.moveaxis(total, -2, 0)
    variances = (aa - a**2 / n) * (bb - b**2 / n)
    safe = np.where(variances > 1e-20 * n**2, variances, np.nan)
    return np.clip((ab - a * b / n) / np.sqrt(safe), -1, 1)


def _mean_of_known(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean without what is NaN; NaN without a warning where nothing is known."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


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
    v, sigma_v = _centred(true, axis)
    w, sigma_w = _centred(predicted, axis)
    return np.clip((v * w).sum(axis=axis) / (sigma_v * sigma_w), -1, 1)


def _centred(array: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Deviations from the mean, and their norm; NaN if they are rounding alone."""
    # A factor common to all rows drops out of ρ; taking it out spares squares of tiny numbers.
    size = np.abs(array).max(axis=axis, keepdims=True)
    array = array / np.where(size > 0, size, 1)
    array = array - array.mean(axis=axis, keepdims=True)
    norm = np.sqrt((array**2).sum(axis=axis))
    rounding = 4 * np.finfo(float).eps * np.sqrt(array.shape[axis])
    return array, np.where(norm > rounding, norm, np.nan)


def _rows_of_runs(runs: np.ndarray) -> list[np.ndarray]:
    runs = np.asarray(runs)
    if runs.ndim != 1 or len(runs) == 0:
        raise ParameterError(f"runs has shape {runs.shape}; give the run of each row, (n_rows,)")
    order = np.argsort(runs, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(runs[order])) + 1)


def _spread(resamples: np.ndarray) -> np.ndarray:
    """Standard deviation over the first axis; what is NaN is left out."""
    known = np.isfinite(resamples)
    count = known.sum(axis=0)
    mean = _mean_of_known(resamples, 0)
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
    v, sigma_v = _centred(true, 0)
    w, sigma_w = _centred(columns.astype(np.float64), 0)
    return np.clip(w.T @ v / sigma_w[:, None] / sigma_v, -1, 1)


def resample_all(
    data: Dataset, predicted: Predictions
) -> dict[str, tuple[list[Resampled], list[Resampled]]]:
    """Correlate each prediction with the target, pooled and within runs, with resamples.

    Parameters
    ----------
    data : Dataset
    predicted : dict
        By model: (n_rows, n_times), NaN in rows that were not tested; or several such, one a
        seed.

    Returns
    -------
    dict
        By model: for each seed ρ over all rows, and within runs.
    """
    out = {}
    for model, one in predicted.items():
        seeds = [one] if isinstance(one, np.ndarray) else list(one)
        pairs = [correlate_runs(data.targets, each, data.runs) for each in seeds]
        out[model] = [pooled for pooled, _ in pairs], [within for _, within in pairs]
    return out


def _total(parts: list[Resampled]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over seeds; error from runs and seeds together; standard deviation over seeds."""
    mean = Resampled.mean(parts)
    if len(parts) < 2:
        return mean.value, mean.error, np.full(mean.value.shape, np.nan)
    deviation = np.std([part.value for part in parts], axis=0, ddof=1)
    return mean.value, np.sqrt(mean.error**2 + deviation**2 / len(parts)), deviation


def difference_name(one: str, other: str) -> str:
    """Return what the difference of two quantities is called in a table.

    Examples
    --------
    >>> difference_name("network A", "network B")
    'network A − network B'
    """
    return f"{one}{_LESS}{other}"


def is_difference(names: pd.Series) -> pd.Series:
    """Tell which names in a column are those of differences.

    Examples
    --------
    >>> is_difference(pd.Series(["network A", difference_name("A", "B")])).tolist()
    [False, True]
    """
    return names.str.contains(_LESS, regex=False)


def correlation_rows(
    data: Dataset,
    predicted: Predictions,
    differences: Sequence[tuple[str, str]] = (),
    times: Sequence[int] | None = None,
    **columns,
) -> pd.DataFrame:
    """Return ρ of each model at each time with its error, and differences of two models.

    Parameters
    ----------
    data : Dataset
    predicted : dict
        As for :func:`resample_all`.
    differences : sequence of (str, str)
        Pairs of models; the row is called :func:`difference_name` and resampled as one quantity.
    times : sequence of int, optional
        Columns of the targets to report; all by default.
    **columns
        More columns with one value each, such as ``split="run"``.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``t``, ``at_tau``, ``rho`` over all rows (Eq. 7), ``rho_error``, ``within``
        (averaged within configurations), ``within_error``, ``seed_deviation``, ``seeds``,
        ``rows``. Errors hold the scatter over runs and, with several seeds, over seeds.
    """
    parts = resample_all(data, predicted)
    for one, other in differences:
        if one in parts and other in parts:
            parts[difference_name(one, other)] = tuple(
                [a - b for a, b in zip(x, y, strict=True)]
                for x, y in zip(parts[one], parts[other], strict=True)
            )
    rows = []
    chosen = range(len(data.times)) if times is None else times
    for model, (pooled, within) in parts.items():
        value, error, deviation = _total(pooled)
        value_within, error_within, _ = _total(within)
        one = predicted.get(model)
        first = one if isinstance(one, np.ndarray) else one[0] if one is not None else None
        tested = int(np.isfinite(first).all(axis=1).sum()) if first is not None else 0
        rows += [
            {
                **columns, "model": model, "t": data.times[k], "at_tau": k == data.tau_index,
                "rho": value[k], "rho_error": error[k],
                "within": value_within[k], "within_error": error_within[k],
                "seed_deviation": deviation[k], "seeds": len(pooled), "rows": tested,
            }
            for k in chosen
        ]
    return pd.DataFrame(rows)
