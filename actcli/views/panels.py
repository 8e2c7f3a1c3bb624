"""Pictures beside and below each other."""

import re
from collections.abc import Sequence
from itertools import zip_longest

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
GAP = 2


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
