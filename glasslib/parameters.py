"""Every parameter of the project, as validated, frozen pydantic models.

A model rejects unknown names and values out of range; :func:`validate` turns pydantic's report
into one line that names the parameter, the value and what is allowed.
"""

import difflib
import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_serializer,
    model_validator,
)

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.files import key_of, write_text

__all__ = [
    "Cage", "PROTOCOLS", "CompanionParameters", "DescriptorSpec", "Integrator", "Melt", "Model",
    "NetworkSettings", "Protocol", "Temperature", "checked_temperature", "get_protocol",
    "known_profile", "own_protocol", "validate",
]  # fmt: skip


def _three_decimals(temperature: float) -> float:
    if abs(temperature - round(temperature, 3)) > 1e-9:
        raise ValueError(
            f"temperature = {temperature!r} has more than three decimals, and data are kept by"
            f" three; give {round(temperature, 3):g}"
        )
    return temperature


Temperature = Annotated[
    float,
    Field(ge=0.3, le=1.0, allow_inf_nan=False, description="Temperature in ε/k_B, from 0.3 to 1."),
    AfterValidator(_three_decimals),
]


class Model(BaseModel):
    """Base of all parameter models: frozen, and unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], /, **values) -> M:
    """Build ``model`` from ``values``; on failure raise one line that names value and remedy.

    Raises
    ------
    ParameterError
        A parameter is unknown (a near name is suggested), of the wrong kind or out of range.

    Examples
    --------
    >>> validate(Melt, n_monomers=1501)
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: Melt: n_monomers = 1501 is not a multiple of chain_length = 5
    >>> validate(Melt, densty=1.0)
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: Melt: unknown parameter 'densty'; did you mean 'density'?
    """
    try:
        return model(**values)
    except ValidationError as error:
        messages = []
        for item in error.errors():
            name = ".".join(str(part) for part in item["loc"])
            if item["type"] == "extra_forbidden":
                near = difflib.get_close_matches(name, list(model.model_fields), 1, 0.5)
                hint = f"did you mean '{near[0]}'?" if near else (
                    "allowed: " + ", ".join(model.model_fields)
                )
                messages.append(f"unknown parameter '{name}'; {hint}")
            elif item["type"] == "value_error":
                messages.append(str(item["ctx"]["error"]))
            else:
                message = item["msg"][0].lower() + item["msg"][1:]
                field = model.model_fields.get(name)
                about = f" ({field.description})" if field and field.description else ""
                messages.append(f"{name} = {item['input']!r}: {message}{about}")
        raise ParameterError(f"{model.__name__}: " + "; ".join(messages)) from None


class Melt(Model):
    """The liquid: fully flexible linear chains of Lennard-Jones monomers (Section 3)."""

    n_monomers: int = Field(2000, gt=0, description="Number of monomers N.")
    chain_length: int = Field(5, ge=1, description="Monomers in a chain; 5 is a pentamer.")
    density: float = Field(1.02, gt=0, le=1.5, description="Number density in σ⁻³.")
    cutoff: float = Field(2.5, gt=1, description="Truncation of the Lennard-Jones pair in σ.")
    bond_stiffness: float = Field(555.5, gt=0, description="k in U = k (r − r0)², in ε/σ².")
    bond_length: float = Field(0.97, gt=0, description="Rest length r0 of a bond in σ.")

    @model_validator(mode="after")
    def _whole_chains(self):
        if self.n_monomers % self.chain_length:
            raise ValueError(
                f"n_monomers = {self.n_monomers} is not a multiple of chain_length ="
                f" {self.chain_length}"
            )
        return self

    @property
    def n_chains(self) -> int:
        """Number of chains."""
        return self.n_monomers // self.chain_length

    @property
    def box_length(self) -> float:
        """Edge of the cubic box in σ."""
        return float((self.n_monomers / self.density) ** (1 / 3))

    @property
    def bonds(self) -> np.ndarray:
        """Indices of bonded monomers, (n_chains (chain_length − 1), 2) int64; chains in order."""
        first = np.arange(self.n_monomers).reshape(self.n_chains, self.chain_length)[:, :-1].ravel()
        return np.stack([first, first + 1], axis=1)

    @property
    def chain_position(self) -> np.ndarray:
        """Bonds between each monomer and the nearer end of its chain, (N,) int64: 0 is an end."""
        place = np.arange(self.n_monomers) % self.chain_length
        return np.minimum(place, self.chain_length - 1 - place)


class Integrator(Model):
    """r-RESPA: bonds in the inner loop, pairs in the outer; one substep is velocity Verlet.

    The step is the same throughout: to change it in the middle of a trajectory, even to hit a
    sampled time, makes the energy do a random walk. Sampled times are multiples of it.
    """

    timestep: float = Field(0.01, gt=0, le=0.02, description="Outer step in τ; it divides 1.")
    bond_substeps: int = Field(2, ge=1, le=10, description="Inner steps for the bonds.")
    pair_style: Literal["mixed", "glasslib", "lj/cut/opt", "lj/cut"] = Field(
        "mixed", description="Pair forces in mixed precision by glasslib.simulation.mixed_forces,"
        " with a compiled step of our own at constant energy; in double precision by"
        " glasslib.simulation.pair_forces; or LAMMPS's own style. GLASSLIB_PAIR_STYLE goes before.",
    )
    skin: float = Field(
        0.4, gt=0, le=1, description="Neighbour-list skin in σ; \"mixed\" has two of its own."
    )
    segment: float = Field(
        256.0, gt=0, description="Time units between checkpoints, a fresh engine each time."
    )
    energy_kept: bool = Field(
        True,
        description="At each checkpoint of a constant-energy trajectory, scale the velocities so"
        " that the total energy is that of its start (data files without this field: no).",
    )


class Cage(Model):
    """Sampling of the cages of one configuration: the walls, the bath and the lengths."""

    radius: float = Field(
        0.52, gt=0, le=1, description="How far a monomer may be from its place in the inherent"
        " structure, σ.",
    )
    temperature: float = Field(0.8, gt=0, description="Temperature of the bath T', ε/k_B.")
    replicas: int = Field(4, ge=1, description="Replicas in each half.")
    halves: int = Field(
        2, ge=2, description="Independent samplings, from whose agreement the noise follows."
    )
    warmup: float = Field(2.0, gt=0, description="Time of a replica before its first sample, τ.")
    duration: float = Field(25.0, gt=0, description="Time of a replica that is sampled, τ.")
    interval: float = Field(0.1, gt=0, description="Time between samples, τ.")
    friction: float = Field(0.5, gt=0, description="Friction of the bath, 1/τ.")
    bath_interval: float = Field(0.05, gt=0, description="Time between actions of the bath, τ.")
    timestep: float = Field(
        0.005, gt=0, le=0.01, description="Step in τ; 0.01 makes u² larger by 2 %."
    )
    pair_reach: float = Field(
        1.8, gt=1, description="Pairs closer than this in the inherent structure give a monomer's"
        " own energy, σ.",
    )
    contact: float = Field(1.4, gt=1, description="Neighbours closer than this are counted, σ.")
    contact_reach: float = Field(
        1.45, gt=1, description="Pairs closer than this in the inherent structure are contacts, σ."
    )


class Protocol(Model):
    """How much is simulated: the melt, the number of runs, and the lengths of each stage."""

    name: str
    melt: Melt
    integrator: Integrator = Integrator()
    runs: int = Field(ge=1, description="Independent runs at each temperature.")
    trajectories: int = Field(ge=1, description="Trajectories in each isoconfigurational ensemble.")
    block_size: int = Field(ge=1, description="Trajectories in a block.")
    melt_temperature: float = Field(2.0, gt=0, description="Temperature of the first melt, ε/k_B.")
    melt_time: float = Field(25.0, gt=0, description="Time at the melt temperature, τ.")
    thermostat_time: float = Field(1.0, gt=0, description="Relaxation time of the thermostat, τ.")
    relaxation_law: tuple[float, float, float] = Field(
        (0.129, 1.344, 0.262),
        description="τ0, B and T0 of τ_α = τ0 exp(B / (T − T0)), by which equilibrations are"
        " planned: within 20 % of the mean τ_α of the runs at T = 0.60 to 0.40.",
    )
    chain_ratio: float = Field(
        100.0, gt=0, description="τ_ee over τ_α where chains are equilibrated, as seen at T = 0.60."
    )
    equilibration_multiple: float = Field(
        3.0, ge=0, description="Equilibration in τ_ee (3 in the paper), from chain_temperature up."
    )
    chain_temperature: float = Field(
        2.0, gt=0, description="Chains are equilibrated from this temperature up. Below it they"
        " keep their conformations, which hardly depend on temperature.",
    )
    equilibration_alpha_multiple: float = Field(
        30.0, ge=1, description="Equilibration in τ_α below chain_temperature."
    )
    equilibration_floor: float = Field(
        60.0, gt=0, description="No equilibration is shorter than this, τ."
    )
    equilibration_limit: float = Field(
        1e6, gt=0, description="No equilibration is longer than this, τ."
    )
    production_multiple: float = Field(10.0, gt=1, description="Production lasts this many τ_α.")
    timing_runs: int = Field(
        4, ge=1, description="Production runs whose mean τ_α fixes the ten times."
    )
    slow_temperature: float = Field(
        0.0, ge=0, description="Below this temperature a run takes hours, and slow_timing_runs"
        " fix the ten times instead of timing_runs.",
    )
    slow_timing_runs: int = Field(
        2, ge=1, description="Production runs that fix the ten times below slow_temperature."
    )
    longest_time_multiple: float = Field(
        5.0, gt=1, description="Longest time of the ensemble in τ_α (late subdiffusive regime)."
    )
    cascade: tuple[float, ...] = Field(
        (),
        description="Falling temperatures; each run starts from the same run at the next higher"
        " one, and above the first from a hot melt.",
    )
    wavenumbers: tuple[float, ...] = Field(
        (6.6, 6.8, 7.0, 7.2, 7.4, 7.6), description="Wave numbers of stored F_s, σ⁻¹."
    )
    cage: Cage = Field(Cage(), description="How the cages of a configuration are sampled.")
    n_times: int = Field(10, ge=4, description="Times at which the propensity is stored.")
    n_fine_times: int = Field(50, ge=4, description="Times of F_s and MSD in the ensemble.")

    @model_validator(mode="after")
    def _whole_blocks(self):
        if self.trajectories % self.block_size:
            raise ValueError(
                f"trajectories = {self.trajectories} is not a multiple of block_size ="
                f" {self.block_size}"
            )
        return self

    def source(self, temperature: float) -> float | None:
        """Return the temperature whose runs those at ``temperature`` start from, if any."""
        above = [t for t in self.cascade if t > temperature + 1e-9]
        return min(above) if above else None

    def runs_that_time(self, temperature: float) -> range:
        """Return the runs whose mean τ_α fixes the ten times at ``temperature``."""
        slow = temperature < self.slow_temperature - 1e-9
        return range(min(self.slow_timing_runs if slow else self.timing_runs, self.runs))

    def expected_tau_alpha(self, temperature: float) -> float:
        """Return τ_α in τ by the relaxation law; far from the runs behind it, a guess.

        Examples
        --------
        >>> round(get_protocol("companion").expected_tau_alpha(0.5), 1)
        36.6
        """
        factor, energy, vogel = self.relaxation_law
        return float(factor * np.exp(energy / max(temperature - vogel, 0.05)))

    def equilibration_time(self, temperature: float) -> float:
        """Return how long an equilibration lasts, in τ, fixed before it begins.

        A run that judged by its own relaxation when to stop would stop on a fast fluctuation.
        Equilibration ends with the first of its segments that ends at this time or later.

        Examples
        --------
        >>> round(get_protocol("companion").equilibration_time(0.5) / 36.6, 1)
        30.0
        """
        multiple = self.equilibration_alpha_multiple
        if temperature >= self.chain_temperature - 1e-9:
            multiple = self.equilibration_multiple * self.chain_ratio
        time = multiple * self.expected_tau_alpha(temperature)
        return min(max(time, self.equilibration_floor), self.equilibration_limit)

    @property
    def blocks(self) -> int:
        """Number of blocks in an ensemble."""
        return self.trajectories // self.block_size

    @property
    def digest(self) -> str:
        """Hash of every value, which the data files of this protocol tell."""
        return key_of(self.model_dump(mode="json"))


def _beside_its_data(name: str) -> Path:
    return paths.ensembles(name) / "protocol.json"


class _Protocols(dict[str, Protocol]):
    """The profiles that ship are the items; one of somebody's own is found beside its data."""

    def __missing__(self, name: str) -> Protocol:
        path = _beside_its_data(name)
        if not re.fullmatch(_OWN_NAME, name) or not path.exists():
            raise KeyError(name)
        return Protocol(**json.loads(path.read_text(encoding="utf-8")))


_OWN_NAME = "[a-z][a-z0-9-]{0,30}"
PROTOCOLS = _Protocols(
    (protocol.name, protocol)
    for protocol in (
        Protocol(
            name="smoke", melt=Melt(n_monomers=1500), runs=2, trajectories=4, block_size=2,
            melt_time=10.0, equilibration_floor=10.0, equilibration_limit=40.0, timing_runs=2,
            longest_time_multiple=3.0, cage=Cage(replicas=1, warmup=0.5, duration=2.0),
        ),
        Protocol(
            name="lab", melt=Melt(n_monomers=1500), runs=4, trajectories=10, block_size=5,
            melt_time=100.0,
        ),
        Protocol(
            name="companion", melt=Melt(n_monomers=2000), runs=10, trajectories=40, block_size=10,
            cascade=(0.60, 0.50, 0.45, 0.42, 0.40), chain_temperature=0.60,
            slow_temperature=0.45,
        ),
        Protocol(
            name="paper", melt=Melt(n_monomers=10000), runs=10, trajectories=40, block_size=10,
            cascade=(0.60, 0.50, 0.45, 0.42, 0.40), chain_temperature=0.60,
            slow_temperature=0.45,
        ),
    )
)


def get_protocol(name: str) -> Protocol:
    """Return the protocol called ``name``.

    Raises
    ------
    ParameterError
        No such profile; the message lists those there are.

    Examples
    --------
    >>> get_protocol("lab").runs
    4
    >>> get_protocol("huge")
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: profile = 'huge' does not exist; choose smoke, lab,\
 companion or paper
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        names = list(PROTOCOLS)
        raise ParameterError(
            f"profile = {name!r} does not exist; choose {', '.join(names[:-1])} or {names[-1]}"
        ) from None


def own_protocol(path: str | Path) -> Protocol:
    """Read a protocol of one's own from a TOML file, and keep it beside its data to come.

    The file has a ``name``, which is that of the data folder, and any field of :class:`Protocol`;
    those of the melt stand in ``[melt]``, and so on. Where it says nothing the profile ``base``
    holds, ``lab`` if that is not given either.

    Raises
    ------
    ParameterError
        The file cannot be read, a value is unknown or out of range, or there are data by this name
        that another protocol made.
    """
    def refuse(why):
        return ParameterError(f"profile = '{path}': {why}")

    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refuse(getattr(error, "strerror", None) or f"no TOML ({error})") from None
    name = values.get("name")
    if not isinstance(name, str) or not re.fullmatch(_OWN_NAME, name) or name in PROTOCOLS:
        raise refuse(
            f"name = {name!r}; give it one of small letters, digits and hyphens that is not"
            f" {', '.join(PROTOCOLS)}"
        )
    base = get_protocol(values.pop("base", "lab"))
    for part, model in (("melt", Melt), ("integrator", Integrator), ("cage", Cage)):
        if isinstance(given := values.get(part), dict):
            values[part] = validate(model, **(getattr(base, part).model_dump() | given))
    protocol = validate(Protocol, **({key: getattr(base, key) for key in Protocol.model_fields}
                                     | values))
    place = _beside_its_data(name)
    text = json.dumps(protocol.model_dump(mode="json"), indent=1) + "\n"
    if place.exists():
        if place.read_text(encoding="utf-8") == text:
            return protocol
        old, new = PROTOCOLS[name].model_dump(mode="json"), protocol.model_dump(mode="json")
        differing = [key for key in new if old[key] != new[key]]
        begun = paths.work() / name
        if any(place.parent.rglob("*.nc")) or any(begun.rglob("*.npz")):
            raise refuse(
                f"{', '.join(differing)} differ from what made the data '{name}' that are there;"
                " give the protocol another name"
            )
    write_text(place, text)
    return protocol


class DescriptorSpec(Model):
    """The structural descriptors of Section 2.2.1; defaults give 100 radial + 192 angular.

    Where the paper leaves a choice, the choice is a field here. Its reason:

    - ``angular_range`` starts at 0.5 as the paper says, although no monomer sits closer than
      about 0.8: Boattini et al. (2021) used [1.0, 2.5].
    - ``shell_centres = "edges"`` follows the brackets of the paper. [0.5, 2] is closed: 60 shells
      of width δ = 0.025 step by 1.5/59 ≈ 0.0254 from end to end. (2, 3] and (3, 5] are open at
      the start: 20 shells each, in steps of exactly δ, the last on the end of the interval.
      ``"middles"`` divides each interval in equal bins and takes their middles.
    - ``angular_normalisation = "weights"`` divides by the sum of the Gaussian weights, as in
      Boattini et al. (2021), so that q is an order parameter between 0 and 1; ``"none"`` sets
      Z = 1.
    - ``include_self = True``: in Eq. 5 the condition r_ij < r_c holds for j = i, with r_ii = 0.
    - ``tail = 6`` cuts the Gaussians where no descriptor of the melt moves by more than 1e-6;
      the longest descriptor then reaches 5.6 σ, which N = 1,500 monomers hold (half box 5.68).
    """

    radial_shells: tuple[tuple[float, float, int, float], ...] = Field(
        ((0.5, 2.0, 60, 0.025), (2.0, 3.0, 20, 0.05), (3.0, 5.0, 20, 0.1)),
        description="Groups of radial shells: from, to, number, width δ; all in σ.",
    )
    angular_range: tuple[float, float] = Field((0.5, 2.5), description="First and last shell, σ.")
    angular_shells: int = Field(16, ge=1, description="Number of angular shells.")
    angular_width: float = Field(0.1, gt=0, description="Width δ of an angular shell, σ.")
    max_order: int = Field(12, ge=1, le=20, description="Spherical harmonics l = 1 … max_order.")
    angular_normalisation: Literal["weights", "none"] = Field(
        "weights", description="Z in Eq. 3: the sum of the weights, or 1."
    )
    shell_centres: Literal["edges", "middles"] = Field(
        "edges", description="Shell centres on the ends of each interval, or in the middle of bins."
    )
    generations: int = Field(2, ge=0, le=5, description="Generations of coarse-graining.")
    coarse_radius: float = Field(2.5, gt=0, description="Coarse-graining radius r_c, σ.")
    include_self: bool = Field(True, description="A particle counts in its own average (Eq. 5).")
    tail: float = Field(
        6.0, ge=3, le=8, description="Gaussian tails are cut at this many widths δ."
    )
    voronoi: bool = Field(True, description="Add Voronoi volume, surface and asphericity.")
    energy: bool = Field(True, description="Add the potential energy of the particle.")
    energy_bonds: bool = Field(
        True, description="Each bond gives half its energy to both ends; else pairs alone count."
    )

    @model_validator(mode="after")
    def _ordered(self):
        for start, stop, number, width in self.radial_shells:
            if not (0 <= start < stop and number >= 2 and width > 0):
                raise ValueError(
                    f"radial_shells holds ({start}, {stop}, {number}, {width}): needs"
                    " 0 <= from < to, at least 2 shells and a width > 0"
                )
        if not 0 <= self.angular_range[0] < self.angular_range[1]:
            raise ValueError(f"angular_range = {self.angular_range} must rise from 0 or more")
        return self


class NetworkSettings(Model):
    """Networks A and B (Section 2.3) and what the paper leaves open about their training.

    ``input_limit`` is there for shells that hardly any neighbour reaches (r ≈ 0.8): their
    descriptor is 0 but for a few rows, σ_x of the training rows is tiny, and a single test row
    can reach a standardised value of thousands (Eq. 6) and spoil ρ on its own.
    """

    hidden: tuple[int, ...] = Field((16, 16, 16), description="Nodes in each hidden layer.")
    dropout_after: int = Field(2, ge=1, description="Dropout stands behind this hidden layer.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout rate (not in the paper).")
    l2: float = Field(1e-2, ge=0, description="L2 strength on kernels (not in the paper).")
    learning_rate: float = Field(1e-3, gt=0, description="Adam's step (not in the paper).")
    epochs: int = Field(100, ge=1, description="Most epochs (not in the paper).")
    patience: int | None = Field(
        15, ge=1, description="Epochs without a better validation loss; None: the last is kept."
    )
    batch_size: int = Field(256, ge=1, description="Rows in a batch (not in the paper).")
    input_limit: float | None = Field(
        10.0, gt=0, description="Standardised inputs are cut at ± this; None: not (not in paper)."
    )
    target_scaling: Literal["standardise", "none"] = Field(
        "standardise", description="Targets per time: mean 0, variance 1 over training rows."
    )
    output: Literal["linear", "relu"] = Field(
        "linear", description="Output layer; the paper writes “ReLU for all the nodes”."
    )
    validation_fraction: float = Field(
        0.1, gt=0, lt=0.5, description="Part of the training rows that chooses and stops."
    )
    test_fraction: float = Field(0.2, gt=0, lt=1, description="Rows kept for the test (20 %).")
    split: Literal["row", "run"] = Field(
        "row", description="Rows at random as in the paper, or whole runs held out."
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of split, weights and dropout.")

    @model_validator(mode="after")
    def _layers(self):
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(f"hidden = {self.hidden} needs at least one layer of one node")
        if self.dropout_after > len(self.hidden):
            raise ValueError(
                f"dropout_after = {self.dropout_after}, but there are {len(self.hidden)} hidden"
                " layers"
            )
        return self


def _items(value: Any) -> list | tuple | None:
    """Return the items of a list, or of the text of one as command lines give it; else None."""
    if isinstance(value, str) and (found := re.fullmatch(r"\s*\[(.*)\]\s*|(.*,.*)", value)):
        return [part.strip() for part in (found[1] or found[2] or "").split(",")]
    return value if isinstance(value, list | tuple) else None


def known_profile(name: str) -> str:
    """Return the name of a profile, or of the protocol in a TOML file; raise ParameterError."""
    return own_protocol(name).name if name.endswith(".toml") else get_protocol(name).name


class CompanionParameters(Model):
    """Parameters that all pages have; :mod:`glasslib.results.page_parameters` has the others.

    ``temperature`` may also be a list, or the text of one, as command lines and papermill hand it
    over. Its first item is the page's own, and all are shown.

    Examples
    --------
    >>> page = validate(CompanionParameters, temperature=[0.47, 0.55])
    >>> page.temperature, page.temperatures
    (0.47, (0.47, 0.55))
    >>> validate(CompanionParameters, temperature="[0.47, 0.55]") == page
    True
    """

    # Above 0.9 τ_α falls to 1, where the Debye–Waller factor is taken: there is no time between.
    temperature: Annotated[float, AfterValidator(_three_decimals)] = Field(
        0.5, ge=0.3, le=0.9, allow_inf_nan=False,
        description="Temperature in ε/k_B, from 0.3 to 0.9; or a list, the page's own first.",
        json_schema_extra={"unit": "ε/k_B"},
    )
    profile: Annotated[str, AfterValidator(known_profile)] = Field(
        "lab",
        description="Profile in which a temperature without data is simulated; or a TOML file with"
        " a protocol of your own, or its name once there are data. paper and a protocol of your"
        " own are shown by themselves, without companion.",
        json_schema_extra={"allowed": " | ".join(PROTOCOLS) + " | FILE.toml"},
    )
    _others: tuple[float, ...] = PrivateAttr(())

    @model_validator(mode="wrap")
    @classmethod
    def _listed(cls, values, handler):
        several = _items(values.get("temperature")) if isinstance(values, dict) else None
        if several is None:
            return handler(values)
        if not several:
            raise ValueError("temperature = []: give at least one temperature")
        # The handler fills one and the same object each time: the page's own temperature last.
        found = [handler({**values, "temperature": one}).temperature for one in several]
        page = handler({**values, "temperature": several[0]})
        page._others = tuple(t for t in dict.fromkeys(found) if t != found[0])
        return page

    @field_serializer("temperature")
    def _as_given(self, value: float):
        return [value, *self._others] if self._others else value

    @property
    def temperatures(self) -> tuple[float, ...]:
        """All temperatures asked for, the page's own first."""
        return (self.temperature, *self._others)

    @property
    def given(self) -> dict[str, Any]:
        """What was given, without the defaults, as JSON."""
        return self.model_dump(mode="json", exclude_unset=True)


def checked_temperature(value: float | str) -> float:
    """Return a temperature at which a page can be made: 0.3 to 0.9, three decimals at most.

    Raises
    ------
    ParameterError
        It is no number, out of range, or has more decimals.

    Examples
    --------
    >>> checked_temperature("0.55")
    0.55
    """
    return validate(CompanionParameters, temperature=value).temperature
