"""Axes of a canvas: dots of values, and ticks.

Zero and all ticks are exactly on dots, because the distance between ticks is a multiple of the distance between dots.
Therefore a curve through (3, 3) visibly passes there, and ticks are evenly spaced.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from actcli.views.notation import decade, format_number, power_of_ten
from actcli.views.picture.description import Axis

FEWEST_DECADES = 2
"""Least decades of a logarithmic axis."""


@dataclass(frozen=True)
class DotAxis:
    """An axis of `cells` characters with `dots` dots each.

    first: steps from zero to the first dot
    step:  distance between dots
    tick:  distance between ticks
    """

    first: int
    step: float
    cells: int
    dots: int
    tick: float

    @property
    def last_dot(self) -> int:
        return self.cells * self.dots - 1

    @property
    def low(self) -> float:
        return self.first * self.step

    @property
    def high(self) -> float:
        return (self.first + self.last_dot) * self.step

    def dot(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """The nearest dot of each value; -1 or last_dot + 1 outside."""
        with np.errstate(over="ignore"):  # an overflow is outside
            nearest = np.floor(values / self.step - self.first + 0.5)
        return np.clip(nearest, -1, self.last_dot + 1).astype(np.int64)

    def cell(self, value: float) -> int:
        return int(self.dot(np.array([value]))[0]) // self.dots

    def __contains__(self, value: float) -> bool:
        return 0 <= self.cell(value) < self.cells


@dataclass(frozen=True)
class Span:
    """The interval of an axis, and its room in cells of `dots` dots."""

    low: float
    high: float
    tick: float
    cells: int
    dots: int

    def across(self, step: float) -> DotAxis | None:
        """The shortest axis with this step that includes `low` and `high`; None without room."""
        first = floor(floor(self.low / step + 1e-6) / self.dots) * self.dots
        cells = ceil((ceil(self.high / step - 1e-6) - first + 1) / self.dots)
        return DotAxis(first, step, cells, self.dots, self.tick) if cells <= self.cells else None

    def up(self, step: float) -> DotAxis | None:
        """An axis with this step over all cells, [low, high] in its middle; None if it does not fit.

        Zero is on a dot in the middle of its cell, where the character of the zero line is.
        """
        margin = self.dots // 4
        first, last = floor(self.low / step + 1e-6) - margin, ceil(self.high / step - 1e-6) + margin
        spare = self.cells * self.dots - (last - first + 1)
        shifts = [shift for shift in range(spare + 1) if (first - shift + self.dots // 2) % self.dots == 0]
        if not shifts:
            return None
        shift = min(shifts, key=lambda shift: abs(shift - spare / 2))
        return DotAxis(first - shift, step, self.cells, self.dots, self.tick)

    def steps(self) -> Iterator[float]:
        """Steps to try: whole fractions of a tick, finest first, then multiples for very small rooms.

        The first step gives all ticks the same place in their cells, if it is nearly as fine as the finest.
        """
        most = floor(self.cells * self.dots / ((self.high - self.low) / self.tick))
        even = most - most % self.dots
        if even >= 0.85 * most > 0:
            yield self.tick / even
        yield from (self.tick / parts for parts in range(most, 0, -1))
        yield from (self.tick * times for times in range(2, 1000))


def axis_across(span: Span) -> DotAxis:
    return next(axis for step in span.steps() if (axis := span.across(step)))


def axis_up(span: Span) -> DotAxis:
    return next(axis for step in span.steps() if (axis := span.up(step)))


def squared(across: Span, up: Span) -> tuple[DotAxis, DotAxis]:
    """Both axes, with equal lengths of a unit if that costs little room: 45 degrees look like 45 degrees."""
    x, y = axis_across(across), axis_up(up)
    square = 2 * x.dots / y.dots  # a character is about twice as high as wide
    ratio = y.step / (x.step * square)
    if not 0.6 <= ratio <= 1.4:
        return x, y
    pairs = ((across.across(step), up.up(step * square)) for step in (x.step, *across.steps()))
    return next(((x, y) for x, y in pairs if x and y), (x, y))


@dataclass(frozen=True)
class Ticks:
    cells: list[int]
    labels: list[str]

    @property
    def width(self) -> int:
        return max(map(len, self.labels), default=0)


def nice_step(span: float, most: int) -> float:
    """The smallest of …, 0.5, 1, 2, 5, 10, 20, … of which `span` has at most `most`."""
    rough = span / max(most, 1)
    power = 10.0 ** floor(log10(rough))
    steps = (factor * power for factor in (1.0, 2.0, 5.0, 10.0, 20.0))
    return next(step for step in steps if step >= rough * (1 - 1e-9))


def roomy_step(low: float, high: float, cells: int) -> float:
    """The smallest nice step whose labels fit beside each other."""
    for room in (5, 6, 8, 10, 14, 20):
        step = nice_step(high - low, cells // room)
        if max(map(len, tick_labels(multiples(step, low, high))), default=0) + 2 <= room:
            break
    return step


def span_across(low: float, high: float, cells: int, dots: int) -> Span:
    return Span(low, high, roomy_step(low, high, cells), cells, dots)


def span_up(low: float, high: float, cells: int, dots: int) -> Span:
    return Span(low, high, nice_step(high - low, min(max(cells // 3, 2), 8)), cells, dots)


def span_of(axis: Axis, cells: int, dots: int, *, up: bool) -> Span:
    """The span of an axis in `cells` cells of `dots` dots."""
    if axis.scale == "log":
        low, high = (float(place) for place in axis.place(np.array([axis.low, axis.high])))
        last = ceil(high - 1e-9)
        first = min(floor(low + 1e-9), last - FEWEST_DECADES)
        return Span(first, last, max(nice_step(last - first, cells // (2 if up else 6)), 1.0), cells, dots)
    if axis.scale == "symlog":
        first, last = axis.place(np.array([axis.low, axis.high])).tolist()
        return Span(first, last, 1.0, cells, dots)
    if axis.counted:
        return Span(axis.low, axis.high, max(nice_step(axis.high - axis.low, cells // 5), 1.0), cells, dots)
    return span_up(axis.low, axis.high, cells, dots) if up else span_across(axis.low, axis.high, cells, dots)


def multiples(step: float, low: float, high: float) -> list[float]:
    """The multiples of `step` from `low` to `high`."""
    # Decimals, because 3 * 0.1 is 0.30000000000000004.
    first, last = ceil(low / step - 1e-6), floor(high / step + 1e-6)
    return [float(f"{i * step:.15g}") for i in range(first, last + 1)]


def tick_labels(values: Sequence[float]) -> list[str]:
    """Exact texts of the values, all with the same number of decimals."""
    largest = max((abs(value) for value in values), default=0.0)
    last = min((_last_place(value) for value in values if value), default=0)
    if largest >= 1e6 or last < -4:
        digits = max(decade(largest) - last + 1, 4)
        return [format_number(value, digits) if value else "0" for value in values]
    return [f"{value:.{max(-last, 0)}f}" for value in values]


def _last_place(value: float) -> int:
    """Power of ten of the last digit other than 0."""
    mantissa, exponent = f"{value:.14e}".split("e")
    return int(exponent) - len(mantissa.partition(".")[2].rstrip("0"))


def linear_ticks(axis: DotAxis, label_width: int = 0) -> Ticks:
    """Ticks at multiples of axis.tick; label_width: least width of the labels."""
    values = multiples(axis.tick, axis.low, axis.high)
    return Ticks([axis.cell(value) for value in values], [label.rjust(label_width) for label in tick_labels(values)])


def ticks_of(axis: Axis, placed: DotAxis, *, up: bool, unicode: bool, label_width: int = 0) -> Ticks:
    if axis.scale == "symlog":
        return _symlog_ticks(axis, placed, up)
    if axis.scale == "log":
        decades = multiples(placed.tick, placed.low, placed.high)
        labels = [power_of_ten(round(value), unicode) for value in decades]
        return Ticks([placed.cell(value) for value in decades], labels)
    if axis.counted:  # 1, and multiples of the tick
        values = [value for value in multiples(placed.tick, placed.low, axis.high) if value > 1]
        values = [1.0, *(values or [axis.high])] if 1 in placed else values
        return Ticks([placed.cell(value) for value in values], [f"{value:.0f}" for value in values])
    return linear_ticks(placed, label_width if up else 0)


def _symlog_ticks(axis: Axis, placed: DotAxis, up: bool) -> Ticks:
    """Ticks at 0, powers of ten, then 2 and 5 times those, as far as their labels fit."""
    low, high = axis.low, axis.high
    decades = range(floor(log10(axis.unit)), ceil(log10(max(high, -low))) + 1)
    sizes = [float(f"{factor}e{power}") for factor in (1, 2, 5) for power in reversed(decades)]  # inf beyond 1e308
    candidates = [0.0, *(sign * size for size in sizes for sign in (-1.0, 1.0) if low <= sign * size <= high)]
    taken: dict[int, str] = {}
    free = [True] * placed.cells
    for x in candidates:
        label, cell = f"{x:g}", placed.cell(float(axis.place(np.array([x]))[0]))
        start = cell - 1 if up else cell - len(label) // 2 - 1
        room = range(max(start, 0), start + (1 if up else len(label)) + 2)
        if 0 <= cell < placed.cells and room.stop <= placed.cells and all(free[i] for i in room):
            taken[cell] = label
            for i in room:
                free[i] = False
    return Ticks(sorted(taken), [taken[cell] for cell in sorted(taken)])
