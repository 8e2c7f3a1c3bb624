"""Sums and products with their rounding errors, for arguments of exponentials.

exp(u) multiplies a relative error of u by |u|. A rounded argument (x²/2, 1.702 x) is therefore kept as an unevaluated
sum hi + lo.

Source: Dekker, A floating-point technique for extending the available precision (1971); Ogita, Rump and Oishi,
Accurate sum and dot product (2005).
"""

from typing import TypeVar

import numpy as np

from actcli.core.arrays import Array

_SPLITTER = 2.0**27 + 1.0


def two_sum(a: Array, b: Array | float) -> tuple[Array, Array]:
    """a + b = hi + lo exactly (finite a, b without overflow)."""
    hi = a + b
    shadow = hi - a
    return hi, (a - (hi - shadow)) + (b - shadow)


def two_product(a: Array, b: Array | float) -> tuple[Array, Array]:
    """a * b = hi + lo exactly; lo is 0 where the halves would overflow (a or a * b beyond 2^996)."""
    with np.errstate(over="ignore", invalid="ignore"):  # the result for halves that overflow is replaced below
        (a_hi, a_lo), (b_hi, b_lo) = _split(a), _split(b)
        hi = a * b
        lo = a_hi * b_hi - hi
        lo += a_hi * b_lo
        lo += a_lo * b_hi
        lo += a_lo * b_lo
        return hi, lo if np.isfinite(np.vdot(lo, lo)) else np.where(np.isfinite(lo), lo, 0.0)


Number = TypeVar("Number", Array, Array | float)


def _split(a: Number) -> tuple[Number, Number]:
    """Two halves of 26 bits whose products are exact."""
    carried = _SPLITTER * a
    hi = carried - (carried - a)
    return hi, a - hi
