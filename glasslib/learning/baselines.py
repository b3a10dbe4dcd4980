r"""What simpler means reach: the mean, one descriptor, the place in the chain, ridge, trees.

Each is a scikit-learn estimator or pipeline, fitted and tested on the same rows as the networks.

Warnings
--------
A baseline whose strength is chosen on rows of runs that also train it is judged by neighbours of
what it has seen. :class:`ValidatedRidge` holds out a whole run for that choice if it is told the
runs and there are two or more.

References
----------
.. [1] E. Boattini, F. Smallenburg, L. Filion, Phys. Rev. Lett. 127, 088007 (2021): ridge
   regression on averaged descriptors equals graph networks at long times.
.. [2] R. M. Alkemade, E. Boattini, L. Filion, F. Smallenburg, J. Chem. Phys. 156, 204503 (2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import wraps

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils.metadata_routing import UNUSED
from threadpoolctl import threadpool_limits

from glasslib.errors import ParameterError
from glasslib.learning.correlation import pearson_of_columns
from glasslib.learning.dataset import Split

__all__ = [
    "ALONE", "ALPHAS", "BestSquares", "RidgeSums", "ValidatedRidge", "best_column",
    "out_of_sample", "position_pipeline", "ridge_pipeline", "tree_pipeline",
]  # fmt: skip

#: Strengths that :class:`ValidatedRidge` tries, per training row.
ALPHAS = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0, 30.0, 100.0)
#: Strength where a single run trains, so that none can choose: about what several runs choose for
#: network B at t = 1 and τ_α. Rows of the same run would choose 0.1, misled by their neighbours.
ALONE = 1.0
#: Factor of columns that are hardly penalised: their coefficients may be as much larger.
_LIGHT = 30.0
_CHUNK = 4096


def _one_thread(method):
    """Let the linear algebra of a method use one thread.

    Matrices of this size gain little from more, and lose a factor of ten on a busy machine.
    """

    @wraps(method)
    def wrapper(*args, **kwargs):
        with threadpool_limits(1):
            return method(*args, **kwargs)

    return wrapper


class RidgeSums:
    """Sums over rows from which ridge regression of any strength follows."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.n = len(x)
        self.x, self.y = x.sum(axis=0, dtype=np.float64), y.sum(axis=0)
        self.xx = np.zeros((x.shape[1], x.shape[1]))
        self.xy = np.zeros((x.shape[1], y.shape[1]))
        for start in range(0, len(x), _CHUNK):  # products in single, sums in double precision
            part = x[start : start + _CHUNK]
            self.xx += part.T @ part
            self.xy += part.T @ y[start : start + _CHUNK].astype(np.float32)

    def add(self, other: RidgeSums) -> None:
        """Take the rows of ``other`` too."""
        for name in ("n", "x", "y", "xx", "xy"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __sub__(self, other: RidgeSums) -> RidgeSums:
        """Return the sums over the rows that are not in ``other``."""
        rest = copy(self)
        for name in ("n", "x", "y", "xx", "xy"):
            setattr(rest, name, getattr(self, name) - getattr(other, name))
        return rest

    def solve(self, alphas) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (n_alphas, n_features, n_targets) and intercepts (n_alphas, n_targets)."""
        from scipy.linalg import cho_factor, cho_solve

        mean_x, mean_y = self.x / self.n, self.y / self.n
        xx = self.xx - self.n * np.outer(mean_x, mean_x)
        xy = self.xy - self.n * np.outer(mean_x, mean_y)
        coefficients = []
        for alpha in alphas:
            penalised = xx + alpha * self.n * np.eye(len(xx))
            coefficients.append(cho_solve(cho_factor(penalised, overwrite_a=True), xy))
        coefficients = np.array(coefficients)
        return coefficients, mean_y - mean_x @ coefficients


class ValidatedRidge(RegressorMixin, BaseEstimator):
    r"""Ridge regression whose strength, one for each target, is chosen on held-out rows.

    .. math:: \min_{w, b} \sum_k (y_k - w \cdot x_k - b)^2 + \alpha \, n \, \lVert w \rVert^2

    with n training rows. Targets are fitted one by one: what is right at t = 1 need not be at
    τ_α. One group is held out for the choice, then all rows are fitted with it. Without groups,
    rows choose. A single group cannot choose: it gets the strength :data:`ALONE`.

    Parameters
    ----------
    alphas : sequence of float
        Strengths to try, per row; scikit-learn's ``Ridge(alpha=alpha * n)`` is the same.
    validation_fraction : float
        Part of the rows that chooses, where groups cannot.
    seed : int
        Which group, or rows.

    Attributes
    ----------
    coef_ : (n_features, n_targets) float64
    intercept_ : (n_targets,) float64
    alpha_ : (n_targets,) float64
        The strength chosen.

    References
    ----------
    .. [1] A. E. Hoerl, R. W. Kennard, Technometrics 12, 55 (1970).

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> x = random.normal(size=(300, 4)).astype("float32")
    >>> ridge = ValidatedRidge().fit(x, x @ np.array([[1.0], [2.0], [0.0], [0.0]]))
    >>> ridge.coef_.ravel().round(1).tolist()
    [1.0, 2.0, 0.0, 0.0]
    """

    # Groups go to the step by name; scikit-learn need not route them.
    __metadata_request__fit = {"groups": UNUSED}
    __metadata_request__score = {"sample_weight": UNUSED}

    def __init__(
        self,
        alphas: Sequence[float] = ALPHAS,
        validation_fraction: float = 0.15,
        seed: int = 0,
    ):
        self.alphas = alphas
        self.validation_fraction = validation_fraction
        self.seed = seed

    @_one_thread
    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None):
        """Fit; ``groups``, the run of each row, lets a whole run choose the strength.

        Parameters
        ----------
        X : (n_rows, n_features) float
        y : (n_rows, n_targets) float
        groups : (n_rows,) int64, optional

        Raises
        ------
        ParameterError
            Fewer than three rows, numbers of rows that differ, or no strength to try.
        """
        x = np.ascontiguousarray(X, dtype=np.float32)
        y = np.asarray(y, dtype=np.float64)
        self.flat_ = y.ndim == 1
        y = y.reshape(len(y), -1)
        if len(x) != len(y) or len(x) < 3 or not len(self.alphas):
            raise ParameterError(
                f"{len(x)} rows of inputs, {len(y)} of targets and {len(self.alphas)} strengths;"
                " give at least three rows, equally many, and one strength"
            )
        scale = y.std(axis=0)
        scale[scale == 0] = 1.0
        shift = y.mean(axis=0)
        y = (y - shift) / scale
        random = np.random.default_rng(self.seed)
        present = np.unique(groups) if groups is not None else np.empty(0)
        if len(present) > 1:
            chosen = np.asarray(groups) == random.choice(present)
        else:
            chosen = random.permutation(len(x)) < max(1, round(self.validation_fraction * len(x)))
        alphas = np.asarray(self.alphas, dtype=float)
        if len(present) == 1 and len(alphas) > 1:
            alphas = np.array([ALONE])
        sums = RidgeSums(x[~chosen], y[~chosen])
        if len(alphas) > 1:
            coefficients, intercepts = sums.solve(alphas)
            error = np.array([
                ((x[chosen] @ w + b - y[chosen]) ** 2).mean(axis=0)
                for w, b in zip(coefficients, intercepts, strict=True)
            ])
            best = error.argmin(axis=0)
        else:
            best = np.zeros(y.shape[1], dtype=int)
        sums.add(RidgeSums(x[chosen], y[chosen]))
        self.alpha_ = alphas[best]
        used = np.unique(best)
        coefficients, intercepts = sums.solve(alphas[used])
        place, target = np.searchsorted(used, best), np.arange(y.shape[1])
        self.coef_ = coefficients[place, :, target].T * scale
        self.intercept_ = intercepts[place, target] * scale + shift
        return self

    @_one_thread
    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict the targets of rows, in their own unit."""
        predicted = np.asarray(X, dtype=np.float64) @ self.coef_ + self.intercept_
        return predicted[:, 0] if self.flat_ else predicted


def _cut(values: np.ndarray, limit: float) -> np.ndarray:
    return np.clip(values, -limit, limit)


def _lighten(values: np.ndarray, count: int) -> np.ndarray:
    values = values.copy()
    values[:, values.shape[1] - count :] *= _LIGHT
    return values


def ridge_pipeline(
    limit: float = 10.0, alphas: Sequence[float] = ALPHAS, seed: int = 0, light: int = 0
) -> Pipeline:
    """Return ridge regression on standardised inputs, cut as those of the networks are.

    Parameters
    ----------
    limit : float
        Standardised inputs are cut to ± this (see ``NetworkSettings.input_limit``).
    alphas, seed
        See :class:`ValidatedRidge`.
    light : int
        So many of the last columns are hardly penalised, by a factor of 900 less. One penalty for
        881 columns shrinks the Debye–Waller factor, the one that matters, with the 880 that do
        not.

    Examples
    --------
    >>> list(ridge_pipeline().named_steps)
    ['standardise', 'cut', 'lighten', 'regress']
    """
    return Pipeline([
        ("standardise", StandardScaler()),
        ("cut", FunctionTransformer(_cut, kw_args={"limit": limit})),
        ("lighten", FunctionTransformer(_lighten, kw_args={"count": light})),
        ("regress", ValidatedRidge(alphas, seed=seed)),
    ])


class BestSquares(TransformerMixin, BaseEstimator):
    """Put the squares of some columns before the columns: those that correlate best with a target.

    The squares are about the mean. Columns are chosen, and means taken, on the rows of the fit.

    Parameters
    ----------
    count : int
        How many.

    Examples
    --------
    >>> x = np.array([[0.0, 1.0], [2.0, 1.5], [4.0, 1.0]])
    >>> BestSquares(1).fit(x, x[:, :1]).transform(x)[:, 0].tolist()
    [4.0, 0.0, 4.0]
    """

    def __init__(self, count: int = 10):
        self.count = count

    def fit(self, X: np.ndarray, y: np.ndarray):
        """Choose; X is (n_rows, n_columns) and y (n_rows, n_targets)."""
        rho = np.nan_to_num(pearson_of_columns(np.asarray(y, dtype=np.float64), X))
        self.columns_ = np.argsort(-np.abs(rho).max(axis=1), kind="stable")[: self.count]
        self.mean_ = X[:, self.columns_].mean(axis=0, dtype=np.float64)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return (n_rows, count + n_columns)."""
        return np.hstack([(X[:, self.columns_] - self.mean_) ** 2, X])


def tree_pipeline(seed: int = 0) -> Pipeline:
    """Return gradient-boosted trees of one target, small enough to train in seconds.

    Examples
    --------
    >>> list(tree_pipeline().named_steps)
    ['regress']
    """
    trees = HistGradientBoostingRegressor(
        max_iter=60, learning_rate=0.1, max_leaf_nodes=8, max_bins=63, l2_regularization=10.0,
        early_stopping=False, random_state=seed,
    )
    return Pipeline([("regress", trees)])


def position_pipeline() -> Pipeline:
    """Return the mean over each place in the chain: what "ends move more" predicts by itself.

    Examples
    --------
    >>> place = np.array([[0], [1], [0], [1]])
    >>> position_pipeline().fit(place, [1.0, 5.0, 3.0, 5.0]).predict([[0], [1]]).round(6).tolist()
    [2.0, 5.0]
    """
    return make_pipeline(OneHotEncoder(handle_unknown="ignore"), LinearRegression())


def best_column(true: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each time, the column that correlates best with the propensity, and its sign.

    Choose on training rows and judge on others: the best of hundreds is partly luck.

    Parameters
    ----------
    true : (n_rows, n_times) float64
        Propensity in σ.
    columns : (n_rows, n_columns) float

    Returns
    -------
    (n_times,) int64, (n_times,) float64
        Number of the column, and +1 or −1.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> column, sign = best_column(-x[:, [2]], x)
    >>> int(column[0]), float(sign[0])
    (2, -1.0)
    """
    rho = np.nan_to_num(pearson_of_columns(true, columns))
    best = np.abs(rho).argmax(axis=0)
    sign = np.where(rho[best, np.arange(rho.shape[1])] < 0, -1.0, 1.0)
    return best, sign


def out_of_sample(
    make: Callable[[], Pipeline],
    inputs: np.ndarray,
    targets: np.ndarray,
    splits: Sequence[Split],
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Fit a pipeline on the training and validation rows of each split, and predict its test rows.

    The paper's training set is training and validation rows together; a baseline makes its own
    choices inside it.

    Parameters
    ----------
    make : callable
        Gives a fresh pipeline.
    inputs : (n_rows, n_inputs) float
    targets : (n_rows, n_times) or (n_rows,) float64
    splits : sequence of Split
        Their test rows must not overlap.
    groups : (n_rows,) int64, optional
        Run of each row, for :class:`ValidatedRidge`. Leave out for a split by row.

    Returns
    -------
    float64, shape of targets
        NaN in rows that no split tests.

    Raises
    ------
    ParameterError
        A row is tested twice.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(30, 2))
    >>> split = Split(np.arange(20), np.arange(20, 25), np.arange(25, 30))
    >>> predicted = out_of_sample(ridge_pipeline, x, x[:, :1], [split])
    >>> int(np.isfinite(predicted).sum())
    5
    """
    targets = np.asarray(targets, dtype=np.float64)
    tested = np.concatenate([split.test for split in splits])
    if len(np.unique(tested)) < len(tested):
        raise ParameterError("the splits test a row twice; give folds that do not overlap")
    out = np.full(targets.shape, np.nan)
    for split in splits:
        rows = np.sort(np.concatenate([split.train, split.validation]))
        model = make()
        given = {}
        if groups is not None and isinstance(model[-1], ValidatedRidge):
            given = {f"{model.steps[-1][0]}__groups": np.asarray(groups)[rows]}
        model.fit(inputs[rows], targets[rows], **given)
        out[split.test] = model.predict(inputs[split.test])
    return out
