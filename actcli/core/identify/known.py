"""The known activations as functions of x and their parameters, vectorised over both."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter
from actcli.core.activations.catalogue import ACTIVATIONS, CATALOGUE, literature
from actcli.core.activations.expression import compiled, function_of
from actcli.core.activations.formula import switching_points
from actcli.core.activations.grammar import read
from actcli.core.arrays import Array, Mask
from actcli.core.jets import elementary


class _Free(float):
    """A parameter in a formula's tree. Its number is the default; each call gives the value."""

    name: str


class _Values:
    """Arithmetic of arrays in which a parameter is a column."""

    def __init__(self) -> None:
        self.parameters: Mapping[str, Any] = {}

    def number(self, value: float | Fraction) -> Any:
        if isinstance(value, _Free):
            name = value.name
            return lambda x: self.parameters[name]
        return float(value)

    def constant(self, name: str) -> float:
        return float(getattr(np, name))

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        return _OPERATIONS.get(name) or getattr(np, name)

    def activation(self, activation: Elementwise) -> Callable[[Any], Any]:
        return lambda u: _flat(activation.of, u)

    def choose(self, x: Any, condition: Mask, then: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> Any:
        return np.where(condition, then(x), otherwise(x))

    def indicator(self, x: Any, condition: Mask) -> Any:
        return np.asarray(condition, dtype=np.float64)

    def folded(self, function: Callable[..., Any], *numbers: Any) -> Any:
        with np.errstate(all="ignore"):  # 1/0 is inf, as in the formula
            result = function(*(np.float64(number) for number in numbers))
        return bool(result) if isinstance(result, bool | np.bool_) else float(np.ravel(result)[0])


def _flat(function: Callable[[Any], Any], u: Any) -> Any:
    array = np.asarray(u, dtype=np.float64)
    return np.asarray(function(array.ravel())).reshape(array.shape)


_OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": np.power,
    "neg": operator.neg, "<": np.less, "<=": np.less_equal, "==": np.equal, ">": np.greater, ">=": np.greater_equal,
    "!=": np.not_equal, "and": np.logical_and, "not": np.logical_not, "abs": np.abs, "sign": np.sign,
    "maximum": np.maximum, "minimum": np.minimum, "erfc": lambda u: _flat(elementary.erfc, u),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Known:
    """A known activation.

    values: (x, parameters) -> f(x), for arrays that broadcast
    """

    activation: Elementwise
    values: Callable[[Array, Mapping[str, Any]], Array]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the activation."""
        return self.activation.parameters

    @cached_property
    def meeting_points(self) -> tuple[float, ...]:
        """Points where pieces of the activation meet: its kinks. For a published formula, whose kinks take long to
        compute: all zeros of its branch conditions.
        """
        if self.activation.name in CATALOGUE:
            return self.activation.kinks(1)
        return switching_points(self.activation, ACTIVATIONS)


@cache
def known_activations() -> tuple[Known, ...]:
    """All elementwise activations: entries of the catalogue, then of the literature."""
    entries = [entry for entry in CATALOGUE.values() if isinstance(entry, Elementwise)]
    return tuple(map(_known, [*entries, *literature().values()]))


def _known(entry: Elementwise) -> Known:
    given_parameters: dict[str, float | Fraction] = {}
    for parameter in entry.parameters:
        given_parameters[parameter.name] = free = _Free(parameter.default)
        free.name = parameter.name
    arithmetic = _Values()
    tree = read(entry.formula, given_parameters, ACTIVATIONS, arithmetic, all_used=False).tree
    function = function_of(compiled(tree, arithmetic))
    defaults = {parameter.name: parameter.default for parameter in entry.parameters}

    def values(x: Array, parameters: Mapping[str, Any]) -> Array:
        arithmetic.parameters = {name: np.asarray(value) for name, value in {**defaults, **parameters}.items()}
        result: Array = np.asarray(function(x), dtype=np.float64)
        return result if result.shape == x.shape else np.broadcast_to(result, x.shape)

    return Known(entry, values)
