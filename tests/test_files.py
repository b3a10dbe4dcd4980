"""Files are written whole or not at all."""

import pytest

from glasslib import files


def test_an_error_while_saving_leaves_nothing(tmp_path):
    def save(target):
        target.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        files.write_atomically(tmp_path / "new" / "file.nc", save)
    assert list((tmp_path / "new").iterdir()) == []
    whole = tmp_path / "whole.txt"
    whole.write_text("whole")
    with pytest.raises(OSError, match="disk full"):
        files.write_atomically(whole, save)
    assert [p.read_text() for p in tmp_path.glob("*.txt")] == ["whole"]
    assert not list(tmp_path.rglob("*.tmp"))
