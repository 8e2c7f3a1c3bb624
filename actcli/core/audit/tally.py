"""Errors gathered in intervals of the input, block by block: as much memory for ten million as for ten."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array, Indices
from actcli.core.audit.ulp import Steps

ENDLESS: Final = 2**64 - 1
"""Stands for infinitely many steps: the result is nan, or infinite and should not be."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors in one interval of the input.

    The largest are infinite where a result is nan or inf and should not be; the means are of the others. Where there
    is no input all are None.
    """

    count: int
    max_ulp: float | None
    mean_ulp: float | None
    max_steps: float | None
    mean_steps: float | None
    max_ulp_input: float | None
    worst_input: float | None


class Tally:
    """Counts, sums and the largest errors of so many intervals, which neighbours may share in the end."""

    def __init__(self, intervals: int) -> None:
        self.count = np.zeros(intervals, dtype=np.int64)
        self.max_ulp = np.full(intervals, -1.0)
        self._finite = np.zeros(intervals, dtype=np.int64)
        self._sum_ulp = np.zeros(intervals)
        self._sum_steps = np.zeros(intervals)
        self._max_ulp_at = _Places(intervals)
        self._max_steps = np.zeros(intervals, dtype=np.uint64)
        self._worst_at = _Places(intervals)
        self._taken = 0

    def add(self, interval: Indices, x: Array, ulp: Array, steps: Steps) -> None:
        """Errors at the inputs x, of which each lies in the interval of that index."""
        size = len(self.count)
        finite = steps != ENDLESS
        unseen = self.count == 0
        self.count += np.bincount(interval, minlength=size)
        self._finite += np.bincount(interval[finite], minlength=size)
        self._sum_ulp += np.bincount(interval[finite], ulp[finite], minlength=size)
        self._sum_steps += np.bincount(interval[finite], steps[finite].astype(np.float64), minlength=size)
        index = np.arange(self._taken, self._taken + len(x))
        self._taken += len(x)
        self._max_ulp_at.update(self.max_ulp, unseen, interval, ulp, x, index)
        self._worst_at.update(self._max_steps, unseen, interval, steps, x, index)

    def errors(self, first: int = 0, last: int | None = None) -> Errors:
        """Of the intervals from `first` to before `last` together."""
        part = slice(first, last)
        count, finite = int(self.count[part].sum()), int(self._finite[part].sum())
        if not count:
            return Errors(0, None, None, None, None, None, None)
        filled = np.flatnonzero(self.count[part])
        max_ulp, max_steps = self.max_ulp[part][filled], self._max_steps[part][filled]
        most = int(max_steps.max())
        return Errors(
            count=count,
            max_ulp=float(max_ulp.max()),
            mean_ulp=float(self._sum_ulp[part].sum()) / finite if finite else math.inf,
            max_steps=math.inf if most == ENDLESS else most,
            mean_steps=float(self._sum_steps[part].sum()) / finite if finite else math.inf,
            max_ulp_input=self._max_ulp_at.first(part, filled[max_ulp == max_ulp.max()]),
            worst_input=self._worst_at.first(part, filled[max_steps == most]),
        )


class _Places:
    """Where the largest of each interval was met first: the input, and how many came before it."""

    def __init__(self, intervals: int) -> None:
        self.x = np.full(intervals, np.nan)
        self.index = np.zeros(intervals, dtype=np.int64)

    def update(self, largest: Any, unseen: Any, interval: Indices, errors: Any, x: Array, index: Indices) -> None:
        """Raise `largest` to the errors in each interval, and remember where that happened."""
        before = largest.copy()
        np.maximum.at(largest, interval, errors)
        changed = (largest > before) | unseen
        hits = np.flatnonzero(changed[interval] & (errors == largest[interval]))[::-1]
        # Of several assignments to one place the last one stays: that of the first input.
        self.x[interval[hits]] = x[hits]
        self.index[interval[hits]] = index[hits]

    def first(self, part: slice, intervals: Sequence[int]) -> float:
        candidates = np.asarray(intervals)
        return float(self.x[part][candidates[self.index[part][candidates].argmin()]])


MOST: Final = 12
_WORTH: Final = 12.0
"""What a boundary has to save, in squared octaves of the error times small intervals."""
_LARGEST: Final = 64.0


def boundaries(max_ulp: Array) -> Indices:
    """From the largest errors in ascending small intervals to the indices where a new segment begins.

    Neighbours are joined, those first whose errors (their logarithms; up to 1 ULP all are alike) differ least, until
    joining any two would cost too much (Ward 1963, J. Amer. Stat. Assoc. 58).
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
