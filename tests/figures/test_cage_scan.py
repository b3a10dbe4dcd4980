"""The scan of walls, baths and lengths, drawn and said."""

import pandas as pd

from figures.checks import check
from glasslib import figures, results
from glasslib.results.cage_scan import cage_scan

COLUMNS = ["panel", "T", "radius", "bath", "duration", "value", "error"]


def test_a_scan_is_drawn_and_said(smoke, shown):
    scan = cage_scan(shown[0.8]).assign(T=0.8)
    figure, numbers = figures.cage_scan_figure(scan)
    check(figure, numbers, COLUMNS, "radius", "bath", "length of a replica")
    assert numbers.groupby("panel").size().to_dict() == {"radius": 5, "bath": 2, "length": 6}
    text = results.scan_sentence(scan)
    assert text.startswith("T = 0.80 (2 runs): with short replicas") and "choose" not in text
    more = results.second_wall_table(scan).index
    assert len(more) == 7 and all(name.startswith("shipped D and ") for name in more)


def test_no_scan_is_said_too(shown):
    empty = pd.DataFrame(columns=["radius", "model", "rho", "rho_error"])
    figure, numbers = figures.cage_scan_figure(empty)
    assert "no scan" in figure.get_suptitle() and list(numbers) == COLUMNS and numbers.empty
    assert results.scan_sentence(empty).startswith("No scan")
    assert results.second_wall_table(empty).empty
