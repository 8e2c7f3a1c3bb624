"""One syntax tree computed in several arithmetics: float64, mpmath, narrow types, code of another language."""

import ast
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS, CATALOGUE
from actcli.core.activations.expression import compiled, compiled_once, function_of
from actcli.core.activations.formula import FLOAT64, tree_of
from actcli.core.audit.emulation import Working, as_computed, read_spelling
from actcli.core.jets.elementary import exp
from actcli.multiprecision.evaluator import Evaluator
from tests.each import each
from tests.narrow import elementwise

X = [-2.3, -0.31, 0.17, 0.625, 1.0, 1.9]
ELEMENTARY = ["exp", "expm1", "cos", "tan", "sinh", "cosh", "asinh", "arcsinh", "erfc", "abs", "sign"]
SYNTAX = [
    *(f"{name}(x)" for name in ELEMENTARY),
    *(f"{name}(x*x + 1.5)" for name in ("log", "log1p", "log2", "log10", "sqrt", "acosh", "arccosh")),
    *(f"{name}(x/3)" for name in ("asin", "acos", "atanh", "arcsin", "arccos", "arctanh")),
    *(f"{name}(x)" for name, entry in ACTIVATIONS.items() if isinstance(entry, Elementwise)),
    *("x + 1", "x - 2", "3*x", "x/7", "1/x", "-x", "+x", "x**2", "x**-3", "(x + 3)**0.3", "2**x", "(3 + x)**x"),
    *("pow(x, 4)", "pi*x - e", "2*pi + 0*x", "1/3 + 1e-3*exp(1) + x", "0x10*x", "1_0 + x", "w*x + b:w=2,b=0.1"),
    *("(x < 1)*x", "x <= 1", "x > 1", "x >= 1", "x == 1", "x != 1", "not x > 0", "-1 < x <= 1", "x < 1 < 2 < 3"),
    *(
        "x > 0 and x < 1",
        "x < 0 or x > 1",
        "x > 0 or 1",
        "0 and x > 0",
        "1 and x > 0",
        "1 if x else 2",
        "not 0 < x < 1",
    ),
    *("x if x > 0 else -x/2", "where(x > 1, 2*x, where(x < 0, 5, x))", "1 if 2 < 3 else x"),
    *("max(x, 0.1)", "min(0.1, x)", "maximum(x, -x)", "minimum(1, x, 2*x)", "max(x, 0, 2*x, 1 - x)", "clip(x, -1, 1)"),
    *(
        "max(1, 2)*x",
        "abs(-3) + x",
        "sign(-2)*x",
        "sqrt(2)*x",
        "tanh(0.5) + x",
        "2**0.5*x",
        "(1 < 2 < 3)*x",
        "(not 1) + x",
    ),
    *(
        "elu(x, 0.5)",
        "leaky_relu(x, negative_slope=1/3)",
        "silu(x, beta=w):w=3",
        "gelu(relu(x) - 1)",
        "softplus(-x, 2)",
    ),
]
INDEPENDENT: dict[str, Callable[[Any], Any]] = {
    "x*sigmoid(1.702*x)": lambda x: x / (1 + mpmath.exp(-mpf(1.702) * x)),
    "where(x>0, x, exp(x)-1)": lambda x: x if x > 0 else mpmath.expm1(x),
    "x*tanh(log(1+exp(x)))": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "max(x, 0.25*x) - min(x**3, 2)": lambda x: max(x, x / 4) - min(x**3, 2),
    "1 if -1 < x <= 1 and not x == 0.625 else x/3": lambda x: 1 if -1 < x <= 1 and x != 0.625 else x / 3,
    "x if 1 > 0 else exp(x)": lambda x: x,
    "(x > 0 and 1) + 2*(1 and x > 0) + 4*(0 and x) + 8*(x < 1 or 1) + 16*(0 or x < 1) + 32*(x < 1 and 0)": lambda x: (
        3 * (x > 0) + 8 + 16 * (x < 1)
    ),
    "(x + 3)**pi + erf(x)*acos(x/3)": lambda x: (x + 3) ** mpmath.pi + mpmath.erf(x) * mpmath.acos(x / 3),
    "elu(x, alpha=0.5) + clip(x, -1, 1)": lambda x: (
        (x if x > 0 else mpmath.expm1(x) / 2) + min(max(x, mpf(-1)), mpf(1))
    ),
}


@each("text", [*SYNTAX, *INDEPENDENT])
def test_all_syntax_means_the_same_in_every_arithmetic(text: str) -> None:
    activation = elementwise(text)
    values = activation(X)
    emulated = as_computed(read_spelling(activation, activation.formula), np.array(X), Working("float64"))
    with mpmath.workprec(200):
        exact = [Evaluator(activation, 0)(at)[0] for at in X]
        np.testing.assert_allclose(values, [float(value) for value in exact], rtol=4e-15, atol=4e-15)
        if text in INDEPENDENT:
            for value, at in zip(exact, X, strict=True):
                assert abs(value - INDEPENDENT[text](mpf(at))) < mpf(2) ** -180
    np.testing.assert_allclose(emulated, values, rtol=4e-15, atol=4e-15)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", 2),
        ("exp(-x*x) + sin(exp(-x*x))/exp(-x*x)", 1),
        ("exp(2*x) + exp(3*x)", 2),  # different terms
        ("exp(x) if exp(x) > 1 else exp(-x)", 3),  # each branch is computed on its own part of x
    ],
)
def test_equal_terms_are_computed_once(monkeypatch: pytest.MonkeyPatch, text: str, calls: int) -> None:
    seen: list[Any] = []

    def counted(x: Any) -> Any:
        seen.append(x)
        return exp(x)

    monkeypatch.setattr("actcli.core.jets.elementary.exp", counted)
    tree = read_spelling(elementwise("relu"), text)
    function = compiled_once(tree, FLOAT64)
    x = np.array([-1.5, 0.25, 2.0])
    seen.clear()
    values = function(x)
    assert len(seen) == calls
    assert values.tolist() == compiled(tree, FLOAT64)(x).tolist()
    x += 1.0  # the same array with other numbers
    assert function(x).tolist() == compiled(tree, FLOAT64)(x).tolist() != values.tolist()


def test_the_list_holds_all_elementwise_activations() -> None:
    assert {f"{name}(x)" for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)} <= {*SYNTAX}


class Python:
    """An arithmetic that writes Python code: numbers and results are texts."""

    def number(self, value: float | Fraction) -> str:
        return repr(float(value))

    def constant(self, name: str) -> str:
        return f"math.{name}"

    def function(self, name: str, source: ast.expr | None) -> Callable[..., str]:
        written = {
            "neg": "-{}",
            "not": "(not {})",
            "maximum": "max({}, {})",
            "minimum": "min({}, {})",
            "abs": "abs({})",
        }
        pattern = written.get(name) or (
            f"math.{name}({{}})" if name.isalpha() and name != "and" else f"({{}} {name} {{}})"
        )
        return pattern.format

    def activation(self, activation: Elementwise) -> Callable[[str], str]:
        return function_of(compiled(tree_of(activation, ACTIVATIONS), self))

    def choose(self, x: str, condition: str, then: Callable[[str], str], otherwise: Callable[[str], str]) -> str:
        return f"({then(x)} if {condition} else {otherwise(x)})"

    def indicator(self, x: str, condition: str) -> str:
        return f"float({condition})"

    def folded(self, function: Callable[..., str], *numbers: str) -> Callable[[str], str]:
        return lambda x: function(*numbers)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x*sigmoid(2*x)", "(x * (1.0 / (1.0 + math.exp(-(2.0 * x)))))"),
        ("w*x + b:w=2,b=-1", "((2.0 * x) + -1.0)"),
        ("x if 0 < x <= pi else x**2", "(x if ((0.0 < x) and (x <= math.pi)) else (x ** 2.0))"),
        ("leaky_relu(x, 1/4)", "(x if (x > 0.0) else (0.25 * x))"),
        ("(1 < 2)*max(x, not x, 1)", "(float((1.0 < 2.0)) * max(x, max(float((not (x != 0.0))), 1.0)))"),
        ("3 + 0*x", "(3.0 + (0.0 * x))"),
    ],
)
def test_numbers_may_be_texts(text: str, written: str) -> None:
    function = function_of(compiled(tree_of(elementwise(text), ACTIVATIONS), Python()))
    assert function("x") == written
    for x in X:
        assert eval(function("x"), {"math": math, "x": x}) == pytest.approx(float(elementwise(text)(x)))
