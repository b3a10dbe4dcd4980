"""How far structure goes: runs, what is missing, and the sentences."""

import pandas as pd
import pytest

from figures.checks import check
from glasslib import figures, results
from glasslib.results import structure_limit
from glasslib.results.cage import cage_transfer
from glasslib.results.cage import structure_limit as limits


@pytest.fixture(scope="module")
def made(shown):
    """Each table as the pages get it."""

    def table(function):
        return pd.concat([function(one).assign(T=t) for t, one in shown.items()])

    return table


def test_the_gap_is_drawn_and_said(smoke, made):
    gap = made(structure_limit.cage_gap)
    figure, numbers = figures.cage_gap_figure(gap)
    columns = ["T", "kind", "quantity", "distance", "value", "value_error"]
    check(figure, numbers, columns, "distance", "bonds between them")
    assert numbers.groupby(["T", "kind"]).size().tolist() == [12, 8] * 2
    text = results.gap_sentence(gap)
    assert text.count("What D misses of two bonded monomers") == 2


def test_runs_and_choices_are_drawn_and_said(smoke, shown, made):
    learning = made(structure_limit.cage_learning)
    figure, numbers = figures.cage_learning_figure(learning)
    columns = ["T", "model", "training_runs", "rho", "rho_error"]
    check(figure, numbers, columns, "training runs", r"\rho")
    assert set(numbers["model"]) == {"ridge B", "ridge C", "ridge D"}
    text = results.joint_sentence(cage_transfer(shown))
    assert text.count("at T = ") == 2 and " and " in text
    assert "at one alone" in results.joint_sentence(cage_transfer({0.8: shown[0.8]}))


def test_sets_of_inputs_are_drawn_and_parts_of_them_compared(smoke, shown, made):
    choice = made(structure_limit.cage_choice)
    figure, numbers = figures.cage_choice_figure(choice)
    check(figure, numbers, ["T", "model", "rho", "rho_error"], "new configurations")
    assert not numbers["model"].str.contains("−").any()
    everything = structure_limit.SURROUNDINGS
    assert structure_limit.cages_without(shown, everything).empty
    own = structure_limit.cages_without(shown, ["own"])
    assert own["T"].tolist() == [0.8, 0.7] and set(own["model"]) == {"D from own"}
    assert set(own["inputs"]) == {18 + 2}
    more = structure_limit.cages_without(shown, ["own", "bonded"])
    assert set(more["inputs"]) == {2 * 18 + 2} and (more["rho"] != own["rho"]).all()
    one = {0.8: shown[0.8].only([0])}
    assert structure_limit.cages_without(one, ["own"]).empty


def test_the_goal_is_a_case_of_a_claim_at_each_temperature(smoke, made, tables):
    limit = made(limits)
    [(where, value, error, runs)] = structure_limit.goal_cases(
        limit, tables["ceiling"], {0.8: 2}, 0.5
    )
    assert where == "T = 0.80" and runs == 2
    row = limit[limit["at_tau"] & (limit["T"] == 0.8)].set_index("model").loc["ridge D"]
    ceiling = tables["ceiling"]
    top = ceiling[ceiling["at_tau"] & ceiling["own"] & (ceiling["T"] == 0.8)
                  & (ceiling["kind"] == "pooled")]["ceiling"].iloc[0]
    assert value == pytest.approx(row["rho"] / top - 0.5)
    assert error == pytest.approx(row["rho_error"] / top, nan_ok=True)
