"""The list of result tables."""

from glasslib.results import (
    baselines,
    correlation,
    debye_waller,
    inherent_structure,
    learning_curves,
    tables,
)
from results.examples import SETTINGS, single_run


def test_every_table_is_named_and_made_of_parts():
    for name, table in tables.TABLES.items():
        assert name == table.name and table.about and table.parts in (
            "each", "reference", "all", "own"
        )
    for name, parts in (("transfer", ["all"]), ("ceiling", ["T0.600", "T0.500"]),
                        ("learning-networks", ["T0.500"])):
        found = tables.temperatures_of_parts(tables.TABLES[name], {0.6: 0, 0.5: 0})
        assert list(found) == parts


def test_one_run_or_one_block_is_said_not_guessed(one):
    alone = single_run(one)
    for function in (learning_curves.learning_runs, learning_curves.learning_trajectories,
                     debye_waller.reorientation_models):
        assert function(alone).empty
    for function in (baselines.positions, learning_curves.learning_in_networks,
                     debye_waller.importance,
                     inherent_structure.with_inherent_structure_in_networks):
        assert function(alone, SETTINGS).empty
    table = correlation.accuracy(alone, SETTINGS)
    assert set(table["split"]) == {"row"} and table["rho_error"].isna().all()
