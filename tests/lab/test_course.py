"""The lab course's notebooks: the copies for students, their grading, the instructor's numbers."""

import ast
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import numpy as np
import pytest

from glasslib import lab, results, store
from glasslib.errors import DataError, ParameterError
from glasslib.lab import course, expected, grading
from glasslib.lab.exercises import EXERCISES

SESSIONS = course.sessions()


# --------------------------------------------------------------------------------- the copies
def code(node):
    return [cell.source for cell in node.cells if cell.cell_type == "code"]


def gaps(node):
    """The numbers of the exercises that are gaps in a notebook, in order."""
    pattern = re.compile(re.escape(course.GAP).replace(r"\{number\}", r"(\d\.\d)"))
    return [number for text in code(node) for number in pattern.findall(text)]


def solutions(session):
    """The code that fills each gap of a session, by number, as it stands in the source."""
    return {
        match["number"]: match["code"].rstrip("\n")
        for text in code(course.read(session))
        for pattern in (course._BLOCK, course._LINE)
        for match in pattern.finditer(text)
    }


def fill(node, answers):
    """A student's copy with some of its gaps filled: code by number."""
    node = deepcopy(node)
    for cell in node.cells:
        for number, answer in answers.items() if cell.cell_type == "code" else ():
            gap = course.GAP.format(number=number)
            cell.source = re.sub(
                rf"^ +{re.escape(gap)}$", lambda _, answer=answer: answer, cell.source,
                flags=re.MULTILINE,
            ).replace(gap, answer)
    return node


@pytest.mark.parametrize("session", SESSIONS)
class TestCopies:
    def test_each_exercise_is_a_gap_and_has_its_check_behind_it(self, session):
        node = course.student(session)
        numbers = [number for number in EXERCISES if number[0] == session[0]]
        assert gaps(node) == numbers == list(solutions(session))
        cells = code(node)
        for number in numbers:
            (place,) = [k for k, text in enumerate(cells) if f"...  # {number}: " in text]
            assert f'lab.check("{number}"' in cells[place + 1]

    def test_nothing_of_the_solutions_is_left(self, session):
        node = course.student(session)
        text = nbformat.writes(node)
        assert "# solution" not in text and "# end" not in text and "Answer\\n" not in text
        for number, solution in solutions(session).items():
            body = [line.strip() for line in solution.splitlines() if len(line.strip()) > 25]
            assert body, number
            assert not [line for line in body if line in "\n".join(code(node))]
        for cell in node.cells:
            assert "hide-cell" not in cell.metadata.get("tags", [])
            assert not cell.get("outputs")
        nbformat.validate(node)

    def test_filled_copy_is_the_source(self, session):
        filled = fill(course.student(session), solutions(session))
        assert gaps(filled) == []
        for mine, original in zip(code(filled), code(course.read(session)), strict=True):
            assert ast.dump(ast.parse(mine)) == ast.dump(ast.parse(original))

    def test_has_the_parts_of_a_session(self, session):
        text = course.source(session).read_text(encoding="utf-8")
        for words in ("After this session", "**You need**", "| minutes |", "## Open project"):
            assert words in text
        assert text.count("tags: [target]") == 1  # the figure to reach
        away = text.split("## To take away\n\n")[1].splitlines()
        assert [line[:2] for line in away] == ["1.", "2.", "3.", "4.", "5."]
        assert text.count("✎ **Question.**") == text.count(":::{admonition} Answer") >= 3
        minutes = [int(line.split("|")[1]) for line in text.splitlines()
                   if line.startswith("| ") and line.split("|")[1].strip().isdigit()]
        assert sum(minutes) == 120


@pytest.mark.slow
@pytest.mark.parametrize("session", SESSIONS)
def test_student_copy_runs_up_to_each_gap_and_on_when_it_is_filled(
    session, smoke, tmp_path, monkeypatch, capsys
):
    """The files that students get, cell by cell: each gap is met, recognised, filled."""
    import matplotlib.pyplot as plt

    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    plt.switch_backend("agg")
    course.write_student(tmp_path)
    copy = nbformat.read(tmp_path / f"{session}.ipynb", 4)
    filled = fill(copy, solutions(session))
    names, open_gap, done = {}, None, []
    for gapped, whole in zip(copy.cells, filled.cells, strict=True):
        if gapped.cell_type != "code":
            continue
        if "check(" not in gapped.source:
            exec(compile(gapped.source, "cell", "exec"), names)
        if "parameters" in gapped.metadata.get("tags", []):
            smaller = {"temperature": 0.8, "profile": "smoke", "epochs": 2}
            names.update({name: value for name, value in smaller.items() if name in names})
        if gapped.source != whole.source:
            open_gap = whole.source
        elif "check(" in gapped.source:
            with pytest.raises(lab.NotDone):
                exec(gapped.source, names)
            exec(compile(open_gap, "cell", "exec"), names)
            exec(gapped.source, names)
            done.append(gapped.source.split('"')[1])
        plt.close("all")
    assert done == [number for number in EXERCISES if number[0] == session[0]]
    assert capsys.readouterr().out.count(": right\n") == len(done)


def test_copies_are_not_overwritten(tmp_path):
    written = course.write_student(tmp_path / "lab")
    assert sorted(p.name for p in written) == sorted(
        ["README.md", *(f"{stem}.ipynb" for stem in SESSIONS)]
    )
    with pytest.raises(ParameterError, match="may hold a student's work; choose another folder"):
        course.write_student(tmp_path / "lab")
    (tmp_path / "lab" / "README.md").write_text("old")
    course.write_student(tmp_path / "lab", overwrite=True)
    assert "lab course" in (tmp_path / "lab" / "README.md").read_text().lower()


@pytest.mark.slow
@pytest.mark.parametrize("minor", [5, 4])  # before nbformat 4.5, cells have no ids
def test_grading_through_the_command(smoke, tmp_path, minor):
    program = Path(sys.executable).with_name("glasslib")
    made = subprocess.run(
        [program, "lab", "student", "copies"], cwd=tmp_path, capture_output=True, text=True
    )
    assert made.returncode == 0 and "wrote copies/README.md" in made.stdout, made.stderr
    path = tmp_path / "copies" / "4-what-a-correlation-is-worth.ipynb"
    node = nbformat.read(path, 4)
    answers = solutions("4")
    answers["4.5"] = "    return rho / reliability"
    del answers["4.3"]
    node = fill(node, answers)
    for cell in node.cells:  # a check that was tampered with
        cell.source = cell.source.replace('lab.check("4.5", with_exact_target)', "pass")
    if minor == 4:
        for cell in node.cells:
            del cell["id"]
    node.nbformat_minor = minor
    path = path.rename(path.with_name(f"Curie_4711_assignsubmission_file_{path.name}"))
    nbformat.write(node, path)
    broken = tmp_path / path.name
    broken.write_text("{")
    done = subprocess.run(
        [program, "lab", "grade", broken, path, "-p", "temperature=0.8", "-p", "profile=smoke"],
        cwd=tmp_path, capture_output=True, text=True, timeout=500,
    )
    assert done.returncode == 1, done.stderr
    refused, first, *lines = done.stdout.splitlines()
    assert refused.endswith("is not a notebook; save it again as .ipynb")
    assert first.endswith("3 of 5 right")
    assert [line.split()[:2] for line in lines] == [
        ["4.1", "right"], ["4.2", "right"], ["4.3", "gap"], ["4.4", "right"], ["4.5", "wrong"]
    ]
    assert "divided by the reliability, not by its root" in lines[4]


@pytest.mark.parametrize("stem", SESSIONS)
def test_a_submission_is_known_by_its_name(stem):
    number, title = stem.split("-", 1)
    for name in (stem, f"Curie_4711_assignsubmission_file_{stem}", f"curiemarie_12_345_{stem}-2",
                 f"{stem} (1)", f"Copy of {stem}", f"{number}-mine", f"Curie_4711_Session-{number}",
                 f"Curie_{title.upper()}"):  # fmt: skip
        assert course.session_of(f"{name}.ipynb") == stem
    for name in ("4711_essay", "session-47", "9-mine", "-".join(SESSIONS[:2])):
        with pytest.raises(ParameterError, match="does not say which session"):
            course.session_of(f"{name}.ipynb")


def test_grading_names_what_it_cannot_grade(tmp_path):
    with pytest.raises(ParameterError, match="'essay.ipynb' does not say which session it is"):
        grading.grade(tmp_path / "essay.ipynb")
    with pytest.raises(ParameterError, match="does not exist; name a student's notebook"):
        grading.grade(tmp_path / f"{SESSIONS[0]}.ipynb")
    with pytest.raises(ParameterError, match="temprature"):
        grading.grade(tmp_path / f"{SESSIONS[0]}.ipynb", {"temprature": 0.6})


# ------------------------------------------------------------------------ instructor's numbers
def test_expected_values_are_those_that_the_sessions_show():
    found = expected.recorded()
    assert [one["session"] for one in found["sessions"]] == SESSIONS
    for one in found["sessions"]:
        tree = ast.parse("\n".join(code(course.read(one["session"]))))
        shown = [
            call.args[0]
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "show"
        ]
        fixed = {name.value for name in shown if isinstance(name, ast.Constant)}
        assert fixed <= set(one["values"]), "run 'glasslib lab expected --write'"
        assert set(one["values"]) - fixed == set() or len(fixed) < len(shown)
        assert 0 < one["peak"] < 4000, "students have 4 GB"


def test_expected_relaxation_times_are_those_of_the_data_that_ship():
    values = expected.recorded()["sessions"][0]["values"]
    for t in store.available("companion"):
        curve = results.relaxation_curve(store.load_ensemble(t, "companion"))
        tau = np.exp(np.interp(-np.exp(-1), -curve.scattering, np.log(curve.lag)))
        told = values[f"τ_α at T = {t:.2f}"]
        assert told == f"{tau:.3g} τ", "run 'glasslib lab expected --write'"


def test_halves_need_two_blocks(smoke, shown):
    from dataclasses import replace

    first, second = lab.halves(shown[0.8])
    np.testing.assert_allclose((first + second) / 2, shown[0.8].propensity, rtol=1e-6)
    poor = replace(shown[0.8], blocks={r: blocks[:1] for r, blocks in shown[0.8].blocks.items()})
    with pytest.raises(DataError, match=r"be halved; choose another temperature \(0.8, 0.7\)"):
        lab.halves(poor)
