"""Learning curves of a graph network and of ridge regression."""


import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import legend_below, styled
from glasslib.learning.correlation import is_difference

__all__ = ["graph_network_figure"]

_MODELS = {
    "ridge D": {"color": "#009E73", "marker": "D", "ls": "-"},
    "graph network, D": {"color": "#D55E00", "marker": "o", "ls": "-"},
    "graph network, positions": {"color": "#0072B2", "marker": "s", "ls": "--"},
}


@styled
def graph_network_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of each model against the number of training runs, whole runs held out.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``graph-network``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``T``, ``training``, ``model``, ``rho``, ``rho_error``.
    """
    figure, axis = plt.subplots(figsize=(4.8, 3.6))
    here = table[~is_difference(table["model"])]
    for model, look in _MODELS.items():
        line = here[here["model"] == model]
        axis.errorbar(line["training"], line["rho"], yerr=line["rho_error"], ms=4, label=model,
                      **look)
    axis.set(xlabel="runs that train", ylabel=r"$\rho(\tau_\alpha)$", ylim=(0, 1))
    legend_below(figure, axis)
    return figure, here[["T", "training", "model", "rho", "rho_error"]].reset_index(drop=True)
