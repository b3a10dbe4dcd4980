"""Claims drawn: each case on the side where its verdict is."""

import numpy as np

from figures.checks import check
from glasslib import figures
from glasslib.results.claims import Claim, other_margins
from glasslib.results.verdicts import CANNOT_TELL, CONFIRMED, NOT_CONFIRMED, Cases


def found(values, margin=None, errors=0.1):
    cases = Cases(margin)
    for number, value in enumerate(values):
        cases.add(f"T = {number}", value, errors, 10)
    return cases.finding("")


def test_a_case_lies_on_the_side_of_its_verdict():
    claims = [
        Claim("τ_α is larger", "1", found([1.0, -1.0, 0.01]), found([1.0])),
        Claim("nearly 0", "2", found([0.0, 1.0, 0.3], margin=0.3), None),
        Claim("without error", "3", found([1.0], errors=float("nan"))),
    ]
    figure, numbers = figures.claims_figure(claims)
    check(figure, numbers, ["claim", "test", "case", "value", "error", "bars"], "error bars")
    verdicts = [row[4] for claim in claims for one in (claim.by_row, claim.by_run) if one
                for row in one.cases.rows]
    sides = np.select([numbers["bars"] > 1, numbers["bars"] < -1], [CONFIRMED, NOT_CONFIRMED],
                      CANNOT_TELL)
    assert sides.tolist() == verdicts and set(verdicts) == {CONFIRMED, NOT_CONFIRMED, CANNOT_TELL}
    drawn = np.concatenate([line.get_xdata() for line in figure.axes[0].lines])
    assert np.nanmax(np.abs(drawn)) <= 6


def test_other_margins_change_only_claims_that_have_one():
    claims = [Claim("larger", "1", found([1.0])), Claim("near", "2", found([0.3], margin=0.2))]
    assert claims[1].by_row.verdict == CANNOT_TELL and other_margins(claims, 1.0).empty
    changed = other_margins(claims, 4.0)
    assert changed.index.tolist() == ["near"]
    assert changed["with other margins"].tolist() == [CONFIRMED]
