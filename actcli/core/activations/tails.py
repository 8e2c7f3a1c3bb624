"""Tails that stay exact where they are all but subnormal.

A number under 2^-1022 has few digits, and a product with it has no more. So far out in a tail e^100 times the
tail is computed, multiplied by what it is multiplied with, and e^-100 comes last.
"""

import math
from collections.abc import Callable
from typing import Final

from actcli.core.jets.choice import select
from actcli.core.jets.jet import Operand

SHIFT: Final = 100.0
UNSHIFT: Final = math.exp(-SHIFT)

Function = Callable[[Operand], Operand]


def between_limits(
    x: Operand,
    centre: Function[Operand],
    *,
    low: float,
    low_limit: float,
    low_tail: Function[Operand],
    high: float,
    high_limit: float,
    high_tail: Function[Operand],
) -> Operand:
    """centre(x), and the limits plus shifted tails beyond: low_limit + low_tail(x) e^-100 below `low`, and so on."""
    return select(
        x,
        (x < low, lambda x: low_tail(x) * UNSHIFT + low_limit),
        (x > high, lambda x: high_tail(x) * UNSHIFT + high_limit),
        otherwise=centre,
    )


def gated(
    x: Operand,
    gate: Function[Operand],
    *,
    low: float,
    low_tail: Function[Operand],
    high: float,
    high_tail: Function[Operand],
    shut: float = 1000.0,
) -> Operand:
    """x gate(x), where the gate is low_tail(x) e^-100 below `low` and 1 - high_tail(x) e^-100 above `high`.

    Beyond -shut and shut, also at ±inf, the gate is 0 and 1 to the last digit of its tail.
    """
    return select(
        x,
        (x < -shut, lambda x: -0.0),
        (x > shut, lambda x: x),
        (x < low, lambda x: x * low_tail(x) * UNSHIFT),
        (x > high, lambda x: x - x * high_tail(x) * UNSHIFT),
        otherwise=lambda x: x * gate(x),
    )
