"""Floating-point formats: their numbers, the spacing between them, and one rounding from float64 to each.

Values of every type are held as float64, which has all numbers of the narrower ones. Going to bfloat16 by way of
float32 rounds twice, and the second rounding can see a tie that the first one made: 1 + 2^-8 + 2^-40 would become 1
instead of 1.0078125. So every type is reached from float64 in one step.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Indices, numbers_of
from actcli.core.errors import one_of


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

DTYPES = tuple(FORMATS)

_DROPPED = 52 - 7  # float64 keeps 52 bits after the point, bfloat16 keeps 7
_KEPT = np.uint64(2**64 - 2**_DROPPED)
_JUST_UNDER_HALF = np.uint64(2 ** (_DROPPED - 1) - 1)
_SMALLEST_NORMAL = 2.0**-126
_OVERFLOW = 2.0**128
# Around this number neighbouring float64 lie 2^-133 apart, which is bfloat16's smallest subnormal.
_SUBNORMAL_SHIFT = 1.5 * 2.0 ** (52 - 133)


def round_to(values: npt.ArrayLike, dtype: str) -> Array:
    """Each value's nearest number of the type `dtype`, ties to even, as float64.

    What is too large becomes ±inf, what is too small a subnormal or a zero of the same sign; nan stays nan.
    For "float64" the array itself is returned. InputError: no such type, or no numbers. (IEEE 754-2019, 4.3.1)

    >>> round_to([1 + 2**-8 + 2**-40, 0.1], "bfloat16")
    array([1.0078125 , 0.10009766])
    """
    values = numbers_of("values", values)
    one_of("dtype", dtype, DTYPES)
    if dtype == "float64":
        return values
    if dtype == "bfloat16":
        return _round_to_bfloat16(values)
    # Overflow to inf and underflow are the result asked for; "invalid" is a signalling nan becoming a quiet one.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return values.astype(dtype).astype(np.float64)


def _round_to_bfloat16(values: Array) -> Array:
    """On the bits, as NumPy has no bfloat16. A carry out of the significand raises the exponent."""
    exact = np.ascontiguousarray(values).ravel()
    bits = exact.view(np.uint64)
    last_kept = (bits >> np.uint64(_DROPPED)) & np.uint64(1)
    rounded = ((bits + (_JUST_UNDER_HALF + last_kept)) & _KEPT).view(np.float64)
    # "invalid" comes from signalling nans only, and every nan is put back below.
    with np.errstate(invalid="ignore"):
        magnitude = np.abs(exact)
        rounded = np.where(np.abs(rounded) >= _OVERFLOW, np.copysign(np.inf, exact), rounded)
        small = magnitude < _SMALLEST_NORMAL
        if small.any():
            subnormal = (magnitude + _SUBNORMAL_SHIFT) - _SUBNORMAL_SHIFT
            rounded = np.where(small, np.copysign(subnormal, exact), rounded)
        rounded = np.where(np.isnan(exact), np.nan, rounded)
    return rounded.reshape(values.shape)


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
