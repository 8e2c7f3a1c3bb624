"""Floating-point formats: their numbers, the spacing between them, and one rounding from float64 to each.

Values of every type are held as float64, which has all numbers of the narrower ones. Going to bfloat16 by way of
float32 rounds twice, and the second rounding can see a tie that the first one made: 1 + 2^-8 + 2^-40 would become 1
instead of 1.0078125. So every type is reached from float64 in one step.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Indices, numbers_of
from actcli.core.errors import one_of


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """A binary format: bits of the significand, the hidden one included, and exponents of normal numbers.

    has_infinity: False where the codes of the largest exponent are numbers too, and nan the last of them alone
    """

    precision: int
    smallest_exponent: int
    largest_exponent: int
    bits: int
    has_infinity: bool = True

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
        """The ordinal of infinity, one beyond the largest; where there is none, that of nan."""
        beyond = (self.largest_exponent - self.smallest_exponent + 2) << (self.precision - 1)
        return beyond if self.has_infinity else beyond - 1

    @property
    def nan(self) -> int:
        """The bits of the quiet nan without a sign."""
        return self.infinity | 1 << (self.precision - 2) if self.has_infinity else self.infinity


FLOAT_FORMATS: Final = {
    "float64": FloatFormat(53, -1022, 1023, 64),
    "float32": FloatFormat(24, -126, 127, 32),
    "float16": FloatFormat(11, -14, 15, 16),
    "bfloat16": FloatFormat(8, -126, 127, 16),
    "float8_e4m3fn": FloatFormat(4, -6, 8, 8, has_infinity=False),
    "float8_e5m2": FloatFormat(3, -14, 15, 8),
}
"""IEEE 754's three, bfloat16, and the two of Micikevicius et al. 2022, arXiv:2209.05433, of 256 codes each."""

DTYPES = tuple(FLOAT_FORMATS)

_DROPPED = 52 - 7  # float64 keeps 52 bits after the point, bfloat16 keeps 7
_KEPT = np.uint64(2**64 - 2**_DROPPED)
_JUST_UNDER_HALF = np.uint64(2 ** (_DROPPED - 1) - 1)
_SMALLEST_NORMAL = 2.0**-126
_OVERFLOW = 2.0**128
# Around this number neighbouring float64 lie 2^-133 apart, which is bfloat16's smallest subnormal.
_SUBNORMAL_SHIFT = 1.5 * 2.0 ** (52 - 133)


def round_to(values: npt.ArrayLike, dtype: str) -> Array:
    """Each value's nearest number of the type `dtype`, ties to even, as float64.

    What is too large becomes ±inf (nan in float8_e4m3fn, which has no infinity), what is too small a subnormal or a
    zero of the same sign; nan stays nan.
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
    if FLOAT_FORMATS[dtype].bits == 8:
        return _round_to_float8(values, dtype)
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


def _round_to_float8(values: Array, dtype: str) -> Array:
    """By whole multiples of the spacing: the division by a power of 2 is exact."""
    form = FLOAT_FORMATS[dtype]
    spacing = np.ldexp(1.0, spacing_exponent(values, dtype))
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is replaced; a signalling nan becomes quiet
        rounded = np.copysign(np.rint(values / spacing) * spacing, values)
        largest = float(value_at(np.array([form.infinity - 1]), dtype)[0])
        beyond = np.copysign(np.inf, values) if form.has_infinity else np.full(values.shape, np.nan)
        return np.where(np.abs(rounded) > largest, beyond, np.where(np.isnan(values), np.nan, rounded))


def spacing_exponent(values: Array, dtype: str) -> npt.NDArray[np.int32]:
    """log2 of the distance between neighbouring numbers of the type around each value.

    A value in [2^e, 2^(e+1)) has 2^(e - precision + 1), a subnormal and 0 the smallest subnormal, infinity and what
    is beyond the largest number the spacing below it.
    """
    form = FLOAT_FORMATS[dtype]
    _, exponent = np.frexp(values)
    exponent = np.where(np.isfinite(values), exponent - 1, form.largest_exponent)
    exponent = np.where(values == 0.0, form.smallest_exponent, exponent)
    clipped: npt.NDArray[np.int32] = np.clip(exponent, form.smallest_exponent, form.largest_exponent)
    return clipped - np.int32(form.precision - 1)


def ordinal(values: Array, dtype: str, flush: bool = False) -> Indices:
    """The position of each number of the type on the line of all its numbers: 0 for both zeros, 1 for the next, ...

    The infinities stand one beyond the largest. With `flush` subnormals are zeros and the smallest normal is next to
    them. For nan the ordinal means nothing.
    """
    form = FLOAT_FORMATS[dtype]
    if dtype == "float64":
        magnitude = np.abs(values).view(np.int64)
    elif dtype == "float16":
        magnitude = np.abs(values).astype(np.float16).view(np.uint16).astype(np.int64)
    elif form.bits == 8:
        magnitude = _float8_magnitude(values, form)
    else:
        magnitude = np.abs(values).astype(np.float32).view(np.uint32).astype(np.int64)
        if dtype == "bfloat16":
            magnitude >>= 16
    if flush:
        magnitude = np.maximum(magnitude - form.subnormals, 0)
    return np.where(np.signbit(values), -magnitude, magnitude)


def value_at(ordinals: Indices, dtype: str) -> Array:
    """The numbers of these ordinals: the inverse of `ordinal`."""
    magnitude = np.abs(ordinals)
    if dtype == "float64":
        values = magnitude.view(np.float64)
    elif dtype == "float16":
        values = magnitude.astype(np.uint16).view(np.float16).astype(np.float64)
    elif FLOAT_FORMATS[dtype].bits == 8:
        values = _float8_table(dtype)[magnitude]
    else:
        shift = 16 if dtype == "bfloat16" else 0
        values = (magnitude << shift).astype(np.uint32).view(np.float32).astype(np.float64)
    return np.where(ordinals < 0, -values, values)


def flushed(values: Array, dtype: str) -> Array:
    """The values with zeros of the same sign for subnormals."""
    return np.where(np.abs(values) < FLOAT_FORMATS[dtype].smallest_normal, np.copysign(0.0, values), values)


def to_bits(values: Array, dtype: str) -> npt.NDArray[np.uint64]:
    """The bits of numbers of the type, as whole numbers; every nan is the quiet one."""
    form = FLOAT_FORMATS[dtype]
    magnitude = np.where(np.isnan(values), form.nan, np.abs(ordinal(values, dtype))).astype(np.uint64)
    return magnitude | (np.signbit(values).astype(np.uint64) << np.uint64(form.bits - 1))


def from_bits(bits: npt.NDArray[Any], dtype: str) -> Array:
    """The numbers with these bits, whole numbers below 2^bits: the inverse of `to_bits`."""
    form = FLOAT_FORMATS[dtype]
    sign = np.uint64(1 << (form.bits - 1))
    given = bits.astype(np.uint64)
    magnitude = given & ~sign
    numbers = value_at(np.minimum(magnitude, form.infinity).astype(np.int64), dtype)
    no_number = magnitude > form.infinity if form.has_infinity else magnitude >= form.infinity
    return np.where(no_number, np.nan, np.where(given & sign, -numbers, numbers))


def bit_pattern(value: float, dtype: str) -> str:
    """The number's bits as hexadecimal digits: 0x3f80 is 1 in bfloat16."""
    form = FLOAT_FORMATS[dtype]
    return f"0x{int(to_bits(np.array([value]), dtype)[0]):0{form.bits // 4}x}"


def _float8_magnitude(values: Array, form: FloatFormat) -> Indices:
    magnitude = np.abs(values)
    finite = np.isfinite(magnitude)
    fraction, exponent = np.frexp(np.where(finite, magnitude, 0.0))
    octave = np.where(magnitude >= form.smallest_normal, exponent - 1 - form.smallest_exponent, 0)
    # In an octave the codes count on from its number; below the smallest normal number they begin at 0.
    counted = np.ldexp(fraction, exponent - octave - form.smallest_exponent + form.precision - 1)
    codes: Indices = counted.astype(np.int64) + (octave.astype(np.int64) << (form.precision - 1))
    return np.where(finite, codes, form.infinity)


@cache
def _float8_table(dtype: str) -> Array:
    """The numbers of the codes from 0 to that of infinity."""
    form = FLOAT_FORMATS[dtype]
    codes = np.arange(form.infinity, dtype=np.int64)
    octave = np.maximum((codes >> (form.precision - 1)) - 1, 0)
    counted = (codes - (octave << (form.precision - 1))).astype(np.float64)
    numbers = np.ldexp(counted, octave + form.smallest_exponent - form.precision + 1)
    return np.append(numbers, np.inf)
