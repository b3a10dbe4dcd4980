r"""What the first time unit of an ensemble's trajectories tells beside its Debye–Waller factor.

A Debye–Waller factor is a sum, of a *shift* and a *fluctuation*:

.. math:: \langle |\Delta\mathbf r|^2 \rangle = |\langle \Delta\mathbf r \rangle|^2
    + \langle |\Delta\mathbf r - \langle \Delta\mathbf r \rangle|^2 \rangle

The files keep the sum. A trajectory is a function of its number, so it can be had again
(:func:`~glasslib.campaign.replay.replay`).
"""

from functools import partial

import numpy as np
import pandas as pd

from glasslib.campaign.replay import replay
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.learning.baselines import out_of_sample, ridge_pipeline
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import run_folds
from glasslib.results.cache import cached, digest, key_of
from glasslib.results.cage import cage_dataset, cage_parts
from glasslib.results.networks import dataset
from glasslib.results.sentences import joined
from glasslib.results.structure_limit import at_tau, logs_around, rho_rows
from glasslib.results.words import bracketed
from glasslib.store import Ensemble

__all__ = ["short_time", "short_time_parts", "short_time_sentence"]

_APART = "shift and fluctuation"


def _parts(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """Shift and fluctuation of each monomer in σ², (n_runs, N) each; they add up."""
    name = f"short-time-T{ensemble.temperature:.3f}"
    found = cached(name, key_of(digest(ensemble)), partial(replay, ensemble))
    shift = (found["mean"] ** 2).sum(axis=-1)
    return {"shift": shift, "fluctuation": found["square"] - shift}


def short_time_parts(ensemble: Ensemble) -> pd.DataFrame:
    """Set shift and fluctuation beside the Debye–Waller factor and beside the cages.

    Returns
    -------
    pandas.DataFrame
        A row for "shift" and one for "fluctuation": ``quantity``; ``share`` of the mean
        Debye–Waller factor, with ``share_error``; ``rho_dw``, the correlation with the
        Debye–Waller factor within configurations, with error; ``rho_cage``, the correlation
        of the logarithm with that of its counterpart in the sampled cage, the offset or the size,
        with error. Errors are standard errors over runs.
    """
    cage, rows = cage_parts(ensemble), []
    whole = ensemble.debye_waller
    for (name, values), other in zip(_parts(ensemble).items(), ("offset", "cage"), strict=True):
        pairs = list(zip(values, whole, cage[other], strict=True))
        row = {"quantity": name}
        for column, found in (
            ("share", [value.mean() / dw.mean() for value, dw, _ in pairs]),
            ("rho_dw", [pearson(value, dw) for value, dw, _ in pairs]),
            ("rho_cage", [pearson(np.log(value), np.log(size)) for value, _, size in pairs]),
        ):
            row[column] = np.mean(found)
            row[f"{column}_error"] = float(standard_error(np.array(found)))
        rows.append(row)
    return pd.DataFrame(rows)


def short_time(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) of what the first time unit tells, alone and beside structure, whole runs held out.

    Returns
    -------
    pandas.DataFrame
        Columns of :func:`glasslib.learning.correlation.correlation_rows` at t = τ_α. ``model``:
        the logarithms of the "Debye–Waller factor", the "shift" and the "fluctuation" alone; "shift
        and fluctuation, surroundings", 14 numbers; "ridge A"; "ridge A, shift and fluctuation",
        with these two in place of the Debye–Waller factor; the same with their surroundings;
        "ridge A′", with D's inputs in place of descriptors; "ridge A′, shift and fluctuation", with
        all three and their surroundings; and differences. Empty with a single run.
    """
    data = at_tau(cage_dataset(ensemble))
    if data.n_runs < 2:
        return pd.DataFrame(columns=["model", "t", "at_tau", "rho", "rho_error"])
    structure, cages = dataset(ensemble).features, data.features
    parts = {"Debye–Waller factor": ensemble.debye_waller} | _parts(ensemble)
    near = {name: logs_around(ensemble, values) for name, values in parts.items()}
    own = {name: columns[:, :1] for name, columns in near.items()}  # before its surroundings
    whole, *apart = own.values()
    inputs = {
        f"{_APART}, surroundings": (list(near.values())[1:], []),
        "ridge A": ([structure], [whole]),
        f"ridge A, {_APART}": ([structure], apart),
        f"ridge A, {_APART}, surroundings": ([structure], list(near.values())[1:]),
        "ridge A′": ([cages], [whole]),
        f"ridge A′, {_APART}": ([cages], list(near.values())),
    }
    folds = run_folds(data.runs)
    predicted = {f"{name} alone": values[:, 0] for name, values in own.items()}
    for name, (columns, light) in inputs.items():
        make = partial(ridge_pipeline, light=sum(x.shape[1] for x in light))
        x = np.concatenate([*columns, *light], axis=1)
        predicted[name] = out_of_sample(make, x, data.targets, folds, data.runs)[:, 0]
    return rho_rows(data, predicted, [
        (f"ridge A, {_APART}", "ridge A"), (f"ridge A, {_APART}, surroundings", "ridge A"),
        (f"ridge A′, {_APART}", "ridge A′"),
    ])


def short_time_sentence(parts: pd.DataFrame, table: pd.DataFrame) -> str:
    """Say what shift and fluctuation tell, a line for each temperature.

    Parameters
    ----------
    parts, table : pandas.DataFrame
        The result tables ``short-time-parts`` and ``short-time``.

    Examples
    --------
    >>> parts = pd.DataFrame({"T": 0.45, "quantity": ["shift", "fluctuation"],
    ...     "share": [0.54, 0.46], "share_error": 0.01})
    >>> names = ["Debye–Waller factor alone", "shift alone", "fluctuation alone",
    ...     "shift and fluctuation, surroundings", "ridge A",
    ...     "ridge A, shift and fluctuation, surroundings"]
    >>> table = pd.DataFrame({"T": 0.45, "model": names, "rho_error": 0.02,
    ...     "rho": [0.44, 0.27, 0.48, 0.60, 0.56, 0.62]})
    >>> print(short_time_sentence(parts, table))
    T = 0.45: the shift is 0.540(10) of the Debye–Waller factor. Alone, the Debye–Waller factor \
predicts with ρ = 0.440(20), the shift with 0.270(20), the fluctuation with 0.480(20) and both \
with their surroundings, 14 numbers, with 0.600(20). A has 0.560(20), and 0.620(20) with these 14 \
in place of its Debye–Waller factor.
    """
    lines = []
    for t, here in table.groupby("T", sort=False):
        rows = here.set_index("model")
        rho = {name: bracketed(*rows.loc[name, ["rho", "rho_error"]]) for name in rows.index}
        share = parts[(parts["T"] == t) & (parts["quantity"] == "shift")].iloc[0]
        alone = [f"the {name} {verb} {rho[f'{name} alone']}" for name, verb in (
            ("Debye–Waller factor", "predicts with ρ ="), ("shift", "with"), ("fluctuation", "with")
        )]
        last = f"both with their surroundings, 14 numbers, with {rho[f'{_APART}, surroundings']}"
        lines.append(
            f"T = {t:.2f}: the shift is {bracketed(share['share'], share['share_error'])} of the"
            f" Debye–Waller factor. Alone, {joined([*alone, last])}. A has {rho['ridge A']}, and"
            f" {rho[f'ridge A, {_APART}, surroundings']} with these 14 in place of its Debye–Waller"
            " factor."
        )
    return "\n".join(lines)
