"""Distances between floating-point numbers: in units of the spacing (ULP), and in representable numbers (steps).

Muller et al., Handbook of Floating-Point Arithmetic (2nd ed., 2018), section 2.3.2; Goldberg, What Every Computer
Scientist Should Know About Floating-Point Arithmetic (1991). Values of every type are held as float64, which has all
numbers of the narrower ones.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from actcli.core.jet import Array, Mask
from actcli.core.rounding import round_to

Indices: TypeAlias = npt.NDArray[np.int64]
Steps: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Format:
    """An IEEE 754 binary format: bits of the significand, the hidden one included, and exponents of normal numbers."""

    precision: int
    smallest_exponent: int
    largest_exponent: int
    bits: int

    @property
    def smallest_normal(self) -> float:
        """2^smallest_exponent; what is smaller is subnormal or 0."""
        return 2.0**self.smallest_exponent

    @property
    def smallest_spacing(self) -> float:
        """The smallest subnormal."""
        return 2.0 ** (self.smallest_exponent - self.precision + 1)

    @property
    def subnormals(self) -> int:
        """How many positive ones there are."""
        return (1 << (self.precision - 1)) - 1

    @property
    def infinity(self) -> int:
        """The place of infinity on the line of numbers, one beyond the largest."""
        return (self.largest_exponent - self.smallest_exponent + 2) << (self.precision - 1)


FORMATS: Final = {
    "float64": Format(53, -1022, 1023, 64),
    "float32": Format(24, -126, 127, 32),
    "float16": Format(11, -14, 15, 16),
    "bfloat16": Format(8, -126, 127, 16),
}


def spacing_exponent(values: Array, dtype: str) -> npt.NDArray[np.int32]:
    """log2 of the distance between neighbouring numbers of the type around each value.

    A value in [2^e, 2^(e+1)) has 2^(e - precision + 1), a subnormal and 0 the smallest subnormal, infinity and what
    is beyond the largest number the spacing below it.
    """
    form = FORMATS[dtype]
    _, exponent = np.frexp(values)
    exponent = np.where(np.isfinite(values), exponent - 1, form.largest_exponent)
    exponent = np.where(values == 0.0, form.smallest_exponent, exponent)
    clipped: npt.NDArray[np.int32] = np.clip(exponent, form.smallest_exponent, form.largest_exponent)
    return clipped - np.int32(form.precision - 1)


def place(values: Array, dtype: str, flush: bool = False) -> Indices:
    """The position of each number of the type on the line of all its numbers: 0 for both zeros, 1 for the next, ...

    The infinities stand one beyond the largest. With `flush` subnormals are zeros and the smallest normal is next to
    them. For nan the place means nothing.
    """
    form = FORMATS[dtype]
    if dtype == "float64":
        magnitude = np.abs(values).view(np.int64)
    elif dtype == "float16":
        magnitude = np.abs(values).astype(np.float16).view(np.uint16).astype(np.int64)
    else:
        magnitude = np.abs(values).astype(np.float32).view(np.uint32).astype(np.int64)
        if dtype == "bfloat16":
            magnitude >>= 16
    if flush:
        magnitude = np.maximum(magnitude - form.subnormals, 0)
    return np.where(np.signbit(values), -magnitude, magnitude)


def value_at(places: Indices, dtype: str) -> Array:
    """The numbers at these places: the inverse of `place`."""
    magnitude = np.abs(places)
    if dtype == "float64":
        values = magnitude.view(np.float64)
    elif dtype == "float16":
        values = magnitude.astype(np.uint16).view(np.float16).astype(np.float64)
    else:
        shift = 16 if dtype == "bfloat16" else 0
        values = (magnitude << shift).astype(np.uint32).view(np.float32).astype(np.float64)
    return np.where(places < 0, -values, values)


def steps(a: Array, b: Array, dtype: str, flush: bool = False) -> Steps:
    """How many steps from number to number of the type lead from a to b: 0 for equal ones, through zero, across signs.

    For float64 up to 2^64 - 2^53: unsigned, and exact.
    """
    there, here = place(a, dtype, flush), place(b, dtype, flush)
    # Two's complement wraps in the difference and back in the unsigned view.
    return np.where(there >= here, there - here, here - there).view(np.uint64)


def flushed(values: Array, dtype: str) -> Array:
    """The values with zeros of the same sign for subnormals."""
    return np.where(np.abs(values) < FORMATS[dtype].smallest_normal, np.copysign(0.0, values), values)


def bit_pattern(value: float, dtype: str) -> str:
    """The number's bits as hexadecimal digits: 0x3f80 is 1 in bfloat16."""
    form = FORMATS[dtype]
    quiet_nan = form.infinity | 1 << (form.precision - 2)  # whatever its payload was: it has not come this far
    bits = quiet_nan if np.isnan(value) else abs(int(place(np.array([value]), dtype)[0]))
    bits |= int(np.signbit(value)) << (form.bits - 1)
    return f"0x{bits:0{form.bits // 4}x}"


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


def reference(exact: Array, dtype: str, flush: bool = False) -> Reference:
    """Results known as float64, for a narrower type. With `flush` those that round to a subnormal are zero."""
    rounded = round_to(exact, dtype)
    spacing = spacing_exponent(exact, dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf, put right below
        remainder = np.ldexp(exact, -spacing) - _in_spacings(rounded, spacing, dtype)
    remainder = np.where(np.isinf(rounded) | ~np.isfinite(exact), 0.0, remainder)
    if flush:
        rounded = flushed(rounded, dtype)
        remainder = np.where(rounded == 0.0, 0.0, remainder)
    return Reference(rounded, remainder, spacing, exact)


def ulp_error(actual: Array, truth: Reference, dtype: str, flush: bool = False) -> Array:
    """|actual - exact| / spacing of the type at the exact result; nan where either is nan.

    Infinity counts as the number after the largest, so it is right where the exact result rounds to it. With `flush`
    the gap between zero and the smallest normal, which has no numbers, is as wide as one spacing.
    """
    form = FORMATS[dtype]
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
    infinity = np.ldexp(1.0, FORMATS[dtype].largest_exponent + 1 - spacing)
    return np.where(np.isinf(values), np.copysign(infinity, values), np.ldexp(values, -spacing))


def unlike(actual: Array, rounded: Array) -> Mask:
    """Where the result is nan, or infinite, and should be finite."""
    wrong: Mask = np.isnan(actual) | (np.isinf(actual) & np.isfinite(rounded))
    return wrong
