"""Every model at every temperature, from the result tables of all topics."""

from collections.abc import Mapping

import pandas as pd

from glasslib.errors import ParameterError

__all__ = ["models_table"]

#: Every model of :func:`models_table`: the result table it is read from, and its name there.
_MODELS = {
    "network A": ("accuracy", "network A"),
    "network B": ("accuracy", "network B"),
    "ridge A": ("structure-limit", "ridge A"),
    "ridge B": ("structure-limit", "ridge B"),
    "ridge C": ("inherent", "ridge C"),
    "ridge D": ("structure-limit", "ridge D"),
    "ridge A′": ("structure-limit", "ridge A′"),
    "graph network, D": ("graph-temperatures", "graph network, D"),
    "Debye–Waller factor alone": ("structure-limit", "Debye–Waller factor alone"),
    "cage alone": ("structure-limit", "cage alone"),
    "harmonic alone": ("structure-limit", "harmonic alone"),
}


def models_table(tables: Mapping[str, pd.DataFrame], runs: Mapping[float, int]) -> pd.DataFrame:
    """Return ρ(τ_α) of every model at every temperature on new configurations, and its ceiling.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The result tables ``accuracy``, ``structure-limit``, ``inherent``, ``graph-temperatures``
        and ``ceiling``.
    runs : mapping of float to int
        Number of runs at each temperature.

    Returns
    -------
    pandas.DataFrame
        A row for each temperature and model that is there: ``T``, ``runs``, ``model``; ``rho`` over
        all rows and ``within`` runs, and each as a part of its own ceiling, ``rho_of_ceiling`` and
        ``within_of_ceiling``. Each with ``…_error``, the standard error over runs; that of the
        ceiling is not in it. Then the row "noise ceiling" of each temperature.

    Raises
    ------
    ParameterError
        A result table is missing.
    """
    needed = dict.fromkeys([*(name for name, _ in _MODELS.values()), "ceiling"])
    if missing := [name for name in needed if name not in tables]:
        raise ParameterError(f"tables lacks {', '.join(missing)}; give each of {', '.join(needed)}")
    tops = tables["ceiling"]
    tops = tops[tops["at_tau"] & tops["own"]].set_index(["T", "kind"])
    rows = []
    for t, number in runs.items():
        top = {kind: tops.loc[(t, kind)] for kind in ("pooled", "within")}
        for model, (name, there) in _MODELS.items():
            table = tables[name]
            chosen = (table["T"] == t) & table["at_tau"] & (table["model"] == there)
            if "split" in table:
                chosen &= table["split"] == "run"
            for _, found in table[chosen].iterrows():
                row = {"T": t, "runs": number, "model": model}
                for value, kind in (("rho", "pooled"), ("within", "within")):
                    each = found[[value, f"{value}_error"]].to_numpy(dtype=float)
                    row[value], row[f"{value}_error"] = each
                    part = each / top[kind]["ceiling"]
                    row[f"{value}_of_ceiling"], row[f"{value}_of_ceiling_error"] = part
                rows.append(row)
        rows.append({"T": t, "runs": number, "model": "noise ceiling"} | {
            f"{value}{end}": top[kind][f"ceiling{end}"]
            for value, kind in (("rho", "pooled"), ("within", "within")) for end in ("", "_error")
        })
    return pd.DataFrame(rows)
