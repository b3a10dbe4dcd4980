r"""The four-point susceptibility of single trajectories, and its two parts.

Let :math:`Q` be the number of monomers that one trajectory has carried farther than a. Its
variance over everything, velocities and configurations alike, is the susceptibility that is
usual in the field,

.. math:: \chi_4^{\mathrm{traj}}(t) = \frac{1}{N} \left[ \overline{\langle Q^2 \rangle}
          - \overline{\langle Q \rangle}^2 \right]
          = \frac{1}{N} \left[ \overline{\langle Q^2 \rangle - \langle Q \rangle^2}
          + \left( \overline{\langle Q \rangle^2} - \overline{\langle Q \rangle}^2 \right) \right]

with :math:`\langle\dots\rangle` over the trajectories of one isoconfigurational ensemble and the
bar over configurations. The first part is chance, the second what configurations decide. Neither
is Eq. 8 of the paper, which counts monomers whose *mean* displacement exceeds a (see
:mod:`glasslib.dynamics.susceptibility`).

Lengths are in σ, times in τ.

References
----------
L. Berthier and R. L. Jack, Phys. Rev. E 76, 041509 (2007).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glasslib.errors import ParameterError

__all__ = ["nearest_probe", "trajectory_susceptibility", "trajectory_susceptibility_error"]


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

    References
    ----------
    B. Efron and C. Stein, Ann. Stat. 9, 586 (1981).

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> counts = [random.binomial(100, 0.5, size=(50, 1)) for _ in range(10)]
    >>> bool(trajectory_susceptibility_error(counts, 100)[0, 0] < 0.03)
    True
    """
    mean, chance, number = _moments(counts)
    n_runs = len(mean)
    if n_runs == 2:
        return np.full((3, mean.shape[1]), np.nan)
    left_out = np.stack([
        _parts(*(np.delete(part, run, axis=0) for part in (mean, chance, number)), n_monomers)
        for run in range(n_runs)
    ])
    return np.sqrt((n_runs - 1) * left_out.var(axis=0))
