"""Choosing between functions, element by element, over arrays or jets."""

from collections.abc import Callable

import numpy as np

from actcli.core.jet import Array, Jet, Mask, Operand


def select(
    x: Operand,
    *cases: tuple[Mask, Callable[[Operand], Operand | float]],
    otherwise: Callable[[Operand], Operand | float],
) -> Operand:
    """The function of the first case whose mask holds, element by element.

    Each function sees only the elements for which it is taken, so the others can neither overflow nor warn.
    """
    rest: Mask | None = None
    result = x
    for mask, function in cases:
        if not mask.any():
            continue
        if rest is None:
            result, rest = _empty_like(x), np.ones(mask.shape, dtype=np.bool_)
        taken = mask & rest
        _put(result, taken, function(x[taken]))
        rest &= ~mask
    if rest is None:
        return _like(x, otherwise(x))
    _put(result, rest, otherwise(x[rest]))
    return result


def where(mask: Mask, then: Operand | float, otherwise: Operand) -> Operand:
    """`then` where the mask holds, for pieces that do no harm where they are not taken."""
    if not isinstance(otherwise, Jet):
        return _pick(mask, np.asarray(then), otherwise)
    taken = then if isinstance(then, Jet) else otherwise.constant(then)
    return Jet(_pick(mask, taken.derivatives, otherwise.derivatives))


def _pick(mask: Mask, then: Array, otherwise: Array) -> Array:
    """np.where by the bits, without the branch that an unpredictable mask makes the processor guess."""
    bits = -mask.astype(np.int64)
    return ((then.view(np.int64) & bits) | (otherwise.view(np.int64) & ~bits)).view(np.float64)


def kept(mask: Mask, x: Operand) -> Operand:
    """x where the mask holds and 0 elsewhere, even where x is infinite."""
    return where(~mask, 0.0, x)


def maximum(x: Operand, bound: float) -> Operand:
    """max(bound, x), with slope 0 where they are equal."""
    return _bounded(x, np.maximum(x.value, bound), x > bound) if isinstance(x, Jet) else np.maximum(x, bound)


def minimum(x: Operand, bound: float) -> Operand:
    """min(x, bound), with the slope of x where they are equal."""
    return _bounded(x, np.minimum(x.value, bound), x <= bound) if isinstance(x, Jet) else np.minimum(x, bound)


def clamp(x: Operand, low: float, high: float) -> Operand:
    """min(high, max(low, x)), with slope 0 where x is at either end."""
    if isinstance(x, Jet):
        return _bounded(x, np.clip(x.value, low, high), (x > low) & (x < high))
    return np.clip(x, low, high)


def _bounded(x: Jet, bounded: Array, free: Mask) -> Jet:
    """A jet with the given value, whose derivatives are those of x where x is free and 0 elsewhere."""
    jet = kept(free, x)
    jet.derivatives[0] = bounded
    return jet


def _empty_like(x: Operand) -> Operand:
    return Jet(np.empty_like(x.derivatives)) if isinstance(x, Jet) else np.empty_like(x)


def _like(x: Operand, result: Operand | float) -> Operand:
    if not isinstance(result, float):
        return result
    return x.constant(result) if isinstance(x, Jet) else np.full_like(x, result)


def _put(target: Operand, where: Mask, source: Operand | Array | float) -> None:
    if not isinstance(target, Jet):
        target[where] = source
    elif isinstance(source, Jet):
        target.derivatives[:, where] = source.derivatives
    else:
        target.derivatives[:, where] = 0.0
        target.derivatives[0, where] = source
