"""χ4(t) of Eq. 8, true and predicted, of single trajectories; and which run has much of it.

χ4 is the variance over the runs of the number of mobile monomers, Q. A prediction can have the
right variance without knowing which run is mobile: the correlation over runs of predicted and true
Q tells skill, the ratio of their variances does not. Variances here are unbiased.
"""

import numpy as np
import pandas as pd

from glasslib.dynamics.errors_over_runs import jackknife
from glasslib.dynamics.susceptibility import (
    four_point_susceptibility,
    four_point_susceptibility_error,
    nearest_probe,
    trajectory_susceptibility,
    trajectory_susceptibility_error,
)
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import Dataset, split
from glasslib.results import sentences
from glasslib.results.baselines import ridge_predictions
from glasslib.results.correlation import COMPARED_RUNS, Settings
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.results.relaxation import ensemble_displacement
from glasslib.store import Ensemble

__all__ = [
    "at_largest", "between_one_and_tau", "gain_rows", "largest_rows", "largest_table",
    "mobile_numbers", "probe_lengths", "ratio_to_truth", "skill", "skill_rows", "skill_sentence",
    "susceptibilities",
]  # fmt: skip

#: Lengths that the paper tried at all temperatures (Section 2.5), σ.
LENGTHS = (0.4, 0.5, 0.6)
#: Name of the row that says by how much A comes closer than B to a ratio of 1.
GAIN = "A closer than B"


def _ratio(true: np.ndarray, predicted: np.ndarray, a: float) -> np.ndarray:
    ours, theirs = (four_point_susceptibility(field, a) for field in (predicted, true))
    return np.where(theirs > 0, ours / np.where(theirs > 0, theirs, 1), np.nan)


def _gain(true, a_field, b_field, a) -> tuple[np.ndarray, np.ndarray]:
    """By how much χ4 of A lies closer to the truth than that of B: |B/true − 1| − |A/true − 1|."""

    def gain(chosen):
        off = [np.abs(_ratio(true[chosen], f[chosen], a) - 1) for f in (a_field, b_field)]
        return off[1] - off[0]

    return gain(np.arange(len(true))), jackknife(gain, len(true))


def _fields(ensemble: Ensemble, settings: Settings) -> tuple[Dataset, dict[tuple, np.ndarray]]:
    """Propensity, true and predicted by the networks, (n_runs, N, n_times), by split and curve."""
    data, true = dataset(ensemble), ensemble.propensity
    fields = {("all", "true"): true}
    for network in NETWORKS:
        own = settings["row"][network].model_copy(update={"seed": 0})
        trained_network = trained(data, network, own, split(data.runs, own))
        fields["row", f"network {network}"] = trained_network.predict(data).reshape(true.shape)
        predicted = held_out(data, network, settings["run"][network])[0]
        fields["run", f"network {network}"] = predicted.reshape(true.shape)
    return data, fields


def ratio_to_truth(
    true: np.ndarray, predicted: np.ndarray, a: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return χ4 of a prediction over that of the truth, with its error.

    The error is the larger of the jackknife's and of that of two variances of normal, correlated
    numbers, 2 χ √((1 − r²)/(R − 1)) with χ the ratio and r the correlation of the numbers of
    mobile monomers over the R configurations: with four of them either alone may come out far
    too small by chance.

    Parameters
    ----------
    true, predicted : (n_runs, N, n_times) float64
        Propensities in σ.
    a : float
        Probe length in σ.

    Returns
    -------
    (n_times,) float64, (n_times,) float64
        The ratio, NaN where no monomer is mobile, and its error, NaN from two runs.
    """

    def ratio(chosen):
        return _ratio(true[chosen], predicted[chosen], a)

    n = len(true)
    value = ratio(np.arange(n))
    if n < 3:
        return value, np.full(value.shape, np.nan)
    counts = [(field > a).sum(axis=1).astype(float) for field in (true, predicted)]
    r = np.nan_to_num(pearson(*counts))
    return value, np.fmax(jackknife(ratio, n), 2 * value * np.sqrt((1 - r**2) / (n - 1)))


def susceptibilities(
    ensemble: Ensemble, settings: Settings, probe_length: float | None = None
) -> pd.DataFrame:
    r"""Return χ4(t) of Eq. 8: true, predicted with and without training rows, and by trajectory.

    ``row``: one network trained on four fifths of the monomers of every configuration, as the
    paper does it; ``run``: each configuration predicted by a network that has never seen it.
    The trajectory-level susceptibility (see :mod:`glasslib.dynamics.susceptibility`) stands beside
    it under its own name.

    Parameters
    ----------
    ensemble, settings
        As for :func:`glasslib.results.correlation.accuracy`.
    probe_length : float, optional
        a in σ; the mean propensity at τ_α by default.

    Returns
    -------
    pandas.DataFrame
        ``split`` (all, row, run, trajectory), ``curve`` (true, network A, network B, A closer than
        B; trajectories, within configurations, between configurations), ``t``, ``at_tau``,
        ``chi4`` (unbiased), ``chi4_error``, ``ratio`` to the true one, ``ratio_error`` and
        ``runs``. For "A closer than B" the ratio is \|ratio of B − 1\| − \|ratio of A − 1\|.
        Empty with a single run.
    """
    true = ensemble.propensity
    columns = ["split", "curve", "t", "at_tau", "chi4", "chi4_error", "ratio", "ratio_error",
               "runs"]
    if len(true) < 2:
        return pd.DataFrame(columns=columns)
    a = probe_length or float(true[..., ensemble.times.tau_index].mean())
    _, fields = _fields(ensemble, settings)
    rows, nothing = [], np.full(true.shape[2], np.nan)

    def add(division, curve, chi4, error, ratio=None, ratio_error=None):
        ratio = nothing if ratio is None else ratio
        ratio_error = nothing if ratio_error is None else ratio_error
        rows.extend(
            (division, curve, t, k == ensemble.times.tau_index, *numbers, len(true))
            for k, (t, *numbers) in enumerate(
                zip(ensemble.times.times, chi4, error, ratio, ratio_error, strict=True)
            )
        )

    for (division, curve), field in fields.items():
        add(division, curve, four_point_susceptibility(field, a, unbiased=True),
            four_point_susceptibility_error(field, a, unbiased=True),
            *(ratio_to_truth(true, field, a) if curve != "true" else ()))
    for division in ("row", "run"):
        both = (fields[division, f"network {network}"] for network in NETWORKS)
        add(division, GAIN, nothing, nothing, *_gain(true, *both, a))
    counts = []
    for blocks in ensemble.blocks.values():
        probe = nearest_probe(blocks[0]["probe_length"], a)
        counts.append(np.concatenate([b["exceeding"][..., probe] for b in blocks]))
    if all(len(run) > 1 for run in counts):
        n = ensemble.melt.n_monomers
        values = trajectory_susceptibility(counts, n)
        errors = trajectory_susceptibility_error(counts, n)
        names = ("trajectories", "within configurations", "between configurations")
        for name, value, error in zip(names, values, errors, strict=True):
            add("trajectory", name, value, error)
    return pd.DataFrame(rows, columns=columns)


# ------------------------------------------------------------------------ which run is mobile?
def _mobile(field: np.ndarray, a: float) -> np.ndarray:
    """Numbers of mobile monomers, (n_runs, n_times)."""
    return (field > a).sum(axis=1)


def mobile_numbers(ensemble: Ensemble, settings: Settings) -> pd.DataFrame:
    """Return the number of mobile monomers of each run at τ_α, true and as predicted.

    Beside networks and ridge regression stand numbers that know no single monomer: the energy of
    the start and of its inherent structure; and, from the same trajectories as the truth, τ_α and
    the mean Debye–Waller factor of the run.

    Returns
    -------
    pandas.DataFrame
        ``split`` (row, run; start; trajectories), ``predictor``, ``run``, ``predicted`` (number of
        monomers; energies in ε per monomer; log10 of τ_α; σ²) and ``true``. Empty with a single
        run.
    """
    columns = ["split", "predictor", "run", "predicted", "true"]
    true, k, n = ensemble.propensity, ensemble.times.tau_index, ensemble.melt.n_monomers
    if len(true) < 2:
        return pd.DataFrame(columns=columns)
    a = float(true[..., k].mean())
    data, fields = _fields(ensemble, settings)
    del fields["all", "true"]
    for network in NETWORKS:
        fields["run", f"ridge {network}"] = ridge_predictions(data, network, "run").reshape(
            true.shape
        )
    values = {name: _mobile(field, a)[:, k] for name, field in fields.items()}
    for name, words in (("inherent_structure_energy", "inherent-structure energy"),
                        ("potential_energy", "potential energy")):
        energies = np.array([run.attrs[name] for run in ensemble.runs.values()])
        values["start", words] = energies / n
    values["trajectories", "relaxation time"] = np.log10(ensemble_displacement(ensemble)[0])
    values["trajectories", "Debye–Waller factor"] = ensemble.debye_waller.mean(axis=1)
    rows = [
        (*name, run, predicted, count)
        for name, each in values.items()
        for run, predicted, count in zip(ensemble.runs, each, _mobile(true, a)[:, k], strict=True)
    ]
    return pd.DataFrame(rows, columns=columns)


def skill(table: pd.DataFrame) -> pd.DataFrame:
    r"""Return the correlation over runs of predicted and true number of mobile monomers.

    The 95 % interval is Fisher's, :math:`\tanh(\operatorname{artanh} r \pm 1.96/\sqrt{R - 3})`.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mobile-number``.

    Returns
    -------
    pandas.DataFrame
        ``T``, ``split``, ``predictor``, ``runs``, ``r``, ``r_error`` = (1 − r²)/√(R − 3), ``low``
        and ``high`` (its interval), and ``left``, the part of χ4 that a straight line in the
        predictor leaves, with R − 2 degrees of freedom. r is 0 where a predictor is the same for
        all runs. Temperatures with fewer than four runs are left out.
    """
    columns = ["T", "split", "predictor", "runs", "r", "r_error", "low", "high", "left"]
    rows = []
    for name, each in table.groupby(["T", "split", "predictor"], sort=False):
        n = len(each)
        if n < COMPARED_RUNS:
            continue
        r = float(np.nan_to_num(pearson(each["predicted"].to_numpy(float),
                                        each["true"].to_numpy(float))))
        reach = 1.96 / np.sqrt(n - 3)
        ends = np.tanh(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)) + np.array([-reach, reach]))
        rows.append((*name, n, r, (1 - r**2) / np.sqrt(n - 3), *ends,
                     (1 - r**2) * (n - 1) / (n - 2)))
    return pd.DataFrame(rows, columns=columns)


def probe_lengths(ensemble: Ensemble, settings: Settings) -> pd.DataFrame:
    """Return χ4 with the probe lengths a = 0.4, 0.5 and 0.6, and that of the temperature.

    Returns
    -------
    pandas.DataFrame
        ``split``, ``curve`` (true, network A, network B), ``a`` (σ), ``own`` (whether it is the
        mean displacement at τ_α), ``t`` (τ_α, and where the true χ4 with this a is largest),
        ``at_tau``, ``chi4`` (unbiased), ``chi4_error``, ``ratio``, ``ratio_error``, ``r`` (over
        runs, of the predicted and true number of mobile monomers) and ``runs``. Empty with fewer
        than four runs.
    """
    columns = ["split", "curve", "a", "own", "t", "at_tau", "chi4", "chi4_error", "ratio",
               "ratio_error", "r", "runs"]
    true, tau = ensemble.propensity, ensemble.times.tau_index
    if len(true) < COMPARED_RUNS:
        return pd.DataFrame(columns=columns)
    _, fields = _fields(ensemble, settings)
    rows = []
    for a in (float(true[..., tau].mean()), *LENGTHS):
        peak = int(four_point_susceptibility(true, a).argmax())
        for (division, curve), field in fields.items():
            chi4, error = (f(field, a, unbiased=True) for f in
                           (four_point_susceptibility, four_point_susceptibility_error))
            ratio, ratio_error = ratio_to_truth(true, field, a)
            r = np.nan_to_num(pearson(*(_mobile(f, a).astype(float) for f in (field, true))))
            rows += [
                (division, curve, a, a not in LENGTHS, ensemble.times.times[k], k == tau, chi4[k],
                 error[k], ratio[k], ratio_error[k], r[k], len(true))
                for k in sorted({tau, peak})
            ]
    return pd.DataFrame(rows, columns=columns)


def largest_table(ensembles: dict[float, Ensemble]) -> pd.DataFrame:
    r"""Say when χ4 of Eq. 8 is largest, and how much of that :math:`p(1 - p)` makes.

    With the part p of mobile monomers, independent monomers give :math:`p (1 - p)`, which is
    largest where p = 1/2. The ratio of χ4 to it counts the monomers that are mobile together.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature; those with fewer than four runs are left out.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``runs``, ``p at τ_α``, and the time in τ_α at which, of the ten,
        ``χ4 is largest``, ``p(1 − p) is largest`` and ``χ4/p(1 − p) is largest``, with
        ``its value there`` and ``its value at τ_α``. Text.
    """
    rows = []
    for t, ensemble in ensembles.items():
        true, k = ensemble.propensity, ensemble.times.tau_index
        if len(true) < COMPARED_RUNS:
            continue
        a = float(true[..., k].mean())
        chi4 = four_point_susceptibility(true, a, unbiased=True)
        p = (true > a).mean(axis=(0, 1))
        alone = p * (1 - p)
        together = np.where(alone > 0, chi4 / np.where(alone > 0, alone, 1), 0)
        when = [f"{ensemble.times.times[curve.argmax()] / ensemble.times.tau_alpha:.2g}"
                for curve in (chi4, alone, together)]
        rows.append({
            "T": f"{t:.2f}", "runs": len(true), "p at τ_α": f"{p[k]:.2f}",
            "χ4 is largest": when[0], "p(1 − p) is largest": when[1],
            "χ4/p(1 − p) is largest": when[2], "its value there": f"{together.max():.0f}",
            "its value at τ_α": f"{together[k]:.0f}",
        })
    return pd.DataFrame(rows).set_index("T") if rows else pd.DataFrame()


def between_one_and_tau(table: pd.DataFrame) -> pd.DataFrame:
    """Return χ4 of A and B over the true one, and what sets them apart, from t = 1 to τ_α.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``susceptibility``.

    Returns
    -------
    pandas.DataFrame
        Its rows of the networks and of :data:`GAIN`, and ``part``, t over τ_α. Temperatures with
        fewer than four runs are left out.
    """
    table = table[table["runs"] >= COMPARED_RUNS]
    tau = table[table["at_tau"]].groupby("T")["t"].first()
    table = table.assign(part=table["t"] / table["T"].map(tau))
    known = table["curve"].isin(["network A", "network B", GAIN])
    return table[known & (table["t"] >= 0.999) & (table["part"] <= 1)]


def at_largest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the result table ``probe-lengths`` where the true χ4 is largest.

    Parameters
    ----------
    table : pandas.DataFrame
        It has, for each probe length, the time τ_α and that of the largest χ4.
    """
    order = table.sort_values("at_tau", kind="stable")
    return order.drop_duplicates(["T", "split", "curve", "a"]).sort_index()


def skill_sentence(table: pd.DataFrame) -> str:
    """Say who knows which run is mobile: networks that have not seen it, or one energy.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mobile-number``.
    """
    of = skill(table)
    if of.empty:
        return "No temperature has four runs, and fewer do not tell a correlation."
    of_a, of_b, energy = (
        sentences.values(of[(of["split"] == division) & (of["predictor"] == predictor)]["r"])
        for division, predictor in (("run", "network A"), ("run", "network B"),
                                    ("start", "inherent-structure energy")))
    where = sentences.at(dict.fromkeys(of["T"]))
    return ("On new configurations, predicted and true number of mobile monomers correlate over"
            f" runs by {of_a} (A) and {of_b} (B) {where}; the inherent-structure energy of the"
            f" start and that number by {energy}.")


# --------------------------------------------------- as claims: (where, value, error, runs)
def skill_rows(
    table: pd.DataFrame, division: str, predictor: str
) -> list[tuple[str, float, float, int]]:
    """Return r of one predictor by temperature, as (where, value, error, runs).

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mobile-number``.
    division, predictor : str
        As in its columns ``split`` and ``predictor``.
    """
    of = skill(table)
    of = of[(of["split"] == division) & (of["predictor"] == predictor)]
    return [(f"T = {row['T']:.2f}", row["r"], row["r_error"], row["runs"])
            for _, row in of.iterrows()]


def gain_rows(table: pd.DataFrame, division: str) -> list[tuple[str, float, float, int]]:
    """Return by how much A is closer to the true χ4 than B, at 1 ≤ t < τ_α, by T and t.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``susceptibility``.
    division : {"row", "run"}
    """
    tau = table[table["at_tau"]].groupby("T")["t"].first()
    rows = table[(table["split"] == division) & (table["curve"] == GAIN) & (table["t"] >= 0.999)
                 & (table["t"] < table["T"].map(tau)) & (table["runs"] >= COMPARED_RUNS)]
    return [(f"T = {row['T']:.2f}, t = {row['t']:.3g}", row["ratio"], row["ratio_error"],
             row["runs"]) for _, row in rows.iterrows()]


def largest_rows(ensembles: dict[float, Ensemble]) -> list[tuple[str, float, float, int]]:
    """Return the true χ4 at τ_α minus the largest at another time, over the former, by T.

    Parameters
    ----------
    ensembles : dict of float to Ensemble
        By temperature.
    """
    rows = []
    for t, ensemble in ensembles.items():
        true, k = ensemble.propensity, ensemble.times.tau_index
        if len(true) < COMPARED_RUNS:
            continue
        mobile = _mobile(true, float(true[..., k].mean()))

        def excess(runs, mobile=mobile, k=k):
            chi4 = mobile[runs].var(axis=0)
            return 1 - np.delete(chi4, k).max() / chi4[k]

        n = len(true)
        rows.append((f"T = {t:.2f}", float(excess(np.arange(n))), float(jackknife(excess, n)), n))
    return rows
