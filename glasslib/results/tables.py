"""The list of result tables: what each holds, what it depends on, and how it is computed.

A table is a pure function of data, code and parameters. It is made of parts, mostly one for each
temperature, so that new data at one temperature recompute that part alone. :func:`table` gives a
table to a page: from ``data/results`` if the key of a part matches, else from ``var/cache``, else
computed now. Every trained network is cached by itself, so a kill loses one training at most.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
from threadpoolctl import threadpool_limits

from glasslib import store
from glasslib.errors import ParameterError
from glasslib.parameters import CompanionParameters, NetworkSettings
from glasslib.results import (
    baselines,
    cage,
    cage_scan,
    ceiling,
    chain_length,
    choices,
    correlation,
    debye_waller,
    graph_network,
    inherent_structure,
    leaks,
    learning_curves,
    mixture,
    shipped,
    short_time,
    size,
    structure_limit,
    susceptibility,
    transfer,
)
from glasslib.results.cache import digest, key_of
from glasslib.results.closure import code_of
from glasslib.results.networks import (
    chosen_settings,
    reference_temperature,
    settings_key,
)
from glasslib.results.page_parameters import own_settings, table_options
from glasslib.store import Ensemble

__all__ = ["TABLES", "Table", "part_name", "table"]

Ensembles = dict[float, Ensemble]


@dataclass(frozen=True)
class Table:
    """One result table.

    Parameters
    ----------
    name : str
        File ``data/results/<name>.csv``.
    about : str
        What it holds, in one line.
    function : callable
        From an ensemble (or, for ``parts = "all"``, from all of them) and, if ``trains``, the
        chosen settings, to the rows.
    parts : {"each", "reference", "all", "own"}
        One part for each temperature, for the reference temperature alone, or one in all; or one of
        data that are no ensembles: the function then takes nothing.
    trains : bool
        Needs networks, and so the choice of settings.
    tolerance : float
        How far a number may lie from that computed elsewhere. A network rounds differently on
        another processor, and training amplifies that; it is then another seed.
    cost : float
        Seconds of one core for 8,000 rows, roughly: to say how much is left.
    cages : bool
        Reads the cages too; their files count in the key.
    data : callable, optional
        For ``parts = "own"``: the hash of the data that the table stands on.
    scans : bool
        Reads the scans of the cages too.
    options : tuple of str
        Which arguments of the function a page's parameters may set (``spec`` the descriptors).
    """

    name: str
    about: str
    function: Callable[..., pd.DataFrame]
    parts: str = "each"
    trains: bool = False
    tolerance: float = 5e-3
    cost: float = 5.0
    cages: bool = False
    data: Callable[[], str] | None = None
    scans: bool = False
    options: tuple[str, ...] = ()


TABLES: dict[str, Table] = {
    entry.name: entry
    for entry in (
        Table("ceiling", "noise ceiling of the propensity against t and number of trajectories",
              ceiling.ceilings, tolerance=1e-4, cost=4),
        Table("accuracy", "ρ(t) of networks A and B, split by row and by run, three seeds each",
              correlation.accuracy, trains=True, tolerance=0.05, cost=150, options=("spec",)),
        Table("accuracy-equal-runs",
              "ρ(t) of A and B from as many runs at every temperature, to compare temperatures",
              correlation.accuracy_from_equal_runs, trains=True, tolerance=0.05, cost=150,
              options=("spec",)),
        Table("shape", "numbers that decide on minima and maxima of ρ(t)",
              correlation.shape, trains=True, tolerance=0.07, cost=3, options=("spec",)),
        Table("susceptibility", "χ4(t), true, predicted, and of single trajectories",
              susceptibility.susceptibilities, trains=True, tolerance=2.0, cost=3,
              options=("probe_length",)),
        Table("mobile-number", "mobile monomers of each run at τ_α, true and as predicted",
              susceptibility.mobile_numbers, trains=True, tolerance=30, cost=10),
        Table("probe-lengths", "χ4 with the probe lengths a = 0.4, 0.5 and 0.6",
              susceptibility.probe_lengths, trains=True, tolerance=2.0, cost=3),
        Table("transfer", "ρ(τ_α) of networks at other temperatures than their own",
              transfer.transfers, parts="all", trains=True, tolerance=0.07, cost=15,
              options=("statistics",)),
        Table("choices-networks", "ρ of A and B for each choice of output, targets and training",
              choices.choices_in_networks, parts="reference", trains=True, tolerance=0.07,
              cost=60),
        Table("choices-descriptors", "ρ of ridge for each choice of the descriptors",
              choices.choices_of_descriptors, parts="reference", cost=60),
        Table("joint", "ρ(τ_α) of ridge trained at all temperatures, at the others, at its own",
              transfer.joint_training, parts="all", cost=90),
        Table("baselines", "ρ(t) of simpler means on the same splits",
              baselines.baseline_correlations, cost=35),
        Table("positions", "ρ(t) within each place in the chain, runs held out",
              baselines.positions, trains=True, tolerance=0.05, cost=5),
        Table("leaks", "what shared noise and standardisation over all rows add, ridge",
              leaks.leaks_in_ridge, cost=12),
        Table("leaks-networks", "the same leaks in networks, at the reference temperature",
              leaks.leaks_in_networks, parts="reference", trains=True, tolerance=0.05, cost=50),
        Table("without-structure", "ρ(t) of the mean of the propensities around, split by row",
              leaks.without_structure, cost=1),
        Table("leak-reach", "ρ(τ_α) of ridge B against the hole in its training set",
              leaks.reach_of_leak, tolerance=0.02, cost=6),
        Table("leak-runs", "how many test rows give away their run, by generation",
              leaks.runs_recognised, tolerance=0.01, cost=3),
        Table("reorientation", "DW, propensity and bond reorientation of the same monomer",
              debye_waller.reorientation, cost=3),
        Table("reorientation-models", "does reorientation at t = 1 close the gap from B to A?",
              debye_waller.reorientation_models, cost=15),
        Table("importance", "fall of ρ(t) when a group of descriptors is shuffled",
              debye_waller.importance, trains=True, tolerance=0.05, cost=12),
        Table("learning-runs", "ρ of ridge regression against the number of training runs",
              learning_curves.learning_runs, cost=45),
        Table("learning-trajectories", "ρ of ridge regression against trajectories in an ensemble",
              learning_curves.learning_trajectories, cost=15),
        Table("learning-networks", "ρ of networks against the number of training runs",
              learning_curves.learning_in_networks, parts="reference", trains=True, tolerance=0.05,
              cost=60),
        Table("inherent", "ρ(t) of ridge with the descriptors of the inherent structure",
              inherent_structure.with_inherent_structure, cost=35),
        Table("inherent-networks", "networks with the descriptors of the inherent structure",
              inherent_structure.with_inherent_structure_in_networks, parts="reference",
              trains=True, tolerance=0.05, cost=80),
        Table("debye-waller-parts", "the Debye–Waller factor beside offset, cage and harmonic part",
              cage.debye_waller_parts, tolerance=1e-3, cost=30, cages=True),
        Table("short-time-parts", "shift and fluctuation of a Debye–Waller factor beside the cage",
              short_time.short_time_parts, tolerance=1e-3, cost=12, cages=True),
        Table("short-time", "ρ(τ_α) of shift and fluctuation, alone and beside structure",
              short_time.short_time, tolerance=0.01, cost=15, cages=True),
        Table("structure-limit", "ρ(t) of cages, of networks D and A′, and of A and B as ridge",
              cage.structure_limit, cost=20, cages=True),
        Table("cage-transfer", "ρ(τ_α) of network D at other temperatures than its own, and of all",
              cage.cage_transfer, parts="all", cost=2, cages=True),
        Table("graph-network", "ρ(τ_α) of a graph network and of ridge D against training runs",
              graph_network.graph_networks, parts="reference", tolerance=0.05, cost=130,
              cages=True),
        Table("graph-temperatures",
              "ρ(τ_α) of a graph network and of ridge D from all other runs, at each temperature",
              graph_network.graph_temperatures, tolerance=0.05, cost=75, cages=True),
        Table("mixture", "ρ(τ_α) of ridge B, C and D on another glass, the Kob–Andersen mixture",
              mixture.another_glass, parts="own", tolerance=0.01, cost=60,
              data=mixture.another_digest),
        Table("mixture-lengths", "cages of the mixture against the length of a replica",
              mixture.replica_lengths, parts="own", tolerance=1e-3, cost=1,
              data=mixture.lengths_digest),
        Table("melt-size", "the same quantities of a melt of 2,000 and of 10,000 monomers",
              size.melt_size, parts="own", tolerance=0.02, cost=300, data=size.size_digest),
        Table("chain-length", "relaxation and ρ(τ_α) of ridge in melts of three chain lengths",
              chain_length.chain_lengths, parts="own", tolerance=0.01, cost=50,
              data=chain_length.chain_digest),
        Table("cage-scan", "ρ(τ_α) of D against the radius of the wall, the bath and the length",
              cage_scan.cage_scan, cost=10, cages=True, scans=True),
        Table("cage-choice", "ρ(τ_α) of sets of inputs, and of what training runs choose of them",
              structure_limit.cage_choice, cost=25, cages=True),
        Table("cage-learning", "ρ(τ_α) of ridge B, C and D against the number of training runs",
              structure_limit.cage_learning, parts="reference", cost=60, cages=True),
        Table("cage-networks", "ρ(t) of the paper's network on the inputs of D",
              structure_limit.cage_networks, parts="reference", trains=True, tolerance=0.05,
              cost=40, cages=True),
        Table("cage-gap", "what D leaves of the variance at τ_α, and how far the rest reaches",
              structure_limit.cage_gap, cost=3, cages=True),
        Table("cage-reliability", "how well each number of a cage is known",
              structure_limit.cage_reliability, tolerance=1e-3, cost=1, cages=True, scans=True),
        Table("cage-cost", "CPU time of the inputs of one run",
              structure_limit.cage_cost, tolerance=1e-3, cost=1, cages=True, scans=True),
    )
}


# ------------------------------------------------------------------------------------- keys
def part_name(temperature: float) -> str:
    """Return the name of a temperature's part.

    Examples
    --------
    >>> part_name(0.5)
    'T0.500'
    """
    return f"T{temperature:.3f}"


def temperatures_of_parts(entry: Table, ensembles: Ensembles) -> dict[str, float | None]:
    """Parts of a table with the temperature of each."""
    if entry.parts in ("all", "own"):
        return {entry.parts: None}
    reference = entry.parts == "reference"
    temperatures = [reference_temperature(ensembles)] if reference else list(ensembles)
    return {part_name(t): t for t in temperatures}


class Work:
    """What parts share: the ensembles, what a page asks for, and the settings once chosen."""

    def __init__(self, ensembles: Ensembles, page: CompanionParameters | None = None):
        self.ensembles = ensembles
        self.page = page
        self._settings: dict | None = None

    @property
    def settings(self) -> dict[str, dict[str, NetworkSettings]]:
        if self._settings is None:
            self._settings = {
                division: {
                    network: own_settings(self.page, best)
                    for network, (best, _) in chosen_settings(
                        self.ensembles, NetworkSettings(split=division)
                    ).items()
                }
                for division in self.divisions()
            }
            # One run cannot be held out; whatever asks for it finds the choice made by row.
            self._settings.setdefault("run", self._settings["row"])
        return self._settings

    def divisions(self) -> tuple[str, ...]:
        reference = self.ensembles[reference_temperature(self.ensembles)]
        return ("row", "run") if len(reference.runs) > 1 else ("row",)

    def settings_known(self) -> bool:
        """Tell whether the settings are there without training."""
        reference = self.ensembles[reference_temperature(self.ensembles)]
        return all(
            shipped.find(
                "settings", division, settings_key(reference, NetworkSettings(split=division))
            ) is not None
            for division in self.divisions()
        )

    def key(self, entry: Table, temperature: float | None) -> str:
        one = temperature is not None
        chosen = [self.ensembles[temperature]] if one else self.ensembles.values()
        if entry.parts == "own":
            return key_of(entry.name, entry.data(), code_of(entry.function))
        settings = None
        if entry.trains:
            settings = {
                division: {network: each.model_dump() for network, each in both.items()}
                for division, both in self.settings.items()
            }
        code = code_of(entry.function, store.load_ensemble)
        data = [digest(ensemble) for ensemble in chosen]
        if entry.cages:
            data += [cage.cages_digest(ensemble) for ensemble in chosen]
            code = key_of(code, code_of(store.load_cages))
        if entry.scans:
            data += [cage_scan.scan_digest(ensemble) for ensemble in chosen]
        options = table_options(self.page, entry.options)
        asked = [{name: str(value) for name, value in options.items()}] if options else []
        return key_of(entry.name, data, settings, code, *asked)

    def frame(self, entry: Table, temperature: float | None) -> pd.DataFrame:
        given = (self.ensembles if temperature is None else self.ensembles[temperature],)
        if entry.parts == "own":
            given = ()
        if entry.trains:
            given = (*given, self.settings)
        with threadpool_limits(1):  # on a busy machine, two threads are ten times slower than one
            frame = entry.function(*given, **table_options(self.page, entry.options))
        if temperature is not None:
            frame = frame.assign(T=temperature)
            frame = frame[["T", *(name for name in frame if name != "T")]]
        return frame


# ----------------------------------------------------------------------------------- reading
def table(
    name: str, ensembles: Ensembles, page: CompanionParameters | None = None
) -> pd.DataFrame:
    """Return a result table for the ensembles shown; compute what is not there.

    Parameters
    ----------
    name : str
        One of :data:`TABLES`.
    ensembles : dict of float to Ensemble
        By temperature.
    page : CompanionParameters, optional
        What a page asks for in place of the defaults: descriptors, settings of the networks, and
        so on (:mod:`glasslib.results.page_parameters`).

    Returns
    -------
    pandas.DataFrame
        ``T`` (but for tables of all temperatures together), and the columns of the table's
        function. ``attrs["runs"]`` is the number of runs at each temperature, for figures.

    Raises
    ------
    ParameterError
        There is no such table.
    """
    entry = find_table(name)
    work = Work(ensembles, page)
    frames = []
    for part, temperature in temperatures_of_parts(entry, ensembles).items():
        key = work.key(entry, temperature)
        frames.append(shipped.found_or(name, part, key, partial(work.frame, entry, temperature)))
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    whole = pd.concat(filled, ignore_index=True)
    whole.attrs["runs"] = {t: len(ensemble.runs) for t, ensemble in ensembles.items()}
    return whole


def find_table(name: str) -> Table:
    try:
        return TABLES[name]
    except KeyError:
        raise ParameterError(
            f"result table {name!r} does not exist; choose {', '.join(TABLES)}"
        ) from None
