"""Capabilities of the output: size, colour, characters."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal, TextIO

from actcli.views.colours import number_of_colours, sgr
from actcli.views.palette import PALETTE_COLOURS

PIPE_WIDTH, PIPE_HEIGHT = 80, 24
LARGEST = 1000  # columns or lines; bounds the memory for a wrong COLUMNS

# ASCII replacement of every other character that a view writes.
_ASCII = str.maketrans(
    {
        "│": "|", "─": "-", "┼": "+", "┤": "+", "├": "+", "┬": "+", "┴": "+", "└": "+",
        "×": "x", "·": "*", "−": "-", "–": "-", "—": "-", "…": "...", "→": "->",
        "≤": "<=", "≥": ">=", "≠": "!=", "√": "sqrt", "∞": "inf", "²": "^2", "³": "^3", "∂": "d", "′": "'",
        "┃": "|", "◀": "<",
        "χ": "chi", "ξ": "xi", "⊥": "_perp",
        "α": "alpha", "β": "beta", "λ": "lambda", "π": "pi", "Σ": "sum", "σ": "sigma", "φ": "phi", "Φ": "Phi",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Terminal:
    """A screen of `width` columns and `height` lines.

    colour:  whether to write colours
    colours: their number
    unicode: whether it has more than ASCII
    """

    width: int = PIPE_WIDTH
    height: int = PIPE_HEIGHT
    colour: bool = False
    unicode: bool = True
    colours: int = PALETTE_COLOURS

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str] = os.environ) -> "Terminal":
        """The terminal of `stream`; a pipe counts as 80 columns without colour.

        COLUMNS and LINES override the size. NO_COLOR (no-color.org) forbids colour; FORCE_COLOR (force-color.org)
        turns it on for a pipe and a terminal without colour. TERM determines the number of colours.
        """
        is_terminal = _is_terminal(stream)
        width, height = _size(stream) if is_terminal else (PIPE_WIDTH, PIPE_HEIGHT)
        colours = number_of_colours(environ)
        shows_colour = is_terminal and colours > 0
        return cls(
            width=_size_in(environ, "COLUMNS") or width,
            height=_size_in(environ, "LINES") or height,
            colour=not environ.get("NO_COLOR") and (shows_colour or bool(environ.get("FORCE_COLOR"))),
            unicode=(getattr(stream, "encoding", None) or "ascii").lower().startswith("utf"),
            colours=colours or 8,
        )

    @property
    def dots(self) -> tuple[int, int]:
        """Dots of a character, across and up: 2 x 4 for braille, else 1 x 1."""
        return (2, 4) if self.unicode else (1, 1)

    def text(self, text: str) -> str:
        """`text` in this terminal's characters."""
        if self.unicode:
            return text
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")

    def paint(self, text: str, colour: int | Literal["bold"]) -> str:
        """`text` in a palette colour (or its replacement) or bold; unchanged without colour."""
        code = "1" if colour == "bold" else sgr(colour, self.colours)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # a closed file
        return False


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        width, height = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return PIPE_WIDTH, PIPE_HEIGHT
    # 0: a pseudo-terminal without a size.
    return min(width or PIPE_WIDTH, LARGEST), min(height or PIPE_HEIGHT, LARGEST)


def _size_in(environ: Mapping[str, str], name: str) -> int | None:
    """The number in COLUMNS or LINES, at most LARGEST; None if it is missing or no size."""
    text = environ.get(name, "")
    digits = text.lstrip("0") if text.isascii() and text.isdigit() else ""
    return min(int(digits[:9]), LARGEST) if digits else None  # int() refuses thousands of digits


def cut(text: str, terminal: Terminal, width: int | None = None) -> str:
    """`text` cut to one line or `width` columns, with an ellipsis."""
    text, width = terminal.text(text), terminal.width if width is None else width
    ellipsis = terminal.text("…")
    return text if len(text) <= width else (text[: max(width - len(ellipsis), 0)] + ellipsis)[:width]


def wrapped(text: str, terminal: Terminal) -> list[str]:
    """`text` folded into lines."""
    return [line.rstrip() for line in wrap(terminal.text(text), terminal.width)]


def paragraph(text: str, terminal: Terminal) -> str:
    """`text` with each line folded, empty lines kept, and a final line end."""
    return "".join("\n".join(wrapped(line, terminal)) + "\n" for line in text.split("\n"))
