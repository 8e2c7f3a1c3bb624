"""Oscillating activations."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.parts import positive
from actcli.core.arrays import Array
from actcli.core.jets.elementary import integrate, sin
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics.compensated import two_product, two_sum

if TYPE_CHECKING:
    from fractions import Fraction

SIN = Elementwise(
    name="sin",
    aliases=("sine",),
    function=sin,
    fused=lambda x: (np.sin(x), np.cos(x)),
    formula="sin(x)",
    reference="Lapedes and Farber 1987; Sitzmann et al. 2020, arXiv:2006.09661",
)


def snake(x: Operand, a: float) -> Operand:
    """x + sin²(a x) / a. Its slope 1 + sin(2 a x) is computed as (sin(a x) + cos(a x))², without cancellation."""
    if isinstance(x, Jet):
        # The slope is a square, but its own slope is 2a cos(2ax): the derivative of (s + c)² would cancel.
        s, c = _sine_and_cosine(x.value, a)
        start = _snake(x.value, a), _slope(x.value, a, s + c), 2.0 * s * c, (c - s) * (c + s)
        return integrate(x, start, lambda u, y, p, s2, c2: (p, c2 * (2.0 * a), c2 * (2.0 * a), s2 * (-2.0 * a)))[0]
    return _snake(x, a)


def _snake(x: Array, a: float) -> Array:
    if a == 1.0:
        sine = np.sin(x)
        return np.where(np.isfinite(sine), x + sine * sine, x)  # f(±inf) = ±inf
    hi, lo = _product(x, a)
    s, c = np.sin(hi), np.cos(hi)
    sine, sine_rest = two_sum(s, c * np.sin(lo) - s * (2.0 * np.sin(0.5 * lo) ** 2))
    # x and sin²/a may nearly cancel, so the rounding errors of the square and the quotient are carried along.
    square, square_rest = two_product(sine, sine)
    share = square / a
    product, product_rest = two_product(share, a)
    lost = ((square - product) - product_rest + (square_rest + 2.0 * sine * sine_rest)) / a
    total, rest = two_sum(x, share)
    rest = rest + lost
    return np.where(np.isfinite(sine), np.where(np.isfinite(rest), total + rest, total), x)


def _sine_and_cosine(x: Array, a: float) -> tuple[Array, Array]:
    """sin(a x) and cos(a x), corrected for the rounding of a x by the addition theorem."""
    if a == 1.0:
        return np.sin(x), np.cos(x)
    hi, lo = _product(x, a)
    s, c, s_lo, c_lo = np.sin(hi), np.cos(hi), np.sin(lo), np.cos(lo)
    return s * c_lo + c * s_lo, c * c_lo - s * s_lo


def _slope(x: Array, a: float, sum_of_both: Array) -> Array:
    """1 + sin(2 a x) as (sin(a x) + cos(a x))²; for small a as 2 sin²(a x + π/4), with a more accurate argument.

    The error bound is absolute within 1 of a zero, relative elsewhere. For small a the wave is longer than 1.
    """
    if a >= 1.0:
        return sum_of_both * sum_of_both
    sine = np.sin(_beside_a_zero(*_product(x, a)))
    return 2.0 * sine * sine


# π as the sum of numbers of 33 bits, whose products with a whole number below 2^20 are exact.
_PI_PARTS = (3.1415926534682512, 1.2154201012607932e-10, 4.044532497422333e-21, 1.69568553207378e-31)
_QUARTER, _QUARTER_REST = 0.7853981633974483, 3.061616997868383e-17


def _beside_a_zero(hi: Array, lo: Array) -> Array:
    """hi + lo + π/4 minus the nearest multiple of π."""
    far = np.abs(hi) > 2.0**20
    if far.any():
        hi, lo = hi.copy(), lo.copy()
        hi[far], lo[far] = _remainders(hi[far].tolist(), lo[far].tolist())
    k = np.rint((hi + _QUARTER) / math.pi)
    total, rest = two_sum(hi, _QUARTER)
    for part in _PI_PARTS:
        total, more = two_sum(total, -k * part)
        rest = rest + more
    beside: Array = total + (rest + (lo + _QUARTER_REST))
    closest = np.abs(beside) < 1e-9
    if closest.any():
        pairs = zip(hi[closest].tolist(), lo[closest].tolist(), k[closest].tolist(), strict=True)
        beside[closest] = [_exactly_beside(*pair) for pair in pairs]
    return beside


def _exactly_beside(hi: float, lo: float, k: float) -> float:
    """hi + lo + π/4 - k π"""
    from fractions import Fraction

    return float(Fraction(hi) + Fraction(lo) + (1 - 4 * Fraction(k)) * _pi() / 4)


def _product(x: Array, a: float) -> tuple[Array, Array]:
    """a x = hi + lo; for a large a x, hi + lo is a x minus a multiple of 2π."""
    # frexp: splitting numbers near the ends of float64's range would overflow or lose digits.
    (fraction, exponent), (a_fraction, a_exponent) = np.frexp(x), math.frexp(a)
    hi, lo = (np.ldexp(part, exponent + a_exponent) for part in two_product(fraction, a_fraction))
    far = np.abs(hi) > 2.0**30
    if far.any():
        finite = far & np.isfinite(x)
        hi[far & ~finite] = np.nan
        hi[finite], lo[finite] = _remainders(x[finite].tolist(), [0.0] * int(finite.sum()), a)
    small = (np.abs(hi) < 2.0**-900) & (hi != 0.0)
    lo[small] = 0.0  # inaccurate and not needed: sin(u) = u for such a small u
    return hi, lo


def _remainders(x: list[float], rest: list[float], a: float = 1.0) -> tuple[list[float], list[float]]:
    """(x + rest) a minus the nearest multiple of 2π, as a sum of two floats, by integers: exact to 2^-100."""
    from fractions import Fraction  # imported only where float64 is not enough

    turn = 2 * _pi()
    parts = []
    for number, more in zip(x, rest, strict=True):
        exact = (Fraction(number) + Fraction(more)) * Fraction(a)
        left = exact - round(exact / turn) * turn
        hi = float(left)
        parts.append((hi, float(left - Fraction(hi))))
    return [hi for hi, _ in parts], [lo for _, lo in parts]


@cache
def _pi() -> Fraction:
    """π to 2,300 bits, by Machin's formula (1706): 16 arctan(1/5) - 4 arctan(1/239)."""
    from fractions import Fraction

    one = 1 << 2300

    def arctan_of_inverse(n: int) -> int:
        term = one // n
        total, k, sign = term, 3, -1
        while term:
            term //= n * n
            total += sign * (term // k)
            k, sign = k + 2, -sign
        return total

    return Fraction(16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239), one)


SNAKE = Elementwise(
    name="snake",
    function=snake,
    formula="x + sin(a*x)**2/a",
    reference="Ziyin, Hartwig and Ueda 2020, arXiv:2006.08195",
    parameters=(positive("a", 1.0),),
)

WAVES = (SIN, SNAKE)
