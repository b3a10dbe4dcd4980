"""The scan of walls, baths and lengths, as a table."""

import numpy as np

from glasslib.learning.dataset import Dataset
from glasslib.results import cage, cage_scan
from results.examples import N


def test_a_scan_has_every_setting_and_says_what_it_gains(one, shown):
    table = cage_scan.cage_scan(one)
    tried = table[table["radius"].notna()]
    assert len(tried) == 2 * 10 and set(tried["model"]) == {"ridge D", "cage alone"}
    assert (tried.groupby("model")["gain"].first() == 0).all()
    rho = tried["within"]
    np.testing.assert_allclose(
        tried["gain"], rho - rho.iloc[:2].tolist() * 10, atol=1e-12
    )
    wide = tried[(tried["radius"] == 0.8) & (tried["model"] == "ridge D")]
    square = wide.set_index("duration")["square"]
    # Behind a wide wall, what looks like an average is how far monomers came.
    assert square[0.4] < square[2.0] < square[4.0]
    assert (tried["ratio"][tried["duration"] == 4.0] == 1).all()
    others = table[table["radius"].isna()].set_index("model")
    assert others.loc["shipped D", "gain"] == 0 and len(others) == 8
    assert {"shipped D and R = 0.80", "shipped D and R = 0.80 for 0.4 τ"} < set(others.index)
    assert cage_scan.CHOSEN not in others.index, "one training run chooses nothing"
    assert cage_scan.cage_scan(shown[0.7]).empty, "no scan was made there"


def test_training_runs_choose_what_stands_beside_d():
    """Three runs whose target is D's columns and one more, which one of two samplings holds."""
    random = np.random.default_rng(0)
    runs, more = np.repeat([0, 1, 2], 200), random.normal(size=(600, 1))
    x = random.normal(size=(600, 3))
    data = Dataset(
        temperature=0.5, features=x.astype(np.float32), feature_names=("a", "b", "c"),
        debye_waller=np.ones(600), targets=x.sum(axis=1)[:, None] + 2 * more, times=np.ones(1),
        tau_index=0, runs=runs, chain_position=np.zeros(600, dtype=int),
    )
    added = {"nothing": random.normal(size=(600, 1)), "more": more}
    rows = cage_scan._second_sampling(data, added).set_index("model")
    assert rows.loc[cage_scan.CHOSEN, "choice"] == "more (3)"
    assert rows.loc[cage_scan.CHOSEN, "rho"] > 0.99 > 0.9 > rows.loc["shipped D", "rho"]
    assert rows.loc["shipped D and more", "gain"] > 0.2
    assert abs(rows.loc["shipped D and nothing", "gain"]) < 0.02
    assert rows["choice"].notna().sum() == 1


def test_the_descriptors_of_a_scan_are_those_of_its_cages(one):
    """The columns of setting 0 follow D's own, which an independent sampling gave."""
    settings, tables = cage_scan._scanned(one, cage_scan.load_scans(one))
    own = cage.cage_dataset(one).features
    assert tables[0].shape == own.shape == (2 * N, 128)
    for name in ("energy, own", "squared displacement, own", "contact, once"):
        k = cage.cage_dataset(one).feature_names.index(name)
        assert np.corrcoef(tables[0][:, k], own[:, k])[0, 1] > 0.5, name
    np.testing.assert_array_equal(tables[0][:, -2:], own[:, -2:])
