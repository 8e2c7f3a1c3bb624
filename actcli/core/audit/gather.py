"""What an audit remembers of all its results, block by block. Each can take in what another, of later inputs, has."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask
from actcli.core.audit.report import Stretch


@dataclass
class Stretches:
    """Where results of a kind are met."""

    count: int = 0
    first: float | None = None
    low: float = math.inf
    high: float = -math.inf

    def note(self, x: Array, where: Mask) -> None:
        """Take in the inputs of a block, where the results are of the kind."""
        if where.any():
            there = x[where]
            self.merge(Stretches(len(there), float(there[0]), float(there.min()), float(there.max())))

    def merge(self, later: "Stretches") -> None:
        """Take in what was met at later inputs."""
        self.first = later.first if self.first is None else self.first
        self.count += later.count
        self.low, self.high = min(self.low, later.low), max(self.high, later.high)

    def result(self) -> Stretch:
        """How many there are, and from where to where."""
        return Stretch(self.count, self.first, self.low, self.high)


@dataclass
class Elsewhere:
    """Where results are not a number."""

    value: float
    elsewhere: tuple[float, float, float, float] = (math.inf, -math.inf, math.inf, -math.inf)

    def note(self, x: Array, where: Mask) -> None:
        """Take in the inputs of a block where results are not a number."""
        lowest, below, above, highest = self.elsewhere
        # Of most blocks none reaches further than those before.
        x = x[where & ((x < lowest) | (x > highest) | ((x > below) & (x < above)))]
        self.elsewhere = (
            float(x.min(initial=lowest)),
            float(x[x < 0.0].max(initial=below)),
            float(x[x > 0.0].min(initial=above)),
            float(x.max(initial=highest)),
        )

    def merge(self, later: "Elsewhere") -> None:
        """Take in what was met at later inputs."""
        (a, b, c, d), (e, f, g, h) = self.elsewhere, later.elsewhere
        self.elsewhere = min(a, e), max(b, f), min(c, g), max(d, h)


@dataclass
class Largest:
    """The largest number of a kind, and the first input where it is."""

    value: float = -1.0
    at: float = math.nan

    def note(self, x: Array, values: Array) -> None:
        """Values of which nan are none."""
        largest = float(np.fmax.reduce(values, initial=-1.0))
        if largest > self.value:
            self.value, self.at = largest, float(x[np.flatnonzero(values == largest)[0]])

    def merge(self, later: "Largest") -> None:
        """Take in the largest of later inputs; of equals the first stays."""
        if later.value > self.value:
            self.value, self.at = later.value, later.at


PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)

_BINS: Final = 128
"""To an octave: a percentile is at most 2^(1/128), less than 1 %, too large."""
_SHIFT: Final = 52 - 7
_LOWEST: Final = (1023 - 60) * _BINS
_HIGHEST: Final = (1023 + 140) * _BINS


class Quantiles:
    """How many errors lie in each of many narrow classes, for percentiles of any number of them."""

    def __init__(self) -> None:
        self.counts: npt.NDArray[np.int64] = np.zeros(_HIGHEST - _LOWEST + 2, dtype=np.int64)

    def note(self, errors: Array) -> None:
        """Errors >= 0, of which infinity is the largest."""
        classes = errors.view(np.int64) >> _SHIFT
        classes -= _LOWEST - 1
        np.maximum(classes, 0, out=classes)
        np.minimum(classes, len(self.counts) - 1, out=classes)
        self.counts += np.bincount(classes, minlength=len(self.counts))

    def merge(self, later: "Quantiles") -> None:
        """Take in the counts of later inputs."""
        self.counts += later.counts

    def percentiles(self, largest: float) -> dict[str, float]:
        """What so many in a hundred errors are at most, rounded up by less than 1 %; the largest is known."""
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
    """How often results go down where the exact ones go up, or the other way round."""
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf is nan, which is in no order
        return int((np.sign(np.diff(exact)) * np.sign(np.diff(actual)) < 0).sum())


def first_largest(values: Array, most: int) -> list[int]:
    """The indices of the largest values, largest first; of equal ones those that come first."""
    if len(values) > most:
        bound = np.partition(values, -most)[-most]
        above, equal = np.flatnonzero(values > bound), np.flatnonzero(values == bound)
        chosen = np.concatenate([above, equal[: most - len(above)]])
    else:
        chosen = np.arange(len(values))
    order: list[int] = chosen[np.argsort(-values[chosen], kind="stable")].tolist()
    return order
