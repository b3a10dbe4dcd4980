"""The data files: where they are, what they hold, and that they match the registry.

One profile and temperature has one folder, ``data/ensembles/companion/T0.500/``:

``run03.nc``
    Run 3: equilibration record, production curves, the initial configuration of its ensemble,
    the inherent structure below it, and the chains.
``run03-block01.nc``
    Block 1 of its isoconfigurational ensemble: averages over the block's trajectories.
``run03-cage.nc``
    Its cages: averages while each monomer is kept in its cage, in two independent halves.
``data/scans/companion/T0.450/run03-scan.nc``
    The same with other walls, baths and lengths, for a few runs.
``times.json``
    τ_α, the wave number and the times of the ensemble, fixed before its first block.

Every file is written once, whole or not at all, and never rewritten; more runs, blocks and
temperatures are more files. ``registry.txt`` beside the temperature folders lists the SHA-256 of
each, and reading verifies it.
"""

from glasslib.store.cages import *  # noqa: F403
from glasslib.store.ensemble import *  # noqa: F403
from glasslib.store.exchange import universe  # noqa: F401
from glasslib.store.mixture import *  # noqa: F403
from glasslib.store.registry import *  # noqa: F403
from glasslib.store.schema import round_mantissa  # noqa: F401
