"""Relaxation of the fixed ensemble: numbers stay, and agree with each other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline

from glasslib import results
from glasslib.dynamics.relaxation import PUBLISHED_SCALING
from glasslib.errors import ParameterError
from glasslib.results import relaxation


def test_relaxation_numbers_stay(shown):
    """Regression: the fixed ensemble gives these numbers."""
    table = results.relaxation_table(shown)
    expected = pd.DataFrame(
        {
            "q_peak": [7.165193791, 7.153534506],
            "tau_alpha": [1.930464215, 3.203596049],
            "tau_alpha_error": [0.1333061193, 0.1009443278],
            "tau_alpha_sampled": [1.93, 3.2],
            "tau_ee": [353.9096794, 929.9789522],
            "u2": [0.092909563845, 0.078212645681],
            "u2_error": [0.0012797307621, 5.4648633973e-05],
            "a": [0.3250896505, 0.3343941447],
            "a_error": [0.0008831176758, 0.003581787109],
            "a_own": [0.324935, 0.328581],
        },
        index=[0.8, 0.7],
    )
    for name in expected:
        np.testing.assert_allclose(table[name], expected[name], rtol=1e-5, err_msg=name)
    one = results.relaxation_curve(shown[0.8])
    np.testing.assert_allclose(
        one.scattering[[10, 30, 50]], [0.97666604, 0.62255659, 0.19261406], rtol=1e-6
    )
    np.testing.assert_allclose(one.lag[[10, 50]], [0.03461749, 4.97138751], rtol=1e-6)


def test_relaxation_is_consistent(shown):
    for t, one in shown.items():
        r = results.relaxation_curve(one)
        assert r.tau_alpha == pytest.approx(one.times.tau_alpha, abs=0.006)
        assert np.interp(np.log(r.tau_alpha), np.log(r.lag), r.scattering) == pytest.approx(
            np.exp(-1), abs=0.02
        )
        # F_s of the ensemble's trajectories, another average, crosses 1/e near there too.
        fine = np.concatenate([b["scattering"] for bs in one.blocks.values() for b in bs]).mean(0)
        place = np.searchsorted(one.times.fine_times, one.times.tau_alpha)
        assert fine[place] == pytest.approx(np.exp(-1), abs=0.06)
        # Ballistic at the first time: ⟨|Δr|⟩ = t √(8 T / π).
        ballistic = 0.01 * np.sqrt(8 * t / np.pi)
        assert one.propensity[..., 0].mean() == pytest.approx(ballistic, rel=0.02)


def test_runs_without_an_ensemble_relax_too(shown):
    """A temperature with runs alone is the same in all but where a comes from."""
    bare = {t: replace(one, blocks={}, times=None) for t, one in shown.items()}
    whole, alone = results.relaxation_table(shown), results.relaxation_table(bare)
    same = ["q_peak", "tau_alpha", "tau_alpha_error", "tau_ee", "tau_ee_error"]
    pd.testing.assert_frame_equal(alone[same], whole[same])
    np.testing.assert_allclose(alone["u2"], whole["u2"], rtol=0.01)  # interpolated otherwise
    of_ensembles = [one.debye_waller.mean() for one in shown.values()]
    np.testing.assert_allclose(whole["u2"], of_ensembles, rtol=0.06)
    assert alone[["a", "a_own", "tau_alpha_sampled"]].isna().all(axis=None)  # old files
    assert results.data_table(bare)["longest time (τ)"].tolist() == ["–", "–"]
    assert results.checks(bare).empty
    both, one = results.averages_table(shown), results.averages_table(bare)
    assert list(one.index) == [("0.80", "production"), ("0.70", "production")]
    production = both.xs("production", level="from")
    ensembles = both.xs("ensembles", level="from")
    assert production["τ_α"].equals(one.droplevel("from")["τ_α"])
    assert (production["a"] == "–").all() and (ensembles["a"] != "–").all()
    for name in ("τ_α", "u²"):
        first, second = (
            one[name].map(lambda text: float(text.split()[0])) for one in (ensembles, production)
        )
        np.testing.assert_allclose(first, second, rtol=0.15)


def test_mean_displacement_of_production_runs(shown):
    """Read off at τ_α; the curve of each run is (τ/50)^½ here."""
    one = shown[0.8]
    runs = {
        number: replace(
            run, arrays=run.arrays | {"mean_displacement": np.sqrt(run["lag"] / 50.0)}
        )
        for number, run in one.runs.items()
    }
    u2, a = results.production_averages(replace(one, runs=runs))
    np.testing.assert_allclose(a, np.sqrt(one.times.tau_alpha / 50), rtol=1e-6)
    np.testing.assert_allclose(u2, one.debye_waller.mean(axis=1), rtol=0.08)
    late = replace(one.times, tau_alpha=1e6)
    assert np.isnan(results.production_averages(replace(one, runs=runs, times=late))[1]).all()


def with_displacement(one, scale=1.0):
    """The same runs with a mean displacement of scale (τ/50)^½."""
    return replace(one, runs={
        number: replace(run, arrays=run.arrays | {
            "mean_displacement": scale * np.sqrt(run["lag"] / 50.0)
        }) for number, run in one.runs.items()
    })


def test_mean_displacement_at_each_runs_own_relaxation_time(shown):
    one = shown[0.8]
    taus, a = results.production_displacement(with_displacement(one))
    np.testing.assert_allclose(taus, results.relaxation_curve(one).taus)
    np.testing.assert_allclose(a, np.sqrt(taus / 50), rtol=1e-6)
    lower, _ = results.production_displacement(one, 0.95)
    assert (lower > 1.05 * taus).all()  # slower at a longer wavelength
    with pytest.raises(ParameterError, match="outside the stored wave numbers"):
        results.production_displacement(one, 1.5)
    taus, a = results.ensemble_displacement(one)
    mean = one.propensity.mean(axis=1)
    for run in range(2):  # between the sampled times around it
        near = np.searchsorted(one.times.times, taus[run])
        assert mean[run, near - 1] < a[run] < mean[run, near]
    # At each run's own time the runs differ less than at one time for all.
    assert np.ptp(a) < np.ptp(mean[:, one.times.tau_index])


def test_displacement_of_ensembles_is_exact_for_a_power_law(shown):
    """⟨Δr²⟩ = t/20, ⟨|Δr|⟩ = 0.9 of its root, F_s = exp(−t/3): a = 0.9 √(3/20)."""
    one = shown[0.8]
    fine = one.times.fine_times
    blocks = {
        run: [replace(block, arrays=block.arrays | {
            "scattering": np.exp(-fine / 3)[None], "msd": (fine / 20)[None],
            "displacement": np.repeat(0.9 * np.sqrt(one.times.times / 20)[:, None], 1500, axis=1),
        }) for block in some] for run, some in one.blocks.items()
    }
    taus, a = results.ensemble_displacement(replace(one, blocks=blocks))
    np.testing.assert_allclose(taus, 3, rtol=0.01)
    np.testing.assert_allclose(a, 0.9 * np.sqrt(taus / 20), rtol=1e-6)


def test_u2_between_lags_follows_the_ensembles(shown):
    """Production with the very curve of the ensembles, without a lag of 1, gives their u²."""
    one = shown[0.8]
    every = [block for blocks in one.blocks.values() for block in blocks]
    msd = np.concatenate([block["msd"] for block in every]).mean(axis=0)
    runs = {}
    for number, run in one.runs.items():
        lag = run["lag"][run["lag"] != 1.0]
        own = np.exp(CubicSpline(np.log(one.times.fine_times), np.log(msd))(np.log(lag)))
        runs[number] = replace(run, arrays=run.arrays | {"lag": lag, "msd": own})
    u2, _ = results.production_averages(replace(one, runs=runs))
    np.testing.assert_allclose(u2, msd[one.times.fine_times == 1.0][0], rtol=1e-6)


def test_the_papers_number_is_compared_only_at_its_temperature(shown):
    assert results.mean_displacement_check(shown)["verdict"].tolist() == ["cannot tell"]
    assert "No production run" in results.displacement_sentence(shown)
    assert results.own_displacements(shown) == {}
    scale = 0.4286 / np.sqrt(1.93 / 50)
    cold = {0.4: replace(with_displacement(shown[0.8], scale), temperature=0.4)}
    check = results.mean_displacement_check(cold)
    assert set(check["verdict"]) == {"cannot tell from so few runs"}  # two runs say little
    assert check.loc["production, at the τ_α of each run", "runs"] == 2
    cold[0.4].runs.update({2: cold[0.4].runs[0], 3: cold[0.4].runs[1]})
    row = results.mean_displacement_check(cold).loc["production, at the τ_α of each run"]
    assert row["verdict"] == "within the interval"
    rows = results.displacement_rows(cold)
    assert [where for where, *_ in rows] == ["T = 0.40, production", "T = 0.40, ensembles"]
    assert rows[0][3] == 4 and abs(rows[0][1]) < 0.1
    assert "would give the paper's 0.4286" in results.displacement_sentence(cold)
    told = results.paper_sentence(cold)
    assert told.startswith(f"At T = 0.40 production gives {row['a (σ)']} σ (4 runs): within")
    assert "; ensembles give " in told


def test_law_at_kinetic_temperatures(shown):
    """Runs that are colder than nominal: the law is found where they are."""
    one, rng = results.relaxation_curve(shown[0.8]), np.random.default_rng(0)
    curves = []
    for t in (0.6, 0.5, 0.45, 0.42):
        kinetic = t * (0.99 + 0.004 * rng.normal(size=6))
        taus = 0.2 * np.exp(1.2 / (kinetic - 0.27)) * (1 + 0.01 * rng.normal(size=6))
        curves.append(replace(one, temperature=t, kinetic=kinetic, taus=taus,
                              tau_alpha=taus.mean(), tau_alpha_error=taus.std() / 6**0.5))
    law = results.relaxation_law(curves)
    assert law.temperature_0 == pytest.approx(0.27, abs=3 * law.temperature_0_error)
    assert results.relaxation_law(curves, nominal=True)(0.42) > 1.15 * law(0.42)
    moved = results.kinetic_table(curves)["τ_α at T"].str.split(" ").str[0].astype(float)
    truth = 0.2 * np.exp(1.2 / (np.array([0.6, 0.5, 0.45, 0.42]) - 0.27))
    np.testing.assert_allclose(moved, truth, rtol=0.02)
    assert len(results.law_table(curves)) == 2 and results.law_table(curves[:2]).empty
    assert (results.kinetic_table(curves[:2])["change"] == "–").all()
    with pytest.raises(ParameterError, match="2 temperatures cannot fix"):
        results.relaxation_law(curves[:2])


def test_scaling_with_and_without_the_coldest():
    u2 = np.array([0.063, 0.049, 0.042, 0.038, 0.036])
    tau = PUBLISHED_SCALING(u2)
    table = pd.DataFrame({"u2": u2, "u2_error": 0.005 * u2, "tau_alpha": tau,
                          "tau_alpha_error": 0.05 * tau, "runs": [10, 10, 10, 4, 2]},
                         index=[0.6, 0.5, 0.45, 0.42, 0.40])
    scaling = results.scaling_table(table)
    assert list(scaling.index) == ["all temperatures", "without T = 0.40",
                                   "published curve, as quoted"]
    for name in scaling.index[:2]:
        found = scaling.loc[name, ["α", "β (σ²)", "γ (σ⁴)"]].str.split(" ").str[0].astype(float)
        np.testing.assert_allclose(found, PUBLISHED_SCALING.coefficients, atol=5e-3)
    off = results.residual_table(table)
    assert off.columns.str.startswith("from").sum() == 3
    assert (off["from the published curve"].str.split(" ").str[0].astype(float) == 0).all()
    assert results.beta_sentence(table).endswith("its sign is not established.")
    steep = table.assign(runs=20, u2_error=1e-5 * u2, tau_alpha_error=1e-4 * tau)
    assert results.beta_sentence(steep).endswith("it is positive.")
    assert len(results.scaling_table(table.iloc[:2])) == 1
    # One point off by 0.2 decades shows in the residuals by that much.
    table.loc[0.42, "tau_alpha"] *= 10**0.2
    off = results.residual_table(table).loc["0.42", "from the published curve"]
    assert float(off.split(" ")[0]) == pytest.approx(0.2, abs=0.006)


def test_sentences_of_the_page_hold_the_numbers_of_the_tables(shown):
    told = results.averages_sentence(shown)
    assert told == "Fewer than 4 runs cannot tell whether the two agree."
    curves = [results.relaxation_curve(one) for one in shown.values()]
    assert results.law_sentence(curves) == "Fewer than three temperatures fix no law."
    assert results.paper_sentence(shown) == "There are no data at T = 0.40."


def test_ensembles_and_production_that_differ_are_said_to(monkeypatch):
    values = np.array([1.0, 1.1, 0.9, 1.0])
    both = {"ensembles": {"a": values + 0.5}, "production": {"a": values}}
    monkeypatch.setattr(relaxation, "_averages", lambda one: both)
    apart = 0.5 / np.hypot(*2 * [values.std(ddof=1) / 2])
    assert results.averages_sentence({0.5: None}) == (
        "The two agree within three standard errors in 0 of 1 cases; the largest difference is"
        f" {apart:.1f} standard errors (a at T = 0.50)."
    )
