"""What a page lets a reader change besides its temperature: the answers to its exercises.

Each parameter is a field of :class:`~glasslib.parameters.DescriptorSpec` or
:class:`~glasslib.parameters.NetworkSettings`, with its range and meaning, or one of a page's own.
With the defaults a page shows the tables that ship; with other values it computes its own, kept
under ``var/cache``.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, create_model

from glasslib.errors import ParameterError
from glasslib.parameters import (
    CompanionParameters,
    DescriptorSpec,
    NetworkSettings,
    get_protocol,
    validate,
)
from glasslib.store import Ensemble
from glasslib.store.schema import PROBE_LENGTHS
from glasslib.structure.cage import SURROUNDINGS

__all__ = ["PAGES", "descriptor_spec", "given_for", "limits", "own_settings", "page_model",
           "table_options", "used_part"]  # fmt: skip

Definitions = dict[str, tuple[Any, Any]]


def _numbers(value: Any) -> Any:
    """Let a tuple be one number, or the text of several, as command lines hand it over."""
    if isinstance(value, str):
        value = [part for part in value.strip("[]() ").split(",") if part.strip()]
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else value


def _names(value: Any) -> Any:
    """Let a tuple of names be the text of one or several, as command lines hand it over."""
    if isinstance(value, str):
        return tuple(part.strip(" '\"") for part in value.strip("[]() ").split(",") if part.strip())
    return value


def _taken(model: type, *names: str) -> Definitions:
    """Return fields as they are in a model, range, default and meaning."""
    return {name: (model.model_fields[name].annotation, model.model_fields[name]) for name in names}


def _open(model: type, *names: str) -> Definitions:
    """Return fields of a model whose default is None: what the page chooses by itself."""
    out = {}
    for name in names:
        field = model.model_fields[name]
        kind = Annotated[(field.annotation, *field.metadata)] if field.metadata else (
            field.annotation)
        out[name] = (kind | None, Field(
            None, description=f"{field.description} None: as chosen on validation rows.",
            json_schema_extra={"allowed": limits(kind | None, field.metadata)},
        ))
    return out


def limits(kind: Any, metadata: list) -> str:
    """Return the limits of a field in words, such as ``from 0 below 1``; empty if it has none.

    Examples
    --------
    >>> field = NetworkSettings.model_fields["patience"]
    >>> limits(field.annotation, field.metadata)
    'from 1 | None'
    """
    words = {"ge": "from {:.10g}", "gt": "above {:.10g}", "le": "to {:.10g}", "lt": "below {:.10g}"}
    told = " ".join(
        text.format(getattr(item, name)) for name, text in words.items() for item in metadata
        if getattr(item, name, None) is not None
    )
    return told + " | None" * (bool(told) and type(None) in get_args(kind))


def _groups(value: Any) -> Any:
    """Let names of groups have a plain hyphen, which is on every keyboard."""
    return _names(value.replace("-", "–") if isinstance(value, str) else value)


_DESCRIPTORS = _taken(
    DescriptorSpec, "coarse_radius", "generations", "include_self", "angular_normalisation",
    "max_order", "shell_centres", "energy_bonds",
)
_HIDDEN = (Annotated[tuple[int, ...], BeforeValidator(_numbers)], Field(
    NetworkSettings().hidden, description=NetworkSettings.model_fields["hidden"].description,
    json_schema_extra={"allowed": "numbers from 1, such as 32,32"},
))
_NETWORKS = (
    {"hidden": _HIDDEN} | _open(NetworkSettings, "dropout", "l2")
    | _taken(
        NetworkSettings, "epochs", "patience", "learning_rate", "target_scaling", "output", "seed"
    )
)
_DATA: Definitions = {
    "runs": (int | None, Field(
        None, ge=2, description="Runs of each temperature that are used, at most; None: all.",
        json_schema_extra={"allowed": "from 2 | None"},
    )),
    "trajectories": (int | None, Field(
        None, ge=1, description="Trajectories of each run that are used, at most, in whole blocks"
        " of the data; None: all.", json_schema_extra={"allowed": "from 1 | None"},
    )),
}

_GROUPS = ("radial", "angular", "Voronoi", "energy", "Debye–Waller", "generation 0",
           "generation 1", "generation 2")

#: Parameters of each notebook beyond those of all pages: type and field by name.
PAGES: dict[str, Definitions] = {
    "01-the-melt": {
        "exponent": (float, Field(
            0.6, ge=0.3, le=1, description="Exponent p of the energy law U = a + b T^p.")),
        "law_from": (float, Field(
            0.45, ge=0.3, le=0.9, description="Temperatures from here up fix the energy law.",
            json_schema_extra={"unit": "ε/k_B"})),
    },
    "02-relaxation": {"wavenumber": (float, Field(
        1, ge=0.94, le=1.05, description="Wave number of F_s, in units of the first peak of S(q)."
    ))},
    "03-propensity": _DATA | {"position": (int | None, Field(
        None, ge=0, description="Monomers in the distribution: bonds to the nearer end of the"
        " chain; None: all.", json_schema_extra={"allowed": "from 0 | None"},
    ))},
    "04-descriptors": _DESCRIPTORS | {"monomer": (int, Field(
        2, ge=0, description="Monomer whose surroundings are shown, counted from 0."
    ))},
    "05-networks": _NETWORKS | _DESCRIPTORS | {
        "standardise_on": (Literal["training", "all"], Field(
            "training", description="Rows whose mean and deviation standardise inputs and targets"
            " of the networks of the maps."
        )),
    },
    "06-correlation": _NETWORKS | _DESCRIPTORS | _DATA | {"pooled": (bool, Field(
        False, description="On new configurations, ρ of all monomers pooled; else the mean of ρ"
        " within each configuration."
    ))},
    "07-accuracy": _NETWORKS | _DESCRIPTORS | _DATA,
    "08-heterogeneity": {"probe_length": (float | None, Field(
        None, ge=float(PROBE_LENGTHS[0]), le=float(PROBE_LENGTHS[-1]),
        description="Probe length a at every temperature; None: the mean propensity at τ_α.",
        json_schema_extra={"unit": "σ", "allowed": f"from {PROBE_LENGTHS[0]:g} to"
                           f" {PROBE_LENGTHS[-1]:g} | None"},
    ))},
    "09-transfer": {"statistics": (Literal["own", "training"], Field(
        "own", description="Whose mean and deviation standardise inputs at another temperature:"
        " those of the data set asked, or of the training rows."
    )), "train_at": (Annotated[tuple[float, ...], BeforeValidator(_numbers)] | None, Field(
        None, description="Temperatures that train one ridge regression together, for all others;"
        " None: as in the table.",
        json_schema_extra={"allowed": "temperatures shown, such as 0.6,0.45 | None"},
    ))},
    "10-what-a-correlation-is-worth": _DATA,
    "11-leaks": _DATA | {
        "divide_by": (Literal["monomer", "chain"], Field(
            "monomer", description="What the random split deals out: single monomers or chains."
        )),
        "neighbour_width": (float, Field(
            0.5, ge=0.1, le=2.0, description="Width of the Gaussian in the mean of the neighbours.",
            json_schema_extra={"unit": "σ"},
        )),
    },
    "12-baselines": _DATA | {"squares": (int, Field(
        0, ge=0, le=880, description="Ridge regression also reads the squares of so many"
        " descriptors, the best on training monomers."
    ))},
    "13-why-debye-waller": _DATA | {
        "polynomial": (int, Field(
            2, ge=1, le=2, description="Legendre polynomial, P_1 or P_2, that measures how far"
            " bonds have turned."
        )),
        "shuffle_together": (
            Annotated[tuple[Literal[_GROUPS], ...], BeforeValidator(_groups)] | None, Field(
                None, description="Groups of descriptors that are also shuffled together, in ridge"
                " regression.",
                json_schema_extra={"allowed": f"some of {', '.join(_GROUPS)} | None"},
            )),
    },
    "14-inherent-structure": _DATA | {"inherent": (Literal["beside", "instead"], Field(
        "beside", description="Descriptors of the inherent structure beside those of the"
        " configuration alone, or also instead of them."
    ))},
    "15-claims": {"margin_factor": (float, Field(
        1.0, gt=0, le=10, description="Factor of every margin within which two things count as"
        " nearly equal, to see which verdicts it changes."
    ))},
    "16-your-own-melt": {"stretch": (float, Field(
        1.0, ge=0.9, le=1.1, description="Factor of all coordinates and of the box before the file"
        " is written."
    ))},
    "17-past-one-machine": {"n_monomers": (int, Field(
        get_protocol("paper").melt.n_monomers, ge=1500, le=1_000_000, multiple_of=5,
        description="Monomers of each run in the plan, a multiple of 5."
    ))},
    "18-what-is-a-debye-waller-factor": _DATA,
    "19-how-far-does-structure-go": {"surroundings": (
        Annotated[tuple[Literal[SURROUNDINGS], ...], BeforeValidator(_names)],
        Field(SURROUNDINGS, min_length=1, description="Surroundings over which the numbers of a"
              " cage are averaged for D, such as own or own,bonded.",
              json_schema_extra={"allowed": ", ".join(SURROUNDINGS)}),
    )},
    "20-another-glass": {
        "particles": (Literal["A", "B"], Field(
            "A", description="Type of the particles that are predicted."
        )),
        "alike": (bool, Field(
            False, description="Both types of neighbours are counted alike, as if there were one."
        )),
    },
}

_MODELS = {
    stem: create_model(f"Parameters of page {stem[:2]}", __base__=CompanionParameters, **own)
    for stem, own in PAGES.items()
}


def page_model(notebook: str) -> type[CompanionParameters]:
    """Return the model of the parameters of a notebook.

    Examples
    --------
    >>> page_model("05-networks")(dropout=0).dropout, page_model("a-page").__name__
    (0.0, 'CompanionParameters')
    >>> validate(page_model("04-descriptors"), generations=9)
    Traceback (most recent call last):
    ...
    glasslib.errors.ParameterError: Parameters of page 04: generations = 9: input should be less \
than or equal to 5 (Generations of coarse-graining.)
    """
    return _MODELS.get(notebook, CompanionParameters)


def given_for(notebooks: list[str], values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Check parameters given to several notebooks; return what each of them is given, as JSON.

    Parameters
    ----------
    notebooks : list of str
    values : dict
        By name. A notebook gets those that it has.

    Raises
    ------
    ParameterError
        A value is out of range, or none of the notebooks has a parameter of this name.
    """
    models = {notebook: page_model(notebook) for notebook in notebooks}
    known = {name for model in models.values() for name in model.model_fields}
    for name in sorted(set(values) - known):
        if pages := [stem for stem, own in PAGES.items() if name in own]:
            raise ParameterError(
                f"parameter '{name}' is one of {', '.join(pages)}, and of no page asked for"
            )
        richest = max(models.values(), key=lambda model: len(model.model_fields),
                      default=CompanionParameters)
        validate(richest, **{name: values[name]})  # which refuses it, and names one that is near
    return {
        notebook: validate(
            model, **{name: value for name, value in values.items() if name in model.model_fields}
        ).given
        for notebook, model in models.items()
    }


# --------------------------------------------------------------------- what follows from them
def _changed(page: CompanionParameters | None, names: dict) -> dict[str, Any]:
    """Return the parameters among some names that differ from their defaults."""
    fields = {} if page is None else type(page).model_fields
    return {
        name: getattr(page, name) for name in names
        if name in fields and getattr(page, name) != fields[name].default
    }


def descriptor_spec(page: CompanionParameters | None) -> DescriptorSpec | None:
    """Return the descriptors that a page asks for; None if they are those of the book."""
    changed = _changed(page, _DESCRIPTORS)
    return DescriptorSpec(**changed) if changed else None


def own_settings(page: CompanionParameters | None, settings: NetworkSettings) -> NetworkSettings:
    """Return settings with what a page asks for in place of what was chosen.

    Dropout stands behind the last hidden layer where there are fewer than it is to stand behind.

    Examples
    --------
    >>> page = page_model("06-correlation")(hidden=8, dropout=0)
    >>> own = own_settings(page, NetworkSettings())
    >>> own.hidden, own.dropout_after, own.dropout, own.l2
    ((8,), 1, 0.0, 0.01)
    """
    changed = _changed(page, _NETWORKS)
    if "hidden" in changed:
        changed["dropout_after"] = max(1, min(settings.dropout_after, len(changed["hidden"])))
    return validate(NetworkSettings, **(settings.model_dump() | changed))


def table_options(page: CompanionParameters | None, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what a page asks of a result table, by the names of the table's options.

    Parameters
    ----------
    page : CompanionParameters or None
    names : tuple of str
        Options of the table: ``spec``, ``probe_length``, ``statistics``.
    """
    options = _changed(page, dict.fromkeys(names))
    if "spec" in names and (spec := descriptor_spec(page)) is not None:
        options["spec"] = spec
    return options


def used_part(ensemble: Ensemble, page: CompanionParameters) -> Ensemble:
    """Return the runs and trajectories of an ensemble that a page uses.

    Raises
    ------
    ParameterError
        ``trajectories`` would cut a block of the data.
    """
    runs, trajectories = (getattr(page, name, None) for name in ("runs", "trajectories"))
    if runs is not None:
        ensemble = ensemble.only(list(ensemble.runs)[:runs])
    if trajectories is None or trajectories >= max(ensemble.n_trajectories.values()):
        return ensemble
    size = next(iter(ensemble.blocks.values()))[0].n_trajectories
    if trajectories % size:
        raise ParameterError(
            f"trajectories = {trajectories}: those of T = {ensemble.temperature:g} lie in blocks of"
            f" {size}; give a multiple of that"
        )
    return ensemble.part(0, trajectories // size)
