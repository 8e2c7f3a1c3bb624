"""Limits at infinity and on both sides of a point, from exact values, against known limits."""

import math
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.asymptotes import End
from actcli.core.analysis.limits import end_at, sides_at
from actcli.multiprecision.digits import Digits
from tests.each import each

INF, NAN = math.inf, math.nan


def digits(text: str) -> Digits:
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    return Digits(activation)


LOG2 = math.log(2)
ENDS = {  # at infinity: limit, slope, intercept; the limit of the slope
    "max(0, x) - max(0, x - 6)": (End(6, 0, 6), 0),
    "softplus(x) - softplus(x - 1)": (End(1, 0, 1), 0),
    "sqrt((x + 1)**2 + 1) - sqrt((x - 1)**2 + 1)": (End(2, 0, 2), 0),
    "log(cosh(x))": (End(INF, 1, -LOG2), 1),
    "x*atan(x)": (End(INF, math.pi / 2, -1), math.pi / 2),
    "x**2/(1 + abs(x))": (End(INF, 1, -1), 1),
    "silu:beta=1e-3": (End(INF, 1, 0), 1),
    "softplus:beta=1e-6": (End(INF, 1, 0), 1),
    "squareplus:b=100": (End(INF, 1, 0), 1),
    "mish(10*x + 2) - mish(0.25*x + 1)": (End(INF, 9.75, 1), 9.75),
    "exp(2*x)*(1 - tanh(x))": (End(2, 0, 2), 0),
    "exp(100*x)*(1 - tanh(50*x))": (End(2, 0, 2), 0),
    "tanh(x/1000) + 1 + tanh(x)": (End(3, 0, 3), 0),
    "sqrt(x)": (End(INF, 0, None), 0),
    "x + sqrt(x)": (End(INF, 1, None), 1),
    "x + 1/(1 + x)": (End(INF, 1, 0), 1),
    "log(1 + x**2)": (End(INF, 0, None), 0),
    "x + log(1 + x**2)": (End(INF, 1, None), 1),
    "x*log(1 + abs(x))": (End(INF, INF, None), INF),
    "exp(x**2)": (End(INF, INF, None), INF),
    "exp(exp(x))": (End(INF, INF, None), INF),
    "-x**3": (End(-INF, -INF, None), -INF),
    "sin(x)": (End(NAN, None, None), NAN),
    "cos(pi*x)": (End(NAN, None, None), NAN),
    "x*sin(x)": (End(NAN, None, None), NAN),
    "sin(x)/x": (End(0, 0, 0), 0),
    "x + sin(x)": (End(INF, 1, None), NAN),
    "x*(12 + sin(x))": (End(INF, None, None), NAN),
    "log(-x)": (End(NAN, None, None), NAN),
    "x*2**-abs(x)": (End(0, 0, 0), 0),
    "exp(-1/x)": (End(1, 0, 1), 0),
}


@each("text", ENDS)
def test_the_end(text: str) -> None:
    found, (end, slope) = end_at(digits(text), 1), ENDS[text]
    assert found.end is not None
    for said, known in ((found.end.limit, end.limit), (found.end.slope, end.slope), (found.slope, slope)):
        assert said == (None if known is None else pytest.approx(known, rel=1e-15, nan_ok=True))
    assert found.end.intercept == (None if end.intercept is None else pytest.approx(end.intercept, rel=1e-15))


def test_what_falls_off_more_slowly_than_any_power_is_not_certain() -> None:
    assert end_at(digits("1/log(2 + x*x)"), 1).end is None


SIDES = {  # at 0: both limits, both slopes; jumps, has a pole, is bent; the derivative
    "sign(x)*log(1 + abs(x))": ((0, 0), (1, 1), (False, False, False), 1),
    "sign(x)*abs(x)": ((0, 0), (1, 1), (False, False, False), 1),
    "sign(x)*sqrt(abs(x))": ((0, 0), (INF, INF), (False, False, True), INF),
    "abs(x)**1.5": ((0, 0), (0, 0), (False, False, False), 0),
    "sqrt(x**2)": ((0, 0), (-1, 1), (False, False, True), None),
    "sqrt(x) if x > 0 else 0": ((0, 0), (0, INF), (False, False, True), None),
    "exp(-1/x) if x > 0 else 0": ((0, 0), (0, 0), (False, False, False), 0),
    "x**1.5 if x > 0 else 0": ((0, 0), (0, 0), (False, False, False), 0),
    "sign(x)": ((-1, 1), (0, 0), (True, False, False), None),
    "sign(x)**2": ((1, 1), (0, 0), (True, False, False), None),
    "atan(1/x)": ((-math.pi / 2, math.pi / 2), (-1, -1), (True, False, False), None),
    "1/x": ((-INF, INF), (-INF, -INF), (False, True, False), None),
    "log(abs(x))": ((-INF, -INF), (-INF, INF), (False, True, False), None),
}


@each("text", SIDES)
def test_both_sides(text: str) -> None:
    found, (value, slope, shape, derivative) = sides_at(digits(text), Fraction(0), sharp=True), SIDES[text]
    assert found.value == pytest.approx(value, rel=1e-15)
    assert found.slope == pytest.approx(slope, rel=1e-15)
    assert (bool(found.jumps), bool(found.pole), bool(found.bent)) == shape
    assert found.derivative == derivative


def test_a_break_is_found_to_many_digits() -> None:
    (third,) = digits("abs(3*x - 1)").breakpoints_near(1 / 3)
    assert abs(third - Fraction(1, 3)) < Fraction(1, 1 << 300)
    assert digits("abs(3*x - 1)").breakpoints_near(0.5) == ()


def test_breaks_that_differ_by_rounding_are_all_found() -> None:
    """erf(x + 5) is 2e-17 below 1 at 1, so that the crossing is before the piece of sparse_plus ends."""
    crossing, end = digits("min(erf(x + 5), sparse_plus(x))").breakpoints_near(1.0)
    assert 2e-17 < 1 - crossing < 3e-17
    assert end == 1
    assert len(digits("abs(3*x - 1) + abs(6*x - 2)").breakpoints_near(1 / 3)) == 1


def test_what_cancels_is_said_to_be_lost_and_what_is_0_is_not() -> None:
    lost = digits("2 + 2*tanh(x)")(-1000.0, 1, 320)
    assert lost is not None
    assert lost.known(0) is None
    found = digits("2 + 2*tanh(x)")(-1000.0, 1, 4000)
    assert found is not None
    assert 0 < found.derivatives[0] < Fraction(1, 1 << 2800)
    zero = digits("relu(x) - relu(x - 1)")(1000.0, 1, 320)
    assert zero is not None
    assert (zero.known(0), zero.known(1)) == (1, 0)


@pytest.mark.parametrize(
    ("text", "slope"),
    [
        ("sinh(x)/cosh(x)", lambda x: 1 / mpmath.cosh(x) ** 2),  # cosh² - sinh² in the numerator
        ("(1 + exp(x))*exp(-x)", lambda x: -mpmath.exp(-x)),
    ],
)
def test_a_slope_that_cancels_in_a_product_or_quotient_is_said_to_be_lost(text: str, slope: Any) -> None:
    for bits, known in ((320, False), (2000, True)):
        found = digits(text)(400, 1, bits)
        assert found is not None
        assert (found.known(1) is not None) == known
    assert found is not None
    with mpmath.workprec(4000):
        known_slope = Fraction(found.derivatives[1])
        assert abs(mpmath.mpf(known_slope.numerator) / known_slope.denominator / slope(mpmath.mpf(400)) - 1) < 1e-15


def test_a_cosine_beside_its_zero_has_no_known_digits() -> None:
    """-cos(exp(x) + π/2) = sin(exp(x)). At x = -97 the first 140 bits of the sum are those of π/2."""
    few, many = (digits("-cos(exp(x) + pi/2)")(-97, 0, bits) for bits in (160, 500))
    assert few is not None
    assert many is not None
    assert few.known(0) is None
    with mpmath.workprec(500):
        assert float(Fraction(many.derivatives[0])) == pytest.approx(float(mpmath.sin(mpmath.exp(-97))), rel=1e-15)


def test_a_sine_beside_its_zero_has_no_known_digits() -> None:
    """tanh(102) is 1 to 294 bits. With 160 bits, sin(π tanh(102)) is the rounding error of π."""
    few, many = (digits("sin(pi*tanh(x))")(102, 0, bits) for bits in (160, 500))
    assert few is not None
    assert many is not None
    assert few.known(0) is None
    with mpmath.workprec(1000):
        truth = float(mpmath.sin(mpmath.pi * mpmath.tanh(102)))
    assert float(Fraction(many.derivatives[0])) == pytest.approx(truth, rel=1e-15)
