"""Where one may not write: a line with the folder and the setting, or it just works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from melt_files import data_text, small_melt

from glasslib import paths

#: Descriptors that a small box holds and that compile in seconds.
CHOICE = [
    argument
    for value in (
        "radial_shells=[[0.5,1.5,20,0.05]]", "angular_range=[0.6,2.0]", "angular_shells=2",
        "max_order=2", "coarse_radius=2.0", "voronoi=false",
    )
    for argument in ("-p", value)
]  # fmt: skip


@pytest.fixture
def melt_data(tmp_path):
    path = tmp_path / "melt.data"
    path.write_text(data_text(small_melt()))
    return path


def glasslib(*arguments, cwd, **environment):
    """Run the command with this environment and no other."""
    places = {"PATH": os.environ["PATH"], "PYTHONPATH": str(paths.root()), "TMPDIR": str(cwd)}
    return subprocess.run(
        [sys.executable, "-m", "glasslib", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, timeout=500, env=places | environment,
    )  # fmt: skip


def mounted(folder, *options):
    """Mount, and unmount in the end; skip where that is not allowed."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout on a mount that is read only, and the environment of no home."""
    if shutil.which("mount") is None:
        pytest.skip("needs the command mount")
    tree = tmp_path / "tree"
    left_out = shutil.ignore_patterns("__pycache__", ".*", "_build", "var", "ensembles")
    for name in ("glasslib", "notebooks", "book", "data"):
        shutil.copytree(paths.root() / name, tree / name, ignore=left_out)
    for name in ("_config.yml", "_toc.yml", "requirements.lock"):
        shutil.copy(paths.root() / name, tree)
    for folder in mounted(tree, "--bind", str(tree)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(tree)], check=True)
        yield {"PYTHONPATH": str(folder), "HOME": os.devnull + "/none"}


def one_line(done):
    """The words of an error; nothing but its one line was printed to stderr."""
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    return line.removeprefix("glasslib: error: ")


def test_a_read_only_checkout_describes_without_a_home(checkout, melt_data, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    for name, environment in {"here": {}, "there": checkout}.items():
        done = glasslib(
            "describe", melt_data, "-o", f"{name}.csv", *CHOICE, cwd=work, **environment
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert (work / "here.csv").read_bytes() == (work / "there.csv").read_bytes()
    assert {path.name for path in work.iterdir()} == {"here.csv", "there.csv"}


UNFINISHED = Path("var", "work", "companion", "T0.800")


@pytest.mark.parametrize(
    ("arguments", "folder", "setting"),
    [
        ("run 16 -p temperature=0.8", "_build/runs", "--output moves it"),
        ("run 1-2 -p temperature=0.8", "_build/runs/T0.800-lab", "--output moves it"),
        ("book", "_build", "GLASSLIB_BUILD moves it"),
        ("book -t 0.8", "_build/books/T0.800-lab", "GLASSLIB_BUILD moves it"),
        ("campaign task -t 0.8 --run 0", UNFINISHED, "GLASSLIB_VAR moves it"),
        ("describe melt.data -o tree/out.nc", "", "write to another folder"),
    ],
)
def test_a_read_only_checkout_names_folder_and_setting(
    checkout, melt_data, tmp_path, arguments, folder, setting
):
    done = glasslib(*arguments.split(), cwd=tmp_path, **checkout)
    place = tmp_path / "tree" / folder
    assert one_line(done) == f"cannot write to '{place}' (Read-only file system); {setting}"


def test_data_that_cannot_be_written_are_told_before_they_are_simulated(checkout, tmp_path):
    task = "campaign task --profile smoke -t 0.8 --run 0".split()
    done = glasslib(*task, cwd=tmp_path, GLASSLIB_VAR=str(tmp_path / "var"), **checkout)
    place = tmp_path / "tree" / "data" / "ensembles" / "smoke" / "T0.800"
    assert one_line(done).startswith(f"cannot write to '{place}' (Read-only file system); GLASS")
    assert "GLASSLIB_DATA moves it" in done.stderr


@pytest.mark.slow
def test_settings_let_a_page_run_from_a_read_only_checkout(checkout, tmp_path):
    places = {"GLASSLIB_VAR": str(tmp_path / "var"), "GLASSLIB_BUILD": str(tmp_path / "build"),
              "GLASSLIB_DATA": str(paths.root() / "tests" / "data")}  # fmt: skip
    page = "run 4 -p temperature=0.8 -p profile=smoke".split()
    done = glasslib(*page, cwd=tmp_path, **places, **checkout)
    assert (done.returncode, done.stdout) == (0, "build/runs/04-descriptors.ipynb\n"), done.stderr
    assert not any(word in done.stderr for word in ("Warning", "mkdir"))
    assert list((tmp_path / "var" / "cache" / "numba_cache_dir").rglob("*.nbi"))


@pytest.mark.parametrize("name", ["GLASSLIB_VAR", "GLASSLIB_DATA"])
def test_a_file_in_place_of_a_folder_is_told(name, tmp_path):
    (tmp_path / "file").write_text("")
    places = {"GLASSLIB_VAR": str(tmp_path / "var"), "GLASSLIB_DATA": str(tmp_path / "data")}
    places[name] = str(tmp_path / "file" / "in")
    task = "campaign task --profile smoke -t 0.8 --run 0".split()
    line = one_line(glasslib(*task, cwd=tmp_path, **places))
    assert line.startswith(f"cannot write to '{tmp_path}/file/in")
    assert line.endswith(f" (Not a directory); {name} moves it")


@pytest.fixture
def disk(tmp_path):
    """A file system of 16 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    yield from mounted(folder, "-t", "tmpfs", "-o", "size=16k", "tmpfs")


@pytest.mark.parametrize("name", ["out.nc", "out.csv"])
def test_a_full_disk_is_told(name, disk, melt_data, tmp_path):
    done = glasslib("describe", melt_data, "-o", disk / name, *CHOICE, cwd=tmp_path)
    assert one_line(done) == (
        f"cannot write to '{disk}' (No space left on device); write to another folder"
    )
    assert not list(disk.iterdir())


def test_a_full_disk_for_compiled_code_is_told(disk, melt_data, tmp_path):
    (disk / "fill").write_bytes(bytes(12_000))
    out = glasslib(
        "describe", melt_data, "-o", "o.csv", *CHOICE, cwd=tmp_path, NUMBA_CACHE_DIR=str(disk)
    )
    assert "NUMBA_CACHE_DIR" in one_line(out)


@pytest.mark.slow
def test_four_processes_share_an_empty_cache(melt_data, tmp_path):
    command = [sys.executable, "-m", "glasslib", "describe", str(melt_data), *CHOICE]
    begun = [
        subprocess.Popen(
            [*command, "-o", f"{number}.csv"], cwd=tmp_path, text=True, stderr=subprocess.PIPE,
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        )
        for number in range(4)
    ]  # fmt: skip
    assert [one.communicate(timeout=500)[1] for one in begun] == 4 * [""]
    assert len({(tmp_path / f"{number}.csv").read_bytes() for number in range(4)}) == 1
