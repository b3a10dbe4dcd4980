"""Which changes of the library make which result tables stale, and that what ran is in the key."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import glasslib
from glasslib import store
from glasslib.parameters import NetworkSettings
from glasslib.results import closure, networks, tables

TOP = Path(glasslib.__file__).parent
TRAINED = {name for name, table in tables.TABLES.items() if table.trains} | {"settings"}
ALL = {*tables.TABLES, "settings"}
OTHERS = {"mixture", "mixture-lengths"}  # on configurations of others
DESCRIBED = ALL - {"ceiling"} - OTHERS  # all that stand on the data set of a temperature
FILES = {"cage-reliability", "cage-cost"}  # on files alone, without a data set
#: On cages alone, without folds of runs.
CAGED = {"debye-waller-parts", "short-time-parts", "cage-transfer"} | FILES
#: On cages alone, with folds of runs.
FOLDED = {"cage-scan", "cage-gap", "cage-networks", "graph-network", "graph-temperatures"}

#: Asks each tree of the library in turn for its keys, on the fixed ensemble.
ASK = """
import json, sys
sys.dont_write_bytecode = True
here = sys.path[0]
out = {}
for tree in json.load(sys.stdin):
    for name in [name for name in sys.modules if name.split(".")[0] == "glasslib"]:
        del sys.modules[name]
    sys.path[0] = tree
    from glasslib import store
    from glasslib.parameters import NetworkSettings
    from glasslib.results import networks, tables
    one = store.load_ensemble(0.8, "smoke")
    work = tables.Work({0.8: one})
    work._settings = {by: dict.fromkeys("AB", NetworkSettings(split=by)) for by in ("row", "run")}
    keys = {name: work.key(table, 0.8) for name, table in tables.TABLES.items()}
    out[tree] = keys | {"settings": networks.settings_key(one, NetworkSettings())}
print(json.dumps([out, "tensorflow" in sys.modules]))
"""

#: What is changed: a file, the text there, and what takes its place; and what becomes stale.
CHANGES = {
    "DescriptorSpec.coarse_radius": (
        "parameters.py", "coarse_radius: float = Field(2.5", "coarse_radius: float = Field(2.0",
        (DESCRIBED - CAGED - FOLDED) | {"mixture"},
    ),
    "Melt.cutoff": (  # the melt of its data is in the key of every table of ours
        "parameters.py", "cutoff: float = Field(2.5", "cutoff: float = Field(2.4",
        ALL - OTHERS,
    ),
    "Ensemble.debye_waller": (
        "store/ensemble.py",
        '"squared_displacement")[..., self.times', '"displacement")[..., self.times',
        DESCRIBED - FILES,
    ),
    "Configuration.wrapped": (
        "configuration.py", "self.positions % self.box", "self.positions",
        (DESCRIBED - FILES) | {"mixture"},
    ),
    "Eq. 6": (
        "learning/training.py", "- mean) / deviation", "- mean) / deviation**2",
        TRAINED | {"leaks"},
    ),
    "dataset": (  # three tables read the place in the chain, and all call this function
        "results/networks.py", "chain_position=np.conc", "chain_position=0 * np.conc",
        DESCRIBED - {"debye-waller-parts", "short-time-parts"} - FILES,
    ),
    "NetworkSettings.test_fraction": (  # run_folds takes settings too
        "parameters.py", "test_fraction: float = Field(0.2", "test_fraction: float = Field(0.3",
        ALL - {"ceiling", "reorientation", "leak-reach", "joint"} - OTHERS - CAGED,
    ),
    "read": (
        "store/registry.py", "np.asarray(variable[()])", "np.zeros_like(variable[()])", ALL,
    ),
    "train": (
        "learning/training.py", "generator.permutation(rows)", "np.arange(rows)", TRAINED,
    ),
    "TrainedNetwork.load": (
        "learning/training.py", 'tau_index=about["tau_index"]', "tau_index=0",
        TRAINED - {"settings"},
    ),
    "ValidatedRidge.fit": (  # called by scikit-learn
        "learning/baselines.py", "x = np.ascontiguousarray(X,", "x = -np.ascontiguousarray(X,",
        {"baselines", "positions", "leaks", "reorientation-models", "importance", "learning-runs",
         "learning-trajectories", "inherent", "structure-limit", "cage-transfer", "cage-learning",
         "short-time", "joint", "choices-descriptors", "mobile-number", "mixture", "melt-size",
         "chain-length"} | FOLDED,
    ),
    "cage_scalars": (
        "structure/cage.py", "np.linalg.eigvalsh(tensor)", "np.linalg.eigvalsh(-tensor)",
        {"structure-limit", "short-time", "cage-transfer", "cage-choice", "cage-learning",
         "cage-reliability", "melt-size", "mixture"} | FOLDED,
    ),
    "load_cages": (
        "store/cages.py", "dtype=np.float64", "dtype=np.float32",
        CAGED | FOLDED
        | {"structure-limit", "short-time", "cage-choice", "cage-learning", "melt-size"},
    ),
    "ceilings": ("results/ceiling.py", "default_rng(0)", "default_rng(1)",
                 {"ceiling", "chain-length", "melt-size"}),
    "block_propensities": (
        "results/ceiling.py", ".T for block in blocks", ".T * 2 for block in blocks",
        {"ceiling", "learning-trajectories", "cage-gap", "chain-length", "melt-size"},
    ),
    "an import of another function": (
        "learning/ceiling.py", "import combinations\n", "import permutations as combinations\n",
        {"ceiling", "learning-trajectories", "cage-gap", "mixture", "chain-length", "melt-size"},
    ),
    # Words, layout, and what no table uses.
    "error text": (
        "structure/neighbors.py", "raise ConfigurationError(\n",
        "raise ConfigurationError(\n            'no'\n", set(),
    ),
    "docstring": ("results/ceiling.py", '"""Return reliability and ceiling', '"""Return', set()),
    "comment": ("results/transfer.py", "  # stays for runs that none has seen", "", set()),
    "description": ("parameters.py", "Coarse-graining radius r_c, σ.", "r_c.", set()),
    "column title": ("results/networks.py", '"setting"', '"name"', set()),
    "what a table holds": ("results/tables.py", "what shared noise", "what noise", set()),
    "Ensemble.describe": ("store/ensemble.py", "runs of", "runs with", set()),
    "lease": ("files.py", "lease_duration=60.0", "lease_duration=50.0", set()),
    "TrainedNetwork.to_keras": (
        "learning/training.py", "for layer in self.weights", "for layer in ()", set(),
    ),
    "type hint": ("results/ceiling.py", "-> pd.DataFrame:", "-> object:", set()),
    # The simulation: tables know data by their files.
    "Integrator": ("parameters.py", "skin: float", "more: int = 3\n    skin: float", set()),
    "Protocol": ("parameters.py", "production_multiple: float = Field(10.0",
                 "more: int = 3\n    production_multiple: float = Field(20.0", set()),
    "PROTOCOLS": ("parameters.py", "longest_time_multiple=3.0", "longest_time_multiple=4.0", set()),
    "engine": ("simulation/engine.py", "numpy as np\n", "numpy as np\nnp.geterr()\n", set()),
    "campaign": ("campaign/times.py", "numpy as np\n", "numpy as np\nnp.geterr()\n", set()),
}  # fmt: skip


def copied(place: Path, *changes: tuple[str, str, str]) -> Path:
    """The library with some of its text changed, in a folder of its own."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TOP, place / "glasslib", ignore=ignore)
    for name, old, new in changes:
        path = place / "glasslib" / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return place


def moved(place: Path) -> Path:
    """The library with a module that has moved, and is imported from its new place."""
    copied(place)
    top = place / "glasslib"
    (top / "learning" / "importance.py").rename(top / "results" / "groups.py")
    for path in top.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("learning.importance", "results.groups"), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def keys(tmp_path_factory, smoke_var):
    """Keys of all tables by change; one process asks every tree, and never loads TensorFlow."""
    folder = tmp_path_factory.mktemp("trees")
    trees = {"": copied(folder / "same"), "a move": moved(folder / "moved")}
    for number, (change, (name, old, new, _)) in enumerate(CHANGES.items()):
        trees[change] = copied(folder / f"{number}", (name, old, new))
    environment = os.environ | {
        "GLASSLIB_DATA": str(Path(__file__).parents[1] / "data"), "GLASSLIB_VAR": str(smoke_var)
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], input=json.dumps([str(tree) for tree in trees.values()]),
        env=environment, cwd=folder, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    found, tensorflow = json.loads(done.stdout)
    assert not tensorflow
    return {change: found[str(tree)] for change, tree in trees.items()}


def test_a_copy_has_the_same_keys_and_a_move_changes_none(keys):
    assert keys[""] == keys["a move"] and set(keys[""]) == ALL
    assert len(set(keys[""].values())) == len(ALL)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_stale_what_uses_it(keys, change):
    stale = {name for name in ALL if keys[change][name] != keys[""][name]}
    assert stale == CHANGES[change][-1]


# ------------------------------------------------------------------------------- what is in it
def places(function):
    return closure.definitions(
        (function.__module__, function.__qualname__), ("glasslib.store.ensemble", "load_ensemble")
    )


FUNCTIONS = [networks.search_settings, networks.trained,
             *(table.function for table in tables.TABLES.values())]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_no_simulation_is_in_a_key(function):
    for module, name in places(function):
        assert not module.startswith((
            "glasslib.simulation", "glasslib.campaign", "glasslib.publishing",
        ))
        assert name.split(".")[0] not in ("Protocol", "Integrator", "PROTOCOLS", "Goal")
        # Of the parameters of simulations, the melt alone, which is in the key by value.
        if ("glasslib.parameters", "PROTOCOLS") in closure._read(module, name).used:
            assert name == "Ensemble.melt"


def test_what_is_not_followed_exists():
    for name in closure.NOT_FOLLOWED:
        closure._find(f"glasslib.{name}")


def write(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "one.py").write_text(text, encoding="utf-8")


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """Reads definitions of a small library of one module."""
    monkeypatch.setattr(closure, "_TOP", tmp_path / "small")

    def read(source, name="f"):
        for cached in (closure._module, closure._find, closure._read):
            cached.cache_clear()
        write(tmp_path / "small", source)
        return set(closure.definitions(("small.one", name)).values())

    yield read
    for cached in (closure._module, closure._find, closure._read):
        cached.cache_clear()


def test_words_and_layout_are_no_code(texts):
    source = texts('def f(x):\n    """Doc."""\n    return x + 1  # comment\n')
    assert source == texts('def f(\n    x: int\n) -> int:\n    """Other."""\n    return x + 1\n')
    assert source != texts("def f(x):\n    return x + 2\n")
    assert source != texts("def f(x):\n    return x + 1.0\n")
    assert source != texts("def f(y):\n    return y + 1\n")
    assert texts("def f(x):\n    raise ValueError('a')\n") == texts(
        "def f(x):\n    raise ValueError(f'b {x}') from None\n"
    )
    assert texts("def f(x):\n    raise ValueError('a')\n") != texts(
        "def f(x):\n    raise KeyError('a')\n"
    )
    assert texts("def f(x):\n    assert x, 'a'\n") == texts("def f(x):\n    assert x\n")


def test_what_a_name_stands_for_counts(texts):
    body = "def f(x):\n    return exp(x)\n"
    assert texts(f"from math import exp\n{body}") != texts(f"from cmath import exp\n{body}")
    assert texts(f"from math import exp\n{body}") == texts(
        "def f(x):\n    import math as m\n    return m.exp(x)\n"
    )
    hidden = "def f(exp):\n    return exp\n"
    assert texts(f"from math import exp\n{hidden}") == texts(hidden)


def test_a_method_counts_if_it_is_named(texts):
    source = (
        "class C:\n    x: int = 1\n    def __len__(self):\n        return 2\n"
        "    def used(self):\n        return 3\n    def other(self):\n        return 4\n"
        "    @validator\n    def checks(self):\n        return 5\n"
        "def f(c: C):\n    return c.used()\n"
    )
    for number, counts in ((1, True), (2, True), (3, True), (4, False), (5, True)):
        changed = source.replace(f" {number}\n", " 9\n")
        assert (texts(changed) != texts(source)) is counts, number
    elsewhere = f"import sklearn\n{source}".replace("class C", "class C(sklearn.Base)")
    assert texts(elsewhere) != texts(elsewhere.replace(" 4\n", " 9\n"))
    by_text = source.replace("c.used()", "getattr(c, 'other')()")
    assert texts(by_text) != texts(by_text.replace(" 4\n", " 9\n"))


def test_what_runs_at_import_counts(texts):
    body = "def f(x):\n    return x\n"
    plain = f"import numpy\n{body}"
    assert texts(plain) != texts(plain.replace("numpy\n", "numpy\nnumpy.seterr(all='raise')\n"))
    checking = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n"
    assert texts(checking + body) == texts(body)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("from . import one\ndef f():\n    return one.g\n", "a relative import is not followed"),
        ("from small import one\ndef f():\n    return vars(one)\n", "hands on a whole module"),
        ("from math import *\ndef f():\n    return exp(1)\n", "imports everything from elsewhere"),
        ("from small.two import g\ndef f():\n    return g\n", "small.two.g is not defined"),
    ],
)
def test_what_cannot_be_followed_is_an_error(texts, source, message):
    with pytest.raises(LookupError, match=message):
        texts(source)


# ------------------------------------------------------------------------------ other Pythons
HASHES = """
import hashlib, importlib.util, json, sys
spec = importlib.util.spec_from_file_location("closure", sys.argv[1])
closure = sys.modules["closure"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(closure)
for place in json.load(sys.stdin):
    found = closure.definitions(tuple(place), ("glasslib.store.ensemble", "load_ensemble"))
    print(hashlib.sha256("".join(sorted(found.values())).encode()).hexdigest())
"""


def other_python(version: str) -> str | None:
    """An interpreter of this version under pyenv or on the path, if one works."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = sorted(root.glob(f"versions/{version}.*/bin/python"))
    for python in filter(None, [*found, shutil.which(f"python{version}")]):
        if subprocess.run([python, "--version"], capture_output=True).returncode == 0:
            return str(python)
    return None


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_keys_are_the_same_under_another_python(version):
    other = other_python(version)
    if other is None:
        pytest.skip(f"there is no Python {version} here")
    wanted = json.dumps([(f.__module__, f.__qualname__) for f in FUNCTIONS])
    hashes = [
        subprocess.run([python, "-c", HASHES, closure.__file__], input=wanted, text=True,
                       capture_output=True, check=True).stdout
        for python in (sys.executable, other)
    ]
    assert hashes[0] == hashes[1] and len(hashes[0].split()) == len(FUNCTIONS)


# ----------------------------------------------------------------------------- what ran is in it
def names_of(code) -> tuple[str, str] | None:
    """Definition that a code object belongs to: a function, or a method of a class."""
    path = Path(code.co_filename)
    if not path.is_relative_to(TOP):
        return None
    module = ".".join(path.relative_to(TOP.parent).with_suffix("").parts)
    return module.removesuffix(".__init__"), code.co_qualname.split(".<locals>")[0]


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("GLASSLIB_TEST_CLOSURE"),
                    reason="takes minutes; set GLASSLIB_TEST_CLOSURE=1")
@pytest.mark.parametrize("name", ["settings", *tables.TABLES])
def test_what_ran_is_in_the_key(smoke, tmp_path, monkeypatch, name):
    """Compiled kernels do not show here."""
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path))
    few = NetworkSettings(epochs=2)
    settings = {"row": dict.fromkeys("AB", few), "run": dict.fromkeys("AB", few)}
    ran = set()
    sys.setprofile(lambda frame, event, _: event == "call" and ran.add(frame.f_code))
    try:
        shown = {t: store.load_ensemble(t, "smoke") for t in (0.8, 0.7)}
        if name == "settings":
            function = networks.search_settings
            function(shown[0.8], few)
        else:
            table = tables.TABLES[name]
            function = table.function
            given = shown if table.parts == "all" else shown[0.8]
            function(given, settings) if table.trains else function(given)
    finally:
        sys.setprofile(None)
    ran = {place for place in map(names_of, ran) if place and "<" not in place[1]}
    covered = places(function)

    def counted(module, definition):
        if any(f"{module}.{definition}.".startswith(f"glasslib.{stop}.")
               for stop in closure.NOT_FOLLOWED):
            return True
        owner, _, method = definition.partition(".")
        apart = method in closure._read(module, owner).methods
        return (module, definition if apart else owner) in covered

    missing = sorted(place for place in ran if not counted(*place))
    assert missing == [] and (function.__module__, function.__name__) in ran
