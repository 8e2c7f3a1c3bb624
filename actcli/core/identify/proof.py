"""Proof of a candidate: nice numbers for the fitted ones, compared with the function in many digits at many points.

Two formulas count as the same function if they agree at dozens of points, but for the rounding of constants to 16
digits: near 0, far out, at their kinks, and at the largest difference in float64. That is no algebraic proof.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.formula import switching_points
from actcli.core.analysis.digits import Digits, MoreDigits, no_number
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.identify.fitting import IDENTITY, Fit

_FEW: Final = (0.37, -1.43, 3.11, -0.21)
_FAR: Final = (7.3, -7.9, 13.7, -12.1, 31.3, -27.7, 102.3, -97.1, 1003.7, -1013.1)
_BESIDE: Final = 1e-3
_CLOSE_BESIDE: Final = 2.0**-46
_BITS: Final = (160, 500)
_LEAST: Final = 16
"""Least number of points at which both functions have a value."""
_ROUNDED: Final = Fraction(1, 1 << 43)
"""Tolerance for fitted numbers that are no short decimals, and for parameters, relative to the terms."""
_TYPED: Final = Fraction(1, 1 << 51)
"""Tolerance for the rounding of constants to 16 digits, as in x/1.4142135623730951, relative to the terms."""
_EXACT: Final = Fraction(1, 1 << 54)

_LIMIT: Final = 1e-9
"""A smaller fitted number stands for a limit that is not attained: relu is not celu with a small alpha."""
_NOTHING: Final = Fraction(1, 1 << 300)
_TOLD_APART: Final = 1e-9
"""A larger difference in float64, relative to the terms and 1, is no rounding error."""

_SPREAD: Final = tuple((np.arange(-9, 10) * 0.61 + 0.013).tolist())
_FURTHER_AND_FURTHER: Final = (_FEW, _SPREAD, _FAR[:6], _FAR[6:])
_SCREEN: Final = np.concatenate([np.linspace(-12.03, 12.07, 801), np.linspace(-40.1, 40.3, 161)])

_DENOMINATORS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16)
_CONSTANTS: Final = tuple(
    float(number) for number in (np.sqrt(2), np.pi, np.sqrt(np.pi), np.sqrt(2 / np.pi), np.log(2), np.e, np.sqrt(3))
)


@dataclass(frozen=True, eq=False)
class Proof:
    """Comparison of candidates with a function, whose exact values are computed once per point.

    inside: points at which the function has values; needed if more than half of the usual points have none
    """

    activation: Elementwise
    make_digits: MoreDigits
    inside: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_digits", self.make_digits(self.activation))
        object.__setattr__(self, "_values", {})

    @cached_property
    def _screened(self) -> Array:
        return self.activation(_SCREEN)

    @cached_property
    def _switches(self) -> tuple[float, ...]:
        """Points at which the function may change by less than a kink of float64, as silu does far below 0."""
        return switching_points(self.activation, ACTIVATIONS) if self.activation.is_formula else ()

    def value(self, x: float) -> Fraction | float | None:
        """f(x): a fraction; nan for no real number; None if no number of digits decides."""
        values: dict[float, Fraction | float | None] = vars(self)["_values"]
        if x not in values:
            values[x] = _value(vars(self)["_digits"], Fraction(x))
        return values[x]

    def as_float(self, x: float) -> float:
        """f(x) in float64; nan where it is no real number or not known, infinity beyond the largest number."""
        try:
            return np.nan if (value := self.value(x)) is None else float(value)
        except OverflowError:
            return np.inf

    def shown(self, fit: Fit) -> Fit | None:
        """The fit with nice numbers for which it equals the function; None if there are none."""
        few, many = (*_FEW, *self.inside[::10]), (*_SPREAD, *self.inside, *_FAR)
        for numbers in _nice(fit):
            nice = with_numbers(fit, numbers)
            if self._differs(nice):
                continue
            try:
                known = fit.known.activation.with_parameters(**nice.parameters)
            except InputError:
                continue
            digits = self.make_digits(known)
            # From the cheapest points to the dearest: most candidates fail at the first.
            if (
                self._agrees(nice, digits, few, 1)
                and self._agrees(nice, digits, many, _LEAST)
                and self._agrees(nice, digits, self._special(nice, known), 0)
            ):
                return nice
        return None

    def _differs(self, fit: Fit) -> bool:
        """Whether the two differ in float64 by more than rounding. Points with overflow do not count."""
        a, b, c, d, e = (fit.affine[name] for name in "abcde")
        for points in _FURTHER_AND_FURTHER:
            x, y = np.array(points), np.array([self.as_float(x) for x in points])
            with np.errstate(all="ignore", over="raise", divide="raise"):
                try:
                    g = a * fit.known.values(b * x + c, fit.parameters)
                except FloatingPointError:
                    continue
            with np.errstate(all="ignore"):  # nan is no certain difference
                terms = 1.0 + np.abs(g) + abs(d) + np.abs(e * x) + np.abs(y)
                if (np.abs(y - (g + d + e * x)) > _TOLD_APART * terms).any():
                    return True
        return False

    def _special(self, fit: Fit, known: Elementwise) -> list[float]:
        """Points beside the kinks of both functions, very close beside possible jumps, and at the largest differences.

        The differences are those in float64.
        """
        b, c = fit.affine["b"], fit.affine["c"]
        own = known.kinks(99) if fit.parameters else fit.known.meeting_points
        kinks = [*self.activation.kinks(99), *((kink - c) / b for kink in own), *self._switches]
        beside = [kink + side for kink in kinks[:12] for side in (-_BESIDE, _BESIDE, 1.0, -1.0)]
        jumps = [*self.activation.kinks(0), *((jump - c) / b for jump in own)]
        beside += [jump + side * max(abs(jump), 1.0) for jump in jumps[:12] for side in (-_CLOSE_BESIDE, _CLOSE_BESIDE)]
        with np.errstate(all="ignore"):  # points outside of a formula's domain have no difference
            gap = np.abs(self._screened - of(fit, known, _SCREEN)) / (1.0 + np.abs(self._screened))
        worst = np.argsort(np.nan_to_num(gap, nan=np.inf))[-6:]
        return [*beside, *_SCREEN[worst].tolist()]

    def _agrees(self, fit: Fit, digits: Digits, points: Iterable[float], least: int) -> bool:
        a, b, c, d, e = (Fraction(fit.affine[name]) for name in "abcde")
        tolerance, plain = _tolerance(fit), fit.affine == IDENTITY
        counted = 0
        for x in points:
            value = self.value(x)
            if value is None:
                continue
            at = Fraction(x)
            g = _value(digits, at if plain else b * at + c)
            if g is None:
                continue  # too large for any digits
            if isinstance(value, float) or isinstance(g, float):  # nan, or infinite
                if no_number(value) != no_number(g) or (isinstance(value, float) != isinstance(g, float)):
                    return False
                continue
            scaled = g if plain else a * g + d + e * at
            difference = abs(value - scaled) - _NOTHING
            if difference <= 0:
                counted += 1
                continue
            terms = abs(value) + (abs(g) if plain else abs(a * g) + abs(d) + abs(e * at))
            if difference > tolerance * terms:  # which the rounding of constants within may explain
                found = digits(b * at + c, 1, _BITS[0])
                slope = found.known(1) if found else None
                if isinstance(slope, Fraction):
                    terms += abs(a * slope) * (abs(b * at) + abs(c))
            if difference > tolerance * terms:
                return False
            counted += 1
        return counted >= least


def _tolerance(fit: Fit) -> Fraction:
    typed = not fit.parameters and all(float(f"{number:.6g}") == number for number in fit.affine.values())
    return _TYPED if typed else _ROUNDED


def of(fit: Fit, known: Elementwise, x: Array) -> Array:
    """a g(b x + c) + d + e x in float64."""
    a, b, c, d, e = (fit.affine[name] for name in "abcde")
    result: Array = a * known(b * x + c) + d + (e * x if e else 0.0)
    return result


def _value(digits: Digits, x: Fraction) -> Fraction | float | None:
    """f(x); None where no number of bits decides.

    A value that cancels completely even with the most bits, as x + |x| for x < 0, is 0 within _NOTHING. A doubtful one
    counts if more bits confirm it.
    """
    value: Fraction | float | None = None
    for bits in _BITS:
        found = digits(x, 0, bits)
        if found is None:
            continue
        before, value, known = value, found.derivatives[0], found.known(0)
        if known is not None and not found.doubtful:
            return known
        if known is not None and bits == _BITS[-1] and not _confirmed(before, value):
            return None
    return value


def _confirmed(fewer_bits: Fraction | float | None, more_bits: Fraction | float) -> bool:
    if isinstance(fewer_bits, Fraction) and isinstance(more_bits, Fraction):
        return abs(fewer_bits - more_bits) <= _EXACT * abs(more_bits)
    return fewer_bits is not None and not isinstance(fewer_bits, Fraction) and not isinstance(more_bits, Fraction)


def _nice(fit: Fit) -> Iterator[Mapping[str, float]]:
    """Roundings of the fitted numbers to short decimals, fractions and multiples of constants, likeliest first."""
    names = fit.fitted
    choices = [nice(fit.parameters[name[1:]] if name.startswith(".") else fit.affine[name]) for name in names]
    most = 6 if len(names) < 2 else 4
    for values in product(*(choice[:most] for choice in choices)):
        numbers = dict(zip(names, values, strict=True))
        limit = any(0.0 < abs(value) < _LIMIT for value in numbers.values())
        if numbers.get("a", 1.0) and numbers.get("b", 1.0) and not limit:
            yield numbers


def with_numbers(fit: Fit, numbers: Mapping[str, float]) -> Fit:
    """The fit with other values for its fitted numbers."""
    affine = {**fit.affine, **{name: value for name, value in numbers.items() if not name.startswith(".")}}
    own = {name[1:]: value for name, value in numbers.items() if name.startswith(".")}
    return replace(fit, affine=affine, parameters=own)


def nice(number: float, near: float = 1e-6) -> list[float]:
    """Short decimals, fractions and multiples of constants close to a number, then the number itself.

    If a short decimal is within 1e-10, not the number itself: 1.00000000000003 would fit an almost equal function.
    The decimal must be followed by a digit 0: 1.165569089108 is no short decimal of 2/1.7159.
    """
    close = near * max(abs(number), 1e-3)
    found: list[float] = [0.0] if abs(number) <= near else []
    for digits in range(1, 13):
        rounded = float(f"{number:.{digits}g}")
        if abs(rounded - number) <= close:
            found.append(rounded)
            close = min(close, max(2 * abs(rounded - number), 1e-10 * abs(number)))
            break
    for constant in (1.0, *_CONSTANTS, *(1 / constant for constant in _CONSTANTS)):
        for denominator in _DENOMINATORS:
            whole = round(number / constant * denominator)
            value = constant * whole / denominator
            if whole and abs(whole) <= 64 and abs(value - number) <= near * abs(number) and value not in found:
                found.append(value)
                break
    roundings = {digits: float(f"{number:.{digits}g}") for digits in (6, 9, 11, 13)}
    near_enough = (value for d, value in roundings.items() if abs(value - number) <= 0.1 * 10.0**-d * abs(number))
    longer = [*near_enough, number]
    if not any(abs(value - number) <= 1e-10 * abs(number) for value in found if float(f"{value:.6g}") == value):
        found += longer
    likely = sorted(found[:4], key=lambda value: abs(value - number) > 1e-9 * max(abs(number), 1.0))
    return list(dict.fromkeys([*likely, *found]))
