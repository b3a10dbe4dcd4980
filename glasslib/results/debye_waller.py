"""Tables that ask why the Debye–Waller factor helps: reorientation, and importance by group.

The reorientation propensity of a monomer is the mean of 1 − P2 (or 1 − P1) over its bonds and
over the trajectories of the ensemble.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from glasslib.learning.correlation import correlate_runs, correlation_rows, resample_all
from glasslib.learning.dataset import Dataset
from glasslib.learning.importance import descriptor_groups, shuffled_prediction
from glasslib.results.baselines import POSITIONS, ridge_of, ridge_predictions, ridges, splits_of
from glasslib.results.networks import NETWORKS, dataset, held_out
from glasslib.store import Ensemble

__all__ = ["importance", "reorientation", "reorientation_models", "reorientation_of",
           "reorientation_propensity", "shuffled_together"]  # fmt: skip


def reorientation_propensity(ensemble: Ensemble, name: str = "p2_loss") -> np.ndarray:
    """Average a bond's loss of orientation over the bonds of each monomer.

    Parameters
    ----------
    ensemble : Ensemble
    name : str
        ``p1_loss`` or ``p2_loss``.

    Returns
    -------
    (n_rows, n_times) float64
        In the order of :func:`glasslib.results.networks.dataset`; 0 is no reorientation.
    """
    losses = ensemble.mean(name)
    out = []
    for run, values in zip(ensemble.runs.values(), losses, strict=True):
        bonds = run["bonds"]
        total = np.zeros((len(run["positions"]), values.shape[1]))
        number = np.bincount(bonds.ravel(), minlength=len(total))
        for end in (0, 1):
            np.add.at(total, bonds[:, end], values)
        out.append(total / np.maximum(number, 1)[:, None])
    return np.concatenate(out)


def _within_positions(values: np.ndarray, data: Dataset) -> np.ndarray:
    """Subtract from each row the mean of its place in the chain."""
    values = values.copy()
    for place in np.unique(data.chain_position):
        rows = data.chain_position == place
        values[rows] -= values[rows].mean(axis=0)
    return values


def reorientation(ensemble: Ensemble) -> pd.DataFrame:
    """Correlate DW, propensity and reorientation monomer by monomer, at fixed chain position.

    ``position removed`` subtracts the mean of each place first. The quantities come from the
    same trajectories and share their noise, most where both are of short times.

    Returns
    -------
    pandas.DataFrame
        ``pair`` (the two quantities), ``position`` (all, position removed, or one of
        :data:`~glasslib.results.baselines.POSITIONS`), ``t``, ``at_tau``, ``rho``, ``rho_error``.
    """
    data = dataset(ensemble)
    turn = reorientation_propensity(ensemble)
    at_one, k = ensemble.times.debye_waller_index, data.tau_index
    vibration = np.repeat(data.debye_waller[:, None], len(data.times), axis=1)
    early_turn = np.repeat(turn[:, [at_one]], len(data.times), axis=1)
    pairs = {
        "DW and propensity(t)": (data.targets, vibration),
        "DW and reorientation(t)": (turn, vibration),
        "reorientation(1) and propensity(t)": (data.targets, early_turn),
        "reorientation(t) and propensity(t)": (data.targets, turn),
    }
    rows = []
    for pair, (true, other) in pairs.items():
        cases = [("all", true, other, data.runs)]
        cases.append(("position removed", _within_positions(true, data),
                      _within_positions(other, data), data.runs))
        for place in np.unique(data.chain_position):
            chosen = data.chain_position == place
            name = POSITIONS[place] if data.chain_position.max() < len(POSITIONS) else str(place)
            cases.append((name, true[chosen], other[chosen], data.runs[chosen]))
        for position, v, w, runs in cases:
            pooled, _ = correlate_runs(v, w, runs)
            error = pooled.error
            rows += [
                (pair, position, t, j == k, pooled.value[j], error[j])
                for j, t in enumerate(data.times)
            ]
    return pd.DataFrame(rows, columns=["pair", "position", "t", "at_tau", "rho", "rho_error"])


@dataclass(frozen=True, eq=False)
class _FirstPolynomial(Ensemble):
    """An ensemble that gives 1 − P1 wherever 1 − P2 is asked for."""

    def mean(self, name: str) -> np.ndarray:
        return super().mean("p1_loss" if name == "p2_loss" else name)


def reorientation_of(ensemble: Ensemble, polynomial: int) -> pd.DataFrame:
    """Return :func:`reorientation` of the first Legendre polynomial, or of the second.

    Parameters
    ----------
    ensemble : Ensemble
    polynomial : {1, 2}
    """
    if polynomial == 1:
        parts = {field.name: getattr(ensemble, field.name) for field in fields(Ensemble)}
        ensemble = _FirstPolynomial(**parts)
    return reorientation(ensemble)


def reorientation_models(ensemble: Ensemble) -> pd.DataFrame:
    """Ask whether the true reorientation at t = 1 closes the gap from B to A, by ridge regression.

    "B and reorientation" reads the descriptors of B and 1 − P1 and 1 − P2 at t = 1; "gap closed" is
    (ρ(B and reorientation) − ρ(B)) / (ρ(A) − ρ(B)), 1 if reorientation does all that DW does.

    Returns
    -------
    pandas.DataFrame
        ``target`` (propensity, or reorientation) and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`, runs held out. Empty with a single
        run.
    """
    data = dataset(ensemble)
    columns = ["target", "model", "t", "at_tau", "rho", "rho_error"]
    if data.n_runs < 2:
        return pd.DataFrame(columns=columns)
    at_one = ensemble.times.debye_waller_index
    early = np.stack(
        [reorientation_propensity(ensemble, name)[:, at_one] for name in ("p1_loss", "p2_loss")],
        axis=1,
    )
    turned = data.extended(["reorientation p1", "reorientation p2"], early)
    predicted = ridges(data)
    predicted["B and reorientation"] = ridge_predictions(turned, "B", "run")
    predicted["A and reorientation"] = ridge_predictions(turned, "A", "run")
    differences = [
        ("ridge A", "ridge B"),
        ("B and reorientation", "ridge B"),
        ("ridge A", "B and reorientation"),
        ("A and reorientation", "ridge A"),
    ]
    tables = [correlation_rows(data, predicted, differences, target="propensity")]
    parts = {name: pooled[0] for name, (pooled, _) in resample_all(data, predicted).items()}
    gap = (parts["B and reorientation"] - parts["ridge B"]) / (parts["ridge A"] - parts["ridge B"])
    error = gap.error
    tables.append(pd.DataFrame([
        {"target": "propensity", "model": "gap closed", "t": t, "at_tau": j == data.tau_index,
         "rho": gap.value[j], "rho_error": error[j]}
        for j, t in enumerate(data.times)
    ]))
    other = replace(data, targets=reorientation_propensity(ensemble))
    tables.append(correlation_rows(
        other, ridges(other), [("ridge A", "ridge B")], target="reorientation"
    ))
    return pd.concat(tables, ignore_index=True)


def importance(ensemble: Ensemble, settings: dict) -> pd.DataFrame:
    """Return how much ρ(t) falls when a group of descriptors is shuffled, runs held out.

    Returns
    -------
    pandas.DataFrame
        ``model`` (ridge or network, A or B), ``group``, ``columns`` (the group's size), ``t``,
        ``at_tau``, ``drop``, ``drop_error``. Empty with a single run.
    """
    data = dataset(ensemble)
    empty = ["model", "group", "columns", "t", "at_tau", "drop", "drop_error"]
    if data.n_runs < 2:
        return pd.DataFrame(columns=empty)
    folds, runs = splits_of(data)["run"]
    rows = []
    for network in NETWORKS:
        inputs, names = data.inputs(network)
        networks = held_out(data, network, settings["run"][network])[1]
        ridges = []
        for parts in folds:
            chosen = np.sort(np.concatenate([parts.train, parts.validation]))
            model = ridge_of(network)()
            ridges.append(model.fit(
                inputs[chosen], data.targets[chosen], regress__groups=runs[chosen]
            ))
        for kind, models in (("ridge", ridges), ("network", networks)):
            whole = np.full(data.targets.shape, np.nan)
            for parts, model in zip(folds, models, strict=True):
                whole[parts.test] = model.predict(inputs[parts.test])
            reference, _ = correlate_runs(data.targets, whole, data.runs)
            for group, columns in descriptor_groups(names).items():
                shuffled = np.full(data.targets.shape, np.nan)
                for parts, model in zip(folds, models, strict=True):
                    shuffled[parts.test] = shuffled_prediction(
                        model.predict, inputs[parts.test], columns, runs[parts.test]
                    )
                drop = reference - correlate_runs(data.targets, shuffled, data.runs)[0]
                error = drop.error
                rows += [
                    (f"{kind} {network}", group, len(columns), t, j == data.tau_index,
                     drop.value[j], error[j])
                    for j, t in enumerate(data.times)
                ]
    return pd.DataFrame(rows, columns=empty)


def shuffled_together(ensemble: Ensemble, shuffle_together: tuple[str, ...]) -> pd.DataFrame:
    """Return how much ρ(τ_α) of ridge falls when several groups are shuffled as one.

    Parameters
    ----------
    ensemble : Ensemble
    shuffle_together : tuple of str
        Names of groups, as in the table of :func:`importance`. Network B has no Debye–Waller
        factor; of its ridge the other groups are shuffled.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`importance` at t = τ_α, new configurations. Empty with a single run.
    """
    data, rows = dataset(ensemble), []
    if data.n_runs < 2:
        return pd.DataFrame(columns=["model", "group", "columns", "t", "at_tau", "drop",
                                     "drop_error"])
    folds, runs = splits_of(data)["run"]
    k = data.tau_index
    for network in NETWORKS:
        inputs, names = data.inputs(network)
        groups = descriptor_groups(names)
        together = np.unique(np.concatenate(
            [np.empty(0, np.int64), *(groups[g] for g in shuffle_together if g in groups)]))
        whole, shuffled = np.full((2, len(data), 1), np.nan)
        for parts in folds:
            chosen = np.sort(np.concatenate([parts.train, parts.validation]))
            model = ridge_of(network)().fit(
                inputs[chosen], data.targets[chosen][:, [k]], regress__groups=runs[chosen])
            whole[parts.test] = model.predict(inputs[parts.test])
            shuffled[parts.test] = shuffled_prediction(
                model.predict, inputs[parts.test], together, runs[parts.test])
        before, after = (
            correlate_runs(data.targets[:, [k]], one, data.runs)[0] for one in (whole, shuffled))
        drop = before - after
        rows.append((f"ridge {network}", " and ".join(shuffle_together), len(together),
                     data.times[k], True, drop.value[0], drop.error[0]))
    return pd.DataFrame(rows, columns=["model", "group", "columns", "t", "at_tau", "drop",
                                       "drop_error"])
