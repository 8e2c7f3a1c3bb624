"""A formula and its derivatives in any number of digits."""

import ast
import math
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import partial
from typing import Any, Final

import mpmath
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.expression import Node, compiled, function_of
from actcli.core.activations.formula import tree_of
from actcli.core.audit.trees import without_lossy_sums
from actcli.multiprecision.series import NO_NUMBER, Series, activation_named, function_named

_VANISHING: Final = ("+", "-", "log", "log2", "log10", "arccosh", "sin", "cos", "tan")
"""Operations whose result may be 0 because an argument was rounded."""
_CANCELLING: Final = ("*", "/")
"""Operations whose slope is a difference, in which all digits may cancel, as in that of sinh(x)/cosh(x)."""
_CHOOSING: Final = ("maximum", "minimum", "<", "<=", ">", ">=", "==", "!=")
"""Operations whose result may be the wrong one because an argument was rounded."""


class Multiprecision:
    """Arithmetic of power series of an order, at mpmath's working precision."""

    def __init__(self, order: int) -> None:
        self._one = Series([mpf(1), *[mpf(0)] * order])
        self.vanished = False
        """Whether an intermediate result is 0 that may only be too small for the precision."""
        self.lost = False
        """Whether a coefficient consists of rounding errors only."""
        self._negligible = 64 - mpmath.mp.prec
        self._rounding = mpf(2) ** self._negligible

    def number(self, value: float | Fraction) -> Series:
        return self._one.of(mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value)

    def constant(self, name: str) -> Series:
        return self._one.of(+getattr(mpmath, name))

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        function = function_named(name)
        if name in _CANCELLING:
            return partial(self._cancelling, name, function)
        if name in _CHOOSING:
            return partial(self._choosing, function)
        return partial(self._watched, function) if name in _VANISHING else function

    def activation(self, activation: Elementwise) -> Callable[[Series], Series]:
        series = activation_named(activation.name)
        if series:
            return partial(self._watched, series) if activation.name in _VANISHING else series
        return function_of(compiled(without_lossy_sums(tree_of(activation, ACTIVATIONS)), self))

    def choose(
        self, x: Series, condition: bool, then: Callable[[Series], Series], otherwise: Callable[[Series], Series]
    ) -> Series:
        return then(x) if condition else otherwise(x)

    def indicator(self, x: Series, condition: bool) -> Series:
        return self._one.of(int(condition))

    def folded(self, function: Callable[..., Any], *numbers: Any) -> Any:
        """A function of constants, computed at once; if that fails or gives 0, only when an x takes its branch."""
        with suppress(*NO_NUMBER):
            self.vanished = False
            result = function(*numbers)
            if not self.vanished:
                return result
        return lambda x: function(*numbers)

    def _watched(self, function: Callable[..., Series], *arguments: Series) -> Series:
        result, first = function(*arguments), arguments[0]
        self.vanished |= bool(first.c[0]) and not result.c[0]
        if not result.exact and not self.lost:
            self.lost = any(map(self._is_rounding, result.c, first.c))
        return result

    def _choosing(self, function: Callable[..., Any], a: Series, b: Series) -> Any:
        """A comparison, maximum or minimum. Notes `lost` if a and b differ by rounding alone and not in all digits."""
        if not (self.lost or (a.exact and b.exact) or a.c == b.c):
            self.lost = self._is_rounding(a.c[0] - b.c[0], a.c[0])
        return function(a, b)

    def _cancelling(self, name: str, function: Callable[..., Series], a: Series, b: Series) -> Series:
        """a b or a / b. Notes `lost` if a coefficient is rounding error relative to the first term of its sum."""
        result = function(a, b)
        if not (self.lost or a.flat or b.flat or (a.exact and b.exact)):  # with a constant nothing cancels
            first = b.c[0]
            sums = [(c, a_k * first) if name == "*" else (c * first, a_k) for c, a_k in zip(result.c, a.c, strict=True)]
            self.lost = any(self._is_rounding(c, term) for c, term in sums[1:])
        return result

    def _is_rounding(self, total: Any, term: Any) -> bool:
        """Whether a sum is so much smaller than one of its terms that it is rounding error."""
        if not term:
            return False
        if isinstance(total, mpf) and isinstance(term, mpf) and mpmath.mag(total) > mpmath.mag(term) + self._negligible:
            return False  # as below, but sooner
        return bool(abs(total) <= abs(term) * self._rounding)


class Evaluator:
    """x -> f(x), f'(x), ... f^(order)(x), by the formula, at mpmath's working precision.

    Compiled once per precision. Where the formula has no real value the result is complex or not finite, or an
    ArithmeticError, ValueError or TypeError is raised. At a kink the derivatives are those of the branch taken.
    """

    def __init__(self, activation: Elementwise, order: int, node: Node | None = None) -> None:
        self._activation, self._order, self._node = activation, order, node
        self._compiled: dict[int, tuple[Multiprecision, Callable[[Series], Series]]] = {}
        self.vanished = False
        """For the last call, as in Multiprecision: more bits may give a result other than 0."""
        self.lost = False
        """For the last call, as in Multiprecision: more bits may change a derivative."""

    def __call__(self, x: Any) -> list[Any]:
        if mpmath.mp.prec not in self._compiled:
            arithmetic = Multiprecision(self._order)
            function = function_of(compiled(self._node, arithmetic)) if self._node else None
            self._compiled[mpmath.mp.prec] = arithmetic, function or arithmetic.activation(self._activation)
        arithmetic, function = self._compiled[mpmath.mp.prec]
        arithmetic.vanished = arithmetic.lost = False
        result = function(Series([mpf(x), mpf(1), *[mpf(0)] * self._order][: self._order + 1], exact=True))
        self.vanished, self.lost = arithmetic.vanished, arithmetic.lost
        return [c * math.factorial(k) for k, c in enumerate(result.c)]
