"""The claims: how far each case lies on the side of the claim, or on the other."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import SPLIT_NAMES, legend_below, styled

if TYPE_CHECKING:
    from glasslib.results.claims import Claim

__all__ = ["claims_figure"]

#: Cases farther out, in error bars, are drawn at the edge.
_EDGE = 6.0
_LOOKS = {
    "row": {"marker": "o", "color": "black", "mfc": "black"},
    "run": {"marker": "s", "color": "#0072B2", "mfc": "white"},
}


@styled
def claims_figure(judged: "list[Claim]") -> tuple[Figure, pd.DataFrame]:
    """Draw for each claim of the paper how far its cases lie on its side, in error bars.

    Parameters
    ----------
    judged : list of Claim
        From :func:`glasslib.results.judged`.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``claim``, ``test``, ``case``, ``value``, ``error``, ``bars`` (the distance in
        error bars, not cut at the edge).
    """
    figure, axis = plt.subplots(figsize=(8.2, 0.36 * len(judged) + 1.2))
    axis.axvspan(1, _EDGE + 0.5, color="#1a7f37", alpha=0.10, lw=0)
    axis.axvspan(-_EDGE - 0.5, -1, color="#c9302c", alpha=0.10, lw=0)
    numbers = []
    for place, claim in enumerate(judged):
        for test, found in (("row", claim.by_row), ("run", claim.by_run)):
            if found is None or found.cases is None:
                continue
            distances = found.cases.distances()
            height = place + (-0.17 if test == "row" else 0.17)
            axis.plot(np.clip(distances, -_EDGE, _EDGE), np.full(len(distances), height), ls="",
                      ms=4.5, label=SPLIT_NAMES[test], **_LOOKS[test])
            numbers += [
                {"claim": claim.text, "test": test, "case": where, "value": value, "error": error,
                 "bars": distance}
                for (where, value, error, *_), distance in zip(
                    found.cases.rows, distances, strict=True)
            ]
    axis.axvline(0, color="0.6", lw=0.8)
    axis.set_yticks(range(len(judged)), [
        claim.text.replace("τ_α", r"$\tau_\alpha$").replace("χ4", r"$\chi_4$") for claim in judged
    ])
    axis.invert_yaxis()
    axis.tick_params(axis="y", length=0)
    axis.set(xlim=(-_EDGE - 0.5, _EDGE + 0.5),
             xlabel=f"distance in error bars ({_EDGE:g}: or more)")
    axis.set_title("not confirmed", loc="left", color="#a02520")
    axis.set_title("cannot tell", loc="center", color="0.35")
    axis.set_title("confirmed", loc="right", color="#1a6b30")
    legend_below(figure, axis)
    columns = ["claim", "test", "case", "value", "error", "bars"]
    return figure, pd.DataFrame(numbers, columns=columns)
