"""What the book finds, from tables made up for the purpose."""

import pandas as pd
import pytest

from glasslib.learning.correlation import difference_name
from glasslib.results import own_claims, transfer

TEMPERATURES = (0.6, 0.5, 0.45)
RUNS = dict.fromkeys(TEMPERATURES, 10)
COUNTS = (700, 720, 745, 760, 800, 810, 840, 860, 890, 930)
MOBILE = pd.DataFrame([
    {"T": T, "split": "start", "predictor": "inherent-structure energy", "run": run,
     "predicted": -6 + count / 1000 + 0.02 * (-1) ** run, "true": count}
    for T in TEMPERATURES for run, count in enumerate(COUNTS)
])
FROM_ONE = "From one training run, "
COLDER = "Below the highest temperature, "


def rows(model, values, error=0.01, **columns):
    return pd.DataFrame([
        {"T": T, "split": "run", "model": model, "at_tau": at_tau, "rho": -9.0, "rho_error": error,
         "within": value if at_tau else -9.0, "within_error": error, **columns}
        for T, value in zip(TEMPERATURES, values, strict=True) for at_tau in (True, False)
    ])


def by_row(model, values):
    table = rows(model, values, split="row")
    return table.assign(rho=table["within"], within=-9.0)


def made_up(a=(0.7, 0.55, 0.5), b=(0.4, 0.4, 0.4), own=0.2, error=0.01):
    def gain(network, trained, values):
        names = (f"ridge {network}, {name}" for name in (trained, transfer.OWN_ONLY))
        return rows(difference_name(*names), values)

    return {
        "accuracy": by_row("network B", (0.55, 0.6, 0.65)),
        "without-structure": by_row("neighbours' propensity", (0.65, 0.7, 0.78)),
        "learning-runs": pd.concat([
            rows("ridge A", a, error, training_runs=1),
            rows("ridge B", b, error, training_runs=1),
            rows(difference_name("ridge A", "ridge B"), (0.3, 0.15, 0.1), error, training_runs=1),
            rows("ridge A", (0.1, 0.5, 0.9), training_runs=7),  # from more runs: does not count
        ]),
        "joint": pd.concat([
            gain("B", transfer.ALL_TEMPERATURES, (-0.1, 0, 0.1)),
            gain("A", transfer.OTHERS, (-0.1, 0.0, -0.1)),
            gain("B", transfer.OTHERS, (-0.1, 0.1, -0.1)),
        ]),
        "inherent": rows(difference_name("ridge A", "ridge C"), (0.1, 0.0, -0.1)),
        "positions": pd.concat([
            rows(difference_name(f"ridge {x}", f"network {x}"), (0.0, 0.01, 0.02), position=place)
            for x in "AB" for place in ("all", "end")
        ]),
        "structure-limit": pd.concat([
            rows(difference_name("ridge D", "ridge A"), (-0.1, 0.1, 0.2)),
            rows("ridge D", (0.7, 0.7, 0.7)).assign(rho=0.75),
            rows(difference_name("cage alone", "Debye–Waller factor alone"), (-0.2, 0.0, 0.1)),
        ]),
        "short-time": rows(
            difference_name("ridge A, shift and fluctuation, surroundings", "ridge A"),
            (-0.1, 0.05, 0.06),
        ),
        "ceiling": pd.DataFrame([
            {"T": T, "kind": "pooled", "own": True, "at_tau": True, "trajectories": 40,
             "ceiling": 0.93, "ceiling_error": 0.001} for T in TEMPERATURES
        ]),
        "mobile-number": MOBILE,
        "transfer": pd.DataFrame([
            {"split": split, "kind": transfer.OWN_LESS_ELSEWHERE, "network": network, "runs": 28,
             "rho": own, "rho_error": error, "within": 0.0, "within_error": error}
            for split in ("row", "run") for network in "AB"
        ]),
    }  # fmt: skip


def verdicts(tables, runs=RUNS, energies=(("T = 0.42", 0.001, 0.001, 20),)):
    return own_claims.findings_table(own_claims.findings(tables, runs, energies))


def test_what_is_plainly_so_is_confirmed_and_has_a_number():
    table = verdicts(made_up())
    assert (table["verdict"] == "confirmed").all() and len(table) == 16
    assert (table["to tell, it would take"] == "–").all()
    assert table["measured"].str.contains(r"\d ± \d").all()
    assert not table["measured"].str.contains("-9").any()  # none is the other kind of ρ
    text = table.loc[FROM_ONE + "A falls on cooling", "measured"]
    assert text.startswith("ρ of ridge A: T = 0.60: 0.700 ± 0.010; T = 0.50: 0.550 ± 0.010;")
    assert text.endswith("0.60 minus 0.45: 0.200 ± 0.014")


@pytest.mark.parametrize(
    ("name", "model", "values", "finding"),
    [
        ("learning-runs", "ridge A", (0.5, 0.6, 0.7), FROM_ONE + "A falls on cooling"),
        ("learning-runs", "ridge B", (0.3, 0.4, 0.5), FROM_ONE + "B stays on cooling"),
        ("learning-runs", "ridge A − ridge B", (0.1, 0.2, 0.3),
         FROM_ONE + "the gain from the Debye–Waller factor shrinks on cooling"),
        ("joint", "ridge B, all temperatures − ridge B, own temperature", (0.1, 0.1, -0.1),
         "One model of all temperatures predicts B better at the lowest"),
        ("joint", "ridge A, other temperatures − ridge A, own temperature", (0.1, -0.1, 0.1),
         "A temperature between others needs no training of its own"),
        ("inherent", "ridge A − ridge C", (0.1, 0.1, 0.1),
         "C, structure with its inherent structure, overtakes A on cooling"),
        ("positions", "ridge B − network B", (0.1, 0.1, -0.2),
         "Ridge regression is as good as the networks"),
        ("structure-limit", "ridge D − ridge A", (0.1, -0.1, 0.1),
         COLDER + "D, which reads the cage alone, is more accurate than A"),
        ("structure-limit", "cage alone − Debye–Waller factor alone", (0.1, -0.1, 0.1),
         COLDER + "the size of the cage alone is as good as the Debye–Waller factor alone"),
    ],
)
def test_what_is_not_so_is_not_confirmed(name, model, values, finding):
    tables = made_up()
    table = tables[name].copy()
    chosen = table["at_tau"] & (table["model"] == model)
    wanted = dict(zip(TEMPERATURES, values, strict=True))
    table.loc[chosen, "within"] = table.loc[chosen, "T"].map(wanted)
    before, after = verdicts(tables), verdicts(tables | {name: table})
    assert after.loc[finding, "verdict"] == "not confirmed"
    assert (after["verdict"] != before["verdict"]).sum() == 1  # no other rests on this number


def test_the_leak_at_home_is_told_from_transfer():
    table = verdicts(made_up(own=-0.2))
    home = "In the random split, networks are better at their own temperature than elsewhere"
    assert table.loc[home, "verdict"] == "not confirmed"
    assert table["verdict"].value_counts()["confirmed"] == 15


def test_large_errors_and_few_runs_tell_nothing():
    table = verdicts(made_up(error=0.3))
    from_one = table[table.index.str.startswith(FROM_ONE)]
    assert (from_one["verdict"] == "cannot tell").all()
    assert from_one["to tell, it would take"].str.contains("times the runs").all()
    # Of three temperatures one has enough runs; all are judged, by Student's t of two runs.
    table = verdicts(made_up(), {0.6: 10, 0.5: 2, 0.45: 2})
    assert "confirmed" not in set(table.loc[table.index.str.startswith(COLDER), "verdict"])


def test_one_temperature_or_one_run_has_no_course():
    tables = {name: table[table["T"] == 0.5] if "T" in table else table.iloc[:0]
              for name, table in made_up().items()}
    table = verdicts(tables, {0.5: 10})
    assert table.loc[FROM_ONE + "A falls on cooling", "measured"] == "one temperature alone"
    empty = {name: table.iloc[:0] for name, table in tables.items()}
    assert set(verdicts(empty, {0.5: 10}, energies=())["verdict"]) == {"cannot tell"}
