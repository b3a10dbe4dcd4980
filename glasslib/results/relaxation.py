"""Structural relaxation of each temperature: F_s, τ_α, τ_ee, u² and a, with errors over runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline, PchipInterpolator

from glasslib import store
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.dynamics.relaxation import (
    VogelFulcherTammann,
    decay_time,
    fit_vft,
)
from glasslib.dynamics.scattering import at_wavenumber
from glasslib.errors import ParameterError
from glasslib.results.correlation import COMPARED_RUNS
from glasslib.results.words import bar, format_error, judge
from glasslib.store import DataFile, Ensemble

__all__ = [
    "Relaxation", "averages_sentence", "averages_table", "displacement_rows",
    "displacement_sentence", "ensemble_displacement", "kinetic_table", "law_sentence", "law_table",
    "mean_displacement_check", "own_displacements", "paper_sentence", "production_averages",
    "production_displacement", "relaxation_curve", "relaxation_law", "relaxation_table",
    "wavenumber_table",
]  # fmt: skip


def _mean_error(values) -> tuple[float, float]:
    """Mean and standard error of the values that are known."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return float("nan"), float("nan")
    return float(values.mean()), float(standard_error(values))


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Structural relaxation of one temperature, from its production runs.

    Parameters
    ----------
    temperature : float
    q_peak : float
        Wave number: first peak of S(q), mean over runs, or what was asked for; σ⁻¹.
    lag : (n,) float64
        In τ, on a common grid.
    scattering, scattering_error : (n,) float64
        F_s(q_peak, t), mean over runs and its standard error.
    tau_alpha, tau_alpha_error : float
        Mean over runs and its standard error, in τ.
    tau_ee, tau_ee_error : float
        The same for the end-to-end vector.
    kinetic, taus : (n_runs,) float64
        Mean kinetic temperature and τ_α of each run.
    """

    temperature: float
    q_peak: float
    lag: np.ndarray
    scattering: np.ndarray
    scattering_error: np.ndarray
    tau_alpha: float
    tau_alpha_error: float
    tau_ee: float
    tau_ee_error: float
    kinetic: np.ndarray
    taus: np.ndarray


def relaxation_curve(ensemble: Ensemble, factor: float = 1.0) -> Relaxation:
    """Return F_s(q, t) and the relaxation times of a temperature, with errors over runs.

    Parameters
    ----------
    ensemble : Ensemble
    factor : float
        q in units of the first peak of S(q).

    Raises
    ------
    ParameterError
        The wave number lies outside the stored ones.
    """
    runs = list(ensemble.runs.values())
    q = factor * float(np.mean([run.attrs["q_peak"] for run in runs]))
    curves = [
        (run["lag"], at_wavenumber(run["scattering"], run["wavenumber"], q))
        for run in runs
    ]
    low, high = max(lag[0] for lag, _ in curves), min(lag[-1] for lag, _ in curves)
    grid = np.geomspace(low, high, 60)
    values = np.array([np.interp(np.log(grid), np.log(lag), f) for lag, f in curves])
    taus = np.array([decay_time(lag, f) for lag, f in curves])
    return Relaxation(
        ensemble.temperature, q, grid, values.mean(axis=0), standard_error(values),
        *_mean_error(taus), *_mean_error([run.attrs["tau_ee"] for run in runs]),
        np.array([run.attrs["mean_kinetic_temperature"] for run in runs]), taus,
    )


def _ensemble_averages(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return u² and a of each run that has an ensemble."""
    far = ensemble.propensity[..., ensemble.times.tau_index]
    return ensemble.debye_waller.mean(axis=1), far.mean(axis=1)


def _over_trajectories(blocks: Sequence[DataFile], name: str) -> np.ndarray:
    return np.concatenate([block[name] for block in blocks]).mean(axis=0)


def ensemble_displacement(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    r"""Return τ_α and a = ⟨\|Δr\|(τ_α)⟩ of each run's ensemble, at the run's own τ_α.

    τ_α is where F_s, averaged over the run's trajectories, falls to 1/e. The mean displacement is
    known at ten times: its ratio to the root of the mean-squared displacement, which hardly
    varies, is interpolated between them, and the root between the many times at which it is known.

    Parameters
    ----------
    ensemble : Ensemble

    Returns
    -------
    (n_runs,) float64, (n_runs,) float64
        In τ and σ; NaN where F_s does not fall to 1/e.
    """
    times, fine = ensemble.times.times, ensemble.times.fine_times
    known = np.searchsorted(fine, times)
    out = []
    means = ensemble.propensity.mean(axis=1)
    for blocks, mean in zip(ensemble.blocks.values(), means, strict=True):
        tau = decay_time(fine, _over_trajectories(blocks, "scattering"))
        root = np.sqrt(_over_trajectories(blocks, "msd"))
        a = _interpolated(times, mean / root[known], tau) * _interpolated(fine, root, tau)
        out.append((tau, a))
    return tuple(np.array(out).T)


def production_displacement(
    ensemble: Ensemble, factor: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return τ_α and a = ⟨\|Δr\|(τ_α)⟩ of each production run, at the run's own τ_α.

    Parameters
    ----------
    ensemble : Ensemble
    factor : float
        τ_α is read off F_s at this many times the wave number of the first peak of S(q).

    Returns
    -------
    (n_runs,) float64, (n_runs,) float64
        In τ and σ. ``a`` is NaN in files made before the mean displacement was stored.

    Raises
    ------
    ParameterError
        The wave number lies outside the stored ones.
    """
    runs = ensemble.runs.values()
    q = factor * np.mean([run.attrs["q_peak"] for run in runs])
    taus = np.array([
        decay_time(run["lag"], at_wavenumber(run["scattering"], run["wavenumber"], q))
        for run in runs
    ])
    a = [_at_lag(run, "mean_displacement", tau) for run, tau in zip(runs, taus, strict=True)]
    return taus, np.array(a)


def production_averages(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return u² = ⟨Δr²(1)⟩ and a = ⟨|Δr|(τ_α)⟩ of each production run, over its time origins.

    The ensembles' averages of the same name stand on one configuration a run and many velocities;
    these stand on many instants of one trajectory. Older files have no lag of 1: there the ratio to
    the mean-squared displacement of the ensembles is interpolated, which is known at t = 1.

    Parameters
    ----------
    ensemble : Ensemble
        Its fixed τ_α is taken, or else the mean over the runs.

    Returns
    -------
    (n_runs,) float64, (n_runs,) float64
        In σ² and σ. ``a`` is NaN in files made before the mean displacement was stored.
    """
    tau = ensemble.times.tau_alpha if ensemble.times else relaxation_curve(ensemble).tau_alpha
    runs = ensemble.runs.values()
    shape = None
    if ensemble.blocks:
        every = [block for blocks in ensemble.blocks.values() for block in blocks]
        fine = np.log(ensemble.times.fine_times)
        shape = CubicSpline(fine, np.log(_over_trajectories(every, "msd")))
    return (
        np.array([_u2(run, shape) for run in runs]),
        np.array([_at_lag(run, "mean_displacement", tau) for run in runs]),
    )


def _u2(run: DataFile, shape: CubicSpline | None) -> float:
    """⟨Δr²(1)⟩ of a production run; ``shape`` is ln ⟨Δr²⟩ of ensembles against ln t."""
    lag = run["lag"]
    if shape is None or 1.0 in lag:
        return _at_lag(run, "msd", 1.0)
    near = (lag > 0.1) & (lag < 10)
    ratio = run["msd"][near] / np.exp(shape(np.log(lag[near])))
    return _interpolated(lag[near], ratio, 1.0) * float(np.exp(shape(0.0)))


def _at_lag(run: DataFile, name: str, time: float) -> float:
    """Interpolate a production curve between its lags; NaN beyond or if absent."""
    return _interpolated(run["lag"], run[name], time) if name in run else float("nan")


def _interpolated(times: np.ndarray, values: np.ndarray, time: float) -> float:
    """Interpolate a positive curve, log against log; NaN beyond it."""
    known = np.isfinite(values)
    if not np.isfinite(time):
        return float("nan")
    curve = PchipInterpolator(np.log(times[known]), np.log(values[known]), extrapolate=False)
    return float(np.exp(curve(np.log(time))))


def relaxation_table(ensembles: dict[float, Ensemble], factor: float = 1.0) -> pd.DataFrame:
    """Return τ_α, τ_ee, u² = ⟨Δr²(1)⟩ and a = ⟨|Δr|(τ_α)⟩ by temperature, with errors over runs.

    τ_α, τ_ee and u² come from production runs, which average over many instants. ``a`` and
    ``a_own`` come from the isoconfigurational ensembles or, where there are none yet, from
    production runs that kept the mean displacement: ``a`` at the sampled τ_α, one time for all
    runs, ``a_own`` at the τ_α of each run. The paper prints 0.4286 at T = 0.40.
    :func:`averages_table` sets both sources beside each other.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    factor : float
        F_s is taken at this many times the first peak of S(q). The ensembles know F_s at the peak
        alone: at another wave number ``a_own`` comes from production.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``runs``, ``T_kinetic`` (mean over runs), ``q_peak`` (σ⁻¹), ``tau_alpha``,
        ``tau_alpha_error``, ``tau_alpha_sampled``, ``tau_ee``, ``tau_ee_error`` (τ), ``u2``,
        ``u2_error`` (σ²), ``a``, ``a_error``, ``a_own``, ``a_own_error`` (σ), and ``a_runs``, from
        how many runs.
    """
    rows = []
    for t, ensemble in ensembles.items():
        r = relaxation_curve(ensemble, factor)
        u2, of_runs = production_averages(ensemble)
        _, own = production_displacement(ensemble, factor)
        if ensemble.blocks and factor == 1:
            _, of_runs = _ensemble_averages(ensemble)
            _, own = ensemble_displacement(ensemble)
        own_runs = own
        (u2, u2_error), (a, a_error), (own, own_error) = map(_mean_error, (u2, of_runs, own))
        rows.append({
            "T": t, "runs": len(r.taus), "T_kinetic": r.kinetic.mean(), "q_peak": r.q_peak,
            "tau_alpha": r.tau_alpha, "tau_alpha_error": r.tau_alpha_error,
            "tau_alpha_sampled": ensemble.times.tau_alpha if ensemble.times else np.nan,
            "tau_ee": r.tau_ee, "tau_ee_error": r.tau_ee_error,
            "u2": u2, "u2_error": u2_error, "a": a, "a_error": a_error,
            "a_own": own, "a_own_error": own_error,
            "a_runs": np.isfinite(of_runs if factor == 1 else own_runs).sum(),
        })
    return pd.DataFrame(rows).set_index("T")


def _averages(ensemble: Ensemble) -> dict[str, dict[str, np.ndarray]]:
    """τ_α, u² and a of each run, from the ensembles, if there are any, and from production."""
    sources = {"production": (production_averages, production_displacement)}
    if ensemble.blocks:
        sources = {"ensembles": (_ensemble_averages, ensemble_displacement)} | sources
    out = {}
    for source, (averages, displacement) in sources.items():
        (tau, a), u2 = displacement(ensemble), averages(ensemble)[0]
        out[source] = {"τ_α": tau, "u²": u2, "a": a}
    return out


def averages_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Return τ_α, u² and a at each run's own τ_α, from ensembles and from production runs.

    The two stand on different trajectories and instants, and should agree.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``T`` and ``from`` (ensembles, production): ``τ_α``, ``u²``, ``a`` as text with errors
        over runs, and ``runs with a``. One row for a temperature without ensembles.
    """
    rows = []
    for t, ensemble in ensembles.items():
        for source, each in _averages(ensemble).items():
            words = {name: format_error(*_mean_error(values)) for name, values in each.items()}
            rows.append({"T": f"{t:.2f}", "from": source} | words
                        | {"runs with a": np.isfinite(each["a"]).sum()})
    return pd.DataFrame(rows).set_index(["T", "from"])


def averages_sentence(ensembles: dict[float, Ensemble]) -> str:
    """Say whether ensembles and production agree, from the temperatures with four runs or more.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    """
    apart = {}
    for t, ensemble in ensembles.items():
        both = _averages(ensemble)
        if len(both) < 2:
            continue
        for name in both["production"]:
            first, second = both["ensembles"][name], both["production"][name]
            if min(np.isfinite(first).sum(), np.isfinite(second).sum()) >= COMPARED_RUNS:
                (a, a_error), (b, b_error) = _mean_error(first), _mean_error(second)
                apart[f"{name} at T = {t:.2f}"] = abs(a - b) / np.hypot(a_error, b_error)
    if not apart:
        return f"Fewer than {COMPARED_RUNS} runs cannot tell whether the two agree."
    worst = max(apart, key=apart.get)
    return (f"The two agree within three standard errors in {sum(z < 3 for z in apart.values())} of"
            f" {len(apart)} cases; the largest difference is {apart[worst]:.1f} standard errors"
            f" ({worst}).")


# ------------------------------------------------------------- the temperature that a run had
def relaxation_law(curves: Sequence[Relaxation], nominal: bool = False) -> VogelFulcherTammann:
    """Fit the Vogel–Fulcher–Tammann law to τ_α of every run, at its own kinetic temperature.

    A run's error of ln τ_α is the scatter of the runs of its temperature; where they are fewer than
    four, the scatter common to all temperatures.

    Parameters
    ----------
    curves : sequence of Relaxation
        At three temperatures or more.
    nominal : bool
        Take the nominal temperature of all runs instead.

    Raises
    ------
    ParameterError
        Fewer than three temperatures.
    """
    if len(curves) < 3:
        raise ParameterError(
            f"{len(curves)} temperatures cannot fix the three parameters of the VFT law; give three"
        )
    known = [np.isfinite(curve.taus) for curve in curves]
    logs = [np.log(curve.taus[good]) for curve, good in zip(curves, known, strict=True)]
    freedom = sum(len(each) - 1 for each in logs)
    squares = sum(((each - each.mean()) ** 2).sum() for each in logs)
    common = np.sqrt(squares / freedom) if squares > 0 else 0.05
    spread = [each.std(ddof=1) if len(each) >= COMPARED_RUNS else common for each in logs]
    temperatures = [
        (np.full(len(good), curve.temperature) if nominal else curve.kinetic)[good]
        for curve, good in zip(curves, known, strict=True)
    ]
    return fit_vft(
        np.concatenate(temperatures), np.exp(np.concatenate(logs)),
        np.repeat(spread, [len(each) for each in logs]),
    )


def law_table(curves: Sequence[Relaxation]) -> pd.DataFrame:
    """Return the parameters of the law of τ_α, at kinetic and at nominal temperatures.

    Parameters
    ----------
    curves : sequence of Relaxation

    Returns
    -------
    pandas.DataFrame
        By ``temperatures`` (kinetic, nominal): ``τ_0 (τ)``, ``B``, ``T_0`` with its error. Empty
        with fewer than three temperatures.
    """
    columns = ["τ_0 (τ)", "B", "T_0"]
    if len(curves) < 3:
        return pd.DataFrame(columns=columns)
    rows = {}
    for name, nominal in (("kinetic, of each run", False), ("nominal", True)):
        law = relaxation_law(curves, nominal)
        rows[name] = (f"{law.tau_0:.3f}", f"{law.b:.2f}",
                      format_error(law.temperature_0, law.temperature_0_error))
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("temperatures")


def law_sentence(curves: Sequence[Relaxation]) -> str:
    """Say what the nominal temperatures, if they were believed, would do to T_0 of the law.

    Parameters
    ----------
    curves : sequence of Relaxation
    """
    table = law_table(curves)
    if not len(table):
        return "Fewer than three temperatures fix no law."
    kinetic, nominal = table["T_0"]
    return f"The law has T₀ = {kinetic}; with nominal temperatures it would be {nominal}."


def kinetic_table(curves: Sequence[Relaxation]) -> pd.DataFrame:
    """Return the kinetic temperatures of the runs, and what they do to τ_α.

    Parameters
    ----------
    curves : sequence of Relaxation

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``runs``; ``kinetic T`` (mean), ``coldest`` and ``warmest`` run (ε/k_B); ``τ_α``
        with its error; ``d ln τ_α/dT`` of the law at kinetic temperatures; ``τ_α at T``, each run
        moved to the nominal temperature along the law, and ``change``. Dashes with fewer than
        three temperatures.
    """
    law = relaxation_law(curves) if len(curves) >= 3 else None
    rows = []
    for c in curves:
        row = {
            "T": f"{c.temperature:.2f}", "runs": len(c.taus),
            "kinetic T": f"{c.kinetic.mean():.4f}", "coldest": f"{c.kinetic.min():.4f}",
            "warmest": f"{c.kinetic.max():.4f}",
            "τ_α": format_error(c.tau_alpha, c.tau_alpha_error),
            "d ln τ_α/dT": "–", "τ_α at T": "–", "change": "–",
        }
        if law:
            moved = c.taus * law(c.temperature) / law(c.kinetic)
            row |= {
                "d ln τ_α/dT": f"{law.slope(c.temperature):.0f}",
                "τ_α at T": format_error(*_mean_error(moved)),
                "change": f"{np.nanmean(moved) / c.tau_alpha - 1:+.1%}",
            }
        rows.append(row)
    return pd.DataFrame(rows).set_index("T")


# ------------------------------------------------------------------ the one number that is printed
#: The one number the paper prints: mean displacement at τ_α in σ, at T = 0.40 (Section 2.5).
PAPER_A, PAPER_A_TEMPERATURE = 0.4286, 0.40
#: By how much the wave number is changed, since the paper does not state its own.
CHANGE_OF_Q = 0.05


def wavenumber_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Return τ_α and a of production, at the peak of S(q) and at wave numbers 5 % lower and higher.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``T`` and ``q (σ⁻¹)``: ``τ_α`` and ``a`` at each run's own τ_α, as text with errors over
        runs, and ``runs with a``. A dash where no run kept the mean displacement.
    """
    rows = []
    for t, ensemble in ensembles.items():
        q = np.mean([run.attrs["q_peak"] for run in ensemble.runs.values()])
        for factor in (1 - CHANGE_OF_Q, 1, 1 + CHANGE_OF_Q):
            tau, a = production_displacement(ensemble, factor)
            rows.append({
                "T": f"{t:.2f}", "q (σ⁻¹)": f"{factor * q:.2f}",
                "τ_α": format_error(*_mean_error(tau)), "a": format_error(*_mean_error(a)),
                "runs with a": np.isfinite(a).sum(),
            })
    return pd.DataFrame(rows).set_index(["T", "q (σ⁻¹)"])


def own_displacements(ensembles: dict[float, Ensemble]) -> dict[str, np.ndarray]:
    """Return a at T = 0.40 at each run's own τ_α, by source: what the paper's 0.4286 is judged on.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    dict of str to (n_runs,) float64
        In σ, of production and of ensembles; empty without data at that temperature.
    """
    known = store.find_temperature(PAPER_A_TEMPERATURE, ensembles)
    if known is None:
        return {}
    ensemble = ensembles[known]
    sources = {"production, at the τ_α of each run": production_displacement(ensemble)[1]}
    if ensemble.blocks:
        sources["ensembles, at the τ_α of each run"] = ensemble_displacement(ensemble)[1]
    return sources


def mean_displacement_check(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Set our a = ⟨|Δr|(τ_α)⟩ at T = 0.40 beside the paper's 0.4286, if that temperature is there.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``a of``: the ensembles at each run's τ_α and at the one sampled time, and production at
        each run's τ_α. ``a (σ)`` with its standard error over runs, ``runs`` (how many), ``95 %
        interval`` (:func:`~glasslib.results.words.bar`), ``paper over ours``, and ``verdict``,
        whether the paper's number lies in the interval, from four runs on.
    """
    sources = own_displacements(ensembles)
    columns = ["a (σ)", "runs", "95 % interval", "paper over ours", "verdict"]
    if not sources:
        rows = {f"no data at T = {PAPER_A_TEMPERATURE:.2f}": ["–", 0, "–", "–", "cannot tell"]}
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("a of")
    ensemble = ensembles[store.find_temperature(PAPER_A_TEMPERATURE, ensembles)]
    if ensemble.blocks:
        sources["ensembles, at the one time sampled"] = _ensemble_averages(ensemble)[1]
    rows = {}
    for name, values in sources.items():
        (a, error), runs = _mean_error(values), int(np.isfinite(values).sum())
        reach = bar(error, runs)
        rows[name] = [
            format_error(a, error), runs,
            f"{a - reach:.3f} to {a + reach:.3f}" if np.isfinite(reach) else "–",
            f"{PAPER_A / a - 1:+.1%}",
            judge(a - PAPER_A, error, "within the interval", "outside it", runs)
            if runs >= COMPARED_RUNS else "cannot tell from so few runs",
        ]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("a of")


def paper_sentence(ensembles: dict[float, Ensemble]) -> str:
    """Say in words what :func:`mean_displacement_check` finds at the τ_α of each run.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    """
    if not (sources := own_displacements(ensembles)):
        return f"There are no data at T = {PAPER_A_TEMPERATURE:.2f}."
    table = mean_displacement_check(ensembles).loc[list(sources)]
    each = [f"{name.split(',')[0]} give{'s' * (name[0] == 'p')} {row['a (σ)']} σ ({row['runs']}"
            f" runs): {row['verdict']}" for name, row in table.iterrows()]
    return f"At T = {PAPER_A_TEMPERATURE:.2f} {'; '.join(each)}."


def displacement_rows(ensembles: dict[float, Ensemble]) -> list[tuple[str, float, float, int]]:
    """Return a over the paper's 0.4286, minus 1, as (where, value, error, runs) by source.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    """
    rows = []
    for name, values in own_displacements(ensembles).items():
        a, error = _mean_error(values)
        where = f"T = {PAPER_A_TEMPERATURE:.2f}, {name.split(',')[0]}"
        rows.append((where, a / PAPER_A - 1, error / PAPER_A, int(np.isfinite(values).sum())))
    return rows


def displacement_sentence(ensembles: dict[float, Ensemble]) -> str:
    """Say what wave number would give the paper's a at T = 0.40.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    """
    known = store.find_temperature(PAPER_A_TEMPERATURE, ensembles)
    factors = (1 - CHANGE_OF_Q, 1, 1 + CHANGE_OF_Q)
    a = [np.nan] if known is None else [
        _mean_error(production_displacement(ensembles[known], factor)[1])[0] for factor in factors
    ]
    if np.isnan(a).any():
        return f"No production run at T = {PAPER_A_TEMPERATURE:.2f} has kept the mean displacement."
    power = np.log(a[2] / a[0]) / np.log(factors[2] / factors[0])
    q = np.mean([run.attrs["q_peak"] for run in ensembles[known].runs.values()])
    needed = (PAPER_A / a[1]) ** (1 / power)
    return (
        f"At T = {known:.2f} production has a = {a[1]:.4f} σ at q = {q:.2f} σ⁻¹, and a"
        f" {'falls' if power < 0 else 'rises'} by {abs(power):.2f} % for each per cent that q is"
        f" larger: a wave number {1 - needed:.1%} lower, q ="
        f" {needed * q:.2f} σ⁻¹, would give the paper's {PAPER_A:g}."
    )
