"""Trajectories together on a GPU: in numba's simulator here, on a GPU where there is one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import cuda

from glasslib import store
from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import State
from glasslib.simulation.ensemble import ice_state, stepper
from glasslib.simulation.step import Step

SCRIPT = Path(__file__).with_name("batch_process.py")
GPU = cuda.is_available() and not os.environ.get("NUMBA_ENABLE_CUDASIM")


@pytest.fixture(scope="module")
def followed():
    """What happened in the simulator."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", SCRIPT], capture_output=True, text=True, timeout=400,
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_forces_and_energies_are_those_of_the_other_modules(followed):
    assert followed["force error"] < 2e-5
    assert followed["net force"] < 1e-9
    assert np.abs(followed["energy at first"]).max() < 1e-6


def test_trajectories_are_those_of_lammps(followed):
    """Through new lists of both kinds, and the second melt in another image of the box."""
    assert followed["lists at first"] == {"first": 2, "second": 2}
    assert followed["lists"]["first"] > 2
    assert followed["lists"]["second"] > followed["lists"]["first"] + 2
    assert followed["moved"] > 0.08
    assert followed["position"] < 1e-6
    assert followed["velocity"] < 1e-4
    assert abs(followed["potential"]) < 1e-2
    assert abs(followed["potential"] + followed["kinetic"]) < 1e-3
    assert followed["momentum"] < 1e-11


def test_time_runs_backwards_too(followed):
    assert followed["way back"] < 1e-6


def test_what_does_not_fit_is_refused(followed):
    assert "smaller timestep" in followed["full"]
    assert "in a box of at least 5.7 σ" in followed["small"]
    assert "needs (300, 3)" in followed["other"]


@pytest.mark.skipif(GPU, reason="there is a GPU")
def test_without_a_gpu_it_says_what_to_do():
    state = State(np.zeros((1, 2000, 3)), np.zeros((1, 2000, 3)))
    with pytest.raises(SimulationError, match="needs an NVIDIA GPU.*numba-cuda.*use 'mixed'"):
        stepper(Melt(), Integrator().model_copy(update={"pair_style": "cuda"}), state)


@pytest.mark.skipif(not GPU, reason="there is no GPU")
@pytest.mark.parametrize(("profile", "n"), [("companion", 2000), ("paper", 10_000)])
def test_on_a_gpu(profile, n):
    """Two trajectories beside the compiled step, and the same bits twice."""
    place = store.read(store.run_path(0.5, profile, 0))["positions"]
    starts = [ice_state(place, 0.5, 0, k) for k in range(2)]
    state = State(
        np.stack([s.positions for s in starts]), np.stack([s.velocities for s in starts])
    )
    melt, cuda_style = Melt(n_monomers=n), Integrator().model_copy(update={"pair_style": "cuda"})
    places = []
    for _ in range(2):
        with stepper(melt, cuda_style, state) as ours:
            ours.advance(0.5)
            places.append(ours.positions())
    assert (places[0] == places[1]).all()
    for k, start in enumerate(starts):
        with Step(melt, Integrator(), start) as step:
            step.advance(0.5)
            np.testing.assert_allclose(places[0][k], step.positions(), rtol=0, atol=1e-5)
            assert ours.potential_energy[k] == pytest.approx(step.potential_energy, rel=1e-6)
            assert ours.kinetic_energy[k] == pytest.approx(step.kinetic_energy, rel=1e-6)
