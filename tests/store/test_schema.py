"""What the data files hold: the schema is that of the shipped files, and averages are rounded."""

import json

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glasslib import paths, store
from glasslib.errors import DataError
from glasslib.store import schema
from glasslib.store.schema import spent_seconds

N = 1500
#: The files of one run of each temperature of the book.
SHIPPED = sorted(paths.root().glob("data/ensembles/companion/T*/run00*.nc"))
#: What the oldest files lack.
LATER = {"equilibration_end_to_end", "mean_displacement", "structure_factor_thirds"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_shipped_files_have_the_variables_of_the_schema(path):
    kinds = {"block": schema.BLOCK, "cage": schema.CAGE}
    variables = kinds.get(path.stem[6:].rstrip("0123456789"), schema.RUN)
    arrays = store.read(path).arrays
    assert set(variables) - set(arrays) <= LATER and set(arrays) <= set(variables)
    with h5py.File(path) as file:
        for name in arrays:
            variable = variables[name]
            assert file[name].attrs["units"] == variable.units, name
            assert arrays[name].ndim == len(variable.dims), name
            assert not variable.single or arrays[name].dtype == np.float32, name


def test_a_value_too_many_or_too_few_is_refused():
    values = dict.fromkeys(schema.BLOCK, np.zeros(1))
    with pytest.raises(DataError, match="other variables than these: more"):
        schema.as_dataset(schema.BLOCK, values | {"more": 1}, {})
    del values["msd"]
    with pytest.raises(DataError, match="other variables than these: msd"):
        schema.as_dataset(schema.BLOCK, values, {})


@settings(max_examples=200, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.integers(1, 20),
        elements=st.floats(2.0**-100, 2.0**100, width=32) | st.just(0.0),
    ),
    st.integers(1, 22),
    st.sampled_from([1, -1]),
)
def test_rounding_of_the_mantissa(values, bits, sign):
    values = values * np.float32(sign)
    rounded = store.round_mantissa(values, bits)
    assert rounded.dtype == np.float32 and rounded.shape == values.shape
    exact = values.astype(np.float64)
    assert (np.abs(rounded - exact) <= np.abs(exact) * 2.0 ** -(bits + 1) * (1 + 1e-12)).all()
    np.testing.assert_array_equal(store.round_mantissa(rounded, bits), rounded)
    dropped = rounded.view(np.uint32) & np.uint32((1 << (23 - bits)) - 1)
    assert (dropped == 0).all()


def test_rounding_has_no_bias():
    x = np.random.default_rng(0).uniform(1, 2, (400, 500)).astype(np.float32)
    error = store.round_mantissa(x).astype(float) / x - 1
    assert error.shape == x.shape
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(x.size)


def test_provenance_is_in_each_file(shown):
    for one in shown.values():
        for data in (*one.runs.values(), *(b for blocks in one.blocks.values() for b in blocks)):
            for name in (
                "profile",
                "temperature",
                "run",
                "protocol",
                "seeds",
                "glasslib_version",
                "lammps_version",
                "units",
                "licence",
            ):
                assert name in data.attrs
            assert spent_seconds(data.attrs) > 0
            assert json.loads(data.attrs["protocol"])["melt"]["n_monomers"] == N
