"""Parts of the definitions of several families.

Tails are computed scaled by e^100 (SHIFT). The scale is removed last (UNSHIFT), so that no factor is subnormal: a
subnormal number has few digits, and so has a product with it.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.activations.activation import Parameter
from actcli.core.arrays import Array, Mask
from actcli.core.jets.choice import select
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics.compensated import two_product

SHIFT: Final = 100.0
UNSHIFT: Final = math.exp(-SHIFT)

INFINITY: Final = math.inf

Pair = tuple[Array, Array]
"""Value and slope."""


def positive(name: str, default: float) -> Parameter:
    """A parameter with values > 0."""
    return Parameter(name, default, minimum=0.0, open=True)


def positive_part(x: Array) -> Array:
    """max(x, 0). An array's clip takes half the time of NumPy's maximum."""
    return x.clip(0.0, INFINITY)


def negative_part(x: Array) -> Array:
    """min(x, 0)."""
    return x.clip(-INFINITY, 0.0)


def indicator(mask: Mask, dtype: npt.DTypeLike = np.float64) -> Array:
    """1 where the mask holds, else 0."""
    return mask.astype(dtype)


def clamp_fused(x: Array, low: float, high: float) -> Pair:
    """x within (low, high), where the slope is 1; else the nearer end, and 0."""
    return x.clip(low, high), indicator((x > low) & (x < high), x.dtype)


def times(x: Array, beta: float) -> tuple[Array, Array | float]:
    """beta x and its rounding error."""
    if abs(beta) == 1.0:
        return x * beta, 0.0
    if x.dtype == np.float32:
        product, exact = x * np.float32(beta), x.astype(np.float64) * beta
        return product, (exact - product).astype(np.float32)
    return two_product(x, beta)


def at_ends(x: Array, size: Array, order: int, *parameters: float) -> Mask:
    """Mask: exp(-size), size or parameter^order is near overflow or underflow."""
    doublings = sum(abs(math.log2(abs(parameter))) for parameter in parameters if parameter)
    if doublings * (order + 1) > 200.0:
        return np.ones(size.shape, dtype=np.bool_)
    ends: Mask = (size > 600.0) | ((np.abs(size) < 1e-270) & (x != 0.0))
    return ends


def until_decayed(beta: float) -> float:
    """The |x| from which exp(-|beta x|) is no longer a normal number."""
    return 700.0 / max(abs(beta), 1e-290)


def or_mirrored(slope: Array, mirrored: Array) -> Array:
    """slope where `mirrored` is 0, 1 - slope where it is 1."""
    either = mirrored * -2.0
    either += 1.0
    either *= slope
    either += mirrored
    return either


def gated(
    x: Operand,
    closed_form: Callable[[Array], Array],
    gate: Callable[[Operand], Operand],
    *,
    radius: float,
    low_tail: Callable[[Operand], Operand],
    high: float,
    high_tail: Callable[[Operand], Operand],
    shut: float = 1000.0,
) -> Operand:
    """x gate(x), where the gate is low_tail(x) e^-100 below -radius and 1 - high_tail(x) e^-100 above `high`.

    closed_form: x gate(x) of an array, for |x| <= radius
    shut:        |x| beyond which, also at ±inf, the gate is 0 or 1 and its tail is 0
    """

    def general(x: Operand) -> Operand:
        return select(
            x,
            (x < -shut, lambda x: -0.0),
            (x > shut, lambda x: x),
            (x < -radius, lambda x: x * low_tail(x) * UNSHIFT),
            (x > high, lambda x: x - x * high_tail(x) * UNSHIFT),
            otherwise=lambda x: x * gate(x),
        )

    return general(x) if isinstance(x, Jet) else select(x, (np.abs(x) > radius, general), otherwise=closed_form)
