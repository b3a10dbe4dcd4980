"""Settings of quick trainings, and parts of an ensemble, for the tests of result tables."""

from dataclasses import replace
from types import SimpleNamespace

from glasslib.parameters import NetworkSettings

FAST = NetworkSettings(epochs=2)
SETTINGS = {"row": dict.fromkeys("AB", FAST), "run": dict.fromkeys("AB", FAST)}
N = 1500


def single_run(of):
    """The same ensemble with its first run alone."""
    return of.only([min(of.runs)])


def single_block(of):
    return replace(of, blocks={run: blocks[:1] for run, blocks in of.blocks.items()})


def of_small(small, monkeypatch, *modules):
    """Let tables be computed from the small data set."""
    for module in modules:
        monkeypatch.setattr(module, "dataset", lambda of: small)
    return SimpleNamespace(
        times=SimpleNamespace(debye_waller_index=0, tau_index=1, times=small.times)
    )
