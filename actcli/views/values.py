"""Tables of values and derivatives."""

from collections.abc import Collection, Iterable, Sequence
from textwrap import fill

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from actcli.core.activations.activation import Activation, RowWise
from actcli.core.analysis.properties import scaled
from actcli.core.arrays import Array
from actcli.views.notation import align, format_alike, format_number, short, telling_digits
from actcli.views.palette import appearance
from actcli.views.table import Column, NumberTable, bar, render, table, total_width
from actcli.views.terminal import Terminal, cut

WIDEST_BAR, NARROWEST_BAR = 40, 5
KINK_CAPTION = "kink: the function or a derivative jumps here; shown is what PyTorch returns"


def value_table(
    x: Array, y: Array, terminal: Terminal, *, heading: str = "f(x)", kinks: Collection[float] = ()
) -> RenderableType:
    """Table of an elementwise activation: x, its value, and a mark at kinks, if there are any."""
    x, y = np.ravel(x), np.ravel(y)
    marks = ["kink" if value in kinks else "" for value in x.tolist()]
    more = [Column("", marks, "left")] if any(marks) else []
    columns = _fitted(x, y, heading, terminal, sum(column.width + 2 for column in more))
    drawn = table([*columns, *more], terminal)
    return Group(drawn, Text(terminal.text(KINK_CAPTION))) if more else drawn


def family_table(
    x: Array, y: Sequence[Array], terminal: Terminal, *, members: Sequence[Activation], parameter: str
) -> RenderableType:
    """Table of a family: x, and a column for each member; further tables if not all fit.

    parameter: the one that differs between the members
    """
    others = [f"{name}={short(value)}" for name, value in members[0].given_parameters.items() if name != parameter]
    name = ":".join(filter(None, (members[0].name, ",".join(others))))
    values = [short(member.given_parameters[parameter]) for member in members]
    for digits in (None, 10, 6, 4):
        side, *columns = (
            Column(header, align(format_number(value, digits) for value in part.ravel().tolist()))
            for header, part in zip(("x", *values), (x, *y), strict=True)
        )
        if total_width([side, *columns]) <= terminal.width:
            break
    return _panels(f"{name}, by {parameter}", side, columns, terminal)


def _panels(title: str, side: Column, columns: Iterable[Column], terminal: Terminal) -> RenderableType:
    """Tables below each other, each with the column `side` and as many others as fit."""
    panels = [[side]]
    for column in columns:
        if len(panels[-1]) > 1 and total_width([*panels[-1], column]) > terminal.width:
            panels.append([side])
        panels[-1].append(column)
    return Group(Text(terminal.text(title)), *(table(panel, terminal) for panel in panels))


def rowwise_table(x: Array, y: Array, terminal: Terminal, *, heading: str = "f(x)") -> NumberTable:
    """Table of a row-wise activation, x and y of shape (rows, m): one element per line, with bars for probabilities.

    y stands alone if its rows are shorter than those of x (glu).
    """
    x, y = np.atleast_2d(x), np.atleast_2d(y)
    rows, length = y.shape
    places = _in_rows(y, Column("i", [str(i) for _ in range(rows) for i in range(1, length + 1)]))
    columns = places + _fitted(x if x.shape == y.shape else None, y, heading, terminal, total_width(places) + 2)
    return _with_bars(columns, y, terminal, shares=bool(((y >= 0) & (y <= 1)).all()))


def jacobian_table(jacobian: Array, terminal: Terminal, *, name: str = "f") -> RenderableType:
    """Table of a matrix ∂f_i/∂x_j of the function `name`, i down and j across; further tables if not all fits."""
    jacobian = np.asarray(jacobian)
    rows, columns = jacobian.shape
    texts = format_alike(jacobian.ravel().tolist())
    side = Column("i", [str(i) for i in range(1, rows + 1)])
    across = (Column(f"j = {j + 1}", texts[j::columns]) for j in range(columns))
    return _panels(f"∂{name}_i / ∂x_j", side, across, terminal)


def _in_rows(y: Array, first: Column) -> list[Column]:
    """The first column of a table of (rows, m), with the number of each row before it if there are several."""
    rows, length = y.shape
    numbers = [str(row) if i == 0 else "" for row in range(1, rows + 1) for i in range(length)]
    return [Column("row", numbers), first] if rows > 1 else [first]


def _with_bars(columns: list[Column], y: Array, terminal: Terminal, shares: bool) -> NumberTable:
    """The table of (rows, m) with a gap after each row; shares have bars if there is room."""
    rows, length = y.shape
    width = min(terminal.width - total_width(columns) - 2, WIDEST_BAR)
    if shares and width >= NARROWEST_BAR:
        bars = [bar(value, width, terminal.unicode) for value in y.ravel().tolist()]
        columns = [*columns, Column("", bars, "left", [appearance(0).colour] * len(bars))]
    return table(columns, terminal, gaps=range(length - 1, rows * length - 1, length))


def _fitted(x: Array | None, y: Array, heading: str, terminal: Terminal, taken: int) -> list[Column]:
    """Columns of x and y in all digits; on a narrow terminal with fewer digits or a shorter heading."""
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
_JOINED = "\u00a0"  # no-break space


def vote_report(activation: RowWise, names: Sequence[str], scores: Array, outputs: Array, terminal: Terminal) -> str:
    """Table of name, score and output for scores and outputs (..., m); shares have bars.

    For probabilities of a single row a sentence gives the shares for scaled scores.
    """
    rows = scores.reshape(-1, len(names)), outputs.reshape(-1, len(names))
    shares = bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=-1), 1.0))
    drawn = _table(names, *rows, terminal, activation.label, shares)
    if not shares or len(rows[0]) != 1:
        return drawn
    closing = fill(sentence(activation, names, rows[0][0]), terminal.width).replace(_JOINED, " ")
    return f"{drawn}{terminal.text(closing)}\n"


def sentence(activation: RowWise, names: Sequence[str], scores: Array) -> str:
    """Sentence on the largest share, which grows with the scale of the scores."""
    half, own, twice = scaled(activation, scores, (0.5, 1.0, 2.0))
    order = ", in the same order" if half.same_order and twice.same_order else ""
    return (
        f"{names[own.leader]} leads with {_percent(own.largest)}. That compares the scores; it does not say how often "
        f"the model is right: scores half as large would give {_percent(half.largest)}, and twice as large "
        f"{_percent(twice.largest)}{order}. How often a network that was trained is right: `actcli plot "
        f"{activation.label} --show calibration`."
    )


def _table(names: Sequence[str], scores: Array, outputs: Array, terminal: Terminal, heading: str, shares: bool) -> str:
    values = outputs.ravel().tolist()
    shown = [_share(x) if shares else format_number(x, DIGITS) for x in values]
    numbers = [
        Column("score", align(format_number(score, DIGITS) for score in scores.ravel().tolist())),
        Column(heading, [f"{number} %" if shares else number for number in align(shown)]),
    ]
    rows = _in_rows(outputs, Column("", [""] * len(values)))[:-1]
    room = max(terminal.width - total_width([*rows, *numbers]) - 2, len("label"))
    label = Column("label", [cut(name, terminal, room) for name in names] * len(outputs), "left")
    columns = [*rows, label, *numbers]
    return render(_with_bars(columns, outputs, terminal, shares), terminal)


def _share(share: float) -> str:
    return format_number(100 * share, telling_digits(share, SHARE_DIGITS))


def _percent(share: float) -> str:
    return f"{_share(share)} %".replace(" ", _JOINED)
