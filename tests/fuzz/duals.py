"""Random activations with value and slope in NumPy, by dual numbers: a truth that shares no code with the program.

A `Drawn` has the text for the program, and a function from x to φ(x) and φ'(x). At a kink, where several slopes are
right, a case should not be judged: `Drawn.kinked` is True for a function that may have one.
"""

import ast
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array

Bend = Callable[[Array], tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class Dual:
    """A value and its derivative with respect to x."""

    value: Array
    slope: Array

    def __add__(self, other: Any) -> "Dual":
        o = dual(other)
        return Dual(self.value + o.value, self.slope + o.slope)

    def __mul__(self, other: Any) -> "Dual":
        o = dual(other)
        return Dual(self.value * o.value, self.slope * o.value + self.value * o.slope)

    def __truediv__(self, other: Any) -> "Dual":
        o = dual(other)
        quotient = self.value / o.value
        return Dual(quotient, (self.slope - quotient * o.slope) / o.value)

    def __pow__(self, power: int) -> "Dual":
        return Dual(self.value**power, power * self.value ** (power - 1) * self.slope)

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> "Dual":
        return self + -dual(other)

    def __rsub__(self, other: Any) -> "Dual":
        return dual(other) - self

    def __rtruediv__(self, other: Any) -> "Dual":
        return dual(other) / self

    __radd__, __rmul__ = __add__, __mul__


def dual(x: Any) -> Dual:
    return x if isinstance(x, Dual) else Dual(np.asarray(x, dtype=np.float64), np.zeros(()))


def _lifted(value: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Callable[[Any], Dual]:
    def function(x: Any) -> Dual:
        x = dual(x)
        return Dual(value(x.value), slope(x.value) * x.slope)

    return function


def where(test: Any, yes: Any, no: Any) -> Dual:
    a, b = dual(yes), dual(no)
    return Dual(np.where(test, a.value, b.value), np.where(test, a.slope, b.slope))


def _erf(x: Array) -> Array:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), np.float64)


exp = _lifted(lambda x: np.exp(x), lambda x: np.exp(x))
log = _lifted(np.log, lambda x: 1 / x)
sin = _lifted(np.sin, np.cos)
cos = _lifted(np.cos, lambda x: -np.sin(x))
sqrt = _lifted(np.sqrt, lambda x: 0.5 / np.sqrt(x))
tanh = _lifted(np.tanh, lambda x: 4 * np.exp(-2 * np.abs(x)) / (1 + np.exp(-2 * np.abs(x))) ** 2)
erf = _lifted(_erf, lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x))
arctan = _lifted(np.arctan, lambda x: 1 / (1 + x * x))
softplus = _lifted(lambda x: np.logaddexp(0, x), lambda x: np.exp(-np.logaddexp(0, -x)))
sigmoid = _lifted(lambda x: np.exp(-np.logaddexp(0, -x)), lambda x: np.exp(-np.logaddexp(0, x) - np.logaddexp(0, -x)))
absolute = _lifted(np.abs, np.sign)
relu = _lifted(lambda x: np.maximum(x, 0), lambda x: np.heaviside(x, 0.0))


def _normal_cdf(x: Any) -> Dual:
    return 0.5 * (erf(dual(x) / math.sqrt(2)) + 1)


def clip(x: Any, low: float, high: float) -> Dual:
    x = dual(x)
    return where(x.value <= low, low, where(x.value >= high, high, x))


def _expm1_below(x: Dual, alpha: float) -> Dual:
    low = np.minimum(x.value, 0)
    return where(x.value > 0, x, Dual(alpha * np.expm1(low), alpha * np.exp(low) * x.slope))


def _tanh_shrink(x: Any) -> Dual:
    x = dual(x)
    series = x**3 * (1 / 3 - x * x * (2 / 15 - x * x * (17 / 315 - x * x * 62 / 2835)))
    return where(np.abs(x.value) < 0.05, series, x - tanh(x))


_ELEMENTARY: Final[tuple[Callable[..., Dual], ...]] = (exp, log, sin, cos, sqrt, absolute, where)
_UNITS: Final[tuple[Callable[..., Dual], ...]] = (tanh, erf, arctan, softplus, sigmoid, relu, clip)

FUNCTIONS: Final[dict[str, Callable[..., Dual]]] = {
    **dict(zip(("exp", "log", "sin", "cos", "sqrt", "abs", "where"), _ELEMENTARY, strict=True)),
    **dict(zip(("tanh", "erf", "arctan", "softplus", "sigmoid", "relu", "clip"), _UNITS, strict=True)),
    "identity": dual,
    "gelu": lambda x: x * _normal_cdf(x),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * tanh(softplus(x)),
    "log_sigmoid": lambda x: -softplus(-x),
    "tanh_shrink": _tanh_shrink,
    "softsign": lambda x: x / (1 + absolute(x)),
    "squareplus": lambda x, b=4.0: 0.5 * where(x.value > 0, x + sqrt(x * x + b), b / (sqrt(x * x + b) - x)),
    "leaky_relu": lambda x, negative_slope=0.01: where(x.value > 0, x, negative_slope * x),
    "elu": lambda x, alpha=1.0: _expm1_below(x, alpha),
    "celu": lambda x, alpha=1.0: alpha * _expm1_below(x / alpha, 1.0),
    "selu": lambda x: 1.0507009873554805 * _expm1_below(x, 1.6732632423543772),
    "relu6": lambda x: clip(x, 0, 6),
    "hard_tanh": lambda x, min_val=-1.0, max_val=1.0: clip(x, min_val, max_val),
    "hard_sigmoid": lambda x: clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * clip(x / 6 + 0.5, 0, 1),
    "soft_shrink": lambda x, lambd=0.5: x - clip(x, -lambd, lambd),
    "snake": lambda x, a=1.0: x + sin(a * x) ** 2 / a,
    "softcap": lambda x, cap=30.0: cap * tanh(x / cap),
}

SMOOTH: Final = (
    *("tanh", "erf", "arctan", "softplus", "sigmoid", "gelu", "silu", "mish", "log_sigmoid", "tanh_shrink"),
    *("squareplus", "softsign"),
)
KINKED: Final = ("relu", "leaky_relu", "elu", "relu6", "hard_tanh", "hard_sigmoid", "hard_swish", "soft_shrink", "abs")
NAMED: Final[dict[str, tuple[str, float, float]]] = {
    "leaky_relu": ("negative_slope", 0.001, 0.9),
    "elu": ("alpha", 0.1, 3.0),
    "celu": ("alpha", 0.2, 3.0),
    "squareplus": ("b", 0.01, 10.0),
    "hard_tanh": ("max_val", 0.1, 4.0),
    "soft_shrink": ("lambd", 0.05, 1.5),
    "softcap": ("cap", 0.5, 40.0),
}
"""Activation -> a parameter and its range."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A random activation. bend: x -> φ(x), φ'(x)."""

    text: str
    bend: Bend
    kinked: bool


class _Choices(ast.NodeTransformer):
    """`a if c else b` as where(c, a, b), and comparisons of x by value."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        node.left = ast.Attribute(node.left, "value", ast.Load())
        return node


def of_text(text: str) -> Drawn:
    """A name, a name with parameters (leaky_relu:negative_slope=0.2), or a formula of this module's grammar."""
    name, _, given = text.partition(":")
    kinked = not {*re.findall(r"\w+", text)}.isdisjoint((*KINKED, "celu", "selu", "clip", "if", "softsign"))
    if name in FUNCTIONS:
        parameters = {key: float(value) for key, _, value in (part.partition("=") for part in given.split(",") if part)}

        def function(x: Dual) -> Dual:
            return dual(FUNCTIONS[name](x, **parameters))
    else:
        tree = ast.fix_missing_locations(_Choices().visit(ast.parse(text, mode="eval")))
        code = compile(tree, text, "eval")

        def function(x: Dual) -> Dual:
            return dual(eval(code, {**FUNCTIONS, "x": x}))

    def bend(x: Array) -> tuple[Array, Array]:
        result = function(Dual(x, np.ones_like(x)))
        return np.broadcast_to(result.value, x.shape), np.broadcast_to(result.slope, x.shape)

    return Drawn(text, bend, kinked)


def drawn(source: random.Random) -> Drawn:
    """Half of them named, half of them formulas."""
    kind = source.random()
    if kind < 0.3:
        return of_text(source.choice([*SMOOTH, *(name for name in KINKED if name != "abs"), "selu", "identity"]))
    if kind < 0.5:
        name = source.choice([*NAMED])
        parameter, low, high = NAMED[name]
        return of_text(f"{name}:{parameter}={round(math.exp(source.uniform(math.log(low), math.log(high))), 3)}")
    return of_text(formula(source))


def _number(source: random.Random) -> str:
    return repr(source.choice([1, 2, 3, 0.5, 0.1, 0.25, 1.5, 5]) if source.random() < 0.6 else _uniform(source))


def _uniform(source: random.Random) -> float:
    return round(source.uniform(0.05, 4), source.choice([1, 2, 3])) or 1.0


def _line(source: random.Random) -> str:
    kind, a, b = source.random(), _number(source), _number(source)
    sign = source.choice(["-", ""])
    return "x" if kind < 0.4 else f"{sign}{a}*x" if kind < 0.7 else f"{sign}{a}*x {source.choice('+-')} {b}"


def _atom(source: random.Random) -> str:
    kind, line = source.random(), _line(source)
    if kind < 0.5:
        return f"{source.choice(SMOOTH)}({line})"
    if kind < 0.8:
        return f"{source.choice(KINKED)}({line})"
    shapes = ("x", "x**2", f"exp(-({line})**2)", f"sin({line})", f"cos({line})", f"sqrt(x**2 + {_number(source)})")
    others = ("log(1 + x**2)", f"1/(1 + ({line})**2)", f"exp(-abs({line}))", f"clip({line}, -1, {_number(source)})")
    return source.choice([*shapes, *others])


def formula(source: random.Random) -> str:
    a, b, c = _atom(source), _atom(source), _number(source)
    forms = (
        *(f"{c}*{a}", f"{a} {source.choice('+-')} {c}*{b}", f"{a}*{b}", f"x*{a}", f"({a})**2", f"{a} - {c}"),
        *(f"{source.choice(SMOOTH)}({a})", f"{a} if x {source.choice('<>')} {c} else {b}", f"({a})/(1 + abs({b}))"),
        *(f"0 - ({a})", f"{a} - {a}*{c}", f"{source.choice(KINKED)}({a})", f"{a} + x"),
    )
    return source.choice(forms)
