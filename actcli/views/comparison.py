"""The picture of `actcli compare`: curves over each other and their slopes below, or a panel each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from math import inf, isfinite, isnan
from textwrap import wrap
from typing import Any

from actcli.core.analysis.comparison import Difference
from actcli.core.analysis.graph import Graph
from actcli.core.analysis.properties import Properties
from actcli.views.card import FACTS_CAPTION, facts
from actcli.views.chart import GAP, NOTHING, SMALLEST_CHART, Annotations, check_height, curve_chart, grid, room, shape
from actcli.views.curve import Curve, Upright, crowded_lines, evenly, missing_lines, of_graph, y_range
from actcli.views.notation import align, format_number, interval_text, primed
from actcli.views.palette import AXIS_COLOUR, BACKGROUND, DASHES, look
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal, cut, paragraph

MOST_IN_ONE_CHART = 4
# From this width on the slopes stand beside the curves, and each has so much room.
SIDE_BY_SIDE = 120
NARROWEST_PANEL, SMALLEST_PANEL = 18, 8
LABEL_WIDTH = 4


def comparison_chart(
    drawn: Sequence[Graph],
    largest: Difference,
    terminal: Terminal,
    *,
    interval: tuple[float, float],
    height: int | None = None,
) -> str:
    """The values of `drawn`, and as many of their derivatives as it has, with the largest difference marked.

    Raises InputError for a height that has no room for them.
    """
    total = room(terminal) if height is None else height
    orders = range(len(drawn[0].derivatives))
    values, *derivatives = ([of_graph(graph, k, primed(graph.activation, k)) for graph in drawn] for k in orders)
    title = f"{', '.join(graph.activation for graph in drawn)} on {interval_text(*interval)}"
    if len(drawn) > MOST_IN_ONE_CHART:
        return _multiples(values, derivatives, largest, terminal, title, interval, total)
    mark = _mark(largest)
    beside = terminal.width >= SIDE_BY_SIDE and bool(derivatives)
    part = replace(terminal, width=(terminal.width - GAP) // 2) if beside else terminal
    crowded = crowded_lines([*values, *chain(*derivatives)], interval, part)
    notes = [*_sentence(largest), *missing_lines(values, interval), *crowded]
    check_height(height, values, part, notes)
    if beside:
        pictures = [
            curve_chart(values, part, title=title, x_range=interval, height=total - len(notes), annotations=mark),
            *(
                curve_chart(curves, part, title=_titled(order), x_range=interval, height=total - len(notes))
                for order, curves in enumerate(derivatives, start=1)
            ),
        ]
        return grid(pictures, 2, part.width) + "".join(f"{cut(note, terminal)}\n" for note in notes)
    lower = max((total - len(notes)) * 2 // (3 + 2 * len(derivatives)), SMALLEST_CHART)
    if (upper := total - lower * len(derivatives)) < SMALLEST_CHART:  # no room for all: they follow further down
        upper = lower = total
    stacked: dict[str, Any] = {"x_range": interval, "square": False, "label_width": LABEL_WIDTH}
    return curve_chart(
        values, terminal, title=title, height=upper, annotations=replace(mark, notes=notes), **stacked
    ) + "".join(
        curve_chart(curves, terminal, title=_titled(order), height=lower, legend=False, marked=True, **stacked)
        for order, curves in enumerate(derivatives, start=1)
    )


def _titled(order: int) -> str:
    return "their slopes" if order == 1 else f"their derivatives of order {order}"


def _multiples(
    values: Sequence[Curve],
    derivatives: Sequence[Sequence[Curve]],
    largest: Difference,
    terminal: Terminal,
    title: str,
    interval: tuple[float, float],
    total: int,
) -> str:
    """A small chart each, with the same axes."""
    notes = [*_sentence(largest), *missing_lines(values, interval)]
    room_for_panels = total - 2 - len(notes)
    across, width, each = shape(len(values), terminal.width, room_for_panels, NARROWEST_PANEL, SMALLEST_PANEL)
    panel = replace(terminal, width=width)
    notes += crowded_lines([*values, *chain(*derivatives)], interval, panel)
    reach = max(map(abs, interval))
    limits = y_range([evenly(curve, *interval) for curve in (*values, *chain(*derivatives))], reach)
    pictures = []
    for index, (value, *others) in enumerate(zip(values, *derivatives, strict=True)):
        style = look(index)
        name = cut(f"{style.mark(terminal.unicode)} {value.label}", panel)
        broken = [replace(other, look=style, dash=DASHES[min(k, len(DASHES) - 1)]) for k, other in enumerate(others, 1)]
        curves = [replace(value, look=style), *broken]
        mark = _mark(largest) if value.label in (largest.a, largest.b) else NOTHING
        picture = curve_chart(
            curves, panel, x_range=interval, y_limits=limits, height=each - 1, legend=False, annotations=mark
        )
        pictures.append(f"{terminal.paint(name, style.colour)}\n{picture}")
    solid = {0: "", 1: "solid: the function, broken: its slope"}.get(
        len(derivatives), "solid: the function, broken: its derivatives"
    )
    heading = [cut(line, terminal) for line in (title, solid) if line]
    above = "".join(f"{line}\n" for line in heading)
    below = "".join(f"{cut(note, terminal)}\n" for note in notes)
    return above + grid(pictures, across, panel.width) + below


def _mark(largest: Difference) -> Annotations:
    """A dotted line through the place where two curves are farthest apart."""
    if not largest.max_abs > 0.0:
        return NOTHING
    return Annotations(uprights=[Upright(largest.at, -inf, inf, BACKGROUND)])


def _sentence(largest: Difference) -> list[str]:
    if not isfinite(largest.at):
        return []
    if largest.max_abs == 0.0:
        return ["no difference between them"]
    size, at = format_number(largest.max_abs), format_number(largest.at)
    return [f"largest difference: {size} between {largest.a} and {largest.b} at x = {at} (dotted line)"]


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


_DIGITS_OF_PROPERTIES = 4
# A column is as wide as its longest cell, but no wider than this while others need the room, and never narrower
# than that: then the rest of the columns follow in a further panel.
WIDEST, NARROWEST = 24, 11


def property_table(cards: Sequence[Properties], terminal: Terminal) -> str:
    """A column for each activation, with its look in the chart; long cells are folded, and panels follow each other."""
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
    """What each column needs, cut down evenly from the widest where the room does not suffice."""
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
    style = look(index)
    marked = style.mark(terminal.unicode) + text[1:] if first else text
    return terminal.paint(marked, style.colour) if text.strip() else text
