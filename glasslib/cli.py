"""The command ``glasslib``: run a notebook, build the book, look at the parameters.

Modules that are slow to load are imported inside the commands that need them.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from glasslib import __version__
from glasslib.errors import GlasslibError

__all__ = ["app", "main"]

app = typer.Typer(
    name="glasslib",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""Companion to a paper on propensity in a molecular glass-former.

    \b
    Examples
      glasslib book                         build the book; only what changed runs again
      glasslib run 2 -p temperature=0.55    one page at another temperature
      glasslib run 02-relaxation -o t.ipynb choose the output file
      glasslib simulate 0.55                new data at another temperature, minutes
      glasslib campaign status              what of the book's simulations is there
      glasslib parameters                   every parameter, its range and default
      glasslib notebooks sync               write the .ipynb beside each notebook
    """,
)
notebooks_app = typer.Typer(help="List the notebooks, or write their .ipynb pairs.")
app.add_typer(notebooks_app, name="notebooks", no_args_is_help=True)
campaign_app = typer.Typer(help="The simulations the book stands on: continue them, or look.")
app.add_typer(campaign_app, name="campaign", no_args_is_help=True)


def _version(value: bool) -> None:
    if value:
        print(f"glasslib {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def parse_parameters(pairs: list[str]) -> dict[str, Any]:
    """Turn ``["temperature=0.55", "profile=lab"]`` into a dictionary.

    A value is read as JSON (number, true, list, quoted text); what is not JSON is text.

    Raises
    ------
    typer.BadParameter
        A pair has no ``=``, or a name comes twice.

    Examples
    --------
    >>> parse_parameters(["temperature=0.55", "profile=lab"])
    {'temperature': 0.55, 'profile': 'lab'}
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise typer.BadParameter(f"'{pair}' is not name=value")
        if name in values:
            raise typer.BadParameter(f"'{name}' is given twice")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


@app.command()
def run(
    notebook: Annotated[str, typer.Argument(help="Number or name: 2, 02 or 02-relaxation.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter; repeatable."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Notebook to write [_build/runs/NN-name.ipynb]."),
    ] = None,
) -> None:
    """Run a notebook with your parameters; they are checked first."""
    values = parse_parameters(parameter or [])
    from glasslib import publish

    print(_shown(publish.run(notebook, values, output)))


@app.command()
def book(
    serve: Annotated[bool, typer.Option("--serve", help="Serve it on 127.0.0.1 when built.")] = (
        False
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of --serve.")] = 8000,
    force: Annotated[bool, typer.Option("--force", help="Execute and build everything.")] = False,
) -> None:
    """Execute the notebooks that changed, build the HTML book, print the page to open."""
    from glasslib import publish

    print(f"open {_shown(publish.build_book(force=force))}", flush=True)
    if serve:
        publish.serve(port)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1.")] = 8000,
) -> None:
    """Serve the built book on this machine only."""
    from glasslib import publish

    publish.serve(port)


@notebooks_app.command("list")
def list_notebooks() -> None:
    """List the notebooks and their parameters."""
    from glasslib import notebooks

    for stem in notebooks.names():
        fields = notebooks.parameters_of(stem).model_fields
        print(f"{stem:<32} {', '.join(f'{name}={f.default}' for name, f in fields.items())}")


@notebooks_app.command("sync")
def sync_notebooks() -> None:
    """Write the .ipynb beside each MyST notebook where it is missing or differs."""
    from glasslib import notebooks

    for path in notebooks.sync():
        print(f"wrote {_shown(path)}")


@app.command()
def parameters() -> None:
    """Print every parameter of the notebooks: default, allowed values, meaning."""
    from glasslib import notebooks

    print("\n".join(notebooks.parameter_table()))


def _report(task, line: str, done: int, total: int) -> None:
    print(f"{time.strftime('%H:%M:%S')}  [{done}/{total}]  {task}: {line}", flush=True)


Workers = Annotated[int, typer.Option("--workers", "-w", min=1, help="Processes; one a core.")]


@app.command()
def simulate(
    temperature: Annotated[float, typer.Argument(help="In ε/k_B, 0.3 to 1.")],
    profile: Annotated[str, typer.Option(help="smoke, lab, companion or paper.")] = "lab",
    workers: Workers = 2,
) -> None:
    """Simulate one temperature: runs, then isoconfigurational ensembles; resumes where it stopped.

    Example: glasslib simulate 0.55 --profile lab
    """
    from glasslib import campaign, results
    from glasslib.parameters import CompanionParameters, get_protocol, validate

    get_protocol(profile)
    page = validate(CompanionParameters, temperature=temperature, profile=profile)
    print(results.announcement(page.temperature, profile, workers), flush=True)
    campaign.simulate(page.temperature, profile, workers, _report)


@campaign_app.command("run")
def campaign_run(workers: Workers = 1) -> None:
    """Continue the simulations of the book in the order of the plan; stop it whenever you like."""
    from glasslib import campaign
    from glasslib.parameters import CAMPAIGN

    campaign.run(CAMPAIGN, workers, _report)


@campaign_app.command("status")
def campaign_status() -> None:
    """Say what of the plan is there: runs and blocks by temperature."""
    from glasslib import campaign

    print(campaign.status().to_string(index=False))


@app.command()
def verify(
    profile: Annotated[str, typer.Option(help="Whose data files.")] = "companion",
) -> None:
    """Compare every data file with the registry's SHA-256."""
    from glasslib import store
    from glasslib.parameters import get_protocol

    get_protocol(profile)
    print(f"{store.verify_all(profile)} files of profile {profile} are what they were")


def _shown(path: Path) -> Path:
    """Return a path as the user would type it here."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path


def main() -> None:
    """Run the command line; an error of the library is one line and exit code 1."""
    try:
        app()
    except GlasslibError as error:
        print(f"glasslib: error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
