"""ρ and its error over runs the slow way, row by row: oracles of glasslib.learning.correlation."""

from typing import NamedTuple

import numpy as np

from glasslib.learning.correlation import pearson


class Estimate(NamedTuple):
    """A value and its standard error, of the same shape."""

    value: np.ndarray
    error: np.ndarray


def rows_of(runs):
    return [np.flatnonzero(np.asarray(runs) == run) for run in np.unique(runs)]


def pearson_within_runs(true, predicted, runs):
    """ρ(t) within each configuration, averaged over the configurations in which it is defined."""
    each = np.stack([pearson(true[rows], predicted[rows]) for rows in rows_of(runs)])
    known = np.isfinite(each)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, each, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def bootstrap_runs(statistic, runs, *arrays, n_resamples=200, seed=0, pass_runs=False):
    """A statistic and its standard error, corrected by √(R/(R−1)), by drawing whole runs again.

    With ``pass_runs`` the statistic also gets the run of each row, numbered anew so that a run
    drawn twice counts as two. Resamples in which the statistic is NaN are left out.
    """
    value, resamples = resample_runs(
        statistic, runs, *arrays, n_resamples=n_resamples, seed=seed, pass_runs=pass_runs
    )
    n_runs = len(np.unique(runs))
    if n_runs == 1:
        return Estimate(value, np.full(value.shape, np.nan))
    known = np.isfinite(resamples).any(axis=0)
    spread = np.full(value.shape, np.nan)
    spread[known] = np.nanstd(resamples[:, known], axis=0, ddof=1)
    return Estimate(value, spread * np.sqrt(n_runs / (n_runs - 1)))


def resample_runs(statistic, runs, *arrays, n_resamples=200, seed=0, pass_runs=False):
    """A statistic and its values on resamples of whole runs, the same runs for the same seed."""
    groups = rows_of(runs)

    def evaluate(chosen):
        rows = np.concatenate([groups[run] for run in chosen])
        given = [np.asarray(array)[rows] for array in arrays]
        if pass_runs:
            given.append(np.repeat(np.arange(len(chosen)), [len(groups[run]) for run in chosen]))
        return np.asarray(statistic(*given), dtype=np.float64)

    n_runs = len(groups)
    value = evaluate(range(n_runs))
    if n_runs == 1:
        return value, np.empty((0, *value.shape))
    draws = np.random.default_rng(seed).integers(n_runs, size=(n_resamples, n_runs))
    return value, np.stack([evaluate(chosen) for chosen in draws])
