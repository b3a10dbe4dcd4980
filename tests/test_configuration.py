"""Configurations, and those that MDAnalysis reads from what LAMMPS writes."""

import MDAnalysis
import numpy as np
import pytest

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State
from glasslib.simulation.melt import maxwell_boltzmann, seed, snake_positions


@pytest.mark.filterwarnings("ignore")
def test_lammps_data_and_dump_become_a_configuration(tmp_path):
    melt = Melt(n_monomers=200)
    velocities = maxwell_boltzmann(200, 1.0, seed(1.0, 0, "test"))
    with Engine(melt, Integrator(), State(snake_positions(melt), velocities)) as engine:
        engine.minimise()
        engine._do(
            f"write_data {tmp_path}/melt.data nocoeff",
            f"dump d all custom 1 {tmp_path}/melt.dump id type x y z",
            "dump_modify d sort id",
            "run 0",
        )
        expected = Configuration(engine.positions(), np.full(3, melt.box_length), melt.bonds)
    universe = MDAnalysis.Universe(
        f"{tmp_path}/melt.data", f"{tmp_path}/melt.dump", format="LAMMPSDUMP"
    )
    read = Configuration.from_mdanalysis(universe)
    assert len(read) == 200 and np.allclose(read.box, expected.box, rtol=1e-5)
    assert set(map(tuple, np.sort(read.bonds))) == set(map(tuple, melt.bonds))
    apart = read.positions - expected.positions
    apart -= expected.box * np.round(apart / expected.box)
    assert np.abs(apart).max() < 1e-4


@pytest.mark.parametrize(
    ("positions", "box", "message"),
    [
        (np.empty((0, 3)), [5, 5, 5], "no particle"),
        ([[0, 0, np.nan]], [5, 5, 5], "particle 0"),
        ([[0, 0, 0]], [5, -5, 5], "the box is"),
        ([[0, 0]], [5, 5, 5], "shape"),
    ],
)
def test_bad_configurations(positions, box, message):
    with pytest.raises(ConfigurationError, match=message):
        Configuration(np.array(positions, float), np.array(box, float))


@pytest.mark.filterwarnings("ignore")
def test_boxes_that_mdanalysis_knows_and_we_do_not():
    universe = MDAnalysis.Universe.empty(3, trajectory=True)
    with pytest.raises(ConfigurationError, match="no periodic box"):
        Configuration.from_mdanalysis(universe)
    universe.dimensions = [10, 10, 10, 90, 90, 60]
    with pytest.raises(ConfigurationError, match="angles"):
        Configuration.from_mdanalysis(universe)
