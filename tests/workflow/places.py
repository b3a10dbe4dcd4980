"""What the tests of the workflow share: data folders of their own, and comparing bits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import xarray as xr

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


class Place:
    """A data folder of its own, in which commands run."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True)
        self.environment = os.environ | {
            "GLASSLIB_DATA": str(folder / "data"),
            "GLASSLIB_VAR": str(folder / "var"),
            "PATH": f"{BIN}:{os.environ['PATH']}:/usr/sbin",
        }

    def snakemake(self, profile, *arguments, environment=None, **options) -> subprocess.Popen:
        """Start the workflow here; its own notes (.snakemake) stay here too."""
        return subprocess.Popen(
            [
                "snakemake", "-s", str(ROOT / "workflow" / "Snakefile"), "--profile",
                str(ROOT / "workflow" / "profiles" / profile), "--directory", str(self.folder),
                *arguments,
            ],
            env=self.environment | (environment or {}), text=True, start_new_session=True,
            **options,
        )

    def files(self, profile: str) -> dict[str, Path]:
        """Return the data files of a profile by name."""
        top = self.folder / "data" / "ensembles" / profile
        return {
            path.relative_to(top).as_posix(): path
            for path in sorted(top.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }


def assert_same_bits(one: dict[str, Path], other: dict[str, Path]) -> None:
    """Compare two sets of data files; only the time they took may differ."""
    assert list(one) == list(other)
    for name in one:
        if name.endswith(".json"):
            assert json.loads(one[name].read_text()) == json.loads(other[name].read_text())
        if not name.endswith(".nc"):
            continue
        a, b = xr.load_dataset(one[name]), xr.load_dataset(other[name])
        assert list(a.variables) == list(b.variables), name
        for variable in a.variables:
            left, right = a[variable].values, b[variable].values
            assert left.dtype == right.dtype and left.tobytes() == right.tobytes(), (name, variable)
        for attributes in (a.attrs, b.attrs):
            assert attributes.pop("cpu_time_seconds") > 0
        assert a.attrs == b.attrs, name
