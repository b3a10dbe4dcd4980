"""Check an answer of the lab course, and say what is wrong with it."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from glasslib.errors import GlasslibError, ParameterError
from glasslib.lab.exercises import EXERCISES, Exercise

__all__ = ["NotDone", "WrongAnswer", "check", "difference", "printed", "show"]


class WrongAnswer(GlasslibError, AssertionError):
    """An answer is wrong; the message says in what way, if it is a usual one."""


class NotDone(GlasslibError, AssertionError):
    """An answer is still a gap."""


_printed: dict[str, str] = {}


def show(name: str, value: Any, unit: str = "") -> None:
    """Print a result, and keep it for the instructor's table.

    Parameters
    ----------
    name : str
        What it is.
    value : float or sequence of float
        Printed with three digits; integers in full.
    unit : str

    Examples
    --------
    >>> show("length", 0.97123, "σ")
    length = 0.971 σ
    """
    if value is Ellipsis or value is None:
        raise NotDone(f"{name} is not computed yet")
    whole = np.issubdtype(np.asarray(value).dtype, np.integer)
    numbers = ", ".join(
        f"{number:,}" if whole else f"{number:#.3g}".rstrip(".") for number in np.ravel(value)
    )
    _printed[name] = f"{numbers} {unit}".strip()
    print(f"{name} = {_printed[name]}")


def printed() -> dict[str, str]:
    """Return all that :func:`show` has printed in this session, by name."""
    return dict(_printed)


def check(number: str, answer: Any, *context: Any) -> None:
    """Check the answer of an exercise; print one line if it is right.

    Parameters
    ----------
    number : str
        Of the exercise, such as ``"1.4"``.
    answer : callable or value
        A function, called on cases that the exercise brings along, or a value.
    *context
        For a value: the data it was computed from.

    Raises
    ------
    NotDone
        The answer is still a gap.
    WrongAnswer
        It is wrong; a usual mistake is named.
    ParameterError
        There is no such exercise.

    Examples
    --------
    >>> check("4.5", lambda rho, reliability: rho / reliability**0.5)
    4.5 The correlation with an exact target: right
    >>> check("4.5", lambda rho, reliability: rho / reliability)
    Traceback (most recent call last):
    ...
    glasslib.lab.checking.WrongAnswer: 4.5: divided by the reliability, not by its root
    """
    if number not in EXERCISES:
        raise ParameterError(
            f"exercise {number!r} does not exist; choose {', '.join(EXERCISES)}"
        )
    exercise = EXERCISES[number]
    try:
        if exercise.cases is None:
            _check_case(exercise, lambda *given: answer, context)
        else:
            if answer is Ellipsis or answer is None:
                raise NotDone(f"{number}: not done yet")
            if not callable(answer):
                raise WrongAnswer(f"{number}: give the function itself, not a {_kind(answer)}")
            for given in exercise.cases():
                _check_case(exercise, answer, given)
    except (WrongAnswer, NotDone) as error:
        line = f"{type(error).__name__}: {error}"
        error._render_traceback_ = lambda: [line]  # IPython prints this instead of the frames
        raise
    print(f"{number} {exercise.title}: right")


def _kind(value: Any) -> str:
    return type(value).__name__


def _check_case(exercise: Exercise, answer: Callable, given: tuple) -> None:
    number = exercise.number
    try:
        got = answer(*copy.deepcopy(given))
    except NotImplementedError:
        got = None
    except Exception as error:
        raise WrongAnswer(f"{number}: your function raised {_kind(error)}: {error}") from error
    if got is None or got is Ellipsis:
        raise NotDone(f"{number}: not done yet (the answer is {got})")
    problem = difference(exercise, got, given)
    if problem is None:
        return
    for hint, mistake in exercise.mistakes:
        with np.errstate(all="ignore"):
            usual = exercise.normal(mistake(*copy.deepcopy(given)))
        if _same(exercise, got, usual):
            problem = hint
            break
    raise WrongAnswer(f"{number}: {problem}")


def _same(exercise: Exercise, got: Any, expected: Any) -> bool:
    try:
        value = exercise.normal(got)
    except (TypeError, ValueError):
        return False
    return np.shape(value) == np.shape(expected) and np.allclose(
        value, expected, rtol=exercise.rtol, atol=exercise.atol, equal_nan=True
    )


def difference(exercise: Exercise, got: Any, given: tuple) -> str | None:
    """Say how an answer differs from the reference, or return None if it does not.

    Parameters
    ----------
    exercise : Exercise
    got
        The answer.
    given : tuple
        What it was computed from.
    """
    expected = exercise.normal(exercise.reference(*copy.deepcopy(given)))
    try:
        value = exercise.normal(got)
    except (TypeError, ValueError):
        return f"a {_kind(got)} cannot be compared with numbers"
    if np.shape(value) != np.shape(expected):
        return f"the answer has shape {np.shape(value)}, expected is {np.shape(expected)}"
    if not np.isfinite(value).all():
        return (
            "the answer holds a value that is not finite; is there a division by zero, or the root"
            " of a negative number?"
        )
    if _same(exercise, got, expected):
        return None
    if np.ndim(value) == 0:
        return f"the answer is {float(value):.4g}, which is not right"
    wrong = ~np.isclose(value, expected, rtol=exercise.rtol, atol=exercise.atol)
    return f"{int(wrong.sum())} of {np.size(value)} numbers are not right"
