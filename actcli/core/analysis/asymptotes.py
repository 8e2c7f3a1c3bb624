"""How a function behaves at -∞ and at ∞: its limit, or the line that it approaches."""

import math
from dataclasses import dataclass

import numpy as np

from actcli.core.analysis.sampling import Derivatives
from actcli.core.arrays import Array

# The sequence that is looked at when infinity itself has no value, and how many of its last members have to agree.
_FAR_OUT = 2.0 ** np.arange(3.0, 200.0, 0.5)
_LAST = 8
# Where the intercept is read off: far enough for the function to be straight, near enough to see its digits.
_INTERCEPT_AT = 2.0**14
# From here on a function that is a line in float64 is taken for one.
_AT_REST = 2.0**10


@dataclass(frozen=True, slots=True)
class End:
    """f at one end of the line.

    limit:     of f; nan where it has none, as a wave has not
    slope:     of f(x)/x; ±inf where f leaves every line behind, 0 where it stays under every line, None where there
               is no limit
    intercept: of the asymptote slope x + intercept; None where there is no such line
    """

    limit: float
    slope: float | None
    intercept: float | None


Limit = float | None
"""nan is a limit that does not exist, None one of which nothing is certain."""


@dataclass(frozen=True, slots=True)
class FarEnd:
    """f, and the limit of f', at one end of the line; None where nothing is certain."""

    end: End | None
    slope: Limit


@dataclass(frozen=True, eq=False)
class Outwards:
    """f and f' on the way to one end of the line, and there.

    table: of shape (2, n): at the sequence ±2^k, k = 3, 3.5, ..., and at ±inf last
    """

    x: Array
    table: Array

    @classmethod
    def of(cls, derivatives: Derivatives, direction: float) -> "Outwards":
        """In the direction of 1 or -1; `derivatives` gives f and f'."""
        x = direction * np.append(_FAR_OUT, math.inf)
        return cls(x, derivatives(x))

    def limit(self, order: int) -> float:
        """The limit of f or f'; nan where it has none.

        The sequence decides as far as it is finite, then where it overflows to, then f(±inf): a formula at infinity
        may be nan, or a tie of two infinities.
        """
        _, value, beyond = self.finite(order)
        limit = _limit(value)
        if math.isnan(limit):
            limit = beyond if math.isinf(beyond) else float(self.table[order, -1])
        return limit

    def finite(self, order: int) -> tuple[Array, Array, float]:
        """The sequence and f or f' there as far as it is finite, and what comes next."""
        value = np.append(self.table[order, :-1], math.nan)
        finite = int(np.argmin(np.isfinite(value)))
        return self.x[:finite], value[:finite], float(value[finite])


def behaviour(outwards: Outwards) -> End:
    """The end, its intercept to about 1e-9."""
    limit = outwards.limit(0)
    if math.isfinite(limit):
        return End(limit, 0.0, limit)
    if math.isnan(limit):
        return End(math.nan, None, None)
    x, value, _ = outwards.finite(0)
    settled = outwards.limit(1)
    # A slope that keeps waving may still follow a line, if none that it ever reaches.
    slope = settled if not math.isnan(settled) else _limit(value / x)
    if math.isnan(slope):
        return End(limit, None, None)
    straight = slope != 0.0 and math.isfinite(settled)
    return End(limit, slope, _intercept(x, value, slope) if straight else None)


def settled(outwards: Outwards) -> bool:
    """Whether float64 decides: f and f' have settled, or f is a line, long before the last point."""
    x, value, _ = outwards.finite(0)
    _, slope, _ = outwards.finite(1)
    if len(value) < len(_FAR_OUT) or len(slope) < len(_FAR_OUT):
        return False
    near, far = int(np.searchsorted(_FAR_OUT, _AT_REST)), len(_FAR_OUT) // 2
    rest = value - slope[-1] * x
    return bool((slope[near:] == slope[-1]).all() and np.ptp(rest[near:far]) <= 2.0**-50 * np.abs(rest[near]))


def _limit(sequence: Array) -> float:
    """The limit of the sequence: a number, ±inf, or nan where it has none."""
    if len(sequence) < _LAST:
        return math.nan
    last = sequence[-_LAST:]
    if np.abs(last).max() <= 1e-12 * np.abs(sequence).max():
        return 0.0
    if np.ptp(last) <= 1e-9 * np.abs(last).max():
        return float(last[-1])
    steps = np.diff(last) * np.sign(last[-1])
    grows = (steps > 0.0).all() and steps[-1] >= 0.9 * steps[0]
    return math.copysign(math.inf, last[-1]) if grows else math.nan


def _intercept(x: Array, value: Array, slope: float) -> float | None:
    """The limit of f(x) - slope x, extrapolated over terms in 1/x and 1/x²; None where it does not settle."""
    x, value = x[::2], value[::2]  # the powers of two, whose product with the slope is exact
    near = np.abs(x) <= _INTERCEPT_AT
    rest = (value - slope * x)[near][-4:]
    if len(rest) < 4:
        return None
    noise = 2.0**-50 * float(np.abs(value[near][-1]))
    steps = np.abs(np.diff(rest))
    if steps.max() == 0.0:
        return float(rest[-1])
    if (steps[1:] > 0.75 * steps[:-1] + noise).any():
        return None
    once = 2.0 * rest[1:] - rest[:-1]
    twice = (4.0 * once[1:] - once[:-1]) / 3.0
    return float(twice[-1]) if abs(twice[-1]) > 16.0 * noise else 0.0
