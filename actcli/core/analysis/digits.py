"""Interface of multiprecision values and derivatives, for points at which float64 cannot decide."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from actcli.core.activations.activation import Elementwise

if TYPE_CHECKING:
    from fractions import Fraction

Number: TypeAlias = "Fraction | float"
"""A fraction; inf and -inf beyond all bounds, nan for no real number."""


def no_number(value: Number) -> bool:
    """Whether the value is nan. A fraction never is, but may be too large for math.isnan."""
    return isinstance(value, float) and math.isnan(value)


class Exact(NamedTuple):
    """f, f', ... at a point, correct to 64 bits.

    lost:     orders whose value is rounding error alone at this precision
    doubtful: a term was rounded away that a large factor may have magnified
    """

    derivatives: tuple[Number, ...]
    lost: tuple[int, ...]
    doubtful: bool

    def known(self, order: int) -> Number | None:
        """f^(order), or None if it is lost."""
        return None if order in self.lost else self.derivatives[order]


class Digits(Protocol):
    """Multiprecision values of one activation, from its formula as written."""

    def __call__(self, x: Fraction | float, order: int, bits: int) -> Exact | None:
        """f, f', ... f^(order) at x with `bits` bits; None if an intermediate result is too large."""

    def breakpoints_near(self, x: float) -> tuple[Fraction, ...]:
        """The exact breakpoints of the formula within a few roundings of x, ascending."""


MoreDigits: TypeAlias = Callable[[Elementwise], Digits]
"""Activation -> its Digits; called only if float64 cannot decide."""


class Scaled(NamedTuple):
    """The digits of a factor times an activation, for one whose values are all tiny."""

    digits: Digits
    factor: Fraction

    def __call__(self, x: Fraction | float, order: int, bits: int) -> Exact | None:
        found = self.digits(x, order, bits)
        if found is None:
            return None
        numbers = (value if isinstance(value, float) else value * self.factor for value in found.derivatives)
        return found._replace(derivatives=tuple(numbers))

    def breakpoints_near(self, x: float) -> tuple[Fraction, ...]:
        """As of the activation: a factor moves no breakpoint."""
        return self.digits.breakpoints_near(x)
