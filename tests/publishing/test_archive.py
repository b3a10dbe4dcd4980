"""All data as one file: complete, the same from the same data, with its sum beside it."""

import hashlib
import zipfile

from glasslib import paths
from glasslib.files import sha256
from glasslib.publishing import archive


def test_archive_holds_the_data_that_ship_and_is_reproducible(tmp_path, monkeypatch):
    data = tmp_path / "data"
    files = {"ensembles/companion/registry.txt": b"sums",
             "ensembles/companion/T0.600/run00.nc": b"n",
             "results/accuracy.csv": b"T,t\n" * 99, "mixtures/README.md": b"whose"}
    left_out = ("ensembles/lab/T0.550/run00.nc", "ensembles/companion/.x", "results/a.tmp",
                "unfinished/a")
    for name in (*files, *left_out):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(files.get(name, b"no"))
    monkeypatch.setattr(paths, "data", lambda: data)
    first, second = tmp_path / "a" / archive.NAME, tmp_path / "b" / archive.NAME
    digest = archive.write(first)
    (data / "results" / "accuracy.csv").touch()
    assert archive.write(second) == digest == sha256(second)
    assert first.with_name(f"{archive.NAME}.sha256").read_text() == f"{digest}  {archive.NAME}\n"
    assert len(list(first.parent.iterdir())) == 2  # nothing half-written
    with zipfile.ZipFile(first) as written:
        assert written.testzip() is None
        held = {name.removeprefix("glasslib-data/"): written.read(name)
                for name in written.namelist()}
    card = {"LICENSE", "CITATION.cff", "data/README.md"}
    assert {f"data/{name}": text for name, text in files.items()} == {
        name: text for name, text in held.items() if name not in card}
    assert card <= set(held)


def test_every_file_of_the_registry_is_in_the_archive():
    held = archive.contents()
    lines = paths.registry("companion").read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines[:: max(1, len(lines) // 5)]:
        digest, name = line.split()
        path = held[f"data/ensembles/companion/{name}"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert {f"data/ensembles/companion/{line.split()[1]}" for line in lines} <= set(held)
    assert archive.size().endswith(" MB")
