"""A formula as a kernel computes it: every operation rounded to the type that the kernel works in."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.expression import compiled, function_of
from actcli.core.activations.formula import tree_of
from actcli.core.arrays import Array, Mask
from actcli.core.jets import elementary
from actcli.core.numerics.formats import round_to, spacing_exponent

_OPERATORS: Final[Mapping[str, Callable[..., Any]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power
}  # fmt: skip
_EXACT: Final[Mapping[str, Callable[..., Any]]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
    "and": np.logical_and, "not": np.logical_not, "neg": np.negative,
}  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """A sum or difference that depends on x: its text, its value, and what became of its terms.

    remainder: the value where its terms cancel; where one term is lost beside the other, what is left of it
    quantum: the type's spacing, of which the remainder is a multiple
    """

    text: str
    fate: str
    remainder: Array
    quantum: Array


@dataclass(frozen=True, eq=False)
class RoundedArithmetic:
    """Arithmetic in a type. Functions, sigmoid and the like among them, are as good as the type allows.

    Numbers that do not depend on x are arrays without axes, and not rounded before something that does meets them.
    """

    dtype: str
    sums: list[Sum] = field(default_factory=list)

    def number(self, value: float | Fraction) -> Array:
        """A number of the text, not rounded yet."""
        return np.array(float(value))

    def constant(self, name: str) -> Array:
        """pi or e, not rounded yet."""
        return np.array(getattr(np, name))

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        """An operator or an elementary function, its result rounded. Sums are noted, with their text."""
        if name in _OPERATORS:
            return lambda a, b: self._operation(name, a, b, source)
        return _EXACT.get(name) or self._good(elementary.erfc if name == "erfc" else getattr(np, name))

    def activation(self, activation: Elementwise) -> Callable[[Array], Array]:
        """An activation, computed exactly and rounded."""
        return self._good(activation)

    def choose(
        self, x: Array, condition: Mask, then: Callable[[Array], Array], otherwise: Callable[[Array], Array]
    ) -> Array:
        """Both, for a kernel has them both; then(x) where the condition holds."""
        return np.where(condition, then(x), otherwise(x))

    def indicator(self, x: Array, condition: Mask) -> Array:
        """1 where the condition holds, else 0."""
        return condition.astype(np.float64)

    def folded(self, function: Callable[..., Any], *numbers: Any) -> Any:
        """At once."""
        return function(*numbers)

    def _good(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """The function, rounded once, and not at all where its arguments do not depend on x."""

        def rounded(*arguments: Array) -> Array:
            value = np.asarray(function(*arguments))
            return self._rounded(value) if value.ndim else value

        return rounded

    def _operation(self, sign: str, a: Array, b: Array, source: ast.expr | None) -> Array:
        """a sign b, rounded; squares and cubes as the products that a kernel computes."""
        if not (a.ndim or b.ndim):
            return np.asarray(_OPERATORS[sign](a, b))
        if sign == "**" and not b.ndim and float(b) in (2.0, 3.0):
            square = self._rounded(a * a)
            return square if b == 2.0 else self._rounded(square * a)
        a, b = self._rounded(a), self._rounded(b)
        value = self._rounded(_OPERATORS[sign](a, b))
        if sign in ("+", "-") and source:
            a, b = np.broadcast_arrays(a, b if sign == "+" else -b)
            self._note(ast.unparse(source), a, b, value)
        return value

    def _note(self, text: str, a: Array, b: Array, value: Array) -> None:
        text = text.replace(" ** ", "**").replace(" * ", "*").replace(" / ", "/")
        finer = np.minimum(spacing_exponent(a, self.dtype), spacing_exponent(b, self.dtype))
        self.sums.append(Sum(text, "cancels", value, np.ldexp(1.0, finer)))
        larger = np.where(np.abs(a) >= np.abs(b), a, b)
        spacing = np.ldexp(1.0, spacing_exponent(value, self.dtype))
        self.sums.append(Sum(text, "loses its small term", value - larger, spacing))
        self.sums.append(Sum(text, "overflows", np.where(np.isinf(value), 0.0, np.nan), spacing))

    def _rounded(self, values: Any) -> Array:
        return round_to(np.asarray(values, dtype=np.float64), self.dtype)


def as_computed(activation: Elementwise, text: str, x: Array, dtype: str) -> tuple[Array, list[Sum]]:
    """The formula `text`, in x and the activation's parameters, computed in the type; and the sums in it."""
    arithmetic = RoundedArithmetic(dtype)
    with np.errstate(all="ignore"):  # a kernel overflows and divides by zero where it does
        function = function_of(compiled(tree_of(activation, ACTIVATIONS, text), arithmetic))
        value = function(round_to(x, dtype))
    return np.broadcast_to(value, x.shape), arithmetic.sums
