"""Training of networks A and B, and what comes out of it: a :class:`TrainedNetwork`.

Everything that is learnt from data, the means and standard deviations of Eq. 6 among it, comes
from the training rows. Validation rows stop the training and choose the settings that the paper
leaves open; test rows are not touched. Where whole runs test a network and none is left to stop
it, nothing is chosen by rows of the runs that train it (:func:`unvalidated`): their neighbours
are among the training rows, and they see no overfitting.

**What repeats.** The division of rows, the order of batches, the first weights and the dropout
follow from ``settings.seed``. On one machine with one version of TensorFlow a training gives the
same weights bit for bit: in another process, after other trainings in the same process, and on
one or two threads alike. Another processor or another version of TensorFlow may round
differently, and training amplifies that: the same ρ within its error is to be expected there, not
the same digits.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zipfile import BadZipFile

import numpy as np
from sklearn.preprocessing import StandardScaler

from glasslib.errors import DataError, DivergedError, ParameterError
from glasslib.files import write_arrays
from glasslib.learning.correlation import pearson
from glasslib.learning.dataset import Dataset, Split
from glasslib.learning.dataset import split as divide
from glasslib.learning.networks import build_network, load_keras
from glasslib.parameters import NetworkSettings, validate

if TYPE_CHECKING:
    import keras
    import pandas

__all__ = [
    "DEFAULT_GRID", "TrainedNetwork", "choose_settings", "standardise", "train", "unvalidated",
]  # fmt: skip

#: What :func:`choose_settings` tries unless told otherwise: eight settings.
DEFAULT_GRID: dict[str, tuple] = {
    "dropout": (0.1, 0.3),
    "l2": (1e-3, 3e-3, 1e-2, 3e-2),
}

#: L2 strength and most epochs of a network that no run can stop, see :func:`unvalidated`. With
#: this strength the error on unseen runs hardly depends on the number of epochs from 40 to 100,
#: for networks A and B trained on one run of 2,000 monomers at T = 0.60, 0.50 and 0.45.
_L2_UNVALIDATED, _EPOCHS_UNVALIDATED = 3e-2, 60

_FILE = "network.npz"
_CHUNK = 16384  # rows that are standardised at once, in double precision


def standardise(
    values: np.ndarray,
    mean: np.ndarray,
    deviation: np.ndarray,
    limit: float | None = None,
) -> np.ndarray:
    r"""Standardise columns, Eq. 6, in double precision, and cut what lies far outside.

    .. math:: x^\mathrm{st.} = \frac{x - \bar x}{\sigma_x}

    Parameters
    ----------
    values : (n_rows, n_columns) float
        Inputs or targets.
    mean, deviation : (n_columns,) float64
        :math:`\bar x` and :math:`\sigma_x`; a constant column is to have deviation 1, so that it
        gives 0.
    limit : float, optional
        Standardised values are cut to [−limit, limit].

    Returns
    -------
    (n_rows, n_columns) float32
        Standardised columns.

    Raises
    ------
    ParameterError
        The number of columns differs.

    References
    ----------
    .. [1] A. Tripodo et al., Int. J. Mol. Sci. 23, 9322 (2022), Eq. 6.

    Examples
    --------
    >>> import numpy as np
    >>> standardise(np.array([[1.0], [3.0], [99.0]]), np.array([2.0]), np.array([1.0]), 10).T
    array([[-1.,  1., 10.]], dtype=float32)
    """
    values = np.asarray(values)
    if values.ndim != 2 or values.shape[1] != len(mean):
        raise ParameterError(
            f"the array has shape {values.shape}; the network reads (n_rows, {len(mean)})"
        )
    result = np.empty(values.shape, dtype=np.float32)
    for start in range(0, len(values), _CHUNK):
        part = (values[start : start + _CHUNK] - mean) / deviation
        result[start : start + _CHUNK] = part if limit is None else np.clip(part, -limit, limit)
    return result


def _statistics(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of columns, float64; deviation 1 where a column is constant."""
    scalers = [  # some columns at a time: the whole array in double precision may be large
        StandardScaler().fit(values[:, start : start + 64].astype(np.float64))
        for start in range(0, values.shape[1], 64)
    ]
    return (
        np.concatenate([scaler.mean_ for scaler in scalers]),
        np.concatenate([scaler.scale_ for scaler in scalers]),
    )


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A trained network A or B; predicts in plain numpy, without TensorFlow.

    Parameters
    ----------
    which : {"A", "B"}
        Which inputs it reads.
    settings : NetworkSettings
        How it was trained.
    temperature : float
        Temperature of its training set in ε/k_B.
    feature_names : tuple of str
        Its inputs, in order.
    times : (n_times,) float64
        Times of its outputs in τ.
    tau_index : int
        Output at t = τ_α.
    weights : tuple of (array, array)
        Kernel (n_in, n_out) and bias (n_out,) of each layer, float32.
    input_mean, input_deviation : (n_inputs,) float64
        Statistics of the training rows (Eq. 6).
    target_mean, target_deviation : (n_times,) float64
        Of the targets, in σ; 0 and 1 if targets were not scaled.
    history : dict of str to (n_epochs,) float64
        ``train`` and ``validation``: mean squared error in units in which the network is trained
        (without the penalty on weights); ``train`` is the mean over the epoch, with dropout.
    split : Split
        The rows of the data set that trained, stopped and may test it.
    """

    which: Literal["A", "B"]
    settings: NetworkSettings
    temperature: float
    feature_names: tuple[str, ...]
    times: np.ndarray
    tau_index: int
    weights: tuple[tuple[np.ndarray, np.ndarray], ...]
    input_mean: np.ndarray
    input_deviation: np.ndarray
    target_mean: np.ndarray
    target_deviation: np.ndarray
    history: dict[str, np.ndarray]
    split: Split

    @property
    def best_epoch(self) -> int:
        """Epoch, counted from 0, whose weights were kept."""
        if self.settings.patience is None:
            return len(self.history["validation"]) - 1
        return int(np.argmin(self.history["validation"]))

    def predict(
        self,
        inputs: Dataset | np.ndarray,
        statistics: Literal["training", "own"] = "training",
    ) -> np.ndarray:
        """Predict the propensity.

        Parameters
        ----------
        inputs : Dataset or (n_rows, n_inputs) float
            A data set, of this temperature or another, or its inputs (``Dataset.inputs``) as they
            are, not standardised.
        statistics : {"training", "own"}
            Standardise with mean and deviation of the training rows, or of the rows given. The
            second is another reading of Eq. 6 for a data set of another temperature.

        Returns
        -------
        (n_rows, n_times) float64
            Predicted propensity in σ at the network's own times.

        Raises
        ------
        ParameterError
            The number of inputs differs, or ``statistics`` is neither of the two.
        DataError
            The data set has other descriptors than the network was trained on, or an input is
            not finite.
        """
        if isinstance(inputs, Dataset):
            inputs, names = inputs.inputs(self.which)
            if names != self.feature_names:
                raise DataError(
                    f"the data set has {len(names)} inputs and network {self.which} was trained on"
                    f" {len(self.feature_names)}, or their names differ; compute the descriptors"
                    " with the same DescriptorSpec"
                )
        inputs = np.asarray(inputs)
        mean, deviation = self.input_mean, self.input_deviation
        if statistics == "own":
            mean, deviation = _statistics(inputs)
        elif statistics != "training":
            raise ParameterError(f"statistics = {statistics!r}; choose 'training' or 'own'")
        values = standardise(inputs, mean, deviation, self.settings.input_limit)
        if not np.isfinite(values).all():
            raise DataError("an input of the network is not finite; check the descriptors")
        *hidden, (kernel, bias) = self.weights
        for hidden_kernel, hidden_bias in hidden:
            values = np.maximum(values @ hidden_kernel + hidden_bias, 0)
        values = (values @ kernel + bias).astype(np.float64)
        if self.settings.output == "relu":
            values = np.maximum(values, 0)
        return values * self.target_deviation + self.target_mean

    def to_keras(self) -> keras.Model:
        """Return the Keras model: standardised inputs in, scaled targets out."""
        network = build_network(len(self.feature_names), len(self.times), self.settings)
        network.set_weights([array for layer in self.weights for array in layer])
        return network

    def save(self, folder: str | os.PathLike) -> Path:
        """Write the network to ``folder/network.npz``, whole or not at all.

        Parameters
        ----------
        folder : path
            Made if it is not there. A network already in it is replaced.

        Returns
        -------
        Path
            The file.
        """
        path = Path(folder) / _FILE
        about = {
            "format": 1,
            "which": self.which,
            "settings": self.settings.model_dump(mode="json"),
            "temperature": self.temperature,
            "feature_names": self.feature_names,
            "tau_index": self.tau_index,
            "layers": len(self.weights),
        }
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {f"history_{name}": values for name, values in self.history.items()}
        arrays |= {f"split_{part}": getattr(self.split, part) for part in _PARTS}
        for number, (kernel, bias) in enumerate(self.weights):
            arrays |= {f"kernel_{number}": kernel, f"bias_{number}": bias}
        write_arrays(path, about=np.array(json.dumps(about)), **arrays)
        return path

    @classmethod
    def load(cls, folder: str | os.PathLike) -> TrainedNetwork:
        """Read a network that :meth:`save` wrote.

        Parameters
        ----------
        folder : path
            The folder given to :meth:`save`.

        Raises
        ------
        DataError
            There is no network in the folder, or the file is damaged.
        """
        path = Path(folder) / _FILE
        try:
            with np.load(path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                return cls(
                    which=about["which"],
                    settings=NetworkSettings(**about["settings"]),
                    temperature=about["temperature"],
                    feature_names=tuple(about["feature_names"]),
                    tau_index=about["tau_index"],
                    weights=tuple(
                        (file[f"kernel_{number}"], file[f"bias_{number}"])
                        for number in range(about["layers"])
                    ),
                    history={name: file[f"history_{name}"] for name in ("train", "validation")},
                    split=Split(*(file[f"split_{part}"] for part in _PARTS)),
                    **{name: file[name] for name in _ARRAYS},
                )
        except FileNotFoundError:
            raise DataError(f"{path} is not there; train the network and save it first") from None
        except (BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
            raise DataError(
                f"{path} is damaged ({type(error).__name__}); delete it and train again"
            ) from None


_ARRAYS = ("times", "input_mean", "input_deviation", "target_mean", "target_deviation")
_PARTS = ("train", "validation", "test")


@contextmanager
def _generators_kept():
    """Leave the global generators of ``random`` and numpy as they were found."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 (Keras seeds it)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def _epochs(
    network: keras.Model,
    settings: NetworkSettings,
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
) -> Iterator[tuple[float, float]]:
    """Train epoch by epoch; yield the mean squared errors of training and validation rows.

    An epoch is one compiled function, and each draws its own order of rows. ``Model.fit`` makes
    its iterators again for every epoch, which takes longer than these networks need to train, and
    once a seed is set, it gives every epoch the same order of rows (Keras 3.15).
    """
    import tensorflow as tf

    data = [tf.constant(part) for part in (*training, *validation)]
    network.optimizer.build(network.trainable_variables)

    def error(inputs, targets, dropout):
        return tf.reduce_mean((network(inputs, training=dropout) - targets) ** 2)

    # The data are arguments: what a compiled function captures is not set free with it.
    def epoch(order, x, y, x_validation, y_validation):
        total = tf.constant(0.0)
        for start in tf.range(0, len(order), settings.batch_size):
            batch = order[start : start + settings.batch_size]
            with tf.GradientTape() as tape:
                mse = error(tf.gather(x, batch), tf.gather(y, batch), dropout=True)
                loss = tf.add_n([mse, *network.losses])  # and the penalty on weights
            gradients = tape.gradient(loss, network.trainable_variables)
            network.optimizer.apply(gradients, network.trainable_variables)
            total += mse * tf.cast(len(batch), tf.float32)
        return total / len(order), error(x_validation, y_validation, dropout=False)

    rows = len(training[0])
    generator = np.random.default_rng(settings.seed)
    compiled = tf.function(epoch).get_concrete_function(
        tf.TensorSpec([rows], tf.int64), *(tf.TensorSpec.from_tensor(part) for part in data)
    )
    for _ in range(settings.epochs):
        errors = compiled(tf.constant(generator.permutation(rows)), *data)
        yield tuple(float(error) for error in errors)


def train(
    dataset: Dataset,
    which: Literal["A", "B"],
    settings: NetworkSettings | None = None,
    split: Split | None = None,
    standardise_on: Literal["training", "all"] = "training",
) -> TrainedNetwork:
    """Train network A or B on the training rows of a data set.

    Inputs are standardised (Eq. 6), and targets too if so set, with the statistics of the
    training rows alone. Training ends when the mean squared error of the validation rows, without
    dropout and without the penalty on weights, has not fallen for ``settings.patience`` epochs;
    the weights of the best epoch are kept. Without patience all epochs are trained and the
    weights of the last are kept.

    Parameters
    ----------
    dataset : Dataset
        Inputs and targets.
    which : {"A", "B"}
        With or without the Debye–Waller factor.
    settings : NetworkSettings, optional
        Network, training, division of rows and seed.
    split : Split, optional
        Rows to use instead of what :func:`~glasslib.learning.dataset.split` gives; rows in no
        part are not used. ``settings.seed`` then decides on weights, batches and dropout alone.
    standardise_on : {"training", "all"}
        Rows whose mean and deviation standardise inputs (Eq. 6) and targets. ``"all"`` lets the
        test rows in, as the order of the paper's Section 2.3 reads: a leak to be measured.

    Returns
    -------
    TrainedNetwork
        Predicts in σ; knows its history, settings and rows.

    Raises
    ------
    ParameterError
        ``which`` is neither A nor B, the rows cannot be divided as asked, or ``split`` names a row
        that is not there.
    DivergedError
        The loss stopped being a number; it is a ParameterError too.

    References
    ----------
    .. [1] A. Tripodo et al., Int. J. Mol. Sci. 23, 9322 (2022), Section 2.3.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(300, 3))
    >>> data = Dataset(
    ...     temperature=0.5, features=x, feature_names=("a", "b", "c"), debye_waller=x[:, 0],
    ...     targets=x @ np.ones((3, 2)), times=[1.0, 9.0], tau_index=1,
    ...     runs=np.arange(300) // 100, chain_position=np.zeros(300, int))
    >>> network = train(data, "B", NetworkSettings(epochs=3, batch_size=32))
    >>> network.predict(data).shape, len(network.history["validation"])
    ((300, 2), 3)
    """
    settings = settings or NetworkSettings()
    inputs, names = dataset.inputs(which)
    rows = split or divide(dataset.runs, settings)
    last = max(int(part.max(initial=-1)) for part in (rows.train, rows.validation, rows.test))
    if last >= len(dataset):
        raise ParameterError(f"the split names row {last}, but there are {len(dataset)} rows")

    if standardise_on not in ("training", "all"):
        raise ParameterError(f"standardise_on = {standardise_on!r}; choose 'training' or 'all'")
    known = rows.train if standardise_on == "training" else np.arange(len(dataset))
    input_mean, input_deviation = _statistics(inputs[known])
    if settings.target_scaling == "standardise":
        target_mean, target_deviation = _statistics(dataset.targets[known])
    else:
        target_mean, target_deviation = np.zeros(len(dataset.times)), np.ones(len(dataset.times))
    x, x_validation = (
        standardise(inputs[part], input_mean, input_deviation, settings.input_limit)
        for part in (rows.train, rows.validation)
    )
    y, y_validation = (
        standardise(dataset.targets[part], target_mean, target_deviation)
        for part in (rows.train, rows.validation)
    )

    keras = load_keras()
    with _generators_kept():
        keras.utils.set_random_seed(settings.seed)
        network = build_network(x.shape[1], y.shape[1], settings)
        history = {"train": [], "validation": []}
        best, weights = 0, network.get_weights()
        epochs = _epochs(network, settings, (x, y), (x_validation, y_validation))
        for number, errors in enumerate(epochs):
            for name, error in zip(history, errors, strict=True):
                history[name].append(error)
            if not np.isfinite(errors).all():
                raise DivergedError(
                    f"the loss stopped being a number with learning_rate ="
                    f" {settings.learning_rate:g}; choose a smaller one"
                )
            latest = history["validation"][-1]
            if not number or settings.patience is None or latest < history["validation"][best]:
                best, weights = number, network.get_weights()
            elif number - best >= settings.patience:
                break
    return TrainedNetwork(
        which=which,
        settings=settings,
        temperature=dataset.temperature,
        feature_names=names,
        times=dataset.times,
        tau_index=dataset.tau_index,
        weights=tuple(zip(weights[::2], weights[1::2], strict=True)),
        input_mean=input_mean,
        input_deviation=input_deviation,
        target_mean=target_mean,
        target_deviation=target_deviation,
        history={name: np.array(errors) for name, errors in history.items()},
        split=rows,
    )


def unvalidated(settings: NetworkSettings, runs: np.ndarray, split: Split) -> NetworkSettings:
    """Return settings that need no validation rows, where these would mislead.

    They would if whole runs test the network and the validation rows are of runs that train it.
    Such a network gets a fixed L2 strength and number of epochs, the same at every temperature.

    Parameters
    ----------
    settings : NetworkSettings
    runs : (n_rows,) int64
        Run of each row.
    split : Split

    Returns
    -------
    NetworkSettings
        As given if the test rows share runs with the training rows, or the validation rows do
        not; else with another ``l2``, no ``patience``, and 60 ``epochs`` at most.

    Examples
    --------
    >>> runs = np.repeat([0, 1], 50)
    >>> one_trains = Split(range(40), range(40, 50), range(50, 100))
    >>> alone = unvalidated(NetworkSettings(), runs, one_trains)
    >>> alone.l2, alone.epochs, alone.patience
    (0.03, 60, None)
    >>> unvalidated(NetworkSettings(), runs, Split(range(80), [80], [99])) == NetworkSettings()
    True
    """
    runs = np.asarray(runs)
    trains = np.unique(runs[split.train])
    by_run = len(split.test) > 0 and not np.isin(runs[split.test], trains).any()
    if not (by_run and np.isin(runs[split.validation], trains).any()):
        return settings
    epochs = min(settings.epochs, _EPOCHS_UNVALIDATED)
    return settings.model_copy(update={"l2": _L2_UNVALIDATED, "epochs": epochs, "patience": None})


def choose_settings(
    dataset: Dataset,
    which: Literal["A", "B"],
    grid: Mapping[str, Iterable] | None = None,
    settings: NetworkSettings | None = None,
    split: Split | None = None,
) -> tuple[NetworkSettings, pandas.DataFrame]:
    r"""Choose what the paper leaves open by the error on the validation rows.

    Each combination in the grid is trained once on the same rows. The error that decides is

    .. math:: L = \frac{1}{T} \sum_{t=1}^{T}
              \frac{\langle (\hat y_t - y_t)^2 \rangle_\mathrm{validation}}
                   {\mathrm{Var}_\mathrm{train}(y_t)}

    in the same unit for every combination, whatever its target scaling: 1 is a constant guess, 0
    is perfect. Test rows are never read, so ρ on the test rows stays an honest number.

    Parameters
    ----------
    dataset : Dataset
        Inputs and targets.
    which : {"A", "B"}
        Network.
    grid : mapping of str to iterable, optional
        Values to try for each field of :class:`~glasslib.parameters.NetworkSettings`; every
        combination is trained. Default: :data:`DEFAULT_GRID`.
    settings : NetworkSettings, optional
        All that the grid does not name.
    split : Split, optional
        Rows to use; default what :func:`~glasslib.learning.dataset.split` gives.

    Returns
    -------
    NetworkSettings, pandas.DataFrame
        The best settings, and a row for each combination in the order tried: the grid's columns,
        ``validation_loss`` (L), ``validation_rho`` (ρ at τ_α on the validation rows),
        ``best_epoch``, ``epochs`` and ``chosen``. A combination whose loss stopped being a number
        has L = inf.

    Raises
    ------
    ParameterError
        The grid is empty, names an unknown field or one that would change the division of rows
        (``split``, fractions, ``seed``), or holds a value out of range, or every combination
        diverged.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(300, 3))
    >>> data = Dataset(
    ...     temperature=0.5, features=x, feature_names=("a", "b", "c"), debye_waller=x[:, 0],
    ...     targets=x @ np.ones((3, 2)), times=[1.0, 9.0], tau_index=1,
    ...     runs=np.arange(300) // 100, chain_position=np.zeros(300, int))
    >>> best, table = choose_settings(
    ...     data, "B", {"learning_rate": [1e-5, 1e-2]}, NetworkSettings(epochs=5, batch_size=32))
    >>> best.learning_rate, table["chosen"].tolist()
    (0.01, [False, True])
    """
    import pandas

    settings = settings or NetworkSettings()
    grid = {name: list(values) for name, values in (DEFAULT_GRID if grid is None else grid).items()}
    if not grid or not all(grid.values()):
        raise ParameterError(f"grid = {grid}; name at least one field and one value for each")
    fixed = {"split", "test_fraction", "validation_fraction", "seed"} & set(grid)
    if fixed:
        raise ParameterError(
            f"grid names {fixed.pop()!r}, which would change the rows; choose settings on one split"
        )
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    candidates = [
        validate(NetworkSettings, **(settings.model_dump() | combination))
        for combination in combinations
    ]
    rows = split or divide(dataset.runs, settings)
    true = dataset.targets[rows.validation]
    variance = _statistics(dataset.targets[rows.train])[1] ** 2
    inputs = dataset.inputs(which)[0][rows.validation]
    records = []
    for combination, candidate in zip(combinations, candidates, strict=True):
        record = combination | {"validation_loss": np.inf, "validation_rho": np.nan}
        record |= {"best_epoch": -1, "epochs": 0}
        try:
            network = train(dataset, which, candidate, rows)
        except DivergedError:
            pass
        else:
            predicted = network.predict(inputs)
            record["validation_loss"] = float(np.mean((predicted - true) ** 2 / variance))
            record["validation_rho"] = float(pearson(true, predicted)[dataset.tau_index])
            record["best_epoch"] = network.best_epoch
            record["epochs"] = len(network.history["validation"])
        records.append(record)
    table = pandas.DataFrame(records)
    best = int(np.argmin(table["validation_loss"]))
    if not np.isfinite(table["validation_loss"][best]):
        raise ParameterError(f"no combination of {grid} gave a finite loss; lower learning_rate")
    table["chosen"] = np.arange(len(table)) == best
    return candidates[best], table
