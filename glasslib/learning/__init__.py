"""Data sets, networks A and B, their training and their evaluation."""
