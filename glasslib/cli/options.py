"""What several commands share: values as they are typed, and paths as they are shown."""

import json
from pathlib import Path
from typing import Annotated, Any

from typer import BadParameter, Option

__all__ = ["OneTemperature", "checked", "parse_parameters", "relative"]


def parse_parameters(pairs: list[str]) -> dict[str, Any]:
    """Turn ``["temperature=0.55", "profile=lab"]`` into a dictionary; raise BadParameter if not.

    A value is read as JSON (number, true, list, quoted text); what is not JSON is text.

    Examples
    --------
    >>> parse_parameters(["temperature=0.55", "profile=lab"])
    {'temperature': 0.55, 'profile': 'lab'}
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not (name := name.strip()):
            raise BadParameter(f"'{pair}' is not name=value")
        if name in values:
            raise BadParameter(f"'{name}' is given twice")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


def checked(value: Any) -> Any:
    """Return a temperature, or a list of them, at which a page can be made."""
    from glasslib.parameters import checked_temperature

    if isinstance(value, list):
        return [checked_temperature(item) for item in value]
    return checked_temperature(value)


def relative(path: Path) -> Path:
    """Return a path as the user would type it here."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path


OneTemperature = Annotated[
    float, Option("--temperature", "-t", help="In ε/k_B.", callback=checked)
]
