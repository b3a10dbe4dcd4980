import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasslib.errors import DataError, ParameterError
from glasslib.learning.dataset import Dataset, Split, run_folds, split
from glasslib.parameters import NetworkSettings


def small(**changes):
    values = dict(
        temperature=0.5,
        features=np.arange(12.0).reshape(4, 3),
        feature_names=("a", "b", "c"),
        debye_waller=np.array([0.1, 0.2, 0.3, 0.4]),
        targets=np.arange(8.0).reshape(4, 2),
        times=[1.0, 50.0],
        tau_index=1,
        runs=[0, 0, 1, 1],
        chain_position=[0, 1, 2, 1],
    )
    return Dataset(**(values | changes))


def test_inputs_differ_by_the_debye_waller_column_alone():
    data = small()
    a, names_a = data.inputs("A")
    b, names_b = data.inputs("B")
    assert names_a == (*names_b, "debye_waller")
    np.testing.assert_array_equal(a[:, :-1], b)
    np.testing.assert_array_equal(a[:, -1], data.debye_waller.astype(np.float32))
    assert a.dtype == b.dtype == np.float32
    with pytest.raises(ParameterError, match="'C' does not exist; choose A or B"):
        data.inputs("C")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(features=np.zeros(4)), r"features have shape \(4,\)"),
        (dict(features=np.zeros((0, 3))), r"features have shape \(0, 3\)"),
        (dict(feature_names=("a", "b")), "2 names for 3 columns"),
        (dict(feature_names=("a", "b", "a")), "'a' twice"),
        (dict(feature_names=("a", "b", "debye_waller")), "'debye_waller' twice"),
        (dict(debye_waller=np.zeros(3)), r"debye_waller has shape \(3,\)"),
        (dict(runs=[0, 0, 1]), r"runs has shape \(3,\)"),
        (dict(runs=[0.0, 0.0, 1.5, 1.0]), "runs has type float64"),
        (dict(chain_position=np.zeros((4, 1), int)), r"chain_position has shape \(4, 1\)"),
        (dict(targets=np.zeros((4, 3))), r"targets have shape \(4, 3\)"),
        (dict(times=[50.0, 1.0]), "rising"),
        (dict(times=[1.0, np.inf]), "finite times"),
        (dict(tau_index=2), "tau_index = 2 is no column"),
        (dict(tau_index=-1), "tau_index = -1 is no column"),
    ],
)
def test_wrong_shapes_are_named(changes, message):
    with pytest.raises(DataError, match=message) as caught:
        small(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_a_value_that_is_not_finite_is_named_with_its_place(bad):
    features = np.zeros((4, 3))
    features[2, 1] = bad  # 1e300 is too large for single precision
    with pytest.raises(DataError, match="features is (nan|inf) at row 2, column 'b'"):
        small(features=features)


def test_targets_and_debye_waller_must_be_finite():
    targets = np.zeros((4, 2))
    targets[3, 1] = np.nan
    with pytest.raises(DataError, match="targets is nan at row 3, time 50"):
        small(targets=targets)
    with pytest.raises(DataError, match="debye_waller is nan at row 0"):
        small(debye_waller=np.array([np.nan, 0, 0, 0]))


run_lists = st.integers(1, 12).flatmap(
    lambda n_runs: st.lists(st.integers(0, n_runs - 1), min_size=5, max_size=200)
)
choices = st.builds(
    NetworkSettings,
    split=st.sampled_from(["row", "run"]),
    test_fraction=st.floats(0.01, 0.95),
    validation_fraction=st.floats(0.01, 0.45),
    seed=st.integers(0, 2**32 - 1),
)


@settings(max_examples=150, deadline=None)
@given(runs=run_lists, chosen=choices)
def test_every_row_is_in_one_part_and_runs_are_not_torn(runs, chosen):
    runs = np.array(runs)
    try:
        parts = split(runs, chosen)
    except ParameterError:
        # Only where there is nothing to hold out, or one row left for two parts.
        assert chosen.split == "run"
        assert len(np.unique(runs)) < 2 or np.bincount(runs).min() < 2
        return
    rows = np.concatenate([parts.train, parts.validation, parts.test])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(runs)))
    assert len(parts.train) and len(parts.validation) and len(parts.test)
    if chosen.split == "run":
        test, train = set(runs[parts.test]), set(runs[parts.train])
        validation = set(runs[parts.validation])
        assert not test & (train | validation)
        if len(train | validation) >= 3:
            assert not train & validation
    again = split(runs, chosen)
    for part in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(parts, part), getattr(again, part))


@pytest.mark.parametrize("kind", ["row", "run"])
def test_seed_decides(kind):
    runs = np.repeat(np.arange(10), 20)
    tests = [tuple(split(runs, NetworkSettings(split=kind, seed=seed)).test) for seed in range(8)]
    assert len(set(tests)) > 3


def test_fractions():
    runs = np.repeat(np.arange(10), 100)
    parts = split(runs, NetworkSettings())
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (720, 80, 200)
    # 80:20 by row takes from every run
    assert len(np.unique(runs[parts.test])) == 10
    parts = split(runs, NetworkSettings(split="run"))
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (700, 100, 200)


def test_few_runs():
    by_run = NetworkSettings(split="run")
    with pytest.raises(ParameterError, match="at least two runs, and there is 1"):
        split(np.zeros(50, int), by_run)
    runs = np.repeat([3, 5, 9], 20)  # two are left: validation is taken by row from both
    parts = split(runs, by_run)
    assert len(np.unique(runs[parts.test])) == 1
    assert len(parts.validation) == 4
    with pytest.raises(ParameterError, match="at least three rows"):
        split(np.array([0, 1]))


def test_a_split_given_by_hand_is_checked():
    parts = Split([5, 1], [3], [])
    assert parts.train.tolist() == [1, 5] and len(parts) == 3
    with pytest.raises(ParameterError, match="row 1 twice"):
        Split([1, 2], [1], [0])
    with pytest.raises(ParameterError, match="row -1 twice or below 0"):
        Split([-1, 2], [1], [0])
    with pytest.raises(ParameterError, match="no validation row"):
        Split([1, 2], [], [0])


# --------------------------------------------------------------------------- more columns, folds
def test_extended_descriptors_stand_before_the_debye_waller_factor():
    data = small().extended(["d", "e"], np.array([[7.0, 8.0]] * 4))
    inputs, names = data.inputs("A")
    assert names == ("a", "b", "c", "d", "e", "debye_waller")
    np.testing.assert_array_equal(inputs[:, 3:5], [[7.0, 8.0]] * 4)
    with pytest.raises(DataError, match="holds 'a' twice"):
        small().extended(["a"], np.ones((4, 1)))
    with pytest.raises(DataError, match=r"need \(4, 2\)"):
        small().extended(["d", "e"], np.ones((4, 1)))


def test_subset_keeps_rows_together():
    data = small().subset(np.array([3, 0]))
    assert len(data) == 2 and data.runs.tolist() == [1, 0]
    assert data.debye_waller.tolist() == [0.4, 0.1] and data.targets[1].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("n_runs", "n_folds"), [(2, 4), (3, 4), (4, 4), (10, 4), (5, 2)])
def test_every_row_is_tested_once_by_what_never_saw_its_run(n_runs, n_folds):
    runs = np.random.default_rng(0).permutation(np.repeat(np.arange(n_runs) + 3, 20))
    folds = run_folds(runs, n_folds)
    assert len(folds) == min(n_runs, n_folds)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(runs)))
    for fold in folds:
        seen = np.unique(runs[np.concatenate([fold.train, fold.validation])])
        assert not set(seen) & set(runs[fold.test])
        assert len(fold) == len(runs)
        if len(seen) >= 3:
            assert not set(runs[fold.train]) & set(runs[fold.validation])
    again = run_folds(runs, n_folds)
    assert all((a.test == b.test).all() for a, b in zip(folds, again, strict=True))


def test_folds_need_two_runs():
    with pytest.raises(ParameterError, match="1 run in 4 folds"):
        run_folds(np.zeros(50, int))
