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

# (1 + a z) Φ(-z) exp(z²/2) with a = 3/4 is smooth and varies little on [0, ∞): it runs from 1/2, where its slope is
# all but 0, to 0.3. Its Chebyshev series in t = (z - 5) / (z + 5), cut off below 1e-17 and rewritten in powers of t.
# The idea is Shepherd and Laframboise's (Math. Comp. 36, 1981); the coefficients were computed with 300 bits.
_MILLS_SLOPE = 0.75
_MILLS_COEFFICIENTS = (
    0.3653666986312799, -0.10452860019150977, 0.05228997929097383, -0.012719205027109886,
    -0.007836944153699763, 0.012549247310837097, -0.00912996891402684, 0.0042967894116652736,
    -0.0012021665761154188, 3.9412908742268245e-05, 0.00012164375049669032, -3.996535751176086e-05,
    -5.761013914509513e-06, 6.4773395629782646e-06, -2.2141810617882328e-07, -9.197173334552781e-07,
    1.1500856768010517e-07, 1.3735190873608048e-07, -2.228532165669514e-08, -2.171331503203171e-08,
    3.073511689934406e-09, 3.1052582360241813e-09, -2.431081756433776e-10, -2.7065743519983125e-10,
)  # fmt: skip


# Near 0, where the series in t would feel the rounding of t:
# (Φ(x) - 1/2) / x = Σ (-x²/2)^k / (k! (2k + 1)) / sqrt(2π), and erf(x) / x = Σ (-x²)^k / (k! (2k + 1)) 2 / sqrt(π).
_CENTRE = 0.7
_CDF_COEFFICIENTS = tuple(_INVERSE_SQRT_2PI / ((-2.0) ** k * math.factorial(k) * (2 * k + 1)) for k in range(13))
_ERF_COEFFICIENTS = tuple(2.0 / math.sqrt(math.pi) / ((-1.0) ** k * math.factorial(k) * (2 * k + 1)) for k in range(16))


def scaled_upper_tail(z: Array) -> Array:
    """Φ(-z) exp(z²/2) for z >= 0."""
    t = 1.0 - 10.0 / (z + 5.0)
    series = np.full_like(z, _MILLS_COEFFICIENTS[-1])
    for coefficient in _MILLS_COEFFICIENTS[-2::-1]:
        series *= t
        series += coefficient
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
