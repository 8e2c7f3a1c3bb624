"""Choosing between functions, element by element, over arrays or jets."""

import math
from collections.abc import Callable

import numpy as np

from actcli.core.arrays import Array, Mask, kept_where, picked
from actcli.core.jets.jet import Jet, Operand


def select(
    x: Operand,
    *cases: tuple[Mask, Callable[[Operand], Operand | float]],
    otherwise: Callable[[Operand], Operand | float],
) -> Operand:
    """Function of the first case whose mask is True, element by element.

    Each function is computed only for its own elements and can neither overflow nor warn for the others.
    """
    rest: Mask | None = None
    result = x
    for mask, function in cases:
        if not mask.any():
            continue
        if rest is None:
            result, rest = _empty_like(x), np.ones(mask.shape, dtype=np.bool_)
        _fill(result, mask & rest, function, x)
        rest &= ~mask
    if rest is None:
        return like(x, otherwise(x))
    _fill(result, rest, otherwise, x)
    return result


def _fill(target: Operand, mask: Mask, function: Callable[[Operand], Operand | float], x: Operand) -> None:
    """Set target[mask] = function(x[mask]).

    Index by position: boolean masks mispredict branches, in every row, on reading and writing.
    """
    places = np.flatnonzero(mask)
    if isinstance(x, Jet):
        result = function(Jet(_flat_rows(x.derivatives).take(places, axis=1)))
        rows = result.derivatives if isinstance(result, Jet) else [result, *[0.0] * x.order]
        for row, numbers in zip(_flat_rows(target.derivatives), rows, strict=True):
            row[places] = numbers
    else:
        target.reshape(-1)[places] = function(x.reshape(-1)[places])


def _flat_rows(derivatives: Array) -> Array:
    return derivatives.reshape(len(derivatives), -1)


def where(mask: Mask, then: Operand | float, otherwise: Operand) -> Operand:
    """`then` where the mask holds, else `otherwise`; both are computed everywhere."""
    if not isinstance(otherwise, Jet):
        return picked(mask, np.asarray(then), otherwise)
    if isinstance(then, Jet):
        return Jet(picked(mask, then.derivatives, otherwise.derivatives))
    if isinstance(then, float) and then == 0.0 and math.copysign(1.0, then) > 0.0:
        return kept(~mask, otherwise)
    return _bounded(otherwise, picked(mask, np.asarray(then), otherwise.value), ~mask)


def kept(mask: Mask, x: Operand) -> Operand:
    """x where the mask holds and 0 elsewhere, even where x is infinite."""
    return Jet(kept_where(mask, x.derivatives)) if isinstance(x, Jet) else kept_where(mask, x)


def maximum(x: Operand, bound: float) -> Operand:
    """max(bound, x), with slope 0 where they are equal; there the value is x, which may be -0.0."""
    return _bounded(x, x.value.clip(bound, np.inf), x > bound) if isinstance(x, Jet) else x.clip(bound, np.inf)


def minimum(x: Operand, bound: float) -> Operand:
    """min(x, bound), with the slope of x where they are equal; there the value is x, which may be -0.0."""
    return _bounded(x, x.value.clip(-np.inf, bound), x <= bound) if isinstance(x, Jet) else x.clip(-np.inf, bound)


def clamp(x: Operand, low: float, high: float) -> Operand:
    """min(high, max(low, x)), with slope 0 where x is at either end."""
    if isinstance(x, Jet):
        return _bounded(x, np.clip(x.value, low, high), (x > low) & (x < high))
    return np.clip(x, low, high)


def _bounded(x: Jet, bounded: Array, free: Mask) -> Jet:
    """A jet with the given value, whose derivatives are those of x where x is free and 0 elsewhere."""
    derivatives = kept_where(free, x.derivatives)
    derivatives[0] = bounded
    return Jet(derivatives)


def _empty_like(x: Operand) -> Operand:
    return Jet(np.empty(x.derivatives.shape)) if isinstance(x, Jet) else np.empty(x.shape)


def like(x: Operand, result: Operand | float) -> Operand:
    """The result of a function of x; a single number is broadcast to the shape of x."""
    if not isinstance(result, float):
        return result
    return x.constant(result) if isinstance(x, Jet) else np.full_like(x, result)
