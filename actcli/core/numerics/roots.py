"""Roots: of a smooth function of a positive number, and wherever many brackets have a change of sign."""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from actcli.core.arrays import Array

Function = Callable[[float], float]

_CLOSE, _BESIDE = 2e-15, 1e-12  # of logarithms: relative
_MOST_STEPS = 200
_AT_ONCE = 512  # points: a call with so many takes hardly longer than with one


def sign_changes(function: Function, points: Iterable[float], noise: float = 0.0) -> Iterator[tuple[float, float]]:
    """The points, next to each other, between which the function changes its sign, one after the other.

    noise: values no larger than that have no sign, and are passed over; so are those before the first that is a number.
    After it, the first that is none ends the search: from there on nothing is known.
    """
    before, left = math.nan, math.nan
    for point in points:
        value = function(point)
        if math.isnan(value) and not math.isnan(left):
            return
        if abs(value) > noise:
            if left * value < 0.0:
                yield before, point
            before, left = point, value


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


def bracket(sign: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array]:
    """Where `sign` changes between each low and high (or high and low), down to two neighbouring numbers.

    sign: from points to -1, 0 or 1; of one sign at `low` and of another at `high`
    """
    start = sign(low)
    bits = max(4, (_AT_ONCE // max(len(low), 1)).bit_length() - 1)
    parts = np.arange(1, 2**bits + 1) / 2**bits
    rows = np.arange(len(low))
    for _ in range(math.ceil(64 / bits)):
        inner = low[:, None] + (high - low)[:, None] * parts
        inner[:, -1] = high
        changed = sign(inner.ravel()).reshape(inner.shape) != start[:, None]
        changed[:, -1] = True
        first = changed.argmax(axis=1)
        low, high = np.where(first > 0, inner[rows, first - 1], low), inner[rows, first]
        if (np.nextafter(low, high) == high).all():
            break
    return low, high
