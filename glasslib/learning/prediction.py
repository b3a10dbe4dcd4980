"""A trained model of the propensity as plain numbers: small to ship, and it knows its range.

A network and a ridge regression are the same here: layers on standardised inputs, of which a ridge
regression has one. With them go the smallest and the largest value of each input among the rows
that trained, so that the model can say how far another configuration lies from what it has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from glasslib.errors import DataError, ParameterError
from glasslib.learning.dataset import Split
from glasslib.learning.training import TrainedNetwork, standardise

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["PropensityModel", "share_beyond", "whole_runs_split"]


@dataclass(frozen=True, eq=False)
class PropensityModel:
    """Predicts the propensity at several times from one row of inputs for each particle.

    Parameters
    ----------
    inputs : tuple of str
        Names of the inputs, in order.
    layers : tuple of (array, array)
        Kernel (n_in, n_out) and bias (n_out,) of each layer; ReLU stands between two.
    mean, deviation : (n_inputs,) float64
        Of the training rows (Eq. 6).
    limit : float or None
        Standardised inputs are cut to ± this.
    target_mean, target_deviation : (n_times,) float64
        In σ.
    low, high : (n_inputs,) float64
        Range of each input over the training rows.
    """

    inputs: tuple[str, ...]
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    mean: np.ndarray
    deviation: np.ndarray
    limit: float | None
    target_mean: np.ndarray
    target_deviation: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of_network(cls, network: TrainedNetwork, values: np.ndarray) -> PropensityModel:
        """Take over a network; ``values``, (n_rows, n_inputs), are the inputs that trained it."""
        return cls(
            network.feature_names, network.weights, network.input_mean, network.input_deviation,
            network.settings.input_limit, network.target_mean, network.target_deviation,
            *_range(values),
        )

    @classmethod
    def of_ridge(
        cls, pipeline: Pipeline, names: tuple[str, ...], values: np.ndarray
    ) -> PropensityModel:
        """Take over a fitted :func:`~glasslib.learning.baselines.ridge_pipeline` without ``light``.

        Parameters
        ----------
        pipeline : Pipeline
        names : tuple of str
            Of the inputs.
        values : (n_rows, n_inputs) float
            The inputs that trained it.
        """
        scaler, regress = pipeline.named_steps["standardise"], pipeline.named_steps["regress"]
        n = len(regress.intercept_)
        return cls(
            tuple(names), ((regress.coef_, regress.intercept_),), scaler.mean_, scaler.scale_,
            pipeline.named_steps["cut"].kw_args["limit"], np.zeros(n), np.ones(n), *_range(values),
        )

    def predict(
        self, values: np.ndarray, statistics: Literal["training", "own"] = "training"
    ) -> np.ndarray:
        """Predict the propensity.

        Parameters
        ----------
        values : (N, n_inputs) float
            Inputs as they are, not standardised.
        statistics : {"training", "own"}
            Standardise with mean and deviation of the training rows, or of the rows given, as
            for a liquid at another temperature.

        Returns
        -------
        (N, n_times) float64
            In σ.

        Raises
        ------
        ParameterError
            The number of inputs differs, or ``statistics`` is neither of the two.
        DataError
            An input is not finite.

        Examples
        --------
        >>> one = np.ones(1)
        >>> model = PropensityModel(("x",), ((2 * np.eye(1), one),), one, one, 10.0, 0 * one, one,
        ...                         0 * one, 2 * one)
        >>> model.predict([[1.0], [2.0]]).ravel().tolist()
        [1.0, 3.0]
        """
        values = np.asarray(values)
        mean, deviation = self.mean, self.deviation
        if statistics == "own":
            mean, deviation = values.mean(axis=0, dtype=float), values.std(axis=0, dtype=float)
            deviation = np.where(deviation > 0, deviation, 1.0)
        elif statistics != "training":
            raise ParameterError(f"statistics = {statistics!r}; choose 'training' or 'own'")
        hidden = standardise(values, mean, deviation, self.limit)
        if not np.isfinite(hidden).all():
            column = int(np.nonzero(~np.isfinite(hidden).all(axis=0))[0][0])
            raise DataError(f"input '{self.inputs[column]}' is not finite; check the configuration")
        *first, (kernel, bias) = self.layers
        for hidden_kernel, hidden_bias in first:
            hidden = np.maximum(hidden @ hidden_kernel + hidden_bias, 0)
        return (hidden @ kernel + bias) * self.target_deviation + self.target_mean

    def beyond(self, values: np.ndarray) -> np.ndarray:
        """Return, for each input, the share of rows beyond the range of training, (n_inputs,)."""
        return share_beyond(values, self.low, self.high)


def _range(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return values.min(axis=0).astype(np.float64), values.max(axis=0).astype(np.float64)


def share_beyond(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return, for each column, the share of rows outside a range.

    Parameters
    ----------
    values : (N, n_columns) float
    low, high : (n_columns,) float
        The range; its ends are inside.

    Returns
    -------
    (n_columns,) float64
        From 0 to 1.

    Examples
    --------
    >>> share_beyond(np.array([[0.0], [1.0], [2.0], [3.0]]), [1.0], [2.5]).tolist()
    [0.5]
    """
    values = np.asarray(values)
    return ((values < np.asarray(low)) | (values > np.asarray(high))).mean(axis=0)


def whole_runs_split(runs: np.ndarray, validation_fraction: float = 0.1) -> Split:
    """Let all rows train or stop the training: for a model that is asked about new runs alone.

    Parameters
    ----------
    runs : (n_rows,) int64
        Run of each row.
    validation_fraction : float
        Share of the runs that stops the training, at least one; the last ones. With fewer than
        three runs it is a share of the rows instead, taken at equal steps.

    Returns
    -------
    Split
        Without a test row.

    Raises
    ------
    ParameterError
        Fewer than two rows.

    Examples
    --------
    >>> whole_runs_split(np.repeat([0, 1, 2], 2)).validation.tolist()
    [4, 5]
    """
    runs = np.asarray(runs)
    present = np.unique(runs)
    if len(present) >= 3:
        number = max(1, round(validation_fraction * len(present)))
        held = np.isin(runs, present[-number:])
    else:
        held = np.arange(len(runs)) % max(2, round(1 / validation_fraction)) == 0
    return Split(np.flatnonzero(~held), np.flatnonzero(held), np.empty(0, np.int64))
