"""The scan of walls, baths and lengths, as a table."""

import numpy as np

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
    assert others.loc["shipped D", "gain"] == 0 and len(others) == 4
    assert cage_scan.cage_scan(shown[0.7]).empty, "no scan was made there"


def test_the_descriptors_of_a_scan_are_those_of_its_cages(one):
    """The columns of setting 0 follow D's own, which an independent sampling gave."""
    settings, tables = cage_scan._scanned(one, cage_scan.load_scans(one))
    own = cage.cage_dataset(one).features
    assert tables[0].shape == own.shape == (2 * N, 128)
    for name in ("energy, own", "squared displacement, own", "contact, once"):
        k = cage.cage_dataset(one).feature_names.index(name)
        assert np.corrcoef(tables[0][:, k], own[:, k])[0, 1] > 0.5, name
    np.testing.assert_array_equal(tables[0][:, -2:], own[:, -2:])
