"""Arithmetic on jets: Leibniz' rule and its inverse, against closed forms."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.jets.jet import Jet

ORDER = 8
points = st.floats(-3, 3)


def variable(x: float) -> Jet:
    return Jet.variable(np.array([x]), ORDER)


@given(points)
def test_a_power_has_the_derivatives_of_a_power(x: Any) -> None:
    jet = variable(x)
    cube = jet * jet * jet
    expected = [x**3, 3 * x**2, 6 * x, 6.0] + [0.0] * (ORDER - 3)
    np.testing.assert_allclose(cube.derivatives[:, 0], expected, rtol=1e-14, atol=1e-14)


@given(points)
def test_a_product_has_all_of_leibniz_terms(x: Any) -> None:
    cube = variable(x) * variable(x) * variable(x)
    ninth = cube * (cube * cube)
    expected = [math.perm(9, k) * x ** (9 - k) for k in range(ORDER + 1)]
    np.testing.assert_allclose(ninth.derivatives[:, 0], expected, rtol=1e-12, atol=1e-300)


def test_an_infinite_value_does_not_meet_derivatives_that_are_not_there() -> None:
    infinite = variable(math.inf)
    assert (infinite * infinite).derivatives[:, 0].tolist() == [math.inf, math.inf, 2.0] + [0.0] * (ORDER - 2)
    assert (infinite * infinite.constant(3.0)).derivatives[:, 0].tolist() == [math.inf, 3.0] + [0.0] * (ORDER - 1)
    assert infinite.square().derivatives[:, 0].tolist() == [math.inf, math.inf, 2.0] + [0.0] * (ORDER - 2)


@given(points)
def test_a_reciprocal_has_the_derivatives_of_a_reciprocal(x: Any) -> None:
    jet = 1.0 / (variable(x) + 5.0)
    expected = [(-1) ** k * math.factorial(k) / (x + 5) ** (k + 1) for k in range(ORDER + 1)]
    np.testing.assert_allclose(jet.derivatives[:, 0], expected, rtol=1e-12)


@given(points, points)
def test_division_undoes_multiplication(x: Any, y: Any) -> None:
    a = variable(x) * variable(x) - 2.0
    b = variable(y) * 0.25 + 4.0
    np.testing.assert_allclose((a * b / b).derivatives, a.derivatives, rtol=1e-9, atol=1e-9)


def test_constants_mix_with_jets_from_both_sides() -> None:
    jet = variable(2.0)
    array = np.array([3.0])
    assert (array * jet).derivatives[:2, 0].tolist() == [6.0, 3.0]
    assert (array - jet).derivatives[:2, 0].tolist() == [1.0, -1.0]
    assert (jet / array).derivatives[:2, 0].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_comparisons_look_at_the_value_alone() -> None:
    jet = Jet.variable(np.array([-1.0, 0.0, 1.0]), 2)
    assert (jet > 0.0).tolist() == [False, False, True]
    assert (jet <= 0.0).tolist() == [True, True, False]
    assert (jet < jet + 1.0).all()
    assert (jet >= jet).all()


def test_the_absolute_value_has_slope_zero_at_zero() -> None:
    assert abs(Jet.variable(np.array([-2.0, 0.0, 3.0]), 1)).derivatives.tolist() == [[2, 0, 3], [-1, 0, 1]]


def test_a_variable_without_derivatives_is_its_value() -> None:
    square = Jet.variable(np.array([3.0]), 0) * Jet.variable(np.array([3.0]), 0)
    assert square.derivatives.tolist() == [[9.0]]
