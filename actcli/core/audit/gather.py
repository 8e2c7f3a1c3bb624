"""Statistics of an audit, updated block by block. `merge` adds those of later inputs."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask
from actcli.core.audit.report import Stretch


@dataclass
class Stretches:
    """Number and range of the inputs whose results are of a kind."""

    count: int = 0
    first: float | None = None
    low: float = math.inf
    high: float = -math.inf

    def note(self, x: Array, where: Mask) -> None:
        """Add a block of inputs x; where: their results are of the kind."""
        if where.any():
            there = x[where]
            self.merge(Stretches(len(there), float(there[0]), float(there.min()), float(there.max())))

    def merge(self, later: "Stretches") -> None:
        """Add the inputs of another, which follow."""
        self.first = later.first if self.first is None else self.first
        self.count += later.count
        self.low, self.high = min(self.low, later.low), max(self.high, later.high)

    def result(self) -> Stretch:
        """As plain data for the report."""
        return Stretch(self.count, self.first, self.low, self.high)


@dataclass
class Elsewhere:
    """Inputs with results other than `value`: smallest, largest below 0, smallest above 0, largest."""

    value: float
    elsewhere: tuple[float, float, float, float] = (math.inf, -math.inf, math.inf, -math.inf)

    def note(self, x: Array, where: Mask) -> None:
        """Add a block of inputs x; where: their results differ from `value`."""
        lowest, below, above, highest = self.elsewhere
        # Most blocks have no input outside of the earlier ones' bounds.
        x = x[where & ((x < lowest) | (x > highest) | ((x > below) & (x < above)))]
        self.elsewhere = (
            float(x.min(initial=lowest)),
            float(x[x < 0.0].max(initial=below)),
            float(x[x > 0.0].min(initial=above)),
            float(x.max(initial=highest)),
        )

    def merge(self, later: "Elsewhere") -> None:
        """Add the inputs of another, which follow."""
        (a, b, c, d), (e, f, g, h) = self.elsewhere, later.elsewhere
        self.elsewhere = min(a, e), max(b, f), min(c, g), max(d, h)


@dataclass
class Largest:
    """The largest of some values, and its first input."""

    value: float = -1.0
    at: float = math.nan

    def note(self, x: Array, values: Array) -> None:
        """Add a block of values at the inputs x; nan is ignored."""
        largest = float(np.fmax.reduce(values, initial=-1.0))
        if largest > self.value:
            self.value, self.at = largest, float(x[np.flatnonzero(values == largest)[0]])

    def merge(self, later: "Largest") -> None:
        """Add the values of another, whose inputs follow; of equal values the first stays."""
        if later.value > self.value:
            self.value, self.at = later.value, later.at


PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)

_BINS: Final = 128
"""Bins per octave: a percentile is too large by a factor of at most 1 + 1/128, less than 1 %."""
_SHIFT: Final = 52 - 7
_LOWEST: Final = (1023 - 60) * _BINS
_HIGHEST: Final = (1023 + 140) * _BINS


class Quantiles:
    """Histogram of errors in narrow bins, for percentiles in constant memory."""

    def __init__(self) -> None:
        self.counts: npt.NDArray[np.int64] = np.zeros(_HIGHEST - _LOWEST + 2, dtype=np.int64)

    def note(self, errors: Array) -> None:
        """Add errors >= 0, inf included."""
        classes = errors.view(np.int64) >> _SHIFT
        classes -= _LOWEST - 1
        np.maximum(classes, 0, out=classes)
        np.minimum(classes, len(self.counts) - 1, out=classes)
        self.counts += np.bincount(classes, minlength=len(self.counts))

    def merge(self, later: "Quantiles") -> None:
        """Add the errors of another."""
        self.counts += later.counts

    def percentiles(self, largest: float) -> dict[str, float]:
        """Percentiles of the errors by their per cent, rounded up by less than 1 %, at most `largest`."""
        upto = np.cumsum(self.counts)
        return {f"{percent:g}": min(self._bound(upto, percent), largest) for percent in PERCENTILES}

    def _bound(self, upto: npt.NDArray[np.int64], percent: float) -> float:
        index = int(np.searchsorted(upto, math.ceil(upto[-1] * percent / 100.0)))
        if index == 0:
            return 0.0
        if index == len(self.counts) - 1:
            return math.inf
        return float(np.array((index + _LOWEST) << _SHIFT, dtype=np.int64).view(np.float64))


def reversals(exact: Array, actual: Array) -> int:
    """Number of neighbours whose results go down while the exact ones go up, or the other way round."""
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf is nan, which is not counted
        return int((np.sign(np.diff(exact)) * np.sign(np.diff(actual)) < 0).sum())


def first_largest(values: Array, most: int) -> list[int]:
    """Indices of the `most` largest values, largest first; of equal values the first."""
    if len(values) > most:
        bound = np.partition(values, -most)[-most]
        above, equal = np.flatnonzero(values > bound), np.flatnonzero(values == bound)
        chosen = np.concatenate([above, equal[: most - len(above)]])
    else:
        chosen = np.arange(len(values))
    order: list[int] = chosen[np.argsort(-values[chosen], kind="stable")].tolist()
    return order
