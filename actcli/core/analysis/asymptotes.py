"""Behaviour of a function at -∞ and at ∞: limit or asymptote."""

import math
from dataclasses import dataclass

import numpy as np

from actcli.core.analysis.sampling import Derivatives
from actcli.core.arrays import Array

# Sequence of x used if f(±inf) is nan; number of last members that have to agree.
_FAR_OUT = 2.0 ** np.arange(3.0, 200.0, 0.5)
_LAST = 8
# x at which the intercept is read: far enough for a straight curve, near enough to keep digits of the intercept.
_INTERCEPT_AT = 2.0**14
# A function that is a line in float64 from here on counts as a line.
_AT_REST = 2.0**10


@dataclass(frozen=True, slots=True)
class End:
    """f at -∞ or ∞.

    limit:     limit of f; nan if it does not exist, as for an oscillation
    slope:     limit of f(x)/x; ±inf if f grows faster than every line, 0 if slower, None if it does not exist
    intercept: of the asymptote slope x + intercept; None without an asymptote
    """

    limit: float
    slope: float | None
    intercept: float | None


Limit = float | None
"""nan: the limit does not exist; None: unknown."""


@dataclass(frozen=True, slots=True)
class FarEnd:
    """f, and the limit of f', at -∞ or ∞; None: unknown."""

    end: End | None
    slope: Limit


@dataclass(frozen=True, eq=False)
class Outwards:
    """f and f' towards -∞ or ∞.

    table: (2, n), at x = ±2^k, k = 3, 3.5, ..., and last at ±inf
    """

    x: Array
    table: Array

    @classmethod
    def of(cls, derivatives: Derivatives, direction: float) -> "Outwards":
        """Towards ∞ (direction 1) or -∞ (-1); `derivatives` gives f and f'."""
        x = direction * np.append(_FAR_OUT, math.inf)
        return cls(x, derivatives(x))

    def limit(self, order: int) -> float:
        """The limit of f or f'; nan if it does not exist.

        Decided by the finite part of the sequence, then by the infinity to which it overflows, then by f(±inf). f(±inf)
        comes last: of a formula it may be nan, or a tie of two infinities.
        """
        _, value, beyond = self.finite(order)
        limit = _limit(value)
        if math.isnan(limit):
            limit = beyond if math.isinf(beyond) else float(self.table[order, -1])
        return limit

    def finite(self, order: int) -> tuple[Array, Array, float]:
        """The finite part of the sequence: x, f or f', and the first value after it."""
        value = np.append(self.table[order, :-1], math.nan)
        finite = int(np.argmin(np.isfinite(value)))
        return self.x[:finite], value[:finite], float(value[finite])


def behaviour(outwards: Outwards) -> End:
    """The behaviour at ±∞; the intercept to about 1e-9."""
    limit = outwards.limit(0)
    if math.isfinite(limit):
        return End(limit, 0.0, limit)
    if math.isnan(limit):
        return End(math.nan, None, None)
    x, value, _ = outwards.finite(0)
    settled = outwards.limit(1)
    # If f' oscillates, f(x)/x may still converge.
    slope = settled if not math.isnan(settled) else _limit(value / x)
    if math.isnan(slope):
        return End(limit, None, None)
    straight = slope != 0.0 and math.isfinite(settled)
    return End(limit, slope, _intercept(x, value, slope) if straight else None)


def settled(outwards: Outwards) -> bool:
    """Whether float64 suffices: f and f' have converged, or f is a line, long before the last point."""
    x, value, _ = outwards.finite(0)
    _, slope, _ = outwards.finite(1)
    if len(value) < len(_FAR_OUT) or len(slope) < len(_FAR_OUT):
        return False
    near, far = int(np.searchsorted(_FAR_OUT, _AT_REST)), len(_FAR_OUT) // 2
    rest = value - slope[-1] * x
    return bool((slope[near:] == slope[-1]).all() and np.ptp(rest[near:far]) <= 2.0**-50 * np.abs(rest[near]))


def _limit(sequence: Array) -> float:
    """The limit of the sequence: a number, ±inf, or nan if it does not exist."""
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
    """The limit of f(x) - slope x, extrapolated over terms in 1/x and 1/x²; None if it does not converge."""
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
