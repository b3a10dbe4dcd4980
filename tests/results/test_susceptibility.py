"""χ4, true and predicted."""

import numpy as np
import pytest

from glasslib.results import susceptibility
from results.examples import SETTINGS, N, single_run


def test_susceptibilities_by_hand(one):
    table = susceptibility.susceptibilities(one, SETTINGS)
    a = one.propensity[..., one.times.tau_index].mean()
    mobile = (one.propensity > a).sum(axis=1)
    true = table[table["curve"] == "true"]["chi4"]
    np.testing.assert_allclose(true, mobile.var(axis=0) / N)
    assert set(zip(table["split"], table["curve"], strict=True)) >= {
        ("row", "network A"), ("run", "network A"), ("run", "network B"),
        ("trajectory", "trajectories"),
    }  # fmt: skip
    counts = [np.concatenate([b["exceeding"] for b in bs]) for bs in one.blocks.values()]
    probe = np.abs(one.blocks[0][0]["probe_length"] - a).argmin()
    inside = np.mean([run[..., probe].var(axis=0, ddof=1) for run in counts], axis=0) / N
    rows = table[table["curve"] == "within configurations"]
    np.testing.assert_allclose(rows["chi4"], inside)
    assert susceptibility.susceptibilities(single_run(one), SETTINGS).empty


def test_error_of_a_ratio_of_susceptibilities_is_not_too_small():
    """Many sets of four configurations: the truth lies within the error bar about as it should."""
    from glasslib.results import bar

    random, hits, smallest = np.random.default_rng(0), 0, np.inf
    for _ in range(100):
        mobile = random.binomial(400, 0.4 + 0.1 * random.normal(size=(4, 1)).clip(-3, 3))
        order = np.arange(400)
        true = (order < mobile).astype(float)[..., None]
        other = random.binomial(400, 0.4 + 0.1 * random.normal(size=(4, 1)).clip(-3, 3))
        predicted = (order < other).astype(float)[..., None]
        ratio, error = susceptibility.ratio_to_truth(true, predicted, 0.5)
        smallest = min(smallest, (error / ratio)[0])
        hits += abs(ratio[0] - 1) < bar(error[0], 4)
    assert hits >= 80 and smallest > 0.01
    same, error = susceptibility.ratio_to_truth(true, true, 0.5)
    assert same[0] == 1 and error[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(susceptibility.ratio_to_truth(true[:2], predicted[:2], 0.5)[1]).all()
