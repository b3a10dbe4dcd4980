r"""The four-point susceptibility of the propensity, Eq. 8, and that of single trajectories.

.. math:: \chi_4(t) = \frac{1}{N} \left[ \sum_{i,j=1}^N \langle q_i^a q_j^a \rangle_{ic}
          - \Big( \sum_{i=1}^N \langle q_i^a \rangle_{ic} \Big)^2 \right],
          \qquad q_i^a = 1 \text{ if } \Delta r_i(t) > a, \text{ else } 0.

How it is read here: :math:`\Delta r_i(t)` is a propensity, already averaged over the trajectories
of one isoconfigurational ensemble, so :math:`q_i` is one number for each monomer of each ensemble.
What is left to average over in :math:`\langle\dots\rangle_{ic}` is the ensembles, that is, the
independent configurations (runs). With :math:`Q = \sum_i q_i`, the number of mobile monomers in a
configuration, Eq. 8 is then the **population variance of Q over the configurations, divided by
N**. The text does not say it otherwise; a variance over single trajectories is another quantity.

**Single trajectories.** Let :math:`Q` be the number of monomers that one trajectory has carried
farther than a. Its variance over everything, velocities and configurations alike, is the
susceptibility that is usual in the field,

.. math:: \chi_4^{\mathrm{traj}}(t) = \frac{1}{N} \left[ \overline{\langle Q^2 \rangle}
          - \overline{\langle Q \rangle}^2 \right]
          = \frac{1}{N} \left[ \overline{\langle Q^2 \rangle - \langle Q \rangle^2}
          + \left( \overline{\langle Q \rangle^2} - \overline{\langle Q \rangle}^2 \right) \right]

with :math:`\langle\dots\rangle` over the trajectories of one isoconfigurational ensemble and the
bar over configurations. The first part is chance, the second what configurations decide. Neither
is Eq. 8 of the paper, which counts monomers whose *mean* displacement exceeds a.

Lengths are in σ, times in τ.

Warnings
--------
A variance of R configurations is a poor estimate: for normally distributed Q its relative error is
:math:`\sqrt{2/(R-1)}`, that is 47 % for the paper's ten and 82 % for four, and the population
variance (divided by R, as Eq. 8 is written) is too small by the factor (R − 1)/R on average.

References
----------
L. Berthier and R. L. Jack, Phys. Rev. E 76, 041509 (2007).
"""

from collections.abc import Sequence

import numpy as np

from glasslib.dynamics.errors_over_runs import jackknife
from glasslib.errors import ParameterError

__all__ = [
    "four_point_susceptibility", "four_point_susceptibility_error", "nearest_probe",
    "trajectory_susceptibility", "trajectory_susceptibility_error",
]  # fmt: skip


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


def four_point_susceptibility(
    propensity: np.ndarray, a: float, unbiased: bool = False
) -> np.ndarray:
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
    unbiased : bool
        Divide the sum of squares by R − 1. Eq. 8 divides by the number R of runs, and so is too
        small by (R − 1)/R on average.

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
    return mobile.var(axis=0, ddof=int(unbiased)) / n_monomers


def four_point_susceptibility_error(
    propensity: np.ndarray, a: float, unbiased: bool = False
) -> np.ndarray:
    """Return the standard error of χ4(t) by leaving out one configuration after another.

    See :func:`glasslib.dynamics.errors_over_runs.jackknife`.

    Parameters
    ----------
    propensity : (n_runs, N, n_times) float64
        As for :func:`four_point_susceptibility`.
    a : float
        Probe length in σ, held fixed.
    unbiased : bool
        As for :func:`four_point_susceptibility`.

    Returns
    -------
    (n_times,) float64
        Standard error; NaN for two runs, where leaving one out leaves no variance.

    Raises
    ------
    ParameterError
        As for :func:`four_point_susceptibility`.

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
    return jackknife(
        lambda runs: mobile[runs].var(axis=0, ddof=int(unbiased)) / n_monomers, len(mobile)
    )


# ------------------------------------------------------------------- single trajectories
def nearest_probe(lengths: np.ndarray, a: float) -> int:
    """Return the number of the stored probe length nearest to a.

    Raises
    ------
    ParameterError
        a lies outside the stored lengths.

    Examples
    --------
    >>> nearest_probe(np.array([0.10, 0.12, 0.14]), 0.125)
    1
    """
    lengths = np.asarray(lengths, dtype=np.float64)
    if not lengths.min() <= a <= lengths.max():
        raise ParameterError(
            f"a = {a:g} lies outside the stored probe lengths, {lengths.min():g} to"
            f" {lengths.max():g}"
        )
    return int(np.abs(lengths - a).argmin())


def _moments(counts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts = [np.asarray(run, dtype=np.float64) for run in counts]
    if len(counts) < 2 or any(run.ndim != 2 or len(run) < 2 for run in counts):
        raise ParameterError(
            f"counts have shapes {[run.shape for run in counts]}; give (n_trajectories, n_times)"
            " for at least two runs, with two trajectories each"
        )
    mean = np.array([run.mean(axis=0) for run in counts])
    chance = np.array([run.var(axis=0, ddof=1) for run in counts])
    number = np.array([len(run) for run in counts])[:, None]
    return mean, chance, number


def _parts(mean, chance, number, n_monomers):
    inside = chance.mean(axis=0)
    # The variance of measured means also holds 1/M of the chance; that is taken out.
    between = mean.var(axis=0, ddof=1) - (chance / number).mean(axis=0)
    return np.stack([inside + between, inside, between]) / n_monomers


def trajectory_susceptibility(counts: Sequence[np.ndarray], n_monomers: int) -> np.ndarray:
    r"""Return :math:`\chi_4^{\mathrm{traj}}(t)` and its two parts.

    Unbiased variances are used in both parts, and the chance that is left in a mean over M
    trajectories, 1/M of the first part, is subtracted from the second; with few configurations
    that may come out negative.

    Parameters
    ----------
    counts : sequence of (n_trajectories, n_times) int
        For each configuration Q of each trajectory at each time; two configurations or more.
    n_monomers : int
        N.

    Returns
    -------
    (3, n_times) float64
        Total, the part within configurations (chance), and the part between them.

    Raises
    ------
    ParameterError
        Fewer than two configurations, or than two trajectories of one.

    Examples
    --------
    Independent monomers, each mobile with probability 1/2: p(1 − p) = 1/4, all of it chance.

    >>> random = np.random.default_rng(0)
    >>> counts = [random.binomial(100, 0.5, size=(2000, 1)) for _ in range(20)]
    >>> (trajectory_susceptibility(counts, 100).round(2) + 0.0).ravel().tolist()
    [0.25, 0.25, 0.0]
    """
    return _parts(*_moments(counts), n_monomers)


def trajectory_susceptibility_error(counts: Sequence[np.ndarray], n_monomers: int) -> np.ndarray:
    """Return the standard errors of :func:`trajectory_susceptibility`, leaving out runs in turn.

    Parameters
    ----------
    counts, n_monomers
        As for :func:`trajectory_susceptibility`.

    Returns
    -------
    (3, n_times) float64
        NaN from two configurations.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> counts = [random.binomial(100, 0.5, size=(50, 1)) for _ in range(10)]
    >>> bool(trajectory_susceptibility_error(counts, 100)[0, 0] < 0.03)
    True
    """
    moments = _moments(counts)
    return jackknife(
        lambda runs: _parts(*(part[runs] for part in moments), n_monomers), len(counts)
    )
