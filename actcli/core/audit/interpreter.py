"""A formula's text, computed as it is written in somebody else's arithmetic: multiprecision, or a kernel's."""

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any, Final, Protocol

from actcli.core.activations.activation import Activation
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.formula import formula

_ACTIVATIONS: Final = {name: entry for entry in CATALOGUE.values() for name in (entry.name, *entry.aliases)}
_CONSTANTS: Final = ("pi", "e")
_ELEMENTARY: Final = ("exp", "erf", "sin", "atan")
"""Entries of the catalogue that are elementary functions, under the name that their formula gives them."""
_SYNONYMS: Final = {
    "exponential": "exp",
    "maximum": "max", "minimum": "min",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OPERATORS: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


class Arithmetic(Protocol):
    """A kind of numbers, and what is done with them."""

    def number(self, value: float | Fraction) -> Any:
        """A number that stands in the formula, or the value of a parameter."""

    def constant(self, name: str) -> Any:
        """pi or e."""

    def operation(self, sign: str, a: Any, b: Any, node: ast.BinOp) -> Any:
        """a + b, a - b, a * b, a / b or a ** b, which stands at `node`."""

    def function(self, name: str, *arguments: Any) -> Any:
        """An elementary function, or max, min, abs, sign."""

    def activation(self, entry: Activation, x: Any) -> Any:
        """An activation that is called inside a formula; NotImplemented to compute it by its own formula."""

    def choose(self, condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
        """`then` where the condition holds."""

    def both(self, a: Any, b: Any) -> Any:
        """Whether both conditions hold."""

    def negated(self, a: Any) -> Any:
        """Whether the condition does not hold."""


def compute(activation: Activation, x: Any, arithmetic: Arithmetic) -> Any:
    """The activation's formula at x, in the arithmetic.

    The text has been compiled before (see `formula`), so that nothing unknown stands in it.
    """
    tree = ast.parse(activation.formula, mode="eval").body
    settings = {**activation.settings, **activation.exact_parameters}
    return _Reader(x, settings, arithmetic).number(tree)


class _Reader:
    def __init__(self, x: Any, settings: Mapping[str, float | Fraction], arithmetic: Arithmetic) -> None:
        self.x, self.settings, self.arithmetic = x, settings, arithmetic

    def number(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=int() | float() as value):
                return self.arithmetic.number(float(value))
            case ast.Name(id="x"):
                return self.x
            case ast.Name(id=name) if name in self.settings:
                return self.arithmetic.number(self.settings[name])
            case ast.Name(id=name) if name in _CONSTANTS:
                return self.arithmetic.constant(name)
            case ast.UnaryOp(op=ast.USub()):
                return -self.number(node.operand)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.number(node.operand)
            case ast.BinOp():
                a, b = self.number(node.left), self.number(node.right)
                return self.arithmetic.operation(_OPERATORS[type(node.op)], a, b, node)
            case ast.IfExp():
                return self._choice(node.test, node.body, node.orelse)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node)
            case _:
                return self._choice(node, ast.Constant(1.0), ast.Constant(0.0))

    def condition(self, node: ast.expr) -> Any:
        both, negated = self.arithmetic.both, self.arithmetic.negated
        match node:
            case ast.Compare():
                terms = [self.number(term) for term in (node.left, *node.comparators)]
                pairs = zip(terms, node.ops, terms[1:], strict=False)
                return reduce(both, [_COMPARISONS[type(op)](a, b) for a, op, b in pairs])
            case ast.BoolOp(op=ast.And()):
                return reduce(both, map(self.condition, node.values))
            case ast.BoolOp():
                return negated(reduce(both, (negated(self.condition(value)) for value in node.values)))
            case ast.UnaryOp(op=ast.Not()):
                return negated(self.condition(node.operand))
            case _:
                return self.number(node) != self.arithmetic.number(0.0)

    def _choice(self, test: ast.expr, then: ast.expr, otherwise: ast.expr) -> Any:
        return self.arithmetic.choose(self.condition(test), lambda: self.number(then), lambda: self.number(otherwise))

    def _call(self, name: str, node: ast.Call) -> Any:
        arithmetic = self.arithmetic
        name = _SYNONYMS.get(name, name)
        if name == "where":
            return self._choice(*node.args)
        arguments = [self.number(argument) for argument in node.args]
        if name == "pow":
            base, exponent = arguments
            return arithmetic.operation("**", base, exponent, ast.BinOp(node.args[0], ast.Pow(), node.args[1]))
        if name in ("max", "min"):
            return reduce(lambda a, b: arithmetic.function(name, a, b), arguments)
        if name == "clip":
            return arithmetic.function("min", arithmetic.function("max", *arguments[:2]), arguments[2])
        if name in _ACTIVATIONS and name not in _ELEMENTARY:
            return self._activation(_ACTIVATIONS[name], node, arguments[0])
        return arithmetic.function(name, *arguments)

    def _activation(self, entry: Activation, node: ast.Call, x: Any) -> Any:
        names = [parameter.name for parameter in entry.parameters]
        given = dict(zip(names, node.args[1:], strict=False)) | {str(k.arg): k.value for k in node.keywords}
        activation = entry.with_parameters(**{name: self._parameter(value) for name, value in given.items()})
        result = self.arithmetic.activation(activation, x)
        return compute(activation, x, self.arithmetic) if result is NotImplemented else result

    def _parameter(self, node: ast.expr) -> float:
        """Parameters do not depend on x, and are float64."""
        settings = {name: float(self.settings[name]) for name in _names(node) & set(self.settings)}
        return float(formula(ast.unparse(node), settings, CATALOGUE)(0.0))


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
