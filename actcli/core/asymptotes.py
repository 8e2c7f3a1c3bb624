"""How a function behaves at -∞ and at ∞: its limit, or the line that it approaches."""

import math
from dataclasses import dataclass

import numpy as np

from actcli.core.jet import Array
from actcli.core.sampling import Derivatives

# The sequence that is looked at when infinity itself has no value, and how many of its last members have to agree.
_FAR_OUT = 2.0 ** np.arange(3.0, 200.0, 0.5)
_LAST = 8
# Where the intercept is read off: far enough for the function to be straight, near enough to see its digits.
_INTERCEPT_AT = 2.0**14


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


def behaviour(derivatives: Derivatives, direction: float) -> End:
    """The end in the direction of 1 or -1, its intercept to about 1e-9.

    Where f(±inf) is nan, as that of most formulas is, the sequence f(±2^k) decides, as far as it is finite.
    """
    x = direction * _FAR_OUT
    value, slope = derivatives(x)[:2]
    finite = int(np.argmin(np.append(np.isfinite(value), False)))
    x, value, slope = x[:finite], value[:finite], slope[:finite]
    limit, slope_there = (float(number) for number in derivatives(np.array([direction * math.inf]))[:2, 0])
    if math.isnan(limit):
        limit = _limit(value)
    if math.isfinite(limit):
        return End(limit + 0.0, 0.0, limit + 0.0)  # 0, and not -0
    if math.isnan(limit):
        return End(math.nan, None, None)
    settled = _limit(slope)
    if math.isnan(slope_there):
        slope_there = settled
    if math.isnan(slope_there):  # the slope keeps waving, and f may still follow a line
        slope_there = _limit(value / x)
    if math.isnan(slope_there):
        return End(limit, None, None)
    straight = slope_there != 0.0 and math.isfinite(slope_there) and not math.isnan(settled)
    return End(limit, slope_there + 0.0, _intercept(x, value, slope_there) if straight else None)


def _limit(sequence: Array) -> float:
    """What the sequence tends to: a number, ±inf, or nan for neither."""
    if len(sequence) < _LAST or not np.isfinite(sequence).all():
        return math.nan
    last = sequence[-_LAST:]
    if np.ptp(last) <= 1e-9 * np.abs(last).max() + 1e-12 * np.abs(sequence).max():
        return float(last[-1])
    steps = np.diff(last) * np.sign(last[-1])
    grows = (steps > 0.0).all() and steps[-1] >= 0.9 * steps[0]
    return math.copysign(math.inf, last[-1]) if grows else math.nan


def _intercept(x: Array, value: Array, slope: float) -> float | None:
    """The limit of f(x) - slope x, freed from what falls off like 1/x and 1/x²; None where it does not settle."""
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
