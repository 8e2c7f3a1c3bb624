"""What a picture is: panels with axes, and what stands in them. It knows neither terminal nor page.

Positions are in the units of the axes; how something looks is said by what it stands for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask

Role = Literal["member", "reference", "guide", "spot", "fault"]


@dataclass(frozen=True)
class Style:
    """What something stands for.

    role:   a member of a group; what the members are measured against; a line that helps to read; a point asked for;
            where something is wrong
    member: which one: its colour and, where no other is named, its marker
    marker: the number of another marker
    dash:   0 for a solid line, then broken ones: the order of a derivative
    ramp:   from 0 to 1, the place of one of a family of curves on a ramp of colours, instead of a member's colour
    """

    role: Role = "member"
    member: int = 0
    marker: int | None = None
    dash: int = 0
    ramp: float | None = None


GUIDE = Style("guide")


@dataclass(frozen=True)
class Axis:
    """The interval that is shown.

    scale:   "symlog" is linear up to `unit` on both sides of 0 and logarithmic beyond
    label:   without one it is x, or what the panel's title says
    counted: whole numbers from 1, as layers are
    """

    low: float
    high: float
    scale: Literal["linear", "log", "symlog"] = "linear"
    label: str = ""
    unit: float = 1.0
    counted: bool = False

    def place(self, values: Array) -> Array:
        """The values on the scale, at even distances; nan for what a logarithm has no place for."""
        if self.scale == "log":
            positive = np.isfinite(values) & (values > 0)
            logarithms: Array = np.log10(values, where=positive, out=np.full(values.shape, np.nan))
            return logarithms
        if self.scale == "symlog":
            places: Array = np.sign(values) * np.log2(1.0 + np.abs(values) / self.unit)
            return places
        return values


@dataclass(frozen=True, eq=False)
class Curve:
    """`y` over `x`, which ascends: the points joined by lines, with a gap where a `y` is not finite.

    breakpoints:   the x at which it jumps, and is not joined
    measured: every point is a measurement of its own and has its marker
    """

    label: str
    x: Array
    y: Array
    style: Style = Style()
    breakpoints: tuple[float, ...] = ()
    measured: bool = False

    def finite(self) -> "Curve":
        keep = np.isfinite(self.x) & np.isfinite(self.y)
        return replace(self, x=self.x[keep], y=self.y[keep])

    def joined(self) -> Mask:
        """Whether each point but the last is joined with the next."""
        shown = np.isfinite(self.y)
        joined: Mask = shown[1:] & shown[:-1]
        for point in self.breakpoints:
            joined &= (point < self.x[:-1]) | (self.x[1:] < point)
        return joined

    def pieces(self) -> Iterator[tuple[Array, Array]]:
        """The points of each unbroken piece."""
        for piece in np.split(np.arange(self.x.size), np.flatnonzero(~self.joined()) + 1):
            if piece.size and np.isfinite(self.y[piece[0]]):
                yield self.x[piece], self.y[piece]


@dataclass(frozen=True, eq=False)
class Marks:
    """Markers where the points lie, with no line between them."""

    x: Array
    y: Array
    style: Style


@dataclass(frozen=True, eq=False)
class Trail:
    """Points joined by straight lines in their order, wherever they lead: a staircase, an edge."""

    x: Array
    y: Array
    style: Style


@dataclass(frozen=True)
class Rule:
    """A line of the reader's across the panel: straight up at `x`, or level at `y`."""

    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, eq=False)
class Band:
    """The area between `low` and `high` over x."""

    x: Array
    low: Array
    high: Array
    style: Style


@dataclass(frozen=True, eq=False)
class Histogram:
    """Areas from the bottom up to `height` between the neighbouring edges; nan where nothing is known.

    peaks: where many bins share a dot the highest is shown, and not their mean
    """

    edges: Array
    height: Array
    style: Style
    peaks: bool = False


@dataclass(frozen=True)
class Spike:
    """What leaves through the top at `x`, beyond every scale."""

    x: float
    style: Style
    label: str = ""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A value for each cell of a lattice that fills the panel, of shape (rows, columns), the first row at the bottom.

    low, high: the ends of the scale of colours
    middle:    where two colours meet, in the middle of a diverging scale
    contours:  the values along which a line is drawn
    """

    values: Array
    low: float
    high: float
    label: str = ""
    middle: float | None = None
    contours: Sequence[float] = ()


@dataclass(frozen=True, eq=False)
class RegionMap:
    """Which of the classes holds each cell of a lattice that fills the panel, (rows, columns), from the bottom."""

    classes: npt.NDArray[np.int64]
    names: Sequence[str]


@dataclass(frozen=True, eq=False)
class Panel:
    """Two axes and what stands between them, the first curve on top.

    style:  whose panel it is, where it is one member's
    square: one unit as long across as up, where that costs little
    extra:  what it shows stands elsewhere too: it is for those who have the room
    bare:   a map without axes; these begin at 0
    """

    x: Axis
    y: Axis
    curves: Sequence[Curve] = ()
    title: str = ""
    style: Style | None = None
    marks: Sequence[Marks] = ()
    trails: Sequence[Trail] = ()
    rules: Sequence[Rule] = ()
    guides: Sequence[Curve] = ()
    bands: Sequence[Band] = ()
    histograms: Sequence[Histogram] = ()
    spikes: Sequence[Spike] = ()
    heat: HeatMap | RegionMap | None = None
    square: bool = False
    extra: bool = False
    bare: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing in it has a place."""
        curves = any(np.isfinite(self.y.place(curve.y[np.isfinite(curve.y)])).any() for curve in self.curves)
        drawn = (*self.histograms, *self.spikes, *self.bands, *self.marks, *self.guides)
        return not (curves or drawn or self.heat is not None)


@dataclass(frozen=True, eq=False)
class Picture:
    """Panels with a title, one legend for all of them, and sentences below.

    arrangement: panels alike in a grid, or below each other, the first the largest
    columns:     of a grid whose rows belong together; None for as many as look best
    facts:       what is known of the only member: label and text
    caption:     what came of it, for a picture that stands alone
    """

    title: str
    panels: Sequence[Panel]
    legend: Sequence[tuple[str, Style]] = ()
    arrangement: Literal["grid", "stack"] = "grid"
    columns: int | None = None
    subtitle: str = ""
    notes: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    caption: str = ""


def joined(pictures: Sequence[Picture], title: str) -> Picture:
    """One picture of all their panels, for a file; whose a panel is stands in its title."""
    if len(pictures) == 1:
        return pictures[0]
    panels, notes = [], []
    for picture in pictures:
        name = picture.title.partition(" on ")[0]
        panels += [replace(panel, title=f"{name}, {panel.title}") for panel in picture.panels]
        notes += [f"{name}, {note}" for note in picture.notes]
    return replace(pictures[0], title=title, panels=panels, notes=notes)


def shared_scale(panels: Sequence[Panel]) -> HeatMap | RegionMap | None:
    """The first map, where all of several panels are maps whose colours stand for the same."""
    maps = [panel.heat for panel in panels]
    first = maps[0]
    if len(maps) < 2 or first is None:
        return None
    return first if all(each is not None and _scale(each) == _scale(first) for each in maps) else None


def _scale(heat: HeatMap | RegionMap) -> tuple[object, ...]:
    if isinstance(heat, RegionMap):
        return tuple(heat.names)
    return heat.low, heat.high, heat.label, heat.middle


def legend_of(*curves: Curve) -> tuple[tuple[str, Style], ...]:
    """An entry for each; a curve alone needs none."""
    return tuple((curve.label, curve.style) for curve in curves) if len(curves) > 1 else ()
