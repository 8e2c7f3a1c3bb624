"""plotext, kept in one place: a frame of axes, dots and markers in, lines of text out.

plotext has one figure for the whole process, rounds to cells in one way for ticks and in another for dots,
and cuts pictures at the size of the real terminal. So the figure is cleared each time, it is given positions
in dots and cells that leave it nothing to round, and its limits are lifted.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotext

from actcli.views.colours import in_colours
from actcli.views.palette import AXIS_COLOUR
from actcli.views.picture.dots import DotAxis, Ticks
from actcli.views.terminal import Terminal

# Below this size of the picture there is nothing to see.
SMALLEST_WIDTH, SMALLEST_HEIGHT = 8, 3
# Below this one ticks would take too much of the curve's room.
WIDTH_WITH_TICKS, HEIGHT_WITH_TICKS = 18, 5

# A run of characters and the ANSI colour before it, if any.
_RUN = re.compile(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)")


@dataclass(frozen=True)
class Stroke:
    """Dots of one look, inside of the canvas."""

    x: list[int]
    y: list[int]
    marker: str
    colour: int


@dataclass(frozen=True)
class Mark:
    """Characters that stand alone; the positions are cells."""

    x: list[int]
    y: list[int]
    marker: str
    colour: int


@dataclass(frozen=True)
class Frame:
    """The canvas: its axes, its ticks (None: no such axis), whether zero is drawn, and what x is."""

    x: DotAxis
    y: DotAxis
    x_ticks: Ticks | None
    y_ticks: Ticks | None
    zero: bool
    x_label: str

    @property
    def margin(self) -> int:
        """The columns left of the canvas."""
        return 0 if self.y_ticks is None else self.y_ticks.width + 1


def framed(
    columns: int,
    rows: int,
    axes: Callable[[int, int], tuple[DotAxis, DotAxis]],
    *,
    x_ticks: Callable[[DotAxis], Ticks],
    y_ticks: Callable[[DotAxis], Ticks],
    x_label: str,
    zero: bool,
) -> Frame:
    """A frame that takes so much room, with ticks and label as far as they leave enough of it for the picture.

    axes: both of them for the columns and rows that are left to the picture
    """
    has_x_ticks, has_y_ticks = rows >= HEIGHT_WITH_TICKS + bool(x_label), columns >= WIDTH_WITH_TICKS
    rows -= (2 + bool(x_label)) * has_x_ticks
    margin = 0
    while True:  # the labels of y take from the width, which through the axes may change the labels
        x, y = axes(columns - margin, rows)
        below, side = x_ticks(x) if has_x_ticks else None, y_ticks(y) if has_y_ticks else None
        frame = Frame(x, y, below, side, zero, x_label)
        if frame.margin <= margin:
            return frame
        margin = frame.margin


def draw(frame: Frame, strokes: Sequence[Stroke], marks: Sequence[Mark], terminal: Terminal) -> list[str]:
    """The lines of the picture, from the top, in the characters and colours of `terminal`."""
    figure: Any = plotext
    figure.clear_figure()
    figure.limit_size(False, False)
    figure.plot_size(frame.margin + frame.x.cells, frame.y.cells + 2 * (frame.x_ticks is not None))
    figure.theme("clear")
    figure.ticks_color(AXIS_COLOUR)
    _axes(figure, frame)
    for stroke in strokes:
        figure.scatter(*_in_cells(frame, stroke.x, stroke.y), marker=stroke.marker, color=stroke.colour)
    for mark in marks:
        figure.scatter(mark.x, mark.y, marker=mark.marker, color=mark.colour)
    lines = _lines(figure.build(), terminal)
    if frame.x_ticks is None:
        return lines
    label = [(" " * frame.margin + frame.x_label.center(frame.x.cells)).rstrip()] if frame.x_label else []
    return [*lines[:-1], _labels(frame, frame.x_ticks, terminal), *label]


def _axes(figure: Any, frame: Frame) -> None:
    figure.xlim(0, frame.x.cells - 1)
    figure.ylim(0, frame.y.cells - 1)
    figure.xaxes(frame.x_ticks is not None, False)
    figure.yaxes(frame.y_ticks is not None, False)
    x_ticks, y_ticks = frame.x_ticks or Ticks([], []), frame.y_ticks or Ticks([], [])
    figure.xticks(x_ticks.cells, ["" for _ in x_ticks.cells])
    figure.yticks(y_ticks.cells, y_ticks.labels)
    if frame.zero and 0 in frame.y:
        figure.hline(frame.y.cell(0), AXIS_COLOUR)
    if frame.zero and 0 in frame.x:
        figure.vline(frame.x.cell(0), AXIS_COLOUR)


def _labels(frame: Frame, ticks: Ticks, terminal: Terminal) -> str:
    """The line below the axis: each label under its tick, if it does not touch the one before.

    plotext sets them in the order of a set of texts, which is another one in each process: now this label has room
    and now that.
    """
    line, end = "", 0
    for cell, label in sorted(zip(ticks.cells, ticks.labels, strict=True)):
        place = frame.margin + cell - len(label) // 2
        place = max(min(place, frame.margin + frame.x.cells - len(label)), 0)
        if end == 0 or place > end:
            line += " " * (place - end) + terminal.paint(terminal.text(label), AXIS_COLOUR)
            end = place + len(label)
    return line


def _in_cells(frame: Frame, x: list[int], y: list[int]) -> tuple[list[float], list[float]]:
    """Dots as fractions of cells, such that plotext's own mapping leads back to the dots."""
    per_x = (frame.x.cells - 1) / max(frame.x.last_dot, 1)
    per_y = (frame.y.cells - 1) / max(frame.y.last_dot, 1)
    return [dot * per_x for dot in x], [dot * per_y for dot in y]


def _lines(picture: str, terminal: Terminal) -> list[str]:
    """plotext's picture without what it does not need: resets after nothing, blanks at the end of a line."""
    return [_line(line, terminal).rstrip() for line in picture.split("\n")[:-1]]


def _line(line: str, terminal: Terminal) -> str:
    runs = [(colour, terminal.text(text)) for colour, text in _RUN.findall(line)]
    if not terminal.colour:
        return "".join(text for _, text in runs)
    coloured = (f"\x1b[{colour}m{text}\x1b[0m" if colour.strip("0") else text for colour, text in runs)
    return in_colours("".join(coloured), terminal.colours)
