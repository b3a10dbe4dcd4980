"""A small melt, cooled to T = 0.8 once for all tests of the simulation."""

import pytest

from glasslib.parameters import Integrator, Melt, Protocol
from glasslib.simulation.melt import start_melt

SMALL = Protocol(
    name="small",
    melt=Melt(n_monomers=500),
    runs=1,
    trajectories=1,
    block_size=1,
    melt_time=4.0,
    thermostat_time=0.2,
)


@pytest.fixture(scope="session")
def melt():
    return SMALL.melt


@pytest.fixture(scope="session")
def integrator():
    return Integrator()


@pytest.fixture(scope="session")
def liquid():
    """A state of 500 monomers at T = 0.8; some chains reach out of the box."""
    return start_melt(SMALL, 0.8, run=0)
