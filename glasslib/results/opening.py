"""What a page shows below its title: what was found, and on which data."""

from collections.abc import Mapping
from dataclasses import dataclass

from glasslib.parameters import CompanionParameters
from glasslib.results.findings import finding
from glasslib.results.sentences import data_sentence, joined
from glasslib.store import Ensemble

__all__ = ["OTHER_DATA", "Opening", "opening"]

#: What pages say of their data that do not show the temperatures of all others.
OTHER_DATA = {
    "mixture": "Configurations of another glass, made by others.",
    "size": "Profiles companion and paper, at the temperatures that both have.",
}


@dataclass(frozen=True)
class Opening:
    """What a page shows below its title: what was found, and on which data.

    Examples
    --------
    >>> Opening("A beats B.", "10 runs.")
    What we find. A beats B.
    Data. 10 runs.
    """

    finding: str
    data: str

    def __repr__(self) -> str:
        return f"What we find. {self.finding}\nData. {self.data}"

    def _repr_markdown_(self) -> str:
        return f"**What we find.** {self.finding}\n\n**Data.** {self.data}\n"


def opening(
    page: str, shown: Mapping[float, Ensemble], asked: CompanionParameters | None = None
) -> Opening:
    """Return what a page shows below its title.

    Parameters
    ----------
    page : str
        One of :data:`FINDINGS`.
    shown : mapping of float to Ensemble
        By temperature; empty on a page about other data.
    asked : CompanionParameters, optional
        The page's parameters. The finding is that of the defaults, and says so if they differ.
    """
    data = data_sentence(shown) if shown else OTHER_DATA[page]
    fields = {} if asked is None else type(asked).model_fields
    inside = {"runs", "trajectories", *CompanionParameters.model_fields}  # these are in ``shown``
    changed = [f"{name} = {getattr(asked, name)}" for name, field in fields.items()
               if name not in inside and getattr(asked, name) != field.default]
    if changed:
        data += f" What we find, above, is for the defaults, not for {joined(changed)}."
    return Opening(finding(page, shown), data)
