"""Notebooks run to their end on the fixed ensemble, through the command that users call."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

DATA = Path(__file__).resolve().parents[1] / "data"


def execute(stem, folder, temperature=0.8):
    """Run ``glasslib run`` in a folder of its own; return the notebook it writes."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("glasslib"),
            "run",
            stem,
            "-p",
            f"temperature={temperature}",
            "-p",
            "profile=smoke",
            "-o",
            "out.ipynb",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
        env=os.environ
        | {
            "GLASSLIB_DATA": str(DATA),
            "GLASSLIB_VAR": str(folder / "var"),
            "GLASSLIB_FIGURES": str(folder / "figures"),
        },
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "out.ipynb\n"
    assert "Warning" not in done.stderr, done.stderr  # a page's own stderr is echoed there
    return nbformat.read(folder / "out.ipynb", 4)


def outputs(notebook):
    return [out for cell in notebook.cells for out in cell.get("outputs", [])]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stem", "saved", "words"),
    [
        ("01-the-melt", "figure-melt", ["0.80", "1500"]),
        ("02-relaxation", "figure-1", ["1.93 ± 0.13", "3.20 ± 0.10", "cannot tell"]),
        ("04-descriptors", "figure-descriptors", ["angular", "voronoi"]),
        ("16-your-own-melt", None, ["1500  atoms", "1200  bonds"]),
    ],
)
def test_notebook_runs(stem, saved, words, tmp_path):
    notebook = execute(stem, tmp_path)
    assert not [out for out in outputs(notebook) if out.output_type == "error"]
    cells = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    assert all(cell.execution_count for cell in cells)
    pictures = [out for out in outputs(notebook) if "image/png" in out.get("data", {})]
    if saved:
        assert pictures
        assert (tmp_path / "figures" / f"{saved}.png").stat().st_size > 10_000
        assert (tmp_path / "figures" / f"{saved}.csv").stat().st_size > 100
    text = "".join(
        str(out.get("data", {}).get("text/html", ""))
        + str(out.get("text", ""))
        + str(out.get("data", {}).get("text/plain", ""))
        for out in outputs(notebook)
    )
    for word in words:
        assert word in text
    assert str(tmp_path) not in nbformat.writes(notebook)
