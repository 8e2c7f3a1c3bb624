"""How much of what float64 says of a formula is rounding.

The formula is computed once more with every intermediate result off by a little, at random: what changes by more
than the little is rounding, and where something on the way overflows nothing is known. An entry of the catalogue is
right as it stands, and only what a formula does around it is in doubt.

Source: Vignes, Review on stochastic approach to round-off error analysis (1988); Parker, Monte Carlo arithmetic (1997).
"""

import ast
from collections.abc import Callable
from fractions import Fraction
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
"""The rounding that there is, as a share of what is put in."""
_GOLDEN, _STEP = 0.6180339887498949, 0.4142135623730951

_ARITHMETIC: Final = ("<", "<=", ">", ">=", "==", "!=", "and", "not", "sign", "neg", "abs", "maximum", "minimum")
"""What rounds nothing."""


class Rounding:
    """x -> how far rounding may have moved f, f', ... at x: infinite where something on the way is."""

    def __init__(self, activation: Elementwise) -> None:
        self._arithmetic = _Perturbed()
        self._function: Callable[[Any], Any] = function_of(compiled(tree_of(activation, ACTIVATIONS), self._arithmetic))

    def __call__(self, x: Array, known: Array) -> Array:
        """known: what float64 says, f, f', ... at x, of shape (order + 1, n)."""
        order = len(known) - 1
        noise = np.zeros_like(known)
        for seed in (1, 2):
            self._arithmetic.begin(x, 0.1 * seed)
            found = self._function(Jet.variable(x, order))
            off = np.abs(_derivatives(found, known) - known)
            noise = np.fmax(noise, np.where(np.isnan(off), np.inf, off))
            noise[:, self._arithmetic.beyond] = np.inf
        moved: Array = 4.0 * _REAL * noise
        return moved


def _derivatives(found: Any, known: Array) -> Array:
    if isinstance(found, Jet):
        return found.derivatives
    constant = np.zeros_like(known)
    constant[0] = found
    return constant


class _Perturbed:
    """Float64 and its jets, off by a little after each step."""

    def __init__(self) -> None:
        self.beyond: Mask = np.zeros(0, dtype=np.bool_)
        """Where an intermediate result is not finite."""
        self._seed = 0.0

    def begin(self, x: Array, seed: float) -> None:
        self._seed = seed
        self.beyond = np.zeros(x.shape, dtype=np.bool_)

    def number(self, value: float | Fraction) -> float:
        return FLOAT64.number(value)

    def constant(self, name: str) -> float:
        return FLOAT64.constant(name)

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        function = FLOAT64.function(name, source)
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

    def _off(self, result: Any) -> Any:
        if not isinstance(result, Jet):
            return result
        self.beyond |= ~np.isfinite(value_of(result))
        return Jet(result.derivatives * (1.0 + _OFF * self._between(result.derivatives.shape)))

    def _between(self, shape: tuple[int, ...]) -> Array:
        """Numbers between -1 and 1 that know nothing of each other; NumPy's own would take 10 ms to import."""
        self._seed = (self._seed + _STEP) % 1.0
        numbers: Array = np.arange(1.0, np.prod(shape) + 1.0).reshape(shape) * _GOLDEN + self._seed
        return 2.0 * (numbers % 1.0) - 1.0
