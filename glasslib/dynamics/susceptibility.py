r"""The four-point susceptibility of the propensity, Eq. 8.

.. math:: \chi_4(t) = \frac{1}{N} \left[ \sum_{i,j=1}^N \langle q_i^a q_j^a \rangle_{ic}
          - \Big( \sum_{i=1}^N \langle q_i^a \rangle_{ic} \Big)^2 \right],
          \qquad q_i^a = 1 \text{ if } \Delta r_i(t) > a, \text{ else } 0.

How it is read here: :math:`\Delta r_i(t)` is a propensity, already averaged over the trajectories
of one isoconfigurational ensemble, so :math:`q_i` is one number for each monomer of each ensemble.
What is left to average over in :math:`\langle\dots\rangle_{ic}` is the ensembles, that is, the
independent configurations (runs). With :math:`Q = \sum_i q_i`, the number of mobile monomers in a
configuration, Eq. 8 is then the **population variance of Q over the configurations, divided by
N**. The text does not say it otherwise; a variance over single trajectories is another quantity.

Warnings
--------
A variance of R configurations is a poor estimate: for normally distributed Q its relative error is
:math:`\sqrt{2/(R-1)}`, that is 47 % for the paper's ten and 82 % for four, and the population
variance (divided by R, as Eq. 8 is written) is too small by the factor (R − 1)/R on average.

Lengths are in σ, times in τ.
"""

from __future__ import annotations

import numpy as np

from glasslib.errors import ParameterError

__all__ = ["four_point_susceptibility", "four_point_susceptibility_error"]


def _mobile(propensity: np.ndarray, a: float) -> tuple[np.ndarray, int]:
    """Number of mobile monomers, (n_runs, n_times), and N."""
    propensity = np.asarray(propensity)
    if propensity.ndim != 3 or 0 in propensity.shape:
        raise ParameterError(
            f"the propensity has shape {propensity.shape}; give (n_runs, N, n_times), not empty"
        )
    if len(propensity) < 2:
        raise ParameterError(
            "the propensity holds 1 run; a variance over configurations needs at least 2"
        )
    if not np.isfinite(propensity).all():
        raise ParameterError("the propensity holds a value that is not finite; remove it first")
    if np.ndim(a) or not np.isfinite(a):
        raise ParameterError(f"a = {a!r}; give one length in σ, such as the mean displacement")
    return (propensity > a).sum(axis=1, dtype=np.int64), propensity.shape[1]


def four_point_susceptibility(propensity: np.ndarray, a: float) -> np.ndarray:
    r"""Return χ4(t) of Eq. 8: the variance over configurations of the number of mobile monomers.

    .. math:: \chi_4(t) = \frac{1}{N} \left[ \langle Q^2 \rangle_{ic}
              - \langle Q \rangle_{ic}^2 \right], \qquad Q = \sum_i q_i^a

    Independent monomers, each mobile with probability p, give p(1 − p); monomers that are all
    mobile together or not at all give N p(1 − p). See the module for how Eq. 8 is read, its bias
    and its noise.

    Parameters
    ----------
    propensity : (n_runs, N, n_times) float64
        Propensity, true or predicted, in σ.
    a : float
        Probe length in σ; in the paper the mean (true) propensity at t = τ_α.

    Returns
    -------
    (n_times,) float64
        χ4 at each time, no unit.

    Raises
    ------
    ParameterError
        Wrong shape, fewer than two runs, or a value that is not finite.

    References
    ----------
    .. [1] A. Tripodo et al., Int. J. Mol. Sci. 23, 9322 (2022), Eq. 8.
    .. [2] A. S. Keys, A. R. Abate, S. C. Glotzer, D. J. Durian, Nat. Phys. 3, 260 (2007).

    Examples
    --------
    Four runs; in two of them all three monomers are mobile: p = 1/2, N p (1 − p) = 3/4.

    >>> import numpy as np
    >>> propensity = np.zeros((4, 3, 1))
    >>> propensity[:2] = 1.0
    >>> four_point_susceptibility(propensity, 0.5)
    array([0.75])
    """
    mobile, n_monomers = _mobile(propensity, a)
    return mobile.var(axis=0) / n_monomers


def four_point_susceptibility_error(propensity: np.ndarray, a: float) -> np.ndarray:
    r"""Return the standard error of χ4(t) by leaving out one configuration after another.

    .. math:: \mathrm{error}^2 = \frac{R-1}{R} \sum_{k=1}^{R}
              \left( \chi_4^{(k)} - \overline{\chi_4^{(\cdot)}} \right)^2

    where :math:`\chi_4^{(k)}` is Eq. 8 without run k (the jackknife; runs are independent,
    monomers are not).

    Parameters
    ----------
    propensity : (n_runs, N, n_times) float64
        As for :func:`four_point_susceptibility`.
    a : float
        Probe length in σ, held fixed.

    Returns
    -------
    (n_times,) float64
        Standard error; NaN for two runs, where leaving one out leaves no variance.

    Raises
    ------
    ParameterError
        As for :func:`four_point_susceptibility`.

    References
    ----------
    .. [1] B. Efron, C. Stein, Ann. Stat. 9, 586 (1981).

    Examples
    --------
    >>> import numpy as np
    >>> propensity = np.random.default_rng(0).random((10, 500, 1))
    >>> value = four_point_susceptibility(propensity, 0.5)
    >>> error = four_point_susceptibility_error(propensity, 0.5)
    >>> bool(0.2 < (error / value)[0] < 1.0)
    True
    """
    mobile, n_monomers = _mobile(propensity, a)
    n_runs = len(mobile)
    if n_runs == 2:
        return np.full(mobile.shape[1], np.nan)
    left_out = np.stack([np.delete(mobile, run, axis=0).var(axis=0) for run in range(n_runs)])
    left_out /= n_monomers
    return np.sqrt((n_runs - 1) * left_out.var(axis=0))
