"""What pages that run at the same time share."""

import os
import subprocess
import sys

CODE = """
import sys, time
from pathlib import Path
import numpy as np
import pandas as pd
from glasslib.results import cache, shipped

def compute(result):
    with Path(sys.argv[1]).open("a") as log:
        log.write("x")
    time.sleep(2.0)
    return result

Path(sys.argv[2]).touch()
while not Path(sys.argv[3]).exists():
    time.sleep(0.01)
a = cache.cached("array", "key", lambda: compute({"a": np.arange(3)}))["a"]
b = shipped.found_or("no-such-table", "part", "key", lambda: compute(pd.DataFrame({"b": [1.5]})))
print(a.sum(), b["b"].sum())
"""


def test_two_processes_compute_once(tmp_path):
    env = os.environ | {"GLASSLIB_VAR": str(tmp_path / "var")}
    log, one, other = (str(tmp_path / name) for name in ("log", "one", "other"))
    both = [
        subprocess.Popen([sys.executable, "-c", CODE, log, *names], env=env,
                         stdout=subprocess.PIPE, text=True)
        for names in ((one, other), (other, one))
    ]
    assert [process.communicate(timeout=120)[0].split() for process in both] == [["3", "1.5"]] * 2
    assert (tmp_path / "log").read_text() == "xx"  # the array once, the table once
    assert not list((tmp_path / "var").rglob("*.lease"))
