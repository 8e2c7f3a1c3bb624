"""Derivatives of formulas where float64's jets fail: flat pieces, overflow, places where pieces meet."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from actcli.core.activations.mending import Mender
from actcli.multiprecision.evaluator import Evaluator
from tests.each import each
from tests.examples import at_most
from tests.narrow import elementwise

INF, NAN = math.inf, math.nan

# Closed forms.
FLAT = [
    ("relu(x)**0.75", -2.0), ("sqrt(relu(x))", -2.0), ("asin(clip(x, -1, 1))", 2.0), ("acos(clip(x, -1, 1))", -2.0),
    ("mish(x)**relu(x)", -1.0), ("relu(x)**1.5", -1.0), ("abs(relu(x))**0.1", -5.0), ("log1p(max(x, -1))", -2.0),
    ("atanh(hard_tanh(x))", 3.0), ("acosh(max(x, 1))", -1.0), ("sqrt(relu6(x))", -1.0), ("x**0*sqrt(relu(x))", -1.0),
    ("exp(log(relu(x)))", -2.0), ("relu(x)**relu(x)", -3.0), ("(x > 5)**0.5", 1.0), ("sqrt(soft_shrink(x))", 0.1),
    ("tanh(exp(exp(x)))", 9.0), ("min(exp(x), 3)", 800.0), ("step(x)**-0.5", 2.0), ("sqrt(max(0, min(x, 0)))", 4.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "x"), FLAT)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_where_the_inner_function_is_flat_so_is_the_result(text: str, x: float, order: int) -> None:
    # acos(-1) and others are constants. log1p(-1) and atanh(1) are infinite and have no derivative.
    activation = elementwise(text)
    expected = NAN if math.isinf(float(activation(x))) else 0.0
    np.testing.assert_array_equal(activation.derivatives(x, order)[1:], [expected] * order)
    np.testing.assert_array_equal(activation.value_and_slope(np.array([x]))[1], [expected])


MEET = [  # text, x, the derivatives from order 1 on
    ("sign(x)*abs(x)", 0.0, [1, 0, 0]),
    ("sign(x)*log(1 + abs(x))", 0.0, [1]),
    ("abs(x)**1.5", 0.0, [0, INF]),
    ("abs(x)*sign(x)*3 + x", 0.0, [4, 0]),
    ("sqrt(x**2)", 0.0, [0]),
    ("sqrt((x - 3)**2) + x", 3.0, [1]),
    ("sign(x)*sqrt(abs(x))", 0.0, [INF]),
    ("sign(x - 2)*abs(x - 2)**(1/3)", 2.0, [INF]),
    ("x*sqrt(abs(x))", 0.0, [0]),
    ("x*abs(x)", 0.0, [0]),
    ("abs(x)**3", 0.0, [0, 0]),
    ("max(x, 0)*max(x, 0)*max(x, 0)", 0.0, [0, 0]),
    ("max(x, 0) + min(x, 0)", 0.0, [1, 0]),
    ("max(0, x) - max(0, -x)", 0.0, [1, 0]),
    ("relu(x) - relu(-x)", 0.0, [1, 0]),
    ("elu(x)", 0.0, [1, 0]),
    ("x**1.5 if x > 0 else 0", 0.0, [0]),
    ("exp(-1/x) if x > 0 else 0", 0.0, [0, 0, 0]),
    ("x*log(abs(x)) if x != 0 else 0", 0.0, [-INF]),
    ("x**2 if x > 1 else 2*x - 1", 1.0, [2]),
    ("sin(x)/x if x != 0 else 1", 0.0, [0]),
    # No derivative: the chain rule with each part's own slope at its kink.
    ("abs(x)", 0.0, [0, 0]),
    ("max(0, x)", 0.0, [0]),
    ("max(x, 0)", 0.0, [1]),
    ("sqrt(x) if x > 0 else 0", 0.0, [0]),
    ("step(x) + x", 0.0, [1]),
    ("sign(x)*(1 + abs(x))", 0.0, [0]),
    # Defined on one side only: the derivatives of that side.
    ("sqrt(x)", 0.0, [INF, -INF]),
    ("x**1.5", 0.0, [0, INF]),
    ("x**x", 0.0, [-INF]),
    ("asin(x)", 1.0, [INF]),
]


@each(("text", "x", "expected"), MEET)
def test_where_both_sides_agree_that_is_the_derivative(text: str, x: float, expected: list[float]) -> None:
    activation = elementwise(text)
    np.testing.assert_array_equal(activation.derivatives(x, len(expected))[1:], expected)
    among = activation.derivatives([x + 0.5, x, -7.0, x], len(expected))[1:]
    np.testing.assert_array_equal(among[:, [1, 3]].T, [expected] * 2)
    np.testing.assert_array_equal(activation.value_and_slope(np.array([x]))[1], expected[:1])


@pytest.mark.parametrize("text", ["log(relu(x))", "1/relu(x)", "x*log(abs(x))", "log(x)", "sqrt(x)", "atan(1/x)"])
def test_what_is_undefined_is_nan(text: str) -> None:
    x = 0.0 if text in ("x*log(abs(x))", "atan(1/x)") else -2.0
    assert np.isnan(elementwise(text).derivatives(x, 3)[1:]).all()


LOST = [
    ("log(cosh(x))", 400.0), ("log(cosh(x))", -500.0), ("sqrt(softplus(x))", -700.0), ("sqrt(softplus(x))", -740.0),
    ("x**1.5", 1e-300), ("x**1.5", 1e300), ("x**0.5", 1e204), ("x**-0.5", 1e-250), ("1/(1 + exp(-x))", -800.0),
    ("1/(1 + exp(-x))", 800.0), ("x**100*exp(-x)", 760.0), ("log(exp(-x))", 800.0), ("sqrt(exp(x))", 1000.0),
    ("sqrt(exp(x))", -1000.0), ("x/sqrt(1 + x**2)", 1e200), ("x/(1 + x**2)", 1e180), ("exp(x)/(1 + exp(x))", 900.0),
    ("log(1 + exp(x))", 800.0), ("tanh(exp(x))", 800.0), ("log(x)**2", 1e-310), ("asinh(x**2)", 1e200),
    ("(x**2)*(2*x)/tan(x)", 1.4e-259), ("exp(x)*exp(-x)*x", 750.0),
    ("log(sigmoid(x))", -800.0), ("log(erfc(x))", 30.0), ("exp(-x**2)*exp(x**2 - x)", 30.0),
    ("sqrt(x**2 + 1e-300)", 1e-170), ("(x*1e200)**2*1e-300", 1e10), ("atan(sinh(x))", 720.0),
]  # fmt: skip


def exact(text: str, x: float, order: int) -> list[float]:
    with mpmath.workprec(3000):
        return [float(value) for value in Evaluator(elementwise(text), order)(mpf(x))]


@each(("text", "x"), LOST)
def test_what_overflows_or_underflows_on_the_way_loses_no_derivative(text: str, x: float) -> None:
    computed, true = elementwise(text).derivatives(x, 2)[1:], exact(text, x, 2)[1:]
    size = np.abs(true).max()
    np.testing.assert_allclose(computed, true, rtol=1e-9, atol=max(1e-13 * size, 1e-305))


@pytest.mark.parametrize("text", ["log(cosh(x))", "x*exp(-x**2)", "sqrt(softplus(x))", "1/(1 + exp(-x))"])
def test_a_derivative_does_not_depend_on_corrected_neighbours(text: str) -> None:
    """A derivative does not depend on other points of the array that are corrected."""
    activation, x = elementwise(text), np.array([-800.0, -30.0, -2.0, 0.5, 30.0, 400.0, 1e5])
    together = activation.derivatives(x, 2)
    np.testing.assert_array_equal(together[0], activation(x))
    np.testing.assert_array_equal(together[:, 2:4], np.stack([activation.derivatives(at, 2) for at in x[2:4]], axis=1))
    ordinary = activation.derivatives(x[2:4], 2)
    np.testing.assert_array_equal(together[:, 2:4], ordinary)


# Random formulas: an outer function, an inner one with a flat piece or a wide range, at points off their seams.
OUTER = ["sqrt({})", "({})**0.75", "({})**1.5", "exp({})", "log({})", "tanh({})", "1/(1 + {})", "({})**2", "x*({})"]
INNER = [
    "relu(x)",
    "softplus(x)",
    "exp(-x)",
    "cosh(x)",
    "clip(x, 0, 1)",
    "x**4",
    "relu6(x - 1)",
    "sigmoid(x)",
    "abs(x)",
]
FORMULAS = [outer.format(inner) for outer, inner in itertools.product(OUTER, INNER)]


@at_most(30)
@given(text=st.sampled_from(FORMULAS), x=st.sampled_from([-1e200, -710.3, -400.1, -37.7, -2.3, -0.4, 1e-200, 0.6])
       | st.floats(-800, 800).filter(lambda x: min(abs(x), abs(x - 1), abs(x - 7)) > 1e-3))  # fmt: skip
def test_a_derivative_is_the_exact_one_or_none(text: str, x: float) -> None:
    computed = elementwise(text).derivatives(x, 2)
    with mpmath.workprec(3000):
        try:
            true = Evaluator(elementwise(text), 2)(mpf(x))
            size = max(abs(value) for value in true)
        except (ArithmeticError, ValueError, TypeError):
            # At a branch point of a flat piece mpmath computes 0/0, although the result is constant.
            assert not np.isfinite(computed[0]) or not computed[1:].any() or abs(x) > 1e100
            return
        if not all(isinstance(value, mpf) and mpmath.isfinite(value) for value in true):
            return
        limit = mpf(2) ** 1024
        for got, value in zip(computed[1:].tolist(), true[1:], strict=True):
            if abs(x) > 1e100 and math.isnan(got):
                continue  # exp(1e200) is beyond the wide numbers too
            if abs(value) >= limit:
                assert got == math.copysign(INF, value)
            else:
                assert abs(got - value) <= 1e-9 * abs(value) + 1e-12 * min(size, mpf(1e280)) + 1e-300


@pytest.mark.parametrize(("text", "exact"), [("tanh(45*x)*x**2", False), ("tanh(45*x)*abs(x)**1.5", True)])
def test_a_whole_power_is_not_steep_near_0_and_is_not_computed_again(
    text: str, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """x = 30 raises NumPy's flags. Near 0 the slope of the first formula is 3*45*x**2."""
    runs: list[int] = []
    original = Mender._exact
    monkeypatch.setattr(Mender, "_exact", lambda self, x, rules: (runs.append(x.size), original(self, x, rules))[1])
    slope = elementwise(text).derivative(np.array([1e-15, 1e-100, 30.0]))
    assert bool(runs) is exact
    if not exact:
        assert slope == pytest.approx([135e-30, 135e-200, 60.0], rel=1e-14, abs=0)


def test_a_whole_power_that_underflows_is_computed_again() -> None:
    """The formula is 7e-49*x**3 near 0."""
    second = elementwise("(1e-100*x)**2*1e150*tanh(70*x)").derivative(np.array([1e-200, 1e-150]), 2)
    assert second == pytest.approx([42e-49 * 1e-200, 42e-49 * 1e-150], rel=1e-12, abs=0)
