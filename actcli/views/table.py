"""Tables of one style: a bold header, a rule under it, columns two blanks apart.

Rich, which arranges several tables, is imported only where it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from actcli.views.colours import in_colours
from actcli.views.terminal import Terminal

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

_GAP = "  "

Ink = int | Literal["bold"] | None
"""A code of the 256 colours, bold, or None for plain text."""


@dataclass(frozen=True)
class Column:
    """A column of finished cells, one line each; the header may have several lines."""

    header: str
    cells: Sequence[str]
    align: Literal["left", "right"] = "right"
    colours: Sequence[int | None] | None = None
    """The colour of each cell."""

    @cached_property
    def width(self) -> int:
        return max(len(line) for text in (self.header, *self.cells) for line in text.split("\n"))

    def padded(self, text: str) -> str:
        return text.rjust(self.width) if self.align == "right" else text.ljust(self.width)


@dataclass(frozen=True)
class NumberTable:
    """A table of finished cells. Rich's own takes 0.2 ms per row, and strips the blanks that align numbers."""

    columns: Sequence[Column]
    gaps: Container[int] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment
        from rich.style import Style

        for text, ink in self._runs():
            style = Style(bold=True) if ink == "bold" else None if ink is None else Style(color=f"color({ink})")
            yield Segment(text, style)

    def text(self, terminal: Terminal) -> str:
        """The table as text, without Rich, whose import takes a third of NumPy's time."""
        parts = (text if ink is None else terminal.paint(text, ink) for text, ink in self._runs())
        return "".join(f"{line.rstrip()}\n" for line in "".join(parts).splitlines())

    def _runs(self) -> Iterator[tuple[str, Ink]]:
        for headers in zip_longest(*(column.header.split("\n") for column in self.columns), fillvalue=""):
            yield self._line(headers), "bold"
            yield "\n", None
        yield "─" * total_width(self.columns) + "\n", None
        coloured = any(column.colours for column in self.columns)
        for row, cells in enumerate(zip(*(column.cells for column in self.columns), strict=True)):
            if coloured:
                yield from self._coloured(row)
            else:
                yield self._line(cells), None
            yield "\n\n" if row in self.gaps else "\n", None

    def _line(self, cells: Iterable[str]) -> str:
        padded = (column.padded(cell) for column, cell in zip(self.columns, cells, strict=True))
        return _GAP.join(padded).rstrip()

    def _coloured(self, row: int) -> Iterator[tuple[str, Ink]]:
        for column in self.columns:
            yield column.padded(column.cells[row]), column.colours[row] if column.colours else None
            yield _GAP, None


def table(columns: Iterable[Column], terminal: Terminal, gaps: Container[int] = ()) -> NumberTable:
    """A table of the first columns that fit; an empty line follows each row in `gaps`."""
    shown: list[Column] = []
    for column in (_in_characters_of(terminal, column) for column in columns):
        if shown and total_width([*shown, column]) > terminal.width:
            break
        shown.append(column)
    return NumberTable(shown, gaps)


def total_width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _in_characters_of(terminal: Terminal, column: Column) -> Column:
    if terminal.unicode:
        return column
    cells = [terminal.text(cell) for cell in column.cells]
    return replace(column, header=terminal.text(column.header), cells=cells)


_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(fraction: float, width: int, unicode: bool = True) -> str:
    """A bar of `fraction` of `width` cells; a fraction > 0 is always visible."""
    if not fraction > 0:
        return ""
    eighths = max(round(min(fraction, 1.0) * width * 8), 1)
    if not unicode:
        return "#" * max(round(eighths / 8), 1)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


_TRAILING_BLANKS = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def render(renderable: RenderableType, terminal: Terminal) -> str:
    """The text for a terminal: at most its width, in its characters, with ANSI codes only if it has colour."""
    from rich.console import Console

    console = Console(
        file=StringIO(),
        width=terminal.width,
        height=terminal.height,
        force_terminal=terminal.colour,
        color_system="256" if terminal.colour else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},  # Terminal has read the environment
    )
    with console.capture() as captured:
        console.print(renderable)
    return terminal.text(in_colours(_TRAILING_BLANKS.sub(r"\1", captured.get()), terminal.colours))
