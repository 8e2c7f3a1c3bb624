"""Description of a picture: panels with axes and their content, independent of terminal and page.

Positions are in the units of the axes. A Style names the meaning of an element; the painter chooses its look.
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
    """Meaning of an element.

    role:   a member of a group, a reference, a guide for reading, a marked point, or a fault
    member: its index, for colour and marker
    marker: index of another marker
    dash:   0 for a solid line, then broken ones: the order of a derivative
    ramp:   from 0 to 1, position on the colour ramp of a family, instead of a member's colour
    """

    role: Role = "member"
    member: int = 0
    marker: int | None = None
    dash: int = 0
    ramp: float | None = None


GUIDE = Style("guide")


@dataclass(frozen=True)
class Axis:
    """Interval and scale of an axis.

    scale:   "symlog" is linear on [-unit, unit] and logarithmic beyond
    label:   default: x, or named in the panel's title
    counted: whole numbers from 1, such as layers
    """

    low: float
    high: float
    scale: Literal["linear", "log", "symlog"] = "linear"
    label: str = ""
    unit: float = 1.0
    counted: bool = False

    def place(self, values: Array) -> Array:
        """Positions of values on the scale; nan outside of a logarithm's domain."""
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
    """`y` over ascending `x`: points joined by lines, with gaps at values that are not finite.

    breakpoints: x of jumps, across which points are not joined
    measured:    each point is a measurement with a marker
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
        """Mask of the points, without the last, that are joined with the next one."""
        shown = np.isfinite(self.y)
        joined: Mask = shown[1:] & shown[:-1]
        for point in self.breakpoints:
            joined &= (point < self.x[:-1]) | (self.x[1:] < point)
        return joined

    def pieces(self) -> Iterator[tuple[Array, Array]]:
        """(x, y) of each connected piece."""
        for piece in np.split(np.arange(self.x.size), np.flatnonzero(~self.joined()) + 1):
            if piece.size and np.isfinite(self.y[piece[0]]):
                yield self.x[piece], self.y[piece]


@dataclass(frozen=True, eq=False)
class Marks:
    """Markers at points, without lines."""

    x: Array
    y: Array
    style: Style


@dataclass(frozen=True, eq=False)
class Trail:
    """Points joined by straight lines in their order: a staircase, an edge."""

    x: Array
    y: Array
    style: Style


@dataclass(frozen=True)
class Rule:
    """A guide across the panel: vertical at `x`, or horizontal at `y`."""

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
    """Areas from the bottom to `height` between neighbouring edges; nan: unknown.

    peaks: bins that share a dot show their maximum instead of their mean
    """

    edges: Array
    height: Array
    style: Style
    peaks: bool = False


@dataclass(frozen=True)
class Spike:
    """An arrow through the top at `x`: an atom of probability, whose density is infinite."""

    x: float
    style: Style
    label: str = ""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Values of the cells of a lattice that fills the panel, (rows, columns), first row at the bottom.

    low, high: ends of the colour scale
    middle:    centre of a diverging scale
    contours:  values of contour lines
    """

    values: Array
    low: float
    high: float
    label: str = ""
    middle: float | None = None
    contours: Sequence[float] = ()


@dataclass(frozen=True, eq=False)
class RegionMap:
    """Classes of the cells of a lattice that fills the panel, (rows, columns), first row at the bottom."""

    classes: npt.NDArray[np.int64]
    names: Sequence[str]


@dataclass(frozen=True, eq=False)
class Panel:
    """Two axes and their content, the first curve on top.

    style:  of its member, if the panel belongs to one
    square: equal lengths of a unit on both axes, if that costs little room
    extra:  drawn only if there is room: its content is elsewhere too
    bare:   a map without drawn axes, which begin at 0
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
        """Whether the panel has no content."""
        curves = any(np.isfinite(self.y.place(curve.y[np.isfinite(curve.y)])).any() for curve in self.curves)
        drawn = (*self.histograms, *self.spikes, *self.bands, *self.marks, *self.guides)
        return not (curves or drawn or self.heat is not None)


@dataclass(frozen=True, eq=False)
class Picture:
    """Panels with a title, a common legend, and notes below.

    arrangement: equal panels in a grid, or below each other, the first one largest
    columns:     of a grid whose rows belong together; None: chosen by the painter
    facts:       (label, text) for the only member
    caption:     conclusion, for a picture on its own
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
    """One picture of all panels, for a file; the titles of the panels name their member."""
    if len(pictures) == 1:
        return pictures[0]
    panels, notes = [], []
    for picture in pictures:
        name = picture.title.partition(" on ")[0]
        panels += [replace(panel, title=f"{name}, {panel.title}") for panel in picture.panels]
        notes += [f"{name}, {note}" for note in picture.notes]
    return replace(pictures[0], title=title, panels=panels, notes=notes)


def shared_scale(panels: Sequence[Panel]) -> HeatMap | RegionMap | None:
    """The first map, if several panels are all maps of the same colour scale; else None."""
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
    """One entry per curve; none for a single curve."""
    return tuple((curve.label, curve.style) for curve in curves) if len(curves) > 1 else ()
