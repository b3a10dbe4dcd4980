r"""What a prediction loses when a group of descriptors is shuffled.

.. math:: \Delta\rho_g(t) = \rho(t) - \rho_{g\ \mathrm{shuffled}}(t)

The rows of all columns of the group are permuted together, within each run, so that the group
keeps its own distribution and loses its tie to the rest.

Warnings
--------
The descriptors are collinear: neighbouring shells and generations of coarse-graining repeat each
other. A group that is shuffled alone leaves its understudies in place, and rows are made that no
liquid has. A small Δρ says "can be replaced", not "does not matter", and the Δρ of groups do not
add up.

References
----------
L. Breiman, Mach. Learn. 45, 5 (2001).
"""

from collections.abc import Callable, Sequence

import numpy as np

from glasslib.errors import ParameterError
from glasslib.learning.dataset import DEBYE_WALLER

__all__ = ["descriptor_groups", "shuffled_prediction"]


def descriptor_groups(names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the columns of each group of descriptors: by kind, and again by generation.

    Parameters
    ----------
    names : sequence of str
        Names of the columns, as :func:`glasslib.structure.descriptors.descriptor_names` and the
        data set give them.

    Returns
    -------
    dict of str to (n,) int64
        Radial, angular, Voronoi, energy, Debye–Waller; and generation 0, 1, 2 of radial and
        angular descriptors together. Groups without a column are left out.

    Examples
    --------
    >>> groups = descriptor_groups(["radial r=1.00", "angular r=1.00 l=6 g=1", "debye_waller"])
    >>> {name: columns.tolist() for name, columns in groups.items()}
    {'radial': [0], 'angular': [1], 'Debye–Waller': [2], 'generation 0': [0], 'generation 1': [1]}
    """
    names = [str(name) for name in names]
    kinds = {
        "radial": lambda name: name.startswith("radial "),
        "angular": lambda name: name.startswith("angular "),
        "Voronoi": lambda name: name.startswith("voronoi "),
        "energy": lambda name: name == "energy",
        "Debye–Waller": lambda name: name == DEBYE_WALLER,
    }
    for generation in range(10):
        suffix = f" g={generation}"
        kinds[f"generation {generation}"] = lambda name, g=generation, suffix=suffix: (
            name.startswith(("radial ", "angular "))
            and (name.endswith(suffix) if g else " g=" not in name)
        )
    groups = {
        group: np.array([k for k, name in enumerate(names) if test(name)], dtype=np.int64)
        for group, test in kinds.items()
    }
    return {group: columns for group, columns in groups.items() if len(columns)}


def shuffled_prediction(
    predict: Callable[[np.ndarray], np.ndarray],
    inputs: np.ndarray,
    columns: np.ndarray,
    runs: np.ndarray,
    seed: int = 0,
) -> np.ndarray:
    """Predict with some columns shuffled among the rows of each run.

    Parameters
    ----------
    predict : callable
        From inputs to (n_rows, n_times).
    inputs : (n_rows, n_inputs) float
        Test rows; left as they are.
    columns : (n,) int64
        The group to shuffle.
    runs : (n_rows,) int64
        Run of each row.
    seed : int
        Of the permutation.

    Raises
    ------
    ParameterError
        A column that is not there, or a wrong number of runs.

    Examples
    --------
    >>> x = np.arange(6.0).reshape(3, 2)
    >>> shuffled_prediction(lambda v: v[:, :1], x, [1], [0, 0, 0]).ravel().tolist()
    [0.0, 2.0, 4.0]
    """
    inputs, runs = np.asarray(inputs), np.asarray(runs)
    columns = np.asarray(columns, dtype=np.int64)
    if len(runs) != len(inputs):
        raise ParameterError(f"runs names {len(runs)} rows, and there are {len(inputs)}")
    if len(columns) and not 0 <= columns.min() <= columns.max() < inputs.shape[1]:
        raise ParameterError(
            f"columns name {int(columns.max())}, and there are {inputs.shape[1]} inputs"
        )
    random = np.random.default_rng(seed)
    order = np.arange(len(inputs))
    for run in np.unique(runs):
        rows = np.flatnonzero(runs == run)
        order[rows] = random.permutation(rows)
    changed = inputs.copy()
    changed[:, columns] = inputs[order][:, columns]
    return np.asarray(predict(changed))
