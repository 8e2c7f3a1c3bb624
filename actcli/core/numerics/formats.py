"""Floating-point formats: numbers, spacing, bits, and rounding from float64.

Values of every type are stored as float64, which contains all numbers of the narrower types. Rounding from float64 is
one step. Two steps, to float32 and then to bfloat16, may differ, because the first step can produce a tie:
1 + 2^-8 + 2^-40 would become 1 instead of 1.0078125.
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
    """A binary floating-point format.

    precision:         bits of the significand, including the hidden one
    smallest_exponent: of normal numbers, as largest_exponent
    bits:              of the whole number
    has_infinity:      False if codes with the largest exponent are numbers too, and only the last one is nan
    """

    precision: int
    smallest_exponent: int
    largest_exponent: int
    bits: int
    has_infinity: bool = True

    @property
    def smallest_normal(self) -> float:
        """The smallest normal number, 2^smallest_exponent."""
        return 2.0**self.smallest_exponent

    @property
    def smallest_spacing(self) -> float:
        """The smallest positive number, a subnormal."""
        return 2.0 ** (self.smallest_exponent - self.precision + 1)

    @property
    def subnormals(self) -> int:
        """Number of positive subnormals."""
        return (1 << (self.precision - 1)) - 1

    @property
    def infinity(self) -> int:
        """Ordinal of infinity, one more than the largest number's; ordinal of nan in a format without infinity."""
        beyond = (self.largest_exponent - self.smallest_exponent + 2) << (self.precision - 1)
        return beyond if self.has_infinity else beyond - 1

    @property
    def nan(self) -> int:
        """Bits of the positive quiet nan."""
        return self.infinity | 1 << (self.precision - 2) if self.has_infinity else self.infinity


FLOAT_FORMATS: Final = {
    "float64": FloatFormat(53, -1022, 1023, 64),
    "float32": FloatFormat(24, -126, 127, 32),
    "float16": FloatFormat(11, -14, 15, 16),
    "bfloat16": FloatFormat(8, -126, 127, 16),
    "float8_e4m3fn": FloatFormat(4, -6, 8, 8, has_infinity=False),
    "float8_e5m2": FloatFormat(3, -14, 15, 8),
}
"""float64, float32, float16 (IEEE 754), bfloat16, two 8-bit formats (Micikevicius et al. 2022, arXiv:2209.05433)."""

DTYPES = tuple(FLOAT_FORMATS)

_DROPPED = 52 - 7  # float64 keeps 52 bits after the point, bfloat16 keeps 7
_KEPT = np.uint64(2**64 - 2**_DROPPED)
_JUST_UNDER_HALF = np.uint64(2 ** (_DROPPED - 1) - 1)
_SMALLEST_NORMAL = 2.0**-126
_OVERFLOW = 2.0**128
# Near this number the spacing of float64 is 2^-133, bfloat16's smallest subnormal.
_SUBNORMAL_SHIFT = 1.5 * 2.0 ** (52 - 133)


def round_to(values: npt.ArrayLike, dtype: str) -> Array:
    """The values rounded to the type `dtype`, nearest number, ties to even (IEEE 754-2019, 4.3.1), as float64.

    Overflow gives ±inf (nan in float8_e4m3fn, which has no infinity). Underflow gives a subnormal, or zero with the
    sign of the value. nan stays nan. For "float64" the array itself is returned.

    InputError: unknown type, or values that are no numbers

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
    # Overflow and underflow are intended; "invalid" comes from a signalling nan that becomes quiet.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return values.astype(dtype).astype(np.float64)


def _round_to_bfloat16(values: Array) -> Array:
    """`round_to` by the bits of float64: NumPy has no bfloat16. A carry out of the significand raises the exponent."""
    exact = np.ascontiguousarray(values).ravel()
    bits = exact.view(np.uint64)
    last_kept = (bits >> np.uint64(_DROPPED)) & np.uint64(1)
    rounded = ((bits + (_JUST_UNDER_HALF + last_kept)) & _KEPT).view(np.float64)
    # "invalid" comes from signalling nans only; every nan is restored below.
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
    """`round_to` by integer multiples of the spacing. Division by a power of 2 is exact."""
    form = FLOAT_FORMATS[dtype]
    spacing = np.ldexp(1.0, spacing_exponent(values, dtype))
    with np.errstate(over="ignore", invalid="ignore"):  # overflow is replaced below; a signalling nan becomes quiet
        rounded = np.copysign(np.rint(values / spacing) * spacing, values)
        largest = float(value_at(np.array([form.infinity - 1]), dtype)[0])
        beyond = np.copysign(np.inf, values) if form.has_infinity else np.full(values.shape, np.nan)
        return np.where(np.abs(rounded) > largest, beyond, np.where(np.isnan(values), np.nan, rounded))


def spacing_exponent(values: Array, dtype: str) -> npt.NDArray[np.int32]:
    """log2 of the spacing of the type at each value.

    |value| in [2^e, 2^(e+1)): e - precision + 1. Subnormal or 0: log2 of the smallest subnormal. Larger than the
    largest number, or infinite: as at the largest number.
    """
    form = FLOAT_FORMATS[dtype]
    # The exponent from float64's bits: -1023 for 0 and subnormals, 1024 for infinity and nan; both are clipped.
    upper = np.ascontiguousarray(values, dtype=np.float64).view(np.int64) >> 52
    exponent = (upper.astype(np.int32) & np.int32(0x7FF)) - np.int32(1023)
    np.maximum(exponent, np.int32(form.smallest_exponent), out=exponent)
    np.minimum(exponent, np.int32(form.largest_exponent), out=exponent)
    exponent -= np.int32(form.precision - 1)
    spacing: npt.NDArray[np.int32] = exponent.reshape(np.shape(values))
    return spacing


def in_units(values: Array, exponent: npt.NDArray[np.int32], dtype: str) -> Array:
    """values / 2^exponent. exponent: log2 of a spacing of the type, or of half of it."""
    if dtype == "float64":
        return np.ldexp(values, -exponent)
    # The product with the inverse power of two, a normal float64 here, is exact too and four times as fast.
    powers = (np.int64(1023) - exponent) << 52
    return values * powers.view(np.float64)


def ordinal(values: Array, dtype: str, flush: bool = False) -> Indices:
    """Index of each number among the type's numbers in ascending order: 0 for both zeros, 1 for the smallest positive.

    ±inf: one more than the largest number. nan: meaningless.
    flush: count subnormal numbers as 0, so that the smallest normal number is 1
    """
    form = FLOAT_FORMATS[dtype]
    if dtype == "float64":
        magnitude = np.abs(values).view(np.int64)
    elif dtype == "float16":
        magnitude = np.abs(values).astype(np.float16).view(np.uint16).astype(np.int64)
    elif form.bits == 8:
        magnitude = _float8_magnitude(values, form)
    else:
        bits = values.astype(np.float32).view(np.int32)
        shift = 16 if dtype == "bfloat16" else 0
        magnitude = (bits & np.int32(0x7FFFFFFF)) >> np.int32(shift)
        if flush:
            magnitude = np.maximum(magnitude - np.int32(form.subnormals), np.int32(0))
        minus = bits >> np.int32(31)  # all ones or 0: two's complement
        signed: Indices = ((magnitude ^ minus) - minus).astype(np.int64)
        return signed
    if flush:
        magnitude = np.maximum(magnitude - form.subnormals, 0)
    return np.where(np.signbit(values), -magnitude, magnitude)


def value_at(ordinals: Indices, dtype: str) -> Array:
    """The numbers with these ordinals; inverse of `ordinal`."""
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
    """The values, with each subnormal replaced by a zero of the same sign."""
    return np.where(np.abs(values) < FLOAT_FORMATS[dtype].smallest_normal, np.copysign(0.0, values), values)


def to_bits(values: Array, dtype: str) -> npt.NDArray[np.uint64]:
    """The bits of numbers of the type, as integers; every nan becomes the quiet one."""
    form = FLOAT_FORMATS[dtype]
    magnitude = np.where(np.isnan(values), form.nan, np.abs(ordinal(values, dtype))).astype(np.uint64)
    return magnitude | (np.signbit(values).astype(np.uint64) << np.uint64(form.bits - 1))


def from_bits(bits: npt.NDArray[Any], dtype: str) -> Array:
    """The numbers with these bits, integers below 2^bits; inverse of `to_bits`."""
    form = FLOAT_FORMATS[dtype]
    sign = np.uint64(1 << (form.bits - 1))
    given = bits.astype(np.uint64)
    magnitude = given & ~sign
    numbers = value_at(np.minimum(magnitude, form.infinity).astype(np.int64), dtype)
    no_number = magnitude > form.infinity if form.has_infinity else magnitude >= form.infinity
    return np.where(no_number, np.nan, np.where(given & sign, -numbers, numbers))


def bit_pattern(value: float, dtype: str) -> str:
    """The bits of a number in hexadecimal: 0x3f80 for 1 in bfloat16."""
    form = FLOAT_FORMATS[dtype]
    return f"0x{int(to_bits(np.array([value]), dtype)[0]):0{form.bits // 4}x}"


def _float8_magnitude(values: Array, form: FloatFormat) -> Indices:
    magnitude = np.abs(values)
    finite = np.isfinite(magnitude)
    fraction, exponent = np.frexp(np.where(finite, magnitude, 0.0))
    octave = np.where(magnitude >= form.smallest_normal, exponent - 1 - form.smallest_exponent, 0)
    # Codes are consecutive within an octave; those of subnormals start at 0.
    counted = np.ldexp(fraction, exponent - octave - form.smallest_exponent + form.precision - 1)
    codes: Indices = counted.astype(np.int64) + (octave.astype(np.int64) << (form.precision - 1))
    return np.where(finite, codes, form.infinity)


@cache
def _float8_table(dtype: str) -> Array:
    """Code -> number, from 0 to the code of infinity."""
    form = FLOAT_FORMATS[dtype]
    codes = np.arange(form.infinity, dtype=np.int64)
    octave = np.maximum((codes >> (form.precision - 1)) - 1, 0)
    counted = (codes - (octave << (form.precision - 1))).astype(np.float64)
    numbers = np.ldexp(counted, octave + form.smallest_exponent - form.precision + 1)
    return np.append(numbers, np.inf)
