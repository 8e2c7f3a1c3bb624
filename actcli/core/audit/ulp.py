"""Distances between floating-point numbers: in ULP, units of the spacing, and in steps between representable numbers.

Muller et al., Handbook of Floating-Point Arithmetic (2nd ed., 2018), section 2.3.2; Goldberg, What Every Computer
Scientist Should Know About Floating-Point Arithmetic (1991).
"""

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Indices, Mask
from actcli.core.numerics.compensated import two_product
from actcli.core.numerics.double_double import Double
from actcli.core.numerics.formats import FLOAT_FORMATS, flushed, in_units, ordinal, round_to, spacing_exponent, value_at

UlpDistances: TypeAlias = npt.NDArray[np.uint64]
Signs: TypeAlias = npt.NDArray[np.int8]

NEXT_TO_NOTHING: Final = 2.0**-1074
"""Remainder of an exact result known only to lie above or below its float64 value; the sign says which."""
_NEXT: Final = 2.0**-200
"""NEXT_TO_NOTHING of a product before its exponent is applied: large enough not to underflow."""


def ulp_distance(a: Array, b: Array, dtype: str, flush: bool = False) -> UlpDistances:
    """Number of steps from a to b along the type's representable numbers, exact: 0 if a = b, -0 and 0 being equal.

    flush: the type has no subnormals. For float64 at most 2^64 - 2^53, which is why the result is unsigned.
    """
    a, b = np.broadcast_arrays(a, b)
    found = np.zeros(a.shape, dtype=np.uint64)
    differ = a != b  # few, as a rule
    there, here = ordinal(a[differ], dtype, flush), ordinal(b[differ], dtype, flush)
    # An overflow of the difference wraps, and the unsigned view undoes it.
    found[differ] = np.where(there >= here, there - here, here - there).view(np.uint64)
    return found


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """Exact results relative to a floating-point type.

    rounded:   nearest number of the type
    remainder: (exact - rounded)/spacing, from -1/2 to 1/2
    spacing:   log2 of the type's spacing at the exact result
    exact:     the result in float64, for its sign and order
    """

    rounded: Array
    remainder: Array
    spacing: npt.NDArray[np.int32]
    exact: Array


def part_of(truth: Reference, where: Mask) -> Reference:
    """The results where the mask holds."""
    return Reference(truth.rounded[where], truth.remainder[where], truth.spacing[where], truth.exact[where])


def reference(exact: Array, dtype: str, flush: bool = False, sides: Signs | None = None) -> Reference:
    """The reference of results that are known in float64, for a narrower type.

    flush: results that round to a subnormal become zero
    sides: sign of (true result - `exact`), which decides ties; 0: equal
    """
    rounded = round_to(exact, dtype) if sides is None else _rounded_aside(exact, sides, dtype)
    if not FLOAT_FORMATS[dtype].has_infinity:  # overflow is nan there; infinity here, to tell it from 0/0
        rounded = np.where(np.isnan(rounded) & ~np.isnan(exact), np.copysign(np.inf, exact), rounded)
    spacing = spacing_exponent(exact, dtype)
    if sides is not None:
        aside = np.flatnonzero(sides)
        spacing[aside] -= below_power_of_two(exact[aside], sides[aside], dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf, replaced below
        remainder = in_units(exact, spacing, dtype) - _in_spacings(rounded, spacing, dtype)
    remainder = np.where(np.isinf(rounded) | ~np.isfinite(exact), 0.0, remainder)
    if sides is not None:
        remainder = np.where(remainder == 0.0, sides * NEXT_TO_NOTHING, remainder)
    if flush:
        rounded = flushed(rounded, dtype)
        remainder = np.where(rounded == 0.0, 0.0, remainder)
    return Reference(rounded, remainder, spacing, exact)


def rounded_once(value: Double, exponent: Indices, dtype: str, flush: bool = False) -> Reference:
    """The reference of value * 2^exponent, rounded once to nearest, ties to even."""
    form = FLOAT_FORMATS[dtype]
    finite = np.isfinite(value.hi)
    high, low = np.where(finite, value.hi, 0.0), np.where(finite, value.lo, 0.0)
    mantissa, own = np.frexp(high)
    octave = own.astype(np.int64) + exponent - 1 - ((np.abs(mantissa) == 0.5) & (low * high < 0.0))
    octave = np.where(high == 0.0, form.smallest_exponent, octave)
    octave = np.where(finite, octave, form.largest_exponent)
    spacing = (np.clip(octave, form.smallest_exponent, form.largest_exponent) - form.precision + 1).astype(np.int32)
    shift = np.clip(exponent - spacing, -4000, 4000).astype(np.int32)
    high, low = np.ldexp(high, shift), np.ldexp(low, shift)
    whole = np.rint(high)
    over, odd = high - whole, whole % 2.0 != 0.0
    # Ties: of high; or, for float64, a whole high with low at 1/2.
    up = (over + low > 0.5) | ((over == 0.5) & (low > 0.0)) | ((over == 0.0) & (low == 0.5) & odd)
    down = (over + low < -0.5) | ((over == -0.5) & (low < 0.0)) | ((over == 0.0) & (low == -0.5) & odd)
    whole += up.astype(np.float64) - down
    remainder = (high - whole) + low
    largest = np.ldexp(
        2.0 ** (form.precision) - (1.0 if form.has_infinity else 2.0), form.largest_exponent - form.precision + 1
    )
    rounded = np.copysign(np.ldexp(whole, spacing), np.where(high == 0.0, value.hi, high))
    rounded = np.where(finite, rounded, value.hi)
    rounded = np.where(np.abs(rounded) > largest, np.copysign(np.inf, rounded), rounded)
    remainder = np.where(np.isfinite(rounded), remainder, 0.0)
    exact = np.where(finite, np.ldexp(value.hi, np.clip(exponent, -4000, 4000).astype(np.int32)), value.hi)
    if flush:
        rounded = flushed(rounded, dtype)
        remainder = np.where(rounded == 0.0, 0.0, remainder)
    return Reference(rounded, remainder, spacing, exact)


def product_reference(exact: Array, sides: Signs, factor: Array, dtype: str, flush: bool = False) -> Reference:
    """The reference of true results times `factor`; the true ones are beside `exact` on the given sides."""
    odd = ~(np.isfinite(exact) & np.isfinite(factor))
    (a, first), (b, second) = (np.frexp(np.where(odd, 0.0, values)) for values in (exact, factor))
    high, low = two_product(a, b)
    low = np.where(low == 0.0, sides * np.sign(factor) * np.abs(high) * _NEXT, low)
    with np.errstate(invalid="ignore"):  # 0 times infinity is nan
        value = Double(np.where(odd, exact * factor, high), np.where(odd, 0.0, low))
    return rounded_once(value, np.where(odd, 0, first.astype(np.int64) + second), dtype, flush)


def below_power_of_two(values: Array, sides: Signs, dtype: str) -> Mask:
    """Powers of two whose true value is smaller in magnitude: the spacing there is half as wide."""
    mantissa, exponent = np.frexp(values)
    smaller: Mask = (np.abs(mantissa) == 0.5) & (sides * np.sign(values) < 0)
    return smaller & (exponent - 1 > FLOAT_FORMATS[dtype].smallest_exponent)


def _rounded_aside(exact: Array, sides: Signs, dtype: str) -> Array:
    """Values rounded to the type; the sides decide ties."""
    aside = np.flatnonzero(sides)
    if not aside.size:
        return round_to(exact, dtype)
    little = np.ldexp(0.125, spacing_exponent(exact[aside], dtype))
    exact = exact.copy()
    exact[aside] += sides[aside] * little
    return round_to(exact, dtype)


def ulp_error(actual: Array, truth: Reference, dtype: str, flush: bool = False) -> Array:
    """|actual - exact| / spacing of the type at the exact result; nan where one of the two is nan.

    Infinity counts as the number after the largest, so it is correct where the exact result rounds to it. With `flush`
    the distance between zero and the smallest normal number counts as one spacing.
    """
    if flush:
        actual = flushed(actual, dtype)
    error = np.abs(truth.remainder)
    differ = actual != truth.rounded
    error[differ] = _ulp_error(actual[differ], part_of(truth, differ), dtype, flush)
    return error


def _ulp_error(actual: Array, truth: Reference, dtype: str, flush: bool) -> Array:
    form = FLOAT_FORMATS[dtype]
    with np.errstate(over="ignore", invalid="ignore"):  # overflow: an infinite error; nan stays nan
        # Close numbers are whole multiples of the spacing, so their difference is exact.
        error = _in_spacings(actual, truth.spacing, dtype) - _in_spacings(truth.rounded, truth.spacing, dtype)
        if flush:
            gap = np.ldexp(form.smallest_normal - form.smallest_spacing, -truth.spacing)
            error -= np.where(np.sign(actual) == np.sign(truth.rounded), 0.0, gap) * (
                np.sign(actual) - np.sign(truth.rounded)
            )
        return np.abs(error - truth.remainder)


def _in_spacings(values: Array, spacing: npt.NDArray[np.int32], dtype: str) -> Array:
    form = FLOAT_FORMATS[dtype]
    # Half of the number after the largest: a power of two, except in a type without infinity.
    last = math.ldexp(1.0, form.largest_exponent - form.precision + 1)
    half = math.ldexp(1.0, form.largest_exponent) if form.has_infinity else (largest(dtype) + last) / 2.0
    infinite = np.isinf(values)
    found = in_units(values, spacing, dtype)
    if infinite.any():
        found = np.where(infinite, np.copysign(np.ldexp(half, 1 - spacing), values), found)
    return found


def unlike(actual: Array, truth: Reference, dtype: str) -> Mask:
    """Results that are nan, or infinity in place of a number.

    Infinity is no such result beside an exact result of its sign beyond the largest number, even if that rounds to the
    largest number: it counts as 2^(largest exponent + 1).
    """
    wrong: Mask = ~np.isfinite(actual)
    at = np.flatnonzero(wrong)
    actual, rounded, sign = actual[at], truth.rounded[at], np.sign(actual[at])
    with np.errstate(invalid="ignore"):  # the sign of nan is nan
        beyond = (rounded == np.copysign(largest(dtype), actual)) & (truth.remainder[at] * sign > 0.0)
    wrong[at] = np.isnan(actual) | (np.isfinite(rounded) & ~beyond)
    return wrong


def largest(dtype: str) -> float:
    """The largest finite number of the type."""
    return float(value_at(np.array([FLOAT_FORMATS[dtype].infinity - 1]), dtype)[0])
