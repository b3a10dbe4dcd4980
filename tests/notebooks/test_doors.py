"""The two ways to run a notebook with other parameters: glasslib run, and plain papermill."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.publishing import notebooks
from glasslib.results.page_parameters import page_model

FIRST = notebooks.names()[0]
WRONG = [
    ("temperature", "-1", "temperature = -1: input should be greater than or equal to 0.3"),
    ("temperatur", "0.55", "unknown parameter 'temperatur'; did you mean 'temperature'?"),
    ("temperature", "cold", "temperature = 'cold': input should be a valid number"),
    ("profile", "huge", "profile = 'huge' does not exist; choose smoke, lab"),
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
            "from glasslib import results\npage = results.start(globals())"
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
    model = page_model(stem)
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
