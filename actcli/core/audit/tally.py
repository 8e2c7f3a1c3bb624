"""Errors by interval of the input, updated block by block in constant memory."""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array, Indices, Mask
from actcli.core.audit.ulp import UlpDistances

ENDLESS: Final = 2**64 - 1
"""Infinitely many steps: the result is nan, or infinity in place of a number."""

HISTOGRAM: Final = {"0": 0.0, "<=0.5": 0.5, "<=1": 1.0, "2": 2.0, "3-10": 10.0, "11-100": 100.0, ">100": math.inf}
"""Class of the histogram -> the largest `ulp` in it."""
STEPS: Final = {"0": 0, "1": 1, "2": 2, "3-10": 10, "11-100": 100, ">100": ENDLESS - 1, "nonfinite": ENDLESS}
"""Class of the histogram -> the most steps in it."""

WORST: Final = 10
"""Number of worst results kept."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors in one interval of the input; None where there is none.

    count: number of inputs
    nonfinite: number of results that are nan, or infinity in place of a number. Their error is infinite
    max_ulp, max_steps: over all results
    mean_ulp, mean_steps, finite_max_ulp, finite_max_steps: over results with a finite error; the means are infinite
        if there is none
    max_ulp_input, worst_input, finite_worst_input: the first input of max_ulp, max_steps and finite_max_steps
    """

    count: int
    max_ulp: float | None
    mean_ulp: float | None
    max_steps: float | None
    mean_steps: float | None
    max_ulp_input: float | None
    worst_input: float | None
    nonfinite: int = 0
    finite_max_ulp: float | None = None
    finite_max_steps: float | None = None
    finite_worst_input: float | None = None


class Tally:
    """Counts, sums and largest errors of numbered intervals; `errors` joins neighbouring ones."""

    def __init__(self, intervals: int) -> None:
        self.count = np.zeros(intervals, dtype=np.int64)
        self.nonfinite = np.zeros(intervals, dtype=np.int64)
        self.max_ulp = np.full(intervals, -1.0)
        """Over finite errors; -1: there is none."""
        self._sum_ulp = np.zeros(intervals)
        self._sum_steps = np.zeros(intervals)
        self._max_ulp_at = _Places(intervals)
        self._max_steps = np.zeros(intervals, dtype=np.uint64)
        self._worst_at = _Places(intervals)
        self._nonfinite_at = _Places(intervals)
        self._taken = 0

    def add(self, interval: Indices, x: Array, ulp: Array, steps: UlpDistances) -> None:
        """Add errors at inputs x; interval: the index of each one's interval."""
        size = len(self.count)
        index = np.arange(self._taken, self._taken + len(x))
        self._taken += len(x)
        bad = steps == ENDLESS
        if bad.any():
            self._nonfinite_at.update_first(self.nonfinite == 0, interval[bad], x[bad], index[bad])
            self.nonfinite += np.bincount(interval[bad], minlength=size)
            self.count += np.bincount(interval[bad], minlength=size)
            good = ~bad
            interval, x, ulp, steps, index = interval[good], x[good], ulp[good], steps[good], index[good]
        unseen = self.count == self.nonfinite
        self.count += np.bincount(interval, minlength=size)
        self._sum_ulp += np.bincount(interval, ulp, minlength=size)
        self._sum_steps += np.bincount(interval, steps.astype(np.float64), minlength=size)
        self._max_ulp_at.update(self.max_ulp, unseen, interval, ulp, x, index)
        self._worst_at.update(self._max_steps, unseen, interval, steps, x, index)

    def merge(self, later: "Tally") -> None:
        """Add the errors of another, whose inputs follow."""
        new = (self.count == self.nonfinite) & (later.count > later.nonfinite)
        self._max_ulp_at.take(later._max_ulp_at, new | (later.max_ulp > self.max_ulp), self._taken)
        self._worst_at.take(later._worst_at, new | (later._max_steps > self._max_steps), self._taken)
        self._nonfinite_at.take(later._nonfinite_at, (self.nonfinite == 0) & (later.nonfinite > 0), self._taken)
        np.maximum(self.max_ulp, later.max_ulp, out=self.max_ulp)
        np.maximum(self._max_steps, later._max_steps, out=self._max_steps)
        self.count += later.count
        self.nonfinite += later.nonfinite
        self._sum_ulp += later._sum_ulp
        self._sum_steps += later._sum_steps
        self._taken += later._taken

    def errors(self, first: int = 0, last: int | None = None) -> Errors:
        """Errors of the intervals first, ..., last - 1 together."""
        part = slice(first, last)
        count, nonfinite = int(self.count[part].sum()), int(self.nonfinite[part].sum())
        finite = count - nonfinite
        if not count:
            return Errors(0, None, None, None, None, None, None)
        max_ulp = max_steps = max_ulp_input = worst_input = mean_ulp = mean_steps = None
        if finite:
            filled = np.flatnonzero(self.count[part] > self.nonfinite[part])
            ulps, steps = self.max_ulp[part][filled], self._max_steps[part][filled]
            max_ulp, max_steps = float(ulps.max()), int(steps.max())
            max_ulp_input = self._max_ulp_at.first(part, filled[ulps == max_ulp])
            worst_input = self._worst_at.first(part, filled[steps == max_steps])
            mean_ulp = float(self._sum_ulp[part].sum()) / finite
            mean_steps = float(self._sum_steps[part].sum()) / finite
        found = Errors(
            count, max_ulp, mean_ulp, max_steps, mean_steps, max_ulp_input, worst_input,
            nonfinite, max_ulp, max_steps, worst_input,
        )  # fmt: skip
        if not nonfinite:
            return found
        at = self._nonfinite_at.first(part, np.flatnonzero(self.nonfinite[part]))
        found = replace(found, max_ulp=math.inf, max_steps=math.inf, max_ulp_input=at, worst_input=at)
        return found if finite else replace(found, mean_ulp=math.inf, mean_steps=math.inf)


class _Places:
    """First input of each interval's largest error, and the number of inputs before it."""

    def __init__(self, intervals: int) -> None:
        self.x = np.full(intervals, np.nan)
        self.index = np.zeros(intervals, dtype=np.int64)

    def update(self, largest: Any, unseen: Any, interval: Indices, errors: Any, x: Array, index: Indices) -> None:
        """Update `largest` with a block's errors, and the place of each interval's largest one."""
        before = largest.copy()
        np.maximum.at(largest, interval, errors)
        changed = (largest > before) | unseen
        hits = np.flatnonzero(changed[interval] & (errors == largest[interval]))[::-1]
        # In reverse order: NumPy keeps the last of several assignments, hence the first input.
        self.x[interval[hits]] = x[hits]
        self.index[interval[hits]] = index[hits]

    def update_first(self, unseen: Any, interval: Indices, x: Array, index: Indices) -> None:
        """Set the first input of each unseen interval."""
        hits = np.flatnonzero(unseen[interval])[::-1]
        self.x[interval[hits]] = x[hits]
        self.index[interval[hits]] = index[hits]

    def take(self, later: "_Places", where: Mask, before: int) -> None:
        """Copy another's places where the mask holds; before: number of inputs that precede the other's."""
        self.x[where] = later.x[where]
        self.index[where] = later.index[where] + before

    def first(self, part: slice, intervals: Indices) -> float:
        return float(self.x[part][intervals[self.index[part][intervals].argmin()]])


MOST: Final = 12
_WORTH: Final = 12.0
"""Least cost of joining two segments that keeps their boundary: octaves squared times small intervals."""
_LARGEST: Final = 64.0


def boundaries(max_ulp: Array) -> Indices:
    """Segments of small intervals with similar errors: the indices at which a new segment begins.

    max_ulp: the largest error of each small interval, ascending in x. Ward's hierarchical clustering of neighbours
    (Ward 1963, J. Amer. Stat. Assoc. 58) by log2 of the error, where errors below 1 ULP count as 1. It stops at
    MOST segments or fewer, when every join would cost more than _WORTH.
    """
    if not max_ulp.size:
        return np.empty(0, dtype=np.int64)
    level = np.minimum(np.log2(np.maximum(max_ulp, 1.0)), _LARGEST)
    coarse = np.round(level)
    starts = np.append(0, np.flatnonzero(np.diff(coarse)) + 1)
    size = np.diff(np.append(starts, len(level))).astype(np.float64)
    mean = np.add.reduceat(level, starts) / size
    while len(starts) > 1:
        cost = size[1:] * size[:-1] / (size[1:] + size[:-1]) * np.diff(mean) ** 2
        cheapest = int(cost.argmin())
        if cost[cheapest] > _WORTH and len(starts) <= MOST:
            break
        both = size[cheapest] + size[cheapest + 1]
        mean[cheapest] = (size[cheapest] * mean[cheapest] + size[cheapest + 1] * mean[cheapest + 1]) / both
        size[cheapest] = both
        mean, size, starts = (np.delete(array, cheapest + 1) for array in (mean, size, starts))
    return starts[1:]
