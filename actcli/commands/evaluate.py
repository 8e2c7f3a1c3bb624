"""actcli evaluate ACT [X...]"""

from typing import Annotated

import typer

from actcli.commands.labels import named
from actcli.commands.numbers import answer
from actcli.commands.options import Act, Append, Columns, Dtype, Grid, Input, NumberFormat, Numbers, Output
from actcli.core.resolve import resolve


def run(
    act: Act,
    x: Numbers = None,
    grid: Grid = None,
    input_path: Input = None,
    columns: Columns = None,
    append: Append = False,
    dtype: Dtype = "float64",
    output_format: NumberFormat = "auto",
    output: Output = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="NAME,...",
            help="The names of a row's scores, for the table and JSON.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Elementwise activations keep the layout of the input. For row-wise ones (softmax) a row is a line of text,
    the last axis of an array, or all the X together.

    Example: actcli evaluate gelu -3 0 3
    """
    activation = resolve(act)
    names, function = named(activation, labels) if labels is not None else (None, activation)
    answer(
        activation,
        function,
        numbers=x,
        grid=grid,
        input_path=input_path,
        columns=columns,
        append=append,
        dtype=dtype,
        requested_format=output_format,
        output_path=output,
        document={"activation": activation.label, "dtype": dtype, **({"labels": names} if names else {})},
        name=activation.label,
        labels=names,
    )
