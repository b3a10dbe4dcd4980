"""Cages: parts of the Debye–Waller factor, and the limit of structure."""

import pandas as pd

from figures.checks import check
from glasslib import figures, results
from glasslib.results import cage
from glasslib.results.inherent_structure import with_inherent_structure
from glasslib.results.structure_limit import cage_reliability


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
    assert numbers.groupby("model").size().eq(2).all() and numbers["model"].nunique() == 7 + 3
    asked = pd.DataFrame({"T": [0.8], "model": "D from own", "rho": 0.2, "rho_error": 0.1})
    figure, numbers = figures.structure_limit_figure(limit, tables["ceiling"], inherent, asked)
    assert numbers.query("model == 'D from own'")["rho"].tolist() == [0.2]
    text = results.parts_sentence(parts, limit)
    assert text.count("\n") == 1 and "T = 0.80: the Debye–Waller factor follows" in text
    table = results.limit_table(limit, tables["ceiling"])
    assert "ridge D" in table.index and list(table) == [0.8, 0.7]


def test_transfer_and_reliability_of_cages_are_drawn(smoke, shown):
    transfer = cage.cage_transfer(shown)
    figure, numbers = figures.cage_transfer_figure(transfer)
    check(figure, numbers, ["trained", "T", "rho", "rho_error"], "$T$ of training")
    written = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(written) == sorted(f"{rho:.2f}" for rho in transfer["rho"])
    known = pd.concat([cage_reliability(one).assign(T=t) for t, one in shown.items()])
    figure, numbers = figures.cage_reliability_figure(known)
    check(figure, numbers, ["T", "scalar", "reliability"], "reliability")
    assert len(numbers) == 2 * 18 and len(figure.axes[0].get_yticks()) == 18
