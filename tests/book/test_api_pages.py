"""Docstrings on their way to the API page."""

import subprocess
import sys
from pathlib import Path

import pytest

import glasslib
from api_pages import fill, module_names, modules_text, safe_lines
from glasslib import paths


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("Mean of |Δr| over all.", r"Mean of \|Δr\| over all."),
        ("``|Δr|`` and ``a*b``", "``|Δr|`` and ``a*b``"),
        (":math:`|r_|` stays", ":math:`|r_|` stays"),
        ("k * r*2 and 2*r", r"k \* r\*2 and 2\*r"),
        ("in *Journal of Things*, 2nd", "in *Journal of Things*, 2nd"),
        ("**bold** move", "**bold** move"),
        ("shape (N*3,) : r_", r"shape (N\*3,) : r\_"),
        ("as in [2]_ and [3]_.", "as in [2] and [3]."),
        ("a link_ and tau_alpha", r"a link\_ and tau_alpha"),
    ],
)
def test_text_is_made_safe(line, safe):
    assert safe_lines([line]) == [safe]


def test_code_is_left_alone():
    lines = [
        "A formula::",
        "",
        "    a*b | c_",
        "",
        "and |x|",
        ".. math::",
        "    |r_i|*",
        "",
        ">>> 2*3 | 1 # x_",
        "7",
    ]
    assert safe_lines(lines) == [*lines[:4], r"and \|x\|", *lines[5:]]


def test_every_module_is_there():
    folder = Path(glasslib.__file__).parent
    files = {
        "glasslib." + ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in folder.rglob("*.py")
    }
    names = {name.removesuffix(".__init__") for name in files} - {"glasslib"}
    assert set(module_names()) == {n for n in names if not n.rsplit(".", 1)[1].startswith("_")}
    assert modules_text().count("automodule::") == len(module_names())


def test_modules_named_come_first():
    names = module_names(["paths", "learning", "no_such_module"])
    assert names[:3] == ["glasslib.paths", "glasslib.learning", "glasslib.learning.baselines"]
    assert sorted(names) == sorted(module_names())
    content = ["# API\n\n% glasslib-modules paths\n\nEnd\n"]
    fill(None, "api", content)
    assert "% glasslib" not in content[0] and content[0].index("## ") == 7
    assert content[0][7:].startswith("## glasslib.paths\n") and content[0].endswith("\nEnd\n")


def test_looking_at_the_library_does_not_load_tensorflow():
    program = (
        "import sys, importlib\nfrom api_pages import module_names\n"
        "for name in module_names(): importlib.import_module(name)\n"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    folder = paths.pages() / "extensions"
    done = subprocess.run([sys.executable, "-c", program], timeout=120, cwd=folder)
    assert done.returncode == 0
