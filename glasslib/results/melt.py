"""What the melt is before any ensemble: equilibration of each run, and checks of trajectories."""

import numpy as np
import pandas as pd

from glasslib.dynamics.energy import EnergyLaw, fit_energy_law
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.dynamics.relaxation import decay_time
from glasslib.parameters import get_protocol
from glasslib.results.words import bar, format_error, judge
from glasslib.store import DataFile, Ensemble

__all__ = [
    "checks", "checks_sentence", "drift", "energies", "energy_rows", "energy_sentence",
    "energy_table", "equilibration_table",
]  # fmt: skip

#: Temperatures from here up fix the energy law; those below are compared with it.
LAW_TEMPERATURE = 0.45


def drift(values: np.ndarray) -> float:
    """Return the difference of the last two thirds' means in its standard error.

    Parameters
    ----------
    values : (n,) float64
        A time series; the error of each third comes from five blocks.

    Examples
    --------
    >>> bool(drift(np.repeat([5.0, 0.0, 1.0], 50) + np.tile([0.0, 1.0, 2.0], 50)) > 3)
    True
    """
    n = len(values)
    second, third = values[n // 3 : 2 * n // 3], values[2 * n // 3 :]

    def block_error(part):
        size = max(1, len(part) // 5)
        means = part[: size * 5].reshape(-1, size).mean(axis=1) if len(part) >= 5 else part
        return standard_error(means)

    return float((third.mean() - second.mean()) / np.hypot(block_error(second), block_error(third)))


def _end_to_end_ratio(run: DataFile) -> float:
    """⟨R²⟩ of the equilibration's last third over its second."""
    if "equilibration_end_to_end" not in run:
        return float("nan")
    second, last = np.array_split(run["equilibration_end_to_end"], 3)[1:]
    return float(last.mean() / second.mean())


def _peak_ratio(run: DataFile) -> float:
    """Height of the first peak of S(q) in the equilibration's last third over its second."""
    if "structure_factor_thirds" not in run:
        return float("nan")
    q = run["structure_wavenumber"]
    second, last = run["structure_factor_thirds"][:, (q > 6) & (q < 8.5)].max(axis=1)
    return float(last / second)


def equilibration_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Say what each run's equilibration reached, and whether it had become stationary.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``T`` and ``run``: ``time (τ)``, ``τ_ee``, ``in τ_ee``, ``in τ_α``; ``Δ energy (σ)`` and
        ``Δ pressure (σ)``, the change between the second and the last third in its standard
        error; ``R², ratio`` and ``S(q) peak, ratio``, the mean squared end-to-end distance and the
        height of the first peak, last third over second (NaN in files made before these were
        stored); ``τ_α, window 1`` and ``τ_α, window 2``, which are disjoint.
    """
    rows = []
    for t, ensemble in ensembles.items():
        for run, data in ensemble.runs.items():
            attrs = data.attrs
            lag = data["window_lag"]
            rows.append({
                "T": f"{t:.2f}",
                "run": run,
                "time (τ)": float(attrs["equilibration_time"]),
                "τ_ee": float(attrs["tau_ee"]),
                "in τ_ee": float(attrs["equilibration_in_tau_ee"]),
                "in τ_α": float(attrs["equilibration_in_tau_alpha"]),
                "Δ energy (σ)": drift(data["equilibration_potential"]),
                "Δ pressure (σ)": drift(data["equilibration_pressure"]),
                "R², ratio": _end_to_end_ratio(data),
                "S(q) peak, ratio": _peak_ratio(data),
                "τ_α, window 1": decay_time(lag, data["window_first"]),
                "τ_α, window 2": decay_time(lag, data["window_second"]),
            })
    return pd.DataFrame(rows).set_index(["T", "run"])


def checks(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    """Check the physics of the ensembles' trajectories, the worst of each temperature.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature; those without trajectories are left out.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``centre of mass (σ)``, its largest displacement; ``energy drift, mean (ε)`` and
        ``energy drift, worst (ε)``, the change of the total energy over a trajectory (mean of the
        last five samples minus that of 0.3 < t < 2, per monomer), mean over trajectories and worst;
        ``temperature, mean`` and ``temperature, worst run``, the kinetic temperature for t > 0.5 τ
        relative to nominal, mean over runs and of the run farthest off.
    """
    rows = []
    for t, ensemble in ensembles.items():
        if not ensemble.blocks:
            continue
        drift, energy, temperature = [], [], []
        for blocks in ensemble.blocks.values():
            kinetic = []
            for block in blocks:
                time = block["fine_time"]
                late = time > 0.5
                drift.append(block["centre_of_mass_drift"].max())
                total = block["energy"]
                first = total[:, (time > 0.3) & (time < 2)].mean(axis=1)
                energy.append(total[:, -5:].mean(axis=1) - first)
                kinetic.append(block["kinetic_temperature"][:, late].mean())
            temperature.append(np.mean(kinetic) / t - 1)
        temperature, energy = np.array(temperature), np.concatenate(energy)
        rows.append({
            "T": f"{t:.2f}",
            "centre of mass (σ)": f"{max(drift):.1e}",
            "energy drift, mean (ε)": f"{energy.mean():+.1e}",
            "energy drift, worst (ε)": f"{np.abs(energy).max():.1e}",
            "temperature, mean": f"{temperature.mean():+.2%}",
            "temperature, worst run": f"{temperature[np.abs(temperature).argmax()]:+.2%}",
        })
    return pd.DataFrame(rows).set_index("T") if rows else pd.DataFrame()


def checks_sentence(ensembles: dict[float, Ensemble]) -> str:
    """Say the worst of :func:`checks` over all temperatures.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    """
    table = checks(ensembles)
    if not len(table):
        return "No temperature has trajectories yet."
    moved = table["centre of mass (σ)"].astype(float).max()
    energy = table["energy drift, worst (ε)"].astype(float)
    off = table["temperature, worst run"].str.rstrip("%").astype(float)
    off = off.loc[[off.abs().idxmax()]]
    return (
        f"No centre of mass moved by more than {moved:.0e} σ. The energy of a monomer changed by at"
        f" most {energy.max():.4f} ε over a trajectory, at T = {energy.idxmax()}. The kinetic"
        f" temperature of the run farthest off differs from the nominal one by {off.iloc[0]:+.2f} %"
        f", at T = {off.index[0]}."
    )


# ------------------------------------------------------------- is the cold end in equilibrium?
def energies(
    ensembles: dict[float, Ensemble], exponent: float = 0.6, law_from: float = LAW_TEMPERATURE
) -> tuple[pd.DataFrame, EnergyLaw]:
    """Return the potential energy of every production run beside the law a + b T^p.

    Production is at constant energy. Each run has its own mean kinetic temperature, and the law is
    fitted and compared there.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    exponent : float
        p.
    law_from : float
        Temperatures from here up fix the law, ε/k_B.

    Returns
    -------
    pandas.DataFrame
        One row for each run: ``T``, ``run``, ``kinetic`` (its mean kinetic temperature, ε/k_B),
        ``energy`` (mean potential energy, ε per monomer) and ``residual`` (minus the law).
    EnergyLaw
        NaN, and so are the residuals, where fewer than three runs from that temperature up, or
        runs at one temperature alone, cannot fix it.
    """
    table = pd.DataFrame(
        [
            (t, number, run.attrs["mean_kinetic_temperature"], run["production_potential"].mean())
            for t, ensemble in ensembles.items() for number, run in ensemble.runs.items()
        ],
        columns=["T", "run", "kinetic", "energy"],
    )
    known = table[table["T"] >= law_from - 5e-4]
    if len(known) < 3 or known["T"].nunique() < 2:
        law = EnergyLaw(np.full(2, np.nan), np.full((2, 2), np.nan), exponent)
    else:
        law = fit_energy_law(known["kinetic"], known["energy"], exponent)
    return table.assign(residual=table["energy"] - law(table["kinetic"])), law


def _residuals(
    ensembles: dict[float, Ensemble], exponent: float = 0.6, law_from: float = LAW_TEMPERATURE
) -> tuple[pd.DataFrame, int]:
    """Mean residual by T with its errors, and the degrees of freedom of the common spread."""
    runs, law = energies(ensembles, exponent, law_from)
    by_t = runs.groupby("T", sort=False)
    table = by_t[["kinetic", "residual"]].mean().assign(
        runs=by_t.size(), own_error=by_t["residual"].sem()
    )
    freedom = len(runs) - len(table)
    about = runs["residual"] - by_t["residual"].transform("mean")
    spread = np.sqrt((about**2).sum() / freedom) if freedom else np.nan
    table["error"] = np.hypot(spread / np.sqrt(table["runs"]), law.error(table["kinetic"]))
    return table.assign(warmer=table["residual"] / law.slope(table["kinetic"])), freedom


def energy_table(
    ensembles: dict[float, Ensemble], exponent: float = 0.6, law_from: float = LAW_TEMPERATURE
) -> pd.DataFrame:
    r"""Judge by its potential energy whether each temperature reached equilibrium.

    A liquid that lies above the law :math:`U = a + b T^p` by δU has the energy of a temperature
    higher by δU/(dU/dT), and relaxes as fast as there. The error of δU joins that of the law and
    the scatter of the runs about their temperature's mean, which is taken to be the same at all
    temperatures: two runs alone do not tell their scatter.

    Parameters
    ----------
    ensembles, exponent, law_from
        As for :func:`energies`.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``runs``; ``kinetic T`` (mean over runs); ``δU (ε)`` with its error;
        ``scatter of its own runs`` (the standard error from these runs alone);
        ``δU, exponent 1/2`` and ``δU, exponent 7/10``, with other laws; ``energy of T +`` (ε/k_B);
        ``τ_α too short by``, if δU is real; ``verdict``, for temperatures below those that fix
        the law. Text.
    """
    table, freedom = _residuals(ensembles, exponent, law_from)
    if table["residual"].isna().all():
        return pd.DataFrame({"runs": table["runs"], "verdict": "no law to compare with"})
    others = {
        name: energies(ensembles, p, law_from)[0].groupby("T", sort=False)["residual"].mean()
        for name, p in (("1/2", 0.5), ("7/10", 0.7))
    }
    rows = []
    for t, row in table.iterrows():
        short = _too_short(ensembles[t], row["warmer"])
        rows.append({
            "T": f"{t:.2f}",
            "runs": int(row["runs"]),
            "kinetic T": f"{row['kinetic']:.4f}",
            "δU (ε)": format_error(row["residual"], row["error"]),
            "scatter of its own runs": f"{row['own_error']:.4f}".replace("nan", "–"),
            **{f"δU, exponent {name}": f"{other[t]:+.4f}" for name, other in others.items()},
            "energy of T +": f"{row['warmer']:+.4f}",
            "τ_α too short by": f"{short:.0%}".replace("-0%", "0%"),
            "verdict": "fixes the law" if t >= law_from - 5e-4 else judge(
                row["residual"], row["error"], "not seen to be off the law",
                "off the law", freedom + 1,
            ),
        })
    return pd.DataFrame(rows).set_index("T")


def energy_rows(ensembles: dict[float, Ensemble]) -> list[tuple[str, float, float, int]]:
    """Return δU below the temperatures of the law as (where, value, error, runs), in ε.

    ``runs`` is one more than the degrees of freedom of the common scatter.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    """
    table, freedom = _residuals(ensembles)
    return [
        (f"T = {t:.2f}", row["residual"], row["error"], freedom + 1)
        for t, row in table[table.index < LAW_TEMPERATURE - 5e-4].iterrows()
    ]


def energy_sentence(
    ensembles: dict[float, Ensemble], exponent: float = 0.6, law_from: float = LAW_TEMPERATURE
) -> str:
    """Say what the potential energy tells of equilibrium below the temperatures of the law."""
    table, freedom = _residuals(ensembles, exponent, law_from)
    if table["residual"].isna().all():
        return "Fewer than three runs, or one temperature alone: nothing fixes the law."
    words = []
    for t, row in table[table.index < law_from - 5e-4].iterrows():
        reach = bar(row["error"], freedom + 1)
        side = "above" if row["residual"] > 0 else "below"
        seen = "more" if abs(row["residual"]) > reach else "no more"
        value = format_error(abs(row["residual"]), row["error"])
        most = (row["residual"] + reach) * row["warmer"] / row["residual"]
        words.append(
            f"At T = {t:.2f} the energy lies {value} ε per monomer {side} the law"
            f" ({int(row['runs'])} runs), {seen} than the error allows; τ_α would be too short by"
            f" {_too_short(ensembles[t], row['warmer']):.0%}, and at the end of the 95 % bar by"
            f" {_too_short(ensembles[t], most):.0%}."
        )
    return " ".join(words) or f"No temperature below {law_from:g} is there to compare."


def _too_short(ensemble: Ensemble, warmer: float) -> float:
    """Part of τ_α that is missing in a liquid that is as if ``warmer`` by that much."""
    tau_alpha = get_protocol(ensemble.profile).expected_tau_alpha
    return 1 - tau_alpha(ensemble.temperature + warmer) / tau_alpha(ensemble.temperature)
