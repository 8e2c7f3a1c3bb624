"""Values and derivatives: x beside what becomes of it."""

from collections.abc import Collection

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from actcli.core.jet import Array
from actcli.views.bar import bar
from actcli.views.number import align, format_alike, format_number
from actcli.views.palette import look
from actcli.views.table import Column, NumberTable, table, total_width
from actcli.views.terminal import Terminal

KINK_CAPTION = "kink: the derivative jumps here; shown is the one that PyTorch returns"


def value_table(
    x: Array, y: Array, terminal: Terminal, *, heading: str = "f(x)", kinks: Collection[float] = ()
) -> RenderableType:
    """Elementwise: two columns, and a third that marks the x that are kinks if there are any."""
    x, y = np.ravel(x), np.ravel(y)
    marks = ["kink" if value in kinks else "" for value in x.tolist()]
    more = [Column("", marks, "left")] if any(marks) else []
    columns = _fitted(x, y, heading, terminal, sum(column.width + 2 for column in more))
    drawn = table([*columns, *more], terminal)
    return Group(drawn, Text(terminal.text(KINK_CAPTION))) if more else drawn


def rowwise_table(x: Array, y: Array, terminal: Terminal, *, heading: str = "f(x)") -> NumberTable:
    """Row-wise, of shape (rows, m): the elements below each other, with bars if they are probabilities.

    Where the rows of y are shorter than those of x (glu), y stands alone.
    """
    x, y = np.atleast_2d(x), np.atleast_2d(y)
    rows, length = y.shape
    places = [Column("i", [str(i) for _ in range(rows) for i in range(1, length + 1)])]
    if rows > 1:
        first_of_each = [str(row) if i == 0 else "" for row in range(1, rows + 1) for i in range(length)]
        places.insert(0, Column("row", first_of_each))
    columns = places + _fitted(x if x.shape == y.shape else None, y, heading, terminal, total_width(places) + 2)
    room = min(terminal.width - total_width(columns) - 2, 40)
    if room >= 5 and ((y >= 0) & (y <= 1)).all():
        bars = [bar(value, room, terminal.unicode) for value in y.ravel().tolist()]
        columns.append(Column("", bars, "left", [look(0).colour] * len(bars)))
    return table(columns, terminal, gaps=range(length - 1, rows * length - 1, length))


def jacobian_table(jacobian: Array, terminal: Terminal, *, name: str = "f") -> RenderableType:
    """One matrix ∂f_i/∂x_j of the function `name`, i down and j across; what does not fit is in a further panel."""
    jacobian = np.asarray(jacobian)
    rows, columns = jacobian.shape
    texts = format_alike(jacobian.ravel().tolist())
    side = Column("i", [str(i) for i in range(1, rows + 1)])
    panels = [[side]]
    for j in range(columns):
        column = Column(f"j = {j + 1}", texts[j::columns])
        if len(panels[-1]) > 1 and total_width([*panels[-1], column]) > terminal.width:
            panels.append([side])
        panels[-1].append(column)
    title = Text(terminal.text(f"∂{name}_i / ∂x_j"))
    return Group(title, *(table(panel, terminal) for panel in panels))


def _fitted(x: Array | None, y: Array, heading: str, terminal: Terminal, taken: int) -> list[Column]:
    """The numbers with every digit; where the terminal is narrow with fewer, or with a shorter heading."""
    for name in (heading, "f(x)"):
        for digits in (None, 10, 6, 4, 3):
            columns = [
                Column(header, align(format_number(value, digits) for value in values.ravel().tolist()))
                for header, values in (("x", x), (name, y))
                if values is not None
            ]
            if total_width(columns) + taken <= terminal.width:
                return columns
    return columns[-1:]
