"""The two ways to run a notebook with other parameters: glasslib run, and plain papermill."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from glasslib import notebooks, paths, publish
from glasslib.errors import ParameterError

FIRST = notebooks.names()[0]
WRONG = [
    ("temperature", "-1", "temperature = -1: input should be greater than or equal to 0.3"),
    ("temperatur", "0.55", "unknown parameter 'temperatur'; did you mean 'temperature'?"),
    ("temperature", "cold", "temperature = 'cold': input should be a valid number"),
    ("profile", "huge", "profile = 'huge': input should be 'smoke', 'lab'"),
]


def command(*arguments, cwd):
    program = Path(sys.executable).with_name(arguments[0])
    return subprocess.run(
        [program, *arguments[1:]], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def page(*sources):
    """A notebook that starts as all do, and then holds these cells."""
    cells = [
        nbformat.v4.new_code_cell(
            'temperature = 0.5\nprofile = "lab"', metadata={"tags": ["parameters"]}
        ),
        nbformat.v4.new_code_cell(
            "from glasslib import parameters\nfrom glasslib.notebooks import start\n"
            'parameters.NOTEBOOKS["90-test"] = parameters.CompanionParameters\n'
            'page = start("90-test", globals())'
        ),
        *(nbformat.v4.new_code_cell(text) for text in sources),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_glasslib_run_refuses_before_it_starts(name, value, message, tmp_path):
    done = command(
        "glasslib", "run", FIRST, "-p", f"{name}={value}", "-o", "out.ipynb", cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("glasslib: error: ") and message in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "value", "message"), WRONG[:2])
def test_plain_papermill_stops_in_the_first_cell(name, value, message, tmp_path):
    notebook = str(paths.notebooks() / f"{FIRST}.ipynb")
    done = command("papermill", notebook, "out.ipynb", "-p", name, value, cwd=tmp_path)
    assert done.returncode != 0
    (line,) = [text for text in done.stderr.splitlines() if message in text]
    assert line.startswith("ParameterError: ")
    written = nbformat.read(tmp_path / "out.ipynb", 4)
    ran = [cell for cell in written.cells if cell.cell_type == "code" and cell.execution_count]
    assert len(ran) == 3  # parameters, what papermill injected, the check
    assert len(ran[-1].outputs[0].traceback) == 1


def first_cells(stem, values):
    """Run, as papermill would, the cells of a notebook up to the check of its parameters."""
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    node = load_notebook_node(str(paths.notebooks() / f"{stem}.ipynb"))
    names = {"_ih": [""]}
    for cell in parameterize_notebook(node, values).cells:
        if cell.cell_type == "code":
            names["_ih"].append(cell.source)
            for statement in ast.parse(cell.source).body:
                exec(compile(ast.Module([statement], []), stem, "exec"), names)
                if "start(" in ast.unparse(statement):
                    return names["page"]  # what follows loads, or simulates, the data
    raise AssertionError(f"{stem} does not check its parameters")


def outside(field):
    """A value that a field's limits do not allow, if it has limits."""
    for limit, step in (("ge", -1), ("gt", -1), ("le", 1), ("lt", 1)):
        for item in field.metadata:
            if getattr(item, limit, None) is not None:
                yield getattr(item, limit) + step


@pytest.mark.parametrize("stem", notebooks.names())
def test_every_parameter_of_every_notebook_is_checked_first(stem):
    model = notebooks.parameters_of(stem)
    good = model().model_dump(mode="json")
    assert first_cells(stem, good) == model()
    for name, field in model.model_fields.items():
        assert field.description, f"{name} has no meaning"
        for value in ({"no": "value"}, *outside(field)):
            with pytest.raises(ParameterError) as caught:
                first_cells(stem, {name: value})
            line = str(caught.value)
            assert f"{name} = {value!r}: " in line and field.description in line
            assert "\n" not in line
        with pytest.raises(ParameterError, match=f"parameter '{name}_'; did you mean '{name}'"):
            first_cells(stem, {f"{name}_": good[name]})
    with pytest.raises(ParameterError) as caught:
        first_cells(stem, {"xyzzy": 1})
    assert "unknown parameter 'xyzzy'; allowed: " + ", ".join(model.model_fields) in (
        str(caught.value)
    )


@pytest.mark.parametrize("stem", notebooks.names())
def test_a_list_of_temperatures_goes_through_papermill(stem):
    page = first_cells(stem, {"temperature": [0.47, 0.55]})
    assert page.temperatures == (0.47, 0.55)


@pytest.mark.slow
@pytest.mark.parametrize("stem", notebooks.names())
def test_verbatim_papermill_stops_every_notebook_at_its_first_cell(stem, tmp_path):
    import papermill

    source, out = str(paths.notebooks() / f"{stem}.ipynb"), str(tmp_path / "out.ipynb")
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(source, out, {"temperature": 7}, progress_bar=False)
    assert caught.value.ename == "ParameterError" and caught.value.exec_count == 3
    assert "temperature = 7: " in caught.value.evalue and "from 0.3 to 0.9" in caught.value.evalue


def test_plain_papermill_passes_a_good_parameter(tmp_path):
    nbformat.write(page("print(page.temperature)"), tmp_path / "in.ipynb")
    done = command("papermill", "in.ipynb", "out.ipynb", "-p", "temperature", "0.55", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert nbformat.read(tmp_path / "out.ipynb", 4).cells[-1].outputs[0].text == "0.55\n"


@pytest.mark.parametrize("text", ["[0.5, 0.6]", "0.5,0.6"])
def test_plain_papermill_hands_over_a_list_as_text(text, tmp_path):
    nbformat.write(page("print(page.temperatures)"), tmp_path / "in.ipynb")
    done = command("papermill", "in.ipynb", "out.ipynb", "-p", "temperature", text, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = nbformat.read(tmp_path / "out.ipynb", 4).cells[-1].outputs[0].text
    assert printed == "(0.5, 0.6)\n"


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
    done = publish.execute(node, {"temperature": 0.6}, name="90-test", folder=tmp_path)
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
    first, second = (publish.execute(node, {"temperature": 0.7}) for _ in range(2))
    assert nbformat.writes(first) == nbformat.writes(second)


def test_an_error_is_one_line_that_names_cell_and_cause():
    with pytest.raises(publish.PublishError) as caught:
        publish.execute(page('raise ValueError("first line\\nlast line")'), name="90-test")
    assert str(caught.value) == "90-test stopped in cell [3]: ValueError: last line"


def test_a_dead_kernel_is_one_line():
    with pytest.raises(publish.PublishError, match="90-test: its kernel died"):
        publish.execute(page("import os\nos._exit(1)"), name="90-test")


def test_output_must_be_a_notebook_in_a_folder_that_exists(tmp_path):
    with pytest.raises(ParameterError, match="end its name in .ipynb"):
        publish.run(FIRST, {}, tmp_path / "out.txt")
    with pytest.raises(ParameterError, match="the folder does not exist"):
        publish.run(FIRST, {}, tmp_path / "none" / "out.ipynb")


def test_run_writes_whole_or_nothing(tmp_path, monkeypatch):
    sources = tmp_path / "notebooks"
    sources.mkdir()
    monkeypatch.setattr(paths, "notebooks", lambda: sources)
    import jupytext

    output = tmp_path / "out.ipynb"
    jupytext.write(page("print(page.temperature)"), sources / f"{FIRST}.md", fmt="md:myst")
    assert publish.run(FIRST, {"temperature": 0.55}, output) == output
    written = nbformat.read(output, 4)
    assert written.cells[-1].outputs[0].text == "0.55\n"
    assert written.cells[1].source == "# Parameters\ntemperature = 0.55\n"
    good = output.read_bytes()
    jupytext.write(page("1 / 0"), sources / f"{FIRST}.md", fmt="md:myst")
    with pytest.raises(publish.PublishError, match=r"cell \[3\]: ZeroDivisionError"):
        publish.run(FIRST, {}, output)
    assert output.read_bytes() == good
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notebooks", "out.ipynb"]
