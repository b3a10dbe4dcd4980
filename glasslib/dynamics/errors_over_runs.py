r"""Standard errors from runs: monomers of one run are not independent of each other, runs are.

References
----------
B. Efron and C. Stein, Ann. Stat. 9, 586 (1981).
"""

from collections.abc import Callable

import numpy as np

__all__ = ["jackknife", "standard_error"]


def standard_error(values: np.ndarray) -> np.ndarray:
    r"""Return the standard error of a mean over runs.

    .. math:: \mathrm{error}^2 = \frac{1}{R (R-1)} \sum_{k=1}^{R} (x_k - \bar x)^2

    Parameters
    ----------
    values : (n_runs, …) float64
        One value, or one array of values, from each run.

    Returns
    -------
    (…) float64
        In the unit of the values; NaN from a single run.

    Examples
    --------
    >>> standard_error(np.array([[1.0, 4.0], [3.0, 4.0]])).tolist()
    [1.0, 0.0]
    """
    if len(values) < 2:
        return np.full(np.shape(values)[1:], np.nan)
    return np.std(values, axis=0, ddof=1) / np.sqrt(len(values))


def jackknife(statistic: Callable[[np.ndarray], np.ndarray], n_runs: int) -> np.ndarray:
    r"""Return the standard error of a statistic of several runs by leaving out one after another.

    .. math:: \mathrm{error}^2 = \frac{R-1}{R} \sum_{k=1}^{R}
              \left( x^{(k)} - \overline{x^{(\cdot)}} \right)^2

    where :math:`x^{(k)}` is the statistic without run k.

    Parameters
    ----------
    statistic : callable
        From the numbers of some runs, (n,) int64, to a number or an array.
    n_runs : int
        R, two or more.

    Returns
    -------
    (…) float64
        In the unit of the statistic; NaN from two runs, where one alone would be left.

    Examples
    --------
    Of a mean it is the standard error:

    >>> x = np.array([1.0, 3.0, 8.0])
    >>> bool(np.isclose(jackknife(lambda runs: x[runs].mean(), 3), standard_error(x)))
    True
    """
    runs = np.arange(n_runs)
    if n_runs < 3:
        return np.full(np.shape(statistic(runs)), np.nan)
    left_out = np.array([statistic(np.delete(runs, run)) for run in runs])
    return np.sqrt((n_runs - 1) * left_out.var(axis=0))
