"""One rounding from float64 to a narrower floating-point type.

Going to bfloat16 by way of float32 rounds twice, and the second rounding can see a tie that the first one
made: 1 + 2^-8 + 2^-40 would become 1 instead of 1.0078125. So every type is reached from float64 in one step.
"""

import numpy as np
from numpy.typing import NDArray

DTYPES = ("float64", "float32", "float16", "bfloat16")

_DROPPED = 52 - 7  # float64 keeps 52 bits after the point, bfloat16 keeps 7
_KEPT = np.uint64(2**64 - 2**_DROPPED)
_JUST_UNDER_HALF = np.uint64(2 ** (_DROPPED - 1) - 1)
_SMALLEST_NORMAL = 2.0**-126
_OVERFLOW = 2.0**128
# Around this number neighbouring float64 lie 2^-133 apart, which is bfloat16's smallest subnormal.
_SUBNORMAL_SHIFT = 1.5 * 2.0 ** (52 - 133)


def round_to(values: NDArray[np.float64], dtype: str) -> NDArray[np.float64]:
    """Each value's nearest number of the type `dtype`, ties to even, as float64.

    What is too large becomes ±inf, what is too small a subnormal or a zero of the same sign; nan stays nan.
    For "float64" the array itself is returned. `dtype` is one of DTYPES, otherwise ValueError. (IEEE
    754-2019, 4.3.1)
    """
    if dtype == "float64":
        return values
    if dtype == "bfloat16":
        return _round_to_bfloat16(values)
    if dtype in ("float32", "float16"):
        # Overflow to inf and underflow are the result asked for; "invalid" is a signalling nan becoming a
        # quiet one.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return values.astype(dtype).astype(np.float64)
    raise ValueError(f"unknown dtype {dtype!r}: one of {', '.join(DTYPES)}")


def _round_to_bfloat16(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """On the bits, as NumPy has no bfloat16. A carry out of the significand raises the exponent."""
    exact = np.ascontiguousarray(values).ravel()
    bits = exact.view(np.uint64)
    last_kept = (bits >> np.uint64(_DROPPED)) & np.uint64(1)
    rounded = ((bits + (_JUST_UNDER_HALF + last_kept)) & _KEPT).view(np.float64)
    # "invalid" comes from signalling nans only, and every nan is put back below.
    with np.errstate(invalid="ignore"):
        magnitude = np.abs(exact)
        rounded = np.where(np.abs(rounded) >= _OVERFLOW, np.copysign(np.inf, exact), rounded)
        small = magnitude < _SMALLEST_NORMAL
        if small.any():
            subnormal = (magnitude + _SUBNORMAL_SHIFT) - _SUBNORMAL_SHIFT
            rounded = np.where(small, np.copysign(subnormal, exact), rounded)
        rounded = np.where(np.isnan(exact), np.nan, rounded)
    return rounded.reshape(values.shape)
