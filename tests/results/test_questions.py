"""What pages compute when their parameters ask for more than the tables that ship."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from glasslib import results
from glasslib.errors import ParameterError
from glasslib.learning.baselines import BestSquares, ridge_pipeline
from glasslib.learning.correlation import pearson
from glasslib.parameters import validate
from glasslib.results import (
    baselines,
    debye_waller,
    inherent_structure,
    leaks,
    networks,
    questions,
    transfer,
)
from glasslib.results.page_parameters import page_model
from results.examples import SETTINGS, of_small

TABLE = pd.DataFrame({"model": ["ridge A"], "T": 0.8})


def test_nothing_is_computed_with_the_defaults(shown):
    pages = {"training": "09-transfer", "division": "11-leaks", "squares": "12-baselines",
             "polynomial": "13-why-debye-waller", "shuffled": "13-why-debye-waller",
             "inherent": "14-inherent-structure"}
    assert set(pages) == set(questions.QUESTIONS)
    for name, stem in pages.items():
        model = page_model(stem)
        assert results.asked(name, TABLE, shown, model()) is TABLE
        assert set(questions.QUESTIONS[name].options) <= set(model.model_fields)


def test_an_answer_is_kept_under_what_was_asked(one, monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSLIB_VAR", str(tmp_path))
    calls, of = [], {0.8: one}
    model = page_model("12-baselines")

    def squares(ensemble, squares):
        calls.append(squares)
        return pd.DataFrame({"model": [f"with {squares}"]})

    monkeypatch.setattr(questions, "code_of", lambda *functions: "code")
    monkeypatch.setitem(questions.QUESTIONS, "squares", questions.Question(squares, ("squares",)))
    for number in (3, 3, 4):
        table = results.asked("squares", TABLE, of, model(squares=number))
        assert table["model"].tolist() == ["ridge A", f"with {number}"]
        assert table["T"].tolist() == [0.8, 0.8] and table.attrs["runs"] == {0.8: 2}
    assert calls == [3, 4]


@pytest.mark.parametrize(("stem", "values", "words"), [
    ("09-transfer", {"train_at": "hot,cold"}, "train_at"),
    ("11-leaks", {"divide_by": "atom"}, "'monomer' or 'chain'"),
    ("11-leaks", {"neighbour_width": 5}, "less than or equal to 2"),
    ("12-baselines", {"squares": 881}, "less than or equal to 880"),
    ("13-why-debye-waller", {"polynomial": 3}, "less than or equal to 2"),
    ("13-why-debye-waller", {"shuffle_together": "generation 7"}, "generation 2"),
    ("14-inherent-structure", {"inherent": "none"}, "'beside' or 'instead'"),
])
def test_bad_values_are_refused_with_what_is_allowed(stem, values, words):
    with pytest.raises(ParameterError, match=words):
        validate(page_model(stem), **values)


def test_groups_are_read_as_command_lines_hand_them_over():
    page = validate(page_model("13-why-debye-waller"), shuffle_together="energy, Debye-Waller",
                    polynomial="1")
    assert page.shuffle_together == ("energy", "Debye–Waller") and page.polynomial == 1
    page = validate(page_model("09-transfer"), train_at="0.6,0.45")
    assert page.train_at == (0.6, 0.45)


# --------------------------------------------------------------------------- 9: temperatures
def test_temperatures_that_train_together(smoke, shown):
    table = transfer.trained_together(shown, (0.8, 0.7))
    assert len(table) == 4 and set(table["T"]) == {0.8, 0.7}
    # At T = 0.8 the other alone trains; run 0 is predicted by run 1 of T = 0.7.
    hot, cold = (networks.dataset(shown[t]) for t in (0.8, 0.7))
    x, y = transfer._standardised(cold.inputs("B")[0]), transfer._standardised(
        cold.targets[:, [cold.tau_index]])
    mine = []
    for run in (0, 1):
        train, test = cold.runs != run, hot.runs == run
        ridge = ridge_pipeline().fit(x[train], y[train], regress__groups=cold.runs[train])
        predicted = ridge.predict(transfer._standardised(hot.inputs("B")[0])[test])
        mine.append(pearson(hot.targets[test][:, [hot.tau_index]], predicted)[0])
    row = table[(table["T"] == 0.8) & table["model"].str.startswith("ridge B")]
    assert row["within"].item() == pytest.approx(np.mean(mine), abs=1e-6)
    with pytest.raises(ParameterError, match="train_at = 0.8, 0.3: name two or more of 0.8, 0.7"):
        transfer.trained_together(shown, (0.8, 0.3))


# --------------------------------------------------------------------------- 11: the division
def test_chains_are_divided_whole(one, monkeypatch):
    seen = []
    near = leaks.interpolated

    def spy(configuration, values, known, width):
        seen.append((known, width))
        return near(configuration, values, known, width)

    monkeypatch.setattr(leaks, "interpolated", spy)
    by_chain = leaks.divided(one, "chain", neighbour_width=0.7)
    for (known, width), run in zip(seen, one.runs.values(), strict=True):
        part = pd.Series(known).groupby(run["chain"]).mean()
        assert set(part) == {0.0, 1.0} and width == 0.7  # no chain is cut
    assert 0.75 < np.concatenate([known for known, _ in seen]).mean() < 0.85
    assert set(by_chain["model"]) == {leaks.NO_STRUCTURE, "ridge A", "ridge B"}
    by_monomer = leaks.divided(one)
    data = networks.dataset(one)
    ridge = baselines.ridge_predictions(data, "B", "row")
    tested = np.isfinite(ridge).all(axis=1)
    rho = pearson(data.targets[tested], ridge[tested])[data.tau_index]
    assert by_monomer.set_index("model").loc["ridge B", "rho"] == pytest.approx(rho, abs=1e-9)


def test_sizes_of_leaks_are_differences_of_tests():
    chi4 = pd.DataFrame({"T": 0.5, "curve": "network B", "split": ["row", "run"], "at_tau": True,
                         "ratio": [1.4, 0.9], "ratio_error": [0.3, 0.4]})
    rows = pd.DataFrame({
        "T": 0.5, "leak": ["shared noise", "shared noise", "standardisation"], "split": "row",
        "variant": ["difference", "shared", "difference"], "model": "ridge A", "t": 1.0,
        "at_tau": [False, False, True], "rho": [0.12, 0.9, 0.001], "rho_error": 0.002,
    })
    accuracy = pd.DataFrame({"T": 0.5, "model": ["network A", "network A", "network A − network B"],
                             "split": ["row", "run", "row"], "at_tau": True, "rho": [0.7, 0.5, 0.1],
                             "rho_error": 0.01})
    sizes = results.leak_sizes(accuracy, rows, chi4).set_index(["leak", "when"])["added"]
    assert sizes.round(9).to_dict() == {
        ("neighbours in training", "τ_α"): 0.2, ("shared noise", "t = 1"): 0.12,
        ("standardisation", "τ_α"): 0.001, ("χ4 over training monomers", "τ_α"): 0.5,
    }
    few = chi4.assign(ratio_error=np.nan)  # two runs give no error
    assert leaks.OF_CHI4 not in set(results.leak_sizes(accuracy, rows, few)["leak"])


# --------------------------------------------------------------------------- 12: squares
def test_squares_help_where_the_truth_is_a_square(small, monkeypatch):
    of = of_small(small, monkeypatch, baselines)
    none = baselines.with_squares(of, 0)
    gain = none[none["model"].str.contains("−")]
    np.testing.assert_allclose(gain["rho"], 0, atol=1e-6)  # sums are of single precision
    x = small.features[:, 3]
    bent = replace(small, targets=np.stack([x, x + 3 * x**2], axis=1))
    monkeypatch.setattr(baselines, "dataset", lambda of: bent)
    gained = baselines.with_squares(of, 1)
    assert (gained[gained["model"] == "ridge B and squares − ridge B"]["rho"] > 0.3).all()


def test_squares_are_chosen_on_the_rows_of_the_fit():
    x = np.random.default_rng(0).normal(size=(50, 5))
    fitted = BestSquares(2).fit(x[:25], x[:25, [3]] + 0.1 * x[:25, [1]])
    assert fitted.columns_[0] == 3 and len(fitted.columns_) == 2
    out = fitted.transform(x)
    np.testing.assert_allclose(out[:, 0], (x[:, 3] - x[:25, 3].mean()) ** 2)
    np.testing.assert_array_equal(out[:, 2:], x)


# --------------------------------------------------------------------------- 13: reorientation
def test_the_first_polynomial_stands_in_for_the_second(one):
    pd.testing.assert_frame_equal(debye_waller.reorientation_of(one, 2),
                                  debye_waller.reorientation(one))
    table = debye_waller.reorientation_of(one, 1)
    turn = debye_waller.reorientation_propensity(one, "p1_loss")
    expected = pearson(networks.dataset(one).targets, turn)
    here = table[(table["pair"] == "reorientation(t) and propensity(t)")
                 & (table["position"] == "all")]
    np.testing.assert_allclose(here["rho"], expected, atol=1e-9)


def test_groups_shuffled_together(small, monkeypatch):
    of = of_small(small, monkeypatch, debye_waller)
    alone = partial(debye_waller.shuffled_together, of)
    # One group is what the table of importance has for it.
    monkeypatch.setattr(debye_waller, "held_out", lambda data, which, settings: (
        None, [SimpleNamespace(predict=lambda x: np.zeros((len(x), 2)))] * 4))
    wanted = debye_waller.importance(of, SETTINGS).query("at_tau").set_index(["model", "group"])
    one = alone(("energy",)).set_index("model")["drop"]
    for model in ("ridge A", "ridge B"):
        assert one[model] == pytest.approx(wanted.loc[(model, "energy"), "drop"], abs=1e-6)
    both = alone(("energy", "Debye–Waller")).set_index("model")
    assert both.loc["ridge A", "drop"] > one["ridge A"] + 0.1  # the truth is the sum of the two
    assert both["columns"].to_dict() == {"ridge A": 2, "ridge B": 1}


# --------------------------------------------------------------------------- 14: the minimum
def test_the_inherent_structure_alone_reads_no_configuration(one, monkeypatch):
    read = []
    out_of_sample = inherent_structure.out_of_sample

    def spy(make, inputs, *rest):
        read.append(inputs)
        return out_of_sample(make, inputs, *rest)

    monkeypatch.setattr(inherent_structure, "out_of_sample", spy)
    table = inherent_structure.inherent_alone(one)
    name = inherent_structure.INHERENT_ALONE
    assert set(table["model"]) == {name, f"{name} − ridge C"}
    data = inherent_structure.inherent_dataset(one)
    own = [k for k, n in enumerate(data.feature_names) if n.startswith("inherent ")]
    np.testing.assert_array_equal(read[0], data.features[:, own])
