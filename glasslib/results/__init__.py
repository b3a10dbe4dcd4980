"""What the pages ask for: ensembles, descriptors, networks, curves and tables, cached on disk.

This package joins store, structure, dynamics and learning, and adds no physics of its own. A page's
topic is the name of its module here, in :mod:`glasslib.figures` and in the tests. What takes more
than a moment is kept under ``var/cache`` by the hash of everything it depends on: the data files,
the parameters and the code that computes it. What takes minutes ships as small tables under
``data/results`` (see :mod:`glasslib.results.tables`).
"""

from glasslib.learning.correlation import difference_name, is_difference  # noqa: F401
from glasslib.results.all_models import models_table  # noqa: F401
from glasslib.results.baselines import positions_sentence  # noqa: F401
from glasslib.results.cage import (  # noqa: F401
    limit_sentence,
    limit_table,
    parts_sentence,
    sample_cages,
)
from glasslib.results.cage_scan import (  # noqa: F401
    scan_sentence,
    second_wall_sentence,
    second_wall_table,
)
from glasslib.results.chain_length import chain_sentence, chain_table  # noqa: F401
from glasslib.results.claims import judged  # noqa: F401
from glasslib.results.correlation import counted, deepest_minima, seeds_sentence  # noqa: F401
from glasslib.results.front import FRONT_TABLES, in_two_minutes  # noqa: F401
from glasslib.results.graph_network import graph_sentence  # noqa: F401
from glasslib.results.leaks import leak_sizes  # noqa: F401
from glasslib.results.learning_curves import one_run_sentence  # noqa: F401
from glasslib.results.maps import *  # noqa: F403
from glasslib.results.melt import *  # noqa: F403
from glasslib.results.mixture import (  # noqa: F401
    another_question,
    another_sentence,
    another_table,
    lengths_sentence,
)
from glasslib.results.models import models_at  # noqa: F401
from glasslib.results.networks import *  # noqa: F403
from glasslib.results.opening import Opening, opening  # noqa: F401
from glasslib.results.own_claims import own_findings  # noqa: F401
from glasslib.results.page import *  # noqa: F403
from glasslib.results.page_parameters import descriptor_spec, own_settings, used_part  # noqa: F401
from glasslib.results.prediction import file_finding, predict_snapshot  # noqa: F401
from glasslib.results.propensity import *  # noqa: F403
from glasslib.results.questions import asked  # noqa: F401
from glasslib.results.relaxation import *  # noqa: F403
from glasslib.results.scaling import *  # noqa: F403
from glasslib.results.sentences import data_sentence  # noqa: F401
from glasslib.results.short_time import short_time_sentence  # noqa: F401
from glasslib.results.size import (  # noqa: F401
    relaxation_changes,
    relaxation_sentence,
    rows_sentence,
    size_monomers_table,
    size_recognised_table,
    size_rho_table,
    size_table,
)
from glasslib.results.structure_limit import (  # noqa: F401
    cages_without,
    choice_sentence,
    cost_sentence,
    gap_sentence,
    head_sentence,
    joint_sentence,
)
from glasslib.results.susceptibility import largest_table  # noqa: F401
from glasslib.results.tables import table  # noqa: F401
from glasslib.results.transfer import others_sentence  # noqa: F401
from glasslib.results.words import *  # noqa: F403
