"""Does the length of the chains matter? Melts that are alike but for it, at one temperature.

The protocols are ``data/protocols/chains-3.toml`` and so on: the same density, number of monomers,
runs and trajectories.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from glasslib import store
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.learning.correlation import correlation_rows
from glasslib.results.baselines import over_draws, ridge_on, splits_of
from glasslib.results.cache import digest, key_of
from glasslib.results.ceiling import ceilings, own_ceiling
from glasslib.results.correlation import counted
from glasslib.results.inherent_structure import inherent_dataset
from glasslib.results.leaks import NO_STRUCTURE, without_structure
from glasslib.results.networks import dataset
from glasslib.results.relaxation import relaxation_table
from glasslib.results.sentences import joined, values
from glasslib.results.verdicts import difference
from glasslib.results.words import bar, bracketed, pivot_errors
from glasslib.store import Ensemble

__all__ = ["CHAINS", "chain_digest", "chain_lengths", "chain_melts", "chain_sentence",
           "chain_table", "length_cases"]  # fmt: skip

#: Protocols of the melts, and the temperature at which there are data.
CHAINS, CHAIN_TEMPERATURE = ("chains-3", "chains-5", "chains-10"), 0.55

#: Columns of the table on the page: quantity and split.
_COLUMNS = {
    "τ_α (τ)": ("tau_alpha", "none"), "a (σ)": ("a", "none"), "u² (σ²)": ("u2", "none"),
    "ρ of B, random split": ("ridge B", "row"), "ρ of B, new configurations": ("ridge B", "run"),
}
#: What the sentence speaks of, and in which unit.
_WORDS = {
    ("tau_alpha", "none"): ("τ_α", " τ"), ("a", "none"): ("a", " σ"),
    ("spread", "none"): ("the standard deviation of the propensity at τ_α", " σ"),
    ("ridge C", "run"): ("ρ(τ_α) of ridge C on new configurations", ""),
    (NO_STRUCTURE, "row"): ("ρ(τ_α) of the mean of the neighbours in the random split", ""),
}


def chain_melts() -> dict[int, Ensemble]:
    """Load the melts that are there, by the number of monomers in a chain."""
    there = [store.load_ensemble(CHAIN_TEMPERATURE, name) for name in CHAINS
             if store.find_temperature(CHAIN_TEMPERATURE, store.available(name)) is not None]
    return {ensemble.melt.chain_length: ensemble for ensemble in there}


def chain_digest() -> str:
    """Hash of the files that the table ``chain-length`` is read from."""
    return key_of([digest(ensemble) for ensemble in chain_melts().values()])


def chain_lengths() -> pd.DataFrame:
    r"""Relaxation and predictions in melts of chains of several lengths, errors over runs.

    Ridge regression on the inputs of B and of C, in the random split and on new configurations, and
    the mean of the neighbours' propensities, which reads no structure.

    Returns
    -------
    pandas.DataFrame
        ``chain_length`` (monomers), ``runs``, ``quantity``, ``split``, ``value`` and
        ``value_error``. With ``split`` none: ``tau_alpha``, ``tau_ee`` (τ), ``u2`` (σ²), ``a`` (σ,
        at the τ_α of each run), ``equilibration`` (in τ_ee), ``spread`` (standard deviation of the
        propensity at τ_α within a configuration, σ) and ``ceiling``. With ``row`` or ``run``: the
        ρ(τ_α) that counts (:data:`~glasslib.results.correlation.JUDGED`) of ``ridge B``,
        ``ridge C`` and ``neighbours' propensity``. Empty where no such melt is there.
    """
    rows = []
    for length, ensemble in chain_melts().items():
        relaxation = relaxation_table({CHAIN_TEMPERATURE: ensemble}).iloc[0]
        ends = [run.attrs["equilibration_in_tau_ee"] for run in ensemble.runs.values()]
        spread = ensemble.propensity[..., ensemble.times.tau_index].std(axis=1)
        top = own_ceiling(ceilings(ensemble)).set_index("at_tau").loc[True]
        found = [
            *((name, "none", relaxation[column], relaxation[f"{column}_error"]) for name, column in
              {"tau_alpha": "tau_alpha", "tau_ee": "tau_ee", "u2": "u2", "a": "a_own"}.items()),
            ("equilibration", "none", np.mean(ends), standard_error(ends)),
            ("spread", "none", spread.mean(), standard_error(spread)),
            ("ceiling", "none", top["ceiling"], top["ceiling_error"]),
        ]
        for _, row in _correlations(ensemble).iterrows():
            found.append((row["model"], row["split"], row["rho"], row["rho_error"]))
        rows += [(length, len(ensemble.runs), *one) for one in found]
    columns = ["chain_length", "runs", "quantity", "split", "value", "value_error"]
    return pd.DataFrame(rows, columns=columns)


def _correlations(ensemble: Ensemble) -> pd.DataFrame:
    """ρ(τ_α) that counts, of ridge B and C and of what reads no structure, by split and model."""
    data, inherent = dataset(ensemble), inherent_dataset(ensemble)

    def predict(*folds):
        return {"ridge B": ridge_on(data, "B", *folds), "ridge C": ridge_on(inherent, "B", *folds)}

    blind = without_structure(ensemble)
    tables = [blind[blind["at_tau"]]] + [
        correlation_rows(data, over_draws(data, division, predict), times=[data.tau_index],
                         split=division)
        for division in splits_of(data)
    ]
    return counted(pd.concat(tables, ignore_index=True))


def _of(table: pd.DataFrame, quantity: str, split: str = "none") -> dict[int, tuple]:
    """Value, error and runs of a quantity, by chain length."""
    here = table[(table["quantity"] == quantity) & (table["split"] == split)]
    return {row.chain_length: (row.value, row.value_error, row.runs) for row in here.itertuples()}


def chain_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the page on relaxation shows of chain length.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``chain-length``.

    Returns
    -------
    pandas.DataFrame
        By ``monomers in a chain``: ``τ_α (τ)``, ``a (σ)``, ``u² (σ²)``, and ρ(τ_α) of ridge B in
        the random split and on new configurations, as text.
    """
    names = {pair: name for name, pair in _COLUMNS.items()}
    pairs = zip(table["quantity"], table["split"], strict=True)
    shown = table.assign(name=[names.get(pair) for pair in pairs]).dropna(subset="name")
    wide = pivot_errors(shown, "chain_length", "name", "value")
    return wide.reindex(columns=list(_COLUMNS)).rename_axis("monomers in a chain")


def length_cases(table: pd.DataFrame) -> list[tuple[str, float, float, float]]:
    """Return the change of ln τ_α between each two lengths, as (where, value, error, runs).

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``chain-length``.
    """
    logs = {n: (np.log(tau), error / tau, runs)
            for n, (tau, error, runs) in _of(table, "tau_alpha").items()}
    return [(f"{short} to {long} monomers", *difference(logs[long], logs[short]))
            for short, long in combinations(sorted(logs), 2)]


def _change(what: str, unit: str, numbers: dict[int, tuple]) -> str:
    """Say how a quantity changes from the shortest to the longest chains."""
    short, long = min(numbers), max(numbers)
    value, error, runs = difference(numbers[long], numbers[short])
    both = [bracketed(*numbers[n][:2]) for n in (short, long)]
    if not np.isfinite(error) or abs(value) <= bar(error, runs):
        return f"{what} does not change beyond the error bar ({both[0]} and {both[1]}{unit})"
    return f"{what} {'rises' if value > 0 else 'falls'} from {both[0]} to {both[1]}{unit}"


def chain_sentence(table: pd.DataFrame) -> str:
    """Say what the length of the chains changes.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``chain-length``.

    Examples
    --------
    >>> chain_sentence(pd.DataFrame(columns=["quantity", "split"]))
    'There are no melts of several chain lengths here; glasslib simulate 0.55 --protocol \
data/protocols/chains-3.toml makes one.'
    """
    tau = _of(table, "tau_alpha")
    if len(tau) < 2:
        return ("There are no melts of several chain lengths here; glasslib simulate"
                f" {CHAIN_TEMPERATURE:g} --protocol data/protocols/{CHAINS[0]}.toml makes one.")
    told = "; ".join(_change(*what, found) for pair, what in _WORDS.items()
                     if len(found := _of(table, *pair)) > 1)
    text = (f"From {min(tau)} to {max(tau)} monomers in a chain, at T = {CHAIN_TEMPERATURE:.2f} and"
            f" one density: {told}.")
    if lasted := _of(table, "equilibration"):
        times = values(number for number, *_ in lasted.values())
        text += (f" Equilibration lasted {times} times the decay time of the end-to-end vector"
                 f" (chains of {joined(map(str, lasted))}).")
    return text
