"""Maps of mean-field theory against closed forms: arc-cosine kernel, Williams' arcsine, moments of the sine."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.theory.mean_field import MeanField
from tests.examples import at_most
from tests.narrow import elementwise

variances = st.floats(1e-3, 100)
correlations = st.floats(-0.99, 0.999)


def field_of(activation: str) -> MeanField:
    return MeanField(elementwise(activation))


@given(q=variances, slope=st.floats(-0.9, 0.9))
def test_half_lines_keep_a_share_of_the_variance(q: float, slope: float) -> None:
    field = field_of(f"leaky_relu:negative_slope={slope}")
    assert field.second_moment(q) == pytest.approx(0.5 * (1 + slope**2) * q, rel=1e-10)
    assert field.slope_second_moment(q) == pytest.approx(0.5 * (1 + slope**2), rel=1e-10)


@at_most(15)
@given(variances)
def test_the_error_function_has_williams_arcsine_law(q: float) -> None:
    field = field_of("erf")
    assert field.second_moment(q) == pytest.approx(2 / math.pi * math.asin(2 * q / (1 + 2 * q)), rel=1e-10)
    assert field.slope_second_moment(q) == pytest.approx(4 / math.pi / math.sqrt(1 + 4 * q), rel=1e-10)


@given(variances)
def test_the_sine_has_its_gaussian_moments(q: float) -> None:
    field = field_of("sin")
    assert field.second_moment(q) == pytest.approx((1 - math.exp(-2 * q)) / 2, rel=1e-9)
    assert field.second_moment_slope(q) == pytest.approx(math.exp(-2 * q), rel=1e-8, abs=1e-10)
    assert field.next_variance(q, 1.5, 0.2) == pytest.approx(0.75 * (1 - math.exp(-2 * q)) + 0.2, rel=1e-9)


@at_most(15)
@given(q=variances, c=correlations)
def test_the_correlation_map_of_relu_is_the_arc_cosine_kernel(q: float, c: float) -> None:
    """Cho and Saul (2009), Kernel methods for deep learning, of orders 1 and 0; every q, every σ_w²."""
    field, angle = field_of("relu"), math.acos(c)
    kernel = (math.sin(angle) + (math.pi - angle) * c) / math.pi
    assert field.next_correlation(c, q, 2.0) == pytest.approx(kernel, rel=1e-9, abs=1e-12)
    assert field.next_correlation(c, q, 1.3) == pytest.approx(kernel, rel=1e-9, abs=1e-12)
    assert field.correlation_slope(c, q, 2.0) == pytest.approx((math.pi - angle) / math.pi, rel=1e-9)


@at_most(15)
@given(q=st.floats(1e-3, 10), c=correlations, sigma_b2=st.floats(0, 2))
def test_the_correlation_map_of_the_error_function_is_williams_arcsine(q: float, c: float, sigma_b2: float) -> None:
    """Williams (1997), Computing with infinite networks."""
    field, ratio = field_of("erf"), 2 * q / (1 + 2 * q)
    following = 1.7 * 2 / math.pi * math.asin(ratio) + sigma_b2
    covariance = 1.7 * 2 / math.pi * math.asin(ratio * c) + sigma_b2
    slope = 1.7 * 2 / math.pi * ratio / math.sqrt(1 - (ratio * c) ** 2) / following
    assert field.next_correlation(c, q, 1.7, sigma_b2) == pytest.approx(covariance / following, rel=1e-9, abs=1e-12)
    assert field.correlation_slope(c, q, 1.7, sigma_b2) == pytest.approx(slope, rel=1e-9)


@at_most(15)
@given(q=st.floats(1e-3, 10), c=correlations)
def test_the_correlation_map_of_the_sine(q: float, c: float) -> None:
    """2 sin u sin v = cos(u - v) - cos(u + v), and u ± v is Gaussian with variance 2q (1 ± c)."""
    expected = math.exp(-q) * math.sinh(q * c) / (0.5 * (1 - math.exp(-2 * q)))
    assert field_of("sin").next_correlation(c, q, 1.0) == pytest.approx(expected, rel=1e-8, abs=1e-10)


@at_most(15)
@given(q=variances, c=correlations)
def test_the_correlation_map_of_the_step(q: float, c: float) -> None:
    """The quadrant's probability (Sheppard 1899)."""
    expected = 0.5 + math.asin(c) / math.pi
    assert field_of("step").next_correlation(c, q, 1.0) == pytest.approx(expected, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sigmoid", "leaky_relu", "sin(x) + 0.2"])
@pytest.mark.parametrize("q", [0.01, 1.0, 30.0])
def test_equal_inputs_stay_equal_and_the_map_goes_over_into_that(activation: str, q: float) -> None:
    field = field_of(activation)
    assert field.next_correlation(1.0, q, 1.5, 0.1) == pytest.approx(1, rel=1e-12)
    beside = 1 - 1e-9
    assert field.next_correlation(beside, q, 1.5, 0.1) == pytest.approx(1, abs=1e-7)
    assert field.correlation_slope(1.0, q, 1.5, 0.1) == pytest.approx(
        field.perpendicular_susceptibility(q, 1.5) * q / field.next_variance(q, 1.5, 0.1), rel=1e-12
    )


@pytest.mark.parametrize("activation", ["tanh", "gelu", "softplus", "leaky_relu"])
@pytest.mark.parametrize("q", [0.3, 7.0])
def test_slopes_are_those_of_the_maps(activation: str, q: float) -> None:
    """Slopes against numerical differences of the maps."""
    field, h = field_of(activation), 1e-4
    difference = (field.next_correlation(0.4 + h, q, 1.5, 0.1) - field.next_correlation(0.4 - h, q, 1.5, 0.1)) / (2 * h)
    assert field.correlation_slope(0.4, q, 1.5, 0.1) == pytest.approx(difference, rel=1e-6)
    difference = (field.next_variance(q + h, 1.5) - field.next_variance(q - h, 1.5)) / (2 * h)
    assert field.parallel_susceptibility(q, 1.5) == pytest.approx(difference, rel=1e-6)


@pytest.mark.parametrize(
    ("activation", "exact"), [("sigmoid", lambda x: 1 / (1 + mpmath.exp(-x))), ("tanh", mpmath.tanh)]
)
@pytest.mark.parametrize("q", [0.05, 1.0, 20.0])
def test_moments_of_curves_without_a_closed_form(activation: str, exact: Any, q: float) -> None:
    with mpmath.workdps(20):
        root = mpmath.sqrt(q)
        panels = [-12, -6, -2, 0, 2, 6, 12]
        expectation = lambda g: float(mpmath.quad(lambda z: g(root * z) * mpmath.npdf(z), panels))  # noqa: E731 - a formula
        second = expectation(lambda x: exact(x) ** 2)
        slope = expectation(lambda x: mpmath.diff(exact, x) ** 2)
    field = field_of(activation)
    assert (field.second_moment(q), field.slope_second_moment(q)) == pytest.approx((second, slope), rel=1e-10)
    assert field.second_moments(q) == pytest.approx((second, slope), rel=1e-10)


def test_jumps_have_no_slope_and_divergent_moments_are_nan() -> None:
    step, steep = field_of("step"), field_of("exp(x**2)")
    assert step.second_moment(1.0) == pytest.approx(0.5)
    assert np.isnan([step.slope_second_moment(1.0), step.second_moments(1.0)[1]]).all()
    assert np.isnan(step.correlation_slope(0.5, 1.0, 1.0))
    assert np.isnan([*steep.second_moments(1.0), steep.next_variance(1.0, 1.0)]).all()
    # E[exp(2 q z²)] = 1 / sqrt(1 - 4 q) up to q = 1/4.
    assert steep.second_moment(0.1) == pytest.approx(1 / math.sqrt(0.6), rel=1e-10)
