"""Arrays of float64, and operations used in all of the core."""

from collections.abc import Iterable
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from actcli.core.errors import InputError, shown

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Indices: TypeAlias = npt.NDArray[np.int64]


def numbers_of(name: str, x: Any) -> Array:
    """x as an array of float64, without a copy if it is one. InputError: anything but real numbers."""
    if type(x) is np.ndarray and x.dtype == np.float64:
        return x
    try:
        given = np.asarray(x)
    except (TypeError, ValueError, RuntimeError) as error:
        ragged = "inhomogeneous" in str(error)
        why = "whose rows differ in length" if ragged else f"not {shown(x)}"
        raise InputError(f"{name} must be an array of numbers, {why}") from None
    of_reals = given.dtype.kind != "O" or all(isinstance(element, Real) for element in given.flat)
    if given.dtype.kind in "cSUmM" or not of_reals:
        raise InputError(f"{name} must be real numbers, not {shown(x)}")
    try:
        return given.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be real numbers, not {shown(x)}") from None


def union(*parts: npt.ArrayLike | Iterable[float]) -> Array:
    """Distinct numbers of all parts, ascending."""
    # np.unique would import NumPy's masked arrays, which takes a tenth of a plot's time.
    together = np.sort(np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts]))
    return together[np.append(True, np.diff(together) > 0)] if together.size else together


def picked(mask: Mask, then: Array, otherwise: Array) -> Array:
    """np.where on the bits, without a branch: branches on irregular masks are mispredicted."""
    a, b = then.view(np.int64), otherwise.view(np.int64)
    return (((a ^ b) & _ones(mask)) ^ b).view(np.float64)


def kept_where(mask: Mask, x: Array) -> Array:
    """x where the mask holds and 0 elsewhere, even where x is infinite."""
    return (x.view(np.int64) & _ones(mask)).view(np.float64)


def _ones(mask: Mask) -> Indices:
    """All 64 bits where the mask holds, none elsewhere."""
    ones = mask.astype(np.int64)
    np.negative(ones, out=ones)
    return ones
