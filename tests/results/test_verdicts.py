"""Rules of verdicts: never surer than the error bars, and how often chance alone passes them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasslib import results
from glasslib.results import verdicts

numbers = st.floats(-2, 2)
errors = st.floats(1e-6, 2)


@given(numbers, errors)
def test_no_verdict_whose_error_bar_crosses_the_line(value, error):
    low, high = value - 2 * error, value + 2 * error
    verdict = verdicts.above(value, error)
    assert (verdict == "confirmed") == (low > 0)
    assert (verdict == "not confirmed") == (high < 0)
    margin = 0.3
    verdict = verdicts.near(value, error, margin)
    assert (verdict == "confirmed") == (-margin < low and high < margin)
    assert (verdict == "not confirmed") == (low > margin or high < -margin)


@given(numbers, errors, st.integers(2, 40))
def test_few_runs_never_make_a_verdict_surer(value, error, runs):
    for judge in (verdicts.above, lambda v, e, r=None: verdicts.near(v, e, 0.3, r)):
        few, plain = judge(value, error, runs), judge(value, error)
        assert few in (plain, "cannot tell")
    assert results.bar(error, runs) >= results.bar(error, runs + 1) >= 2 * error


@pytest.mark.parametrize("error", [np.nan, np.inf, 0.0, -1.0])
def test_without_an_error_nothing_can_be_told(error):
    assert verdicts.above(5.0, error) == verdicts.near(0.0, error, 1.0) == "cannot tell"
    assert verdicts.above(np.nan, 0.1) == "cannot tell"


def test_all_of_several():
    yes, no, unknown = "confirmed", "not confirmed", "cannot tell"
    assert verdicts.combine([yes, yes]) == yes
    assert verdicts.combine([yes, unknown]) == unknown
    assert verdicts.combine([unknown, no, yes]) == no
    assert verdicts.combine([]) == unknown


# ------------------------------------------------------------------------------------- by chance
def judged(truth, runs, cases=1, repeats=2000, margin=None, errors=1.0):
    """Parts of repetitions that are confirmed and not confirmed, each case from normal runs."""
    random = np.random.default_rng(runs)
    samples = random.normal(truth, errors * np.sqrt(runs), size=(repeats, cases, runs))
    values, spread = samples.mean(axis=2), samples.std(axis=2, ddof=1) / np.sqrt(runs)
    found = []
    for one, error in zip(values, spread, strict=True):
        every = verdicts.Cases(margin)
        for value, e in zip(one, error, strict=True):
            every.add("T = 0.50", value, e, runs)
        found.append(verdicts.combine(row[4] for row in every.rows))
    return found.count("confirmed") / repeats, found.count("not confirmed") / repeats


@pytest.mark.parametrize("runs", [4, 10])
def test_one_claim_in_forty_is_confirmed_by_chance(runs):
    """If the quantity is 0. The standard error of the rate is 0.0035."""
    confirmed, denied = judged(0.0, runs)
    assert 0.014 < confirmed < 0.036 and 0.014 < denied < 0.036
    assert judged(6.0, runs)[0] > 0.9  # and the rule does confirm what is so


def test_a_claim_of_many_cases_is_not_confirmed_by_chance():
    confirmed, denied = judged(0.0, 10, cases=6, repeats=800)
    assert confirmed == 0 and 0.09 < denied < 0.2


def test_what_lies_on_its_margin_is_hardly_ever_said_to_be_near_zero():
    confirmed, denied = judged(3.0, 10, margin=3.0)
    assert confirmed < 0.036 and denied < 0.036
    assert judged(0.0, 10, margin=5.0)[0] > 0.9


def test_the_difference_of_two_means_has_the_right_rate():
    """Welch: a mean of four runs minus a mean of ten that scatter less."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(2000):
        one, other = random.normal(size=4), 0.3 * random.normal(size=10)
        found.append(verdicts.above(*verdicts.difference(*(
            (x.mean(), x.std(ddof=1) / np.sqrt(len(x)), len(x)) for x in (one, other)
        ))))
    assert 0.012 < found.count("confirmed") / 2000 < 0.038


def test_what_it_would_take_gives_four_verdicts_in_five():
    cases = verdicts.Cases()
    cases.add("T = 0.50", 1.0, 1.0, 10)
    text = cases.finding("").takes
    runs = int(text.split()[1])
    assert text == f"about {runs} runs instead of 10 at T = 0.50, if the value does not change"
    confirmed, _ = judged(1.0, runs, errors=np.sqrt(10 / runs))
    assert 0.77 < confirmed < 0.87
    assert judged(1.0, runs // 2, errors=np.sqrt(20 / runs))[0] < 0.6


def test_at_least_allows_for_a_margin():
    cases = verdicts.Cases(least=-0.1)
    cases.add("T = 0.50", -0.05, 0.01, 10, "pooled 0.2")
    assert cases.finding("").verdict == "confirmed"
    assert cases.each() == "T = 0.50: -0.050 ± 0.010 (pooled 0.2)"
    cases.add("T = 0.45", -0.2, 0.01, 10)
    assert cases.finding("").verdict == "not confirmed"
    assert cases.count("confirmed") == cases.count("not confirmed") == 1
