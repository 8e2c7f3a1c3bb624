"""The normal distribution and the error function on arrays, accurate in the tails. NumPy has neither.

Both are computed from the Mills ratio, a smooth function, and an exponential corrected for the rounding error of its
argument.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from actcli.core.arrays import Array, picked

_INVERSE_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)

# 1 / (Φ(-z) exp(z²/2)) = 2 + 2z + z R(z), where R is smooth, from -0.4 to 0.5. These are the coefficients of R's
# Chebyshev series in t = (z - 4) / (z + 4), truncated at 2e-17 of the sum, rewritten in powers of t, computed with 300
# bits. Method: Shepherd and Laframboise, Math. Comp. 36 (1981).
INVERSE_MILLS_COEFFICIENTS = (
    0.14800658646501794, 0.4832604635634378, -0.12518682364358885, -0.0251012063751488,
    0.03518226656292703, -0.005598524361185657, -0.0080293320330569, 0.004080621688297989,
    0.0013061889086589409, -0.0016086979135519499, -1.9436654833160415e-05, 0.0005068872279832818,
    -0.0001001124379044575, -0.0001356924513875386, 5.5340561588597425e-05, 3.0403061948128356e-05,
    -2.122356399121547e-05, -5.1117137930620656e-06, 6.701535758537019e-06, 3.394924232338633e-07,
    -1.7923420415036722e-06, 1.4351511851973222e-07, 3.91694265944355e-07, -5.671831927107549e-08,
    -6.22064139910758e-08, 7.496812229837712e-09, 5.271978716033639e-09,
)  # fmt: skip

# The same series truncated at 1e-8 of the sum, for float32.
_SINGLE_INVERSE_MILLS_COEFFICIENTS = (
    0.14800659246749434, 0.483260497447091, -0.12518726450987924, -0.025103654620522414, 0.035187938330623655,
    -0.005569439485993768, -0.0080584432785533, 0.003951810184056814, 0.001382411700459676, -0.0013420629857926537,
    -0.00013253626276266568, 0.00023245278756644112,
)  # fmt: skip

# Near 0, where 1 - erfc(x) would cancel: erf(x) / x = Σ (-x²)^k / (k! (2k + 1)) 2 / sqrt(π).
_CENTRE = 0.7
_ERF_SLOPE = 2.0 / math.sqrt(math.pi)
ERF_COEFFICIENTS = tuple(_ERF_SLOPE / ((-1.0) ** k * math.factorial(k) * (2 * k + 1)) for k in range(16))


def _inverse_mills_ratio(z: Array, rest: Array | float = 0.0) -> Array:
    """(1 + rest) / (Φ(-z) exp(z²/2)) for z >= 0. rest: a rounding error."""
    t = z + 4.0
    np.divide(8.0, t, out=t)
    np.subtract(1.0, t, out=t)
    bent = _polynomial(t, INVERSE_MILLS_COEFFICIENTS)
    bent *= z
    twice = 2.0 * z
    total = np.add(twice, 2.0, out=t)  # 2 + (2z + (z R + rest (2 + 2z + z R)))
    total += bent
    total *= rest
    total += bent
    total += twice
    total += 2.0
    return total


def in_halves(x: Array) -> tuple[Array, Array]:
    """x = h + l with h the nearest number of 24 bits, whose products with such numbers are exact; |x| < 2^127."""
    h = x.astype(np.float32).astype(np.float64)
    return h, x - h


def square(x: Array) -> tuple[Array, Array]:
    """x² = hi + lo, to 100 bits; at most 2^120."""
    x = x.clip(-(2.0**60), 2.0**60)
    return _square_of(x, *in_halves(x))


def _square_of(x: Array, h: Array, low: Array) -> tuple[Array, Array]:
    rest = x + h
    rest *= low
    exact = h * h
    hi = exact + rest
    np.subtract(hi, exact, out=exact)
    rest -= exact
    return hi, rest


def exp_minus_square(x: Array, log_scale: float = 0.0, share: float = 1.0) -> Array:
    """exp(log_scale - share x²), corrected for the rounding error of x². share: a power of two."""
    hi, lo = square(x)
    hi *= -share
    if log_scale:
        hi += log_scale
    bell: Array = np.exp(hi, out=hi)
    lo *= share
    lo *= bell
    bell -= lo
    return bell


def normal_density(x: Array, log_scale: float = 0.0) -> Array:
    """φ(x) exp(log_scale), where φ(x) = exp(-x²/2) / sqrt(2π) is the density of N(0, 1)."""
    return exp_minus_square(x, log_scale, 0.5) * _INVERSE_SQRT_2PI


def normal_tail(z: Array, halves: tuple[Array, Array] | None = None) -> tuple[Array, Array, Array]:
    """u, inverse and rest with Φ(-z) = e^-u / inverse and exp(-z²/2) = e^-u (1 - rest), for z >= 0.

    halves: in_halves(z), if it is known and z < 2^60
    """
    u, rest = _square_of(z, *halves) if halves else square(z)
    u *= 0.5
    rest *= 0.5
    return u, _inverse_mills_ratio(z, rest), rest


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


def normal_cdf_and_density(x: Array) -> tuple[Array, Array]:
    """Φ(x) and φ(x), from one exponential."""
    exponent, inverse, rest = normal_tail(np.abs(x))
    decay = np.exp(np.negative(exponent, out=exponent), out=exponent)
    tail = np.divide(decay, inverse, out=inverse)
    cdf = np.abs((x > 0.0) - tail)
    rest *= decay
    decay -= rest
    decay *= _INVERSE_SQRT_2PI
    return cdf, decay


def erf(x: Array) -> Array:
    """2 / sqrt(π) ∫_0^x exp(-t²) dt."""
    return erf_beside_bell(x, exp_minus_square(x))


def erf_and_slope(x: Array) -> tuple[Array, Array]:
    """erf(x) and 2 / sqrt(π) exp(-x²), from one exponential."""
    bell = exp_minus_square(x)
    return erf_beside_bell(x, bell), bell * _ERF_SLOPE


def erf_beside_bell(x: Array, bell: Array) -> Array:
    """erf(x), given exp(-x²)."""

    def far(x: Array, bell: Array) -> Array:
        return np.copysign(1.0 - _erfc_beside_bell(np.abs(x), bell), x)

    return _in_two(x, bell, _erf_near_zero, far)


def erfc(x: Array) -> Array:
    """1 - erf(x), accurate in the upper tail."""
    return erfc_and_fall(x)[0]


def erfc_and_fall(x: Array) -> tuple[Array, Array]:
    """erfc(x) and -erfc'(x) = 2 / sqrt(π) exp(-x²), from one exponential."""

    def far(x: Array, bell: Array) -> Array:
        tail = _erfc_beside_bell(np.abs(x), bell)
        return picked(x < 0.0, 2.0 - tail, tail)

    bell = exp_minus_square(x)
    return _in_two(x, bell, lambda x: 1.0 - _erf_near_zero(x), far), bell * _ERF_SLOPE


def _in_two(x: Array, bell: Array, near: Callable[[Array], Array], far: Callable[[Array, Array], Array]) -> Array:
    """near(x) for |x| < _CENTRE, far(x, bell) elsewhere; each is computed only where it is used."""
    flat, flat_bell, is_near = x.reshape(-1), bell.reshape(-1), np.abs(x.reshape(-1)) < _CENTRE
    result = np.empty(flat.shape)
    at = np.flatnonzero(is_near)
    result[at] = near(flat[at])
    at = np.flatnonzero(~is_near)
    result[at] = far(flat[at], flat_bell[at])
    return result.reshape(x.shape)


def _erf_near_zero(x: Array) -> Array:
    return x * even_series(x, ERF_COEFFICIENTS)


def _erfc_beside_bell(z: Array, bell: Array) -> Array:
    """erfc(z) for z >= 0, given exp(-z²)."""
    return 2.0 * bell / _inverse_mills_ratio(math.sqrt(2.0) * z)


def upper_erfc(z: Array, log_scale: float = 0.0) -> Array:
    """erfc(z) exp(log_scale) for z >= 0."""
    return _erfc_beside_bell(z, exp_minus_square(z, log_scale))


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
