"""Displacements, scattering, relaxation times and the four-point susceptibility."""
