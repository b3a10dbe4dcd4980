"""Data sets, networks A and B, their training, their correlations and the noise ceiling."""
