"""Learning curves of a graph network and of ridge regression."""


import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import legend_below, network_look, styled
from glasslib.learning.correlation import is_difference

__all__ = ["graph_network_figure"]

_MODELS = {
    "ridge D": network_look("D"),
    "graph network, D": {"color": "#8C6BB1", "marker": "o"},
    "graph network, positions": {"color": "#5A5A5A", "marker": "s", "ls": ":"},
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
    figure, axis = plt.subplots(figsize=(5.6, 3.7))
    here = table[~is_difference(table["model"])]
    for model, look in _MODELS.items():
        line = here[here["model"] == model]
        axis.errorbar(line["training"], line["rho"], yerr=line["rho_error"], elinewidth=1,
                      **look, label=model)
    axis.set(xlabel="runs that train", ylabel=r"$\rho(\tau_\alpha)$", ylim=(0, 1))
    legend_below(figure, axis)
    return figure, here[["T", "training", "model", "rho", "rho_error"]].reset_index(drop=True)
