"""The data set of one temperature, and how its rows are divided into three parts.

A row is a monomer of one run; the rows of a run follow one another. Network A reads the
structural descriptors and the Debye–Waller factor, network B the descriptors alone (Section 2.3);
both are trained and tested on the same rows.

Warnings
--------
Dividing the rows at random, as the paper does, puts neighbours of test monomers in the training
set: they share coarse-grained descriptors and nearly the same surroundings. ``split = "run"``
holds out whole runs, which have nothing in common with the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from glasslib.errors import DataError, ParameterError
from glasslib.parameters import NetworkSettings

__all__ = ["Dataset", "Split", "run_folds", "split"]

DEBYE_WALLER = "debye_waller"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets of every monomer of every run at one temperature.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    features : (n_rows, n_features) float32
        Structural descriptors alone (880 by default).
    feature_names : tuple of str
        Name of each column of ``features``.
    debye_waller : (n_rows,) float64
        Debye–Waller factor ⟨Δr_i²(t = 1)⟩ in σ².
    targets : (n_rows, n_times) float64
        Propensity ⟨|Δr_i(t)|⟩ in σ.
    times : (n_times,) float64
        Times of the targets in τ, rising.
    tau_index : int
        Column of ``targets`` at t = τ_α.
    runs : (n_rows,) int64
        Run of each row.
    chain_position : (n_rows,) int64
        Bonds between the monomer and the nearer end of its chain.

    Raises
    ------
    DataError
        An array has the wrong shape or holds a number that is not finite, a name appears twice,
        times do not rise, or ``tau_index`` is no column.

    Examples
    --------
    >>> import numpy as np
    >>> data = Dataset(
    ...     temperature=0.5, features=np.eye(4), feature_names=("a", "b", "c", "d"),
    ...     debye_waller=np.full(4, 0.02), targets=np.ones((4, 2)), times=[1.0, 50.0],
    ...     tau_index=1, runs=[0, 0, 1, 1], chain_position=[0, 1, 0, 1])
    >>> inputs, names = data.inputs("A")
    >>> inputs.shape, names[-1], len(data), data.n_runs
    ((4, 5), 'debye_waller', 4, 2)
    """

    temperature: float
    features: np.ndarray
    feature_names: tuple[str, ...]
    debye_waller: np.ndarray
    targets: np.ndarray
    times: np.ndarray
    tau_index: int
    runs: np.ndarray
    chain_position: np.ndarray

    def __post_init__(self):
        with np.errstate(over="ignore"):  # too large for float32 becomes inf and is reported below
            features = np.ascontiguousarray(self.features, dtype=np.float32)
        names = tuple(self.feature_names)
        times = np.ascontiguousarray(self.times, dtype=np.float64)
        targets = np.ascontiguousarray(self.targets, dtype=np.float64)
        if features.ndim != 2 or not features.size:
            raise DataError(
                f"features have shape {features.shape}; give (n_rows, n_features), not empty"
            )
        n_rows = len(features)
        if len(names) != features.shape[1]:
            raise DataError(
                f"feature_names holds {len(names)} names for {features.shape[1]} columns;"
                " give one name for each column"
            )
        if len(set(names)) < len(names) or DEBYE_WALLER in names:
            twice = next(
                name for name in (*names, DEBYE_WALLER) if (*names, DEBYE_WALLER).count(name) > 1
            )
            raise DataError(
                f"feature_names holds {twice!r} twice, or beside the Debye–Waller factor that"
                " network A adds itself; give each column a name of its own"
            )
        if times.ndim != 1 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            raise DataError(f"times are {times.tolist()}; give rising, finite times")
        if targets.shape != (n_rows, len(times)):
            raise DataError(
                f"targets have shape {targets.shape}; {n_rows} rows and {len(times)} times need"
                f" {(n_rows, len(times))}"
            )
        if not 0 <= self.tau_index < len(times):
            raise DataError(
                f"tau_index = {self.tau_index} is no column; choose 0 to {len(times) - 1}"
            )
        columns = {"debye_waller": np.float64, "runs": np.int64, "chain_position": np.int64}
        for name, kind in columns.items():
            column = np.ascontiguousarray(getattr(self, name))
            if column.shape != (n_rows,):
                raise DataError(f"{name} has shape {column.shape}; {n_rows} rows need ({n_rows},)")
            if kind is np.int64 and not np.issubdtype(column.dtype, np.integer):
                raise DataError(f"{name} has type {column.dtype}; give integers")
            columns[name] = column.astype(kind)
        for name, array in (
            ("features", features),
            ("debye_waller", columns["debye_waller"]),
            ("targets", targets),
        ):
            if not np.isfinite(array).all():
                row, *column = (int(index[0]) for index in np.nonzero(~np.isfinite(array)))
                place = f"row {row}"
                if name == "features":
                    place += f", column {names[column[0]]!r}"
                elif column:
                    place += f", time {times[column[0]]:g}"
                raise DataError(
                    f"{name} is {array[row][tuple(column)]} at {place}; every value must be a"
                    " finite number"
                )
        for name, value in (
            ("temperature", float(self.temperature)),
            ("features", features),
            ("feature_names", names),
            ("targets", targets),
            ("times", times),
            ("tau_index", int(self.tau_index)),
            *columns.items(),
        ):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.features)

    @property
    def n_runs(self) -> int:
        """Number of runs."""
        return len(np.unique(self.runs))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of inputs, targets and runs: equal data sets, however made, have the same."""
        total = hashlib.sha256(json.dumps([self.temperature, self.feature_names]).encode())
        for name in ("features", "debye_waller", "targets", "times", "runs"):
            total.update(getattr(self, name).tobytes())
        return total.hexdigest()[:24]

    def inputs(self, which: Literal["A", "B"]) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return the inputs of network A or B and their names, not yet standardised.

        Parameters
        ----------
        which : {"A", "B"}
            A: descriptors and, last, the Debye–Waller factor; B: descriptors alone.

        Returns
        -------
        (n_rows, n_inputs) float32, tuple of str
            One column and one name for each input.

        Raises
        ------
        ParameterError
            ``which`` is neither A nor B.
        """
        if which == "B":
            return self.features, self.feature_names
        if which == "A":
            inputs = np.empty((len(self), self.features.shape[1] + 1), dtype=np.float32)
            inputs[:, :-1] = self.features
            inputs[:, -1] = self.debye_waller
            return inputs, (*self.feature_names, DEBYE_WALLER)
        raise ParameterError(f"network = {which!r} does not exist; choose A or B")

    def extended(self, names: Sequence[str], columns: np.ndarray) -> Dataset:
        """Return the data set with more descriptors; A and B of it both read them.

        Parameters
        ----------
        names : sequence of str
            Names of the new columns.
        columns : (n_rows, n_new) float
            Descriptors of the inherent structure, reorientation, chain position and so on.

        Raises
        ------
        DataError
            A name is taken, a value is not finite, or the shape is wrong.

        Examples
        --------
        >>> import numpy as np
        >>> data = Dataset(
        ...     temperature=0.5, features=np.eye(2), feature_names=("a", "b"),
        ...     debye_waller=np.ones(2), targets=np.ones((2, 1)), times=[1.0], tau_index=0,
        ...     runs=[0, 0], chain_position=[0, 1])
        >>> data.extended(["c"], [[5.0], [6.0]]).inputs("A")[1]
        ('a', 'b', 'c', 'debye_waller')
        """
        columns = np.asarray(columns, dtype=np.float32)
        if columns.shape != (len(self), len(names)):
            raise DataError(
                f"columns have shape {columns.shape}; {len(self)} rows and {len(names)} names need"
                f" {(len(self), len(names))}"
            )
        return replace(
            self,
            features=np.concatenate([self.features, columns], axis=1),
            feature_names=(*self.feature_names, *(str(name) for name in names)),
        )

    def subset(self, rows: np.ndarray) -> Dataset:
        """Return the data set of some rows.

        Parameters
        ----------
        rows : (n,) int64 or (n_rows,) bool
            Which rows, in their new order.
        """
        return replace(
            self,
            **{
                name: getattr(self, name)[rows]
                for name in ("features", "debye_waller", "targets", "runs", "chain_position")
            },
        )


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of the three parts, each rising; no row is in two of them.

    Parameters
    ----------
    train, validation, test : (n,) int64
        Rows that fit the weights, rows that stop the training and choose settings, and rows that
        are looked at only once all is fixed. The paper's training set is the first two together.

    Raises
    ------
    ParameterError
        There is no training or no validation row, an index is negative, or a row stands twice.

    Examples
    --------
    >>> Split([0, 2], [1], [3]).test.tolist()
    [3]
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def __post_init__(self):
        for name in ("train", "validation", "test"):
            rows = np.sort(np.asarray(getattr(self, name), dtype=np.int64).ravel())
            if not rows.size and name != "test":
                raise ParameterError(f"the split holds no {name} row; give at least one")
            object.__setattr__(self, name, rows)
        rows = np.concatenate([self.train, self.validation, self.test])
        values, counts = np.unique(rows, return_counts=True)
        if values[0] < 0 or counts.max() > 1:
            bad = int(values[0] if values[0] < 0 else values[counts.argmax()])
            raise ParameterError(
                f"the split names row {bad} twice or below 0; each row belongs to one part"
            )

    def __len__(self) -> int:
        return len(self.train) + len(self.validation) + len(self.test)


def _number(fraction: float, total: int) -> int:
    """At least one and never all of ``total``."""
    return min(max(round(fraction * total), 1), total - 1)


def split(runs: np.ndarray, settings: NetworkSettings | None = None) -> Split:
    """Divide rows into training, validation and test, at random but always the same way.

    With ``settings.split = "row"`` a fifth of all rows (``test_fraction``) is the test set, as in
    Section 2.3, and ``validation_fraction`` of the others the validation set. With ``"run"``
    whole runs are held out for the test; if three runs or more are left, the validation set is
    whole runs too, so that it warns of overfitting as the test would, else it is taken by row:
    with two runs left, a whole run would cost half of the training. At least one run, or row, is
    taken for each part. The division depends on ``runs`` and the settings alone, not on the
    network, so A and B get the same.

    Parameters
    ----------
    runs : (n_rows,) int64
        Run of each row.
    settings : NetworkSettings, optional
        Its ``split``, ``test_fraction``, ``validation_fraction`` and ``seed`` are used.

    Returns
    -------
    Split
        Every row is in exactly one part.

    Raises
    ------
    ParameterError
        Fewer than three rows, or fewer than two runs to split by run.

    Examples
    --------
    >>> import numpy as np
    >>> parts = split(np.repeat([0, 1], 50))
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (72, 8, 20)
    >>> parts = split(np.repeat(np.arange(10), 5), NetworkSettings(split="run"))
    >>> np.unique(parts.test // 5).size, np.unique(parts.validation // 5).size
    (2, 1)
    """
    settings = settings or NetworkSettings()
    runs = np.asarray(runs)
    if runs.ndim != 1 or len(runs) < 3:
        raise ParameterError(f"runs has shape {runs.shape}; a split needs at least three rows")
    random = np.random.default_rng(settings.seed)
    if settings.split == "row":
        order = random.permutation(len(runs))
        n_test = min(_number(settings.test_fraction, len(runs)), len(runs) - 2)
        test, rest = order[:n_test], order[n_test:]
        by_run = False
    else:
        order = random.permutation(np.unique(runs))
        if len(order) < 2:
            raise ParameterError(
                f"split = 'run' needs at least two runs, and there is {len(order)}; choose"
                " split = 'row' or add runs"
            )
        n_test = _number(settings.test_fraction, len(order))
        left = order[n_test:]
        test = np.flatnonzero(np.isin(runs, order[:n_test]))
        rest = random.permutation(np.flatnonzero(np.isin(runs, left)))
        by_run = len(left) >= 3
    if by_run:
        held = np.isin(runs[rest], left[: _number(settings.validation_fraction, len(left))])
        return Split(rest[~held], rest[held], test)
    if len(rest) < 2:
        raise ParameterError(
            f"{len(rest)} row is left for training and validation; add rows or runs"
        )
    n_validation = _number(settings.validation_fraction, len(rest))
    return Split(rest[n_validation:], rest[:n_validation], test)


def run_folds(
    runs: np.ndarray, n_folds: int = 4, settings: NetworkSettings | None = None
) -> list[Split]:
    """Divide the runs into folds; each fold is the test set once, so every row is tested once.

    What tests a row has never seen its run. The validation set of a fold is taken from the runs
    that are left as :func:`split` does: whole runs if at least three are left, else rows.

    Parameters
    ----------
    runs : (n_rows,) int64
        Run of each row.
    n_folds : int
        At most this many folds; fewer runs make as many folds as there are runs.
    settings : NetworkSettings, optional
        Its ``validation_fraction`` and ``seed`` are used.

    Returns
    -------
    list of Split
        One for each fold; every row is in exactly one test set.

    Raises
    ------
    ParameterError
        Fewer than two folds or two runs.

    Examples
    --------
    >>> folds = run_folds(np.repeat(np.arange(10), 5), 4)
    >>> [np.unique(fold.test // 5).size for fold in folds]
    [3, 3, 2, 2]
    """
    settings = settings or NetworkSettings()
    runs = np.asarray(runs)
    present = np.unique(runs)
    if len(present) < 2 or n_folds < 2:
        raise ParameterError(
            f"{len(present)} run in {n_folds} folds: to hold out runs, give at least two of both"
        )
    random = np.random.default_rng(settings.seed)
    parts = np.array_split(random.permutation(present), min(n_folds, len(present)))
    out = []
    for held in parts:
        test = np.flatnonzero(np.isin(runs, held))
        left = random.permutation(np.setdiff1d(present, held))
        rest = random.permutation(np.flatnonzero(~np.isin(runs, held)))
        if len(left) >= 3:
            validating = left[: _number(settings.validation_fraction, len(left))]
            chosen = np.isin(runs[rest], validating)
        else:
            chosen = np.arange(len(rest)) < _number(settings.validation_fraction, len(rest))
        out.append(Split(rest[~chosen], rest[chosen], test))
    return out
