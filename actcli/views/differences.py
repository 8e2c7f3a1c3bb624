"""Where activations differ most."""

from collections.abc import Sequence
from math import isnan
from textwrap import wrap

from actcli.core.analysis.comparison import Difference
from actcli.views.number import align, format_number
from actcli.views.palette import look
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal

DIGITS = 6


def difference_table(differences: Sequence[Difference], terminal: Terminal, *, labels: Sequence[str] = ()) -> str:
    """A line for each pair; `labels`, in the order of the chart, give the names their colours there."""
    colours = {label: look(index).colour for index, label in reversed([*enumerate(labels)])}
    columns = [
        Column("\na", [d.a for d in differences], "left", [colours.get(d.a) for d in differences]),
        Column("\nb", [d.b for d in differences], "left", [colours.get(d.b) for d in differences]),
        Column("largest\n|a − b|", align(format_number(d.max_abs, DIGITS) for d in differences)),
        Column("\nat x =", align(format_number(d.at, DIGITS) for d in differences)),
    ]
    if len(differences) > 1:
        top = largest(differences)
        columns.append(Column("", ["◀ largest" if d is top else "" for d in differences], "left"))
    if total_width(columns) > terminal.width:
        return terminal.text(_stack(differences, terminal))
    return terminal.text(table(columns, terminal).text(terminal))


def largest(differences: Sequence[Difference]) -> Difference:
    """The largest of all; the first where no pair has one."""
    return max(differences, key=lambda d: -1.0 if isnan(d.max_abs) else d.max_abs)


def _stack(differences: Sequence[Difference], terminal: Terminal) -> str:
    """The same in two lines a pair, for long names and narrow terminals."""
    lines: list[str] = []
    for d in differences:
        numbers = f"at most {format_number(d.max_abs, DIGITS)}, at x = {format_number(d.at, DIGITS)}"
        lines += wrap(f"{d.a} − {d.b}:", terminal.width)
        lines += wrap(numbers, terminal.width, initial_indent=" ", subsequent_indent=" ")
    return "".join(f"{line}\n" for line in lines)
