"""A formula as a kernel computes it: every operation rounded to the type that the kernel works in."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Activation
from actcli.core.arrays import Array, Mask
from actcli.core.audit.interpreter import compute
from actcli.core.jets import elementary
from actcli.core.numerics.formats import round_to, spacing_exponent

_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "erf": elementary.erf, "erfc": elementary.erfc,
    "max": np.maximum, "min": np.minimum, "abs": np.abs, "sign": np.sign,
}  # fmt: skip
"""Those that NumPy does not have under the formula's name."""

_OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power
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
    """Arithmetic in a type. Functions, sigmoid and the like among them, are as good as the type allows."""

    dtype: str
    sums: list[Sum] = field(default_factory=list)

    def number(self, value: float | Fraction) -> Array:
        """A number of the text, not rounded yet."""
        return np.array(float(value))

    def constant(self, name: str) -> Array:
        """pi or e, not rounded yet."""
        return np.array(np.pi if name == "pi" else np.e)

    def operation(self, sign: str, a: Array, b: Array, node: ast.BinOp) -> Array:
        """a sign b, rounded; squares and cubes as the products that a kernel computes. Sums are noted."""
        if not (a.ndim or b.ndim):  # constants are folded before they are rounded
            return np.asarray(_OPERATIONS[sign](a, b))
        if sign == "**" and float(b.flat[0]) in (2.0, 3.0) and not b.ndim:
            square = self._rounded(a * a)
            return square if b == 2.0 else self._rounded(square * a)
        a, b = self._rounded(a), self._rounded(b)
        value = self._rounded(_OPERATIONS[sign](a, b))
        if sign in ("+", "-"):
            a, b = np.broadcast_arrays(a, b if sign == "+" else -b)
            self._note(ast.unparse(node), a, b, value)
        return value

    def _note(self, text: str, a: Array, b: Array, value: Array) -> None:
        text = text.replace(" ** ", "**").replace(" * ", "*").replace(" / ", "/")
        finer = np.minimum(spacing_exponent(a, self.dtype), spacing_exponent(b, self.dtype))
        self.sums.append(Sum(text, "cancels", value, np.ldexp(1.0, finer)))
        larger = np.where(np.abs(a) >= np.abs(b), a, b)
        spacing = np.ldexp(1.0, spacing_exponent(value, self.dtype))
        self.sums.append(Sum(text, "loses its small term", value - larger, spacing))
        self.sums.append(Sum(text, "overflows", np.where(np.isinf(value), 0.0, np.nan), spacing))

    def function(self, name: str, *arguments: Array) -> Array:
        """An elementary function by its name in the formula, its result rounded."""
        value = np.asarray((_FUNCTIONS.get(name) or getattr(np, name))(*arguments))
        return self._rounded(value) if value.ndim else value

    def activation(self, entry: Activation, x: Array) -> Array:
        """An entry of the catalogue, computed exactly and rounded."""
        return self._rounded(entry(x))

    def choose(self, condition: Mask, then: Callable[[], Array], otherwise: Callable[[], Array]) -> Array:
        """`then` where the condition holds, else `otherwise`."""
        return np.where(condition, then(), otherwise())

    def both(self, a: Mask, b: Mask) -> Mask:
        """a and b, element by element."""
        return a & b

    def negated(self, a: Mask) -> Mask:
        """not a, element by element."""
        return ~a

    def _rounded(self, values: Any) -> Array:
        return round_to(np.asarray(values, dtype=np.float64), self.dtype)


def as_computed(activation: Activation, text: str, x: Array, dtype: str) -> tuple[Array, list[Sum]]:
    """The formula `text`, in x and the activation's parameters, computed in the type; and the sums in it."""
    arithmetic = RoundedArithmetic(dtype)
    with np.errstate(all="ignore"):  # a kernel overflows and divides by zero where it does
        value = compute(replace(activation, formula=text), round_to(x, dtype), arithmetic)
    return np.broadcast_to(value, x.shape), arithmetic.sums
