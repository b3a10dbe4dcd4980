"""pyproject.toml says what is needed, requirements.lock exactly what is installed; they agree."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
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


def versions(name):
    return [
        str(requirement.specifier).removeprefix("==")
        for requirement, _ in locked()
        if canonicalize_name(requirement.name) == canonicalize_name(name)
    ]


@pytest.mark.parametrize("requirement", NEEDED, ids=lambda requirement: requirement.name)
def test_every_dependency_is_locked_to_a_version_that_suits(requirement):
    found = versions(requirement.name)
    assert found, f"{requirement.name} is not in the lock; run 'make lock'"
    for version in found:
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
    assert python == f"python={PROJECT['requires-python'][2:6]}"
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
    assert "/no/such/python is not Python 3.11; install it or name it" in done.stderr


def test_the_interpreter_is_the_one_of_the_project():
    assert f"{sys.version_info.major}.{sys.version_info.minor}" == PROJECT["requires-python"][2:6]
