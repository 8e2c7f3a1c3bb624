"""The committee's vote: a named row of scores, and the share of each."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np

from actcli.core.activation import Activation
from actcli.core.analysis.row_properties import scaled
from actcli.core.jet import Array
from actcli.views.bar import bar
from actcli.views.number import align, format_number
from actcli.views.palette import look
from actcli.views.render import render
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal

DIGITS, SHARE_DIGITS = 6, 3
_JOINED = "\u00a0"  # where a line must not be folded
WIDEST_BAR, NARROWEST_BAR = 40, 5


def vote_report(activation: Activation, names: Sequence[str], scores: Array, outputs: Array, terminal: Terminal) -> str:
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


def sentence(activation: Activation, names: Sequence[str], scores: Array) -> str:
    """Who leads, and that the lead grows with the scale of the scores."""
    half, own, twice = scaled(activation, scores, (0.5, 1.0, 2.0))
    order = ", in the same order" if half.same_order and twice.same_order else ""
    return (
        f"{names[own.leader]} leads with {_percent(own.largest)}. That compares the scores; it does not say how often "
        f"the model is right: scores half as large would give {_percent(half.largest)}, and twice as large "
        f"{_percent(twice.largest)}{order}."
    )


def _table(names: Sequence[str], scores: Array, outputs: Array, terminal: Terminal, heading: str, shares: bool) -> str:
    count, length = outputs.shape
    values = outputs.ravel().tolist()
    shown = [format_number(100 * x, SHARE_DIGITS) if shares else format_number(x, DIGITS) for x in values]
    columns = [
        Column("label", [*names] * count, "left"),
        Column("score", align(format_number(score, DIGITS) for score in scores.ravel().tolist())),
        Column(heading, [f"{number} %" if shares else number for number in align(shown)]),
    ]
    if count > 1:
        first_of_each = [str(row) if i == 0 else "" for row in range(1, count + 1) for i in range(length)]
        columns.insert(0, Column("row", first_of_each))
    width = min(terminal.width - total_width(columns) - 2, WIDEST_BAR)
    if shares and width >= NARROWEST_BAR:
        bars = [bar(value, width, terminal.unicode) for value in values]
        columns.append(Column("", bars, "left", [look(0).colour] * len(bars)))
    return render(table(columns, terminal, gaps=range(length - 1, count * length - 1, length)), terminal)


def _percent(share: float) -> str:
    return f"{format_number(100 * share, SHARE_DIGITS)}{_JOINED}%"
