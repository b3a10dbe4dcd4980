import freud
import numpy as np
import pytest
import structure_oracles as oracles
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from scipy.spatial import Voronoi as ScipyVoronoi

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError
from glasslib.structure.voronoi import voronoi_shape

# volume, surface of the cells of lattices with nearest neighbours at distance 1
DODECAHEDRON = (1 / np.sqrt(2), 3 * np.sqrt(2))  # rhombic (fcc), trapezo-rhombic (hcp)
OCTAHEDRON = (  # truncated (bcc), edge a = 1/√6: volume 8√2 a³, surface (6 + 12√3) a²
    8 * np.sqrt(2) / 6**1.5,
    (6 + 12 * np.sqrt(3)) / 6,
)
CELLS = {"sc": (1.0, 6.0), "fcc": DODECAHEDRON, "hcp": DODECAHEDRON, "bcc": OCTAHEDRON}


def hulls(configuration, which):
    """Volume and surface of some cells by scipy: Voronoi of 27 images, then convex hulls."""
    shifts = np.stack(np.meshgrid(*3 * [[0, 1, -1]], indexing="ij"), -1).reshape(-1, 3)
    images = configuration.wrapped().positions[None] + (shifts * configuration.box)[:, None]
    diagram = ScipyVoronoi(images.reshape(-1, 3))
    out = []
    for i in which:
        region = diagram.regions[diagram.point_region[i]]
        assert -1 not in region
        hull = ConvexHull(diagram.vertices[region])
        out.append((hull.volume, hull.area))
    return np.array(out)


@pytest.mark.parametrize("jitter", [0.0, 1e-13, 1e-10, 1e-7])
@pytest.mark.parametrize("name", CELLS)
def test_analytic_cells(name, jitter):
    perfect = oracles.lattice(name, cells=3)
    noise = np.random.default_rng(0).normal(0, jitter, perfect.positions.shape)
    shape = voronoi_shape(Configuration(perfect.positions + noise, perfect.box))
    volume, surface = CELLS[name]
    tolerance = 1e-9 + 100 * jitter
    assert np.abs(shape[:, 0] - volume).max() < tolerance
    assert np.abs(shape[:, 1] - surface).max() < tolerance
    assert np.allclose(shape[:, 2], surface**3 / (36 * np.pi * volume**2), rtol=10 * tolerance)


def test_equals_convex_hulls(liquid, gas):
    for configuration in (liquid, gas):
        n = len(configuration)
        shape = voronoi_shape(configuration)
        expected = hulls(configuration, range(n))
        assert np.abs(shape[:, 0] / expected[:, 0] - 1).max() < 1e-9
        assert np.abs(shape[:, 1] / expected[:, 1] - 1).max() < 1e-9
        assert np.allclose(shape[:, 2], shape[:, 1] ** 3 / shape[:, 0] ** 2 / 36 / np.pi)
        assert (shape[:, 2] > 1).all()


def test_equals_pyvoro2(liquid):
    """A wrapper of voro++; its cells come in an order of their own."""
    pyvoro2 = pytest.importorskip("pyvoro2", reason="an optional peer, no dependency")
    box = pyvoro2.OrthorhombicCell(tuple((0.0, float(edge)) for edge in liquid.box), (True,) * 3)
    cells = pyvoro2.compute(liquid.wrapped().positions, domain=box).cells
    shape = voronoi_shape(liquid)
    assert sorted(cell["id"] for cell in cells) == list(range(len(liquid)))
    for cell in cells:
        corners, surface = np.array(cell["vertices"]), 0.0
        for face in cell["faces"]:
            around = corners[face["vertices"]]
            sides = np.cross(around[1:-1] - around[0], around[2:] - around[0])
            surface += np.linalg.norm(sides.sum(axis=0)) / 2
        assert shape[cell["id"], 0] == pytest.approx(cell["volume"], rel=1e-10)
        assert shape[cell["id"], 1] == pytest.approx(surface, rel=1e-9)


def test_volumes_equal_freud_and_fill_the_box(liquid):
    box = freud.box.Box(*liquid.box)
    volumes = freud.locality.Voronoi().compute((box, box.wrap(liquid.positions))).volumes
    shape = voronoi_shape(liquid)
    assert np.abs(shape[:, 0] / volumes - 1).max() < 1e-5  # freud holds single precision
    assert shape[:, 0].sum() == pytest.approx(np.prod(liquid.box), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 60),
    edges=st.tuples(*3 * [st.floats(1.0, 20.0)]),
    spread=st.floats(0.02, 1.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_gas_fills_any_box(n, edges, spread, seed):
    box = np.array(edges)
    positions = np.random.default_rng(seed).uniform(0, spread, (n, 3)) * box
    shape = voronoi_shape(Configuration(positions, box))
    assert shape[:, 0].sum() == pytest.approx(np.prod(box), rel=1e-9)
    assert (shape[:, 2] >= 1).all() and np.isfinite(shape).all()


def test_two_particles_split_the_box():
    pair = Configuration([[0, 0, 0], [1.0, 0, 0]], np.array([4.0, 4, 4]))
    shape = voronoi_shape(pair)
    assert np.allclose(shape[:, 0], 32) and np.allclose(shape[:, 1], 2 * 16 + 4 * 8)


def test_cluster_in_a_large_box():
    rng = np.random.default_rng(5)
    cluster = Configuration(rng.normal(0, 1, (60, 3)), np.full(3, 60.0))
    shape = voronoi_shape(cluster)
    assert shape[:, 0].sum() == pytest.approx(60**3, rel=1e-10)
    assert np.allclose(shape[:20, :2], hulls(cluster, range(20)), rtol=1e-8)


def test_same_bits_for_any_number_of_threads(liquid):
    one = voronoi_shape(liquid, threads=1)
    assert one.tobytes() == voronoi_shape(liquid, threads=4).tobytes()


def test_errors():
    with pytest.raises(ConfigurationError, match="1 particle"):
        voronoi_shape(Configuration([[0.0, 0, 0]], np.full(3, 5.0)))
    with pytest.raises(ConfigurationError, match="same place"):
        voronoi_shape(Configuration([[0.0, 0, 0], [0, 0, 0]], np.full(3, 5.0)))
