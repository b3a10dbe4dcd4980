"""One function for each figure; each returns the figure and the numbers in it."""

from glasslib.figures.correlation import accuracy_figure, correlation_figure, transfer_figure
from glasslib.figures.descriptors import descriptor_figure
from glasslib.figures.maps import maps_figure
from glasslib.figures.melt import melt_figure
from glasslib.figures.propensity import propensity_figure
from glasslib.figures.relaxation import relaxation_figure, scaling_figure
from glasslib.figures.style import save
from glasslib.figures.susceptibility import susceptibility_figure

__all__ = [
    "accuracy_figure",
    "correlation_figure",
    "descriptor_figure",
    "maps_figure",
    "melt_figure",
    "propensity_figure",
    "relaxation_figure",
    "save",
    "scaling_figure",
    "susceptibility_figure",
    "transfer_figure",
]
