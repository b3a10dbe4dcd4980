"""From somebody's configuration to a predicted propensity, and how far it can be trusted.

``glasslib predict melt.data -T 0.5 -o out.csv`` is :func:`predict_file`. The models are those of
:mod:`glasslib.results.models`. What a model needs beyond the descriptors of the configuration is
computed here: the inherent structure by a minimisation in LAMMPS (C), cages by a sampling (D).
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError, DataError, DataWarning, ParameterError
from glasslib.files import write_text
from glasslib.parameters import Cage, DescriptorSpec, Integrator, Melt, get_protocol, validate
from glasslib.results import shipped
from glasslib.results.maps import MeltView
from glasslib.results.models import (
    ModelSet,
    expected_correlation,
    keys_of,
    load_models,
    share_by_family,
)
from glasslib.results.networks import SETTINGS_TEMPERATURE
from glasslib.results.sentences import joined
from glasslib.results.tables import Work
from glasslib.results.words import format_error
from glasslib.simulation.cage import moments, sample_replica
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.melt import seed
from glasslib.store import available, find_temperature, load_ensemble
from glasslib.store.exchange.descriptors import check_place
from glasslib.store.exchange.reading import Snapshot, read_configuration
from glasslib.structure.cage import CageMoments, cage_descriptors
from glasslib.structure.chains import linear_chains, unwrapped_chains
from glasslib.structure.descriptors import structural_descriptors

__all__ = ["Prediction", "check_places", "file_finding", "predict_file", "predict_snapshot",
           "read_debye_waller", "staleness", "worth", "write_table"]  # fmt: skip

#: Relative difference of densities, and share of a family's values beyond the training range
#: (absolute, and in multiples of that of a run left out), above which a reader is warned.
_DENSITY, _SHARE, _TIMES = 0.005, 0.002, 5.0
LETTERS = ("A", "B", "C", "D")


def _nothing(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted propensities of one configuration, and what to think of them.

    Parameters
    ----------
    temperature, trained_at : float
        Of the configuration as its owner says, and of the models, in ε/k_B.
    snapshot : Snapshot
        The configuration as it was read.
    models : ModelSet
    predicted : dict of str to (N, n_times) float64
        By letter, in σ.
    beyond : dict of str to float
        By family of inputs, the share of values beyond the training range.
    remarks : tuple of str
        What a reader should know.
    """

    temperature: float
    trained_at: float
    snapshot: Snapshot
    models: ModelSet
    predicted: dict[str, np.ndarray]
    beyond: dict[str, float]
    remarks: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return a row for each particle.

        Returns
        -------
        pandas.DataFrame
            ``id``, ``type``, ``chain``, and for each model and time the propensity in σ, such as
            ``B t=35.66``.
        """
        read = self.snapshot
        columns = {"id": read.ids, "type": read.types, "chain": read.chains}
        for letter, values in self.predicted.items():
            columns |= {f"{letter} t={t:g}": values[:, k] for k, t in enumerate(self.models.times)}
        return pd.DataFrame(columns)

    def distance(self) -> pd.DataFrame:
        """Say how far the configuration lies from those that trained the models.

        Returns
        -------
        pandas.DataFrame
            By ``quantity``: ``here`` and ``training``; for the share of values beyond the training
            range, by family of inputs, ``training`` is that of a run left out.
        """
        melt, models = self.snapshot.configuration, self.models
        rows = {
            "temperature": (f"{self.temperature:g}", f"{self.trained_at:g}"),
            "density": (f"{melt.density:.4g}", f"{models.density:.4g}"),
            "particles": (f"{len(melt):,}", f"{models.monomers:,}, {models.runs} runs"),
        }
        for name, share in self.beyond.items():
            rows[f"{name}: beyond the range"] = (
                f"{100 * share:.3f} %", f"{100 * models.left_out[name]:.3f} %"
            )
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["here", "training"])
        return frame.rename_axis("quantity")

    def view(self) -> MeltView:
        """Return what the view in three dimensions shows: each prediction at every time."""
        models = self.models
        return MeltView(self.temperature, self.snapshot.configuration, models.times,
                        models.tau_index, self.predicted)

    def worth(self) -> list[str]:
        """Say, in a line for each model, which ρ at τ_α a new configuration may expect."""
        return [worth(letter, self.trained_at, self.temperature) for letter in self.predicted]


def worth(letter: str, trained_at: float, temperature: float) -> str:
    """Say which ρ at τ_α may be expected within a configuration that the model has not seen."""
    if abs(trained_at - temperature) < 5e-4:
        known = expected_correlation(letter, temperature)
        at_tau = known[known["at_tau"]]
        if at_tau.empty or not np.isfinite(at_tau["rho"].iloc[0]):
            return f"{letter}: what it is worth at T = {temperature:g} is in no table"
        row = at_tau.iloc[0]
        rho = format_error(row["rho"], row["rho_error"])
        return (f"{letter}: ρ = {rho} at t = τ_α = {row['t']:g}, within a run of the training melt"
                " that it never saw")
    name = "cage-transfer" if letter == "D" else "transfer"
    table = shipped.read_table(name)
    if letter == "C" or table.empty:
        return f"{letter}: what it is worth at another temperature was not measured"
    if letter == "D":
        table = table.rename(columns={"T": "applied"})
    else:
        table = table[(table["kind"] == "pair") & (table["network"] == letter)
                      & (table["split"] == "run")]
    here = table[(abs(table["trained"] - trained_at) < 5e-4)
                 & (abs(table["applied"] - trained_at) > 5e-4)]
    if here.empty:
        return f"{letter}: what it is worth at another temperature was not measured"
    return (
        f"{letter}: trained at T = {trained_at:g}, it reached ρ(τ_α) from {here['rho'].min():.2f}"
        f" to {here['rho'].max():.2f} at T = "
        + ", ".join(f"{t:g}" for t in here["applied"])
    )


def file_finding(particles: int, columns: int, seconds: float, change: float,
                 letters: Sequence[str], temperature: float) -> str:
    """Say what becomes of a file, how fast, and what predictions from it are worth.

    Parameters
    ----------
    particles, columns : int
        Rows and columns of the descriptors.
    seconds : float
        From the file to the descriptors.
    change : float
        Largest change of a descriptor by what the file rounds, relative to its column.
    letters : sequence of str
        Models that predicted.
    temperature : float
        In ε/k_B.

    Examples
    --------
    >>> file_finding(2000, 880, 0.412, 1.02e-4, [], 0.5)
    'A file of 2,000 particles becomes 880 numbers for each of them in 0.4 s. What the file rounds \
changes them by at most 0.01 %.'
    """
    text = (f"A file of {particles:,} particles becomes {columns} numbers for each of them in"
            f" {seconds:.1g} s. What the file rounds changes them by at most {100 * change:.1g} %.")
    known = {letter: expected_correlation(letter, temperature) for letter in letters}
    worths = [
        f"{here.loc[here['at_tau'], 'rho'].iloc[0]:.2f} ({letter})"
        for letter, here in known.items() if here["at_tau"].any()
    ]
    if worths:
        text += (f" From the models that ship, a configuration at T = {temperature:g} that they"
                 f" never saw may expect ρ(τ_α) = {joined(worths)}.")
    return text


# ------------------------------------------------------------------------------------ inputs
def read_debye_waller(option: str, ids: np.ndarray) -> np.ndarray:
    """Read Debye–Waller factors, matched to the particles by id.

    Parameters
    ----------
    option : str
        A CSV file with the columns ``id`` and ``debye_waller``, or ``FILE:COLUMN``.
    ids : (N,) int64
        Of the particles.

    Returns
    -------
    (N,) float64
        ⟨Δr²(t = 1)⟩ in σ².

    Raises
    ------
    DataError
        The file or column is missing, an id is missing, unknown or twice, or a value is not a
        positive number.
    """
    path, _, column = (option, "", "") if Path(option).is_file() else option.rpartition(":")
    path, column = path or option, column or "debye_waller"
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"Debye–Waller factors '{path}' cannot be read: {reason}") from None
    for name in ("id", column):
        if name not in table:
            raise DataError(
                f"'{path}' has no column '{name}' (it has {', '.join(map(str, table))}); name the"
                " column of the Debye–Waller factor as FILE:COLUMN"
            )
    wrong = set(table["id"]) ^ set(ids.tolist())
    if wrong or table["id"].duplicated().any():
        what = f"id {min(wrong)}" if wrong else "an id that comes twice"
        raise DataError(
            f"'{path}' and the configuration do not name the same particles: {what};"
            " give one row for each id"
        )
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        row = table.iloc[int(bad.argmax())]
        raise DataError(
            f"'{path}': {column} = {row[column]} of id {row['id']} is no positive number"
        )
    return pd.Series(values, index=table["id"]).loc[ids].to_numpy()


def _melt_of(configuration: Configuration, letter: str) -> tuple[Melt, np.ndarray]:
    """The melt that LAMMPS is to hold, and the particles chain by chain."""
    box = configuration.box
    if np.ptp(box) > 1e-6 * box.max():
        raise ConfigurationError(
            f"the box has edges {', '.join(f'{edge:g}' for edge in box)}; model {letter} needs a"
            " cube: leave it out with --model B"
        )
    chains = linear_chains(configuration)
    n = len(configuration)
    return validate(
        Melt, n_monomers=n, chain_length=chains.shape[1], density=float(n / np.prod(box))
    ), chains


def _inherent(
    configuration: Configuration,
) -> tuple[Melt, Configuration, Configuration, np.ndarray]:
    """Minimise: the melt, configuration and inherent structure by chain, and the particles."""
    melt, chains = _melt_of(configuration, "C")
    here = unwrapped_chains(configuration, chains).reshape(-1, 3)
    with Engine(melt, Integrator(), State(here, np.zeros_like(here))) as engine:
        engine.minimise()
        minimum = engine.positions()
    box = np.full(3, melt.box_length)
    return (melt, Configuration(here, box, melt.bonds), Configuration(minimum, box, melt.bonds),
            chains.ravel())


def _as_read(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Bring rows that stand chain by chain into the order of the file."""
    out = np.empty_like(values)
    out[order] = values
    return out


def _sampled(
    melt: Melt, here: Configuration, minimum: Configuration, cage: Cage,
    report: Callable[[str], None],
) -> CageMoments:
    halves = []
    for half in range(cage.halves):
        total: dict[str, np.ndarray] = {}
        for replica in range(cage.replicas):
            report(f"cages: replica {half * cage.replicas + replica + 1} of"
                   f" {cage.halves * cage.replicas}")
            sums = sample_replica(melt, Integrator(), here.positions, minimum.positions, cage,
                                  seed("predict", half, replica))
            total = {name: total.get(name, 0.0) + values for name, values in sums.items()}
        halves.append(moments(total, melt))
    return CageMoments.mean(halves)


def _inputs(
    configuration: Configuration, letters: Sequence[str], debye_waller: np.ndarray | None,
    threads: int | None, cage: Cage, report: Callable[[str], None],
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Names and values of the inputs of each model, rows in the order of the file."""
    spec, out = DescriptorSpec(), {}

    def described(one):
        return structural_descriptors(one, spec, threads=threads)

    if {"A", "B", "C"} & set(letters):
        report("descriptors")
        plain = described(configuration)
        names = tuple(plain["descriptor"].values)
        out["B"] = names, plain.values
        if debye_waller is not None:
            out["A"] = (*names, "debye_waller"), np.column_stack([plain.values, debye_waller])
    if {"C", "D"} & set(letters):
        report("inherent structure")
        melt, here, minimum, order = _inherent(configuration)
    if "C" in letters:
        below = described(minimum)
        distance = np.linalg.norm(minimum.positions - here.positions, axis=1)
        columns = _as_read(np.column_stack([below.values, distance]).astype(np.float32), order)
        more = (*(f"inherent {name}" for name in names), "distance to inherent structure")
        out["C"] = (*names, *more), np.concatenate([plain.values, columns], axis=1)
    if "D" in letters:
        cages = cage_descriptors(_sampled(melt, here, minimum, cage, report), here, minimum)
        out["D"] = tuple(cages["descriptor"].values), _as_read(cages.values, order)
    return {letter: out[letter] for letter in letters}


# -------------------------------------------------------------------------------- prediction
def staleness(models: ModelSet) -> str | None:
    """Say in what the models that ship differ from what would be trained now; None if in nothing.

    Parameters
    ----------
    models : ModelSet

    Returns
    -------
    "code", "data" or None
        ``data``: there are runs or trajectories that did not train them. ``code``: definitions or
        settings have changed, so that inputs may mean something else. None also where there are no
        data to compare with.
    """
    there = available("companion")
    own = find_temperature(models.temperature, there)
    if own is None:
        return None
    reference = find_temperature(SETTINGS_TEMPERATURE, there)
    wanted = {own, reference} if reference is not None else set(there)
    work = Work({t: load_ensemble(t, "companion") for t in sorted(wanted, reverse=True)})
    if not work.settings_known():
        return "code"
    now = keys_of(work.ensembles[own], work.settings["run"])
    return next((name for name in ("code", "data") if now[name] != models.keys[name]), None)


def predict_snapshot(
    read: Snapshot, models: ModelSet, temperature: float, letters: Sequence[str] | None = None,
    *, debye_waller: np.ndarray | None = None, assume_potential: bool = False,
    threads: int | None = None, cage: Cage | None = None,
    report: Callable[[str], None] = _nothing,
) -> Prediction:
    """Predict the propensity of each particle of a configuration.

    Parameters
    ----------
    read : Snapshot
        From :func:`glasslib.store.exchange.read_configuration`.
    models : ModelSet
        If its temperature is another, inputs are standardised by their own mean and deviation.
    temperature : float
        Of the configuration, in ε/k_B.
    letters : sequence of str, optional
        Models. By default B; A if a Debye–Waller factor is given; and C where the melt is one
        that LAMMPS can be given here (a cube, linear chains of one length).
    debye_waller : (N,) float64, optional
        ⟨Δr²(t = 1)⟩ in σ², which A reads.
    assume_potential : bool
        Take a file that tells of another potential as if it had the melt's own.
    threads : int, optional
        For the descriptors; all cores if None.
    cage : Cage, optional
        Sampling for D; that of the training by default.
    report : callable
        Gets a line as work goes on.

    Raises
    ------
    ParameterError
        There is no such model, or A without a Debye–Waller factor.
    ConfigurationError
        The configuration is none that these models could know.
    """
    _check_potential(read, assume_potential)
    remarks = list(read.remarks) + ([f"taken as the melt's own potential, although {doubt}"
                                     for doubt in read.doubts])
    configuration = read.configuration
    if letters is None:
        letters = ["A", "B"] if debye_waller is not None else ["B"]
        try:
            _melt_of(configuration, "C")
            letters.append("C")
        except (ConfigurationError, ParameterError) as error:
            remarks.append(f"C is left out: {error}")
    letters = list(dict.fromkeys(letters))
    for letter in letters:
        if letter not in models.models:
            raise ParameterError(
                f"model = {letter!r} does not exist at T = {models.temperature:g}; choose"
                f" {', '.join(models.models)}"
            )
    if "A" in letters and debye_waller is None:
        raise ParameterError("model A reads a Debye–Waller factor; name it by --debye-waller")
    if debye_waller is not None and "A" not in letters:
        raise ParameterError("a Debye–Waller factor is given, and no model reads it; add --model A")
    inputs = _inputs(configuration, letters, debye_waller, threads,
                     cage or get_protocol("companion").cage, report)
    elsewhere = abs(models.temperature - temperature) > 5e-4
    predicted, beyond = {}, {}
    for letter, (names, values) in inputs.items():
        model = models.models[letter]
        if names != model.inputs:
            raise DataError(
                f"model {letter} was trained on {len(model.inputs)} inputs, and the configuration"
                f" gives {len(names)} others; 'glasslib results compute models' trains it again"
            )
        predicted[letter] = model.predict(values, "own" if elsewhere else "training")
        beyond |= share_by_family(names, model.beyond(values))
    result = Prediction(temperature, models.temperature, read, models, predicted, beyond)
    return replace(result, remarks=(*remarks, *_foreign(result)))


def _check_potential(read: Snapshot, assumed: bool) -> None:
    if not len(read.configuration.bonds) and not assumed:
        raise ConfigurationError(
            "the file tells no bonds, and the models know chains; give the data file of the melt,"
            " and this file by --trajectory (--assume-potential predicts all the same)"
        )
    if read.doubts and not assumed:
        raise ConfigurationError(
            f"the models know the melt's own potential alone: {'; '.join(read.doubts)}"
            " (--assume-potential predicts all the same)"
        )


def _foreign(result: Prediction) -> list[str]:
    """What sets the configuration apart from those that trained the models, in words."""
    melt, models, out = result.snapshot.configuration, result.models, []
    if abs(result.temperature - result.trained_at) > 5e-4:
        out.append(
            f"the models were trained at T = {result.trained_at:g}, not {result.temperature:g}:"
            " inputs are standardised by their own mean and deviation, and times are those of"
            f" T = {result.trained_at:g} (τ_α = {models.times[models.tau_index]:g} there)"
        )
    if abs(melt.density / models.density - 1) > _DENSITY:
        out.append(
            f"density {melt.density:.4g}, but the models know {models.density:.4g} alone: what they"
            " are worth elsewhere was not measured"
        )
    if len(melt) != models.monomers:
        out.append(f"{len(melt):,} particles; the models were trained on {models.monomers:,}")
    lengths = np.unique(np.unique(result.snapshot.chains, return_counts=True)[1])
    if lengths.tolist() != [models.chain_length]:
        found = ", ".join(map(str, lengths[:4]))
        out.append(f"chains of {found} particles; the models know chains of {models.chain_length}"
                   " alone: what they are worth elsewhere was not measured")
    far = [
        f"{name} {100 * share:.2g} %" for name, share in result.beyond.items()
        if share > max(_SHARE, _TIMES * np.nan_to_num(models.left_out[name]))
    ]
    if far:
        out.append("inputs lie beyond the range of training, and the models extrapolate: "
                   + ", ".join(far))
    return out


def check_places(out: Path, view: Path | None, overwrite: bool) -> None:
    """Refuse, before anything is computed, places that could not be written.

    Raises
    ------
    ParameterError
        ``out`` does not end in .csv, or ``view`` in .html.
    DataError
        A file exists and is not to be replaced, or its folder is missing.
    PlaceError
        That folder cannot be written.
    """
    for name, path, suffix in (("out", out, ".csv"), ("view", view, ".html")):
        if path is not None:
            check_place(name, path, (suffix,), overwrite)


def write_table(result: Prediction, out: Path) -> None:
    """Write the rows of :meth:`Prediction.table` as CSV, whole or not at all."""
    write_text(out, result.table().to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def predict_file(
    file: Path, temperature: float, letters: Sequence[str] | None = None, *,
    trained_at: float | None = None, trajectory: Path | None = None, frame: int = -1,
    atom_style: str | None = None, sigma: float = 1.0, debye_waller: str | None = None,
    assume_potential: bool = False, threads: int | None = None,
    report: Callable[[str], None] = _nothing,
) -> Prediction:
    """Read a configuration and predict with the models that ship.

    Parameters
    ----------
    file, trajectory, frame, atom_style, sigma
        See :func:`glasslib.store.exchange.read_configuration`.
    temperature : float
        Of the configuration, in ε/k_B.
    letters, assume_potential, threads, report
        See :func:`predict_snapshot`.
    trained_at : float, optional
        Temperature of the models, if another.
    debye_waller : str, optional
        See :func:`read_debye_waller`.

    Raises
    ------
    DataError
        The file cannot be read, no models ship at the temperature, or they are of other code.
    ParameterError, ConfigurationError
        As :func:`predict_snapshot`.
    """
    models = load_models(temperature if trained_at is None else trained_at)
    stale = staleness(models)
    if stale == "code":
        raise DataError(
            f"the models of T = {models.temperature:g} were trained by other code or settings than"
            " are here; 'glasslib results compute models' trains them again"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        read = read_configuration(file, trajectory, frame, atom_style, sigma)
    given = None if debye_waller is None else read_debye_waller(debye_waller, read.ids)
    result = predict_snapshot(
        read, models, temperature, letters, debye_waller=given, threads=threads, report=report,
        assume_potential=assume_potential,
    )
    if stale == "data":
        remark = (f"there are data at T = {models.temperature:g} that did not train these models;"
                  " 'glasslib results compute models' trains them again")
        return replace(result, remarks=(*result.remarks, remark))
    return result
