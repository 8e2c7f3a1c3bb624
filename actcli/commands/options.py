"""Arguments and options of several commands, declared once: one name, one meaning, one help."""

import os
import re
import shlex
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias

import typer

from actcli.core.activations.activation import MAX_ORDER
from actcli.core.activations.family import family, told_apart
from actcli.core.errors import InputError
from actcli.streams.files import complain, is_replaced
from actcli.streams.formats import OutputFormat


def refuse_typed(context: typer.Context, parameters: Sequence[str], why: str) -> None:
    """InputError if one of these parameters was typed. why: its reason."""
    for name in parameters:
        if (source := context.get_parameter_source(name)) is not None and source.name == "COMMANDLINE":
            option = next(each.opts[0] for each in context.command.params if each.name == name)
            raise InputError(f"{option}: {why}")


# --- activations ------------------------------------------------------------------------------------------------

_AN_ACTIVATION: Final = "An activation, relu or leaky_relu:negative_slope=0.2, or a formula, 'x*tanh(x)'."
_ACTIVATIONS: Final = "Activations, relu or leaky_relu:negative_slope=0.2, or formulas, 'x*tanh(x)'."

Act: TypeAlias = Annotated[str, typer.Argument(metavar="ACT", help=_AN_ACTIVATION, show_default=False)]
Acts: TypeAlias = Annotated[list[str], typer.Argument(metavar="ACT...", help=_ACTIVATIONS, show_default=False)]
OptionalAct: TypeAlias = Annotated[str | None, typer.Argument(metavar="ACT", help=_AN_ACTIVATION, show_default=False)]
OptionalActs: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="ACT...", help=_ACTIVATIONS, show_default=False)
]
ActOption: TypeAlias = Annotated[
    list[str] | None, typer.Option("--act", "-a", metavar="ACT", help="As the argument ACT.", show_default=False)
]


def members_of(act: str) -> tuple[str, ...]:
    """The members of the family that `act` names, or `act` alone. On stderr a note, if values look like a fraction."""
    found = family(act)
    if note := told_apart(act):
        complain(note)
    return found


def given_acts(arguments: Sequence[str] | None, options: Sequence[str] | None) -> list[str]:
    """The activations: arguments, then values of --act."""
    return [*(arguments or ()), *(options or ())]


def given_act(argument: str | None, options: Sequence[str] | None, default: str) -> str:
    """The activation, from the argument or --act. InputError: several."""
    acts = given_acts([argument] if argument is not None else [], options)
    if len(acts) > 1:
        raise InputError(f"one activation is taken here, not {len(acts)}: {' and '.join(acts)}")
    return acts[0] if acts else default


# --- numbers in and out -----------------------------------------------------------------------------------------

Numbers: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="X...", help="Numbers, negative ones too; stdin when there are none.", show_default=False),
]
Grid: TypeAlias = Annotated[
    tuple[float, float, int] | None,
    typer.Option("--grid", metavar="START STOP NUM", help="NUM evenly spaced points.", show_default=False),
]
Input: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--input", "-i", metavar="FILE", help="Read text, .csv, .tsv or .npy, .gz too; - is stdin.", show_default=False
    ),
]
Columns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--column", "-c", metavar="NAME|N", help="A column of the CSV input; repeat for more.", show_default=False
    ),
]
Delimiter: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="CHAR",
        help="Separator of the fields: , ; | tab or blank; found when not given.",
        show_default=False,
    ),
]
Missing: TypeAlias = Annotated[
    Literal["error", "nan"], typer.Option("--missing", help="nan: an empty cell, NA and the like are read as nan.")
]
Append: TypeAlias = Annotated[
    bool, typer.Option("--append", help="CSV: keep all columns, and put the results after them.")
]
Output: TypeAlias = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write a file.", show_default=False),
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing but errors on stderr.")]
_ORDER: Final = typer.Option(
    "--order", "-n", metavar="N", min=0, max=MAX_ORDER, help="Order of the derivative; 0 is the value itself."
)
Order: TypeAlias = Annotated[int, _ORDER]
Orders: TypeAlias = Annotated[list[int], _ORDER]

_DTYPE: Final = typer.Option("--dtype", help="Floating-point type of the numbers.")
DtypeName: TypeAlias = Literal["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
Dtype: TypeAlias = Annotated[DtypeName, _DTYPE]


class SeveralDtypes(StrEnum):
    """Types as an enumeration, because Typer takes no list of a Literal."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    FLOAT8_E4M3FN = "float8_e4m3fn"
    FLOAT8_E5M2 = "float8_e5m2"


Dtypes: TypeAlias = Annotated[list[SeveralDtypes], _DTYPE]
TrainingDtype: TypeAlias = Annotated[Literal["float64", "float32"], _DTYPE]

Train: TypeAlias = Annotated[bool, typer.Option("--train", help="Train networks, see above.")]
SHOW: Final = typer.Option("--show", help="The view, see above.")

_FORMAT: Final = typer.Option("--format", "-f", help="Output format; plain and csv are rows of numbers.")
NumberFormat: TypeAlias = Annotated[Literal["auto", OutputFormat], _FORMAT]
ListFormat: TypeAlias = Annotated[Literal["auto", "table", "plain", "csv", "json"], _FORMAT]
ReportFormat: TypeAlias = Annotated[Literal["table", "plain", "csv", "json"], _FORMAT]
AuditFormat: TypeAlias = Annotated[Literal["table", "plain", "csv", "json", "markdown"], _FORMAT]
CodeFormat: TypeAlias = Annotated[Literal["plain", "json"], _FORMAT]
PlotFormat: TypeAlias = Annotated[Literal["chart", "plain", "csv", "json"], _FORMAT]

# --- pictures ---------------------------------------------------------------------------------------------------

DEFAULT_RANGE: Final = (-6.0, 6.0)
_RANGE: Final = typer.Option("--range", "-r", metavar="MIN MAX", help="The interval of x.")
Range: TypeAlias = Annotated[tuple[float, float], _RANGE]
OptionalRange: TypeAlias = Annotated[tuple[float, float] | None, _RANGE]
Slope: TypeAlias = Annotated[
    int, typer.Option("--derivative", "-d", count=True, show_default=False, help="Short for --order 1.")
]
Ascii: TypeAlias = Annotated[bool, typer.Option("--ascii", help="ASCII characters instead of braille.")]
Size: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="COLUMNSxLINES",
        help="Columns and lines of the picture, 100x30, 100x or x30; what fits without it.",
        show_default=False,
    ),
]
Save: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--save", metavar="FILE", help="Write the picture too: .svg, .png, .pdf, .html, .txt.", show_default=False
    ),
]
Theme: TypeAlias = Annotated[Literal["light", "dark"], typer.Option("--theme", help="Background of a saved picture.")]

LARGEST: Final = 1000
"""Most columns or lines of a picture, which bounds the memory."""


def highest_order(order: int, derivative: int) -> int:
    """Highest order of the curves: --order, or 1 with -d. InputError: -d repeated, as in version 1.0."""
    if derivative > 1:
        raise InputError(f"-d stands for --order 1, and once; for higher derivatives: --order {derivative}")
    return max(order, derivative)


def dimensions(size: str | None) -> tuple[int | None, int | None]:
    """(columns, lines) of `100x30`, `100x` or `x30`, None for a missing one. InputError: another text."""
    if size is None:
        return None, None
    found = re.fullmatch(r"(\d{0,9})[xX×](\d{0,9})", size.strip(), re.ASCII)
    if not found or not (found[1] or found[2]):
        raise InputError(f"--size takes columns and lines, as in --size 100x30, not {size!r}")
    columns, lines = (int(digits) if digits else None for digits in found.groups())
    for what, number in (("columns", columns), ("lines", lines)):
        if number is not None and not 1 <= number <= LARGEST:
            raise InputError(f"--size: {what} must be from 1 to {LARGEST}, not {number}")
    return columns, lines


# --- networks ---------------------------------------------------------------------------------------------------

_MOST_SEEDS: Final = 10_000
Layers: TypeAlias = Annotated[int, typer.Option("--layers", "-l", metavar="N", min=1, help="Number of layers.")]
Width: TypeAlias = Annotated[int, typer.Option("--width", metavar="N", min=1, help="Units in a layer.")]
LearningRate: TypeAlias = Annotated[float, typer.Option("--lr", metavar="X", min=0.0, help="Learning rate.")]
Seed: TypeAlias = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of all that is random.")]
Seeds: TypeAlias = Annotated[
    int, typer.Option("--seeds", metavar="N", min=1, max=_MOST_SEEDS, help="Number of seeds, starting at --seed.")
]
Init: TypeAlias = Annotated[
    str,
    typer.Option(
        "--init",
        metavar="auto|xavier|he|lecun|pytorch|orthogonal|critical|normal|gaussian:X,Y",
        help="Initialisation; auto: he or xavier, as theory prefers; critical: the critical point of `gain`; "
        "normal:STD[,BIAS_STD], gaussian:SIGMA_W2,SIGMA_B2.",
    ),
]
Norm: TypeAlias = Annotated[
    Literal["none", "layer", "batch"], typer.Option("--norm", help="Normalise the pre-activations.")
]
Residual: TypeAlias = Annotated[
    bool, typer.Option("--residual/--no-residual", help="Each hidden layer adds its input to its output.")
]
Optimizer: TypeAlias = Annotated[
    Literal["sgd", "momentum", "adam"], typer.Option("--optimizer", help="Optimizer of the training.")
]
Batch: TypeAlias = Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Points in a batch.")]
Steps: TypeAlias = Annotated[int, typer.Option("--steps", metavar="N", min=0, help="Weight updates.")]
_DATA: Final = typer.Option(
    "--data",
    metavar="spirals|moons|circles|xor|sine|blobs|FILE",
    help="A data set, or your own CSV, text or .npy file; its last column is the target, classes or numbers.",
)
Data: TypeAlias = Annotated[str, _DATA]
SeveralData: TypeAlias = Annotated[list[str] | None, _DATA]
Target: TypeAlias = Annotated[
    Literal["auto", "classes", "numbers"],
    typer.Option("--target", help="Meaning of your data's target; auto decides by its values."),
]
TargetColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--target-column",
        metavar="NAME|N",
        help="The target column of your data; the last when not given.",
        show_default=False,
    ),
]
Drop: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="NAME|N", help="A column of your data to leave out; repeat for more."),
]
SkipMissing: TypeAlias = Annotated[
    bool, typer.Option("--skip-missing", help="Leave out rows of your data with a missing value.")
]
Export: TypeAlias = Annotated[
    str | None,
    typer.Option("--export", metavar="FILE.npz", help="Save weights and gradients, for another program."),
]
SigmaW2: TypeAlias = Annotated[
    float | None,
    typer.Option("--sigma-w2", metavar="X", help="Variance of the weights times fan_in.", show_default=False),
]
SigmaB2: TypeAlias = Annotated[
    float | None,
    typer.Option("--sigma-b2", metavar="X", help="Variance of the biases, 0 when not given.", show_default=False),
]


def check_export(path: str | None) -> None:
    """InputError: a file to be replaced or created without the suffix .npz."""
    if path is not None and is_replaced(path) and not path.lower().endswith(".npz"):
        raise InputError(f"--export writes .npz: --export {shlex.quote(f'{os.path.splitext(path)[0]}.npz')}")


# --- many runs --------------------------------------------------------------------------------------------------

_MOST_JOBS: Final = 1024
"""Most processes, about the cores of the largest machines."""
Jobs: TypeAlias = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", min=1, max=_MOST_JOBS, help="Number of parallel processes.")
]
Resume: TypeAlias = Annotated[bool, typer.Option("--resume", help="Continue with the runs in the output file.")]
Dask: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--dask", metavar="tcp://HOST:PORT", help="Run on the workers of this Dask scheduler.", show_default=False
    ),
]
