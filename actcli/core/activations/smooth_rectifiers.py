"""Smooth rectifiers, which are positive throughout, and the exponential function."""

import math

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.parts import SHIFT, UNSHIFT, Pair, positive, times, until_decayed
from actcli.core.arrays import Array
from actcli.core.jets import elementary
from actcli.core.jets.choice import maximum, select, where
from actcli.core.jets.elementary import exp, integrate
from actcli.core.jets.jet import Jet, Operand


def softplus(x: Operand, beta: float) -> Operand:
    """log(1 + e^(beta x)) / beta, without the threshold beyond which PyTorch takes x for it."""
    return select(
        x,
        (x > 1000.0 / beta, lambda x: x),
        (x < -700.0 / beta, lambda x: exp.of_product(x, beta, SHIFT) / beta * UNSHIFT),
        otherwise=lambda x: elementary.softplus.of_product(x, beta) / beta,
    )


def softplus_kernel(x: Array, beta: float) -> Pair:
    """log(1 + e^(beta x)) / beta and σ(beta x), the rounding error of beta x carried along."""
    u, rest = times(np.abs(x), -beta)
    e = np.exp(u)
    e += e * rest
    return softplus(x, beta), where(x >= 0.0, 1.0, e) / (1.0 + e)


SOFTPLUS = Elementwise(
    name="softplus",
    function=softplus,
    kernel=softplus_kernel,
    kernel_radius=until_decayed,
    formula="log(1 + exp(beta*x))/beta",
    reference="Dugas et al. 2001, NIPS; Glorot, Bordes and Bengio 2011, AISTATS",
    parameters=(positive("beta", 1.0),),
    stand_ins=("squareplus", "relu"),
)


def squareplus(x: Operand, b: float) -> Operand:
    """(x + r) / 2 with r = sqrt(x² + b), written as max(x, 0) + (b / 2) / (r + |x|), which does not cancel."""
    if isinstance(x, Jet):
        # With w = x / r and q = 1 / r the slope s is (1 + w) / 2, s' = w' / 2, w' = b q³ and q' = -w q².
        size, r = np.abs(x.value), np.hypot(x.value, math.sqrt(b))
        w = np.where(np.isinf(x.value), np.sign(x.value), x.value / r)
        s = np.where(x.value < 0.0, 0.25 * b / (0.5 * r + 0.5 * size) / r, 0.5 + 0.5 * w)
        start = _squareplus(x.value, b), s, w, 1.0 / r
        return integrate(x, start, lambda u, y, s, w, q: (s, q * q * q * (0.5 * b), q * q * q * b, -w * q * q))[0]
    return _squareplus(x, b)


def _squareplus(x: Array, b: float) -> Array:
    size = np.abs(x)
    radius: Array = np.sqrt(x * x + b)
    overflows = np.isinf(radius)
    if overflows.any():  # hypot does not, and takes ten times as long
        radius[overflows] = np.hypot(x[overflows], math.sqrt(b))
    return np.maximum(x, 0.0) + 0.25 * b / (0.5 * radius + 0.5 * size)


SQUAREPLUS = Elementwise(
    name="squareplus",
    function=squareplus,
    formula="(x + sqrt(x**2 + b))/2",
    reference="Barron 2021, arXiv:2112.11687",
    parameters=(positive("b", 4.0),),
)


def sparse_plus(x: Operand) -> Operand:
    """0 below -1, (x + 1)² / 4 up to 1, then x."""
    risen = maximum(x, -1.0) + 1.0
    return where(x >= 1.0, x, risen * risen * 0.25)


SPARSE_PLUS = Elementwise(
    name="sparse_plus",
    function=sparse_plus,
    formula="0 if x <= -1 else x if x >= 1 else (x + 1)**2/4",
    reference="Martins and Astudillo 2016, arXiv:1602.02068; jax.nn.sparse_plus",
    breaks=lambda: {-1.0: 2, 1.0: 2},
)

EXPONENTIAL = Elementwise(
    name="exponential",
    aliases=("exp",),
    function=exp,
    formula="exp(x)",
    reference="keras.activations.exponential",
)

SMOOTH_RECTIFIERS = (SOFTPLUS, SQUAREPLUS, SPARSE_PLUS, EXPONENTIAL)
