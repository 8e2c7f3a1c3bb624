"""Number of colours of a terminal, and escape sequences for them.

Colours are codes of the 256-colour palette; a terminal with fewer gets replacements.
"""

import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress

from actcli.views.palette import FEW_COLOURS, PALETTE_COLOURS

TRUECOLOUR = 1 << 24

_SUFFIXES = {"256color": PALETTE_COLOURS, "16color": 16, "direct": TRUECOLOUR, "mono": 0, "m": 0, "dumb": 0}
"""Suffix of a terminal's name, after a hyphen -> number of colours."""

_WITHOUT_COLOUR = re.compile(r"dumb|unknown|vt\d|adm|wy|tvi|hp\d")
"""Names of terminals without colour, used if terminfo does not describe them."""

_INDEXED = re.compile(r"38;5;(\d+)")


def number_of_colours(environ: Mapping[str, str]) -> int:
    """0, 8, 16, 256, or 2**24 for any colour.

    Sources: the name in TERM, its description in terminfo, and COLORTERM, by which emulators announce 2**24; else 8.
    """
    name = environ.get("TERM", "")
    if not name:  # Windows: its consoles have 256 colours
        described: int | None = PALETTE_COLOURS if sys.platform == "win32" else None
    else:
        described = _SUFFIXES.get(name.rpartition("-")[2]) if "-" in name or name == "dumb" else None
        described = _described(name, environ) if described is None else described
    if described is None:
        described = 0 if _WITHOUT_COLOUR.match(name) else 8
    if described and environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return TRUECOLOUR
    return next((most for most in (TRUECOLOUR, PALETTE_COLOURS, 16, 8) if described >= most), 0)


def sgr(colour: int, colours: int) -> str:
    """Parameter of the escape sequence for a palette colour, on a terminal with this number of colours."""
    return f"38;5;{colour}" if colours >= PALETTE_COLOURS else FEW_COLOURS[16 if colours >= 16 else 8].get(colour, "39")


def in_colours(text: str, colours: int) -> str:
    """`text` with its escape sequences for 256 colours replaced by those of a terminal with fewer."""
    return text if colours >= PALETTE_COLOURS else _INDEXED.sub(lambda found: sgr(int(found[1]), colours), text)


_COLORS = 13
"""Index of max_colors among the numbers of a terminfo entry: term(5)."""


def _described(name: str, environ: Mapping[str, str]) -> int | None:
    """Number of colours in terminfo; None without an entry."""
    for path in _descriptions(name, environ):
        with suppress(OSError, struct.error), open(path, "rb") as file:
            magic, names, flags, numbers = struct.unpack("<4h", file.read(8))
            size, code = (4, "<i") if magic == 0o1036 else (2, "<h")
            file.seek(12 + names + flags + (names + flags) % 2 + size * _COLORS)  # numbers begin at an even offset
            colours: int = struct.unpack(code, file.read(size))[0]
            return max(colours, 0) if numbers > _COLORS else 0  # an entry may end earlier
    return None


def _descriptions(name: str, environ: Mapping[str, str]) -> Iterator[str]:
    if "/" in name:
        return
    home, own = environ.get("HOME"), environ.get("TERMINFO")
    places = [own, home and os.path.join(home, ".terminfo"), "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"]
    for place in filter(None, places):
        for folder in (name[0], f"{ord(name[0]):x}"):  # the second on macOS
            yield os.path.join(place, folder, name)
