"""The arguments and options that several commands share."""

from typing import Annotated, Literal, TypeAlias

import typer

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
DtypeName: TypeAlias = Literal["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
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
Range: TypeAlias = Annotated[
    tuple[float, float], typer.Option("--range", "-r", metavar="MIN MAX", help="The interval of x.")
]
OptionalRange: TypeAlias = Annotated[
    tuple[float, float] | None,
    typer.Option("--range", "-r", metavar="MIN MAX", help="The interval of x, -6 6 by default.", show_default=False),
]
Width: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--width", metavar="N", min=1, max=1000, help="Columns; the terminal's by default.", show_default=False
    ),
]
Height: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--height", metavar="N", min=1, max=1000, help="Lines of the chart; what fits by default.", show_default=False
    ),
]
Ascii: TypeAlias = Annotated[bool, typer.Option("--ascii", help="ASCII characters instead of braille.")]
Save: TypeAlias = Annotated[
    str | None,
    typer.Option("--save", metavar="FILE", help="Write the picture too: .svg, .html, .txt, .png.", show_default=False),
]

DEFAULT_RANGE = (-6.0, 6.0)
