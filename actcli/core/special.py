"""The normal distribution and the error function on arrays, right in the tails.

NumPy has neither. All of it rests on one smooth function, the Mills ratio, and an exponential whose argument
carries its rounding error.
"""

import math
from collections.abc import Sequence

import numpy as np

from actcli.core.choice import where
from actcli.core.compensated import two_product
from actcli.core.jet import Array

_INVERSE_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)

# (1 + a z) Φ(-z) exp(z²/2) with a = sqrt(π/2) is smooth and nearly constant on [0, ∞): it runs from 1/2 to 1/2.
# Its Chebyshev series in t = (z - 4) / (z + 4), cut off below 2e-18 and rewritten in powers of t. The idea is
# Shepherd and Laframboise's (Math. Comp. 36, 1981); the coefficients were computed with 300 bits.
_MILLS_SLOPE = math.sqrt(math.pi / 2.0)
_MILLS_COEFFICIENTS = (
    0.5677154071290902, -0.07803568342632988, -0.01396108364883585, 0.05400974062956971,
    -0.04817249606512881, 0.024630732380789853, -0.006398124459400898, -0.0005197960495981346,
    0.0009183408089510879, -0.00010681104282772813, -0.00011736482055507722, 2.5459563366581282e-05,
    1.8169564527247067e-05, -4.090782909741791e-06, -3.444250730324084e-06, 4.5275941156755815e-07,
    7.192242158922874e-07, 1.8889959334374762e-08, -1.4579566032126332e-07, -3.242573521880833e-08,
    2.5290433442478976e-08, 1.1729530646153537e-08, -3.187273486741201e-09, -2.4786746604539424e-09,
    2.103668373510767e-10, 2.5344764889020906e-10,
)  # fmt: skip
_MILLS_CONSTANT_REST = 4.1220177613169036e-17  # of the first coefficient, beyond its 53 bits


# Near 0, where the series in t would feel the rounding of t:
# (Φ(x) - 1/2) / x = Σ (-x²/2)^k / (k! (2k + 1)) / sqrt(2π), and erf(x) / x = Σ (-x²)^k / (k! (2k + 1)) 2 / sqrt(π).
_CENTRE = 0.7
_CDF_COEFFICIENTS = tuple(_INVERSE_SQRT_2PI / ((-2.0) ** k * math.factorial(k) * (2 * k + 1)) for k in range(13))
_ERF_COEFFICIENTS = tuple(2.0 / math.sqrt(math.pi) / ((-1.0) ** k * math.factorial(k) * (2 * k + 1)) for k in range(16))


def scaled_upper_tail(z: Array) -> Array:
    """Φ(-z) exp(z²/2) for z >= 0."""
    t = 1.0 - 8.0 / (z + 4.0)
    series = np.full_like(z, _MILLS_COEFFICIENTS[-1])
    for coefficient in _MILLS_COEFFICIENTS[-2:0:-1]:
        series *= t
        series += coefficient
    series *= t
    series += _MILLS_CONSTANT_REST
    series += _MILLS_COEFFICIENTS[0]
    return series / (1.0 + _MILLS_SLOPE * z)


def exp_minus_square(x: Array, log_scale: float = 0.0, share: float = 1.0) -> Array:
    """exp(log_scale - share x²), with the rounding error of x² carried along; share is a power of two."""
    hi, lo = two_product(x, x)
    bell = np.exp(log_scale - share * hi)
    return bell - bell * (share * lo)


def normal_density(x: Array, log_scale: float = 0.0) -> Array:
    """The density of N(0, 1), times exp(log_scale): φ(x) = exp(-x²/2) / sqrt(2π)."""
    return exp_minus_square(x, log_scale, 0.5) * _INVERSE_SQRT_2PI


def normal_cdf(x: Array) -> Array:
    """Φ(x), the distribution function of N(0, 1)."""
    z = np.abs(x)
    tail = scaled_upper_tail(z) * exp_minus_square(z, share=0.5)
    near = 0.5 + x * even_series(np.minimum(z, _CENTRE), _CDF_COEFFICIENTS)
    return where(z < _CENTRE, near, where(x < 0.0, tail, 1.0 - tail))


def erf(x: Array) -> Array:
    """2 / sqrt(π) ∫_0^x exp(-t²) dt."""
    z = np.abs(x)
    near = x * even_series(np.minimum(z, _CENTRE), _ERF_COEFFICIENTS)
    return where(z < _CENTRE, near, np.copysign(1.0 - upper_erfc(z), x))


def erfc(x: Array) -> Array:
    """1 - erf(x), right in the upper tail."""
    tail = upper_erfc(np.abs(x))
    return where(np.abs(x) < _CENTRE, 1.0 - erf(x), where(x < 0.0, 2.0 - tail, tail))


def upper_erfc(z: Array, log_scale: float = 0.0) -> Array:
    """erfc(z) exp(log_scale) for z >= 0."""
    return 2.0 * scaled_upper_tail(math.sqrt(2.0) * z) * exp_minus_square(z, log_scale)


def even_series(x: Array, coefficients: Sequence[float]) -> Array:
    """Σ_k c_k x^(2k)."""
    square = x * x
    series = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        series *= square
        series += coefficient
    return series
