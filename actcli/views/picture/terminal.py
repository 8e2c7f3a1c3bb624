"""Painter for the terminal: a picture in characters, at the terminal's size."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from math import log

import numpy as np

from actcli.core.errors import InputError
from actcli.views.palette import AXIS_COLOUR, appearance_of
from actcli.views.picture.canvas import (
    HEIGHT_WITH_TICKS,
    SMALLEST_HEIGHT,
    SMALLEST_WIDTH,
    Frame,
    Mark,
    Stroke,
    draw,
    framed,
)
from actcli.views.picture.description import Axis, Curve, Panel, Picture, Style, Trail, shared_scale
from actcli.views.picture.dots import DotAxis, axis_across, axis_up, span_of, squared, ticks_of
from actcli.views.picture.raster import (
    Dots,
    crowded_lines,
    filled,
    hatched,
    landmarks,
    level,
    line,
    outside,
    path,
    points,
    shared,
    trail_dots,
    upright,
)
from actcli.views.terminal import Terminal, cut, wrapped

SMALLEST_CHART, TALLEST_CHART = 8, 22
"""Least and most lines of a chart with title and legend in a report."""
ROOMY_CHART = 12
"""Lines per panel that leave room for extra panels."""

# Panels beside each other.
NARROWEST_PANEL, NARROWEST_MAP, WIDEST_PANEL, SHORTEST_PANEL, SHORTEST_STRIP = 18, 15, 78, 7, 4
# Least width of a terminal for stacked panels beside each other.
SIDE_BY_SIDE = 120
LABEL_WIDTH = 4
GAP = 2
# Columns per line of a well-shaped panel; characters are about twice as high as wide.
_ASPECT = 2.2


def paint(picture: Picture, terminal: Terminal, height: int | None = None, *, strict: bool = False) -> str:
    """The picture in at most `terminal.width` columns and `height` lines, with title, legend and notes.

    height: default: the terminal's, less a line each for command and prompt
    strict: InputError if the height has no room for the picture
    """
    name = picture.title or picture.panels[0].title
    stacked = picture.arrangement == "stack"
    panels = [panel for panel in picture.panels if not (panel.empty and (panel.extra or stacked))]
    notes = [line for note in picture.notes for line in wrapped(note, terminal)]
    if all(panel.empty for panel in panels):
        kind = "positive finite" if any(panel.y.scale == "log" for panel in picture.panels) else "finite"
        return _text([cut(f"no {kind} values to draw: {name}", terminal), *notes], terminal)
    total = room(terminal) if height is None else height
    if terminal.width >= SIDE_BY_SIDE or total < len(panels) * ROOMY_CHART:
        panels = [panel for panel in panels if not panel.extra] or panels[:1]
    legend = _legend(picture.legend, terminal)
    if (scale := shared_scale(panels)) is not None:
        from actcli.views.picture import heat

        legend.append(heat.scale_line(scale, terminal))
    if strict and height is not None:
        least = len(legend) + HEIGHT_WITH_TICKS + (len(notes) if len(panels) == 1 else 2)
        if height < least:
            raise InputError(f"--size x{height}: this picture takes {least} lines or more")
    titles = [cut(text, terminal) for text in (picture.title, picture.subtitle) if text]
    left = total - len(titles) - len(legend)
    if len(panels) == 1:
        titles += _heading(panels[0], terminal)
        panels = [replace(panels[0], title="", x=_labelled(panels[0], picture))]
        notes += _crowded(panels, terminal)
        if total - len(notes) - len(titles) - len(legend) < HEIGHT_WITH_TICKS:
            titles = []
        body = _panel(panels[0], terminal, total - len(notes) - len(titles) - len(legend), picture)
    elif stacked:
        body, crowded = _stacked(picture, panels, terminal, left - len(notes))
        notes += crowded
    else:
        body, notes = _gridded(picture, panels, terminal, left, notes)
    if not body:
        return _text([cut(f"no room for a chart: {name}", terminal), *notes], terminal)
    return _text([*titles, *legend, *body, *notes], terminal)


def room(terminal: Terminal) -> int:
    """Lines of a picture that leaves a line each for command and prompt."""
    tallest = max(22, round(0.28 * terminal.width))  # a higher picture is no better
    return min(terminal.height - (2 if terminal.height > 8 else 1), tallest)


def _gridded(
    picture: Picture, panels: Sequence[Panel], terminal: Terminal, total: int, notes: list[str]
) -> tuple[list[str], list[str]]:
    """Lines of the panels in rows, and the notes that fit below them."""
    left = total - len(notes)
    across, width, each = _shape(picture, len(panels), terminal, left)
    if left < SHORTEST_PANEL and across == len(panels):  # one row: leave out the notes
        notes, each = [], total
    small = replace(terminal, width=width if panels[0].bare else min(width, WIDEST_PANEL))
    crowded = _crowded(panels, small)
    each -= -(-len(crowded) // -(-len(panels) // across)) if each > SHORTEST_PANEL else 0
    parts = [_panel(panel, small, each, picture) for panel in panels]
    return grid(parts, across, small.width), [*notes, *crowded]


def _shape(picture: Picture, count: int, terminal: Terminal, left: int) -> tuple[int, int, int]:
    """(columns, width, height) of the panels: the picture's columns or a divisor of them, else the best shape."""
    most = picture.columns or 0
    least = NARROWEST_MAP if all(panel.heat is not None for panel in picture.panels) else NARROWEST_PANEL
    shortest = SHORTEST_STRIP if picture.panels[0].bare else SHORTEST_PANEL
    for columns in range(most, 1 if count > most > 1 else most - 1, -1):
        width = (terminal.width + GAP) // max(columns, 1) - GAP
        if columns and most % columns == 0 and width >= least:
            return columns, width, max(left // -(-count // columns), shortest)
    return shape(count, terminal.width, left)


def _stacked(
    picture: Picture, panels: Sequence[Panel], terminal: Terminal, total: int
) -> tuple[list[str], Sequence[str]]:
    """Lines of the panels below each other, or beside each other on a wide or a low terminal, and notes."""
    columns, _, _ = shape(len(panels), terminal.width, total)
    if terminal.width >= SIDE_BY_SIDE or (columns == len(panels) and total < len(panels) * ROOMY_CHART):
        small = replace(terminal, width=(terminal.width + GAP) // len(panels) - GAP)
        crowded = _crowded(panels, small)
        parts = [_panel(each, small, total - len(crowded), picture) for each in panels]
        return grid(parts, len(panels), small.width), crowded
    crowded = _crowded(panels, terminal)
    total -= len(crowded)
    lower = max(total * 2 // (2 * len(panels) + 1), SMALLEST_CHART)
    first = total - lower * (len(panels) - 1)
    if first < SMALLEST_CHART:  # no room for all on the screen: the others follow below it
        first = lower = total
    heights = [first, *[lower] * (len(panels) - 1)]
    parts = [
        _panel(replace(panel, square=False), terminal, lines, picture, label_width=LABEL_WIDTH)
        for panel, lines in zip(panels, heights, strict=True)
    ]
    return [text for part in parts for text in part], crowded


def _crowded(panels: Sequence[Panel], terminal: Terminal) -> list[str]:
    linear = [panel for panel in panels if (panel.x.scale, panel.y.scale) == ("linear", "linear")]
    curves = [
        curve
        for panel in linear
        for curve in panel.curves
        if curve.label and not curve.measured and curve.finite().x.size
    ]
    if not curves:
        return []
    texts = crowded_lines(curves, (linear[0].x.low, linear[0].x.high), terminal)
    return [part for text in texts for part in wrapped(text, terminal)]


def _panel(panel: Panel, terminal: Terminal, rows: int, picture: Picture, label_width: int = 0) -> list[str]:
    """Lines of one panel with its title; none without room."""
    heading = _heading(panel, terminal)
    if panel.heat is not None and not panel.empty:
        from actcli.views.picture import heat

        if shared_scale(picture.panels) is None:
            heading.append(heat.scale_line(panel.heat, terminal))
    rows -= len(heading)
    if terminal.width < SMALLEST_WIDTH or rows < SMALLEST_HEIGHT:
        return []
    if panel.empty:
        return [*heading, cut(f"no finite values to draw: {panel.title}", terminal)]
    x_dots, y_dots = terminal.dots if panel.heat is None else heat.pixels(terminal)

    def axes(columns: int, rows: int) -> tuple[DotAxis, DotAxis]:
        across, up = span_of(panel.x, columns, x_dots, up=False), span_of(panel.y, rows, y_dots, up=True)
        return squared(across, up) if panel.square else (axis_across(across), axis_up(up))

    if panel.bare and panel.heat is not None:
        across, up = _even(panel.x, terminal.width, x_dots), _even(panel.y, rows, y_dots)
        canvas = Frame(across, up, None, None, zero=False, x_label="")
        standing = _marks(panel, canvas, picture, terminal)
        bare = {cell: each.marker for each in standing for cell in zip(each.x, each.y, strict=True)}
        return [*heading, *heat.heat_rows(panel, canvas.x, canvas.y, terminal, bare)]
    ticks = partial(ticks_of, unicode=terminal.unicode)
    frame = framed(
        terminal.width,
        rows,
        axes,
        x_ticks=lambda axis: ticks(panel.x, axis, up=False),
        y_ticks=lambda axis: ticks(panel.y, axis, up=True, label_width=label_width),
        x_label=terminal.text(_labelled(panel, picture).label),
        zero=not panel.x.counted and (panel.x.scale, panel.y.scale) == ("linear", "linear") and panel.heat is None,
    )
    marks = [*_marks(panel, frame, picture, terminal)]
    if panel.heat is None:
        return [*heading, *draw(frame, _strokes(panel, frame, terminal), marks, terminal)]
    trails = (_on_axes(trail, panel) for trail in panel.trails)
    on_map = heat.trail_cells(trails, frame.x, frame.y, terminal.unicode)
    on_map |= {cell: mark.marker for mark in marks for cell in zip(mark.x, mark.y, strict=True)}
    corner = Mark([0], [0], "+", 0)  # plotext draws axes only with some content
    around = draw(frame, [], [corner], replace(terminal, colour=False))
    painted = [
        terminal.paint(side[: frame.margin], AXIS_COLOUR) + row
        for side, row in zip(around, heat.heat_rows(panel, frame.x, frame.y, terminal, on_map), strict=False)
    ]
    below = [terminal.paint(line, AXIS_COLOUR) for line in around[len(painted) :]]
    return [*heading, *(line.rstrip() for line in painted), *below]


def _even(axis: Axis, cells: int, dots: int) -> DotAxis:
    """An axis from 0 over all cells."""
    return DotAxis(0, axis.high / (cells * dots), cells, dots, axis.high)


def _labelled(panel: Panel, picture: Picture) -> Axis:
    """The horizontal axis, without a label that repeats a title."""
    return replace(panel.x, label="") if panel.x.label in f"{picture.title} {panel.title}" else panel.x


def _heading(panel: Panel, terminal: Terminal) -> list[str]:
    if not panel.title:
        return []
    if panel.style is None:
        return [cut(panel.title, terminal)]
    return [_entry(panel.title, panel.style, terminal)[0]]


def _strokes(panel: Panel, frame: Frame, terminal: Terminal) -> list[Stroke]:
    """All elements made of dots, in the order of painting."""
    x, y = frame.x, frame.y
    inked: list[tuple[Dots, Style]] = [
        (filled(each, panel.x.place(each.edges), panel.y.place(each.height), x, y), each.style)
        for each in panel.histograms
    ]
    inked += [(line(_placed(curve, panel), x, y), curve.style) for curve in panel.curves if curve.finite().x.size]
    inked += [(trail_dots(_on_axes(each, panel), x, y), each.style) for each in panel.trails]
    parts = [part for part, _ in inked]
    inks = [*zip(shared(parts, x, y), [style for _, style in inked], strict=True)] if inked else []
    for band in panel.bands:
        edges = (panel.x.place(band.x), panel.y.place(band.low), panel.y.place(band.high))
        inks.append((outside(hatched(*edges, x, y), parts, x, y), band.style))
    guides = [
        (line if (np.diff(curve.x) > 0.0).all() else path)(_placed(curve, panel), x, y)
        for curve in panel.guides
        if curve.finite().x.size
    ]
    for rule in panel.rules:
        if rule.x is not None:
            guides.append(upright(_position(rule.x, panel.x), x, y))
        if rule.y is not None:
            guides.append(level(_position(rule.y, panel.y), x, y))
    inks += [(outside(dots, parts, x, y), Style("guide")) for dots in guides]
    linking = not terminal.unicode and any(curve.measured for curve in panel.curves)
    strokes = []
    for (across, up), style in inks:
        if across.size:
            appearance = appearance_of(style)
            marker = "braille" if terminal.unicode else "." if linking else appearance.ascii_marker
            strokes.append(Stroke(across.tolist(), up.tolist(), marker, appearance.colour))
    return strokes


def _placed(curve: Curve, panel: Panel) -> Curve:
    return replace(curve, x=panel.x.place(curve.x), y=panel.y.place(curve.y))


def _on_axes(trail: Trail, panel: Panel) -> Trail:
    return replace(trail, x=panel.x.place(trail.x), y=panel.y.place(trail.y))


def _position(value: float, axis: Axis) -> float:
    return float(axis.place(np.array([value]))[0])


def _marks(panel: Panel, frame: Frame, picture: Picture, terminal: Terminal) -> Iterator[Mark]:
    x, y = frame.x, frame.y
    curves = [_placed(curve, panel) for curve in panel.curves]
    measured = [curve for curve in curves if curve.measured]
    for cells, curve in zip(_in_turns([points(curve, x, y) for curve in measured]), measured, strict=True):
        yield _mark(cells, curve.style, terminal)
    if terminal.unicode and picture.legend:
        plain = [curve for curve in curves if not curve.measured and curve.style.role == "member"]
        for index, curve in reversed([*enumerate(plain)]):
            if curve.finite().x.size:
                yield _mark(landmarks(curve, x, y, index, len(plain)), curve.style, terminal)
    for spike in panel.spikes:
        yield from _spike(x.cell(_position(spike.x, panel.x)), spike.style, x, y, terminal)
    for marks in panel.marks:
        yield _mark(points(_placed(Curve("", marks.x, marks.y), panel), x, y), marks.style, terminal)


def _mark(cells: tuple[list[int], list[int]], style: Style, terminal: Terminal) -> Mark:
    appearance = appearance_of(style)
    return Mark(*cells, appearance.mark(terminal.unicode), appearance.colour)


def _spike(column: int, style: Style, x: DotAxis, y: DotAxis, terminal: Terminal) -> Iterator[Mark]:
    if 0 <= column < x.cells:
        shaft = [*range(max(y.cell(0.0), 0), y.cells - 1)]
        body, head = ("┃", "▲") if terminal.unicode else ("|", "^")
        yield Mark([column] * len(shaft), shaft, body, appearance_of(style).colour)
        yield Mark([column], [y.cells - 1], head, appearance_of(style).colour)


def _in_turns(curves: Sequence[tuple[list[int], list[int]]]) -> list[tuple[list[int], list[int]]]:
    """Cells of the curves; where several meet they take turns, so that none hides another."""
    claims: dict[tuple[int, int], list[int]] = {}
    for index, cells in enumerate(curves):
        for cell in zip(*cells, strict=True):
            claims.setdefault(cell, []).append(index)
    turns: list[tuple[list[int], list[int]]] = [([], []) for _ in curves]
    turn = 0
    for (column, row), owners in sorted(claims.items()):
        owner = turns[owners[turn % len(owners)]]
        owner[0].append(column)
        owner[1].append(row)
        turn += len(owners) > 1
    return turns


# --- titles, legends, grids ----------------------------------------------------------------------------------------


def _legend(entries: Sequence[tuple[str, Style]], terminal: Terminal) -> list[str]:
    """Lines of a legend, with as many entries as fit."""
    lines: list[str] = []
    used = terminal.width
    for label, style in entries:
        entry, width = _entry(label, style, terminal)
        if lines and used + 3 + width <= terminal.width:
            lines[-1] += "   " + entry
            used += 3 + width
        else:
            lines.append(entry)
            used = width
    return lines


def _entry(label: str, style: Style, terminal: Terminal) -> tuple[str, int]:
    """Text of marker and label, and its width in columns."""
    appearance, text = appearance_of(style), cut(label, terminal, terminal.width - 2)
    return f"{terminal.paint(appearance.mark(terminal.unicode), appearance.colour)} {text}", 2 + len(text)


def _text(lines: Sequence[str], terminal: Terminal) -> str:
    return "".join(f"{terminal.text(line)}\n" for line in lines)


_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def shape(
    count: int, width: int, height: int, narrowest: int = NARROWEST_PANEL, shortest: int = SHORTEST_PANEL
) -> tuple[int, int, int]:
    """(columns, width, height) of `count` panels in a grid, with the shape nearest to _ASPECT.

    If `height` has no room for panels of `shortest` lines, the grid has as few rows as possible.
    """
    most = max(min((width + GAP) // (narrowest + GAP), count), 1)
    shapes = []
    for columns in range(1, most + 1):
        rows = -(-count // columns)
        if -(-count // rows) == columns:  # rows as even as possible
            shapes.append((columns, (width + GAP) // columns - GAP, height // rows))
    fitting = [each for each in shapes if each[2] >= shortest] or [(*shapes[-1][:2], shortest)]
    return min(fitting, key=lambda each: abs(log(each[1] / each[2] / _ASPECT)))


def visible(line: str) -> int:
    """Width of a line in columns, without ANSI codes."""
    return len(_ESCAPE.sub("", line))


def grid(pictures: Sequence[Sequence[str]], columns: int, width: int) -> list[str]:
    """Lines of pictures in a grid; width: of each picture in columns."""
    rows = [pictures[first : first + columns] for first in range(0, len(pictures), columns)]
    return [_beside(parts, width) for row in rows for parts in zip_longest(*row, fillvalue="")]


def _beside(parts: Sequence[str], width: int) -> str:
    padded = (part + " " * (width + GAP - visible(part)) for part in parts)
    return "".join(padded).rstrip()
