"""What the pages ask for: ensembles, descriptors, networks, curves and tables, cached on disk.

This package joins store, structure, dynamics and learning, and adds no physics of its own. A page's
topic is the name of its module here, in :mod:`glasslib.figures` and in the tests. What takes more
than a moment is kept under ``var/cache`` by the hash of everything it depends on: the data files,
the parameters and the code that computes it. What takes minutes ships as small tables under
``data/results`` (see :mod:`glasslib.results.tables`).
"""

from glasslib.learning.correlation import difference_name, is_difference  # noqa: F401
from glasslib.results.cage import (  # noqa: F401
    limit_sentence,
    limit_table,
    parts_sentence,
    sample_cages,
)
from glasslib.results.claims import judged  # noqa: F401
from glasslib.results.correlation import accuracy_sentence, deepest_minima  # noqa: F401
from glasslib.results.leaks import leak_sentence  # noqa: F401
from glasslib.results.maps import *  # noqa: F403
from glasslib.results.melt import *  # noqa: F403
from glasslib.results.models import models_at  # noqa: F401
from glasslib.results.networks import *  # noqa: F403
from glasslib.results.page import *  # noqa: F403
from glasslib.results.page_parameters import descriptor_spec, own_settings  # noqa: F401
from glasslib.results.prediction import predict_snapshot  # noqa: F401
from glasslib.results.relaxation import *  # noqa: F403
from glasslib.results.tables import table  # noqa: F401
from glasslib.results.words import *  # noqa: F403
