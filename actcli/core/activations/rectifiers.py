"""Identity, rectifiers (x above 0, a fraction of x or a bounded value below) and smooth rectifiers.

At a kink the slope is that of PyTorch's autograd: the slope of the piece that contains the kink.
"""

import math
from collections.abc import Callable

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter
from actcli.core.activations.parts import (
    INFINITY,
    SHIFT,
    UNSHIFT,
    Pair,
    at_ends,
    clamp_fused,
    indicator,
    negative_part,
    positive,
    positive_part,
    times,
    until_decayed,
)
from actcli.core.arrays import Array, Mask
from actcli.core.jets import elementary
from actcli.core.jets.choice import clamp, maximum, minimum, select, where
from actcli.core.jets.elementary import exp, expm1, integrate
from actcli.core.jets.jet import Jet, Operand

IDENTITY = Elementwise(
    name="identity",
    aliases=("linear",),
    function=lambda x: x,
    fused=lambda x: (x.copy(), np.ones_like(x)),
    formula="x",
    reference="Widrow and Hoff 1960, Adaptive switching circuits",
)


def relu(x: Operand) -> Operand:
    """max(0, x), with slope 0 at 0 (Nair and Hinton 2010)."""
    return maximum(x, 0.0)


def relu_fused(x: Array) -> Pair:
    """max(0, x) and its slope: 1 above 0, else 0."""
    return positive_part(x), indicator(x > 0.0, x.dtype)


RELU = Elementwise(
    name="relu",
    function=relu,
    fused=relu_fused,
    single=relu_fused,
    single_radius=INFINITY,
    formula="max(0, x)",
    reference="Fukushima 1969; Nair and Hinton 2010, ICML",
    breakpoints=lambda: {0.0: 1},
)


def leaky_relu(x: Operand, negative_slope: float) -> Operand:
    """max(0, x) + negative_slope min(0, x), with slope negative_slope at 0."""
    if negative_slope == 0.0:
        return relu(x)
    return maximum(x, -0.0) + minimum(x, 0.0) * negative_slope


def leaky_relu_fused(x: Array, negative_slope: float) -> Pair:
    """Value and slope: x and 1 above 0; negative_slope x and negative_slope elsewhere."""
    slope = where(x > 0.0, 1.0, np.full_like(x, negative_slope))
    return (x * slope if negative_slope else positive_part(x)), slope  # -inf * 0 would be nan


LEAKY_RELU = Elementwise(
    name="leaky_relu",
    aliases=("lrelu",),
    function=leaky_relu,
    fused=leaky_relu_fused,
    formula="x if x > 0 else negative_slope*x",
    reference="Maas, Hannun and Ng 2013, ICML",
    parameters=(Parameter("negative_slope", 0.01),),
    breakpoints=lambda negative_slope: {} if negative_slope == 1.0 else {0.0: 1},
)

PRELU = Elementwise(
    name="prelu",
    function=lambda x, weight: leaky_relu(x, weight),
    fused=lambda x, weight: leaky_relu_fused(x, weight),
    formula="x if x > 0 else weight*x",
    reference="He, Zhang, Ren and Sun 2015, arXiv:1502.01852",
    parameters=(Parameter("weight", 0.25),),
    breakpoints=lambda weight: {} if weight == 1.0 else {0.0: 1},
)


def _middle(lower: float, upper: float) -> float:
    """(lower + upper) / 2, also where the sum overflows."""
    total = lower + upper
    return 0.5 * total if math.isfinite(total) else 0.5 * lower + 0.5 * upper


# Evaluation mode: the slope is the middle of its interval. In training it is drawn at random.
RRELU = Elementwise(
    name="rrelu",
    function=lambda x, lower, upper: leaky_relu(x, _middle(lower, upper)),
    fused=lambda x, lower, upper: leaky_relu_fused(x, _middle(lower, upper)),
    formula="x if x > 0 else (lower + upper)/2*x",
    reference="Xu, Wang, Chen and Li 2015, arXiv:1505.00853 (evaluation mode)",
    parameters=(Parameter("lower", 1.0 / 8.0), Parameter("upper", 1.0 / 3.0)),
    breakpoints=lambda lower, upper: {} if _middle(lower, upper) == 1.0 else {0.0: 1},
    condition=("lower <= upper", lambda lower, upper: lower <= upper),
)

RELU6 = Elementwise(
    name="relu6",
    function=lambda x: clamp(x, 0.0, 6.0),
    fused=lambda x: clamp_fused(x, 0.0, 6.0),
    formula="min(max(0, x), 6)",
    reference="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
    breakpoints=lambda: {0.0: 1, 6.0: 1},
)


def relu_squared(x: Operand) -> Operand:
    """max(0, x)²."""
    rectified = relu(x)
    return rectified.square() if isinstance(rectified, Jet) else rectified * rectified


def relu_squared_fused(x: Array) -> Pair:
    """max(x, 0)² and 2 max(x, 0)."""
    rectified = positive_part(x)
    return rectified * rectified, rectified + rectified


RELU_SQUARED = Elementwise(
    name="relu_squared",
    aliases=("squared_relu", "relu2"),
    function=relu_squared,
    fused=relu_squared_fused,
    formula="max(0, x)**2",
    reference="So et al. 2021, Primer, arXiv:2109.08668",
    breakpoints=lambda: {0.0: 2},
)

THRESHOLD = Elementwise(
    name="threshold",
    aliases=("thresholded_relu",),
    function=lambda x, threshold, value: where(x <= threshold, value, x),
    formula="x if x > threshold else value",
    reference="Konda, Memisevic and Krueger 2015, arXiv:1402.3337",
    parameters=(Parameter("threshold", 1.0), Parameter("value", 0.0)),
    breakpoints=lambda threshold, value: {threshold: 1 if threshold == value else 0},
)


def selu(x: Operand, alpha: float, gamma: float) -> Operand:
    """gamma x above 0, gamma alpha (e^x - 1) below. At 0 the slope is gamma alpha, as in PyTorch."""
    if math.isinf(gamma * alpha):
        return (maximum(x, -0.0) + expm1(minimum(x, 0.0)) * alpha) * gamma
    return select(
        x,
        (x < -700.0, lambda x: exp(maximum(x, -1000.0) + SHIFT) * (gamma * alpha) * UNSHIFT - gamma * alpha),
        *_straight_at_zero(x, gamma * alpha),
        otherwise=lambda x: (maximum(x, -0.0) + expm1(minimum(x, 0.0)) * alpha) * gamma,
    )


def _straight_at_zero(x: Operand, slope: float) -> list[tuple[Mask, Callable[[Operand], Operand]]]:
    """Case of `select` for x = 0: slope x, so that derivatives of order 2 and more are 0 there, as in PyTorch."""
    return [(x.value == 0.0, lambda x: x * slope)] if isinstance(x, Jet) else []


def selu_fused(x: Array, alpha: float, gamma: float) -> Pair:
    """Value and slope: gamma x and gamma above 0; gamma alpha (e^x - 1) and gamma alpha e^x elsewhere."""
    below = negative_part(x)
    value = (positive_part(x) + np.expm1(below) * alpha) * gamma
    return value, where(x > 0.0, gamma, np.exp(below) * alpha * gamma)


ELU = Elementwise(
    name="elu",
    function=lambda x, alpha: selu(x, alpha, 1.0),
    fused=lambda x, alpha: selu_fused(x, alpha, 1.0),
    fused_radius=700.0,
    formula="x if x > 0 else alpha*expm1(x)",
    reference="Clevert, Unterthiner and Hochreiter 2016, arXiv:1511.07289",
    parameters=(Parameter("alpha", 1.0),),
    breakpoints=lambda alpha: {0.0: 2 if alpha == 1.0 else 1},
    at_ends=lambda x, order, alpha: at_ends(x, -x, order, alpha) & (x != 0.0),
    spellings={0: ("x if x > 0 else alpha*(exp(x) - 1)",)},
    stand_ins=("celu", "selu"),
)


def celu(x: Operand, alpha: float) -> Operand:
    """max(0, x) + alpha (e^(min(0, x) / alpha) - 1), corrected for the rounding error of x / alpha."""
    return select(
        x,
        *_straight_at_zero(x, 1.0),
        otherwise=lambda x: maximum(x, -0.0) + expm1.of_quotient(minimum(x, 0.0), alpha) * alpha,
    )


def _steep_celu(x: Operand, alpha: float) -> Operand:
    """celu for alpha < 0. Where e^(x / alpha) overflows, the rounding error of x / alpha is not corrected."""
    return select(
        x,
        (x < 709.78 * alpha, lambda x: expm1(x / alpha) * alpha),
        otherwise=lambda x: celu(x, alpha),
    )


CELU = Elementwise(
    name="celu",
    function=lambda x, alpha: celu(x, alpha) if alpha > 0.0 else _steep_celu(x, alpha),
    formula="x if x > 0 else alpha*expm1(x/alpha)",
    reference="Barron 2017, arXiv:1704.07483",
    parameters=(Parameter("alpha", 1.0),),
    condition=("alpha != 0", lambda alpha: alpha != 0.0),
    breakpoints=lambda alpha: {0.0: 2},
    at_ends=lambda x, order, alpha: at_ends(x, -x / alpha, order, alpha) & (x != 0.0),
    spellings={0: ("x if x > 0 else alpha*(exp(x/alpha) - 1)",)},
)

SELU = Elementwise(
    name="selu",
    function=selu,
    fused=selu_fused,
    fused_radius=700.0,
    formula="gamma*(x if x > 0 else alpha*expm1(x))",
    reference="Klambauer, Unterthiner, Mayr and Hochreiter 2017, arXiv:1706.02515",
    parameters=(Parameter("alpha", 1.6732632423543772), Parameter("gamma", 1.0507009873554805)),
    breakpoints=lambda alpha, gamma: {0.0: 2 if alpha == 1.0 else 1},
    at_ends=lambda x, order, alpha, gamma: at_ends(x, -x, order, alpha, gamma) & (x != 0.0),
    spellings={0: ("gamma*(x if x > 0 else alpha*(exp(x) - 1))",)},
    stand_ins=("elu",),
)

RECTIFIERS = (IDENTITY, RELU, LEAKY_RELU, PRELU, RRELU, RELU6, RELU_SQUARED, THRESHOLD, ELU, CELU, SELU)


def softplus(x: Operand, beta: float) -> Operand:
    """log(1 + e^(beta x)) / beta for every x. (PyTorch returns x beyond its argument `threshold`.)"""
    return select(
        x,
        (x > 1000.0 / beta, lambda x: x),
        (x < -700.0 / beta, lambda x: exp.of_product(x, beta, SHIFT) / beta * UNSHIFT),
        otherwise=lambda x: elementary.softplus.of_product(x, beta) / beta,
    )


def softplus_fused(x: Array, beta: float) -> Pair:
    """log(1 + e^(beta x)) / beta and σ(beta x), corrected for the rounding error of beta x."""
    u, rest = times(np.abs(x), -beta)
    e = np.exp(u)
    e += e * rest
    return softplus(x, beta), where(x >= 0.0, 1.0, e) / (1.0 + e)


SOFTPLUS = Elementwise(
    name="softplus",
    function=softplus,
    fused=softplus_fused,
    fused_radius=until_decayed,
    formula="log(1 + exp(beta*x))/beta",
    reference="Dugas et al. 2001, NIPS; Glorot, Bordes and Bengio 2011, AISTATS",
    parameters=(positive("beta", 1.0),),
    at_ends=lambda x, order, beta: at_ends(x, np.abs(x * beta), order, beta),
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
    if overflows.any():  # hypot does not overflow, but takes ten times as long
        radius[overflows] = np.hypot(x[overflows], math.sqrt(b))
    return np.maximum(x, 0.0) + 0.25 * b / (0.5 * radius + 0.5 * size)


SQUAREPLUS = Elementwise(
    name="squareplus",
    function=squareplus,
    formula="(x + sqrt(x**2 + b))/2",
    reference="Barron 2021, arXiv:2112.11687",
    parameters=(positive("b", 4.0),),
    at_ends=lambda x, order, b: at_ends(x, np.abs(x) * (1e-38 if order > 1 else 1e-148), order, b),
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
    breakpoints=lambda: {-1.0: 2, 1.0: 2},
)

EXPONENTIAL = Elementwise(
    name="exponential",
    aliases=("exp",),
    function=exp,
    formula="exp(x)",
    reference="keras.activations.exponential",
)

SMOOTH_RECTIFIERS = (SOFTPLUS, SQUAREPLUS, SPARSE_PLUS, EXPONENTIAL)
