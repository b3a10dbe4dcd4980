"""What the four kinds of data files hold: each variable with its dimensions, unit and meaning.

:data:`RUN`, :data:`BLOCK`, :data:`CAGE` and :data:`SCAN` are the whole list. The values come
from the campaign. The oldest files of runs lack ``equilibration_end_to_end``,
``mean_displacement`` and ``structure_factor_thirds``.
"""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glasslib import __version__
from glasslib.errors import DataError
from glasslib.parameters import Protocol, get_protocol

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "BLOCK", "CAGE", "RUN", "SCAN", "Variable", "as_dataset", "provenance", "round_mantissa",
    "spent_seconds",
]  # fmt: skip

#: Mantissa bits kept of block averages: 2⁻¹¹ ≈ 0.05 % rounding, where ten trajectories give 10 %.
KEPT_BITS = 10
#: Displacements at which each trajectory's mobile monomers are counted, σ (for χ4 at any a).
PROBE_LENGTHS = np.round(np.arange(0.10, 1.5001, 0.02), 2)

_TIME, _LENGTH, _ENERGY = "sigma sqrt(m/epsilon)", "sigma", "epsilon per monomer"


class Variable(NamedTuple):
    """One variable of a data file.

    Parameters
    ----------
    dims : tuple of str
    long_name, units : str
    single : bool
        Whether it is kept in single precision.
    """

    dims: tuple[str, ...]
    long_name: str
    units: str
    single: bool = False


#: The variables of a run's file.
RUN = {
    "box": Variable(("xyz",), "edges of the periodic box", _LENGTH),
    "positions": Variable(
        ("monomer", "xyz"), "unwrapped initial configuration of the ensemble", _LENGTH
    ),
    "velocities": Variable(
        ("monomer", "xyz"), "Maxwell-Boltzmann velocities from which a colder run starts",
        "sigma/tau",
    ),
    "inherent_positions": Variable(
        ("monomer", "xyz"), "unwrapped inherent structure of positions", _LENGTH, single=True
    ),
    "bonds": Variable(("bond", "end"), "indices of bonded monomers", "1"),
    "chain": Variable(("monomer",), "chain of each monomer", "1"),
    "chain_position": Variable(("monomer",), "bonds to the nearer chain end", "1"),
    "equilibration_time": Variable(
        ("frame",), "time since the start at this temperature", _TIME, single=True
    ),
    "equilibration_potential": Variable(("frame",), "potential energy", _ENERGY, single=True),
    "equilibration_kinetic": Variable(("frame",), "kinetic energy", _ENERGY, single=True),
    "equilibration_pressure": Variable(
        ("frame",), "virial pressure", "epsilon/sigma^3", single=True
    ),
    "equilibration_end_to_end": Variable(
        ("frame",), "mean-squared end-to-end distance", "sigma^2", single=True
    ),
    "end_to_end_lag": Variable(("lag_ee",), "lag of C_ee", _TIME),
    "end_to_end": Variable(("lag_ee",), "end-to-end vector autocorrelation", "1", single=True),
    "window_lag": Variable(("lag_window",), "lag of the window F_s", _TIME),
    "window_first": Variable(
        ("lag_window",), "F_s, first window of the equilibration", "1", single=True
    ),
    "window_second": Variable(
        ("lag_window",), "F_s, second window of the equilibration", "1", single=True
    ),
    "structure_wavenumber": Variable(("q_static",), "q of S(q)", "1/sigma", single=True),
    "structure_factor": Variable(("q_static",), "static structure factor", "1", single=True),
    "structure_factor_thirds": Variable(
        ("third", "q_static"), "S(q) of the equilibration's second and last third", "1",
        single=True,
    ),
    "wavenumber": Variable(("q",), "q of F_s", "1/sigma"),
    "lag": Variable(("lag",), "lag of F_s, MSD and mean displacement", _TIME),
    "scattering": Variable(("lag", "q"), "F_s(q, t) of the production run", "1", single=True),
    "scattering_halves": Variable(
        ("half", "lag", "q"), "F_s(q, t) of its first and second half", "1", single=True
    ),
    "msd": Variable(("lag",), "mean-squared displacement", "sigma^2", single=True),
    "mean_displacement": Variable(("lag",), "mean displacement", _LENGTH, single=True),
    "production_time": Variable(("sample",), "time of production samples", _TIME),
    "production_potential": Variable(("sample",), "potential energy", _ENERGY),
    "production_kinetic": Variable(("sample",), "kinetic energy", _ENERGY),
}

#: The variables of a block's file.
BLOCK = {
    "time": Variable(("time",), "time since the initial configuration", _TIME),
    "fine_time": Variable(("fine_time",), "finer times", _TIME),
    "probe_length": Variable(("probe",), "probe length a", _LENGTH),
    "displacement": Variable(
        ("time", "monomer"), "mean displacement modulus over the block", _LENGTH, single=True
    ),
    "squared_displacement": Variable(
        ("time", "monomer"), "mean squared displacement over the block", "sigma^2", single=True
    ),
    "p1_loss": Variable(
        ("time", "bond"), "1 - P1 of the bond direction with its initial one, block mean", "1",
        single=True,
    ),
    "p2_loss": Variable(
        ("time", "bond"), "1 - P2 of the bond direction with its initial one, block mean", "1",
        single=True,
    ),
    "exceeding": Variable(
        ("trajectory", "time", "probe"), "monomers displaced by more than the probe length", "1"
    ),
    "scattering": Variable(
        ("trajectory", "fine_time"), "F_s(q_peak, t) since the initial configuration", "1",
        single=True,
    ),
    "msd": Variable(
        ("trajectory", "fine_time"), "mean-squared displacement since the initial configuration",
        "sigma^2", single=True,
    ),
    "energy": Variable(("trajectory", "fine_time"), "total energy", _ENERGY),
    "kinetic_temperature": Variable(
        ("trajectory", "fine_time"), "kinetic temperature", "epsilon/k_B", single=True
    ),
    "centre_of_mass_drift": Variable(
        ("trajectory",), "largest displacement of the centre of mass", _LENGTH
    ),
}


#: The variables of the file of a run's cages, each in independent halves.
CAGE = {
    name: Variable(("half", *dims), long_name, units, single=True)
    for name, (dims, long_name, units) in {
        "offset": (("monomer", "xyz"), "mean place from the middle of the wall", _LENGTH),
        "covariance": (("monomer", "product"), "xx, yy, zz, xy, xz, yz of the place", "sigma^2"),
        "displacement": (("monomer",), "mean distance from the configuration", _LENGTH),
        "hit_rate": (("monomer",), "reflections at the wall", "sqrt(epsilon/m)/sigma"),
        "chain_variance": (("molecule",), "variance of the chain's centre", "sigma^2"),
        "bond_variance": (("bond",), "variance of the bond vector", "sigma^2"),
        "p1_loss": (("bond",), "1 - P1 with the bond of the configuration", "1"),
        "p2_loss": (("bond",), "1 - P2 with the bond of the configuration", "1"),
        "energy": (("monomer",), "mean of the monomer's own energy", "epsilon"),
        "energy_variance": (("monomer",), "its variance", "epsilon^2"),
        "coordination": (("monomer",), "mean number of close neighbours", "1"),
        "coordination_variance": (("monomer",), "its variance", "1"),
        "contact": (("monomer",), "mean distance to the contacts", _LENGTH),
        "contact_variance": (("monomer",), "its variance", "sigma^2"),
    }.items()
}

#: The variables of the file of a scan: the cages of one run with other walls, baths and lengths.
SCAN = {
    "radius": Variable(("setting",), "radius of the wall", _LENGTH),
    "bath": Variable(("setting",), "temperature of the bath T'", "epsilon/k_B"),
    "replicas": Variable(("setting",), "replicas in each half", "1"),
    "duration": Variable(("setting",), "time of a replica that is sampled", _TIME),
    "seconds": Variable(("setting",), "CPU time of the sampling", "s"),
    "scalars": Variable(
        ("setting", "scalar", "monomer"), "scalars of the cage, mean of the halves", "1",
        single=True,
    ),
    "variance": Variable(
        ("setting", "half", "monomer"), "log of the variance of the place", "1", single=True
    ),
    "seconds_of_inputs": Variable(("input",), "CPU time of other inputs of the run", "s"),
}


def as_dataset(
    variables: dict[str, Variable], values: dict[str, np.ndarray], attributes: dict[str, Any]
) -> xr.Dataset:
    """Return the dataset of one file, to be written by :func:`glasslib.store.registry.write`.

    Parameters
    ----------
    variables : dict of str to Variable
        :data:`RUN`, :data:`BLOCK`, :data:`CAGE` or :data:`SCAN`.
    values : dict of str to ndarray
        A value for each of the variables.
    attributes : dict
        Begins with :func:`provenance`.

    Raises
    ------
    DataError
        A value is missing, or one is not among the variables.

    Examples
    --------
    >>> lag = Variable(("lag",), "lag of F_s", "sigma sqrt(m/epsilon)", single=True)
    >>> data = as_dataset({"lag": lag}, {"lag": [0.1, 1.0]}, {"run": 3})
    >>> str(data["lag"].dtype), data["lag"].units, data.attrs
    ('float32', 'sigma sqrt(m/epsilon)', {'run': 3})
    """
    import xarray as xr

    if wrong := set(variables) ^ set(values):
        raise DataError(f"a data file has other variables than these: {', '.join(sorted(wrong))}")
    return xr.Dataset(
        {
            name: (
                variable.dims,
                np.asarray(values[name], dtype=np.float32 if variable.single else None),
                {"long_name": variable.long_name, "units": variable.units},
            )
            for name, variable in variables.items()
        },
        attrs=attributes,
    )


def provenance(
    temperature: float, protocol: Protocol, run: int, lammps: int | None = None
) -> dict[str, Any]:
    """Return the attributes that every data file has: what made it, with which versions.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    protocol : Protocol
        With the pair style that served; its name is the profile.
    run : int
    lammps : int, optional
        Version of LAMMPS that made the configuration, where no other served; else the one here.
    """
    from glasslib.simulation.engine import lammps_arguments, lammps_version

    return {
        "title": f"Bead-spring melt near its glass transition, chains of"
        f" {protocol.melt.chain_length}",
        "units": "reduced Lennard-Jones units: sigma, epsilon, m, tau = sigma sqrt(m/epsilon)",
        "profile": protocol.name,
        "temperature": temperature,
        "run": run,
        "protocol": json.dumps(protocol.model_dump(mode="json")),
        "protocol_digest": get_protocol(protocol.name).digest,
        "seeds": "numpy SeedSequence of (20220818, temperature 1e6, run, stage, number);"
        " see glasslib.simulation.melt.seed",
        "glasslib_version": __version__,
        "lammps_version": lammps or lammps_version(),
        "lammps_arguments": " ".join(lammps_arguments()),
        "numpy_version": np.__version__,
        "machine": platform.machine(),
        "licence": "CC BY 4.0",
    }


def spent_seconds(attributes: dict[str, Any]) -> float:
    """Return the seconds of one core that a data file took (wall time in the oldest files)."""
    return float(attributes.get("cpu_time_seconds", attributes.get("wall_time_seconds")))


def round_mantissa(values: np.ndarray, bits: int = KEPT_BITS) -> np.ndarray:
    """Round values to ``bits`` explicit mantissa bits, to nearest, so they compress well.

    The relative error is at most 2^−(bits + 1).

    Parameters
    ----------
    values : array
        Taken as float32.
    bits : int
        From 1 to 22.

    Returns
    -------
    array of float32
        Of the same shape.

    Examples
    --------
    >>> x = np.array([0.123456789], dtype=np.float32)
    >>> bool(abs(round_mantissa(x)[0] / x[0] - 1) < 2**-11)
    True
    """
    drop = 23 - bits
    raw = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).astype(np.uint64)
    raw = (raw + (1 << (drop - 1)) - 1 + ((raw >> drop) & 1)) >> drop << drop
    return raw.astype(np.uint32).view(np.float32).reshape(np.shape(values))
