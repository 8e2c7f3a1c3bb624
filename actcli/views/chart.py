"""Charts: curves over x, norms over depth on a logarithmic axis, and pictures beside and below each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from math import ceil, floor, log

import numpy as np

from actcli.core.errors import InputError
from actcli.views.axis import (
    Axis,
    Span,
    axis_across,
    axis_up,
    decade_ticks,
    decades_up,
    layer_ticks,
    linear_ticks,
    nice_step,
    span_across,
    span_up,
    squared,
)
from actcli.views.canvas import HEIGHT_WITH_TICKS, SMALLEST_HEIGHT, SMALLEST_WIDTH, Mark, Stroke, draw, framed
from actcli.views.curve import (
    Curve,
    Dots,
    Points,
    Upright,
    band,
    dotted,
    evenly,
    interpolated,
    landmarks,
    points,
    spread,
    strokes,
    y_range,
)
from actcli.views.palette import BACKGROUND, Look, look
from actcli.views.terminal import Terminal, cut, wrapped

SMALLEST_CHART, TALLEST_CHART = 8, 22
"""Lines of a chart with its title and legend, below and above which a report does not go."""


@dataclass(frozen=True, eq=False)
class Annotations:
    """What a chart shows beside its curves.

    lines:    broken grey lines, as tangents
    uprights: the same, straight up
    points:   markers on top of everything
    notes:    sentences below the picture
    """

    lines: Sequence[Curve] = ()
    uprights: Sequence[Upright] = ()
    points: Sequence[Points] = ()
    notes: Sequence[str] = ()


NOTHING = Annotations()


def curve_chart(
    series: Sequence[Curve],
    terminal: Terminal,
    *,
    title: str = "",
    x_range: tuple[float, float] | None = None,
    y_limits: tuple[float, float] | None = None,
    height: int | None = None,
    legend: bool | None = None,
    marked: bool | None = None,
    square: bool = True,
    label_width: int = 0,
    annotations: Annotations = NOTHING,
) -> str:
    """The curves in one picture of at most `terminal.width` columns and `height` lines, title and notes included.

    Values that are not finite are left out. By default it leaves a line each for the command and the prompt, has a
    legend (and `marked` curves) when there are several, and shows all of them in y but what shoots up beside a pole.
    `square`: one unit as long across as up where that can be; `label_width`: the least for the labels of y.
    """
    legend = len(series) > 1 if legend is None else legend
    marked = legend if marked is None else marked
    shown = [curve.finite() for curve in series]
    notes = [line for note in annotations.notes for line in wrapped(note, terminal)]
    if not any(curve.x.size for curve in shown):
        return _text([cut(f"no finite values to draw: {title}", terminal), *notes], terminal)
    heading, columns, rows = _layout(series, terminal, title, height, legend, len(notes))
    if columns < SMALLEST_WIDTH or rows < SMALLEST_HEIGHT:
        return _too_small(title, terminal, notes)
    x_dots, y_dots = terminal.dots
    x_low, x_high = x_range or spread([curve.x for curve in shown])
    reach = max(abs(x_low), abs(x_high))
    y_low, y_high = y_limits or y_range([evenly(curve, x_low, x_high) for curve in series], reach)

    def axes(columns: int, rows: int) -> tuple[Axis, Axis]:
        across, up = span_across(x_low, x_high, columns, x_dots), span_up(y_low, y_high, rows, y_dots)
        return squared(across, up) if square else (axis_across(across), axis_up(up))

    frame = framed(columns, rows, axes, y_ticks=partial(linear_ticks, label_width=label_width))
    x, y, grey = frame.x, frame.y, BACKGROUND
    lines = [
        Stroke.of(dots, grey, terminal, joined=False) for u in annotations.uprights if (dots := dotted(u, x, y))[0]
    ]
    for line in annotations.lines:
        lines += _strokes(line, line.look or grey, x, y, terminal)
    marks = []
    for index, curve in reversed([*enumerate(series)]):  # the first is drawn last, over the others
        style = curve.look or look(index)
        lines += _strokes(curve, style, x, y, terminal)
        if terminal.unicode and marked:
            marks.append(Mark(*landmarks(curve, x, y, index, len(series)), style.marker, style.colour))
    for spots in annotations.points:
        cells = points(Curve("", spots.x, spots.y), x, y)
        marks.append(Mark(*cells, spots.look.mark(terminal.unicode), spots.look.colour))
    return _text([*heading, *draw(frame, lines, marks, terminal), *notes], terminal)


def _strokes(curve: Curve, style: Look, x: Axis, y: Axis, terminal: Terminal) -> list[Stroke]:
    pieces = strokes(interpolated(curve, x), x, y)
    drawn = [Stroke.of(dots, style, terminal, joined=curve.dash is None and len(dots[0]) > 1) for dots in pieces]
    filled = band(curve, x, y)
    return [*drawn, Stroke.of(filled, style, terminal, joined=False)] if filled[0] else drawn


def log_chart(
    series: Sequence[Curve],
    terminal: Terminal,
    *,
    title: str = "",
    x_label: str = "",
    height: int | None = None,
) -> str:
    """Norms (y > 0) over layers (x = 1, 2, …), with powers of ten up the side.

    Zeros and what is not finite are left out.
    """
    curves = [_logarithm(curve) for curve in series]
    shown = [curve.finite() for curve in curves]
    if not any(curve.x.size for curve in shown):
        return _text([cut(f"no positive finite values to draw: {title}", terminal)], terminal)
    heading, columns, rows = _layout(series, terminal, title, height, legend=True, notes=0)
    if columns < SMALLEST_WIDTH or rows < SMALLEST_HEIGHT:
        return _too_small(title, terminal, [])
    x_dots, y_dots = terminal.dots
    decades = np.concatenate([curve.y for curve in shown])
    high = ceil(decades.max())
    low = min(floor(decades.min()), high - 2)
    first, last = spread([curve.x for curve in shown])

    def axes(columns: int, rows: int) -> tuple[Axis, Axis]:
        across = Span(first, last, max(nice_step(last - first, columns // 5), 1.0), columns, x_dots)
        return axis_across(across), decades_up(low, high, rows, y_dots)

    y_ticks = partial(decade_ticks, unicode=terminal.unicode)
    frame = framed(columns, rows, axes, x_ticks=layer_ticks, y_ticks=y_ticks, x_label=x_label, zero=False)
    x, y = frame.x, frame.y

    lines: list[Stroke] = []
    styles = [curve.look or look(index) for index, curve in enumerate(curves)]
    for curve, style in reversed([*zip(curves, styles, strict=True)]):
        if terminal.unicode:
            lines += _strokes(curve, style, x, y, terminal)
    marked = _in_turns([points(curve, x, y) for curve in curves])
    marks = [
        Mark(*cells, style.mark(terminal.unicode), style.colour) for cells, style in zip(marked, styles, strict=True)
    ]
    return _text([*heading, *draw(frame, lines, marks, terminal)], terminal)


def _in_turns(curves: Sequence[Dots]) -> list[Dots]:
    """The curves' cells; where several meet, one after the other has them, so that none hides another."""
    claims: dict[tuple[int, int], list[int]] = {}
    for index, cells in enumerate(curves):
        for cell in zip(*cells, strict=True):
            claims.setdefault(cell, []).append(index)
    shared: list[Dots] = [([], []) for _ in curves]
    turn = 0
    for (column, row), owners in sorted(claims.items()):
        owner = shared[owners[turn % len(owners)]]
        owner[0].append(column)
        owner[1].append(row)
        turn += len(owners) > 1
    return shared


def _logarithm(curve: Curve) -> Curve:
    positive = np.isfinite(curve.y) & (curve.y > 0)
    return replace(curve, y=np.log10(curve.y, where=positive, out=np.full(curve.y.shape, np.nan)))


def _layout(
    series: Sequence[Curve], terminal: Terminal, title: str, height: int | None, legend: bool, notes: int
) -> tuple[list[str], int, int]:
    """The lines above the picture, and how many columns and lines are left for it above so many notes.

    A title that would leave no room for the picture with its axis is dropped.
    """
    total = room(terminal) if height is None else height
    entries = _legend(series, terminal) if legend else []
    heading = [*([cut(title, terminal)] if title else []), *entries]
    total -= notes
    if total - len(heading) < HEIGHT_WITH_TICKS:
        heading = entries
    return heading, terminal.width, total - len(heading)


def check_height(height: int | None, series: Sequence[Curve], terminal: Terminal, notes: Sequence[str] = ()) -> None:
    """Raise InputError where the height that the user asks for has no room for the axis below the curves."""
    legend = _legend(series, terminal) if len(series) > 1 else []
    least = len(legend) + HEIGHT_WITH_TICKS + sum(len(wrapped(note, terminal)) for note in notes)
    check_lines(height, least)


def check_lines(height: int | None, least: int) -> None:
    if height is not None and height < least:
        raise InputError(f"--size: {height} lines, and this chart takes {least} or more")


def room(terminal: Terminal) -> int:
    """The lines of a picture that leaves one for the command and one for the prompt."""
    tallest = max(22, round(0.28 * terminal.width))  # beyond that a wide screen's picture is no better
    return min(terminal.height - (2 if terminal.height > 8 else 1), tallest)


def _legend(series: Sequence[Curve], terminal: Terminal) -> list[str]:
    """As many entries a line as fit."""
    lines: list[str] = []
    used = terminal.width
    for index, curve in enumerate(series):
        style = curve.look or look(index)
        label = cut(curve.label, terminal, terminal.width - 2)
        entry = f"{terminal.paint(style.mark(terminal.unicode), style.colour)} {label}"
        width = 2 + len(label)
        if lines and used + 3 + width <= terminal.width:
            lines[-1] += "   " + entry
            used += 3 + width
        else:
            lines.append(entry)
            used = width
    return lines


def _too_small(title: str, terminal: Terminal, notes: Sequence[str]) -> str:
    return _text([cut(f"no room for a chart: {title}", terminal), *notes], terminal)


def _text(lines: Sequence[str], terminal: Terminal) -> str:
    return "".join(f"{terminal.text(line)}\n" for line in lines)


# The width of a panel in columns by its height in lines: characters are about twice as high as wide.
_ASPECT = 2.2
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
GAP = 2


def shape(count: int, width: int, height: int, narrowest: int, shortest: int) -> tuple[int, int, int]:
    """In how many columns so many panels are set, and how wide and high each is: as near to a good shape as it goes.

    Where `height` has no room for panels of `shortest` lines they are as few lines below each other as can be.
    """
    most = max(min((width + GAP) // (narrowest + GAP), count), 1)
    shapes = []
    for columns in range(1, most + 1):
        rows = -(-count // columns)
        if -(-count // rows) == columns:  # as even as it goes
            shapes.append((columns, (width + GAP) // columns - GAP, height // rows))
    fitting = [each for each in shapes if each[2] >= shortest] or [(*shapes[-1][:2], shortest)]
    return min(fitting, key=lambda each: abs(log(each[1] / each[2] / _ASPECT)))


def visible(line: str) -> int:
    """The columns that a line takes."""
    return len(_ESCAPE.sub("", line))


def grid(pictures: Sequence[str], columns: int, width: int) -> str:
    """The pictures, each at most `width` columns wide, in rows of so many."""
    rows = [pictures[first : first + columns] for first in range(0, len(pictures), columns)]
    return "".join(_row(row, width) for row in rows)


def _row(pictures: Sequence[str], width: int) -> str:
    lines = zip_longest(*(picture.splitlines() for picture in pictures), fillvalue="")
    return "".join(_beside(parts, width) + "\n" for parts in lines)


def _beside(parts: Sequence[str], width: int) -> str:
    padded = (part + " " * (width + GAP - visible(part)) for part in parts)
    return "".join(padded).rstrip()
