"""Result tables brought up to date and checked, and the commands for it."""

import subprocess
import sys
from dataclasses import replace
from functools import wraps
from pathlib import Path

import pandas as pd
import pytest

from glasslib import paths
from glasslib.errors import DataError, ParameterError
from glasslib.results import ceiling, networks, refresh, shipped, tables
from results.examples import single_block


def test_tables_are_computed_once_and_again_when_something_changes(folder, shown, monkeypatch):
    lines, calls = [], []
    original = ceiling.ceilings


    @wraps(original)
    def counted(of):
        calls.append(of.temperature)
        return original(of)

    counting = replace(tables.TABLES["ceiling"], function=counted)
    monkeypatch.setitem(tables.TABLES, "ceiling", counting)
    assert refresh.compute(["ceiling"], shown, lines.append) == 2
    assert calls == [0.8, 0.7] and "[2/2] ceiling T0.700" in "\n".join(lines)
    assert refresh.compute(["ceiling"], shown, lines.append) == 0
    pd.testing.assert_frame_equal(
        tables.table("ceiling", shown),
        shipped.read_table("ceiling").drop(columns="part").reset_index(drop=True),
    )
    assert calls == [0.8, 0.7]
    less = {0.8: shown[0.8], 0.7: single_block(shown[0.7])}  # other data at one temperature
    frame = tables.table("ceiling", less)
    assert calls == [0.8, 0.7, 0.7]
    assert frame[frame["T"] == 0.7]["ceiling"].isna().all()
    assert frame[frame["T"] == 0.8]["ceiling"].notna().any()
    assert refresh.compute(["ceiling"], {0.8: shown[0.8]}, lines.append) == 0
    assert list(shipped.parts_of("ceiling")) == ["T0.800"]  # a temperature that is no more
    with pytest.raises(ParameterError, match="result table 'rho' does not exist; choose ceiling"):
        tables.table("rho", shown)


def test_check_finds_a_number_that_does_not_come_out(folder, shown):
    refresh.compute(["ceiling", "reorientation"], shown, lambda line: None)
    assert refresh.check(9, ["ceiling", "reorientation"], shown, report=lambda line: None) == []
    parts = shipped.parts_of("ceiling")
    frame = shipped.find("ceiling", "T0.800", parts["T0.800"]["key"])
    frame.loc[7, "ceiling"] += 0.1
    shipped.publish("ceiling", "T0.800", parts["T0.800"]["key"], frame, 1.0)
    lines = []
    (wrong,) = refresh.check(9, ["ceiling"], shown, report=lines.append)
    assert (wrong.part, wrong.column, wrong.row) == ("T0.800", "ceiling", 7)
    assert wrong.shipped - wrong.computed == pytest.approx(0.1)
    less = {0.8: single_block(shown[0.8]), 0.7: shown[0.7]}
    assert refresh.check(9, ["ceiling"], less, report=lines.append) == []
    with pytest.raises(DataError, match="no part that ships is up to date"):
        refresh.check(9, ["ceiling"], {0.8: less[0.8]}, report=lines.append)
    assert "ceiling T0.800 is stale; not compared" in lines


def test_what_trains_every_network_is_checked_only_when_named(folder, shown):
    refresh.compute(["ceiling"], shown, lambda line: None)
    shipped.publish("transfer", "all", "of old", pd.DataFrame({"rho": [0.5]}), 1.0)
    lines = []
    assert refresh.check(9, None, shown, report=lines.append) == []
    assert {line.split()[0] for line in lines} == {"ceiling"}
    with pytest.raises(DataError, match="no part that ships is up to date"):
        refresh.check(9, ["transfer"], shown, report=lines.append)
    assert lines[-1].startswith("transfer all is stale")


def test_status_computes_nothing(folder, shown):
    refresh.compute(["ceiling"], {0.8: shown[0.8]}, lambda line: None)
    table = refresh.status(shown).set_index("table")
    assert table.loc["ceiling", "up to date"] == "1 of 2"
    assert table.loc["baselines", "up to date"] == "0 of 2"
    assert table.loc["accuracy", "up to date"] == "settings first"


def test_a_part_without_rows_is_up_to_date_where_no_cache_is(folder, shown, monkeypatch):
    def nothing_below(of):
        frame = ceiling.ceilings(of)
        return frame if of.temperature > 0.75 else frame.iloc[:0]

    nothing_below.__module__, nothing_below.__qualname__ = ceiling.__name__, "ceilings"
    entry = replace(tables.TABLES["ceiling"], function=nothing_below)
    monkeypatch.setitem(tables.TABLES, "ceiling", entry)
    assert refresh.compute(["ceiling"], shown, lambda line: None) == 2
    with paths.empty_var():
        table = refresh.status(shown).set_index("table")
        assert table.loc["ceiling", "up to date"] == "2 of 2"
        assert refresh.compute(["ceiling"], shown, lambda line: None) == 0
        assert set(tables.table("ceiling", shown)["T"]) == {0.8}
    assert refresh.check(9, ["ceiling"], shown, report=lambda line: None) == []


def test_settings_are_chosen_once_and_ship(folder, shown, monkeypatch):
    calls = []

    def quick(data, which, grid, settings):
        calls.append((which, settings.split))
        frame = pd.DataFrame([dict(zip(grid, (v[0] for v in grid.values()), strict=True))])
        return settings, frame.assign(validation_loss=0.5, validation_rho=0.4, best_epoch=3,
                                      epochs=9, chosen=True)

    monkeypatch.setattr(networks, "choose_settings", quick)
    work = tables.Work(shown)
    assert not work.settings_known()
    refresh._compute_settings(work, lambda line: None, False)
    assert sorted(calls) == [("A", "row"), ("A", "run"), ("B", "row"), ("B", "run")]
    assert work.settings_known() and sorted(shipped.parts_of("settings")) == ["row", "run"]
    assert work.settings["run"]["A"].split == "run" and work.settings["row"]["B"].l2 == 1e-3
    assert len(calls) == 4
    (best, tried) = networks.chosen_settings(shown)["A"]
    assert best == work.settings["row"]["A"] and tried["validation_loss"].tolist() == [0.5]


def test_the_command_knows_its_tables(smoke):
    program = Path(sys.executable).with_name("glasslib")

    def run(*arguments):
        return subprocess.run([program, "results", *arguments], capture_output=True, text=True)

    done = run("--help")
    assert done.returncode == 0
    for command in ("compute", "status", "check"):
        assert command in done.stdout
    done = run("compute", "no-such-table")  # the fixed data hold no companion profile
    assert done.returncode == 1
    assert done.stderr.startswith("glasslib: error: no ensemble ships; simulate them with")
    assert run("check", "--sample", "0").returncode == 2
