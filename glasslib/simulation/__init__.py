"""LAMMPS in process: the melt, its equilibration and production, and the ensemble."""
