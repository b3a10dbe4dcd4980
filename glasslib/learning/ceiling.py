r"""The noise ceiling: how well a propensity repeats itself, and the highest ρ there can be.

A propensity from M trajectories carries sampling noise that nothing can predict: its reliability
sets a ceiling to ρ. The blocks of trajectories are divided into two halves of m blocks in every
way there is (at most 200, drawn at random); r is the mean correlation of the halves over the rows.
Spearman and Brown's formula gives the reliability of the mean over all n blocks,

.. math:: R(t) = \frac{k \, r(t)}{1 + (k - 1) \, r(t)}, \qquad k = n/m,

that is :math:`2r/(1+r)` for even n (for odd n each division leaves one block out). R is the part
of the variance of the measured propensity that a second, endless ensemble from the same
configuration would repeat. A predictor that knows all about the configuration and nothing about
the trajectories reaches :math:`\rho = \sqrt{R}`.

Warnings
--------
Network A reads the Debye–Waller factor of the *same* trajectories, so it shares noise with its
target and may pass this ceiling.

References
----------
C. Spearman, Br. J. Psychol. 3, 271 (1910); W. Brown, ibid. 3, 296 (1910).
"""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from glasslib.errors import ParameterError
from glasslib.learning.correlation import pearson

__all__ = ["Ceiling", "ceiling_of_runs", "halves_of_runs", "spearman_brown"]

_MOST_HALVES = 200


class Ceiling(NamedTuple):
    """Reliability of a measured propensity, and the highest ρ with it, each (n_times,)."""

    reliability: np.ndarray
    ceiling: np.ndarray


def _half_correlation(blocks: np.ndarray) -> tuple[int, np.ndarray]:
    """Blocks in a half, and the mean correlation of two halves over all divisions."""
    halves = _halves(len(blocks))
    each = [
        pearson(blocks[list(one)].mean(axis=0), blocks[list(other)].mean(axis=0))
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
        The ceiling of ρ within configurations, averaged over runs, instead of that of ρ over all
        rows (Eq. 7).

    Returns
    -------
    Ceiling
        Where noise makes r negative both numbers are 0. They are NaN where the propensity is
        constant, and when no run has two blocks: nothing can be said then.

    Raises
    ------
    ParameterError
        No run, a wrong shape, or a value that is not finite.

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
        No run, a wrong shape, or a value that is not finite.

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
