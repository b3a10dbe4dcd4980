"""Another glass: what each set of inputs reaches, below the ceiling."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import NETWORK_COLOURS, letters, network_look, styled

__all__ = ["mixture_figure"]

_MODELS = {
    "cage alone": ("size of the cage", "#8C6BB1"),
    "ridge B": ("B: descriptors", NETWORK_COLOURS["B"]),
    "ridge C": ("C: and inherent structure", NETWORK_COLOURS["C"]),
    "ridge D": ("D: cages", NETWORK_COLOURS["D"]),
    "ridge C and D": ("C and D together", "#5A5A5A"),
}


@styled
def mixture_figure(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of each model on the mixture, and D against its training configurations.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mixture``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``model``, ``training``, ``rho``, ``rho_error``, ``ceiling``.
    """
    most = table[table["training"].isin([0, table["training"].max()])].set_index("model")
    here, top = most.loc[list(_MODELS)], most["rho"]["ceiling"]
    names, colours = zip(*_MODELS.values(), strict=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.2), width_ratios=(1.5, 1))
    left.barh(names, here["rho"], xerr=here["rho_error"], color=colours)
    left.axvline(top, color="0.6", lw=1)
    left.annotate("noise ceiling", (top, 0.5), xycoords=("data", "axes fraction"), xytext=(4, 0),
                  textcoords="offset points", va="center", fontsize=10, rotation=90, color="0.35")
    left.invert_yaxis()
    left.set(xlabel=r"$\rho(\tau_\alpha)$ of type A", xlim=(0, 1.06))
    curve = table[table["model"] == "ridge D"].sort_values("training")
    right.errorbar(curve["training"], curve["rho"], yerr=curve["rho_error"], **network_look("D"))
    for network in "CB":
        value = most["rho"][f"ridge {network}"]
        right.axhline(value, color=NETWORK_COLOURS[network], lw=1, ls=":")
        right.annotate(f"{network}, all", (1, value), xycoords=("axes fraction", "data"),
                       xytext=(-2, -3), textcoords="offset points", ha="right", va="top",
                       color=NETWORK_COLOURS[network], fontsize=10)
    right.set(xlabel="configurations that train D", ylabel=r"$\rho(\tau_\alpha)$ of D",
              ylim=(0.4, 1), xlim=(0, None), xticks=curve["training"])
    letters([left, right])
    numbers = pd.concat([here.reset_index(), curve[curve["training"] < curve["training"].max()]])
    return figure, numbers[["model", "training", "rho", "rho_error"]].assign(ceiling=top)
