"""Result tables on disk."""

import json

import numpy as np
import pandas as pd
import pytest

from glasslib import paths
from glasslib.results import shipped, tables


def test_a_part_is_found_under_its_key_alone(folder):
    frame = pd.DataFrame({"model": ["A", "B"], "rho": [0.5, np.nan], "n": [1, 2]})
    shipped.publish("t", "T0.800", "k1", frame, 3.21)
    shipped.publish("t", "T0.700", "k2", frame.iloc[:1], 1.0)
    pd.testing.assert_frame_equal(shipped.find("t", "T0.800", "k1"), frame)
    assert shipped.find("t", "T0.800", "k2") is None
    assert shipped.find("t", "T0.700", "k2")["rho"].tolist() == [0.5]
    assert shipped.parts_of("t")["T0.800"] == {"key": "k1", "seconds": 3.2, "rows": 2}
    shipped.publish("t", "T0.700", "k3", frame, 1.0)  # new data at one temperature
    assert shipped.find("t", "T0.700", "k2") is None
    assert len(shipped.find("t", "T0.800", "k1")) == 2
    assert shipped.read_table("t")["part"].tolist() == ["T0.800"] * 2 + ["T0.700"] * 2
    shipped.remove("t", {"T0.800"})
    assert list(shipped.parts_of("t")) == ["T0.700"]
    assert [path.name for path in folder.iterdir()] == ["t.csv"]


def test_a_number_typed_by_hand_is_not_believed(folder):
    shipped.publish("t", "T0.800", "k1", pd.DataFrame({"rho": [0.512]}), 1.0)
    path = folder / "t.csv"
    text = path.read_text()
    path.write_text(text.replace("0.512", "0.912"))
    assert shipped.find("t", "T0.800", "k1") is None
    path.write_text(text)
    assert shipped.find("t", "T0.800", "k1") is not None
    for damage in ("", "{", "no comment\n1,2\n", text[: len(text) // 2]):
        path.write_text(damage)
        assert shipped.find("t", "T0.800", "k1") is None


def test_the_cache_is_asked_where_nothing_ships(folder):
    kept = shipped.cache("t", "all", "k", pd.DataFrame({"x": [1 / 3], "y": ["−"]}))
    again = shipped.find("t", "all", "k")
    pd.testing.assert_frame_equal(kept, again)
    assert again["x"][0] == pytest.approx(1 / 3, rel=1e-6)


def test_headers_of_what_ships_are_in_order():
    """Whatever ships can be read, and says itself under which keys it was computed."""
    folder = paths.root() / "data" / "results"
    for path in folder.glob("*.csv"):
        assert path.stem in {*tables.TABLES, "settings"}
        head = json.loads(path.read_text().split("\n", 1)[0].removeprefix("# "))
        assert set(head) == {"sha256", "parts"} and head["parts"]
        parts, frame = shipped._read(path)
        assert parts, f"{path.name} was changed by hand; run 'make results'"
        rows = {name: about["rows"] for name, about in parts.items() if about["rows"]}
        assert rows == frame.groupby("part").size().to_dict()


def test_booleans_are_booleans_even_in_a_table_without_rows(folder):
    frame = pd.DataFrame({"at_tau": [True, False], "own": [False, False], "rho": [0.1, np.nan]})
    shipped.publish("t", "T0.800", "k", frame, 1.0)
    assert shipped.read_table("t")[["at_tau", "own"]].dtypes.tolist() == [bool, bool]
    assert shipped.cache("t", "T0.700", "k", frame.iloc[:0])["at_tau"].dtype == bool


def test_a_part_of_which_nothing_can_be_told_is_there(folder):
    frame = pd.DataFrame({"rho": [0.5], "own": [True]})
    shipped.publish("t", "T0.400", "k0", frame.iloc[:0], 1.0)
    assert shipped.parts_of("t")["T0.400"]["rows"] == 0
    assert list(shipped.find("t", "T0.400", "k0")) == ["rho", "own"]
    shipped.publish("t", "T0.800", "k1", frame, 1.0)
    shipped.publish("t", "T0.700", "k2", frame.iloc[:0], 1.0)
    assert list(shipped.parts_of("t")) == ["T0.800", "T0.700", "T0.400"]
    assert [len(shipped.find("t", *one)) for one in
            (("T0.800", "k1"), ("T0.700", "k2"), ("T0.400", "k0"))] == [1, 0, 0]
    assert shipped.find("t", "T0.400", "k1") is None and len(shipped.read_table("t")) == 1
    shipped.publish("t", "T0.400", "k3", frame, 1.0)  # more data: now something can
    assert len(shipped.find("t", "T0.400", "k3")) == 1
