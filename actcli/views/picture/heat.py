"""Heat maps and region maps in characters: two pixels per cell in colour, one shade per cell without.

The colours are viridis (Smith and van der Walt 2015), whose lightness increases evenly, also for red-green colour
blindness; a diverging scale has RdBu (Brewer 2003), from blue over white to red.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array
from actcli.views.colours import TRUECOLOUR
from actcli.views.notation import short
from actcli.views.palette import appearance, rgb
from actcli.views.picture.description import HeatMap, Panel, RegionMap, Trail
from actcli.views.picture.dots import DotAxis
from actcli.views.picture.raster import walked
from actcli.views.terminal import Terminal, cut

Colours = npt.NDArray[np.float64]
"""Red, green and blue from 0 to 255, of shape (..., 3)."""

_VIRIDIS: Final = (
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c "
    "1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725"
)
_RDBU: Final = (
    "053061 175290 2a71b2 3f8ec0 6bacd1 9bc9e0 c2ddec e0ecf3 f7f6f6 "
    "fbe5d8 fbccb4 f5aa89 e48066 d05548 ba2832 930e26 67001f"
)
_STEPS = 256
# The lowest shade is not blank: a blank is an unknown value.
_SHADES: Final = ("·░▒▓█", ".:-=+*#%@")
_REGIONS: Final = (" ░▓▒█", " .#+@")
# Diverging or not -> colours out of 16, similar to the scale in lightness and hue.
_OF_16: Final = {False: (34, 90, 36, 92, 93), True: (34, 94, 97, 91, 31)}
_TINT = 0.35
_STRIP, _SHORTEST_STRIP = 24, 8

FEW = 16


def colours_of(heat: HeatMap) -> Colours:
    """Colours of 256 evenly spaced values from low to high, (256, 3)."""
    values = np.linspace(heat.low, heat.high, _STEPS)
    if heat.middle is None:
        return _between(_VIRIDIS, np.linspace(0.0, 1.0, _STEPS))
    reach = max(heat.high - heat.middle, heat.middle - heat.low) or 1.0
    return _between(_RDBU, 0.5 + 0.5 * (values - heat.middle) / reach)


def tints(count: int, paper: tuple[int, ...]) -> list[tuple[float, ...]]:
    """Colours of the first `count` members, mixed with the paper's colour."""
    members = (rgb(appearance(index).colour) for index in range(count))
    return [tuple(_TINT * own + (1 - _TINT) * white for own, white in zip(m, paper, strict=True)) for m in members]


def depth(terminal: Terminal) -> int:
    """Number of colours to use: 0, 8, 16, 256 or 2**24."""
    return terminal.colours if terminal.colour else 0


def pixels(terminal: Terminal) -> tuple[int, int]:
    """Pixels of a cell, across and up: (1, 2) if a terminal can colour both halves, else (1, 1)."""
    return 1, 2 if terminal.unicode and depth(terminal) >= FEW else 1


def heat_rows(
    panel: Panel, x: DotAxis, y: DotAxis, terminal: Terminal, marks: Mapping[tuple[int, int], str] | None = None
) -> list[str]:
    """Lines of the map, from the top.

    x, y:  axes whose dots are the `pixels`
    marks: (column, row from the bottom) -> character on the map
    """
    heat, marks = panel.heat, dict(marks or {})
    assert heat is not None
    values = _sampled(heat, panel, x, y, (x.dots, y.dots))
    if isinstance(heat, HeatMap):
        finer = _sampled(heat, panel, x, y, _DOTS if terminal.unicode else (1, 1))
        for level in heat.contours:
            marks = _contour(finer, level, terminal.unicode) | marks
    paint = _painter(heat, values.reshape(y.cells, y.dots, x.cells), terminal)
    return [
        "".join(paint(row, column, marks.get((column, row), "")) for column in range(x.cells))
        + _RESET * bool(depth(terminal))
        for row in reversed(range(y.cells))
    ]


def trail_cells(trails: Iterable[Trail], x: DotAxis, y: DotAxis, unicode: bool) -> dict[tuple[int, int], str]:
    """Cells of trails -> braille dots, or in ASCII pieces of line in their direction."""
    places = [walked(trail, x, y) for trail in trails]
    if not unicode:
        return {cell: piece for across, up in places for cell, piece in _lines(across, up, x, y).items()}
    fine = (np.stack([(across + 0.5) * _DOTS[0] / x.dots, (up + 0.5) * _DOTS[1] / y.dots]) for across, up in places)
    dots = (dot for part in fine for dot in np.floor(part).astype(int).T.tolist())
    return _braille((across, up) for across, up in dots if 0 <= across < 2 * x.cells and 0 <= up < 4 * y.cells)


_DOTS = 2, 4
"""Dots of a braille character, across and up."""
_BITS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Bits of the dots, by column, from the bottom."""


def _braille(dots: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Cell -> braille character with its dots."""
    bits: dict[tuple[int, int], int] = {}
    for across, up in dots:
        cell = across // _DOTS[0], up // _DOTS[1]
        bits[cell] = bits.get(cell, 0) | _BITS[across % _DOTS[0]][up % _DOTS[1]]
    return {cell: chr(0x2800 + each) for cell, each in bits.items()}


def _lines(across: Array, up: Array, x: DotAxis, y: DotAxis) -> dict[tuple[int, int], str]:
    steep = np.gradient(up / y.dots), np.gradient(across / x.dots)
    cells: dict[tuple[int, int], str] = {}
    places = (*np.rint([across, up]).astype(int).tolist(), *(part.tolist() for part in steep))
    for column, row, rise, run in zip(*places, strict=True):
        if 0 <= column <= x.last_dot and 0 <= row <= y.last_dot:
            slanted = "/" if rise * run > 0 else "\\"
            piece = "-" if abs(rise) < _SLANT * abs(run) else "|" if abs(run) < _SLANT * abs(rise) else slanted
            cells.setdefault((column // x.dots, row // y.dots), piece)
    return cells


_SLANT = 0.4


def scale_line(heat: HeatMap | RegionMap, terminal: Terminal) -> str:
    """Legend of the colours: the scale between its ends, or the names of the classes."""
    if isinstance(heat, RegionMap):
        values = np.arange(len(heat.names), dtype=np.float64)[None, None, :]
        paint = _painter(heat, np.repeat(values, pixels(terminal)[1], axis=1), terminal)
        reset = _RESET * bool(depth(terminal))
        return "   ".join(f"{paint(0, i, '')}{paint(0, i, '')}{reset} {name}" for i, name in enumerate(heat.names))
    low, high, middle = (short(value, 3) for value in (heat.low, heat.high, heat.middle or 0.0))
    label = f"  {heat.label}" + (f" ({middle} in the middle)" if heat.middle is not None else "")
    room = terminal.width - len(low) - len(high) - 2
    if room < _SHORTEST_STRIP:
        return cut(f"{low} to {high}{label}".rstrip(), terminal)
    length = min(max(room - len(terminal.text(label)), _SHORTEST_STRIP), _STRIP)
    values = np.linspace(heat.low, heat.high, length)[None, None, :]
    paint = _painter(heat, np.repeat(values, pixels(terminal)[1], axis=1), terminal)
    strip = "".join(paint(0, column, "") for column in range(length)) + _RESET * bool(depth(terminal))
    return f"{low} {strip} {high}" + cut(label, terminal, room - length)


_RESET = "\x1b[0m"


class _painter:  # noqa: N801 - it is used as a function
    """Painter of a row's cells, with an escape sequence only at a change of colour."""

    def __init__(self, heat: HeatMap | RegionMap, values: Array, terminal: Terminal) -> None:
        self.values, self.terminal, self.depth = values, terminal, depth(terminal)
        self.regions = isinstance(heat, RegionMap)
        if isinstance(heat, RegionMap):
            self.share = values
            self.colours = np.array(
                [rgb(appearance(index).colour) for index in range(len(heat.names))], dtype=np.float64
            )
        else:
            self.share = np.clip((values - heat.low) / ((heat.high - heat.low) or 1.0), 0.0, 1.0)
            self.colours = colours_of(heat)
        self.diverging = isinstance(heat, HeatMap) and heat.middle is not None
        self.last = ""
        self.lowest, self.uppermost = self.share[:, 0].tolist(), self.share[:, -1].tolist()
        self.mean = self.share.mean(axis=1).tolist()
        self.codes: dict[tuple[int, int], str] = {}

    def __call__(self, row: int, column: int, mark: str) -> str:
        lower, upper = self.lowest[row][column], self.uppermost[row][column]
        blank = lower != lower  # noqa: PLR0124 - a fast test for nan, once per cell
        if blank and upper != upper:  # noqa: PLR0124 - as above
            return self._escaped("0" if self.depth else "", mark or " ")
        if self.depth < FEW:
            return mark or self._shade(self.mean[row][column])
        if column == 0:
            self.last = ""
        if mark or not self.terminal.unicode:
            known = upper if blank else lower
            ink = self._code(known, 48)
            light = self._index(known) @ np.array([0.3, 0.6, 0.1]) > 128 if self.depth > FEW else known > 0.5
            return self._escaped(f"{30 if light else 97};{ink}", mark or " ")
        if blank:
            return self._escaped(f"0;{self._code(upper, 38)}", "▀")
        if upper != upper:  # noqa: PLR0124 - as above
            return self._escaped(f"0;{self._code(lower, 38)}", "▄")
        return self._escaped(f"{self._code(upper, 38)};{self._code(lower, 48)}", "▀")

    def _escaped(self, code: str, text: str) -> str:
        if code == self.last or not code:
            return text
        self.last = code
        return f"\x1b[{code}m{text}"

    def _place(self, share: float) -> int:
        return int(share) if self.regions else round(share * (len(self.colours) - 1))

    def _index(self, share: float) -> Colours:
        colour: Colours = self.colours[self._place(share)]
        return colour

    def _code(self, share: float, ground: int) -> str:
        """Escape code of a colour, for foreground (38) or background (48)."""
        if self.depth == FEW:
            ramp = _OF_16[self.diverging]
            place = int(share) % len(ramp) if self.regions else min(int(share * len(ramp)), len(ramp) - 1)
            return str(ramp[place] + ground - 38)
        key = (self._place(share), ground)
        if key not in self.codes:
            self.codes[key] = self._fixed(share, ground)
        return self.codes[key]

    def _fixed(self, share: float, ground: int) -> str:
        red, green, blue = (round(part) for part in self._index(share).tolist())
        return (
            f"{ground};2;{red};{green};{blue}"
            if self.depth == TRUECOLOUR
            else f"{ground};5;{nearest(red, green, blue)}"
        )

    def _shade(self, share: float) -> str:
        shades = (_REGIONS if self.regions else _SHADES)[not self.terminal.unicode]
        return shades[int(share) % len(shades) if self.regions else min(int(share * len(shades)), len(shades) - 1)]


@lru_cache(maxsize=4096)
def nearest(red: int, green: int, blue: int) -> int:
    """The nearest of the 240 fixed palette colours."""
    return _CODES[int(((_FIXED - (red, green, blue)) ** 2).sum(axis=1).argmin())]


_CODES = range(16, 256)
_FIXED = np.array([rgb(code) for code in _CODES])


def _between(anchors: str, shares: Array) -> Colours:
    known = np.array([[int(word[i : i + 2], 16) for i in (0, 2, 4)] for word in anchors.split()], dtype=np.float64)
    at = np.linspace(0.0, 1.0, len(known))
    return np.stack([np.interp(shares, at, known[:, part]) for part in range(3)], axis=-1)


def _sampled(heat: HeatMap | RegionMap, panel: Panel, x: DotAxis, y: DotAxis, dots: tuple[int, int]) -> Array:
    """Value at each dot, (dots up, dots across); nan outside of the panel. dots: of a cell."""
    lattice = (heat.values if isinstance(heat, HeatMap) else heat.classes).astype(np.float64)
    rows, columns = (
        _places(axis.place(np.array([axis.low, axis.high])), each, dots[i], lattice.shape[1 - i])
        for i, axis, each in ((1, panel.y, y), (0, panel.x, x))
    )
    values = lattice[np.clip(rows, 0, lattice.shape[0] - 1)][:, np.clip(columns, 0, lattice.shape[1] - 1)]
    inside = (rows >= 0)[:, None] & (columns >= 0)[None, :]
    return np.where(inside, values, np.nan)


def _places(ends: Array, axis: DotAxis, dots: int, count: int) -> npt.NDArray[np.int64]:
    """Index of the lattice's cell at each dot; -1 in characters that are wholly outside of the ends."""
    length = ends[1] - ends[0]
    at = axis.step * (axis.first - 0.5 + (np.arange(axis.cells * dots) + 0.5) * axis.dots / dots)
    places = np.clip(np.floor((at - ends[0]) / length * count), 0, count - 1).astype(np.int64)
    pixels = axis.step * (axis.first + np.arange(axis.cells * axis.dots))
    inside = (pixels >= ends[0] - 0.5 * axis.step) & (pixels <= ends[1] + 0.5 * axis.step)
    return np.where(inside.reshape(axis.cells, axis.dots).any(axis=1).repeat(dots), places, -1)


def _contour(values: Array, at: float, unicode: bool) -> dict[tuple[int, int], str]:
    """Cells of the contour of level `at` -> braille dots, or in ASCII pieces of line."""
    above, known = values > at, np.isfinite(values)
    up, across = np.zeros_like(above), np.zeros_like(above)
    up[:-1] = (above[1:] != above[:-1]) & known[1:] & known[:-1]
    across[:, :-1] = (above[:, 1:] != above[:, :-1]) & known[:, 1:] & known[:, :-1]
    if unicode:
        return _braille((column, row) for row, column in np.argwhere(up | across).tolist())
    lines: dict[tuple[int, int], str] = {}
    for row, column in np.argwhere(up | across).tolist():
        if up[row, column] and across[row, column]:
            lines[column, row] = "\\" if above[row + 1, column] == above[row, column + 1] else "/"
        else:
            lines[column, row] = "-" if up[row, column] else "|"
    return lines
