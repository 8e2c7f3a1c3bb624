"""What float64 cannot know of a function is asked for in more digits, of an arithmetic that is handed in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from actcli.core.activations.activation import Elementwise

if TYPE_CHECKING:
    from fractions import Fraction

Number: TypeAlias = "Fraction | float"
"""A fraction; inf and -inf for what is beyond all measure, nan for what is no real number."""


def no_number(value: Number) -> bool:
    """Whether it is nan. A fraction never is, and may be too large for math.isnan."""
    return isinstance(value, float) and math.isnan(value)


class Exact(NamedTuple):
    """f, f', ... at a point, good to 64 bits.

    lost:     the orders that came out as nothing but rounding, where still more digits might show something else
    doubtful: whether a term vanished on the way that something huge may have been multiplied with
    """

    derivatives: tuple[Number, ...]
    lost: tuple[int, ...]
    doubtful: bool

    def known(self, order: int) -> Number | None:
        """The derivative of that order, or None where it is lost."""
        return None if order in self.lost else self.derivatives[order]


class Digits(Protocol):
    """One activation, by the formula as it is written, in as many digits as it takes."""

    def __call__(self, x: Fraction | float, order: int, bits: int) -> Exact | None:
        """f, f', ... f^(order) at x in so many bits; None where something on the way is too large even for that."""

    def breakpoint_near(self, x: float) -> Fraction | None:
        """Where the formula changes its piece, if it does so within a few roundings of x."""


MoreDigits: TypeAlias = Callable[[Elementwise], Digits]
"""Makes them for an activation, and is called only where float64 cannot decide."""
