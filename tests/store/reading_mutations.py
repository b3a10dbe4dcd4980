"""What becomes of a file with a line missing, doubled or swapped, or with its end cut off.

``python tests/store/reading_mutations.py melt.data melt.dump ...`` makes every such mutation of
each file, reads it, and prints how many were read the same, were refused, were read otherwise with
a warning, and so on. A pair of file and trajectory is written ``melt.data:melt.dump``. What may not
happen is ``silent``: another configuration, and not a word; nor ``crash``: an error that is no line
for a user. Its exit code says whether one did. With ``--tables`` every 101st mutation goes through
the whole of :func:`glasslib.store.exchange.describe`, and its table is compared.

Three mutations cannot be told from a file that was meant so, and are counted apart:

- ``renumbered``: in a file without ids (XYZ) the order of the lines is the only name that a
  particle has; the places are the same. With a file of bonds beside it a warning says so.
- ``fewer frames``: the end is cut off between two frames; the frame and step taken are printed.
- ``step unknown``: the free text above an XYZ frame no longer tells the step, and "step unknown"
  is printed.
"""

import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from glasslib.errors import GlasslibError
from glasslib.parameters import DescriptorSpec
from glasslib.store.exchange import describe, read_configuration

GOOD = ("same", "refused", "warned", "renumbered", "fewer frames", "step unknown")


def mutations(content):
    """Yield (kind, line, bytes): lines deleted, doubled, swapped, short of a word, ends cut off."""
    lines = content.splitlines(keepends=True)
    for k, line in enumerate(lines):
        yield "delete", k, b"".join(lines[:k] + lines[k + 1 :])
        yield "double", k, b"".join([*lines[:k], line, *lines[k:]])
        words = line.split()
        for place in {0, len(words) - 1} if words else ():
            fewer = b" ".join(words[:place] + words[place + 1 :]) + b"\n"
            yield "a word missing", k, b"".join([*lines[:k], fewer, *lines[k + 1 :]])
        if k + 1 < len(lines) and line != lines[k + 1]:
            yield "swap", k, b"".join([*lines[:k], lines[k + 1], line, *lines[k + 2 :]])
        if k:
            yield "cut before a line", k, b"".join(lines[:k])
        for part in {len(line) // 2, len(line) - 2}:
            if 0 < part < len(line) - 1:
                yield "cut in a line", k, b"".join(lines[:k]) + line[:part]


def read(paths):
    """Return a snapshot, or the error that refused it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read_configuration(*paths)
        except GlasslibError as error:
            assert "\n" not in str(error), error
            return error


def _same(one, other):
    a, b = one.configuration, other.configuration
    return (
        len(a) == len(b)
        and np.array_equal(a.box, b.box)
        and np.allclose(a.positions, b.positions, rtol=0, atol=1e-9)
        and np.array_equal(one.types, other.types)
        and np.array_equal(one.chains, other.chains)
    )


def outcome(found, intact):
    """Say in one word what became of a mutated file."""
    if isinstance(found, GlasslibError):
        return "refused"
    if isinstance(intact, GlasslibError):
        return "silent"
    if not found.frames == intact.frames and found.frame < intact.frame:
        return "fewer frames"
    bonds = [
        np.unique(np.sort(one.ids[one.configuration.bonds]), axis=0) for one in (found, intact)
    ]
    if (
        _same(found, intact)
        and np.array_equal(found.ids, intact.ids)
        and np.array_equal(*bonds)
        and found.frame == intact.frame
        and found.step in (intact.step, None)
    ):
        return "same" if found.step == intact.step else "step unknown"
    if set(found.remarks + found.doubts) - set(intact.remarks + intact.doubts):
        return "warned"
    without_ids = not len(bonds[1]) or any("has no ids" in remark for remark in found.remarks)
    positions = [one.configuration.positions for one in (found, intact)]
    if without_ids and found.step == intact.step and len(positions[0]) == len(positions[1]):
        rows = [one[np.lexsort(one.T)] for one in positions]
        if np.allclose(*rows, rtol=0, atol=1e-9):
            return "renumbered"
    return "silent"


def table_of(paths):
    """Return the table that ``describe`` makes of files, or the error that refused them."""
    shells = {"radial_shells": ((0.8, 1.8, 11, 0.05),), "angular_range": (1.0, 1.8)}
    spec = DescriptorSpec(**shells, angular_shells=2, max_order=4, generations=1, coarse_radius=1.8)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        try:
            file, trajectory = [*paths, None][:2]
            return describe(file, Path(folder, "a.csv"), spec, trajectory=trajectory, threads=1)
        except GlasslibError as error:
            return error


def outcome_of_table(found, intact):
    """Say in one word what became of the table of a mutated file."""
    if isinstance(found, GlasslibError):
        return "refused"
    if isinstance(intact, GlasslibError):
        return "silent"
    same = found.shape == intact.shape
    if same and all(np.array_equal(found[key], intact[key]) for key in ("id", "type", "chain")):
        if np.allclose(found, intact, rtol=1e-4, atol=1e-4):
            alike = found.attrs.get("step") == intact.attrs.get("step")
            return "same" if alike else "silent" if "step" in found.attrs else "step unknown"
    if set(found.attrs["remarks"].split("\n")) - set(intact.attrs["remarks"].split("\n")):
        return "warned"
    if found.attrs["frame"] < intact.attrs["frame"]:
        return "fewer frames"
    without_ids = not intact.attrs["bonds"] or "has no ids" in intact.attrs["remarks"]
    rows = [np.sort(one.sel(descriptor="voronoi volume").values) for one in (found, intact)]
    renumbered = same and without_ids and np.allclose(*rows, rtol=1e-4)
    return "renumbered" if renumbered else "silent"


def count(paths, every=1, show=print, read=read, outcome=outcome):
    """Return how many mutations of the last of ``paths`` end how; each bad one is shown."""
    paths = [Path(path) for path in paths]
    intact = read(paths)
    counts = Counter()
    content = paths[-1].read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        mutated = Path(folder, paths[-1].name)
        for number, (kind, line, changed) in enumerate(mutations(content)):
            if number % every:
                continue
            mutated.write_bytes(changed)
            try:
                word = outcome(read([*paths[:-1], mutated]), intact)
            except Exception as error:  # counted, and shown
                word = "crash"
                show(f"{mutated.name}: {kind} {line}: {type(error).__name__}: {error}")
            if word == "silent":
                show(f"{mutated.name}: {kind} {line}: read otherwise without a word")
            counts[kind, word] += 1
    return counts


def main(arguments):
    """Mutate the files named on the command line."""
    total = Counter()
    how = {}
    if arguments[:1] == ["--tables"]:
        arguments = arguments[1:]
        how = {"every": 101, "read": table_of, "outcome": outcome_of_table}
    for argument in arguments:
        counts = count(argument.split(":"), **how)
        total += counts
        words = Counter()
        for (_, word), number in counts.items():
            words[word] += number
        print(f"{argument}: " + ", ".join(f"{n} {word}" for word, n in words.most_common()),
              flush=True)  # fmt: skip
    for kind in dict.fromkeys(kind for kind, _ in total):
        row = {word: n for (one, word), n in total.items() if one == kind}
        print(f"{kind}: {sum(row.values())} = "
              + " + ".join(f"{n} {word}" for word, n in sorted(row.items())))  # fmt: skip
    return sum(n for (_, word), n in total.items() if word not in GOOD)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
