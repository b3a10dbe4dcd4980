"""Values with errors in words, and the judgement that an error bar allows."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = [
    "accuracy_sentence", "bar", "deepest_minima", "format_error", "judge", "pivot_errors",
    "with_errors",
]


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
    """
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


def deepest_minima(accuracy: pd.DataFrame, model: str) -> pd.DataFrame:
    """Say where ρ(t) of a model has its deepest minimum up to τ_α, and what stands around it.

    The depth of a time is how far ρ lies there below the highest value before it and the highest
    after it, up to τ_α, whichever is lower.

    Parameters
    ----------
    accuracy : pandas.DataFrame
        The result table ``accuracy``.
    model : str
        Such as ``"network B"``.

    Returns
    -------
    pandas.DataFrame
        For each temperature and division of rows: ρ with its time, highest before, at the
        minimum, and highest after; dashes if ρ nowhere falls and rises again.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.5, "split": "row", "model": "network B", "t": [0.1, 0.3, 10],
    ...     "at_tau": [False, False, True], "rho": [0.5, 0.4, 0.6], "rho_error": 0.01})
    >>> deepest_minima(table, "network B").iloc[0].tolist()
    ['0.500 ± 0.010 at 0.1', '0.400 ± 0.010 at 0.3', '0.600 ± 0.010 at 10']
    """
    rows = {}
    chosen = accuracy[accuracy["model"] == model]
    for (temperature, by), curve in chosen.groupby(["T", "split"], sort=False):
        curve = curve.sort_values("t")
        curve = curve[curve["t"] <= curve.loc[curve["at_tau"].astype(bool), "t"].iloc[0]]
        rho = curve["rho"].to_numpy(float)
        before, after = np.maximum.accumulate(rho), np.maximum.accumulate(rho[::-1])[::-1]
        depth = np.minimum(before, after) - rho
        low = int(depth.argmax())
        places = (int(rho[: low + 1].argmax()), low, low + int(rho[low:].argmax()))
        rows[temperature, by] = [
            f"{format_error(one.rho, one.rho_error)} at {one.t:.3g}" if depth[low] > 0 else "–"
            for one in (curve.iloc[place] for place in places)
        ]
    names = ["highest before", "minimum", "highest after, up to τ_α"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names).set_axis(
        pd.MultiIndex.from_tuples(rows, names=["T", "split"]), axis=0
    )


def accuracy_sentence(accuracy: pd.DataFrame, split: str, runs: dict[float, int]) -> str:
    """Say in two sentences what the table of accuracies holds at τ_α, for one division of rows.

    Parameters
    ----------
    accuracy : pandas.DataFrame
        The result table ``accuracy``.
    split : {"row", "run"}
    runs : dict of float to int
        Number of runs at each temperature, which decides how far an error bar reaches.

    Examples
    --------
    >>> table = pd.DataFrame({"T": 0.5, "split": "row", "at_tau": True, "rho": [0.7, 0.6, 0.1],
    ...     "model": ["network A", "network B", "network A − network B"],
    ...     "rho_error": [0.01, 0.02, 0.03]})
    >>> accuracy_sentence(table, "row", {0.5: 10})
    'ρ(τ_α) of A and B is 0.700 ± 0.010 and 0.600 ± 0.020 at T = 0.50. A is higher by more than \
the error bar at 1 of 1 temperature.'
    """
    here = accuracy[accuracy["at_tau"].astype(bool) & (accuracy["split"] == split)]
    by_model = {model: rows.set_index("T") for model, rows in here.groupby("model")}
    if not by_model:
        return "There is one run alone, so none can be held out."
    a, b = by_model["network A"], by_model["network B"]
    each = "; ".join(
        f"{format_error(a.loc[t, 'rho'], a.loc[t, 'rho_error'])} and"
        f" {format_error(b.loc[t, 'rho'], b.loc[t, 'rho_error'])} at T = {t:.2f}"
        for t in dict.fromkeys(here["T"])
    )
    difference = by_model["network A − network B"]
    n = len(difference)
    higher = sum(
        one["rho"] > bar(one["rho_error"], runs[t]) for t, one in difference.iterrows()
    )
    return (
        f"ρ(τ_α) of A and B is {each}. A is higher by more than the error bar at"
        f" {higher} of {n} temperature{'s' * (n > 1)}."
    )
