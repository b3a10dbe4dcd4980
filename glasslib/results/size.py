"""The melt at two sizes: do the numbers at N = 2,000 hold for the paper's 10,000 monomers?

Two comparisons are made at each temperature that both sizes have: between equal numbers of runs,
which is what an error over runs stands on, and between about equal numbers of monomers, which is
what a model learns from.
"""

import numpy as np
import pandas as pd

from glasslib import store
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.dynamics.susceptibility import (
    four_point_susceptibility,
    four_point_susceptibility_error,
    nearest_probe,
    trajectory_susceptibility,
    trajectory_susceptibility_error,
)
from glasslib.learning.baselines import out_of_sample, ridge_pipeline
from glasslib.learning.correlation import correlation_rows
from glasslib.results.baselines import ridge_on, splits_of
from glasslib.results.cache import digest, key_of
from glasslib.results.cage import cage_dataset, cages_digest
from glasslib.results.ceiling import ceilings
from glasslib.results.correlation import COMPARED_RUNS, counted
from glasslib.results.inherent_structure import inherent_dataset
from glasslib.results.leaks import (
    NO_STRUCTURE,
    reach_of_leak,
    runs_recognised,
    without_structure,
)
from glasslib.results.networks import dataset
from glasslib.results.relaxation import relaxation_table
from glasslib.results.sentences import at, joined
from glasslib.results.structure_limit import at_tau
from glasslib.results.words import bracketed, judge
from glasslib.store import Ensemble

__all__ = [
    "melt_size", "relaxation_changes", "relaxation_sentence", "rows_sentence", "size_changes",
    "size_digest", "size_monomers_table", "size_recognised_table", "size_rho_table",
    "size_sentence", "size_table",
]  # fmt: skip

#: The two sizes, as profiles.
SMALL, LARGE = "companion", "paper"
SIZES = ("small", "large")
#: Models whose ρ(τ_α) is compared.
MODELS = ("ridge A", "ridge B", "ridge C", "ridge D", NO_STRUCTURE)
_MEASURED = ["quantity", "case", "value", "error"]
#: Quantities that are the two tests.
SPLITS = {"rho, run": "on new configurations",
          "rho, row": "in the random split"}
#: Quantities that a table shows, with their names there.
BULK = {"kinetic": "kinetic temperature (ε/k_B)", "tau_alpha": "τ_α (τ)",
        "u2": "u² (σ²)", "a": "a (σ)",
        "chi4": "χ4(τ_α), Eq. 8", "chi4 of trajectories": "χ4(τ_α) of trajectories"}  # fmt: skip


def _pairs() -> dict[float, tuple[Ensemble, Ensemble]]:
    """Small and large melt at the temperatures that both have, runs with all their blocks."""
    found = {}
    for t in store.available(LARGE):
        if store.find_temperature(t, store.available(SMALL)) is None:
            continue
        both = [store.load_ensemble(t, profile) for profile in (SMALL, LARGE)]
        most = max(len(blocks) for each in both for blocks in each.blocks.values())
        both = [each.only(r for r, b in each.blocks.items() if len(b) == most) for each in both]
        if all(len(ensemble.runs) > 1 for ensemble in both):
            found[t] = tuple(both)
    return found


def size_digest() -> str:
    """Hash of the files that the table ``melt-size`` is read from."""
    return key_of([[digest(each), cages_digest(each)] for both in _pairs().values()
                   for each in both])


def ridges(ensemble: Ensemble) -> pd.DataFrame:
    """Return ρ(τ_α) of A, B and C as ridge regression, and of D where every run has its cages.

    Returns
    -------
    pandas.DataFrame
        ``split`` (row, run; the first draw of each) and the columns of
        :func:`~glasslib.learning.correlation.correlation_rows`.
    """
    plain, more = at_tau(dataset(ensemble)), at_tau(inherent_dataset(ensemble))
    inputs = {"ridge A": (plain, "A"), "ridge B": (plain, "B"), "ridge C": (more, "B")}
    complete = not set(ensemble.blocks) - set(store.with_cages(ensemble))
    cages = cage_dataset(ensemble).features if complete else None
    tables = []
    for division, (folds, groups) in splits_of(plain).items():
        predicted = {name: ridge_on(*one, folds, groups) for name, one in inputs.items()}
        if complete:
            predicted["ridge D"] = out_of_sample(
                ridge_pipeline, cages, plain.targets, folds, groups
            )
        tables.append(correlation_rows(plain, predicted, split=division))
    return pd.concat(tables, ignore_index=True)


def correlations(ensemble: Ensemble, tables: list[pd.DataFrame]) -> list[tuple]:
    """Return (quantity, case, value, error) of the ρ(τ_α) that count."""
    rows = []
    for table in map(counted, tables):
        here = table[table["at_tau"] & table["model"].isin(MODELS)]
        rows += list(zip("rho, " + here["split"], here["model"], here["rho"], here["rho_error"],
                         strict=True))
    return rows


def measured(ensemble: Ensemble) -> pd.DataFrame:
    """Return what is compared between two sizes, of one melt.

    Returns
    -------
    pandas.DataFrame
        ``quantity`` ("kinetic" temperature, "tau_alpha", "u2", "a", "spread" of the propensity at
        τ_α, "chi4" and "chi4 of trajectories" at τ_α; "rho, row" and "rho, run" at τ_α, the first
        over all rows and the second within runs; "ceiling", the noise ceiling of the second;
        "hole", ρ(τ_α) against it; "recognised", the part of rows whose run a linear classifier
        finds), ``case`` (the model, the radius of the hole in σ, the generation), ``value`` and
        ``error``, over runs.
    """
    rows = []
    k, true = ensemble.times.tau_index, ensemble.propensity
    bulk = relaxation_table({ensemble.temperature: ensemble}).iloc[0]
    kinetic = np.array([run.attrs["mean_kinetic_temperature"] for run in ensemble.runs.values()])
    rows.append(("kinetic", "", kinetic.mean(), standard_error(kinetic)))
    for name, column in (("tau_alpha", "tau_alpha"), ("u2", "u2"), ("a", "a_own")):
        rows.append((name, "", bulk[column], bulk[f"{column}_error"]))
    spread = true[..., k].std(axis=1)
    rows.append(("spread", "", spread.mean(), standard_error(spread)))
    a = float(true[..., k].mean())
    counts = [
        np.concatenate([
            b["exceeding"][:, [k], nearest_probe(b["probe_length"], a)] for b in blocks
        ])
        for blocks in ensemble.blocks.values()
    ]
    n = ensemble.melt.n_monomers
    for name, value, error in (
        ("chi4", four_point_susceptibility(true, a, unbiased=True)[k],
         four_point_susceptibility_error(true, a, unbiased=True)[k]),
        ("chi4 of trajectories", trajectory_susceptibility(counts, n)[0][0],
         trajectory_susceptibility_error(counts, n)[0][0]),
    ):
        rows.append((name, "", value, error))
    rows += correlations(ensemble, [ridges(ensemble), without_structure(ensemble)])
    top = ceilings(ensemble).query("kind == 'within' and own and at_tau").iloc[0]
    rows.append(("ceiling", "", top["ceiling"], top["ceiling_error"]))
    for _, line in reach_of_leak(ensemble).iterrows():
        rows.append(("hole", f"{line['radius']:g}", line["rho"], line["rho_error"]))
    for _, line in runs_recognised(ensemble).iterrows():
        rows.append(("recognised", str(int(line["generation"])), line["recognised"], np.nan))
    return pd.DataFrame(rows, columns=_MEASURED)


def melt_size() -> pd.DataFrame:
    """Return the same quantities of a small and a large melt.

    Returns
    -------
    pandas.DataFrame
        ``T``, ``equal`` ("runs" or "monomers": what both sizes have in equal number; of a size
        with more, the first runs count), ``size`` (small, large), ``N``, ``runs``, and the
        columns of :func:`measured`, for equal monomers ρ alone. Of equal monomers the large melt
        has few runs, so its errors say little. Empty where no temperature has both sizes.
    """
    tables = []
    for t, (small, large) in _pairs().items():
        fewest = min(len(small.runs), len(large.runs))
        ratio = large.melt.n_monomers / small.melt.n_monomers
        alike = max(2, round(len(small.runs) / ratio))
        for equal, numbers in (("runs", (fewest, fewest)), ("monomers", (len(small.runs), alike))):
            for melt, ensemble, number in zip(SIZES, (small, large), numbers, strict=True):
                chosen = ensemble.only(list(ensemble.runs)[:number])
                found = measured(chosen) if equal == "runs" else pd.DataFrame(
                    correlations(chosen, [ridges(chosen)]), columns=_MEASURED)
                tables.append(found.assign(
                    T=t, equal=equal, size=melt, N=ensemble.melt.n_monomers, runs=number
                ))
    columns = ["T", "equal", "size", "N", "runs", *_MEASURED]
    return pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)


def size_changes(table: pd.DataFrame, equal: str = "runs") -> pd.DataFrame:
    """Return what changes from the small melt to the large one.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``.
    equal : {"runs", "monomers"}

    Returns
    -------
    pandas.DataFrame
        ``T``, ``quantity``, ``case``, ``small``, ``small_error``, ``large``, ``large_error``,
        ``change`` and its ``error`` (the two melts are independent), and ``runs``, the fewer.
    """
    here = table[table["equal"] == equal]
    keys = ["T", "quantity", "case"]
    small, large = (here[here["size"] == size].set_index(keys) for size in SIZES)
    out = pd.DataFrame({
        "small": small["value"], "small_error": small["error"],
        "large": large["value"], "large_error": large["error"],
        "change": large["value"] - small["value"],
        "error": np.hypot(small["error"], large["error"]),
        "runs": np.minimum(small["runs"], large["runs"]),
    })
    return out.reindex(small.index).reset_index()


def size_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the bulk quantities of both sizes, from equal numbers of runs, as text.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``.

    Returns
    -------
    pandas.DataFrame
        By quantity, a column for each ``T``: the small melt → the large one.
    """
    changes = size_changes(table)
    changes = changes[changes["quantity"].isin(BULK)]
    return _arrows(changes.assign(what=changes["quantity"].map(BULK)), "what")


def _logs(profile: str) -> dict[float, np.ndarray]:
    """Logarithms of kinetic temperature and τ_α in production, (n_runs, 2), by temperature."""
    found = {}
    for t, numbers in store.equilibrated(profile).items():
        runs = [store.read(store.run_path(t, profile, run)).attrs for run in numbers]
        found[t] = np.log([[run["mean_kinetic_temperature"], run["tau_alpha"]] for run in runs])
    return found


def relaxation_changes() -> pd.DataFrame:
    r"""Compare τ_α of the two sizes at equal kinetic temperature, from all runs in production.

    .. math:: \delta = \overline{\ln \tau}_L - \overline{\ln \tau}_S
        - g \, (\overline{\ln T}_L - \overline{\ln T}_S)

    with the slope g = d ln τ_α / d ln T of the small melt, between the temperatures next to T.

    Returns
    -------
    pandas.DataFrame
        ``T``, ``slope``, ``change`` δ and its ``error`` over runs, and ``runs``, the fewer. Empty
        where no temperature has two runs of both sizes, and the small melt no second temperature.
    """
    small, large = _logs(SMALL), _logs(LARGE)
    rows, order = [], sorted(small)
    for t in sorted(large, reverse=True):
        own = store.find_temperature(t, small)
        if own is None or len(order) < 2 or min(len(small[own]), len(large[t])) < 2:
            continue
        place = order.index(own)
        low, high = order[max(place - 1, 0)], order[min(place + 1, len(order) - 1)]
        span = small[high].mean(axis=0) - small[low].mean(axis=0)
        slope = span[1] / span[0]
        moved = large[t].mean(axis=0) - small[own].mean(axis=0)
        errors = [standard_error(each[:, k]) for each in (small[own], large[t]) for k in (0, 1)]
        rows.append({
            "T": t, "slope": slope, "change": moved[1] - slope * moved[0],
            "error": float(np.hypot(np.hypot(*errors[1::2]), slope * np.hypot(*errors[::2]))),
            "runs": min(len(small[own]), len(large[t])),
        })
    return pd.DataFrame(rows, columns=["T", "slope", "change", "error", "runs"])


def relaxation_sentence(changes: pd.DataFrame) -> str:
    """Say by how much τ_α of the large melt differs at equal kinetic temperature.

    Parameters
    ----------
    changes : pandas.DataFrame
        From :func:`relaxation_changes`.

    Examples
    --------
    >>> changes = pd.DataFrame({"T": [0.6, 0.5], "change": [-0.1, -0.14], "error": [0.03, 0.05],
    ...                         "runs": 4})
    >>> print(relaxation_sentence(changes))
    At equal kinetic temperature, from all runs, τ_α of the large melt differs from that of the \
small one by −9.5(2.7) % at T = 0.60 and −13(4) % at T = 0.50. Beyond the error bar: at T = 0.60.
    >>> relaxation_sentence(changes[:0])
    'No temperature has two runs of both sizes.'
    """
    if not len(changes):
        return "No temperature has two runs of both sizes."
    factor = 100 * np.exp(changes["change"])
    each = zip(changes["T"], factor - 100, factor * changes["error"], strict=True)
    told = [f"{bracketed(value, error).replace('-', '−')} % {at([t])}" for t, value, error in each]
    sure = [row.T for row in changes.itertuples(index=False)
            if judge(row.change, row.error, "", "changes", row.runs) == "changes"]
    return ("At equal kinetic temperature, from all runs, τ_α of the large melt differs from that"
            f" of the small one by {joined(told)}. Beyond the error bar: {at(sure)}.")


def size_rho_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return ρ(τ_α) of both sizes, from equal numbers of runs, as text.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``.

    Returns
    -------
    pandas.DataFrame
        By model and split, a column for each ``T``: the small melt → the large one.
    """
    changes = size_changes(table)
    changes = changes[changes["quantity"].isin(SPLITS)]
    what = changes["case"].map(_short) + " " + changes["quantity"].map(SPLITS)
    return _arrows(changes.assign(what=what), "what")


def size_monomers_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return ρ(τ_α) on new configurations from equal numbers of monomers, as text.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``.

    Returns
    -------
    pandas.DataFrame
        By model, a column for each ``T``: small melt → large melt.
    """
    changes = size_changes(table, "monomers")
    return _arrows(changes[changes["quantity"] == "rho, run"], "case")


def size_recognised_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return in percent how many rows give away their run, by generation, as text.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``.

    Returns
    -------
    pandas.DataFrame
        By generation, a column for each ``T``: small melt → large melt.
    """
    changes = size_changes(table)
    changes = changes[changes["quantity"] == "recognised"]
    text = [f"{100 * a:.0f} % → {100 * b:.0f} %"
            for a, b in zip(changes["small"], changes["large"], strict=True)]
    return _arrows(changes.assign(case="generation " + changes["case"]), "case", text)


def _arrows(changes: pd.DataFrame, index: str, text: list[str] | None = None) -> pd.DataFrame:
    """Turn changes into a table of "small → large", a column for each temperature."""
    text = text or [
        f"{bracketed(row['small'], row['small_error'])} →"
        f" {bracketed(row['large'], row['large_error'])}"
        for _, row in changes.iterrows()
    ]
    wide = changes.assign(text=text, T=[f"T = {t:.2f}" for t in changes["T"]]).pivot_table(
        index=index, columns="T", values="text", aggfunc="first", sort=False
    )
    return wide.fillna("–").rename_axis(index=None, columns=None)


def size_sentence(table: pd.DataFrame) -> str:
    """Say what the larger melt changes, beyond the error bar, and what it does not cure.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``.

    Examples
    --------
    >>> case = {"T": 0.6, "equal": "runs", "runs": 4, "error": 0.01}
    >>> table = pd.DataFrame([
    ...     case | {"size": size, "N": n, "quantity": quantity, "case": of, "value": value}
    ...     for size, n, quantity, of, value in (
    ...         ("small", 2000, "rho, run", "ridge A", 0.69), ("small", 2000, "hole", "1.2", 0.64),
    ...         ("small", 2000, "hole", "inf", 0.39), ("large", 10000, "hole", "1.2", 0.55),
    ...         ("large", 10000, "rho, run", "ridge A", 0.76),
    ...         ("large", 10000, "hole", "inf", 0.48))
    ... ])
    >>> print(size_sentence(table))
    From 2,000 to 10,000 monomers, with equal numbers of runs, ρ(τ_α) changes beyond the error bar \
by +0.070(14) (A on new configurations) at T = 0.60. When the \
neighbours of its test monomers leave the training set, ridge B goes from 0.640(10) to \
0.390(10) with 2,000 monomers and from 0.550(10) to 0.480(10) with 10,000, at T = 0.60.
    >>> size_sentence(table[:0])
    'No temperature has both sizes yet.'
    """
    if not len(table):
        return "No temperature has both sizes yet."
    small, large = (f"{n:,}" for n in table.groupby("size", sort=False)["N"].first())
    beyond, judged = [], []
    for t, here in size_changes(table).groupby("T", sort=False):
        runs, changes = int(here["runs"].iloc[0]), []
        for _, row in here[here["quantity"].isin(SPLITS)].iterrows():
            if judge(row["change"], row["error"], "", "changes", runs) == "changes":
                value = bracketed(abs(row["change"]), row["error"])
                changes.append(f"{'−' if row['change'] < 0 else '+'}{value}"
                               f" ({_short(row['case'])} {SPLITS[row['quantity']]})")
        if runs >= COMPARED_RUNS:
            judged.append(t)
            beyond += [f"by {joined(changes)} {at([t])}"] * bool(changes)
    text = f"From {small} to {large} monomers, with equal numbers of runs, "
    if not judged:
        text += "too few runs tell whether ρ(τ_α) changes."
    elif beyond:
        text += (f"ρ(τ_α) changes beyond the error bar {joined(beyond)}"
                 f"{', and nowhere else' if len(judged) > len(beyond) else ''}.")
    else:
        text += f"no ρ(τ_α) changes beyond its error bar {at(judged)}."
    hole = here[here["quantity"] == "hole"]  # at the lowest temperature
    if len(hole):
        fall = {
            size: " to ".join(bracketed(hole[size].iloc[i], hole[f"{size}_error"].iloc[i])
                              for i in (0, -1))
            for size in SIZES
        }
        text += (" When the neighbours of its test monomers leave the training set, ridge B"
                 f" goes from {fall['small']} with {small} monomers and from {fall['large']}"
                 f" with {large}, {at([t])}.")
    return text


def rows_sentence(table: pd.DataFrame) -> str:
    """Say what C and D gain on new configurations from more monomers in as many runs.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``melt-size``.

    Examples
    --------
    >>> table = pd.DataFrame([
    ...     {"T": 0.5, "equal": "runs", "runs": 4, "size": size, "N": n, "quantity": "rho, run",
    ...      "case": model, "value": value, "error": 0.01}
    ...     for size, n, model, value in (
    ...         ("small", 2000, "ridge C", 0.52), ("small", 2000, "ridge D", 0.78),
    ...         ("large", 10000, "ridge C", 0.61), ("large", 10000, "ridge D", 0.78))
    ... ])
    >>> print(rows_sentence(table))
    From 2,000 to 10,000 monomers in as many runs, ρ(τ_α) changes by 0.090(14) (C) and 0.000(14) \
(D) at T = 0.50.
    """
    if not len(table):
        return "No temperature has both sizes yet."
    small, large = (f"{n:,}" for n in table.groupby("size", sort=False)["N"].first())
    changes = size_changes(table)
    told = []
    for t, here in changes[changes["quantity"] == "rho, run"].groupby("T", sort=False):
        of = {_short(row["case"]): bracketed(row["change"], row["error"]).replace("-", "−")
              for _, row in here.iterrows()}
        both = joined(f"{of[name]} ({name})" for name in ("C", "D") if name in of)
        told.append(f"by {both} {at([t])}")
    return f"From {small} to {large} monomers in as many runs, ρ(τ_α) changes {joined(told)}."


def _short(model: str) -> str:
    """Letter of a model.

    Examples
    --------
    >>> _short("ridge A"), _short("neighbours' propensity")
    ('A', 'without structure')
    """
    return "without structure" if model == NO_STRUCTURE else model.split()[-1]
