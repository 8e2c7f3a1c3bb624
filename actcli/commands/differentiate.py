"""actcli differentiate ACT [X...]"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import numpy as np
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
    Order,
    Output,
    Quiet,
)
from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.comparison import check as compare_with_numerical
from actcli.core.arrays import Array
from actcli.core.errors import InputError, count
from actcli.streams.files import remark, tell


def run(
    act: Act,
    x: Numbers = None,
    order: Order = 1,
    grid: Grid = None,
    input_path: Input = None,
    columns: Columns = None,
    append: Append = False,
    delimiter: Delimiter = None,
    missing: Missing = "error",
    dtype: Dtype = "float64",
    output_format: NumberFormat = "auto",
    output: Output = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with a numerical derivative; exit code 1 if they disagree.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """The derivative at a kink is the one of PyTorch's autograd. A row-wise activation (softmax) has a Jacobian, one
    matrix per row.

    Example: actcli differentiate sigmoid 0 40 --order 2
    """
    activation = resolve(act)
    function: Callable[[Array], Array]
    kinks: tuple[float, ...] = ()
    if isinstance(activation, RowWise):
        rows = f"{activation.name} acts on rows"
        if order != 1:
            raise InputError(f"{rows}: only its first derivative, the Jacobian, is computed")
        if append:
            raise InputError(f"{rows}: a Jacobian does not fit in a column")
        if check:
            raise InputError(f"{rows}: --check is for elementwise activations")
        function = activation.jacobian
    else:
        if check and not order:
            raise InputError("--check compares a derivative with the numerical one: give --order 1 or more")
        function = _Checked(activation, order) if check else partial(activation.derivative, order=order)
        kinks = activation.kinks(order)
    answer(
        [(activation, function)],
        numbers=x,
        grid=grid,
        input_path=input_path,
        table=table_options(columns, delimiter, missing, append),
        dtype=dtype,
        requested_format=output_format,
        output_path=output,
        document=lambda each: {"activation": each.label, "order": order, "dtype": dtype},
        order=order,
        kinks=kinks,
        findings=function.document if isinstance(function, _Checked) else dict,
    )
    if isinstance(function, _Checked):
        function.report(quiet)


class _Checked:
    """A derivative and its comparison, block by block, with the numerical one."""

    def __init__(self, activation: Elementwise, order: int) -> None:
        self.activation, self.order = activation, order
        self.compared = self.given = self.disagreements = 0
        self.first: dict[str, float] | None = None

    def __call__(self, x: Array) -> Array:
        found = compare_with_numerical(self.activation, x, self.order)
        self.given += x.size
        self.compared += int(found.compared.sum())
        if found.disagreements.any() and not self.disagreements:
            at = np.flatnonzero(found.disagreements)[0]
            names, arrays = ("x", "derivative", "numerical"), (found.x, found.derivative, found.numerical)
            self.first = {name: float(array.flat[at]) for name, array in zip(names, arrays, strict=True)}
        self.disagreements += int(found.disagreements.sum())
        return found.derivative

    def document(self) -> dict[str, Any]:
        """JSON fields of the comparison; first: the first disagreement."""
        return {
            "check": {
                "agrees": not self.disagreements,
                "points": self.compared,
                "left_out": self.given - self.compared,
                "disagreements": self.disagreements,
                "first": self.first,
            }
        }

    def report(self, quiet: bool) -> None:
        """One line on stderr; exit code 1 for a disagreement."""
        if self.first is not None:
            x, derivative, numerical = self.first.values()
            at = f"at x = {x} the derivative is {derivative}, and numerically {numerical}"
            remark(f"check failed at {self.disagreements:,} of {count(self.compared, 'point')}: {at}")
            raise typer.Exit(1)
        if quiet:
            return
        left_out = self.given - self.compared
        note = f" ({left_out} at kinks or without a finite value left out)" if left_out else ""
        if self.given and not self.compared:
            said = f"nothing was checked: {count(left_out, 'point')} at kinks or without a finite value"
            tell(said)
            return
        agree = "agrees" if self.compared == 1 else "agree"
        tell(f"checked: {count(self.compared, 'point')} {agree} with the numerical derivative{note}")
