"""What a page opens with: the check of its parameters."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from glasslib.errors import ParameterError
from glasslib.parameters import CompanionParameters, validate

__all__ = ["start"]


# ------------------------------------------------------------------- parameters of a notebook
def _injected(history: list[str]) -> list[str]:
    """Return the names that papermill assigned in the cell that it injects."""
    found = []
    for cell in history:
        if cell.startswith("# Parameters\n"):
            for statement in ast.parse(cell).body:
                targets = getattr(statement, "targets", None) or [statement.target]
                found += [target.id for target in targets if isinstance(target, ast.Name)]
    return found


def start(namespace: Mapping[str, Any]) -> CompanionParameters:
    """Check the parameters of a notebook and return them as one frozen object.

    papermill accepts any name and runs on the defaults when it is misspelt. This call is the
    notebook's first after the cell ``parameters``. It reads what papermill wrote into the session's
    history and refuses every name that is not a parameter. It also lets tables show their texts
    whole, and progress bars be text without a warning.

    Parameters
    ----------
    namespace : mapping
        The notebook's variables: ``globals()``.

    Returns
    -------
    CompanionParameters
        The validated parameters.

    Raises
    ------
    ParameterError
        A parameter is unknown, missing, of the wrong kind or out of range. In Jupyter the error
        shows as one line.

    Examples
    --------
    >>> start({"temperature": 0.55, "profile": "lab"}).temperature
    0.55
    >>> start({"temperature": 0.55})
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: parameter 'profile' has no value; set it in the cell tagged \
parameters and run that cell
    """
    fields = CompanionParameters.model_fields
    try:
        for name in fields:
            if name not in namespace:
                raise ParameterError(
                    f"parameter '{name}' has no value; set it in the cell tagged parameters and"
                    " run that cell"
                )
        names = dict.fromkeys([*fields, *_injected(namespace.get("_ih", []))])
        page = validate(CompanionParameters, **{name: namespace.get(name) for name in names})
    except ParameterError as error:
        line = f"ParameterError: {error}"
        error._render_traceback_ = lambda: [line]  # IPython prints this instead of the frames
        raise
    pd.set_option("display.max_colwidth", None)
    # MDAnalysis's progress bars are text where ipywidgets is not installed; they say so each time.
    warnings.filterwarnings("ignore", message="IProgress not found")
    return page
