"""Table of the noise ceiling: how much of the propensity another ensemble would repeat."""

import numpy as np
import pandas as pd

from glasslib.learning.ceiling import halves_of_runs, spearman_brown
from glasslib.store import Ensemble

__all__ = ["block_propensities", "ceilings", "own_ceiling"]

RESAMPLES = 100


def block_propensities(ensemble: Ensemble) -> list[np.ndarray]:
    """Return for each run the propensity of each block alone, (n_blocks, N, n_times), in σ."""
    return [
        np.stack([block["displacement"].astype(np.float64).T for block in blocks])
        for blocks in ensemble.blocks.values()
    ]


def ceilings(ensemble: Ensemble) -> pd.DataFrame:
    """Return reliability and ceiling against time, for the target as it is and for other numbers M.

    The estimate takes blocks as its unit and runs as what is resampled for the error. ``direct``
    is the correlation of two disjoint groups of M trajectories, where there are enough: the test
    of the formula that carries the reliability from one M to another.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (pooled over all rows, or within runs), ``trajectories`` (M), ``own`` (M is that of
        the target), ``t``, ``at_tau``, ``reliability``, ``direct``, ``ceiling``,
        ``ceiling_error``. NaN where no run has two blocks.
    """
    blocks = block_propensities(ensemble)
    size = next(iter(ensemble.blocks.values()))[0].n_trajectories
    own = len(blocks) / sum(1 / len(run) for run in blocks)
    several = [run for run in blocks if len(run) > 1]
    # Draws of runs with unequal numbers of blocks would differ in the size of the halves.
    common = min(map(len, several), default=0)
    several = [run[:common] for run in several]
    random = np.random.default_rng(0)
    rows = []
    for kind in ("pooled", "within"):
        within = kind == "within"
        half, r = halves_of_runs(blocks, within)
        again = None
        if len(several) > 1:
            draws = random.integers(len(several), size=(RESAMPLES, len(several)))
            again = np.array([
                halves_of_runs([several[run] for run in draw], within)[1] for draw in draws
            ])
        most = max(len(run) for run in blocks)
        factors = {float(m): False for m in range(1, most + 1)} | {own: True}
        for factor, is_own in sorted(factors.items()):
            reliability = spearman_brown(r, factor / half)
            error = np.full(len(r), np.nan)
            if again is not None:
                spread = np.sqrt(spearman_brown(again, factor / half)).std(axis=0, ddof=1)
                error = spread * np.sqrt(len(several) / (len(several) - 1))
            m = round(factor)
            enough = [run[: 2 * m] for run in blocks if len(run) >= 2 * m]
            direct = np.full(len(r), np.nan)
            if enough and abs(factor - m) < 1e-9:
                direct = halves_of_runs(enough, within)[1]
            rows += [
                {
                    "kind": kind, "trajectories": factor * size, "own": is_own,
                    "t": t, "at_tau": k == ensemble.times.tau_index,
                    "reliability": reliability[k], "direct": direct[k],
                    "ceiling": np.sqrt(reliability[k]), "ceiling_error": error[k],
                }
                for k, t in enumerate(ensemble.times.times)
            ]
    return pd.DataFrame(rows)


def own_ceiling(ceiling: pd.DataFrame) -> pd.DataFrame:
    """Return the ceiling of ρ over all rows for the target as it is, at every time.

    Parameters
    ----------
    ceiling : pandas.DataFrame
        The result table ``ceiling``.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["pooled", "pooled", "within"], "own": [True, False, True]})
    >>> own_ceiling(table).index.tolist()
    [0]
    """
    return ceiling[(ceiling["kind"] == "pooled") & ceiling["own"]]
