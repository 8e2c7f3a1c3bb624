"""Waves."""

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.parts import positive
from actcli.core.arrays import Array
from actcli.core.jets.elementary import integrate, sin
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics.compensated import two_product

SIN = Elementwise(
    name="sin",
    aliases=("sine",),
    function=sin,
    kernel=lambda x: (np.sin(x), np.cos(x)),
    formula="sin(x)",
    reference="Lapedes and Farber 1987; Sitzmann et al. 2020, arXiv:2006.09661",
)


def snake(x: Operand, a: float) -> Operand:
    """x + sin²(a x) / a, whose slope 1 + sin(2 a x) = (sin(a x) + cos(a x))² is written so that it does not cancel."""
    if isinstance(x, Jet):
        # The slope p starts as a square; its own slope is 2a cos(2ax), of which (s + c)² would leave a difference.
        s, c = _sine_and_cosine(x.value, a)
        start = _snake(x.value, a), (s + c) * (s + c), 2.0 * s * c, (c - s) * (c + s)
        return integrate(x, start, lambda u, y, p, s2, c2: (p, c2 * (2.0 * a), c2 * (2.0 * a), s2 * (-2.0 * a)))[0]
    return _snake(x, a)


def _snake(x: Array, a: float) -> Array:
    sine = np.sin(x) if a == 1.0 else _sine_and_cosine(x, a)[0]
    # Where a x is beyond all numbers, x is all that counts.
    return np.where(np.isfinite(sine), x + sine * sine / a, x)


def _sine_and_cosine(x: Array, a: float) -> tuple[Array, Array]:
    """sin(a x) and cos(a x), as if the product were not rounded, by the addition theorem; nan where it overflows."""
    if a == 1.0:
        return np.sin(x), np.cos(x)
    scale = np.where(np.abs(x) > 1.0, 2.0**-64, 1.0)  # of large products too the rounding error is wanted
    hi, lo = (part / scale for part in two_product(x * scale, a))
    s, c, s_lo, c_lo = np.sin(hi), np.cos(hi), np.sin(lo), np.cos(lo)
    return s * c_lo + c * s_lo, c * c_lo - s * s_lo


SNAKE = Elementwise(
    name="snake",
    function=snake,
    formula="x + sin(a*x)**2/a",
    reference="Ziyin, Hartwig and Ueda 2020, arXiv:2006.08195",
    parameters=(positive("a", 1.0),),
)

WAVES = (SIN, SNAKE)
