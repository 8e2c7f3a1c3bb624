"""gelu: x times the distribution function Φ of the normal distribution."""

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.parts import SHIFT, Pair, gated, indicator, or_mirrored
from actcli.core.arrays import Array
from actcli.core.jets.elementary import integrate, normal_cdf
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics import special

ERF_FORM = "x*(1 + erf(x/sqrt(2)))/2"
TANH_FORM = "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2"
"""Approximation of gelu in frameworks: gelu_tanh."""


def gelu(x: Operand) -> Operand:
    """x Φ(x)."""
    return gated(
        x,
        lambda x: x * special.normal_cdf(x),
        normal_cdf,
        radius=37.5,
        low_tail=shifted_normal_cdf,
        high=37.5,
        high_tail=lambda x: shifted_normal_cdf(-x),
    )


def shifted_normal_cdf(x: Operand, shift: float = SHIFT) -> Operand:
    """e^shift Φ(x) for x < 0."""
    if isinstance(x, Jet):
        start = special.upper_normal_tail(-x.value, shift), special.normal_density(x.value, shift)
        return integrate(x, start, lambda u, y, g: (g, -u * g))[0]
    return special.upper_normal_tail(-x, shift)


def gelu_fused(x: Array) -> Pair:
    """x Φ(x) and Φ(x) + x φ(x)."""
    z = np.abs(x)
    h, low = special.in_halves(z)
    exponent, inverse, rest = special.normal_tail(z, (h, low))
    decay = np.exp(np.negative(exponent, out=exponent), out=exponent)
    # Φ(-z) - z φ(z) = e^-exponent (1 / inverse - z (1 - rest) / sqrt(2π)). The product of the high parts is exact.
    rest *= z * _INVERSE_SQRT_2PI
    low *= _INVERSE_SQRT_2PI
    low += h * _INVERSE_SQRT_2PI_LOW
    rest -= low
    slope = 1.0 / inverse
    slope += rest
    h *= _INVERSE_SQRT_2PI_HIGH
    slope -= h
    slope *= decay
    positive = indicator(x > 0.0)
    decay /= inverse
    value = positive - decay
    np.abs(value, out=value)
    value *= x
    return value, or_mirrored(slope, positive)


def single_gelu(x: Array) -> Pair:
    """x Φ(x) and Φ(x) + x φ(x), in float32."""
    z = np.abs(x)
    bell, inverse = special.single_normal_tail(z)
    slope = (1.0 / inverse - z * _INVERSE_SQRT_2PI) * bell
    bell /= inverse
    positive = indicator(x > 0.0, x.dtype)
    return x * np.abs(positive - bell), or_mirrored(slope, positive)


_INVERSE_SQRT_2PI = 0.3989422804014327
_INVERSE_SQRT_2PI_HIGH, _INVERSE_SQRT_2PI_LOW = 0.3989422917366028, -1.133517010526318e-08


GELU = Elementwise(
    name="gelu",
    aliases=("gelu_python", "gelu_erf"),
    function=gelu,
    fused=gelu_fused,
    fused_radius=37.5,
    single=single_gelu,
    single_radius=12.5,
    formula=ERF_FORM,
    reference="Hendrycks and Gimpel 2016, arXiv:1606.08415",
    spellings={0: (ERF_FORM, TANH_FORM), 1: ("(1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi)",)},
    stand_ins=("gelu_tanh", "quick_gelu"),
)
