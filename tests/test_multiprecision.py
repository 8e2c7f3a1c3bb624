"""The reference for float64 against tests.truth and against rounded fractions."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from actcli.core.activations import formula
from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.multiprecision import evaluator, reference
from actcli.multiprecision.evaluator import Evaluator
from actcli.multiprecision.reference import float64_reference, value_and_slope_reference
from tests import truth
from tests.narrow import elementwise

POINTS = [-1e300, -745.2, -38.3, -20.0, -5.5, -0.75, -1e-5, -1e-300, 0.0, 1e-310, 1e-20, 0.3, 1.5, 6.5, 17.5, 800.0]


@pytest.mark.parametrize("name", list(truth.DEFINITIONS))
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_catalogue_is_exact_to_far_below_an_ulp(name: str, order: int) -> None:
    activation = elementwise(name)
    x = [at for at in POINTS if order == 0 or at not in activation.kinks(order)]
    found = float64_reference(activation, order, False)(np.array(x))
    columns = (found.rounded.tolist(), found.remainder.tolist(), found.spacing.tolist())
    for at, rounded, remainder, spacing in zip(x, *columns, strict=True):
        exact = truth.exact(name, at, order)
        if abs(exact) >= mpmath.mpf(2) ** 1024:
            assert math.isinf(rounded)
            continue
        with mpmath.workprec(2000):
            unit = mpmath.mpf(2) ** spacing
            assert abs((mpmath.mpf(rounded) + remainder * unit - exact) / unit) < 1e-9, (at, rounded)
            assert abs(remainder) <= 0.5
            assert abs(exact) / unit <= 2**53
            assert spacing == -1074 or abs(exact) / unit - 2**52 >= -1e-9


def test_every_formula_of_the_catalogue_can_be_computed_as_it_is_written() -> None:
    for activation in CATALOGUE.values():
        if isinstance(activation, Elementwise):
            found = float64_reference(activation, 0, False)(np.array([-0.7, 0.4]))
            assert np.allclose(found.rounded, activation(np.array([-0.7, 0.4])), rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    "text",
    [
        "x*(1 + erf(x/sqrt(2)))/2 if x < 1 else max(x, 2) - min(2, pow(x, 2))",
        "where(x > 0 and not x > 2, log1p(x), abs(x) + sign(x)) + clip(x, -1, 1) * e",
        "leaky_relu(x, negative_slope=1/3) + elu(x, 0.5) + x**3 - x**-2 + 2**x + (x > 0.1)",
        "x**3 if x > 2 or x < -1 or not x else +x*(x != 1.9) + (1 if x else 5)/(2 + x) + (x == 0.17)*x**2",
        "a*sinh(x) + cosh(b*x) + arctan(x) + swish(x):a=2,b=-0.5",
        "asin(x/9) + acos(x/9) + asinh(x) + atanh(x/9) + acosh(x*x + 2) + log10(x*x + 1) + log2(3 + x*x) + tan(x)",
    ],
)
@pytest.mark.parametrize("order", [0, 1, 3])
def test_formulas_agree_with_the_compiled_ones(text: str, order: int) -> None:
    x = np.array([-2.3, -0.31, 0.17, 1.9, 2.7])
    found = float64_reference(elementwise(text), order, False)(x)
    assert found.rounded == pytest.approx(elementwise(text).derivative(x, order), rel=1e-12)
    assert (found.remainder != 0).any()


def test_infinite_inputs_and_poles_take_the_core_s_word() -> None:
    found = float64_reference(elementwise("silu"), 0, False)(np.array([-np.inf, np.inf, np.nan]))
    assert found.rounded.tolist()[:2] == [0.0, np.inf]
    assert math.isnan(found.exact[2])
    assert float64_reference(elementwise("1/x"), 0, False)(np.array([0.0])).rounded.tolist() == [np.inf]


def test_where_the_formula_has_no_real_value_the_core_is_believed() -> None:
    for text, x in [("sqrt(x)", -1.0), ("log(x)", -2.0), ("asin(x)", 1.5), ("acosh(x)", 0.5)]:
        assert math.isnan(float64_reference(elementwise(text), 0, False)(np.array([x])).rounded[0])


def test_what_rounds_beyond_the_largest_number_is_infinite() -> None:
    """IEEE 754: from the midpoint between the largest number and the next power of two on."""
    largest = np.finfo(np.float64).max
    for factor, rounded in [(2.0**-55, largest), (2.0**-53, np.inf)]:
        for sign in (1.0, -1.0):
            found = float64_reference(elementwise(f"x + x*{factor!r}"), 0, False)(np.array([sign * largest]))
            assert found.rounded.tolist() == [sign * rounded]


def test_flushed_results_are_exact_zeros() -> None:
    """sigmoid(x) is exp(x) below -40, to rounding: subnormal at -740, normal at -700."""
    strict, flushed = (
        float64_reference(elementwise("sigmoid"), 0, flush)(np.array([-740.0, -700.0])) for flush in (False, True)
    )
    assert strict.rounded.tolist() == pytest.approx([math.exp(-740), math.exp(-700)], rel=1e-12)
    assert (flushed.rounded[0], flushed.remainder[0]) == (0.0, 0.0)
    assert (flushed.rounded[1], flushed.remainder[1]) == (strict.rounded[1], strict.remainder[1])


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        (
            "leaky_relu:negative_slope=0.16666666666666666",
            lambda x: min(x, 0) * Fraction(0.16666666666666666) + max(x, 0),
        ),
        ("0.16666666666666666*x", lambda x: x * Fraction(0.16666666666666666)),
        ("a*x:a=0.16666666666666666", lambda x: x * Fraction(0.16666666666666666)),
        ("hard_sigmoid:beta=0.25", lambda x: x * Fraction(0.16666666666666666) + Fraction(0.25)),
        ("hard_sigmoid", lambda x: (x + 3) / 6),
        ("hard_sigmoid:alpha=0.16666666666666666,beta=0.5", lambda x: (x + 3) / 6),
        ("2*hard_sigmoid(x)", lambda x: (x + 3) / 3),
        ("hard_swish", lambda x: x * (x + 3) / 6),
        ("x/6", lambda x: x / 6),
    ],
)
def test_only_a_definition_makes_a_sixth_of_its_nearest_float64(
    text: str, exact: Callable[[Fraction], Fraction]
) -> None:
    """Expected numbers as exact fractions."""
    x = np.array([-1.4999999999999998, -1.1, -0.3, 0.7])
    activation = resolve(text)
    assert isinstance(activation, Elementwise)
    found = float64_reference(activation, 0, False)(x)
    for at, rounded, remainder, spacing in zip(
        x.tolist(), found.rounded.tolist(), found.remainder.tolist(), found.spacing.tolist(), strict=True
    ):
        away = exact(Fraction(at)) - Fraction(rounded)
        assert abs(away / Fraction(2) ** spacing) <= Fraction(1, 2)
        assert remainder == pytest.approx(float(away / Fraction(2) ** spacing), rel=1e-12, abs=1e-12)


def test_derivatives_to_any_number_of_digits() -> None:
    evaluate = Evaluator(elementwise("x*tanh(log(1 + exp(x)))"), 3)
    for bits in (60, 500):
        with mpmath.workprec(bits):
            found = evaluate(mpmath.mpf(1) / 3)
        with mpmath.workprec(2 * bits + 60):
            exact = mpmath.taylor(lambda x: x * mpmath.tanh(mpmath.log(1 + mpmath.exp(x))), mpmath.mpf(1) / 3, 3)
            close = [abs(y - c * math.factorial(k)) for k, (y, c) in enumerate(zip(found, exact, strict=True))]
        # 1/3 rounded to `bits` bits has an error of 2^-bits, multiplied by the next derivative.
        assert max(close) < mpmath.mpf(2) ** (8 - bits)
        assert max(close) > mpmath.mpf(2) ** (-8 - bits)


def test_a_formula_is_compiled_once_a_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    tree_of = formula.tree_of
    monkeypatch.setattr(evaluator, "tree_of", lambda *arguments: read.append(arguments) or tree_of(*arguments))
    float64_reference(elementwise("x**3 + exp(x)"), 1, False)(np.linspace(-1, 1, 50))
    assert 0 < len(read) <= len(reference._BITS)


def test_a_constant_that_is_no_number_spoils_only_the_branch_that_takes_it() -> None:
    for constant in ("1/0", "log(0 - 1) < 1", "(0 - 1)**0.5 < 1"):
        evaluate = Evaluator(elementwise(f"x/3 if x > 0 else {constant}"), 0)
        with mpmath.workprec(200):
            assert evaluate(1) == [mpmath.mpf(1) / 3]
            with pytest.raises((ArithmeticError, TypeError)):
                evaluate(-1)


def test_constants_that_cancel_are_asked_for_in_more_bits() -> None:
    found = float64_reference(elementwise("x + x*(1 + 1e-200 - 1)*1e190"), 0, False)(np.array([1.0]))
    exact = 1 + Fraction(1e-200) * Fraction(1e190)
    assert found.rounded[0] == float(exact)
    assert found.remainder[0] == pytest.approx(float((exact - Fraction(float(exact))) * 2**52), rel=1e-12)


def test_a_far_tail_takes_as_few_digits_as_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """mpmath never computes cosh(1e59) or numbers of this size."""
    largest = 0.0
    for name in ("exp", "tanh", "sech", "cosh", "sinh"):
        function = getattr(mpmath, name)

        def watched(u: mpmath.mpf, function: Callable[..., mpmath.mpf] = function) -> mpmath.mpf:
            nonlocal largest
            largest = max(largest, abs(float(u)))
            return function(u)

        monkeypatch.setattr(mpmath, name, watched)
    for order in (0, 1):
        found = float64_reference(elementwise("gelu_tanh"), order, False)(np.array([-1e300, -1e20, -30.0, 30.0, 1e20]))
        assert found.rounded[0] == found.rounded[1] == 0.0
        assert found.rounded[2] == pytest.approx(
            elementwise("gelu_tanh").derivative(np.array([-30.0]), order)[0], rel=1e-14
        )
    assert largest < 1e20


def test_a_power_takes_no_longer_the_larger_its_exponent() -> None:
    assert float64_reference(elementwise("x**x"), 0, False)(np.array([1e300, 400.0])).rounded.tolist() == [math.inf] * 2
    exact = float64_reference(elementwise("x**-1000"), 0, False)(np.array([1.5]))
    assert exact.rounded.tolist() == [float(Fraction(2, 3) ** 1000)]


def test_parameters_may_be_fractions() -> None:
    with mpmath.workprec(300):
        assert evaluator.Multiprecision(0).number(Fraction(1, 7)).c == [mpmath.mpf(1) / 7]


def test_value_and_slope_together_are_those_of_two_references_in_half_the_evaluations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """sqrt(x) has a value and no slope at 0; log(x) has neither there."""
    x = np.array([-1.0, 0.0, 1e-300, 0.3, 2.0, 40.0])
    for text in ("sqrt(x)", "log(x)", "tanh(x)*x", "abs(x)**0.3"):
        together = [of(x) for of in value_and_slope_reference(elementwise(text))]
        apart = [float64_reference(elementwise(text), order, False)(x) for order in (0, 1)]
        for found, truth_ in zip(together, apart, strict=True):
            np.testing.assert_array_equal(found.rounded, truth_.rounded)
            np.testing.assert_array_equal(found.remainder, truth_.remainder)
    calls: list[float] = []
    evaluate = Evaluator.__call__

    def counted(self: Evaluator, x: float) -> list[Any]:
        calls.append(x)
        return evaluate(self, x)

    monkeypatch.setattr(Evaluator, "__call__", counted)
    both, points = value_and_slope_reference(elementwise("x*tanh(x)")), np.linspace(0.1, 2.0, 9)
    for of in both:
        of(points)
    assert len(calls) == len(set(calls)) * 2 == 18  # two precisions
