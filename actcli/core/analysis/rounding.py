"""Estimate of a formula's rounding error in float64.

The formula is computed again with small random perturbations of all intermediate results. The change of the result
estimates the rounding error; it is infinite where an intermediate result is not finite. Catalogue entries inside a
formula count as accurate up to one perturbation.

Source: Vignes, Review on stochastic approach to round-off error analysis (1988); Parker, Monte Carlo arithmetic (1997).
"""

import ast
import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.expression import compiled, function_of
from actcli.core.activations.formula import FLOAT64, tree_of
from actcli.core.arrays import Array, Mask
from actcli.core.jets.choice import where
from actcli.core.jets.jet import Jet, value_of

_OFF: Final = 2.0**-44
_REAL: Final = 2.0**-52 / _OFF
"""Real rounding relative to the perturbations."""
_SMALLEST: Final = 5e-324
_ALIKE: Final = 2.0 * _OFF
_AROUND: Final = 2.0**-8
"""Share of x over which two terms have to stay alike. At a crossing they do not, and it is not doubtful."""
_PASSES: Final = 2
_GOLDEN, _STEP = 0.6180339887498949, 0.4142135623730951

_ARITHMETIC: Final = ("<", "<=", ">", ">=", "==", "!=", "and", "not", "sign", "neg", "abs", "maximum", "minimum")
"""Operations that do not round."""


class Rounding:
    """x -> estimated rounding errors of f, f', ... at x; infinite where an intermediate result is not finite."""

    def __init__(self, activation: Elementwise) -> None:
        self._arithmetic = _Perturbed()
        self._function: Callable[[Any], Any] = function_of(compiled(tree_of(activation, ACTIVATIONS), self._arithmetic))

    def __call__(self, x: Array, known: Array) -> Array:
        """known: f, f', ... at x in float64, of shape (order + 1, n), like the result."""
        order = len(known) - 1
        noise = np.zeros_like(known)
        for number in range(_PASSES):
            self._arithmetic.begin(x, number)
            found = self._function(Jet.variable(x, order))
            off = np.abs(_derivatives(found, known) - known)
            noise = np.fmax(noise, np.where(np.isnan(off), np.inf, off))
            noise[:, self._arithmetic.beyond] = np.inf
        moved: Array = np.fmax(4.0 * _REAL * noise, np.where(noise > 0.0, _SMALLEST, 0.0))
        return moved


def _derivatives(found: Any, known: Array) -> Array:
    if isinstance(found, Jet):
        return found.derivatives
    constant = np.zeros_like(known)
    constant[0] = found
    return constant


class _Perturbed:
    """float64 arithmetic of numbers and jets, perturbed after each operation."""

    def __init__(self) -> None:
        self.beyond: Mask = np.zeros(0, dtype=np.bool_)
        """Points with an intermediate result that is not finite."""
        self._x, self._pass, self._seed = np.zeros(0), 0, 0.0

    def begin(self, x: Array, number: int) -> None:
        self._x, self._pass, self._seed = x, number, 0.1 * (number + 1)
        self.beyond = np.zeros(x.shape, dtype=np.bool_)

    def number(self, value: float | Fraction) -> float:
        return FLOAT64.number(value)

    def constant(self, name: str) -> float:
        return FLOAT64.constant(name)

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        function = FLOAT64.function(name, source)
        if name in ("maximum", "minimum"):
            return lambda *terms: self._either(function(*terms), *terms)
        return function if name in _ARITHMETIC else lambda *terms: self._off(function(*terms))

    def activation(self, activation: Elementwise) -> Callable[[Any], Any]:
        return lambda u: self._off(activation.of(u))

    def choose(self, x: Any, condition: Mask, then: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> Any:
        before, sides, results = self.beyond, [], []
        for piece in (then, otherwise):
            self.beyond = np.zeros_like(before)
            result = piece(x)
            results.append(result if isinstance(result, Jet) else x.constant(np.broadcast_to(result, before.shape)))
            sides.append(self.beyond)
        self.beyond = before | np.where(condition, *sides)
        return where(condition, *results)

    def indicator(self, x: Any, condition: Mask) -> Any:
        return FLOAT64.indicator(x, condition)

    def folded(self, function: Callable[..., Any], *numbers: Any) -> Any:
        return FLOAT64.folded(function, *numbers)

    def _either(self, result: Any, *terms: Any) -> Any:
        """The maximum or minimum; of two terms that differ by rounding alone around x each is chosen in one pass."""
        if not isinstance(result, Jet):
            return result
        one, other = (
            term.derivatives if isinstance(term, Jet) else result.constant(term).derivatives for term in terms
        )
        with np.errstate(invalid="ignore"):  # inf - inf
            apart = np.abs(one - other)[:2]
            alike = apart[0] <= _ALIKE * np.abs(one[0])
            if result.order:
                alike &= _AROUND * apart[1] * np.abs(self._x) <= _ALIKE * np.abs(one[0])
        return where(alike, Jet((one, other)[self._pass]), result)

    def _off(self, result: Any) -> Any:
        if not isinstance(result, Jet):
            return result
        self.beyond |= ~np.isfinite(value_of(result))
        return Jet(result.derivatives * (1.0 + _OFF * self._between(result.derivatives.shape)))

    def _between(self, shape: tuple[int, ...]) -> Array:
        """Pseudorandom numbers in [-1, 1): an additive recurrence, because numpy.random takes 10 ms to import."""
        self._seed = (self._seed + _STEP) % 1.0
        numbers: Array = _multiples(math.prod(shape)).reshape(shape) + self._seed
        numbers -= np.floor(numbers)
        return 2.0 * numbers - 1.0


@lru_cache(maxsize=8)
def _multiples(count: int) -> Array:
    """The fractional parts of 1, 2, ... times the golden ratio."""
    multiples: Array = np.arange(1.0, count + 1.0) * _GOLDEN % 1.0
    return multiples
