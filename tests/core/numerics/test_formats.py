"""Rounding against exact rational arithmetic, including every number of the 16-bit types."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from actcli.core.numerics.formats import DTYPES, from_bits, ordinal, round_to, to_bits, value_at

# significand bits (the hidden one included), smallest and largest exponent of a normal number
FLOAT_FORMATS = {
    "float64": (53, -1022, 1023),
    "float32": (24, -126, 127),
    "float16": (11, -14, 15),
    "bfloat16": (8, -126, 127),
    "float8_e4m3fn": (4, -6, 8),
    "float8_e5m2": (3, -14, 15),
}
NARROW = tuple(name for name in FLOAT_FORMATS if name != "float64")
LARGEST_E4M3FN = 448.0


def exactly_rounded(value: float, dtype: str) -> float:
    """`value` rounded to nearest, ties to even (IEEE 754), computed with rationals."""
    precision, smallest, largest = FLOAT_FORMATS[dtype]
    if value == 0 or not math.isfinite(value):
        return math.nan if dtype == "float8_e4m3fn" and math.isinf(value) else value
    exponent = max(math.frexp(value)[1] - 1, smallest)
    quantum = Fraction(2) ** (exponent - precision + 1)
    rounded = round(Fraction(abs(value)) / quantum) * quantum  # round() of a Fraction takes ties to even
    if dtype == "float8_e4m3fn" and rounded > LARGEST_E4M3FN:
        return math.nan
    result = math.inf if rounded >= Fraction(2) ** (largest + 1) else float(rounded)
    return math.copysign(result, value)


def every_finite(dtype: str) -> NDArray[np.float64]:
    """All non-negative finite numbers of a 16-bit type, in order."""
    patterns = np.arange(0x7C00 if dtype == "float16" else 0x7F80, dtype=np.uint16)
    if dtype == "float16":
        return patterns.view(np.float16).astype(np.float64)
    return (patterns.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def same(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))


def test_the_double_rounding_of_the_design() -> None:
    assert round_to(np.array([1 + 2.0**-8 + 2.0**-40]), "bfloat16").tolist() == [1.0078125]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_every_number_and_every_midpoint_of_the_16_bit_types(dtype: str, sign: float) -> None:
    numbers = every_finite(dtype)
    assert np.array_equal(round_to(sign * numbers, dtype), sign * numbers)
    # The number after the largest counts as infinity. Its bit pattern is even.
    above = np.append(numbers[1:], 2 * numbers[-1] - numbers[-2])
    midpoints = (numbers + above) / 2  # exact in float64
    above[-1] = np.inf
    even = np.where(np.arange(len(numbers)) % 2 == 0, numbers, above)
    assert np.array_equal(round_to(sign * midpoints, dtype), sign * even)
    assert np.array_equal(round_to(sign * np.nextafter(midpoints, 0), dtype), sign * numbers)
    assert np.array_equal(round_to(sign * np.nextafter(midpoints, np.inf), dtype), sign * above)


@pytest.mark.parametrize("dtype", NARROW)
@given(value=st.floats(width=64))
@example(value=2.0**-1074)
@example(value=-(2.0**-150))
@example(value=2.0**-150 * (1 + 2.0**-52))
@example(value=float.fromhex("0x1.fffffefffffffp+127"))
@example(value=float.fromhex("-0x1.ffffffp+127"))
@example(value=1 + 2.0**-24 + 2.0**-52)
def test_any_number_against_rational_arithmetic(dtype: str, value: float) -> None:
    assert same(float(round_to(np.array([value]), dtype)[0]), exactly_rounded(value, dtype))


@pytest.mark.parametrize("dtype", NARROW)
@given(bits=st.integers(0, 2**64 - 1), exponent=st.integers(-160, 130))
def test_numbers_within_reach_of_the_type(dtype: str, bits: int, exponent: int) -> None:
    value = math.ldexp(1 + (bits >> 12) / 2**52, exponent)
    assert same(float(round_to(np.array([value]), dtype)[0]), exactly_rounded(value, dtype))


@pytest.mark.parametrize(("dtype", "finite", "largest"), [("float8_e4m3fn", 254, 448.0), ("float8_e5m2", 248, 57344.0)])
def test_the_codes_of_the_8_bit_types(dtype: str, finite: int, largest: float) -> None:
    """Codes decoded by the definition (Micikevicius et al. 2022, arXiv:2209.05433, table 1), in rationals."""
    precision, smallest, _ = FLOAT_FORMATS[dtype]
    numbers = from_bits(np.arange(256), dtype)
    assert (int(np.isfinite(numbers).sum()), float(np.nanmax(numbers[np.isfinite(numbers)]))) == (finite, largest)
    for code in np.flatnonzero(np.isfinite(numbers)).tolist():
        fraction, exponent = code & ((1 << (precision - 1)) - 1), (code & 0x7F) >> (precision - 1)
        significand = fraction + ((1 << (precision - 1)) if exponent else 0)
        size = Fraction(significand) * Fraction(2) ** (max(exponent, 1) - 1 + smallest - precision + 1)
        assert same(float(numbers[code]), math.copysign(float(size), -1.0 if code & 0x80 else 1.0))
    assert to_bits(numbers[np.isfinite(numbers)], dtype).tolist() == np.flatnonzero(np.isfinite(numbers)).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@given(value=st.floats(width=64))
def test_numbers_and_bits_and_places_are_the_same_thing(dtype: str, value: float) -> None:
    number = round_to(np.array([value]), dtype)
    assert same(float(from_bits(to_bits(number, dtype), dtype)[0]), float(number[0]))
    if not math.isnan(number[0]):
        assert float(value_at(ordinal(number, dtype), dtype)[0]) == float(number[0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_zeros_infinities_and_nans(dtype: str) -> None:
    signalling = np.array([0x7FF0000000000001, 0xFFF0000000000001, 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
    values = np.concatenate([[0.0, -0.0, np.inf, -np.inf, np.nan], signalling.view(np.float64)])
    result = round_to(values, dtype)
    expected = [exactly_rounded(value, dtype) for value in values.tolist()]
    assert all(same(a, b) for a, b in zip(result.tolist(), expected, strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_shape_and_stride(dtype: str) -> None:
    values = np.linspace(-3, 3, 60).reshape(3, 4, 5)
    expected = np.array([exactly_rounded(v, dtype) for v in values.ravel().tolist()]).reshape(values.shape)
    for view, truth in [
        (values, expected),
        (values.T, expected.T),
        (values[:, ::-2], expected[:, ::-2]),
        (values[0, 0, 1].reshape(()), expected[0, 0, 1].reshape(())),
        (values[:, :0], expected[:, :0]),
    ]:
        result = round_to(view, dtype)
        assert result.shape == view.shape
        assert result.dtype == np.float64
        assert np.array_equal(result, truth)


def test_the_argument_is_left_alone() -> None:
    values = np.array([1 / 3, np.nan, 1e-40])
    before = values.copy()
    for dtype in DTYPES:
        round_to(values, dtype)
    assert np.array_equal(values, before, equal_nan=True)


def test_an_unknown_dtype_is_named() -> None:
    with pytest.raises(ValueError, match="unknown dtype 'float8'; did you mean float8_e4m3fn or float8_e5m2\\?"):
        round_to(np.zeros(1), "float8")
