"""τ_α against the Debye–Waller factor: the parabola of log τ_α in 1/u², fitted and published."""

import numpy as np
import pandas as pd

from glasslib.dynamics.relaxation import (
    PUBLISHED_SCALING,
    VibrationalScaling,
    fit_vibrational_scaling,
)
from glasslib.results.words import bar, format_error

__all__ = ["beta_sentence", "residual_table", "scaling_laws", "scaling_table"]


def scaling_laws(table: pd.DataFrame) -> dict[str, tuple[VibrationalScaling, pd.DataFrame]]:
    """Fit the parabola of log τ_α in 1/u² to all temperatures, and to all but the coldest.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`relaxation_table`; temperatures without errors are left out.

    Returns
    -------
    dict
        By name, the law and the rows it is fitted to; fewer than three temperatures fix none.
    """
    known = table[(table[["u2_error", "tau_alpha_error"]] > 0).all(axis=1)]
    parts = {"all temperatures": known}
    if len(known) > 3:
        parts[f"without T = {known.index.min():.2f}"] = known.drop(known.index.min())
    names = ["u2", "u2_error", "tau_alpha", "tau_alpha_error"]
    return {
        name: (fit_vibrational_scaling(*(part[column] for column in names)), part)
        for name, part in parts.items() if len(part) >= 3
    }


def scaling_table(table: pd.DataFrame) -> pd.DataFrame:
    """Coefficients of the parabola of log τ_α in 1/u², with errors, and how well it fits.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`relaxation_table`; temperatures without errors are left out.

    Returns
    -------
    pandas.DataFrame
        By ``fitted to`` (all temperatures, all but the coldest, and the published curve): ``α``,
        ``β (σ²)``, ``γ (σ⁴)``, ``χ²`` and ``degrees of freedom``, the number of temperatures beyond
        three. Without our own with fewer than three temperatures.
    """
    rows = {}
    for name, (law, _) in scaling_laws(table).items():
        errors = np.sqrt(np.diag(law.covariance))
        words = [format_error(*pair) for pair in zip(law.coefficients, errors, strict=True)]
        rows[name] = [*words, f"{law.chi2:.2g}", str(law.degrees_of_freedom)]
    published = [f"{value:g}" for value in PUBLISHED_SCALING.coefficients]
    rows["published curve, as quoted"] = [*published, "–", "–"]
    columns = ["α", "β (σ²)", "γ (σ⁴)", "χ²", "degrees of freedom"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("fitted to")


def beta_sentence(table: pd.DataFrame) -> str:
    """Say whether β < 0 is established: by Student's t for the fewest runs behind one point.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`relaxation_table`.
    """
    words, signs = [], set()
    for name, (law, part) in scaling_laws(table).items():
        beta, error = law.coefficients[1], np.sqrt(law.covariance[1, 1])
        fewest = int(part["runs"].min())
        reach = bar(error, fewest)
        signs.add(0.0 if abs(beta) < reach else np.sign(beta))
        words.append(f"{format_error(beta, error)} σ² ({name}; the bar for the {fewest} runs behind"
                     f" its weakest point is ±{reach:.2g})")
    if not words:
        return "Fewer than three temperatures fix no parabola."
    sign = signs.pop() if len(signs) == 1 else 0.0
    says = {0.0: "its sign is not established", 1.0: "it is positive", -1.0: "it is negative"}
    return f"β is {', and '.join(words)}: {says[sign]}."


def residual_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return log10 τ_α minus that of the parabolas at the same u², in decades.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`relaxation_table`.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``runs``, ``1/u² (σ⁻²)``, ``log τ_α``, and the residuals ``from the published
        curve`` and from ours, with the errors of u² and τ_α joined. Text.
    """
    laws = {"the published curve": PUBLISHED_SCALING}
    laws |= {name: law for name, (law, _) in scaling_laws(table).items()}
    rows = []
    for t, row in table.iterrows():
        x = 1 / row["u2"]
        words = {"T": f"{t:.2f}", "runs": int(row["runs"]), "1/u² (σ⁻²)": f"{x:.2f}",
                 "log τ_α": f"{np.log10(row['tau_alpha']):.2f}"}
        for name, law in laws.items():
            slope = law.coefficients[1] + 2 * law.coefficients[2] * x
            error = np.hypot(row["tau_alpha_error"] / row["tau_alpha"] / np.log(10),
                             slope * row["u2_error"] * x**2)
            off = np.log10(row["tau_alpha"] / law(row["u2"]))
            words[f"from {name}"] = format_error(off, error)
        rows.append(words)
    return pd.DataFrame(rows).set_index("T")
