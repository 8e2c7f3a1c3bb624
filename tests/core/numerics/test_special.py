"""The normal distribution against mpmath."""

import mpmath
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from actcli.core.numerics.compensated import two_product, two_sum
from actcli.core.numerics.special import normal_cdf, normal_density
from tests.truth import ulp_error

finite = st.floats(-1e100, 1e100)


@given(st.floats(-37.5, 37.5))
def test_the_distribution_function_is_right_in_both_tails(x: float) -> None:
    assert ulp_error(float(normal_cdf(np.array([x]))[0]), mpmath.ncdf(mpf(x))) <= 4


@given(st.floats(-38, 38))
def test_the_density_does_not_magnify_the_rounding_of_its_argument(x: float) -> None:
    assert ulp_error(float(normal_density(np.array([x]))[0]), mpmath.npdf(mpf(x))) <= 4


@given(finite, finite)
def test_a_sum_and_its_error_are_the_sum(a: float, b: float) -> None:
    hi, lo = two_sum(np.array([a]), b)
    with mpmath.workprec(2000):
        assert mpf(float(hi[0])) + mpf(float(lo[0])) == mpf(a) + mpf(b)


@given(st.floats(1e-100, 1e100), st.floats(1e-100, 1e100))
def test_a_product_and_its_error_are_the_product(a: float, b: float) -> None:
    hi, lo = two_product(np.array([a]), b)
    with mpmath.workprec(2000):
        assert mpf(float(hi[0])) + mpf(float(lo[0])) == mpf(a) * mpf(b)


def test_beyond_the_range_of_the_splitting_the_product_stands_alone() -> None:
    hi, lo = two_product(np.array([1e300, np.inf]), 2.0)
    assert hi.tolist() == [2e300, np.inf]
    assert lo.tolist() == [0.0, 0.0]
