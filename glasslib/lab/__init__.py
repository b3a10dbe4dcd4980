"""The lab course: what its notebooks call, how its answers are checked, how its copies are made.

The sessions' sources are ``book/lab/N-name.md``, solutions included. The copies that students get
are made from them (:mod:`glasslib.lab.course`), and graded (:mod:`glasslib.lab.grading`).
:func:`check` compares an answer with the library's own (:mod:`glasslib.lab.exercises`): the course
has no number of its own that could be wrong.
"""

from glasslib.lab.checking import *  # noqa: F403
from glasslib.lab.material import *  # noqa: F403
