"""Report of `compare`: curves in one chart and their slopes below, or a panel each; tables of properties."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import isfinite, isnan
from textwrap import wrap

import numpy as np

from actcli.core.analysis.comparison import Difference
from actcli.core.analysis.graph import Graph
from actcli.core.analysis.properties import Properties
from actcli.views.card import FACTS_CAPTION, facts
from actcli.views.notation import align, format_number, interval_text, primed
from actcli.views.palette import AXIS_COLOUR, appearance
from actcli.views.picture.description import Axis, Curve, Panel, Picture, Rule, Style, legend_of
from actcli.views.ranges import missing_lines, of_graph, value_axis
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal, paragraph

MOST_IN_ONE_CHART = 4
GAP = 2


def comparison_picture(drawn: Sequence[Graph], largest: Difference, *, interval: tuple[float, float]) -> Picture:
    """Values and derivatives with the largest difference marked; many activations have a panel each."""
    orders = range(len(drawn[0].derivatives))
    curves = [[of_graph(g, k, primed(g.activation, k), Style(member=i)) for i, g in enumerate(drawn)] for k in orders]
    title = f"{', '.join(graph.activation for graph in drawn)} on {interval_text(*interval)}"
    notes = [*_sentence(largest), *missing_lines(curves[0], interval)]
    x, mark = Axis(*interval), [Rule(x=largest.at)] if largest.max_abs > 0.0 else []
    if len(drawn) > MOST_IN_ONE_CHART:
        y = value_axis([curve for each in curves for curve in each], interval)
        panels = [
            Panel(
                x,
                y,
                [of_graph(graph, k, primed(graph.activation, k), Style(member=i, dash=k)) for k in orders],
                graph.activation,
                Style(member=i),
                rules=mark if graph.activation in (largest.a, largest.b) else [],
                square=True,
            )
            for i, graph in enumerate(drawn)
        ]
        return Picture(title, panels, subtitle=_LINES[min(len(orders), 3)], notes=notes)
    panels = [
        Panel(
            x,
            value_axis(each, interval),
            each,
            _TITLES.get(k, f"derivatives of order {k}"),
            rules=mark * (not k),
            square=True,
        )
        for k, each in enumerate(curves)
    ]
    pair = [curve for curve in curves[0] if curve.label in (largest.a, largest.b)]
    if mark and len(pair) == 2:
        panels.append(_difference(pair[0], pair[1], interval))
    return Picture(title, panels, legend_of(*curves[0]), "stack", notes=notes)


_TITLES = {0: "", 1: "their slopes", 2: "second derivatives", 3: "third derivatives"}
_LINES = {1: "", 2: "solid: the function, broken: its slope", 3: "solid: the function, broken: its derivatives"}
"""Number of lines in a panel -> their meaning."""


def _difference(a: Curve, b: Curve, interval: tuple[float, float]) -> Panel:
    """Panel of a - b, for the pair with the largest difference."""
    with np.errstate(invalid="ignore"):  # inf - inf is not drawn
        gap = Curve(
            f"{a.label} − {b.label}", a.x, a.y - b.y, Style("reference"), tuple({*a.breakpoints, *b.breakpoints})
        )
    return Panel(Axis(*interval), value_axis([gap], interval, 0.0), [gap], gap.label, extra=True)


def _sentence(largest: Difference) -> list[str]:
    if not isfinite(largest.at):
        return []
    if largest.max_abs == 0.0:
        return ["no difference between them"]
    size, at = format_number(largest.max_abs), format_number(largest.at)
    return [f"largest difference: {size} between {largest.a} and {largest.b} at x = {at} (dotted line)"]


DIGITS = 6


def difference_table(differences: Sequence[Difference], terminal: Terminal, *, labels: Sequence[str] = ()) -> str:
    """One line per pair. labels: in the order of the chart, to colour the names as there."""
    colours = {label: appearance(index).colour for index, label in reversed([*enumerate(labels)])}
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
    """The largest difference; the first pair if none has one."""
    return max(differences, key=lambda d: -1.0 if isnan(d.max_abs) else d.max_abs)


def _stack(differences: Sequence[Difference], terminal: Terminal) -> str:
    """Two lines per pair, for long names and narrow terminals."""
    lines: list[str] = []
    for d in differences:
        numbers = f"at most {format_number(d.max_abs, DIGITS)}, at x = {format_number(d.at, DIGITS)}"
        lines += wrap(f"{d.a} − {d.b}:", terminal.width)
        lines += wrap(numbers, terminal.width, initial_indent=" ", subsequent_indent=" ")
    return "".join(f"{line}\n" for line in lines)


_DIGITS_OF_PROPERTIES = 4
# Widest column while others need the room, and narrowest: further columns go to another table.
WIDEST, NARROWEST = 24, 11


def property_table(cards: Sequence[Properties], terminal: Terminal) -> str:
    """One column per activation, with its colour and marker; long cells are folded, wide tables are split."""
    columns = [facts(card.curve, _DIGITS_OF_PROPERTIES) for card in cards if card.curve is not None]
    labels = [label for label in columns[0] if any(column[label] for column in columns)]
    side = max(len(terminal.text(label)) for label in labels)
    room = terminal.width - side
    if room < GAP + 4:
        return "no room for the properties"[: terminal.width] + "\n"
    each = max(room // (NARROWEST + GAP), 1)
    panels = []
    for first in range(0, len(cards), each):
        part = range(first, min(first + each, len(cards)))
        cells = [
            [terminal.text(cards[i].activation), *(terminal.text(columns[i][label] or "–") for label in labels)]
            for i in part
        ]
        widths = _widths(cells, room)
        panels.append("".join(_lines(["", *labels], cells, widths, side, [*part], terminal)))
    return "\n".join(panels) + paragraph(FACTS_CAPTION, terminal)


def _widths(cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """Widths of the columns: as needed, or with the widest ones cut evenly to the room."""
    marker = 2
    widths = [
        min(max(len(column[0]) + marker, *(len(cell) for cell in column[1:]), NARROWEST), WIDEST) for column in cells
    ]
    while sum(widths) + GAP * len(widths) > room and max(widths) > min(NARROWEST, room - GAP):
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(
    labels: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    side: int,
    indices: Sequence[int],
    terminal: Terminal,
) -> Iterator[str]:
    gap = " " * GAP
    for row, label in enumerate(labels):
        folded = [_folded(column[row], width, header=row == 0) for column, width in zip(cells, widths, strict=True)]
        for i, parts in enumerate(zip_longest(*folded, fillvalue="")):
            texts = [part.ljust(width) for part, width in zip(parts, widths, strict=True)]
            texts[-1] = texts[-1].rstrip()
            if row == 0:
                texts = [_name(text, i == 0, index, terminal) for text, index in zip(texts, indices, strict=True)]
            start = terminal.paint((terminal.text(label) if i == 0 else "").ljust(side), AXIS_COLOUR)
            yield (start + gap + gap.join(texts)).rstrip() + "\n"
        if row == 0:
            yield terminal.text("─") * (side + sum(GAP + width for width in widths)) + "\n"


def _folded(text: str, width: int, header: bool) -> list[str]:
    indent = "  " if header else ""  # room for the marker
    return wrap(text, width, initial_indent=indent, subsequent_indent=indent) or [""]


def _name(text: str, first: bool, index: int, terminal: Terminal) -> str:
    """The activation's name with its marker, in its colour."""
    style = appearance(index)
    marked = style.mark(terminal.unicode) + text[1:] if first else text
    return terminal.paint(marked, style.colour) if text.strip() else text
