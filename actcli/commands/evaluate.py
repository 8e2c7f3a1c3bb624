"""actcli evaluate ACT [X...]"""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from actcli.commands.numbers import answer, table_options
from actcli.commands.options import (
    Act,
    Append,
    Columns,
    Delimiter,
    Dtype,
    Grid,
    Input,
    Missing,
    NumberFormat,
    Numbers,
    Output,
    members_of,
)
from actcli.core.activations.activation import Activation, RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.errors import InputError, count


def run(
    act: Act,
    x: Numbers = None,
    grid: Grid = None,
    input_path: Input = None,
    columns: Columns = None,
    append: Append = False,
    delimiter: Delimiter = None,
    missing: Missing = "error",
    dtype: Dtype = "float64",
    output_format: NumberFormat = "auto",
    output: Output = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="NAME,...",
            help="Names of a row's scores, for the table and JSON.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Elementwise activations keep the layout of the input. For row-wise ones (softmax) a row is a line of text, the
    last axis of an array, or all X together. --dtype rounds the input and the exact result. --format auto follows the
    output file's suffix; without a file it is a table on a terminal, and plain in a pipe. A family (elu:alpha=0.5/1/2)
    has one result per member for each number: in columns, or along a last axis in .npy.

    Example: actcli evaluate gelu -3 0 3
    """
    activations = [resolve(text) for text in members_of(act)]
    names = None if labels is None else _names(labels, activations[0])
    answer(
        [(each, each if names is None else _named(each, names)) for each in activations],
        numbers=x,
        grid=grid,
        input_path=input_path,
        table=table_options(columns, delimiter, missing, append),
        dtype=dtype,
        requested_format=output_format,
        output_path=output,
        document=lambda each: {"activation": each.label, "dtype": dtype, **({"labels": names} if names else {})},
        labels=names,
    )


def _names(text: str, activation: Activation) -> list[str]:
    """The names in `cat,dog,bird`."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise InputError(f"--labels takes names between commas, such as cat,dog,bird, not {text!r}")
    if not isinstance(activation, RowWise):
        raise InputError(f"--labels names the scores of a row, and {activation.name} acts on each x by itself")
    return names


def _named(activation: Activation, names: Sequence[str]) -> Callable[[Array], Array]:
    """The activation, with an InputError for rows whose length is not the number of names."""

    def function(x: Array) -> Array:
        given = x.shape[-1]
        if given != len(names):
            raise InputError(f"--labels has {count(len(names), 'name')} for a row of {count(given, 'score')}")
        y = activation(x)
        if y.shape[-1] != given:
            raise InputError(
                f"{activation.name} makes {count(y.shape[-1], 'number')} of {count(given, 'score')}: "
                "--labels do not fit both"
            )
        return y

    return function
