"""The normal distribution and the error function on arrays, right in the tails.

NumPy has neither. Both are computed from one smooth function, the Mills ratio, and an exponential whose argument
carries its rounding error.
"""

import math
from collections.abc import Sequence

import numpy as np

from actcli.core.arrays import Array, picked

_INVERSE_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)

# 1 / (Φ(-z) exp(z²/2)) = 2 + 2z + z R(z), and R is smooth and small: it runs from -0.4 to 0.5. Its Chebyshev series in
# t = (z - 4) / (z + 4), cut off at 2e-17 of the sum and rewritten in powers of t.
# The idea is Shepherd and Laframboise's (Math. Comp. 36, 1981); the coefficients were computed with 300 bits.
INVERSE_MILLS_COEFFICIENTS = (
    0.14800658646501794, 0.4832604635634378, -0.12518682364358885, -0.0251012063751488,
    0.03518226656292703, -0.005598524361185657, -0.0080293320330569, 0.004080621688297989,
    0.0013061889086589409, -0.0016086979135519499, -1.9436654833160415e-05, 0.0005068872279832818,
    -0.0001001124379044575, -0.0001356924513875386, 5.5340561588597425e-05, 3.0403061948128356e-05,
    -2.122356399121547e-05, -5.1117137930620656e-06, 6.701535758537019e-06, 3.394924232338633e-07,
    -1.7923420415036722e-06, 1.4351511851973222e-07, 3.91694265944355e-07, -5.671831927107549e-08,
    -6.22064139910758e-08, 7.496812229837712e-09, 5.271978716033639e-09,
)  # fmt: skip

# The same to 1e-8 of the sum, for float32.
_SINGLE_INVERSE_MILLS_COEFFICIENTS = (
    0.14800659246749434, 0.483260497447091, -0.12518726450987924, -0.025103654620522414, 0.035187938330623655,
    -0.005569439485993768, -0.0080584432785533, 0.003951810184056814, 0.001382411700459676, -0.0013420629857926537,
    -0.00013253626276266568, 0.00023245278756644112,
)  # fmt: skip

# Near 0, where 1 - erfc(x) would cancel: erf(x) / x = Σ (-x²)^k / (k! (2k + 1)) 2 / sqrt(π).
_CENTRE = 0.7
ERF_COEFFICIENTS = tuple(2.0 / math.sqrt(math.pi) / ((-1.0) ** k * math.factorial(k) * (2 * k + 1)) for k in range(16))


def _inverse_mills_ratio(z: Array, rest: Array | float = 0.0) -> Array:
    """(1 + rest) / (Φ(-z) exp(z²/2)) for z >= 0 and a rest of the size of a rounding error."""
    t = 1.0 - 8.0 / (z + 4.0)
    series = _polynomial(t, INVERSE_MILLS_COEFFICIENTS)
    twice, bent = 2.0 * z, z * series
    return 2.0 + (twice + (bent + rest * (2.0 + twice + bent)))


def in_halves(x: Array) -> tuple[Array, Array]:
    """x = h + l with h the nearest number of 24 bits, whose products with such numbers are exact; |x| < 2^127."""
    h = x.astype(np.float32).astype(np.float64)
    return h, x - h


def square(x: Array) -> tuple[Array, Array]:
    """x² = hi + lo, to 100 bits; 2^120 where it is more."""
    x = x.clip(-(2.0**60), 2.0**60)
    h, low = in_halves(x)
    exact, rest = h * h, low * (x + h)
    hi = exact + rest
    return hi, rest - (hi - exact)


def exp_minus_square(x: Array, log_scale: float = 0.0, share: float = 1.0) -> Array:
    """exp(log_scale - share x²), with the rounding error of x² carried along; share is a power of two."""
    hi, lo = square(x)
    bell = np.exp(log_scale - share * hi)
    return bell - bell * (share * lo)


def normal_density(x: Array, log_scale: float = 0.0) -> Array:
    """The density of N(0, 1), times exp(log_scale): φ(x) = exp(-x²/2) / sqrt(2π)."""
    return exp_minus_square(x, log_scale, 0.5) * _INVERSE_SQRT_2PI


def normal_tail(z: Array) -> tuple[Array, Array, Array]:
    """u, inverse and rest for z >= 0: Φ(-z) = e^-u / inverse and exp(-z²/2) = e^-u (1 - rest)."""
    hi, lo = square(z)
    rest = 0.5 * lo
    return 0.5 * hi, _inverse_mills_ratio(z, rest), rest


def single_normal_tail(z: Array) -> tuple[Array, Array]:
    """exp(-z²/2) and 1 / (Φ(-z) exp(z²/2)) for float32 z >= 0, in float32."""
    h = (z.view(np.int32) & -(1 << 12)).view(np.float32)  # 12 bits, whose square is exact
    low = z - h
    low *= -0.5 * (z + h)
    bell = np.exp(low)
    h *= h
    h *= -0.5
    bell *= np.exp(h)
    series = _polynomial(1.0 - 8.0 / (z + 4.0), _SINGLE_INVERSE_MILLS_COEFFICIENTS)
    series += 2.0
    series *= z
    series += 2.0
    return bell, series


def upper_normal_tail(z: Array, log_scale: float = 0.0) -> Array:
    """Φ(-z) exp(log_scale) for z >= 0."""
    exponent, inverse, _ = normal_tail(z)
    return np.exp(log_scale - exponent) / inverse


def normal_cdf(x: Array) -> Array:
    """Φ(x), the distribution function of N(0, 1)."""
    exponent, inverse, _ = normal_tail(np.abs(x))
    return np.abs((x > 0.0) - np.exp(-exponent) / inverse)


def erf(x: Array) -> Array:
    """2 / sqrt(π) ∫_0^x exp(-t²) dt."""
    return erf_beside_bell(x, exp_minus_square(x))


def erf_beside_bell(x: Array, bell: Array) -> Array:
    """erf(x), given exp(-x²)."""
    z = np.abs(x)
    near = x * even_series(np.minimum(z, _CENTRE), ERF_COEFFICIENTS)
    far = np.copysign(1.0 - 2.0 * bell / _inverse_mills_ratio(math.sqrt(2.0) * z), x)
    return picked(z < _CENTRE, near, far)


def erfc(x: Array) -> Array:
    """1 - erf(x), right in the upper tail."""
    tail = upper_erfc(np.abs(x))
    return picked(np.abs(x) < _CENTRE, 1.0 - erf(x), picked(x < 0.0, 2.0 - tail, tail))


def upper_erfc(z: Array, log_scale: float = 0.0) -> Array:
    """erfc(z) exp(log_scale) for z >= 0."""
    return 2.0 * exp_minus_square(z, log_scale) / _inverse_mills_ratio(math.sqrt(2.0) * z)


def even_series(x: Array, coefficients: Sequence[float]) -> Array:
    """Σ_k c_k x^(2k)."""
    return _polynomial(x * x, coefficients)


def _polynomial(x: Array, coefficients: Sequence[float]) -> Array:
    """Σ_k c_k x^k by Horner's rule, in place."""
    *lower, highest = coefficients
    total = highest * x
    total += lower.pop()
    for coefficient in reversed(lower):
        total *= x
        total += coefficient
    return total
