"""Root finding: one root of a smooth function of x > 0, and sign changes in many brackets at once."""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from actcli.core.arrays import Array

Function = Callable[[float], float]

_CLOSE, _BESIDE = 2e-15, 1e-12  # differences of logarithms, that is, relative distances
_MOST_STEPS = 200
_AT_ONCE = 512  # points per call, which takes hardly longer than one point


def sign_changes(function: Function, points: Iterable[float], noise: float = 0.0) -> Iterator[tuple[float, float]]:
    """Pairs of neighbouring points between which the function changes its sign, in order.

    noise: values up to this size are skipped

    nan is skipped before the first number; after it, nan ends the search.
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
    """Root between two positive ends, where the signs are opposite: regula falsi in log x, Illinois variant.

    Source: Dowell and Jarratt, A modified regula falsi method for computing the root of an equation (1971).
    """
    (a, b), (left, right) = (math.log(low), math.log(high)), (function(low), function(high))
    for _ in range(_MOST_STEPS):
        if left == 0.0 or right == 0.0 or abs(b - a) <= _CLOSE:
            break
        c = b - right * (b - a) / (right - left)
        arrived = abs(c - b) <= _CLOSE
        if arrived:  # a huge value at the other end looks the same, but then the sign does not change right beside b
            c = b + math.copysign(_BESIDE, a - b)
        middle = function(math.exp(c))
        if middle * right < 0.0:
            if arrived:
                break
            a, left = b, right
        else:
            left *= 0.5  # Illinois: the value at the end that has stayed is halved
        b, right = c, middle
    return math.exp(a if left == 0.0 else b)


def bracket(sign: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array]:
    """Neighbouring float64s between which `sign` changes, one pair for each low and high.

    sign:      points -> -1, 0 or 1
    low, high: points with different signs; low may be the larger
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
