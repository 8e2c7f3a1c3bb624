"""actcli differentiate ACT [X...]"""

from functools import partial
from typing import Annotated

import typer

from actcli.commands.numbers import answer
from actcli.commands.options import Act, Dtype, Grid, Input, NumberFormat, Numbers, Output
from actcli.core.activation import MAX_ORDER
from actcli.core.errors import InputError
from actcli.core.resolve import resolve


def run(
    act: Act,
    x: Numbers = None,
    order: Annotated[int, typer.Option("--order", "-n", min=1, max=MAX_ORDER, help="Which derivative.")] = 1,
    grid: Grid = None,
    input_path: Input = None,
    dtype: Dtype = "float64",
    output_format: NumberFormat = "auto",
    output: Output = None,
) -> None:
    """At a kink the derivative is the one that PyTorch's autograd returns. For a row-wise activation (softmax) the
    Jacobian, one matrix a row.

    Example: actcli differentiate sigmoid 0 40 --order 2
    """
    activation = resolve(act)
    if activation.rowwise and order > 1:
        raise InputError(f"{activation.name} acts on rows: of its derivatives only the first, the Jacobian, is given")
    answer(
        activation,
        activation.jacobian if activation.rowwise else partial(activation.derivative, order=order),
        numbers=x,
        grid=grid,
        input_path=input_path,
        dtype=dtype,
        requested_format=output_format,
        output_path=output,
        document={"activation": activation.label, "order": order, "dtype": dtype},
        heading=f"{activation.label}" + ("'" * order if order < 4 else f"^({order})") + "(x)",
        kinks=activation.kinks(order),
    )
