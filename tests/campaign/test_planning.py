"""What a plan costs: counted, estimated, and compared with what was spent."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glasslib import store
from glasslib.campaign import CAMPAIGN, Goal, planning, tasks
from glasslib.parameters import get_protocol
from glasslib.store.schema import spent_seconds


def row(table, temperature):
    (found,) = [r for r in table.to_dict("records") if r["T"] == f"{temperature:.2f}"]
    return found


def test_status_counts_what_is_there(smoke):
    goals = [Goal(profile="smoke", temperature=t, runs=2, blocks=2) for t in (0.8, 0.9)]
    table = planning.status(goals)
    there, missing = row(table, 0.8), row(table, 0.9)
    assert (there["runs"], there["blocks"], there["to go"]) == ("2 of 2", "4 of 4", "0.0")
    seconds = sum(spent_seconds(store.read(t.output).attrs) for t in tasks([goals[0]]))
    assert float(there["core-hours"]) == pytest.approx(seconds / 3600, abs=0.006)
    assert (missing["runs"], missing["blocks"]) == ("0 of 2", "0 of 4")
    assert missing["τ_α ≥"] == "–" and float(missing["core-hours"]) == 0


def test_the_rest_goes_at_the_speed_of_todays_settings(smoke, monkeypatch):
    """Of files made with other settings, those made as today say how fast today's are."""
    goals = [Goal(profile="smoke", temperature=t, runs=2, blocks=2) for t in (0.8, 0.7, 0.9)]
    original = planning.store.read
    seconds = 0.01  # of each file made as today; the others took longer

    def read(path):
        found = original(path)
        if path.parent.name == "T0.700":
            protocol = json.loads(found.attrs["protocol"])
            protocol["integrator"] = get_protocol("smoke").integrator.model_dump(mode="json")
            fresh = {"protocol": json.dumps(protocol), "cpu_time_seconds": seconds}
            found = replace(found, attrs=found.attrs | fresh)
        return found

    monkeypatch.setattr(planning.store, "read", read)
    rows = planning._collect(goals)
    today, missing = rows["T"] == 0.7, rows["T"] == 0.9
    assert list(rows["T"][rows["as_now"] == True].unique()) == [0.7]  # noqa: E712, it may be NaN
    simulated, spent = rows.loc[today, ["simulated", "spent"]].sum()
    assert spent == pytest.approx(6 * seconds)
    expected = rows["planned"][missing].sum() / (simulated / spent) / 3600
    monkeypatch.setattr(planning, "_collect", lambda goals: rows)
    rows.loc[missing, "planned"] *= 1e6  # hours, not the milliseconds that round to nothing
    assert float(row(planning.status(goals), 0.9)["to go"]) == pytest.approx(
        1e6 * expected, rel=1e-2
    )


def test_without_any_data_the_rest_is_unknown(smoke):
    table = planning.status([Goal(profile="lab", temperature=0.55, runs=1, blocks=1)])
    assert list(table["to go"]) == ["?"]


def test_simulated_times_are_those_of_the_files(smoke):
    """The protocol's arithmetic against what was simulated (an equilibration may end earlier)."""
    protocol = get_protocol("smoke")
    for temperature in store.available("smoke"):
        times = store.read_times(temperature, "smoke")
        expected = planning.simulated_time(protocol, temperature, times.tau_alpha)
        longest = times.times[-1]
        assert expected["block"] == pytest.approx(protocol.block_size * longest, rel=0.01)
        for path in store.run_paths(temperature, "smoke").values():
            attrs = store.read(path).attrs
            real = attrs["equilibration_time"] + attrs["production_time"] + 20 * 2.5
            assert 0.5 < expected["run"] / real < 2


@pytest.mark.parametrize("profile", ["lab", "companion", "paper"])
def test_cost_is_in_proportion(profile):
    protocol = get_protocol(profile)
    one = planning.simulated_time(protocol, 0.42, 500.0)
    two = planning.simulated_time(protocol, 0.42, 1000.0)
    assert two["block"] == pytest.approx(2 * one["block"])
    # Equilibration is planned by the relaxation law, whatever τ_α comes out.
    assert two["run"] - one["run"] == pytest.approx(500 * protocol.production_multiple)
    slow, fast = (planning.cost_table([0.42], profile, speed) for speed in (1.0, 2.0))
    hours = [float(row(table, 0.42)["all (core-h)"]) for table in (slow, fast)]
    assert hours[0] == pytest.approx(2 * hours[1], rel=0.01)


def test_paper_plan_has_its_two_thousand_trajectories():
    protocol = get_protocol("paper")
    table = planning.cost_table(protocol.cascade, "paper", 1.0)
    assert protocol.runs * protocol.trajectories * len(protocol.cascade) == 2000
    assert int(row(table.iloc[:-1], 0.4)["jobs"]) == 10 * (1 + 4)
    total = table.iloc[-1]
    hours = table.iloc[:-1]["all (core-h)"].astype(float)
    assert float(total["all (core-h)"]) == pytest.approx(hours.sum(), rel=0.01)
    assert total["jobs"] == 250


def test_cost_is_proportional_to_the_number_of_monomers():
    small, large = (planning.costs([0.5, 0.4], "paper", 1.0, n) for n in (2000, 10000))
    assert (large["megabytes"] / small["megabytes"]).round(9).eq(5).all()
    assert large[["runs", "blocks"]].equals(small[["runs", "blocks"]])  # the speed has the 1/N
    assert planning.of_size(get_protocol("paper"), 2000).melt.n_monomers == 2000


def test_extrapolated_relaxation_times_are_marked(smoke):
    table = planning.cost_table([0.8, 0.65], "smoke", 1.0)
    assert not row(table, 0.8)["τ_α (τ)"].endswith("?")
    assert row(table, 0.65)["τ_α (τ)"].endswith("?")
    taus = [get_protocol("lab").expected_tau_alpha(t) for t in np.linspace(0.4, 1, 20)]
    assert (np.diff(taus) < 0).all()


def test_measured_speed_is_a_speed(smoke):
    protocol = get_protocol("smoke")
    speed = planning.measured_speed(protocol, 0.5)
    assert 0.05 < speed < 200


def test_estimate_beside_what_was_spent():
    """On the data that ship; their mean speed drops out, the simulated times are tested."""
    table = planning.estimated_and_spent("companion")
    assert len(table) >= 3
    total = table[["estimated (core-h)", "spent (core-h)"]].sum()
    assert total.iloc[0] == pytest.approx(total.iloc[1], rel=0.3)


def test_bytes_are_those_on_disk():
    runs = sum(len(list(store.run_paths(t, "companion"))) for t in store.available("companion"))
    assert runs > 0
    n = get_protocol("companion").melt.n_monomers
    for t, numbers in store.available("companion").items():
        for number in numbers:
            size = store.run_path(t, "companion", number).stat().st_size / n
            assert size == pytest.approx(planning.RUN_BYTES, rel=0.3)
            for path in store.block_paths(t, "companion", number).values():
                assert path.stat().st_size / n == pytest.approx(planning.BLOCK_BYTES, rel=0.3)


def test_the_plan_shrinks_nothing():
    """What the plan ends with, whatever its order."""
    last = {}
    for goal in CAMPAIGN:
        key = goal.profile, goal.temperature
        old = last.get(key, (0, 0))
        last[key] = max(old[0], goal.runs), max(old[1], goal.blocks)
    for temperature in (0.60, 0.50, 0.45, 0.42):
        assert last["companion", temperature] == (10, 4)
    assert last["companion", 0.40] == (6, 4)
    for temperature in (0.60, 0.50, 0.45):
        assert last["paper", temperature] == (4, 4)


def test_time_left_follows_what_ended():
    clock = planning.TimeLeft(total=10.0, seconds=100.0, piece=2.0)
    assert clock.left(0) == 100 and clock.left(30) == 70 and clock.left(500) == 0
    for k in range(1, 5):
        clock.done(2.0, at=40.0 * k)  # twice as slow
    assert clock.left(160) == pytest.approx(2 * (160 + 20) / 10)
    clock.done(2.0, at=200.0)
    assert clock.left(200.0) == clock.left(300.0) == 0
    assert planning.TimeLeft(0.0, 0.0, 1.0).left(5.0) == 0


def test_profiles_are_compared(smoke, monkeypatch):
    monkeypatch.setattr(planning, "measured_speed", lambda *args: 5.0)
    table = planning.comparison(0.47).set_index("profile")
    assert list(table.index) == ["smoke", "lab", "companion", "paper"]
    assert table.loc["lab", "error over runs"] == "1.00"
    assert float(table.loc["paper", "error over monomers"]) == pytest.approx(0.24, abs=0.01)


def test_what_a_gpu_took_is_not_taken_for_the_time_of_a_core():
    table = planning.estimated_and_spent().set_index("T")
    assert table["ratio"].between(1 / 4, 4).all()
    assert {"0.42", "0.40"} <= set(table.index)
