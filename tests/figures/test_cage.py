"""Cages: parts of the Debye–Waller factor, and the limit of structure."""

import pandas as pd

from figures.checks import check
from glasslib import figures, results
from glasslib.results import cage
from glasslib.results.inherent_structure import with_inherent_structure


def test_figures_sentence_and_table_of_cages(smoke, shown, tables):
    parts, limit, inherent = (
        pd.concat([function(one).assign(T=t) for t, one in shown.items()], ignore_index=True)
        for function in (cage.debye_waller_parts, cage.structure_limit, with_inherent_structure)
    )
    columns = ["T", "quantity", "mean", "mean_error", "rho_dw", "rho_dw_error", "rho", "rho_error"]
    figure, numbers = figures.cage_parts_figure(parts, limit)
    check(figure, numbers, columns, r"\sigma^2", r"\rho(\tau_\alpha)")
    assert len(numbers) == 2 * 4 and numbers["rho"].notna().all()
    parts.attrs["runs"] = limit.attrs["runs"] = {0.8: 4, 0.7: 2}
    for draw in (lambda: figures.cage_parts_figure(parts, limit),
                 lambda: figures.structure_limit_figure(limit, tables["ceiling"], inherent)):
        hollow = [line for axis in draw()[0].axes for line in axis.lines
                  if line.get_markerfacecolor() == "white"]
        assert len(hollow) > 6 and all(line.get_xdata().tolist() == [0.7] for line in hollow)
    figure, numbers = figures.structure_limit_figure(limit, tables["ceiling"], inherent)
    check(figure, numbers, ["T", "model", "rho", "rho_error", "ceiling"], r"\rho(\tau_\alpha)")
    assert numbers.groupby("model").size().eq(2).all() and numbers["model"].nunique() == 7
    text = results.parts_sentence(parts, limit)
    assert text.count("\n") == 1 and "T = 0.80: the Debye–Waller factor follows" in text
    table = results.limit_table(limit, tables["ceiling"])
    assert "ridge D" in table.index and list(table) == [0.8, 0.7]
