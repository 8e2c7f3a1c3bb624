"""Numbers with a separate exponent, against mpmath."""

from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from actcli.core.numerics import wide
from actcli.core.numerics.wide import Wide

numbers = st.builds(
    lambda mantissa, sign, exponent: (sign * mantissa, exponent),
    st.floats(0.5, 1, exclude_max=True),
    st.sampled_from([-1.0, 1.0]),
    st.integers(-100_000, 100_000),
)
EPS = mpf(2) ** -52


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    """NumPy's warnings off, as in the computation of activations."""
    with np.errstate(all="ignore"):
        yield


def wide_of(number: tuple[float, int]) -> Wide:
    return Wide(np.array([number[0]]), np.array([number[1]]))


def exact(number: Wide) -> mpf:
    return mpf(float(number.mantissa[0])) * mpf(2) ** int(number.exponent[0])


def assert_close(computed: Wide, expected: mpf, ulps: float = 1.0) -> None:
    assert abs(exact(computed) - expected) <= ulps * EPS * abs(expected)


@given(numbers, numbers)
def test_arithmetic_neither_overflows_nor_underflows(a: tuple[float, int], b: tuple[float, int]) -> None:
    x, y = wide_of(a), wide_of(b)
    with mpmath.workprec(300):
        assert_close(x * y, exact(x) * exact(y))
        assert_close(x / y, exact(x) / exact(y))
        if abs(a[1] - b[1]) > 2:  # else they may cancel
            assert_close(x + y, exact(x) + exact(y))
            assert_close(x - y, exact(x) - exact(y))
        assert (x - x).is_zero.all() == (a[1] <= 1 << 17)


@given(numbers, st.floats(1e-300, 1e300))
def test_a_product_and_a_quotient_with_their_rest_are_exact(a: tuple[float, int], factor: float) -> None:
    x = wide_of(a)
    with mpmath.workprec(3000):
        hi, lo = wide.product(x, factor)
        assert exact(hi) + exact(lo) == exact(x) * mpf(factor)
        hi, lo = wide.quotient(x, factor)
        quotient = exact(x) / mpf(factor)
        assert abs(exact(hi) + exact(lo) - quotient) <= mpf(2) ** -100 * abs(quotient)


@given(st.floats(-2e5, 2e5))
def test_exponentials_and_their_logarithms(x: float) -> None:
    computed = wide.exp(Wide.of(np.array([x])))
    with mpmath.workprec(300):
        assert_close(computed, mpmath.exp(mpf(x)), 2.0)
        assert float(wide.log(computed).rounded()[0]) == pytest.approx(x, rel=1e-14, abs=1e-15)


@given(numbers, st.sampled_from([0.5, 1.5, -0.75, 2.0, -3.0, 0.1]))
def test_roots_and_powers(a: tuple[float, int], exponent: float) -> None:
    x = abs(wide_of(a))
    with mpmath.workprec(300):
        assert_close(wide.sqrt(x), mpmath.sqrt(exact(x)))
        # Error: the rounding of the logarithm, multiplied by the exponent.
        assert_close(wide.power(x, exponent), exact(x) ** mpf(exponent), 4.0 + abs(a[1] * exponent))


def test_zero_is_exact_and_infinity_a_pole() -> None:
    zero, one, infinite = (Wide.of(np.array([number])) for number in (0.0, 1.0, np.inf))
    assert np.isinf((one / zero).mantissa).all()
    assert (one / infinite).is_zero.all()
    assert np.isnan((zero * infinite).mantissa).all()
    assert wide.scaled(zero, infinite).is_zero.all()
    assert np.isnan((infinite - infinite).mantissa).all()
    assert (zero + one).rounded().tolist() == [1.0]


def test_float64_is_what_it_is_rounded_to() -> None:
    ends = np.array([5e-324, 1e-310, 2.0**-1022, 1.0, 1.7976931348623157e308, -np.inf, np.nan, -0.0])
    np.testing.assert_array_equal(Wide.of(ends).rounded(), ends)
    assert Wide(np.array([0.5, -0.5, 0.5]), np.array([5000, 5000, -5000])).rounded().tolist() == [np.inf, -np.inf, 0.0]
