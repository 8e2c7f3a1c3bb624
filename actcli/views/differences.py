"""Where activations differ most."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from actcli.core.comparison import Difference
from actcli.views.number import align, format_number
from actcli.views.palette import look
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal

DIGITS = 6


def difference_table(
    differences: Sequence[Difference], terminal: Terminal, *, labels: Sequence[str] = ()
) -> RenderableType:
    """A line for each pair; `labels`, in the order of the chart, give the names their colours there."""
    colours = {label: look(index).colour for index, label in reversed([*enumerate(labels)])}
    columns = [
        Column("\na", [d.a for d in differences], "left", [colours.get(d.a) for d in differences]),
        Column("\nb", [d.b for d in differences], "left", [colours.get(d.b) for d in differences]),
        Column("largest\n|a − b|", align(format_number(d.max_abs, DIGITS) for d in differences)),
        Column("\nat x =", align(format_number(d.at, DIGITS) for d in differences)),
    ]
    return table(columns, terminal) if total_width(columns) <= terminal.width else _stack(differences, terminal)


def _stack(differences: Sequence[Difference], terminal: Terminal) -> Group:
    """The same in two lines a pair, for long names and narrow terminals."""
    lines: list[RenderableType] = []
    for d in differences:
        lines.append(Text(terminal.text(f"{d.a} − {d.b}:")))
        numbers = f"at most {format_number(d.max_abs, DIGITS)}, at x = {format_number(d.at, DIGITS)}"
        lines.append(Padding(numbers, (0, 0, 0, 1)))
    return Group(*lines)
