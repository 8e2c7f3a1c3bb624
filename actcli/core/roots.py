"""Roots on a logarithmic scale: sign changes between given points, and bisection between two of them."""

import math
from collections.abc import Callable

from actcli.core.jet import Array

Function = Callable[[float], float]


def sign_changes(function: Function, points: Array) -> list[tuple[float, float]]:
    """The neighbouring points between which the function changes its sign."""
    values = [function(q) for q in points.tolist()]
    pairs = zip(points.tolist(), points.tolist()[1:], values, values[1:], strict=False)
    return [(low, high) for low, high, left, right in pairs if left * right < 0.0]


def root(function: Function, low: float, high: float, tolerance: float = 4e-16) -> float:
    """Bisection of the logarithm, for two positive ends with values of opposite signs."""
    left = function(low)
    while True:
        middle = math.sqrt(low * high)
        if not min(low, high) < middle < max(low, high) or abs(high - low) <= tolerance * middle:
            return middle
        if function(middle) * left > 0.0:
            low = middle
        else:
            high = middle
