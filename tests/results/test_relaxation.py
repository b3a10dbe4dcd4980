"""Relaxation of the fixed ensemble: numbers stay, and agree with each other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from glasslib import results


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
            "u2": [0.09281236730, 0.07819835422],
            "u2_error": [0.001274968943, 5.002010413e-05],
            "a": [0.3250896505, 0.3343941447],
            "a_error": [0.0008831176758, 0.003581787109],
        },
        index=[0.8, 0.7],
    )
    for name in expected:
        np.testing.assert_allclose(table[name], expected[name], rtol=1e-6, err_msg=name)
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
    same = ["q_peak", "tau_alpha", "tau_alpha_error", "tau_ee", "tau_ee_error", "u2", "u2_error"]
    pd.testing.assert_frame_equal(alone[same], whole[same])
    of_ensembles = [one.debye_waller.mean() for one in shown.values()]
    np.testing.assert_allclose(whole["u2"], of_ensembles, rtol=0.06)
    assert alone[["a", "tau_alpha_sampled"]].isna().all(axis=None)  # files from before it was kept
    assert results.data_table(bare)["longest time (τ)"].tolist() == ["–", "–"]
    assert results.checks(bare).empty
    both, one = results.averages_table(shown), results.averages_table(bare)
    assert list(one.index) == [("0.80", "production"), ("0.70", "production")]
    production = both.xs("production", level="from")
    ensembles = both.xs("ensembles", level="from")
    assert production[["τ_α", "u²"]].equals(one.droplevel("from")[["τ_α", "u²"]])
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


def test_the_papers_number_is_compared_only_at_its_temperature(shown):
    table = results.relaxation_table(shown)
    assert results.mean_displacement_check(table).loc[0.4, ["runs", "verdict"]].tolist() == [
        0, "cannot tell"
    ]
    for a, runs, interval, verdict in (
        (0.43, 10, "0.41 to 0.45", "within the interval"),
        (0.50, 10, "0.48 to 0.52", "outside it"),
        (0.50, 2, "0.37 to 0.63", "within the interval"),  # two runs say little
    ):
        own = pd.DataFrame({"a": [a], "a_error": [0.01], "a_runs": [runs]}, index=[0.4])
        row = results.mean_displacement_check(own).loc[0.4]
        assert row[["runs", "95 % interval", "verdict"]].tolist() == [runs, interval, verdict]
    alone = pd.DataFrame({"a": [0.43], "a_error": [np.nan], "a_runs": [1]}, index=[0.4])
    row = results.mean_displacement_check(alone).loc[0.4]
    assert row[["ours", "95 % interval", "verdict"]].tolist() == ["0.43 ± ?", "–", "cannot tell"]
