"""Shrinkage: x moved towards 0, or cut off around it."""

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter
from actcli.core.activations.parts import SHIFT, UNSHIFT
from actcli.core.arrays import Array
from actcli.core.jets import elementary
from actcli.core.jets.choice import maximum, select, where
from actcli.core.jets.elementary import exp, integrate
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics import special

HARD_SHRINK = Elementwise(
    name="hard_shrink",
    function=lambda x, lambd: where(abs(x) <= lambd, 0.0, x),
    formula="x if abs(x) > lambd else 0",
    reference="Donoho and Johnstone 1994, Ideal spatial adaptation by wavelet shrinkage",
    parameters=(Parameter("lambd", 0.5, minimum=0.0),),
    breakpoints=lambda lambd: {-lambd: 0, lambd: 0} if lambd > 0.0 else {},
)

SOFT_SHRINK = Elementwise(
    name="soft_shrink",
    function=lambda x, lambd: maximum(x - lambd, 0.0) - maximum(-x - lambd, 0.0),
    formula="max(x - lambd, 0) - max(-x - lambd, 0)",
    reference="Donoho 1995, De-noising by soft-thresholding",
    parameters=(Parameter("lambd", 0.5, minimum=0.0),),
    breakpoints=lambda lambd: {-lambd: 1, lambd: 1} if lambd > 0.0 else {},
)


def tanh_shrink(x: Operand) -> Operand:
    """x - tanh(x), whose slope is tanh²."""
    if not isinstance(x, Jet):
        return _tanh_shrink(x)
    return select(
        x,
        (x < -350.0, lambda x: x + 1.0 - exp(2.0 * x + SHIFT) * 2.0 * UNSHIFT),
        (x > 350.0, lambda x: x - 1.0 + exp(SHIFT - 2.0 * x) * 2.0 * UNSHIFT),
        otherwise=lambda x: integrate(
            x,
            (_tanh_shrink(x.value), *elementary.tanh.system(x.value)),
            lambda u, y, t, g: (t.square(), g, -2.0 * t * g),
        )[0],
    )


# tanh(x) = x / (1 + s T(s)) with s = x² and Lambert's continued fraction T(s) = 1 / (3 + s / (5 + s / (7 + ...))).
# In its ninth convergent, right to 2e-17 for |x| < 1.25, 1 / T = 3 + s A / P.
_LAMBERT_P = (218243025.0, 16081065.0, 289575.0, 1430.0, 1.0)
_LAMBERT_A = (43648605.0, 1969110.0, 21450.0, 52.0)
_LAMBERT_LIMIT = 1.25


def _tanh_shrink(x: Array) -> Array:
    """Near 0, where x - tanh(x) cancels, x s / (3 + s + s A / P), all of whose terms are positive."""
    near = np.minimum(np.abs(x), _LAMBERT_LIMIT)
    square = near * near
    rest = special.even_series(near, _LAMBERT_A) / special.even_series(near, _LAMBERT_P)
    return where(np.abs(x) < _LAMBERT_LIMIT, x * (square / (3.0 + square * (1.0 + rest))), x - np.tanh(x))


TANH_SHRINK = Elementwise(
    name="tanh_shrink",
    function=tanh_shrink,
    formula="x - tanh(x)",
    reference="torch.nn.Tanhshrink",
)

SHRINKAGE = (HARD_SHRINK, SOFT_SHRINK, TANH_SHRINK)
