"""The arguments and options that several commands share."""

import re
from typing import Annotated, Final, Literal, TypeAlias

import typer

from actcli.core.errors import InputError
from actcli.streams.formats import Format

Act: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="ACT",
        help="An activation, relu or leaky_relu:negative_slope=0.2, or a formula, 'x*tanh(x)'.",
        show_default=False,
    ),
]
Acts: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="ACT...",
        help="Activations, relu or leaky_relu:negative_slope=0.2, or formulas, 'x*tanh(x)'.",
        show_default=False,
    ),
]
Numbers: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[X]...", help="Numbers, negative ones too; stdin when there are none.", show_default=False),
]
Grid: TypeAlias = Annotated[
    tuple[float, float, int] | None,
    typer.Option("--grid", metavar="START STOP NUM", help="NUM evenly spaced points.", show_default=False),
]
Input: TypeAlias = Annotated[
    str | None,
    typer.Option("--input", "-i", metavar="FILE", help="Read text, .csv or .npy; - is stdin.", show_default=False),
]
Columns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--column", "-c", metavar="NAME", help="A column of the CSV input; repeat for more.", show_default=False
    ),
]
Append: TypeAlias = Annotated[
    bool, typer.Option("--append", help="CSV: keep all columns, and put the results after them.")
]
Output: TypeAlias = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write a file, whole or not at all.", show_default=False),
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing but errors on stderr.")]
DtypeName: TypeAlias = Literal["float64", "float32", "float16", "bfloat16"]
Dtype: TypeAlias = Annotated[
    DtypeName,
    typer.Option("--dtype", help="Round the input, and the exact result, to this type."),
]
NumberFormat: TypeAlias = Annotated[
    Literal["auto", Format],
    typer.Option("--format", "-f", help="auto: the output file's suffix; a table on a terminal, plain in a pipe."),
]
ReportFormat: TypeAlias = Annotated[
    Literal["table", "plain", "csv", "json"],
    typer.Option("--format", "-f", help="plain and csv print the numbers alone, in rows."),
]
ListFormat: TypeAlias = Annotated[
    Literal["auto", "table", "plain", "csv", "json"],
    typer.Option("--format", "-f", help="auto: what the terminal has room for; table: all of it; plain, csv: numbers."),
]
Range: TypeAlias = Annotated[
    tuple[float, float], typer.Option("--range", "-r", metavar="MIN MAX", help="The interval of x.")
]
OptionalRange: TypeAlias = Annotated[
    tuple[float, float] | None,
    typer.Option("--range", "-r", metavar="MIN MAX", help="The interval of x, -6 6 by default.", show_default=False),
]
Ascii: TypeAlias = Annotated[bool, typer.Option("--ascii", help="ASCII characters instead of braille.")]
Size: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="COLUMNSxLINES",
        help="Size of the picture, 100x30, or 100x or x30; what fits without it.",
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

DEFAULT_RANGE = (-6.0, 6.0)

LARGEST: Final = 1000
"""Columns or lines: more would only eat memory."""


def dimensions(size: str | None) -> tuple[int | None, int | None]:
    """(columns, lines) of `100x30`, `100x`, `x30`; None for what is not said. InputError for anything else."""
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
