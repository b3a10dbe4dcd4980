"""The campaign: equilibrate, produce, fix the times, and fill the ensembles; stop and resume.

Work is cut into tasks. A task ends with one file that the store writes once. Until then it keeps a
checkpoint under ``var/work``, replaced in one step every few minutes, and may be killed at any
moment. What comes out of a task is a function of (temperature, profile, run, block) alone. It
depends neither on the order of tasks, nor on the number of processes, nor on interruptions.

A run goes through :mod:`~glasslib.campaign.equilibration` and
:mod:`~glasslib.campaign.production`. :mod:`~glasslib.campaign.times` reads τ_α off the first runs,
and each :mod:`~glasslib.campaign.block` adds trajectories to the ensemble of a run. On a GPU
:mod:`~glasslib.campaign.together` makes many blocks at once.
"""

from glasslib.campaign.plan import CAMPAIGN, Goal, Task, tasks, whole
from glasslib.campaign.scheduler import (
    LONGER_THAN_A_LEASE,
    perform,
    perform_together,
    run,
    run_tasks,
    simulate,
)
from glasslib.campaign.times import fix_times

__all__ = [
    "CAMPAIGN", "LONGER_THAN_A_LEASE", "Goal", "Task", "fix_times", "perform",
    "perform_together", "run", "run_tasks", "simulate", "tasks", "whole",
]  # fmt: skip
