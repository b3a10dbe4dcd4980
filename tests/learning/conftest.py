import numpy as np
import pytest

from glasslib.learning.dataset import Dataset
from glasslib.learning.training import train
from glasslib.parameters import NetworkSettings

FAST = NetworkSettings(
    epochs=40, patience=8, batch_size=128, learning_rate=5e-3, dropout=0.05, l2=1e-4
)


def build(n_rows=2400, n_features=12, n_runs=6, noise=0.0, signal=1.0, seed=0, **changes):
    """Three targets; the last is linear in the descriptors, the first holds DW, plus noise.

    The columns lie on very different scales, one is constant and one is not correlated.
    """
    random = np.random.default_rng(seed)
    hidden = random.normal(size=(n_rows, n_features - 1))
    features = np.concatenate(
        [hidden * 10.0 ** np.linspace(-4, 4, n_features - 1), hidden[:, :1]], 1
    )
    features[:, -1] = 0.3  # constant
    linear = hidden @ np.linspace(-1, 1, n_features - 1)
    vibration = random.normal(size=n_rows)
    targets = np.stack([vibration + 0.1 * linear, linear + vibration, 3 * linear], axis=1)
    targets = signal * targets + noise * random.normal(size=targets.shape)
    values = dict(
        temperature=0.5,
        features=features,
        feature_names=tuple(f"x{column}" for column in range(n_features)),
        debye_waller=0.03 + 0.002 * vibration,
        targets=0.5 + 0.05 * targets,
        times=[0.1, 1.0, 50.0],
        tau_index=2,
        runs=np.repeat(np.arange(n_runs), n_rows // n_runs),
        chain_position=np.arange(n_rows) % 3,
    )
    return Dataset(**(values | changes))


@pytest.fixture(scope="session")
def make_dataset():
    return build


@pytest.fixture(scope="session")
def fast():
    """Settings for small data sets."""
    return FAST


@pytest.fixture(scope="session")
def short():
    """Settings for tests that need a network, not a good one."""
    return FAST.model_copy(update={"epochs": 3})


@pytest.fixture(scope="session")
def linear_data():
    return build()


@pytest.fixture(scope="session")
def network_a(linear_data):
    return train(linear_data, "A", FAST)


@pytest.fixture(scope="session")
def network_b(linear_data):
    return train(linear_data, "B", FAST)
