"""Gaussian expectations against closed forms and against mpmath's own quadrature."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.numerics import quadrature
from actcli.core.numerics.quadrature import expectation, expectations, pair_expectation
from tests.each import each

ROOT_2PI = math.sqrt(2 * math.pi)


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def tail(x: float) -> float:
    """P(z > x)."""
    return math.erfc(x / math.sqrt(2)) / 2


def density(x: float) -> float:
    return math.exp(-x * x / 2) / ROOT_2PI


CLOSED_FORMS: dict[str, Any] = {
    "1": (np.ones_like, [], 1.0),
    "relu": (relu, [0], 1 / ROOT_2PI),
    "relu²": (lambda x: relu(x) ** 2, [0], 0.5),
    "the slope of relu": (lambda x: x > 0, [0], 0.5),
    "sin²": (lambda x: np.sin(x) ** 2, [], (1 - math.exp(-2)) / 2),
    "cos": (np.cos, [], math.exp(-0.5)),
    "exp": (np.exp, [], math.exp(0.5)),
    "x^10": (lambda x: x**10, [], 945.0),
    "|x|": (np.abs, [0], 2 / ROOT_2PI),
    "a kink beside zero": (lambda x: relu(x - 0.3), [0.3], density(0.3) - 0.3 * tail(0.3)),
    "a kink that nobody announced": (lambda x: relu(x - 0.3), [], density(0.3) - 0.3 * tail(0.3)),
    "a jump": (lambda x: np.where(x > 0.3, 1.0, 0.0), [0.3], tail(0.3)),
    "a jump that nobody announced": (lambda x: np.where(x > 0.3, 1.0, 0.0), [], tail(0.3)),
    "a kink far out": (lambda x: relu(x - 20), [], float(mpmath.npdf(20) - 20 * mpmath.ncdf(-20))),
    "an infinite value": (lambda x: np.log(np.abs(x)), [], -(math.log(2) + float(mpmath.euler)) / 2),
    "an infinite value elsewhere": (
        lambda x: np.log(np.abs(x - 0.3)),
        [0.3],
        float(mpmath.quad(lambda x: mpmath.log(abs(x - 0.3)) * mpmath.npdf(x), [-12, 0.3, 12])),
    ),
    "an infinite slope": (lambda x: np.sqrt(np.abs(x)), [], 2**0.25 * math.gamma(0.75) / math.sqrt(math.pi)),
    "an integrable pole": (lambda x: np.abs(x) ** -0.5, [], 2**-0.25 * math.gamma(0.25) / math.sqrt(math.pi)),
    "a slow decay": (lambda x: np.exp(0.45 * x * x), [], 1 / math.sqrt(0.1)),
    "fast waves": (lambda x: np.sin(1000 * x) ** 2, [], 0.5),
    "a hole": (lambda x: x / x, [], 1.0),
}


@each("name", CLOSED_FORMS)
def test_closed_forms(name: str) -> None:
    function, breakpoints, truth = CLOSED_FORMS[name]
    assert expectation(function, breakpoints) == pytest.approx(truth, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("scale", [1e-100, 1e-3, 0.5, 1.0, 3.0, 100.0, 1e8])
def test_the_scale_is_the_standard_deviation_of_the_argument(scale: float) -> None:
    assert expectation(relu, [0], scale) == pytest.approx(scale / ROOT_2PI, rel=1e-13)
    assert expectation(lambda x: x * x, [], scale) == pytest.approx(scale**2, rel=1e-13, abs=0)
    above = expectation(lambda x: np.where(x > 0.3, 1.0, 0.0), [0.3], scale)
    assert above == pytest.approx(tail(0.3 / scale), rel=1e-12, abs=0)


@pytest.mark.parametrize("scale", [0.01, 1.0, 1.7, 50.0])
def test_the_arcsine_kernel_of_erf(scale: float) -> None:
    # Williams, Computation with infinite networks (1996)
    square = np.vectorize(lambda x: math.erf(x) ** 2)
    truth = 2 / math.pi * math.asin(2 * scale**2 / (1 + 2 * scale**2))
    assert expectation(square, (), scale) == pytest.approx(truth, rel=1e-13)


@pytest.mark.parametrize("scale", [1.0, 10.0, 20.0])
def test_the_mass_may_be_far_out(scale: float) -> None:
    assert expectation(np.exp, (), scale) == pytest.approx(math.exp(scale**2 / 2), rel=1e-12)


@pytest.mark.parametrize("steepness", [1e3, 1e6, 1e12, 1e24])
def test_a_spike_at_zero_is_found(steepness: float) -> None:
    found = expectation(lambda x: np.exp(-steepness * x * x))
    assert found == pytest.approx(1 / math.sqrt(1 + 2 * steepness), rel=1e-12, abs=0)


@pytest.mark.parametrize("scale", [1e2, 1e6, 1e10])
def test_a_bend_near_zero_takes_few_rounds_at_any_scale(scale: float) -> None:
    """E softplus = E relu + the integral of log(1 + exp(-|x|)), π²/6, times the density at 0, but for O(scale^-3)."""
    calls: list[int] = []

    def softplus(x: Array) -> Array:
        calls.append(x.size)
        return np.logaddexp(0.0, x)

    found = expectation(softplus, (), scale)
    assert found == pytest.approx((scale + math.pi**2 / 6 / scale) / ROOT_2PI, rel=1e-7 if scale < 1e3 else 1e-13)
    assert len(calls) <= 5


@pytest.mark.parametrize("steepness", [1e2, 1e4, 1e6])
@pytest.mark.parametrize("centre", [0.3, -2.0, 2.7182])
def test_a_spike_elsewhere_is_found(steepness: float, centre: float) -> None:
    found = expectation(lambda x: np.exp(-steepness * (x - centre) ** 2))
    variance = 1 / (2 * steepness)
    truth = math.exp(-(centre**2) / 2 / (1 + variance)) / math.sqrt(1 + 2 * steepness)
    assert found == pytest.approx(truth, rel=1e-12, abs=0)


@given(st.floats(-4, 4))
def test_kinks_and_jumps_that_nobody_announced_cost_no_accuracy(at: float) -> None:
    assert expectation(lambda x: np.where(x > at, 1.0, 0.0)) == pytest.approx(tail(at), rel=1e-11)
    truth = float(mpmath.npdf(at) - mpmath.mpf(at) * mpmath.ncdf(-at))
    assert expectation(lambda x: relu(x - at)) == pytest.approx(truth, rel=1e-11)


@given(st.floats(-5, 5))
def test_a_box_of_a_hundredth_is_found_wherever_it_is(low: float) -> None:
    truth = (math.erf((low + 0.011) / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    assert expectation(lambda x: np.where((low < x) & (x < low + 0.011), 1.0, 0.0)) == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("steepness", [1e3, 1e6])
def test_a_step_shows_where_its_slope_is(steepness: float) -> None:
    def step_and_slope(x: Any) -> Any:
        return np.stack([np.tanh(steepness * (x - 0.3)), steepness / np.cosh(steepness * (x - 0.3)) ** 2])

    step, slope = expectations(step_and_slope)
    # E f'(z) = E z f(z) by partial integration; the step is narrow.
    by_parts = expectation(lambda x: x * np.tanh(steepness * (x - 0.3)))
    assert step == pytest.approx(-math.erf(0.3 / math.sqrt(2)), rel=1 / steepness)
    assert slope == pytest.approx(by_parts, rel=1e-11)
    assert slope == pytest.approx(2 * density(0.3), rel=1 / steepness)


DIVERGENT: dict[str, Any] = {
    "exp(x²)": lambda x: np.exp(x * x),
    "exp(x²/2)": lambda x: np.exp(x * x / 2),
    "-exp(x²)": lambda x: -np.exp(x * x),
    "x exp(x²)": lambda x: x * np.exp(x * x),
    "sin(x) exp(x²)": lambda x: np.sin(x) * np.exp(x * x),
    "exp(exp(x²))": lambda x: np.exp(np.exp(x * x)),
    "a pole at 0": lambda x: 1 / x,
    "a pole elsewhere": lambda x: 1 / (x - 0.3),
    "a double pole": lambda x: 1 / (x - 0.3) ** 2,
    "tan": np.tan,
    "no value for x < 0": np.sqrt,
    "nan": lambda x: x * math.nan,
    "infinity": lambda x: np.full_like(x, math.inf),
}


@each("name", DIVERGENT)
def test_what_diverges_or_does_not_exist_is_nan(name: str) -> None:
    assert math.isnan(expectation(DIVERGENT[name]))


def test_growth_converges_at_one_scale_and_not_at_another() -> None:
    def function(x: Any) -> Any:
        return np.exp(x * x / 4)

    assert expectation(function, (), 1.0) == pytest.approx(math.sqrt(2), rel=1e-12)
    assert math.isnan(expectation(function, (), math.sqrt(2)))


def test_where_the_tail_of_a_formula_is_nan_nothing_is_missing() -> None:
    def written(x: Any) -> Any:
        return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))  # inf/inf beyond 710

    for scale in (1.0, 40.0, 80.0):
        assert expectation(lambda x: written(x) ** 2, (), scale) == pytest.approx(
            expectation(lambda x: np.tanh(x) ** 2, (), scale), rel=1e-13
        )


def test_one_that_diverges_does_not_spoil_the_others() -> None:
    both = expectations(lambda x: np.stack([np.exp(x * x / 3), np.exp(2 * x * x / 3), x * x, 1 / x, np.sqrt(x)]))
    assert both[[0, 2]] == pytest.approx([math.sqrt(3), 1], rel=1e-12)
    assert np.isnan(both[[1, 3, 4]]).all()


def test_an_odd_function_has_mean_zero() -> None:
    assert expectation(np.sin) == 0.0
    assert expectation(lambda x: x**3, (), 10.0) == 0.0


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=12), st.floats(0.01, 10))
def test_polynomials(coefficients: list[float], scale: float) -> None:
    moments = [math.prod(range(n - 1, 0, -2)) * scale**n if n % 2 == 0 else 0 for n in range(len(coefficients))]
    truth = math.fsum(c * m for c, m in zip(coefficients, moments, strict=True))
    size = sum(abs(c) * (math.prod(range(n, 0, -2)) * scale**n) for n, c in enumerate(coefficients))
    found = expectation(Polynomial(coefficients), (), scale)
    assert found == pytest.approx(truth, abs=1e-13 * size)


@given(st.floats(-5, 5), st.floats(0.01, 100))
@example(2.915120731615876, 0.0815719422968969)
@example(1.5939716235387706, 0.041800734804515675)
def test_any_threshold_at_any_scale(threshold: float, scale: float) -> None:
    t = threshold / scale
    truth = float(scale * (mpmath.npdf(t) - mpmath.mpf(t) * mpmath.ncdf(-t)))
    assert expectation(lambda x: relu(x - threshold), [threshold], scale) == pytest.approx(truth, rel=1e-11, abs=1e-279)


def test_at_scale_0_it_is_the_value_at_0() -> None:
    assert expectation(np.cos, (), 0.0) == 1.0
    assert math.isnan(expectation(lambda x: 1 / x, (), 0.0))


@pytest.mark.parametrize("scale", [-1.0, math.inf, math.nan])
def test_a_scale_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(InputError, match="scale"):
        expectation(np.cos, (), scale)


def test_many_breaks() -> None:
    # |sin(πx)| with its kinks at all integers: E = 2/π - 4/π Σ exp(-2π²k²) / (4k² - 1)
    truth = 2 / math.pi - 4 / math.pi * sum(math.exp(-2 * math.pi**2 * k * k) / (4 * k * k - 1) for k in range(1, 5))
    found = expectation(lambda x: np.abs(np.sin(math.pi * x)), range(-500, 501))
    assert found == pytest.approx(truth, rel=1e-13)


@pytest.mark.parametrize("at", [0.0, 0.3, -2.7182])
def test_a_spike_at_one_of_many_breaks_is_found(at: float) -> None:
    found = expectation(lambda x: np.exp(-1e10 * (x - at) ** 2), [at, *range(-500, 501)])
    assert found == pytest.approx(math.exp(-at * at / 2) / math.sqrt(1 + 2e10), rel=1e-8, abs=0)


PAIRS: dict[str, Any] = {  # name: function, breakpoints, exact (variance q, correlation c) -> E f(u) f(v)
    "u v": (lambda x: x, [], lambda q, c: q * c),
    "u² v²": (lambda x: x * x, [], lambda q, c: q * q * (1 + 2 * c * c)),
    "sin u sin v": (np.sin, [], lambda q, c: math.exp(-q) * math.sinh(c * q)),
    "both above 0": (lambda x: (x > 0) * 1.0, [0], lambda q, c: 0.25 + math.asin(c) / (2 * math.pi)),
    # Cho and Saul (2009), Kernel methods for deep learning: the arc-cosine kernel.
    "relu": (relu, [0], lambda q, c: q / (2 * math.pi) * (math.sqrt(1 - c * c) + (math.pi - math.acos(c)) * c)),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("variance", [1e-4, 0.3, 1.0, 7.0])
@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.3, 0.999])
def test_pairs_against_closed_forms(name: str, variance: float, correlation: float) -> None:
    function, breakpoints, truth = PAIRS[name]
    size = expectation(lambda x: function(x) ** 2, breakpoints, math.sqrt(variance))
    found = pair_expectation(function, breakpoints, variance, correlation)
    assert found == pytest.approx(truth(variance, correlation), rel=1e-11, abs=1e-11 * size)


def test_the_rule_of_ten_nodes_is_exact_for_degree_19() -> None:
    """Gauss-Legendre's: the only rule of 10 nodes that is."""
    for degree in range(20):
        expected = 2 / (degree + 1) if degree % 2 == 0 else 0.0
        assert math.fsum(quadrature._LEGENDRE_WEIGHTS * quadrature._LEGENDRE_NODES**degree) == pytest.approx(
            expected, abs=1e-15
        )
