"""Networks A and B in Keras (Section 2.3).

A and B differ only in their number of inputs. TensorFlow takes seconds to import, so it is
imported inside the functions: ``import glasslib.learning.networks`` never loads it.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import TYPE_CHECKING

from glasslib.errors import ParameterError
from glasslib.parameters import NetworkSettings

if TYPE_CHECKING:
    import keras

__all__ = ["build_network", "load_keras"]


def load_keras() -> ModuleType:
    """Import Keras on TensorFlow, quietly, and on one thread where that can still be set.

    These networks are too small to gain from threads, and sums over several threads may round
    differently: one thread makes results independent of the number of cores. Where the program
    has already started TensorFlow, its setting stays.

    Returns
    -------
    module
        ``keras``.

    Raises
    ------
    ParameterError
        The environment variable KERAS_BACKEND chooses another backend than TensorFlow.

    Examples
    --------
    >>> load_keras().backend.backend()
    'tensorflow'
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when TensorFlow is imported
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        raise ParameterError(f"KERAS_BACKEND = {backend!r}; unset it or set it to tensorflow")
    import keras
    import tensorflow

    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:  # the runtime is up
        pass
    return keras


def build_network(
    n_inputs: int, n_outputs: int = 10, settings: NetworkSettings | None = None
) -> keras.Model:
    r"""Build and compile network A or B, with fresh weights.

    Three hidden layers of 16 nodes with ReLU, dropout behind the second, all times at once in
    the output, which is linear unless ``settings.output`` says otherwise. Adam minimises

    .. math:: \frac{1}{n T} \sum_{k=1}^{n} \sum_{t=1}^{T} (\hat y_{kt} - y_{kt})^2
              + \lambda \sum_\mathrm{layers} \lVert W \rVert^2

    (mean squared error and :math:`L_2` on the kernels, those of the output layer among them,
    not on the biases). The metric ``mse`` is the first term alone.

    Parameters
    ----------
    n_inputs : int
        881 for A, 880 for B with the default descriptors.
    n_outputs : int
        Number of times.
    settings : NetworkSettings, optional
        Layers, output, dropout rate, λ and Adam's step.

    Returns
    -------
    keras.Model
        From (n, n_inputs) standardised inputs to (n, n_outputs) targets. Its weights come from
        Keras' generator: call ``keras.utils.set_random_seed`` before, for the same ones again.

    Raises
    ------
    ParameterError
        Less than one input or output.

    References
    ----------
    .. [1] A. Tripodo et al., Int. J. Mol. Sci. 23, 9322 (2022), Section 2.3.
    .. [2] D. P. Kingma, J. Ba, Adam, arXiv:1412.6980 (2014).

    Examples
    --------
    >>> build_network(881, 10).count_params()  # 881·16+16, 2·(16·16+16), 16·10+10
    14826
    """
    settings = settings or NetworkSettings()
    if n_inputs < 1 or n_outputs < 1:
        raise ParameterError(
            f"n_inputs = {n_inputs}, n_outputs = {n_outputs}; a network needs at least one of each"
        )
    keras = load_keras()
    penalty = keras.regularizers.L2(settings.l2) if settings.l2 else None
    layers = [keras.Input((n_inputs,), name="inputs")]
    for number, width in enumerate(settings.hidden, start=1):
        layers.append(
            keras.layers.Dense(
                width, activation="relu", kernel_regularizer=penalty, name=f"hidden_{number}"
            )
        )
        if number == settings.dropout_after and settings.dropout:
            layers.append(keras.layers.Dropout(settings.dropout, name="dropout"))
    layers.append(
        keras.layers.Dense(
            n_outputs, activation=settings.output, kernel_regularizer=penalty, name="propensity"
        )
    )
    network = keras.Sequential(layers, name="network")
    network.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss="mse",
        metrics=["mse"],
        jit_compile=False,  # slower here with it
    )
    return network
