"""Differences of two functions: of activations on an interval, and of a derivative from a numerical one."""

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from actcli.core.activations.activation import Elementwise, elementwise
from actcli.core.activations.catalogue import ActivationLike, resolve_all
from actcli.core.analysis.digits import MoreDigits
from actcli.core.analysis.function import Function
from actcli.core.arrays import Array, Mask, union
from actcli.core.errors import InputError, real_number


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest |a(x) - b(x)| of two activations on an interval, and its x."""

    a: str
    b: str
    max_abs: float
    at: float


def compare(
    activations: Iterable[ActivationLike], low: float = -6.0, high: float = 6.0, more: MoreDigits | None = None
) -> tuple[Difference, ...]:
    """The largest difference of every pair on [low, high], to about 1e-9 of the interval's width.

    Points at which either value is nan or infinite are left out; without any other point the difference is nan. A
    difference within the rounding errors counts as 0. more: multiprecision arithmetic for points at which float64 is
    not accurate enough. Raises InputError for fewer than two activations, for row-wise ones and for an empty interval.

    >>> (found,) = compare(["gelu", "silu"])
    >>> round(found.max_abs, 6), round(found.at, 4)
    (0.193002, 1.9655)
    """
    low, high = _ends(low, high)
    curves = [Function(activation, more) for activation in curves_over(activations, low, high)]
    if len(curves) < 2:
        raise InputError("compare takes two activations or more")
    return tuple(_largest(a, b, low, high) for a, b in combinations(curves, 2))


def curves_over(activations: Iterable[ActivationLike], low: float, high: float) -> tuple[Elementwise, ...]:
    """The activations, resolved. Raises InputError for row-wise ones and for an invalid interval."""
    low, high = _ends(low, high)
    message = "{} acts on whole rows, so it has no curve over a single x"
    curves = tuple(elementwise(activation, message.format(activation.name)) for activation in resolve_all(activations))
    _check_range(low, high)
    return curves


def _ends(*ends: float) -> tuple[float, ...]:
    """The ends of an interval as floats; `_check_range` refuses infinite ones."""
    return tuple(end if isinstance(end, float) else real_number("the range", end) for end in ends)


# Least length of an interval, in spacings of float64.
_FEWEST = 8


def _check_range(low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"the range must have finite ends, not {low:g} and {high:g}")
    if not low < high:
        raise InputError(f"the range must go up, not from {low!r} to {high!r}")
    if high - low == math.inf:
        largest = sys.float_info.max
        raise InputError(
            f"the range from {low:g} to {high:g} is longer than the largest number, {largest:.2g}: half of it is not"
        )
    if high - low < _FEWEST * max(math.ulp(low), math.ulp(high), sys.float_info.min):
        raise InputError(f"the range from {low!r} to {high!r} is too short to show anything: make it longer")


def _largest(a: Function, b: Function, low: float, high: float) -> Difference:
    kinks = [x for x in (*a.activation.kinks(), *b.activation.kinks()) if low <= x <= high]
    x = union(np.linspace(low, high, 4001), kinks)
    at, max_abs = x[0], -1.0
    # Zoom in on the largest difference: each round samples around the best point, a thousand times finer.
    for _ in range(3):
        gap = _gap(a, b, x)
        best = int(np.argmax(gap))
        if gap[best] > max_abs:
            at, max_abs = x[best], gap[best]
        x = np.linspace(x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)], 2001)
    labels = a.activation.label, b.activation.label
    if max_abs < 0.0:
        return Difference(*labels, float("nan"), float("nan"))
    return Difference(*labels, float(max_abs), float(at))


def _gap(a: Function, b: Function, x: Array) -> Array:
    """|a - b|; 0 if it may be rounding error, -1 if it is not finite."""
    with np.errstate(all="ignore"):  # inf - inf is nan, and is left out below
        (one, error), (other, error_too) = a.values(x), b.values(x)
        gap = np.abs(one - other)
        unsure = error + error_too
        gap = np.where(gap > 4.0 * unsure, gap, 0.0)
    return np.where(np.isfinite(one) & np.isfinite(other) & np.isfinite(unsure), gap, -1.0)


_SHRINK = 1.4
_STEPS = 12

# Relative tolerance of `Check`, added to a multiple of the numerical derivative's error estimate.
_TOLERANCE = 1e-6
_EPS = 2.0**-52


@dataclass(frozen=True, eq=False, slots=True)
class Check:
    """A derivative and the numerical one, arrays of one shape.

    compared: False at kinks and at values that are not finite.
    """

    x: Array
    derivative: Array
    numerical: Array
    compared: Mask
    agrees: Mask

    @property
    def disagreements(self) -> Mask:
        """Mask of compared points with a difference beyond the tolerance."""
        return self.compared & ~self.agrees


def check(activation: Elementwise, x: Array, order: int) -> Check:
    """f^(order) at x, of any shape, compared with the numerical derivative of f^(order - 1).

    Numerical derivative: Ridders (Adv. Eng. Software 4, 1982), central differences with shrinking steps, extrapolated
    to step 0. No step reaches over a kink.
    """
    kinks = np.array(activation.kinks(order))
    distance = np.abs(x[..., None] - kinks).min(axis=-1, initial=np.inf)
    derivative = activation.derivative(x, order)
    with np.errstate(all="ignore"):  # inf - inf at infinite x, which is left out
        step = np.minimum(0.25 * np.maximum(np.abs(x), 1.0), 0.99 * distance)
        step = np.minimum(step, 0.25)
        numerical, error = _ridders(activation, x, order - 1, step)
        compared = np.isfinite(derivative) & np.isfinite(numerical) & (step > 0.0)
        scale = np.abs(derivative) + np.abs(numerical)
        agrees = np.abs(derivative - numerical) <= 10.0 * error + _TOLERANCE * scale + 1e-300
    return Check(x, derivative, numerical, compared, agrees)


def _ridders(activation: Elementwise, x: Array, order: int, step: Array) -> tuple[Array, Array]:
    """The numerical derivative of f^(order) and an estimate of its error."""
    best, best_error = np.full_like(x, np.nan), np.full_like(x, np.inf)
    previous: list[Array] = []
    for _ in range(_STEPS):
        right, left = _values(activation, x + step, order), _values(activation, x - step, order)
        width = (x + step) - (x - step)
        row = [(right - left) / width]
        rounding = 8.0 * _EPS * (np.abs(right) + np.abs(left)) / width
        for k, coarser in enumerate(previous, start=1):
            factor = _SHRINK ** (2 * k)
            row.append((factor * row[k - 1] - coarser) / (factor - 1.0))
            error = np.maximum(np.abs(row[k] - row[k - 1]), np.abs(row[k] - coarser)) + rounding
            better = error < best_error
            best, best_error = np.where(better, row[k], best), np.where(better, error, best_error)
        previous, step = row, step / _SHRINK
    return best, best_error


def _values(activation: Elementwise, x: Array, order: int) -> Array:
    return activation(x) if order == 0 else activation.derivative(x, order)
