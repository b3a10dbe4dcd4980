"""What publishes the book and starts it elsewhere: as far as it can be told without a network."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from bs4 import BeautifulSoup
from packaging.specifiers import SpecifierSet

from glasslib import paths
from glasslib.errors import PublishError
from glasslib.publishing import execute, notebooks, site

ROOT = paths.root()
WORKFLOW = ROOT / ".github" / "workflows" / "book.yml"
#: Inputs that each action's own action.yml names (those used here, and no others, may be given).
INPUTS = {
    "actions/checkout@v4": set(),
    "actions/setup-python@v5": {"python-version"},
    "actions/setup-node@v4": {"node-version"},
    "actions/cache@v4": {"path", "key"},
    "actions/upload-artifact@v4": {"name", "path", "if-no-files-found"},
    "actions/upload-pages-artifact@v3": {"path"},
    "actions/deploy-pages@v4": set(),
}


@pytest.fixture(scope="module")
def workflow():
    return yaml.load(WORKFLOW.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_workflow_runs_what_ci_runs(workflow):
    ran = "\n".join(step.get("run", "") for step in steps(workflow))
    assert ".ci/run" in ran
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", ran)) <= targets
    python = next(s for s in workflow["jobs"]["check"]["steps"] if "setup-python" in str(s))
    pythons = [python["with"]["python-version"], *newer(workflow)]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    fits = SpecifierSet(project["requires-python"])
    assert pythons == [f"3.{minor}" for minor in range(30) if f"3.{minor}" in fits]


def newer(workflow):
    """The other versions of Python, each with a job that runs the tests on it."""
    job = workflow["jobs"]["newer"]
    assert job["steps"][-1]["run"] == "make test PYTHON=python"
    return job["strategy"]["matrix"]["python"]


def test_workflow_gives_actions_what_they_take(workflow):
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert set(step.get("with", {})) <= INPUTS[step["uses"]]


def test_only_main_is_published_with_no_more_rights_than_needed(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    job = workflow["jobs"]["publish"]
    assert job["needs"] == ["check", "newer"] and "refs/heads/main" in job["if"]
    assert job["permissions"] == {"pages": "write", "id-token": "write"}
    assert job["environment"]["name"] == "github-pages"
    upload = next(s for s in steps(workflow) if "upload-pages" in s.get("uses", ""))
    assert upload["with"]["path"] == "_build/html" and "refs/heads/main" in upload["if"]


def test_binder_installs_the_lock():
    folder = ROOT / ".binder"
    assert (folder / "runtime.txt").read_text().strip() == "python-3.11"  # as in .ci/run
    wanted = [
        line for line in (folder / "requirements.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert wanted == ["-r ../requirements.lock"] and (ROOT / "requirements.lock").exists()
    script = folder / "postBuild"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
    assert "--no-deps -e ." in script.read_text()


def test_colab_notebook_is_clean_and_calls_what_there_is():
    node = json.loads((ROOT / "launch" / "colab.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in node["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    text = "\n".join("".join(cell["source"]) for cell in code)
    compile(text, "colab", "exec")
    page = re.search(r'page = "([^"]+)"', text).group(1)
    assert page in notebooks.contents()
    assert '"requirements.lock"' in text and '"--python", python' in text
    # without an address it says so and does nothing
    first = "".join(code[0]["source"])
    result = subprocess.run([sys.executable, "-c", first], capture_output=True, text=True)
    assert result.returncode == 1 and "write the address" in result.stderr


def launch_links(page):
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    links = [a["href"] for a in soup.find_all("a", href=True)]
    return [link for link in links if re.search(r"mybinder|colab|example/glass", link)]


@pytest.mark.parametrize("address", ["", "https://github.com/example/glass"])
def test_buttons_come_with_the_address(address, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_REPOSITORY", address)
    pages = tmp_path / "root"
    (pages / "book").mkdir(parents=True)
    (pages / "_config.yml").write_bytes((ROOT / "_config.yml").read_bytes())
    for name in ("assets", "extensions"):
        (pages / "book" / name).symlink_to(ROOT / "book" / name)
    (pages / "book" / "references.bib").write_bytes((ROOT / "book" / "references.bib").read_bytes())
    (pages / "book" / "index.md").write_text("(data-card)=\n# Front\n")
    (pages / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n  - file: notebooks/50-sample\n"
    )
    node = {"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Page"}],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "p"}},
            "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "50-sample.ipynb").write_text(json.dumps(node))
    page = execute.Page("50-sample", tmp_path / "50-sample.ipynb", 1.0, True)
    site.stage(tmp_path / "source", [page], root=pages)
    site.build_html(tmp_path / "source", tmp_path / "html")
    links = launch_links(tmp_path / "html" / "notebooks" / "50-sample.html")
    assert links == ([] if not address else [
        "https://mybinder.org/v2/gh/example/glass/main?urlpath=lab/tree/notebooks/50-sample.ipynb",
        "https://colab.research.google.com/github/example/glass/blob/main/launch/colab.ipynb",
        "https://github.com/example/glass",
    ])


def test_address_must_be_one(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSLIB_REPOSITORY", "example/glass")
    with pytest.raises(PublishError, match="'example/glass' is no address"):
        site.stage(tmp_path / "source", [])
