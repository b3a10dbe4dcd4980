"""Another glass: the Kob–Andersen mixture of Shiba et al., predicted as our melt is.

Descriptors have a channel for each species of neighbour; the cages are sampled with the mixture's
own pair coefficients. Ten configurations train, five test, as their authors divided them. As in
that field, ρ is that of the large particles (type A) within each configuration, averaged.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from glasslib import paths
from glasslib.dynamics.errors_over_runs import standard_error
from glasslib.errors import DataError
from glasslib.learning.baselines import out_of_sample, ridge_pipeline
from glasslib.learning.ceiling import ceiling_of_runs, spearman_brown
from glasslib.learning.correlation import difference_name, is_difference, pearson
from glasslib.learning.dataset import Split
from glasslib.results.cache import cached, key_of
from glasslib.results.closure import code_of
from glasslib.results.words import bracketed, format_error, judge
from glasslib.store import read_registry
from glasslib.store.mixture import MixtureSample, load_mixture, load_mixture_scans, mixture_digest
from glasslib.structure.cage import CageMoments
from glasslib.structure.mixture import mixture_cage_descriptors, species_descriptors

__all__ = [
    "another_digest", "another_glass", "another_question", "another_sentence", "another_table",
    "lengths_digest", "lengths_sentence", "replica_lengths",
]  # fmt: skip

#: Folder of the mixture under ``data/mixtures``.
NAME = "kob-andersen-T0.44"
#: Configurations that train for the learning curve of D.
_FEWER = (2, 5)


def another_digest() -> str:
    """Hash of the files that the table ``mixture`` is read from."""
    return mixture_digest(NAME)


def _inputs(sample: MixtureSample) -> dict[str, np.ndarray]:
    """Inputs of each model for the particles of type A, (n_A, columns) float32."""
    own = sample.species == 0
    initial = species_descriptors(sample.configuration, sample.species).values[own]
    inherent = species_descriptors(sample.inherent, sample.species).values[own]
    way = sample.inherent.positions - sample.configuration.positions
    distance = np.linalg.norm(way - way.mean(axis=0), axis=1)[own, None].astype(np.float32)

    def cages(moments):
        given = (moments, sample.configuration, sample.inherent, sample.species)
        return mixture_cage_descriptors(*given).values[own]

    d = cages(CageMoments.mean(sample.halves))
    return {
        "ridge B": initial,
        "ridge C": np.concatenate([initial, inherent, distance], axis=1),
        "ridge D": d,
        "ridge D, one half": cages(sample.halves[0]),
        "ridge C and D": np.concatenate([initial, inherent, distance, d], axis=1),
    }


def another_glass() -> pd.DataFrame:
    """ρ(τ_α) of type A on configurations that chose nothing: B, C, D and the ceiling.

    Each model is ridge regression on the training configurations; one of them, held out, chooses
    its strength.

    Returns
    -------
    pandas.DataFrame
        ``model``: "cage alone" (log u², nothing fitted), ``ridge B``, ``ridge C``, ``ridge D``,
        ``ridge D, one half`` (of the sampling), ``ridge C and D``, differences, and ``ceiling``;
        ``training``, the number of configurations; ``columns``; ``rho`` within configurations of
        type A, averaged, with ``rho_error``, its standard error over the ``tested`` ones;
        ``pooled`` over all their rows (NaN for differences and the ceiling).

    Raises
    ------
    DataError
        A configuration has no cages.
    """
    samples = load_mixture(NAME)
    if bare := [sample.label for sample in samples if not sample.halves]:
        raise DataError(
            f"{', '.join(bare)} of {NAME} have no cages; glasslib.campaign.mixture.sample_mixture"
            " makes them"
        )
    train = [sample for sample in samples if sample.label.startswith("train")]
    test = [sample for sample in samples if sample.label.startswith("test")]
    tables = [_inputs(sample) for sample in (*train, *test)]
    halves = [s.propensity[:, s.species == 0] for s in (*train, *test)]
    y = np.concatenate([each.mean(axis=0) for each in halves])
    group = np.repeat(np.arange(len(tables)), [each.shape[1] for each in halves])
    tested = np.arange(len(train), len(tables))
    found, rows = {}, []

    def score(model, training, columns, predicted):
        each = np.array([pearson(y[group == k], predicted[group == k]) for k in tested])
        found[model, training] = each
        last = np.isin(group, tested)
        rows.append(_row(model, training, columns, each, float(pearson(y[last], predicted[last]))))

    size = [CageMoments.mean(s.halves).variance[s.species == 0] for s in (*train, *test)]
    score("cage alone", 0, 1, np.log(np.concatenate(size)))
    for model in list(tables[0]):
        x = np.concatenate([table.pop(model) for table in tables])
        fewer = [n for n in _FEWER if n < len(train) and model == "ridge D"]
        for training in (*fewer, len(train)):
            known = np.flatnonzero(group < training)
            split = Split(known[1:], known[:1], np.flatnonzero(group >= len(train)))
            score(model, training, x.shape[1], out_of_sample(ridge_pipeline, x, y, [split], group))
    for one, other in _DIFFERENCES:
        difference = found[one, len(train)] - found[other, len(train)]
        rows.append(_row(difference_name(one, other), len(train), 0, difference, np.nan))
    each = [
        float(ceiling_of_runs([halves[k][:, :, None]], within=True).ceiling[0]) for k in tested
    ]
    rows.append(_row("ceiling", 0, 0, np.array(each), np.nan))
    return pd.DataFrame(rows)


_DIFFERENCES = (
    ("ridge C", "ridge B"), ("ridge D", "ridge B"), ("ridge D", "ridge C"),
    ("ridge C and D", "ridge D"), ("ridge D", "ridge D, one half"),
)


def _row(model, training, columns, each, pooled):
    return {
        "model": model, "training": training, "columns": columns, "rho": float(np.mean(each)),
        "rho_error": float(standard_error(each)), "tested": len(each), "pooled": pooled,
    }


def _each_tested(
    samples: Sequence[MixtureSample], particles: str, alike: bool
) -> dict[str, np.ndarray]:
    """Columns of B and D, and then ρ of each tested configuration."""
    ordered = sorted(samples, key=lambda sample: sample.label.startswith("test"))
    n_train = sum(sample.label.startswith("train") for sample in samples)
    inputs, targets = {"B": [], "D": []}, []
    for sample in ordered:
        own = sample.species == "AB".index(particles)
        seen = np.zeros_like(sample.species) if alike else sample.species
        inputs["B"].append(species_descriptors(sample.configuration, seen).values[own])
        inputs["D"].append(mixture_cage_descriptors(
            CageMoments.mean(sample.halves), sample.configuration, sample.inherent, seen
        ).values[own])
        targets.append(sample.propensity[:, own].mean(axis=0))
    y, group = np.concatenate(targets), np.repeat(np.arange(len(ordered)), [*map(len, targets)])
    known = np.flatnonzero(group < n_train)
    split = Split(known[1:], known[:1], np.flatnonzero(group >= n_train))
    out = {}
    for model, parts in inputs.items():
        x = np.concatenate(parts)
        predicted = out_of_sample(ridge_pipeline, x, y, [split], group)
        tested = [group == k for k in range(n_train, len(ordered))]
        out[model] = np.array([x.shape[1], *(pearson(y[k], predicted[k]) for k in tested)])
    return out


def another_question(particles: str = "A", alike: bool = False) -> pd.DataFrame:
    """ρ(τ_α) of B and D for particles of one type, and with all neighbours counted alike.

    Parameters
    ----------
    particles : {"A", "B"}
        Type of the particles that train and are tested.
    alike : bool
        Descriptors and averages of the cages have one channel for both types of neighbours.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``columns``, ``rho`` within configurations, averaged, and ``rho_error`` over the
        tested ones. Empty for what the table ``mixture`` holds.
    """
    if particles == "A" and not alike:
        return pd.DataFrame(columns=["model", "columns", "rho", "rho_error"])
    key = key_of(another_digest(), particles, alike, code_of(_each_tested, load_mixture))
    found = cached("another-question", key,
                   lambda: _each_tested(load_mixture(NAME), particles, alike))
    return pd.DataFrame([
        {"model": f"ridge {model}", "columns": int(columns), "rho": float(np.mean(each)),
         "rho_error": float(standard_error(np.array(each)))}
        for model, (columns, *each) in found.items()
    ])


def another_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return ρ of each model on the mixture, and as a part of the ceiling, as text.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mixture``.

    Returns
    -------
    pandas.DataFrame
        By ``model``: ``inputs``, ``trained on`` (configurations), ``ρ(τ_α)``, ``of the ceiling``.
    """
    top = table.set_index("model")["rho"]["ceiling"]
    here = table[~is_difference(table["model"]) & (table["model"] != "ceiling")]
    return pd.DataFrame({
        "model": here["model"], "inputs": here["columns"], "trained on": here["training"],
        "ρ(τ_α)": list(map(format_error, here["rho"], here["rho_error"])),
        "of the ceiling": [f"{rho / top:.2f}" for rho in here["rho"]],
    }).set_index("model")


def another_sentence(table: pd.DataFrame) -> str:
    """Say how far B, C and D go on the mixture, and what D gains.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mixture``.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "model": ["ridge B", "ridge C", "ridge D", "ridge D − ridge C", "ceiling"],
    ...     "training": [10, 10, 10, 10, 0], "rho": [0.5, 0.56, 0.66, 0.1, 0.93],
    ...     "rho_error": [0.01, 0.01, 0.01, 0.02, 0.001], "tested": 5})
    >>> print(another_sentence(table))
    ρ(τ_α) of type A is 0.500(10) for B, 0.560(10) for C and 0.660(10) for D; the \
ceiling is 0.9300(10). D gains 0.100(20) on C.
    """
    most = table[table["training"].isin([0, table["training"].max()])].set_index("model")
    text = {name: bracketed(row["rho"], row["rho_error"]) for name, row in most.iterrows()}
    gain = most.loc[difference_name("ridge D", "ridge C")]
    verb = "gains" if gain["rho"] > 0 else "loses"
    amount = bracketed(abs(gain["rho"]), gain["rho_error"])
    few = int(table["tested"].iloc[0])
    sure = judge(gain["rho"], gain["rho_error"], f", which {few} configurations do not make sure",
                 "", few)
    return (
        f"ρ(τ_α) of type A is {text['ridge B']} for B, {text['ridge C']} for C and"
        f" {text['ridge D']} for D; the ceiling is {text['ceiling']}. D {verb} {amount} on C{sure}."
    )


# ---------------------------------------------------------------------- the length of a replica
def lengths_digest() -> str:
    """Hash of the files that the table ``mixture-lengths`` is read from."""
    entries = read_registry(paths.mixtures().parent / "scans" / "registry.txt")
    scans = {file: sha for file, sha in entries.items() if file.startswith(f"{NAME}/")}
    return key_of(scans, another_digest())


def replica_lengths() -> pd.DataFrame:
    """Whether the cages of the mixture depend on how long a replica runs.

    Returns
    -------
    pandas.DataFrame
        One row for each length: ``replicas`` in each of two halves and their ``duration`` in τ;
        ``square``, the mean of ⟨\\|r − r₀\\|²⟩ over all particles in σ², and ``ratio``, that over
        the same of the longest replicas; ``size_ratio``, likewise of u²; ``rho``, correlation of
        log ⟨\\|r − r₀\\|²⟩ with the propensity of type A, and ``size_rho`` of log u²;
        ``reliability`` of log u² (Spearman and Brown). Each with its standard error over
        configurations, of which there are ``configurations``.

    Raises
    ------
    DataError
        No other lengths were sampled.
    """
    samples = {one.label: one for one in load_mixture(NAME)}
    rows = []
    for label, file in load_mixture_scans(NAME).items():
        own = samples[label].species == 0
        y = samples[label].propensity.mean(axis=0)[own]
        longest = int(np.argmax(file["duration"]))
        square, size = (file[name].astype(np.float64) for name in ("square", "variance"))
        for k, duration in enumerate(file["duration"]):
            whole, mean = square[k].mean(axis=0), size[k].mean(axis=0)
            rows.append({
                "replicas": int(file["replicas"][k]), "duration": float(duration),
                "square": whole.mean(), "ratio": whole.mean() / square[longest].mean(),
                "size_ratio": mean.mean() / size[longest].mean(),
                "rho": pearson(np.log(whole[own]), y), "size_rho": pearson(np.log(mean[own]), y),
                "reliability": float(spearman_brown(pearson(*np.log(size[k])), 2)),
            })
    each = pd.DataFrame(rows).groupby(["replicas", "duration"])
    table = each.mean().join(each.agg(lambda x: standard_error(x.to_numpy())), rsuffix="_error")
    return table.assign(configurations=each.size()).reset_index().sort_values("duration")


def lengths_sentence(table: pd.DataFrame) -> str:
    """Say what the shortest replicas of the mixture give beside the longest.

    Parameters
    ----------
    table : pandas.DataFrame
        The result table ``mixture-lengths``.

    Examples
    --------
    >>> print(lengths_sentence(pd.DataFrame({
    ...     "duration": [3.0, 45.0], "configurations": 3, "ratio": [0.97, 1.0], "rho": [0.6, 0.61],
    ...     "ratio_error": [0.01, 0.0], "rho_error": [0.01, 0.02], "size_ratio": [0.9, 1.0],
    ...     "size_ratio_error": [0.01, 0.0], "size_rho": [0.6, 0.61], "size_rho_error": 0.01})))
    In replicas of 3 time units, beside replicas of 45 (3 training configurations), ⟨|r − r₀|²⟩ \
changes by −3.0(1.0) % and its correlation with the propensity of type A is 0.600(10) in place of \
0.610(20); the size of the cage changes by −10.0(1.0) % and its correlation is 0.600(10) in place \
of 0.610(10).
    """
    short, long = table.loc[table["duration"].idxmin()], table.loc[table["duration"].idxmax()]

    def told(ratio, rho):
        change = bracketed(100 * (short[ratio] - 1), 100 * short[f"{ratio}_error"])
        both = [bracketed(row[rho], row[f"{rho}_error"]) for row in (short, long)]
        return change.replace("-", "−"), " in place of ".join(both)

    square, size = told("ratio", "rho"), told("size_ratio", "size_rho")
    return (
        f"In replicas of {short['duration']:g} time units, beside replicas of {long['duration']:g}"
        f" ({int(short['configurations'])} training configurations), ⟨|r − r₀|²⟩ changes by"
        f" {square[0]} % and its correlation with the propensity of type A is {square[1]}; the size"
        f" of the cage changes by {size[0]} % and its correlation is {size[1]}."
    )
