"""Verdicts from tables made up for the purpose: right, and never surer than the error bars."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasslib import results
from glasslib.results import claims, transfer
from glasslib.results.correlation import A_LESS_B

TEMPERATURES = (0.6, 0.5, 0.45)
TIMES = (0.01, 0.1, 1.0, 30.0, 100.0)
RUNS = dict.fromkeys(TEMPERATURES, 8)
numbers = st.floats(-2, 2)
errors = st.floats(1e-6, 2)


@given(numbers, errors)
def test_no_verdict_whose_error_bar_crosses_the_line(value, error):
    low, high = value - 2 * error, value + 2 * error
    verdict = claims.above(value, error)
    assert (verdict == "confirmed") == (low > 0)
    assert (verdict == "not confirmed") == (high < 0)
    margin = 0.3
    verdict = claims.near(value, error, margin)
    assert (verdict == "confirmed") == (-margin < low and high < margin)
    assert (verdict == "not confirmed") == (low > margin or high < -margin)


@given(numbers, errors, st.integers(2, 40))
def test_few_runs_never_make_a_verdict_surer(value, error, runs):
    for judge in (lambda *a: claims.above(*a), lambda v, e, r=None: claims.near(v, e, 0.3, r)):
        few, plain = judge(value, error, runs), judge(value, error)
        assert few in (plain, "cannot tell")
    assert results.bar(error, runs) >= results.bar(error, runs + 1) >= 2 * error


@pytest.mark.parametrize("error", [np.nan, np.inf, 0.0, -1.0])
def test_without_an_error_nothing_can_be_told(error):
    assert claims.above(5.0, error) == claims.near(0.0, error, 1.0) == "cannot tell"
    assert claims.above(np.nan, 0.1) == "cannot tell"


def test_all_of_several():
    yes, no, unknown = "confirmed", "not confirmed", "cannot tell"
    assert claims.combine([yes, yes]) == yes
    assert claims.combine([yes, unknown]) == unknown
    assert claims.combine([unknown, no, yes]) == no
    assert claims.combine([]) == unknown


# -------------------------------------------------------------------------------- the table
def rows(model, by, value, error):
    """ρ of a model at every temperature and time; ``value`` a number or a function of T and t."""
    value = value if callable(value) else (lambda T, t, v=value: v)
    return [
        {"split": by, "model": model, "T": T, "t": t, "at_tau": t == 30.0,
         "rho": value(T, t), "rho_error": error}
        for T in TEMPERATURES for t in TIMES
    ]  # fmt: skip


def made_up(error=0.01, difference=0.1, trajectories=(40, 40, 40), shape=0.1, **ratio):
    accuracy = [
        row
        for by in ("row", "run")
        for row in (
            *rows("network A", by, 0.7, error),
            *rows("network B", by, lambda T, t: 0.9 - T / 2, error),
            *rows(A_LESS_B, by, difference, error),
        )
    ]
    features = ("dip near t = 1", "highest near τ_α", "highest at t = 1", "falls after τ_α")
    return {
        "accuracy": pd.DataFrame(accuracy),
        "accuracy-equal-runs": pd.DataFrame(accuracy).assign(group=4, runs=8),
        "ceiling": pd.DataFrame([
            {"T": T, "kind": "pooled", "own": True, "at_tau": True, "trajectories": m,
             "ceiling": 0.9, "ceiling_error": 0.001}
            for T, m in zip(TEMPERATURES, trajectories, strict=True)
        ]),
        "shape": pd.DataFrame([
            {"T": T, "split": by, "model": model, "feature": feature, "value": shape,
             "value_error": error}
            for T in TEMPERATURES for by in ("row", "run")
            for model in ("network A", "network B") for feature in features
        ]),
        "susceptibility": pd.DataFrame([
            {"T": T, "split": by, "curve": curve, "at_tau": True,
             "ratio": ratio.get("ratio", 1.02), "ratio_error": ratio.get("ratio_error", 0.05)}
            for T in TEMPERATURES for by in ("row", "run") for curve in ("network A", "network B")
        ]),
        "transfer": pd.DataFrame([
            {"split": by, "kind": kind, "network": network, "rho": rho, "rho_error": one,
             "runs": 22}
            for by in ("row", "run")
            for kind, network, rho, one in (
                (transfer.INNER_LESS_OUTER, "A", 0.05, error),
                (transfer.INNER_LESS_OUTER, "B", 0.05, error),
                (transfer.A_LESS_B, transfer.A_LESS_B, 0.0, error / 3),
            )
        ]),
    }  # fmt: skip


RELAXATION = pd.DataFrame({"a": [0.43], "a_error": [0.002], "a_runs": [8]}, index=[0.4])


def verdicts(tables, relaxation=RELAXATION, runs=RUNS):
    judged = claims.evidence(tables, relaxation, runs)
    return claims.claims_table(judged), claims.details(judged)


def test_what_is_plainly_so_is_confirmed():
    table, measured = verdicts(made_up())
    assert (table["rows at random, as the paper"] == "confirmed").all()
    assert set(table["whole runs held out"]) == {"confirmed", "–"}
    assert (table["to tell, it would take"] == "–").all()
    text = measured.loc["A is more accurate than B from t ≈ 0.1 to τ_α", "rows at random"]
    assert text.startswith("A is higher beyond the error bar at 9 of 9 times")  # 0.1, 1 and 30


def test_what_is_plainly_not_so_is_not_confirmed():
    table, _ = verdicts(made_up(difference=-0.1, shape=-0.1, ratio=0.4))
    for claim in ("A is more accurate than B from t ≈ 0.1 to τ_α", "Beyond τ_α both decay",
                  "A and B both predict χ4(τ_α) rather accurately"):
        assert table.loc[claim, "rows at random, as the paper"] == "not confirmed"


def test_large_errors_tell_nothing_and_say_what_it_takes():
    table, _ = verdicts(made_up(error=0.2))
    row = table.loc["At τ_α, A is more accurate than B at every temperature"]
    assert row["whole runs held out"] == "cannot tell"
    assert row["to tell, it would take"] == (
        "about 130 runs instead of 8 at T = 0.60, if the value stays"
    )
    table, _ = verdicts(made_up(error=0.05))
    needs = table.loc["Training at intermediate temperatures transfers best",
                      "to tell, it would take"]
    assert needs.endswith(" times the runs (network A), if the value stays")
    table, _ = verdicts(made_up(error=np.nan, ratio_error=np.nan), RELAXATION.iloc[:0])
    assert set(table["rows at random, as the paper"]) == {"cannot tell"}
    takes = table["to tell, it would take"]
    assert takes.str.contains("three runs or more").any() and (takes != "–").all()
    assert takes["a = 0.4286 at T = 0.40"] == "runs at T = 0.40"


def test_one_bad_temperature_is_enough():
    tables = made_up()
    accuracy = tables["accuracy"]
    bad = (accuracy["model"] == A_LESS_B) & (accuracy["T"] == 0.45)
    accuracy.loc[bad & accuracy["at_tau"], "rho"] = -0.2
    table, measured = verdicts(tables)
    claim = "At τ_α, A is more accurate than B at every temperature"
    assert table.loc[claim, "whole runs held out"] == "not confirmed"
    assert "T = 0.45: -0.200 ± 0.010" in measured.loc[claim, "whole runs held out"]


def test_unequal_ensembles_are_compared_over_their_ceilings_or_not_at_all():
    unequal = made_up(trajectories=(40, 40, 10))
    claim = "At τ_α, the accuracy of A is nearly independent of temperature"
    table, measured = verdicts(unequal)
    assert table.loc[claim, "whole runs held out"] == "confirmed"
    assert measured.loc[claim, "whole runs held out"].startswith("ρ/ceiling of A changes by")
    unequal["ceiling"].loc[2, "ceiling"] = np.nan
    table, _ = verdicts(unequal)
    assert table.loc[claim, "whole runs held out"] == "cannot tell"
    assert "equal numbers of trajectories" in table.loc[claim, "to tell, it would take"]


def test_trend_is_a_weighted_straight_line():
    tables = made_up()
    trend = claims._trend(tables, "row", "network B")
    assert (trend.what, trend.temperatures, trend.runs) == ("ρ", 3, 22)
    assert trend.change == pytest.approx(0.075)  # 0.15 · ½
    error = 0.15 * 0.01 / np.sqrt(((np.array(TEMPERATURES) - 0.51667) ** 2).sum())
    assert trend.error == pytest.approx(error, rel=1e-3)
    equal = tables["accuracy-equal-runs"]
    equal.loc[equal["T"] == 0.5, "rho"] += 0.3  # no straight line: the error grows
    assert claims._trend(tables, "row", "network B").error > 10 * error


def test_networks_that_know_more_runs_are_not_compared_with_those_that_know_fewer():
    tables = made_up()
    equal = tables["accuracy-equal-runs"]
    equal.loc[equal["T"] == 0.45, "group"] = 2
    table, measured = verdicts(tables)
    for claim in ("At τ_α, the accuracy of A is nearly independent of temperature",
                  "At τ_α, B is more accurate at lower temperature"):
        assert set(table.loc[claim].iloc[1:3]) == {"cannot tell"}
        assert table.loc[claim, "to tell, it would take"] == "4 runs at every temperature"
        assert measured.loc[claim, "rows at random"] == (
            "networks know 2 runs at one temperature and 4 at another"
        )
    equal["group"] = 2
    tables["accuracy"]["rho"] = 0.0  # what all runs give does not count
    table, _ = verdicts(tables)
    assert table.loc["At τ_α, B is more accurate at lower temperature",
                     "whole runs held out"] == "confirmed"


def test_a_temperature_with_few_runs_takes_no_verdict_away():
    """A colder liquid with two runs changes nothing but the one number that the paper prints."""
    before, measured = verdicts(made_up())
    with_few = made_up()
    for name, table in with_few.items():
        if "T" in table:
            cold = table[table["T"] == 0.45].assign(T=0.42)
            for column in ("rho", "value", "ratio"):
                if column in cold:
                    cold[column] = -0.9
            if "group" in cold:
                cold["group"] = 2
            with_few[name] = pd.concat([table, cold], ignore_index=True)
    few, also = verdicts(with_few, runs={**RUNS, 0.42: 2})
    pd.testing.assert_frame_equal(few, before)
    pd.testing.assert_frame_equal(also, measured)
    enough, _ = verdicts(with_few, runs={**RUNS, 0.42: 4})
    assert (enough["whole runs held out"] != before["whole runs held out"]).sum() >= 8
    assert "not at T = 0.42 (2 runs)" in claims.scope({**RUNS, 0.42: 2})
    # Where hardly any temperature has enough, all are judged, by Student's t.
    assert claims.scope({0.8: 2, 0.7: 2, 0.6: 4}) == "Judged at T = 0.80, 0.70, 0.60."


def test_one_temperature_has_no_trend_and_no_transfer():
    tables = {name: table[table["T"] == 0.5] if "T" in table else table.iloc[:0]
              for name, table in made_up().items()}
    table, _ = verdicts(tables, RELAXATION.iloc[:0], {0.5: 8})
    assert table.loc["At τ_α, B is more accurate at lower temperature",
                     "whole runs held out"] == "cannot tell"
    assert table.loc["No clear winner of A and B in transfer",
                     "rows at random, as the paper"] == "cannot tell"


def test_one_run_alone_has_no_runs_to_hold_out():
    tables = made_up()
    for name in ("accuracy", "accuracy-equal-runs", "shape", "susceptibility", "transfer"):
        tables[name] = tables[name][tables[name]["split"] == "row"]
    table, measured = verdicts(tables)
    assert measured.loc["No clear winner of A and B in transfer", "whole runs held out"] == (
        "one temperature alone with two runs or more"
    )
    assert "confirmed" not in set(table["whole runs held out"])
