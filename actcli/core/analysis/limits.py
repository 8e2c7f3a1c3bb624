"""Limits from exact values: at ±∞, and one-sided limits at a point.

The values are those of a sequence of x that approaches the point, as far as the digits suffice. The sequence converges
if its steps shrink like a power, and diverges if they do not shrink. If they shrink more slowly than any power, as for
1/log x, the limit is unknown.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from actcli.core.analysis.asymptotes import End, FarEnd, Limit
from actcli.core.analysis.digits import Digits, Exact, Number
from actcli.core.analysis.sides import Sides

UNKNOWN: Final = None
"""The limit could not be determined; nan means that it does not exist."""

# Towards infinity: (largest exponent of 2, difference between exponents, bits of precision).
_OUTWARDS: Final = ((62.0, 7.0, 320), (31.0, 3.0, 320))
_FAR_OUTWARDS: Final = (900.0, 100.0, 1300)
# Towards a point: the same with negative exponents.
_INWARDS: Final = ((120.0, 14.0, 480), (40.0, 4.0, 320))
# If these are lost: bits of a last attempt.
_DEEP: Final = 800
_DEEP_STEP, _DEEP_TO, _DEEP_NEAREST = 0.5, 0.5, -2.0
_MEMBERS: Final = 8

_SETTLED, _SMALL = Fraction(1, 1 << 44), Fraction(1, 1 << 30)
_TINY: Final = Fraction(1, 1 << 120)
_ROUNDING: Final = Fraction(1, 1 << 200)
_NOTHING: Final = Fraction(1, 1 << 300)
_WAVES_FROM: Final = 12.0


def sides_at(digits: Digits, point: Fraction, sharp: bool) -> Sides:
    """One-sided limits at a point. sharp: the point is the exact break, not the nearest float64."""
    slopes, values = [], []
    ask = _remembered(digits)
    scale = max(abs(point), Fraction(1)) if point else Fraction(1)
    for direction in (-1, 1):
        # Fractional exponents give irregular distances, which avoid aliasing.
        def at(exponent: float, direction: int = direction) -> Fraction:
            return point + direction * scale * _power(-exponent)

        ladders = _INWARDS if sharp else ((40.0, 3.0, 320),)
        value, slope = (_limit(_sequences(ask, at, ladders, order), order) for order in (0, 1))
        values.append(value)
        slopes.append(slope)
    here = digits(point, 0, _INWARDS[0][2])
    # A value that is rounding error alone counts as 0, as exp(x) - 1 at 0.
    known = None if here is None else here.derivatives[0]
    steepest = max((abs(slope) for slope in slopes if slope is not None and math.isfinite(slope)), default=1.0)
    blur = 0.0 if sharp else 2.0**-36 * float(scale) * max(steepest, 1.0)
    return Sides((values[0], values[1]), (slopes[0], slopes[1]), math.nan if known is None else _float(known), blur)


def end_at(digits: Digits, direction: int, scale: float = 1.0) -> FarEnd:
    """The behaviour at ∞ (direction 1) or -∞ (-1). scale: of x, in which the formula's slowest term changes."""

    def at(exponent: float) -> Fraction:
        # Irregular distances avoid aliasing.
        astray = exponent * exponent * 0.618033988749895 % 1.0 if exponent > _WAVES_FROM else 0.0
        return direction * (_power(exponent) + Fraction(round(astray * 3.0 * 2**20), 2**20))

    ask = _remembered(digits)
    limits = []
    for order in (0, 1):
        waves = _waves(ask, direction, order, scale)
        limits.append(math.nan if waves else _limit(_sequences(ask, at, _OUTWARDS, order), order))
        if waves is None:
            limits[-1] = UNKNOWN
        elif limits[-1] is None:
            limits[-1] = _far_limit(ask, at, order)
    limit, slope = limits
    if limit is None:
        return FarEnd(None, slope)
    if math.isnan(limit):
        return FarEnd(End(math.nan, None, None), slope)
    # A slope that does not vanish takes f to infinity, however small or far behind another term it is.
    line = math.isfinite(limit) and slope is not None and math.isfinite(slope) and slope != 0.0
    if line:
        assert slope is not None
        limit = math.copysign(math.inf, slope * direction)
    if math.isfinite(limit):
        return FarEnd(End(limit, 0.0, limit), slope)
    best = next(_sequences(ask, at, _OUTWARDS, 0))
    steepness = slope if line else _settled([_quotient(value, x) for x, value in best.values(0)])
    if steepness is None and slope is not None and not math.isnan(slope):
        steepness = slope
    if steepness is None or math.isnan(steepness):
        return FarEnd(End(limit, None, None), slope)
    straight = steepness != 0.0 and math.isfinite(steepness) and slope is not None
    intercept = _intercept(best, steepness) if straight else None
    return FarEnd(End(limit, steepness, intercept), slope)


def _far_limit(ask: "Ask", at: Callable[[float], Fraction], order: int) -> Limit:
    """The limit where steps shrink too slowly up to 2^62, as those of log(x)/sqrt(x): by points up to 2^900."""
    members, _ = _members(ask, at, *_FAR_OUTWARDS, order)
    if members is None or any(found.doubtful for found in members.exact):
        return UNKNOWN
    return _settled([value for _, value in members.values(order)])


Ask = Callable[[Fraction, int], Exact | None]

_WAVE_AT: Final = (14.0, 28.0, 56.0)
_WAVE_POINTS: Final = 7


def _waves(ask: Ask, direction: int, order: int, scale: float) -> bool | None:
    """Whether f or f' oscillates at all large |x| with an amplitude that does not decrease.

    None if it also grows, and the points are too few to decide whether it turns back.
    """
    heights = []
    for exponent in _WAVE_AT:
        values = []
        for k in range(_WAVE_POINTS):
            point = direction * (_power(exponent) + Fraction(round(scale * 0.71 * 3.07**k * 2**20), 2**20))
            exact = ask(point, _OUTWARDS[0][2])
            value = None if exact is None else exact.known(order)
            if not isinstance(value, Fraction):
                return False
            values.append(value)
        if len({b > a for a, b in pairwise(values)}) == 1 or max(values) == min(values):
            return False
        heights.append((_reach_of(values), max(map(abs, values))))
    (near, _), _, (far, size) = heights
    if not (far * 2 >= near and far * (1 << 20) >= size):
        return False
    grows = size > (1 << 20) * heights[0][1] and len({value > 0 for value in values}) == 1
    if grows and 2 * min(map(abs, values)) > size:
        return False
    return None if grows else True


def _remembered(digits: Digits) -> Ask:
    """f and f', cached."""
    known: dict[tuple[Fraction, int], Exact | None] = {}

    def ask(x: Fraction, bits: int) -> Exact | None:
        if (x, bits) not in known:
            known[x, bits] = digits(x, 1, bits)
        return known[x, bits]

    return ask


@dataclass(frozen=True, eq=False, slots=True)
class _Members:
    """A sequence of points with f, f' at them. lost: a sequence further out had no known values."""

    points: list[Fraction]
    exact: list[Exact]
    lost: bool = False

    def values(self, order: int) -> list[tuple[Fraction, Number]]:
        return [(x, found.derivatives[order]) for x, found in zip(self.points, self.exact, strict=True)]


def _sequences(
    ask: Ask, at: Callable[[float], Fraction], ladders: Sequence[tuple[float, float, int]], order: int
) -> Iterator[_Members]:
    """Sequences on which f^(order) is known at every point, the furthest first."""
    lost = False
    for last, step, bits in ladders:
        members, vanished = _members(ask, at, last, step, bits, order)
        lost |= vanished
        if members:
            yield replace(members, lost=lost)
    furthest = ladders[0][0]
    for beyond_doubt in (False, True):
        furthest = _reach(ask, at, furthest, order, beyond_doubt)
        members, _ = _members(ask, at, furthest, min(_DEEP_STEP, (furthest + 3.0) / _MEMBERS), _DEEP, order)
        if members:
            yield replace(members, lost=lost)


def _reach(ask: Ask, at: Callable[[float], Fraction], unknown: float, order: int, beyond_doubt: bool) -> float:
    """Largest exponent up to which f^(order) is known."""
    known = _DEEP_NEAREST
    while unknown - known > _DEEP_TO:
        middle = 0.5 * (known + unknown)
        exact = ask(at(middle), _DEEP)
        if exact is None or exact.known(order) is None or (beyond_doubt and exact.doubtful):
            unknown = middle
        else:
            known = middle
    return known


def _members(
    ask: Ask, at: Callable[[float], Fraction], last: float, step: float, bits: int, order: int
) -> tuple[_Members | None, bool]:
    """A sequence, or None if f^(order) is unknown at a point; and whether it was lost to rounding."""
    points, found = [], []
    for member in range(_MEMBERS):
        point = at(last - step * member)
        exact = ask(point, bits)
        if exact is None or exact.known(order) is None:
            return None, exact is not None
        points.append(point)
        found.append(exact)
    return _Members(points[::-1], found[::-1]), False


def _limit(sequences: Iterator[_Members], order: int) -> Limit:
    """Limit along the furthest sequence; if a term vanished in it, a nearer sequence has to agree."""
    furthest: Limit = None
    for index, members in enumerate(sequences):
        values = [value for _, value in members.values(order)]
        limit = _settled(values)
        if members.lost and limit is not None and not math.isfinite(limit):
            limit = None  # values lost further out contradict divergence
        if index == 0:
            furthest = limit
        if not any(found.doubtful for found in members.exact):
            if index == 0 or (limit is not None and math.isfinite(limit)):
                return limit
            return furthest if furthest is not None and _leads_to(values, furthest) else None
    return None


def _leads_to(values: list[Any], limit: float) -> bool:
    """Whether a sequence that has not settled may still converge to the limit."""
    if not math.isfinite(limit):
        return True
    steps = [abs(b - a) for a, b in pairwise(values)]
    settles = 3 * max(steps[-3:]) <= max(steps[:3])
    return bool(
        abs(values[-1] - Fraction(limit)) <= (4 * max(steps[-3:]) if settles else 8 * (max(values) - min(values)))
    )


def _settled(sequence: list[Number]) -> Limit:
    """Limit of a sequence from eight members: a number, ±inf, nan (none) or None (unknown)."""
    numbers = [value for value in sequence if not (isinstance(value, float) and math.isnan(value))]
    if len(numbers) < len(sequence):
        return math.nan if not numbers or (math.isnan(sequence[-1]) and math.isnan(sequence[-2])) else None
    last = sequence[-1]
    if isinstance(last, float):
        beyond = [value for value in sequence if isinstance(value, float)]
        return last if len(set(beyond)) == 1 and all(isinstance(v, float) for v in sequence[-2:]) else None
    exact = [value for value in sequence if isinstance(value, Fraction)]
    if len(exact) < 6:
        return None
    steps = [b - a for a, b in pairwise(exact)]
    early, late = (max(map(abs, part)) for part in (steps[-6:-3], steps[-3:]))
    scale = max(map(abs, exact))
    if late <= _TINY * scale:
        return 0.0 if abs(exact[-1]) <= _TINY * scale else _rounded(exact[-1], late)
    if max(map(abs, exact[-3:])) <= _NOTHING and abs(exact[-1]) <= abs(exact[-3]):
        return 0.0
    if late * 3 <= early:
        return _extrapolated(exact, steps, scale)
    signs = {step > 0 for step in steps[-5:]}
    if len(signs) == 2:
        # An oscillation whose amplitude does not shrink has no limit.
        return math.nan if 3 * _reach_of(exact[-4:]) >= 2 * _reach_of(exact[:4]) else None
    shrinks = abs(steps[-1]) < abs(steps[-2]) * Fraction(97, 100)
    if shrinks and abs(steps[-1]) < abs(steps[-4]) * Fraction(9, 10):
        return None
    return math.inf if steps[-1] > 0 else -math.inf


def _reach_of(exact: list[Fraction]) -> Fraction:
    return max(exact) - min(exact)


def _extrapolated(exact: list[Fraction], steps: list[Fraction], scale: Fraction) -> Limit:
    """Limit of a sequence with shrinking steps, extrapolated over terms that fall off like a power."""
    once, before = (_aitken(exact[k], steps[k], steps[k - 1]) for k in (-1, -2))
    error, raw = abs(once - before), abs(steps[-1])
    best, error = (once, error) if error < raw else (exact[-1], raw)
    if error <= _SETTLED * abs(best):
        return _rounded(best, error)
    if abs(best) + error <= _SETTLED * scale or max(map(abs, exact[-2:])) <= _SMALL * scale:
        return 0.0
    return None


def _aitken(value: Fraction, step: Fraction, before: Fraction) -> Fraction:
    """Aitken's Δ² process: exact where the steps shrink by a constant factor."""
    return value - step * step / (step - before) if step != before else value


def _rounded(value: Fraction, error: Fraction) -> float:
    """The float with the shortest text within the error; otherwise the nearest float."""
    nearest = _float(value)
    if not math.isfinite(nearest) or not nearest:
        return nearest
    for digits in range(1, 13):
        short = float(f"{nearest:.{digits}g}")
        if abs(Fraction(short) - value) <= 8 * error:
            return short
    return nearest


def _intercept(members: _Members, steepness: float) -> Limit:
    """The limit of f(x) - slope x."""
    line = Fraction(steepness)
    finite: list[tuple[Fraction, Fraction, Fraction]] = []
    for x, found in zip(members.points, members.exact, strict=True):
        f, s = found.derivatives[:2]
        if isinstance(f, Fraction) and isinstance(s, Fraction):
            finite.append((x, f, s))
    if len(finite) < _MEMBERS:
        return None
    # If the slope is no float64: the tangent's intercept, f(x) - f'(x) x.
    for lines in ([line * x for x, _, _ in finite], [s * x for x, _, s in finite]):
        rest = [
            f - y if abs(f - y) > _ROUNDING * abs(f) else Fraction(0)
            for (_, f, _), y in zip(finite, lines, strict=True)
        ]
        intercept = _settled(list(rest))
        if intercept is not None and math.isfinite(intercept):
            return intercept
    return None


def _quotient(value: Number, x: Fraction) -> Number:
    return value / x if isinstance(value, Fraction) else math.copysign(1.0, x) * value


def _power(exponent: float) -> Fraction:
    """2^exponent; to a few digits for a fractional exponent."""
    whole = math.floor(exponent)
    return Fraction(2.0 ** (exponent - whole)).limit_denominator(1 << 20) * Fraction(2) ** whole


def _float(value: Number) -> float:
    try:
        return float(value)
    except OverflowError:  # raised by fractions alone
        return math.inf if Fraction(value) > 0 else -math.inf
