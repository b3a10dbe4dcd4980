"""What the interactive view of the melt shows: propensities at all times, true and predicted."""

from __future__ import annotations

from glasslib.figures.viewer import MeltView
from glasslib.results.maps import Prediction, map_columns
from glasslib.store import Ensemble

__all__ = ["melt_views"]


def melt_views(
    shown: dict[float, Ensemble], predictions: dict[float, Prediction]
) -> list[MeltView]:
    """Return the configurations of Figure 3 with their propensities at every time.

    Parameters
    ----------
    shown : dict of float to Ensemble
        By temperature.
    predictions : dict of float to Prediction
        From :func:`glasslib.results.predictions`.

    Returns
    -------
    list of MeltView
        Three temperatures, first run; training rows are among the monomers.
    """
    views = []
    for t, configuration, _ in map_columns(shown, predictions):
        one, n = shown[t], len(configuration)
        fields = {"true": one.propensity[0]}
        fields |= {which: values[:n] for which, values in predictions[t].predicted.items()}
        views.append(MeltView(t, configuration, one.times.times, one.times.tau_index, fields))
    return views
