r"""Rules by which a claim is judged from values with errors, and what it would take to tell.

*Bar* is two standard errors, and more when the error itself comes from few runs (Student's t at
95 %: 3.2 errors for four runs, 12.7 for two). Three kinds of claim:

- *x is above 0*: **confirmed** if x − bar > 0, **not confirmed** if x + bar < 0, else **cannot
  tell**. If x is 0, one claim in forty is confirmed by chance, and as many are not confirmed.
- *x is nearly 0*: a margin is named beforehand; **confirmed** if \|x\| + bar < margin, **not
  confirmed** if \|x\| − bar > margin, else **cannot tell**.
- *x is not below 0 by more than a margin*: as the first, of x + margin.

A claim about several cases is confirmed if every case is, not confirmed if any one is not. With
many cases it is hardly ever confirmed by chance, and its likely error is "not confirmed". Without
an error nothing can be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from glasslib.results.words import bar, format_error

__all__ = ["Cases", "Finding", "above", "combine", "difference", "near"]

CONFIRMED, NOT_CONFIRMED, CANNOT_TELL = "confirmed", "not confirmed", "cannot tell"

#: Errors beyond the bar at which four claims in five that are true are confirmed.
_POWER = 0.84


def above(value: float, error: float, runs: float | None = None) -> str:
    """Judge the claim that a quantity is above 0.

    Examples
    --------
    >>> above(0.3, 0.1), above(-0.3, 0.1), above(0.15, 0.1), above(0.3, float("nan"))
    ('confirmed', 'not confirmed', 'cannot tell', 'cannot tell')
    >>> above(0.3, 0.1, runs=4)
    'cannot tell'
    """
    if not (np.isfinite(value) and np.isfinite(error) and error > 0):
        return CANNOT_TELL
    if value - bar(error, runs) > 0:
        return CONFIRMED
    return NOT_CONFIRMED if value + bar(error, runs) < 0 else CANNOT_TELL


def near(value: float, error: float, margin: float, runs: float | None = None) -> str:
    """Judge the claim that a quantity is 0 to within a margin.

    Examples
    --------
    >>> near(0.02, 0.01, 0.1), near(0.3, 0.01, 0.1), near(0.09, 0.01, 0.1)
    ('confirmed', 'not confirmed', 'cannot tell')
    """
    if not (np.isfinite(value) and np.isfinite(error) and error > 0):
        return CANNOT_TELL
    if abs(value) + bar(error, runs) < margin:
        return CONFIRMED
    return NOT_CONFIRMED if abs(value) - bar(error, runs) > margin else CANNOT_TELL


def combine(verdicts: Iterable[str]) -> str:
    """Judge a claim about all of several cases.

    Examples
    --------
    >>> combine(["confirmed", "confirmed"]), combine(["confirmed", "cannot tell"]), combine([])
    ('confirmed', 'cannot tell', 'cannot tell')
    """
    verdicts = list(verdicts)
    if NOT_CONFIRMED in verdicts:
        return NOT_CONFIRMED
    if verdicts and all(verdict == CONFIRMED for verdict in verdicts):
        return CONFIRMED
    return CANNOT_TELL


def difference(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> tuple[float, float, float]:
    r"""Subtract two independent quantities.

    Parameters
    ----------
    one, other : (float, float, float)
        Value, error, and number of runs that the error is from.

    Returns
    -------
    (float, float, float)
        Value, error, and as many runs as the error is worth: 1 + Welch's degrees of freedom

        .. math:: \frac{(e_1^2 + e_2^2)^2}{e_1^4/(n_1 - 1) + e_2^4/(n_2 - 1)} .

    Examples
    --------
    >>> [round(number, 2) for number in difference((0.5, 0.3, 4), (0.2, 0.4, 10))]
    [0.3, 0.5, 12.27]
    """
    (value, error, runs), (other_value, other_error, other_runs) = one, other
    squares = error**2, other_error**2
    parts = sum(s**2 / max(n - 1, 1) for s, n in zip(squares, (runs, other_runs), strict=True))
    freedom = sum(squares) ** 2 / parts if parts > 0 else 1.0
    return value - other_value, float(np.sqrt(sum(squares))), 1 + freedom


@dataclass(frozen=True)
class Finding:
    """What we measure about a claim, and the verdict.

    Parameters
    ----------
    measured : str
    verdict : str
    takes : str
        What it would take to tell, if we cannot.
    cases : Cases, optional
        From which the verdict was made.
    """

    measured: str
    verdict: str
    takes: str = ""
    cases: Cases | None = field(default=None, compare=False, repr=False)


@dataclass
class Cases:
    """Cases of one claim, each with value, error, verdict and the error it would take.

    Parameters
    ----------
    margin : float, optional
        The claim is that each value is 0 to within this.
    least : float
        Without a margin, the claim is that each value is above this.
    """

    margin: float | None = None
    least: float = 0.0
    rows: list[tuple] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[tuple], margin: float | None = None, least: float = 0.0) -> Cases:
        """Return the cases of rows of (where, value, error, runs)."""
        cases = cls(margin, least)
        for row in rows:
            cases.add(*row)
        return cases

    def add(self, where: str, value: float, error: float, runs: float, also: str = "") -> None:
        """Add a case; ``also`` is another number for it, in words."""
        if self.margin is None:
            verdict = above(value - self.least, error, runs)
            room = abs(value - self.least)
        else:
            verdict = near(value, error, self.margin, runs)
            room = abs(self.margin - abs(value))
        self.rows.append((where, value, error, runs, verdict, room, also))

    def finding(self, measured: str) -> Finding:
        """Judge all cases together; ``measured`` says what was measured."""
        verdict = combine(row[4] for row in self.rows)
        return Finding(measured, verdict, self.takes() if verdict == CANNOT_TELL else "", self)

    def distances(self) -> list[float]:
        """Return how far each case lies on the side of the claim, in error bars.

        Above 1 it is confirmed, below −1 not confirmed. NaN without an error.
        """
        out = []
        for _, value, error, runs, *_ in self.rows:
            room = value - self.least if self.margin is None else self.margin - abs(value)
            out.append(room / bar(error, runs) if np.isfinite(error) and error > 0 else np.nan)
        return out

    def count(self, verdict: str) -> int:
        """Return how many cases have this verdict."""
        return sum(row[4] == verdict for row in self.rows)

    def takes(self) -> str:
        """Say what the least certain case needs to be told four times in five, if it stays.

        Errors fall as one over the root of the runs.
        """
        if not self.rows:
            return "data at more temperatures"
        unknown = [row for row in self.rows if not np.isfinite(row[2])]
        if unknown:
            return f"three runs or more, and two blocks of each, at {unknown[0][0]}"
        undecided = [row for row in self.rows if row[4] == CANNOT_TELL]
        where, _, error, runs, _, room, _ = max(
            undecided, key=lambda row: row[2] / max(row[5], 1e-9)
        )
        now = int(runs)
        for more in (*range(now + 1, 20), *range(max(20, now + 1), 50 * now, 5)):
            smaller = error * np.sqrt(runs / more)
            if bar(smaller, more) + _POWER * smaller < room:
                if where.startswith("T ="):
                    much = f"{more} runs instead of {now} at {where}"
                else:
                    much = f"{more / runs:.1f} times the runs ({where})"
                return f"about {much}, if the value does not change"
        return f"more than 50 times the runs ({where}): too close to the threshold to be decided"

    def each(self) -> str:
        """Say every case: where, value ± error, and what else was given."""
        return "; ".join(
            f"{where}: {format_error(value, error)}" + (f" ({also})" if also else "")
            for where, value, error, *_, also in self.rows
        )
