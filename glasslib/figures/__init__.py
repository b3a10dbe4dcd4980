"""One function for each figure; each returns the figure and the numbers in it."""

from glasslib.figures.baselines import baseline_figure
from glasslib.figures.cage import (
    cage_parts_figure,
    cage_reliability_figure,
    cage_transfer_figure,
    short_time_figure,
    structure_limit_figure,
)
from glasslib.figures.cage_scan import cage_scan_figure
from glasslib.figures.ceiling import ceiling_figure
from glasslib.figures.claims import claims_figure
from glasslib.figures.correlation import (
    accuracy_figure,
    correlation_figure,
    model_figure,
    shape_figure,
)
from glasslib.figures.debye_waller import gap_figure, importance_figure, reorientation_figure
from glasslib.figures.descriptors import (
    cost_figure,
    descriptor_figure,
    redundancy_figure,
    shells_figure,
)
from glasslib.figures.front import front_figure
from glasslib.figures.graph_network import graph_network_figure
from glasslib.figures.leaks import leak_figure, leak_sizes_figure
from glasslib.figures.learning_curves import learning_figure
from glasslib.figures.maps import maps_figure
from glasslib.figures.melt import energy_figure, equilibration_figure, melt_figure
from glasslib.figures.mixture import mixture_figure
from glasslib.figures.planning import cost_of_plan_figure
from glasslib.figures.propensity import propensity_figure
from glasslib.figures.relaxation import relaxation_figure, scaling_figure
from glasslib.figures.size import size_figure
from glasslib.figures.structure_limit import (
    cage_choice_figure,
    cage_gap_figure,
    cage_learning_figure,
)
from glasslib.figures.style import save
from glasslib.figures.susceptibility import (
    gain_figure,
    length_figure,
    mobile_figure,
    skill_figure,
    susceptibility_figure,
    trajectory_figure,
)
from glasslib.figures.transfer import transfer_figure, transfer_map_figure
from glasslib.figures.viewer import explorer, glass_figure

__all__ = [
    "accuracy_figure", "baseline_figure", "cage_choice_figure", "cage_gap_figure",
    "cage_learning_figure", "cage_parts_figure", "cage_reliability_figure", "cage_scan_figure",
    "cage_transfer_figure", "ceiling_figure", "claims_figure", "correlation_figure",
    "cost_figure", "cost_of_plan_figure", "descriptor_figure", "energy_figure",
    "equilibration_figure", "explorer", "front_figure", "gain_figure", "gap_figure",
    "glass_figure", "graph_network_figure", "importance_figure", "leak_figure",
    "leak_sizes_figure", "learning_figure", "length_figure", "maps_figure", "melt_figure",
    "mixture_figure", "mobile_figure", "model_figure", "propensity_figure", "redundancy_figure",
    "relaxation_figure", "reorientation_figure", "save", "scaling_figure", "shape_figure",
    "shells_figure", "short_time_figure", "size_figure", "skill_figure", "structure_limit_figure",
    "susceptibility_figure", "trajectory_figure", "transfer_figure", "transfer_map_figure",
]  # fmt: skip
