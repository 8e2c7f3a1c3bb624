"""Formulas: values, derivatives of the formula as written, errors, and no execution of Python code."""

import inspect
import math
import sys
import time

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.activations.catalogue import ACTIVATIONS, resolve
from actcli.core.activations.formula import formula
from actcli.core.errors import InputError
from tests.each import each
from tests.narrow import elementwise

# Formulas as beginners type them -> the equal activation.
SPELLED = {
    "max(0, x)": "relu",
    "f(x) = max(0, x)": "relu",
    "x if x > 0 else 0": "relu",
    "return x if x > 0 else 0": "relu",
    "1 / (1 + exp(-x))": "sigmoid",
    "f(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))": "tanh",
    "f(x) = x if x > 0 else 0.01*x": "leaky_relu",
}


@pytest.mark.parametrize(("text", "name"), SPELLED.items())
def test_formulas_equal_the_activations_that_they_spell(text: str, name: str) -> None:
    x = np.linspace(-20, 20, 101)
    np.testing.assert_allclose(elementwise(text)(x), elementwise(name)(x), rtol=1e-14, atol=1e-17)
    np.testing.assert_allclose(elementwise(text).derivative(x), elementwise(name).derivative(x), rtol=1e-9, atol=1e-15)


def test_a_formula_is_computed_as_it_is_written() -> None:
    assert np.isnan(resolve("(exp(x) - exp(-x)) / (exp(x) + exp(-x))")(800.0))
    assert resolve("1/x")(0.0) == math.inf
    assert resolve("1/0 + 0*x")(3.0) == math.inf


def test_equal_terms_that_no_value_depends_on() -> None:
    """The constant condition decides, and the value is a number."""
    for text, value in (("(1 > 2 and exp(x) + 1 < exp(x))", 0.0), ("where(1 > 2 and x*x < x*x, x, 3)", 3.0)):
        assert elementwise(text)([2.0, -1.0]).tolist() == [value, value]


def test_a_neuron_takes_its_weights_after_a_colon() -> None:
    neuron = elementwise("relu(w*x + b):w=2,b=-1")
    assert neuron([-1.0, 0.5, 3.0]).tolist() == [0, 0, 5]
    assert neuron.derivative([-1.0, 3.0]).tolist() == [0, 2]
    assert neuron.label == "relu(w*x + b):w=2,b=-1"
    assert neuron.kinks() == (0.5,)
    assert elementwise("output = W3*(W2*(W1*x)):W1=2,W2=3,W3=4")(1.0) == 24
    assert elementwise("σ(x) = 1 / (1 + exp(-x))")(0.0) == 0.5


EXPRESSIONS = {
    "x**3 - 2*x + 1": lambda x: x**3 - 2 * x + 1,
    "exp(-x**2)": lambda x: mpmath.exp(-(x**2)),
    "sin(x)*cos(x)/(2 + x**2)": lambda x: mpmath.sin(x) * mpmath.cos(x) / (2 + x**2),
    "sqrt(1 + x**2)": lambda x: mpmath.sqrt(1 + x**2),
    "log(1 + exp(x))": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "(2 + x)**1.5": lambda x: (2 + x) ** mpmath.mpf(1.5),
    "(2 + x)**-2": lambda x: 1 / (2 + x) ** 2,
    "2**x": lambda x: mpmath.mpf(2) ** x,
    "(2 + x)**x": lambda x: (2 + x) ** x,
    "atan(x) + asinh(x)": lambda x: mpmath.atan(x) + mpmath.asinh(x),
    "asin(x/3)*acos(x/3)": lambda x: mpmath.asin(x / 3) * mpmath.acos(x / 3),
    "atanh(x/3) + acosh(x + 4)": lambda x: mpmath.atanh(x / 3) + mpmath.acosh(x + 4),
    "tan(x/2) + sinh(x) - cosh(x)": lambda x: mpmath.tan(x / 2) + mpmath.sinh(x) - mpmath.cosh(x),
    "erf(x) + erfc(2*x)": lambda x: mpmath.erf(x) + mpmath.erfc(2 * x),
    "log2(x + 3)*log10(x + 3)": lambda x: mpmath.log(x + 3, 2) * mpmath.log(x + 3, 10),
    "log1p(x**2) + expm1(x/2)": lambda x: mpmath.log1p(x**2) + mpmath.expm1(x / 2),
    "gelu(x)*tanh(x)": lambda x: x * mpmath.ncdf(x) * mpmath.tanh(x),
    "silu(x, beta=2)": lambda x: x / (1 + mpmath.exp(-2 * x)),
    "pow(x, 2)*pi + e": lambda x: x**2 * mpmath.mpf(math.pi) + mpmath.mpf(math.e),
}


@pytest.mark.parametrize("text", EXPRESSIONS)
@given(x=st.floats(-1.5, 1.5))
def test_derivatives_of_every_order_are_those_of_what_is_written(text: str, x: float) -> None:
    computed = elementwise(text).derivatives(x, 5)
    with mpmath.workprec(200):
        exact = [float(mpmath.diff(EXPRESSIONS[text], mpmath.mpf(x), n)) for n in range(6)]
    np.testing.assert_allclose(computed, exact, rtol=1e-9, atol=1e-9)


@each(
    ("text", "x", "value", "slope"),
    [
        ("max(0, x)", 0.0, 0, 0),  # slope of the first argument that attains the maximum
        ("max(x, 0)", 0.0, 0, 1),
        ("min(x, 2*x)", 0.0, 0, 1),
        ("abs(x)", 0.0, 0, 0),
        ("sign(x)*x", -2.0, 2, -1),
        ("clip(x, -1, 1)", 5.0, 1, 0),
        ("max(x, 1, 2*x)", 3.0, 6, 2),
        ("x if 0 < x <= 1 else -x", 2.0, -2, -1),
        ("x if not x < 0 and x != 3 else 7", 3.0, 7, 0),
        ("x if x < 0 or x > 1 else 5", 0.5, 5, 0),
        ("(x > 1)*x**2", 3.0, 9, 6),
        ("where(x > 0, log(x), -1)", -5.0, -1, 0),
        ("x**0", 0.0, 1, 0),
        ("x**1.5", 0.0, 0, 0),
        ("x**0.5", 0.0, 0, math.inf),
        ("sqrt(x)", 0.0, 0, math.inf),
        ("3 + 0*x", 1.0, 3, 0),
        ("-x", 2.0, -2, -1),
    ],
)
def test_choices_and_edges(text: str, x: float, value: int, slope: float) -> None:
    activation = elementwise(text)
    assert (activation(x), activation.derivative(x)) == (value, slope)


def test_a_branch_that_is_not_taken_cannot_spoil_the_other() -> None:
    activation = elementwise("log(x) if x > 1 else x if x > 0 else exp(1000 + x)/exp(1000 + x)")
    assert activation.derivatives([0.5, 2.0], 2).tolist() == [[0.5, math.log(2)], [1, 0.5], [0, -0.25]]


def test_a_nest_of_comparisons_takes_no_longer_than_its_length() -> None:
    text = "x"
    for _ in range(29):
        text = f"x<=({text})<=x"
    # At 1 each comparison holds. At 3 the innermost is 1, and 3 <= 1 is false. At -1, -1 <= 0 <= -1 is false.
    assert resolve(text)([1.0, 3.0, -1.0]).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("count", [3, 7, 98])
def test_the_largest_of_many(count: int) -> None:
    lines = ", ".join(f"{k}*x - {k * k}" for k in range(count))  # tangents of the parabola x²/4
    envelope = elementwise(f"max({lines})")
    kinks = [2 * k + 1.0 for k in range(count - 1)]
    np.testing.assert_allclose(envelope.kinks(), kinks, rtol=1e-9)
    between = np.arange(0.0, 2 * count, 2)
    np.testing.assert_allclose(envelope(between), between**2 / 4)
    assert envelope.derivative(between).tolist() == list(range(count))
    assert envelope.derivative(kinks).tolist() == list(range(count - 1)), "of two that attain it, the first"


def test_more_kinks_than_are_looked_at_are_those_nearest_to_zero() -> None:
    found = np.array(elementwise("abs(sin(100*x))").kinks())
    expected = np.pi / 100 * np.arange(-127, 128)
    np.testing.assert_allclose(found[np.abs(found) < 4], expected[np.abs(expected) < 4], atol=1e-12)
    assert 250 < len(found) <= 256


def test_an_exponent_may_be_nan() -> None:
    assert np.isnan(elementwise("x**(1e400 - 1e400)").derivatives([0.0, 2.0], 3)[1:]).all()


@each(
    "text",
    [*EXPRESSIONS, "x**4", "x**-2", "x**9", "x**-1", "x**0", "silu(x)*x", "gelu(2*x)", "mish(-x)", "softplus(x) - 1"],
)
def test_values_are_the_same_to_the_last_bit_wherever_they_are_asked_for(text: str) -> None:
    activation = elementwise(text)
    x = np.concatenate(
        [np.random.default_rng(0).normal(size=200) * 3, [-math.inf, -900.0, 0.0, 900.0, 1e200, math.inf]]
    )
    value, slope = activation.value_and_slope(x)
    np.testing.assert_array_equal(activation(x), value)
    np.testing.assert_array_equal(activation.derivatives(x, 1), [value, slope])


@pytest.mark.parametrize("exponent", range(1, 9))
def test_a_small_power_errs_by_half_a_unit_for_each_product(exponent: int) -> None:
    x = np.random.default_rng(exponent).normal(size=500)
    for computed, exact in zip(
        resolve(f"x**{exponent}")(x).tolist(), [mpmath.mpf(u) ** exponent for u in x.tolist()], strict=True
    ):
        assert abs(computed - exact) <= (exponent - 1) / 2 * 2.0**-52 * abs(exact) * 1.0001


@pytest.mark.parametrize("text", ["relu(-exp(x))", "hard_tanh(exp(x))", "softsign(x - x) + relu6(exp(x))"])
def test_a_slope_of_zero_cuts_off_what_is_infinite(text: str) -> None:
    assert elementwise(text).derivative([800.0]).tolist() == [0]


def test_max_and_min_pass_nan_on() -> None:
    assert np.isnan(resolve("max(0, x)")(math.nan))
    assert np.isnan(resolve("min(x, 0)")(math.nan))


@each(
    ("text", "kinks"),
    [
        ("max(0, x)", (0.0,)),
        ("abs(x - 0.1)", (0.1,)),
        ("max(x - 0.3, 0) + max(-x - 0.3, 0)", (-0.3, 0.3)),
        ("hard_tanh(2*x)", (-0.5, 0.5)),
        ("x if x < 1 else 2*x - 1", (1.0,)),
        ("x**2 if x > 0 else 0", ()),
        ("x*sigmoid(x)", ()),
        ("max(x, x)", ()),
        ("1 if x > 2 else 0", (2.0,)),
        ("step(x**2 - 1)", (-1.0, 1.0)),
        ("min(1, max(0, x/6 + 0.5))", (-3.0, 3.0)),
        ("x*min(max(0, x + 3), 6)/6", (-3.0, 3.0)),
    ],
)
def test_kinks_are_found(text: str, kinks: tuple[float, ...]) -> None:
    assert elementwise(text).kinks() == pytest.approx(kinks, rel=1e-15)


HOSTILE = [
    "x.__class__", "().__class__.__bases__", "[y for y in x]", "(lambda x: x)(x)", "f'{x}'", "(y := x)", "x[0]",
    "__import__('os')", "exec('1')", "eval(x)", "open('f')", "x if", "(", "x))", "x +", "x;x", "import os", "max(*x)",
    "elu(x, **x)", "'a'", "1j", "await x", "(yield)", "{1}", "[1]", "os.exp(x)", "x @ x", "x // 2", "x << 3", "~x",
    "x is 3", "x in x", "relu + x", "1 + softmax(x)", "elu(x, alpha=x)", "elu(x, 1, 2)", "elu(x, 1, alpha=2)",
    "relu(x, y=2)",
    "max(x)", "exp(x, x)", "where(x, 1)", "pow(x)", "max(x, 1, key=1)", "w*x", "(x)(x, x)", "x\0+1", "∞", "x:w=1",
    "(" * 10_000 + "x" + ")" * 10_000, "-" * 1_500 + "x", "not " * 450 + "x", "abs(" * 150 + "x" + ")" * 150,
    "9**9**9**9", "x**99999", "x**-1001", "9" * 1_999, "x*" * 50_000 + "x", " ", "",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_nothing_hostile_reaches_python_and_the_refusal_is_one_quick_line(text: str) -> None:
    start = time.process_time()  # CPU time: independent of the machine's load
    with pytest.raises(InputError) as error:
        resolve(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + foo(x)", "there is no function 'foo', in column 5"),
        ("y = rleu(x)", "in column 5.*; did you mean relu"),
        ("x + w", "w has no value.*in column 5"),
        ("x*relu", "relu is a function: write relu\\(x\\), in column 3"),
        ("x +* 2", "column 4"),
        ("np.exp(x)", "write exp"),
        ("x^2", "a power is written \\*\\*, in column 1"),
        ("ln(x)", "no function 'ln'.*; did you mean log\\?"),
        ("2x + 1", "a product is written 2\\*x, in column 1"),
    ],
)
def test_errors_point_at_the_column(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        formula(text, {}, ACTIVATIONS)


@given(st.text(alphabet="x01.+-*/()<>=, expmaxelu", max_size=40))
def test_any_text_is_a_function_or_an_error(text: str) -> None:
    try:
        activation = formula(text, {}, ACTIVATIONS)
    except InputError:
        return
    assert activation.derivatives(np.array([-1.5, 0.0, 2.0]), 2).shape == (3, 3)


def test_a_formula_that_python_s_own_parser_cannot_hold_is_refused() -> None:
    """The limit depends on Python's version and on the remaining stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 200)
    try:
        with pytest.raises(InputError, match=r"is nested too deeply|nested more than \d+ deep"):
            resolve("-" * 1900 + "x")
    finally:
        sys.setrecursionlimit(limit)


def test_a_crossing_that_float64_rounds_to_a_tie_is_a_kink() -> None:
    """The zeros of silu(2x - 2.96) - x, by mpmath; at the floats next to them the difference is rounded to 0."""
    kinks = elementwise("min(silu(2*x - 2.96), x)").kinks()
    assert kinks == pytest.approx((-0.12458646268181851, 3.0845864626818185), rel=1e-12)
    assert elementwise("tanh(1e13*x) + relu(x)**2").kinks() == ()
