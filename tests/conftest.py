"""The fixed ensemble that tests of store, results, figures and notebooks share.

tests/data/ensembles/smoke holds two temperatures of the profile ``smoke``, simulated once with
this library; it is only read. What is computed from it goes to a folder of the session.
"""

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parent / "data"


@pytest.fixture(scope="session")
def smoke_var(tmp_path_factory):
    """The folder of caches, locks and figures while tests run."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def smoke(smoke_var, monkeypatch):
    """Point the library to the fixed ensemble; returns the folder it lies in."""
    monkeypatch.setenv("GLASSLIB_DATA", str(DATA))
    monkeypatch.setenv("GLASSLIB_VAR", str(smoke_var))
    monkeypatch.delenv("GLASSLIB_FIGURES", raising=False)
    return DATA / "ensembles" / "smoke"


@pytest.fixture(scope="session")
def shown(smoke_var):
    """Both temperatures of the fixed ensemble, falling."""
    from glasslib import store

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSLIB_DATA", str(DATA))
        patch.setenv("GLASSLIB_VAR", str(smoke_var))
        return {t: store.load_ensemble(t, "smoke") for t in store.available("smoke")}


@pytest.fixture(scope="session")
def predictions(shown, smoke_var):
    """Networks of two epochs, trained on the fixed ensemble: quick, and far from good."""
    from glasslib import results
    from glasslib.parameters import NetworkSettings

    settings = dict.fromkeys("AB", NetworkSettings(epochs=2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSLIB_DATA", str(DATA))
        patch.setenv("GLASSLIB_VAR", str(smoke_var))
        return {t: results.predict(one, settings, held_out=settings) for t, one in shown.items()}
