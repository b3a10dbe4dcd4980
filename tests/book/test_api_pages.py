"""Docstrings on their way to the API page."""

import subprocess
import sys
from pathlib import Path

import pytest

import glasslib
from api_pages import module_names, modules_text, safe_lines
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
    pages = [path.read_text() for path in sorted((paths.pages() / "api").glob("*.md"))]
    packages = " ".join(line.removeprefix("% glasslib-modules ") for page in pages
                        for line in page.splitlines() if line.startswith("% "))
    assert modules_text(packages).count("automodule::") == len(module_names())
    assert len(packages.split()) == len(glasslib.READING_ORDER)  # none on two pages


def test_looking_at_the_library_does_not_load_tensorflow():
    program = (
        "import sys, importlib\nfrom api_pages import module_names\n"
        "for name in module_names(): importlib.import_module(name)\n"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    folder = paths.pages() / "extensions"
    done = subprocess.run([sys.executable, "-c", program], timeout=120, cwd=folder)
    assert done.returncode == 0
