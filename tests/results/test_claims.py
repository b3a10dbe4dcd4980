"""Verdicts from tables made up for the purpose: right, and never surer than the error bars."""

import numpy as np
import pandas as pd

from glasslib.results import claims, transfer
from glasslib.results.correlation import A_LESS_B

TEMPERATURES = (0.6, 0.5, 0.45)
TIMES = (0.01, 0.1, 1.0, 30.0, 100.0)
RUNS = dict.fromkeys(TEMPERATURES, 8)


# -------------------------------------------------------------------------------- the table
def rows(model, by, value, error):
    """ρ of a model at every temperature and time; ``value`` a number or a function of T and t."""
    value = value if callable(value) else (lambda T, t, v=value: v)
    return [
        {"split": by, "model": model, "T": T, "t": t, "at_tau": t == 30.0,
         "rho": value(T, t), "rho_error": error,
         # Folds have offsets: pooled they spoil ρ, and runs held out are judged without them.
         "within": value(T, t), "within_error": error}
        for T in TEMPERATURES for t in TIMES
    ]  # fmt: skip


def made_up(error=0.01, difference=0.1, trajectories=(40, 40, 40), shape=0.1, **ratio):
    accuracy = [
        row
        for by in ("row", "run")
        for row in (
            *rows("network A", by, 0.7, error),
            *rows("network B", by, lambda T, t: 0.9 - T / 2 - 0.6 * (t == 0.1), error),
            *rows(A_LESS_B, by, difference, error),
        )
    ]
    features = {"dip near t = 1": shape, "highest near τ_α": shape, "highest at t = 1": shape,
                "falls after τ_α": shape, "change from t = 10 to τ_α": (0.1 - shape) / 2}
    return {
        "accuracy": pd.DataFrame(accuracy),
        "accuracy-equal-runs": pd.DataFrame(accuracy).assign(group=4, runs=8),
        "ceiling": pd.DataFrame([
            {"T": T, "kind": "pooled", "own": True, "at_tau": True, "trajectories": m,
             "ceiling": 0.9, "ceiling_error": 0.001}
            for T, m in zip(TEMPERATURES, trajectories, strict=True)
        ]),
        "chain-length": pd.DataFrame([
            {"chain_length": n, "runs": 4, "quantity": "tau_alpha", "split": "none",
             "value": 20.0, "value_error": 20 * error / 4} for n in (3, 5, 10)
        ]),
        "shape": pd.DataFrame([
            {"T": T, "split": by, "model": model, "feature": feature, "value": value,
             "value_error": error}
            for T in TEMPERATURES for by in ("row", "run")
            for model in ("network A", "network B") for feature, value in features.items()
        ]),
        "susceptibility": pd.DataFrame([
            *({"T": T, "split": by, "curve": curve, "t": t, "at_tau": t == 30.0,
               "ratio": ratio.get("ratio", 1.02) + (t == 1.0) * (1 if curve[-1] == "B" else 0.2),
               "ratio_error": ratio.get("ratio_error", 0.05)}
              for T in TEMPERATURES for t in TIMES for by in ("row", "run")
              for curve in ("network A", "network B")),
            *({"T": T, "split": by, "curve": "A closer than B", "t": 1.0, "at_tau": False,
               "runs": 8, "ratio": 0.8, "ratio_error": ratio.get("ratio_error", 0.05)}
              for T in TEMPERATURES for by in ("row", "run")),
        ]),
        "without-structure": pd.DataFrame(rows(
            "neighbours' propensity", "row", lambda T, t: 0.9 - T / 2 - 0.4 * (t != 30.0), 0.01
        )),
        "transfer": pd.DataFrame([
            {"split": by, "kind": kind, "network": network, "rho": rho, "rho_error": one,
             "within": rho, "within_error": one, "runs": 22}
            for by in ("row", "run")
            for kind, network, rho, one in (
                (transfer.INNER_LESS_OUTER, "A", 0.05, error),
                (transfer.INNER_LESS_OUTER, "B", 0.05, error),
                (transfer.A_LESS_B, transfer.A_LESS_B, 0.0, error / 3),
            )
        ]),
    }  # fmt: skip


DISPLACEMENTS = [("T = 0.40, ensembles", 0.003, 0.005, 8)]


def verdicts(tables, displacements=DISPLACEMENTS, runs=RUNS, error=0.01, highest=0.3):
    largest = [("T = 0.60", highest, error, 8)]
    judged = claims.evidence(tables, displacements, largest, runs)
    return claims.claims_table(judged), claims.details(judged)


def test_what_is_plainly_so_is_confirmed():
    table, measured = verdicts(made_up())
    assert (table["random split, the paper's test"] == "confirmed").all()
    assert set(table["new configurations"]) == {"confirmed", "–"}
    assert (table["to tell, it would take"] == "–").all()
    text = measured.loc["A is more accurate than B from t ≈ 0.1 to τ_α", "random split"]
    assert text.startswith("A is higher beyond the error bar at 9 of 9 times")  # 0.1, 1 and 30


def test_what_is_plainly_not_so_is_not_confirmed():
    table, _ = verdicts(made_up(difference=-0.1, shape=-0.1, ratio=0.4))
    for claim in ("A is more accurate than B from t ≈ 0.1 to τ_α", "Beyond τ_α both decay",
                  "A and B both predict χ4(τ_α) rather accurately"):
        assert table.loc[claim, "random split, the paper's test"] == "not confirmed"


def test_large_errors_tell_nothing_and_say_what_it_takes():
    table, _ = verdicts(made_up(error=0.2))
    row = table.loc["At τ_α, A is more accurate than B at every temperature"]
    assert row["new configurations"] == "cannot tell"
    assert row["to tell, it would take"] == (
        "about 260 runs instead of 8 at T = 0.60, if the value does not change"
    )
    table, _ = verdicts(made_up(error=0.05))
    needs = table.loc["Training at intermediate temperatures transfers best",
                      "to tell, it would take"]
    assert needs.endswith(" times the runs (network A), if the value does not change")
    table, _ = verdicts(made_up(error=np.nan, ratio_error=np.nan), [], error=np.nan)
    assert set(table["random split, the paper's test"]) == {"cannot tell"}
    takes = table["to tell, it would take"]
    assert takes.str.contains("three runs or more").any() and (takes != "–").all()
    assert takes["a = 0.4286 at T = 0.40"] == "runs at T = 0.40"


def test_one_bad_temperature_is_enough():
    tables = made_up()
    accuracy = tables["accuracy"]
    bad = (accuracy["model"] == A_LESS_B) & (accuracy["T"] == 0.45)
    accuracy.loc[bad & accuracy["at_tau"], "within"] = -0.2
    table, measured = verdicts(tables)
    claim = "At τ_α, A is more accurate than B at every temperature"
    assert table.loc[claim, "new configurations"] == "not confirmed"
    assert table.loc[claim, "random split, the paper's test"] == "confirmed"
    assert "T = 0.45: -0.200 ± 0.010" in measured.loc[claim, "new configurations"]


def test_unequal_ensembles_are_compared_over_their_ceilings_or_not_at_all():
    unequal = made_up(trajectories=(40, 40, 10))
    claim = "At τ_α, the accuracy of A is nearly independent of temperature"
    table, measured = verdicts(unequal)
    assert table.loc[claim, "new configurations"] == "confirmed"
    assert measured.loc[claim, "new configurations"].startswith("change of ρ/ceiling of A")
    unequal["ceiling"].loc[2, "ceiling"] = np.nan
    table, _ = verdicts(unequal)
    assert table.loc[claim, "new configurations"] == "cannot tell"
    assert "equal numbers of trajectories" in table.loc[claim, "to tell, it would take"]


def test_a_trend_is_the_change_between_the_outermost_temperatures():
    tables = made_up()
    equal = tables["accuracy-equal-runs"]
    middle = (equal["T"] == 0.5) & (equal["model"] == "network B")
    equal.loc[middle, ["rho", "within"]] += 0.3  # up and down again: the ends decide
    claim = "At τ_α, B is more accurate at lower temperature"
    table, measured = verdicts(tables)
    assert table.loc[claim, "new configurations"] == "confirmed"
    text = measured.loc[claim, "random split"]
    assert "from 0.60 to 0.45: 0.075 ± 0.014; step by step" in text  # √2 errors
    assert "from 0.60 to 0.50: 0.350 ± 0.014; from 0.50 to 0.45: -0.275 ± 0.014" in text


def test_a_zigzag_is_not_independent_of_temperature():
    """A straight line through ρ would not see it."""
    tables = made_up()
    equal = tables["accuracy-equal-runs"]
    middle = (equal["T"] == 0.5) & (equal["model"] == "network A")
    equal.loc[middle, ["rho", "within"]] -= 0.2
    claim = "At τ_α, the accuracy of A is nearly independent of temperature"
    table, _ = verdicts(tables)
    assert table.loc[claim, "new configurations"] == "not confirmed"


def test_runs_held_out_are_judged_within_configurations_and_rows_pooled():
    tables = made_up()
    tables["accuracy"]["within"] = -0.3
    claim = "At τ_α, A is more accurate than B at every temperature"
    table, measured = verdicts(tables)
    assert table.loc[claim, "random split, the paper's test"] == "confirmed"
    assert table.loc[claim, "new configurations"] == "not confirmed"
    text = measured.loc[claim, "new configurations"]
    assert "T = 0.60: -0.300 ± 0.010 (pooled 0.100 ± 0.010)" in text
    assert "pooled" not in measured.loc[claim, "random split"]


def test_a_claim_that_passes_without_structure_says_nothing_about_structure():
    table, measured = verdicts(made_up())
    without = table["without structure, random split"]
    nothing = without[without.str.contains("says nothing about structure")].index.tolist()
    assert nothing == ["At τ_α, B is more accurate at lower temperature",
                       "ρ of B is rather small at t ≈ 0.1", "ρ(t) of B is highest near τ_α",
                       "Beyond τ_α both decay"]
    # In the place of A it is not better than B at τ_α, and worse before.
    assert without["At τ_α, A is more accurate than B at every temperature"] == "cannot tell"
    assert without["A is more accurate than B from t ≈ 0.1 to τ_α"] == "not confirmed"
    assert without["ρ(t) of A is highest at t = 1"] == "not confirmed"
    assert (without.loc[["A and B both predict χ4(τ_α) rather accurately",
                         "No clear winner of A and B in transfer"]] == "–").all()
    text = measured.loc["ρ(t) of B is highest near τ_α", "without structure, random split"]
    assert "T = 0.60: 0.400 ± " in text
    worse = made_up()
    worse["without-structure"]["rho"] = 0.1
    table, _ = verdicts(worse)
    flat = table.loc[[*nothing[:1], *nothing[2:]], "without structure, random split"]
    assert (flat == "cannot tell").all()


def test_small_plateau_and_susceptibility():
    table, measured = verdicts(made_up())
    assert "t = 0.1: 0.000 ± 0.010" in measured.loc[
        "ρ of B is rather small at t ≈ 0.1", "random split"]
    gain = "The Debye–Waller factor improves χ4 from t = 1 to τ_α"
    assert measured.loc[gain, "random split"].startswith(
        "χ4 of A is closer to the truth beyond the error bar at 3 of 3 times"
    )
    tables = made_up()
    tables["accuracy"]["rho"] = 0.9
    chi4 = tables["susceptibility"]
    chi4.loc[chi4["curve"] == "A closer than B", "ratio"] = -0.8
    shape = tables["shape"]
    shape.loc[shape["feature"] == "change from t = 10 to τ_α", "value"] = -0.3
    table, _ = verdicts(tables, highest=-0.3)
    for claim in ("ρ of B is rather small at t ≈ 0.1", gain, "χ4 is highest near τ_α",
                  "Beyond t = 10, ρ(t) of A has a plateau up to τ_α"):
        assert table.loc[claim, "random split, the paper's test"] == "not confirmed"


def test_networks_that_know_more_runs_are_not_compared_with_those_that_know_fewer():
    tables = made_up()
    equal = tables["accuracy-equal-runs"]
    equal.loc[equal["T"] == 0.45, "group"] = 2
    table, measured = verdicts(tables)
    for claim in ("At τ_α, the accuracy of A is nearly independent of temperature",
                  "At τ_α, B is more accurate at lower temperature"):
        assert set(table.loc[claim].iloc[1:3]) == {"cannot tell"}
        assert table.loc[claim, "to tell, it would take"] == "4 runs at every temperature"
        assert measured.loc[claim, "random split"] == (
            "networks know 2 runs at one temperature and 4 at another"
        )
    equal["group"] = 2
    tables["accuracy"]["rho"] = 0.0  # what all runs give does not count
    table, _ = verdicts(tables)
    assert table.loc["At τ_α, B is more accurate at lower temperature",
                     "new configurations"] == "confirmed"


def test_a_temperature_with_few_runs_takes_no_verdict_away():
    """A colder liquid with two runs changes nothing but the one number that the paper prints."""
    before, measured = verdicts(made_up())
    with_few = made_up()
    for name, table in with_few.items():
        if "T" in table:
            cold = table[table["T"] == 0.45].assign(T=0.42)
            for column in ("rho", "within", "value", "ratio"):
                if column in cold:
                    cold[column] = -0.9
            if "group" in cold:
                cold["group"] = 2
            with_few[name] = pd.concat([table, cold], ignore_index=True)
    few, also = verdicts(with_few, runs={**RUNS, 0.42: 2})
    pd.testing.assert_frame_equal(few, before)
    pd.testing.assert_frame_equal(also, measured)
    enough, _ = verdicts(with_few, runs={**RUNS, 0.42: 4})
    assert (enough["new configurations"] != before["new configurations"]).sum() >= 8
    assert "not at T = 0.42 (2 runs)" in claims.scope({**RUNS, 0.42: 2})
    # Where hardly any temperature has enough, all are judged, by Student's t.
    assert claims.scope({0.8: 2, 0.7: 2, 0.6: 4}) == "Judged at T = 0.80, 0.70, 0.60."


def test_one_temperature_has_no_trend_and_no_transfer():
    tables = {name: table[table["T"] == 0.5] if "T" in table else table.iloc[:0]
              for name, table in made_up().items()}
    table, _ = verdicts(tables, [], {0.5: 8})
    assert table.loc["At τ_α, B is more accurate at lower temperature",
                     "new configurations"] == "cannot tell"
    assert table.loc["No clear winner of A and B in transfer",
                     "random split, the paper's test"] == "cannot tell"


def test_one_run_alone_has_no_runs_to_hold_out():
    tables = made_up()
    for name in ("accuracy", "accuracy-equal-runs", "shape", "susceptibility", "transfer"):
        tables[name] = tables[name][tables[name]["split"] == "row"]
    table, measured = verdicts(tables)
    assert measured.loc["No clear winner of A and B in transfer", "new configurations"] == (
        "one temperature alone with two runs or more"
    )
    assert "confirmed" not in set(table["new configurations"])
