"""Statistics of an audit, updated block by block. `merge` adds those of later inputs."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask
from actcli.core.audit.report import Point, RowPoint, Stretch
from actcli.core.audit.tally import ENDLESS, HISTOGRAM, STEPS, WORST
from actcli.core.audit.ulp import Reference, UlpDistances, ulp_distance, ulp_error, unlike
from actcli.core.numerics.formats import FLOAT_FORMATS

AnyPoint = TypeVar("AnyPoint", bound=Point | RowPoint)


def errors_of(actual: Array, truth: Reference, dtype: str, flush: bool) -> tuple[Array, Mask, Array, UlpDistances]:
    """Results with overflow as infinity, the mask of `unlike`, errors in ULP, and errors in steps.

    The errors at the mask are inf and ENDLESS.
    """
    if not FLOAT_FORMATS[dtype].has_infinity:  # nan also means overflow there
        actual = np.where(np.isnan(actual) & np.isinf(truth.rounded), truth.rounded, actual)
    wrong = unlike(actual, truth, dtype)
    ulp = np.where(wrong, np.inf, ulp_error(actual, truth, dtype, flush))
    steps = np.where(wrong, np.uint64(ENDLESS), ulp_distance(actual, truth.rounded, dtype, flush))
    return actual, wrong, ulp, steps


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


class Distribution:
    """Histograms of the errors in ULP and in steps, percentiles, and the number of correctly rounded results."""

    def __init__(self) -> None:
        self._ulp = np.zeros(len(HISTOGRAM), dtype=np.int64)
        self._steps = np.zeros(len(STEPS), dtype=np.int64)
        self._quantiles = Quantiles()
        self.correctly_rounded = 0

    def note(self, ulp: Array, steps: UlpDistances) -> None:
        """Add a block of errors."""
        self._ulp += np.bincount(np.searchsorted([*HISTOGRAM.values()], ulp), minlength=len(HISTOGRAM))
        bounds = np.array([*STEPS.values()], dtype=np.uint64)
        self._steps += np.bincount(np.searchsorted(bounds, steps), minlength=len(STEPS))
        self._quantiles.note(ulp)
        self.correctly_rounded += int((steps == 0).sum())

    def merge(self, later: "Distribution") -> None:
        """Add the errors of another."""
        self._ulp += later._ulp
        self._steps += later._steps
        self._quantiles.merge(later._quantiles)
        self.correctly_rounded += later.correctly_rounded

    def histogram(self) -> dict[str, int]:
        """Class of HISTOGRAM -> number of errors."""
        return dict(zip(HISTOGRAM, self._ulp.tolist(), strict=True))

    def steps_histogram(self) -> dict[str, int]:
        """Class of STEPS -> number of errors."""
        return dict(zip(STEPS, self._steps.tolist(), strict=True))

    def percentiles(self, max_ulp: float | None) -> dict[str, float]:
        """Per cent -> percentile of the ULP error, at most max_ulp."""
        return self._quantiles.percentiles(math.inf if max_ulp is None else max_ulp)


@dataclass
class Worst(Generic[AnyPoint]):
    """The ten largest errors in steps, nan and infinity first, and the largest finite errors in ULP and in steps."""

    points: list[AnyPoint] = field(default_factory=list)
    ulp: AnyPoint | None = None
    steps: AnyPoint | None = None

    def note(self, ulp: Array, steps: UlpDistances, point: Callable[[int], AnyPoint]) -> None:
        """Add a block of errors; point: index -> its point."""
        full = len(self.points) == WORST
        if not full or steps.max() > self.points[-1].steps:
            self._keep([point(i) for i in first_largest(steps.astype(np.float64), WORST)])
        finite = steps != ENDLESS
        if not finite.any():
            return
        at = int(np.where(finite, ulp, -1.0).argmax())
        if self.ulp is None or ulp[at] > self.ulp.ulp:
            self.ulp = point(at)
        at = int(np.where(finite, steps, 0).argmax())
        if self.steps is None or int(steps[at]) > self.steps.steps:
            self.steps = point(at)

    def merge(self, later: "Worst[AnyPoint]") -> None:
        """Add the errors of another, whose inputs follow; of equal errors the first stays."""
        self._keep(later.points)
        if later.ulp is not None and (self.ulp is None or later.ulp.ulp > self.ulp.ulp):
            self.ulp = later.ulp
        if later.steps is not None and (self.steps is None or later.steps.steps > self.steps.steps):
            self.steps = later.steps

    def _keep(self, points: list[AnyPoint]) -> None:
        # Stable sort: equal errors stay in the order of their inputs.
        self.points = sorted([*self.points, *points], key=lambda p: -p.steps)[:WORST]
