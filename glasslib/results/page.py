"""What a page opens with: its parameters, checked, and its ensembles, simulated if need be."""

import ast
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from glasslib import campaign, store
from glasslib.campaign import planning
from glasslib.errors import ParameterError
from glasslib.parameters import (
    CompanionParameters,
    DescriptorSpec,
    get_protocol,
    validate,
)
from glasslib.results.page_parameters import page_model, used_part
from glasslib.store import Ensemble
from glasslib.structure.descriptors import descriptor_reach

__all__ = ["announcement", "data_table", "ensemble", "ensembles", "melts", "shipped_profile",
           "start"]  # fmt: skip


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


def start(namespace: Mapping[str, Any], notebook: str = "") -> CompanionParameters:
    """Check the parameters of a notebook and return them as one frozen object.

    papermill accepts any name and runs on the defaults when it is misspelt. This call is the
    notebook's first after the cell ``parameters``. It reads what papermill wrote into the session's
    history and refuses every name that is not a parameter. It also lets tables show their texts
    whole, and progress bars be text without a warning.

    Parameters
    ----------
    namespace : mapping
        The notebook's variables: ``globals()``.
    notebook : str
        Its name, such as ``"05-networks"``, where it has parameters of its own
        (:mod:`glasslib.results.page_parameters`).

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
    model = page_model(notebook)
    fields = model.model_fields
    try:
        for name in fields:
            if name not in namespace:
                raise ParameterError(
                    f"parameter '{name}' has no value; set it in the cell tagged parameters and"
                    " run that cell"
                )
        names = dict.fromkeys([*fields, *_injected(namespace.get("_ih", []))])
        page = validate(model, **{name: namespace.get(name) for name in names})
    except ParameterError as error:
        line = f"ParameterError: {error}"
        error._render_traceback_ = lambda: [line]  # IPython prints this instead of the frames
        raise
    pd.set_option("display.max_colwidth", None)
    # MDAnalysis's progress bars are text where ipywidgets is not installed; they say so each time.
    warnings.filterwarnings("ignore", message="IProgress not found")
    return page


# --------------------------------------------------------------------------------- ensembles
def ensemble(temperature: float, profile: str = "lab", *, quiet: bool = False) -> Ensemble:
    """Load a temperature's ensemble; simulate it in ``profile`` first if there is none.

    Data that ship (profile ``companion``) are preferred to those of a smaller profile. Before
    simulating, the time it will take is estimated and said; afterwards the data are cached as
    files like those that ship.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
        In which to simulate what is missing.
    quiet : bool
        Say nothing while simulating.

    Raises
    ------
    ParameterError, SimulationError, DataError
        See :mod:`glasslib.parameters`, :mod:`glasslib.campaign` and :mod:`glasslib.store`.
    """
    found = store.profile_with(temperature, profile)
    if found is None or not _whole(temperature, found):
        found = profile
        _simulate(temperature, profile, quiet)
    return store.load_ensemble(temperature, found)


def _whole(temperature: float, profile: str) -> bool:
    """Tell whether the ensemble is all there; what ships counts as it is."""
    if profile in store.SHIPPED:
        return True
    protocol = get_protocol(profile)
    return all(
        store.block_path(temperature, profile, run, block).exists()
        for run in range(protocol.runs)
        for block in range(protocol.blocks)
    )


def announcement(temperature: float, profile: str, workers: int = 2) -> str:
    """Say what simulating a temperature means, and about how long it will take.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    profile : str
    workers : int
        Processes that simulate.

    Raises
    ------
    ParameterError
        The box would be too small for the descriptors.
    """
    protocol = get_protocol(profile)
    reach = descriptor_reach(DescriptorSpec(), protocol.melt)
    if protocol.melt.box_length < 2 * reach:
        raise ParameterError(
            f"profile = {profile!r}: n_monomers = {protocol.melt.n_monomers:,} at density"
            f" {protocol.melt.density:g} make a box of {protocol.melt.box_length:.2f} σ, and the"
            f" descriptors reach {reach:g} σ;"
            f" take {int((2 * reach) ** 3 * protocol.melt.density) + 1:,} monomers or more"
        )
    minutes = planning.simulation_seconds(temperature, profile, workers) / 60
    return (
        f"T = {temperature:g}, profile {profile}: {protocol.runs} runs of"
        f" {protocol.melt.n_monomers:,} monomers, {protocol.trajectories} trajectories each;"
        f" about {max(minutes, 1):.0f} min with {workers} processes, give or take a factor of two"
    )


def _simulate(temperature: float, profile: str, quiet: bool) -> None:
    from tqdm import tqdm

    protocol, workers = get_protocol(profile), _workers()
    if not quiet:
        words = announcement(temperature, profile, workers)
        print(f"simulating {words}", file=sys.stderr, flush=True)
    total = protocol.runs * (1 + protocol.blocks)
    with tqdm(total=total, disable=quiet, desc=f"T = {temperature:g}", unit="task") as bar:

        def report(task, line, done, of):
            bar.n = done
            bar.refresh()

        campaign.simulate(temperature, profile, workers, report)


def _workers() -> int:
    """Return how many processes simulate what a page lacks: ``GLASSLIB_WORKERS``, or two."""
    given = os.environ.get("GLASSLIB_WORKERS") or "2"
    if not given.isdecimal() or int(given) < 1:
        raise ParameterError(
            f"GLASSLIB_WORKERS = '{given}' is no number of processes; give 1 or more, one a core"
        )
    return int(given)


def ensembles(page: CompanionParameters) -> dict[float, Ensemble]:
    """Load what a page shows: all temperatures that ship, and those asked for; falling.

    If nothing ships, all temperatures of the page's profile are taken instead. Of each as many
    runs and trajectories as the page's parameters ``runs`` and ``trajectories`` let in, where it
    has these.

    Parameters
    ----------
    page : CompanionParameters

    Returns
    -------
    dict of float to Ensemble
        By temperature.
    """
    profile = shipped_profile(page)
    loaded = {t: store.load_ensemble(t, profile) for t in store.available(profile)}
    for temperature in page.temperatures:
        if store.find_temperature(temperature, loaded) is None:
            own = ensemble(temperature, page.profile)
            loaded[own.temperature] = own
    return {t: used_part(loaded[t], page) for t in sorted(loaded, reverse=True)}


def shipped_profile(page: CompanionParameters) -> str:
    """Return the profile all of whose temperatures a page shows.

    It is that which ships; the page's own if nothing ships, or if that is another melt: of the
    paper's size, or of somebody's own protocol.
    """
    ships = page.profile in store.SMALLER and store.available("companion")
    return "companion" if ships else page.profile


def melts(page: CompanionParameters) -> dict[float, Ensemble]:
    """Load what :func:`ensembles` does, and every equilibrated run without an ensemble yet.

    For pages on what the runs alone tell: structure, equilibration and relaxation.

    Parameters
    ----------
    page : CompanionParameters

    Returns
    -------
    dict of float to Ensemble
        By temperature, falling.
    """
    loaded, profile = ensembles(page), shipped_profile(page)
    for temperature in store.equilibrated(profile):
        if temperature not in loaded or loaded[temperature].profile == profile:
            loaded[temperature] = store.load_runs(temperature, profile)
    return dict(sorted(loaded.items(), reverse=True))


def data_table(shown: dict[float, Ensemble]) -> pd.DataFrame:
    """Say which data a page stands on.

    Parameters
    ----------
    shown : dict of float to Ensemble
        By temperature.

    Returns
    -------
    pandas.DataFrame
        By ``T``: ``profile``, ``runs``, ``monomers``, ``trajectories`` (of all runs), ``per run``
        and ``longest time (τ)``; dashes where there are no trajectories.
    """
    rows = [
        {
            "T": f"{t:.2f}",
            "profile": e.profile,
            "runs": len(e.runs),
            "monomers": e.melt.n_monomers,
            "trajectories": sum(e.n_trajectories.values()),
            "per run": "–".join(str(n) for n in sorted(set(e.n_trajectories.values()))),
            "longest time (τ)": f"{float(f'{e.times.times[-1]:.4g}'):,g}" if e.blocks else "–",
        }
        for t, e in shown.items()
    ]
    return pd.DataFrame(rows).set_index("T")
