"""Each vector word beside numpy, and on processors that this machine is not."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from glasslib.simulation import vectors as v
from glasslib.simulation.mixed_forces import aligned

N = 100
CUT2, UNIT = np.float32(0.3**2), np.float32(0.12**2)  # in units of the box: 2³² is 1
SCALE = 2.0**32


@njit
def gather(q, listed, begin, length, places, pushes):
    v.gather(q, listed, begin, length, places, pushes)


@njit
def scatter(pushes, listed, begin, length, f):
    v.scatter(pushes, listed, begin, length, f)


@njit
def pairs_of_two(q, i, places, pushes, first, last, unit, cutoff, f):
    v.pairs_of_two(q, i, places, pushes, first, last, unit, cutoff, f)


@njit
def pairs_of_groups(q, i, unit, cutoff, f):
    v.pairs_of_groups(q, i, unit, cutoff, f)


@njit
def take_near(q, i, listed, first, last, n, square, out, begin):
    return v.take_near(q, i, listed, first, last, n, square, out, begin)


@njit
def sort_near(q, i, listed, first, last, n, square, out, begin, spare):
    return v.sort_near(q, i, listed, first, last, n, square, out, begin, spare)


@njit
def boxes_in_reach(middle, half, g, groups, row, unit, square, out):
    return v.boxes_in_reach(middle, half, g, groups, row, unit, square, out)


def filled(values, kind):
    array = aligned(np.shape(values), kind)
    array[:] = values
    return array


def ways(a, b):
    """Differences of whole coordinates by the nearest image, in units of 2⁻³² of the box."""
    return (a[..., :3].astype(np.int64) - b[..., :3] + 2**31) % 2**32 - 2**31


def lennard_jones(d, unit=float(UNIT) * SCALE**2, cutoff=float(CUT2) * SCALE**2):
    """u⁴ (u³ − ½) d of each difference, 0 beyond the cutoff; u = unit / d²."""
    r2 = (d.astype(float) ** 2).sum(axis=-1, keepdims=True)
    u = unit / np.where((r2 < cutoff) & (r2 > 0), r2, np.inf)
    return u**4 * (u**3 - 0.5) * d


@pytest.fixture
def q():
    """Random rows, not too close to each other, whose box has its boundary anywhere."""
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(*3 * [np.arange(5)]), axis=-1).reshape(-1, 3)[:N]
    x = (grid + rng.uniform(-0.3, 0.3, grid.shape)) / 5 + rng.uniform(size=3)
    rows = aligned((N + 16, 4), np.int32)
    rows[:N, :3] = (np.round((x % 1) * SCALE).astype(np.int64) % 2**32).astype(np.uint32).view(
        np.int32)
    return rows


@pytest.fixture
def listed():
    return filled(np.random.default_rng(6).permutation(N)[:90], np.uint32)


def test_gather(q, listed):
    places = filled(np.full(3 * v.ROW, -7), np.int32)
    pushes = filled(np.ones(3 * v.ROW), np.float32)
    gather(q, listed, 3, 48, places, pushes)
    for d in range(3):
        row = slice(d * v.ROW, d * v.ROW + 48)
        np.testing.assert_array_equal(places[row], q[listed[3:51], d])
        assert (pushes[row] == 0).all()
        assert (places[row.stop : (d + 1) * v.ROW] == -7).all()
        assert (pushes[row.stop : (d + 1) * v.ROW] == 1).all()


def test_scatter(listed):
    pushes = filled(np.random.default_rng(7).normal(size=3 * v.ROW), np.float32)
    f = filled(np.ones((N + 16, 4)), np.float32)
    expected = f.copy()
    scatter(pushes, listed, 3, 48, f)
    expected[listed[3:51], :3] += pushes.reshape(3, v.ROW)[:, :48].T
    np.testing.assert_array_equal(f, expected)


def test_pairs_of_two(q, listed):
    listed = filled([k for k in listed.tolist() if k not in (10, 11)][:64], np.uint32)
    places, pushes = aligned(3 * v.ROW, np.int32), aligned(3 * v.ROW, np.float32)
    f = aligned((N + 16, 4), np.float32)
    gather(q, listed, 0, 64, places, pushes)
    unit, cutoff = np.float32(UNIT * SCALE**2), np.float32(CUT2 * SCALE**2)
    pairs_of_two(q, 10, places, pushes, 16, 64, unit, cutoff, f)
    forces = lennard_jones(ways(q[10:12, None], q[None, listed[16:64]]))
    size = np.abs(forces).max()
    np.testing.assert_allclose(f[10:12, :3], forces.sum(axis=1), atol=2e-6 * size)
    back = pushes.reshape(3, v.ROW)[:, :64].T
    np.testing.assert_allclose(back[16:], -forces.sum(axis=0), atol=2e-6 * size)
    assert (back[:16] == 0).all() and size > 0
    assert (np.delete(f[:, :3], (10, 11), axis=0) == 0).all()


def test_pairs_of_groups(q):
    f = aligned((N + 16, 4), np.float32)
    pairs_of_groups(q, 32, np.float32(UNIT * SCALE**2), np.float32(CUT2 * SCALE**2), f)
    for i in (32, 40):
        forces = lennard_jones(ways(q[i : i + 8, None], q[None, i : i + 8])).sum(axis=1)
        np.testing.assert_allclose(f[i : i + 8, :3], forces, atol=2e-6 * np.abs(forces).max())
    assert (f[:32] == 0).all() and (f[48:] == 0).all()


def near_fours(q, i, listed, square):
    d2 = (ways(q[i : i + 8, None], q[None, listed]).astype(float) ** 2).sum(axis=-1)
    near = d2 < square
    return near[:4].any(axis=0), near[4:].any(axis=0)


@pytest.mark.parametrize(("first", "last"), [(0, 90), (5, 84), (7, 7), (2, 18)])
def test_what_is_near(q, listed, first, last):
    """Numbers from 80 on are left out, and so is what stands behind the end."""
    square = np.float32((0.2 * SCALE) ** 2)
    part = listed[first:last]
    one, other = near_fours(q, 16, part, float(square))
    there = part < 80
    out = aligned(200, np.uint32)
    count = take_near(q, 16, listed, first, last, 80, square, out, 9)
    np.testing.assert_array_equal(out[9 : 9 + count], part[(one | other) & there])
    spare = aligned(4 * v.ROW, np.uint32)
    packed = sort_near(q, 16, listed, first, last, 80, square, out, 9, spare)
    for m, (array, begin, which) in enumerate([
        (out, 9, one & ~other), (spare, 0, one & other), (spare, 2 * v.ROW, other & ~one),
    ]):
        count = packed >> 16 * m & 0xFFFF
        np.testing.assert_array_equal(array[begin : begin + count], part[which & there])


def test_boxes_in_reach():
    rng = np.random.default_rng(8)
    groups, row, box = 50, 80, 12.0
    middle = filled(rng.integers(-(2**31), 2**31, (3, row)), np.int32)
    half = filled(rng.uniform(0.2, 1.5, (3, row)), np.float32)
    for g in (0, 17, 48, 49):
        out = aligned(row, np.uint32)
        count = boxes_in_reach(
            middle, half, g, groups, row, np.float32(box / SCALE), np.float32(9.0), out
        )
        way = np.abs(ways(middle.T[g + 1 : groups], middle.T[None, g])) * box / SCALE
        gap = np.maximum(way - half.T[g + 1 : groups] - half.T[g], 0)
        expected = g + 1 + np.flatnonzero((gap**2).sum(axis=1) < 9.0)
        np.testing.assert_array_equal(out[:count], expected)


# ----------------------------------------------------------------------------- other processors
ELSEWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
import test_vectors
from llvmlite import binding as llvm
from numba import njit, types

i, f = types.int64, types.float32
rows, reals = types.Array(types.int32, 2, "C"), types.Array(f, 2, "C")
ints, floats = types.Array(types.int32, 1, "C"), types.Array(f, 1, "C")
numbers = types.Array(types.uint32, 1, "C")
words = {
    "gather": (rows, numbers, i, i, ints, floats),
    "scatter": (floats, numbers, i, i, reals),
    "pairs_of_two": (rows, i, ints, floats, i, i, f, f, reals),
    "pairs_of_groups": (rows, i, f, f, reals),
    "take_near": (rows, i, numbers, i, i, i, f, numbers, i),
    "sort_near": (rows, i, numbers, i, i, i, f, numbers, i, numbers),
    "boxes_in_reach": (rows, reals, i, i, i, f, f, numbers),
}
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
for name, signature in words.items():
    word = njit(error_model="numpy", _nrt=False)(getattr(test_vectors, name).py_func)
    word.compile(signature)
    text = word.inspect_llvm(signature).splitlines()
    for triple, cpu in (
        ("x86_64-unknown-linux-gnu", "x86-64"), ("x86_64-unknown-linux-gnu", "haswell"),
        ("x86_64-pc-windows-msvc", "znver3"), ("aarch64-unknown-linux-gnu", "generic"),
        ("arm64-apple-macosx", "apple-m1"),
    ):
        lines = [line for line in text if not line.startswith("target ")]
        module = llvm.parse_assembly("\\n".join([f'target triple = "{triple}"', *lines]))
        machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, opt=2)
        assert len(machine.emit_assembly(module).splitlines()) > 30
        print(name, triple, cpu, flush=True)
"""


def test_other_processors_have_the_words_too():
    """Compiled for them, not run: LLVM ends the process where it cannot."""
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(Path(__file__).parent)], capture_output=True,
        text=True, env=os.environ | {"NUMBA_OPT": "0"},  # or it would be code for this processor
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    assert len(done.stdout.splitlines()) == 7 * 5
