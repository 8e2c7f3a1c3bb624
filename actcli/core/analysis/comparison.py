"""Where activations differ most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise, elementwise
from actcli.core.arrays import Array, union
from actcli.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest |a(x) - b(x)| of two activations on an interval, and where it is."""

    a: str
    b: str
    max_abs: float
    at: float


def compare(activations: Sequence[Activation], low: float, high: float) -> tuple[Difference, ...]:
    """The largest difference of every pair on [low, high], to about 1e-9 of the interval's width.

    Points where either value is nan or infinite are left out; nan stands where no point remains. Raises
    InputError for row-wise activations and for an empty interval.
    """
    curves = curves_over(activations, low, high)
    return tuple(_largest(a, b, low, high) for a, b in combinations(curves, 2))


def curves_over(activations: Sequence[Activation], low: float, high: float) -> tuple[Elementwise, ...]:
    """The activations, each of which has a curve over the interval. Raises InputError where one has not."""
    message = "{} acts on whole rows, so it has no curve over a single x"
    curves = tuple(elementwise(activation, message.format(activation.name)) for activation in activations)
    if not 0.0 < high - low < math.inf:
        raise InputError(f"the range must go up, and be finite, not from {low:g} to {high:g}")
    return curves


def _largest(a: Elementwise, b: Elementwise, low: float, high: float) -> Difference:
    kinks = [x for x in (*a.kinks(), *b.kinks()) if low <= x <= high]
    x = union(np.linspace(low, high, 4001), kinks)
    at, max_abs = x[0], -1.0
    # Close in on the largest: each round looks at the neighbourhood of the best point, a thousand times finer.
    for _ in range(3):
        gap = _gap(a, b, x)
        best = int(np.argmax(gap))
        if gap[best] > max_abs:
            at, max_abs = x[best], gap[best]
        x = np.linspace(x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)], 2001)
    if max_abs < 0.0:
        return Difference(a.label, b.label, float("nan"), float("nan"))
    return Difference(a.label, b.label, float(max_abs), float(at))


def _gap(a: Elementwise, b: Elementwise, x: Array) -> Array:
    """|a - b|, and -1 where it is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf is nan, and is left out below
        gap = np.abs(a(x) - b(x))
    return np.where(np.isfinite(gap), gap, -1.0)
