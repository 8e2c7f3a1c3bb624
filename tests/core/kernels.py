"""Kernels with known errors, computed by NumPy in the type."""

import math
from collections.abc import Callable
from functools import lru_cache

import mpmath
import numpy as np
from mpmath import mpf

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.inputs import sweep
from actcli.core.numerics.formats import round_to, spacing_exponent
from tests import truth
from tests.narrow import elementwise

Kernel = Callable[[np.ndarray], np.ndarray]
f32 = np.float32
_erf = np.vectorize(math.erf, otypes=[np.float64])


@lru_cache(maxsize=16)
def inputs(activation: str, dtype: str, order: int = 0) -> np.ndarray:
    """Inputs of a sweep; a sample of them if there are many."""
    return sweep(resolve(activation), dtype, order)[:: 16 if dtype == "float32" else 1]


def correct(activation: str, dtype: str, order: int = 0) -> Kernel:
    """The exact results, correctly rounded; ties decided with 1,400 bits."""

    def kernel(x: np.ndarray) -> np.ndarray:
        y = elementwise(activation).derivative(x, order)
        rounded = round_to(y, dtype)
        for i in np.flatnonzero(is_tie(y, dtype)) if activation in truth.DEFINITIONS else ():
            away = float(mpmath.sign(truth.exact(activation, float(x[i]), order) - mpf(float(y[i]))))
            aside = y[i : i + 1] + away * np.ldexp(0.125, spacing_exponent(y[i : i + 1], dtype))
            rounded[i] = round_to(aside, dtype).item()
        return rounded

    return kernel


def is_tie(y: np.ndarray, dtype: str) -> np.ndarray:
    """Whether a number lies halfway between two of the type."""
    with np.errstate(all="ignore"):
        halves = np.ldexp(y, 1 - spacing_exponent(y, dtype))
        return np.isfinite(y) & (halves % 2 == 1)


def gelu_with_erf(x: np.ndarray) -> np.ndarray:
    """0.5 x (1 + erf(x/√2)) in float32: pytorch issue 187806."""
    erf = _erf(x.astype(f32) * f32(math.sqrt(0.5))).astype(f32)
    return (f32(0.5) * x.astype(f32) * (f32(1) + erf)).astype(np.float64)


def gelu_with_tanh(dtype: str) -> Kernel:
    """0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), every operation rounded to the type."""

    def rounded(x: np.ndarray | float) -> np.ndarray:
        return round_to(np.asarray(x, dtype=np.float64), dtype)

    def kernel(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            cube = rounded(rounded(x * x) * x)
            inner = rounded(rounded(math.sqrt(2 / math.pi)) * rounded(x + rounded(rounded(0.044715) * cube)))
            return rounded(rounded(0.5 * x) * rounded(1 + rounded(np.tanh(inner))))

    return kernel


def flushing(kernel: Kernel, smallest_normal: float = 2.0**-126) -> Kernel:
    """The kernel on hardware that flushes subnormal numbers to zero."""

    def flush(x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x) < smallest_normal, np.copysign(0.0, x), x)

    return lambda x: flush(kernel(flush(x)))


def in_float32(function: Kernel) -> Kernel:
    def kernel(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return function(x.astype(f32)).astype(np.float64)

    return kernel
