"""Interface to plotext: from axes, dots and markers to lines of text.

plotext has one figure per process, rounds positions of ticks and of dots in different ways, and cuts pictures at the
size of the real terminal. Therefore the figure is cleared for each picture, its positions are exact dots and cells, and
its limits are lifted.
"""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from actcli.views.colours import in_colours
from actcli.views.palette import AXIS_COLOUR
from actcli.views.picture.dots import DotAxis, Ticks
from actcli.views.terminal import Terminal

# Smallest picture that shows anything.
SMALLEST_WIDTH, SMALLEST_HEIGHT = 8, 3
# Smallest picture with room for ticks.
WIDTH_WITH_TICKS, HEIGHT_WITH_TICKS = 18, 5

# A run of characters and the ANSI colour before it, if any.
_RUN = re.compile(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)")


@dataclass(frozen=True)
class Stroke:
    """Dots of one look; all are inside of the canvas."""

    x: list[int]
    y: list[int]
    marker: str
    colour: int


@dataclass(frozen=True)
class Mark:
    """Single characters at cells."""

    x: list[int]
    y: list[int]
    marker: str
    colour: int


@dataclass(frozen=True)
class Frame:
    """The canvas: axes, ticks (None: no such axis), whether a zero line is drawn, label of x."""

    x: DotAxis
    y: DotAxis
    x_ticks: Ticks | None
    y_ticks: Ticks | None
    zero: bool
    x_label: str

    @property
    def margin(self) -> int:
        """Columns left of the canvas."""
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
    """A frame of `columns` x `rows`, with ticks and label if they leave enough room for the canvas.

    axes: (columns, rows) of the canvas -> both axes
    """
    has_x_ticks, has_y_ticks = rows >= HEIGHT_WITH_TICKS + bool(x_label), columns >= WIDTH_WITH_TICKS
    rows -= (2 + bool(x_label)) * has_x_ticks
    margin = 0
    while True:  # the width of y's labels and the axes depend on each other
        x, y = axes(columns - margin, rows)
        below, side = x_ticks(x) if has_x_ticks else None, y_ticks(y) if has_y_ticks else None
        frame = Frame(x, y, below, side, zero, x_label)
        if frame.margin <= margin:
            return frame
        margin = frame.margin


@cache
def _plotext() -> Any:
    """plotext without its manual, which it puts together at each import: two thirds of the time."""
    manual, tools = ModuleType("plotext._doc"), ModuleType("plotext._doc_utils")
    vars(tools).update(add=lambda function: function, documentation=None)
    for module in (manual, tools):
        sys.modules.setdefault(module.__name__, module)
    import plotext

    return plotext


def draw(frame: Frame, strokes: Sequence[Stroke], marks: Sequence[Mark], terminal: Terminal) -> list[str]:
    """Lines of the picture, from the top, in the terminal's characters and colours."""
    figure = _plotext()
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
    """The line below the axis: each label under its tick, unless it touches the one before.

    plotext places them in the order of a set of strings, which differs between processes.
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
    """Dots as fractions of cells that plotext maps back to the same dots."""
    per_x = (frame.x.cells - 1) / max(frame.x.last_dot, 1)
    per_y = (frame.y.cells - 1) / max(frame.y.last_dot, 1)
    return [dot * per_x for dot in x], [dot * per_y for dot in y]


def _lines(picture: str, terminal: Terminal) -> list[str]:
    """Lines of plotext's picture, without superfluous resets and trailing blanks."""
    return [_line(line, terminal).rstrip() for line in picture.split("\n")[:-1]]


def _line(line: str, terminal: Terminal) -> str:
    runs = [(colour, terminal.text(text)) for colour, text in _RUN.findall(line)]
    if not terminal.colour:
        return "".join(text for _, text in runs)
    coloured = (f"\x1b[{colour}m{text}\x1b[0m" if colour.strip("0") else text for colour, text in runs)
    return in_colours("".join(coloured), terminal.colours)
