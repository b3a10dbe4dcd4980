"""The data files: where they are, what they hold, and that they match the registry.

One profile and temperature has one folder, ``data/ensembles/companion/T0.500/``:

``run03.nc``
    Run 3: equilibration record, production curves, the initial configuration of its ensemble,
    the inherent structure below it, and the chains.
``run03-block01.nc``
    Block 1 of its isoconfigurational ensemble: averages over the block's trajectories.
``run03-cage.nc``
    Its cages: averages while each monomer is kept in its cage, in two independent halves.
``times.json``
    τ_α, the wave number and the times of the ensemble, fixed before its first block.

Every file is written once, whole or not at all, and never rewritten; more runs, blocks and
temperatures are more files. ``registry.txt`` beside the temperature folders lists the SHA-256 of
each, and reading verifies it.
"""

from glasslib.store.cages import load_cages, with_cages
from glasslib.store.ensemble import (
    Ensemble,
    Times,
    load_ensemble,
    load_runs,
    read_times,
    write_times,
)
from glasslib.store.exchange import universe
from glasslib.store.registry import (
    DataFile,
    available,
    block_path,
    block_paths,
    cage_path,
    equilibrated,
    find_temperature,
    merge,
    profile_with,
    read,
    read_registry,
    register,
    run_path,
    run_paths,
    times_path,
    verify_all,
    write,
)
from glasslib.store.schema import KEPT_BITS, round_mantissa

__all__ = [
    "KEPT_BITS",
    "DataFile",
    "Ensemble",
    "Times",
    "available",
    "block_path",
    "block_paths",
    "cage_path",
    "equilibrated",
    "find_temperature",
    "load_cages",
    "load_ensemble",
    "load_runs",
    "merge",
    "profile_with",
    "read",
    "read_registry",
    "read_times",
    "register",
    "round_mantissa",
    "run_path",
    "run_paths",
    "times_path",
    "universe",
    "verify_all",
    "with_cages",
    "write",
    "write_times",
]
