"""Files are written whole or not at all; one process at a time holds a lock."""

import os

import pytest
from filelock import SoftFileLease, Timeout

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


@pytest.mark.parametrize("before", [True, False])
def test_who_waits_leaves_a_lock_alone_that_is_being_written(tmp_path, monkeypatch, before):
    """The holder writes its record just before, or after, one who saw it empty marks it."""
    path = tmp_path / "a.lease"
    with files.lease(path):
        record = path.read_bytes()
        with path.open("wb", buffering=0) as holder:
            def size(handle, fstat=os.fstat):
                status = fstat(handle)
                if before:
                    holder.write(record)
                return status

            with monkeypatch.context() as patch:
                patch.setattr(files.os, "fstat", size)
                files._mark_if_empty(path)
            if not before:
                assert path.read_bytes() == b"\n"
                holder.write(record)
        other = SoftFileLease(path, lease_duration=60.0)
        assert other.pid == os.getpid()
        with pytest.raises(Timeout):
            other.acquire(timeout=4.0)  # longer than a half-written one would be left alone
    assert not path.exists()
    files._mark_if_empty(path)
    assert not path.exists()
