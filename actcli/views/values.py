"""Values and derivatives: x beside what becomes of it."""

from collections.abc import Collection, Sequence
from textwrap import fill

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from actcli.core.activations.activation import RowWise
from actcli.core.analysis.properties import scaled
from actcli.core.arrays import Array
from actcli.views.notation import align, format_alike, format_number
from actcli.views.palette import appearance
from actcli.views.table import Column, NumberTable, bar, render, table, total_width
from actcli.views.terminal import Terminal, cut

WIDEST_BAR, NARROWEST_BAR = 40, 5
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
    places = _in_rows(y, Column("i", [str(i) for _ in range(rows) for i in range(1, length + 1)]))
    columns = places + _fitted(x if x.shape == y.shape else None, y, heading, terminal, total_width(places) + 2)
    return _with_bars(columns, y, terminal, shares=bool(((y >= 0) & (y <= 1)).all()))


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


def _in_rows(y: Array, first: Column) -> list[Column]:
    """The first column of a table of (rows, m), and before it the number of each row where there are several."""
    rows, length = y.shape
    numbers = [str(row) if i == 0 else "" for row in range(1, rows + 1) for i in range(length)]
    return [Column("row", numbers), first] if rows > 1 else [first]


def _with_bars(columns: list[Column], y: Array, terminal: Terminal, shares: bool) -> NumberTable:
    """The table of (rows, m), a gap after each row; shares as bars where there is room for them."""
    rows, length = y.shape
    width = min(terminal.width - total_width(columns) - 2, WIDEST_BAR)
    if shares and width >= NARROWEST_BAR:
        bars = [bar(value, width, terminal.unicode) for value in y.ravel().tolist()]
        columns = [*columns, Column("", bars, "left", [appearance(0).colour] * len(bars))]
    return table(columns, terminal, gaps=range(length - 1, rows * length - 1, length))


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


DIGITS, SHARE_DIGITS = 6, 3
_JOINED = "\u00a0"  # where a line must not be folded


def vote_report(activation: RowWise, names: Sequence[str], scores: Array, outputs: Array, terminal: Terminal) -> str:
    """Name, score and output of each, below each other, for scores and outputs (..., m); shares as bars.

    Below shares of a single row stands what they would be for larger and smaller scores.
    """
    rows = scores.reshape(-1, len(names)), outputs.reshape(-1, len(names))
    shares = bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=-1), 1.0))
    drawn = _table(names, *rows, terminal, activation.label, shares)
    if not shares or len(rows[0]) != 1:
        return drawn
    closing = fill(sentence(activation, names, rows[0][0]), terminal.width).replace(_JOINED, " ")
    return f"{drawn}{terminal.text(closing)}\n"


def sentence(activation: RowWise, names: Sequence[str], scores: Array) -> str:
    """Who leads, and that the lead grows with the scale of the scores."""
    half, own, twice = scaled(activation, scores, (0.5, 1.0, 2.0))
    order = ", in the same order" if half.same_order and twice.same_order else ""
    return (
        f"{names[own.leader]} leads with {_percent(own.largest)}. That compares the scores; it does not say how often "
        f"the model is right: scores half as large would give {_percent(half.largest)}, and twice as large "
        f"{_percent(twice.largest)}{order}."
    )


def _table(names: Sequence[str], scores: Array, outputs: Array, terminal: Terminal, heading: str, shares: bool) -> str:
    values = outputs.ravel().tolist()
    shown = [format_number(100 * x, SHARE_DIGITS) if shares else format_number(x, DIGITS) for x in values]
    numbers = [
        Column("score", align(format_number(score, DIGITS) for score in scores.ravel().tolist())),
        Column(heading, [f"{number} %" if shares else number for number in align(shown)]),
    ]
    rows = _in_rows(outputs, Column("", [""] * len(values)))[:-1]
    room = max(terminal.width - total_width([*rows, *numbers]) - 2, len("label"))
    label = Column("label", [cut(name, terminal, room) for name in names] * len(outputs), "left")
    columns = [*rows, label, *numbers]
    return render(_with_bars(columns, outputs, terminal, shares), terminal)


def _percent(share: float) -> str:
    return f"{format_number(100 * share, SHARE_DIGITS)}{_JOINED}%"
