"""χ4(t) of Eq. 8, true and predicted, and of single trajectories."""

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
from glasslib.learning.dataset import split
from glasslib.results.correlation import Settings
from glasslib.results.networks import NETWORKS, dataset, held_out, trained
from glasslib.store import Ensemble

__all__ = ["ratio_to_truth", "susceptibilities"]


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
        ours = four_point_susceptibility(predicted[chosen], a)
        theirs = four_point_susceptibility(true[chosen], a)
        return np.where(theirs > 0, ours / np.where(theirs > 0, theirs, 1), np.nan)

    n = len(true)
    value = ratio(np.arange(n))
    if n < 3:
        return value, np.full(value.shape, np.nan)
    counts = [(field > a).sum(axis=1).astype(float) for field in (true, predicted)]
    r = np.nan_to_num(pearson(*counts))
    return value, np.fmax(jackknife(ratio, n), 2 * value * np.sqrt((1 - r**2) / (n - 1)))


def susceptibilities(ensemble: Ensemble, settings: Settings) -> pd.DataFrame:
    """Return χ4(t) of Eq. 8, true, and predicted with and without training rows; and by trajectory.

    ``row``: one network trained on four fifths of the monomers of every configuration, as the
    paper does it; ``run``: each configuration predicted by a network that has never seen it.
    The trajectory-level susceptibility (see :mod:`glasslib.dynamics.susceptibility`) stands beside
    it under its own name.

    Returns
    -------
    pandas.DataFrame
        ``split`` (all, row, run, trajectory), ``curve`` (true, network A, network B; trajectories,
        within configurations, between configurations), ``t``, ``at_tau``, ``chi4``,
        ``chi4_error``, ``ratio`` to the true one and ``ratio_error``. Empty with a single run.
    """
    data = dataset(ensemble)
    true = ensemble.propensity
    columns = ["split", "curve", "t", "at_tau", "chi4", "chi4_error", "ratio", "ratio_error"]
    if len(true) < 2:
        return pd.DataFrame(columns=columns)
    a = float(true[..., ensemble.times.tau_index].mean())
    fields = {("all", "true"): true}
    for network in NETWORKS:
        own = settings["row"][network].model_copy(update={"seed": 0})
        trained_network = trained(data, network, own, split(data.runs, own))
        fields["row", f"network {network}"] = trained_network.predict(data).reshape(true.shape)
        predicted = held_out(data, network, settings["run"][network])[0]
        fields["run", f"network {network}"] = predicted.reshape(true.shape)
    rows = []

    def add(division, curve, chi4, error, ratio=None, ratio_error=None):
        nothing = np.full(len(chi4), np.nan)
        ratio = nothing if ratio is None else ratio
        ratio_error = nothing if ratio_error is None else ratio_error
        rows.extend(
            (division, curve, t, k == ensemble.times.tau_index, *numbers)
            for k, (t, *numbers) in enumerate(
                zip(ensemble.times.times, chi4, error, ratio, ratio_error, strict=True)
            )
        )

    for (division, curve), field in fields.items():
        add(division, curve, four_point_susceptibility(field, a),
            four_point_susceptibility_error(field, a),
            *(ratio_to_truth(true, field, a) if curve != "true" else ()))
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
