"""A function and its derivatives: in float64 where that is accurate enough, elsewhere in more digits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from actcli.core.activations.activation import MAX_ORDER, Elementwise
from actcli.core.analysis.asymptotes import End, FarEnd, Outwards, behaviour, settled
from actcli.core.analysis.digits import Digits, MoreDigits, Number, Scaled, no_number
from actcli.core.analysis.sampling import only_where_finite
from actcli.core.arrays import Array, Mask

# Modules for formulas alone are imported on demand.
if TYPE_CHECKING:
    from fractions import Fraction

    from actcli.core.analysis.rounding import Rounding
    from actcli.core.analysis.sides import Sides

_RELATIVE: Final = 2.0**-32
"""Tolerated rounding error, relative to a derivative."""
_SHIFT: Final = 2.0**-42
"""Tolerated shift of a zero by rounding, relative to its x."""

_FEW, _MANY = 320, 1300
"""Bits of precision: for most points; for the whole range of float64."""

_NEAR: Final = 16.0
"""Largest |x| at which no factor is large enough to magnify a term that was lost in _FEW bits."""

_USUAL: Final = np.array([sign * x for x in (0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 1000.0) for sign in (-1, 1)])
_TINY: Final = 2.0**-40

_SLOWEST: Final = 2.0**-40
_SMALLEST: Final = 2.0**-1000
"""So near to 0 that no smooth slope differs from that at 0."""

_AT_ONCE: Final = 24
_MOST: Final = 800
"""Largest number of points computed in more digits, per call and in total."""

_MOST_BREAKPOINTS: Final = 8


class Function:
    """f, f', ... of an elementwise activation, its behaviour at ±∞, and one-sided limits at its breakpoints.

    more: multiprecision arithmetic; None: float64 alone
    """

    def __init__(self, activation: Elementwise, more: MoreDigits | None = None) -> None:
        self.activation = activation
        self._more = more
        self._asked = 0
        self._answers: dict[tuple[float, bool], list[float]] = {}
        self.exhausted = False
        """Whether more than _MOST points needed more digits."""

    @property
    def exact(self) -> bool:
        """Whether the activation is a formula and more digits are available."""
        return self._more is not None and self.activation.is_formula

    @cached_property
    def digits(self) -> Digits:
        """More digits; only if `exact`, or if float64 gives no result."""
        assert self._more is not None
        return self._more(self.activation)

    @cached_property
    def rounding(self) -> Rounding:
        """Rounding errors of its values."""
        from actcli.core.analysis.rounding import Rounding

        return Rounding(self.activation)

    @cached_property
    def _slope_at_zero(self) -> float | None:
        """The derivative at 0, where autograd gives another slope, as at 0 of shrink with lambd = 0; otherwise None."""
        value, slope = self.activation.derivatives(np.array([-_SMALLEST, 0.0, _SMALLEST]), 1)
        steps = np.abs(np.diff(value)) <= 2.0 * _SMALLEST * np.abs(slope[0])
        smooth = slope[0] == slope[2] and steps.all()
        return float(slope[0]) if smooth and abs(slope[1] - slope[0]) > _RELATIVE * abs(slope[0]) else None

    def derivatives(self, x: Array, order: int) -> Array:
        """f, f', ... f^(order) at x, of shape (order + 1, n); nan if f has no value."""
        return self.corrected(x, order)[0]

    def corrected(self, x: Array, order: int) -> tuple[Array, Mask]:
        """As `derivatives`, and a mask of points still in doubt because there were too many."""
        if not self.exact:
            table = only_where_finite(self.activation.derivatives(x, order))
            if order and self._slope_at_zero is not None:
                table[1, x == 0.0] = self._slope_at_zero
            return table, np.zeros(x.shape, dtype=np.bool_)
        table = self.activation.derivatives(x, order + 1)
        noise = self.rounding(x, table)
        table[1:, ~np.isfinite(table[0])] = np.nan
        doubtful = _doubtful(x, table, noise)
        places = np.flatnonzero(doubtful)
        if places.size > _AT_ONCE:
            special = np.flatnonzero(doubtful & np.isin(x, [0.0, *self.breakpoints]))
            places = places[np.linspace(0, places.size - 1, _AT_ONCE).round().astype(np.intp)]
            places = np.concatenate([special[:_AT_ONCE], places])
        for i in places.tolist():
            if (found := self.at(float(x[i]), order)) is not None:
                # A nan in more digits replaces neither a derivative nor an infinite value.
                known = [k for k, value in enumerate(found) if not (math.isnan(value) and (k or np.isinf(table[0, i])))]
                table[known, i] = np.array(found)[known]
                doubtful[i] = False
        return table[: order + 1], doubtful

    def values(self, x: Array) -> tuple[Array, Array]:
        """f at x and bounds of its rounding error: inf if float64 gives no result."""
        if not self.exact:
            value = self.activation(x)
            return value, np.zeros(x.shape)
        table = self.activation.derivatives(x, 0)
        value, error = table[0], self.rounding(x, table)[0]
        places = np.flatnonzero(~(error <= _RELATIVE * np.abs(value)) | ~np.isfinite(value))
        for i in places[np.linspace(0, places.size - 1, min(_AT_ONCE, places.size)).astype(np.intp)].tolist():
            if (found := self.at(float(x[i]), 0)) is not None:
                value[i], error[i] = found[0], 0.0
        return value, error

    def at(self, x: float, order: int, free: bool = False, far: bool = False) -> list[float] | None:
        """f, f', ... at x in more digits, rounded to float64; None beyond _MOST points, or if digits do not suffice.

        free: compute it even beyond _MOST points
        far:  accept f also at large |x|, where a large factor may magnify a lost term
        """
        known = self._answers.get((x, far))
        if known is not None and len(known) > order:
            return known[: order + 1]
        if self._asked > _MOST and not free:
            self.exhausted = True
            return None
        found = self._answer(x, order, far)
        if found is not None:
            self._answers[x, far] = found
        return found

    def _answer(self, x: float, order: int, far: bool) -> list[float] | None:
        self._asked += 1
        exact = self.digits(x, order, _FEW)
        if exact is not None and exact.doubtful:
            self._asked += 2
            exact = self.digits(x, order, _MANY)
        if exact is None or (exact.doubtful and abs(x) > _NEAR and not far):
            return None
        if order and no_number(exact.derivatives[0]):  # the value alone may be finite
            value = self.digits(x, 0, _FEW)
            return None if value is None else [float64(value.derivatives[0]), *[math.nan] * order]
        return [float64(value) for value in exact.derivatives]

    def steep(self, x: Array, threshold: float) -> Mask:
        """Whether |f'| is at least the threshold."""
        table = only_where_finite(self.activation.derivatives(x, 1))
        slope = np.abs(table[1])
        steep: Mask = slope >= threshold
        if self.exact:
            noise = self.rounding(x, table)[1]
            near = ~(np.abs(slope - threshold) > noise) & ~(noise <= _RELATIVE * threshold)
            places = np.flatnonzero(near)
            for i in places[np.linspace(0, places.size - 1, min(_AT_ONCE, places.size)).astype(np.intp)].tolist():
                if (found := self.at(float(x[i]), 1)) is not None:
                    steep[i] = abs(found[1]) >= threshold
        return steep

    def constant_at(self, x: float, order: int) -> bool:
        """Whether f^(order) is constant around x, exactly and not only to the digits computed."""
        exact = self.digits(x, order + 1, _MANY)
        return exact is not None and exact.known(order + 1) == 0

    def in_many_digits(self, x: Fraction | float, order: int, few: bool = False) -> tuple[Fraction, Fraction] | None:
        """f^(order) and the next derivative at x; None where they are not known, or are no numbers.

        few: in 320 bits, and None where a term was lost in them
        """
        exact = self.digits(x, order + 1, _FEW if few else _MANY)
        if exact is None or (few and exact.doubtful):
            return None
        value, slope = exact.known(order), exact.known(order + 1)
        return None if isinstance(value, float | None) or isinstance(slope, float | None) else (value, slope)

    def underflows(self, x: float) -> bool:
        """Whether f(x) is 0 by underflow of float64."""
        exact = self.digits(x, 0, _MANY)
        value = None if exact is None else exact.known(0)
        return value is not None and not no_number(value) and value != 0

    # --- the ends -------------------------------------------------------------------------------------------------

    @cached_property
    def ends(self) -> tuple[FarEnd, FarEnd]:
        """At -∞ and at ∞."""
        return self._end(-1), self._end(1)

    def _end(self, direction: int) -> FarEnd:
        if self.exact:
            return self._exact_end(direction)
        outwards = Outwards.of(lambda x: self.activation.derivatives(x, 1), float(direction))
        if self._more is not None and self.activation.given_parameters and not settled(outwards):
            found = self._exact_end(direction)
            if found.end is not None:
                return found
        return FarEnd(behaviour(outwards), outwards.limit(1))

    def _exact_end(self, direction: int) -> FarEnd:
        from actcli.core.analysis.features import linear_arguments  # imported only if more digits are needed
        from actcli.core.analysis.limits import end_at
        from actcli.core.analysis.sides import times

        slowest = min((abs(a) for a, _ in linear_arguments(self.activation)), default=1.0)
        found = end_at(self._scaled_digits, direction, 1.0 / max(min(slowest, 1.0), _SLOWEST))
        if self._unit == 1.0:
            return found
        end = found.end
        if end is not None:
            end = End(end.limit * self._unit, times(end.slope, self._unit), times(end.intercept, self._unit))
        return FarEnd(end, times(found.slope, self._unit))

    @cached_property
    def _unit(self) -> float:
        """A power of two of about the size of f, if all its values are tiny; otherwise 1."""
        size = np.abs(self.activation(_USUAL))
        largest = float(size[np.isfinite(size)].max(initial=0.0))
        return 2.0 ** math.frexp(largest)[1] if 0.0 < largest < _TINY else 1.0

    @cached_property
    def _scaled_digits(self) -> Digits:
        """The digits of f / _unit: limits of sequences are told from 0 by their size."""
        from fractions import Fraction

        return self.digits if self._unit == 1.0 else Scaled(self.digits, 1 / Fraction(self._unit))

    # --- the breakpoints ------------------------------------------------------------------------------------------

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """The points at which another piece may begin."""
        known = self.activation.kinks(MAX_ORDER)
        if not self.exact:
            return known
        from actcli.core.activations.catalogue import ACTIVATIONS
        from actcli.core.activations.formula import switching_points

        points = apart({*known, *switching_points(self.activation, ACTIVATIONS)})
        nearest = sorted(points, key=abs)[:_MOST_BREAKPOINTS]
        exactly = {point: self.digits.breakpoints_near(point) for point in nearest}
        return tuple(sorted({_nearest(point, exactly.get(point, ())) for point in points}))

    def sides(self, points: tuple[float, ...]) -> Mapping[float, Sides]:
        """One-sided limits at the points nearest to 0; empty without more digits."""
        if not self.exact:
            return {}
        nearest = [point for point in sorted(points, key=abs)[:_MOST_BREAKPOINTS] if not self._overflows(point)]
        return {point: self._with_value(point, self._sides(point).times(self._unit)) for point in nearest}

    def _with_value(self, point: float, sides: Sides) -> Sides:
        """The sides with float64's value at the point where more digits divide by 0, as x*atan(1/x) does at 0."""
        return replace(sides, here=float(self.activation(point))) if math.isnan(sides.here) else sides

    def _overflows(self, point: float) -> bool:
        """Whether float64 overflows at the point and f does not."""
        exact = self.digits(point, 0, _FEW)
        value = None if exact is None else exact.derivatives[0]
        return value is None or (not isinstance(value, float) and abs(value) > 1 << 1000)

    def _sides(self, point: float) -> Sides:
        from fractions import Fraction

        from actcli.core.analysis.limits import sides_at

        exactly = self.digits.breakpoints_near(point)
        if exactly:
            first, *others = (sides_at(self._scaled_digits, at, sharp=True) for at in (exactly[0], *exactly[1:][-1:]))
            return first.until(others[0]) if others else first
        at, sides = Fraction(point), None
        if at.numerator.bit_length() + at.denominator.bit_length() < 40:
            sides = sides_at(self._scaled_digits, at, sharp=True)
            decided = (sides.jumps, sides.pole, sides.bent) != (False, False, False)
            if decided or any(value is not None and math.isnan(value) for value in sides.value):  # an end of the domain
                return sides
        blurred = sides_at(self._scaled_digits, at, sharp=False)
        return sides if sides is not None and None in blurred.value else blurred


def _nearest(point: float, exactly: tuple[Fraction, ...]) -> float:
    """The float64 of the nearest exact breakpoint; the point if there is none."""
    return float(min(exactly, key=lambda at: abs(at - at.from_float(point)))) if exactly else point


def apart(points: set[float]) -> tuple[float, ...]:
    """The points without those that differ from another by rounding alone."""
    kept: list[float] = []
    for point in sorted(points, key=lambda x: len(repr(x))):
        if all(abs(point - other) > 2.0**-44 * max(abs(point), 1e-3) for other in kept):
            kept.append(point)
    return tuple(sorted(kept))


def _doubtful(x: Array, table: Array, noise: Array) -> Mask:
    """Mask of points whose value or slope may be rounding error; `table` has one derivative more than is needed."""
    with np.errstate(all="ignore"):  # inf - inf is nan and counts as doubtful
        doubtful = np.zeros(x.shape, dtype=np.bool_)
        for k in range(min(len(table) - 1, 2)):
            relative = noise[k] <= _RELATIVE * np.abs(table[k])
            shifted = noise[k] <= _SHIFT * np.abs(table[k + 1] * x)
            doubtful |= ~((relative | shifted) & np.isfinite(table[k]))
    return doubtful


def float64(value: Number) -> float:
    """The nearest float64."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
