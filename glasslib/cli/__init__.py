"""The command ``glasslib``: run a notebook, build the book, look at the parameters.

Modules that are slow to load are imported inside the commands that need them.
"""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

from typer import Argument, BadParameter, Context, Exit, Option, Typer

from glasslib import __version__, paths
from glasslib.cli.files import cages, describe, predict
from glasslib.cli.options import OneTemperature, checked, parse_parameters, relative
from glasslib.errors import DataError, GlasslibError, SimulationError

__all__ = ["app", "main"]

app = Typer(
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
      glasslib run --all -p temperature=0.47   every page; --estimate says how long it takes
      glasslib book --temperature 0.47      a book with it beside those that ship
      glasslib run 02-relaxation -o t.ipynb choose the output file
      glasslib pdf                          the whole book as one PDF; needs Chromium
      glasslib slides                       a lecture of 45 minutes, to be shown from disk
      glasslib simulate 0.55                new data at another temperature, minutes
      glasslib campaign status              what of the book's simulations is there
      glasslib describe melt.data -o f.nc   the descriptors of your own configuration
      glasslib cages my.data --pair-coefficients c.toml -o f.nc   cages of an atomic mixture
      glasslib predict melt.data -T 0.5 -o p.csv   its propensity, from models that ship
      glasslib results compute              the tables that take minutes, as they ship
      glasslib lab student lab              the lab course's notebooks, with gaps to fill
      glasslib parameters                   every parameter, its range and default
      glasslib notebooks sync               write the .ipynb beside each notebook
    """,
)
notebooks_app = Typer(help="List the notebooks, or write their .ipynb pairs.")
app.add_typer(notebooks_app, name="notebooks", no_args_is_help=True)
campaign_app = Typer(help="The simulations the book stands on: continue them, or look.")
app.add_typer(campaign_app, name="campaign", no_args_is_help=True)
lab_app = Typer(help="The lab course: student copies, grading, expected values.")
app.add_typer(lab_app, name="lab", no_args_is_help=True)
for command in (describe, cages, predict):
    app.command()(command)
results_app = Typer(help="The result tables that ship: compute, look, or check them.")
app.add_typer(results_app, name="results", no_args_is_help=True)


def _version(value: bool) -> None:
    if value:
        print(f"glasslib {__version__}")
        raise Exit


def _one_rank(sharing: bool = False) -> None:
    """Refuse to be one of several ranks of mpiexec or srun, unless they share the work."""
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"):
        ranks = os.environ.get(name, "")
        if ranks.isdigit() and int(ranks) > 1 and not sharing:
            raise SimulationError(
                f"mpiexec or srun started this {ranks} times ({name}), and each would do the same;"
                f" start it once, with -w {ranks} where it simulates, or once for each 'glasslib"
                " campaign task' or each --shard of 'glasslib campaign run'"
            )


@app.callback()
def _root(
    context: Context,
    version: Annotated[
        bool, Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    _one_rank(sharing=context.invoked_subcommand == "campaign")  # see campaign_run


def _profile(name: str) -> str:
    from glasslib.parameters import known_profile

    return known_profile(name)


Workers = Annotated[
    int, Option("--workers", "-w", min=1, envvar="GLASSLIB_WORKERS", help="Processes; one a core.")
]
Profile = Annotated[str, Option(
    "--profile", "--protocol", callback=_profile,
    help="smoke, lab, companion or paper; or a TOML file with a protocol of your own."
)]
DataProfile = Annotated[str, Option(help="Whose data files.", callback=_profile)]
@app.command()
def run(
    notebook: Annotated[list[str] | None, Argument(
        help="Number, name or range: 2, 02-relaxation, 2-8.", show_default=False
    )] = None,
    parameter: Annotated[list[str] | None, Option(
        "--parameter", "-p", metavar="NAME=VALUE", help="A parameter; repeatable."
    )] = None,
    output: Annotated[Path | None, Option(
        "--output", "-o",
        help="Notebook to write [_build/runs/NN-name.ipynb]; of several, their folder."
    )] = None,
    every: Annotated[bool, Option("--all", help="Every notebook.")] = False,
    estimate: Annotated[
        bool, Option("--estimate", help="Only say how long it would take, by profile.")
    ] = False,
    force: Annotated[bool, Option("--force", help="Also what is up to date.")] = False,
    workers: Workers = 2,
) -> None:
    """Run notebooks with your parameters; they are checked first.

    Several notebooks share what they simulate and train. What is stopped goes on where it was.

    \b
    Examples
      glasslib run 2 -p temperature=0.55
      glasslib run 2-8 -p temperature=0.55 -p profile=lab
      glasslib run 6 -p dropout=0 -p coarse_radius=3.0
      glasslib run --all -p temperature=0.47,0.55
      glasslib run --all -p temperature=0.47 --estimate
    """
    values = parse_parameters(parameter or [])
    if not notebook and not every:
        raise BadParameter("name a notebook, such as 2, 02-relaxation or 2-8, or give --all")
    from glasslib.publishing import notebooks

    stems = notebooks.chosen(notebook or [], every)
    if len(stems) == 1 and not every and not estimate:
        from glasslib.publishing import execute

        print(relative(execute.run(stems[0], values, output, workers=workers)))
        return
    from glasslib.campaign import planning
    from glasslib.publishing import rerun

    if estimate:
        page, _ = rerun.checked(stems, values)
        for temperature in page.temperatures:
            print(f"T = {temperature:g}, from nothing, with {workers} processes:")
            print(planning.comparison(temperature, workers).to_string(index=False))
        print(f"profile {page.profile}, what is not there yet: "
              f"{rerun.estimate(stems, page, workers)}")
    else:
        print(relative(rerun.run(stems, values, output, workers=workers, force=force)))


@app.command()
def book(
    temperature: Annotated[list[str] | None, Option(
        "--temperature", "-t",
        help="Show it beside those that ship; repeatable, or a list: 0.47,0.55."
    )] = None,
    profile: Profile = "lab",
    workers: Workers = 2,
    serve: Annotated[bool, Option("--serve", help="Serve it on 127.0.0.1 when built.")] = False,
    port: Annotated[int, Option(min=0, max=65535, help="Port of --serve.")] = 8000,
    force: Annotated[bool, Option("--force", help="Execute and build everything.")] = False,
) -> None:
    """Execute the notebooks that changed, build the HTML book, print the page to open.

    With --temperature the book stands in a folder of its own under _build/books.
    """
    from glasslib.publishing import site

    if temperature:
        from glasslib.publishing import rerun

        values = {"temperature": ",".join(temperature), "profile": profile}
        index = rerun.build_book(values, workers=workers, force=force)
    else:
        index = site.build_book(force=force, workers=workers)
    _say(f"open {relative(index)}")
    if serve:
        site.serve(port, index.parent)


@app.command()
def serve(port: Annotated[int, Option(min=0, max=65535, help="Port on 127.0.0.1.")] = 8000) -> None:
    """Serve the built book on this machine only."""
    from glasslib.publishing import site

    site.serve(port)


@app.command()
def pdf() -> None:
    """Build the book, and print all of it to _build/book.pdf; needs Chromium."""
    from glasslib.publishing.pdf import build_pdf

    print(f"open {relative(build_pdf())}")


@app.command()
def slides() -> None:
    """Write a lecture of 45 minutes to _build/slides, with the book's figures and sentences."""
    from glasslib.publishing.slides import build_slides

    print(f"open {relative(build_slides())}")


@notebooks_app.command("list")
def list_notebooks() -> None:
    """List the notebooks and their parameters."""
    from glasslib.publishing import notebooks
    from glasslib.results.page_parameters import page_model

    for stem in notebooks.names():
        defaults = ", ".join(f"{name}={value}" for name, value in page_model(stem)())
        print(f"{stem:<32} {defaults}")


@notebooks_app.command("sync")
def sync_notebooks() -> None:
    """Write the .ipynb beside each notebook, and the tables of prose pages, where they differ."""
    from glasslib.publishing import notebooks

    for path in [*notebooks.sync(), *_sync_prose()]:
        print(f"wrote {relative(path)}")


@app.command()
def parameters() -> None:
    """Print every parameter of the notebooks: default, allowed values, unit, meaning."""
    from glasslib.publishing.prose import parameter_table

    print("\n".join(parameter_table()))


def _sync_prose() -> list[Path]:
    """Write the prose pages whose tables differ from what the library says now."""
    from glasslib.lab import expected
    from glasslib.publishing import prose

    return prose.sync({**prose.tables(), **expected.instructor_tables()})


def _say(line: str) -> None:
    print(line, flush=True)


def _report(task, line: str, done: int, total: int) -> None:
    _say(f"{time.strftime('%H:%M:%S')}  [{done}/{total}]  {task}: {line}")


@app.command()
def simulate(
    temperature: Annotated[float, Argument(help="In ε/k_B, 0.3 to 0.9.", callback=checked)],
    profile: Profile = "lab",
    workers: Workers = 2,
) -> None:
    """Simulate one temperature: runs, then isoconfigurational ensembles; resumes where it stopped.

    Example: glasslib simulate 0.55 --profile lab
    """
    from glasslib import campaign, results

    _say(results.announcement(temperature, profile, workers))
    campaign.simulate(temperature, profile, workers, _report)


def _shard(text: str) -> tuple[int, int]:
    """Read "2/8"."""
    part, slash, parts = text.partition("/")
    if not (slash and part.isdigit() and parts.isdigit()):
        raise BadParameter(f"'{text}' is not i/n, such as 0/8")
    return int(part), int(parts)


@campaign_app.command("run")
def campaign_run(
    workers: Workers = 1,
    temperature: Annotated[list[float], Option(
        "--temperature", "-t", help="These in full, not the plan; repeatable.",
        callback=checked, show_default=False
    )] = (),
    profile: Annotated[
        str, Option(help="Profile of --temperature.", callback=_profile)
    ] = "companion",
    shard: Annotated[str, Option(help="Part i of n, from 0/n to (n-1)/n, for array jobs.")] = "0/1",
) -> None:
    """Continue the simulations of the book in the order of the plan; stop it whenever you like.

    Example of an array job: sbatch --array=0-63 --wrap 'glasslib campaign run --profile paper
    -t 0.5 --shard $SLURM_ARRAY_TASK_ID/64'
    """
    from glasslib import campaign

    part = _shard(shard)
    _one_rank(sharing=part[1] > 1)
    goals = [campaign.whole(t, profile) for t in temperature] or campaign.CAMPAIGN
    campaign.run(goals, workers, _report, part)


@campaign_app.command("task")
def campaign_task(
    temperature: OneTemperature,
    run: Annotated[int, Option(min=0, help="Number of the run.")],
    block: Annotated[int | None, Option(min=0, help="Block; without it the run.")] = None,
    cage: Annotated[bool, Option("--cage", help="The cages of the run.")] = False,
    profile: Profile = "companion",
) -> None:
    """Do one run, or one block of its ensemble, or its cages, to the end: one file, one job.

    It resumes from its last checkpoint, so a job that hit its wall time is just started again.

    Example: glasslib campaign task --profile paper -t 0.5 --run 3 --block 1
    """
    from glasslib import campaign

    if cage and block is not None:
        raise BadParameter("give --block or --cage, not both: each is a file of its own")
    task = campaign.Task(temperature, profile, run, "cage" if cage else block)
    line = campaign.perform(task, campaign.LONGER_THAN_A_LEASE)
    if line == "busy":
        raise SimulationError(f"{task} is being worked on by another process; try again later")
    print(f"{task}: {line}")


@campaign_app.command("gpu")
def campaign_gpu(
    temperature: OneTemperature,
    run: Annotated[list[int], Option(
        min=0, help="Of this run; repeatable. Without it, of all runs that exist.",
        show_default=False,
    )] = (),
    at_once: Annotated[int, Option(min=1, help="Blocks of ten trajectories.")] = 16,
    profile: Profile = "companion",
) -> None:
    """Make the blocks of a temperature together on an NVIDIA GPU, instead of one on each core.

    Equilibrated runs must be there. It resumes from checkpoints, one a minute.

    Example: glasslib campaign gpu -t 0.42 --run 4 --run 5
    """
    from glasslib import campaign

    campaign.perform_together(temperature, profile, run, at_once)


@campaign_app.command("scan")
def campaign_scan(
    temperature: Annotated[list[float], Option(
        "--temperature", "-t", help="In ε/k_B; repeatable.", callback=checked,
        show_default=False
    )],
    runs: Annotated[int, Option(min=1, help="So many runs, from 0, of those there are.")] = 4,
    workers: Workers = 1,
    profile: Profile = "companion",
) -> None:
    """Sample cages with other walls, baths and lengths: some 60 s of one core for a run of 2,000.

    Where averages depend on how long a replica runs, they are not structure. It goes on where it
    was stopped.

    Example: glasslib campaign scan -t 0.5 -t 0.45 --runs 4 -w 2
    """
    from glasslib import campaign, store

    listed = []
    for t in temperature:
        there = store.load_ensemble(t, profile)
        listed += [campaign.Task(there.temperature, profile, run, "scan")
                   for run in list(there.blocks)[:runs]]
    campaign.run_tasks(listed, workers, _report)


@campaign_app.command("times")
def campaign_times(temperature: OneTemperature, profile: Profile = "companion") -> None:
    """Fix the ten times of a temperature from τ_α of its timing runs, once and for all."""
    from glasslib import campaign

    times = campaign.fix_times(temperature, profile)
    print(f"τ_α = {times.tau_alpha:g} ± {times.tau_alpha_error:.2g} τ; times: "
          + ", ".join(f"{t:g}" for t in times.times))


@campaign_app.command("descriptors")
def campaign_descriptors(temperature: OneTemperature, profile: Profile = "companion") -> None:
    """Compute the descriptors of a temperature's configurations, for the pages to find."""
    from glasslib import results, store

    data = results.dataset(store.load_ensemble(temperature, profile))
    print(f"{len(data):,} rows of {len(data.feature_names)} descriptors")


@campaign_app.command("train")
def campaign_train(temperature: OneTemperature, profile: Profile = "companion") -> None:
    """Train networks A and B at a temperature, and at those its page shows beside it."""
    from glasslib import results
    from glasslib.parameters import CompanionParameters, validate

    page = validate(CompanionParameters, temperature=temperature, profile=profile)
    trained = results.predictions(results.ensembles(page), page=page)
    print("trained at T = " + ", ".join(f"{t:g}" for t in trained))


@campaign_app.command("status")
def campaign_status() -> None:
    """Say what of the plan is there: runs and blocks, what they took, what the rest will take.

    Hours are those of one core; those to go rest on the speed of what is there and, where no
    τ_α is known yet, on an extrapolated one.
    """
    from glasslib.campaign import CAMPAIGN, checkpoints, planning

    print(planning.status().to_string(index=False))
    for profile in dict.fromkeys(goal.profile for goal in CAMPAIGN):
        for name, seconds in checkpoints.unfinished(profile).items():
            print(f"unfinished: {name}, {seconds / 3600:.2f} core-hours so far")


@campaign_app.command("estimate")
def campaign_estimate(
    profile: Profile = "paper",
    temperature: Annotated[list[float], Option(
        "--temperature", "-t", help="In ε/k_B; repeatable [those of the cascade].",
        callback=checked, show_default=False
    )] = (),
) -> None:
    """Estimate core-hours and bytes of whole temperatures from a speed measured now.

    Example: glasslib campaign estimate --profile paper -t 0.5 -t 0.45
    """
    from glasslib.campaign import planning
    from glasslib.parameters import CompanionParameters, get_protocol

    protocol = get_protocol(profile)
    temperatures = temperature or protocol.cascade or [CompanionParameters().temperature]
    speed = planning.measured_speed(protocol)
    print(f"one process: {speed:.2f} τ per second of CPU time, N = {protocol.melt.n_monomers:,}")
    print(planning.cost_table(temperatures, profile, speed).to_string(index=False))
    print("Cost grows in proportion to N, runs, trajectories and τ_α; a τ_α? is extrapolated.")


@campaign_app.command("import")
def campaign_import(
    folder: Annotated[Path, Argument(help="Data folder of another checkout or machine.")],
    profile: DataProfile = "companion",
) -> None:
    """Take over runs and blocks made elsewhere, after verifying every file.

    Example: glasslib campaign import /media/cluster/glasslib/data
    """
    from glasslib import store

    taken = store.merge(folder, profile)
    print("\n".join([*taken, f"{len(taken)} files taken"]))


@campaign_app.command("park")
def campaign_park(
    profile: Profile = "companion",
    minutes: Annotated[
        float, Option(min=0, help="CPU time below which a checkpoint is left out.")
    ] = 10.0,
) -> None:
    """Put checkpoints of unfinished work beside the data, to go on elsewhere after a commit.

    Tasks of hours then survive a machine that is lent for less: commit data/unfinished, and
    'glasslib campaign run' on another checkout goes on from there.

    Example: glasslib campaign park && git add data
    """
    from glasslib.campaign import checkpoints

    print(f"{len(checkpoints.park(profile, 60 * minutes))} checkpoints parked")


Tables = Annotated[list[str] | None, Argument(help="Tables, by name [all].", show_default=False)]


@results_app.command("compute")
def results_compute(
    table: Tables = None,
    force: Annotated[bool, Option("--force", help="Compute also what is up to date.")] = False,
) -> None:
    """Bring data/results and data/models up to date; stop it whenever you like.

    One training at most is lost. 'models' stands for the trained models that ship.
    """
    from glasslib.results import refresh, tables

    refresh.compute(table or [*tables.TABLES, "models"], report=_say, force=force)
    if not table:
        from glasslib.publishing import readme

        for path in readme.sync():
            _say(f"written {path.relative_to(paths.root())}")


@results_app.command("status")
def results_status() -> None:
    """Say which tables are up to date, what they took, and what they hold."""
    from glasslib.results import refresh

    print(refresh.status().to_string(index=False))


@results_app.command("check")
def results_check(
    table: Tables = None,
    sample: Annotated[int, Option(min=1, help="Parts to compute again.")] = 3,
    seed: Annotated[int, Option(help="Of the draw.")] = 0,
) -> None:
    """Compute a sample of shipped parts again, from the data up, and compare the numbers.

    A part that stands on all temperatures trains every network again, which takes more than ten
    minutes: it is drawn only when its table is named.

    Example: glasslib results check accuracy --sample 2
    """
    from glasslib.results import refresh

    wrong = refresh.check(sample, table, seed=seed, report=_say)
    for number in wrong[:20]:
        print(f"{number.table} {number.part} row {number.row}, {number.column}: {number.shipped}"
              f" ships, {number.computed} comes out")
    if wrong:
        raise DataError(f"{len(wrong)} numbers of data/results do not come out again; run"
                        " 'glasslib results compute --force' and look for the cause")


@lab_app.command("student")
def lab_student(
    folder: Annotated[Path, Argument(help="Folder to write to.")] = Path("lab"),
    overwrite: Annotated[
        bool, Option("--overwrite", help="Replace copies, and what was written into them.")
    ] = False,
) -> None:
    """Write the student's notebooks, without solutions, and a README."""
    from glasslib.lab import course

    for path in course.write_student(folder, overwrite):
        print(f"wrote {relative(path)}")


Parameters = Annotated[list[str] | None, Option(
    "--parameter", "-p", metavar="NAME=VALUE", help="Of the session; repeatable."
)]


@lab_app.command("grade")
def lab_grade(
    notebook: Annotated[list[Path], Argument(help="Students' notebooks.")],
    parameter: Parameters = None,
) -> None:
    """Run students' notebooks and say which exercises are right. Run only those you trust.

    One that cannot be graded is named, and the others are graded.

    \b
    Examples
      glasslib lab grade students/*/2-propensity-and-heterogeneity.ipynb
    """
    values = parse_parameters(parameter or [])
    from glasslib.lab import grading

    if grading.grade_all(notebook, values, _say):
        raise Exit(1)


@lab_app.command("expected")
def lab_expected(
    parameter: Parameters = None,
    write: Annotated[
        bool, Option("--write", help="Write them into the instructor's notes.")
    ] = False,
) -> None:
    """Run the sessions with their solutions; print what they show, their time and memory."""
    values = parse_parameters(parameter or [])
    from glasslib.lab import expected

    if not write:
        expected.report_all(values, _say)
        return
    for path in [expected.write(values, _say), *_sync_prose()]:
        print(f"wrote {relative(path)}")


@app.command()
def verify(profile: DataProfile = "companion") -> None:
    """Compare every data file of a profile with the registry's SHA-256."""
    from glasslib import store

    verified = store.verify_all(profile)
    if not verified:
        raise DataError(f"no files of profile {profile} in '{paths.ensembles()}'")
    print(f"{verified} files of profile {profile} match the registry")


def main() -> None:
    """Run the command line; an error of the library is one line and exit code 1."""
    try:
        app(prog_name="glasslib")
    except (GlasslibError, OSError) as failure:
        error = failure if isinstance(failure, GlasslibError) else paths.refused(failure)
        if error is None:
            raise
        print(f"glasslib: error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
