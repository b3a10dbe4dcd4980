"""What is to be simulated: goals, and the tasks they are cut into."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from glasslib.parameters import Model, Temperature, get_protocol
from glasslib.store.registry import block_path, cage_path, run_path, scan_path

__all__ = ["CAMPAIGN", "Goal", "Task", "tasks", "whole"]


class Goal(Model):
    """One step of the campaign: so many runs and blocks at a temperature, with cages or not."""

    profile: str
    temperature: Temperature
    runs: int = Field(ge=1)
    blocks: int = Field(ge=1)
    cages: bool = False


#: The campaign, in order: a little of everything first, then more of it, high temperatures first;
#: at last the paper's 10,000 monomers where they can be afforded. T = 0.40 has six runs and not
#: ten: one with its trajectories takes some three core-hours.
CAMPAIGN = tuple(
    Goal(profile=profile, temperature=temperature, runs=runs, blocks=blocks, cages=blocks == 4)
    for profile, temperature, runs, blocks in (
        ("companion", 0.60, 4, 1), ("companion", 0.50, 4, 1), ("companion", 0.45, 4, 1),
        ("companion", 0.60, 4, 4), ("companion", 0.50, 4, 2), ("companion", 0.45, 4, 2),
        ("companion", 0.60, 10, 4), ("companion", 0.50, 10, 2), ("companion", 0.50, 10, 4),
        ("companion", 0.45, 5, 2), ("companion", 0.45, 5, 4), ("companion", 0.42, 2, 1),
        ("companion", 0.42, 2, 2), ("companion", 0.40, 2, 1), ("companion", 0.40, 2, 2),
        ("companion", 0.45, 10, 4), ("companion", 0.42, 4, 2), ("companion", 0.40, 4, 2),
        ("companion", 0.42, 4, 4), ("companion", 0.40, 4, 4),
        ("companion", 0.42, 10, 4), ("companion", 0.40, 6, 4),
        ("paper", 0.60, 4, 4), ("paper", 0.50, 4, 4), ("paper", 0.45, 4, 4),
    )
)


@dataclass(frozen=True)
class Task:
    """One file to be made: a run (``block`` None), a block, its cages, or a scan of them.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    run : int
    block : int, "cage" or "scan", optional
    """

    temperature: float
    profile: str
    run: int
    block: int | Literal["cage", "scan"] | None = None

    @property
    def output(self) -> Path:
        """File the task ends with."""
        if self.block is None:
            return run_path(self.temperature, self.profile, self.run)
        if self.block == "cage":
            return cage_path(self.temperature, self.profile, self.run)
        if self.block == "scan":
            return scan_path(self.temperature, self.profile, self.run)
        return block_path(self.temperature, self.profile, self.run, self.block)

    @property
    def kind(self) -> str:
        """What the task makes: "run", "block" or "cage"."""
        return {None: "run", "cage": "cage"}.get(self.block, "block")

    def done(self) -> bool:
        """Tell whether the file exists."""
        return self.output.exists()

    def ready(self) -> bool:
        """Tell whether every run that the task needs exists."""
        protocol = get_protocol(self.profile)
        if self.block is None:
            source = protocol.source(self.temperature)
            return source is None or run_path(source, self.profile, self.run).exists()
        if self.block in ("cage", "scan"):
            return run_path(self.temperature, self.profile, self.run).exists()
        needed = {self.run, *protocol.runs_that_time(self.temperature)}
        return all(run_path(self.temperature, self.profile, run).exists() for run in needed)

    def __str__(self):
        what = {None: "run", "cage": "cages of run", "scan": "scan of the cages of run"}.get(
            self.block, f"block {self.block} of run"
        )
        return f"{self.profile} T = {self.temperature:.3f}, {what} {self.run}"


def tasks(goals: Iterable[Goal]) -> list[Task]:
    """List the tasks of the goals in order, each once; of a goal runs, then blocks, then cages.

    Parameters
    ----------
    goals : iterable of Goal

    Raises
    ------
    ParameterError
        There is no such profile.

    Examples
    --------
    >>> goal = Goal(profile="lab", temperature=0.55, runs=1, blocks=2)
    >>> [str(task) for task in tasks([goal])][:3:2]
    ['lab T = 0.550, run 0', 'lab T = 0.550, run 2']
    """
    listed: dict[Task, None] = {}

    def add_run(goal: Goal, temperature: float, run: int):
        source = get_protocol(goal.profile).source(temperature)
        if source is not None:
            add_run(goal, source, run)
        listed.setdefault(Task(temperature, goal.profile, run))

    for goal in goals:
        protocol = get_protocol(goal.profile)
        timing = protocol.runs_that_time(goal.temperature)
        for number in range(max(goal.runs, len(timing))):
            add_run(goal, goal.temperature, number)
        for block in range(goal.blocks):
            for number in range(goal.runs):
                listed.setdefault(Task(goal.temperature, goal.profile, number, block))
        for number in range(goal.runs if goal.cages else 0):
            listed.setdefault(Task(goal.temperature, goal.profile, number, "cage"))
    return list(listed)


def whole(temperature: float, profile: str) -> Goal:
    """Return the goal of one temperature in full.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    """
    protocol = get_protocol(profile)
    return Goal(
        profile=profile, temperature=temperature, runs=protocol.runs, blocks=protocol.blocks
    )
