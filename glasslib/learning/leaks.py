"""What a test row gives away where its neighbours have trained: three measurements of the leak.

With rows divided at random, a test monomer lies amid training monomers of its own configuration.
:func:`interpolated` predicts it from their propensities, without any structure.
:func:`recognised_runs` names its configuration from its descriptors. :func:`with_holes` takes the
training monomers around it away, and so tells how far the leak reaches.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.linear_model import RidgeClassifier

from glasslib.configuration import Configuration
from glasslib.errors import ParameterError
from glasslib.learning.baselines import RidgeSums
from glasslib.structure.neighbors import neighbor_pairs

__all__ = ["interpolated", "recognised_runs", "with_holes"]


def interpolated(
    configuration: Configuration,
    values: np.ndarray,
    known: np.ndarray,
    width: float = 0.5,
    reach: float = 2.5,
) -> np.ndarray:
    r"""Predict each monomer by the Gaussian mean of the known values around it.

    .. math:: \hat y_i = \sum_{j \ne i} y_j e^{-r_{ij}^2 / 2 w^2} \Big/
              \sum_{j \ne i} e^{-r_{ij}^2 / 2 w^2},

    with j the known monomers within reach. It knows no structure: it works as far as propensity
    varies slowly in space.

    Parameters
    ----------
    configuration : Configuration
        N monomers.
    values : (N, n_times) float64
        Propensities; those of unknown monomers are not read.
    known : (N,) bool
        Whose values are known, the training rows.
    width : float
        w in σ.
    reach : float
        In σ. A monomer without a known one within reach gets the mean of all known.

    Returns
    -------
    (N, n_times) float64
        In the unit of ``values``; a known monomer does not count for itself.

    Raises
    ------
    ParameterError
        No monomer is known.

    Examples
    --------
    >>> x = np.array([[0.0, 0, 0], [1.0, 0, 0], [4.0, 0, 0]])
    >>> three = Configuration(x, np.full(3, 12.0))
    >>> y = np.array([[1.0], [5.0], [3.0]])
    >>> interpolated(three, y, np.array([True, False, True])).ravel().tolist()
    [2.0, 1.0, 2.0]
    """
    known = np.asarray(known, dtype=bool)
    if not known.any():
        raise ParameterError("no monomer is known; divide the rows so that some train")
    pairs = neighbor_pairs(configuration, reach)
    weight = np.exp(-(pairs.distance**2) / (2 * width**2))
    total, norm = np.zeros(np.shape(values)), np.zeros(len(configuration))
    for here, there in ((pairs.i, pairs.j), (pairs.j, pairs.i)):
        use = known[there]
        np.add.at(total, here[use], weight[use, None] * values[there[use]])
        np.add.at(norm, here[use], weight[use])
    alone = norm == 0
    total[alone], norm[alone] = values[known].mean(axis=0), 1.0
    return total / norm[:, None]


def recognised_runs(
    inputs: np.ndarray, runs: np.ndarray, train: np.ndarray, test: np.ndarray
) -> float:
    """Return the part of test rows whose run a linear classifier finds from their descriptors.

    Parameters
    ----------
    inputs : (n_rows, n_columns) float
        Descriptors.
    runs : (n_rows,) int
        Run of each row, two or more.
    train, test : (n,) int
        Rows.

    Returns
    -------
    float
        1 / number of runs is chance.

    References
    ----------
    Ridge regression on the indicators of the classes, ``sklearn.linear_model.RidgeClassifier``.
    """
    mean = inputs[train].mean(axis=0, dtype=np.float64)
    deviation = inputs[train].std(axis=0, dtype=np.float64)
    x = ((inputs - mean) / np.where(deviation > 0, deviation, 1)).astype(np.float32)
    classifier = RidgeClassifier(alpha=1e-3 * len(train), solver="cholesky")
    classifier.fit(x[train], runs[train])
    return float(np.mean(classifier.predict(x[test]) == runs[test]))


def with_holes(
    inputs: np.ndarray,
    targets: np.ndarray,
    runs: np.ndarray,
    configurations: Mapping[int, Configuration],
    radii: Sequence[float],
    *,
    balls: int = 4,
    ball: float = 1.2,
    alpha: float = 0.03,
    seed: int = 0,
) -> np.ndarray:
    r"""Predict balls of monomers by ridge regression that has not seen what is near them.

    For each of some centres, ridge regression is trained on all rows of all runs but those of the
    same run within a radius of the centre, and predicts the monomers within ``ball`` of it.

    Parameters
    ----------
    inputs : (n_rows, n_columns) float32
        Descriptors; they are standardised over all rows (that reads no target).
    targets : (n_rows,) float64
        Propensity at one time.
    runs : (n_rows,) int
        Run of each row; rows of a run follow one another in the order of its configuration.
    configurations : mapping of int to Configuration
        By run.
    radii : sequence of float
        How far the training monomers are removed, in σ; at least ``ball``. Infinity removes the
        run.
    balls : int
        Centres in each run.
    ball : float
        Radius of what is tested, in σ.
    alpha : float
        Strength of the ridge per row.
    seed : int
        Of the choice of centres.

    Returns
    -------
    (n_rows, n_radii) float64
        Predictions; NaN where a row is in no ball.

    Raises
    ------
    ParameterError
        A radius is shorter than the ball: test rows would train.
    """
    if min(radii) < ball:
        raise ParameterError(
            f"radius {min(radii):g} is shorter than the ball of {ball:g} that is tested; test rows"
            " would train"
        )
    mean = inputs.mean(axis=0, dtype=np.float64)
    deviation = inputs.std(axis=0, dtype=np.float64)
    x = ((inputs - mean) / np.where(deviation > 0, deviation, 1)).astype(np.float32)
    y = np.asarray(targets, dtype=np.float64)[:, None]
    everything = RidgeSums(x, y)
    predicted = np.full((len(x), len(radii)), np.nan)
    random = np.random.default_rng(seed)
    for run, configuration in configurations.items():
        rows = np.flatnonzero(runs == run)
        box = configuration.box
        for centre in random.choice(len(rows), balls, replace=False):
            way = configuration.positions - configuration.positions[centre]
            distance = np.linalg.norm(way - box * np.rint(way / box), axis=1)
            tested = rows[distance < ball]
            for k, radius in enumerate(radii):
                removed = rows[distance < radius]
                (coefficients,), (intercept,) = (
                    everything - RidgeSums(x[removed], y[removed])
                ).solve([alpha])
                predicted[tested, k] = (x[tested] @ coefficients + intercept)[:, 0]
    return predicted
