"""Walls, baths and lengths of the cages: the line from structure to dynamics."""


import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from glasslib.figures.style import legend_below, letters, runs_of, styled, temperature_look

__all__ = ["cage_scan_figure"]


@styled
def cage_scan_figure(scan: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Draw ρ(τ_α) of D within runs against radius and bath, ⟨|r − r₀|²⟩ against length.

    Parameters
    ----------
    scan : pandas.DataFrame
        The result table ``cage-scan``.

    Returns
    -------
    Figure, pandas.DataFrame
        Numbers: ``panel``, ``T``, ``radius``, ``bath``, ``duration``, ``value``, ``error``. In the
        panel "length" the value is divided by that of the longest replica with the same wall.
    """
    figure, axes = plt.subplots(1, 3, figsize=(8.2, 3.5))
    columns = ["panel", "T", "radius", "bath", "duration", "value", "error"]
    if not len(scan):
        figure.suptitle("no scan at these temperatures")
        return figure, pd.DataFrame(columns=columns)
    rows = scan[(scan["model"] == "ridge D") & scan["radius"].notna()]
    drawn = []
    for t, here in rows.groupby("T", sort=False):
        first, look = here.iloc[0], temperature_look(t, runs_of(scan).get(t))
        look |= {"marker": "o", "ms": 3.5}
        alike = here["duration"] == first["duration"]
        panels = {
            "radius": here[alike & (here["bath"] == first["bath"])].sort_values("radius"),
            "bath": here[alike & (here["radius"] == first["radius"])].sort_values("bath"),
        }
        for axis, (panel, line) in zip(axes, panels.items(), strict=False):
            value, error = line["within"], line["within_error"]
            axis.errorbar(line[panel], value, yerr=error, **look)
            drawn.append(line.assign(panel=panel, value=value, error=error))
        for radius, line in here[here["bath"] == first["bath"]].groupby("radius"):
            line = line.sort_values("duration")
            if len(line) > 2:
                other = {} if radius == first["radius"] else {"marker": "s", "ls": "--"}
                axes[2].errorbar(line["duration"], line["ratio"], yerr=line["ratio_error"],
                                 **look | other)
                drawn.append(
                    line.assign(panel="length", value=line["ratio"], error=line["ratio_error"])
                )
    label = r"$\rho(\tau_\alpha)$ of D within runs"
    axes[0].set(xlabel=r"radius of the wall  ($\sigma$)", ylabel=label)
    axes[1].set(xlabel=r"bath $T'$  ($\epsilon/k_B$)", ylabel=label)
    axes[2].set(xlabel=r"length of a replica  ($\tau$)", xscale="log",
                ylabel=r"$\langle |r - r_0|^2 \rangle$ / that of the longest")
    lengths = sorted(rows["duration"].unique())
    axes[2].set_xticks(lengths, [f"{length:g}" for length in lengths])
    axes[2].minorticks_off()
    letters(axes)
    legend_below(figure, axes[0])
    return figure, pd.concat(drawn, ignore_index=True)[columns]
