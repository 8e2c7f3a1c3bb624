"""actcli evaluate ACT [X...]"""

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
) -> None:
    """Elementwise activations keep the layout of the input. For row-wise ones (softmax) a row is a line of text,
    the last axis of an array, or all the X together.

    Example: actcli evaluate gelu -3 0 3
    """
    activation = resolve(act)
    answer(
        activation,
        activation,
        numbers=x,
        grid=grid,
        input_path=input_path,
        columns=columns,
        append=append,
        dtype=dtype,
        requested_format=output_format,
        output_path=output,
        document={"activation": activation.label, "dtype": dtype},
        name=activation.label,
    )
