import subprocess
import sys

import numpy as np
import pytest

from glasslib.errors import ParameterError
from glasslib.learning.networks import build_network
from glasslib.parameters import NetworkSettings, validate


def test_importing_the_library_does_not_import_tensorflow():
    code = (
        "import sys, glasslib.learning.networks, glasslib.learning.training,"
        " glasslib.learning.correlation, glasslib.dynamics.susceptibility;"
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_network_is_the_one_of_section_2_3():
    network = build_network(881, 10)
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Dense", "Dense", "Dropout", "Dense", "Dense"]
    dense = [layer for layer in network.layers if type(layer).__name__ == "Dense"]
    assert [layer.units for layer in dense] == [16, 16, 16, 10]
    assert [layer.activation.__name__ for layer in dense] == ["relu"] * 3 + ["linear"]
    assert network.input_shape == (None, 881) and network.output_shape == (None, 10)
    assert type(network.optimizer).__name__ == "Adam"
    # 881·16 + 16, twice 16·16 + 16, 16·10 + 10
    assert network.count_params() == 14112 + 272 + 272 + 170


def test_the_loss_is_mean_squared_error_plus_l2_on_every_kernel():
    strength = 0.01
    network = build_network(4, 2, NetworkSettings(l2=strength, hidden=(3,), dropout_after=1))
    random = np.random.default_rng(1)
    network.set_weights([random.normal(size=w.shape) for w in network.get_weights()])
    x, y = random.normal(size=(7, 4)), random.normal(size=(7, 2))
    kernel, bias, kernel_out, bias_out = network.get_weights()
    predicted = np.maximum(x @ kernel + bias, 0) @ kernel_out + bias_out
    error = ((predicted - y) ** 2).mean()
    penalty = strength * ((kernel**2).sum() + (kernel_out**2).sum())
    loss, mse = network.evaluate(x, y, verbose=0)
    assert mse == pytest.approx(error, rel=1e-5)
    assert loss == pytest.approx(error + penalty, rel=1e-5)


def test_settings_and_sizes_are_checked():
    with pytest.raises(ParameterError, match="dropout_after = 3, but there are 2 hidden"):
        validate(NetworkSettings, hidden=(16, 16), dropout_after=3)
    with pytest.raises(ParameterError, match="hidden = .* needs at least one layer"):
        validate(NetworkSettings, hidden=())
    with pytest.raises(ParameterError, match="n_inputs = 0"):
        build_network(0, 10)
