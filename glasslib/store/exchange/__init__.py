"""Configurations in the files of other programs, in and out: read right, or refused with a reason.

- **LAMMPS data files** are read by LAMMPS itself (``read_data``), with the atom style that the
  file names. Before, the numbers in its header are compared with the lines of its sections.
- **LAMMPS dumps** and **(extended) XYZ files** are read here, and nothing is guessed: a line that
  is missing, doubled or broken is an error. Particles of a dump are known by their id.
- **Other formats** are read by MDAnalysis, which keeps coordinates in single precision.

What a file is stands in its first lines; its name does not matter, and it may be packed (gzip,
bzip2, xz). Everything of ours is double precision: the origin of the box is subtracted and
particles are folded back into it before anything is rounded.

:func:`~glasslib.store.exchange.descriptors.describe` writes the descriptors of such a file, and
:func:`~glasslib.store.exchange.mdanalysis.universe` hands a configuration of ours to MDAnalysis.
"""

from glasslib.store.exchange.descriptors import describe
from glasslib.store.exchange.mdanalysis import universe
from glasslib.store.exchange.reading import Snapshot, read_configuration

__all__ = ["Snapshot", "describe", "read_configuration", "universe"]
