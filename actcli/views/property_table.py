"""The properties of several activations side by side."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from actcli.core.analysis.properties import Properties
from actcli.views.facts import FACTS_CAPTION, facts
from actcli.views.palette import AXIS_COLOUR, look
from actcli.views.terminal import Terminal
from actcli.views.text import paragraph

DIGITS = 4
GAP = 2
# A column is as wide as its longest cell, but no wider than this while others need the room, and never narrower
# than that: then the rest of the columns follow in a further panel.
WIDEST, NARROWEST = 24, 11


def property_table(cards: Sequence[Properties], terminal: Terminal) -> str:
    """A column for each activation, with its look in the chart; long cells are folded, and panels follow each other."""
    columns = [facts(card.curve, DIGITS) for card in cards if card.curve is not None]
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
