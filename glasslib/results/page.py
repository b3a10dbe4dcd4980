"""What a page opens with: the check of its parameters."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from typing import Any

import pandas

from glasslib.errors import ParameterError
from glasslib.parameters import NOTEBOOKS, CompanionParameters, validate

__all__ = ["start"]


def parameters_of(name: str) -> type[CompanionParameters]:
    """Return the model of a notebook's parameters.

    Raises
    ------
    ParameterError
        The notebook has no model in :data:`glasslib.parameters.NOTEBOOKS`.
    """
    try:
        return NOTEBOOKS[name]
    except KeyError:
        raise ParameterError(
            f"notebook {name!r} has no parameters; add it to NOTEBOOKS in glasslib/parameters.py"
        ) from None


def listed(value: Any) -> Any:
    """Return the list that a text holds, as it comes from a command line; other values as they are.

    Examples
    --------
    >>> listed("[0.5, 0.6]"), listed("0.5,0.6"), listed("lab"), listed(0.5)
    (['0.5', '0.6'], ['0.5', '0.6'], 'lab', 0.5)
    """
    if not isinstance(value, str):
        return value
    inner = re.fullmatch(r"\s*\[(.*)\]\s*", value)
    if inner is None and "," not in value:
        return value
    return [part.strip() for part in (inner[1] if inner else value).split(",")]


def _injected(history: list[str]) -> list[str]:
    """Return the names that papermill assigned in the cell it injects, which starts so."""
    found = []
    for cell in history:
        if cell.startswith("# Parameters\n"):
            for statement in ast.parse(cell).body:
                targets = getattr(statement, "targets", None) or [statement.target]
                found += [target.id for target in targets if isinstance(target, ast.Name)]
    return found


def start(name: str, namespace: Mapping[str, Any]) -> CompanionParameters:
    """Check the parameters of a notebook and return them as one frozen object.

    papermill accepts any name and runs on the defaults when it is misspelt. This call is the
    notebook's first cell after ``parameters``: it reads what papermill wrote into the session's
    history and refuses every name that the notebook's model does not know. A list may be text,
    since ``papermill -p`` hands it over as that (see :func:`listed`). It also has tables
    show their texts whole, and progress bars be text without a warning.

    Parameters
    ----------
    name : str
        The notebook's stem, such as ``"02-relaxation"``.
    namespace : mapping
        The notebook's variables: ``globals()``.

    Returns
    -------
    CompanionParameters
        The validated model of this notebook.

    Raises
    ------
    ParameterError
        A parameter is unknown, missing, of the wrong kind or out of range. In Jupyter the error
        shows as one line.

    Examples
    --------
    >>> start("99-none", {"temperature": 0.55})
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: notebook '99-none' has no parameters; add it to NOTEBOOKS in \
glasslib/parameters.py
    """
    try:
        model = parameters_of(name)
        fields = list(model.model_fields)
        missing = [field for field in fields if field not in namespace]
        if missing:
            raise ParameterError(
                f"{name}: parameter '{missing[0]}' has no value; set it in the cell tagged"
                " parameters and run that cell"
            )
        values = {field: listed(namespace[field]) for field in fields}
        for extra in _injected(list(namespace.get("_ih", []))):
            values.setdefault(extra, namespace.get(extra))
        page = validate(model, **values)
    except ParameterError as error:
        line = f"ParameterError: {error}"
        error._render_traceback_ = lambda: [line]  # IPython prints this instead of the frames
        raise
    pandas.set_option("display.max_colwidth", None)
    # MDAnalysis's progress bars are text where ipywidgets is not installed; they say so each time.
    warnings.filterwarnings("ignore", message="IProgress not found")
    return page
