"""Commands for people's own files: their descriptors, their cages, and a prediction."""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from glasslib.cli.options import checked, parse_parameters, relative
from glasslib.errors import DataWarning

__all__ = []  # commands: `--help` describes them

File = Annotated[Path, Argument(help="LAMMPS data or dump, XYZ, or what MDAnalysis opens.")]
Trajectory = Annotated[
    Path | None, Option("--trajectory", "-t", help="Frames for the particles of FILE.")
]
FrameNumber = Annotated[int, Option("--frame", help="Which frame; -1 is the last.")]
AtomStyle = Annotated[
    str | None, Option(help='Of a data file that names none: bond, or "id mol type x y z".')
]
Sigma = Annotated[float, Option(help="Diameter in the file's unit of length.")]
Choice = Annotated[list[str] | None, Option(
    "--parameter", "-p", metavar="NAME=VALUE", help="A choice; repeatable."
)]
Threads = Annotated[int | None, Option(min=1, help="Threads [all cores].")]


def _warn(line: str) -> None:
    print(f"glasslib: warning: {' '.join(line.split())}", file=sys.stderr)


@contextmanager
def _data_warnings() -> Iterator[None]:
    """Print what a reader of a file should know as a line each, and nothing else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", DataWarning)
        warnings.showwarning = lambda message, *_, **__: _warn(str(message))
        yield


def describe(
    file: File,
    out: Annotated[Path, Option("--out", "-o", help="File to write: .nc or .csv.")],
    trajectory: Trajectory = None,
    frame: FrameNumber = -1,
    atom_style: AtomStyle = None,
    sigma: Sigma = 1.0,
    species: Annotated[bool, Option(
        "--species", help="Count each type of neighbour apart; without Voronoi cells and energy."
    )] = False,
    parameter: Choice = None,
    threads: Threads = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write the structural descriptors of each particle of your own file.

    \b
    Examples
      glasslib describe melt.data --out features.nc
      glasslib describe melt.data -t melt.dump --frame 0 --out features.csv
      glasslib describe argon.gro --sigma 3.4 --out argon.nc -p energy=false -p generations=1
      glasslib describe mixture.data --species --out features.nc

    \b
    The box must be orthorhombic and periodic. Lengths count in diameters: --sigma gives one in
    the file's unit, which is Å for formats that have units. NAME is a field of
    glasslib.parameters.DescriptorSpec. A frame is matched to the particles of FILE by id.
    The energy is that of the melt's own potential. It is left out where the file tells of
    another, as "glasslib: warning:" then says; -p energy=true asks for it all the same.
    Read the file back with xarray.open_dataarray("features.nc", engine="h5netcdf").
    """
    values = parse_parameters(parameter or [])
    from glasslib.parameters import DescriptorSpec, validate
    from glasslib.store.exchange import describe as write_descriptors

    with _data_warnings():
        table = write_descriptors(
            file, out, validate(DescriptorSpec, **values), trajectory=trajectory, frame=frame,
            atom_style=atom_style, sigma=sigma, species=species, threads=threads,
            overwrite=overwrite,
        )
    about = table.attrs
    print(
        f"wrote {relative(out)}: {table.shape[1]} descriptors of {about['particles']} particles,"
        f" {about['bonds']} bonds, density {about['density']:.4g} per sigma^3 (sigma ="
        f" {sigma:g}{about['length_unit_of_source'].replace('sigma', '').rjust(2).rstrip()}),"
        f" frame {about['frame']}, step {about.get('step', 'unknown')}"
        + (f"\n{about['species']}" if species else "")
    )


def cages(
    file: File,
    out: Annotated[Path, Option("--out", "-o", help="File to write: .nc or .csv.")],
    pair_coefficients: Annotated[Path, Option(
        help="TOML file: epsilon and sigma, a row for each type; cutoff, in diameters [2.5]."
    )],
    trajectory: Trajectory = None,
    frame: FrameNumber = -1,
    atom_style: AtomStyle = None,
    sigma: Sigma = 1.0,
    parameter: Choice = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Sample the cage of each particle of your own atomic mixture; write its descriptors.

    \b
    Examples
      glasslib cages mine.data --pair-coefficients coefficients.toml --out cages.nc
      glasslib cages mine.dump --pair-coefficients coefficients.toml --out cages.csv
        -p radius=0.5 -p temperature=0.8 -p duration=50

    \b
    coefficients.toml of the Kob-Andersen mixture, types in rising order:
      epsilon = [[1.0, 1.5], [1.5, 0.5]]
      sigma = [[1.0, 0.8], [0.8, 0.88]]

    \b
    The inherent structure is found, then each particle is sampled at random within a sphere
    around its place there: no trajectory, and no time. NAME is a field of
    glasslib.parameters.Cage: radius of the sphere [0.4], temperature of the bath [0.6], time of
    each half [15]. These are of the Kob-Andersen mixture at T = 0.44; for another liquid try
    several, on configurations that you do not report. Some 10 s for 4,096 particles.
    Read the file back with xarray.open_dataarray("cages.nc", engine="h5netcdf").
    """
    values = parse_parameters(parameter or [])
    from glasslib.campaign.mixture import KOB_ANDERSEN_CAGE, describe_cages
    from glasslib.parameters import Cage, validate
    from glasslib.store.mixture import read_pair_coefficients

    with _data_warnings():
        table = describe_cages(
            file, out, read_pair_coefficients(pair_coefficients),
            validate(Cage, **(KOB_ANDERSEN_CAGE.model_dump() | values)), trajectory=trajectory,
            frame=frame, atom_style=atom_style, sigma=sigma, overwrite=overwrite,
            report=lambda line: print(line, file=sys.stderr, flush=True),
        )
    about = table.attrs
    print(
        f"wrote {relative(out)}: {table.shape[1]} descriptors of the cages of {about['particles']}"
        f" particles, density {about['density']:.4g} per sigma^3\n{about['species']}\n"
        f"halves of the sampling agree by {about['agreement']:.2f} in the size of the cage, so"
        f" that the reliability of their mean is {about['reliability']:.2f} (1: no noise); a"
        " longer -p duration raises it"
    )


def predict(
    file: File,
    temperature: Annotated[
        float, Option("--temperature", "-T", help="In ε/k_B.", callback=checked)
    ],
    out: Annotated[Path, Option("--out", "-o", help="CSV file to write.")],
    model: Annotated[list[str] | None, Option(
        "--model", help="A, B, C or D; repeatable [B, C, and A with --debye-waller].",
        show_default=False,
    )] = None,
    debye_waller: Annotated[str | None, Option(
        metavar="CSV[:COLUMN]", help="Debye-Waller factors by id; the column is debye_waller."
    )] = None,
    trained_at: Annotated[
        float | None, Option(help="Temperature of the models, if another.")
    ] = None,
    view: Annotated[Path | None, Option(help="HTML page to write, in three dimensions.")] = None,
    trajectory: Trajectory = None,
    frame: FrameNumber = -1,
    atom_style: AtomStyle = None,
    sigma: Sigma = 1.0,
    assume_potential: Annotated[bool, Option(
        "--assume-potential", help="Predict although the file tells of another potential."
    )] = False,
    threads: Threads = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace the files.")] = False,
) -> None:
    """Predict the propensity of each particle of your own melt at ten times.

    \b
    Examples
      glasslib predict melt.data -T 0.5 -o out.csv
      glasslib predict melt.data -T 0.5 -o out.csv --model B --model D --view melt.html
      glasslib predict melt.data -T 0.5 -o out.csv --debye-waller dw.csv:u2

    \b
    B reads the descriptors of the configuration, A the Debye-Waller factor on top. C reads the
    inherent structure too, D the cages (both by ridge regression): LAMMPS finds the inherent
    structure in seconds, and cages take a quarter of a minute of one core for 2,000 monomers.
    The models were trained on pentamers at density 1.02. What is foreign to them is said.
    """
    from glasslib.results import prediction

    prediction.check_places(out, view, overwrite)
    begin = time.monotonic()
    result = prediction.predict_file(
        file, temperature, model, trained_at=trained_at, trajectory=trajectory, frame=frame,
        atom_style=atom_style, sigma=sigma, debye_waller=debye_waller, threads=threads,
        assume_potential=assume_potential, report=lambda line: print(line, file=sys.stderr),
    )
    for remark in result.remarks:
        _warn(remark)
    prediction.write_table(result, out)
    if view is not None:
        from glasslib.figures.viewer import standalone_page
        from glasslib.files import write_text

        title = f"Predicted propensity, {file.name}, T = {temperature:g}"
        page = standalone_page(result.view(), title, ". ".join([*result.worth(), *result.remarks]))
        write_text(view, page + "\n")
    print(result.distance().to_string())
    print("\n".join(result.worth()))
    for path in filter(None, (out, view)):
        print(f"wrote {relative(path)}")
    print(f"{len(result.snapshot.ids):,} particles in {time.monotonic() - begin:.1f} s")
