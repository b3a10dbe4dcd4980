"""Another glass: what each set of inputs reaches, below the ceiling."""


import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import styled

__all__ = ["mixture_figure"]

_MODELS = {
    "cage alone": "size of the cage alone",
    "ridge B": "B: descriptors",
    "ridge C": "C: and those of the inherent structure",
    "ridge D": "D: cages",
    "ridge C and D": "C and D together",
}


@styled
def mixture_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of each model on the mixture, trained on all training configurations.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mixture``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``model``, ``rho``, ``rho_error``, ``ceiling``.
    """
    most = table[table["training"].isin([0, table["training"].max()])].set_index("model")
    here, top = most.loc[list(_MODELS)], most["rho"]["ceiling"]
    figure, axis = plt.subplots(figsize=(5.6, 2.6))
    axis.barh(list(_MODELS.values()), here["rho"], xerr=here["rho_error"], color="#56B4E9")
    axis.axvline(top, color="0.6", lw=1)
    axis.annotate("noise ceiling", (top, 0.5), xycoords=("data", "axes fraction"), xytext=(4, 0),
                  textcoords="offset points", va="center", fontsize=10, rotation=90, color="0.35")
    axis.invert_yaxis()
    axis.set(xlabel=r"$\rho(\tau_\alpha)$ of type A, within configurations", xlim=(0, 1))
    numbers = here[["rho", "rho_error"]].reset_index().assign(ceiling=top)
    return figure, numbers
