"""Heat maps and region maps in characters: two pixels a cell in colour, a shade a cell without.

The colours are viridis (Smith and van der Walt 2015), which grows lighter evenly, also to eyes that do not tell
red from green; where a scale has a middle they are RdBu (Brewer 2003), from blue over white to red.
"""

from collections.abc import Mapping
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
# The lowest is not blank: that is what is not known.
_SHADES: Final = ("·░▒▓█", ".:-=+*#%@")
_REGIONS: Final = (" ░▓▒█", " .#+@")
# Of 16 colours those that follow the two scales in lightness and hue.
_OF_16: Final = {False: (34, 90, 36, 92, 93), True: (34, 94, 97, 91, 31)}
_TINT = 0.35
_STRIP = 24

FEW = 16


def colours_of(heat: HeatMap) -> Colours:
    """The colours of 256 values evenly from the low to the high end of the scale, (256, 3)."""
    values = np.linspace(heat.low, heat.high, _STEPS)
    if heat.middle is None:
        return _between(_VIRIDIS, np.linspace(0.0, 1.0, _STEPS))
    reach = max(heat.high - heat.middle, heat.middle - heat.low) or 1.0
    return _between(_RDBU, 0.5 + 0.5 * (values - heat.middle) / reach)


def tints(count: int, paper: tuple[int, ...]) -> list[tuple[float, ...]]:
    """The colours of the first so many members, pale on paper of that colour."""
    members = (rgb(appearance(index).colour) for index in range(count))
    return [tuple(_TINT * own + (1 - _TINT) * white for own, white in zip(m, paper, strict=True)) for m in members]


def depth(terminal: Terminal) -> int:
    """How many colours the terminal has: 0, 8, 16, 256 or all."""
    return terminal.colours if terminal.colour else 0


def pixels(terminal: Terminal) -> tuple[int, int]:
    """Of a cell, across and up: two above each other where both can be coloured."""
    return 1, 2 if terminal.unicode and depth(terminal) >= FEW else 1


def heat_rows(
    panel: Panel, x: DotAxis, y: DotAxis, terminal: Terminal, marks: Mapping[tuple[int, int], str] | None = None
) -> list[str]:
    """The lines of the map, from the top. `x`, `y`: of so many dots a cell as `pixels` says; `marks`: by column and
    row, from the bottom, what stands on the map.
    """
    heat, marks = panel.heat, dict(marks or {})
    assert heat is not None
    values = _sampled(heat, panel, x, y)
    if isinstance(heat, HeatMap):
        dots = values.reshape(y.cells, y.dots, x.cells)
        known = np.isfinite(dots)
        with np.errstate(invalid="ignore"):  # nothing is known in a blank cell
            per_cell = np.where(known, dots, 0.0).sum(axis=1) / known.sum(axis=1)
        for level in heat.contours:
            marks = _contour(per_cell, level, terminal.unicode) | marks
    paint = _painter(heat, values.reshape(y.cells, y.dots, x.cells), terminal)
    return [
        "".join(paint(row, column, marks.get((column, row), "")) for column in range(x.cells))
        + _RESET * bool(depth(terminal))
        for row in reversed(range(y.cells))
    ]


def trail_cells(trail: Trail, x: DotAxis, y: DotAxis, unicode: bool) -> dict[tuple[int, int], str]:
    """The cells that a trail passes, with a piece of line that runs as it does there; it is on the axes' scales."""
    across, up = walked(trail, x, y)
    steep = np.gradient(up / y.dots), np.gradient(across / x.dots)
    level, upright, rising, falling = _pieces(unicode)
    cells: dict[tuple[int, int], str] = {}
    places = (*np.rint([across, up]).astype(int).tolist(), *(part.tolist() for part in steep))
    for column, row, rise, run in zip(*places, strict=True):
        if 0 <= column <= x.last_dot and 0 <= row <= y.last_dot:
            slanted = rising if rise * run > 0 else falling
            piece = level if abs(rise) < _SLANT * abs(run) else upright if abs(run) < _SLANT * abs(rise) else slanted
            cells.setdefault((column // x.dots, row // y.dots), piece)
    return cells


_SLANT = 0.4


def _pieces(unicode: bool) -> tuple[str, ...]:
    return tuple("─│╱╲" if unicode else "-|/\\")


def scale_line(heat: HeatMap | RegionMap, terminal: Terminal) -> str:
    """What the colours stand for: the ends of the scale with its colours between them, or the names of the classes."""
    if isinstance(heat, RegionMap):
        values = np.arange(len(heat.names), dtype=np.float64)[None, None, :]
        paint = _painter(heat, np.repeat(values, pixels(terminal)[1], axis=1), terminal)
        reset = _RESET * bool(depth(terminal))
        return "   ".join(f"{paint(0, i, '')}{paint(0, i, '')}{reset} {name}" for i, name in enumerate(heat.names))
    values = np.linspace(heat.low, heat.high, _STRIP)[None, None, :]
    paint = _painter(heat, np.repeat(values, pixels(terminal)[1], axis=1), terminal)
    strip = "".join(paint(0, column, "") for column in range(_STRIP)) + _RESET * bool(depth(terminal))
    low, high, middle = (short(value, 3) for value in (heat.low, heat.high, heat.middle or 0.0))
    label = f"  {heat.label}" + (f" ({middle} in the middle)" if heat.middle is not None else "")
    if len(low) + _STRIP + len(high) + 2 > terminal.width:
        return cut(f"{low} to {high}{label}".rstrip(), terminal)
    return f"{low} {strip} {high}" + cut(label, terminal, terminal.width - len(low) - _STRIP - len(high) - 2)


_RESET = "\x1b[0m"


class _painter:  # noqa: N801 - it is used as a function
    """Cell after cell of a row; an escape sequence only where the colour changes."""

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
        self.mean = self.share.mean(axis=1).tolist()  # nan where a pixel is
        self.codes: dict[tuple[int, int], str] = {}

    def __call__(self, row: int, column: int, mark: str) -> str:
        mean = self.mean[row][column]
        if mean != mean:
            return self._escaped("0" if self.depth else "", mark or " ")
        if self.depth < FEW:
            return mark or self._shade(mean)
        if column == 0:
            self.last = ""
        lower, upper = self.lowest[row][column], self.uppermost[row][column]
        if mark or not self.terminal.unicode:
            ink = self._code(lower, 48)
            light = self._index(lower) @ np.array([0.3, 0.6, 0.1]) > 128 if self.depth > FEW else lower > 0.5
            return self._escaped(f"{30 if light else 97};{ink}", mark or " ")
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
        """The escape code of a colour, in front (38) or behind (48)."""
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
    """Of the 240 fixed colours the one nearest to this."""
    return _CODES[int(((_FIXED - (red, green, blue)) ** 2).sum(axis=1).argmin())]


_CODES = range(16, 256)
_FIXED = np.array([rgb(code) for code in _CODES])


def _between(anchors: str, shares: Array) -> Colours:
    known = np.array([[int(word[i : i + 2], 16) for i in (0, 2, 4)] for word in anchors.split()], dtype=np.float64)
    at = np.linspace(0.0, 1.0, len(known))
    return np.stack([np.interp(shares, at, known[:, part]) for part in range(3)], axis=-1)


def _sampled(heat: HeatMap | RegionMap, panel: Panel, x: DotAxis, y: DotAxis) -> Array:
    """The value at each dot, (dots up, dots across); nan outside of the panel."""
    lattice = (heat.values if isinstance(heat, HeatMap) else heat.classes).astype(np.float64)
    rows, columns = (
        _places(axis.place(np.array([axis.low, axis.high])), dots, count)
        for axis, dots, count in ((panel.y, y, lattice.shape[0]), (panel.x, x, lattice.shape[1]))
    )
    values = lattice[np.clip(rows, 0, lattice.shape[0] - 1)][:, np.clip(columns, 0, lattice.shape[1] - 1)]
    inside = (rows >= 0)[:, None] & (columns >= 0)[None, :]
    return np.where(inside, values, np.nan)


def _places(ends: Array, axis: DotAxis, count: int) -> npt.NDArray[np.int64]:
    """The cell of the lattice at each dot; -1 outside of the ends."""
    at = axis.step * (axis.first + np.arange(axis.cells * axis.dots, dtype=np.float64))
    share = (at - ends[0]) / (ends[1] - ends[0])
    half = 0.5 * axis.step / (ends[1] - ends[0])
    places = np.clip(np.floor(share * count), 0, count - 1).astype(np.int64)
    return np.where((share < -half) | (share > 1 + half), -1, places)


def _contour(values: Array, at: float, unicode: bool) -> dict[tuple[int, int], str]:
    """The cells beside which the values cross `at`, with a piece of line that runs as the crossing does."""
    level, upright, rising, falling = _pieces(unicode)
    above, known = values > at, np.isfinite(values)
    up, across = np.zeros_like(above), np.zeros_like(above)
    up[:-1] = (above[1:] != above[:-1]) & known[1:] & known[:-1]
    across[:, :-1] = (above[:, 1:] != above[:, :-1]) & known[:, 1:] & known[:, :-1]
    lines: dict[tuple[int, int], str] = {}
    for row, column in np.argwhere(up | across).tolist():
        if up[row, column] and across[row, column]:
            same = above[row + 1, column] == above[row, column + 1]
            line = falling if same else rising
        else:
            line = level if up[row, column] else upright
        lines[column, row] = line
    return lines
