r"""Nested choice: training runs alone choose the inputs and the strength of ridge regression.

Who tries forty sets of inputs on the runs that he reports finds the best of forty, which is partly
luck. Here every outer fold repeats the whole choice without its test runs: each training run is
predicted by the others, with every set of inputs and every strength, and the smallest error wins.
The price of the choice is what the best set, seen on the test runs, would have given more.

References
----------
.. [1] S. Varma and R. Simon, BMC Bioinformatics 7, 91 (2006).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from glasslib.errors import ParameterError
from glasslib.learning.baselines import ALONE, RidgeSums
from glasslib.learning.dataset import Split

__all__ = ["STRENGTHS", "NestedChoice", "nested_ridge"]

#: Strengths that are tried, per training row.
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
_LIMIT = 10.0


@dataclass(frozen=True, eq=False)
class NestedChoice:
    """Predictions of rows whose runs took no part in any choice.

    Parameters
    ----------
    predicted : dict of str to (n_rows,) float64
        By set of inputs, its strength chosen on training runs; NaN in rows that no fold tests.
    nested : (n_rows,) float64
        With the set, too, chosen on training runs.
    chosen : tuple of str
        The set of each fold.
    strengths : tuple of float
        Its strength in each fold.
    """

    predicted: dict[str, np.ndarray]
    nested: np.ndarray
    chosen: tuple[str, ...]
    strengths: tuple[float, ...]


def nested_ridge(
    candidates: Mapping[str, np.ndarray],
    target: np.ndarray,
    folds: Sequence[Split],
    runs: np.ndarray,
    strengths: Sequence[float] = STRENGTHS,
) -> NestedChoice:
    """Predict each fold's test rows by the inputs and the strength that its training runs choose.

    Within the training runs of a fold each run is left out once. The strength of a set of inputs,
    and then the set, has the smallest squared error over the runs left out. A single training run
    can choose neither: it takes the first set, with the strength
    :data:`~glasslib.learning.baselines.ALONE`.

    Parameters
    ----------
    candidates : mapping of str to (n_rows, n_columns) float
        Sets of inputs by name; standardised here, with training rows.
    target : (n_rows,) float64
    folds : sequence of Split
        Training and validation rows train; test rows are predicted.
    runs : (n_rows,) int64
        Run of each row.
    strengths : sequence of float

    Raises
    ------
    ParameterError
        No candidate, no strength, or numbers of rows that differ.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> x, runs = random.normal(size=(300, 2)), np.arange(300) // 100
    >>> folds = [Split(np.arange(100), np.arange(100, 200), np.arange(200, 300))]
    >>> found = nested_ridge({"noise": x[:, :1], "signal": x[:, 1:]}, 3 * x[:, 1], folds, runs)
    >>> found.chosen, bool(np.allclose(found.nested[200:], 3 * x[200:, 1], atol=0.1))
    (('signal',), True)
    """
    target, runs = np.asarray(target, dtype=np.float64), np.asarray(runs)
    wrong = [name for name, x in candidates.items() if len(x) != len(target)]
    if not candidates or not len(strengths) or wrong or len(runs) != len(target):
        raise ParameterError(
            f"{len(candidates)} sets of inputs, {len(strengths)} strengths, {len(target)} targets"
            f" and {len(runs)} runs; give at least one set and one strength, and equally many rows"
            + (f" (not so: {wrong[0]!r})" if wrong else "")
        )
    predicted = {name: np.full(len(target), np.nan) for name in candidates}
    nested = np.full(len(target), np.nan)
    chosen, used = [], []
    with threadpool_limits(1):
        for fold in folds:
            rows = np.sort(np.concatenate([fold.train, fold.validation]))
            found = {}
            for name, x in candidates.items():
                error, strength, values = _fitted(x, target, rows, fold.test, runs, strengths)
                predicted[name][fold.test] = values
                found[name] = error, strength
            best = min(found, key=lambda name: found[name][0])
            nested[fold.test] = predicted[best][fold.test]
            chosen.append(best)
            used.append(found[best][1])
    return NestedChoice(predicted, nested, tuple(chosen), tuple(used))


def _fitted(x, target, rows, test, runs, strengths):
    """Error over training runs left out, the strength that made it smallest, and test values."""
    train = np.asarray(x[rows], dtype=np.float64)
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[deviation == 0] = 1.0

    def standardised(values):
        return np.clip((values - mean) / deviation, -_LIMIT, _LIMIT).astype(np.float32)

    z, y = standardised(train), target[rows, None]
    present = np.unique(runs[rows])
    parts = {run: RidgeSums(z[runs[rows] == run], y[runs[rows] == run]) for run in present}
    total = parts[present[0]] - RidgeSums(z[:0], y[:0])
    for run in present[1:]:
        total.add(parts[run])
    best, error = ALONE, np.inf
    if len(present) > 1:
        squares = np.zeros(len(strengths))
        for run, part in parts.items():
            left = runs[rows] == run
            w, b = (total - part).solve(strengths)
            squares += ((z[left] @ w[:, :, 0].T + b[:, 0] - y[left]) ** 2).sum(axis=0)
        best, error = strengths[squares.argmin()], squares.min() / len(y)
    w, b = total.solve([best])
    return error, float(best), standardised(x[test]) @ w[0, :, 0] + b[0, 0]
