"""Notebooks are executed by this interpreter, scrubbed, and written whole or not at all."""

import json
import sys
from pathlib import Path

import nbformat
import pytest

from glasslib import paths
from glasslib.errors import ParameterError, PublishError
from glasslib.publishing import execute, notebooks

FIRST = notebooks.names()[0]


def page(*sources):
    """A notebook that starts as all do, and then holds these cells."""
    cells = [
        nbformat.v4.new_code_cell(
            'temperature = 0.5\nprofile = "lab"', metadata={"tags": ["parameters"]}
        ),
        nbformat.v4.new_code_cell(
            "from glasslib import results\npage = results.start(globals())"
        ),
        *(nbformat.v4.new_code_cell(text) for text in sources),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def test_execute_injects_runs_here_and_scrubs(tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": ["false"], "display_name": "Wrong", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    node = page(
        "import os, sys\nfrom glasslib import paths\nprint(page.temperature, page.profile)\n"
        'print(paths.root() / "data")\nprint("late", file=sys.stderr)',
        "sys.executable, os.getcwd()",
    )
    before = nbformat.writes(node)
    done = execute.execute_notebook(node, {"temperature": 0.6}, name="90-test", folder=tmp_path)
    assert nbformat.writes(node) == before
    assert done.cells[-2].outputs[0].text == "0.6 lab\ndata\n"
    assert len(done.cells[-2].outputs) == 1
    where = done.cells[-1].outputs[0].data["text/plain"]
    assert Path(sys.executable).name in where and str(tmp_path) in where
    text = nbformat.writes(done)
    assert "papermill" not in json.dumps(done.metadata)
    assert all("papermill" not in cell.metadata for cell in done.cells)
    assert "start_time" not in text and "iopub" not in text
    nbformat.validate(done)


def test_two_executions_give_the_same_file(tmp_path):
    node = page("page.temperature * 2", "print({1, 2})")
    first, second = (execute.execute_notebook(node, {"temperature": 0.7}) for _ in range(2))
    assert nbformat.writes(first) == nbformat.writes(second)


def test_an_error_is_one_line_that_names_cell_and_cause():
    with pytest.raises(PublishError) as caught:
        execute.execute_notebook(page('raise ValueError("first line\\nlast line")'), name="90-test")
    assert str(caught.value) == "90-test stopped in cell [3]: ValueError: last line"


def test_a_dead_kernel_is_one_line():
    with pytest.raises(PublishError, match="90-test: its kernel died"):
        execute.execute_notebook(page("import os\nos._exit(1)"), name="90-test")


def test_output_must_be_a_notebook_in_a_folder_that_exists(tmp_path):
    with pytest.raises(ParameterError, match="end its name in .ipynb"):
        execute.run(FIRST, {}, tmp_path / "out.txt")
    with pytest.raises(ParameterError, match="the folder does not exist"):
        execute.run(FIRST, {}, tmp_path / "none" / "out.ipynb")


def test_run_writes_whole_or_nothing(tmp_path, monkeypatch):
    sources = tmp_path / "notebooks"
    sources.mkdir()
    monkeypatch.setattr(paths, "notebooks", lambda: sources)
    import jupytext

    output = tmp_path / "out.ipynb"
    jupytext.write(page("print(page.temperature)"), sources / f"{FIRST}.md", fmt="md:myst")
    assert execute.run(FIRST, {"temperature": 0.55}, output) == output
    written = nbformat.read(output, 4)
    assert written.cells[-1].outputs[0].text == "0.55\n"
    assert written.cells[1].source == "# Parameters\ntemperature = 0.55\n"
    good = output.read_bytes()
    jupytext.write(page("1 / 0"), sources / f"{FIRST}.md", fmt="md:myst")
    with pytest.raises(PublishError, match=r"cell \[3\]: ZeroDivisionError"):
        execute.run(FIRST, {}, output)
    assert output.read_bytes() == good
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notebooks", "out.ipynb"]
