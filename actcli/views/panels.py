"""Pictures beside and below each other."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from math import log

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
