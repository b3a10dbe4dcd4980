"""pyproject.toml says what is needed, requirements.lock exactly what is installed; they agree."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from glasslib import __version__, paths

PROJECT = tomllib.loads((paths.root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (paths.root() / "requirements.lock").read_text(encoding="utf-8")
NEEDED = [
    Requirement(text)
    for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"])
]


def locked():
    """Every entry of the lock: name, version, marker and hashes."""
    entries = []
    for entry in re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]:
        requirement = Requirement(entry.split("\\")[0].strip())
        entries.append((requirement, re.findall(r"--hash=(\S+)", entry)))
    return entries


PYTHONS = ("3.11", "3.12", "3.13")


def versions(name, **environment):
    return [
        str(requirement.specifier).removeprefix("==")
        for requirement, _ in locked()
        if canonicalize_name(requirement.name) == canonicalize_name(name)
        and (requirement.marker is None or requirement.marker.evaluate(environment))
    ]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("requirement", NEEDED, ids=str)
def test_every_dependency_is_locked_to_one_version_that_suits(requirement, python):
    here = {"python_version": python, "python_full_version": f"{python}.9"}
    if requirement.marker is None or requirement.marker.evaluate(here):
        (version,) = versions(requirement.name, **here)  # none: run 'make lock'
        assert requirement.specifier.contains(version), f"{requirement} but locked {version}"


def test_every_locked_entry_is_pinned_and_hashed():
    entries = locked()
    assert len(entries) > 100
    for requirement, hashes in entries:
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes)


def test_the_lock_names_no_address():
    assert "://" not in LOCK
    assert "index-url" not in LOCK.replace("--no-emit-index-url", "")
    assert "find-links" not in LOCK


def test_this_environment_is_the_locked_one():
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate():
            version = str(requirement.specifier).removeprefix("==")
            assert metadata.version(requirement.name) == version, "run 'make env'"


def test_jupyter_book_stays_below_2():
    (requirement,) = [r for r in NEEDED if r.name == "jupyter-book"]
    assert str(requirement.specifier).startswith("==1.")


def test_conda_file_only_points_at_the_lock():
    text = (paths.root() / "environment.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    python, pip, from_pip = content["dependencies"]
    assert python == f"python{PROJECT['requires-python']}"
    assert pip == "pip"
    assert from_pip == {"pip": ["-r requirements.lock"]}
    assert "pip install --no-deps -e ." in text  # the package itself cannot stand beside hashes


def test_versions_agree():
    citation = yaml.safe_load((paths.root() / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((paths.root() / "_config.yml").read_text(encoding="utf-8"))
    assert PROJECT["version"] == citation["version"] == __version__
    assert citation["title"] == config["title"]
    assert config["author"] == citation["authors"][0]["name"]


def test_make_lists_its_targets_and_refuses_another_python():
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    options = {"cwd": paths.root(), "capture_output": True, "text": True, "env": plain}
    done = subprocess.run(["make"], **options)
    for target in ("book", "test", "serve", "notebooks", "campaign", "clean"):
        assert re.search(rf"^  make {target} +\w", done.stdout, flags=re.MULTILINE)
    wrong = ["make", "--always-make", "env", "PYTHON=/no/such/python"]
    done = subprocess.run(wrong, **options)
    assert done.returncode == 2
    assert "/no/such/python is not Python 3.11, 3.12 or 3.13" in done.stderr


def interpreter(folder, name, version):
    """Something that answers as an interpreter of this version does to what make asks."""
    path = folder / name
    minor = int(version.split(".")[1])
    path.write_text(f"#!/bin/sh\nexit {int(not 11 <= minor <= 13)}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ({"python3": "3.14", "python3.13": "3.13", "python3.11": "3.11"}, "python3.13"),
        ({"python3": "3.12", "python3.11": "3.11"}, "python3.11"),
        ({"python3": "3.12"}, "python3"),
        ({"python3": "3.10"}, None),
        ({}, None),
    ],
)
def test_make_takes_the_first_interpreter_that_fits(there, taken, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("make", "sh", "test"):
        (folder / name).symlink_to(shutil.which(name))
    for name, version in there.items():
        interpreter(folder, name, version)
    command = ["make", "env", f"VENV={tmp_path / 'venv'}"]
    command += ["--dry-run"] if taken else []
    done = subprocess.run(
        command, cwd=paths.root(), capture_output=True, text=True, env={"PATH": str(folder)}
    )
    if taken:
        assert f'"{taken}" -m venv' in done.stdout
    else:
        error, *rest = done.stderr.splitlines()
        assert done.returncode == 2 and len(rest) == 1  # make's own line
        assert error.startswith("make: error: no Python 3.11, 3.12 or 3.13 with venv")


def test_the_interpreter_is_one_of_the_project():
    assert SpecifierSet(PROJECT["requires-python"]).contains(platform.python_version())
    for python in PYTHONS:
        assert SpecifierSet(PROJECT["requires-python"]).contains(python)


def test_every_module_can_be_imported():
    program = (
        "import importlib, pkgutil, glasslib\n"
        "for one in pkgutil.walk_packages(glasslib.__path__, 'glasslib.'):\n"
        "    if not one.name.endswith('__main__'):\n"
        "        importlib.import_module(one.name)\n"
    )
    subprocess.run([sys.executable, "-W", "error::SyntaxWarning", "-c", program], check=True)
