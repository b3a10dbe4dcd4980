"""Values with errors in words, and the judgement that an error bar allows."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

__all__ = ["bar", "bars", "bracketed", "format_error", "judge", "pivot_errors", "with_errors"]


def format_error(value: float, error: float) -> str:
    """Write a value with its error, the error to two figures; a dash if there is no value.

    Examples
    --------
    >>> format_error(0.43123, 0.0123), format_error(152.3, 4.1), format_error(0.5, float("nan"))
    ('0.431 ± 0.012', '152.3 ± 4.1', '0.5 ± ?')
    """
    if np.isnan(value):
        return "–"
    if not np.isfinite(error) or error <= 0:
        return f"{value:.3g} ± ?"
    decimals = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def with_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Join every column ``x`` and its ``x_error`` into one of text, ``value ± error``.

    Examples
    --------
    >>> with_errors(pd.DataFrame({"rho": [0.612], "rho_error": [0.021]}))["rho"][0]
    '0.612 ± 0.021'
    """
    out = {}
    for name in table.columns:
        if name.endswith("_error"):
            continue
        if f"{name}_error" in table:
            pairs = zip(table[name], table[f"{name}_error"], strict=True)
            out[name] = [format_error(value, error) for value, error in pairs]
        elif table[name].dtype.kind == "f":
            out[name] = [f"{value:.4g}" for value in table[name]]
        else:
            out[name] = table[name]
    return pd.DataFrame(out, index=table.index)


def bar(error: float, runs: int | None = None) -> float:
    """Return how far an error bar reaches: two errors, or Student's t for few runs.

    Examples
    --------
    >>> [round(bar(1.0, runs), 1) for runs in (2, 4, 10, 1000, None)]
    [12.7, 3.2, 2.3, 2.0, 2.0]
    """
    if runs is None:
        return 2 * error
    from scipy.stats import t

    return max(2.0, float(t.ppf(0.975, max(runs - 1, 1)))) * error


def bars(errors: Iterable[float], runs: Iterable[float | None]) -> np.ndarray:
    """Return how far each of several error bars reaches (:func:`bar`): 95 % intervals.

    Points from different numbers of runs can be compared by these; by standard errors they cannot.

    Parameters
    ----------
    errors : iterable of float
        Standard errors over runs.
    runs : iterable of float or None
        Number of runs behind each; where it is not known, two errors.

    Examples
    --------
    >>> bars([1.0, 1.0, 0.5], [10, 4, None]).round(1).tolist()
    [2.3, 3.2, 1.0]
    """
    known = [None if n is None or np.isnan(n) else int(n) for n in runs]
    return np.array([bar(error, n) for error, n in zip(errors, known, strict=True)])


def judge(
    difference: float, error: float, zero: str, other: str, runs: int | None = None
) -> str:
    """Say ``other`` when a difference exceeds its error bar (:func:`bar`), ``zero`` when not.

    Without an error the answer is "cannot tell".

    Examples
    --------
    >>> judge(0.1, 0.02, "same", "different"), judge(0.1, float("nan"), "same", "different")
    ('different', 'cannot tell')
    """
    if not np.isfinite(error) or error <= 0:
        return "cannot tell"
    return other if abs(difference) > bar(error, runs) else zero


def pivot_errors(
    table: pd.DataFrame, index: str | list[str], columns: str, value: str = "rho", **chosen
) -> pd.DataFrame:
    """Turn a long table into a wide one of ``value ± error``, of the rows chosen.

    Parameters
    ----------
    table : pandas.DataFrame
        With columns ``value`` and ``<value>_error``.
    index : str or list of str
    columns : str
        What becomes rows and columns, in the order in which it comes.
    value : str
        Which number; its error is in ``<value>_error``.
    **chosen
        Values that other columns must have, such as ``split="run"``; ``at_tau=True``.

    Examples
    --------
    >>> table = pd.DataFrame({"T": [0.6, 0.6], "model": ["A", "B"], "rho": [0.5, 0.4],
    ...                       "rho_error": [0.01, 0.02], "at_tau": [True, True]})
    >>> pivot_errors(table, "T", "model", at_tau=True).loc[0.6].tolist()
    ['0.500 ± 0.010', '0.400 ± 0.020']
    >>> pivot_errors(pd.DataFrame(columns=["T", "model"]), "T", "model").empty  # nothing to tell
    True
    """
    if not len(table):
        return pd.DataFrame()
    for name, wanted in chosen.items():
        table = table[table[name] == wanted]
    text = [
        format_error(a, b) if np.isfinite(a) else "–"
        for a, b in zip(table[value], table[f"{value}_error"], strict=True)
    ]
    wide = table.assign(text=text).pivot_table(
        index=index, columns=columns, values="text", aggfunc="first", sort=False
    )
    return wide.fillna("–").rename_axis(columns=None)


def bracketed(value: float, error: float) -> str:
    """Write a value with its error in brackets, in units of the last digit.

    The error has two figures if they are 10 to 35 and one otherwise, as the Particle Data Group
    rounds.

    Examples
    --------
    >>> bracketed(0.7681, 0.0069), bracketed(0.5451, 0.0142), bracketed(10249.7, 350.0)
    ('0.768(7)', '0.545(14)', '10,250(350)')
    >>> bracketed(0.431, 0.0296), bracketed(0.5, 0.96), bracketed(0.5, float("nan"))
    ('0.431(30)', '0.5(1.0)', '0.5 ± ?')
    """
    if np.isnan(value) or not np.isfinite(error) or error <= 0:
        return format_error(value, error)
    power = int(np.floor(np.log10(error)))
    figures = 2 if error / 10**power < 3.55 or error / 10**power >= 9.5 else 1
    decimals = figures - 1 - power - (error / 10**power >= 9.5)
    if decimals <= 0:
        scale = 10**-decimals
        return f"{round(value / scale) * scale:,}({round(error / scale) * scale:,})"
    digits = f"{error:.{decimals}f}" if error >= 0.95 else f"{error * 10**decimals:.0f}"
    return f"{value:,.{decimals}f}({digits})"
