"""Correlations of many predictions on one data set, as the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from glasslib.learning.dataset import Dataset
from glasslib.learning.evaluation import Resampled, correlate_runs

__all__ = ["correlation_rows", "resample_all"]

Predictions = Mapping[str, np.ndarray | Sequence[np.ndarray]]


def resample_all(
    data: Dataset, predicted: Predictions
) -> dict[str, tuple[list[Resampled], list[Resampled]]]:
    """Correlate each prediction with the target, pooled and within runs, with resamples.

    Parameters
    ----------
    data : Dataset
    predicted : dict
        By model: (n_rows, n_times), NaN in rows that were not tested; or several such, one a
        seed.

    Returns
    -------
    dict
        By model: for each seed ρ over all rows, and within runs.
    """
    out = {}
    for model, one in predicted.items():
        seeds = [one] if isinstance(one, np.ndarray) else list(one)
        pairs = [correlate_runs(data.targets, each, data.runs) for each in seeds]
        out[model] = [pooled for pooled, _ in pairs], [within for _, within in pairs]
    return out


def _total(parts: list[Resampled]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over seeds; error from runs and seeds together; standard deviation over seeds."""
    mean = Resampled.mean(parts)
    if len(parts) < 2:
        return mean.value, mean.error, np.full(mean.value.shape, np.nan)
    deviation = np.std([part.value for part in parts], axis=0, ddof=1)
    return mean.value, np.sqrt(mean.error**2 + deviation**2 / len(parts)), deviation


def correlation_rows(
    data: Dataset,
    predicted: Predictions,
    differences: Sequence[tuple[str, str]] = (),
    times: Sequence[int] | None = None,
    **columns,
) -> pd.DataFrame:
    """Return ρ of each model at each time with its error, and differences of two models.

    Parameters
    ----------
    data : Dataset
    predicted : dict
        As for :func:`resample_all`.
    differences : sequence of (str, str)
        Pairs of models; the row is called ``"A − B"`` and resampled as one quantity.
    times : sequence of int, optional
        Columns of the targets to report; all by default.
    **columns
        More columns with one value each, such as ``split="run"``.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``t``, ``at_tau``, ``rho`` over all rows (Eq. 7), ``rho_error``, ``within``
        (averaged within configurations), ``within_error``, ``seed_deviation``, ``seeds``,
        ``rows``. Errors hold the scatter over runs and, with several seeds, over seeds.
    """
    parts = resample_all(data, predicted)
    for one, other in differences:
        if one in parts and other in parts:
            parts[f"{one} − {other}"] = tuple(
                [a - b for a, b in zip(x, y, strict=True)]
                for x, y in zip(parts[one], parts[other], strict=True)
            )
    rows = []
    chosen = range(len(data.times)) if times is None else times
    for model, (pooled, within) in parts.items():
        value, error, deviation = _total(pooled)
        value_within, error_within, _ = _total(within)
        one = predicted.get(model)
        first = one if isinstance(one, np.ndarray) else one[0] if one is not None else None
        tested = int(np.isfinite(first).all(axis=1).sum()) if first is not None else 0
        rows += [
            {
                **columns, "model": model, "t": data.times[k], "at_tau": k == data.tau_index,
                "rho": value[k], "rho_error": error[k],
                "within": value_within[k], "within_error": error_within[k],
                "seed_deviation": deviation[k], "seeds": len(pooled), "rows": tested,
            }
            for k in chosen
        ]
    return pd.DataFrame(rows)
