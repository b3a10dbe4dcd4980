"""One function for each figure; each returns the figure and the numbers in it."""

from glasslib.figures.correlation import accuracy_figure, correlation_figure, transfer_figure
from glasslib.figures.descriptors import descriptor_figure
from glasslib.figures.maps import maps_figure
from glasslib.figures.melt import melt_figure
from glasslib.figures.propensity import propensity_figure
from glasslib.figures.relaxation import relaxation_figure, scaling_figure
from glasslib.figures.style import save
from glasslib.figures.susceptibility import susceptibility_figure, trajectory_figure
from glasslib.figures.worth import (
    baseline_figure,
    ceiling_figure,
    importance_figure,
    learning_figure,
    model_figure,
    reorientation_figure,
)

__all__ = [
    "accuracy_figure",
    "baseline_figure",
    "ceiling_figure",
    "correlation_figure",
    "descriptor_figure",
    "importance_figure",
    "learning_figure",
    "maps_figure",
    "melt_figure",
    "model_figure",
    "propensity_figure",
    "relaxation_figure",
    "reorientation_figure",
    "save",
    "scaling_figure",
    "susceptibility_figure",
    "trajectory_figure",
    "transfer_figure",
]
