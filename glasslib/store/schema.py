"""What the two kinds of data files hold: each variable with its dimensions, unit and precision."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence

import numpy as np

from glasslib import __version__
from glasslib.parameters import Protocol
from glasslib.structure.cage import CageMoments

__all__ = ["block_dataset", "cage_dataset", "round_mantissa", "run_dataset", "spent_seconds"]

#: Mantissa bits kept of block averages: 2⁻¹¹ ≈ 0.05 % rounding, where ten trajectories give 10 %.
KEPT_BITS = 10
#: Displacements at which each trajectory's mobile monomers are counted, σ (for χ4 at any a).
PROBE_LENGTHS = np.round(np.arange(0.10, 1.5001, 0.02), 2)


def round_mantissa(values: np.ndarray, bits: int = KEPT_BITS) -> np.ndarray:
    """Round float32 values to ``bits`` explicit mantissa bits, to nearest, so they compress well.

    The relative error is at most 2^−(bits + 1).

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


def spent_seconds(attributes: dict) -> float:
    """Return the seconds of one core that a data file took (wall time in the oldest files)."""
    return float(attributes.get("cpu_time_seconds", attributes.get("wall_time_seconds")))


def _attributes(temperature: float, protocol: Protocol, run: int) -> dict:
    from glasslib.simulation.engine import lammps_arguments, lammps_version

    return {
        "title": "Bead-spring pentamer melt near its glass transition",
        "units": "reduced Lennard-Jones units: sigma, epsilon, m, tau = sigma sqrt(m/epsilon)",
        "profile": protocol.name,
        "temperature": temperature,
        "run": run,
        "protocol": json.dumps(protocol.model_dump(mode="json")),
        "seeds": "numpy SeedSequence of (20220818, temperature 1e6, run, stage, number);"
        " see glasslib.simulation.melt.seed",
        "glasslib_version": __version__,
        "lammps_version": lammps_version(),
        "lammps_arguments": " ".join(lammps_arguments()),
        "numpy_version": np.__version__,
        "machine": platform.machine(),
        "licence": "CC BY 4.0",
    }


def run_dataset(temperature, protocol, run, box, final, inherent, *, equilibration, end_to_end,
                windows, static, production):
    """Return what the file of a run holds."""
    import xarray as xr

    melt = protocol.melt

    def f32(values):
        return np.asarray(values, dtype=np.float32)

    thin = slice(None, None, max(1, len(equilibration["time"]) // 256))
    tau, length = "sigma sqrt(m/epsilon)", "sigma"
    energy = "epsilon per monomer"
    variables = {
        "box": (("xyz",), box, "edges of the periodic box", length),
        "positions": (("monomer", "xyz"), final.positions,
                      "unwrapped initial configuration of the ensemble", length),
        "velocities": (("monomer", "xyz"), final.velocities,
                       "Maxwell-Boltzmann velocities from which a colder run starts", "sigma/tau"),
        "inherent_positions": (("monomer", "xyz"), f32(inherent),
                               "unwrapped inherent structure of positions", length),
        "bonds": (("bond", "end"), melt.bonds, "indices of bonded monomers", "1"),
        "chain": (("monomer",), np.arange(melt.n_monomers) // melt.chain_length,
                  "chain of each monomer", "1"),
        "chain_position": (("monomer",), melt.chain_position,
                           "bonds to the nearer chain end", "1"),
        "equilibration_time": (("frame",), f32(equilibration["time"][thin]),
                               "time since the start at this temperature", tau),
        "equilibration_potential": (("frame",), f32(equilibration["potential"][thin]),
                                    "potential energy", energy),
        "equilibration_kinetic": (("frame",), f32(equilibration["kinetic"][thin]),
                                  "kinetic energy", energy),
        "equilibration_pressure": (("frame",), f32(equilibration["pressure"][thin]),
                                   "virial pressure", "epsilon/sigma^3"),
        "equilibration_end_to_end": (("frame",), f32(equilibration["end_to_end_squared"][thin]),
                                     "mean-squared end-to-end distance", "sigma^2"),
        "end_to_end_lag": (("lag_ee",), end_to_end["lag"], "lag of C_ee", tau),
        "end_to_end": (("lag_ee",), f32(end_to_end["value"]),
                       "end-to-end vector autocorrelation", "1"),
        "window_lag": (("lag_window",), windows["lag"], "lag of the window F_s", tau),
        "window_first": (("lag_window",), f32(windows["first"]),
                         "F_s, first window of the equilibration", "1"),
        "window_second": (("lag_window",), f32(windows["second"]),
                          "F_s, second window of the equilibration", "1"),
        "structure_wavenumber": (("q_static",), f32(static["q"]), "q of S(q)", "1/sigma"),
        "structure_factor": (("q_static",), f32(static["s"]), "static structure factor", "1"),
        "structure_factor_thirds": (("third", "q_static"), f32(static["thirds"]),
                                    "S(q) of the equilibration's second and last third", "1"),
        "wavenumber": (("q",), np.array(protocol.wavenumbers), "q of F_s", "1/sigma"),
        "lag": (("lag",), production["lag"], "lag of F_s, MSD and mean displacement", tau),
        "scattering": (("lag", "q"), f32(production["scattering"]),
                       "F_s(q, t) of the production run", "1"),
        "scattering_halves": (("half", "lag", "q"), f32(production["halves"]),
                              "F_s(q, t) of its first and second half", "1"),
        "msd": (("lag",), f32(production["msd"]), "mean-squared displacement", "sigma^2"),
        "mean_displacement": (("lag",), f32(production["mean_displacement"]),
                              "mean displacement", length),
        "production_time": (("sample",), production["time"], "time of production samples", tau),
        "production_potential": (("sample",), production["energies"][:, 0],
                                 "potential energy", energy),
        "production_kinetic": (("sample",), production["energies"][:, 1],
                               "kinetic energy", energy),
    }
    return xr.Dataset(
        {
            name: (dims, values, {"long_name": label, "units": unit})
            for name, (dims, values, label, unit) in variables.items()
        },
        attrs=_attributes(temperature, protocol, run),
    )


def block_dataset(temperature, protocol, run, block, times, saved):
    """Return what the file of a block holds."""
    import xarray as xr

    size = protocol.block_size
    tau = "sigma sqrt(m/epsilon)"

    def averaged(name):
        return round_mantissa((saved[name] / size).astype(np.float32))

    variables = {
        "time": (("time",), times.times, "time since the initial configuration", tau),
        "fine_time": (("fine_time",), times.fine_times, "finer times", tau),
        "probe_length": (("probe",), PROBE_LENGTHS, "probe length a", "sigma"),
        "displacement": (("time", "monomer"), averaged("displacement"),
                         "mean displacement modulus over the block", "sigma"),
        "squared_displacement": (("time", "monomer"), averaged("squared_displacement"),
                                 "mean squared displacement over the block", "sigma^2"),
        "p1_loss": (("time", "bond"), averaged("p1_loss"),
                    "1 - P1 of the bond direction with its initial one, block mean", "1"),
        "p2_loss": (("time", "bond"), averaged("p2_loss"),
                    "1 - P2 of the bond direction with its initial one, block mean", "1"),
        "exceeding": (("trajectory", "time", "probe"), saved["exceeding"],
                      "monomers displaced by more than the probe length", "1"),
        "scattering": (("trajectory", "fine_time"), saved["scattering"].astype(np.float32),
                       "F_s(q_peak, t) since the initial configuration", "1"),
        "msd": (("trajectory", "fine_time"), saved["msd"].astype(np.float32),
                "mean-squared displacement since the initial configuration", "sigma^2"),
        "energy": (("trajectory", "fine_time"), saved["energy"],
                   "total energy", "epsilon per monomer"),
        "kinetic_temperature": (("trajectory", "fine_time"), saved["kinetic"].astype(np.float32),
                                "kinetic temperature", "epsilon/k_B"),
        "centre_of_mass_drift": (("trajectory",), saved["drift"],
                                 "largest displacement of the centre of mass", "sigma"),
    }
    first = block * size
    attributes = _attributes(temperature, protocol, run) | {
        "block": block,
        "trajectories": f"{first} to {first + size - 1}",
        "q_peak": times.q_peak,
        "tau_alpha": times.tau_alpha,
        "kept_mantissa_bits": KEPT_BITS,
        "cpu_time_seconds": float(saved["cpu"]),
    }
    return xr.Dataset(
        {
            name: (dims, values, {"long_name": label, "units": unit})
            for name, (dims, values, label, unit) in variables.items()
        },
        attrs=attributes,
    )


def cage_dataset(
    temperature: float, protocol: Protocol, run: int, halves: Sequence[CageMoments], cpu: float
):
    """Return what the file of a run's cages holds: the moments of each half.

    Parameters
    ----------
    temperature : float
        In ε/k_B.
    protocol : Protocol
    run : int
    halves : sequence of CageMoments
        Independent samplings.
    cpu : float
        Seconds of one core.
    """
    import xarray as xr

    variables = {
        "offset": (("monomer", "xyz"), "mean place from the middle of the wall", "sigma"),
        "covariance": (("monomer", "product"), "xx, yy, zz, xy, xz, yz of the place", "sigma^2"),
        "displacement": (("monomer",), "mean distance from the configuration", "sigma"),
        "hit_rate": (("monomer",), "reflections at the wall", "sqrt(epsilon/m)/sigma"),
        "chain_variance": (("molecule",), "variance of the chain's centre", "sigma^2"),
        "bond_variance": (("bond",), "variance of the bond vector", "sigma^2"),
        "p1_loss": (("bond",), "1 - P1 with the bond of the configuration", "1"),
        "p2_loss": (("bond",), "1 - P2 with the bond of the configuration", "1"),
        "energy": (("monomer",), "mean of the monomer's own energy", "epsilon"),
        "energy_variance": (("monomer",), "its variance", "epsilon^2"),
        "coordination": (("monomer",), "mean number of close neighbours", "1"),
        "coordination_variance": (("monomer",), "its variance", "1"),
        "contact": (("monomer",), "mean distance to the contacts", "sigma"),
        "contact_variance": (("monomer",), "its variance", "sigma^2"),
    }
    return xr.Dataset(
        {
            name: (
                ("half", *dims),
                round_mantissa(np.array([getattr(half, name) for half in halves], np.float32)),
                {"long_name": label, "units": unit},
            )
            for name, (dims, label, unit) in variables.items()
        },
        attrs=_attributes(temperature, protocol, run) | {
            "procedure": "canonical sampling with walls around the inherent structure; see"
            " glasslib.simulation.cage, and 'cage' in the protocol",
            "kept_mantissa_bits": KEPT_BITS,
            "cpu_time_seconds": cpu,
        },
    )
