"""ULP against rational arithmetic, steps against counting with nextafter."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.audit.ulp import below_power_of_two, reference, ulp_distance, ulp_error, unlike
from actcli.core.numerics.formats import DTYPES, FLOAT_FORMATS, bit_pattern, ordinal, round_to, value_at
from tests.core.numerics.test_formats import FLOAT_FORMATS as TRUE_FORMATS
from tests.core.numerics.test_formats import every_finite, exactly_rounded

NARROW = ("float32", "float16", "bfloat16")


def one(x: float) -> np.ndarray:
    return np.array([x])


def distance(a: float, b: float, dtype: str, flush: bool = False) -> int:
    return int(ulp_distance(one(a), one(b), dtype, flush)[0])


def error(actual: float, exact: float, dtype: str, flush: bool = False) -> float:
    return float(ulp_error(one(actual), reference(one(exact), dtype, flush), dtype, flush)[0])


def next_up(x: float, dtype: str) -> float:
    """The next number of the type: by NumPy's nextafter, or from the list of numbers for bfloat16 and float8."""
    if dtype == "bfloat16" or dtype.startswith("float8"):
        numbers = np.append(every_finite(dtype) if dtype == "bfloat16" else _float8(dtype), np.inf)
        line = np.concatenate([-numbers[:0:-1], numbers])
        return float(line[np.searchsorted(line, x) + 1])
    kind = np.dtype(dtype).type
    with np.errstate(all="ignore"):  # after the largest number comes inf: an overflow for NumPy
        return float(np.nextafter(kind(x), kind(np.inf)))


def _float8(dtype: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The finite numbers >= 0, by the definition of the codes (arXiv:2209.05433, table 1)."""
    bits, bias, codes = (3, 7, 127) if dtype == "float8_e4m3fn" else (2, 15, 124)
    fields = [(code >> bits, code & (2**bits - 1)) for code in range(codes)]
    return np.array([math.ldexp(m + 2**bits * (e > 0), max(e, 1) - bias - bits) for e, m in fields])


def numbers(dtype: str) -> st.SearchStrategy[float]:
    return st.floats(allow_nan=False).map(lambda x: float(round_to(one(x), dtype)[0])).filter(lambda x: x == x)


def true_spacing(exact: Fraction, dtype: str) -> Fraction:
    precision, smallest, largest = TRUE_FORMATS[dtype]
    exponent = smallest
    while exponent < largest and abs(exact) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    return Fraction(2) ** (exponent - precision + 1)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), count=st.integers(0, 40))
def test_steps_are_as_many_as_nextafter_takes(dtype: str, data: st.DataObject, count: int) -> None:
    start = data.draw(numbers(dtype).filter(lambda x: x < np.inf))
    end = start
    for taken in range(count):
        if end == np.inf:
            count = taken
            break
        end = next_up(end, dtype)
    assert distance(start, end, dtype) == distance(end, start, dtype) == count


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_steps_are_a_metric_on_the_line(dtype: str, data: st.DataObject) -> None:
    a, b, c = sorted(data.draw(st.tuples(*[numbers(dtype)] * 3)))
    assert distance(a, b, dtype) + distance(b, c, dtype) == distance(a, c, dtype)
    assert distance(a, c, dtype) == distance(c, a, dtype) == distance(-a, -c, dtype)
    assert (distance(a, b, dtype) == 0) == (a == b)


def test_the_longest_way_through_float64_is_exact() -> None:
    assert distance(-math.inf, math.inf, "float64") == 2 * 0x7FF0000000000000
    assert distance(-5e-324, 5e-324, "float64") == 2
    assert distance(-0.0, 0.0, "float64") == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_places_count_every_number_of_a_16_bit_type(dtype: str) -> None:
    line = every_finite(dtype)
    assert np.array_equal(ordinal(line, dtype), np.arange(len(line)))
    assert np.array_equal(ordinal(-line, dtype), -np.arange(len(line)))
    assert FLOAT_FORMATS[dtype].infinity == len(line) == ordinal(one(np.inf), dtype)[0]
    assert np.array_equal(value_at(ordinal(-line, dtype), dtype), -line)
    subnormals = int((line < FLOAT_FORMATS[dtype].smallest_normal).sum()) - 1
    assert FLOAT_FORMATS[dtype].subnormals == subnormals
    flushed = ordinal(line, dtype, flush=True)
    assert np.array_equal(flushed, np.maximum(np.arange(len(line)) - subnormals, 0))


@pytest.mark.parametrize("dtype", NARROW)
@given(data=st.data(), exact=st.floats(allow_nan=False, allow_infinity=False))
def test_ulp_is_the_distance_in_spacings(dtype: str, data: st.DataObject, exact: float) -> None:
    actual = data.draw(numbers(dtype).filter(math.isfinite))
    limit = Fraction(2) ** (TRUE_FORMATS[dtype][2] + 1)
    clipped = min(max(Fraction(exact), -limit), limit)
    if math.isinf(exactly_rounded(exact, dtype)):
        clipped = limit if exact > 0 else -limit
    truth = abs(Fraction(actual) - clipped) / true_spacing(clipped, dtype)
    assert error(actual, exact, dtype) == pytest.approx(float(truth), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("dtype", NARROW)
@given(exact=st.floats(allow_nan=False))
def test_the_correctly_rounded_result_is_half_an_ulp_off_at_most(dtype: str, exact: float) -> None:
    rounded = float(round_to(one(exact), dtype)[0])
    assert error(rounded, exact, dtype) <= 0.5
    assert error(rounded, exact, dtype, flush=True) <= 0.5
    assert distance(rounded, exactly_rounded(exact, dtype), dtype) == 0


@pytest.mark.parametrize("dtype", NARROW)
def test_zero_overflow_and_the_ends_of_binades(dtype: str) -> None:
    form = FLOAT_FORMATS[dtype]
    largest = float(value_at(np.array([form.infinity - 1]), dtype)[0])
    spacing = 2.0 ** (form.largest_exponent - form.precision + 1)
    assert error(form.smallest_spacing, 0.0, dtype) == 1.0
    assert error(-form.smallest_spacing, form.smallest_spacing, dtype) == 2.0
    assert error(1.0, 0.0, dtype) == 1.0 / form.smallest_spacing
    assert error(math.inf, largest * 4, dtype) == 0.0
    assert error(largest, largest * 4, dtype) == 1.0
    assert error(largest, largest + 0.25 * spacing, dtype) == 0.25
    # Just below a power of two the spacing is the smaller one.
    assert error(1.0, 1.0 - 2.0**-30, dtype) == 2.0 ** (form.precision - 30)
    assert error(1.0, 1.0 + 2.0**-30, dtype) == 2.0 ** (form.precision - 31)
    assert math.isnan(error(math.nan, 1.0, dtype))
    actual, exact = [np.nan, np.inf, np.inf, 1.0, -np.inf], [1.0, 1.0, largest * 4, largest * 4, largest * 4]
    wrong = unlike(np.array(actual), reference(np.array(exact), dtype), dtype)
    assert wrong.tolist() == [True, True, False, False, False]
    # Infinity counts as 2^(largest exponent + 1) if the exact result exceeds the largest number; else it is wrong.
    beside = reference(np.array([largest, largest + 0.25 * spacing, -largest - 0.25 * spacing]), dtype)
    assert unlike(np.array([np.inf, np.inf, np.inf]), beside, dtype).tolist() == [True, False, True]
    assert error(math.inf, largest + 0.25 * spacing, dtype) == 0.75


@pytest.mark.parametrize("dtype", DTYPES)
def test_flushed_zero_and_the_smallest_normal_are_neighbours(dtype: str) -> None:
    form = FLOAT_FORMATS[dtype]
    normal, tiny = form.smallest_normal, form.smallest_spacing
    assert distance(0.0, normal, dtype, flush=True) == distance(tiny, normal, dtype, flush=True) == 1
    assert distance(-normal, normal, dtype, flush=True) == 2
    assert distance(tiny, normal / 2, dtype, flush=True) == 0
    assert distance(normal, 2 * normal, dtype, flush=True) == distance(normal, 2 * normal, dtype)
    for actual, exact, truth in [
        (0.0, normal, 1.0),
        (normal, 0.0, 1.0),
        (normal, normal / 2, 1.0),
        (0.0, normal / 2, 0.0),
        (normal / 2, normal / 4, 0.0),
        (-normal, normal, 2.0),
        (normal + 3 * tiny, normal, 3.0),
        (0.0, normal + 3 * tiny, 4.0),
    ]:
        assert error(actual, exact, dtype, flush=True) == truth, (actual, exact)


def test_bits_are_those_that_numpy_sees() -> None:
    for x in (1.0, -2.5, 0.0, -0.0, 65504.0, math.inf, -math.inf, 2.0**-24):
        assert bit_pattern(x, "float16") == f"0x{np.float16(x).view(np.uint16):04x}"
        assert bit_pattern(x, "float32") == f"0x{np.float32(x).view(np.uint32):08x}"
        assert bit_pattern(x, "float64") == f"0x{np.float64(x).view(np.uint64):016x}"
        upper_half = float(round_to(one(x), "bfloat16")[0])
        assert bit_pattern(upper_half, "bfloat16") == bit_pattern(upper_half, "float32")[:6]
    assert bit_pattern(math.nan, "bfloat16") == "0x7fc0"


def test_spacings_are_half_as_wide_below_powers_of_two_but_not_below_the_smallest_normal() -> None:
    values, sides = [4.0, -4.0, 4.0, 3.0, 2.0**-14, 2.0**-15, 0.0], [-1, 1, 1, -1, -1, -1, -1]
    below = below_power_of_two(np.array(values), np.array(sides, dtype=np.int8), "float16")
    assert below.tolist() == [True, True, False, False, False, False, False]
