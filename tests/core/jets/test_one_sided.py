"""Germs: derivatives in wide numbers, at x and on one side of x, against mpmath."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from actcli.core.jets.germ import Germ
from actcli.core.jets.one_sided import SYSTEMS, germ_of, power, variable_power
from tests.each import each
from tests.examples import at_most

ORDER = 4
TRUTH = {
    "exp": mpmath.exp, "expm1": mpmath.expm1, "log": mpmath.log, "log1p": mpmath.log1p, "sqrt": mpmath.sqrt,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2), "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "arcsin": mpmath.asin, "arccos": mpmath.acos,
    "arctan": mpmath.atan, "sinh": mpmath.sinh, "cosh": mpmath.cosh, "tanh": mpmath.tanh, "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh, "arctanh": mpmath.atanh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)), "normal_cdf": mpmath.ncdf, "erf": mpmath.erf,
    "erfc": mpmath.erfc,
}  # fmt: skip
AT = {"arccosh": (1.2, 3.0), "log": (0.1, 9.0), "sqrt": (0.1, 9.0), "log2": (0.1, 9.0), "log10": (0.1, 9.0)}
FAR = {  # function -> x at which its value or slope overflows or underflows in float64
    "exp": -800.0, "sigmoid": -900.0, "softplus": -800.0, "tanh": 500.0, "sinh": 720.0, "cosh": -720.0,
    "normal_cdf": -45.0, "erfc": 32.0, "erf": 30.0, "log": 1e-300, "sqrt": 1e-320, "arctan": 1e200, "arcsinh": 1e250,
}  # fmt: skip
SLOPES = {  # where a value in 4,000 bits takes long
    "normal_cdf": lambda x: mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi),
    "erf": lambda x: 2 * mpmath.exp(-x * x) / mpmath.sqrt(mpmath.pi),
    "erfc": lambda x: -2 * mpmath.exp(-x * x) / mpmath.sqrt(mpmath.pi),
}


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    """NumPy's warnings off, as in the computation of activations."""
    with np.errstate(all="ignore"):
        yield


def test_every_rule_is_held_against_mpmath() -> None:
    assert set(TRUTH) == set(SYSTEMS)


@pytest.mark.parametrize("name", TRUTH)
@at_most(12)
@given(share=st.floats(0, 1))
def test_the_rules_give_the_derivatives_of_their_functions(name: Any, share: Any) -> None:
    low, high = AT.get(name, (-0.8, 0.9))
    x = low + share * (high - low)
    germ = germ_of(name, Germ.variable(np.array([x]), ORDER, 0.0))
    with mpmath.workprec(200):
        expected = [float(mpmath.diff(TRUTH[name], mpf(x), k)) for k in range(ORDER + 1)]
    np.testing.assert_allclose([row.rounded()[0] for row in germ.rows], expected, rtol=1e-12, atol=1e-13)


@each("name", FAR)
def test_they_hold_where_float64_has_no_numbers(name: Any) -> None:
    germ = germ_of(name, Germ.variable(np.array([FAR[name]]), 2, 0.0))
    with mpmath.workprec(4000):
        x = mpf(FAR[name])
        step = abs(x) * mpf(2) ** -900
        slope = SLOPES.get(name) or (lambda x: mpmath.diff(TRUTH[name], x, 1, h=step))
        second = mpmath.diff(SLOPES[name], x, 1, h=step) if name in SLOPES else mpmath.diff(TRUTH[name], x, 2, h=step)
        expected = [TRUTH[name](x), slope(x), second]
        for row, true in zip(germ.rows, expected, strict=True):
            computed = mpf(float(row.mantissa[0])) * mpf(2) ** int(row.exponent[0])
            assert abs(computed - true) <= 1e-12 * abs(true)


@pytest.mark.parametrize("name", ["log", "sqrt", "arcsin", "arctanh", "log1p"])
def test_what_does_not_change_changes_nothing_even_where_the_slope_is_infinite(name: Any) -> None:
    edge = {"log": 0.0, "sqrt": 0.0, "log1p": -1.0}.get(name, 1.0)
    constant = Germ.variable(np.array([3.0]), 3, 0.0).constant(edge)
    assert [row.rounded()[0] for row in germ_of(name, constant).rows[1:]] == [0, 0, 0]


def rows(germ: Germ) -> list[float]:
    return [float(row.rounded()[0]) for row in germ.rows]


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_beside_a_zero_the_sign_is_that_of_the_side(side: Any) -> None:
    x = Germ.variable(np.array([0.0]), 1, side)
    assert rows(abs(x)) == [0, side]
    assert rows(germ_of("sqrt", x * x)) == [0, side]
    assert rows(power(abs(x), 0.5)) == [0, side * math.inf]
    shifted = Germ.variable(np.array([1.25]), 1, side) - 1.25
    assert rows(abs(shifted)) == [0, side]
    assert rows(abs(germ_of("log", shifted + 1.0))) == [0, side]


def test_an_exponent_that_does_not_change_is_a_constant() -> None:
    x = Germ.variable(np.array([-2.0]), 2, 0.0)
    assert rows(variable_power(x, x.constant(3.0))) == [-8, 12, -12]
    assert math.isnan(rows(variable_power(x, x))[0]) is False  # (-2)^-2 has a value,
    assert math.isnan(rows(variable_power(x, x))[1])  # and around it there is no power
