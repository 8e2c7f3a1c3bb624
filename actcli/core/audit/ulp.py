"""Distances between floating-point numbers: in units of the spacing (ULP), and in representable numbers (steps).

Muller et al., Handbook of Floating-Point Arithmetic (2nd ed., 2018), section 2.3.2; Goldberg, What Every Computer
Scientist Should Know About Floating-Point Arithmetic (1991).
"""

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask
from actcli.core.numerics.formats import FLOAT_FORMATS, flushed, ordinal, round_to, spacing_exponent, value_at

UlpDistances: TypeAlias = npt.NDArray[np.uint64]
Signs: TypeAlias = npt.NDArray[np.int8]

NEXT_TO_NOTHING: Final = 2.0**-1074
"""The remainder of what is not exact, and of which float64 knows no more."""


def ulp_distance(a: Array, b: Array, dtype: str, flush: bool = False) -> UlpDistances:
    """How many steps from number to number of the type lead from a to b: 0 for equal ones, through zero, across signs.

    For float64 up to 2^64 - 2^53: unsigned, and exact.
    """
    there, here = ordinal(a, dtype, flush), ordinal(b, dtype, flush)
    # Two's complement wraps in the difference and back in the unsigned view.
    return np.where(there >= here, there - here, here - there).view(np.uint64)


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """Exact results as a type sees them.

    rounded:   each one's nearest number of the type
    remainder: (exact - rounded) / spacing, from -1/2 to 1/2
    spacing:   log2 of the type's spacing at the exact result
    exact:     the result as float64, for its sign and order
    """

    rounded: Array
    remainder: Array
    spacing: npt.NDArray[np.int32]
    exact: Array


def reference(exact: Array, dtype: str, flush: bool = False, sides: Signs | None = None) -> Reference:
    """Results known as float64, for a narrower type. With `flush` those that round to a subnormal are zero.

    sides: which way next to nothing leads from `exact` to the true results; 0 is no way.
    """
    rounded = round_to(exact, dtype) if sides is None else _rounded_aside(exact, sides, dtype)
    if not FLOAT_FORMATS[dtype].has_infinity:  # too large is nan there, and infinity here, which tells it from 0/0
        rounded = np.where(np.isnan(rounded) & ~np.isnan(exact), np.copysign(np.inf, exact), rounded)
    spacing = spacing_exponent(exact, dtype)
    if sides is not None:
        spacing -= below_power_of_two(exact, sides, dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf, put right below
        remainder = np.ldexp(exact, -spacing) - _in_spacings(rounded, spacing, dtype)
    remainder = np.where(np.isinf(rounded) | ~np.isfinite(exact), 0.0, remainder)
    if sides is not None:
        remainder = np.where(remainder == 0.0, sides * NEXT_TO_NOTHING, remainder)
    if flush:
        rounded = flushed(rounded, dtype)
        remainder = np.where(rounded == 0.0, 0.0, remainder)
    return Reference(rounded, remainder, spacing, exact)


def below_power_of_two(values: Array, sides: Signs, dtype: str) -> Mask:
    """Where a value is a power of two and the true one is smaller in size: its spacing is half as wide."""
    mantissa, exponent = np.frexp(values)
    smaller: Mask = (np.abs(mantissa) == 0.5) & (sides * np.sign(values) < 0)
    return smaller & (exponent - 1 > FLOAT_FORMATS[dtype].smallest_exponent)


def _rounded_aside(exact: Array, sides: Signs, dtype: str) -> Array:
    """Each one's nearest number of the type; the side decides a tie."""
    aside = np.flatnonzero(sides)
    if not aside.size:
        return round_to(exact, dtype)
    little = np.ldexp(0.125, spacing_exponent(exact[aside], dtype))
    exact = exact.copy()
    exact[aside] += sides[aside] * little
    return round_to(exact, dtype)


def ulp_error(actual: Array, truth: Reference, dtype: str, flush: bool = False) -> Array:
    """|actual - exact| / spacing of the type at the exact result; nan where either is nan.

    Infinity counts as the number after the largest, so it is right where the exact result rounds to it. With `flush`
    the gap between zero and the smallest normal, which has no numbers, is as wide as one spacing.
    """
    form = FLOAT_FORMATS[dtype]
    if flush:
        actual = flushed(actual, dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # far off is inf; nan stays nan
        # Both are whole numbers of spacings when they are close, so nothing is lost in the difference.
        error = _in_spacings(actual, truth.spacing, dtype) - _in_spacings(truth.rounded, truth.spacing, dtype)
        if flush:
            gap = np.ldexp(form.smallest_normal - form.smallest_spacing, -truth.spacing)
            error -= np.where(np.sign(actual) == np.sign(truth.rounded), 0.0, gap) * (
                np.sign(actual) - np.sign(truth.rounded)
            )
        return np.abs(error - truth.remainder)


def _in_spacings(values: Array, spacing: npt.NDArray[np.int32], dtype: str) -> Array:
    form = FLOAT_FORMATS[dtype]
    # Half of the number after the largest, which is a power of two where the codes of that exponent are all numbers.
    last = math.ldexp(1.0, form.largest_exponent - form.precision + 1)
    half = math.ldexp(1.0, form.largest_exponent) if form.has_infinity else (largest(dtype) + last) / 2.0
    infinity = np.ldexp(half, 1 - spacing)
    return np.where(np.isinf(values), np.copysign(infinity, values), np.ldexp(values, -spacing))


def unlike(actual: Array, truth: Reference, dtype: str) -> Mask:
    """Where the result is nan, or infinite in place of a number.

    Infinity beside an exact result of its sign beyond the largest number is 2^(largest exponent + 1), whatever that
    rounds to.
    """
    sign = np.sign(actual)
    beyond = (truth.rounded * sign == largest(dtype)) & (truth.remainder * sign > 0.0)
    wrong: Mask = np.isnan(actual) | (np.isinf(actual) & np.isfinite(truth.rounded) & ~beyond)
    return wrong


def largest(dtype: str) -> float:
    """The largest number of the type."""
    return float(value_at(np.array([FLOAT_FORMATS[dtype].infinity - 1]), dtype)[0])
