"""A row-wise activation as curves: each output over one score, the others fixed."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise, RowWise
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.jets.jet import Jet, Operand

EXAMPLE: Final[tuple[float, ...]] = (2.0, 1.0, 0.0)
"""The scores before the last one where the user gives none: an even row with it, because some cut it in halves."""


def swept(activation: RowWise, fixed: Sequence[float] = EXAMPLE) -> tuple[Elementwise, ...]:
    """The outputs of the row (*fixed, x) as functions of x, one elementwise activation each.

    They run over arrays and jets alike, so they have derivatives of every order. Raises InputError where the
    activation takes no row of that length.
    """
    row = np.array([*fixed, 0.0])
    return tuple(
        Elementwise(
            name=f"{activation.name}_{i + 1}",
            function=_Output(activation, row, i),
            formula=f"{row_text(activation, fixed)}[{i}]",
            reference=activation.reference,
        )
        for i in range(activation(row).size)
    )


def row_text(activation: RowWise, fixed: Sequence[float], variable: str = "x") -> str:
    """`softmax(2, 1, 0, x)`."""
    return f"{activation.label}({', '.join([*(f'{score:g}' for score in fixed), variable])})"


class _Output:
    """x -> output i of the row whose last score is x."""

    def __init__(self, activation: RowWise, row: Array, i: int) -> None:
        self.activation, self.row, self.i = activation, row, i

    def __call__(self, x: Operand) -> Operand:
        parameters = self.activation.values_of_parameters
        if not isinstance(x, Jet):
            value: Array = self.activation.function(self._row_with(x), **parameters)[..., self.i]
            return value
        derivatives = np.zeros((*x.derivatives.shape, self.row.size))
        derivatives[0] = self._row_with(x.derivatives[0])
        derivatives[1:, ..., -1] = x.derivatives[1:]
        return Jet(self.activation.function(Jet(derivatives), **parameters).derivatives[..., self.i])

    def _row_with(self, x: Array) -> Array:
        rows = np.broadcast_to(self.row, (*x.shape, self.row.size)).copy()
        rows[..., -1] = x
        return rows


def check_row(activation: RowWise, row: Array) -> tuple[float, ...]:
    """The fixed scores of a user's row, whose last one will sweep. Raises InputError."""
    if row.size < 2:
        raise InputError(f"{activation.name} needs a row of at least two scores, of which the last one sweeps")
    if not np.isfinite(row).all():
        raise InputError("the scores of the row must be finite numbers")
    return tuple(row[:-1].tolist())
