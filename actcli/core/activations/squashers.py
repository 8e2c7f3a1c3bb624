"""Squashers: activations with values in a bounded interval; and log_sigmoid, the logarithm of one."""

import math

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter
from actcli.core.activations.parts import (
    SHIFT,
    UNSHIFT,
    Pair,
    clamp_fused,
    indicator,
)
from actcli.core.activations.rectifiers import softplus_fused
from actcli.core.arrays import Array
from actcli.core.jets import elementary
from actcli.core.jets.choice import clamp, minimum, select, where
from actcli.core.jets.elementary import arctan, exp, integrate, sigmoid
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics import special
from actcli.core.numerics.compensated import two_product, two_sum

SIGMOID = Elementwise(
    name="sigmoid",
    aliases=("logistic", "expit"),
    function=sigmoid,
    fused=elementary.sigmoid_and_slope,
    fused_radius=700.0,
    single=elementary.sigmoid_and_slope,
    formula="1 / (1 + exp(-x))",
    reference="Verhulst 1838; Rumelhart, Hinton and Williams 1986, Nature 323",
    spellings={0: ("1/(1 + exp(-x))", "(1 + tanh(x/2))/2"), 1: ("sigmoid(x)*(1 - sigmoid(x))",)},
    stand_ins=("hard_sigmoid", "hard_sigmoid:alpha=0.2"),
)


def log_sigmoid_fused(x: Array) -> Pair:
    """-softplus(-x) and σ(-x)."""
    value, slope = softplus_fused(-x, 1.0)
    return -value, slope


LOG_SIGMOID = Elementwise(
    name="log_sigmoid",
    function=lambda x: -elementary.softplus(-x),
    fused=log_sigmoid_fused,
    fused_radius=700.0,
    formula="-log(1 + exp(-x))",
    reference="torch.nn.LogSigmoid",
)


def _is_a_sixth(alpha: float, beta: float) -> bool:
    """Whether alpha and beta are the defaults. alpha x + beta is then (x + 3) / 6, although 1/6 is no float64."""
    return (alpha, beta) == (1.0 / 6.0, 0.5)


def hard_sigmoid(x: Operand, alpha: float, beta: float) -> Operand:
    """min(1, max(0, alpha x + beta))."""
    if _is_a_sixth(alpha, beta):
        return (clamp(x, -3.0, 3.0) + 3.0) / 6.0
    return clamp(_line(x, alpha, beta), 0.0, 1.0)


def _line(x: Operand, alpha: float, beta: float) -> Operand:
    """alpha x + beta, rounded once."""

    def rounded_once(x: Array) -> Array:
        product, product_rest = two_product(x, alpha)
        total, rest = two_sum(product, beta)
        return np.where(np.isfinite(rest), total + (rest + product_rest), total)

    if isinstance(x, Jet):
        return Jet(np.concatenate([rounded_once(x.value)[None], (x * alpha).derivatives[1:]]))
    return rounded_once(x)


def hard_sigmoid_fused(x: Array, alpha: float, beta: float) -> Pair:
    """min(1, max(0, alpha x + beta)) and its slope: alpha strictly between the ends, else 0."""
    value = hard_sigmoid(x, alpha, beta)
    if _is_a_sixth(alpha, beta):
        return value, indicator(np.abs(x) < 3.0) / 6.0
    return value, indicator((value > 0.0) & (value < 1.0)) * alpha


def _ends_of_hard_sigmoid(alpha: float, beta: float) -> dict[float, int]:
    ends = (-3.0, 3.0) if _is_a_sixth(alpha, beta) else (-beta / alpha, (1 - beta) / alpha)
    return dict.fromkeys(ends, 1)


HARD_SIGMOID = Elementwise(
    name="hard_sigmoid",
    function=hard_sigmoid,
    fused=hard_sigmoid_fused,
    formula="min(1, max(0, alpha*x + beta))",
    reference="Courbariaux et al. 2015, arXiv:1511.00363; alpha = 0.2 in ONNX and Keras 2",
    parameters=(Parameter("alpha", 1.0 / 6.0, minimum=0.0, open=True, exact=(1, 6)), Parameter("beta", 0.5)),
    breakpoints=_ends_of_hard_sigmoid,
)

SPARSE_SIGMOID = Elementwise(
    name="sparse_sigmoid",
    function=lambda x: (clamp(x, -1.0, 1.0) + 1.0) * 0.5,
    formula="min(1, max(0, (x + 1)/2))",
    reference="Martins and Astudillo 2016, arXiv:1602.02068; jax.nn.sparse_sigmoid",
    breakpoints=lambda: {-1.0: 1, 1.0: 1},
)


def tanh(x: Operand) -> Operand:
    """tanh x; for |x| > 350 ±(1 - 2 e^(-2|x|)), with a scaled tail (see `parts`)."""
    return select(
        x,
        (x < -350.0, lambda x: exp(2.0 * x + SHIFT) * 2.0 * UNSHIFT - 1.0),
        (x > 350.0, lambda x: exp(SHIFT - 2.0 * x) * -2.0 * UNSHIFT + 1.0),
        otherwise=elementary.tanh,
    )


def single_tanh(x: Array) -> Pair:
    """tanh and its slope 4e / (1 + e)², e = exp(-2|x|), in float32. NumPy vectorises tanh and exp there, not expm1."""
    slope = elementary.decay_of(x + x)
    divisor = slope + 2.0
    divisor *= slope
    divisor += 1.0
    slope *= 4.0
    slope /= divisor
    return np.tanh(x), slope


TANH = Elementwise(
    name="tanh",
    function=tanh,
    fused=elementary.tanh_and_slope,
    fused_radius=350.0,
    single=single_tanh,
    single_radius=40.0,
    formula="(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    reference="LeCun, Bottou, Orr and Müller 1998, Efficient backprop",
    spellings={0: ("1 - 2/(1 + exp(2*x))", "2/(1 + exp(-2*x)) - 1"), 1: ("1 - tanh(x)**2",)},
    stand_ins=("hard_tanh", "softsign"),
)

HARD_TANH = Elementwise(
    name="hard_tanh",
    function=lambda x, min_val, max_val: clamp(x, min_val, max_val),
    fused=lambda x, min_val, max_val: clamp_fused(x, min_val, max_val),
    formula="min(max_val, max(min_val, x))",
    reference="Collobert 2004, Large scale machine learning",
    parameters=(Parameter("min_val", -1.0), Parameter("max_val", 1.0)),
    breakpoints=lambda min_val, max_val: {min_val: 1, max_val: 1},
    condition=("min_val < max_val", lambda min_val, max_val: min_val < max_val),
)


def softsign(x: Operand) -> Operand:
    """x / (1 + |x|): with w = 1 / (1 + |x|) its slope is w², and w' = -sign(x) w²."""
    if isinstance(x, Jet):
        sign, w = np.sign(x.value), 1.0 / (1.0 + np.abs(x.value))
        return integrate(x, (_softsign(x.value), w), lambda u, y, w: (w.square(), w.square() * -sign))[0]
    return _softsign(x)


def _softsign(x: Array) -> Array:
    finite: Array = x.clip(-1e300, 1e300)
    return finite / (1.0 + np.abs(finite))


def softsign_fused(x: Array) -> Pair:
    """x / (1 + |x|) and 1 / (1 + |x|)²."""
    size = 1.0 + np.abs(x)
    return x / size, 1.0 / (size * size)


SOFTSIGN = Elementwise(
    name="softsign",
    function=softsign,
    fused=softsign_fused,
    fused_radius=1e150,
    formula="x/(1 + abs(x))",
    reference="Turian, Bergstra and Bengio 2009; Glorot and Bengio 2010, AISTATS",
    breakpoints=lambda: {0.0: 2},
    at_ends=lambda x, order: np.abs(x) > 1e40,
)


def erf(x: Operand) -> Operand:
    """erf x; for |x| > 26 ±(1 - erfc |x|), with a scaled tail (see `parts`)."""
    return select(
        x,
        (x < -26.0, lambda x: _shifted_erfc(minimum(-x, 30.0)) * UNSHIFT - 1.0),
        (x > 26.0, lambda x: -_shifted_erfc(minimum(x, 30.0)) * UNSHIFT + 1.0),
        otherwise=elementary.erf,
    )


def _shifted_erfc(x: Operand) -> Operand:
    """e^100 erfc(x) for x > 0."""
    if isinstance(x, Jet):
        slope = special.exp_minus_square(x.value, SHIFT) * (2.0 / math.sqrt(math.pi))
        start = special.upper_erfc(x.value, SHIFT), slope
        return integrate(x, start, lambda u, y, g: (-g, -2.0 * u * g))[0]
    return special.upper_erfc(x, SHIFT)


ERF = Elementwise(
    name="erf",
    function=erf,
    fused=special.erf_and_slope,
    fused_radius=26.0,
    formula="erf(x)",
    reference="Glaisher 1871; Williams 1998, Computation with infinite neural networks",
)

ARCTAN = Elementwise(
    name="arctan",
    aliases=("atan",),
    function=arctan,
    formula="atan(x)",
    at_ends=lambda x, order: np.abs(x) > 1e40,
    reference="Lau and Lim 2018, Review of adaptive activation function in deep neural network",
)

STEP = Elementwise(
    name="step",
    aliases=("heaviside", "binary_step"),
    function=lambda x: where(x >= 0.0, 1.0, where(x < 0.0, 0.0, x)),  # nan at nan
    formula="1 if x >= 0 else 0",
    reference="McCulloch and Pitts 1943; Rosenblatt 1958",
    breakpoints=lambda: {0.0: 0},
)

SQUASHERS = (
    SIGMOID, LOG_SIGMOID, HARD_SIGMOID, SPARSE_SIGMOID, TANH, HARD_TANH, SOFTSIGN, ERF, ARCTAN, STEP
)  # fmt: skip
