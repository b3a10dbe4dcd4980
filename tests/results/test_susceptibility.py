"""χ4, true and predicted."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from glasslib import results
from glasslib.results import susceptibility
from results.examples import SETTINGS, N, single_run


def test_susceptibilities_by_hand(one):
    table = susceptibility.susceptibilities(one, SETTINGS)
    a = one.propensity[..., one.times.tau_index].mean()
    mobile = (one.propensity > a).sum(axis=1)
    true = table[table["curve"] == "true"]["chi4"]
    np.testing.assert_allclose(true, mobile.var(axis=0, ddof=1) / N)
    assert (table["runs"] == 2).all()
    assert set(zip(table["split"], table["curve"], strict=True)) >= {
        ("row", "network A"), ("run", "network A"), ("run", "network B"),
        ("trajectory", "trajectories"),
    }  # fmt: skip
    counts = [np.concatenate([b["exceeding"] for b in bs]) for bs in one.blocks.values()]
    probe = np.abs(one.blocks[0][0]["probe_length"] - a).argmin()
    inside = np.mean([run[..., probe].var(axis=0, ddof=1) for run in counts], axis=0) / N
    rows = table[table["curve"] == "within configurations"]
    np.testing.assert_allclose(rows["chi4"], inside)
    assert susceptibility.susceptibilities(single_run(one), SETTINGS).empty


def test_error_of_a_ratio_of_susceptibilities_is_not_too_small():
    """Many sets of four configurations: the truth lies within the error bar about as it should."""
    from glasslib.results import bar

    random, hits, smallest = np.random.default_rng(0), 0, np.inf
    for _ in range(100):
        mobile = random.binomial(400, 0.4 + 0.1 * random.normal(size=(4, 1)).clip(-3, 3))
        order = np.arange(400)
        true = (order < mobile).astype(float)[..., None]
        other = random.binomial(400, 0.4 + 0.1 * random.normal(size=(4, 1)).clip(-3, 3))
        predicted = (order < other).astype(float)[..., None]
        ratio, error = susceptibility.ratio_to_truth(true, predicted, 0.5)
        smallest = min(smallest, (error / ratio)[0])
        hits += abs(ratio[0] - 1) < bar(error[0], 4)
    assert hits >= 80 and smallest > 0.01
    same, error = susceptibility.ratio_to_truth(true, true, 0.5)
    assert same[0] == 1 and error[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(susceptibility.ratio_to_truth(true[:2], predicted[:2], 0.5)[1]).all()


def test_gain_is_positive_where_a_is_closer():
    """Numbers of mobile monomers of A are exact, B halves their differences."""
    mobile = np.array([100, 180, 220, 300, 140, 260])
    order = np.arange(400)
    true, b = ((order < n[:, None]).astype(float)[..., None] for n in (mobile, 100 + mobile // 2))
    value, error = susceptibility._gain(true, true, b, 0.5)
    assert value[0] == pytest.approx(0.75) and error[0] == pytest.approx(0, abs=1e-6)
    assert susceptibility._gain(true, b, true, 0.5)[0][0] == pytest.approx(-0.75)


def test_mobile_numbers_by_hand(one):
    table = susceptibility.mobile_numbers(one, SETTINGS)
    k = one.times.tau_index
    count = (one.propensity[..., k] > one.propensity[..., k].mean()).sum(axis=1)
    for _, each in table.groupby(["split", "predictor"]):
        assert each["true"].tolist() == count.tolist()
        assert each["run"].tolist() == list(one.runs)
    assert set(table["split"]) == {"row", "run", "start", "trajectories"}
    by_name = table.set_index(["split", "predictor"])["predicted"]
    energy = by_name["start", "inherent-structure energy"]
    assert energy.between(-7, -5).all() and (
        energy.to_numpy() < by_name["start", "potential energy"].to_numpy()
    ).all()
    tau = 10 ** by_name["trajectories", "relaxation time"]
    np.testing.assert_allclose(tau, one.times.tau_alpha, rtol=0.2)
    networks = by_name["run", "network A"]
    assert networks.between(0, N).all() and (networks % 1 == 0).all()
    assert susceptibility.mobile_numbers(single_run(one), SETTINGS).empty


def predicted(skills, runs=10, temperature=0.5):
    """Runs whose predicted numbers correlate with the true ones by construction."""
    random = np.random.default_rng(0)
    true = random.normal(size=runs)
    true = (true - true.mean()) / true.std()
    noise = random.normal(size=runs)
    noise -= noise.mean() + true * (true @ noise) / runs
    noise /= noise.std()
    return pd.concat([
        pd.DataFrame({
            "T": temperature, "split": split, "predictor": name, "run": range(runs),
            "true": 500 + 40 * true, "predicted": 3 * (r * true + np.sqrt(1 - r**2) * noise),
        }) for (split, name), r in skills.items()
    ])


def test_skill_is_the_correlation_over_runs():
    table = predicted({("run", "network A"): 0.6, ("start", "inherent-structure energy"): -1.0})
    skill = susceptibility.skill(table).set_index("predictor")
    a = skill.loc["network A"]
    assert a["r"] == pytest.approx(0.6)
    reach = 1.96 / np.sqrt(7)  # Fisher
    assert a["low"] == pytest.approx(np.tanh(np.arctanh(0.6) - reach))
    assert a["high"] == pytest.approx(np.tanh(np.arctanh(0.6) + reach))
    # What a straight line leaves: residual variance with R − 2 degrees of freedom.
    rows = table[table["predictor"] == "network A"]
    line = np.polyfit(rows["predicted"], rows["true"], 1)
    residual = rows["true"] - np.polyval(line, rows["predicted"])
    assert a["left"] == pytest.approx((residual**2).sum() / 8 / rows["true"].var())
    assert skill.loc["inherent-structure energy", "r"] == pytest.approx(-1)
    [(where, value, error, runs)] = susceptibility.skill_rows(table, "run", "network A")
    assert (where, runs) == ("T = 0.50", 10) and value == pytest.approx(0.6)
    assert error == pytest.approx(0.64 / np.sqrt(7))
    b = table[table["predictor"] == "network A"].assign(predictor="network B")
    sentence = susceptibility.skill_sentence(pd.concat([table, b]))
    assert "by 0.60 (A) and 0.60 (B) at T = 0.50;" in sentence and sentence.endswith("-1.00.")


def test_three_runs_tell_no_skill():
    few = predicted({("run", "network A"): 0.6}, runs=3)
    assert susceptibility.skill(few).empty
    assert "No temperature" in susceptibility.skill_sentence(few)
    both = pd.concat([few, predicted({("run", "network A"): 0.6}, temperature=0.4)])
    assert susceptibility.skill(both)["T"].tolist() == [0.4]


def test_fishers_interval_covers():
    """Of many sets of ten runs with r = 0.7, 95 % have it in their interval."""
    random, hits = np.random.default_rng(1), 0
    for _ in range(300):
        x, y = random.normal(size=(2, 10))
        table = pd.DataFrame({"T": 0.5, "split": "run", "predictor": "x", "run": range(10),
                              "true": x, "predicted": 0.7 * x + np.sqrt(0.51) * y})
        row = susceptibility.skill(table).iloc[0]
        hits += row["low"] < 0.7 < row["high"]
    assert 0.91 <= hits / 300 <= 0.98


def test_probe_lengths(one, monkeypatch):
    assert susceptibility.probe_lengths(one, SETTINGS).empty  # two runs
    monkeypatch.setattr(susceptibility, "COMPARED_RUNS", 2)
    table = susceptibility.probe_lengths(one, SETTINGS)
    assert sorted(set(table["a"]))[1:] == [0.4, 0.5, 0.6]
    whole = susceptibility.susceptibilities(one, SETTINGS)
    for _, row in table[table["own"]].iterrows():
        same = whole[(whole["split"] == row["split"]) & (whole["curve"] == row["curve"])
                     & (whole["t"] == row["t"])]
        assert same["chi4"].item() == pytest.approx(row["chi4"])
    true = table[(table["curve"] == "true") & (table["a"] == 0.5) & table["at_tau"]]
    k = one.times.tau_index
    count = (one.propensity[..., k] > 0.5).sum(axis=1)
    assert true["chi4"].item() == pytest.approx(count.var(ddof=1) / N)
    largest = susceptibility.at_largest(table.assign(T=0.8))
    assert len(largest) == 4 * 5  # of each probe length one time
    for a, rows in largest.groupby("a"):
        chi4 = susceptibility.four_point_susceptibility(one.propensity, a)
        assert set(rows["t"]) == {one.times.times[chi4.argmax()]}


def test_largest_table_tells_chi4_from_its_factor():
    """Runs differ by the same in every part p: χ4 over p(1 − p) is largest where p is far off ½."""
    share = np.array([[0.3, 0.5, 0.9]]) + 0.05 * np.array([[-1], [1], [-1], [1]])
    order = (np.arange(1000) + 0.5) / 1000
    propensity = np.where(order[None, :, None] < share[:, None, :], 1.0, 0.0)
    propensity *= 0.5 / propensity[..., 1].mean()
    times = SimpleNamespace(tau_index=1, tau_alpha=10.0, times=np.array([5.0, 10.0, 20.0]))
    row = results.largest_table(
        {0.5: SimpleNamespace(propensity=propensity, times=times)}
    ).loc["0.50"]
    assert row["p at τ_α"] == "0.50" and row["p(1 − p) is largest"] == "1"
    assert row["χ4/p(1 − p) is largest"] == "2"
    # All runs differ by 0.05 of the monomers at every time, so χ4 is the same at all three.
    [(_, excess, error, runs)] = susceptibility.largest_rows(
        {0.5: SimpleNamespace(propensity=propensity, times=times)}
    )
    assert excess == pytest.approx(0) and error == pytest.approx(0) and runs == 4
    assert results.largest_table(
        {0.5: SimpleNamespace(propensity=propensity[:3], times=times)}
    ).empty


def test_gain_is_shown_between_one_and_tau(one):
    table = susceptibility.susceptibilities(one, SETTINGS).assign(T=0.8)
    assert susceptibility.between_one_and_tau(table).empty  # two runs
    assert susceptibility.gain_rows(table, "run") == []
    rows = susceptibility.gain_rows(table.assign(runs=4), "run")
    assert [where.split("t = ")[1] for where, *_ in rows][0] == "1"
    chosen = susceptibility.between_one_and_tau(table.assign(runs=4))
    assert chosen["t"].min() == 1.0 and chosen["part"].max() == 1.0
    assert set(chosen["curve"]) == {"network A", "network B", susceptibility.GAIN}
