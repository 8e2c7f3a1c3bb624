"""Roots on a logarithmic scale: sign changes between given points, and the root between two of them."""

import math
from collections.abc import Callable

from actcli.core.jet import Array

Function = Callable[[float], float]

_CLOSE, _BESIDE = 2e-15, 1e-12  # of logarithms: relative
_MOST_STEPS = 200


def sign_changes(function: Function, points: Array) -> list[tuple[float, float]]:
    """The neighbouring points between which the function changes its sign."""
    values = [function(q) for q in points.tolist()]
    pairs = zip(points.tolist(), points.tolist()[1:], values, values[1:], strict=False)
    return [(low, high) for low, high, left, right in pairs if left * right < 0.0]


def root(function: Function, low: float, high: float) -> float:
    """Between two positive ends with values of opposite signs: regula falsi on the logarithm, Illinois variant.

    Source: Dowell and Jarratt, A modified regula falsi method for computing the root of an equation (1971).
    """
    (a, b), (left, right) = (math.log(low), math.log(high)), (function(low), function(high))
    for _ in range(_MOST_STEPS):
        if left == 0.0 or right == 0.0 or abs(b - a) <= _CLOSE:
            break
        c = b - right * (b - a) / (right - left)
        arrived = abs(c - b) <= _CLOSE
        if arrived:  # or the value at the other end is out of all proportion: then there is no root right beside b
            c = b + math.copysign(_BESIDE, a - b)
        middle = function(math.exp(c))
        if middle * right < 0.0:
            if arrived:
                break
            a, left = b, right
        else:
            left *= 0.5  # the end that has stayed is made to give way
        b, right = c, middle
    return math.exp(a if left == 0.0 else b)
