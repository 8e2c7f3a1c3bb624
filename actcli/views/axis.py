"""An axis: which dot of the screen a value falls on.

Zero and the ticks fall on dots exactly, because the distance between two dots is a whole fraction of that
between two ticks. So a curve through (3, 3) is seen to pass there, and the ticks stand at even distances.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Axis:
    """`cells` characters of `dots` dots each.

    first: how many steps the first dot is from zero
    step:  from dot to dot
    tick:  from tick to tick
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
        """The dot nearest to each value, one beyond the ends for what is outside."""
        with np.errstate(over="ignore"):  # infinitely far outside is outside
            nearest = np.floor(values / self.step - self.first + 0.5)
        return np.clip(nearest, -1, self.last_dot + 1).astype(np.int64)

    def cell(self, value: float) -> int:
        return int(self.dot(np.array([value]))[0]) // self.dots

    def __contains__(self, value: float) -> bool:
        return 0 <= self.cell(value) < self.cells


@dataclass(frozen=True)
class Span:
    """What an axis has to show, and the room for it."""

    low: float
    high: float
    tick: float
    cells: int
    dots: int

    def across(self, step: float) -> Axis | None:
        """The shortest axis with this step, from `low` to `high`; None when there is no room for it."""
        first = floor(floor(self.low / step + 1e-6) / self.dots) * self.dots
        cells = ceil((ceil(self.high / step - 1e-6) - first + 1) / self.dots)
        return Axis(first, step, cells, self.dots, self.tick) if cells <= self.cells else None

    def up(self, step: float) -> Axis | None:
        """All of the room with this step, `low` to `high` in its middle; None when they do not fit.

        Zero is set on a dot in the middle of its cell, where the character of the zero line is drawn.
        """
        margin = self.dots // 4
        first, last = floor(self.low / step + 1e-6) - margin, ceil(self.high / step - 1e-6) + margin
        spare = self.cells * self.dots - (last - first + 1)
        shifts = [shift for shift in range(spare + 1) if (first - shift + self.dots // 2) % self.dots == 0]
        if not shifts:
            return None
        shift = min(shifts, key=lambda shift: abs(shift - spare / 2))
        return Axis(first - shift, step, self.cells, self.dots, self.tick)

    def steps(self) -> Iterator[float]:
        """The steps to try: whole fractions of a tick, finest first, then multiples for the smallest rooms.

        The first puts all ticks at the same place in their cells, if it is nearly as fine as the finest.
        """
        most = floor(self.cells * self.dots / ((self.high - self.low) / self.tick))
        even = most - most % self.dots
        if even >= 0.85 * most > 0:
            yield self.tick / even
        yield from (self.tick / parts for parts in range(most, 0, -1))
        yield from (self.tick * times for times in range(2, 1000))


def axis_across(span: Span) -> Axis:
    return next(axis for step in span.steps() if (axis := span.across(step)))


def axis_up(span: Span) -> Axis:
    return next(axis for step in span.steps() if (axis := span.up(step)))


def squared(across: Span, up: Span) -> tuple[Axis, Axis]:
    """Both axes, with one unit as long across as up where that costs little: 45 degrees look like it."""
    x, y = axis_across(across), axis_up(up)
    square = 2 * x.dots / y.dots  # a character is about twice as high as wide
    ratio = y.step / (x.step * square)
    if not 0.6 <= ratio <= 1.4:
        return x, y
    pairs = ((across.across(step), up.up(step * square)) for step in (x.step, *across.steps()))
    return next(((x, y) for x, y in pairs if x and y), (x, y))
