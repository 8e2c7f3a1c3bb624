"""Emulation of a kernel: a formula with every operation rounded to the kernel's working type."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import cycle
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.expression import Call, Name, Node, Operation, compiled, function_of
from actcli.core.activations.formula import tree_of
from actcli.core.arrays import Array, Mask
from actcli.core.jets import elementary
from actcli.core.numerics.formats import FLOAT_FORMATS, flushed, ordinal, round_to, value_at

_OPERATORS: Final[Mapping[str, Callable[..., Any]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power
}  # fmt: skip
_EXACT: Final[Mapping[str, Callable[..., Any]]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
    "and": np.logical_and, "not": np.logical_not, "neg": np.negative,
}  # fmt: skip


UNROUNDED: Final = "unrounded"
"""Name of a stand-in function whose results are not rounded."""


@dataclass(frozen=True, slots=True)
class Working:
    """Rounding of a kernel's intermediate results.

    dtype: the type they are rounded to
    flush: subnormals become zero
    flush_ends: so do x and the result
    unbounded: no overflow or underflow: the type's precision with float64's exponents
    nudges: errors in steps added to the results of the first function, the second, ..., cyclically
    """

    dtype: str
    flush: bool = False
    flush_ends: bool = True
    unbounded: bool = False
    nudges: tuple[int, ...] = (0,)

    def nudged(self, values: Array, nudge: int) -> Array:
        """Rounded results moved by `nudge` steps; 0, inf and nan stay."""
        if not nudge:
            return values
        finite = np.isfinite(values) & (values != 0.0)
        ordinals = ordinal(np.where(finite, values, 1.0), self.dtype)
        return np.where(finite, value_at(ordinals + nudge, self.dtype), values)

    def rounded(self, values: Any) -> Array:
        """Values rounded to the working type."""
        values = np.asarray(values, dtype=np.float64)
        if self.unbounded:
            mantissa, exponent = np.frexp(values)
            precision = FLOAT_FORMATS[self.dtype].precision
            digits: Array = np.ldexp(np.rint(np.ldexp(mantissa, precision)), exponent - precision)
            return digits
        rounded = round_to(values, self.dtype)
        return flushed(rounded, self.dtype) if self.flush else rounded


@dataclass(frozen=True, eq=False)
class RoundedArithmetic:
    """A kernel's arithmetic. Functions, sigmoid and its like included, are correctly rounded.

    Constants are arrays of shape (), computed in float64 and rounded when they meet x: compilers fold them.
    """

    working: Working
    nudges: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nudges", cycle(self.working.nudges))

    def number(self, value: float | Fraction) -> Array:
        """A number of the formula, not rounded yet."""
        return np.array(float(value))

    def constant(self, name: str) -> Array:
        """pi or e, not rounded yet."""
        return np.array(getattr(np, name))

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        """An operator or an elementary function, its result rounded."""
        if name in _OPERATORS:
            return lambda a, b: self._operation(name, a, b)
        return _EXACT.get(name) or self._good(elementary.erfc if name == "erfc" else getattr(np, name))

    def activation(self, activation: Elementwise) -> Callable[[Array], Array]:
        """An activation, computed exactly and rounded; UNROUNDED is not rounded."""
        return activation.function if activation.name == UNROUNDED else self._good(activation)

    def choose(
        self, x: Array, condition: Mask, then: Callable[[Array], Array], otherwise: Callable[[Array], Array]
    ) -> Array:
        """then(x) where the condition holds, otherwise(x) elsewhere; both are computed for all x, as in a kernel."""
        return np.where(condition, then(x), otherwise(x))

    def indicator(self, x: Array, condition: Mask) -> Array:
        """1 where the condition holds, else 0."""
        return condition.astype(np.float64)

    def folded(self, function: Callable[..., Any], *numbers: Any) -> Any:
        """The function of constants, computed at once."""
        return function(*numbers)

    def _good(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """The function, correctly rounded; of constants not rounded."""
        nudge = next(self.nudges)

        def rounded(*arguments: Array) -> Array:
            value = np.asarray(function(*arguments))
            return self.working.nudged(self.working.rounded(value), nudge) if value.ndim else value

        return rounded

    def _operation(self, sign: str, a: Array, b: Array) -> Array:
        """a sign b, rounded. A square or a cube is a product, as in kernels."""
        if not (a.ndim or b.ndim):
            return np.asarray(_OPERATORS[sign](a, b))
        rounded = self.working.rounded
        if sign == "**" and not b.ndim and float(b) in (2.0, 3.0):
            square = rounded(a * a)
            return square if b == 2.0 else rounded(square * a)
        a, b = (rounded(term) if term.ndim == 0 else term for term in (a, b))
        return rounded(_OPERATORS[sign](a, b))


def as_computed(formula: Node, x: Array, working: Working) -> Array:
    """The formula at x with every operation rounded."""
    if working.flush and not working.flush_ends:
        return _flushed_inside(formula, x, working)
    with np.errstate(all="ignore"):  # kernels overflow and divide by zero without a warning
        value = function_of(compiled(formula, RoundedArithmetic(working)))(working.rounded(x))
    return np.broadcast_to(np.asarray(value, dtype=np.float64), x.shape)


def _flushed_inside(formula: Node, x: Array, working: Working) -> Array:
    """The formula at x with subnormals flushed in all steps except the last."""
    kept = replace(working, flush=False)
    if not isinstance(formula, Operation):
        return as_computed(formula, x, kept)
    inside = replace(working, flush_ends=True)
    terms = []
    for term in formula.terms:
        if isinstance(term, Operation | Call):
            values = as_computed(term, x, inside)
            term = Call(Elementwise(UNROUNDED, lambda _, values=values: values, formula="x", reference=""), Name("x"))
        terms.append(term)
    return as_computed(replace(formula, terms=tuple(terms)), x, kept)


def read_spelling(activation: Elementwise, text: str) -> Node:
    """The tree of a formula in x, the catalogue's functions and the activation's parameters."""
    return tree_of(activation, ACTIVATIONS, text)
